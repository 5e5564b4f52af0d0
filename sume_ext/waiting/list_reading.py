"""Seeing many jobs with one request: reading the lists of jobs, as far as that pays.

A list only ever tells of jobs that it shows: what it doesn't show is left for single polls, so
one that shifts or is refused costs requests and loses nothing. One that shows a job running
after a poll has shown its end is doubted and left alone for a while; and no reading takes more
requests than polling the jobs it was begun for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from sume_ext import roles
from sume_ext.calling.calls import model_of
from sume_ext.errors import (
    InvalidRequestError,
    PaginationError,
    SchemaMismatchError,
    SumeError,
)
from sume_ext.flow import NOW
from sume_ext.paging import Walk
from sume_ext.waiting.asking import Nothing
from sume_ext.waiting.job_state import NEVER_SEEN, sighting
from sume_ext.waiting.polling import PENDING, TERMINAL
from sume_ext.waiting.reading_plans import PAGE, Plan, cheapest

if TYPE_CHECKING:
    from sume_ext.calling.calls import Call, Reply, Settings
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.waiting.asking import Heard, Send
    from sume_ext.waiting.awaited import Awaited
    from sume_ext.waiting.job_state import Sighting

Ask = Callable[["Send"], "Flow[Heard]"]
Note = Callable[["Awaited", "Sighting", float, Callable[[], Any]], "Flow[None]"]

_VAIN_PAGES = 10
_FAILURES = 2
_WITHOUT_LISTS = 60.0
"""Seconds without lists after they failed in a row, or showed what was no longer so; doubled
each time they do the latter."""
_SHORT_PAUSE = 5.0
"""Seconds without lists after one made no sense or was refused, quadrupled each time in a row."""
_MOST_ODD = 3
"""Times in a row that lists may make no sense, or be refused, before they are done without."""


@define
class ListReader:
    """What earlier readings taught about the lists, and how to read them.

    Attributes:
        engine: The client's.
        settings: What each request goes by.
        live: The jobs that are waited for, by id.
        ask: Sends one request: its answer, an error about it, or None for trouble that passes.
        note: Takes down what was seen of a job.
        enough: Whether the wait is over.
        usable_from: Before when not to read lists; infinity once they were refused for good.
        ended: How many jobs have ended since the last reading: about as many will have ended
            by the next, and be missing from the lists of what still runs.
        strangers: How many pages those lists held beyond what our own jobs account for.
        observed: Every status that was seen of a job that still ran.
        page_size: What to ask for, or None once the API refused to be asked.
        by_status: Whether lists can be had by status.
    """

    engine: Engine
    settings: Settings
    live: dict[str, Awaited]
    ask: Ask
    note: Note
    enough: Callable[[], bool]
    usable_from: float = -math.inf
    ended: int = 0
    strangers: int = 0
    observed: set[str] = field(factory=set[str])
    page_size: int | None = PAGE
    by_status: bool = True
    _failures: int = 0
    _odd: int = 0
    _doubts: int = 0
    _doubted: bool = False
    _known_ends: set[str] = field(factory=set[str])

    def count_end(self) -> None:
        """A job isn't waited for any more."""
        self.ended += 1

    def learn_end(self, job_id: str) -> None:
        """A poll showed the end of a job: from now on, a list that shows it running is old."""
        self._known_ends.add(job_id)

    def read(self, wanted: dict[str, Awaited]) -> Flow[bool]:
        """Read whatever lists spare requests; takes the jobs they show out of `wanted`.

        The lists of what still runs leave over what has ended meanwhile; when that is more
        than was expected, the whole list is read for it.

        Returns:
            Whether they turned out to show what is no longer so.
        """
        now = yield NOW
        self._doubted = False
        if now < self.usable_from:
            return False
        ended, self.ended = self.ended, 0
        plan = self._plan(wanted, self._running(), ended)
        while plan is not None:
            sound = yield from self._read(plan, wanted)
            if not sound or not plan.statuses or self.enough():
                break
            plan = self._plan(wanted, {}, 0)
        return self._doubted

    def _plan(self, wanted: dict[str, Awaited], running: dict[str, int], ended: int) -> Plan | None:
        return cheapest(
            pages=[e.page for e in wanted.values() if e.listed],
            unlisted=sum(not e.listed for e in wanted.values()),
            running=running,
            ended=ended,
            strangers=self.strangers,
        )

    def _running(self) -> dict[str, int]:
        """How many jobs run in each status, in the order of their course; empty if not to be used.

        In that order, a job that moves on while it is looked for is met again, not missed.
        """
        counts = Counter(entry.state.status for entry in self.live.values())
        self.observed |= counts.keys() - {NEVER_SEEN}
        if not self.by_status or counts[NEVER_SEEN]:
            return {}
        order = (*PENDING, *sorted(self.observed.difference(PENDING)))
        return {status: counts[status] for status in order if status in self.observed}

    def _read(self, plan: Plan, wanted: dict[str, Awaited]) -> Flow[bool]:
        """One reading, as far as it pays; false when it was broken off for trouble."""
        pages, to_the_end = 0, True
        for status in plan.statuses or (None,):
            walk = Walk(self._list_call(), self._list_arguments(status))
            sought = {i for i, e in wanted.items() if plan.reaches(e.page, e.listed)}
            sound, count = yield from self._walk(walk, sought, wanted, status)
            pages += count
            to_the_end = to_the_end and walk.ended
            if not sound or self.enough():
                return False
            if status is None:
                for lost in sought & wanted.keys():
                    wanted[lost].page, wanted[lost].listed = None, False
        self._odd = 0
        if plan.statuses:
            self.strangers = max(0, pages - plan.pages)
        if plan.statuses and to_the_end:
            # What ran and is on no list of what runs has probably ended: no reason to wait.
            now = yield NOW
            for gone in wanted.values():
                gone.due = min(gone.due, now) if gone.listed else gone.due
        return True

    def _walk(
        self, walk: Walk, sought: set[str], wanted: dict[str, Awaited], status: str | None
    ) -> Flow[tuple[bool, int]]:
        """Read pages until that stops to pay.

        Returns:
            False when it was broken off for what it came to, and how many pages were read.
        """
        missing, vain, count = len(sought), 0, 0
        while not walk.ended:
            reply = yield from self._list_page(walk)
            if reply is None:
                return False, count
            now = yield NOW
            try:
                page = walk.read(reply, lambda _, raw: raw)
            except SchemaMismatchError:
                self._pause(now)
                return False, count
            yield from self._note_page(page.data, reply, wanted, None if status else count)
            count += 1
            if self._doubted:
                self._doubts += 1
                self.usable_from = now + _WITHOUT_LISTS * 2 ** (self._doubts - 1)
                return False, count
            left = len(sought & wanted.keys())
            vain = vain + 1 if left == missing else 0
            missing = left
            walk.ended = not page.has_more
            # A page that shows nothing new costs as much as a poll that surely would.
            if not left or vain >= min(left, _VAIN_PAGES) or count >= len(sought) or self.enough():
                break
            try:
                walk.move_on(page)
            except PaginationError:
                self._pause(now)
                return False, count
        return True, count

    def _pause(self, now: float) -> None:
        """Do without lists for a while, which may be a hiccup's; for good after several."""
        self._odd += 1
        pause = _SHORT_PAUSE * 4 ** (self._odd - 1) if self._odd < _MOST_ODD else math.inf
        self.usable_from = now + pause

    def _list_page(self, walk: Walk) -> Flow[Reply[Any] | None]:
        heard = yield from self.ask(partial(walk.fetch, self.settings))
        if heard is Nothing.NO_TIME:
            return None  # which says nothing of the lists
        now = yield NOW
        if isinstance(heard, Nothing):
            self._failures += 1
            if self._failures >= _FAILURES:
                # Polls may get through where lists don't; those are tried again later.
                self.usable_from, self._failures = now + _WITHOUT_LISTS, 0
            return None
        self._failures = 0
        if isinstance(heard, SumeError):
            self._without_list(heard, now, narrowed="status" in walk.params)
            return None
        return heard

    def _without_list(self, error: SumeError, now: float, *, narrowed: bool) -> None:
        """Ask for less the next time, when the list itself is refused."""
        if not isinstance(error, InvalidRequestError):
            self._pause(now)
        elif narrowed:
            self.by_status = False
        elif self.page_size is not None:
            self.page_size = None
        else:
            self.usable_from = math.inf

    def _list_call(self) -> Call:
        # Models are made only for jobs that ended: making thousands of running ones a
        # hundred times over would take longer than the requests. A parser that no generated
        # module defines is also held to no schema: an odd job must not cost the page.
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
        wanted: dict[str, Awaited],
        number: int | None,
    ) -> Flow[None]:
        now = yield NOW
        for raw in items:
            job_id = roles.JOB_ID.find(raw)
            if not isinstance(job_id, str):
                continue
            if job_id in self._known_ends:
                self._doubted = self._doubted or roles.JOB_STATUS.find(raw) not in TERMINAL
            if job_id not in self.live:
                continue
            try:
                seen = sighting(None, raw, reply)
            except SchemaMismatchError:
                continue  # it is polled by itself, which tells what is wrong
            entry = self.live[seen.state.id]
            wanted.pop(seen.state.id, None)
            entry.listed = True
            entry.page = entry.page if number is None else number
            yield from self.note(entry, seen, now, partial(self._model, raw))

    def _model(self, raw: Any) -> Any:
        """The generated model of one job in a list."""
        page = {"object": "list", "data": [raw], "has_more": False, "next_cursor": None}
        try:
            return model_of(self.engine.lookup("jobs.list"), page).data[0]
        except Exception:  # noqa: BLE001  (generated parsers fail in many ways)
            return None  # the state was read all the same


def _items_as_they_came(*, client: Any, response: Any) -> Any:
    del client
    return SimpleNamespace(data=response.json().get("data"))
