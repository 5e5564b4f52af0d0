"""After a lost answer, every job that could be the one is found, and none is chosen.

The threat: a paid job that exists is not found, so that it is paid for twice; or somebody
else's job is taken for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sume_ext import (
    OutcomeUnknownError,
    PaginationError,
    ServerError,
    SumeError,
    TransportError,
)
from tests.models.jobs_api import LOST, Answer, Asked, ModelApi, ModelJob, refusal
from tests.models.worlds import World, in_both_worlds
from tests.support import FakeClock

PATHS = {"/videos/generations": "video_generation"}


def an_api(arrives: bool, skew: float = 0.0) -> ModelApi:
    """An API that creates the job or doesn't, and loses the answer either way."""
    api = ModelApi(FakeClock(), latency=1.0)
    api.skew = skew
    now = api.clock.now
    api.add(
        *(ModelJob(f"old_{n}", born=now - 3000 + n) for n in range(150)),
        ModelJob("image", "image_generation", now),
        ModelJob("future_type", "moving_pictures", now),
    )

    def fault(asked: Asked) -> Any:
        if asked.path not in PATHS:
            return None
        if arrives:
            api.add(ModelJob("job_1", PATHS[asked.path], api.clock.now))
        return LOST

    api.fault = fault
    return api


def lose(api: ModelApi) -> OutcomeUnknownError:
    with api.client() as sume, pytest.raises(OutcomeUnknownError) as caught:
        sume.videos.generate(prompt="x")
    return caught.value


@pytest.mark.parametrize("skew", [0.0, -5000.0, 5000.0])
@in_both_worlds
def test_the_job_is_found_by_when_it_was_made(world: World, skew: float) -> None:
    """By the server's clock, also when ours is wrong; a type we don't know may be it."""
    api = an_api(arrives=True, skew=skew)
    error = lose(api)
    api.clock.advance(1800)
    api.add(ModelJob("later", born=api.clock.now - 60))
    found = world(api, lambda sume: sume.jobs.find_recent(error))
    assert [job.id for job in found] == ["job_1", "future_type"]
    assert found[0].type == "video_generation"
    assert len(api.log) <= 4


@in_both_worlds
def test_what_was_never_made_is_not_found(world: World) -> None:
    api = an_api(arrives=False)
    del api.jobs["future_type"]
    error = lose(api)
    assert world(api, lambda sume: sume.jobs.find_recent(error)) == []


@in_both_worlds
def test_ids_that_came_with_the_error_need_no_search(world: World) -> None:
    api = an_api(arrives=True)
    error = OutcomeUnknownError("lost.", job_ids=("job_7", "job_8"))
    found = world(api, lambda sume: sume.jobs.find_recent(error))
    assert [job.id for job in found] == ["job_7", "job_8"]
    assert api.log == []


@in_both_worlds
def test_a_search_that_fails_says_so(world: World) -> None:
    """An empty answer would read as leave to pay again."""
    api = an_api(arrives=True)
    error = lose(api)
    api.fault = lambda _: refusal(503, "down")
    with pytest.raises((ServerError, TransportError)):
        world(api, lambda sume: sume.jobs.find_recent(error))


def test_times_are_compared_not_guessed() -> None:
    """A job without a time of creation may be the one."""
    api = an_api(arrives=False)
    error = lose(api)
    body = {
        "object": "list",
        "data": [
            {"id": "timeless", "status": "queued", "type": "video_generation"},
            {"id": "naive", "status": "queued", "created_at": iso(api.clock.wall)[:-6]},
            {"id": "old", "status": "queued", "created_at": "2020-01-01T00:00:00Z"},
            {"id": "odd", "status": "queued", "created_at": "yesterday"},
        ],
        "has_more": False,
        "next_cursor": None,
    }
    api.fault = lambda _: Answer(200, body)
    with api.client() as sume:
        assert [job.id for job in sume.jobs.find_recent(error)] == ["timeless", "naive", "odd"]


@in_both_worlds
@pytest.mark.parametrize("order", ["oldest first", "none"])
def test_no_order_of_the_list_hides_the_job(world: World, order: str) -> None:
    """Nobody has promised newest first: the job is behind a page of old ones."""
    api = an_api(arrives=True)
    error = lose(api)
    born = [api.clock.wall - 3000 + n for n in range(250)]
    jobs = [job(f"old_{n}", moment) for n, moment in enumerate(born)]
    if order == "none":
        jobs[:100] = jobs[99::-1]
        jobs[50], jobs[10] = jobs[10], jobs[50]
    jobs.insert(180, job("job_1", error.sent_after))
    jobs.append(job("later", api.clock.wall + 9000))
    api.fault = lambda asked: paged(jobs, asked)
    found = world(api, lambda sume: sume.jobs.find_recent(error))
    assert [one.id for one in found] == ["job_1"]


@in_both_worlds
def test_a_list_too_long_to_read_is_no_leave_to_pay_again(world: World) -> None:
    api = an_api(arrives=True)
    error = lose(api)
    jobs = [job(f"old_{n}", api.clock.wall - 9000 + n) for n in range(2500)]
    jobs.insert(5, job("job_1", error.sent_after))
    api.fault = lambda asked: paged(jobs, asked)
    with pytest.raises(PaginationError) as caught:
        world(api, lambda sume: sume.jobs.find_recent(error))
    assert caught.value.job_ids == ("job_1",)


ODD_JOBS: list[dict[str, Any]] = [
    {"id": "odd_1", "object": "job", "type": "face_swap"},
    {"object": "job", "type": "face_swap", "status": None},
    {"id": "odd_3", "object": "job", "status": "queued", "created_at": "2020-01-01T00:00:00Z"},
]


@in_both_worlds
@pytest.mark.parametrize("odd", ODD_JOBS, ids=["no status", "no id", "too old"])
def test_an_odd_job_that_is_another_ends_no_search(world: World, odd: dict[str, Any]) -> None:
    api = an_api(arrives=True)
    error = lose(api)
    jobs = [odd, job("job_1", error.sent_after), odd]
    api.fault = lambda asked: paged(jobs, asked)
    assert [one.id for one in world(api, lambda sume: sume.jobs.find_recent(error))] == ["job_1"]


@in_both_worlds
def test_an_odd_job_that_may_be_it_is_found_or_told_of(world: World) -> None:
    """Without a status it was paid for all the same; without an id nobody can hand it out."""
    api = an_api(arrives=True)
    error = lose(api)
    mine = job("job_1", error.sent_after)
    jobs = [{**mine, "status": None}]
    api.fault = lambda asked: paged(jobs, asked)
    (found,) = world(api, lambda sume: sume.jobs.find_recent(error))
    assert (found.id, found.type, found.status) == ("job_1", "video_generation", "unknown")
    jobs.append({**mine, "id": None})
    with pytest.raises(PaginationError, match="no id of it") as caught:
        world(api, lambda sume: sume.jobs.find_recent(error))
    assert caught.value.job_ids == ("job_1",)


@in_both_worlds
@pytest.mark.parametrize("how", ["refused", "no cursor", "no list"])
def test_what_was_found_before_the_list_failed_is_told(world: World, how: str) -> None:
    api = an_api(arrives=True)
    error = lose(api)
    jobs = [job("job_1", error.sent_after), *(job(f"x{n}", 0.0) for n in range(150))]
    jobs[1] = job("later", api.clock.wall + 9000)

    def fault(asked: Asked) -> Any:
        page = paged(jobs, asked)
        if how == "no cursor":
            return Answer(200, {"object": "list", "data": jobs[:100], "has_more": True})
        if "cursor" not in asked.query:
            return page
        return refusal(500, "down") if how == "refused" else Answer(200, {"data": 5})

    api.fault = fault
    with pytest.raises(SumeError) as caught:
        world(api, lambda sume: sume.jobs.find_recent(error))
    assert caught.value.job_ids == ("job_1",)
    assert "job_1" in caught.value.hint
    assert "before you submit again" in caught.value.hint


@pytest.mark.parametrize("odd", [1_800_000_000, 1.5, True, [], {}, "", "\x00", 10**400])
def test_an_odd_time_hides_no_job(odd: object) -> None:
    api = an_api(arrives=False)
    error = lose(api)
    one = {**job("job_1", 0.0), "created_at": odd}
    api.fault = lambda asked: paged([one], asked)
    with api.client() as sume:
        assert [job.id for job in sume.jobs.find_recent(error)] == ["job_1"]


def job(job_id: str, born: float) -> dict[str, Any]:
    return {
        "object": "job", "id": job_id, "type": "video_generation", "status": "queued",
        "created_at": iso(born),
    }  # fmt: skip


def paged(jobs: list[dict[str, Any]], asked: Asked) -> Answer:
    """A page of them, a hundred at most."""
    start = int(asked.query.get("cursor", "0"))
    end = start + 100
    more = end < len(jobs)
    body = {"object": "list", "data": jobs[start:end], "has_more": more}
    return Answer(200, {**body, "next_cursor": str(end) if more else None})


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
