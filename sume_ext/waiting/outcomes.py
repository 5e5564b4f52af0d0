"""What became of one of many jobs: a value, so that one failure can't hide the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from sume_ext.errors import SumeError
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
