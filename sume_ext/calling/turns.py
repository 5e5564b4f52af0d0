"""How fast one client may send: after a 429 all its calls hold back together, then file in.

Without this, every thread that was refused would come back at the same moment, and be refused
again. Only calls that will go stand in the queue: whoever leaves it gives its moment back. Plain
numbers without a lock: a race costs a pause that is slightly off, never a call.
"""

from __future__ import annotations

from contextlib import suppress
from heapq import heappop, heappush

from attrs import define, field

_NEVER = float("-inf")
_NARROWEST = 0.05
_WIDEST = 1.0


@define
class Turns:
    """When the next request of a client may go.

    Attributes:
        quiet_until: The moment before which nothing is sent; moments are monotonic seconds.
        next_slot: The moment the next call in the queue is given.
        gap: Seconds between two calls; 0 when nothing was refused lately.
        given_back: Moments in the queue whose callers didn't go, the earliest first.
    """

    quiet_until: float = _NEVER
    next_slot: float = _NEVER
    gap: float = 0.0
    given_back: list[float] = field(factory=list[float])

    @property
    def free(self) -> bool:
        """Whether the API has never asked to slow down."""
        return not self.gap and self.quiet_until == _NEVER

    def slot(self, now: float) -> float:
        """The moment at which one more request may go; each caller is given its own.

        Whoever doesn't go then gives it back: the queue would grow by calls that nobody makes,
        until no other finds the time to stand in it.
        """
        first = max(now, self.quiet_until)
        if not self.gap and first == now:
            return now
        with suppress(IndexError):  # there is none, or another thread took the last
            while (slot := heappop(self.given_back)) < first:
                pass
            return slot
        slot = max(first, self.next_slot)
        self.next_slot = slot + self.gap
        return slot

    def give_back(self, slot: float) -> None:
        """Let another have a moment whose caller isn't going."""
        heappush(self.given_back, slot)

    def refused(self, now: float, pause: float) -> None:
        """The API answered 429: hold back, and file in more slowly than last time."""
        if now >= self.quiet_until:
            self.gap = min(_WIDEST, max(_NARROWEST, 2 * self.gap))
            self.next_slot, self.given_back = _NEVER, []
        self.quiet_until = max(self.quiet_until, now + pause)

    def accepted(self) -> None:
        """The API took a request: file in faster."""
        if self.gap:
            self.gap = self.gap / 2 if self.gap > _NARROWEST else 0.0
