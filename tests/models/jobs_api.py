"""A model of the jobs and lists of the API: pure Python below the client's transport.

It keeps the truth (when each job ends, which items a list holds) and a log of every request,
so that a test can compare what a client was told with what was so.
"""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from sume_ext import AsyncSume, Sume
from sume_ext.errors import NotSentError, ResponseLostError
from tests.models import lanes

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sume_ext.network.wire import Request, Timeouts
    from tests.support import FakeClock

TERMINAL = ("completed", "failed", "canceled", "expired")


@frozen
class Answer:
    """What goes back over the wire."""

    status: int
    body: object
    headers: dict[str, str] = field(factory=dict[str, str])


@frozen
class Asked:
    """One request, as the log keeps it."""

    at: float
    path: str
    query: dict[str, str]


@define
class ModelJob:
    """One job: when it was made, and which status it has from when on."""

    id: str
    type: str = "video_generation"
    born: float = 0.0
    course: list[tuple[float, str]] = field(factory=lambda: [(0.0, "queued")])

    def status(self, now: float) -> str:
        """The last status it came to."""
        past = [status for age, status in self.course if self.born + age <= now]
        return past[-1] if past else self.course[0][1]

    @property
    def ends(self) -> float:
        """When it becomes terminal; infinity when it never does."""
        return next((self.born + a for a, s in self.course if s in TERMINAL), float("inf"))

    @property
    def end(self) -> str:
        """Its terminal status."""
        return next(s for _, s in self.course if s in TERMINAL)


@define
class ModelApi:
    """The jobs of one workspace, newest first.

    Attributes:
        clock: What time it is.
        jobs: By id, in the order they were made.
        forgotten: Ids that single reads know, but no list shows.
        latency: Seconds that each request takes.
        largest_page: What `limit` is cut to.
        skew: How many seconds the server's clock is ahead of the client's.
        lag: How many seconds ago what lists show was so.
        frozen_at: From when on lists show what was so then; infinity for never.
        reasons_listed: Whether lists say why a job failed.
        by_offset: Whether cursors count items, so that lists shift under a reader.
        fault: Says what to answer instead, if anything.
        log: Every request, in order.
        shown: Ids of jobs whose end was told to the client.
    """

    clock: FakeClock
    jobs: dict[str, ModelJob] = field(factory=dict[str, ModelJob])
    forgotten: set[str] = field(factory=set[str])
    latency: float = 0.0
    largest_page: int = 100
    skew: float = 0.0
    lag: float = 0.0
    frozen_at: float = float("inf")
    reasons_listed: bool = True
    by_offset: bool = True
    fault: Callable[[Asked], Answer | Exception | None] = lambda _: None
    log: list[Asked] = field(factory=list[Asked])
    shown: set[str] = field(factory=set[str])

    def add(self, *jobs: ModelJob) -> None:
        """Take jobs in, the newest last."""
        self.jobs.update((job.id, job) for job in jobs)

    def answer(self, request: Request, timeouts: Timeouts) -> Answer:
        """What the API says, after the time it takes, or as long as the client waits."""
        parts = urlsplit(request.url)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        asked = Asked(self.clock.monotonic(), parts.path.removeprefix("/api/v1"), query)
        self.log.append(asked)
        self.clock.advance(min(self.latency, timeouts.read))
        said = self.fault(asked)
        if self.clock.monotonic() - asked.at >= timeouts.read:
            raise LOST  # the clock jumped meanwhile
        said = said or self.say(asked)
        if isinstance(said, Exception):
            raise said
        return said

    def say(self, asked: Asked) -> Answer:
        """What it says when nothing goes wrong."""
        if asked.path == "/jobs":
            return self._list(asked.query)
        job_id = asked.path.split("/")[2]
        if job_id not in self.jobs:
            return refusal(404, "not_found")
        if asked.path.endswith("/result"):
            if self.jobs[job_id].status(self.clock.monotonic()) != "completed":
                return refusal(409, "job_not_completed")
            return Answer(200, {**self._seen(self.jobs[job_id]), "result": {"media": []}})
        return Answer(200, self._seen(self.jobs[job_id]), self._date())

    def _list(self, query: dict[str, str]) -> Answer:
        now = min(self.clock.monotonic() - self.lag, self.frozen_at)
        newest = [job for job in reversed(self.jobs.values()) if job.id not in self.forgotten]
        if "type" in query:
            newest = [job for job in newest if job.type == query["type"]]
        if "status" in query:
            newest = [job for job in newest if job.status(now) == query["status"]]
        start = self._start(newest, query.get("cursor"))
        if start is None:
            return refusal(400, "invalid_cursor")
        size = min(int(query.get("limit", 20)), self.largest_page)
        page, more = newest[start : start + size], start + size < len(newest)
        cursor = (str(start + size) if self.by_offset else page[-1].id) if more else None
        return Answer(
            200,
            {
                "object": "list",
                "data": [self._seen(job, now, whole=self.reasons_listed) for job in page],
                "has_more": more,
                "next_cursor": cursor,
            },
            self._date(),
        )

    def _start(self, newest: list[ModelJob], cursor: str | None) -> int | None:
        if cursor is None:
            return 0
        if not (cursor.isdigit() if self.by_offset else cursor in self.jobs):
            return None
        if self.by_offset:
            return int(cursor)
        born = self.jobs[cursor].born
        ids = [job.id for job in newest]
        if cursor in ids:
            return ids.index(cursor) + 1
        return next((i for i, job in enumerate(newest) if job.born < born), len(newest))

    def _seen(
        self, job: ModelJob, at: float | None = None, *, whole: bool = True
    ) -> dict[str, Any]:
        status = job.status(self.clock.monotonic() if at is None else at)
        if status in TERMINAL:
            self.shown.add(job.id)
        seen: dict[str, Any] = {
            "id": job.id,
            "object": "job",
            "type": job.type,
            "status": status,
            "created_at": _iso(self._wall(job.born)),
        }
        if status == "failed" and whole:
            seen["error"] = {"code": "generation_failed", "message": "No."}
        return seen

    def _wall(self, moment: float) -> float:
        return self.clock.time() - self.clock.monotonic() + moment + self.skew

    def _date(self) -> dict[str, str]:
        return {"date": formatdate(self.clock.time() + self.skew, usegmt=True)}

    def client(self, rng: random.Random | None = None) -> Sume:
        """A client that talks to it."""
        made = Sume(api_key="k", transport=Wire(self), clock=self.clock, rng=rng)
        return lanes.lay(made, self.clock)

    def aclient(self, rng: random.Random | None = None) -> AsyncSume:
        """A client that talks to it, for code that awaits."""
        made = AsyncSume(api_key="k", transport=AsyncWire(self), clock=self.clock, rng=rng)
        return lanes.alay(made, self.clock)


def refusal(status: int, code: str, **headers: str) -> Answer:
    """An answer in the API's error envelope."""
    body = {"error": {"code": code, "message": "No."}, "request_id": "req_1"}
    return Answer(status, body, headers)


LOST = ResponseLostError("the model lost it.")
NOT_SENT = NotSentError("the model was not reached.")


def _iso(moment: float) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.fromtimestamp(moment, UTC).isoformat()


class WireStream:
    """An answer on its way, for both worlds."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._rest = [_bytes(answer.body)]

    def take(self) -> bytes:
        return self._rest.pop() if self._rest else b""


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return json.dumps(body).encode()


class SyncStream(WireStream):
    def read(self) -> bytes:
        return self.take()

    def close(self) -> None:
        pass


class AsyncStream(WireStream):
    async def read(self) -> bytes:
        return self.take()

    async def aclose(self) -> None:
        pass


class Wire:
    """A transport that asks the model."""

    def __init__(self, api: ModelApi) -> None:
        self._api = api

    def open(self, request: Request, timeouts: Timeouts) -> SyncStream:
        return SyncStream(self._api.answer(request, timeouts))

    def close(self) -> None:
        pass


class AsyncWire:
    """As `Wire`, to await."""

    def __init__(self, api: ModelApi) -> None:
        self._api = api

    async def open(self, request: Request, timeouts: Timeouts) -> AsyncStream:
        return AsyncStream(self._api.answer(request, timeouts))

    async def aclose(self) -> None:
        pass
