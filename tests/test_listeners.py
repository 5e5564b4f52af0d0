"""Whoever listens hears every change once and in order, or is refused before anything is sent.

The threats: an async listener is called, never awaited, and every event is lost; a list that
lags takes a listener back in time; a handle's listener never hears how its job stood at first.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import InvalidArgumentError
from tests.models.jobs_api import Answer, Asked, AsyncWire, ModelApi, ModelJob
from tests.models.worlds import World, in_both_worlds
from tests.support import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sume_ext import JobGroup, Sume

COURSE = [(0.0, "queued"), (9.0, "running"), (60.0, "completed")]


class Lagging(ModelApi):
    """Every other list is eight seconds old."""

    def _list(self, query: dict[str, str]) -> Any:
        now = self.clock.now
        if len(self.log) % 2:
            self.clock.now = max(1000.0, now - 8)
        try:
            return super()._list(query)
        finally:
            self.clock.now = now


def an_api(kind: type[ModelApi] = ModelApi, count: int = 1) -> ModelApi:
    api = kind(FakeClock(), latency=0.05)
    api.add(*(ModelJob(f"job_{n}", born=1000.0, course=COURSE) for n in range(count)))
    return api


async def never_awaited(_: object) -> None:
    """Would be lost."""


class Caller:
    """Async by its call."""

    async def __call__(self, _: object) -> None:
        """Would be lost."""


@pytest.mark.parametrize(
    "listener", [never_awaited, partial(never_awaited), Caller(), Caller().__call__], ids=type
)
@in_both_worlds
def test_an_async_listener_is_refused_before_anything_is_sent(
    world: World, listener: Any, tmp_path: Path
) -> None:
    api = an_api()
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    uses: list[Callable[[Any], Any]] = [
        lambda sume: sume.jobs.wait("job_0", on_event=listener),
        lambda sume: sume.jobs.wait_many(["job_0"], on_event=listener),
        lambda sume: sume.jobs.handle("job_0").wait(on_event=listener),
        lambda sume: sume.uploads.asset_video(clip, on_progress=listener),
        lambda sume: sume.uploads.face_swap_video(clip, on_progress=listener),
    ]
    for use in uses:
        with pytest.raises(InvalidArgumentError, match="await") as caught:
            world(api, use)
        assert "plain function" in caught.value.hint
    assert api.log == []


@pytest.mark.parametrize("how", ["ids", "handles", "wait", "events"])
def test_the_first_sight_is_told_whatever_is_waited_for(how: str) -> None:
    heard: list[str] = []
    with an_api().client() as sume:
        job = sume.jobs.get("job_0")
        match how:
            case "ids":
                sume.jobs.wait_many(["job_0"], on_event=lambda event: heard.append(event.status))
            case "handles":
                sume.jobs.wait_many([job], on_event=lambda event: heard.append(event.status))
            case "wait":
                job.wait(on_event=lambda event: heard.append(event.status))
            case _:
                heard += [event.status for event in job.events()]
    assert heard == ["queued", "running", "completed"]


def test_a_list_that_lags_takes_no_listener_back_in_time() -> None:
    heard: list[tuple[str, str]] = []
    api = an_api(Lagging, count=5)
    with api.client() as sume:
        sume.jobs.wait_many(
            [*api.jobs], on_event=lambda event: heard.append((event.job_id, event.status))
        )
    for job_id in api.jobs:
        told = [status for heard_of, status in heard if heard_of == job_id]
        assert told == ["queued", "running", "completed"]


def test_a_replica_that_lags_takes_no_listener_back_in_time() -> None:
    said = iter(["queued", "running", "queued", "odd", "running", "odd", "queued", "completed"])
    api = an_api()
    api.fault = lambda _: Answer(200, {"id": "job_0", "status": next(said)})
    with api.client() as sume, pytest.warns(UserWarning, match="newer than this package"):
        heard = [event.status for event in sume.jobs.handle("job_0").events()]
    assert heard == ["queued", "running", "odd", "completed"]


@pytest.mark.parametrize("timeout", [-5, "5", True, float("nan")])
@in_both_worlds
def test_a_wrong_timeout_is_refused_where_events_are_asked_for(world: World, timeout: Any) -> None:
    """Not at the first event: that is far from the mistake."""
    api = an_api()

    def ask(sume: Any) -> None:
        with pytest.raises(InvalidArgumentError, match="timeout"):
            sume.jobs.handle("job_0").events(timeout=timeout)

    world(api, ask)
    assert api.log == []


def a_group(sume: Sume) -> JobGroup:
    return sume.face_swap.create(source_video_url="https://m.example/x.mp4", avatar_ids=["a"])


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("what", ["group", "result"])
def test_what_belongs_to_a_client_says_what_to_keep_instead(
    copied: Callable[[object], object], what: str
) -> None:
    api = an_api()

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/result"):
            return Answer(200, {"id": "job_0", "status": "completed", "result": {}})
        return Answer(202, {"jobs": [{"id": "job_0", "status": "queued"}]})

    api.fault = answer
    with api.client() as sume:
        held: object = sume.jobs.result("job_0")
        if what == "group":
            held = a_group(sume)
        with pytest.raises(InvalidArgumentError, match="pickled") as caught:
            copied(held)
    assert "Keep" in caught.value.hint


def test_a_group_and_a_broken_generator_are_told_apart() -> None:
    """The group's jobs are named; what the caller's own code raises stays what it is."""
    api = an_api()
    api.fault = lambda _: Answer(202, {"jobs": [{"id": "job_0", "status": "queued"}]})

    def broken() -> Any:
        yield "job_0"
        raise TypeError("a bug of the caller's")

    with api.client() as sume:
        group: Any = a_group(sume)
        with pytest.raises(InvalidArgumentError) as caught:
            sume.jobs.wait_many(group)
        assert "group.jobs" in caught.value.hint
        with pytest.raises(TypeError, match="bug of the caller's"):
            sume.jobs.wait_many(broken())


READS: list[Callable[[Any], Any]] = [
    lambda sume: sume.jobs.as_completed(["job_0", "job_1"]),
    lambda sume: sume.jobs.handle("job_0").events(),
]


@pytest.mark.parametrize("begin", READS, ids=["as_completed", "events"])
def test_an_iteration_that_threads_share_serves_one_at_a_time(
    begin: Callable[[Any], Any],
) -> None:
    """The second thread got Python's own error, of a generator that it has never seen."""
    api = an_api(count=2)
    inside, go_on = threading.Event(), threading.Event()

    def slow(_: Asked) -> None:
        inside.set()
        assert go_on.wait(30)

    with api.client() as sume:
        api.fault = slow
        iteration = begin(sume)
        got: list[Any] = []
        reader = threading.Thread(target=lambda: got.append(next(iteration)))
        reader.start()
        assert inside.wait(30)
        for use in (lambda: next(iteration), iteration.close):
            with pytest.raises(InvalidArgumentError, match="another thread or task"):
                use()
        go_on.set()
        reader.join(30)
        assert len(got + list(iteration)) >= 2
        iteration.close()


@pytest.mark.parametrize("begin", READS, ids=["as_completed", "events"])
def test_an_iteration_that_tasks_share_serves_one_at_a_time(begin: Callable[[Any], Any]) -> None:
    """And is over once the task that read from it is cancelled, as any generator is."""

    async def main() -> None:
        async with an_api(count=2).aclient() as sume:
            iteration = begin(sume)
            entered = asyncio.Event()

            async def forever(*_: object) -> Any:
                entered.set()
                await asyncio.Event().wait()

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(AsyncWire, "open", forever)
                first = asyncio.ensure_future(anext(iteration))
                await entered.wait()
                for use in (lambda: anext(iteration), iteration.aclose):
                    with pytest.raises(InvalidArgumentError, match="another thread or task"):
                        await use()
                first.cancel()
                await asyncio.wait([first])
            assert [event async for event in iteration] == []

    asyncio.run(main())
