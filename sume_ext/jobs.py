"""Handles on jobs: look, wait, listen, fetch the result. The id string is all a handle needs.

The two faces hold no behaviour: each method hands a flow of `waiting` or `scheduling` to the
client's runner, which decides whether the answer comes now or is awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sume_ext.errors import InvalidArgumentError
from sume_ext.secrecy.border import bordered
from sume_ext.waiting.view import JobView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.results import AsyncResult, Result
    from sume_ext.waiting.job_state import JobEvent
    from sume_ext.waiting.one import Listener
    from sume_ext.waiting.outcomes import Outcome
    from sume_ext.waiting.polling import Timeout


@bordered
class Job(JobView):
    """A handle on one job."""

    def refresh(self) -> Job:
        """Look at the job now; answers with this handle, brought up to date."""
        return self._engine.block(self._refreshed())

    def wait(self, *, timeout: Timeout = "auto", on_event: Listener | None = None) -> Job:
        """Wait until the job completed.

        Args:
            timeout: Seconds; ``"auto"`` is 600 for images and 1800 for others; None waits
                without bound; 0 looks once.
            on_event: Called with each `JobEvent`; what it raises ends the wait unchanged.

        Returns:
            This handle, brought up to date.

        Raises:
            JobFailedError: It failed; likewise `JobCanceledError`, `JobExpiredError`.
            JobTimeoutError: The time is over; the job still runs.
        """
        return self._engine.block(self._completed(timeout, on_event))

    def events(self, *, timeout: Timeout = "auto") -> Iterator[JobEvent]:
        """Each change of status as it is seen, the last one terminal.

        A job that ends without a result is told as an event, not raised.

        Args:
            timeout: As for `wait`.

        Raises:
            JobTimeoutError: The time is over; the job still runs.
        """
        return self._engine.each(self._watched(timeout))

    def result(self) -> Result:
        """The result of the completed job.

        Raises:
            ConflictError: The job isn't completed yet.
            JobError: The handle knows that it ended without a result.
        """
        found: Result = self._engine.block(self._result())
        return found


@bordered
class AsyncJob(JobView):
    """A handle on one job; as `Job`, to await."""

    async def refresh(self) -> AsyncJob:
        """As `Job.refresh`."""
        return await self._engine.soon(self._refreshed())

    async def wait(
        self, *, timeout: Timeout = "auto", on_event: Listener | None = None
    ) -> AsyncJob:
        """As `Job.wait`."""
        return await self._engine.soon(self._completed(timeout, on_event))

    def events(self, *, timeout: Timeout = "auto") -> AsyncIterator[JobEvent]:
        """As `Job.events`."""
        return self._engine.aeach(self._watched(timeout))

    async def result(self) -> AsyncResult:
        """As `Job.result`."""
        return await self._engine.soon(self._result())


def complete_all(
    engine: Engine, jobs: Sequence[JobView], timeout: Timeout, on_event: Listener | None
) -> Flow[None]:
    """Every job of a group ended; the error of the first that didn't complete is raised."""
    outcomes: dict[str, Outcome[Any]] = {}

    def keep(outcome: Outcome[Any]) -> None:
        outcomes[outcome.job.id] = outcome

    from sume_ext.waiting.many import attend  # noqa: PLC0415  (for one job nobody needs it)

    yield from attend(engine, jobs, timeout, on_event=on_event, on_outcome=keep)
    for job in jobs:
        if error := outcomes[job.id].error:
            raise error


def results_of(jobs: Sequence[JobView]) -> Flow[list[Any]]:
    """The result of every job of a group, in order."""
    found: list[Any] = []
    for job in jobs:
        result = yield from job._result()  # noqa: SLF001  (handles of one package)
        found.append(result)
    return found


def _refuse_copies(group: object) -> NoReturn:
    """What a group says to pickle and copy: it holds its client, and so a key."""
    raise InvalidArgumentError(
        f"a {type(group).__name__} belongs to its client and can't be pickled or copied.",
        hint="Keep the ids, [job.id for job in group.jobs], and use sume.jobs.handle(id).",
    )


@bordered
class JobGroup:
    """Jobs that were created together.

    Attributes:
        jobs: Their handles, in the API's order.
    """

    def __init__(self, engine: Engine, jobs: list[Job]) -> None:
        self._engine = engine
        self.jobs = tuple(jobs)

    @property
    def primary(self) -> Job:
        """The first job, which the docs' shell waits for."""
        return self.jobs[0]

    def wait(self, *, timeout: Timeout = "auto", on_event: Listener | None = None) -> JobGroup:
        """Wait until every job ended; arguments and errors as for `Job.wait`.

        The error of the first job that didn't complete is raised once all have ended; the
        others' handles tell how they did.
        """
        self._engine.block(complete_all(self._engine, self.jobs, timeout, on_event))
        return self

    def results(self) -> list[Result]:
        """The result of every job, in order."""
        return self._engine.block(results_of(self.jobs))

    def __reduce__(self) -> NoReturn:
        _refuse_copies(self)

    def __repr__(self) -> str:
        return f"<JobGroup {' '.join(job.id for job in self.jobs)}>"


@bordered
class AsyncJobGroup:
    """As `JobGroup`, to await.

    Attributes:
        jobs: Their handles, in the API's order.
    """

    def __init__(self, engine: Engine, jobs: list[AsyncJob]) -> None:
        self._engine = engine
        self.jobs = tuple(jobs)

    @property
    def primary(self) -> AsyncJob:
        """The first job, which the docs' shell waits for."""
        return self.jobs[0]

    async def wait(
        self, *, timeout: Timeout = "auto", on_event: Listener | None = None
    ) -> AsyncJobGroup:
        """As `JobGroup.wait`."""
        await self._engine.soon(complete_all(self._engine, self.jobs, timeout, on_event))
        return self

    async def results(self) -> list[AsyncResult]:
        """As `JobGroup.results`."""
        return await self._engine.soon(results_of(self.jobs))

    def __reduce__(self) -> NoReturn:
        _refuse_copies(self)

    def __repr__(self) -> str:
        return f"<AsyncJobGroup {' '.join(job.id for job in self.jobs)}>"
