"""A tour of the whole public surface, sync and async, in good weather and in every bad one.

Whatever a guide is given it does at once, so that what it is given may look at loop variables.
"""
# ruff: noqa: B023

from __future__ import annotations

import asyncio
import inspect
import random
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sume_api.operations
from sume_api.api.jobs import get_job_result

from sume_ext import AsyncSume, Sume
from sume_ext.sandbox import Sandbox, sample_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.secrets.trap import Trap

REEL = "https://www.tiktok.com/@creator/video/7300000000000000000"


class HurriedClock:
    """The machine's clock, but nobody sleeps long."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))

    async def asleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


class SyncGuide:
    """Shows a trap what a synchronous client answers."""

    def __init__(self, sandbox: Sandbox, trap: Trap, **options: Any) -> None:
        self.trap = trap
        self.client: Any = Sume(
            api_key=sandbox.api_key,
            base_url=sandbox.base_url,
            clock=HurriedClock(),
            rng=random.Random(1),
            **options,
        )

    def settle(self, answer: Any) -> Any:
        return list(answer) if hasattr(answer, "__next__") else answer

    def __call__(self, work: Callable[[Any], Any]) -> Any:
        return self.trap.attempt(lambda: self.settle(work(self.client)))

    def close(self) -> None:
        self.client.close()


class AsyncGuide:
    """The same for an asynchronous client."""

    def __init__(self, sandbox: Sandbox, trap: Trap, **options: Any) -> None:
        self.trap = trap
        self.runner = asyncio.Runner(debug=True)
        self.client: Any = AsyncSume(
            api_key=sandbox.api_key,
            base_url=sandbox.base_url,
            clock=HurriedClock(),
            rng=random.Random(1),
            **options,
        )

    async def settle(self, answer: Any) -> Any:
        if inspect.isawaitable(answer):
            return await answer
        if hasattr(answer, "__anext__"):
            return [item async for item in answer]
        return answer

    def __call__(self, work: Callable[[Any], Any]) -> Any:
        async def enter() -> Any:
            return await self.settle(work(self.client))

        return self.trap.attempt(lambda: self.runner.run(enter()))

    def close(self) -> None:
        self.runner.run(self.client.aclose())
        self.runner.close()


Guide = SyncGuide | AsyncGuide


def good_weather(do: Guide, folder: Path) -> None:
    """Every callable of the table once, and everything its answers can do."""
    trap = do.trap
    trap.show(do.client)
    trap.show(do.client._config)
    trap.show(do.client.with_options(timeout=5))
    trap.show(do.client.assets.list(q="hook"))
    trap.show(do.client._engine.settings)
    for name in ("account", "credits", "brand", "avatars", "jobs", "assets", "uploads", "ads"):
        trap.show(getattr(do.client, name))
    do(lambda c: c.account.me())
    do(lambda c: c.credits.get())
    do(lambda c: c.brand.current())
    for pager in ("brand", "avatars", "jobs", "assets"):
        do(lambda c: getattr(c, pager).list())
        do(lambda c: getattr(c, pager).list().page())
        do(lambda c: getattr(c, pager).list().take(3))
        do(lambda c: getattr(c, pager).list().pages())
    do(lambda c: c.assets.search(q="hook"))
    for scene in do(lambda c: c.assets.search(q="hook").take(1)) or ():
        do(lambda c: c.assets.get(scene.id))
    for avatar in do(lambda c: c.avatars.list().take(1)) or ():
        do(lambda c: c.avatars.get(avatar.id))
    _jobs(do, folder)
    _uploads(do)
    do(lambda c: c.call(sume_api.operations.get_me))
    do(lambda c: c.call(get_job_result, "job_that_is_not_there"))


def _jobs(do: Guide, folder: Path) -> None:
    events: list[Any] = []
    for job in (
        do(lambda c: c.images.generate(prompt="a jar for someone@else.example")),
        do(lambda c: c.videos.generate(prompt="morning light", duration=4)),
        do(lambda c: c.reference_analysis.create(url=REEL)),
    ):
        if job is None:
            continue
        do(lambda _: job.refresh())
        do(lambda _: job.events())
        do(lambda _: job.wait(timeout=20, on_event=events.append))
        result = do(lambda _: job.result())
        do(lambda c: c.jobs.wait_many([job.id], timeout=20))
        do(lambda c: c.jobs.as_completed([job.id], timeout=20))
        do(lambda c: c.jobs.handle(job.id))
        do(lambda c: c.jobs.result(job.id))
        do(lambda c: c.jobs.get(job.id))
        do.trap.show(job.data)
        if result is not None:
            do.trap.show(result.data)
            do.trap.show(result.media)
            progress: list[Any] = []
            target = folder / f"{type(do).__name__}-{job.id}"
            do(lambda _: result.download(target, on_progress=progress.append))
            if result.media:
                do(lambda _: result.media[0].download(folder / f"{target.name}-one"))
            do.trap.show(progress)
    do.trap.show(events)


def failed_jobs(do: Guide, sandbox: Sandbox) -> None:
    """Jobs that end badly, seen every way a job can be seen."""
    echo = " ".join(value for values in sandbox.markers().values() for value in values[-1:])
    for outcome in ("failed", "canceled", "expired", "stuck"):
        sandbox.jobs.fail_next(outcome=outcome, message=None if outcome == "stuck" else echo)
        job = do(lambda c: c.images.generate(prompt="x"))
        seen: list[Any] = []
        do(lambda _: job.wait(timeout=0.3 if outcome == "stuck" else 20, on_event=seen.append))
        do(lambda _: job.refresh())
        do(lambda _: job.result())
        do(lambda c: c.jobs.wait(job.id, timeout=0.2))
        do(lambda c: c.jobs.result(job.id))
        for outcomes in (
            do(lambda c: c.jobs.wait_many([job.id], timeout=0.2)) or (),
            do(lambda c: c.jobs.as_completed([job.id], timeout=0.2)) or (),
        ):
            for one in outcomes:
                do.trap.show(one)
                if one.error is not None:
                    do.trap.failed(one.error)
        for thing in (job.data, job.error, job.status, seen, *seen):
            do.trap.show(thing)
    del echo
    do(lambda c: c.jobs.list(status="failed"))


def _uploads(do: Guide) -> None:
    video = sample_video()
    presigned = do(
        lambda c: c.uploads.presign(
            file_name="clip.mp4", content_type="video/mp4", size_bytes=9,
            purpose="asset_library_video",
        )
    )  # fmt: skip
    # The bytes aren't there yet, so the API refuses, with what it was given in reach.
    do(
        lambda c: c.assets.create(
            object_key=presigned.object_key, file_name="clip.mp4", content_type="video/mp4",
            size_bytes=9,
        )
    )  # fmt: skip
    ingest = do(lambda c: c.uploads.asset_video(video, on_progress=print))
    if ingest is not None:
        do(lambda _: ingest.wait(timeout=20))
    # The media URL is asked for, so it may be told: to the caller, and to nobody else.
    told = Told()
    do(lambda c: _then(c.uploads.face_swap_video(video), told.take))
    avatars = [one.id for one in do(lambda c: c.avatars.list().take(2)) or ()]
    for chosen in (["avatar_that_is_not_there"], avatars):
        group = do(lambda c: c.face_swap.create(source_video_url=told.value, avatar_ids=chosen))
        if group is not None:
            do.trap.show([group.jobs, group.primary])
            do(lambda _: group.wait(timeout=20))
            do(lambda _: group.results())


class Told:
    """What the caller was told, kept where its own frames don't show it."""

    value = ""

    def take(self, value: str) -> None:
        self.value = value


def _then(answer: Any, take: Callable[[str], None]) -> Any:
    """Hand what is answered or awaited to `take`, and nothing on."""
    if not inspect.isawaitable(answer):
        return take(answer)

    async def wait() -> None:
        take(await answer)

    return wait()


EVERYWHERE = (
    "status=400", "status=401", "status=402", "status=403", "status=404", "status=409",
    "status=422", "status=429 retry_after=0", "status=500", "status=503", "status=302",
    "status=599", "reset=before", "reset=after", "reset=mid", "close=after", "close=mid",
    "hang=before", "hang=mid", "truncate=length", "truncate=chunk", "truncate=gzip", "garbage",
    "overlong", "encoding=corrupt", "encoding=bomb", "shape=html", "shape=empty",
    "shape=cut_json", "shape=list", "shape=nan", "shape=utf16", "shape=no_type",
)  # fmt: skip
"""Faults of the request path, each of which happens to every kind of call."""


def bad_weather(do: Guide, sandbox: Sandbox, faults: tuple[str, ...], folder: Path) -> None:
    """Each fault to a read, a list, a paid call, each step of an upload and of a download."""
    video = sample_video()
    job = do(lambda c: c.images.generate(prompt="x"))
    do(lambda _: job.wait(timeout=20))
    echo = " ".join(value for values in sandbox.markers().values() for value in values[-1:])
    said = {"message": f"no: {echo}"}
    told = {"x-echo": echo, "set-cookie": f"session={echo}", "location": f"/x?{quote(echo)}"}
    del echo
    works: dict[str, Callable[[Any], Any]] = {
        "get_me": lambda c: c.account.me(),
        "list_assets": lambda c: c.assets.list().take(2),
        "create_video_generation": lambda c: c.videos.generate(prompt="x", duration=4),
        "storage_put": lambda c: c.uploads.asset_video(video),
        "create_asset": lambda c: c.uploads.asset_video(video),
    }
    for number, fault in enumerate(faults):
        result = do(lambda _: job.result())
        target = folder / f"bad-{type(do).__name__}-{number}"
        works["media_get"] = lambda _: result.download(target)
        for operation, work in works.items():
            if "hang" in fault and operation in ("storage_put", "media_get"):
                continue  # a transfer waits a minute for more bytes
            if "status" not in fault and operation in ("list_assets", "create_asset"):
                continue  # on the wire these are a read and a write like the others
            extra: dict[str, Any] = {"headers": told} if "status" in fault else {}
            if "status" in fault and "302" not in fault:
                extra |= said
            _add(sandbox, f"{operation} {fault} times=9", extra)
            do(work)
            sandbox.faults.clear()


def _add(sandbox: Sandbox, text: str, extra: dict[str, Any]) -> None:
    operation, *words = text.split()
    options: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        options[name] = int(value) if value.isdigit() else (value or True)
    sandbox.faults.add(operation=operation, **options, **extra)
