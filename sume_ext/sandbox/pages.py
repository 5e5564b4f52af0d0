"""Cursor pages that stay stable while rows are added.

A cursor names the place of the last item given, never a count, so new rows can neither repeat nor
hide one. It also names the filters it belongs to, and is refused with others.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sume_ext.sandbox.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sume_ext.sandbox.faults import Pages

T = TypeVar("T")
DEFAULT_LIMIT: Final = 20
PREFIX: Final = "cursor_sandbox_"


@dataclass(frozen=True, slots=True)
class Window:
    """Which page is asked for.

    Attributes:
        limit: Items on a page.
        after: The place of the last item before the page; None at the start.
        filters: Checksum of the filters the pages belong to.
        given: The cursor as it came.
        fault: How the page should go wrong, if it should.
    """

    limit: int
    after: tuple[float, ...] | None
    filters: int
    given: str | None = None
    fault: Pages | None = None

    def envelope(
        self, shown: Sequence[dict[str, Any]], places: Sequence[tuple[float, ...]]
    ) -> dict[str, Any]:
        """The list envelope.

        Args:
            shown: The items of the page.
            places: Their places, and the place of the next item when there is one.
        """
        more = len(places) > len(shown)
        following = self._cursor(places[len(shown) - 1]) if more else None
        here = self.after or (float("-inf"),)
        match self.fault:
            case "duplicate" if more:
                following = self._cursor(places[len(shown) - 2] if len(shown) > 1 else here)
            case "skip" if more:
                following = self._cursor(places[-1])
            case "empty":
                # One number more names the same place by another text.
                shown, more, following = (), True, self._cursor((*here, 0))
            case "same_cursor":
                more, following = True, self.given or self._cursor(())
            case "loop":
                more, following = True, self._cursor(())
            case "no_cursor":
                more, following = True, None
            case _:
                pass
        return {
            "object": "list",
            "data": list(shown),
            "has_more": more,
            "next_cursor": following,
        }

    def _cursor(self, place: Sequence[float]) -> str:
        raw = json.dumps([self.filters, *place]).encode()
        return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def window(arguments: Mapping[str, Any], fault: Pages | None = None) -> Window:
    """The page that a list's arguments ask for; raises `Problem` for a cursor that isn't ours."""
    rest = {name: arguments[name] for name in arguments if name not in {"limit", "cursor"}}
    filters = zlib.crc32(json.dumps(rest, sort_keys=True).encode())
    limit = arguments.get("limit", DEFAULT_LIMIT)
    cursor = arguments.get("cursor")
    if cursor is None:
        return Window(limit, None, filters, fault=fault)
    try:
        raw = base64.urlsafe_b64decode(cursor.removeprefix(PREFIX) + "===")
        belongs, *after = json.loads(raw) if cursor.startswith(PREFIX) else [None]
        place = tuple(float(one) for one in cast("list[float]", after))
    except (ValueError, TypeError, binascii.Error):
        belongs, place = None, ()
    if belongs != filters:
        message = "The cursor is unknown, or belongs to other filters; start without one."
        raise Problem(400, "invalid_cursor", message)
    return Window(limit, place, filters, cursor, fault)


def page(
    rows: Sequence[T],
    place: Callable[[T], tuple[float, ...]],
    asked: Window,
    render: Callable[[T], dict[str, Any]],
) -> dict[str, Any]:
    """One page of rows that stand in the order of their places.

    Args:
        rows: All rows, in order.
        place: A row's place; no two rows share one.
        asked: The page asked for.
        render: A row as the API shows it.
    """
    start = 0 if asked.after is None else bisect_right(rows, asked.after, key=place)
    found = rows[start : start + asked.limit + 1]
    return asked.envelope(
        [render(row) for row in found[: asked.limit]], [place(row) for row in found]
    )
