"""The clock every wait goes by, so that a test can put its own in and let hours pass at once."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Time as the client sees it, in seconds."""

    def monotonic(self) -> float:
        """Time that never goes back."""
        ...

    def time(self) -> float:
        """Time of day, since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait, blocking."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Wait, letting the event loop go on."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Time that never goes back."""
        return time.monotonic()

    def time(self) -> float:
        """Time of day, since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait, blocking."""
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Wait, letting the event loop go on."""
        from asyncio import sleep  # noqa: PLC0415  (synchronous code never pays for asyncio)

        await sleep(seconds)
