"""Requests, answers and transports as plain Python, so that only `transport` has to know httpx.

Anything with `Transport.open` (or its asynchronous twin) can carry this client's requests:
the network, the in-process sandbox, or a test's own stand-in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping


class Body(Protocol):
    """A request body that is read while it is sent.

    Attributes:
        size: Its length in bytes, known beforehand: nothing is ever sent chunked.
    """

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    def chunks(self) -> Generator[bytes, None, None]:
        """Its bytes, from the start each time it is called; read off an event loop."""
        ...

    def sent(self, size: int) -> Callable[[], object] | None:
        """Told that so many more of its bytes are gone.

        Answers with what is to be called in the caller's own thread, if anything. Whatever either
        raises ends the request.
        """
        ...


@frozen
class Request:
    """One HTTP request; its repr shows neither query nor headers nor body.

    Attributes:
        method: In capitals.
        url: Absolute, already encoded.
        headers: By lower-case name; nothing is added but host and content-length.
        content: The body, or None.
        may_reach: Says of each address that the host's name resolves to whether the request may
            go there, and pins the connection to one that was asked about; None for any address.
            With a proxy it is the proxy that resolves names.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    content: bytes | Body | None = field(default=None, repr=False)
    may_reach: Callable[[str], bool] | None = field(default=None, repr=False)


class Stop:
    """Ends, from another thread, what waits for the head of an answer.

    Attributes:
        up: Whether it was pulled: nothing is begun any more.
    """

    def __init__(self) -> None:
        self.up = False
        self._cuts: set[Callable[[], None]] = set()

    def watch(self, cut: Callable[[], None]) -> None:
        """Cut this connection when pulled."""
        self._cuts.add(cut)
        if self.up:
            cut()

    def forget(self, cut: Callable[[], None]) -> None:
        """Leave this connection to others."""
        self._cuts.discard(cut)

    def pull(self) -> None:
        """Cut whatever is watched, now and from now on."""
        self.up = True
        for cut in list(self._cuts):
            cut()


@frozen
class Timeouts:
    """How long each part of an exchange may take, in seconds.

    Attributes:
        connect: To open a connection, its TLS handshake included.
        read: For the next bytes to come.
        write: For the next bytes to go.
        pool: For a free connection of the pool.
        total: For everything, from connecting to the last byte of the answer.
        stop: Ends it sooner, until the head of the answer is there.
    """

    connect: float
    read: float
    write: float
    pool: float
    total: float = float("inf")
    stop: Stop | None = None


class Stream(Protocol):
    """An answer whose head has come.

    Attributes:
        status: The HTTP status, whatever number the server sent.
        headers: By lower-case name; repeated ones joined with a comma.
    """

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        ...


class SyncStream(Stream, Protocol):
    """A `Stream` read by blocking."""

    def read(self) -> bytes:
        """At least one raw byte (content encoding not undone), or ``b""`` at the end."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class AsyncStream(Stream, Protocol):
    """A `Stream` read by awaiting."""

    async def read(self) -> bytes:
        """At least one raw byte (content encoding not undone), or ``b""`` at the end."""
        ...

    async def aclose(self) -> None:
        """Let go of the connection."""
        ...


class Transport(Protocol):
    """Carries requests for synchronous code."""

    def open(self, request: Request, timeouts: Timeouts) -> SyncStream:
        """Send a request and come back with the head of its answer.

        Keeping to the timeouts is the transport's business: nothing outside can stop it.

        Raises:
            NotSentError: It surely never reached the server.
            ResponseLostError: It may have.
        """
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


class AsyncTransport(Protocol):
    """Carries requests for asynchronous code."""

    async def open(self, request: Request, timeouts: Timeouts) -> AsyncStream:
        """As `Transport.open`."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
