"""The only module that knows httpx: it carries `wire.Request` over httpx's transports.

Transports are used below `httpx.Client`, so httpx adds no header, follows no redirect, keeps
no cookie and logs no URL; the connection pool, TLS and proxies stay httpx's.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NoReturn, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from sume_ext.errors import NotSentError, ResponseLostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from sume_ext.config import Config
    from sume_ext.wire import AsyncTransport, Body, Request, Timeouts, Transport

_shared_context: list[ssl.SSLContext] = []


def tls_context(config: Config) -> ssl.SSLContext:
    """The TLS settings of a client; making them takes longer than a call, so all share one."""
    if isinstance(config.verify, ssl.SSLContext):
        return config.verify
    if not config.verify:
        return httpx.create_ssl_context(verify=False)
    if not _shared_context:
        _shared_context.append(httpx.create_ssl_context())
    return _shared_context[0]


def proxy_for(url: str, config: Config) -> str | None:
    """The proxy for a URL: the configured one, else the environment's."""
    if config.proxy is not None:
        return config.proxy
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{found}" if found and "://" not in found else found


class HttpxTransport:
    """Carries requests for synchronous code; a pool of connections per proxy in use.

    Args:
        config: TLS and proxy settings.
        transport: An httpx transport to use instead of the network, for tests.
    """

    def __init__(self, config: Config, transport: httpx.BaseTransport | None = None) -> None:
        self._config = config
        self._given = transport
        self._pools: dict[str | None, httpx.BaseTransport] = {}

    @classmethod
    def over(cls, config: Config, given: httpx.BaseTransport | Transport | None) -> Transport:
        """The network, an httpx transport, or whatever already carries our own requests."""
        if given is None or isinstance(given, httpx.BaseTransport):
            return cls(config, given)
        return given

    def open(self, request: Request, timeouts: Timeouts) -> HttpxStream:
        """Send a request and come back with the head of its answer."""
        try:
            pool = self._pool(request.url)
            answer = pool.handle_request(_httpx_request(request, timeouts))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            _raise_as_ours(error)
        return HttpxStream(answer)

    def _pool(self, url: str) -> httpx.BaseTransport:
        if self._given is not None:
            return self._given
        proxy = proxy_for(url, self._config)
        if proxy not in self._pools:
            self._pools[proxy] = httpx.HTTPTransport(
                verify=tls_context(self._config), proxy=proxy, trust_env=False
            )
        return self._pools[proxy]

    def close(self) -> None:
        """Close every connection."""
        pools, self._pools = [*self._pools.values()], {}
        for pool in pools:
            pool.close()


class AsyncHttpxTransport:
    """Carries requests for asynchronous code; otherwise as `HttpxTransport`."""

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._config = config
        self._given = transport
        self._pools: dict[str | None, httpx.AsyncBaseTransport] = {}

    @classmethod
    def over(
        cls, config: Config, given: httpx.AsyncBaseTransport | AsyncTransport | None
    ) -> AsyncTransport:
        """The network, an httpx transport, or whatever already carries our own requests."""
        if given is None or isinstance(given, httpx.AsyncBaseTransport):
            return cls(config, given)
        return given

    async def open(self, request: Request, timeouts: Timeouts) -> AsyncHttpxStream:
        """Send a request and come back with the head of its answer."""
        try:
            pool = self._pool(request.url)
            answer = await pool.handle_async_request(_httpx_request(request, timeouts))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            _raise_as_ours(error)
        return AsyncHttpxStream(answer)

    def _pool(self, url: str) -> httpx.AsyncBaseTransport:
        if self._given is not None:
            return self._given
        proxy = proxy_for(url, self._config)
        if proxy not in self._pools:
            self._pools[proxy] = httpx.AsyncHTTPTransport(
                verify=tls_context(self._config), proxy=proxy, trust_env=False
            )
        return self._pools[proxy]

    async def aclose(self) -> None:
        """Close every connection."""
        pools, self._pools = [*self._pools.values()], {}
        for pool in pools:
            await pool.aclose()


class _BodyStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request's body as httpx wants it; files are read off the event loop."""

    def __init__(self, content: bytes | Body | None) -> None:
        self._content = content

    def _parts(self) -> Iterator[bytes]:
        if isinstance(self._content, bytes):
            return iter((self._content,))
        return iter(()) if self._content is None else self._content.chunks()

    def __iter__(self) -> Iterator[bytes]:
        return self._parts()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._content is None or isinstance(self._content, bytes):
            for part in self._parts():
                yield part
            return
        from asyncio import to_thread  # noqa: PLC0415  (only where there is an event loop)

        parts = self._parts()
        while part := await to_thread(next, parts, b""):
            yield part


def _httpx_request(request: Request, timeouts: Timeouts) -> httpx.Request:
    headers = {"host": urlsplit(request.url).netloc, **request.headers}
    content = request.content
    if content is not None:
        headers["content-length"] = str(
            len(content) if isinstance(content, bytes) else content.size
        )
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        # With stream= httpx adds no header of its own, so nothing goes out that isn't above.
        stream=_BodyStream(content),
        extensions={
            "timeout": {
                "connect": timeouts.connect,
                "read": timeouts.read,
                "write": timeouts.write,
                "pool": timeouts.pool,
            }
        },
    )


def _raise_as_ours(error: Exception) -> NoReturn:
    """Tell what is sure not to have been sent from what may have been.

    The cause is dropped on purpose: httpx's errors hold the request, its URL and its headers.
    """
    kind = type(error).__name__
    text = f"{kind}: {error}" if str(error) and "://" not in str(error) else kind
    if _is_tls(error):
        raise NotSentError(
            f"the server's TLS certificate or handshake was refused ({kind}).",
            final=True,
            hint="Check base_url and the system's certificates (SSL_CERT_FILE), or pass verify=.",
        ) from None
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)):
        raise NotSentError(f"the request can't be sent ({text}).", final=True) from None
    if isinstance(
        error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    ):
        raise NotSentError(f"no connection to the server ({text}).") from None
    raise ResponseLostError(f"the answer was lost on the way ({text}).") from None


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Head:
    """Status and headers of an answer."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self.status: int = answer.status_code
        self.headers: Mapping[str, str] = {
            name.decode("ascii", "replace").lower(): answer.headers[name.decode("latin-1")]
            for name in dict.fromkeys(raw for raw, _ in answer.headers.raw)
        }


class HttpxStream(_Head):
    """An answer read by blocking."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(answer)
        self._chunks: Iterator[bytes] = iter(cast("httpx.SyncByteStream", answer.stream))

    def read(self) -> bytes:
        """The next raw bytes, or ``b""`` at the end."""
        try:
            return next(self._chunks, b"")
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError) as error:
            _raise_as_ours(error)

    def close(self) -> None:
        """Let go of the connection."""
        self._answer.close()


class AsyncHttpxStream(_Head):
    """An answer read by awaiting."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(answer)
        self._chunks: AsyncIterator[bytes] = aiter(cast("httpx.AsyncByteStream", answer.stream))

    async def read(self) -> bytes:
        """The next raw bytes, or ``b""`` at the end."""
        try:
            return await anext(self._chunks, b"")
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError) as error:
            _raise_as_ours(error)

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._answer.aclose()
