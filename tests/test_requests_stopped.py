"""Guarantee: who stops waiting is not held by a server, whatever it was that was waited for.

The threats: Ctrl-C during a download that takes until some time-out, because a server is silent
in the middle of a handshake; a server that keeps a request alive by saying "not yet" for ever;
a connection that an interruption left half-used, and that the next call stumbles over.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpcore
import pytest

from sume_ext import NotSentError, OutcomeUnknownError, ResponseLostError, TransportError
from sume_ext.clock import SystemClock
from sume_ext.config import resolve
from sume_ext.flow import Exchange
from sume_ext.network import names
from sume_ext.network.transport import AsyncHttpTransport, HttpTransport
from sume_ext.network.wire import Request, Stop, Timeouts
from sume_ext.runners.blocking import Branch
from tests.faults.server import FaultServer
from tests.faults.worlds import KEY, WORLDS, ask, ends

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from sume_ext.flow import Flow
    from sume_ext.network.streams import HttpStream

LONG = 60.0


class Peer:
    """A server that does the same on every connection, and tells when it has begun."""

    def __init__(
        self, act: Callable[[socket.socket], None], receive_buffer: int | None = None
    ) -> None:
        self.met = threading.Event()
        self._act = act
        self._listening = socket.create_server(("127.0.0.1", 0))
        if receive_buffer is not None:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._meet, args=(near,), daemon=True).start()

    def _meet(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            near.recv(4096)
            self._act(near)
            self.met.set()
            while near.recv(4096):
                pass

    def close(self) -> None:
        self._listening.close()


def _silent(near: socket.socket) -> None:
    del near


def _opens_a_tunnel(near: socket.socket) -> None:
    near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    near.recv(4096)


@contextmanager
def meeting(
    act: Callable[[socket.socket], None], receive_buffer: int | None = None
) -> Generator[Peer]:
    one = Peer(act, receive_buffer)
    try:
        yield one
    finally:
        one.close()


def _transport(**options: Any) -> HttpTransport:
    return HttpTransport(resolve(api_key=KEY, base_url="https://sume.example/v1", **options))


def _opening(transport: HttpTransport, url: str, stop: Stop | None) -> tuple[Any, list[Any]]:
    """A thread that waits for an answer, and what becomes of it."""
    became: list[Any] = []
    timeouts = Timeouts(LONG, LONG, LONG, LONG, LONG, stop)

    def work() -> None:
        try:
            became.append(transport.open(Request("GET", url), timeouts))
        except TransportError as error:
            became.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, became


@pytest.mark.parametrize(
    ("act", "scheme", "proxied"),
    [
        (_silent, "http", False),
        (_silent, "https", False),
        (_silent, "https", True),
        (_opens_a_tunnel, "https", True),
    ],
    ids=["in the head", "in the handshake", "in the proxy's answer", "in the tunnel's handshake"],
)
def test_a_silent_server_holds_nobody_who_stops(
    act: Callable[[socket.socket], None], scheme: str, proxied: bool
) -> None:
    with meeting(act) as peer:
        here = f"127.0.0.1:{peer.port}"
        transport = _transport(proxy=f"http://{here}") if proxied else _transport()
        stop = Stop()
        thread, became = _opening(transport, f"{scheme}://{here}/x", stop)
        assert peer.met.wait(10)
        stop.pull()
        thread.join(10)
        transport.close()
    assert not thread.is_alive(), "it waits for the server"
    assert isinstance(became[0], ResponseLostError if scheme == "http" else NotSentError)


@pytest.mark.parametrize("silent", ["the name server", "the address"])
def test_a_connection_that_does_not_come_holds_nobody_who_stops(
    monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    asked, over = threading.Event(), threading.Event()

    def wait(*_: Any, **__: Any) -> Any:
        asked.set()
        over.wait(LONG)
        raise OSError("too late")

    if silent == "the name server":
        monkeypatch.setattr(names, "getaddrinfo", wait)
    else:
        monkeypatch.setattr(socket, "create_connection", wait)
    transport, stop = _transport(), Stop()
    host = "media.test" if silent == "the name server" else "127.0.0.1"
    thread, became = _opening(transport, f"https://{host}:1/x", stop)
    assert asked.wait(10)
    stop.pull()
    thread.join(10)
    alive = thread.is_alive()
    over.set()
    transport.close()
    assert not alive, "it waits for the network"
    assert isinstance(became[0], NotSentError)


def test_a_connection_that_comes_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, over, real = threading.Event(), threading.Event(), socket.create_connection
    made: list[socket.socket] = []

    def wait(*args: Any, **options: Any) -> socket.socket:
        asked.set()
        over.wait(LONG)
        made.append(real(*args, **options))
        return made[0]

    monkeypatch.setattr(socket, "create_connection", wait)
    with meeting(_silent) as peer:
        transport, stop = _transport(), Stop()
        thread, _ = _opening(transport, f"https://127.0.0.1:{peer.port}/x", stop)
        assert asked.wait(10)
        stop.pull()
        thread.join(10)
        over.set()
        for _ in range(1000):
            if made and made[0].fileno() < 0:
                break
            time.sleep(0.01)
        transport.close()
    assert made[0].fileno() < 0


def test_closing_a_client_ends_what_other_threads_wait_for() -> None:
    with meeting(_silent) as peer:
        transport = _transport()
        thread, became = _opening(transport, f"http://127.0.0.1:{peer.port}/x", None)
        assert peer.met.wait(10)
        transport.close()
        thread.join(10)
    assert not thread.is_alive(), "it waits for the server"
    assert isinstance(became[0], ResponseLostError)


def _not_yet(near: socket.socket) -> None:
    while True:
        near.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("world", WORLDS)
def test_saying_not_yet_is_no_answer(world: str) -> None:
    """Whatever a server says before the head is complete, it gets one pause for all of it."""
    ended: list[Exception] = []
    timeouts = Timeouts(0.4, 0.4, 0.4, 0.4, LONG)
    with meeting(_not_yet) as peer:
        request = Request("GET", f"http://127.0.0.1:{peer.port}/x")

        def work() -> None:
            import asyncio  # noqa: PLC0415

            async def soon() -> None:
                transport = AsyncHttpTransport(resolve(api_key=KEY))
                try:
                    await transport.open(request, timeouts)
                finally:
                    await transport.aclose()

            try:
                if world == "async":
                    asyncio.run(soon())
                else:
                    _transport().open(request, timeouts)
            except ResponseLostError as error:
                ended.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(10)
    assert ended, "it waits for ever"


@pytest.mark.parametrize("where", ["read", "close"])
def test_a_connection_whose_exchange_was_interrupted_carries_no_other(where: str) -> None:
    """Ctrl-C may come in the middle of httpcore's own bookkeeping: never use it again."""
    timeouts = Timeouts(LONG, LONG, LONG, LONG, LONG)
    with FaultServer() as server:
        transport, request = _transport(), Request("GET", server.url("ok") + "/jobs/job_1")
        stream = transport.open(request, timeouts)
        (lane,) = transport._shelf.all
        _interrupt(stream, where)
        with suppress(KeyboardInterrupt):
            while stream.read():
                pass
        with suppress(KeyboardInterrupt):
            stream.close()
        assert lane not in transport._shelf.all
        again = transport.open(request, timeouts)
        assert again.read()
        again.close()
        transport.close()


class Late:
    """An answer whose head comes when nobody waits for it any more, and whose body never ends."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.is_cut = False
        self.took: list[bytes] = []

    def read(self) -> bytes:
        if self.is_cut or self.took:
            raise ResponseLostError("it was cut.")
        return b"x"

    def cut(self) -> None:
        self.is_cut = True

    def close(self) -> None:
        pass

    def take(self, piece: bytes) -> None:
        self.took.append(piece)

    def finish(self) -> None:
        pass


def test_an_answer_that_begins_when_its_caller_has_stopped_is_not_read() -> None:
    answer = Late()

    class Halting:
        """A transport during whose work the caller is interrupted."""

        def open(self, request: Request, timeouts: Timeouts) -> Late:
            del request, timeouts
            branch.halt()
            return answer

        def close(self) -> None:
            pass

    def flow() -> Flow[None]:
        yield Exchange(
            Request("GET", "http://sume.example"), time.monotonic() + LONG, lambda _: answer
        )

    branch = Branch(Halting(), Halting(), SystemClock(), LONG)
    with pytest.raises(ResponseLostError, match="cut"):
        branch.run(flow())
    assert not answer.took


def _interrupt(stream: HttpStream, where: str) -> None:
    reply = stream._reply

    class Interrupted:
        """An answer in the middle of which Ctrl-C comes."""

        extensions = reply.extensions

        @property
        def stream(self) -> Iterator[bytes]:
            yield from reply.stream
            if where == "read":
                raise KeyboardInterrupt

        def close(self) -> None:
            reply.close()
            if where == "close":
                raise KeyboardInterrupt

    stream._reply = Interrupted()


def test_a_server_that_takes_a_little_again_and_again_is_left_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each byte that goes is a success of its own; the time of the call is one for all of them."""
    connect = httpcore.SyncBackend.connect_tcp

    def narrow(self: httpcore.SyncBackend, *args: Any) -> httpcore.NetworkStream:
        line = connect(self, *args)
        # As on a slow line: a large buffer says that it is full before it says that some went.
        line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        return line

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", narrow)

    def sip(near: socket.socket) -> None:
        while near.recv(1000):
            time.sleep(0.1)

    with meeting(sip, receive_buffer=4096) as peer:
        url = f"http://127.0.0.1:{peer.port}"
        error = ends(lambda: ask("sync", url, _order_at_length, timeout=1))
    assert isinstance(error, OutcomeUnknownError)


def _order_at_length(sume: Any) -> Any:
    return sume.videos.generate(prompt="x" * 20_000_000)
