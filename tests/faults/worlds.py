"""The same call in both worlds, against a server that misbehaves."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from sume_ext import AsyncSume, Sume

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sume_live_canary"
WORLDS = ("sync", "async")
TIMEOUT = 0.3
_ENOUGH = 1000


class SkippingClock:
    """The machine's clock, but pauses are skipped: they take no time, and have passed all the same.

    Attributes:
        sleeps: Every pause that was asked for, in order.
    """

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self._skipped = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    def time(self) -> float:
        return time.time() + self._skipped

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self._skipped += seconds
        assert len(self.sleeps) < _ENOUGH, "this waits for ever"

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


class NoJitter(random.Random):
    """Chooses the shortest pause."""

    def uniform(self, a: float, b: float) -> float:
        return a


def client(kind: Callable[..., Any], base_url: str, **options: Any) -> Any:
    settings: dict[str, Any] = {
        "api_key": KEY,
        "base_url": base_url,
        "timeout": TIMEOUT,
        "clock": SkippingClock(),
        "rng": NoJitter(),
    }
    return kind(**{**settings, **options}).with_options(attempts=3)


def ask(world: str, base_url: str, call: Callable[[Any], Any], **options: Any) -> Any:
    """What a call answers with, or raises."""
    if world == "sync":
        with client(Sume, base_url, **options) as sume:
            return call(sume)

    async def go() -> Any:
        async with client(AsyncSume, base_url, **options) as sume:
            return await call(sume)

    return asyncio.run(go())


def read(sume: Any) -> Any:
    return sume.jobs.get("job_1")


def spend(sume: Any) -> Any:
    return sume.videos.generate(prompt="a sunrise")


def write(sume: Any) -> Any:
    return sume.uploads.presign(
        file_name="clip.mp4", content_type="video/mp4", size_bytes=5, purpose="asset_library_video"
    )


def ends(work: Callable[[], Any]) -> BaseException | None:
    """What some work raises; fails when it goes on for ever."""
    raised: list[BaseException | None] = []

    def perform() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (looked at by the test)
            raised.append(error)
        else:
            raised.append(None)

    thread = threading.Thread(target=perform, daemon=True)
    thread.start()
    thread.join(20)
    assert raised, "it waits for ever"
    return raised[0]
