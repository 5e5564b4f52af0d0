"""Guarantee: a large body that is read past the HTTP parser is told apart as well as any other.

The threats: a byte that the parser still held, or that belongs to no body; a break that passes
for an end; bytes that came before a break, and are lost; a server that goes silent where nobody
counts the time; a connection that the next exchange stumbles over.
"""

from __future__ import annotations

import random
import ssl
import threading
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme

from sume_ext import ResponseLostError
from sume_ext.config import resolve
from sume_ext.network import streams
from sume_ext.network.deadlines import BoundedStream, LayeredStream, Limit
from sume_ext.network.streams import HttpStream
from sume_ext.network.transport import HttpTransport
from sume_ext.network.wire import Request, Timeouts
from tests.faults.proxies import TunnelProxy
from tests.transfers.clients import files_in, result
from tests.transfers.scripted import File, Scripted, close, head

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from tests.transfers.scripted import Act, Seen

BODY = random.Random(5).randbytes(3_000_000)
WAYS = ("plain", "tls", "tls in tls")


@pytest.fixture(autouse=True)
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the pieces that were read past the parser, of bodies that here count as large.

    Without it these tests would go the ordinary way one day, and nobody would know.
    """
    monkeypatch.setattr(streams, "_LARGE", 100_000)
    sizes: list[int] = []
    take = BoundedStream.take

    def noted(self: BoundedStream, left: int, limit: Any) -> bytes:
        piece = take(self, left, limit)
        sizes.append(len(piece))
        return piece

    monkeypatch.setattr(BoundedStream, "take", noted)
    return sizes


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def settings(authority: trustme.CA) -> ssl.SSLContext:
    """What a server goes by."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(made)  # pyright: ignore[reportUnknownMemberType]
    return made


@contextmanager
def asked(
    way: str, act: Act, authority: trustme.CA, pause: float = 20.0, total: float = 20.0
) -> Generator[tuple[HttpStream, HttpTransport, Scripted]]:
    """The answer of a server, with what carried it and the server's record."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)  # pyright: ignore[reportUnknownMemberType]
    tls = None if way == "plain" else settings(authority)
    with Scripted(act, tls=tls) as server:
        proxy = TunnelProxy(server.port, tls=tls) if way == "tls in tls" else None
        config = resolve(
            api_key="k",
            base_url=server.url,
            timeout=20,
            proxy=None if proxy is None else proxy.url,
            verify=trust,
        )
        carrier = HttpTransport(config)
        try:
            yield opened(carrier, server, pause, total), carrier, server
        finally:
            carrier.close()
            if proxy is not None:
                proxy.close()


def opened(carrier: HttpTransport, server: Scripted, pause: float, total: float) -> HttpStream:
    return carrier.open(Request("GET", f"{server.url}/x"), Timeouts(20.0, pause, 20.0, 20.0, total))


def rest_of(stream: HttpStream) -> bytes:
    return b"".join(iter(stream.read, b""))


def keeping(seen: Seen, connection: socket.socket) -> None:
    """Answer as a server that takes another request on the same connection, and sends too much."""
    del seen
    told = head(200, content_length=len(BODY)).replace(b"connection: close\r\n", b"")
    connection.sendall(told + BODY + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
    with suppress(OSError):
        connection.recv(4096)


@pytest.mark.parametrize("way", WAYS)
def test_every_byte_comes_once_and_no_other(
    taken: list[int], authority: trustme.CA, way: str
) -> None:
    with asked(way, File(BODY), authority) as (stream, _, _):
        layered = isinstance(stream._reply.extensions["network_stream"], LayeredStream)
        assert layered == (way == "tls in tls")
        assert rest_of(stream) == BODY
    assert sum(taken) > len(BODY) // 2


@pytest.mark.parametrize("way", WAYS)
def test_what_belongs_to_no_body_reaches_no_other(
    taken: list[int], authority: trustme.CA, way: str
) -> None:
    with asked(way, keeping, authority) as (first, carrier, server):
        assert rest_of(first) == BODY
        first.close()
        second = opened(carrier, server, 20.0, 20.0)
        assert rest_of(second) == BODY
        second.close()
        assert server.connections == 2, "a connection that was read past its parser is closed"
    assert taken


def test_records_that_have_come_are_handled_together(
    taken: list[int], authority: trustme.CA
) -> None:
    sent = threading.Event()

    def act(seen: Seen, connection: socket.socket) -> None:
        del seen
        connection.sendall(head(200, content_length=len(BODY)) + BODY[:64_000])
        sent.set()
        connection.sendall(BODY[64_000:])

    with asked("tls", act, authority) as (stream, _, _):
        assert sent.wait(20)
        assert rest_of(stream) == BODY
    assert max(taken) > 16 * 1024


@pytest.mark.parametrize("way", WAYS)
def test_an_early_end_is_a_break(taken: list[int], authority: trustme.CA, way: str) -> None:
    with asked(way, File(BODY).until(2_000_000, close), authority) as (stream, _, _):
        pieces: list[bytes] = []
        with pytest.raises(ResponseLostError):
            pieces.extend(iter(stream.read, b""))
    assert b"".join(pieces) == BODY[:2_000_000]
    assert taken


@pytest.mark.parametrize("way", WAYS)
def test_a_silent_server_is_given_up(taken: list[int], authority: trustme.CA, way: str) -> None:
    over = threading.Event()
    act = File(BODY).until(2_000_000, lambda _: void(over.wait(20)))
    with asked(way, act, authority, pause=0.5) as (stream, _, _):
        with pytest.raises(ResponseLostError, match="silent"):
            rest_of(stream)
        over.set()
    assert sum(taken) > 1_000_000


@pytest.mark.parametrize("way", WAYS)
def test_a_dripping_server_is_given_up(taken: list[int], authority: trustme.CA, way: str) -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        while not over.wait(0.02):
            connection.sendall(b"x")

    act = File(BODY).until(2_000_000, drip)
    with asked(way, act, authority, pause=10.0, total=1.0) as (stream, _, _):
        with pytest.raises(ResponseLostError):
            rest_of(stream)
        over.set()
    assert taken


@pytest.mark.parametrize("way", WAYS)
def test_another_thread_may_cut_it(taken: list[int], authority: trustme.CA, way: str) -> None:
    over = threading.Event()
    act = File(BODY).until(2_000_000, lambda _: void(over.wait(20)))
    with asked(way, act, authority, pause=30.0, total=60.0) as (stream, _, _):
        came = 0
        while came < 2_000_000:
            came += len(stream.read())
        threading.Timer(0.1, stream.cut).start()
        with pytest.raises(ResponseLostError):
            stream.read()
        over.set()
    assert taken


def void(_: object) -> None:
    """For what answers with something that nobody wants."""


def test_chunks_are_left_to_the_parser(taken: list[int], authority: trustme.CA) -> None:
    """Their framing outweighs a length, and lies between the bytes (RFC 9112 section 6.3)."""

    def act(seen: Seen, connection: socket.socket) -> None:
        del seen
        told = head(200, transfer_encoding="chunked", content_length=len(BODY))
        connection.sendall(told + b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")

    with asked("plain", act, authority) as (stream, _, _):
        assert rest_of(stream) == BODY
    assert not taken


class Hesitant:
    """A parser that keeps some bytes for the next piece, as httpcore's doesn't today."""

    def __init__(self) -> None:
        self.status = 200
        self.extensions = {"network_stream": BoundedStream(cast("Any", self))}
        self._line = BytesIO(BODY)

    def read(self, most: int, timeout: float) -> bytes:
        del timeout
        return self._line.read(most)

    @property
    def stream(self) -> Iterator[bytes]:
        held = b""
        limit = Limit(Timeouts(20.0, 20.0, 20.0, 20.0, 20.0), None)
        while held := held + self.extensions["network_stream"].read(1000, limit):
            yield held[:700]
            held = held[700:]


def test_bytes_that_a_parser_holds_back_are_waited_for(taken: list[int]) -> None:
    length = [(b"content-length", b"%d" % len(BODY))]
    limit = Limit(Timeouts(20.0, 20.0, 20.0, 20.0, 20.0), None)
    assert rest_of(HttpStream(200, length, Hesitant(), limit)) == BODY
    assert not taken


def test_a_break_costs_no_byte_that_came(tmp_path: Path, taken: list[int]) -> None:
    file = File(BODY)
    with result(file.until(1_234_567, close), file.until(2_345_678, close), file) as (made, server):
        made.download(tmp_path)
    assert files_in(tmp_path) == {"job_1-1.mp4": BODY}
    assert [one.header("range") for one in server.requests] == [
        None,
        "bytes=1234567-",
        "bytes=2345678-",
    ]
    assert taken
