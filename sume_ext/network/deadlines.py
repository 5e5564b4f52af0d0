"""A network for httpcore that keeps every connect, read and write within one moment.

httpcore's own timeouts bound the pause between two bytes, so a server that drips one at a time
holds a call for ever. httpcore hands a request's timeouts on untouched, so here they are a
`Limit`: it knows the moment by which the exchange must be over, and what came of it so far.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR, SOCK_STREAM, getaddrinfo, socket
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import httpcore

from sume_ext.network.addresses import allowed

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from sume_ext.network.wire import Timeouts

_PIECE = 256 * 1024
_READ = 512 * 1024
"""How much to read at once while much is coming: what httpcore asks for would halve the speed of
a download. A buffer of this size costs a small answer more time than all of its parsing."""
_LONGEST = 24 * 3600.0
"""No single wait is longer: systems refuse to count to what a caller may call a timeout."""
SocketOptions: TypeAlias = Iterable[Any] | None


class Limit:
    """The moments by which one exchange must have got somewhere.

    Args:
        timeouts: How long its parts may take from now on.
        may_reach: Says of an address whether it may be connected to.

    Attributes:
        began: Whether any byte of the request may have reached the server.
        given: Whether it is a transport of the caller's own that sends it.
    """

    def __init__(self, timeouts: Timeouts, may_reach: Callable[[str], bool] | None) -> None:
        now = time.monotonic()
        self._connected = now + min(timeouts.connect, timeouts.total)
        self._over = now + timeouts.total
        self._pause = timeouts.read
        self._stop = timeouts.stop
        self._cut: Callable[[], None] | None = None
        self.may_reach = may_reach
        self.began = False
        self.given = False

    def uses(self, cut: Callable[[], None]) -> None:
        """Told that bytes of the request are about to go, and what cuts the connection."""
        self.began = True
        if self._stop is not None and self._cut is None:
            self._cut = cut
            self._stop.watch(cut)

    def settled(self) -> None:
        """Told that the head of the answer is there, or never will be."""
        if self._stop is not None and self._cut is not None:
            self._stop.forget(self._cut)

    def waiting(self) -> float:
        """Seconds left to begin at all."""
        return self._over - time.monotonic()

    def connecting(self) -> float:
        """Seconds left to connect."""
        if self._stop is not None and self._stop.up:
            raise httpcore.ConnectTimeout("nobody waits for it any more")
        return _some(self._connected - time.monotonic(), httpcore.ConnectTimeout)

    def reading(self) -> float:
        """Seconds that the next bytes may take to come."""
        left = self._over - time.monotonic()
        return _some(min(left, self._pause), httpcore.ReadTimeout)

    def writing(self) -> float:
        """Seconds that the next bytes may take to go."""
        left = self._over - time.monotonic()
        return _some(min(left, self._pause), httpcore.WriteTimeout)


def _some(seconds: float, otherwise: type[httpcore.TimeoutException]) -> float:
    if seconds <= 0:
        raise otherwise("the time is over")
    return min(seconds, _LONGEST)


class _Tail:
    """The last bytes that came on a connection, which tell whether more came than was due."""

    def __init__(self) -> None:
        self._last = b""
        self._spoilt = False

    def ends_with(self, piece: bytes) -> None:
        """Told the last piece of a body: what came after it belongs to no answer."""
        self._spoilt = not self._last.endswith(piece[-len(self._last) :])


class BoundedStream(_Tail, httpcore.NetworkStream):
    """A connection used by blocking.

    Args:
        inner: The same, without a deadline.
    """

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        super().__init__()
        self._inner = inner

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        """What has come, in larger pieces as long as they come full."""
        most = _READ if len(self._last) >= max_bytes else max_bytes
        self._last = self._inner.read(most, timeout.reading())
        return self._last

    def write(self, buffer: bytes, timeout: Any = None) -> None:
        """Send all of it, in pieces that the deadline can come between."""
        timeout.uses(self.cut)
        left: Any = memoryview(buffer)  # whose slices are no copies
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(left[start : start + _PIECE], timeout.writing())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> BoundedStream:
        """Begin TLS; what was sent before (to a proxy) was not the request."""
        timeout.began = False
        return BoundedStream(
            self._inner.start_tls(ssl_context, server_hostname, timeout.connecting())
        )

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks; a connection that holds bytes of no answer is as good as closed."""
        return True if info == "is_readable" and self._spoilt else self._inner.get_extra_info(info)

    def cut(self) -> None:
        """Break it, from any thread, so that whoever waits for it goes on at once."""
        line = self._inner.get_extra_info("socket")
        if line is not None:
            with suppress(OSError):
                socket.shutdown(line, SHUT_RDWR)  # below TLS, which a thread may use

    def close(self) -> None:
        """Let go of it."""
        self._inner.close()


class BoundedNetwork(httpcore.NetworkBackend):
    """Opens connections by blocking, to addresses that may be reached.

    Args:
        proxied: Whether every connection is to a proxy, which resolves the names itself; where
            the proxy is, is the user's business.
    """

    def __init__(self, *, proxied: bool = False) -> None:
        self._proxied = proxied
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Any = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> BoundedStream:
        """A connection to the first address that answers; each gets its share of the time."""
        limit: Limit = timeout
        addresses = _addresses(host, port, limit)
        if limit.may_reach is not None and not self._proxied:
            addresses = allowed(host, addresses, limit.may_reach)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for done, address in enumerate(addresses):
            share = limit.connecting() / (len(addresses) - done)
            try:
                return BoundedStream(
                    self._inner.connect_tcp(address, port, share, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _addresses(host: str, port: int, limit: Limit) -> list[str]:
    """What a name stands for; too slow a look-up, which nothing can stop, is left alone."""
    with suppress(ValueError):
        return [str(ip_address(host))]
    found: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def look() -> None:
        try:
            found.put(_in_order(getaddrinfo(host, port, type=SOCK_STREAM)))
        except (OSError, ValueError) as error:
            found.put(error)

    Thread(target=look, name="sume-dns", daemon=True).start()
    try:
        outcome = found.get(timeout=limit.connecting())
    except Empty:
        raise httpcore.ConnectTimeout("the name server is silent") from None
    if isinstance(outcome, Exception):
        try:
            raise outcome  # noqa: TRY301  (raised for its context)
        except Exception as error:  # httpcore drops a cause, but keeps a context
            raise httpcore.ConnectError from error
    return outcome


def _in_order(found: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class AsyncBoundedStream(_Tail, httpcore.AsyncNetworkStream):
    """A connection used by awaiting; otherwise as `BoundedStream`.

    Args:
        inner: The same, without a deadline.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        super().__init__()
        self._inner = inner

    async def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        """What has come."""
        self._last = await self._inner.read(max(max_bytes, _READ), timeout.reading())
        return self._last

    async def write(self, buffer: bytes, timeout: Any = None) -> None:
        """Send all of it."""
        timeout.began = True
        await self._inner.write(buffer, timeout.writing())

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> AsyncBoundedStream:
        """Begin TLS."""
        timeout.began = False
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout.connecting())
        return AsyncBoundedStream(inner)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks."""
        return True if info == "is_readable" and self._spoilt else self._inner.get_extra_info(info)

    async def aclose(self) -> None:
        """Let go of it."""
        await self._inner.aclose()


async def _addresses_soon(host: str, port: int, limit: Limit) -> list[str]:
    """As `_addresses`."""
    from asyncio import get_running_loop, timeout  # noqa: PLC0415  (synchronous code never pays for asyncio)

    try:
        async with timeout(limit.connecting()):
            return _in_order(await get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM))
    except TimeoutError:
        raise httpcore.ConnectTimeout("the name server is silent") from None
    except (OSError, ValueError) as error:
        raise httpcore.ConnectError from error


class AsyncBoundedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections by awaiting; otherwise as `BoundedNetwork`."""

    def __init__(self, *, proxied: bool = False) -> None:
        self._proxied = proxied
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Any = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> AsyncBoundedStream:
        """A connection; the addresses of a name are raced, unless each has to be asked about."""
        limit: Limit = timeout
        hosts = [host]
        if limit.may_reach is not None and not self._proxied:
            hosts = allowed(host, await _addresses_soon(host, port, limit), limit.may_reach)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for done, one in enumerate(hosts):
            share = limit.connecting() / (len(hosts) - done)
            try:
                return AsyncBoundedStream(
                    await self._inner.connect_tcp(one, port, share, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)
