"""The course of jobs: submitted, under way, ended, each at its time; credits follow.

A job changes when somebody looks, at the time the change was due, so a thousand jobs cost nothing
while nobody does. Credits are reserved on submission, spent on completion, else returned.
"""

from __future__ import annotations

import heapq
from collections import deque
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from sume_ext.sandbox.files import image_for, video_for
from sume_ext.sandbox.library import FOUND
from sume_ext.sandbox.problems import Problem
from sume_ext.sandbox.records import ACTIVE, PAID_JOBS, TERMINAL, Job
from sume_ext.sandbox.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sume_ext.sandbox.clock import Clock
    from sume_ext.sandbox.markers import Markers
    from sume_ext.sandbox.records import Limits, Settings, Upload, Workspace
    from sume_ext.sandbox.scenes import Scenes

DURATIONS: Final[dict[str, float]] = {
    "image_generation": 2.0,
    "video_generation": 5.0,
    "ads_video": 6.0,
    "face_swap": 6.0,
    "reference_analysis": 3.0,
    "asset_ingest": 3.0,
}
"""How long a job takes, in seconds of sandbox time."""
COURSE: Final = ((0.15, "running"), (0.5, "processing"))
"""When a job's status changes, as a share of its duration."""
ERRORS: Final = {
    "failed": ("generation_failed", "The sandbox was asked to let this job fail."),
    "canceled": ("canceled", "The sandbox was asked to cancel this job."),
    "expired": ("expired", "The sandbox was asked to let this job expire."),
}


class Course:
    """All jobs of a sandbox.

    Args:
        clock: Tells the time.
        markers: Makes ids.
        settings: How long jobs take.
        limits: How many are kept.
        scenes: Where what they find goes.
    """

    def __init__(
        self, clock: Clock, markers: Markers, settings: Settings, limits: Limits, scenes: Scenes
    ) -> None:
        self._clock = clock
        self._markers = markers
        self._durations = {**DURATIONS, **(settings.durations or {})}
        self._limit = limits.jobs
        self._scenes = scenes
        self._jobs: dict[str, Job] = {}
        self._shelves: dict[str, Shelf] = {}
        self._due: list[tuple[float, int, str, str]] = []
        self._ended: deque[str] = deque()
        self._next_ending: deque[tuple[str | None, str, tuple[str, str] | None]] = deque()

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def get(self, identifier: str) -> Job | None:
        """The job of this id."""
        return self._jobs.get(identifier)

    def shelf(self, workspace: Workspace) -> Shelf:
        """The jobs of a workspace."""
        return self._shelves.setdefault(workspace.id, Shelf())

    def submit(
        self,
        workspace: Workspace,
        kind: str,
        *,
        cost: float = 0,
        outputs: tuple[str, ...] = (),
        source: Upload | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> Job:
        """Create a job, reserve its credits and set its course."""
        self._make_room()
        self._tidy()
        now = self._clock.now()
        job = Job(
            id=self._markers.identifier("job"),
            number=self._markers.number(),
            type=kind,
            workspace=workspace,
            created_at=now,
            updated_at=now,
            duration=self._durations[kind],
            cost=cost,
            outputs=outputs,
            source=source,
            request=dict(request or {}),
        )
        job.ending, job.error = self._ending(kind)
        workspace.credits -= cost
        workspace.active += kind in PAID_JOBS
        self._jobs[job.id] = job
        self.shelf(workspace).add(job)
        if job.ending != "stuck":
            for share, status in (*COURSE, (1.0, job.ending)):
                self._plan(job, now + share * job.duration, status)
        return job

    def afford(self, workspace: Workspace, cost: float, jobs: int = 1) -> None:
        """Refuse jobs that the workspace hasn't the credits or the capacity for."""
        limit = workspace.active_limit
        if limit is not None and workspace.active + jobs > limit:
            wait = max(1, ceil(self._next_ended_in(workspace) / self._clock.speed))
            raise Problem(
                429,
                "active_job_limit_exceeded",
                f"At most {limit} jobs of this workspace may be active at once.",
                {"active": workspace.active, "limit": limit},
                {"Retry-After": str(wait)},
            )
        if workspace.credits < cost:
            raise Problem(
                402,
                "insufficient_credits",
                "Not enough credits for this request.",
                {"required_credits": cost, "remaining_credits": workspace.credits},
            )

    def end_next(
        self, kind: str | None, ending: str, error: tuple[str, str] | None, count: int
    ) -> None:
        """Decide beforehand how the next jobs (of a type) end."""
        self._next_ending.extend([(kind, ending, error)] * count)

    def settle(self) -> float:
        """Let everything happen that was due, each at its time; gives the time back."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            due, _, identifier, status = heapq.heappop(self._due)
            job = self._jobs.get(identifier)
            if job is not None and job.status in ACTIVE:
                if status in TERMINAL and status == job.ending:
                    self.end(job, status, due)
                elif status not in TERMINAL:
                    self._move(job, status, due)
        return now

    def end(self, job: Job, status: str, at: float, error: tuple[str, str] | None = None) -> None:
        """End a job: spend or return its credits, and make what it made. Again changes nothing."""
        if job.status == status in TERMINAL:
            return
        _check_running(job)
        self._move(job, status, at)
        job.completed_at = at
        job.workspace.active -= job.type in PAID_JOBS
        self._ended.append(job.id)
        if status != "completed":
            planned = job.error if status == job.ending else None
            job.error = error or planned or ERRORS[status]
            job.workspace.credits += job.cost
            job.cost = 0
            return
        job.error = None
        job.workspace.spent += job.cost
        if job.type == "asset_ingest":
            job.asset_ids = [self._scenes.found(job, n, at).id for n in range(len(FOUND))]
        elif job.type in {"video_generation", "ads_video"}:
            job.asset_ids = [self._scenes.generated(job, at).id]

    def set_status(self, job: Job, status: str) -> None:
        """Put a job into any status, one that nobody knows included; it stays there."""
        _check_running(job)
        job.ending = "stuck"
        self._move(job, status, self._clock.now())

    def seed_jobs(self, workspace: Workspace, count: int, kind: str, status: str) -> list[str]:
        """Put jobs on the shelf that never took time nor credits."""
        now = self._clock.now()
        shelf = self.shelf(workspace)
        made: list[str] = []
        for _ in range(count):
            self._make_room()
            ended = status in TERMINAL
            job = Job(
                id=self._markers.identifier("job"),
                number=self._markers.number(),
                type=kind,
                workspace=workspace,
                created_at=now,
                updated_at=now,
                completed_at=now if ended else None,
                duration=DURATIONS.get(kind, 1.0),
                cost=0,
                status=status,
                ending=status if ended else "stuck",
                error=ERRORS.get(status),
                outputs=("video-9x16.mp4",) if status == "completed" else (),
            )
            self._jobs[job.id] = job
            shelf.add(job)
            if ended:
                self._ended.append(job.id)
            else:
                workspace.active += kind in PAID_JOBS
            made.append(job.id)
        return made

    def _ending(self, kind: str) -> tuple[str, tuple[str, str] | None]:
        for planned in self._next_ending:
            wanted, ending, error = planned
            if wanted in {None, kind}:
                self._next_ending.remove(planned)
                return ending, error or ERRORS.get(ending)
        return "completed", None

    def _plan(self, job: Job, at: float, status: str) -> None:
        heapq.heappush(self._due, (at, self._markers.number(), job.id, status))

    def _move(self, job: Job, status: str, at: float) -> None:
        self.shelf(job.workspace).move(job, status)
        job.updated_at = at

    def _next_ended_in(self, workspace: Workspace) -> float:
        now = self._clock.now()
        for due, _, identifier, status in sorted(self._due):
            job = self._jobs.get(identifier)
            if job is not None and job.workspace is workspace and status == job.ending:
                return due - now
        return 60.0

    def _tidy(self) -> None:
        """Forget what was due of jobs that ended early; it matters where time stands still."""
        if len(self._due) > 4 * len(self._jobs) + 100:
            self._due = [one for one in self._due if self._is_active(one[2])]
            heapq.heapify(self._due)

    def _is_active(self, identifier: str) -> bool:
        job = self._jobs.get(identifier)
        return job is not None and job.status in ACTIVE

    def _make_room(self) -> None:
        while len(self._jobs) >= self._limit:
            if not self._ended:
                raise Problem(503, "sandbox_full", "The sandbox holds no more active jobs.")
            job = self._jobs.pop(self._ended.popleft())
            self.shelf(job.workspace).remove(job)


def _check_running(job: Job) -> None:
    if job.status in TERMINAL:
        raise ValueError(
            f"{job.id} has already ended: {job.status}; say how the next one ends with "
            "fail_next(), or stop time with clock='manual'"
        )


def outputs_of(kind: str, request: Mapping[str, Any], most: int) -> tuple[str, ...]:
    """The packaged files that a job of this type and request makes, at most so many."""
    if kind in {"reference_analysis", "asset_ingest"}:
        return ()
    if kind == "image_generation":
        count = min(int(request.get("image_count", 1)), most)
        return (image_for(request.get("aspect_ratio")),) * count
    return (video_for(request.get("aspect_ratio")),)
