"""A tour of the whole public surface, sync and async, in good weather.

Each line of the table of operations is visited with arguments full of secrets; the test says which
one was left out.

Whatever a guide is given it does at once, so that what it is given may look at loop variables.
"""
# ruff: noqa: B023

from __future__ import annotations

import asyncio
import inspect
import random
import time
import urllib.request
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sume_api.operations
from sume_api.api.jobs import get_job_result

from sume_ext import AsyncSume, Secret, Sume
from sume_ext.operations import RESOURCES
from sume_ext.sandbox import Sandbox, sample_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.secrets.trap import Trap


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


class _Guide:
    """Shows a trap what a client answers.

    Attributes:
        client: The client.
        visited: The names of the table's lines that have answered.
    """

    client: Any

    def __init__(self, trap: Trap) -> None:
        self.trap = trap
        self.visited: set[str] = set()

    def __call__(self, work: Callable[[Any], Any]) -> Any:
        """Do something with the client."""
        raise NotImplementedError

    def visit(self, name: str, work: Callable[[Any], Any]) -> Any:
        """Do something with a line of the table, as in ``videos.generate``."""
        before = len(self.trap.failures)
        answer = self(lambda client: work(attrgetter(name)(client)))
        if len(self.trap.failures) == before:
            self.visited.add(name)
        return answer


def _options(sandbox: Sandbox, options: dict[str, Any]) -> dict[str, Any]:
    given = {"api_key": Secret(sandbox.api_key), "base_url": sandbox.base_url}
    return {**given, "clock": HurriedClock(), "rng": random.Random(1), **options}


class SyncGuide(_Guide):
    """The guide of a synchronous client."""

    def __init__(self, sandbox: Sandbox, trap: Trap, **options: Any) -> None:
        super().__init__(trap)
        self.client = Sume(**_options(sandbox, options))

    def settle(self, answer: Any) -> Any:
        return list(answer) if hasattr(answer, "__next__") else answer

    def __call__(self, work: Callable[[Any], Any]) -> Any:
        return self.trap.attempt(lambda: self.settle(work(self.client)))

    def close(self) -> None:
        self.client.close()


class AsyncGuide(_Guide):
    """The guide of an asynchronous one."""

    def __init__(self, sandbox: Sandbox, trap: Trap, **options: Any) -> None:
        super().__init__(trap)
        self.runner = asyncio.Runner(debug=True)
        self.client = AsyncSume(**_options(sandbox, options))

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
    """Every line of the table once, and everything its answers can do."""
    trap, marks = do.trap, do.trap.marks
    trap.show(do.client)
    trap.show(do.client._config)
    trap.show(do.client.with_options(timeout=5))
    trap.show(do.client._engine.settings)
    for resource in RESOURCES:
        trap.show(attrgetter(resource.name)(do.client))
    do.visit("account.me", lambda me: me())
    do.visit("credits.get", lambda get: get())
    do.visit("brand.current", lambda current: current())
    for name in ("brand.list", "avatars.list", "jobs.list", "assets.list"):
        do.visit(name, lambda list_: list_())
        do.visit(name, lambda list_: list_().page())
        do.visit(name, lambda list_: list_().take(3))
        do.visit(name, lambda list_: list_().pages())
    do.visit("brand.list", lambda list_: list_(domain=marks.url()))
    do.visit("jobs.list", lambda list_: list_(status=marks.url(), type_=marks.key()))
    do.visit("jobs.list", lambda list_: trap.show(list_(cursor=marks.url())))
    _scenes(do)
    for avatar in do(lambda c: c.avatars.list().take(1)) or ():
        do.visit("avatars.get", lambda get: get(avatar.id))
        do.visit(
            "ads.videos.create",
            lambda create: create(
                avatar_id=avatar.id, prompt=marks.prose(), script=marks.prose(), style="ugc",
                reference_image_urls=[marks.url()],
            ),
        )  # fmt: skip
    _jobs(do, folder)
    _uploads(do)
    do(lambda c: c.call(sume_api.operations.get_me))
    do(lambda c: c.call(get_job_result, "job_that_is_not_there"))


def _scenes(do: Guide) -> None:
    marks = do.trap.marks
    do.visit("assets.search", lambda search: search(q=marks.url(), tag=[marks.email()]))
    do.visit("assets.list", lambda list_: list_(q=marks.prose(), brand=marks.email()))
    do.visit("assets.search", lambda search: do.trap.show(search(q=marks.key())))
    for scene in do.visit("assets.search", lambda search: search(q="hook").take(1)) or ():
        do.visit("assets.get", lambda get: get(scene.id))
        do.visit("assets.reopen", lambda reopen: reopen(scene))


def _jobs(do: Guide, folder: Path) -> None:
    marks = do.trap.marks
    events: list[Any] = []
    for job in (
        do.visit(
            "images.generate",
            lambda make: make(prompt=marks.prose(), reference_image_urls=[marks.url()]),
        ),
        do.visit("videos.generate", lambda make: make(prompt=marks.prose(), duration=4)),
        do.visit("reference_analysis.create", lambda create: create(url=marks.reel())),
    ):
        do(lambda _: job.refresh())
        do(lambda _: job.events())
        do(lambda _: job.wait(timeout=20, on_event=events.append))
        result = do(lambda _: job.result())
        do.visit("jobs.wait", lambda wait: wait(job.id, timeout=20))
        do.visit("jobs.wait_many", lambda wait_many: wait_many([job.id], timeout=20))
        do.visit("jobs.as_completed", lambda as_completed: as_completed([job.id], timeout=20))
        do.visit("jobs.handle", lambda handle: handle(job.id))
        do.visit("jobs.result", lambda result: result(job.id))
        do.visit("jobs.get", lambda get: get(job.id))
        do.visit("jobs.find_recent", lambda find: find(since="1h", job_type=marks.key()))
        do.trap.show(job.data)
        do.trap.show([result.data, result.media])
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
    video, marks = sample_video(), do.trap.marks
    presigned = do.visit(
        "uploads.presign",
        lambda presign: presign(
            file_name=f"{marks.email()}.mp4", content_type="video/mp4", size_bytes=9,
            purpose="asset_library_video",
        ),
    )  # fmt: skip
    # The API knows neither, so it refuses, with what it was given in reach.
    do(lambda c: c.assets.create(object_key=marks.object_key(), title=marks.prose()))
    do(
        lambda c: c.assets.create(
            object_key=presigned.object_key, file_name="clip.mp4", content_type="video/mp4",
            size_bytes=9, title=marks.prose(),
        )
    )  # fmt: skip
    ingest = do.visit("uploads.asset_video", lambda send: send(video, on_progress=print))
    do(lambda _: ingest.wait(timeout=20))
    presigned = do.visit(
        "uploads.presign",
        lambda presign: presign(
            file_name="clip.mp4", content_type="video/mp4", size_bytes=9,
            purpose="asset_library_video",
        ),
    )  # fmt: skip
    _store(presigned)
    do.visit(
        "assets.create",
        # A model shows a title as it was given, so there is nothing secret in this one.
        lambda create: create(object_key=presigned.object_key, title="A jar"),
    )
    # What is asked for may be told: to the caller, and to nobody else.
    told = Told()
    do.visit("uploads.face_swap_video", lambda send: _then(send(video), told.take))
    avatars = [one.id for one in do(lambda c: c.avatars.list().take(2)) or ()]
    for chosen in (["avatar_that_is_not_there"], avatars):
        group = do.visit(
            "face_swap.create",
            lambda create: create(source_video_url=told.value, avatar_ids=chosen),
        )
        if group is not None:
            do.trap.show([group.jobs, group.primary])
            do(lambda _: group.wait(timeout=20))
            do(lambda _: group.results())


class Told:
    """What the caller was told, kept where its own frames don't show it."""

    value = ""

    def take(self, value: str) -> None:
        self.value = value


def _store(presigned: Any) -> None:
    """Store bytes as a program of somebody's would, with what logs nothing."""
    request = urllib.request.Request(
        presigned.upload_url, b"123456789", presigned.required_headers.to_dict(), method="PUT"
    )
    urllib.request.urlopen(request).close()


def _then(answer: Any, take: Callable[[str], None]) -> Any:
    """Hand what is answered or awaited to `take`, and nothing on."""
    if not inspect.isawaitable(answer):
        return take(answer)

    async def wait() -> None:
        take(await answer)

    return wait()
