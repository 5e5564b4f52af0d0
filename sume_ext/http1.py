"""HTTP/1.1 on one connection, as a script: what to send next, and what the answer's bytes mean.

No socket is known here, so the blocking and the awaiting network perform the same script; and
what a failure means (never sent, or maybe received) is decided here, where its moment is known.
"""

from __future__ import annotations

import ssl
from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import h11
from attrs import field, frozen

from sume_ext.errors import NotSentError, ResponseLostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.wire import Body, Request

T = TypeVar("T")
_MAX_HEAD = 256 * 1024
_TUNNELED = range(200, 300)
_WITH_BODY = frozenset({200, 206})
_BULK = 256 * 1024
_WRONG_KEY_FOR_PROXY = 407


@frozen
class Connect:
    """Open a TCP connection.

    Attributes:
        host: To whom, by name or address.
        port: To which port.
        may_reach: Says of each address that the name stands for whether it may be connected to.
    """

    host: str
    port: int
    may_reach: Callable[[str], bool] | None = None


@frozen
class Secure:
    """Begin TLS with this host."""

    host: str


@frozen
class Pull:
    """Take the next piece of a request body, ``b""`` at its end; it may come from a file."""

    pieces: Generator[bytes, None, None]


class _Receive:
    """Take what has come, ``b""`` when the other side is done."""


RECEIVE: Final = _Receive()
Action: TypeAlias = Connect | Secure | Pull | _Receive | bytes
Script: TypeAlias = Generator[Action, Any, T]


@frozen
class Proxy:
    """A proxy for HTTP; its repr shows no credentials.

    Attributes:
        host: Its name or address.
        port: Its port.
        authorization: The value of ``Proxy-Authorization``, or None.
    """

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    def headers(self) -> list[tuple[str, str]]:
        """What it wants to be sent."""
        return [("proxy-authorization", self.authorization)] if self.authorization else []


@frozen
class Route:
    """The way to a server.

    Attributes:
        host: Its name or address.
        port: Its port.
        secure: Whether it is spoken to through TLS.
        proxy: The proxy in between, or None.
    """

    host: str
    port: int
    secure: bool
    proxy: Proxy | None = None

    @property
    def authority(self) -> str:
        """Host and port, as in ``example.com:443`` and ``[::1]:443``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@frozen
class Head:
    """Status and headers of an answer; repeated headers are joined with a comma."""

    status: int
    headers: dict[str, str] = field(repr=False)


class Conversation:
    """What was and what will be said on one connection.

    Args:
        route: The way to the server.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self._http: h11.Connection | None = None
        self._ended = False
        self._bulk = 0
        self._left = 0

    def ask(self, request: Request, target: str, host: str) -> Script[Head]:
        """Send a request, on a connection that is opened when there is none yet.

        Args:
            request: What to send.
            target: Path and query of its URL.
            host: What its ``Host`` header says.

        Raises:
            NotSentError: It never reached the server.
            ResponseLostError: It may have, but no answer came.
        """
        if self._http is None:
            yield from self._connect(request.may_reach)
            self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        self._ended = False
        self._bulk = 0
        yield from self._send(self._http, request, target, host)
        head = yield from _head(self._http)
        length = head.headers.get("content-length", "")
        self._left = int(length) if _framed_by_length(request, head, length) else 0
        return head

    def more(self) -> Script[bytes]:
        """The next bytes of the answer's body, ``b""`` at its end.

        Raises:
            ResponseLostError: It is cut short.
        """
        if self._ended or self._http is None:
            return b""
        if self._bulk:
            return (yield from self._more_in_bulk())
        event = yield from _event(self._http)
        if isinstance(event, h11.Data):
            data = bytes(event.data)
            # All that had been buffered is in the first piece; a long rest needs no parsing.
            left = self._left - len(data) if self._left else 0
            self._bulk, self._left = (left if left >= _BULK else 0), 0
            return data
        self._ended = True
        return b""

    def _more_in_bulk(self) -> Script[bytes]:
        """The same, past h11, whose copying would cost a third of the speed."""
        data: bytes = yield from _received()
        if not data:
            raise ResponseLostError("the answer is cut short.")
        data = data[: self._bulk]
        self._bulk -= len(data)
        self._ended = not self._bulk
        return data

    def turn(self) -> bool:
        """Whether another request may follow on this connection; gets ready for it if so.

        Bytes beyond the answer's end would be taken for the next answer, so they end it.
        """
        http = self._http
        if (
            http is None
            or http.our_state is not h11.DONE
            or http.their_state is not h11.DONE
            or http.trailing_data[0]
        ):
            return False
        http.start_next_cycle()
        return True

    def _connect(self, may_reach: Callable[[str], bool] | None) -> Script[None]:
        proxy = self.route.proxy
        hop = proxy or self.route
        where = "proxy" if proxy else "server"
        try:
            # Behind a proxy it is the proxy that resolves the name.
            yield Connect(hop.host, hop.port, None if proxy else may_reach)
        except (OSError, ValueError) as error:
            raise NotSentError(
                f"no connection to the {where} ({_reason(error)}).",
                final=isinstance(error, ValueError) and not isinstance(error, OSError),
            ) from None
        if not self.route.secure:
            return
        if proxy:
            try:
                yield from self._tunnel(proxy)
            except ResponseLostError as error:
                raise NotSentError(f"no way through the proxy: {error.message}") from None
        try:
            yield Secure(self.route.host)
        except (OSError, ValueError) as error:
            broken = isinstance(error, (TimeoutError, ConnectionError, ssl.SSLEOFError))
            raise NotSentError(
                f"no TLS with the server ({_reason(error)}).",
                final=not broken,
                hint=None if broken else _TLS_HINT,
            ) from None

    def _tunnel(self, proxy: Proxy) -> Script[None]:
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        authority = self.route.authority
        request = h11.Request(
            method="CONNECT", target=authority, headers=[("host", authority), *proxy.headers()]
        )
        if not (yield from _write(http.send(request) + http.send(h11.EndOfMessage()))):
            raise ResponseLostError("it closed the connection.")
        head = yield from _head(http)
        if head.status not in _TUNNELED:
            raise NotSentError(
                f"the proxy refused the connection ({head.status}).",
                final=head.status == _WRONG_KEY_FOR_PROXY,
                hint="Check the proxy's address and credentials (HTTPS_PROXY, or proxy=).",
            )

    def _send(self, http: h11.Connection, request: Request, target: str, host: str) -> Script[None]:
        headers = [("host", host), *request.headers.items()]
        content = request.content
        if content is not None:
            size = len(content) if isinstance(content, bytes) else content.size
            headers.append(("content-length", str(size)))
        if self.route.proxy and not self.route.secure:
            headers += self.route.proxy.headers()
            target = f"http://{host}{target}"
        try:
            head = http.send(h11.Request(method=request.method, target=target, headers=headers))
        except (h11.LocalProtocolError, UnicodeError):
            # Their text quotes the header, which may be a secret.
            raise NotSentError(
                "the URL or a header has characters that HTTP forbids.", final=True
            ) from None
        if content is None:
            yield from _write(head + http.send(h11.EndOfMessage()))
        elif isinstance(content, bytes):
            body = http.send(h11.Data(data=content)) if content else b""
            yield from _write(head + body + http.send(h11.EndOfMessage()))
        elif (yield from _write(head)):
            yield from _send_pieces(http, content)


_TLS_HINT = "Check base_url and the system's certificates (SSL_CERT_FILE), or pass verify=."


def _send_pieces(http: h11.Connection, content: Body) -> Script[None]:
    pieces = content.chunks()
    try:
        while piece := (yield Pull(pieces)):
            if not (yield from _write(http.send(h11.Data(data=piece)))):
                return
            content.sent(len(piece))
        http.send(h11.EndOfMessage())
    except h11.LocalProtocolError:
        raise ResponseLostError("the body isn't as long as it was when sending began.") from None
    finally:
        # A thread that is still reading a piece closes them when it is done with it.
        with suppress(ValueError):
            pieces.close()


def _write(data: bytes) -> Script[bool]:
    """Whether the bytes went; if not, the server may have answered before it closed."""
    try:
        yield data
    except TimeoutError:
        raise ResponseLostError("sending took too long.") from None
    except OSError:
        return False
    return True


def _head(http: h11.Connection) -> Script[Head]:
    while True:
        event = yield from _event(http)
        if isinstance(event, h11.Response):
            break
    headers: dict[str, str] = {}
    for raw_name, raw_value in event.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(event.status_code, headers)


def _event(http: h11.Connection) -> Script[Any]:
    while True:
        try:
            event = http.next_event()
        except h11.RemoteProtocolError:
            raise ResponseLostError("the answer is cut short, or isn't HTTP.") from None
        if event is not h11.NEED_DATA:
            return event
        data = yield from _received()
        if not data and http.their_state is h11.SEND_RESPONSE:
            raise ResponseLostError("the server closed the connection without an answer.")
        http.receive_data(data)


def _received() -> Script[bytes]:
    try:
        data: bytes = yield RECEIVE
    except TimeoutError:
        raise ResponseLostError("the answer took too long.") from None
    except OSError as error:
        raise ResponseLostError(f"the connection broke ({_reason(error)}).") from None
    return data


def _framed_by_length(request: Request, head: Head, length: str) -> bool:
    return (
        request.method == "GET"
        and head.status in _WITH_BODY
        and "transfer-encoding" not in head.headers
        and length.isascii()
        and length.isdigit()
    )


def _reason(error: Exception) -> str:
    """What a system error says, which is never more than a code's text."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return error.reason or type(error).__name__
    if isinstance(error, TimeoutError):
        return "it took too long"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
