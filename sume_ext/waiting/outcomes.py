"""What became of one of many jobs: a value, so that one failure can't hide the others.

That a job still runs is said only of one that was seen to run when it was last due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

from sume_ext.errors import JobTimeoutError
from sume_ext.waiting.one import timed_out
from sume_ext.waiting.wording import shown

if TYPE_CHECKING:
    from sume_ext.errors import SumeError
    from sume_ext.waiting.awaited import Awaited
    from sume_ext.waiting.view import JobView

J_co = TypeVar("J_co", bound="JobView", covariant=True)


@frozen
class Outcome(Generic[J_co]):
    """What became of one job.

    Attributes:
        job: Its handle, as last seen.
        error: Why it has no result: a `JobError` when it failed or the time was over, another
            `SumeError` when it couldn't be looked at; None when it completed, or still runs.
    """

    job: J_co
    error: SumeError | None = None

    @property
    def ok(self) -> bool:
        """Whether the job completed, so that its result can be fetched."""
        return self.error is None and self.job.terminal


def out_of_time(
    entry: Awaited, started: float, now: float, trouble: SumeError | None
) -> JobTimeoutError:
    """The error for a job whose time is over, which says no more than is known.

    Args:
        entry: The job.
        started: When the wait began.
        now: When its time was over.
        trouble: Why the last request had no answer, or None.
    """
    elapsed = now - started
    if entry.seen is not None and not entry.troubled and entry.due > now:
        return timed_out(entry.state, elapsed, None)
    why = f" (the last request failed: {type(trouble).__name__})" if trouble else ""
    job_id = entry.state.id
    if entry.seen is None:
        known = f"waited for {elapsed:.0f} s, and there was no time to look at it{why}."
        if trouble:
            known = f"waited for {elapsed:.0f} s, and no look at it succeeded{why}."
    else:
        known = (
            f"not seen to end within {elapsed:.0f} s; "
            f"the last look was {now - entry.seen:.0f} s ago{why}."
        )
    return JobTimeoutError(
        known,
        job_id=job_id,
        status=shown(entry.state.status),
        elapsed=elapsed,
        request_id=entry.state.request_id,
        hint=f"It may have ended: look with sume.jobs.get({job_id!r}), "
        f"or go on waiting with sume.jobs.wait({job_id!r}).",
    )
