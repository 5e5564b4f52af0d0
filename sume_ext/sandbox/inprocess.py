"""The sandbox without sockets: a transport for the client that calls the engine directly.

Faults break in the same places as on the wire, told by the exceptions a real transport raises.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from typing import TYPE_CHECKING, Final

from sume_ext.errors import NotSentError, ResponseLostError
from sume_ext.sandbox.messages import Body, Head
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from sume_ext.network.wire import Request, Timeouts
    from sume_ext.sandbox.delivery import Delivery
    from sume_ext.sandbox.engine import Engine, Exchange
    from sume_ext.sandbox.messages import Reply

LOST: Final = "the answer was lost on the way (as the sandbox was asked)."
PIECE: Final = 1 << 16


class SandboxTransport:
    """Carries a client's requests into a sandbox, for synchronous code.

    Args:
        engine: Gives the engine, which may change when the sandbox is reset.
        origins: The origin each host and port stands for.
    """

    def __init__(self, engine: Callable[[], Engine], origins: Mapping[str, str]) -> None:
        self._engine = engine
        self._origins = origins

    def open(self, request: Request, timeouts: Timeouts) -> SandboxStream:
        """Answer a request, or break off as a fault says."""
        course = _perform(self._engine(), self._origins, request, timeouts)
        while True:
            try:
                time.sleep(next(course))
            except StopIteration as done:
                return SandboxStream(done.value, timeouts.read)

    def close(self) -> None:
        """Nothing is open."""


class AsyncSandboxTransport:
    """Carries a client's requests into a sandbox, for asynchronous code."""

    def __init__(self, engine: Callable[[], Engine], origins: Mapping[str, str]) -> None:
        self._engine = engine
        self._origins = origins

    async def open(self, request: Request, timeouts: Timeouts) -> AsyncSandboxStream:
        """Answer a request, or break off as a fault says."""
        course = _perform(self._engine(), self._origins, request, timeouts)
        while True:
            try:
                await asyncio.sleep(next(course))
            except StopIteration as done:
                return AsyncSandboxStream(done.value, timeouts.read)

    async def aclose(self) -> None:
        """Nothing is open."""


class _Stream:
    """An answer read piece by piece; every piece comes with the pause before it."""

    def __init__(self, delivery: Delivery, patience: float) -> None:
        self._delivery = delivery
        self._patience = patience
        self._pieces = iter(delivery.pieces())
        reply = self._reply
        self.status = reply.status
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in reply.headers.items()
        }
        if delivery.framing == "length":
            self.headers = {**self.headers, "content-length": str(len(reply.body))}

    @property
    def _reply(self) -> Reply:
        if self._delivery.reply is None:
            raise ResponseLostError(LOST)
        return self._delivery.reply

    def _next(self) -> Generator[float, None, bytes]:
        piece = next(self._pieces, b"")
        if piece:
            yield self._delivery.drip
            return piece
        if self._delivery.ending == "hang":
            yield self._patience
        if self._delivery.ending != "keep" and self._delivery.framing != "close":
            raise ResponseLostError(LOST)
        return b""


class SandboxStream(_Stream):
    """An answer read by blocking."""

    def read(self) -> bytes:
        """The next bytes, or ``b""`` at the end."""
        course = self._next()
        while True:
            try:
                time.sleep(next(course))
            except StopIteration as done:
                return bytes(done.value)

    def close(self) -> None:
        """Nothing is open."""


class AsyncSandboxStream(_Stream):
    """An answer read by awaiting."""

    async def read(self) -> bytes:
        """The next bytes, or ``b""`` at the end."""
        course = self._next()
        while True:
            try:
                await asyncio.sleep(next(course))
            except StopIteration as done:
                return bytes(done.value)

    async def aclose(self) -> None:
        """Nothing is open."""


def _perform(
    engine: Engine, origins: Mapping[str, str], request: Request, timeouts: Timeouts
) -> Generator[float, None, Delivery]:
    """What becomes of a request; yields the seconds to wait, returns how it is answered."""
    url = split_url(request.url)
    if url.netloc not in origins:
        raise NotSentError(f"the sandbox has no host {url.netloc!r}.", final=True)
    exchange = engine.begin(_head(origins[url.netloc], request))
    fault = exchange.fault
    body = Body() if fault.early else _body(exchange, request)
    delivery = engine.finish(exchange, body)
    if body.file is not None:
        body.file.close()
    if fault.latency:
        yield min(fault.latency, timeouts.read)
        if fault.latency > timeouts.read:
            raise ResponseLostError(LOST)
    if delivery.reply is None:
        if delivery.ending == "hang":
            yield timeouts.read
        raise ResponseLostError(LOST)
    return delivery


def _head(origin: str, request: Request) -> Head:
    url = split_url(request.url)
    headers = {"host": url.netloc, **{name.lower(): v for name, v in request.headers.items()}}
    content = request.content
    if content is not None:
        size = len(content) if isinstance(content, bytes) else content.size
        headers["content-length"] = str(size)
    return Head(origin, request.method, url.path, url.query, headers)


def _body(exchange: Exchange, request: Request) -> Body:
    body, md5 = Body(), hashlib.md5(usedforsecurity=False)
    content = request.content or b""
    pieces: Iterator[bytes] = iter((content,)) if isinstance(content, bytes) else content.chunks()
    if exchange.head.origin == "storage":
        body.file = tempfile.SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115  (kept)
        for piece in pieces:
            body.size += body.file.write(piece)
            md5.update(piece)
            if content and not isinstance(content, bytes):
                tell = content.sent(len(piece))
                if tell is not None:
                    tell()
        body.md5 = md5.hexdigest()
    else:
        body.content = b"".join(pieces)
        body.size = len(body.content)
    return body
