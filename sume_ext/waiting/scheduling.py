"""Waiting for many jobs at once: one scheduler, one request at a time.

A job's end is only ever told from an answer that showed that job, never concluded from its
absence in a list; and no tick sees more than two requests per hundred jobs that still run.

Why every end is noticed in time. Work is done in rounds; a round begins when the first job is
due, and looks at every job whose pause is half over: lists first, as far as they spare
requests, then polls, the longest due first. Let ``b`` be the bound of a job's schedule (or
``n / 500`` seconds among ``n`` jobs, if that is more), ``d`` the time of one request, and ``S``
the time that a round takes to read lists and to poll what has dropped out of them.

* What the lists show: a job shown by a round is due ``max(b/2, b - S)`` after that round began.
  Polls give way when it is due, but for as many as their round had pages, which take another
  ``S`` at most. So the next reading begins after ``b - S``, ``b/2`` or ``2 S``, whichever is
  most, and has shown the job ``S`` later: its end is noticed within ``max(b, 3 S) + d``. A
  reading that takes longer than the one before it adds the difference.
* What single polls cover: at least half the requests of a round are polls, while a job is left
  to poll. So each of ``u`` jobs that no list shows gets its turn within ``2 u`` requests: its
  end is noticed within ``max(b, time of 2 u requests) + d``.
* What the budget permits: a tick has room for ``2 n / 100`` requests, so ``2 u`` of them take
  100 ticks at most, or as long as the answers take. A list that shows only our jobs needs
  ``n / 100`` pages: half a tick's budget.

Hence the bound is the schedule's whenever the lists are read within a third of it. It can't be
where lists don't show the jobs: the budget grants each of ``n`` polled jobs a look in 50 ticks,
and in 100 beside jobs that lists show. Trouble (429, 5xx, lost answers) adds its own pauses.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from sume_ext.calling.calls import Settings, perform
from sume_ext.errors import (
    AuthenticationError,
    ConfigurationError,
    SchemaMismatchError,
    SumeError,
    TransportError,
)
from sume_ext.flow import NOW, Emit, Sleep
from sume_ext.waiting.job_state import JobEvent, JobState, hint, sighting
from sume_ext.waiting.list_reading import ListReader
from sume_ext.waiting.one import (
    MOST_FOREIGN,
    asked_wait,
    end_of_wait,
    is_foreign,
    may_be_new,
    passes,
    timed_out,
)
from sume_ext.waiting.outcomes import Outcome
from sume_ext.waiting.polling import (
    LONGEST_HINT,
    Timeout,
    goes_on,
    next_look,
    reserve_for,
    schedule_for,
    seconds_for,
)
from sume_ext.waiting.reading_plans import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.calling.calls import Reply
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.waiting.awaited import Awaited
    from sume_ext.waiting.job_state import Sighting
    from sume_ext.waiting.one import Listener

TICK = 1.0
PER_TICK = 2
"""Requests per tick and hundred jobs, at most."""
JOBS_PER_SECOND = 500.0
"""How many jobs are looked at per second in the long run: however many there are, this client
asks for about ten pages a second, not hundreds."""
_LONGEST_LOOK = 15.0
"""Seconds after which a look is given up, for the sake of the jobs that wait behind it."""
_MOMENT = 1e-6


@define
class Scheduler:
    """What is known while waiting for many jobs.

    Attributes:
        engine: The client's.
        timeout: For all of them together.
        on_event: Called with each `JobEvent`.
        on_outcome: Called with each `Outcome`.
        enough: Whether to stop before all have ended.
        started: When the wait began.
        live: The jobs that haven't ended, by id.
        not_before: When the next request may go, after trouble or at the server's wish.
        shown: The jobs that the lists of this round have shown.
    """

    engine: Engine
    timeout: Timeout
    on_event: Listener | None
    on_outcome: Callable[[Outcome[Any]], object] | None
    enough: Callable[[], bool]
    started: float
    live: dict[str, Awaited]
    not_before: float = -math.inf
    shown: list[Awaited] = field(factory=list["Awaited"])
    requests: int = 0
    _last_deadline: float = math.inf
    _failures: int = 0
    _foreign: int = 0
    _trouble: SumeError | None = None
    _tick: int = -1
    _used: int = 0
    _settings: Settings = field(init=False)
    _lists: ListReader = field(init=False)

    def __attrs_post_init__(self) -> None:
        # The scheduler is what tries again; a call that did, too, would not be counted.
        given = self.engine.settings
        self._settings = evolve(given, backoff=evolve(given.backoff, attempts=1))
        self._lists = ListReader(
            self.engine, self._settings, self.live, self._ask, self._list_showed, self.enough
        )

    def run(self) -> Flow[None]:
        """Until every job ended, or timed out, or it is enough."""
        for entry in [*self.live.values()]:
            if entry.state.terminal:
                yield from self._tell(entry.state, self.started)
                yield from self._end(entry, entry.state.failure)
        while self.live and not self.enough():
            now = yield NOW
            yield from self._expire(now)
            if not self.live or self.enough():
                return
            self._last_deadline = max(map(self._deadline, self.live.values()))
            start = max(min(entry.due for entry in self.live.values()), self.not_before)
            if start <= now + _MOMENT:
                yield from self._round(now)
            else:
                yield Sleep(min(start, self._first_deadline(), now + 3600.0) - now)

    def _deadline(self, entry: Awaited) -> float:
        limit = seconds_for(self.timeout, entry.state.type)
        return end_of_wait(self.started + limit, entry.state, entry.changed)

    def _first_deadline(self) -> float:
        return min(map(self._deadline, self.live.values()), default=math.inf)

    def _expire(self, now: float) -> Flow[None]:
        over = [e for e in self.live.values() if self._deadline(e) <= now + _MOMENT]
        for entry in over:
            error = timed_out(entry.state, now - self.started, self._trouble)
            yield from self._end(entry, error)

    def _round(self, began: float) -> Flow[None]:
        """Look at every job whose pause is half over, by whatever takes the fewest requests."""
        wanted = {e.state.id: e for e in self.live.values() if e.early <= began + _MOMENT}
        before = self.requests
        yield from self._lists.read(wanted)
        now = yield NOW
        self._plan_shown(began, now)
        polls = [e for e in wanted.values() if e.state.id in self.live and e.due <= now + _MOMENT]
        last = yield from self._poll_in_turn(polls, at_least=max(1, self.requests - before))
        self._plan_shown(began, max(now, last))
        self.shown.clear()

    def _plan_shown(self, began: float, now: float) -> None:
        for entry in self.shown:
            self._plan_next(entry, began, now)

    def _poll_in_turn(self, polls: list[Awaited], *, at_least: int) -> Flow[float]:
        """Poll the longest due first, until other jobs are due; but for `at_least` so many.

        Returns:
            When the last job was polled that a list has shown before.
        """
        mine = {entry.state.id for entry in polls}
        others = [e for e in self.live.values() if e.state.id not in mine]
        until = min((min(e.due, self._deadline(e)) for e in others), default=math.inf)
        began: float = yield NOW
        last = began
        for count, entry in enumerate(sorted(polls, key=lambda entry: entry.due)):
            now = yield NOW
            if not self.live or self.enough():  # one answer may have ended every job
                break
            if now < self.not_before or now >= self._deadline(entry):
                break
            if count >= at_least and now >= until:
                break
            yield from self._poll(entry, began)
            now = yield NOW
            last = now if entry.listed else last
        return last

    def _poll(self, entry: Awaited, began: float) -> Flow[None]:
        reply = yield from self._ask(partial(self._get, entry.state.id))
        now = yield NOW
        if reply is None or (isinstance(reply, SumeError) and may_be_new(reply, entry.state, now)):
            # Trouble with one job must not keep the others from being looked at: they go first.
            entry.due = entry.early = max(now, self.not_before) + TICK
        elif isinstance(reply, SumeError):
            yield from self._end(entry, reply)
        else:
            try:
                seen = sighting(reply.parsed, reply.raw, reply, asked=entry.state.id)
            except SchemaMismatchError as error:
                yield from self._end(entry, error)
            else:
                yield from self._note(entry, seen, now, lambda: reply.parsed)
                self._plan_next(entry, began, now)

    def _get(self, job_id: str, *, within: float) -> Flow[Reply[Any]]:
        call = self.engine.lookup("jobs.get")
        return (yield from perform(self._settings, call, call.arguments(job_id), within=within))

    def _ask(self, send: Callable[..., Flow[Reply[Any]]]) -> Flow[Reply[Any] | SumeError | None]:
        """One request: its answer; an error that is about what was asked; None for trouble."""
        if not (yield from self._pace()):
            return None
        now = yield NOW
        within = min(self._last_deadline - now, _LONGEST_LOOK)
        if within <= 0:
            return None
        self.requests += 1
        try:
            reply = yield from send(within=within)
        except SumeError as error:
            return (yield from self._in_trouble(error))
        self._failures, self._foreign, self._trouble = 0, 0, None
        self._hold((yield NOW), hint(reply) or 0.0)
        return reply

    def _in_trouble(self, error: SumeError) -> Flow[SumeError | None]:
        """None for trouble that passes, or that ended every job; else the error itself."""
        self._foreign = self._foreign + 1 if is_foreign(error) else 0
        if passes(error) and self._foreign < MOST_FOREIGN:
            now = yield NOW
            self._failures += 1
            pause = self.engine.settings.backoff.pause(self._failures, self.engine.settings.rng)
            self._hold(now, max(pause, asked_wait(error) or 0.0))
            self._trouble = error
            return None
        for_all = AuthenticationError | TransportError | ConfigurationError
        if isinstance(error, for_all) or is_foreign(error):
            for entry in [*self.live.values()]:
                yield from self._end(entry, error)
            return None
        return error

    def _hold(self, now: float, seconds: float) -> None:
        self.not_before = max(self.not_before, now + min(seconds, LONGEST_HINT))

    def _pace(self) -> Flow[bool]:
        """Sleep until the next request may go; false when a deadline comes before."""
        while True:
            now = yield NOW
            tick = math.floor((now - self.started + _MOMENT) / TICK)
            if tick != self._tick:
                self._tick, self._used = tick, 0
            full = self._used >= PER_TICK * math.ceil(len(self.live) / PAGE)
            start = self.started + (tick + 1) * TICK if full else now
            start = max(start, self.not_before)
            if start <= now + _MOMENT:
                self._used += 1
                return True
            if start >= self._first_deadline():
                self.not_before = max(self.not_before, start)
                return False
            yield Sleep(start - now)

    def _list_showed(
        self, entry: Awaited, seen: Sighting, now: float, model: Callable[[], Any]
    ) -> Flow[None]:
        self.shown.append(entry)
        yield from self._note(entry, seen, now, model)

    def _note(
        self, entry: Awaited, seen: Sighting, now: float, model: Callable[[], Any]
    ) -> Flow[None]:
        """Remember what was seen of a job, and tell what changed."""
        before = entry.state
        state = evolve(seen.state, made_at=before.made_at)
        if seen.age is not None:
            entry.born = min(entry.born, now - seen.age)
        if state.status != before.status:
            entry.changed = now
        state = (
            evolve(state, data=model()) if state.terminal else evolve(state, data=None, raw=None)
        )
        entry.state = state
        for handle in entry.handles:
            handle.learn(state)
        if goes_on(entry.told, state.status):
            entry.told += (state.status,)
            yield from self._tell(state, now)
        if state.terminal:
            yield from self._end(entry, state.failure)

    def _tell(self, state: JobState, now: float) -> Flow[None]:
        if self.on_event:
            elapsed = now - self.started
            event = JobEvent(state.id, state.type, state.status, elapsed, state.terminal)
            yield Emit(event, self.on_event)

    def _plan_next(self, entry: Awaited, began: float, now: float) -> None:
        """When to look again at a job that was seen in work which lasted from `began` to `now`.

        It may come up last in the next such work, so that has to begin that much earlier.
        """
        crowd = len(self.live) / JOBS_PER_SECOND
        schedule = schedule_for(entry.state.type)
        pause = max(schedule.pause(now - entry.born, self.engine.settings.rng), crowd)
        ahead = max(0.5 * pause, pause - (now - began))
        reserve = reserve_for(seconds_for(self.timeout, entry.state.type)) + max(crowd, now - began)
        due = next_look(began, ahead, hint=None, deadline=self._deadline(entry), reserve=reserve)
        entry.due = math.inf if due is None else due
        entry.early = min(entry.due, began + 0.5 * pause)

    def _end(self, entry: Awaited, error: SumeError | None) -> Flow[None]:
        del self.live[entry.state.id]
        self._lists.ended += 1
        yield Emit(Outcome(self.handle_of(entry), error), self.on_outcome)

    def handle_of(self, entry: Awaited) -> Any:
        """The caller's handle, or one made from what was seen."""
        return entry.handles[0] if entry.handles else self.engine.handle(entry.state)
