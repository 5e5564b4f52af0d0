"""Three origins on loopback: uvicorn's HTTP protocol on an event loop of its own thread.

The thread is a daemon and the sockets belong to it, so they end with the process however that
ends; a forked child closes its copies at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import struct
import tempfile
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, cast

from sume_ext.sandbox.extras import require
from sume_ext.sandbox.messages import Body, Head

if TYPE_CHECKING:
    from sume_ext.sandbox.delivery import Delivery
    from sume_ext.sandbox.engine import Engine, Exchange

ORIGINS: Final = ("api", "storage", "media")
IN_MEMORY: Final = 1 << 20
PATIENCE: Final = 10.0
KEEP_ALIVE: Final = 75
BACKLOG: Final = 1024
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)

_listening: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def _forget_sockets() -> None:
    for one in list(_listening):
        one.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_sockets)


def _listener(host: str, port: int) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's algorithm off; else an answer takes 40 ms.
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((host, port))
    except OSError:
        one.close()
        raise
    one.listen(BACKLOG)
    return one


class Server:
    """Serves an engine on three ports of loopback.

    Args:
        host: The address to listen on.
        ports: The ports of API, storage and media; 0 for any that is free.
    """

    def __init__(self, host: str = "127.0.0.1", ports: tuple[int, int, int] = (0, 0, 0)) -> None:
        require("httptools", "uvicorn")
        if not ip_address(host).is_loopback:
            raise ValueError(f"the sandbox listens on loopback only, not on {host}")
        with contextlib.ExitStack() as opened:
            self._sockets = [
                opened.enter_context(contextlib.closing(_listener(host, port))) for port in ports
            ]
            opened.pop_all()
        _listening.update(self._sockets)
        self._origin_of = {
            one.getsockname()[1]: name for one, name in zip(self._sockets, ORIGINS, strict=True)
        }
        self.urls = {
            name: f"http://{host}:{one.getsockname()[1]}"
            for one, name in zip(self._sockets, ORIGINS, strict=True)
        }
        self.engine: Engine | None = None
        self._loop = asyncio.new_event_loop()
        self._connections: set[Any] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sume-sandbox", daemon=True)

    def start(self, engine: Engine) -> None:
        """Begin to answer; returns when connections are taken."""
        self.engine = engine
        self._thread.start()
        if not self._ready.wait(PATIENCE):
            raise RuntimeError("the sandbox did not start")

    def close(self) -> None:
        """Drop every connection and stop; returns when the thread has ended."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)
        for one in self._sockets:
            one.close()
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        servers = self._loop.run_until_complete(self._listen())
        self._loop.call_soon(self._ready.set)
        self._loop.run_forever()
        for one in self._sockets:
            self._loop.remove_reader(one)
        self._loop.run_until_complete(_wind_up(servers, self._connections))

    async def _listen(self) -> list[asyncio.Server]:
        protocol = _protocol(self._answer, self._connections)
        return [await self._loop.create_server(protocol, sock=one) for one in self._sockets]

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application."""
        try:
            await self._serve(scope, receive, send)
        except asyncio.CancelledError:
            # The sandbox closes while an answer drips; uvicorn would print a traceback of it.
            cast("Any", send).__self__.disconnected = True

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        engine = cast("Engine", self.engine)
        transport: asyncio.Transport = scope["extensions"]["sume.transport"]
        exchange = engine.begin(_head(scope, self._origin_of))
        fault = exchange.fault
        body = Body() if fault.early else await _read(exchange, receive)
        if body is None:
            return
        delivery = engine.finish(exchange, body)
        if body.file is not None:
            body.file.close()
        if fault.latency:
            await asyncio.sleep(fault.latency)
        if delivery.ordinary and not fault.early:
            await _send(delivery, exchange.head.method, send)
        else:
            await _misdeliver(delivery, transport, early=fault.early)
            # `send` is a method of uvicorn's cycle, which must not answer on a connection taken
            # from it.
            cast("Any", send).__self__.disconnected = True


async def _wind_up(servers: list[asyncio.Server], connections: set[Any]) -> None:
    """Drop every connection, also one just taken, and end every task."""
    # A connection that is half accepted when its server closes, asyncio would forget open.
    await _some_rounds()
    for server in servers:
        server.close()
    for connection in list(connections):
        connection.transport.abort()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await _some_rounds()


async def _some_rounds() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def _protocol(
    application: Callable[[Any, Any, Any], Coroutine[Any, Any, None]], connections: set[Any]
) -> Callable[[], asyncio.Protocol]:
    """Makes uvicorn's protocol, with the connection within reach of the application."""
    from uvicorn.config import Config  # noqa: PLC0415  (an extra; imported when it is needed)
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415
    from uvicorn.server import ServerState  # noqa: PLC0415

    class Protocol(HttpToolsProtocol):
        def on_message_begin(self) -> None:
            super().on_message_begin()
            scope = cast("dict[str, Any]", self.scope)
            scope["extensions"] = {"sume.transport": self.transport}

    config = Config(
        cast("Any", application),
        interface="asgi3",
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
    )
    config.load()
    state = ServerState()
    state.connections = connections
    return lambda: Protocol(config, state, {})


def _head(scope: dict[str, Any], origin_of: dict[int, str]) -> Head:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(
        origin=origin_of[scope["server"][1]],
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
    )


async def _read(exchange: Exchange, receive: Receive) -> Body | None:
    """The request's body, or None when the client went away before its end."""
    body, md5 = Body(), hashlib.md5(usedforsecurity=False)
    keep = exchange.refusal is None
    storage = exchange.head.origin == "storage"
    if storage and keep:
        body.file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (kept)
    parts: list[bytes] = []
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            if body.file is not None:
                body.file.close()
            return None
        piece = event.get("body", b"")
        body.size += len(piece)
        if body.file is not None:
            body.file.write(piece)
            md5.update(piece)
        elif not storage and body.size <= exchange.limit:
            parts.append(piece)
        if not event.get("more_body"):
            break
    body.content = b"".join(parts)
    body.md5 = md5.hexdigest()
    return body


async def _send(delivery: Delivery, method: str, send: Send) -> None:
    reply = delivery.reply
    if reply is None:
        return
    headers = {**reply.headers, "content-length": str(len(reply.body))}
    if reply.status in {204, 304}:
        del headers["content-length"]
    raw = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    if isinstance(reply.body, bytes) and not delivery.drip:
        await send({"type": "http.response.body", "body": reply.body})
        return
    for piece in delivery.pieces() if method != "HEAD" else ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(delivery.drip)
    await send({"type": "http.response.body", "body": b""})


async def _misdeliver(delivery: Delivery, transport: asyncio.Transport, *, early: bool) -> None:
    """Put on the wire what no server should, and end the connection."""
    if delivery.extra:
        transport.pause_reading()
    transport.write(delivery.raw or delivery.head())
    for piece in delivery.pieces():
        if transport.is_closing():
            break
        chunked = delivery.framing == "chunked"
        transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        await asyncio.sleep(delivery.drip)
    transport.write(delivery.extra)
    if delivery.ending == "hang":
        while not transport.is_closing():  # noqa: ASYNC110  (uvicorn tells of it to itself only)
            await asyncio.sleep(0.05)
    elif delivery.ending == "reset":
        # What was written first must be on its way before the reset overtakes it.
        await asyncio.sleep(0.02 if delivery.reply else 0)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        transport.abort()
    else:
        if early or delivery.extra:
            await asyncio.sleep(0.05)
        transport.close()
