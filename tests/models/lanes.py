"""Side by side on a clock that tests move: one flow after the other, each from the same moment.

What threads and tasks do at once takes as long as the longest of it; here that is so, too, and
happens in the same order every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sume_ext import AsyncSume, Sume
    from sume_ext.flow import All, Flow
    from tests.support import FakeClock


class Lanes:
    """As many as may be under way at once, each with its own time."""

    def __init__(self, clock: FakeClock, limit: int) -> None:
        self._clock = clock
        self._free = [clock.now] * limit

    def each(self, step: All) -> Iterator[Flow[Any]]:
        """Each flow, with the clock set to when its lane is free; at last, to when all are."""
        for flow in step.flows:
            start = min(self._free)
            self._set(start)
            yield flow
            self._free[self._free.index(start)] = self._clock.now
        self._set(max(self._free))

    def _set(self, moment: float) -> None:
        self._clock.advance(moment - self._clock.now)


def lay(sume: Sume, clock: FakeClock) -> Sume:
    """Have a client do in lanes what it does side by side."""
    runner: Any = sume._runner  # pyright: ignore[reportPrivateUsage]

    def side_by_side(step: All) -> list[Any]:
        outcomes: list[Any] = []
        for flow in Lanes(clock, step.limit).each(step):
            try:
                outcomes.append(runner.run(flow))
            except Exception as error:  # noqa: BLE001  (outcomes are values here)
                outcomes.append(error)
        return outcomes

    runner._side_by_side = side_by_side
    return sume


def alay(sume: AsyncSume, clock: FakeClock) -> AsyncSume:
    """As `lay`, for code that awaits."""
    runner: Any = sume._runner  # pyright: ignore[reportPrivateUsage]

    async def side_by_side(step: All) -> list[Any]:
        outcomes: list[Any] = []
        for flow in Lanes(clock, step.limit).each(step):
            try:
                outcomes.append(await runner.run(flow))
            except Exception as error:  # noqa: BLE001  (outcomes are values here)
                outcomes.append(error)
        return outcomes

    runner._side_by_side = side_by_side
    return sume
