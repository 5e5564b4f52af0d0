"""How often a listener hears of progress: at most 20 times a second, and always at the end.

Numbers are absolute and never fall within one attempt; a new attempt has a number of its own.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from attrs import frozen

Outcome: TypeAlias = Literal["downloaded", "resumed", "kept"]
"""How a file came to be there: from its first byte, going on where an earlier run had stopped, or
because it was there already."""

_INTERVAL: Final = 1 / 18
"""A little over a twentieth, so that the last word fits into the same second."""


@frozen
class Progress:
    """How far the download of one file is.

    Attributes:
        name: The file's name.
        received: Bytes so far.
        total: Bytes in all, or None when not known.
        attempt: Counted from 1; `received` may fall from one attempt to the next.
        outcome: Once the file stands under its name, and then only, how it came to; else None.
    """

    name: str
    received: int
    total: int | None
    attempt: int = 1
    outcome: Outcome | None = None


class Throttle:
    """Says when it is time to tell again."""

    def __init__(self) -> None:
        self._last = -1.0
        self._first = True

    def due(self, now: float, *, last: bool = False) -> bool:
        """Whether to tell at this time; the last word always passes."""
        if not (self._first or last or now - self._last >= _INTERVAL):
            return False
        self._first = False
        self._last = now
        return True
