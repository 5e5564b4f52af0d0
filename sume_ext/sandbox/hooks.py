"""What a test may do to jobs behind the API's back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from sume_ext.sandbox.records import Job, Workspace
    from sume_ext.sandbox.world import World


class Jobs:
    """The jobs of every workspace, to look at and to meddle with.

    Args:
        world: The state.
        lock: Held while the state is touched.
        home: The workspace of `Sandbox.api_key`.
    """

    def __init__(self, world: World, lock: threading.RLock, home: Workspace) -> None:
        self._world = world
        self._lock = lock
        self._home = home

    def __len__(self) -> int:
        return len(self._world.jobs)

    def ids(self, *, type: str | None = None, status: str | None = None) -> list[str]:  # noqa: A002  (the API's name)
        """Ids of the jobs of this type and status, oldest first."""
        with self._lock:
            self._world.jobs.settle()
            return [
                job.id
                for job in self._world.jobs
                if type in {None, job.type} and status in {None, job.status}
            ]

    def status(self, job_id: str) -> str:
        """A job's status now."""
        with self._lock:
            self._world.jobs.settle()
            return self._job(job_id).status

    def complete(self, job_id: str) -> None:
        """Complete a job at once."""
        self._end(job_id, "completed")

    def fail(
        self,
        job_id: str,
        *,
        code: str = "generation_failed",
        message: str = "The sandbox was asked to let this job fail.",
    ) -> None:
        """Let a job fail at once; its credits come back."""
        self._end(job_id, "failed", (code, message))

    def cancel(self, job_id: str) -> None:
        """Cancel a job at once; its credits come back."""
        self._end(job_id, "canceled")

    def expire(self, job_id: str) -> None:
        """Let a job expire at once; its credits come back."""
        self._end(job_id, "expired")

    def hold(self, job_id: str) -> None:
        """Let a job never end, until it is ended by hand."""
        with self._lock:
            self._job(job_id).ending = "stuck"

    def set_status(self, job_id: str, status: str) -> None:
        """Put a job under way into any status, unknown ones included; it stays there."""
        with self._lock:
            self._world.jobs.set_status(self._job(job_id), status)

    def fail_next(
        self,
        count: int = 1,
        *,
        type: str | None = None,  # noqa: A002  (the API's name)
        outcome: str = "failed",
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """Decide beforehand that jobs to come will fail, in their own time.

        Args:
            count: How many.
            type: Only jobs of this type.
            outcome: ``failed``, ``canceled``, ``expired``, or ``stuck`` for never ending.
            code: The error code.
            message: The error message.
        """
        error = (code or "generation_failed", message or "As asked.") if code or message else None
        with self._lock:
            self._world.jobs.end_next(type, outcome, error, count)

    def seed(
        self,
        count: int,
        *,
        type: str = "video_generation",  # noqa: A002  (the API's name)
        status: str = "completed",
        workspace: str | None = None,
    ) -> list[str]:
        """Add jobs that took neither time nor credits.

        Args:
            count: How many.
            type: Their type.
            status: Their status; they stay in it.
            workspace: Their workspace by name; the first one by default.

        Returns:
            Their ids.
        """
        with self._lock:
            home = self._home if workspace is None else self._world.workspace(workspace)
            return self._world.jobs.seed_jobs(home, count, type, status)

    def _end(self, job_id: str, status: str, error: tuple[str, str] | None = None) -> None:
        with self._lock:
            # Not settled first: an end that no request has seen yet may still be decided.
            self._world.jobs.end(self._job(job_id), status, self._world.clock.now(), error)

    def _job(self, job_id: str) -> Job:
        job = self._world.jobs.get(job_id)
        if job is None:
            raise KeyError(f"the sandbox has no job {job_id!r}")
        return job
