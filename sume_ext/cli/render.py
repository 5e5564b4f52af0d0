"""Text for people: tables and records, in the width of the terminal, whole when there is none.

What the API says is printed as text: no markup, no control characters.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, cast

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sume_ext.cli.failures import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = "-"
_ENDLESS = 10_000
_GAP = 2
_NARROWEST = 3
_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)$")


def words(value: Any) -> str:  # noqa: PLR0911  (one per kind)
    """One value as a person reads it."""
    match value:
        case None | "" | [] | {}:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
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


def flat(document: dict[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """Every member of a document with its place, as in ``user.name``; lists stay whole."""
    for name, value in document.items():
        place = f"{before}{name}"
        items: list[Any] = cast("Any", value) if isinstance(value, list) else []
        if isinstance(value, dict) and value:
            yield from flat(cast("Any", value), f"{place}.")
        elif any(isinstance(item, dict) for item in items):
            for index, item in enumerate(items):
                yield from flat({f"{name}[{index}]": item}, before)
        elif name != "object":
            yield place, value


def record(document: dict[str, Any], console: Console) -> None:
    """Print one thing: a line per member."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for place, value in flat(document):
        if value is not None:
            grid.add_row(clean(place), Text(words(value), style=_style(place, value)))
    put(console, grid)


def table(titles: Sequence[str], rows: Sequence[Sequence[Any]], console: Console) -> None:
    """Print many things: a line each. The first column is never cut, so it can be copied."""
    shown = [[words(value) for value in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(titles, *shown, strict=True)]
    made = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for title, width in zip(titles, _fitted(widths, console.width), strict=True):
        made.add_column(title, no_wrap=True, overflow="ellipsis", width=width)
    for row in shown:
        made.add_row(
            *(
                Text(value, style=_style(title, value))
                for title, value in zip(titles, row, strict=True)
            )
        )
    put(console, made)


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """Widths that fit: the widest column gives way first, the first one never."""
    fitted = [*widths]
    while sum(fitted) + _GAP * (len(fitted) - 1) > room:
        widest = max(range(1, len(fitted)), key=lambda place: fitted[place], default=0)
        if fitted[widest] <= _NARROWEST:
            break
        fitted[widest] -= 1
    return fitted


_COLOURS = {
    "completed": "green",
    "failed": "red",
    "canceled": "yellow",
    "expired": "yellow",
}


def _style(place: str, value: Any) -> str:
    return _COLOURS.get(str(value), "cyan") if place.rpartition(".")[2] == "status" else ""


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


def plain(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as text."""
    stream = io.StringIO()
    table(titles, rows, console_for(stream))
    return stream.getvalue()


def size(count: float) -> str:
    """A number of bytes as a person reads it."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":  # noqa: PLR2004
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return ""


def span(seconds: float) -> str:
    """A time span as a clock shows it."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
