"""Guarantee: calls are repeated at the pace the API asks for, together, and never without end.

The threats: a Retry-After that can't be kept because the timeout is shorter; a stampede of
threads that were all told the same second; a back-off that overflows; a date that is no date.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import (
    AsyncSume,
    InvalidArgumentError,
    OutcomeUnknownError,
    RateLimitError,
    ServerError,
    Sume,
)
from sume_ext.binding.bound import Binding
from sume_ext.calling.calls import Call, minted, perform
from sume_ext.calling.effects import Effect
from sume_ext.calling.retries import Backoff, Budget, may_retry, retry_after
from sume_ext.calling.turns import Turns
from sume_ext.errors import APIError, NotSentError, ResponseLostError
from sume_ext.operations import BINDINGS
from tests.faults.server import FaultServer
from tests.faults.worlds import KEY, WORLDS, SkippingClock, ask, read, spend, write
from tests.support import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sume_ext.network.wire import Request, Timeouts


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


# -- which ------------------------------------------------------------------------------


def test_every_operation_says_what_it_does() -> None:
    effects = {name: binding.effect for name, binding in BINDINGS.items()}
    assert {name for name, effect in effects.items() if effect is Effect.SPENDS} == {
        "images.generate", "videos.generate", "ads.videos.create", "face_swap.create",
        "reference_analysis.create",
    }  # fmt: skip
    assert {name for name, effect in effects.items() if effect is Effect.WRITES} == {
        "assets.create", "uploads.presign",
    }  # fmt: skip
    for name, binding in BINDINGS.items():
        assert (binding.effect is Effect.READS) == (binding.body is None), name
        assert (binding.job_type is not None) >= (binding.effect is Effect.SPENDS), name


def error(status: int) -> APIError:
    return APIError("no", status=status, code="x")


@pytest.mark.parametrize("effect", [Effect.WRITES, Effect.SPENDS])
def test_only_what_surely_did_nothing_is_repeated_when_it_matters(effect: Effect) -> None:
    assert may_retry(effect, NotSentError("refused"))
    assert may_retry(effect, error(429))
    assert not may_retry(effect, NotSentError("certificate", final=True))
    assert not may_retry(effect, ResponseLostError("gone"))
    for status in {*range(300, 600)} - {429}:
        assert not may_retry(effect, error(status)), status
    assert may_retry(effect, ResponseLostError("gone"), keyed=True)
    assert may_retry(effect, ServerError("no", status=503, code="x"), keyed=True)


# -- when -------------------------------------------------------------------------------


@given(st.integers(1, 10**9), st.integers())
def test_backing_off_never_overflows_nor_exceeds_its_ceiling(attempt: int, seed: int) -> None:
    pause = Backoff().pause(attempt, random.Random(seed))
    assert 0 <= pause <= 8


@given(st.text() | st.from_regex(r"[0-9a-zA-Z,: +-]{0,40}"))
def test_any_retry_after_is_a_sensible_number_or_none(value: str) -> None:
    found = retry_after(value, 1_800_000_000.0)
    assert found is None or (found >= 0 and math.isfinite(found))


DATE = formatdate(1_800_000_030, usegmt=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), (" 7 ", 7), ("0", 0), ("-5", None), ("1.5", 1.5), ("", None), (None, None),
        ("soon", None), (formatdate(1_800_000_030, usegmt=True), 30),
        (formatdate(1_700_000_000, usegmt=True), 0), ("9" * 400, 999_999_999_999),
        ("Fri, 31 Feb 2099 00:00:00 GMT", None), ("2.", 2), ("2.0", 2), (".5", None), ("1e9", None),
        ("0" * 18 + "3", 3), ("2, 2", 2), ("2,7", 7), ("soon, 7", None), ("7, soon", 7),
        (f"{DATE}, {DATE}", 30), (f"{DATE}, 45", 45), (f"5, {DATE}", 30), ("+2", None),
    ],
)  # fmt: skip
def test_both_forms_of_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, 1_800_000_000.0) == seconds


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_a_date_without_a_zone_is_in_utc(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest form of HTTP's dates doesn't say so: five hours were waited in New York."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        asked = time.asctime(time.gmtime(1_800_000_030))
        assert retry_after(asked, 1_800_000_000.0) == 30
        assert retry_after(asked.upper().title(), 0.0, asked) == 0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_date_is_read_by_the_clock_that_set_it() -> None:
    there = 1_700_000_000
    asked, date = formatdate(there + 45, usegmt=True), formatdate(there, usegmt=True)
    assert retry_after(asked, 1_800_000_000.0, date) == 45
    assert retry_after("7", 1_800_000_000.0, date) == 7
    assert retry_after(asked, float(there), "no date") == 45


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
@pytest.mark.parametrize(("fault", "pauses"), [("429-seconds", 2), ("429-date", 1)])
def test_what_the_api_asks_for_is_waited_for_where_no_timeout_was_set(
    server: FaultServer, world: str, call: Callable[[Any], Any], fault: str, pauses: int
) -> None:
    clock = SkippingClock()
    with pytest.raises(RateLimitError):
        ask(world, server.url(fault), call, clock=clock, timeout=None)
    # Of the date, nothing is left once the first pause is over.
    assert len(clock.sleeps) == pauses
    assert all(1.5 <= pause <= 3 for pause in clock.sleeps)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
@pytest.mark.parametrize("how", ["client", "call"])
def test_a_timeout_that_was_set_bounds_every_pause(
    server: FaultServer, world: str, call: Callable[[Any], Any], how: str
) -> None:
    """Five seconds were asked for: a call that comes back after two minutes is a hang."""
    clock = SkippingClock()

    def within_five(sume: Any) -> Any:
        return call(sume.with_options(timeout=5, attempts=9) if how == "call" else sume)

    began = clock.monotonic()
    with pytest.raises(RateLimitError) as caught:
        ask(
            world,
            server.url("429-seconds"),
            within_five,
            clock=clock,
            timeout=5 if how == "client" else None,
        )
    assert caught.value.retry_after == 2
    assert 1 <= len(clock.sleeps) <= 2
    assert clock.monotonic() - began < 5


@pytest.mark.parametrize("world", WORLDS)
def test_two_minutes_are_waited_for_once_and_more_is_handed_on(
    server: FaultServer, world: str
) -> None:
    clock = SkippingClock()
    with pytest.raises(RateLimitError) as caught:
        ask(world, server.url("429-two-minutes"), spend, clock=clock, timeout=None)
    assert caught.value.retry_after == 119
    assert [round(pause) for pause in clock.sleeps] == [119]
    clock = SkippingClock()
    with pytest.raises(RateLimitError) as caught:
        ask(world, server.url("429-absurd"), spend, clock=clock, timeout=None)
    assert not clock.sleeps
    assert caught.value.retry_after
    assert caught.value.retry_after > 120


@pytest.mark.parametrize("status", [429, 503])
def test_all_that_was_promised_is_waited_for_and_the_jitter_is_our_own(status: int) -> None:
    """The very 120 s that a call has patience for; jitter came on top, and made them too many."""
    clock, sent = SkippingClock(), Refusing(status, {"retry-after": "120"})
    with pytest.raises(APIError), client(sent, clock) as sume:
        read(sume.with_options(attempts=2))
    assert len(sent.posted) == 2
    assert len(clock.sleeps) == 1
    assert 120 <= clock.sleeps[0] <= 120.5


def test_a_refusal_that_names_a_job_is_not_repeated() -> None:
    """Each repetition would have made one more, and forgotten the one before."""
    for call, requests in ((spend, 1), (write, 1), (read, 5)):
        sent = Refusing(429, {}, {"job_id": "job_made_1"})
        with pytest.raises(RateLimitError) as caught, client(sent, SkippingClock()) as sume:
            call(sume)
        assert len(sent.posted) == requests
        assert caught.value.job_ids == (("job_made_1",) if call is not read else ())


class Refusing:
    """A transport that refuses whatever it is sent."""

    def __init__(
        self, status: int, headers: dict[str, str], details: dict[str, str] | None = None
    ) -> None:
        self.status, self.headers = status, headers
        self.posted: list[Request] = []
        self._body = json.dumps({"error": {"code": "busy", "details": details or {}}}).encode()
        self._pieces: list[bytes] = []

    def open(self, request: Request, timeouts: Timeouts) -> Refusing:
        self.posted.append(request)
        self._pieces = [b"", self._body]
        return self

    def read(self) -> bytes:
        return self._pieces.pop()

    def close(self) -> None:
        """Nothing is open."""


def client(transport: Any, clock: Any) -> Sume:
    return Sume(api_key=KEY, base_url="http://127.0.0.1:1", transport=transport, clock=clock)


def test_patience_and_attempts_can_be_set_for_a_call(server: FaultServer) -> None:
    clock = SkippingClock()
    with pytest.raises(RateLimitError):
        ask(
            "sync",
            server.url("429-seconds"),
            lambda s: read(s.with_options(patience=0)),
            clock=clock,
            timeout=None,
        )
    server.seen.clear()
    with pytest.raises(ServerError):
        ask("sync", server.url("500"), lambda s: read(s.with_options(attempts=1)), clock=clock)
    assert server.count("500") == 1
    assert not clock.sleeps


@given(st.floats(0, 100), st.floats(0, 100), st.lists(st.tuples(st.floats(0, 50), st.floats(0, 1))))
def test_a_budget_is_never_overdrawn(
    timeout: float, patience: float, pauses: list[tuple[float, float]]
) -> None:
    budget, now = Budget(timeout, patience), 0.0
    for pause, share in pauses:
        if budget.grant(now, pause, asked=pause * share):
            now += pause
    assert now <= timeout + patience + 1e-6


def test_a_wait_of_ones_own_is_a_hard_bound() -> None:
    budget = Budget(10.0, 120.0, latest=10.0)
    assert not budget.grant(5.0, 5.0, asked=5.0)
    assert budget.grant(5.0, 4.0, asked=4.0)
    assert budget.deadline == 10.0


# -- together ---------------------------------------------------------------------------


class Bucket:
    """A server that takes so many requests a second; notes when each came."""

    def __init__(self, clock: FakeClock, per_second: int) -> None:
        self._clock = clock
        self._per_second = per_second
        self._taken: list[float] = []
        self.came: list[float] = []

    async def open(self, request: Request, timeouts: Timeouts) -> Bucket:
        now = self._clock.monotonic()
        self.came.append(now)
        self._taken = [moment for moment in self._taken if moment > now - 1]
        full = len(self._taken) >= self._per_second
        if not full:
            self._taken.append(now)
        return _Drop(full)  # type: ignore[return-value]

    async def aclose(self) -> None:
        """Nothing is open."""


class _Drop:
    def __init__(self, full: bool) -> None:
        self.status = 429 if full else 200
        self.headers = {"retry-after": "1"} if full else {}
        body = (
            b'{"error": {"code": "rate_limited"}}'
            if full
            else b'{"id": "job_1", "status": "running"}'
        )
        self._pieces = [b"", body]

    async def read(self) -> bytes:
        return self._pieces.pop()

    async def aclose(self) -> None:
        """Nothing is open."""


class EventClock(FakeClock):
    """Time that moves to the next sleeper's moment once everybody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[tuple[float, asyncio.Future[None]]] = []

    async def asleep(self, seconds: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append((self.now + seconds, waiter))
        await waiter

    async def run(self) -> None:
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if self._waiting:
                self._waiting.sort(key=lambda one: one[0])
                moment, waiter = self._waiting.pop(0)
                if not waiter.done():  # or whoever slept was cancelled
                    self.now = max(self.now, moment)
                    waiter.set_result(None)


def test_a_crowd_that_was_refused_comes_back_in_single_file() -> None:
    async def crowd() -> list[float]:
        clock = EventClock()
        bucket = Bucket(clock, per_second=10)
        sume = AsyncSume(
            api_key=KEY, base_url="http://127.0.0.1:1", transport=bucket, clock=clock,
            rng=random.Random(7),
        ).with_options(attempts=20)  # fmt: skip
        ticking = asyncio.create_task(clock.run())
        jobs = await asyncio.gather(*(sume.jobs.get("job_1") for _ in range(60)))
        ticking.cancel()
        assert len(jobs) == 60
        return bucket.came

    came = asyncio.run(crowd())
    later = [moment for moment in came if moment > came[0]]
    at_once = max(sum(abs(moment - other) < 0.01 for other in later) for moment in later)
    assert at_once <= 2, "they stampede"
    assert len(came) < 60 + 60 + 40, "they are refused over and over"


def test_a_new_call_waits_for_the_others_to_cool_down() -> None:
    clock = FakeClock()
    turns = Turns()
    turns.refused(clock.now, 30)
    bucket = Bucket(clock, 10)
    with pytest.raises(RateLimitError) as caught:
        _held_back(clock, turns, bucket, patience=5)
    assert caught.value.code == "client_cooling_down"
    assert caught.value.retry_after == pytest.approx(30)
    assert not bucket.came
    assert _held_back(clock, turns, bucket, patience=60).id == "job_1"
    assert clock.sleeps == [pytest.approx(30)]


def test_a_timeout_that_was_set_bounds_the_turn_of_a_call_too() -> None:
    """Another job was refused for half a minute: a read with 5 s must not wait for that."""
    clock = FakeClock()
    turns = Turns()
    turns.refused(clock.now, 30)
    bucket = Bucket(clock, 10)
    with pytest.raises(RateLimitError) as caught:
        _held_back(clock, turns, bucket, patience=120, timeout=5)
    assert caught.value.code == "client_cooling_down"
    assert not clock.sleeps
    assert _held_back(clock, turns, bucket, patience=120, timeout=31).id == "job_1"


def _held_back(
    clock: FakeClock, turns: Turns, bucket: Bucket, patience: float, timeout: float | None = None
) -> Any:
    sume = AsyncSume(api_key=KEY, base_url="http://127.0.0.1:1", transport=bucket, clock=clock)
    sume = sume.with_options(patience=patience, timeout=timeout)
    shared = sume._engine.settings.turns
    shared.quiet_until, shared.gap = turns.quiet_until, turns.gap

    async def go() -> Any:
        return await sume.jobs.get("job_1")

    return asyncio.run(go())


class Limiter:
    """A server that refuses its first requests, then takes all; carries both worlds' requests."""

    def __init__(self, refusals: int = 1, retry_after: str | None = "2") -> None:
        self.sent = 0
        self._refusals = refusals
        self._headers = {} if retry_after is None else {"retry-after": retry_after}

    def open(self, request: Request, timeouts: Timeouts) -> Any:
        self.sent += 1
        drop = _Drop(self.sent <= self._refusals)
        drop.headers = self._headers if drop.status == 429 else {}
        return Blocking(drop)

    def close(self) -> None:
        """Nothing is open."""


class Blocking:
    """A drop to read without awaiting."""

    def __init__(self, drop: _Drop) -> None:
        self.status, self.headers = drop.status, drop.headers
        self._pieces = drop._pieces

    def read(self) -> bytes:
        return self._pieces.pop()

    def close(self) -> None:
        """Nothing is open."""


def calls_for(seconds: float, sume: Any, clock: FakeClock, every: float = 0.01) -> list[str]:
    """What comes of a call now and then; calls that wait take their time."""
    outcomes: list[str] = []
    over = clock.now + seconds
    while clock.now < over:
        try:
            outcomes.append(sume.jobs.get("job_1").id)
        except RateLimitError as refused:
            outcomes.append(refused.code)
        clock.advance(every)
    return outcomes


@pytest.mark.parametrize(
    "options", [{}, {"attempts": 1, "timeout": 5}, {"patience": 0}, {"timeout": 2}], ids=str
)
def test_a_refusal_that_is_not_waited_for_is_heeded_by_the_calls_that_follow(
    options: dict[str, Any],
) -> None:
    """Eight threads that tried again at once sent 700 requests a second instead of a pause."""
    clock, api = FakeClock(), Limiter(retry_after="300")
    with client(api, clock) as sume:
        hurried = sume.with_options(**options)
        with pytest.raises(RateLimitError) as caught:
            hurried.jobs.get("job_1")
        assert caught.value.retry_after == 300
        assert set(calls_for(170, hurried, clock, every=1)) == {"client_cooling_down"}
        assert api.sent == 1
        clock.advance(127)
        with pytest.raises(RateLimitError, match=r"may go in \d s") as caught:
            sume.with_options(timeout=1).jobs.get("job_1")
        assert caught.value.retry_after
        assert 2 < caught.value.retry_after < 4
        clock.advance(4)
        assert set(calls_for(2, hurried, clock)) == {"job_1"}
    assert all(pause == pytest.approx(0.04) for pause in clock.sleeps)


def test_a_pause_of_a_year_is_asked_after_in_five_minutes() -> None:
    """A slip in a header must not stop a service until somebody starts it anew."""
    clock, api = FakeClock(), Limiter(retry_after="31536000")
    with client(api, clock) as sume:
        assert calls_for(1, sume, clock)[0] == "rate_limited"
        assert set(calls_for(170, sume, clock, every=10)) == {"client_cooling_down"}
        clock.advance(140)
        assert sume.jobs.get("job_1").id == "job_1"
        assert api.sent == 2


def test_patience_beyond_that_is_kept_and_more_is_handed_on() -> None:
    for asked, waits in ((7200, True), (9000, False)):
        clock, api = FakeClock(), Limiter(retry_after=str(asked))
        with client(api, clock) as sume:
            patient = sume.with_options(patience=8000)
            if waits:
                assert patient.jobs.get("job_1").id == "job_1"
                assert sum(clock.sleeps) >= asked
                continue
            with pytest.raises(RateLimitError):
                patient.jobs.get("job_1")
            assert not clock.sleeps


def test_calls_without_the_time_to_wait_lock_no_other_out() -> None:
    """Each of them moved the next turn away: after one refusal nothing went any more, for ever."""
    clock, api = FakeClock(), Limiter()
    with client(api, clock) as sume:
        hurried = sume.with_options(timeout=1)
        outcomes = calls_for(3, hurried, clock)
        assert outcomes[0] == "rate_limited"
        assert outcomes[1:90] == ["client_cooling_down"] * 89
        assert set(calls_for(1, hurried, clock)) == {"job_1"}
    assert not any(pause > 1 for pause in clock.sleeps)


def test_whoever_leaves_the_queue_gives_the_turn_back() -> None:
    """Tasks that were cancelled while they waited still stood before all that came after them."""

    async def crowd() -> tuple[float, int]:
        clock = EventClock()
        bucket = Bucket(clock, per_second=10)
        sume = AsyncSume(api_key=KEY, base_url="http://127.0.0.1:1", transport=bucket, clock=clock)
        turns = sume._engine.settings.turns
        turns.refused(clock.now, 1.0)
        waiting = [asyncio.create_task(_one(sume)) for _ in range(500)]
        for _ in range(5):
            await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        began = clock.now
        ticking = asyncio.create_task(clock.run())
        await _one(sume)
        ticking.cancel()
        return bucket.came[0] - began, len(bucket.came)

    waited, sent = asyncio.run(crowd())
    assert waited == pytest.approx(1.0)
    assert sent == 1


async def _one(sume: AsyncSume) -> Any:
    return await sume.jobs.get("job_1")


@given(st.lists(st.sampled_from(["refused", "accepted", "slot"]), max_size=60))
def test_the_pace_recovers_and_never_hands_out_the_past(moves: list[str]) -> None:
    turns, now = Turns(), 0.0
    for move in moves:
        now += 0.01
        if move == "refused":
            turns.refused(now, 1.0)
        elif move == "accepted":
            turns.accepted()
        else:
            assert turns.slot(now) >= now
        assert 0 <= turns.gap <= 1
    for _ in range(10):
        turns.accepted()
    assert turns.gap == 0
    assert turns.slot(now + 10**6) == now + 10**6


# -- keyed ------------------------------------------------------------------------------


class Ledger:
    """A server that loses its first answers; notes the keys it was sent."""

    def __init__(self, lose: int) -> None:
        self.keys: list[str] = []
        self._lose = lose

    def open(self, request: Request, timeouts: Timeouts) -> Any:
        self.keys.append(request.headers.get("idempotency-key", ""))
        if len(self.keys) <= self._lose:
            raise ResponseLostError("gone.")
        return Whole()

    def close(self) -> None:
        """Nothing is open."""


class Whole:
    status = 202

    def __init__(self) -> None:
        self.headers: dict[str, str] = {"content-length": "1"}
        self._pieces = [b"", b'{"object": "video_generation", "job_id": "job_1"}']

    def read(self) -> bytes:
        return self._pieces.pop()

    def close(self) -> None:
        """Nothing is open."""


class KeyedOperation:
    """An operation whose schema declares the header."""

    __name__ = "create_keyed"

    @staticmethod
    def _get_kwargs(*, body: Any, idempotency_key: str | None = None) -> dict[str, Any]:
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return {"method": "post", "url": "/keyed", "json": body.fields, "headers": headers}

    @staticmethod
    def _parse_response(*, client: Any, response: Any) -> Any:
        return response.json()


class Fields:
    def __init__(self, **fields: Any) -> None:
        self.fields = fields


def test_a_declared_key_is_minted_once_per_call_and_makes_repeating_safe() -> None:
    binding = Binding(
        KeyedOperation, Fields, effect=Effect.SPENDS, kind="submits", job_type="video_generation"
    )
    binding.name = "keyed.create"
    ledger = Ledger(lose=2)
    with Sume(
        api_key=KEY, base_url="http://127.0.0.1:1", transport=ledger, clock=FakeClock()
    ) as sume:
        engine = sume._engine
        for _ in range(2):
            kwargs = binding.arguments((), {"prompt": "x"})
            engine.block(perform(engine.settings, binding.call, kwargs))
        given = binding.arguments((), {"prompt": "x", "idempotency_key": "mine"})
        assert given["headers"] == {"Idempotency-Key": "mine"}
        for blank in ("", "  ", None, 5):
            with pytest.raises(InvalidArgumentError, match="idempotency_key is no key"):
                binding.arguments((), {"prompt": "x", "idempotency_key": blank})
    first, again, third, other = ledger.keys
    assert first == again == third
    assert first != other
    assert len(first) == 36


def test_a_blank_key_makes_nothing_repeatable() -> None:
    """The API can't tell two requests without a key apart, so a lost answer stays one request."""
    ledger = Ledger(lose=1)
    call = Call("keyed.create", Effect.SPENDS, dict, KeyedOperation._parse_response)
    made = {"method": "post", "url": "/keyed", "json": {}, "headers": {"Idempotency-Key": " "}}
    with Sume(
        api_key=KEY, base_url="http://127.0.0.1:1", transport=ledger, clock=FakeClock()
    ) as sume:
        engine = sume._engine
        with pytest.raises(OutcomeUnknownError):
            engine.block(perform(engine.settings, call, made))
    assert len(ledger.keys) == 1


def test_nothing_is_minted_where_the_schema_knows_no_key() -> None:
    for binding in BINDINGS.values():
        assert minted(binding.operation._get_kwargs) == {}
