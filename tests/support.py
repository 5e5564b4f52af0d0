"""What tests of many guarantees share: a clock that never waits, an answer without a network."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeClock:
    """Time that passes only when somebody sleeps, or when a test says so.

    Attributes:
        sleeps: Every pause that was asked for, in order.
        on_sleep: Called with the seconds before each pause; may raise what interrupts it.
    """

    def __init__(self, now: float = 1_000.0, wall: float = 1_800_000_000.0) -> None:
        self.now = now
        self.wall = wall
        self.sleeps: list[float] = []
        self.on_sleep: Callable[[float], None] | None = None

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.wall

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if self.on_sleep is not None:
            self.on_sleep(seconds)
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


class Answer:
    """What a generated parser looks at: a success and its JSON."""

    status_code = 200
    raise_on_unexpected_status = False

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def json(self) -> Any:
        return self._raw
