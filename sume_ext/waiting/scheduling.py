"""Waiting for many jobs at once: one scheduler, and few requests.

A job's end is only ever told from an answer that showed that job, never concluded from its
absence in a list; and no tick sees more than two requests per hundred jobs that still run.

Why every end is noticed in time. Work is done in rounds; a round begins when the first job is
due, and looks at every job whose pause is half over: lists first, one page after the other, as
far as they spare requests, then polls, the longest due first, side by side as far as the budget
has room for more than one answer after the other. Let ``b`` be the bound of a job's schedule
(or ``n / 500`` seconds among ``n`` jobs, if that is more), ``d`` the time of one request, and
``S`` the time that a round takes to read lists and to poll what has dropped out of them.

* What the lists show, where they tell the truth: a job shown by a round is due
  ``max(b/2, b - S)`` after that round began. Polls give way when it is due, but for as many as
  their round had pages, which take another ``S`` at most. So the next reading begins after
  ``b - S``, ``b/2`` or ``2 S``, whichever is most, and has shown the job ``S`` later: its end is
  noticed within ``max(b, 3 S) + d``. A reading that takes longer than the one before it adds the
  difference.
* What single polls cover: at least half the requests of a round are polls, while a job is left
  to poll. So each of ``u`` jobs that no list shows gets its turn within ``2 u`` requests: its
  end is noticed within ``max(b, time of 2 u requests) + d``.
* What the budget permits: a tick has room for ``2 n / 100`` requests, so ``2 u`` of them take
  100 ticks at most, or ``d / 10`` each where ten side by side don't use the budget up. A list
  that shows only our jobs needs ``n / 100`` pages: half a tick's budget.

Hence the bound is the schedule's whenever the lists are read within a third of it. It can't be
where lists don't show the jobs: the budget grants each of ``n`` polled jobs a look in 50 ticks,
and in 100 beside jobs that lists show. Trouble (429, 5xx, lost answers) adds its own pauses.

Lists that lag or freeze are found out: for every few pages, a job that they show is polled, too,
and as long as that finds what has ended, so is the next; the few of a round add their time to
``d``. A list that shows a job running after a
poll has shown its end is not read for a while; then all jobs are polled. And whatever the lists
say, no job's time is told to be over before a poll late in its time, for which the budget has
room.
"""

from __future__ import annotations

import math
from collections import deque
from functools import partial
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from sume_ext.calling.calls import Reply, Settings, perform
from sume_ext.errors import SchemaMismatchError, SumeError
from sume_ext.flow import NOW, WALL_CLOCK, Emit, Sleep
from sume_ext.waiting.asking import MOMENT, TICK, Asker, Nothing
from sume_ext.waiting.job_state import JobEvent, JobState, hint, sighting
from sume_ext.waiting.list_reading import ListReader
from sume_ext.waiting.one import MOST_FOREIGN, end_of_wait, may_be_new, unreadable
from sume_ext.waiting.outcomes import Outcome, out_of_time
from sume_ext.waiting.polling import (
    FAILED,
    LONGEST_HINT,
    Timeout,
    goes_on,
    next_look,
    reserve_for,
    schedule_for,
    seconds_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.waiting.asking import Heard
    from sume_ext.waiting.awaited import Awaited
    from sume_ext.waiting.job_state import Sighting
    from sume_ext.waiting.one import Listener

JOBS_PER_SECOND = 500.0
"""How many jobs are looked at per second in the long run: however many there are, this client
asks for about ten pages a second, not hundreds."""
_SAMPLES_PER_READING = 0.3
_SAMPLES_PER_PAGE = 0.2
"""How many of the jobs that lists show are polled, too."""
_LAST_POLLS_SHARE = 0.25
"""The share of a wait, at its end, in which the last polls are made, at most."""
_LAST_CHANCE = 60.0
"""Seconds for one last look at jobs whose time ran out while the caller was busy."""
_BUSY = 0.1
"""Seconds that a caller may take for an event before anybody looks what it missed."""


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
        shown: The jobs that the lists of this round have shown, by id.
    """

    engine: Engine
    timeout: Timeout
    on_event: Listener | None
    on_outcome: Callable[[Outcome[Any]], object] | None
    enough: Callable[[], bool]
    started: float
    live: dict[str, Awaited]
    shown: dict[str, Awaited] = field(factory=dict[str, "Awaited"])
    _samples: float = -1.0  # the first looks are the most urgent
    _settings: Settings = field(init=False)
    _asker: Asker = field(init=False)
    _lists: ListReader = field(init=False)

    def __attrs_post_init__(self) -> None:
        # The scheduler is what tries again; a call that did, too, would not be counted.
        given = self.engine.settings
        self._settings = evolve(given, backoff=evolve(given.backoff, attempts=1), paced=True)
        self._asker = Asker(self._settings, self.started, self.live, self._first_deadline)
        self._lists = ListReader(
            self.engine, self._settings, self.live, self._asker.ask, self._list_showed, self._done
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
            self._asker.last_deadline = max(map(self._deadline, self.live.values()))
            start = max(min(e.due for e in self.live.values()), self._asker.not_before)
            if start <= now + MOMENT:
                yield from self._round(now)
                yield from self._give_up()
            else:
                yield Sleep(min(start, self._first_deadline(), now + 3600.0) - now)

    def _done(self) -> bool:
        return self._asker.over is not None or self.enough()

    def _limit(self, entry: Awaited) -> float:
        limit = seconds_for(self.timeout, entry.state.type)
        return end_of_wait(self.started + limit, entry.state, entry.changed)

    def _deadline(self, entry: Awaited) -> float:
        granted = -math.inf if entry.granted is None else entry.granted + _LAST_CHANCE
        return max(self._limit(entry), granted)

    def _first_deadline(self) -> float:
        return min(map(self._deadline, self.live.values()), default=math.inf)

    def _expire(self, now: float) -> Flow[None]:
        for entry in [*self.live.values()]:
            # A job that was granted a last look is done with as soon as it had it.
            looked = entry.granted is not None and (entry.seen or -math.inf) >= entry.granted
            end = self._limit(entry) if looked else self._deadline(entry)
            if end > now + MOMENT:
                continue
            if entry.verdict:
                yield from self._conclude(entry, now)
            else:
                error = out_of_time(entry, self.started, now, self._asker.trouble)
                yield from self._end(entry, error)

    def _give_up(self) -> Flow[None]:
        """End every job when no request can go well any more."""
        if self._asker.over is not None:
            for entry in [*self.live.values()]:
                yield from self._end(entry, self._asker.over)

    def _round(self, began: float) -> Flow[None]:
        """Look at every job whose pause is half over, by whatever takes the fewest requests."""
        ripe = [e for e in self.live.values() if e.early <= began + MOMENT]
        wanted = {e.state.id: e for e in ripe if not e.verdict}
        before = self._asker.requests
        doubted = yield from self._lists.read(wanted)
        pages = self._asker.requests - before
        now = yield NOW
        if doubted:  # what they showed may be as old as what gave them away
            self.shown.clear()
            wanted = dict(self.live)
            for entry in self.live.values():
                entry.due, entry.early = min(entry.due, now), min(entry.early, now)
        self._plan_shown(began, now)
        self._take_samples(pages, now)
        polls = [
            e
            for e in self.live.values()
            if (e.alone or e.state.id in wanted) and e.due <= now + MOMENT
        ]
        last = yield from self._poll_in_turn(polls, at_least=max(1, pages))
        self._plan_shown(began, max(now, last))
        self.shown.clear()

    def _plan_shown(self, began: float, now: float) -> None:
        for entry in self.shown.values():
            if not entry.alone:
                self._plan_next(entry, began, now)

    def _take_samples(self, pages: int, now: float) -> None:
        """Have some of what the lists showed polled, too: those that wait for that longest."""
        if pages:
            self._samples += _SAMPLES_PER_READING + pages * _SAMPLES_PER_PAGE
        count = int(self._samples)
        self._samples -= count
        for entry in self._samples_of(count):
            entry.alone, entry.due = True, now

    def _samples_of(self, count: int) -> list[Awaited]:
        left = [e for i, e in self.shown.items() if i in self.live and not e.alone]
        return nsmallest(count, left, key=_longest_unpolled) if count else []

    def _poll_in_turn(self, polls: list[Awaited], *, at_least: int) -> Flow[float]:
        """Poll the longest due first, until other jobs are due; but for `at_least` so many.

        Returns:
            When the last job was polled that a list has shown before.
        """
        mine = {entry.state.id for entry in polls}
        others = [e for e in self.live.values() if e.state.id not in mine]
        until = min((min(e.due, self._deadline(e)) for e in others), default=math.inf)
        queue = deque(sorted(polls, key=lambda entry: entry.due))
        began: float = yield NOW
        last, count = began, 0
        while queue and not self._done():
            now = yield NOW
            if now < self._asker.not_before or now >= self._deadline(queue[0]):
                break
            if count >= at_least and now >= until:
                break
            room = yield from self._asker.room(len(queue))
            if not room:
                break
            batch = [queue.popleft() for _ in range(room)]
            if (yield from self._poll(batch, began)):
                # The list just before it didn't show that end: maybe it misses others, too.
                now = yield NOW
                for entry in self._samples_of(1):
                    entry.alone, entry.due = True, now
                    queue.append(entry)
            now, count = (yield NOW), count + room
            last = now if any(entry.listed for entry in batch) else last
        return last

    def _poll(self, batch: list[Awaited], began: float) -> Flow[bool]:
        """Look at each; whether one has ended that the lists of this round showed running."""
        sends = [partial(self._get, entry.state.id) for entry in batch]
        missed = False
        for entry, heard in zip(batch, (yield from self._asker.send(sends)), strict=True):
            running = entry.state.id in self.shown and not entry.verdict
            yield from self._hear(entry, heard, began)
            missed = missed or (running and entry.state.terminal)
        return missed

    def _get(self, job_id: str, *, within: float) -> Flow[Reply[Any]]:
        call = self.engine.lookup("jobs.get")
        return (yield from perform(self._settings, call, call.arguments(job_id), within=within))

    def _hear(self, entry: Awaited, heard: Heard, began: float) -> Flow[None]:
        """Take down what a single look came to."""
        now = yield NOW
        if entry.state.id not in self.live or heard is Nothing.NO_TIME:
            return
        entry.troubled = not isinstance(heard, Reply)
        if isinstance(heard, Nothing) or (
            isinstance(heard, SumeError) and may_be_new(heard, entry.state, now)
        ):
            # Trouble with one job must not keep the others from being looked at: they go first.
            entry.due = entry.early = max(now, self._asker.not_before) + TICK
            return
        if isinstance(heard, SumeError):
            yield from self._refused(entry, heard, now)
            return
        try:
            seen = sighting(heard.parsed, heard.raw, heard, asked=entry.state.id)
        except SchemaMismatchError as error:
            yield from self._refused(entry, error, now)
            return
        entry.alone, entry.polled, entry.odd = False, now, 0
        if seen.state.terminal:
            self._lists.learn_end(entry.state.id)
        elif entry.verdict:
            yield from self._conclude(entry, now)
            return
        yield from self._note(entry, seen, now, lambda: heard.parsed)
        self._plan_next(entry, began, now, asked=hint(heard, (yield WALL_CLOCK)) or 0.0)

    def _refused(self, entry: Awaited, error: SumeError, now: float) -> Flow[None]:
        entry.odd += isinstance(error, SchemaMismatchError)
        if entry.verdict:
            yield from self._conclude(entry, now)
        elif not isinstance(error, SchemaMismatchError):
            yield from self._end(entry, error)
        elif entry.odd >= MOST_FOREIGN:
            yield from self._end(entry, unreadable(entry.state, error))
        else:  # a gateway's JSON, perhaps
            entry.due = entry.early = now + TICK * 2**entry.odd

    def _conclude(self, entry: Awaited, now: float) -> Flow[None]:
        """End a job as a list told, when no single look tells more."""
        if entry.verdict:
            seen, model = entry.verdict
            yield from self._note(entry, seen, now, model)

    def _list_showed(
        self, entry: Awaited, seen: Sighting, now: float, model: Callable[[], Any]
    ) -> Flow[None]:
        state = seen.state
        self.shown[state.id] = entry
        if state.status == FAILED and not (state.error_code or state.error_message):
            # Only the single look is documented to say why.
            entry.verdict, entry.seen = (seen, model), now
            entry.alone, entry.due, entry.early = True, min(entry.due, now), min(entry.early, now)
        else:
            yield from self._note(entry, seen, now, model)

    def _note(
        self, entry: Awaited, seen: Sighting, now: float, model: Callable[[], Any]
    ) -> Flow[None]:
        """Remember what was seen of a job, and tell what changed."""
        before = entry.state
        state = before.after(seen.state)
        if seen.age is not None:
            entry.born = min(entry.born, now - seen.age)
        if state.status != before.status:
            entry.changed = now
        state = (
            evolve(state, data=model()) if state.terminal else evolve(state, data=None, raw=None)
        )
        entry.state, entry.seen, entry.troubled = state, now, False
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
            yield from self._hand_out(Emit(event, self.on_event))

    def _hand_out(self, step: Emit) -> Flow[None]:
        """Emit; jobs whose time ran out while the caller was busy with that get one more look."""
        before = yield NOW
        yield step
        now = yield NOW
        if now - before < _BUSY:
            return
        for entry in self.live.values():
            if before < self._deadline(entry) <= now:
                entry.granted = entry.due = entry.early = now
                self._asker.last_deadline = max(self._asker.last_deadline, now + _LAST_CHANCE)

    def _plan_next(self, entry: Awaited, began: float, now: float, *, asked: float = 0.0) -> None:
        """When to look again at a job that was seen in work which lasted from `began` to `now`.

        It may come up last in the next such work, so that has to begin that much earlier.

        Args:
            entry: The job.
            began: When that work began.
            now: When it ended.
            asked: Seconds the server asked to wait before another look at this very job.
        """
        crowd = len(self.live) / JOBS_PER_SECOND
        schedule = schedule_for(entry.state.type)
        limit, deadline = seconds_for(self.timeout, entry.state.type), self._deadline(entry)
        pause = max(schedule.pause(now - entry.born, self.engine.settings.rng), crowd)
        ahead = max(0.5 * pause, pause - (now - began))
        reserve = reserve_for(limit) + max(crowd, now - began)
        due = next_look(began, ahead, hint=None, deadline=deadline, reserve=reserve)
        if due is not None and asked:
            due = max(due, now + min(asked, LONGEST_HINT))
            due = due if due <= deadline - reserve else None
        entry.due = math.inf if due is None else due
        entry.early = entry.due if asked else min(entry.due, began + 0.5 * pause)
        if entry.polled < (entry.seen or -math.inf):
            self._plan_last_poll(entry, now, deadline, limit)

    def _plan_last_poll(self, entry: Awaited, now: float, deadline: float, limit: float) -> None:
        """Have a job that only lists show polled before its time is over, each at its own moment.

        A poll per job is half of what the budget has room for in those moments.
        """
        reserve = reserve_for(limit)
        room = 2 * self._asker.seconds_to_poll(len(self.live))
        first = deadline - reserve - min(room, _LAST_POLLS_SHARE * limit)
        moment = first + entry.share * (deadline - reserve - first)
        if entry.polled < first and now < deadline - reserve and entry.due >= moment:
            entry.alone, entry.due = True, max(moment, now)
            entry.early = min(entry.early, entry.due)

    def _end(self, entry: Awaited, error: SumeError | None) -> Flow[None]:
        del self.live[entry.state.id]
        self._lists.count_end()
        yield from self._hand_out(Emit(Outcome(self.handle_of(entry), error), self.on_outcome))

    def handle_of(self, entry: Awaited) -> Any:
        """The caller's handle, or one made from what was seen."""
        return entry.handles[0] if entry.handles else self.engine.handle(entry.state)


def _longest_unpolled(entry: Awaited) -> tuple[float, float]:
    return entry.polled, entry.born
