"""Waiting for many jobs: an outcome for each, in order, with few requests, whatever the list does.

The threats: one failure hides the others; a job the list doesn't show is forgotten; a list that
shifts while it is read makes a job look finished; ten thousand polls where a hundred would do.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections import Counter
from typing import Any, cast

import pytest

from sume_ext import (
    AsyncSume,
    AuthenticationError,
    InvalidArgumentError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    PermissionDeniedError,
    Sume,
)
from tests.models.jobs_api import LOST, Answer, Asked, AsyncWire, ModelApi, ModelJob, Wire, refusal
from tests.models.worlds import World, in_both_worlds
from tests.support import FakeClock
from tests.thoroughness import one_in


def an_api(count: int, ends: float = 60, status: str = "completed") -> ModelApi:
    """Jobs that end one second after the other."""
    api = ModelApi(FakeClock(), latency=0.05)
    api.add(*(a_job(f"job_{n}", ends + n, status) for n in range(count)))
    return api


def a_job(job_id: str, ends: float, status: str = "completed") -> ModelJob:
    return ModelJob(job_id, born=1000.0, course=[(0, "queued"), (2, "running"), (ends, status)])


def told(outcomes: list[Any]) -> list[tuple[str, str, type | None]]:
    return [(o.job.id, o.job.status, type(o.error) if o.error else None) for o in outcomes]


def singles(api: ModelApi) -> int:
    return sum(asked.path != "/jobs" for asked in api.log)


@in_both_worlds
def test_outcomes_come_in_the_order_asked_for_and_failures_are_values(world: World) -> None:
    api = an_api(5)
    api.jobs["job_1"].course[-1] = (10, "failed")
    asked = ["job_3", "job_1", "job_4", "job_0", "job_3"]
    outcomes = world(api, lambda sume: sume.jobs.wait_many(asked))
    assert told(outcomes) == [
        ("job_3", "completed", None),
        ("job_1", "failed", JobFailedError),
        ("job_4", "completed", None),
        ("job_0", "completed", None),
        ("job_3", "completed", None),
    ]
    assert outcomes[0] == outcomes[4]
    assert [o.ok for o in outcomes] == [True, False, True, True, True]
    assert outcomes[0].job.data.id == "job_3"


@in_both_worlds
def test_they_can_be_had_as_they_end(world: World) -> None:
    api = an_api(4)
    for n, job in enumerate(api.jobs.values()):
        job.course[-1] = (60 + 40 * n, "completed")
    asked = ["job_3", "job_0", "job_2", "job_1", "job_0"]
    outcomes = world(api, lambda sume: sume.jobs.as_completed(asked))
    assert {o.job.id for o in outcomes} == {*asked}
    assert len(outcomes) == 4
    assert [o.job.id for o in outcomes] == ["job_0", "job_1", "job_2", "job_3"]


@in_both_worlds
def test_a_hundred_jobs_cost_a_page_not_a_hundred_polls(world: World) -> None:
    api = an_api(100)
    assert all(o.ok for o in world(api, lambda sume: sume.jobs.wait_many([*api.jobs])))
    assert len(api.log) < 120
    assert singles(api) < 30  # some of what lists show, in case they lie


@pytest.mark.parametrize("count", [1, 2])
@in_both_worlds
def test_one_or_two_jobs_are_polled_and_no_list_is_read(world: World, count: int) -> None:
    """A page of somebody else's jobs would be the dearer request."""
    api = an_api(count)
    assert all(o.ok for o in world(api, lambda sume: sume.jobs.wait_many([*api.jobs])))
    assert singles(api) == len(api.log)


@in_both_worlds
def test_nothing_to_wait_for_is_done_at_once(world: World) -> None:
    api = an_api(0)
    assert world(api, lambda sume: sume.jobs.wait_many([])) == []
    assert world(api, lambda sume: sume.jobs.as_completed([])) == []
    assert api.log == []


@in_both_worlds
def test_jobs_too_old_for_the_list_are_polled(world: World) -> None:
    api = an_api(8)
    api.forgotten = {"job_1", "job_2", "job_3", "job_4"}
    assert all(o.ok for o in world(api, lambda sume: sume.jobs.wait_many([*api.jobs])))


@in_both_worlds
def test_a_list_that_holds_none_of_the_jobs_is_not_read_again_and_again(world: World) -> None:
    api = an_api(8)
    api.forgotten = {*api.jobs}
    assert all(o.ok for o in world(api, lambda sume: sume.jobs.wait_many([*api.jobs])))
    assert len(api.log) - singles(api) <= 2


@in_both_worlds
def test_jobs_behind_thousands_of_others_do_not_cost_thousands_of_pages(world: World) -> None:
    api = ModelApi(FakeClock(), latency=0.01)
    api.add(*(a_job(f"mine_{n}", 60) for n in range(5)))
    api.add(*(a_job(f"other_{n}", 1) for n in range(20_000)))
    assert all(
        o.ok for o in world(api, lambda sume: sume.jobs.wait_many([f"mine_{n}" for n in range(5)]))
    )
    assert len(api.log) < 150


@in_both_worlds
def test_an_unknown_id_is_its_own_outcome(world: World) -> None:
    api = an_api(4)
    outcomes = world(api, lambda sume: sume.jobs.wait_many(["job_0", "nope", "job_3", "job_1"]))
    assert told(outcomes)[1] == ("nope", "unknown", NotFoundError)
    assert [o.ok for o in outcomes] == [True, False, True, True]


@pytest.mark.parametrize("by_offset", one_in(2, [True, False]))
@in_both_worlds
def test_a_list_that_shifts_while_it_is_read_loses_no_job(world: World, by_offset: bool) -> None:
    """New jobs push others over a page's edge between two requests; those are seen later."""
    api = an_api(250)
    api.by_offset = by_offset
    asked = [*api.jobs]

    def shift(request: Asked) -> None:
        if request.path == "/jobs":
            api.add(*(ModelJob(f"new_{len(api.jobs)}_{n}", born=request.at) for n in range(3)))

    api.fault = shift
    assert all(o.ok for o in world(api, lambda sume: sume.jobs.wait_many(asked)))


@in_both_worlds
def test_a_smaller_page_than_asked_for_is_walked_just_the_same(world: World) -> None:
    api = an_api(90)
    api.largest_page = 7
    assert all(o.ok for o in world(api, lambda sume: sume.jobs.wait_many([*api.jobs])))


@pytest.mark.parametrize("refused", ["path", "limit", "status"])
@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_refused_list_is_done_without(refused: str, status: int) -> None:
    """Reading lists saves requests; that it may be refused must not cost a job."""
    api = an_api(30)

    def concerns(asked: Asked) -> bool:
        return asked.path == "/jobs" and (refused == "path" or refused in asked.query)

    api.fault = lambda asked: refusal(status, "no") if concerns(asked) else None
    with api.client() as sume:
        assert all(o.ok for o in sume.jobs.wait_many([*api.jobs]))
    assert sum(map(concerns, api.log)) <= 3


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": list[str](), "has_more": True, "next_cursor": "x"},
        {"object": "list", "data": "none"},
        b"<html>",
    ],
)
def test_pages_that_do_not_add_up_are_done_without(body: object) -> None:
    """A list that always gives the same cursor, or nonsense, ends no wait."""
    api = an_api(6)
    api.fault = lambda asked: Answer(200, body) if asked.path == "/jobs" else None
    with api.client() as sume:
        assert all(o.ok for o in sume.jobs.wait_many([*api.jobs]))
    assert sum(asked.path == "/jobs" for asked in api.log) <= 6


class HalfBroken(ModelApi):
    """An API whose list shows one of its jobs without its status, too."""

    def _list(self, query: dict[str, str]) -> Answer:
        answer = super()._list(query)
        page = cast("dict[str, Any]", answer.body)
        return Answer(200, {**page, "data": [{"id": "job_2"}, *page["data"]]})


@in_both_worlds
def test_a_broken_job_in_a_list_hides_no_other(world: World) -> None:
    api = HalfBroken(FakeClock())
    api.add(*(a_job(f"job_{n}", 60) for n in range(5)))
    assert all(o.ok for o in world(api, lambda sume: sume.jobs.wait_many([*api.jobs])))


@in_both_worlds
def test_a_timeout_is_told_for_each_job_at_the_deadline(world: World) -> None:
    api = an_api(120, ends=100)
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs], timeout=150))
    assert api.clock.now == pytest.approx(1150)
    assert all(asked.at < 1150 for asked in api.log)
    late = [o for o in outcomes if o.error]
    assert 60 <= len(late) <= 80
    assert all(isinstance(o.error, JobTimeoutError) for o in late)
    assert "sume.jobs.wait('job_119')" in str(late[-1].error)


@in_both_worlds
def test_images_and_videos_have_their_own_default_timeouts(world: World) -> None:
    api = an_api(6, ends=10_000)
    for n in range(3):
        api.jobs[f"job_{n}"].type = "image_generation"
    outcomes = world(api, lambda sume: sume.jobs.as_completed([*api.jobs]))
    assert [outcome.error.elapsed for outcome in outcomes] == pytest.approx([600] * 3 + [1800] * 3)


@in_both_worlds
def test_a_dead_key_ends_it_all_with_one_request(world: World) -> None:
    """Ten thousand refusals would be ten thousand requests for one answer."""
    api = an_api(50)
    api.fault = lambda _: refusal(401, "unauthorized")
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs]))
    assert {type(o.error) for o in outcomes} == {AuthenticationError}
    assert len(api.log) == 1


def test_a_job_that_may_not_be_seen_is_its_own_outcome() -> None:
    api = an_api(2)
    api.fault = lambda asked: refusal(403, "no") if asked.path == "/jobs/job_1" else None
    with api.client() as sume:
        assert [type(o.error) for o in sume.jobs.wait_many(["job_0", "job_1"])] == [
            type(None),
            PermissionDeniedError,
        ]


@pytest.mark.parametrize("answer", [LOST, refusal(429, "slow", **{"retry-after": "9"})])
def test_trouble_that_passes_slows_it_down_and_no_more(answer: Any) -> None:
    api = an_api(20)
    api.fault = lambda asked: answer if len(api.log) % 3 else None
    with api.client() as sume:
        assert all(o.ok for o in sume.jobs.wait_many([*api.jobs]))
    if isinstance(answer, Answer):
        refused = [a.at for n, a in enumerate(api.log, 1) if n % 3]
        after = [b.at - a for a in refused for b in api.log if b.at > a + 0.2][:1]
        assert all(gap >= 9 for gap in after)


@pytest.mark.parametrize(
    ("return_when", "count"),
    [("ALL_COMPLETED", 9), ("FIRST_COMPLETED", 1), ("FIRST_EXCEPTION", 5)],
)
@in_both_worlds
def test_it_may_return_before_all_have_ended(world: World, return_when: Any, count: int) -> None:
    """With the words of `concurrent.futures`; what still runs says so and has no error."""
    api = an_api(9, ends=100)
    for n in range(9):
        api.jobs[f"job_{n}"].course[-1] = (100 + 50 * n, "failed" if n == 4 else "completed")
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs], return_when=return_when))
    assert sum(o.job.terminal for o in outcomes) == count
    assert [o.job.id for o in outcomes] == [*api.jobs]
    assert all(o.error is None and not o.ok for o in outcomes if not o.job.terminal)


def test_events_are_told_and_a_listener_may_end_it() -> None:
    api = an_api(3)
    events: list[tuple[str, str]] = []
    with api.client() as sume:
        sume.jobs.wait_many([*api.jobs], on_event=lambda e: events.append((e.job_id, e.status)))
        assert events.count(("job_1", "completed")) == 1
        assert len(events) == len({*events})

        def stop(_: object) -> None:
            raise KeyError

        with pytest.raises(KeyError):
            sume.jobs.wait_many([*api.jobs], on_event=stop)


def test_handles_are_brought_up_to_date_even_when_interrupted() -> None:
    api = an_api(4)

    def interrupt(_: float) -> None:
        if api.clock.now > 1030:
            raise KeyboardInterrupt

    with api.client() as sume:
        jobs = [sume.jobs.handle(job_id) for job_id in api.jobs]
        api.clock.on_sleep = interrupt
        with pytest.raises(KeyboardInterrupt) as caught:
            sume.jobs.wait_many(jobs)
        (note,) = caught.value.__notes__
        assert "4 of the jobs waited for may still run" in note
        assert "job_0, job_1, job_2, job_3" in note
        assert [job.status for job in jobs] == ["running"] * 4
        api.clock.on_sleep = None
        outcomes = sume.jobs.wait_many(jobs)
        assert [o.job for o in outcomes] == jobs
        count = len(api.log)
        assert all(o.ok for o in sume.jobs.wait_many(jobs))
        assert len(api.log) == count


@pytest.mark.parametrize("jobs", ["job_1", [""], [None], [7]])
@in_both_worlds
def test_what_is_no_list_of_jobs_is_refused(world: World, jobs: Any) -> None:
    """A single id would be taken for a list of letters."""
    api = an_api(1)
    with pytest.raises(InvalidArgumentError):
        world(api, lambda sume: sume.jobs.wait_many(jobs))
    with pytest.raises(InvalidArgumentError):
        world(api, lambda sume: sume.jobs.as_completed(jobs))
    assert api.log == []


@in_both_worlds
def test_an_unknown_return_when_is_refused(world: World) -> None:
    with pytest.raises(InvalidArgumentError):
        world(an_api(1), lambda sume: sume.jobs.wait_many(["job_0"], return_when="SOMETIME"))


@pytest.mark.parametrize("lag", [0.0, 60.0, 1e9])
@in_both_worlds
def test_a_list_that_lags_or_freezes_hides_no_end(world: World, lag: float) -> None:
    """A cache in front of the lists shows every job running for ever; single looks know better."""
    api = an_api(20, ends=60)
    api.lag, api.frozen_at = (lag, float("inf")) if lag < 1e9 else (0.0, 1020.0)
    seen: dict[str, float] = {}

    def note(event: Any) -> None:
        if event.terminal:
            seen[event.job_id] = api.clock.now

    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs], on_event=note))
    assert all(o.ok for o in outcomes)
    late = sorted(seen[job.id] - job.ends for job in api.jobs.values())
    assert late[10] <= 25
    assert late[-1] <= 45
    ticks = Counter(int(asked.at + 1e-6) for asked in api.log)
    assert max(ticks.values()) <= 2


@in_both_worlds
def test_no_time_is_told_to_be_over_before_a_single_look(world: World) -> None:
    """Also where the list froze so late that nothing else gives it away."""
    api = an_api(30, ends=560)
    api.frozen_at = 1550.0
    for job in api.jobs.values():
        job.type = "image_generation"
        job.course[-1] = (555, "completed")
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs]))
    assert all(o.ok for o in outcomes)


@in_both_worlds
def test_why_a_job_failed_is_asked_for_where_the_list_does_not_say(world: World) -> None:
    """Only the single read is documented to give a reason."""
    api = an_api(20, status="failed")
    api.reasons_listed = False
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs]))
    assert {(o.error.code, o.error.message) for o in outcomes} == {("generation_failed", "No.")}
    assert all(isinstance(o.error, JobFailedError) for o in outcomes)
    assert singles(api) < 60


@pytest.mark.parametrize("single", [refusal(500, "down"), refusal(403, "no"), LOST])
def test_a_failure_whose_reason_cannot_be_had_is_a_failure_all_the_same(single: Any) -> None:
    api = an_api(0)
    api.add(*(a_job(f"job_{n}", 60, "failed") for n in range(5)))
    api.reasons_listed = False
    api.fault = lambda asked: single if asked.path != "/jobs" and asked.at > 1060 else None
    with api.client() as sume:
        outcomes = sume.jobs.wait_many([*api.jobs], timeout=200)
    assert {type(o.error) for o in outcomes} == {JobFailedError}


@pytest.mark.parametrize("count", [2500, 7000])
def test_jobs_that_no_list_shows_are_polled_side_by_side(count: int) -> None:
    """One answer after the other, thousands that ended long ago were told to run still."""
    api = ModelApi(FakeClock(), latency=0.3)
    kind = "image_generation" if count < 5000 else "video_generation"
    course = [(0.0, "queued"), (30.0, "completed")]
    api.add(*(ModelJob(f"job_{n}", kind, -90_000.0, course) for n in range(count)))
    api.forgotten = {*api.jobs}
    with api.client() as sume:
        outcomes = sume.jobs.wait_many([*api.jobs], timeout=600)
    assert all(o.ok for o in outcomes)
    ticks = Counter(int(asked.at - 1000 + 1e-6) for asked in api.log)
    assert max(ticks.values()) <= 2 * count / 100
    # Ten at once, then as fast as the budget lets so few be asked for.
    assert api.clock.now - 1000 < count * 0.3 / 10 + 50 * math.log(1700 / 100) + 60


@in_both_worlds
def test_nothing_is_claimed_of_jobs_there_was_no_time_for(world: World) -> None:
    """Thousands at once and ten seconds: most were never seen, and may have ended long ago."""
    api = an_api(1000, ends=1)
    api.forgotten = {*api.jobs}
    api.latency = 0.5
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs], timeout=10))
    unseen = [o.error for o in outcomes if o.job.status == "unknown"]
    assert 500 < len(unseen) < 1000
    for error in unseen:
        assert isinstance(error, JobTimeoutError)
        assert "still runs" not in str(error)
        assert "sume.jobs.get('job_" in str(error)


@in_both_worlds
def test_of_a_job_not_seen_lately_it_is_said_when_it_was_seen(world: World) -> None:
    api = an_api(2, ends=100)
    api.fault = lambda asked: LOST if asked.at > 1050 else None
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs], timeout=150))
    for outcome in outcomes:
        assert outcome.job.status == "running"
        assert "the last look was 10" in str(outcome.error)
        assert "still runs" not in str(outcome.error)


@pytest.mark.parametrize(
    "hiccup",
    [
        Answer(200, {"object": "list", "data": "none"}),
        refusal(403, "no"),
        Answer(200, {"object": "list", "data": list[str](), "has_more": True}),
    ],
)
def test_one_odd_page_costs_a_pause_not_the_lists(hiccup: Answer) -> None:
    """Without lists, a thousand jobs take minutes per round."""
    api = an_api(120, ends=120)
    api.latency = 0.3
    lists: list[float] = []

    def once(asked: Asked) -> Answer | None:
        if asked.path == "/jobs":
            lists.append(asked.at)
        return hiccup if asked.path == "/jobs" and len(lists) == 10 else None

    api.fault = once
    with api.client() as sume:
        assert all(o.ok for o in sume.jobs.wait_many([*api.jobs]))
    assert any(at > lists[9] + 60 for at in lists)
    assert len(api.log) < 300


@in_both_worlds
def test_a_server_slower_than_a_look_is_given_longer_ones(world: World) -> None:
    """A look given up after 15 seconds never sees what an answer after 16 says."""
    api = an_api(3, ends=30)
    api.latency = 16.0
    outcomes = world(api, lambda sume: sume.jobs.wait_many([*api.jobs]))
    assert all(o.ok for o in outcomes)
    assert api.clock.now - 1000 < 200


def test_what_the_server_asks_of_one_job_holds_no_other() -> None:
    """A pause asked for with each of two hundred answers would be a thousand seconds."""
    api = an_api(0)
    for n in range(200):
        job = a_job(f"job_{n}", 30)
        job.type = "image_generation"
        api.add(job)
    api.forgotten = {*api.jobs}

    def say(asked: Asked) -> Answer:
        answer = api.say(asked)
        return Answer(answer.status, answer.body, {**answer.headers, "retry-after": "5"})

    api.fault = lambda asked: say(asked) if asked.path != "/jobs" else None
    with api.client() as sume:
        assert all(o.ok for o in sume.jobs.wait_many([*api.jobs]))
    assert api.clock.now - 1000 < 150
    looks = Counter[str]()
    before: dict[str, float] = {}
    for asked in api.log:
        if asked.path != "/jobs":
            assert asked.at - before.get(asked.path, -9) >= 5
            before[asked.path] = asked.at
            looks[asked.path] += 1


@in_both_worlds
def test_a_caller_who_takes_long_for_an_outcome_misses_none(world: World) -> None:
    """What ended while somebody worked on another's outcome isn't told to have timed out."""
    api = an_api(10)
    for n, job in enumerate(api.jobs.values()):
        job.course[-1] = (60 + 60 * n, "completed")

    def dawdle(event: Any) -> None:
        if event.terminal:
            api.clock.advance(120)

    outcomes = world(
        api, lambda sume: sume.jobs.wait_many([*api.jobs], timeout=900, on_event=dawdle)
    )
    assert all(o.ok for o in outcomes)


def test_a_slow_reader_of_as_completed_misses_none_either() -> None:
    api = an_api(10)
    for n, job in enumerate(api.jobs.values()):
        job.course[-1] = (60 + 60 * n, "completed")
    with api.client() as sume:
        for outcome in sume.jobs.as_completed([*api.jobs], timeout=900):
            assert outcome.ok
            api.clock.advance(120)


@pytest.mark.parametrize(("jobs", "timeout"), [("job_0", 5), (["job_0"], -1), ([""], 5)])
def test_as_completed_refuses_nonsense_at_once(jobs: Any, timeout: Any) -> None:
    """Not when the first outcome is asked for, which may be far from the mistake."""
    with an_api(1).client() as sume, pytest.raises(InvalidArgumentError):
        sume.jobs.as_completed(jobs, timeout=timeout)


@pytest.mark.parametrize("concurrent", [False, True])
def test_side_by_side_is_done_by_real_threads_and_tasks(concurrent: bool) -> None:
    """The other tests lay what goes side by side one after the other, for the clock's sake."""
    api = an_api(0)
    api.add(*(a_job(f"job_{n}", 1) for n in range(400)))
    api.forgotten, api.latency = {*api.jobs}, 0.4
    asked_by = set[int]()

    def note(_: Asked) -> None:
        asked_by.add(threading.get_ident())

    api.fault = note

    async def main() -> list[Any]:
        transport = AsyncWire(api)
        async with AsyncSume(api_key="k", transport=transport, clock=api.clock) as sume:
            return await sume.jobs.wait_many([*api.jobs])

    if concurrent:
        outcomes = asyncio.run(main())
    else:
        with Sume(api_key="k", transport=Wire(api), clock=api.clock) as sume:
            outcomes = sume.jobs.wait_many([*api.jobs])
    assert all(o.ok for o in outcomes)
    assert (len(asked_by) > 1) != concurrent
