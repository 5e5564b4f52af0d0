"""After a lost answer, every job that could be the one is found, and none is chosen.

The threat: a paid job that exists is not found, so that it is paid for twice; or somebody
else's job is taken for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sume_ext import OutcomeUnknownError, ServerError, TransportError
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


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
