"""Waiting for many jobs at once: one scheduler, one request at a time.

A job's end is only ever told from an answer that showed that job, never concluded from its
absence in a list; and no tick sees more than two requests per hundred jobs that still run.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from attrs import define, evolve, field, frozen

from sume_ext import roles
from sume_ext.calls import Call, perform
from sume_ext.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
    PaginationError,
    SchemaMismatchError,
    SumeError,
    TransportError,
)
from sume_ext.flow import NOW, Emit, Sleep
from sume_ext.job_state import NEVER_SEEN, JobEvent, JobState, hint, sighting
from sume_ext.paging import Walk
from sume_ext.polling import (
    PENDING,
    Timeout,
    check_timeout,
    next_look,
    reserve_for,
    schedule_for,
    seconds_for,
)
from sume_ext.reading_plans import PAGE, Plan, cheapest
from sume_ext.waiting import NEW_JOB_GRACE, asked_wait, end_of_wait, passes, timed_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sume_ext.calls import Reply
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.job_state import Sighting
    from sume_ext.jobs import JobView
    from sume_ext.waiting import Listener

J_co = TypeVar("J_co", bound="JobView", covariant=True)
ReturnWhen = Literal["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"]
"""As the constants of the same names in `concurrent.futures` and `asyncio`."""

TICK = 1.0
PER_TICK = 2
"""Requests per tick and hundred jobs, at most."""
_JOBS_PER_SECOND = 1000.0
"""Jobs looked at per second, in the long run: ten pages."""
_POLLS_PER_ROUND = 50
_VAIN_PAGES = 10
_GONE_SHARE = 0.1
_LIST_FAILURES = 2
_WITHOUT_LISTS = 60.0
_EARLY = 0.25
_LONGEST_HINT = 120.0
_MOMENT = 1e-6


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


@define
class _Entry:
    """One job that is waited for.

    Attributes:
        state: What was last seen, without payload.
        handle: The caller's handle, or None when there was only an id.
        born: When it was created.
        changed: When its status last changed.
        due: When it is to be looked at again.
        early: From when on looking is worth while if it costs nothing extra.
        page: The page of the whole list where it was last seen, or None.
        listed: Whether the list may hold it.
    """

    state: JobState
    handle: JobView | None
    born: float
    changed: float
    due: float
    early: float
    page: int | None = None
    listed: bool = True


@define
class _Scheduler:
    """What is known while waiting for many jobs."""

    engine: Engine
    timeout: Timeout
    on_event: Listener | None
    on_outcome: Callable[[Outcome[Any]], object] | None
    enough: Callable[[], bool]
    started: float
    live: dict[str, _Entry]
    observed: set[str] = field(factory=set[str])
    not_before: float = 0.0
    last_deadline: float = math.inf
    failures: int = 0
    trouble: SumeError | None = None
    tick: int = -1
    used: int = 0
    reading_seconds: float = 0.0
    gone_share: float = _GONE_SHARE
    live_factor: float = 1.0
    page_size: int | None = PAGE
    lists_from: float = 0.0
    list_failures: int = 0
    live_lists: bool = True

    # -- the course of things ------------------------------------------------------------

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

    def _due(self, now: float) -> list[_Entry]:
        due = [entry for entry in self.live.values() if entry.due <= now + _MOMENT]
        return sorted(due, key=lambda entry: entry.due)

    def _wake(self, now: float) -> float:
        next_due = min(entry.due for entry in self.live.values())
        return min(max(next_due, self.not_before), self._first_deadline(), now + 3600.0)

    def _deadline(self, entry: _Entry) -> float:
        limit = seconds_for(self.timeout, entry.state.type)
        return end_of_wait(self.started + limit, entry.state, entry.changed)

    def _first_deadline(self) -> float:
        return min((self._deadline(entry) for entry in self.live.values()), default=math.inf)

    def _expire(self, now: float) -> Flow[None]:
        over = [e for e in self.live.values() if self._deadline(e) <= now + _MOMENT]
        for entry in over:
            error = timed_out(entry.state, now - self.started, self.trouble)
            yield from self._end(entry, error)

    def _round(self, due: list[_Entry], now: float) -> Flow[None]:
        """Look at every job that is due, by whatever takes the fewest requests."""
        horizon = now + self.reading_seconds
        wanted = {e.state.id: e for e in self.live.values() if e.early <= horizon}
        wanted.update((e.state.id, e) for e in due)
        for plan in self._plan(wanted, len(due)) if now >= self.lists_from else ():
            yield from self._read(plan, wanted)
        polls = [e for e in due if e.state.id in wanted and e.state.id in self.live]
        for entry in polls[:_POLLS_PER_ROUND]:
            now = yield NOW
            if not self.live or self.enough():  # one answer may have ended every job
                return
            if now < self.not_before or now >= self._deadline(entry):
                return
            yield from self._poll(entry)

    # -- lists ---------------------------------------------------------------------------

    def _plan(self, wanted: dict[str, _Entry], due: int) -> Iterable[Plan]:
        counts = Counter(entry.state.status for entry in self.live.values())
        order = (*PENDING, *sorted(self.observed.difference(PENDING)))
        statuses = {s: counts[s] for s in order if s in self.observed}
        return cheapest(
            pages=[e.page for e in wanted.values() if e.listed],
            unlisted=sum(not e.listed for e in wanted.values()),
            due=due,
            statuses=statuses if self.live_lists and not counts[NEVER_SEEN] else {},
            gone_share=self.gone_share,
            live_factor=self.live_factor,
        )

    def _read(self, plan: Plan, wanted: dict[str, _Entry]) -> Flow[None]:
        """Read one list as far as it pays; takes what it shows out of `wanted`."""
        started = yield NOW
        before = len(wanted)
        pages = 0
        for status in plan.statuses or (None,):
            walk = Walk(self._list_call(), self._list_arguments(status))
            missing = {i for i, e in wanted.items() if plan.reaches(e.page, e.listed)}
            found_end, count = yield from self._walk(walk, missing, wanted, status)
            pages += count
            if not found_end or self.enough():
                return
            if status is None:
                for lost in missing & wanted.keys():
                    wanted[lost].page, wanted[lost].listed = None, False
        if plan.statuses:
            self.live_factor = max(1.0, pages / plan.pages)
            self.gone_share = (self.gone_share + len(wanted) / max(before, 1)) / 2
        else:
            self.reading_seconds = (yield NOW) - started
            self.gone_share += (_GONE_SHARE - self.gone_share) / 10

    def _walk(
        self, walk: Walk, missing: set[str], wanted: dict[str, _Entry], status: str | None
    ) -> Flow[tuple[bool, int]]:
        """Pages read until that stops to pay; whether it stopped for that, and how many."""
        most, vain, count = len(missing), 0, 0
        while not walk.ended:
            reply = yield from self._list_page(walk)
            if reply is None:
                return False, count
            try:
                page = walk.read(reply, lambda _, raw: raw)
            except SchemaMismatchError:
                self.lists_from = math.inf
                return False, count
            yield from self._note_page(page.data, reply, wanted, None if status else count)
            count += 1
            left = missing & wanted.keys()
            vain = vain + 1 if len(left) == len(missing) else 0
            missing &= left
            # A page that shows nothing new costs as much as a poll that surely would.
            if not left or vain >= min(len(left), _VAIN_PAGES) or count >= most or self.enough():
                break
            try:
                walk.move_on(page)
            except PaginationError:
                self.lists_from = math.inf
                break
        return True, count

    def _list_page(self, walk: Walk) -> Flow[Reply[Any] | None]:
        reply = yield from self._ask(partial(walk.fetch, self._settings()))
        if reply is None:
            self.list_failures += 1
            if self.list_failures >= _LIST_FAILURES:
                # Polls may get through where lists don't; those are tried again later.
                self.lists_from, self.list_failures = (yield NOW) + _WITHOUT_LISTS, 0
            return None
        self.list_failures = 0
        if isinstance(reply, SumeError):
            self._without_list(reply, narrowed="status" in walk.params)
            return None
        return reply

    def _without_list(self, error: SumeError, *, narrowed: bool) -> None:
        """Ask for less the next time, when the list itself is refused."""
        if not isinstance(error, InvalidRequestError):
            self.lists_from = math.inf
        elif narrowed:
            self.live_lists = False
        elif self.page_size is not None:
            self.page_size = None
        else:
            self.lists_from = math.inf

    def _list_call(self) -> Call:
        # Models are made only for jobs that ended: making thousands of running ones a
        # hundred times over would take longer than the requests.
        call = self.engine.lookup("jobs.list")
        return evolve(call, parse=_items_as_they_came)

    def _list_arguments(self, status: str | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {} if self.page_size is None else {"limit": self.page_size}
        if status is not None:
            arguments["status"] = status
        return self.engine.lookup("jobs.list").arguments(**arguments)

    def _note_page(
        self,
        items: tuple[Any, ...],
        reply: Reply[Any],
        wanted: dict[str, _Entry],
        number: int | None,
    ) -> Flow[None]:
        now = yield NOW
        for raw in items:
            if roles.JOB_ID.find(raw) not in self.live:
                continue
            try:
                seen = sighting(None, raw, reply)
            except SchemaMismatchError:
                continue  # it is polled by itself, which tells what is wrong
            entry = self.live[seen.state.id]
            wanted.pop(seen.state.id, None)
            entry.listed = True
            entry.page = entry.page if number is None else number
            yield from self._note(entry, seen, now, partial(self._model, raw))

    def _model(self, raw: Any) -> Any:
        """The generated model of one job in a list."""
        page = {"object": "list", "data": [raw], "has_more": False, "next_cursor": None}
        answer = SimpleNamespace(
            status_code=200, raise_on_unexpected_status=False, json=lambda: page
        )
        parsed = self.engine.lookup("jobs.list").parse(client=answer, response=answer)
        return parsed.data[0]

    # -- single jobs ---------------------------------------------------------------------

    def _poll(self, entry: _Entry) -> Flow[None]:
        call = self.engine.lookup("jobs.get")
        arguments = call.arguments(entry.state.id)
        reply = yield from self._ask(partial(_perform, self._settings(), call, arguments))
        now = yield NOW
        if isinstance(reply, SumeError):
            new = entry.state.fresh and now - self.started <= NEW_JOB_GRACE
            if isinstance(reply, NotFoundError) and new:
                entry.due = now + TICK
            elif entry.state.id in self.live:
                yield from self._end(entry, reply)
        elif reply is not None:
            try:
                seen = sighting(reply.parsed, reply.raw, reply)
            except SchemaMismatchError as error:
                yield from self._end(entry, error)
            else:
                yield from self._note(entry, seen, now, lambda: reply.parsed)

    # -- what both have in common --------------------------------------------------------

    def _ask(self, send: Callable[..., Flow[Reply[Any]]]) -> Flow[Reply[Any] | SumeError | None]:
        """One request: its answer; an error that is about what was asked; None for trouble."""
        if not (yield from self._pace()):
            return None
        now = yield NOW
        within = self.last_deadline - now
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
        self.not_before = max(self.not_before, now + min(seconds, _LONGEST_HINT))

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

    def _settings(self) -> Any:
        # The scheduler is what tries again; a call that did, too, would not be counted.
        settings = self.engine.settings
        return evolve(settings, backoff=evolve(settings.backoff, attempts=1))

    def _note(
        self, entry: _Entry, seen: Sighting, now: float, model: Callable[[], Any]
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
        if entry.handle is not None:
            entry.handle.learn(state)
        if state.status != before.status:
            yield from self._tell(state, now)
        if state.terminal:
            yield from self._end(entry, state.failure)
            return
        self.observed.add(state.status)
        self._plan_next(entry, now)

    def _tell(self, state: JobState, now: float) -> Flow[None]:
        if self.on_event:
            elapsed = now - self.started
            event = JobEvent(state.id, state.type, state.status, elapsed, state.terminal)
            yield Emit(event, self.on_event)

    def _plan_next(self, entry: _Entry, now: float) -> None:
        schedule = schedule_for(entry.state.type)
        crowd = len(self.live) / _JOBS_PER_SECOND
        pause = max(schedule.pause(now - entry.born, self.engine.settings.rng), crowd)
        reserve = reserve_for(seconds_for(self.timeout, entry.state.type)) + crowd
        due = next_look(now, pause, hint=None, deadline=self._deadline(entry), reserve=reserve)
        entry.due = math.inf if due is None else due
        entry.early = entry.due - _EARLY * pause

    def _end(self, entry: _Entry, error: SumeError | None) -> Flow[None]:
        del self.live[entry.state.id]
        yield Emit(Outcome(self.handle_of(entry), error), self.on_outcome)

    def handle_of(self, entry: _Entry) -> Any:
        """The caller's handle, or one made from what was seen."""
        return entry.handle if entry.handle is not None else self.engine.handle(entry.state)


def _items_as_they_came(*, client: Any, response: Any) -> Any:
    del client
    return SimpleNamespace(data=response.json().get("data"))


def _perform(
    settings: Any, call: Call, arguments: dict[str, Any], *, within: float
) -> Flow[Reply[Any]]:
    return perform(settings, call, arguments, within=within)


def attend(
    engine: Engine,
    jobs: Iterable[str | JobView],
    timeout: Timeout,
    *,
    on_event: Listener | None = None,
    on_outcome: Callable[[Outcome[Any]], object] | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Flow[list[Outcome[Any]]]:
    """Wait for jobs, emitting an `Outcome` for each; answers with those that still run.

    Args:
        engine: The client's.
        jobs: Ids, or handles, which are brought up to date.
        timeout: Seconds for all of them together.
        on_event: Called with each `JobEvent`.
        on_outcome: Called with each `Outcome`, once per job.
        enough: Whether to stop before all have ended.
    """
    check_timeout(timeout)
    now = yield NOW
    live: dict[str, _Entry] = {}
    for job in _targets(jobs):
        handle = None if isinstance(job, str) else job
        state = JobState(job) if isinstance(job, str) else job._state  # noqa: SLF001
        live.setdefault(state.id, _Entry(state, handle, now, now, now, now))
    scheduler = _Scheduler(engine, timeout, on_event, on_outcome, enough, now, live)
    yield from scheduler.run()
    return [Outcome(scheduler.handle_of(entry)) for entry in scheduler.live.values()]


def _targets(jobs: Iterable[str | JobView]) -> list[str | JobView]:
    if isinstance(jobs, str):
        raise InvalidArgumentError(
            f"{jobs!r} is one id, not several.", hint="Pass a list: [job_id]."
        )
    targets = [*jobs]
    for job in targets:
        if not (isinstance(job, str) and job) and not hasattr(job, "learn"):
            raise InvalidArgumentError(
                f"{job!r} is neither an id nor a handle.", hint="Pass ids, or handles of jobs."
            )
    return targets


def wait_many(
    engine: Engine,
    jobs: Iterable[str | JobView],
    *,
    timeout: Timeout = "auto",
    on_event: Listener | None = None,
    return_when: ReturnWhen = "ALL_COMPLETED",
) -> Flow[Any]:
    """Wait for many jobs with few requests; answers with an `Outcome` for each, in order.

    What fails is told in its outcome, never raised, so that one job can't hide the others.
    The lists of jobs are read instead of polling each, where that takes fewer requests.

    Args:
        engine: The client's.
        jobs: Ids, or handles, which are brought up to date; one given twice has one outcome.
        timeout: Seconds for all of them together; ``"auto"`` is 600 for images and 1800 for
            others; None waits without bound.
        on_event: Called with each `JobEvent`; what it raises ends the wait unchanged.
        return_when: ``ALL_COMPLETED``, ``FIRST_COMPLETED`` (any ended) or
            ``FIRST_EXCEPTION`` (any ended without a result), as in `concurrent.futures`.
    """
    if return_when not in ("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"):
        raise InvalidArgumentError(
            f"return_when is {return_when!r}.",
            hint="Use ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION.",
        )
    asked = _targets(jobs)
    outcomes: dict[str, Outcome[Any]] = {}

    def keep(outcome: Outcome[Any]) -> None:
        outcomes[outcome.job.id] = outcome

    def enough() -> bool:
        match return_when:
            case "ALL_COMPLETED":
                return False
            case "FIRST_COMPLETED":
                return bool(outcomes)
            case "FIRST_EXCEPTION":
                return any(outcome.error for outcome in outcomes.values())

    running = yield from attend(
        engine, asked, timeout, on_event=on_event, on_outcome=keep, enough=enough
    )
    for outcome in running:
        keep(outcome)
    return [outcomes[job if isinstance(job, str) else job.id] for job in asked]


def as_completed(
    engine: Engine, jobs: Iterable[str | JobView], *, timeout: Timeout = "auto"
) -> Flow[Any]:
    """Wait for many jobs and hand out the `Outcome` of each as soon as it is known.

    Args:
        engine: The client's.
        jobs: Ids, or handles, which are brought up to date; one given twice comes once.
        timeout: As for `wait_many`; jobs that take longer come with a `JobTimeoutError`.
    """
    return attend(engine, jobs, timeout)
