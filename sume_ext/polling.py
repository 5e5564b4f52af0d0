"""When a job is looked at next: at once, then at growing intervals that fit its type and age.

The pause is a fixed share of the job's age, between a floor and a ceiling, so the end of a job
is noticed within that share of the time it took, and a long job costs few requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    import random

Timeout = float | Literal["auto"] | None
"""Seconds to wait at most; ``"auto"`` for the job type's default; None for without bound."""

SUCCEEDED = "completed"
FAILED = "failed"
CANCELED = "canceled"
EXPIRED = "expired"
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELED, EXPIRED})
"""Statuses that never change again; every other one, known or not, is still running.
Source: the public docs, "Async job lifecycle"."""
PENDING = frozenset({"queued", "running", "processing"})


@frozen
class Schedule:
    """The rhythm for one type of job.

    Attributes:
        floor: The shortest pause, in seconds.
        ceiling: The longest.
        share: The pause as a share of the job's age.
        timeout: How long to wait by default. Source: the docs' defaults for ``--timeout``.
    """

    floor: float
    ceiling: float
    share: float = 0.1
    timeout: float = 1800.0

    def pause(self, age: float, rng: random.Random) -> float:
        """Seconds until the next look, jittered downwards so that many waits drift apart."""
        return min(self.ceiling, max(self.floor, self.share * age)) * rng.uniform(0.75, 1.0)


_IMAGE = Schedule(floor=0.5, ceiling=10.0, timeout=600.0)
_OTHER = Schedule(floor=1.0, ceiling=30.0)


def schedule_for(job_type: str | None) -> Schedule:
    """The rhythm for a type of job; unknown types wait like videos."""
    return _IMAGE if job_type == "image_generation" else _OTHER


def seconds_for(timeout: Timeout, job_type: str | None) -> float | None:
    """The timeout in seconds, or None for without bound."""
    return schedule_for(job_type).timeout if timeout == "auto" else timeout
