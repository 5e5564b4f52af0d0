"""Handles on jobs: look, wait, listen, fetch the result. The id string is all a handle needs.

Waiting never cancels or repeats a job: when it ends early, the job goes on, and the error
says how to resume.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from attrs import field, frozen

from sume_ext import roles
from sume_ext.calls import Call, Reply, perform
from sume_ext.errors import (
    APIError,
    InvalidArgumentError,
    JobCanceledError,
    JobError,
    JobExpiredError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
)
from sume_ext.flow import NOW, Emit, Flow, Sleep
from sume_ext.polling import (
    CANCELED,
    EXPIRED,
    FAILED,
    PENDING,
    TERMINAL,
    Timeout,
    schedule_for,
    seconds_for,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from sume_ext.engine import Engine
    from sume_ext.results import AsyncResult, Result

_NEW_JOB_GRACE = 10.0
_PASSING = (TransportError, ServerError, RateLimitError)


@frozen
class JobState:
    """What is known of a job; its repr shows no payload.

    Attributes:
        id: The job's id.
        status: As the API says it; ``unknown`` for a handle made from an id alone.
        type: As in ``video_generation``, or None when not known.
        error_code: The API's sanitized error code, or None.
        error_message: Its message, or None.
        data: The generated model, or None.
        request_id: The API's id of the request that told this.
        fresh: True for a job this process has just created.
    """

    id: str
    status: str = "unknown"
    type: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    data: Any = field(default=None, repr=False)
    raw: Any = field(default=None, repr=False)
    request_id: str | None = None
    fresh: bool = False

    @classmethod
    def read(cls, model: Any, raw: Any, request_id: str | None) -> JobState:
        """From the answer of a read."""
        return cls(
            id=str(roles.JOB_ID.require(raw, "jobs.get")),
            status=str(roles.JOB_STATUS.require(raw, "jobs.get")),
            type=roles.JOB_TYPE.find(raw),
            error_code=roles.JOB_ERROR_CODE.find(raw),
            error_message=roles.JOB_ERROR_MESSAGE.find(raw),
            data=model,
            raw=raw,
            request_id=request_id,
        )

    @classmethod
    def created(cls, call: Call, reply: Reply[Any]) -> JobState:
        """From the answer to a creation."""
        job_id = str(roles.JOB_ID.require(reply.raw, call.name))
        return cls._new(call, reply, job_id)

    @classmethod
    def created_all(cls, call: Call, reply: Reply[Any]) -> list[JobState]:
        """From the answer to a creation of one or more jobs."""
        roles.JOB_IDS.require(reply.raw, call.name)
        return [cls._new(call, reply, str(i)) for i in roles.JOB_IDS.find_all(reply.raw)]

    @classmethod
    def _new(cls, call: Call, reply: Reply[Any], job_id: str) -> JobState:
        return cls(
            id=job_id,
            status=str(roles.CREATED_STATUS.find(reply.raw) or "queued"),
            type=call.job_type,
            data=reply.parsed,
            raw=reply.raw,
            request_id=reply.request_id,
            fresh=True,
        )

    @property
    def terminal(self) -> bool:
        """Whether the status can't change any more."""
        return self.status in TERMINAL

    def finished(self) -> JobState:
        """Itself, if it completed.

        Raises:
            JobFailedError: It failed.
            JobCanceledError: It was canceled.
            JobExpiredError: It expired.
        """
        kinds: dict[str, type[JobError]] = {
            FAILED: JobFailedError,
            CANCELED: JobCanceledError,
            EXPIRED: JobExpiredError,
        }
        if kind := kinds.get(self.status):
            raise kind(
                self.error_message or "the API gave no reason.",
                job_id=self.id,
                status=self.status,
                code=self.error_code,
                request_id=self.request_id,
            )
        return self


@frozen
class JobEvent:
    """A change that was seen while waiting.

    Attributes:
        job_id: The job's id.
        type: The job's type, or None when not known.
        status: Its status now.
        elapsed: Seconds since the wait began.
        terminal: True for the last event.
    """

    job_id: str
    type: str | None
    status: str
    elapsed: float
    terminal: bool


def look(engine: Engine, job_id: str, within: float | None = None) -> Flow[JobState]:
    """The job as it is now."""
    call = engine.lookup("jobs.get")
    reply = yield from perform(engine.settings, call, call.arguments(job_id), within=within)
    return JobState.read(reply.parsed, reply.raw, reply.request_id)


Listener = Callable[[JobEvent], object]


def watch(
    engine: Engine, state: JobState, timeout: Timeout, on_event: Listener | None = None
) -> Flow[JobState]:
    """The job once it is terminal; emits a `JobEvent` for each change of status.

    Errors that pass are lived through; a 404 is, for a moment, when the job is new (a replica
    may not have it yet).

    Raises:
        JobTimeoutError: The time is over; the job still runs.
    """
    started = yield NOW
    limit = seconds_for(timeout, state.type)
    if limit is not None and not limit >= 0:
        raise InvalidArgumentError(f"timeout is {limit!r}.", hint="Give seconds, or None.")
    deadline = None if limit is None else started + limit
    seen: str | None = None
    trouble: Exception | None = None
    while True:
        now = yield NOW
        try:
            left = None if deadline is None else max(deadline - now, 0.001)
            state = yield from look(engine, state.id, left)
            trouble = None
        except _PASSING as error:
            trouble = error
        except NotFoundError as error:
            if not state.fresh or now - started > _NEW_JOB_GRACE:
                raise
            trouble = error
        now = yield NOW
        if trouble is None and state.status != seen:
            seen = state.status
            _warn_of_unknown(state)
            event = JobEvent(state.id, state.type, seen, now - started, state.terminal)
            yield Emit(event, on_event)
        if trouble is None and state.terminal:
            return state
        asked = trouble.retry_after if isinstance(trouble, APIError) else None
        pause = max(
            schedule_for(state.type).pause(now - started, engine.settings.rng), asked or 0.0
        )
        if deadline is not None:
            if now >= deadline:
                raise JobTimeoutError(
                    f"not finished after {now - started:.0f} s"
                    + (f" (last look: {type(trouble).__name__})." if trouble else "."),
                    job_id=state.id,
                    status=state.status,
                    elapsed=now - started,
                    request_id=state.request_id,
                )
            pause = min(pause, deadline - now)
        yield Sleep(pause)


def _warn_of_unknown(state: JobState) -> None:
    if not state.terminal and state.status not in PENDING:
        warnings.warn(
            f"job status {state.status!r} is newer than this package; "
            "it is taken as still running.",
            stacklevel=2,
        )


def complete(
    engine: Engine, state: JobState, timeout: Timeout, on_event: Listener | None = None
) -> Flow[JobState]:
    """As `watch`, but a job that didn't complete is raised as its own error."""
    return (yield from watch(engine, state, timeout, on_event)).finished()


def wait(
    engine: Engine,
    job_id: str,
    *,
    timeout: Timeout = "auto",
    on_event: Listener | None = None,
) -> Flow[Any]:
    """Wait until a job completed, knowing nothing but its id; answers with its handle.

    Args:
        engine: The client's.
        job_id: The job's id.
        timeout: Seconds; ``"auto"`` is 600 for images and 1800 for others; None waits
            without bound.
        on_event: Called with each `JobEvent`; what it raises ends the wait unchanged.

    Raises:
        JobFailedError: It failed; likewise `JobCanceledError`, `JobExpiredError`.
        JobTimeoutError: The time is over; the job still runs.
    """
    state = yield from look(engine, job_id)
    return engine.handle((yield from complete(engine, state, timeout, on_event)))


def result_of(engine: Engine, job_id: str) -> Flow[Any]:
    """The result of a completed job, as the client's face for it."""
    call = engine.lookup("jobs.result")
    return engine.result((yield from perform(engine.settings, call, call.arguments(job_id))))


class _JobView:
    """What a handle shows, in both worlds."""

    def __init__(self, engine: Engine, state: JobState) -> None:
        self._engine = engine
        self._state = state

    @property
    def id(self) -> str:
        """The job's id: all that is needed to come back to it, from anywhere."""
        return self._state.id

    @property
    def status(self) -> str:
        """The status when last looked at, in the API's words."""
        return self._state.status

    @property
    def type(self) -> str | None:
        """The type, as in ``video_generation``, or None when not known yet."""
        return self._state.type

    @property
    def terminal(self) -> bool:
        """Whether the status can't change any more."""
        return self._state.terminal

    @property
    def error(self) -> JobError | None:
        """Why it didn't complete, or None."""
        try:
            self._state.finished()
        except JobError as error:
            return error
        return None

    @property
    def data(self) -> Any:
        """The generated model of the last answer about it, or None."""
        return self._state.data

    @property
    def request_id(self) -> str | None:
        """The API's id of the request that last told about it, for support."""
        return self._state.request_id

    def _keep(self, flow: Flow[JobState]) -> Flow[Self]:
        """Perform a flow and remember what it learned; answers with the handle."""
        self._state = yield from flow
        return self

    def __repr__(self) -> str:
        kind = f" {self.type}" if self.type else ""
        return f"<{type(self).__name__} {self.id}{kind} {self.status}>"


class Job(_JobView):
    """A handle on one job."""

    def refresh(self) -> Job:
        """Look at the job now; answers with this handle, brought up to date."""
        return self._engine.block(self._keep(look(self._engine, self.id)))

    def wait(self, *, timeout: Timeout = "auto", on_event: Listener | None = None) -> Job:
        """Wait until the job completed.

        Args:
            timeout: Seconds; ``"auto"`` is 600 for images and 1800 for others; None waits
                without bound.
            on_event: Called with each `JobEvent`; what it raises ends the wait unchanged.

        Returns:
            This handle, brought up to date.

        Raises:
            JobFailedError: It failed; likewise `JobCanceledError`, `JobExpiredError`.
            JobTimeoutError: The time is over; the job still runs.
        """
        return self._engine.block(
            self._keep(complete(self._engine, self._state, timeout, on_event))
        )

    def events(self, *, timeout: Timeout = "auto") -> Iterator[JobEvent]:
        """Each change of status as it is seen, the last one terminal."""
        return self._engine.each(self._keep(watch(self._engine, self._state, timeout)))

    def result(self) -> Result:
        """The result of the completed job.

        Raises:
            ConflictError: The job isn't completed.
        """
        found: Result = self._engine.block(result_of(self._engine, self.id))
        return found


class AsyncJob(_JobView):
    """A handle on one job; as `Job`, to await."""

    async def refresh(self) -> AsyncJob:
        """As `Job.refresh`."""
        return await self._engine.soon(self._keep(look(self._engine, self.id)))

    async def wait(
        self, *, timeout: Timeout = "auto", on_event: Listener | None = None
    ) -> AsyncJob:
        """As `Job.wait`."""
        return await self._engine.soon(
            self._keep(complete(self._engine, self._state, timeout, on_event))
        )

    def events(self, *, timeout: Timeout = "auto") -> AsyncIterator[JobEvent]:
        """As `Job.events`."""
        return self._engine.aeach(self._keep(watch(self._engine, self._state, timeout)))

    async def result(self) -> AsyncResult:
        """As `Job.result`."""
        return await self._engine.soon(result_of(self._engine, self.id))


def complete_all(
    engine: Engine, jobs: Sequence[_JobView], timeout: Timeout, on_event: Listener | None
) -> Flow[None]:
    """Every job of a group completed, one after the other under one deadline."""
    started = yield NOW
    for job in jobs:
        limit = seconds_for(timeout, job.type)
        left = None if limit is None else max(0.0, limit - ((yield NOW) - started))
        yield from job._keep(complete(engine, job._state, left, on_event))  # noqa: SLF001


def results_of(engine: Engine, jobs: Sequence[_JobView]) -> Flow[list[Any]]:
    """The result of every job of a group, in order."""
    found: list[Any] = []
    for job in jobs:
        result = yield from result_of(engine, job.id)
        found.append(result)
    return found


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
        """Wait until every job completed; arguments and errors as for `Job.wait`."""
        self._engine.block(complete_all(self._engine, self.jobs, timeout, on_event))
        return self

    def results(self) -> list[Result]:
        """The result of every job, in order."""
        return self._engine.block(results_of(self._engine, self.jobs))

    def __repr__(self) -> str:
        return f"<JobGroup {' '.join(job.id for job in self.jobs)}>"


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
        return await self._engine.soon(results_of(self._engine, self.jobs))

    def __repr__(self) -> str:
        return f"<AsyncJobGroup {' '.join(job.id for job in self.jobs)}>"
