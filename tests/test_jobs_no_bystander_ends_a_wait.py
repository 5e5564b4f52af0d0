"""What isn't the job's own end, nor the API's own word, ends no wait for it.

The threats: a program run with ``-W error`` loses a paid wait to a warning; a captive portal that
answers one poll with its login page does; a wrong base_url that answers so every time is waited
on for half an hour; a 404 that means "not yet here" is taken for "never was", or the reverse.
"""

from __future__ import annotations

import itertools
import linecache
import logging
import warnings
from typing import Any

import pytest

from sume_ext import NotFoundError, SchemaMismatchError
from sume_ext.waiting import notices
from sume_ext.waiting.job_state import JobState
from sume_ext.waiting.one import MOST_FOREIGN
from tests.models.jobs_api import Answer, Asked, ModelApi, ModelJob, refusal
from tests.models.worlds import World, in_both_worlds
from tests.support import FakeClock

PORTAL = Answer(200, b"<html>Please log in</html>", {"content-length": "26"})
_statuses = (f"brand_new_{n}" for n in itertools.count())


def an_api(*course: tuple[float, str]) -> ModelApi:
    clock = FakeClock()
    api = ModelApi(clock)
    for n in range(3):
        job = ModelJob(f"job_{n}", "video_generation", clock.now, [(0.0, "queued"), *course])
        api.add(job)
    return api


def wait(sume: Any) -> Any:
    return sume.jobs.wait("job_0")


def wait_many(sume: Any) -> Any:
    return sume.jobs.wait_many(["job_0", "job_1", "job_2"])


in_both_ways = pytest.mark.parametrize("way", [wait, wait_many])


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> str:
    """A status that nobody has been told of."""
    monkeypatch.setattr(notices, "_told", set[str]())
    return next(_statuses)


@in_both_ways
@in_both_worlds
def test_a_program_that_makes_errors_of_warnings_goes_on_waiting(
    world: World, way: Any, untold: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told all the same, in its log."""
    api = an_api((5, untold), (60, "completed"))
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "sume_ext"):
        warnings.simplefilter("error")
        world(api, way)
    assert len(api.shown) == (1 if way is wait else 3)
    assert [untold in record.message for record in caplog.records] == [True]


def test_the_warning_points_at_the_line_that_waited(untold: str) -> None:
    """Not at ours, which the reader can't change."""
    api = an_api((5, untold), (60, "completed"))
    with api.client() as sume, pytest.warns(UserWarning, match="newer") as told:
        sume.jobs.wait("job_0")  # this line
    (warning,) = told
    assert warning.filename == __file__
    assert linecache.getline(__file__, warning.lineno).endswith("# this line\n")


def test_it_is_told_once_per_process(untold: str) -> None:
    with pytest.warns(UserWarning, match=untold):
        notices.tell_once(untold)
    notices.tell_once(untold)  # a second warning would be an error here


def test_a_server_that_says_something_new_each_time_is_told_of_a_hundred_times(
    untold: str,
) -> None:
    """A warning for each of them would fill the log, and the memory."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for n in range(300):
            notices.tell_once(f"{untold} {n}")
    assert len(told) == len(notices._told) == 100


@in_both_ways
@in_both_worlds
def test_a_page_of_a_portal_is_lived_through(world: World, way: Any) -> None:
    """A train's network asks to log in, once in a while."""
    api = an_api((60, "completed"))
    api.fault = lambda asked: PORTAL if len(api.log) % MOST_FOREIGN else None
    world(api, way)
    assert api.clock.now >= 1060
    assert "job_0" in api.shown


@pytest.mark.parametrize("odd", [{}, None, [], {"error": {}}, {"id": "job_0"}, {"status": "x"}])
@in_both_worlds
def test_one_odd_answer_is_lived_through(world: World, odd: object) -> None:
    """A gateway's JSON is no more the API's word than its HTML."""
    api = an_api((60, "completed"))
    api.fault = lambda _: Answer(200, odd) if len(api.log) % MOST_FOREIGN else None
    assert world(api, wait).status == "completed"
    api = an_api((60, "completed"))
    rest = [Answer(200, odd)] * (MOST_FOREIGN - 1)
    api.fault = lambda asked: rest.pop() if rest and asked.path == "/jobs/job_0" else None
    assert all(outcome.ok for outcome in world(api, wait_many))


@in_both_ways
@in_both_worlds
def test_a_wrong_base_url_is_not_waited_on(world: World, way: Any) -> None:
    api = an_api((60, "completed"))
    api.fault = lambda _: PORTAL
    if way is wait:
        with pytest.raises(SchemaMismatchError):
            world(api, way)
    else:
        outcomes = world(api, way)
        assert {type(outcome.error) for outcome in outcomes} == {SchemaMismatchError}
    assert len(api.log) == MOST_FOREIGN
    assert api.clock.now < 1060


@in_both_ways
@in_both_worlds
def test_answers_that_never_tell_of_the_job_are_not_waited_on(world: World, way: Any) -> None:
    """JSON without a status, time and again, won't get better by waiting."""
    api = an_api((60, "completed"))
    api.fault = lambda asked: Answer(200, {"id": "job_0"}) if asked.path != "/jobs" else None
    if way is wait:
        with pytest.raises(SchemaMismatchError, match=r"job job_0 .*sume\.jobs\.wait\('job_0'\)"):
            world(api, way)
        assert len(api.log) == MOST_FOREIGN
    else:
        outcomes = world(api, way)
        assert all(o.ok or isinstance(o.error, SchemaMismatchError) for o in outcomes)
        assert all("sume.jobs.wait('job_" in str(o.error) for o in outcomes if o.error)


def created(sume: Any, at: float) -> Any:
    """A handle as a creation at that moment leaves it."""
    return sume.jobs._engine.handle(JobState("job_0", "queued", "video_generation", made_at=at))


def missing_until(moment: float) -> Any:
    def fault(asked: Asked) -> Answer | None:
        return refusal(404, "not_found") if asked.at < moment else None

    return fault


@pytest.mark.parametrize("way", ["wait", "wait_many"])
@in_both_worlds
def test_the_grace_counts_from_the_creation_not_from_the_wait(world: World, way: str) -> None:
    """A handle waited on an hour later isn't new, whatever it was then."""

    def use(sume: Any) -> Any:
        job = created(sume, at=1000.0)
        return job.wait() if way == "wait" else sume.jobs.wait_many([job])

    api = an_api((60, "completed"))
    api.fault = missing_until(1008)
    world(api, use)
    assert "job_0" in api.shown
    api = an_api((9000, "completed"))
    api.clock.advance(3600)
    api.fault = missing_until(4603)
    if way == "wait":
        with pytest.raises(NotFoundError):
            world(api, use)
    else:
        assert isinstance(world(api, use)[0].error, NotFoundError)
    assert len(api.log) == 1


@in_both_worlds
def test_a_lagging_replica_may_forget_a_new_job_again(world: World) -> None:
    """One replica knew it, the next not yet."""
    api = an_api((60, "completed"))
    seen_once = [False, True, True]
    api.fault = lambda _: refusal(404, "no") if seen_once and seen_once.pop(0) else None
    assert world(api, lambda sume: created(sume, at=1000.0).wait()).status == "completed"


@pytest.mark.parametrize("job_type", ["video_generation", "image_generation", "face_swap"])
@pytest.mark.parametrize("takes", [0.05, 0.4, 1.1])
@in_both_ways
def test_what_is_done_at_once_is_noticed_at_once(way: Any, takes: float, job_type: str) -> None:
    """Within as long as it took, and a quarter of a second; a long job pays four looks for it."""
    api = an_api((takes, "completed"))
    for job in api.jobs.values():
        job.type = job_type
    with api.client() as sume:
        way(sume)
    assert api.clock.now - 1000 - takes <= max(0.25, takes) + (0.0 if way is wait else 1.0)
