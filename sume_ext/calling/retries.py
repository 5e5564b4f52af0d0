"""When a call is sent again: only where that can't do its work twice, and never without end.

Whatever surely did no work (never sent, or refused with 429) is sent again; reads also after
lost answers, 408 and 5xx. A call that spends or writes and whose answer is lost has an
unknown outcome, which is said, not guessed.
"""

from __future__ import annotations

import math
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import define, evolve, frozen

from sume_ext.calling.effects import Effect
from sume_ext.errors import (
    APIError,
    ConfigurationError,
    NotSentError,
    RateLimitError,
    ResponseLostError,
    ServerError,
    SumeError,
    TransportError,
)
from sume_ext.flow import NOW, Sleep
from sume_ext.secrecy.quoting import quoted

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sume_ext.calling.turns import Turns
    from sume_ext.flow import Flow

T = TypeVar("T")
_TOO_MANY_REQUESTS = 429
_GIVEN_UP_ON_THE_WAY = frozenset({408, 425, 499})
_EXPONENT_CAP = 20
_MOST_PATIENCE = 30 * 24 * 3600
"""No system sleeps for as long as a header may ask; patience without bound ends after a month."""
_LONGEST_HOLD = 300.0
"""Seconds that a refusal holds back calls without the patience to wait so long: one asks again
after that, for a slip in a header must neither stop a service for a year nor end a long wait."""
_LONGEST_HEADER = 400
_MOST_ASKED = 1e12 - 1
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_BETWEEN = re.compile(r"(?:(?<=[0-9.])|(?<=GMT))\s*,\s*")
"""A comma between two values of the header, not the one in a date."""


@frozen
class Backoff:
    """How often and how soon a call is sent again: full jitter under an exponential ceiling.

    Attributes:
        first: Ceiling of the first pause, in seconds.
        most: Ceiling of every later one.
        patience: Seconds that the API may make one call wait in all (Retry-After, 429), on
            top of the call's own timeout; asked for more, the call raises at once.
        attempts: How often a call is sent at most.
    """

    first: float = 0.5
    most: float = 8.0
    patience: float = 120.0
    attempts: int = 5

    def with_options(self, *, attempts: int | None, patience: float | None) -> Backoff:
        """The same, but for what is given.

        Raises:
            ConfigurationError: There is to be no attempt, or the patience is no number.
        """
        attempts = self.attempts if attempts is None else attempts
        patience = self.patience if patience is None else patience
        if (
            type(attempts) is not int
            or attempts < 1
            or isinstance(patience, bool)
            or not isinstance(cast("object", patience), (int, float))
            or not patience >= 0
        ):
            raise ConfigurationError(
                f"attempts is {quoted(attempts)}, patience is {quoted(patience)}.",
                hint="Give 1 attempt or more, and 0 seconds of patience or more.",
            )
        return evolve(self, attempts=attempts, patience=min(patience, _MOST_PATIENCE))

    def pause(self, attempt: int, rng: random.Random) -> float:
        """Seconds to wait after the given attempt (counted from 1)."""
        return rng.uniform(0, min(self.most, self.first * 2 ** min(attempt - 1, _EXPONENT_CAP)))


@define
class Budget:
    """How long one call may still take.

    A pause that the API asks for isn't the call's own time: it moves the deadline, as long as
    there is patience, so that a Retry-After of two minutes fits a timeout of one.

    Attributes:
        deadline: Monotonic moment by which the call must be over.
        patience: Seconds by which the deadline may still be moved.
        latest: Moment beyond which it is never moved.
    """

    deadline: float
    patience: float = 0.0
    latest: float = float("inf")

    def grant(self, now: float, pause: float, *, asked: float = 0.0) -> bool:
        """Whether a pause fits; if so, it is taken into account.

        Args:
            now: The moment at which it begins.
            pause: Its seconds.
            asked: How many of them the API asked for; the rest is the call's own time.
        """
        later = min(self.deadline + asked, self.latest)
        if asked > self.patience or now + pause >= later:
            return False
        self.patience -= asked
        self.deadline = later
        return True


def is_unknown(failure: SumeError) -> bool:
    """Whether the request may have done its work although this came of it."""
    return isinstance(failure, (ResponseLostError, ServerError)) or (
        isinstance(failure, APIError) and failure.status in _GIVEN_UP_ON_THE_WAY
    )


def may_retry(effect: Effect, failure: SumeError, *, keyed: bool = False) -> bool:
    """Whether sending again can't do the work twice; what names a job has done it."""
    if failure.job_ids and effect is not Effect.READS:
        return False
    if isinstance(failure, NotSentError):
        return not failure.final
    if isinstance(failure, APIError) and failure.status == _TOO_MANY_REQUESTS:
        return True
    return (effect is Effect.READS or keyed) and is_unknown(failure)


def retry_after(value: str | None, now: float, date: str | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, in either form; None when it makes no sense.

    Given more than once, as by a gateway and by what is behind it, the longest counts.

    Args:
        value: The header.
        now: Our time of day.
        date: The answer's ``Date``: whose clock says when, says what time it is now.

    Source: RFC 9110 section 10.2.3 (delay in seconds, or an HTTP date).
    """
    there = moment_of(date or "")
    one_by_one = _BETWEEN.split((value or "")[:_LONGEST_HEADER].strip())
    told = (_asked(one, now if there is None else there) for one in one_by_one)
    return max((seconds for seconds in told if seconds is not None), default=None)


def _asked(text: str, now: float) -> float | None:
    if _NUMBER.fullmatch(text):
        return min(float(text), _MOST_ASKED)
    then = moment_of(text)
    return None if then is None else max(0.0, then - now)


def moment_of(text: str) -> float | None:
    """The moment that an HTTP date names, in seconds since the epoch; or None.

    Source: RFC 9110 section 5.6.7 (every form is in UTC; asctime's doesn't say so).
    """
    try:
        then = parsedate_to_datetime(text)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def persist(
    attempt: Callable[[], Flow[T]],
    *,
    effect: Effect,
    budget: Budget,
    backoff: Backoff,
    rng: random.Random,
    turns: Turns,
    paced: bool = False,
    keyed: bool = False,
) -> Flow[T]:
    """The result of `attempt`, made again as long as that is safe and there is time.

    Raises:
        SumeError: The last failure, when there is no attempt or no time left.
    """
    failure: SumeError | None = None
    jitter = 0.0
    for count in range(1, backoff.attempts + 1):
        yield from _queue(turns, budget, failure, jitter)
        try:
            result = yield from attempt()
        except SumeError as error:
            failure = error
        else:
            turns.accepted()
            return result
        asked = (failure.retry_after if isinstance(failure, APIError) else None) or 0.0
        # Jitter comes on top of what was asked, so that two processes don't return as one.
        jitter = backoff.pause(count, rng)
        if isinstance(failure, RateLimitError) and not paced:
            # Told to the client's other calls even where this one doesn't wait for it.
            held = min(asked, max(backoff.patience, _LONGEST_HOLD))
            turns.refused((yield NOW), held + jitter)
        elif not isinstance(failure, (RateLimitError, TransportError)):
            turns.accepted()  # whatever it says, the API answered without slowing us down
        if count == backoff.attempts or not may_retry(effect, failure, keyed=keyed):
            break
        if asked > backoff.patience:
            break
        if isinstance(failure, RateLimitError):
            continue
        if not budget.grant((yield NOW), asked + jitter, asked=asked):
            break
        yield Sleep(asked + jitter)
    assert failure is not None  # noqa: S101  (for type checkers: the loop ran)
    raise failure


def _queue(turns: Turns, budget: Budget, failure: SumeError | None, jitter: float) -> Flow[None]:
    """Wait for this call's turn, again if the client was told to hold back in the meantime.

    Args:
        turns: The client's.
        budget: The call's.
        failure: What it was refused with, if it was.
        jitter: Seconds of the first pause that nobody asked for.
    """
    if turns.free:
        return
    now = yield NOW
    while (pause := (slot := turns.slot(now)) - now) > 0:
        # Sums of moments are off by some billionths of a second.
        if not budget.grant(now, pause, asked=max(0.0, round(pause - jitter, 3))):
            turns.give_back(slot)
            raise failure or _cooling_down(pause)
        try:
            yield Sleep(pause)
        except BaseException:  # it is interrupted
            turns.give_back(slot)
            raise
        now, jitter = (yield NOW), 0.0
        if now >= turns.quiet_until:
            return


def _cooling_down(pause: float) -> RateLimitError:
    return RateLimitError(
        "the API asked this client to slow down; its next call may go in "
        f"{max(1, math.ceil(pause))} s.",
        status=_TOO_MANY_REQUESTS,
        code="client_cooling_down",
        retry_after=pause,
    )
