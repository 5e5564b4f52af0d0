"""What goes out and comes back over httpcore's connections, and what a failure of theirs means.

httpx's answers and errors have the same names and shapes, so both are told apart here, once.
Never sent or maybe received: that is decided by what was written when the failure came.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sume_ext.errors import NotSentError, ResponseLostError, SumeError
from sume_ext.network.alarms import raised_by_handler
from sume_ext.network.deadlines import BoundedStream, Tail

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Generator,
        Iterable,
        Iterator,
        Mapping,
    )

    from sume_ext.network.deadlines import Limit
    from sume_ext.network.wire import Body

_ENGINES = frozenset({"httpx", "httpcore"})
_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
_FORBIDDEN = frozenset({"UnsupportedProtocol", "LocalProtocolError", "InvalidURL"})
_NEVER_SENT_AT_ALL = _NEVER_SENT | {"UnsupportedProtocol", "InvalidURL"}
_LOST = frozenset({
    "ReadTimeout", "ReadError", "WriteTimeout", "WriteError", "RemoteProtocolError", "CloseError",
    "HTTPError", "StreamError",  # all other failures of httpx's
})  # fmt: skip
_PLAINLY = {
    "ReadError": "the connection broke while reading",
    "WriteError": "the connection broke while sending",
    "RemoteProtocolError": "it broke off, or wasn't HTTP",
    "ReadTimeout": "the server went silent",
    "WriteTimeout": "the server took nothing more",
    "ConnectTimeout": "nobody answered in time",
}
"""What names of the transport's mean, where the system has no words of its own."""
_UNDER_WAY = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""No failures: TLS waits for the network, which may fail then."""
_NO_TLS_EVER = frozenset(
    {
        # What answers speaks no TLS, in the words of one OpenSSL or another.
        "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNEXPECTED_MESSAGE",
        "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL",
        # It speaks another version of it, or wants a certificate of ours.
        "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "TLSV1_ALERT_PROTOCOL_VERSION",
        "NO_SHARED_CIPHER", "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }
)  # fmt: skip
"""Why TLS fails that fails the next time, too. Other alerts (``internal_error`` of a balancer that
restarts, ``unrecognized_name`` of one that isn't configured yet) may pass."""
_TLS_HINT = "Check base_url and the system's certificates (SSL_CERT_FILE), or pass verify=."
_LARGE = 16 * 1024 * 1024
"""What is left of a body when the rest is read past httpcore, whose parser copies each byte four
times. The connection can't be kept then, and it must be worth a new one."""


def _nothing(*, whole: bool) -> None:
    """For answers that hold nothing."""


async def _nothing_soon(*, whole: bool) -> None:
    """The same."""


class Sender:
    """A request's body while it is sent; files are read off the event loop.

    Args:
        content: The body, or None.

    Attributes:
        failure: What reading the body raised, which is nobody's network failure.
    """

    def __init__(self, content: bytes | Body | None) -> None:
        self._content = content
        self._pieces: Generator[bytes, None, None] | None = None
        self.failure: Exception | None = None

    @property
    def size(self) -> int | None:
        """Its length in bytes, or None when there is no body."""
        if self._content is None or isinstance(self._content, bytes):
            return None if self._content is None else len(self._content)
        return self._content.size

    def _next(self, pieces: Generator[bytes, None, None]) -> bytes:
        try:
            return next(pieces, b"")
        except Exception as error:
            self.failure = error
            raise

    def _sent(self, content: Body, size: int) -> None:
        try:
            tell = content.sent(size)
            if tell is not None:
                tell()
        except Exception as error:
            self.failure = error
            raise

    def __iter__(self) -> Iterator[bytes]:
        content = self._content
        if isinstance(content, bytes):
            yield content
        elif content is not None:
            self._pieces = pieces = content.chunks()
            while piece := self._next(pieces):
                yield piece
                self._sent(content, len(piece))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._content
        if isinstance(content, bytes):
            yield content
        elif content is not None:
            from asyncio import get_running_loop  # noqa: PLC0415  (synchronous code never pays for asyncio)

            self._pieces = pieces = content.chunks()
            loop = get_running_loop()
            ahead = loop.run_in_executor(None, self._next, pieces)
            while piece := await ahead:
                # The next piece is read while this one is sent.
                ahead = loop.run_in_executor(None, self._next, pieces)
                ahead.add_done_callback(_looked_at)
                yield piece
                self._sent(content, len(piece))

    def close(self) -> None:
        """Let go of the file; a thread that still reads it lets go when it is done."""
        if self._pieces is not None:
            with suppress(ValueError):
                self._pieces.close()


def _looked_at(piece: Future[bytes]) -> None:
    """A piece that nobody wants any more may fail in silence."""
    if not piece.cancelled():
        piece.exception()


def _joined(headers: list[tuple[str, str]]) -> Mapping[str, str]:
    """Headers by name, repeated ones joined with a comma."""
    joined = dict(headers)
    if len(joined) < len(headers):
        joined.clear()
        for name, value in headers:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


class _Answer:
    """An answer whose head has come.

    Args:
        status: Its status.
        headers: Its headers; repeated ones are joined with a comma.
        reply: The answer of httpcore or httpx.
        limit: What its exchange goes by.
    """

    def __init__(
        self,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        reply: Any,
        limit: Limit,
    ) -> None:
        self.status = status
        self.headers = _joined(
            [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
        )
        self._reply = reply
        self._limit = limit
        self._whole = True
        self._pieces: Any = None
        self._last = b""

    def cut(self) -> None:
        """Break the connection, from any thread, so that a read under way ends at once."""
        network = self._reply.extensions.get("network_stream")
        line = None if network is None else network.get_extra_info("socket")
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # below TLS, which a thread may use

    def _noted(self, piece: bytes) -> bytes:
        """The piece; at the end, keeps bytes beyond it from being taken for the next answer."""
        if piece:
            self._last = piece
            return piece
        network = self._reply.extensions.get("network_stream")
        if isinstance(network, Tail):  # a transport that was given has connections of its own
            network.ends_with(self._last, chunked="transfer-encoding" in self.headers)
        return piece


class HttpStream(_Answer):
    """An answer read by blocking.

    Args:
        release: Called once when it is closed, with whether nothing went wrong with it.
    """

    def __init__(
        self,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        reply: Any,
        limit: Limit,
        release: Callable[..., None] = _nothing,
    ) -> None:
        super().__init__(status, headers, reply, limit)
        self._release = release

    def read(self) -> bytes:
        """The next bytes, ``b""`` at the end."""
        if self._pieces is None:
            self._pieces = self._body()
        self._limit.begins()
        self._whole = False  # until this is over: it may be interrupted anywhere
        try:
            piece: bytes = next(self._pieces, b"")
        except Exception as error:  # noqa: BLE001  (told apart there)
            raise ours(error, self._limit) from None
        self._whole = True
        return self._noted(piece)

    def _body(self) -> Iterator[bytes]:
        """Its pieces; while much is left, they come straight from the network.

        httpcore has not seen the end of such a body, and closes the connection for that.
        """
        network, left = self._reply.extensions.get("network_stream"), 0
        if isinstance(network, BoundedStream) and "transfer-encoding" not in self.headers:
            left = int(self.headers.get("content-length", 0))
        parsed = iter(self._reply.stream)
        for piece in parsed:
            yield piece
            left -= len(piece)
            if left >= _LARGE and network.has_passed_on(piece):
                break
            del piece  # whoever dumps running stacks sees locals
        else:
            return
        while left:
            piece = network.take(left, self._limit)
            left -= len(piece)
            yield piece

    def close(self) -> None:
        """Let go of the connection."""
        release, self._release = self._release, _nothing
        whole, self._whole = self._whole, False
        try:
            self._reply.close()
            self._whole = whole
        finally:
            release(whole=self._whole)


class AsyncHttpStream(_Answer):
    """An answer read by awaiting.

    Args:
        release: As for `HttpStream`.
    """

    def __init__(
        self,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        reply: Any,
        limit: Limit,
        release: Callable[..., Awaitable[None]] = _nothing_soon,
    ) -> None:
        super().__init__(status, headers, reply, limit)
        self._release = release

    async def read(self) -> bytes:
        """The next bytes, ``b""`` at the end."""
        if self._pieces is None:
            self._pieces = aiter(self._reply.stream)
        self._limit.begins()
        self._whole = False  # as above
        try:
            piece: bytes = await anext(self._pieces, b"")
        except Exception as error:  # noqa: BLE001  (told apart there)
            raise ours(error, self._limit) from None
        self._whole = True
        return self._noted(piece)

    async def aclose(self) -> None:
        """Let go of the connection."""
        release, self._release = self._release, _nothing_soon
        whole, self._whole = self._whole, False
        try:
            await self._reply.aclose()
            self._whole = whole
        finally:
            await release(whole=self._whole)


def ours(error: Exception, limit: Limit, body: Sender | None = None) -> Exception:
    """Our error for a failure of the network, of whatever kind.

    The cause is dropped on purpose: httpx's errors hold the request, its URL and its headers.
    What a transport that was given raises beyond httpx's own errors is its owner's, and so is what
    reading the body raises: both come back as they are.
    """
    known = isinstance(error, SumeError) or (body is not None and error is body.failure)
    theirs = error if known else raised_by_handler(error)
    if isinstance(theirs, Exception):
        return theirs
    kinds, tls = _kinds(error), _tls_error(error)
    lost = bool(kinds & _LOST) or tls is not None or isinstance(error, TimeoutError)
    if not (lost or kinds & (_NEVER_SENT | _FORBIDDEN)):
        if limit.given:
            return error
        if not limit.began:
            return NotSentError(f"no connection to the server ({_name(error)}).", final=True)
    if limit.began and not kinds & _NEVER_SENT_AT_ALL:
        if kinds & _FORBIDDEN:
            return ResponseLostError("the body isn't as long as it was when sending began.")
        return ResponseLostError(f"the answer was lost on the way ({_words(error)}).")
    return _not_sent(error, kinds, tls)


def _kinds(error: Exception) -> frozenset[str]:
    """What httpx or httpcore, whose names are the same, call it; also what it is a kind of."""
    return frozenset(
        kind.__name__
        for kind in type(error).__mro__
        if kind.__module__.partition(".")[0] in _ENGINES
    )


def _name(error: Exception) -> str:
    return type(error).__name__


def _not_sent(error: Exception, kinds: frozenset[str], tls: ssl.SSLError | None) -> NotSentError:
    if kinds & _FORBIDDEN:
        # Its own text quotes the header, which may be a secret.
        return NotSentError("the URL or a header has what HTTP forbids.", final=True)
    if tls is None:
        return NotSentError(f"no connection to the server ({_words(error)}).")
    final = isinstance(tls, ssl.SSLCertVerificationError) or tls.reason in _NO_TLS_EVER
    return NotSentError(
        f"no TLS with the server ({_words(tls)}).", final=final, hint=_TLS_HINT if final else None
    )


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None:
        if isinstance(error, ssl.SSLError) and not isinstance(error, _UNDER_WAY):
            return error
        error = error.__cause__ or error.__context__
    return None


def _words(error: Exception) -> str:
    """What happened, in the system's words: never a text of httpx, which may hold a URL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return error.reason or _name(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, _UNDER_WAY):
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    plainly = (_PLAINLY.get(kind.__name__) for kind in type(error).__mro__)
    return next(filter(None, plainly), _name(error))
