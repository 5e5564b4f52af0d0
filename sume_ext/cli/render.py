"""Text for people: tables and records, in the width of the terminal, whole when there is none.

What the API says is printed as text: no markup, no control characters. Ids and statuses are never
cut: where there is no room for a table, each thing gets lines of its own.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, cast

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sume_ext.cli.columns import WHOLE, expendable, ordered
from sume_ext.cli.failures import clean
from sume_ext.cli.units import ago, epoch, number, size, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["console_for", "put", "record", "size", "span", "table", "words"]

NOTHING = "-"
_ENDLESS = 10_000
_GAP = 2
_LEGIBLE = 12
_ATOM = 24
"""The longest value that is kept whole because it has no words to be cut between."""
_ROOMY = 24
_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)$")

_WRITTEN = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$|^[\w-]+ (ago|now)$")


def words(value: Any) -> str:  # noqa: PLR0911  (one per kind)
    """One value as a person reads it."""
    match value:
        case None | "" | [] | {}:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return number(value)
        case list():
            items: list[Any] = cast("Any", value)
            return ", ".join(map(words, items))
        case dict():
            members: dict[str, Any] = cast("Any", value)
            return ", ".join(f"{name}: {words(inner)}" for name, inner in members.items())
        case str() if found := _TIME.match(value):
            return f"{found[1]} {found[2]}Z"
        case _:
            return " ".join(clean(str(value)).split())


def flat(document: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """Every member of a document with its place, as in ``user.name``; lists stay whole."""
    for name, value in ordered(document):
        place = f"{before}{name}"
        items: list[Any] = cast("Any", value) if isinstance(value, list) else []
        if isinstance(value, dict) and value:
            yield from flat(cast("Any", value), f"{place}.")
        elif any(isinstance(item, dict) for item in items):
            for index, item in enumerate(items):
                yield from flat({f"{name}[{index}]": item}, before)
        elif name != "object":
            yield place, value


# --- one thing -----------------------------------------------------------------------------------


def record(document: dict[str, Any], console: Console) -> None:
    """Print one thing: a line per member; where there is little room, two."""
    lines = [(clean(place), value) for place, value in flat(document) if value is not None]
    label = max((cell_len(place) for place, _ in lines), default=0) + _GAP
    room = console.width - label
    for place, value in lines:
        text = Text(words(value), style=_style(place, value))
        if console.is_terminal:
            text.append(_when(place, value, document), "dim")
        name = Text(place, "dim")
        if room < _ROOMY:
            _whole(console, name)
            _whole(console, Text(" " * _GAP) + text)
            continue
        name.append(" " * (label - cell_len(place)))
        for part in _parts(text, console, room):
            _whole(console, name + part)
            name = Text(" " * label)


def _parts(text: Text, console: Console, room: int) -> Iterable[Text]:
    """A value in lines; one long word stays whole, so that it can be copied."""
    if cell_len(text.plain) <= room or max(map(cell_len, text.plain.split())) > room:
        return [text]
    return [line[: len(line.plain.rstrip())] for line in text.wrap(console, room)]


def _when(place: str, value: Any, document: Mapping[str, Any]) -> str:
    """What a time means: how long past it is, how long a job took."""
    moment = epoch(value) if place.endswith("_at") else None
    if moment is None:
        return ""
    past = time.time() - moment
    if past < 0 and place.rpartition(".")[2].startswith("expires"):
        return f" (in {span(-past)})"
    said = [ago(past)]
    begun = epoch(document.get("created_at"))
    if place == "completed_at" and begun is not None and moment >= begun:
        said.append(f"took {span(moment - begun)}")
    known = ", ".join(filter(None, said))
    return f" ({known})" if known else ""


# --- many things ---------------------------------------------------------------------------------


def table(titles: Sequence[str], rows: Sequence[Sequence[Any]], console: Console) -> None:
    """Print many things: a line each; what matters least gives way in a narrow terminal."""
    said = words if not console.is_terminal else _briefly
    shown = [[said(value) for value in row] for row in rows]
    natural = [max(map(cell_len, column)) for column in zip(titles, *shown, strict=True)]
    least = [
        wide if _is_atomic(texts, wide) else min(wide, max(cell_len(title), _LEGIBLE))
        for title, texts, wide in zip(titles, zip(*shown, strict=True), natural, strict=True)
    ]
    widths = _fitted(titles, natural, least, console.width)
    if widths is None:
        _stacked(titles, rows, shown, console)
        return
    made = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for at, width in widths.items():
        numeric = all(_is_number(row[at]) for row in rows)
        made.add_column(
            titles[at],
            no_wrap=True,
            overflow="ellipsis",
            width=width,
            justify="right" if numeric else "left",
        )
    for row, texts in zip(rows, shown, strict=True):
        made.add_row(*(Text(texts[at], style=_style(titles[at], row[at])) for at in widths))
    put(console, made)


def _fitted(
    titles: Sequence[str], natural: Sequence[int], least: Sequence[int], room: int
) -> dict[int, int] | None:
    """The columns that there is room for, by place, with their widths; None for no table.

    Args:
        titles: Of all columns.
        natural: What each would take.
        least: What each must have, or it goes; the first, and what is kept `WHOLE`, never gives.
        room: The terminal's width.
    """
    stays = {at for at, title in enumerate(titles) if not at or title in WHOLE}
    least = [wide if at in stays else least[at] for at, wide in enumerate(natural)]
    kept = [*range(len(titles))]
    for spare in [*expendable(titles), None]:
        if sum(least[at] for at in kept) + _GAP * (len(kept) - 1) <= room:
            break
        if spare is None:
            return None
        kept.remove(spare)
    if len(kept) == 1 < len(titles):
        return None
    widths = {at: natural[at] for at in kept}
    while sum(widths.values()) + _GAP * (len(kept) - 1) > room:
        widest = max((at for at in kept if widths[at] > least[at]), key=lambda at: widths[at])
        widths[widest] -= 1
    return widths


def _stacked(
    titles: Sequence[str],
    rows: Sequence[Sequence[Any]],
    shown: Sequence[Sequence[str]],
    console: Console,
) -> None:
    """Print each thing on lines of its own: what tells which one it is, whole, and how it is."""
    below = [at for at, title in enumerate(titles) if at and title in WHOLE]
    below = below or expendable(titles)[-1:]
    for row, texts in zip(rows, shown, strict=True):
        _whole(console, Text(texts[0]))
        for at in below:
            _whole(console, Text(f"  {texts[at]}", style=_style(titles[at], row[at])))


def _briefly(value: Any) -> str:
    """As `words`, but of a time how long past it is."""
    moment = epoch(value) if isinstance(value, str) and _TIME.match(value) else None
    return (moment is not None and ago(time.time() - moment)) or words(value)


def _is_atomic(texts: Sequence[str], wide: int) -> bool:
    """Whether a column's values mean little when they are cut: words of a list, times."""
    return wide <= _ATOM and all(" " not in text or _WRITTEN.match(text) for text in texts)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


# --- how it is printed ---------------------------------------------------------------------------

_COLOURS = {
    "completed": "green",
    "failed": "red",
    "canceled": "yellow",
    "expired": "yellow",
}


def _style(place: str, value: Any) -> str:
    if value == "[redacted]":
        return "dim"
    return _COLOURS.get(str(value), "cyan") if place.rpartition(".")[2] == "status" else ""


def _whole(console: Console, line: Text) -> None:
    """Print a line as it is; where it is too long, the terminal goes on in its next one."""
    with console.capture() as captured:
        console.print(line, soft_wrap=True)
    console.file.write(captured.get().rstrip(" \n") + "\n")


def put(console: Console, thing: Any) -> None:
    """Print without the spaces that fill a line up to its end."""
    with console.capture() as captured:
        console.print(thing)
    lines = (line.rstrip(" ") for line in captured.get().splitlines())
    text = "".join(f"{line}\n" for line in lines)
    console.file.write(text)


def console_for(stream: Any) -> Console:
    """A console that colours, and keeps to a width, only where a person looks."""
    person = bool(stream.isatty())
    return Console(
        file=stream,
        force_terminal=person,
        width=None if person else _ENDLESS,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
