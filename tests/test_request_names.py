"""Guarantee: a name server, or an address, that keeps silent holds up nothing but its own call.

The threats: an event loop that can't end because a look-up goes on; an application whose threads
are all taken by look-ups; a dead address of a name that costs every call the whole of its time.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpcore
import pytest

from sume_ext import NotSentError
from sume_ext.network import names
from sume_ext.network.names import aside, first_of
from tests.faults.server import FaultServer
from tests.faults.worlds import WORLDS, ask, ends, read, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from sume_ext import AsyncSume

CALLS = 40
"""More than a loop has threads."""


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A name server that answers nothing until the test is over."""
    over = threading.Event()

    def wait(host: str, *rest: Any, **options: Any) -> Any:
        if host == "silent.example":
            over.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return real(host, *rest, **options)

    real = socket.getaddrinfo
    monkeypatch.setattr(names, "getaddrinfo", wait)
    monkeypatch.setattr(socket, "getaddrinfo", wait)  # what event loops use
    yield over
    over.set()


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
def test_a_program_outlives_a_silent_name_server(
    silence: threading.Event, world: str, call: Callable[[Any], Any]
) -> None:
    error = ends(lambda: ask(world, "https://silent.example", call, timeout=0.5))
    assert isinstance(error, NotSentError)
    assert not silence.is_set()


def test_look_ups_take_no_thread_of_the_applications(silence: threading.Event) -> None:
    async def main(sume: AsyncSume, other: AsyncSume) -> str:
        calls = [asyncio.ensure_future(read(sume)) for _ in range(CALLS)]
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(lambda: True)
            fine = await read(other)
        for one in calls:
            one.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        return str(fine.id)

    async def both(url: str) -> str:
        from sume_ext import AsyncSume  # noqa: PLC0415

        options: dict[str, Any] = {"api_key": "k", "timeout": 30}
        async with (
            AsyncSume(base_url="https://silent.example", **options) as sume,
            AsyncSume(base_url=url, **options) as other,
        ):
            return await main(sume, other)

    with FaultServer() as server:
        assert asyncio.run(both(server.url("ok").replace("127.0.0.1", "localhost"))) == "job_1"
    assert not silence.is_set()


@pytest.mark.parametrize("world", WORLDS)
def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch, world: str) -> None:
    def several(host: str, port: int, **_: Any) -> list[Any]:
        del host
        return [(0, 0, 0, "", (one, port)) for one in ("127.0.0.9", "127.0.0.1")]

    monkeypatch.setattr(names, "getaddrinfo", several)
    with FaultServer() as server:
        url = server.url("ok").replace("127.0.0.1", "localhost")
        assert ask(world, url, read, timeout=5).id == "job_1"


def test_a_connection_that_came_beside_a_cut_is_closed() -> None:
    """Both were told, and nobody waits for either."""
    line, closed = object(), list[object]()

    class Ended:
        """A limit that is over, once the work is, for whoever waits for that."""

        def uses(self, cut: Callable[[], None]) -> None:
            cut()

        def connecting(self) -> float:
            for thread in threading.enumerate():
                if thread.name == "sume-dns":
                    thread.join(20)
            raise TimeoutError

    limit: Any = Ended()
    with pytest.raises(TimeoutError):
        aside(lambda: line, limit, closed.append)
    assert closed == [line]


class Line:
    """A connection."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def aclose(self) -> None:
        self.closed.set()


def refused() -> Coroutine[Any, Any, Any]:
    async def attempt() -> None:
        raise httpcore.ConnectError("refused")

    return attempt()


async def forever() -> None:
    await asyncio.Event().wait()


def test_a_silent_address_holds_up_no_other() -> None:
    async def main() -> None:
        line = Line()

        async def answers() -> Line:
            return line

        async with asyncio.timeout(20):
            assert await first_of([forever, refused, answers, forever]) is line
        assert not line.closed.is_set()

    asyncio.run(main())


def test_a_connection_that_comes_too_late_is_closed() -> None:
    async def main() -> None:
        early, late, go = Line(), Line(), asyncio.Event()

        async def comes_late() -> Line:
            try:
                await go.wait()
            except asyncio.CancelledError:  # it was made just then
                return late
            return late

        async def comes() -> Line:
            return early

        assert await first_of([comes_late, comes]) is early
        async with asyncio.timeout(20):
            await late.closed.wait()
        assert not early.closed.is_set()

    asyncio.run(main())


def test_where_no_address_answers_the_last_failure_tells() -> None:
    async def main() -> None:
        with pytest.raises(httpcore.ConnectError, match="refused"):
            await first_of([refused, refused])
        with pytest.raises(OSError, match="no address"):
            await first_of([])

    asyncio.run(main())
