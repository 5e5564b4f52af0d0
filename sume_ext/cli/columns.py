"""Which columns a list shows to people, by the public name of its operation.

A list that nobody chose columns for shows its ids and what is short enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

JOBS = ("id", "type", "status", "created_at", "credits")
SCENES = ("id", "title", "seconds", "segment_type", "source_type", "score", "visual_summary")
CHOSEN: dict[str, tuple[str, ...]] = {
    "jobs.list": JOBS,
    "assets.list": SCENES,
    "assets.search": SCENES,
    "avatars.list": ("id", "name", "visibility", "capabilities"),
    "brand.list": ("id", "name", "domain", "tone"),
}
_FALLBACK = 5


def _seconds(item: dict[str, Any]) -> str | None:
    start, end = item.get("start_time_seconds"), item.get("end_time_seconds")
    if start is None or end is None:
        return None
    return f"{start:g}-{end:g}"


def _inside(member: str, name: str) -> Callable[[dict[str, Any]], Any]:
    def look(item: dict[str, Any]) -> Any:
        found: dict[str, Any] = item.get(member) or {}
        return found.get(name)

    return look


def _capabilities(item: dict[str, Any]) -> list[str]:
    found: dict[str, Any] = item.get("capabilities") or {}
    return [name for name, able in found.items() if able]


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
