"""Finding the job that a lost answer may have told of, without ever guessing which it is.

Whatever could be the job is handed out; only what surely isn't (made at another time, or of
another known type) is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sume_ext.errors import InvalidArgumentError, OutcomeUnknownError, PaginationError
from sume_ext.flow import WALL_CLOCK
from sume_ext.paging import Walk
from sume_ext.waiting.job_state import JobState, created_at, server_time
from sume_ext.waiting.reading_plans import PAGE

if TYPE_CHECKING:
    from sume_ext.calling.calls import Reply
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

_BEFORE = 5.0
_AFTER = 60.0
_MOST_PAGES = 20


def find_recent(engine: Engine, error: OutcomeUnknownError) -> Flow[list[Any]]:
    """Jobs that a submission with an unknown outcome may have created, newest first.

    Look at each: a job made by another process at the same time looks the same, so several are
    never narrowed down to one. None means that none shows yet: a list may lag, and a request
    that timed out may still be at work, so look again after a minute before you submit again.

    Args:
        engine: The client's.
        error: What the submission raised; it knows when, and which type of job.

    Raises:
        PaginationError: There are too many newer jobs; those that fit are in its ``job_ids``.
    """
    if not isinstance(error, OutcomeUnknownError):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgumentError(
            f"a {type(error).__name__} tells of no lost answer.",
            hint="Pass the OutcomeUnknownError that the submission raised.",
        )
    if error.job_ids:
        return [engine.handle(JobState(job_id)) for job_id in error.job_ids]
    call = engine.lookup("jobs.list")
    walk = Walk(call, call.arguments(limit=PAGE))
    others = _other_types(engine, error.job_type)
    found: list[Any] = []
    for _ in range(_MOST_PAGES):
        reply = yield from walk.fetch(engine.settings)
        skew = _skew(reply, (yield WALL_CLOCK))
        page = walk.read(reply, lambda model, raw: (model, raw))
        ages = [created_at(raw) for _, raw in page]
        for (model, raw), created in zip(page, ages, strict=True):
            state = JobState.read(model, raw, reply.request_id)
            if state.type not in others and _fits(created, error, skew):
                found.append(engine.handle(state))
        earliest = error.sent_after + skew - _BEFORE
        passed = bool(ages) and all(age is not None and age < earliest for age in ages)
        if passed or not page.has_more:
            return found
        walk.move_on(page)
    error_of_reading = PaginationError(
        f"{_MOST_PAGES} pages of jobs are newer than the submission; what is older wasn't read.",
        operation="jobs.find_recent",
        hint="Look with sume.jobs.list(), narrowed by type and status.",
    )
    error_of_reading.job_ids = tuple(job.id for job in found)
    raise error_of_reading


def _other_types(engine: Engine, job_type: str | None) -> frozenset[str]:
    """Types it surely isn't; the server's spelling of its own may be new to this package."""
    known = engine.job_types
    return known - {job_type} if job_type in known else frozenset[str]()


def _fits(created: float | None, error: OutcomeUnknownError, skew: float) -> bool:
    if created is None:
        return True
    return error.sent_after + skew - _BEFORE <= created <= error.sent_before + skew + _AFTER


def _skew(reply: Reply[Any], now: float) -> float:
    """How far the server's clock is ahead of ours; it stamps the jobs."""
    there = server_time(reply.headers)
    return 0.0 if there is None else there - now
