"""Looks beneath a terminal's styling: colours between a name and its value must hide neither."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.secrecy.spans import Span

_STYLE = re.compile(r"\x1b\[[0-9;]{0,20}+[A-Za-z]")


def found_beneath(text: str, find: Callable[[str], list[Span]]) -> list[Span]:
    """What is found in a text without its styling, as spans of the text.

    Args:
        text: One with escape sequences of a terminal.
        find: Finds spans in plain text.
    """
    parts: list[str] = []
    # Where in the plain text a part begins, and how much styling stands before it.
    begins, before = [0], [0]
    done = gone = 0
    for style in _STYLE.finditer(text):
        parts.append(text[done : style.start()])
        done = style.end()
        gone += len(style[0])
        begins.append(done - gone)
        before.append(gone)
    parts.append(text[done:])

    def place(at: int) -> int:
        return at + before[bisect_right(begins, at) - 1]

    return [
        (place(start), place(end - 1) + 1, instead) for start, end, instead in find("".join(parts))
    ]
