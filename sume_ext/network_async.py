"""A connection that performs `http1` scripts by awaiting; otherwise as `network`.

It speaks to asyncio's transports directly, because streams would copy every byte once more.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sume_ext.addresses import allowed
from sume_ext.http1 import Action, Connect, Pull, Script, Secure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator

    from sume_ext.network import Limit

T = TypeVar("T")
_MOST_UNREAD = 1024 * 1024
_NEXT_ADDRESS_AFTER = 0.25
_PATIENCE_PER_ADDRESS = 3.0


class AsyncLine:
    """A connection of one event loop; it is opened by the first script performed on it.

    Args:
        tls: Answers with the TLS settings when they are needed.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext]) -> None:
        self._tls = tls
        self._ears = _Ears()
        self._ahead: tuple[object, asyncio.Future[bytes]] | None = None

    async def perform(self, script: Script[T], limit: Limit) -> T:
        """The script's result; its failures are its own."""
        try:
            action = next(script)
            while True:
                try:
                    outcome = await self._act(action, limit)
                except Exception as error:  # noqa: BLE001  (the script tells what it means)
                    action = script.throw(error)
                else:
                    action = script.send(outcome)
        except StopIteration as stop:
            return cast("T", stop.value)
        finally:
            script.close()

    async def _act(self, action: Action, limit: Limit) -> object:
        match action:
            case bytes():
                self._ears.send(action)
                while self._ears.full:
                    async with asyncio.timeout(limit.moving()):
                        await self._ears.listen()
            case Connect():
                async with asyncio.timeout(limit.connecting()):
                    await self._connect(action)
            case Secure():
                async with asyncio.timeout(limit.connecting()):
                    await self._ears.secure(self._tls(), action.host)
            case Pull():
                return await self._pull(action.pieces)
            case _:
                while self._ears.idle:
                    async with asyncio.timeout(limit.moving()):
                        await self._ears.listen()
                return self._ears.take()
        return None

    async def _pull(self, pieces: Generator[bytes, None, None]) -> bytes:
        """The next piece; the one after it is read while this one is sent."""
        loop = asyncio.get_running_loop()
        source, ahead = self._ahead or (None, None)
        if ahead is None or source is not pieces:
            ahead = loop.run_in_executor(None, next, pieces, b"")
        self._ahead = None
        piece = await ahead
        if piece:
            ahead = loop.run_in_executor(None, next, pieces, b"")
            ahead.add_done_callback(_looked_at)
            self._ahead = pieces, ahead
        return piece

    async def _connect(self, action: Connect) -> None:
        if action.may_reach is not None:
            await self._connect_to_allowed(action, action.may_reach)
            return
        loop = asyncio.get_running_loop()
        # Other loops than Python's own don't know the option; they race addresses unasked.
        race = {"happy_eyeballs_delay": _NEXT_ADDRESS_AFTER}
        options: Any = race if isinstance(loop, asyncio.BaseEventLoop) else {}
        await loop.create_connection(lambda: self._ears, action.host, action.port, **options)

    async def _connect_to_allowed(self, action: Connect, may_reach: Callable[[str], bool]) -> None:
        """Connect to an address that was asked about, so that no second look-up can differ."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(action.host, action.port, type=socket.SOCK_STREAM)
        *others, last = allowed(action.host, (str(one[4][0]) for one in found), may_reach)
        for address in others:
            with suppress(OSError):
                async with asyncio.timeout(_PATIENCE_PER_ADDRESS):
                    await loop.create_connection(lambda: self._ears, address, action.port)
                return
        await loop.create_connection(lambda: self._ears, last, action.port)

    def quiet(self) -> bool:
        """Whether it is open and nothing has come on it that nobody asked for."""
        return self._ears.idle

    def close(self) -> None:
        """Let go of it at once: there is nothing left to say."""
        self._ears.close()


def _looked_at(piece: asyncio.Future[bytes]) -> None:
    """A piece that nobody wants any more may fail in silence."""
    if not piece.cancelled():
        piece.exception()


class _Ears(asyncio.Protocol):
    """What asyncio tells about a connection, kept until it is asked for."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._heard: deque[bytes] = deque()
        self._unread = 0
        self._over = False
        self._failure: Exception | None = None
        self._choked = False
        self._waiting: asyncio.Future[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether it is open, and nothing has come."""
        return self._transport is not None and not self._heard and not self._over

    async def listen(self) -> None:
        """Wait until something happens."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def take(self) -> bytes:
        """What has come, ``b""`` when the other side is done.

        Raises:
            OSError: The connection broke.
        """
        if self._heard:
            data = self._heard.popleft() if len(self._heard) == 1 else b"".join(self._heard)
            self._heard.clear()
            if self._transport and self._unread > _MOST_UNREAD:
                self._transport.resume_reading()
            self._unread = 0
            return data
        if self._failure is not None:
            raise self._failure
        return b""

    @property
    def full(self) -> bool:
        """Whether the other side must take some of what was sent before more is."""
        return self._choked and not self._over

    def send(self, data: bytes) -> None:
        """Send, without waiting.

        Raises:
            OSError: The connection is gone.
        """
        if self._transport is None or self._over:
            raise self._failure or ConnectionResetError
        self._transport.write(data)

    async def secure(self, tls: ssl.SSLContext, host: str) -> None:
        """Begin TLS."""
        if self._transport is None:
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        self._transport = await loop.start_tls(self._transport, self, tls, server_hostname=host)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard.append(data)
        self._unread += len(data)
        if self._transport and self._unread - len(data) <= _MOST_UNREAD < self._unread:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._failure = exc
        self._wake()

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False
        self._wake()
