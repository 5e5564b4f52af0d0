"""A network for httpcore that keeps every connect, read and write within one moment.

httpcore's own timeouts bound the pause between two bytes, so a server that drips one at a time
holds a call for ever. httpcore hands a request's timeouts on untouched, so here they are a
`Limit`: it knows the moment by which the exchange must be over, and what came of it so far.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from functools import partial
from socket import SHUT_RDWR, fromfd, socket
from ssl import MemoryBIO, SSLSocket, SSLWantReadError, SSLZeroReturnError
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import httpcore

from sume_ext.network.addresses import allowed
from sume_ext.network.names import addresses_of, addresses_soon, aside, first_of
from sume_ext.network.pace import Pace

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Iterator

    from sume_ext.network.wire import Timeouts

_PIECE = 256 * 1024
_PIECE_AWAITED = 64 * 1024
"""What an event loop is given at once: it tells when all of it is gone, not that some is."""
_RECORD = 16 * 1024
_READ = 512 * 1024
"""How much to read at once while much is coming: what httpcore asks for would halve the speed of
a download. A buffer of this size costs a small answer more time than all of its parsing."""
_END_OF_HEAD = b"\r\n\r\n"
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_LONGEST = 24 * 3600.0
"""No single wait is longer: systems refuse to count to what a caller may call a timeout."""
SocketOptions: TypeAlias = Iterable[Any] | None
T = TypeVar("T")


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
        self._next_by: float | None = None
        self.may_reach = may_reach
        self.began = False
        self.given = False

    @property
    def may_stop(self) -> bool:
        """Whether another thread may end it."""
        return self._stop is not None

    def uses(self, cut: Callable[[], None]) -> None:
        """Told what cuts the connection that is waited for from now on."""
        if self._stop is not None and self._cut != cut:
            self.unused()
            self._cut = cut
            self._stop.watch(cut)

    def settled(self) -> None:
        """Told that the head of the answer is there, or never will be."""
        self.unused()

    def unused(self) -> None:
        """Told that nothing is waited for just now."""
        if self._stop is not None and self._cut is not None:
            self._stop.forget(self._cut)
            self._cut = None

    def waiting(self) -> float:
        """Seconds left to begin at all."""
        return min(max(self._over - time.monotonic(), 0.0), _LONGEST)

    def connecting(self) -> float:
        """Seconds left to connect."""
        if self._stop is not None and self._stop.up:
            raise httpcore.ConnectTimeout("nobody waits for it any more")
        return _some(self._connected - time.monotonic(), httpcore.ConnectTimeout)

    def begins(self) -> None:
        """Told that something new is waited for: the next piece of a body."""
        self._next_by = None

    def reading(self) -> float:
        """Seconds that the next bytes may take to come.

        Until a head is complete, or some of the body is there, its bytes share one pause, so that
        a server that keeps saying "100 Continue", or drips what belongs to no body, isn't waited
        for any longer than one that says nothing.
        """
        now = time.monotonic()
        if self._next_by is None:
            self._next_by = min(self._over, now + self._pause)
        return _some(self._next_by - now, httpcore.ReadTimeout)

    def writing(self) -> float:
        """Seconds that the next bytes may take to go."""
        self._next_by = None
        left = self._over - time.monotonic()
        return _some(min(left, self._pause), httpcore.WriteTimeout)


def _some(seconds: float, otherwise: type[httpcore.TimeoutException]) -> float:
    if seconds <= 0:
        raise otherwise("the time is over")
    return min(seconds, _LONGEST)


class Greeting:
    """What a limit is to the words that a SOCKS proxy is greeted with: a part of connecting.

    httpcore hands on no timeouts for them, and no byte of them is one of the request.

    Args:
        limit: Of the exchange that the connection is made for.
    """

    def __init__(self, limit: Limit) -> None:
        self.uses = limit.uses
        self.reading = self.writing = limit.connecting
        self.began = False


class Tail:
    """The last bytes that came on a connection, which tell whether more came than was due."""

    def __init__(self) -> None:
        self._last = b""
        self._spoilt = False

    def ends_with(self, piece: bytes, *, chunked: bool) -> None:
        """Told the last piece of a body: what came after it belongs to no answer.

        It may look like the next answer, which would then be handed to whoever asks next. So the
        connection serves on only where nothing can have come after: where the piece, looked for
        from the start, already stands at the end. httpcore doesn't tell what its parser holds.
        """
        end = _LAST_CHUNK if chunked else b""
        if chunked and end.endswith(self._last):
            return  # it came by itself
        if not piece:
            piece, end = _END_OF_HEAD, end.removeprefix(b"\r\n")
        _, found, after = self._last.partition(piece[-len(self._last) :])
        self._spoilt = not found or after != end

    def has_passed_on(self, piece: bytes) -> bool:
        """Whether a piece of a body is what came last, so that its reader holds nothing more."""
        return piece == self._last


class BoundedStream(Tail, httpcore.NetworkStream):
    """A connection used by blocking.

    Args:
        inner: The same, without a deadline.
        before: How many times TLS begins before the request is written; what is written until
            then is for a proxy.
        greeting: Bounds what is said without a limit.
    """

    def __init__(
        self, inner: httpcore.NetworkStream, before: int = 0, greeting: Greeting | None = None
    ) -> None:
        super().__init__()
        self._inner = inner
        self._before = before
        self._greeting: Any = greeting  # never None where there is no limit
        self._process = os.getpid()

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        """What has come, in larger pieces as long as they come full."""
        most = _READ if len(self._last) >= max_bytes else max_bytes
        self._last = self._inner.read(most, (timeout or self._greeting).reading())
        return self._last

    def take(self, left: int, limit: Limit) -> bytes:
        """The next bytes of a body that has so many left, for whoever reads it past httpcore.

        TLS gives a record at a time. Those that have come too are taken along, because handling
        each by itself costs more than decrypting it.
        """
        piece = self.read(_RECORD, limit)[:left]
        if not piece:
            raise httpcore.RemoteProtocolError("the body ended early")
        tls = self.get_extra_info("ssl_object")
        if tls is None:
            return piece
        return b"".join([piece, *self._at_hand(tls, min(left, _READ) - len(piece))])

    def _at_hand(self, tls: Any, most: int) -> Iterator[bytes]:
        """What can be decrypted without waiting."""
        self.get_extra_info("socket").settimeout(0)  # until the next read, which sets its own
        with suppress(OSError):  # no more has come, or else the next read fails likewise
            while most and (piece := tls.read(min(most, _RECORD))):
                most -= len(piece)
                yield piece

    def write(self, buffer: bytes, timeout: Any = None) -> None:
        """Send all of it, each part within its time, and none too slowly."""
        timeout = timeout or self._greeting
        timeout.uses(self.cut)
        timeout.began = timeout.began or not self._before
        left: Any = memoryview(buffer)  # whose slices are no copies
        pace: Pace | None = None
        while left:
            gone = self._send(left[:_PIECE], timeout)
            if left := left[gone:]:
                pace = pace or Pace(time.monotonic())
                if pace.too_slow(gone, time.monotonic()):
                    raise httpcore.WriteTimeout("too little is taken")

    def _send(self, piece: Any, limit: Limit) -> int:
        """Send what the system takes of it; httpcore's own sends all, as if each part were one."""
        line: socket = self.get_extra_info("socket")
        try:
            line.settimeout(limit.writing())
            return line.send(piece)
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> BoundedStream:
        """Begin TLS, or another layer of it."""
        before = max(self._before - 1, 0)
        if isinstance(self.get_extra_info("socket"), SSLSocket):
            layer = _Layer(self._inner, ssl_context, server_hostname)
            timeout.uses(self.cut)
            layer.begin(timeout)
            return LayeredStream(layer, before)
        with _within_reach(self.get_extra_info("socket"), timeout):
            inner = self._inner.start_tls(ssl_context, server_hostname, timeout.connecting())
        return BoundedStream(inner, before)

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
        """Let go of it, and have a thread that still waits for it go on at once."""
        if self._process == os.getpid():  # cutting a forked child's copy would cut the parent's
            self.cut()
        self._inner.close()


class _Layer:
    """TLS within TLS, each of whose reads and writes below is asked for its own time.

    httpcore's own gives the whole time to each of them, so that a proxy which drips never ends.

    Args:
        inner: The connection below, which is TLS itself.
        context: The settings.
        hostname: Who is spoken to.
    """

    def __init__(
        self, inner: httpcore.NetworkStream, context: ssl.SSLContext, hostname: str | None
    ) -> None:
        self.inner = inner
        self._come, self._go = MemoryBIO(), MemoryBIO()
        self.tls = context.wrap_bio(self._come, self._go, server_hostname=hostname)

    def begin(self, limit: Limit) -> None:
        """Shake hands."""
        try:
            self._do(self.tls.do_handshake, limit.connecting)
        except BaseException:
            self.inner.close()
            raise

    def read(self, most: int, limit: Limit) -> bytes:
        """What has come."""
        try:
            return self._do(partial(self.tls.read, most), limit.reading)
        except SSLZeroReturnError:
            return b""

    def write(self, piece: Any, limit: Limit) -> None:
        """Send all of it."""
        self._do(partial(self.tls.write, piece), limit.writing)

    def _do(self, work: Callable[[], T], left: Callable[[], float]) -> T:
        while True:
            try:
                done = work()
            except SSLWantReadError:
                self._flush(left)
                piece = self.inner.read(_RECORD, left())
                self._come.write(piece) if piece else self._come.write_eof()
            else:
                self._flush(left)
                return done

    def _flush(self, left: Callable[[], float]) -> None:
        if piece := self._go.read():
            self.inner.write(piece, left())


class LayeredStream(BoundedStream):
    """A connection through a proxy that is itself spoken to through TLS.

    Args:
        layer: The TLS within.
        before: As for `BoundedStream`.
    """

    def __init__(self, layer: _Layer, before: int) -> None:
        super().__init__(layer.inner, before)
        self._layer = layer

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        """What has come."""
        self._last = self._layer.read(max_bytes, timeout)
        return self._last

    def _send(self, piece: Any, limit: Limit) -> int:
        self._layer.write(piece, limit)
        return len(piece)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks."""
        return self._layer.tls if info == "ssl_object" else super().get_extra_info(info)


@contextmanager
def _while_connecting() -> Generator[None]:
    """Has a failure to find or reach an address be httpcore's, as those of its own network are."""
    try:
        yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError from error


@contextmanager
def _within_reach(line: socket, limit: Limit) -> Generator[None]:
    """Lets a handshake be cut: while it goes on, the connection belongs to a socket unknown."""
    if not limit.may_stop:
        yield
        return
    with fromfd(line.fileno(), line.family, line.type) as same:

        def cut() -> None:
            with suppress(OSError):
                same.shutdown(SHUT_RDWR)

        limit.uses(cut)
        try:
            yield
        finally:
            limit.unused()


def _closed(stream: httpcore.NetworkStream) -> None:
    stream.close()


class BoundedNetwork(httpcore.NetworkBackend):
    """Opens connections by blocking, to addresses that may be reached.

    Args:
        proxied: Whether every connection is to a proxy, which resolves the names itself; where
            the proxy is, is the user's business.
        before: As for `BoundedStream`.
    """

    def __init__(self, *, proxied: bool = False, before: int = 0) -> None:
        self._proxied = proxied
        self._before = before
        self._inner = httpcore.SyncBackend()
        self._last: BoundedStream | None = None

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
        with _while_connecting():
            addresses = addresses_of(host, port, limit)
        if limit.may_reach is not None and not self._proxied:
            addresses = allowed(host, addresses, limit.may_reach)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for done, address in enumerate(addresses):
            share = limit.connecting() / (len(addresses) - done)
            connect = partial(
                self._inner.connect_tcp, address, port, share, local_address, socket_options
            )
            try:
                with _while_connecting():
                    inner = aside(connect, limit, _closed) if limit.may_stop else connect()
                self._last = BoundedStream(inner, self._before, Greeting(limit))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return self._last
        raise failure

    def close(self) -> None:
        """Close what was opened last."""
        if self._last is not None:
            self._last.close()


class AsyncBoundedStream(Tail, httpcore.AsyncNetworkStream):
    """A connection used by awaiting; otherwise as `BoundedStream`.

    Args:
        inner: The same, without a deadline.
        before: As for `BoundedStream`.
        greeting: As for `BoundedStream`.
    """

    def __init__(
        self, inner: httpcore.AsyncNetworkStream, before: int = 0, greeting: Greeting | None = None
    ) -> None:
        super().__init__()
        self._inner = inner
        self._before = before
        self._greeting: Any = greeting  # never None where there is no limit

    async def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        """What has come."""
        left = (timeout or self._greeting).reading()
        self._last = await self._inner.read(max(max_bytes, _READ), left)
        return self._last

    async def write(self, buffer: bytes, timeout: Any = None) -> None:
        """Send all of it, in small pieces: each is given the time that a pause may last."""
        timeout = timeout or self._greeting
        timeout.began = timeout.began or not self._before
        left: Any = memoryview(buffer)  # as above
        for start in range(0, len(buffer), _PIECE_AWAITED):
            piece = left[start : start + _PIECE_AWAITED]
            await self._inner.write(piece, timeout.writing())

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> AsyncBoundedStream:
        """Begin TLS."""
        try:
            inner = await self._inner.start_tls(ssl_context, server_hostname, timeout.connecting())
        except BaseException:  # a cancelled handshake would leave the connection open
            await self._inner.aclose()
            raise
        return AsyncBoundedStream(inner, max(self._before - 1, 0))

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks."""
        return True if info == "is_readable" and self._spoilt else self._inner.get_extra_info(info)

    async def aclose(self) -> None:
        """Let go of it."""
        await self._inner.aclose()


class AsyncBoundedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections by awaiting; otherwise as `BoundedNetwork`."""

    def __init__(self, *, proxied: bool = False, before: int = 0) -> None:
        self._proxied = proxied
        self._before = before
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        self._last: AsyncBoundedStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Any = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> AsyncBoundedStream:
        """A connection to the address that answers first; a silent one holds up no other."""
        limit: Limit = timeout
        with _while_connecting():
            addresses = await addresses_soon(host, port, limit)
            if limit.may_reach is not None and not self._proxied:
                addresses = allowed(host, addresses, limit.may_reach)
            left = limit.connecting()
            connect = partial(self._inner.connect_tcp, port=port, timeout=left)
            more = {"local_address": local_address, "socket_options": socket_options}
            inner = await first_of([partial(connect, one, **more) for one in addresses])
        self._last = AsyncBoundedStream(inner, self._before, Greeting(limit))
        return self._last

    async def aclose(self) -> None:
        """Close what was opened last."""
        if self._last is not None:
            await self._last.aclose()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)
