"""Guarantee: closing a client ends all that is its own, at once, and nothing of anybody else's.

The threats: calls that go on until their timeout after the client was closed; connections left
open because whoever closes is cancelled; a copy with other options that cuts a paid call of the
original's.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from sume_ext import AsyncSume, Sume, SumeError
from tests.faults.server import FaultServer
from tests.faults.worlds import client, read, spend
from tests.transfers.scripted import Scripted

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from tests.transfers.scripted import Seen

AT_ONCE = 20
ENOUGH = 30.0
"""Seconds after which something waits for ever: a call's own time is longer."""


@pytest.fixture
def silent() -> Iterator[Scripted]:
    """A server that answers nobody before the test is over."""

    def wait(seen: Seen, connection: socket.socket) -> None:
        del seen, connection
        server.over.wait(2 * ENOUGH)

    with Scripted(wait) as server:
        yield server
        server.over.set()


def until(met: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    pause = threading.Event()
    for _ in range(3000):
        if met():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to that")


def test_every_call_under_way_ends_with_its_client(silent: Scripted) -> None:
    sume = client(Sume, silent.url, timeout=2 * ENOUGH).with_options(attempts=1)
    ended: list[SumeError] = []

    def call() -> None:
        with pytest.raises(SumeError) as caught:
            read(sume)
        ended.append(caught.value)

    threads = [threading.Thread(target=call, daemon=True) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    until(lambda: len(silent.requests) == AT_ONCE)
    sume.close()
    for thread in threads:
        thread.join(ENOUGH)
    assert len(ended) == AT_ONCE


def test_every_awaited_call_under_way_ends_with_its_client(silent: Scripted) -> None:
    async def main() -> list[Any]:
        sume = client(AsyncSume, silent.url, timeout=2 * ENOUGH).with_options(attempts=1)
        calls = [asyncio.create_task(read(sume)) for _ in range(AT_ONCE)]
        await asyncio.to_thread(until, lambda: len(silent.requests) == AT_ONCE)
        await sume.aclose()
        async with asyncio.timeout(ENOUGH):
            return await asyncio.gather(*calls, return_exceptions=True)

    assert all(isinstance(end, SumeError) for end in asyncio.run(main()))


def test_whoever_closes_may_be_cancelled_again_and_again() -> None:
    """A cancel scope of anyio's cancels every wait within it, that for the closing as well."""

    async def main(url: str) -> None:
        lanes: list[Any] = []
        with anyio.CancelScope() as scope:
            async with AsyncSume(api_key="k", base_url=url) as sume:
                await asyncio.gather(*(read(sume) for _ in range(8)))
                lanes += sume._runner.transport._rooms[asyncio.get_running_loop()]._shelf.all
                scope.cancel()
                await asyncio.sleep(0)
        await asyncio.to_thread(until, lambda: all(lane.is_closed() for lane in lanes))
        assert lanes

    with FaultServer() as server:
        asyncio.run(main(server.url("ok")))


def test_a_call_that_outlives_its_client_leaves_nothing_open(silent: Scripted) -> None:
    """It had its connection before the client was closed, and gives it back after."""
    sume = client(Sume, silent.url)
    shelf = sume._runner.transport._shelf
    lane, put_back, _ = shelf.take(("http", "x", None, True), None)
    assert shelf.clear() == [lane]
    assert not put_back()
    assert not any(shelf._free.values())


@pytest.mark.parametrize("alive", [True, False])
def test_a_copy_with_other_options_leaves_the_connections_to_its_original(*, alive: bool) -> None:
    with FaultServer() as server:
        original = [Sume(api_key="k", base_url=server.url("ok"))]
        spend(original[0])
        (lane,) = original[0]._runner.transport._shelf.all
        with original[0].with_options(timeout=5) as other, other.with_options(attempts=1) as third:
            if not alive:
                original.clear()
                gc.collect()
            spend(third)
        assert lane.is_closed() is not alive
        for one in original:
            one.close()
    assert lane.is_closed()


def test_an_awaited_copy_leaves_them_too() -> None:
    async def main(url: str) -> None:
        async with AsyncSume(api_key="k", base_url=url) as sume:
            await read(sume)
            async with sume.with_options(timeout=5) as other:
                await read(other)
            assert sume._runner.transport._rooms
        assert not sume._runner.transport._rooms

    with FaultServer() as server:
        asyncio.run(main(server.url("ok")))


def test_loops_of_several_threads_share_a_client() -> None:
    """Each has its own connections, and closes them itself."""

    async def use(sume: AsyncSume) -> str:
        try:
            return str((await read(sume)).id)
        finally:
            await sume.aclose()

    with FaultServer() as server:
        sume = AsyncSume(api_key="k", base_url=server.url("ok"))
        ids: list[str] = []

        def work() -> None:
            ids.extend(asyncio.run(use(sume)) for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert ids == ["job_1"] * 80
    assert not sume._runner.transport._rooms
