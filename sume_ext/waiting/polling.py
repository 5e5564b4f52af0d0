"""When a job is looked at next: at once, then at growing intervals that fit its type and age.

The pause is a fixed share of the job's age, between a floor and a ceiling, so the end of a job
is noticed within that share of the time it took, and a long job costs few requests. A job
younger than the floor is looked at whenever its age has doubled: what is done at once is
noticed at once, for three or four requests more.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from sume_ext.errors import InvalidArgumentError
from sume_ext.secrecy.quoting import quoted

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
PENDING = ("queued", "running", "processing")
"""The other known statuses, as the docs list them. They say which comes first, and nothing of the
order of the other two."""

UNKNOWN_STATUS_PATIENCE = 3600.0
"""Seconds that an unknown status may stay unchanged even in a wait without bound: it may be a
final one that is newer than this package, and no wait is endless."""

ONE_LOOK = 5.0
"""Seconds for the one look of a wait with a timeout of 0."""
LONGEST_HINT = 120.0
LONGEST_TIMEOUT = 1e9
"""Seconds; more would be a mistake, and what must have no bound says so."""
FIRST_PAUSE = 0.25
_LAST_LOOK = 1.0
_LAST_LOOK_SHARE = 0.05


@frozen
class Schedule:
    """The rhythm for one type of job.

    Attributes:
        floor: The shortest pause, in seconds, once the job is as old as that.
        ceiling: The longest.
        share: The pause as a share of the job's age, and so the bound on how late its end
            is noticed.
        timeout: How long to wait by default. Source: the docs' defaults for ``--timeout``.
    """

    floor: float
    ceiling: float
    share: float = 0.1
    timeout: float = 1800.0

    def bound(self, age: float) -> float:
        """The longest pause at an age, in seconds, and so the latest that an end is noticed."""
        floor = min(self.floor, max(FIRST_PAUSE, age))
        return min(self.ceiling, max(floor, self.share * age))

    def pause(self, age: float, rng: random.Random) -> float:
        """Seconds until the next look, jittered downwards so that many waits drift apart."""
        return self.bound(age) * rng.uniform(0.75, 1.0)


_IMAGE = Schedule(floor=0.5, ceiling=10.0, timeout=600.0)
_OTHER = Schedule(floor=2.0, ceiling=30.0)


def schedule_for(job_type: str | None) -> Schedule:
    """The rhythm for a type of job; unknown types wait like videos.

    Source: the docs ask for longer intervals for video than for images, without numbers.
    """
    return _IMAGE if job_type == "image_generation" else _OTHER


def seconds_for(timeout: Timeout, job_type: str | None) -> float:
    """The timeout in seconds; infinite for a wait without bound."""
    if timeout == "auto":
        return schedule_for(job_type).timeout
    return math.inf if timeout is None else timeout


def reserve_for(limit: float) -> float:
    """How long before the end of a wait of `limit` seconds its last look is made."""
    return min(_LAST_LOOK, _LAST_LOOK_SHARE * limit)


def check_timeout(timeout: object) -> None:
    """Refuse what can't be a timeout, before anything is sent.

    Raises:
        InvalidArgumentError: It is neither seconds (0 or more), nor ``"auto"``, nor None.
    """
    if timeout is None or (isinstance(timeout, str) and timeout == "auto"):
        return
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0:
        told = quoted(timeout)
    elif timeout <= LONGEST_TIMEOUT or timeout == math.inf:
        return
    else:
        told = "too long"  # Python refuses to write out the longest numbers
    raise InvalidArgumentError(
        f"timeout is {told}.",
        hint='Give seconds; "auto" for the default of the job type; None for without bound.',
    )


def goes_on(told: tuple[str, ...], status: str) -> bool:
    """Whether a status is news after those told before: neither one of them, nor a step back.

    A list or a replica that lags shows what was; whoever is told of changes never goes back.
    """
    later = PENDING if status == PENDING[0] else (status,)
    return not any(one in told for one in later)


def next_look(
    now: float, pause: float, *, hint: float | None, deadline: float, reserve: float
) -> float | None:
    """When to look next, or None when no look fits before the deadline any more.

    A pause that reaches past the deadline is cut to one last look shortly before it, while an
    answer can still come in time. What the server asks for is never cut: it was meant.

    Args:
        now: Monotonic time.
        pause: Seconds, as scheduled.
        hint: Seconds the server asked to wait (``Retry-After``), or None; two minutes at most.
        deadline: When the wait ends.
        reserve: Seconds before the deadline that the last look is made.
    """
    asked = min(hint or 0.0, LONGEST_HINT)
    due = now + max(pause, asked)
    last = deadline - reserve
    if due <= last:
        return due
    return last if now < last and now + asked <= last else None
