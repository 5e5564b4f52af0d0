"""Guarantee: one client serves threads, tasks, event loops and forked children, and is tidied up.

The threats: a connection that two exchanges use at once, a pool bound to an event loop that is
gone, a child that talks on its parent's sockets, a key written into a pickle.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import math
import multiprocessing
import pickle
import ssl
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from sume_ext import AsyncSume, ConfigurationError, ResponseLostError, Sume
from sume_ext.config import Config
from sume_ext.flow import Emit
from sume_ext.network.routes import tls_settings
from sume_ext.runners.blocking import HaltError
from sume_ext.runners.errands import Errand
from sume_ext.sandbox import Sandbox
from sume_ext.secrecy.secret import Secret
from tests.faults.server import FaultServer
from tests.faults.worlds import KEY, SkippingClock, client, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sume_ext.flow import Flow


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


def test_threads_share_a_client(server: FaultServer) -> None:
    with Sume(api_key=KEY, base_url=server.url("ok")) as sume, ThreadPoolExecutor(16) as pool:
        tasks = [pool.submit(sume.jobs.get, "job_1") for _ in range(200)]
        assert [task.result().id for task in tasks] == ["job_1"] * 200


def test_tasks_share_a_client_and_few_connections(server: FaultServer) -> None:
    async def many() -> list[str]:
        async with AsyncSume(api_key=KEY, base_url=server.url("ok")) as sume:
            jobs = await asyncio.gather(*(sume.jobs.get("job_1") for _ in range(300)))
            return [job.id for job in jobs]

    assert asyncio.run(many()) == ["job_1"] * 300


def test_one_async_client_serves_one_event_loop_after_the_other(server: FaultServer) -> None:
    sume = AsyncSume(api_key=KEY, base_url=server.url("ok"))

    async def once() -> str:
        return (await sume.jobs.get("job_1")).id

    assert [asyncio.run(once()) for _ in range(3)] == ["job_1"] * 3
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(lambda: asyncio.run(once())) for _ in range(8)]
        assert [task.result() for task in tasks] == ["job_1"] * 8


def test_a_cancelled_call_leaves_the_client_fit(server: FaultServer) -> None:
    async def interrupted() -> str:
        async with AsyncSume(api_key=KEY, base_url=server.url("hang")) as sume:
            tasks = [asyncio.create_task(read(sume)) for _ in range(100)]
            await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(one, asyncio.CancelledError) for one in outcomes)
        async with AsyncSume(api_key=KEY, base_url=server.url("ok")) as sume:
            return (await sume.jobs.get("job_1")).id

    assert asyncio.run(interrupted()) == "job_1"


def _in_child(sume: Sume, results: Any) -> None:
    try:
        results.put(sume.with_options(attempts=1).jobs.get("job_1").id)
        sume.close()
    except BaseException as error:  # noqa: BLE001  (whatever it is, the parent has to see it)
        results.put(repr(error))


def test_a_forked_child_opens_connections_of_its_own(server: FaultServer) -> None:
    context = multiprocessing.get_context("fork")
    with Sume(api_key=KEY, base_url=server.url("ok")) as sume:
        assert sume.jobs.get("job_1").id == "job_1"
        results = context.SimpleQueue()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads
            children = [context.Process(target=_in_child, args=(sume, results)) for _ in range(3)]
            for child in children:
                child.start()
        assert [results.get() for _ in children] == ["job_1"] * 3
        for child in children:
            child.join(20)
        assert sume.jobs.get("job_1").id == "job_1"


def _in_async_child(sume: AsyncSume, results: Any) -> None:
    async def once() -> str:
        async with sume:
            return (await sume.with_options(attempts=1).jobs.get("job_1")).id

    try:
        results.put(asyncio.run(once()))
    except BaseException as error:  # noqa: BLE001  (as above)
        results.put(repr(error))


def test_a_forked_child_awaits_on_connections_of_its_own(server: FaultServer) -> None:
    """Forked while the parent's loop runs and holds a connection, which the child may not touch."""
    context = multiprocessing.get_context("fork")

    async def parent() -> tuple[list[str], str]:
        async with AsyncSume(api_key=KEY, base_url=server.url("ok")) as sume:
            assert (await sume.jobs.get("job_1")).id == "job_1"
            results = context.SimpleQueue()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads
                children = [
                    context.Process(target=_apart, args=(_in_async_child, sume, results))
                    for _ in range(2)
                ]
                for child in children:
                    child.start()
            told = [await asyncio.to_thread(results.get) for _ in children]
            for child in children:
                await asyncio.to_thread(child.join, 20)
            return told, (await sume.jobs.get("job_1")).id

    assert asyncio.run(parent()) == (["job_1"] * 2, "job_1")


def test_forked_children_do_not_come_back_as_one() -> None:
    """The numbers of a generator that was made before the fork are the same in each of them."""
    context = multiprocessing.get_context("fork")
    told: Any = context.Queue()
    with Sume(api_key=KEY, base_url="http://127.0.0.1:1") as sume:
        settings = sume._engine.settings

        def child() -> None:
            told.put(settings.backoff.pause(5, settings.rng))

        children = [context.Process(target=child) for _ in range(4)]
        for one in children:
            one.start()
        pauses = {told.get(timeout=20) for _ in children}
        for one in children:
            one.join(20)
    assert len(pauses) == 4


def _apart(work: Any, *given: Any) -> None:
    """Do it in a thread of the child's own, for the forked one still counts as running a loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work, *given).result(20)


@pytest.mark.parametrize("kind", [Sume, AsyncSume])
def test_a_pickled_client_takes_its_key_from_where_it_wakes(
    kind: type[Sume | AsyncSume], monkeypatch: pytest.MonkeyPatch
) -> None:
    sume = kind(api_key=KEY, base_url="https://sume.example/v1", auth="x-api-key", timeout=7)
    packed = pickle.dumps(sume.with_options(attempts=2, patience=3, max_response_bytes=99))
    assert KEY.encode() not in packed
    monkeypatch.delenv("SUME_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="no API key"):
        pickle.loads(packed)
    monkeypatch.setenv("SUME_API_KEY", "sume_live_of_the_worker")
    awake: Any = pickle.loads(packed)
    config, backoff = awake._engine.settings.config, awake._engine.settings.backoff
    assert config.api_key.reveal() == "sume_live_of_the_worker"
    assert (config.base_url, config.auth, config.timeout) == (
        "https://sume.example/v1", "x-api-key", 7,
    )  # fmt: skip
    assert (backoff.attempts, backoff.patience, config.max_response_bytes) == (2, 3, 99)


@pytest.mark.parametrize(
    "options",
    [
        {"proxy": "http://me:pass@proxy.example"},
        {"transport": httpx.MockTransport(lambda _: httpx.Response(200))},
        {"clock": SkippingClock()},
        {"verify": ssl.create_default_context()},
    ],
)
def test_a_client_with_parts_that_cannot_travel_says_so(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="make it where it is needed"):
        pickle.dumps(Sume(api_key=KEY, **options))


def test_a_copy_shares_the_connections(server: FaultServer) -> None:
    with Sume(api_key=KEY, base_url=server.url("ok")) as sume:
        for twin in (copy.copy(sume), copy.deepcopy(sume), sume.with_options(timeout=5)):
            assert twin.jobs.get("job_1").id == "job_1"
            assert twin._runner is sume._runner
        assert len(sume._runner.transport._shelf.all) == 1


@pytest.mark.parametrize(
    "options",
    [{"timeout": 0}, {"timeout": float("nan")}, {"attempts": 0}, {"patience": -1.0},
     {"patience": float("nan")}, {"max_response_bytes": 0}, {"max_response_bytes": 0.5},
     {"max_response_bytes": 10**400}, {"max_response_bytes": True}, {"attempts": True},
     {"attempts": 1.5}, {"patience": "5"}, {"timeout": "5"}, {"timeout": 10**5000}],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Sume(api_key=KEY, base_url="http://127.0.0.1:1").with_options(**options)


class Sized(SkippingClock):
    """A clock that looks empty."""

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize("kind", [Sume, AsyncSume])
@pytest.mark.parametrize(
    ("name", "value"),
    [("transport", 5), ("transport", "http"), ("transport", httpx.MockTransport),
     ("clock", 5), ("clock", SkippingClock), ("rng", 5), ("rng", "random"),
     ("base_url", Secret("x")), ("base_url", 5), ("proxy", 5), ("auth", []), ("verify", None),
     ("api_key", 5), ("timeout", True), ("timeout", "60"), ("timeout", math.inf),
     ("timeout", math.nan), ("timeout", -1), ("timeout", 10**400), ("timeout", 10**5000)],
    ids=lambda value: "vast" if isinstance(value, int) and value > 99 else repr(value)[:30],
)  # fmt: skip
def test_a_part_that_is_none_is_refused_by_name(
    kind: type[Sume | AsyncSume], name: str, value: Any
) -> None:
    """Found out at the first call, it would be an error of Python's own, far from its cause."""
    with pytest.raises(ConfigurationError, match=name):
        cast("Any", kind)(**{"api_key": KEY, name: value})


def test_a_transport_of_the_other_world_is_refused() -> None:
    class Blocks(httpx.BaseTransport):
        """Blocks."""

    class Awaits(httpx.AsyncBaseTransport):
        """Awaits."""

    with pytest.raises(ConfigurationError, match="transport is Awaits"):
        Sume(api_key=KEY, transport=Awaits())
    with pytest.raises(ConfigurationError, match="transport is Blocks"):
        AsyncSume(api_key=KEY, transport=Blocks())
    with Sandbox() as sandbox:
        with pytest.raises(ConfigurationError, match="transport"):
            AsyncSume(api_key=KEY, transport=sandbox.transport())
        with pytest.raises(ConfigurationError, match="transport"):
            Sume(api_key=KEY, transport=sandbox.async_transport())


def test_a_clock_that_looks_empty_is_the_clock_all_the_same() -> None:
    clock = Sized()
    assert Sume(api_key=KEY, clock=clock)._runner.clock is clock


def test_a_timeout_for_one_call_binds_that_call(server: FaultServer) -> None:
    with client(Sume, server.url("hang"), timeout=60) as sume, pytest.raises(ResponseLostError):
        sume.with_options(timeout=0.1).jobs.get("job_1")


def test_nothing_is_opened_before_the_first_call_nor_left_open_after_close(
    server: FaultServer,
) -> None:
    sume = Sume(api_key=KEY, base_url=server.url("ok"))
    transport = sume._runner.transport
    assert not transport._shelf.all
    sume.jobs.get("job_1")
    (lane,) = transport._shelf.all
    assert lane.is_available()
    sume.close()
    assert lane.is_closed()
    assert sume.jobs.get("job_1").id == "job_1"
    sume.close()
    sume.close()


def test_a_forgotten_client_warns(server: FaultServer) -> None:
    forgotten = [Sume(api_key=KEY, base_url=server.url("ok"))]
    forgotten[0].jobs.get("job_1")
    with pytest.warns(ResourceWarning, match="forgotten"):
        _forget(forgotten)


def test_a_forgotten_client_warns_while_its_loop_goes_on(server: FaultServer) -> None:
    async def careless() -> None:
        forgotten = [AsyncSume(api_key=KEY, base_url=server.url("ok"))]
        await forgotten[0].jobs.get("job_1")
        with pytest.warns(ResourceWarning, match="forgotten"):
            _forget(forgotten)

    asyncio.run(careless())


def _forget(things: list[Any]) -> None:
    things.clear()
    gc.collect()


def test_a_client_that_never_called_is_forgotten_in_silence() -> None:
    sume = Sume(api_key=KEY)
    del sume
    gc.collect()


def test_a_transfer_waits_for_no_loop_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread would keep the process from ending: nobody is left to call its listener."""
    monkeypatch.setattr("sume_ext.runners.errands.PARTING_SECONDS", 0.05)
    loop = asyncio.new_event_loop()
    nowhere: Any = SimpleNamespace(close=lambda: None)
    errand = Errand(nowhere, SkippingClock(), 1.0, loop)

    def tells() -> Flow[None]:
        yield Emit("event", lambda _: None)

    ends: SimpleQueue[BaseException] = SimpleQueue()

    def work() -> None:
        try:
            errand.perform(tells())
        except BaseException as end:  # noqa: BLE001  (looked at below)
            ends.put(end)

    Thread(target=work, daemon=True).start()
    while not loop._ready:  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        time.sleep(0.001)
    loop.close()
    assert isinstance(ends.get(timeout=20), HaltError)


def test_all_clients_share_one_tls_context() -> None:
    one, other = Config(Secret("a")), Config(Secret("b"), base_url="https://sume.example")
    assert tls_settings(one) is tls_settings(other)
    assert tls_settings(Config(Secret("a"), verify=False)) is not tls_settings(one)
