"""A group of jobs is waited for as one, and one failure doesn't leave the others unknown.

The threat: the first failure raised hides that the other paid jobs completed, or still run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import JobFailedError, JobTimeoutError
from tests.models.jobs_api import Answer, Asked, ModelApi, ModelJob
from tests.models.worlds import World, in_both_worlds
from tests.support import FakeClock

if TYPE_CHECKING:
    from sume_ext import JobGroup


def a_group(*ends: tuple[float, str]) -> ModelApi:
    """An API that answers a face swap with these jobs."""
    api = ModelApi(FakeClock())
    api.add(
        *(
            ModelJob(f"job_{n}", "face_swap", 1000.0, [(0, "queued"), end])
            for n, end in enumerate(ends)
        )
    )

    def create(asked: Asked) -> Answer | None:
        if asked.path != "/face-swap":
            return None
        jobs = [{"id": job_id, "status": "queued"} for job_id in api.jobs]
        return Answer(202, {"object": "face_swap", "jobs": jobs})

    api.fault = create
    return api


def create(sume: Any) -> Any:
    return sume.face_swap.create(source_video_url="https://m.example/x.mp4", avatar_ids=["a"])


@in_both_worlds
def test_the_first_job_is_the_primary_one(world: World) -> None:
    group = world(a_group((5, "completed"), (9, "completed")), create)
    assert [job.id for job in group.jobs] == ["job_0", "job_1"]
    assert group.primary is group.jobs[0]
    assert group.primary.type == "face_swap"
    assert "job_0 job_1" in repr(group)


def test_it_is_waited_for_as_one() -> None:
    api = a_group((90, "completed"), (20, "completed"), (50, "completed"))
    events: list[str] = []
    with api.client() as sume:
        group: JobGroup = create(sume)
        assert group.wait(on_event=lambda e: events.append(e.status)) is group
        assert [result.job_id for result in group.results()] == ["job_0", "job_1", "job_2"]
    assert events.count("completed") == 3


def test_a_failure_is_raised_when_all_have_ended() -> None:
    api = a_group((90, "completed"), (20, "failed"), (50, "completed"))
    with api.client() as sume:
        group = create(sume)
        with pytest.raises(JobFailedError) as caught:
            group.wait()
        assert caught.value.job_id == "job_1"
        assert [job.status for job in group.jobs] == ["completed", "failed", "completed"]


def test_one_deadline_holds_for_all() -> None:
    api = a_group((90, "completed"), (5000, "completed"), (5000, "completed"))
    with api.client() as sume:
        group = create(sume)
        with pytest.raises(JobTimeoutError) as caught:
            group.wait(timeout=200)
        assert caught.value.job_id == "job_1"
        assert api.clock.now == pytest.approx(1200)
        assert [job.status for job in group.jobs] == ["completed", "queued", "queued"]
