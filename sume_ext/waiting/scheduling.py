"""Waiting for many jobs at once: one scheduler, one request at a time.

A job's end is only ever told from an answer that showed that job, never concluded from its
absence in a list; and no tick sees more than two requests per hundred jobs that still run.
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
    NotFoundError,
    SchemaMismatchError,
    SumeError,
    TransportError,
)
from sume_ext.flow import NOW, Emit, Sleep
from sume_ext.waiting.job_state import JobEvent, JobState, hint, sighting
from sume_ext.waiting.list_reading import Entry, ListReader
from sume_ext.waiting.one import NEW_JOB_GRACE, asked_wait, end_of_wait, passes, timed_out
from sume_ext.waiting.outcomes import Outcome
from sume_ext.waiting.polling import (
    LONGEST_HINT,
    Timeout,
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
    from sume_ext.waiting.job_state import Sighting
    from sume_ext.waiting.one import Listener

__all__ = ["Entry", "Scheduler"]

TICK = 1.0
PER_TICK = 2
"""Requests per tick and hundred jobs, at most."""
_JOBS_PER_SECOND = 1000.0
"""Jobs looked at per second, in the long run: ten pages."""
_LONGEST_LOOK = 15.0
"""Seconds after which a look is given up, for the sake of the jobs that wait behind it."""
_POLLS_PER_ROUND = 50
_EARLY = 0.25
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
    """

    engine: Engine
    timeout: Timeout
    on_event: Listener | None
    on_outcome: Callable[[Outcome[Any]], object] | None
    enough: Callable[[], bool]
    started: float
    live: dict[str, Entry]
    not_before: float = -math.inf
    last_deadline: float = math.inf
    failures: int = 0
    trouble: SumeError | None = None
    tick: int = -1
    used: int = 0
    settings: Settings = field(init=False)
    lists: ListReader = field(init=False)

    def __attrs_post_init__(self) -> None:
        # The scheduler is what tries again; a call that did, too, would not be counted.
        given = self.engine.settings
        self.settings = evolve(given, backoff=evolve(given.backoff, attempts=1))
        self.lists = ListReader(
            self.engine, self.settings, self.live, self._ask, self._note, self.enough
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
            self.last_deadline = max(map(self._deadline, self.live.values()), default=now)
            due = self._due(now)
            if due and now >= self.not_before - _MOMENT:
                yield from self._round(due, now)
            elif self.live and not self.enough():
                yield Sleep(max(_MOMENT, self._wake(now) - now))

    def _due(self, now: float) -> list[Entry]:
        due = [entry for entry in self.live.values() if entry.due <= now + _MOMENT]
        return sorted(due, key=lambda entry: entry.due)

    def _wake(self, now: float) -> float:
        next_due = min(entry.due for entry in self.live.values())
        return min(max(next_due, self.not_before), self._first_deadline(), now + 3600.0)

    def _deadline(self, entry: Entry) -> float:
        limit = seconds_for(self.timeout, entry.state.type)
        return end_of_wait(self.started + limit, entry.state, entry.changed)

    def _first_deadline(self) -> float:
        return min((self._deadline(entry) for entry in self.live.values()), default=math.inf)

    def _expire(self, now: float) -> Flow[None]:
        over = [e for e in self.live.values() if self._deadline(e) <= now + _MOMENT]
        for entry in over:
            error = timed_out(entry.state, now - self.started, self.trouble)
            yield from self._end(entry, error)

    def _round(self, due: list[Entry], now: float) -> Flow[None]:
        """Look at every job that is due, by whatever takes the fewest requests."""
        horizon = now + self.lists.seconds
        wanted = {e.state.id: e for e in self.live.values() if e.early <= horizon}
        wanted.update((e.state.id, e) for e in due)
        for plan in self.lists.plan(wanted, len(due)) if now >= self.lists.usable_from else ():
            yield from self.lists.read(plan, wanted)
        polls = [e for e in due if e.state.id in wanted and e.state.id in self.live]
        for entry in polls[:_POLLS_PER_ROUND]:
            now = yield NOW
            if not self.live or self.enough():  # one answer may have ended every job
                return
            if now < self.not_before or now >= self._deadline(entry):
                return
            yield from self._poll(entry)

    def _poll(self, entry: Entry) -> Flow[None]:
        reply = yield from self._ask(partial(self._get, entry.state.id))
        now = yield NOW
        if reply is None:
            # Trouble with one job must not keep the others from being looked at: they go first.
            entry.due = max(now, self.not_before) + TICK
        if isinstance(reply, SumeError):
            new = entry.state.fresh and now - self.started <= NEW_JOB_GRACE
            if isinstance(reply, NotFoundError) and new:
                entry.due = now + TICK
            elif entry.state.id in self.live:
                yield from self._end(entry, reply)
        elif reply is not None:
            try:
                seen = sighting(reply.parsed, reply.raw, reply, asked=entry.state.id)
            except SchemaMismatchError as error:
                yield from self._end(entry, error)
            else:
                yield from self._note(entry, seen, now, lambda: reply.parsed)

    def _get(self, job_id: str, *, within: float) -> Flow[Reply[Any]]:
        call = self.engine.lookup("jobs.get")
        return (yield from perform(self.settings, call, call.arguments(job_id), within=within))

    def _ask(self, send: Callable[..., Flow[Reply[Any]]]) -> Flow[Reply[Any] | SumeError | None]:
        """One request: its answer; an error that is about what was asked; None for trouble."""
        if not (yield from self._pace()):
            return None
        now = yield NOW
        within = min(self.last_deadline - now, _LONGEST_LOOK)
        if within <= 0:
            return None
        try:
            reply = yield from send(within=within)
        except SumeError as error:
            now = yield NOW
            if passes(error):
                self.failures += 1
                pause = self.engine.settings.backoff.pause(self.failures, self.engine.settings.rng)
                self._hold(now, max(pause, asked_wait(error) or 0.0))
                self.trouble = error
                return None
            if isinstance(error, AuthenticationError | TransportError | ConfigurationError):
                for entry in [*self.live.values()]:
                    yield from self._end(entry, error)
                return None
            return error
        self.failures, self.trouble = 0, None
        self._hold((yield NOW), hint(reply) or 0.0)
        return reply

    def _hold(self, now: float, seconds: float) -> None:
        self.not_before = max(self.not_before, now + min(seconds, LONGEST_HINT))

    def _pace(self) -> Flow[bool]:
        """Sleep until the next request may go; false when a deadline comes before."""
        while True:
            now = yield NOW
            tick = math.floor((now - self.started + _MOMENT) / TICK)
            if tick != self.tick:
                self.tick, self.used = tick, 0
            full = self.used >= PER_TICK * math.ceil(len(self.live) / PAGE)
            start = self.started + (tick + 1) * TICK if full else now
            start = max(start, self.not_before)
            if start <= now + _MOMENT:
                self.used += 1
                return True
            if start >= self._first_deadline():
                self.not_before = max(self.not_before, start)
                return False
            yield Sleep(start - now)

    def _note(
        self, entry: Entry, seen: Sighting, now: float, model: Callable[[], Any]
    ) -> Flow[None]:
        """Remember what was seen of a job, tell what changed, and plan the next look."""
        state, before = seen.state, entry.state
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
        if state.status != before.status:
            yield from self._tell(state, now)
        if state.terminal:
            yield from self._end(entry, state.failure)
            return
        self._plan_next(entry, now)

    def _tell(self, state: JobState, now: float) -> Flow[None]:
        if self.on_event:
            elapsed = now - self.started
            event = JobEvent(state.id, state.type, state.status, elapsed, state.terminal)
            yield Emit(event, self.on_event)

    def _plan_next(self, entry: Entry, now: float) -> None:
        schedule = schedule_for(entry.state.type)
        crowd = len(self.live) / _JOBS_PER_SECOND
        pause = max(schedule.pause(now - entry.born, self.engine.settings.rng), crowd)
        reserve = reserve_for(seconds_for(self.timeout, entry.state.type)) + crowd
        due = next_look(now, pause, hint=None, deadline=self._deadline(entry), reserve=reserve)
        entry.due = math.inf if due is None else due
        entry.early = entry.due - _EARLY * pause

    def _end(self, entry: Entry, error: SumeError | None) -> Flow[None]:
        del self.live[entry.state.id]
        yield Emit(Outcome(self.handle_of(entry), error), self.on_outcome)

    def handle_of(self, entry: Entry) -> Any:
        """The caller's handle, or one made from what was seen."""
        return entry.handles[0] if entry.handles else self.engine.handle(entry.state)
