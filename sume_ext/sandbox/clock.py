"""The sandbox's own time.

Everything in the sandbox happens by this clock alone, so a job's minute may take a millisecond
and a test may stop time. It starts at the time of day and never runs backwards.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

FASTEST: Final = 1e6
"""Beyond it, seconds of a process would be centuries of the sandbox."""
ClockMode: TypeAlias = "Literal['running', 'manual'] | Callable[[], float]"


class Clock:
    """Sandbox time: running, stepped by hand, or read from a clock of yours.

    Args:
        speed: Seconds of sandbox time per real second; ignored unless the clock runs.
        mode: ``"running"``, ``"manual"`` (time passes only by `advance`), or a callable that
            returns seconds, such as the fake clock a test already has.
    """

    def __init__(self, *, speed: float = 1.0, mode: ClockMode = "running") -> None:
        _check_speed(speed)
        self._speed = speed if mode == "running" else 1.0
        self._tick: Callable[[], float]
        if callable(mode):
            self._tick = mode
        elif mode == "manual":
            self._tick = lambda: 0.0
        elif mode == "running":
            self._tick = lambda: time.monotonic() * self._speed
        else:
            raise ValueError(f"clock must be 'running', 'manual' or a callable, not {mode!r}")
        self._origin = time.time() - self._tick()
        self._latest = 0.0

    @property
    def speed(self) -> float:
        """Seconds of sandbox time per real second; may be set while it runs."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        _check_speed(speed)
        now = self.now()
        self._speed = speed
        self._origin = now - self._tick()

    def now(self) -> float:
        """Sandbox time, in seconds since the epoch."""
        self._latest = max(self._latest, self._origin + self._tick())
        return self._latest

    def advance(self, seconds: float) -> None:
        """Let this much sandbox time pass at once."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"time can't advance by {seconds} s")
        self._origin += seconds


def _check_speed(speed: float) -> None:
    if not 0 < speed <= FASTEST:
        raise ValueError(
            f"speed must be above 0 and at most {FASTEST:.0f}, not {speed}; stop time with "
            "clock='manual'"
        )


def iso(moment: float) -> str:
    """A moment as the API writes it: ISO 8601 in UTC with milliseconds and ``Z``."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
