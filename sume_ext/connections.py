"""Connections to servers, kept between requests and never shared between two at once.

A request that mustn't be repeated rides only on a connection that is fresh or was just used,
since a server that closes an old one at that moment would leave its outcome unknown.
"""

from __future__ import annotations

import os
import time
import warnings
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from sume_ext.errors import NotSentError
from sume_ext.http1 import Conversation, Head, Route
from sume_ext.network import Limit, Line
from sume_ext.routes import Routes, tls_settings

if TYPE_CHECKING:
    import ssl
    from asyncio import AbstractEventLoop, Semaphore
    from collections.abc import AsyncGenerator, Callable, Mapping

    from sume_ext.config import Config
    from sume_ext.network_async import AsyncLine
    from sume_ext.wire import Request, Timeouts

_KEPT_SECONDS = 60.0
_KEPT_SECONDS_FOR_ONE_SHOT = 4.0
_KEPT = 64
_AT_ONCE = 64
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class _AnyLine(Protocol):
    def quiet(self) -> bool: ...
    def close(self) -> None: ...


L = TypeVar("L", bound=_AnyLine)


class _Lane(Generic[L]):
    """A connection, what was said on it, and when it was last used."""

    def __init__(self, route: Route, line: L) -> None:
        self.talk = Conversation(route)
        self.line = line
        self.used = 0.0


class _Pool(Generic[L]):
    """Connections nobody is using, by route, the last used on top. Needs no lock.

    Args:
        make: Makes a new connection, still to be opened.
    """

    def __init__(self, make: Callable[[], L]) -> None:
        self._make = make
        self._idle: dict[Route, list[_Lane[L]]] = {}
        self._closed = False
        self.process = os.getpid()

    @property
    def holds_any(self) -> bool:
        """Whether there is something to close."""
        return any(self._idle.values())

    def take(self, route: Route, method: str) -> _Lane[L]:
        """A connection for a request with this method."""
        oldest = _KEPT_SECONDS if method in _REPEATABLE else _KEPT_SECONDS_FOR_ONE_SHOT
        idle = self._idle.get(route)
        while idle:
            try:
                lane = idle.pop()
            except IndexError:
                break  # another thread took the last one
            if time.monotonic() - lane.used < oldest and lane.line.quiet():
                return lane
            lane.line.close()
        return _Lane(route, self._make())

    def give_back(self, lane: _Lane[L]) -> None:
        """Keep a connection for the next request if it is fit for one."""
        if self._closed or not lane.talk.turn():
            lane.line.close()
            return
        lane.used = time.monotonic()
        idle = self._idle.setdefault(lane.talk.route, [])
        idle.append(lane)
        if len(idle) > _KEPT:
            idle.pop(0).line.close()

    def close(self) -> None:
        """Close what is idle now, and the rest when it is given back."""
        self._closed = True
        for idle in self._idle.values():
            while idle:
                idle.pop().line.close()


class _Answer(Generic[L]):
    """An answer whose head has come, with the connection it comes on."""

    def __init__(self, lane: _Lane[L], head: Head, limit: Limit) -> None:
        self._lane = lane
        self._limit = limit
        self._open = True
        self.status = head.status
        self.headers: Mapping[str, str] = head.headers


class NetworkStream(_Answer[Line]):
    """An answer read by blocking."""

    def __init__(self, pool: _Pool[Line], lane: _Lane[Line], head: Head, limit: Limit) -> None:
        super().__init__(lane, head, limit)
        self._pool = pool

    def read(self) -> bytes:
        """The next bytes, ``b""`` at the end."""
        return self._lane.line.perform(self._lane.talk.more(), self._limit)

    def close(self) -> None:
        """Let go of the connection."""
        if self._open:
            self._open = False
            self._pool.give_back(self._lane)


class NetworkTransport:
    """Carries requests for synchronous code; threads may share it, and so may forked children.

    Args:
        config: TLS and proxy settings.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._routes = Routes(config)
        self._pool: _Pool[Line] | None = None

    def open(self, request: Request, timeouts: Timeouts) -> NetworkStream:
        """Send a request and come back with the head of its answer."""
        address, target = self._routes.find(request.url)
        limit = Limit(timeouts)
        pool = self._current()
        lane = pool.take(address.route, request.method)
        try:
            head = lane.line.perform(lane.talk.ask(request, target, address.host), limit)
        except BaseException:
            lane.line.close()
            raise
        return NetworkStream(pool, lane, head, limit)

    def _current(self) -> _Pool[Line]:
        pool = self._pool
        if pool is None or pool.process != os.getpid():
            self.close()  # in a forked child: its copies; the parent's stay open
            pool = self._pool = _Pool(self._line)
        return pool

    def _line(self) -> Line:
        return Line(self._tls)

    def _tls(self) -> ssl.SSLContext:
        return tls_settings(self._config)

    def close(self) -> None:
        """Close every connection; a later request opens a new one."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def __del__(self) -> None:
        pool: _Pool[Line] | None = getattr(self, "_pool", None)
        if pool is not None and pool.holds_any:
            _warn_of_forgotten(self)
            pool.close()


class AsyncNetworkStream(_Answer["AsyncLine"]):
    """An answer read by awaiting."""

    def __init__(self, room: _Room, lane: _Lane[AsyncLine], head: Head, limit: Limit) -> None:
        super().__init__(lane, head, limit)
        self._room = room

    async def read(self) -> bytes:
        """The next bytes, ``b""`` at the end."""
        return await self._lane.line.perform(self._lane.talk.more(), self._limit)

    async def aclose(self) -> None:
        """Let go of the connection."""
        if self._open:
            self._open = False
            self._room.pool.give_back(self._lane)
            self._room.turnstile.release()


class _Room:
    """The connections of one event loop, closed with it at the latest."""

    def __init__(self, make: Callable[[], AsyncLine], turnstile: Semaphore) -> None:
        self.pool = _Pool(make)
        self.turnstile = turnstile
        self._life = self._live()

    async def _live(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self.pool.close()

    async def enter(self) -> None:
        """Begin; a loop that shuts down ends its generators, and so this."""
        await anext(self._life)

    async def leave(self) -> None:
        """Close every connection, and let the loop notice."""
        from asyncio import sleep  # noqa: PLC0415  (synchronous code never pays for asyncio)

        await self._life.aclose()
        await sleep(0)


class AsyncNetworkTransport:
    """Carries requests for asynchronous code; tasks and event loops may share it.

    Args:
        config: TLS and proxy settings.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._routes = Routes(config)
        self._rooms: dict[AbstractEventLoop, _Room] = {}
        self._abandoned: list[Any] = []

    async def open(self, request: Request, timeouts: Timeouts) -> AsyncNetworkStream:
        """Send a request and come back with the head of its answer."""
        from asyncio import timeout  # noqa: PLC0415  (as above)

        address, target = self._routes.find(request.url)
        limit = Limit(timeouts)
        room = await self._room()
        try:
            async with timeout(timeouts.pool):
                await room.turnstile.acquire()
        except TimeoutError:
            raise NotSentError("too many requests of this client are under way.") from None
        lane = room.pool.take(address.route, request.method)
        try:
            head = await lane.line.perform(lane.talk.ask(request, target, address.host), limit)
        except BaseException:
            lane.line.close()
            room.turnstile.release()
            raise
        return AsyncNetworkStream(room, lane, head, limit)

    async def _room(self) -> _Room:
        from asyncio import Semaphore, get_running_loop  # noqa: PLC0415  (as above)

        loop = get_running_loop()
        room = self._rooms.get(loop)
        if room is None or room.pool.process != os.getpid():
            # Not closed: a forked child's copies share the parent's selector, and closed
            # loops have closed theirs.
            self._abandoned += [r for r in self._rooms.values() if r.pool.process != os.getpid()]
            self._rooms = {
                known: r
                for known, r in self._rooms.items()
                if r.pool.process == os.getpid() and not known.is_closed()
            }
            room = self._rooms[loop] = _Room(self._line, Semaphore(_AT_ONCE))
            await room.enter()
        return room

    def _line(self) -> AsyncLine:
        from sume_ext.network_async import AsyncLine  # noqa: PLC0415  (as above)

        return AsyncLine(self._tls)

    def _tls(self) -> ssl.SSLContext:
        return tls_settings(self._config)

    async def aclose(self) -> None:
        """Close every connection; a later request opens a new one."""
        from asyncio import get_running_loop  # noqa: PLC0415  (as above)

        rooms, self._rooms = self._rooms, {}
        for loop, room in rooms.items():
            if loop is get_running_loop():
                await room.leave()
            elif not loop.is_closed():
                loop.call_soon_threadsafe(room.pool.close)

    def __del__(self) -> None:
        rooms: dict[AbstractEventLoop, _Room] = getattr(self, "_rooms", {})
        if any(room.pool.holds_any and not loop.is_closed() for loop, room in rooms.items()):
            _warn_of_forgotten(self)


def _warn_of_forgotten(transport: object) -> None:
    warnings.warn(
        "a client was forgotten with open connections; use it in a `with` block, or close it.",
        ResourceWarning,
        stacklevel=3,
        source=transport,
    )
