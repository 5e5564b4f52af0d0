"""A wait ends when its job ends, at its deadline, or at an error that won't pass; nothing else.

The threats: a wait without end, a poll's hiccup that loses a paid job, a call after the deadline,
a timeout that reads as if the job were gone.
"""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import random
import warnings
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from sume_ext import (
    APIError,
    AuthenticationError,
    ConflictError,
    InvalidArgumentError,
    JobCanceledError,
    JobExpiredError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    PermissionDeniedError,
    Sume,
)
from sume_ext.waiting.job_state import JobState
from sume_ext.waiting.polling import PENDING, TERMINAL, goes_on, schedule_for
from tests.models.jobs_api import LOST, NOT_SENT, Answer, Asked, ModelApi, ModelJob, Wire, refusal
from tests.models.worlds import Use, World, in_both_worlds
from tests.support import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def an_api(*course: tuple[float, str], job_type: str = "video_generation") -> ModelApi:
    clock = FakeClock()
    api = ModelApi(clock)
    api.add(ModelJob("job_1", job_type, clock.now, [(0.0, "queued"), *course]))
    return api


def failing(*answers: Answer | Exception) -> Any:
    """A fault that gives these answers first, and none later."""
    rest = [*answers]

    def fault(asked: Asked) -> Answer | Exception | None:
        return rest.pop(0) if rest else None

    return fault


@in_both_worlds
def test_events_are_what_happened_once_each_the_last_one_terminal(world: World) -> None:
    api = an_api((5, "running"), (60, "completed"))
    events = world(api, lambda sume: sume.jobs.handle("job_1").events())
    assert [(e.status, e.terminal) for e in events] == [
        ("queued", False),
        ("running", False),
        ("completed", True),
    ]
    assert events[0].elapsed == 0
    with pytest.raises(AttributeError):
        events[0].status = "other"


@in_both_worlds
def test_the_first_look_is_at_once_and_the_end_is_noticed_in_time(world: World) -> None:
    """No sleep before the first look; then at most the stated share of the job's age late."""
    api = an_api((100, "completed"))
    start = api.clock.now
    world(api, lambda sume: sume.jobs.wait("job_1"))
    assert api.log[0].at == start
    assert api.clock.now - start - 100 <= schedule_for("video_generation").bound(100)
    assert len(api.log) < 40


def test_images_are_looked_at_more_often_than_videos() -> None:
    """Source: the docs ask for longer intervals for video."""
    for age in (0, 1, 5, 20, 60, 300, 2000):
        image, video = schedule_for("image_generation"), schedule_for("video_generation")
        assert image.bound(age) <= video.bound(age)
    assert schedule_for("image_generation").timeout == 600
    assert schedule_for("something_new").timeout == 1800


@pytest.mark.parametrize(
    ("status", "error"),
    [("failed", JobFailedError), ("canceled", JobCanceledError), ("expired", JobExpiredError)],
)
@in_both_worlds
def test_each_failure_has_its_own_error(world: World, status: str, error: type[Exception]) -> None:
    api = an_api((5, status))
    with pytest.raises(error) as caught:
        world(api, lambda sume: sume.jobs.wait("job_1"))
    assert (caught.value.job_id, caught.value.status) == ("job_1", status)  # type: ignore[attr-defined]
    if status == "failed":
        assert caught.value.code == "generation_failed"  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", ["aborted", "CANCELLED", "", "COMPLETED", "stopped"])
@in_both_worlds
def test_an_unknown_status_runs_on_and_is_told_once(world: World, status: str) -> None:
    """Two clients loop for ever on such; one takes them for success. Here they wait on."""
    api = an_api((5, status + "?"), (50, "completed"))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(2):
            job = world(api, lambda sume: sume.jobs.wait("job_1"))
            assert job.status == "completed"
            api.jobs["job_1"].born = api.clock.now
    assert sum(status + "?" in str(w.message) for w in told) <= 1


@in_both_worlds
def test_an_unknown_status_cannot_make_a_wait_endless(world: World) -> None:
    """Even without a timeout: it may be a final status that is newer than this package."""
    api = an_api((5, "evaporated"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(JobTimeoutError, match="doesn't know the status"):
            world(api, lambda sume: sume.jobs.wait("job_1", timeout=None))
        (outcome,) = world(api, lambda sume: sume.jobs.wait_many(["job_1"], timeout=None))
    assert isinstance(outcome.error, JobTimeoutError)


def test_every_status_of_the_schema_is_known() -> None:
    """A status that the schema gains and nobody sorts in would be waited on for ever."""
    schema = json.loads((Path(__file__).parents[1] / "openapi" / "upstream.json").read_text())
    statuses = {*_job_statuses(schema)}
    assert "completed" in statuses
    assert statuses <= {*PENDING, *TERMINAL}


def _job_statuses(node: Any) -> Iterator[str]:
    """Every status that a schema with an id and a status names."""
    below = [*cast("Sequence[Any]", node)] if isinstance(node, list) else list[Any]()
    if isinstance(node, dict):
        schema = cast("dict[str, Any]", node)
        below = [*schema.values()]
        properties = schema.get("properties", {})
        if "id" in properties and "status" in properties:
            yield from properties["status"].get("enum", ())
    for inner in below:
        yield from _job_statuses(inner)


@pytest.mark.parametrize(
    "trouble",
    [
        [NOT_SENT] * 30,
        [LOST] * 30,
        [refusal(429, "slow", **{"retry-after": "3"})] * 9,
        [refusal(503, "down")] * 30,
        [refusal(408, "late")] * 30,
        [Answer(520, b"<html>")] * 30,
        [refusal(429, "slow", **{"retry-after": "86400"})],
    ],
)
@in_both_worlds
def test_trouble_that_passes_does_not_end_a_wait(world: World, trouble: list[Any]) -> None:
    """One read timeout in a long wait must not lose the job."""
    api = an_api((60, "completed"))
    api.fault = failing(*trouble)
    assert world(api, lambda sume: sume.jobs.wait("job_1")).status == "completed"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (410, APIError),
        (404, NotFoundError),
    ],
)
@in_both_worlds
def test_trouble_that_stays_ends_a_wait_at_once(
    world: World, status: int, error: type[Exception]
) -> None:
    api = an_api((60, "completed"))
    api.fault = lambda _: refusal(status, "no")
    with pytest.raises(error):
        world(api, lambda sume: sume.jobs.wait("job_1"))
    assert len(api.log) == 1


def fresh(sume: Any) -> Any:
    """A handle as creation leaves it."""
    return sume.jobs._engine.handle(JobState("job_1", "queued", "video_generation", made_at=1000.0))


@in_both_worlds
def test_a_404_is_lived_through_just_after_creation_only(world: World) -> None:
    """A replica may not have a new job yet; an hour later it means what it says."""
    api = an_api((30, "completed"))
    api.fault = lambda asked: refusal(404, "no") if asked.at < 1005 else None
    assert world(api, lambda sume: fresh(sume).wait()).status == "completed"
    api = an_api((60, "completed"))
    api.fault = lambda asked: refusal(404, "no") if asked.at < 1030 else None
    with pytest.raises(NotFoundError):
        world(api, lambda sume: fresh(sume).wait())


@pytest.mark.parametrize("timeout", [0.3, 1, 7, 45.5, 600])
@in_both_worlds
def test_no_call_after_the_deadline_and_the_error_at_it(world: World, timeout: float) -> None:
    """The error comes when it was asked for, says how to go on, and the job is left alone."""
    api = an_api()
    api.latency = 0.05
    start = api.clock.now
    with pytest.raises(JobTimeoutError) as caught:
        world(api, lambda sume: sume.jobs.wait("job_1", timeout=timeout))
    assert api.clock.now == pytest.approx(start + timeout)
    assert all(asked.at < start + timeout for asked in api.log)
    text = str(caught.value)
    assert "still runs" in text
    assert "sume.jobs.wait('job_1')" in text
    assert isinstance(caught.value, TimeoutError)
    assert {asked.path for asked in api.log} == {"/jobs/job_1"}


@in_both_worlds
def test_a_last_look_is_made_before_the_deadline(world: World) -> None:
    """A job that ends between the last scheduled look and the deadline isn't timed out."""
    api = an_api((595, "completed"))
    assert world(api, lambda sume: sume.jobs.wait("job_1", timeout=600)).status == "completed"


@pytest.mark.parametrize("status", [200, 429])
@in_both_worlds
def test_a_hint_of_the_server_is_never_undercut(world: World, status: int) -> None:
    """Retry-After counts on whatever answer it comes with, also before a deadline."""
    api = an_api()
    asked_for = {"retry-after": "20"}
    seen = {"id": "job_1", "status": "queued"}
    body = Answer(200, seen, asked_for) if status == 200 else refusal(429, "slow", **asked_for)
    api.fault = lambda _: body
    with pytest.raises(JobTimeoutError):
        world(api, lambda sume: sume.jobs.wait("job_1", timeout=70))
    gaps = [b.at - a.at for a, b in zip(api.log, api.log[1:], strict=False)]
    assert gaps
    assert min(gaps) >= 20


@in_both_worlds
def test_timeout_zero_looks_once(world: World) -> None:
    """A wait that says "the job still runs" of a job it never looked at has made that up."""
    api = an_api()
    with pytest.raises(JobTimeoutError, match=r"queued: .*still runs"):
        world(api, lambda sume: sume.jobs.wait("job_1", timeout=0))
    assert len(api.log) == 1
    api.clock.advance(100)
    api.jobs["job_1"].course.append((50, "completed"))
    assert world(api, lambda sume: sume.jobs.wait("job_1", timeout=0)).status == "completed"


@in_both_worlds
def test_nothing_is_claimed_of_a_job_that_was_never_seen(world: World) -> None:
    """Not even by the last look of a wait whose every look was lost."""
    api = an_api()
    api.fault = lambda _: LOST
    with pytest.raises(JobTimeoutError, match=r"may still run; .*'job_1'") as caught:
        world(api, lambda sume: sume.jobs.wait("job_1", timeout=0))
    assert "still runs" not in str(caught.value)


@pytest.mark.parametrize(
    "timeout",
    [-1, float("nan"), "soon", True, pytest.param(10**5000, id="huge"), 1e300, [], b"9"],
)
@in_both_worlds
def test_a_timeout_that_cannot_be_is_refused(world: World, timeout: Any) -> None:
    api = an_api()
    with pytest.raises(InvalidArgumentError):
        world(api, lambda sume: sume.jobs.wait("job_1", timeout=timeout))
    with pytest.raises(InvalidArgumentError):
        world(api, lambda sume: sume.jobs.wait_many(["job_1"], timeout=timeout))
    assert api.log == []


@in_both_worlds
def test_a_listener_that_cannot_be_called_is_refused_before_anything_is_sent(world: World) -> None:
    """Not at the first event, which may come half an hour later."""
    api = an_api()
    uses: list[Use] = [
        lambda sume: sume.jobs.wait("job_1", on_event=5),
        lambda sume: sume.jobs.wait_many(["job_1"], on_event="print"),
        lambda sume: sume.jobs.handle("job_1").wait(on_event=[]),
    ]
    for use in uses:
        with pytest.raises(InvalidArgumentError, match="on_event"):
            world(api, use)
    assert api.log == []


@pytest.mark.parametrize(
    ("job_type", "seconds"), [("image_generation", 600), ("video_generation", 1800)]
)
@in_both_worlds
def test_defaults_are_the_docs(world: World, job_type: str, seconds: float) -> None:
    """Also for an id alone, whose type is only known after the first look."""
    api = an_api(job_type=job_type)
    with pytest.raises(JobTimeoutError):
        world(api, lambda sume: sume.jobs.wait("job_1"))
    assert api.clock.now == pytest.approx(1000 + seconds)


def test_without_bound_only_when_asked() -> None:
    api = an_api((100_000, "completed"))
    with api.client() as sume:
        assert sume.jobs.wait("job_1", timeout=None).status == "completed"


def test_an_old_job_is_not_polled_as_if_it_were_new() -> None:
    """Resuming after an hour, the rhythm fits the job's age by the server's clock."""
    api = an_api((3700, "completed"))
    api.clock.advance(3600)
    with api.client() as sume:
        sume.jobs.wait("job_1")
    assert len(api.log) <= 6


def test_interruption_leaves_at_once_and_keeps_what_was_seen() -> None:
    """Ctrl-C must not wait for the next poll, and the handle still tells the last status."""
    api = an_api((5, "running"))
    api.clock.on_sleep = interrupt_after(api.clock, 20)
    with api.client() as sume:
        job = sume.jobs.handle("job_1")
        with pytest.raises(KeyboardInterrupt) as caught:
            job.wait()
    assert job.status == "running"
    assert job.id == "job_1"
    (note,) = caught.value.__notes__
    assert "left alone" in note
    assert "sume.jobs.wait('job_1')" in note


def interrupt_after(clock: FakeClock, seconds: float) -> Any:
    until = clock.now + seconds

    def on_sleep(_: float) -> None:
        if clock.now >= until:
            raise KeyboardInterrupt

    return on_sleep


def test_cancellation_leaves_at_once_and_the_job_alone() -> None:
    api = an_api((5, "running"))

    async def main() -> None:
        async with api.aclient() as sume:
            job = sume.jobs.handle("job_1")
            task = asyncio.create_task(job.wait(timeout=None))
            while job.status != "running":  # noqa: ASYNC110  (the wait tells nobody)
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert "sume.jobs.wait('job_1')" in caught.value.__notes__[0]
            assert job.status == "running"

    asyncio.run(main())
    assert {asked.path for asked in api.log} == {"/jobs/job_1"}


def test_what_a_listener_raises_ends_the_wait_unchanged() -> None:
    api = an_api((5, "running"))

    def listener(event: object) -> None:
        raise ZeroDivisionError

    with api.client() as sume, pytest.raises(ZeroDivisionError) as caught:
        sume.jobs.wait("job_1", on_event=listener)
    assert not hasattr(caught.value, "__notes__")


@in_both_worlds
def test_a_job_known_to_have_ended_is_not_asked_for_again(world: World) -> None:
    api = an_api((5, "completed"))
    api.clock.advance(10)
    job = world(api, lambda sume: sume.jobs.get("job_1"))
    with api.client() as sume:
        again = sume.jobs._engine.handle(job._state)
        assert [e.terminal for e in again.events()] == [True]
        assert again.wait() is again
    assert len(api.log) == 1


@in_both_worlds
def test_a_handle_needs_nothing_but_its_id(world: World) -> None:
    """In another process, on another day: no request, nothing to await."""
    api = an_api((5, "completed"))
    job = world(api, lambda sume: sume.jobs.handle("job_1"))
    assert (job.id, job.status, job.terminal) == ("job_1", "unknown", False)
    assert api.log == []


@pytest.mark.parametrize("nonsense", ["", " ", None, 7])
@in_both_worlds
def test_what_is_no_id_makes_no_handle(world: World, nonsense: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        world(an_api(), lambda sume: sume.jobs.handle(nonsense))


def test_a_handle_does_not_travel_with_its_client() -> None:
    """A pickled handle would carry the key; the id string is the token."""
    api = an_api()
    with api.client() as sume:
        job = sume.jobs.handle("job_1")
        for travel in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match=r"jobs\.handle"):
                travel(job)


@in_both_worlds
def test_a_result_before_its_time_is_a_clear_error(world: World) -> None:
    api = an_api((60, "completed"))
    with pytest.raises(ConflictError, match=r"sume\.jobs\.wait\('job_1'\)"):
        world(api, lambda sume: sume.jobs.handle("job_1").result())
    with pytest.raises(ConflictError, match=r"sume\.jobs\.wait\('job_1'\)"):
        world(api, lambda sume: sume.jobs.result("job_1"))


def of_result(answer: Answer) -> Any:
    """A fault that answers so to whoever asks for the result."""

    def fault(asked: Asked) -> Answer | None:
        return answer if asked.path.endswith("/result") else None

    return fault


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"id": "job_1", "status": "processing", "result": None}),
        Answer(202, {"status": "processing"}),
        Answer(200, {"job": {"id": "job_1", "status": "brand_new"}}),
        refusal(400, "not_completed"),
        refusal(404, "not_found"),
        refusal(409, "not_completed"),
        refusal(422, "not_completed"),
        refusal(425, "too_early"),
    ],
)
@in_both_worlds
def test_however_the_api_says_that_there_is_no_result_yet_the_error_says_wait(
    world: World, answer: Answer
) -> None:
    """The docs don't say how it does; an empty result would be taken for what was paid for."""
    api = an_api((60, "completed"))
    api.fault = of_result(answer)
    uses: list[Use] = [
        lambda sume: sume.jobs.handle("job_1").result(),
        lambda sume: sume.jobs.result("job_1"),
    ]
    for use in uses:
        with pytest.raises(APIError, match=r"ait for .*sume\.jobs\.wait\('job_1'\)"):
            world(api, use)
    assert len(api.log) == 2 or answer.status == 425  # which every call tries again


@in_both_worlds
def test_a_result_that_tells_of_a_failure_is_that_failure(world: World) -> None:
    error = {"code": "unsafe", "message": "No."}
    api = an_api()
    api.fault = of_result(Answer(200, {"id": "job_1", "status": "failed", "error": error}))
    with pytest.raises(JobFailedError, match="unsafe"):
        world(api, lambda sume: sume.jobs.result("job_1"))


@pytest.mark.parametrize("answer", [refusal(409, "no"), refusal(404, "no")])
@in_both_worlds
def test_the_result_of_a_completed_job_may_come_a_little_later(
    world: World, answer: Answer
) -> None:
    """One replica knows of the end, the next not yet; "wait for the job" would be no help."""
    api = an_api((5, "completed"))
    api.clock.advance(10)
    job = world(api, lambda sume: sume.jobs.get("job_1"))

    def again(sume: Any) -> Any:
        return sume.jobs._engine.handle(job._state).result()

    api.fault = failing(answer, answer)
    assert world(api, again).job_id == "job_1"
    api.fault = of_result(answer)
    began = api.clock.now
    with pytest.raises(APIError, match=r"completed.*sume\.jobs\.result\('job_1'\)"):
        world(api, again)
    assert api.clock.now - began <= 10


def test_a_result_of_a_failed_job_says_why_without_asking() -> None:
    api = an_api((5, "failed"))
    api.clock.advance(10)
    with api.client() as sume:
        job = sume.jobs.get("job_1")
        with pytest.raises(JobFailedError, match="generation_failed"):
            job.result()
    assert len(api.log) == 1


@in_both_worlds
def test_what_an_answer_leaves_out_is_still_known(world: World) -> None:
    """An image was waited for like a video, three times as long, once a poll left out its type."""
    api = an_api()
    api.fault = lambda _: Answer(200, {"id": "job_1", "status": "running"})

    def use(sume: Any) -> Any:
        made = JobState("job_1", "queued", "image_generation", made_at=1000.0)
        handles.append(sume.jobs._engine.handle(made))
        return handles[-1].wait()

    handles: list[Any] = []
    with pytest.raises(JobTimeoutError):
        world(api, use)
    assert api.clock.now == pytest.approx(1600)
    assert handles[0].type == "image_generation"
    refreshed = world(api, lambda sume: fresh(sume).refresh())
    assert (refreshed.type, refreshed.fresh) == ("video_generation", True)


def test_an_id_of_a_job_made_just_now_has_the_grace_of_its_handle() -> None:
    """Programs keep ids: a 404 from a replica that lags must not lose them the wait."""

    def fault(asked: Asked) -> Answer | None:
        if asked.path == "/videos/generations":
            return Answer(202, {"job_id": "job_1"})
        return refusal(404, "no") if asked.at < 1005 else None

    uses: list[Use] = [
        lambda sume: sume.jobs.wait("job_1"),
        lambda sume: sume.jobs.handle("job_1").wait(),
        lambda sume: sume.jobs.wait_many(["job_1"])[0].job,
    ]
    for use in uses:
        api = an_api((30, "completed"))
        api.fault = fault
        with api.client() as sume:
            sume.videos.generate(prompt="x")
            assert use(sume).status == "completed"


@in_both_worlds
def test_a_job_given_twice_has_the_grace_of_its_handle(world: World) -> None:
    """Whichever comes first: an id and its handle are one job."""
    uses: list[Use] = [
        lambda sume: sume.jobs.wait_many(["job_1", fresh(sume)]),
        lambda sume: sume.jobs.wait_many([fresh(sume), "job_1"]),
    ]
    for use in uses:
        api = an_api((30, "completed"))
        api.fault = lambda asked: refusal(404, "no") if asked.at < 1005 else None
        one, two = world(api, use)
        assert one.job is two.job
        assert one.ok


def test_ids_are_remembered_for_the_newest_jobs_only() -> None:
    """A program that runs for months must not grow by every job it made."""
    api = an_api()
    api.fault = lambda _: Answer(202, {"job_id": f"job_{len(api.log)}"})
    with api.client() as sume:
        for _ in range(1100):
            sume.videos.generate(prompt="x")
        assert len(sume.jobs._engine._made) == 1000
        assert sume.jobs._engine.state_of("job_1100").made_at is not None


@in_both_worlds
def test_a_date_to_come_back_at_is_kept_by_our_clock_where_the_server_tells_no_time(
    world: World,
) -> None:
    """Taken for half a century, it was two minutes' sleep past the job's end."""
    api = an_api((30, "completed"))

    def fault(_: Asked) -> Answer:
        soon = {"retry-after": formatdate(api.clock.time() + 3, usegmt=True)}
        return Answer(200, api._seen(api.jobs["job_1"]), soon)

    api.fault = fault
    world(api, lambda sume: sume.jobs.wait("job_1"))
    assert 1030 <= api.clock.now <= 1036


KEY = "sume_live_canary0123456789abcdef"


@pytest.mark.parametrize(
    "word",
    [
        KEY,
        f"x{KEY}",
        "https://m.example/x?X-Amz-Signature=deadbeefdeadbeef",
        "\x1b[31mred",
        "x" * 999,
    ],
)
def test_what_the_server_calls_a_status_or_a_type_is_shown_with_care(word: str) -> None:
    """A server that echoes the key as a status would have it in a repr, an error and a warning."""
    api = an_api()
    api.fault = lambda _: Answer(200, {"id": "job_1", "status": word, "type": word})
    with (
        Sume(api_key=KEY, transport=Wire(api), clock=api.clock) as sume,
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")
        job = sume.jobs.handle("job_1")
        events = job.events(timeout=2)
        event = next(events)
        with pytest.raises(JobTimeoutError) as caught:
            job.wait(timeout=2)
    assert job.status == job.type == event.status == word
    said = [repr(job), repr(job._state), repr(event), str(caught.value), repr(caught.value)]
    said += [str(one.message) for one in told]
    said.append(str(pickle.loads(pickle.dumps(caught.value)).__dict__))
    for text in said:
        assert word[:50] not in text
        assert "deadbeef" not in text
        assert len(text) < 700


def test_an_interruption_while_nothing_is_awaited_carries_the_note_as_well() -> None:
    """Ctrl-C comes when it comes: also while the next pause is computed."""

    class Hand(random.Random):
        def uniform(self, a: float, b: float) -> float:
            raise KeyboardInterrupt

    uses: list[tuple[Use, str]] = [
        (lambda sume: sume.jobs.wait("job_1"), "sume.jobs.wait('job_1')"),
        (lambda sume: sume.jobs.wait_many(["job_1"]), "sume.jobs.wait_many(ids)"),
    ]
    for use, how in uses:
        with an_api().client(Hand()) as sume, pytest.raises(KeyboardInterrupt) as caught:
            use(sume)
        (note,) = caught.value.__notes__
        assert how in note


def test_the_clock_may_jump() -> None:
    """A laptop that slept past the deadline makes no call afterwards."""
    api = an_api((50, "completed"))

    def jump(asked: Asked) -> None:
        if asked.at < 1010:
            api.clock.advance(5000)

    api.fault = jump
    with api.client(random.Random(1)) as sume, pytest.raises(JobTimeoutError):
        sume.jobs.wait("job_1", timeout=300)
    assert len(api.log) == 1


@pytest.mark.parametrize("order", [("running", "processing"), ("processing", "running")])
def test_each_status_of_a_running_job_is_told_in_whatever_order(order: tuple[str, str]) -> None:
    """The docs don't say which of the two comes first, so neither is taken for a step back."""
    assert goes_on(("queued", order[0]), order[1])
    assert not goes_on(("queued", *order), order[0])
    assert not goes_on(order[:1], "queued")
