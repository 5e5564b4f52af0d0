"""Which columns a list shows to people, and which it gives up first where there is little room.

A list that nobody chose columns for shows its ids and what is short enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sume_ext.cli.units import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

JOBS = ("id", "type", "status", "created_at", "credits")
SCENES = ("id", "title", "seconds", "segment_type", "source_type", "score", "visual_summary")
CHOSEN: dict[str, tuple[str, ...]] = {
    "jobs.list": JOBS,
    "assets.list": SCENES,
    "assets.search": SCENES,
    "avatars.list": ("id", "name", "visibility", "capabilities"),
    "brand.list": ("id", "name", "domain", "tone"),
}
WHOLE = frozenset({"id", "status", "value", "command"})
"""What is never cut: it is copied into the next command, or it is what was asked for."""
_SPARE = (
    "source",
    "score",
    "source_type",
    "segment_type",
    "tone",
    "capabilities",
    "credits",
    "visibility",
    "seconds",
    "created_at",
    "domain",
    "visual_summary",
    "type",
    "title",
    "name",
)
_FALLBACK = 5
_FIRST = ("id", "name", "title", "type", "status", "error", "progress", "credits")
_THEN = ("created_at", "updated_at", "completed_at")
_ABSENT: dict[str, tuple[str, str]] = {
    "jobs.list": ("No jobs", "`sume videos generate --help` shows how to make one."),
    "assets.list": ("No scenes", "`sume assets upload FILE` adds a video of yours."),
    "assets.search": ("No scenes", "`sume assets upload FILE` adds a video of yours."),
    "avatars.list": ("No avatars", ""),
    "brand.list": ("No brands", ""),
}


def expendable(titles: Sequence[str]) -> list[int]:
    """The places of the columns that may go, the first to go first; the first column stays."""
    may_go = [at for at, title in enumerate(titles) if at and title not in WHOLE]

    def rank(at: int) -> tuple[int, int]:
        listed = titles[at] in _SPARE
        return (_SPARE.index(titles[at]), 0) if listed else (-1, -at)

    return sorted(may_go, key=rank)


def ordered(document: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The members of a record, what says which one it is and how it stands before the rest."""
    leading = [name for name in (*_FIRST, *_THEN) if name in document]
    for name in (*leading, *(name for name in document if name not in leading)):
        yield name, document[name]


def nothing(name: str, asked: Mapping[str, Any]) -> str:
    """The sentence for a list without rows.

    Args:
        name: The operation's public name.
        asked: What narrowed the list, by field.
    """
    what, advice = _ABSENT.get(name, ("Nothing", ""))
    if [field for field in asked if field not in ("limit", "sort", "search_mode")]:
        return f"{what} found with these filters."
    return f"{what} yet. {advice}".rstrip()


def _seconds(item: dict[str, Any]) -> str | None:
    start, end = item.get("start_time_seconds"), item.get("end_time_seconds")
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return None
    return f"{number(start)}-{number(end)}"


def _inside(member: str, name: str) -> Callable[[dict[str, Any]], Any]:
    def look(item: dict[str, Any]) -> Any:
        found: Any = item.get(member)
        return found.get(name) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]

    return look


def _capabilities(item: dict[str, Any]) -> Any:
    found: Any = item.get("capabilities")
    if not isinstance(found, dict):
        return found
    return [name for name, able in found.items() if able]  # pyright: ignore[reportUnknownVariableType]


_MADE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "seconds": _seconds,
    "score": _inside("search", "score"),
    "visual_summary": _inside("metadata", "visual_summary"),
    "capabilities": _capabilities,
}


def rows_of(name: str, items: Sequence[dict[str, Any]]) -> tuple[Sequence[str], list[list[Any]]]:
    """Titles and rows for items that may be shown."""
    titles = CHOSEN.get(name) or _simple(items)
    return titles, [[_value(title, item) for title in titles] for item in items]


def _value(title: str, item: dict[str, Any]) -> Any:
    made = _MADE.get(title)
    return item.get(title) if made is None else made(item)


def _simple(items: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    names = dict.fromkeys(name for item in items for name in item if name != "object")
    short = [n for n in names if not any(isinstance(i.get(n), dict | list) for i in items)]
    first = [name for name in short if name == "id"]
    return tuple([*first, *(name for name in short if name != "id")][:_FALLBACK]) or ("id",)
