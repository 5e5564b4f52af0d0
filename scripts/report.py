"""Telling a drift: one screen for a person, and JSON, Markdown or annotations for machines."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.compare import Change, Rating
from scripts.document import Json

SCREEN = 14
WIDTH = 150


@dataclass(frozen=True, slots=True)
class Group:
    """The same change at several places."""

    places: tuple[str, ...]
    text: str
    rating: Rating

    @property
    def line(self) -> str:
        """The change with its first place; the others are counted."""
        more = f" and {len(self.places) - 1} more" if len(self.places) > 1 else ""
        return _cut(f"{next(iter(self.places))}{more}: {self.text}")


def told(rating: Rating, meaning: Json, changes: Sequence[Change], by: str, lock: Json) -> Json:
    """Everything that every format tells."""
    return {
        "rating": rating.name.lower(),
        "exit": int(rating),
        "pinned": lock,
        "checked_by": by,
        "changes": [
            {
                "places": list(group.places),
                "change": group.text,
                "rating": group.rating.name.lower(),
            }
            for group in groups(changes)
        ],
        "consequences": meaning,
    }


def groups(changes: Sequence[Change]) -> list[Group]:
    """Changes that are one cause: the same member changed in the same way, wherever it stands."""
    found: dict[tuple[str, str, Rating], list[str]] = {}
    for change in changes:
        last = change.place.rpartition(".")[2] if "." in change.place else change.place
        member = last.rpartition(" ")[2] if " header " in last or " query " in last else last
        found.setdefault((change.text, member, change.rating), []).append(change.place)
    made = [Group(tuple(places), text, rating) for (text, _, rating), places in found.items()]
    return sorted(made, key=lambda group: (-group.rating, group.text == "reworded", group.places))


def unknown(message: str, form: str) -> str:
    """That it could not be told, and why."""
    if form == "json":
        return json.dumps({"rating": "unknown", "exit": 3, "message": message}, indent=2)
    if form == "github":
        return f"::warning title=Schema drift::Could not tell: {_one_line(message)}"
    return f"Could not tell: {message}"


def _text(report: Json) -> str:
    lines = [_headline(report)]
    for rating in ("breaking", "compatible"):
        hits = [change for change in report["changes"] if change["rating"] == rating]
        if hits:
            lines += ["", rating.capitalize(), *_some([f"  {_line(hit)}" for hit in hits])]
    if meaning := _meaning(report["consequences"]):
        lines += ["", "What it means here"]
        lines += [f"  {title:<11}{_cut(text)}" for title, text in meaning]
    return "\n".join([*lines, "", f"Checked by {report['checked_by']}."])


def _headline(report: Json) -> str:
    origin = {"docs": "written from the docs", "live": "fetched"}.get(report["pinned"]["origin"])
    than = f"than openapi/upstream.json ({origin or report['pinned']['how']})"
    if report["rating"] == "nothing":
        return f"No drift: the schema says nothing else {than}."
    count = {
        rating: sum(change["rating"] == rating for change in report["changes"])
        for rating in ("breaking", "compatible")
    }
    return (
        f"Drift, {report['rating']}: {count['breaking']} breaking and {count['compatible']}"
        f" compatible changes; the schema says other things {than}."
    )


def _meaning(found: Json) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    if found["stop"]:
        first, *mend = found["stop"].splitlines()
        lines += [("regen", f"would stop: {first}"), *(("", line) for line in mend)]
    for title in ("operations", "roles", "signatures", "flags"):
        lines += [(title if not n else "", x) for n, x in enumerate(_some(found[title], 5))]
    guesses = found["inferred"]
    if any(guesses.values()):
        counts = ", ".join(f"{len(places)} {state}" for state, places in guesses.items())
        lines.append(("inferred", counts))
        for state in ("different", "gone"):
            if guesses[state]:
                lines.append(("", f"{state}: {', '.join(_some(guesses[state], 4))}"))
    return lines


def _line(change: Json) -> str:
    return Group(tuple(change["places"]), change["change"], Rating.NOTHING).line


def _some(lines: list[str], most: int = SCREEN) -> list[str]:
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"  ... and {more} more"]


def _json(report: Json) -> str:
    return json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False)


def _markdown(report: Json) -> str:
    lines = [f"### {_headline(report)}", ""]
    if report["changes"]:
        lines += ["| | where | what |", "|---|---|---|"]
        for change in report["changes"]:
            where = "<br>".join(f"`{place}`" for place in change["places"][:5])
            more = len(change["places"]) - 5
            where += f"<br>and {more} more" if more > 0 else ""
            lines.append(f"| {change['rating']} | {where} | {_cell(change['change'])} |")
    if meaning := _meaning(report["consequences"]):
        lines += ["", "**What it means here**", ""]
        lines += [f"- {f'{title}: ' if title else ''}{_cell(text)}" for title, text in meaning]
    return "\n".join([*lines, "", f"Checked by {report['checked_by']}."])


def _github(report: Json) -> str:
    """Annotations of a workflow run."""
    lines = [f"::notice title=Schema drift::{_one_line(_headline(report))}"]
    for change in report["changes"]:
        level = "error" if change["rating"] == "breaking" else "notice"
        lines.append(f"::{level} title=Schema drift::{_one_line(_line(change))}")
    for title, text in _meaning(report["consequences"]):
        lines.append(f"::notice title=Schema drift::{_one_line(f'{title}: {text}')}")
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """Text of the server's can't start a command of its own."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


Format = Callable[[Any], str]
FORMATS: dict[str, Format] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "github": _github,
}
