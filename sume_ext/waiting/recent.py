"""Finding the job that a lost answer may have told of, without ever guessing which it is.

Whatever could be the job is handed out; only what surely isn't (made at another time, or of
another known type) is left out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sume_ext import roles
from sume_ext.calling.ids import is_id
from sume_ext.errors import (
    InvalidArgumentError,
    OutcomeUnknownError,
    PaginationError,
    SchemaMismatchError,
    SumeError,
)
from sume_ext.flow import WALL_CLOCK
from sume_ext.paging import Walk
from sume_ext.runners.interruptions import outcome_of
from sume_ext.waiting.job_state import JobState, created_at, server_time
from sume_ext.waiting.reading_plans import PAGE

if TYPE_CHECKING:
    from sume_ext.calling.calls import Reply
    from sume_ext.dates import Moment
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

_BEFORE = 5.0
_AFTER = 60.0
_MOST_PAGES = 20
_MOST_SHOWN = 5


def find_recent(
    engine: Engine,
    error: BaseException | None = None,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    job_type: str | None = None,
) -> Flow[list[Any]]:
    """Jobs that a submission with an unknown outcome may have created, in the API's order.

    Look at each: a job made by another process at the same time looks the same, so several are
    never narrowed down to one. None means that none shows yet: a list may lag, and a request
    that timed out may still be at work, so look again after a minute before you submit again.

    Args:
        engine: The client's.
        error: What ended the submission: an `OutcomeUnknownError`, or the KeyboardInterrupt or
            CancelledError that interrupted it; it knows when, and which type of job.
        since: Where there is no such exception, as after a crash: when the submission began at
            the earliest, by this machine's clock, as in ``10m`` or ``2026-11-01T09:00:00Z``.
        until: When it ended at the latest; now when None.
        job_type: The type of job it would have created; any when None.

    Raises:
        SumeError: Not all of the list could be read, as where there are too many jobs
            (`PaginationError`); those that fit, of what was read, are in its ``job_ids``.
        InvalidArgumentError: It is neither an exception that tells of a lost answer, nor a time.
    """
    lost = _lost(error, since, until, job_type, (yield WALL_CLOCK))
    if lost.job_ids:
        return [engine.handle(JobState(job_id)) for job_id in lost.job_ids]
    found: list[Any] = []
    try:
        yield from _search(engine, lost, found)
    except SumeError as failure:
        failure.job_ids = tuple(job.id for job in found)
        if found or isinstance(failure, PaginationError):
            failure.hint = _what_to_do(failure.job_ids)
        raise
    return found


def _search(engine: Engine, lost: OutcomeUnknownError, found: list[Any]) -> Flow[None]:
    """Fill a list with what may be the job.

    Raises:
        SumeError: It may be among what couldn't be read, besides.
    """
    call = engine.lookup("jobs.list")
    walk = Walk(call, call.arguments(limit=PAGE))
    others = _other_types(engine, lost.job_type)
    nameless = False
    seen: list[float | None] = []
    for _ in range(_MOST_PAGES):
        reply = yield from walk.fetch(engine.settings)
        skew = _skew(reply, (yield WALL_CLOCK))
        page = walk.read(reply, lambda model, raw: (model, raw))
        for model, raw in page:
            created = created_at(raw)
            seen.append(created)
            if _type(raw) in others or not _fits(created, lost, skew):
                continue
            state = _state(model, raw, reply.request_id)
            nameless = nameless or state is None
            found += [] if state is None else [engine.handle(state)]
        earliest = lost.sent_after + skew - _BEFORE
        if not page.has_more or (_falls(seen) and _all_before(seen[-len(page) :], earliest)):
            break
        walk.move_on(page)
    else:
        raise _unread(f"{_MOST_PAGES} pages of jobs were read, but not the whole list")
    if nameless:
        raise _unread("the list has a job that may be it, but no id of it")


def _unread(what: str) -> PaginationError:
    return PaginationError(f"{what}.", operation="jobs.find_recent")


def _what_to_do(job_ids: tuple[str, ...]) -> str:
    """The hint where part of the list wasn't read, and the job may be there."""
    shown = ", ".join(job_ids[:_MOST_SHOWN]) + (" and more" if job_ids[_MOST_SHOWN:] else "")
    look = f"Any of these may be the job, look at each with sume.jobs.get(id): {shown}. " * bool(
        job_ids
    )
    return (
        f"{look}It may also be where the list wasn't read: look there with sume.jobs.list(), "
        "narrowed by type and status, before you submit again."
    )


def _state(model: Any, raw: Any, request_id: str | None) -> JobState | None:
    """What is known of a listed job, if only its id; None where it has none."""
    try:
        return JobState.read(model, raw, request_id)
    except SchemaMismatchError:
        job_id = roles.JOB_ID.find(raw)
        known = isinstance(job_id, str) and is_id(job_id)
        return JobState(job_id, type=_type(raw), request_id=request_id) if known else None


def _type(raw: Any) -> str | None:
    kind = roles.JOB_TYPE.find(raw)
    return kind if isinstance(kind, str) else None


def _lost(
    error: object, since: Moment | None, until: Moment | None, job_type: object, now: float
) -> OutcomeUnknownError:
    """What is known of the submission."""
    if error is not None:
        lost = outcome_of(error) if isinstance(error, BaseException) else None
        if lost is None or (since, until, job_type) != (None, None, None):
            raise _refused(f"a {type(error).__name__} tells of no lost answer, or not alone")
        return lost
    if since is None:
        raise _refused("neither an exception nor a time to look from is given")
    if not isinstance(job_type, str | None):
        raise _refused(f"job_type is a {type(job_type).__name__}")
    from sume_ext.dates import instant  # noqa: PLC0415  (dateutil is slow to import)

    begun = instant(since, now=lambda: now).timestamp()
    ended = now if until is None else instant(until, now=lambda: now).timestamp()
    if begun > ended:
        raise _refused("since is later than until")
    return OutcomeUnknownError("asked for.", job_type=job_type, sent_after=begun, sent_before=ended)


def _refused(what: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"jobs.find_recent: {what}.",
        hint="Pass what ended the submission, sume.jobs.find_recent(error), or the time since "
        "when to look, sume.jobs.find_recent(since='10m').",
        operation="jobs.find_recent",
    )


def _other_types(engine: Engine, job_type: str | None) -> frozenset[str]:
    """Types it surely isn't; the server's spelling of its own may be new to this package."""
    known = engine.job_types
    return known - {job_type} if job_type in known else frozenset[str]()


def _fits(created: float | None, error: OutcomeUnknownError, skew: float) -> bool:
    if created is None:
        return True
    return error.sent_after + skew - _BEFORE <= created <= error.sent_before + skew + _AFTER


def _falls(times: list[float | None]) -> bool:
    """Whether a list goes from the newest to the oldest, as nobody has promised."""
    known = [time for time in times if time is not None]
    steady = all(later <= before + _BEFORE for before, later in pairwise(known))
    return steady and len(known) > 1 and known[-1] < known[0]


def _all_before(times: list[float | None], moment: float) -> bool:
    return all(time is not None and time < moment for time in times)


def _skew(reply: Reply[Any], now: float) -> float:
    """How far the server's clock is ahead of ours; it stamps the jobs."""
    there = server_time(reply.headers)
    return 0.0 if there is None else there - now
