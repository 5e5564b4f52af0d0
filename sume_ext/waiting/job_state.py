"""What is known of a job, read from whatever answer told it, in plain values.

Nothing here asks for anything: a state is as old as the answer it came from.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from sume_ext import roles
from sume_ext.calling.retries import retry_after
from sume_ext.errors import (
    JobCanceledError,
    JobError,
    JobExpiredError,
    JobFailedError,
    SchemaMismatchError,
)
from sume_ext.waiting.notices import tell_once
from sume_ext.waiting.polling import CANCELED, EXPIRED, FAILED, PENDING, TERMINAL
from sume_ext.waiting.wording import shown_repr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sume_ext.calling.calls import Call, Reply


class NeverSeen(str):
    """The status of a job nobody has looked at; no status of the API's, whatever that is."""

    __slots__ = ()


NEVER_SEEN = NeverSeen("unknown")
_FAILURES: dict[str, type[JobError]] = {
    FAILED: JobFailedError,
    CANCELED: JobCanceledError,
    EXPIRED: JobExpiredError,
}


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
        raw: The JSON it was made from, or None.
        request_id: The API's id of the request that told this.
        made_at: Monotonic moment at which this process learnt that it had created the job, or None.
    """

    id: str
    status: str = field(default=NEVER_SEEN, repr=shown_repr)
    type: str | None = field(default=None, repr=shown_repr)
    error_code: str | None = field(default=None, repr=shown_repr)
    error_message: str | None = field(default=None, repr=False)
    data: Any = field(default=None, repr=False)
    raw: Any = field(default=None, repr=False)
    request_id: str | None = field(default=None, repr=False)
    made_at: float | None = None

    @classmethod
    def read(
        cls, model: Any, raw: Any, request_id: str | None, *, job_id: str | None = None
    ) -> JobState:
        """From the answer of a read.

        Args:
            model: The generated model, or None.
            raw: The job's JSON.
            request_id: The API's id of the request.
            job_id: The job's id where the answer need not say it.

        Raises:
            SchemaMismatchError: It has no id or no status.
        """
        return cls(
            id=job_id or str(roles.JOB_ID.require(raw, "jobs.get")),
            status=str(roles.JOB_STATUS.require(raw, "jobs.get")),
            type=_text(roles.JOB_TYPE.find(raw)),
            error_code=_text(roles.JOB_ERROR_CODE.find(raw)),
            error_message=_text(roles.JOB_ERROR_MESSAGE.find(raw)),
            data=model,
            raw=raw,
            request_id=request_id,
        )

    @classmethod
    def created(cls, call: Call, reply: Reply[Any], now: float) -> JobState:
        """From the answer to a creation of one job, which came at this monotonic moment.

        Raises:
            SchemaMismatchError: It names several; which of them was paid for, nobody can tell.
        """
        job_id, *others = reply.job_ids
        if others:
            raise SchemaMismatchError(
                "the answer names several jobs where one was asked for.",
                operation=call.name,
                request_id=reply.request_id,
                job_ids=reply.job_ids,
            )
        return cls._new(call, reply, now, job_id)

    @classmethod
    def created_all(cls, call: Call, reply: Reply[Any], now: float) -> list[JobState]:
        """From the answer to a creation of one or more jobs."""
        return [cls._new(call, reply, now, job_id) for job_id in reply.job_ids]

    @classmethod
    def _new(cls, call: Call, reply: Reply[Any], now: float, job_id: str) -> JobState:
        return cls(
            id=job_id,
            status=str(roles.CREATED_STATUS.find(reply.raw) or "queued"),
            type=call.job_type,
            data=reply.parsed,
            raw=reply.raw,
            request_id=reply.request_id,
            made_at=now,
        )

    def after(self, seen: JobState) -> JobState:
        """What is known once it was seen again: an answer may leave out what doesn't change."""
        return evolve(seen, type=seen.type or self.type, made_at=self.made_at)

    @property
    def terminal(self) -> bool:
        """Whether the status can't change any more."""
        return self.status in TERMINAL

    @property
    def foreign(self) -> bool:
        """Whether the API gave a status that this package doesn't know."""
        known = self.status in TERMINAL or self.status in PENDING
        return not known and not isinstance(self.status, NeverSeen)

    @property
    def failure(self) -> JobError | None:
        """Why it ended without a result, or None."""
        if kind := _FAILURES.get(self.status):
            from sume_ext.secrecy.redaction import redact_foreign  # noqa: PLC0415  (failures are rare)

            return kind(
                redact_foreign(self.error_message) or "the API gave no reason.",
                job_id=self.id,
                status=self.status,
                code=redact_foreign(self.error_code),
                request_id=self.request_id,
            )
        return None

    def finished(self) -> JobState:
        """Itself, if it didn't fail.

        Raises:
            JobFailedError: It failed.
            JobCanceledError: It was canceled.
            JobExpiredError: It expired.
        """
        if failure := self.failure:
            raise failure
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
    type: str | None = field(repr=shown_repr)
    status: str = field(repr=shown_repr)
    elapsed: float
    terminal: bool


@frozen
class Sighting:
    """A job as one answer showed it, and what the answer says of time.

    Attributes:
        state: The job.
        age: Seconds since its creation by the server's own clock, or None when it doesn't say.
    """

    state: JobState
    age: float | None


def sighting(model: Any, raw: Any, reply: Reply[Any], *, asked: str | None = None) -> Sighting:
    """A job in an answer: the whole of it, or one item of a list.

    Args:
        model: The generated model, or None.
        raw: The job's JSON.
        reply: The answer it came with.
        asked: The id that was asked for, if one was.

    Raises:
        SchemaMismatchError: It has no id or no status, or it is another job.
    """
    state = JobState.read(model, raw, reply.request_id)
    if asked is not None and state.id != asked:
        raise SchemaMismatchError(
            f"asked for job {asked}, the API told of another.",
            place="id",
            operation="jobs.get",
            request_id=reply.request_id,
        )
    if state.foreign:
        tell_once(
            f"job status {shown_repr(state.status)} is newer than this package; "
            "it is taken as still running."
        )
    return Sighting(state, _age(raw, reply.headers))


def hint(reply: Reply[Any], wall_clock: float | None = None) -> float | None:
    """Seconds the server asks to wait before the next look, on whatever answer; or None.

    Args:
        reply: The answer.
        wall_clock: Our time of day, for a moment that the server names without telling its own.
    """
    there = server_time(reply.headers)
    now = wall_clock if there is None else there
    # A moment means nothing where nobody knows what time it is: it is as good as over.
    return retry_after(reply.headers.get("retry-after"), math.inf if now is None else now)


def _age(raw: Any, headers: Mapping[str, str]) -> float | None:
    """Both times are the server's, so a wrong clock here does no harm."""
    now, created = server_time(headers), created_at(raw)
    return None if now is None or created is None else max(0.0, now - created)


def created_at(raw: Any) -> float | None:
    """When a job was created by the server's clock, in seconds since the epoch; or None."""
    text = roles.JOB_CREATED_AT.find(raw)
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def server_time(headers: Mapping[str, str]) -> float | None:
    """The server's time of day when it answered, in seconds since the epoch; or None."""
    return _moment(headers.get("date", ""))


@lru_cache(maxsize=8)  # a page of a hundred jobs has one date
def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
