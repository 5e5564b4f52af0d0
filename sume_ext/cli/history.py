"""What past jobs tell about the next one: how long it may take, what it may cost.

It is asked only where a person looks, with one request, and answers nothing rather than fail.
"""

from __future__ import annotations

from math import isfinite
from statistics import median
from typing import TYPE_CHECKING, Any

from attrs import frozen

from sume_ext.cli.shell import plain
from sume_ext.cli.units import amount, epoch, number
from sume_ext.errors import SumeError

if TYPE_CHECKING:
    from sume_ext import Sume

_LOOK_AT = 10
_GLANCE = 2.0
"""Seconds a look may take: whoever is to be asked, or to see a wait, isn't kept waiting for it."""


@frozen
class History:
    """Recent completed jobs of one type.

    Attributes:
        seconds: How long they took, the middle one; None when not known.
        credits: The least and the most they cost; None when not known.
    """

    seconds: float | None = None
    credits: tuple[float, float] | None = None


def history_of(client: Sume, job_type: str | None) -> History:
    """What recent completed jobs of a type tell."""
    if job_type is None:
        return History()
    try:
        glance = client.with_options(timeout=_GLANCE, attempts=1)
        page = glance.jobs.list(type_=job_type, status="completed", limit=_LOOK_AT).page()
        past = [plain(job.data) for job in page]
    except SumeError:
        return History()
    spans = [span for job in past if (span := seconds_between(job)) is not None]
    costs = [cost for job in past if (cost := _count(job.get("credits"))) is not None]
    return History(median(spans) if spans else None, (min(costs), max(costs)) if costs else None)


def seconds_between(job: dict[str, Any]) -> float | None:
    """How long a job took; None when its times don't say."""
    begun, done = epoch(job.get("created_at")), epoch(job.get("completed_at"))
    return None if begun is None or done is None or done < begun else done - begun


def _count(value: object) -> float | None:
    """A number of credits; None for what is no number that can be told."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if isfinite(value) else None


def price(client: Sume, job_type: str | None) -> str:
    """What creating a job may cost, as far as it is known."""
    known: list[str] = []
    if cost := history_of(client, job_type).credits:
        low, high = cost
        known.append(
            f"recent ones cost {number(low)}" + (f" to {number(high)}" if high > low else "")
        )
    try:
        glance = client.with_options(timeout=_GLANCE, attempts=1)
        left = _count(plain(glance.credits.get()).get("remaining_credits"))
    except SumeError:
        left = None
    if left is not None:
        known.append(f"{amount(left, 'credit')} {'is' if left == 1 else 'are'} left")
    return f": {', and '.join(known)}" if known else ""
