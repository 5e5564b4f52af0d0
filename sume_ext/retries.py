"""When a call is sent again: only where that can't do its work twice, and never without end.

Whatever surely did no work (never sent, or refused with 429) is sent again; reads also after
lost answers, 408 and 5xx. A call that spends or writes and whose answer is lost has an
unknown outcome, which is said, not guessed.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from sume_ext.effects import Effect
from sume_ext.errors import APIError, NotSentError, ResponseLostError, SumeError
from sume_ext.flow import NOW, Sleep

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sume_ext.flow import Flow

T = TypeVar("T")
_TOO_MANY_REQUESTS = 429
_READ_AGAIN = frozenset({408, 425, 429, 499, *range(500, 600)})
_EXPONENT_CAP = 20


@frozen
class Backoff:
    """Full jitter under an exponential ceiling.

    Attributes:
        first: Ceiling of the first pause, in seconds.
        most: Ceiling of every later one.
        patience: The longest Retry-After that is waited for; a longer one is raised.
        attempts: How often a call is sent at most.
    """

    first: float = 0.5
    most: float = 8.0
    patience: float = 120.0
    attempts: int = 5

    def pause(self, attempt: int, rng: random.Random) -> float:
        """Seconds to wait after the given attempt (counted from 1)."""
        return rng.uniform(0, min(self.most, self.first * 2 ** min(attempt - 1, _EXPONENT_CAP)))


def may_retry(effect: Effect, failure: SumeError, *, keyed: bool = False) -> bool:
    """Whether sending again can't do the work twice."""
    if isinstance(failure, NotSentError):
        return not failure.final
    if isinstance(failure, APIError) and failure.status == _TOO_MANY_REQUESTS:
        return True
    if effect is Effect.READS or keyed:
        return isinstance(failure, ResponseLostError) or (
            isinstance(failure, APIError) and failure.status in _READ_AGAIN
        )
    return False


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for, in either form; None when it makes no sense.

    Source: RFC 9110 section 10.2.3 (delay in seconds, or an HTTP date).
    """
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def persist(
    attempt: Callable[[], Flow[T]],
    *,
    effect: Effect,
    deadline: float,
    backoff: Backoff,
    rng: random.Random,
    keyed: bool = False,
) -> Flow[T]:
    """The result of `attempt`, made again as long as that is safe and there is time.

    Raises:
        SumeError: The last failure, when there is no attempt or no time left.
    """
    count = 0
    while True:
        count += 1
        try:
            return (yield from attempt())
        except SumeError as error:
            failure = error
        asked = failure.retry_after if isinstance(failure, APIError) else None
        pause = backoff.pause(count, rng) if asked is None else asked
        now = yield NOW
        if (
            count >= backoff.attempts
            or not may_retry(effect, failure, keyed=keyed)
            or pause > backoff.patience
            or now + pause >= deadline
        ):
            raise failure
        yield Sleep(pause)
