"""Sending the requests of a wait for many jobs: within the budget, some side by side, with pauses.

No tick sees more than two requests per hundred jobs that still run, however many go at once;
trouble that passes only ever adds a pause, and trouble that never will ends the wait.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define

from sume_ext.calling.calls import Reply
from sume_ext.errors import (
    AuthenticationError,
    ConfigurationError,
    SumeError,
    TransportError,
)
from sume_ext.flow import NOW, WALL_CLOCK, All, Sleep
from sume_ext.waiting.job_state import hint
from sume_ext.waiting.one import MOST_FOREIGN, asked_wait, is_foreign, passes
from sume_ext.waiting.polling import LONGEST_HINT
from sume_ext.waiting.reading_plans import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sume_ext.calling.calls import Settings
    from sume_ext.flow import Flow
    from sume_ext.waiting.awaited import Awaited

TICK = 1.0
PER_TICK = 2
"""Requests per tick and hundred jobs, at most."""
AT_ONCE = 10
"""Requests that are under way side by side, at most."""
MOMENT = 1e-6
_LONGEST_LOOK = 15.0
"""Seconds after which a look is given up, for the sake of the jobs that wait behind it; more,
once the API turned out to be slower than that."""


class Nothing(Enum):
    """Why a request has no answer.

    Attributes:
        TROUBLE: It failed, and may go well later; or the wait is over.
        NO_TIME: It wasn't sent: a deadline comes before it could be.
    """

    TROUBLE = "trouble"
    NO_TIME = "no time"


Send: TypeAlias = "Callable[..., Flow[Reply[Any]]]"
Heard: TypeAlias = "Reply[Any] | SumeError | Nothing"
"""An answer, an error that is about what was asked, or why there is neither."""


@define
class Asker:
    """What decides when the next requests go.

    Attributes:
        settings: What each request goes by.
        started: When the wait began.
        live: The jobs that haven't ended, by id.
        first_deadline: Tells when the time of the first of them is over.
        last_deadline: When that of the last of them is.
        requests: How many were sent.
        not_before: When the next may go, after trouble or at the server's wish.
        took: Seconds that the last answers took.
        trouble: Why the last request had no answer, or None.
        over: Why no request of this wait can go well any more, or None.
    """

    settings: Settings
    started: float
    live: dict[str, Awaited]
    first_deadline: Callable[[], float]
    last_deadline: float = math.inf
    requests: int = 0
    not_before: float = -math.inf
    took: float = 0.0
    trouble: SumeError | None = None
    over: SumeError | None = None
    _patience: float = _LONGEST_LOOK
    _failures: int = 0
    _foreign: int = 0
    _tick: int = -1
    _used: int = 0

    def ask(self, send: Send) -> Flow[Heard]:
        """One request, as soon as it may go; a server's wish to wait holds all that follow."""
        if not (yield from self.room()):
            return Nothing.NO_TIME
        (heard,) = yield from self.send([send])
        if isinstance(heard, Reply):
            self._hold((yield NOW), hint(heard, (yield WALL_CLOCK)) or 0.0)
        return heard

    def room(self, most: int = 1) -> Flow[int]:
        """Sleep until a request may go; how many may go then, or 0 when a deadline is sooner.

        Args:
            most: How many there are to send. Whoever asks sends as many as it is told.
        """
        while True:
            now = yield NOW
            tick = math.floor((now - self.started + MOMENT) / TICK)
            if tick != self._tick:
                self._tick, self._used = tick, 0
            free = self._allowed() - self._used
            start = now if free > 0 else self.started + (tick + 1) * TICK
            start = max(start, self.not_before)
            if start <= now + MOMENT:
                count = min(most, free, self._lanes())
                self._used += count
                return count
            if start >= self.first_deadline():
                self.not_before = max(self.not_before, start)
                return 0
            yield Sleep(start - now)

    def send(self, sends: Sequence[Send]) -> Flow[list[Heard]]:
        """Send requests for which there is room, side by side; what came of each, in order."""
        now = yield NOW
        within = min(self.last_deadline - now, self._patience)
        if within <= 0:
            return [Nothing.NO_TIME for _ in sends]
        self.requests += len(sends)
        flows = tuple(_timed(send, within) for send in sends)
        if len(flows) == 1:
            outcomes: list[Any] = [(yield from flows[0])]
        else:
            outcomes = yield All(flows, limit=len(flows))
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return (yield from self._judge(outcomes, within))

    def seconds_to_poll(self, count: int) -> float:
        """How long it takes to look at so many jobs one by one, as answers come at present."""
        rate = float(self._allowed())
        if self.took:
            rate = min(rate, AT_ONCE / self.took)
        return count / rate

    def _allowed(self) -> int:
        return PER_TICK * max(1, math.ceil(len(self.live) / PAGE))

    def _lanes(self) -> int:
        """As many side by side as it takes to use the budget; one while there is trouble."""
        if self._failures:
            return 1
        return max(1, min(AT_ONCE, math.ceil(self._allowed() * self.took / TICK)))

    def _judge(
        self, outcomes: Sequence[tuple[Reply[Any] | SumeError, float]], within: float
    ) -> Flow[list[Heard]]:
        """Learn from what was sent together, and tell trouble from answers."""
        now = yield NOW
        self._learn_pace(outcomes, within)
        if any(isinstance(answer, Reply) for answer, _ in outcomes):
            self._failures, self._foreign, self.trouble = 0, 0, None
        elif all(is_foreign(answer) for answer, _ in outcomes if isinstance(answer, SumeError)):
            self._foreign += 1
        else:
            self._foreign = 0
        pause, heard = 0.0, list[Heard]()
        for answer, _ in outcomes:
            if not isinstance(answer, SumeError):
                heard.append(answer)
            elif passes(answer) and self._foreign < MOST_FOREIGN:
                pause = max(pause, asked_wait(answer) or 0.0)
                self.trouble = answer
                heard.append(Nothing.TROUBLE)
            elif isinstance(answer, _FOR_ALL) or is_foreign(answer):
                self.over = answer
                heard.append(Nothing.TROUBLE)
            else:
                heard.append(answer)
        if Nothing.TROUBLE in heard:
            # Trouble of requests that went together is one trouble.
            self._failures += 1
            own = self.settings.backoff.pause(self._failures, self.settings.rng)
            self._hold(now, max(pause, own))
        return heard

    def _learn_pace(
        self, outcomes: Sequence[tuple[Reply[Any] | SumeError, float]], within: float
    ) -> None:
        answered = [took for answer, took in outcomes if not isinstance(answer, TransportError)]
        if answered:
            self.took = max(answered)
            self._patience = max(_LONGEST_LOOK, 2 * self.took)
        elif within >= self._patience and max(took for _, took in outcomes) >= within - MOMENT:
            # It was given up too early, for all we know; the client's own timeout still holds.
            self._patience = min(2 * within, max(self.settings.config.timeout, _LONGEST_LOOK))

    def _hold(self, now: float, seconds: float) -> None:
        self.not_before = max(self.not_before, now + min(seconds, LONGEST_HINT))


_FOR_ALL = (AuthenticationError, TransportError, ConfigurationError)


def _timed(send: Send, within: float) -> Flow[tuple[Reply[Any] | SumeError, float]]:
    """What came of a request, an error being a value, and the seconds it took."""
    began = yield NOW
    try:
        answer: Reply[Any] | SumeError = yield from send(within=within)
    except SumeError as error:
        answer = error
    return answer, (yield NOW) - began
