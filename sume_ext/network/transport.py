"""Carries `wire.Request` over httpcore, the engine of httpx, or over an httpx transport given.

Below httpx's clients nothing adds a header, follows a redirect, keeps a cookie or logs a URL;
connections are httpcore's, kept within the exchange's time by `deadlines`.
"""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import unquote

import httpcore

from sume_ext.errors import ConfigurationError, NotSentError
from sume_ext.network.deadlines import AsyncBoundedNetwork, BoundedNetwork, Limit
from sume_ext.network.routes import PORTS, Place, Places, PoolKey, tls_settings
from sume_ext.network.shelf import Shelf, is_open
from sume_ext.network.streams import AsyncHttpStream, HttpStream, Sender, ours
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator

    import httpx

    from sume_ext.config import Config
    from sume_ext.network.wire import Request, Timeouts

Lane: TypeAlias = httpcore.HTTPConnection | httpcore.ConnectionPool
AsyncLane: TypeAlias = httpcore.AsyncHTTPConnection | httpcore.AsyncConnectionPool

_KEPT_SECONDS = 60.0
_KEPT_SECONDS_FOR_ONE_SHOT = 4.0
_AT_ONCE = 64


class HttpTransport:
    """Carries requests for synchronous code; threads may share it, and so may forked children.

    Args:
        config: TLS and proxy settings.
        given: An httpx transport to use instead of the network, for tests.
    """

    def __init__(self, config: Config, given: httpx.BaseTransport | None = None) -> None:
        self._config = config
        self._given = given
        self._places = Places(config)
        self._shelf = Shelf(self._make)

    def open(self, request: Request, timeouts: Timeouts) -> HttpStream:
        """Send a request and come back with the head of its answer."""
        limit = Limit(timeouts, request.may_reach)
        body = _sender(self._given)(request.content)
        try:
            if self._given is not None:
                limit.began = limit.given = True  # it may send at any time, and doesn't say when
                answer = self._given.handle_request(_for_httpx(request, body, timeouts))
                return HttpStream(answer.status_code, answer.headers.raw, answer, limit)
            place, target, key = self._places.find(request)
            sent = _for_httpcore(request, place, target, body, limit)
            del target  # it may be signed, and whoever dumps running stacks sees locals
            return self._exchange(key, sent, limit)
        except Exception as error:  # noqa: BLE001  (told apart there)
            raise ours(error, limit, body) from None
        finally:
            limit.settled()
            body.close()

    def _exchange(self, key: PoolKey, request: httpcore.Request, limit: Limit) -> HttpStream:
        if self._shelf.process != os.getpid():
            self.close()  # the copies of a forked child; the parent's stay open
        shelf = self._shelf
        lane, put_back, stale = shelf.take(key, request.url.origin)
        for one in stale:
            one.close()

        def leave(*, whole: bool) -> None:
            if whole and put_back():
                return
            shelf.drop(lane)
            with suppress(Exception):  # what ended the exchange is what counts
                lane.close()

        try:
            answer = lane.handle_request(request)
        except BaseException:
            leave(whole=False)
            raise
        return HttpStream(answer.status, answer.headers, answer, limit, leave)

    def _make(self, key: PoolKey, origin: httpcore.Origin) -> Lane:
        options = _options(self._config, key)
        proxy = _proxy(self._config, key)
        if proxy is None:
            return httpcore.HTTPConnection(origin, **options, network_backend=BoundedNetwork())
        return _Proxied(BoundedNetwork(proxied=True, before=_layers(key)), proxy=proxy, **options)

    def close(self) -> None:
        """Close every connection; a later request opens a new one."""
        shelf, self._shelf = self._shelf, Shelf(self._make)
        for lane in shelf.clear():
            with suppress(Exception):  # the others are to be closed as well
                lane.close()
        if self._given is not None:
            self._given.close()

    def __del__(self) -> None:
        shelf: Shelf[Lane] | None = getattr(self, "_shelf", None)
        if shelf is not None and any(map(is_open, shelf.all)):
            _warn_of_forgotten(self)
            self.close()


class AsyncHttpTransport:
    """Carries requests for asynchronous code; tasks and event loops may share it.

    Args:
        config: TLS and proxy settings.
        given: An httpx transport to use instead of the network, for tests.
    """

    def __init__(self, config: Config, given: httpx.AsyncBaseTransport | None = None) -> None:
        self._config = config
        self._given = given
        self._places = Places(config)
        self._rooms: dict[AbstractEventLoop, _Room] = {}
        self._abandoned: list[_Room] = []

    async def open(self, request: Request, timeouts: Timeouts) -> AsyncHttpStream:
        """Send a request and come back with the head of its answer."""
        from asyncio import timeout  # noqa: PLC0415  (synchronous code never pays for asyncio)

        limit = Limit(timeouts, request.may_reach)
        body = _sender(self._given)(request.content)
        try:
            if self._given is not None:
                limit.began = limit.given = True  # as above
                sent = _for_httpx(request, body, timeouts)
                async with timeout(timeouts.total):
                    answer = await self._given.handle_async_request(sent)
                return AsyncHttpStream(answer.status_code, answer.headers.raw, answer, limit)
            place, target, key = self._places.find(request)
            core = _for_httpcore(request, place, target, body, limit)
            del target  # as above
            return await (await self._room()).exchange(key, core, limit)
        except Exception as error:  # noqa: BLE001  (told apart there)
            raise ours(error, limit, body) from None
        finally:
            limit.settled()
            body.close()

    async def _room(self) -> _Room:
        from asyncio import get_running_loop  # noqa: PLC0415  (as above)

        loop = get_running_loop()
        room = self._rooms.get(loop)
        if room is None or room.process != os.getpid():
            for other, r in self._rooms.copy().items():  # other loops' threads may add theirs
                if r.process != os.getpid():
                    # A forked child leaves its copies alone, for they share the parent's selector.
                    self._abandoned.append(r)
                if r.process != os.getpid() or other.is_closed():
                    self._rooms.pop(other, None)
            room = self._rooms[loop] = _Room(self._config)
            await room.enter()
        return room

    async def aclose(self) -> None:
        """Close every connection of this event loop; a later request opens a new one."""
        from asyncio import get_running_loop  # noqa: PLC0415  (as above)

        room = self._rooms.pop(get_running_loop(), None)
        if room is not None:
            await room.leave()
        if self._given is not None:
            await self._given.aclose()

    def __del__(self) -> None:
        rooms: dict[AbstractEventLoop, _Room] = getattr(self, "_rooms", {})
        if any(room.holds_any and not loop.is_closed() for loop, room in rooms.copy().items()):
            _warn_of_forgotten(self)


class _Room:
    """The connections of one event loop, so many at most, and closed with it at the latest.

    Args:
        config: The client's.
    """

    def __init__(self, config: Config) -> None:
        from asyncio import Semaphore  # noqa: PLC0415  (as above)

        self._config = config
        self._shelf = Shelf(self._make)
        self._turnstile = Semaphore(_AT_ONCE)
        self._life = self._live()
        self.process = os.getpid()

    @property
    def holds_any(self) -> bool:
        """Whether there is something to close."""
        return any(map(is_open, self._shelf.all))

    async def exchange(
        self, key: PoolKey, request: httpcore.Request, limit: Limit
    ) -> AsyncHttpStream:
        """Send a request and come back with the head of its answer."""
        from asyncio import timeout  # noqa: PLC0415  (as above)

        try:
            async with timeout(limit.waiting()):
                await self._turnstile.acquire()
        except TimeoutError:
            raise NotSentError("too many requests of this client are under way.") from None
        try:
            lane, put_back, stale = self._shelf.take(key, request.url.origin)
        except BaseException:
            self._turnstile.release()
            raise

        async def leave(*, whole: bool) -> None:
            try:
                if whole and put_back():
                    return
                self._shelf.drop(lane)
                with suppress(Exception):  # as above
                    await lane.aclose()
            finally:
                self._turnstile.release()

        try:
            for one in stale:
                await one.aclose()
            answer = await lane.handle_async_request(request)
        except BaseException:
            await leave(whole=False)
            raise
        return AsyncHttpStream(answer.status, answer.headers, answer, limit, leave)

    def _make(self, key: PoolKey, origin: httpcore.Origin) -> AsyncLane:
        options = _options(self._config, key)
        proxy = _proxy(self._config, key)
        if proxy is None:
            network = AsyncBoundedNetwork()
            return httpcore.AsyncHTTPConnection(origin, **options, network_backend=network)
        network = AsyncBoundedNetwork(proxied=True, before=_layers(key))
        return _AsyncProxied(network, proxy=proxy, **options)

    async def _live(self) -> AsyncGenerator[None]:
        from asyncio import gather, shield  # noqa: PLC0415  (as above)

        try:
            yield
        finally:
            lanes = self._shelf.clear()
            # Whoever waits may be cancelled meanwhile, even again and again.
            await shield(gather(*(lane.aclose() for lane in lanes), return_exceptions=True))

    async def enter(self) -> None:
        """Begin; a loop that shuts down ends its generators, and so this."""
        await anext(self._life)

    async def leave(self) -> None:
        """Close every connection."""
        await self._life.aclose()


class _Proxied(httpcore.ConnectionPool):
    """The one connection through a proxy.

    It closes also what httpcore leaves open: a SOCKS proxy's, when it isn't greeted as it should.

    Args:
        network: Opens it.
        options: As for a pool.
    """

    def __init__(self, network: BoundedNetwork, **options: Any) -> None:
        super().__init__(**options, max_connections=1, network_backend=network)
        self._opener = network
        self._process = os.getpid()

    def close(self) -> None:
        """Close it; in a forked child without the pool, whose lock may be held for ever there."""
        if self._process == os.getpid():
            super().close()
        self._opener.close()


class _AsyncProxied(httpcore.AsyncConnectionPool):
    """As `_Proxied`."""

    def __init__(self, network: AsyncBoundedNetwork, **options: Any) -> None:
        super().__init__(**options, max_connections=1, network_backend=network)
        self._opener = network

    async def aclose(self) -> None:
        """Close it."""
        await super().aclose()
        await self._opener.aclose()


def _options(config: Config, key: PoolKey) -> dict[str, Any]:
    """What the connections of both worlds have in common."""
    scheme, _, _, repeatable = key
    secure = scheme == "https" or _has_secure_proxy(key)
    return {
        "ssl_context": tls_settings(config) if secure else None,
        "keepalive_expiry": _KEPT_SECONDS if repeatable else _KEPT_SECONDS_FOR_ONE_SHOT,
    }


def _layers(key: PoolKey) -> int:
    """How many times TLS begins before a request is written to a proxy's tunnel."""
    return 0 if key[0] != "https" else 2 if _has_secure_proxy(key) else 1


def _has_secure_proxy(key: PoolKey) -> bool:
    return key[2] is not None and key[2].reveal().startswith("https:")


def _proxy(config: Config, key: PoolKey) -> httpcore.Proxy | None:
    """The proxy on the way, if there is one.

    Raises:
        ConfigurationError: It speaks SOCKS, and httpcore's extra for that is missing.
    """
    if key[2] is None:
        return None
    parts = split_url(key[2].reveal())
    socks = parts.scheme.startswith("socks")
    if socks and find_spec("socksio") is None:
        raise ConfigurationError(
            "a SOCKS proxy needs one more package.", hint="Install it: pip install httpx[socks]."
        )
    user, password = parts.username, parts.password
    port = parts.port or (1080 if socks else PORTS[parts.scheme])
    proxy = httpcore.Proxy(
        httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=port, target="/"),
        auth=None if user is None else (unquote(user), unquote(password or "")),
        ssl_context=tls_settings(config) if parts.scheme == "https" else None,
    )
    proxy.headers = _unseen(proxy.headers)
    if proxy.auth is not None:
        proxy.auth = (_Unseen(proxy.auth[0]), _Unseen(proxy.auth[1]))
    return proxy


class _Unseen(bytes):
    """Bytes that show themselves to nobody: httpcore's frames hold some while a proxy is silent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'**********'"


def _unseen(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, _Unseen(value)) for name, value in headers]


def _headers(request: Request, body: Sender, host: bytes) -> list[tuple[bytes, bytes]]:
    headers = [(b"host", host)]
    headers += [
        (name.encode("ascii"), text.encode("utf-8")) for name, text in request.headers.items()
    ]
    if body.size is not None:
        headers.append((b"content-length", b"%d" % body.size))
    return headers


def _for_httpcore(
    request: Request, place: Place, target: bytes, body: Sender, limit: Limit
) -> httpcore.Request:
    made = httpcore.Request(
        request.method,
        httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=target),
        content=body,  # even without content, for which httpcore would send an empty piece
        # httpcore hands these on untouched, to the network of `deadlines`.
        extensions={
            "timeout": {"connect": limit, "read": limit, "write": limit, "pool": limit.waiting()}
        },
    )
    headers = _headers(request, body, place.shown)
    made.headers = headers if place.proxy is None else _unseen(headers)
    return made


def _sender(given: object) -> type[Sender]:
    """What sends a body: over the network, or over an httpx transport that was given."""
    return Sender if given is None else _httpx_sender()


@cache
def _httpx_request() -> type[httpx.Request]:
    import httpx  # noqa: PLC0415  (needed by tests only, and slow to import)

    class QuietRequest(httpx.Request):
        """A request whose repr shows no URL: frames of transports that wait hold it."""

        def __repr__(self) -> str:
            return f"<Request({self.method!r})>"

    return QuietRequest


@cache
def _httpx_sender() -> type[Sender]:
    import httpx  # noqa: PLC0415  (as above)

    class HttpxSender(Sender, httpx.SyncByteStream, httpx.AsyncByteStream):
        """A body of the kinds that httpx's transports insist on."""

    return HttpxSender


def _for_httpx(request: Request, body: Sender, timeouts: Timeouts) -> httpx.Request:
    times = {"connect": timeouts.connect, "read": timeouts.read}
    return _httpx_request()(
        request.method,
        request.url,
        headers=_headers(request, body, split_url(request.url).netloc.encode()),
        # With stream= httpx adds no header of its own, so nothing goes out that isn't above.
        stream=cast("httpx.SyncByteStream", body),
        extensions={"timeout": {**times, "write": timeouts.write, "pool": timeouts.pool}},
    )


def _warn_of_forgotten(transport: object) -> None:
    warnings.warn(
        "a client was forgotten with open connections; use it in a `with` block, or close it.",
        ResourceWarning,
        stacklevel=3,
        source=transport,
    )
