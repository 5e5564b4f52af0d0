"""Guarantee: Ctrl-C or cancellation in the middle of a paid call leaves a trace to its job.

The threats: a bare KeyboardInterrupt after a request that was accepted, so that it is paid for
again; an interruption turned into another class, which no event loop understands any more.
"""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
import signal
import subprocess
import sys
import textwrap
from inspect import CO_GENERATOR
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import AsyncSume, InvalidArgumentError, OutcomeUnknownError, Sume
from sume_ext.runners.interruptions import mark, outcome_of
from tests.faults.server import FaultServer
from tests.faults.worlds import KEY, read, spend, write
from tests.models.jobs_api import LOST, ModelApi, ModelJob
from tests.models.worlds import World, in_both_worlds
from tests.support import FakeClock
from tests.test_request_odd_answers import CREATES, Once

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import FrameType

    from sume_ext.network.wire import Request, Timeouts


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


class Stopping:
    """A transport in which somebody presses Ctrl-C.

    Args:
        moment: ``open``, or ``read`` once the first piece has come.
        piece: That piece.
        busy: Whether the API answers 429 instead.
    """

    def __init__(self, moment: str, piece: bytes = b"", *, busy: bool = False) -> None:
        self._moment = moment
        self._pieces = [piece]
        self.status = 429 if busy else 202
        self.headers: dict[str, str] = {"content-length": "900", "retry-after": "1"}
        if busy:
            self.headers["content-length"] = "0"

    def open(self, request: Request, timeouts: Timeouts) -> Stopping:
        if self._moment == "open":
            raise KeyboardInterrupt
        return self

    def read(self) -> bytes:
        if self.status == 429:
            return b""
        if not self._pieces:
            raise KeyboardInterrupt
        return self._pieces.pop()

    def close(self) -> None:
        """Nothing is open."""


def interrupted(
    transport: Any, call: Callable[[Any], Any] = spend, clock: FakeClock | None = None
) -> KeyboardInterrupt:
    clock = clock or FakeClock()
    sume = Sume(api_key=KEY, base_url="http://127.0.0.1:1", transport=transport, clock=clock)
    with sume, pytest.raises(KeyboardInterrupt) as caught:
        call(sume)
    assert type(caught.value) is KeyboardInterrupt
    return caught.value


def notes(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


def test_an_interrupted_paid_call_says_what_to_look_for() -> None:
    error = interrupted(Stopping("open"))
    said = notes(error)
    for word in ("videos.generate", "2027-01-15T08:00:00Z", "video_generation",
                 "sume.jobs.find_recent(error)"):  # fmt: skip
        assert word in said
    assert KEY not in said
    unknown = outcome_of(error)
    assert unknown is not None
    assert (unknown.job_type, unknown.job_ids) == ("video_generation", ())
    assert unknown.sent_after == 1_800_000_000 < unknown.sent_before
    assert notes(pickle.loads(pickle.dumps(error))) == said


def test_what_had_come_of_the_answer_is_not_forgotten() -> None:
    error = interrupted(Stopping("read", b'{"object": "video_generation", "job_id": "job_1", "st'))
    assert "job_1" in notes(error)
    unknown = outcome_of(error)
    assert unknown is not None
    assert unknown.job_ids == ("job_1",)


def test_a_call_that_creates_for_nothing_says_so_too() -> None:
    assert "uploads.presign" in notes(interrupted(Stopping("open"), write))


CREATED: dict[str, Any] = {
    "object": "x", "job_id": "job_1", "jobs": [{"id": "job_1", "status": "queued"}],
    "job": {"id": "job_1", "status": "queued"}, "status": "queued",
}  # fmt: skip


class At:
    """Presses Ctrl-C before the n-th line of this package that is run, or return from it."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.place = ""

    def __call__(self, frame: FrameType, event: str, _: object) -> At | None:
        file = frame.f_code.co_filename
        if "sume_ext" not in file:
            return None
        # Python looks for signals when a function has returned, but not when a generator yields
        # on for another; and once the border has returned, the job is the caller's.
        leaf = not frame.f_code.co_flags & CO_GENERATOR and frame.f_code.co_name != "crossing"
        if event == "line" or (event == "return" and leaf):
            self.left -= 1
            if not self.left:
                self.place = f"{file.rpartition('sume_ext')[2]}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self


@pytest.mark.parametrize("name", sorted(CREATES))
def test_there_is_no_line_at_which_an_interruption_forgets_a_job(name: str) -> None:
    """From the moment that the request is sent until the caller has the handle."""

    def attempt(count: int) -> tuple[At, int, KeyboardInterrupt | None]:
        transport = Once(json.dumps(CREATED).encode())
        options: dict[str, Any] = {"transport": transport, "clock": FakeClock()}
        sume: Any = Sume(api_key=KEY, base_url="http://127.0.0.1:1", **options)
        for step in name.split("."):
            sume = getattr(sume, step)
        at, before, caught = At(count), sys.gettrace(), None
        sys.settrace(at)
        try:
            sume(**CREATES[name])
        except KeyboardInterrupt as error:
            caught = error
        finally:
            sys.settrace(before)
        return at, transport.sent, caught

    attempt(0)  # what is done only once is done
    count, sent_at, forgotten = 1, 0, list[str]()
    gc.collect()
    gc.disable()  # what is dropped in the middle of an attempt runs lines, too
    try:
        while (tried := attempt(count))[2] is not None:
            at, sent, caught = tried
            assert caught is not None
            if sent:
                sent_at += 1
                if outcome_of(caught) is None:
                    forgotten.append(at.place)
            count += 1
    finally:
        gc.enable()
    assert not forgotten
    assert sent_at > 50


def test_what_can_have_done_nothing_stays_bare() -> None:
    """A read; and a pause after a refusal, in which no request is under way."""
    assert not notes(interrupted(Stopping("open"), read))
    clock = FakeClock()

    def press(_: float) -> None:
        raise KeyboardInterrupt

    clock.on_sleep = press
    error = interrupted(Stopping("", busy=True), clock=clock)
    assert not notes(error)
    assert outcome_of(error) is None


def test_what_its_owner_was_handling_has_nothing_to_do_with_a_dropped_call() -> None:
    unknown = OutcomeUnknownError("?")

    def flow() -> Generator[None, None, None]:
        try:
            yield
        except GeneratorExit as end:
            mark(end, unknown)
            raise

    for error, marked in ((ValueError(), False), (KeyboardInterrupt(), True)):
        begun = flow()
        next(begun)
        try:
            raise error
        except (ValueError, KeyboardInterrupt):
            begun.close()
        assert (outcome_of(error) is unknown) is marked


def test_a_cancelled_task_says_what_to_look_for(server: FaultServer) -> None:
    async def go() -> None:
        async with AsyncSume(api_key=KEY, base_url=server.url("hang"), timeout=20) as sume:
            task = asyncio.create_task(spend(sume))
            await _sent(server)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert "jobs.find_recent" in notes(caught.value)
            reading = asyncio.create_task(read(sume))
            await _sent(server)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError) as bare:
                await reading
            assert not notes(bare.value)

    asyncio.run(go())


def test_a_timeout_of_the_callers_own_leads_to_the_job(server: FaultServer) -> None:
    """`asyncio.timeout` turns the cancellation into another class, and keeps it as its cause."""

    async def go() -> None:
        async with AsyncSume(api_key=KEY, base_url=server.url("hang"), timeout=20) as sume:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.2):
                    await spend(sume)
            assert isinstance(outcome_of(caught.value), OutcomeUnknownError)
            with pytest.raises(BaseExceptionGroup) as group:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_alone(sume))
            assert isinstance(outcome_of(group.value), OutcomeUnknownError)

    asyncio.run(go())


async def _alone(sume: AsyncSume) -> None:
    async with asyncio.timeout(0.2):
        await spend(sume)


async def _sent(server: FaultServer) -> None:
    count = len(server.seen)
    while len(server.seen) == count:  # noqa: ASYNC110  (it is another thread that sees it)
        await asyncio.sleep(0.01)


def test_ctrl_c_in_a_terminal_shows_where_the_job_is(server: FaultServer) -> None:
    """The whole way: a signal, the interpreter's own traceback, the shell's exit code."""
    script = f"""
        import signal, sume_ext
        signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background
        with sume_ext.Sume(api_key={KEY!r}, base_url={server.url("hang")!r}) as sume:
            print("sending", flush=True)
            sume.videos.generate(prompt="a sunrise")
    """
    server.seen.clear()
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not server.count("hang"):
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=30)
    assert told.rstrip().splitlines()[-1].startswith("videos.generate may or may not have been")
    assert "KeyboardInterrupt" in told
    assert "sume.jobs.find_recent(error)" in told
    assert KEY not in told
    assert server.count("hang") == 1


class Slowly:
    """An API that refuses twice, and is interrupted when it has made the job; takes its time."""

    status = 429

    def __init__(self, clock: FakeClock, api: ModelApi, pause: int) -> None:
        self.headers = {"retry-after": str(pause), "content-length": "0"}
        self._clock, self._api, self._sent = clock, api, 0

    def open(self, request: Request, timeouts: Timeouts) -> Slowly:
        self._sent += 1
        self._clock.advance(8)
        if self._sent > 2:
            self._api.add(ModelJob("job_1", "video_generation", self._clock.now))
            raise KeyboardInterrupt
        return self

    def read(self) -> bytes:
        return b""

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("pause", [59, 300])
def test_a_job_made_after_long_pauses_is_found(pause: int) -> None:
    """By then the timeout that the call began with was over, and nothing seemed to be there."""
    clock = FakeClock()
    api = ModelApi(clock)
    error = interrupted(
        Slowly(clock, api, pause), lambda s: spend(s.with_options(patience=2000)), clock
    )
    clock.advance(600)
    with api.client() as sume:
        assert [job.id for job in sume.jobs.find_recent(error)] == ["job_1"]


def test_a_call_that_a_failing_sibling_cancels_leaves_a_record(
    server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The group swallows the cancellation, and the note on it."""

    async def fail() -> None:
        await _sent(server)
        raise ValueError

    async def go() -> None:
        url = server.url("hang")
        async with AsyncSume(api_key=KEY, base_url=url) as sume, asyncio.TaskGroup() as tasks:
            tasks.create_task(fail())
            tasks.create_task(spend(sume))

    with pytest.raises(BaseExceptionGroup) as group:
        asyncio.run(go())
    assert outcome_of(group.value) is None
    (record,) = [one for one in caplog.records if one.name == "sume_ext"]
    assert record.levelname == "WARNING"
    said = record.getMessage()
    assert "videos.generate may or may not have been accepted" in said
    assert "sume.jobs.find_recent(since='2" in said
    assert KEY not in said


# -- and the job is found -------------------------------------------------------------------


def api_with(arrives: bool) -> tuple[ModelApi, list[BaseException]]:
    """An API whose caller presses Ctrl-C just after the job was made, or wasn't."""
    api = ModelApi(FakeClock(), latency=1.0)
    api.add(*(ModelJob(f"old_{n}", born=api.clock.now - 900 + n) for n in range(3)))

    def fault(asked: Any) -> Any:
        if asked.path != "/videos/generations":
            return None
        if arrives:
            api.add(ModelJob("job_1", "video_generation", api.clock.now))
        raise KeyboardInterrupt

    api.fault = fault
    with api.client() as sume, pytest.raises(KeyboardInterrupt) as caught:
        spend(sume)
    return api, [caught.value]


@in_both_worlds
@pytest.mark.parametrize("arrives", [True, False])
def test_the_interruption_finds_the_job(world: World, arrives: bool) -> None:
    api, (error,) = api_with(arrives)
    found = world(api, lambda sume: sume.jobs.find_recent(error))
    assert [job.id for job in found] == (["job_1"] if arrives else [])


@in_both_worlds
def test_after_a_crash_the_time_alone_finds_it(world: World) -> None:
    """Killed hard, a process leaves no exception: somebody remembers about when it was."""
    api, _ = api_with(arrives=True)
    api.clock.advance(300)
    look: list[tuple[dict[str, Any], list[str]]] = [
        ({"since": "10m"}, ["job_1"]),
        ({"since": "10m", "until": "1m", "job_type": "video_generation"}, ["job_1"]),
        ({"since": "10m", "job_type": "image_generation"}, []),
        ({"since": "2m"}, []),
    ]
    for window, ids in look:
        found = world(api, _finding(window))
        assert [job.id for job in found] == ids, window


def _finding(window: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda sume: sume.jobs.find_recent(**window)


@pytest.mark.parametrize(
    ("error", "window"),
    [
        (None, {}),
        (KeyboardInterrupt(), {}),
        (LOST, {}),
        ("job_1", {}),
        (OutcomeUnknownError("?"), {"since": "1h"}),
        (None, {"until": "1h"}),
        (None, {"since": "1m", "until": "1h"}),
        (None, {"since": "soon"}),
        (None, {"since": "1h", "job_type": 5}),
        (None, {"since": 5}),
    ],
    ids=str,
)
@in_both_worlds
def test_what_tells_of_no_time_is_refused(world: World, error: Any, window: dict[str, Any]) -> None:
    api = ModelApi(FakeClock())
    with pytest.raises(InvalidArgumentError) as caught:
        world(api, lambda sume: sume.jobs.find_recent(error, **window))
    assert caught.value.hint
    assert not api.log
