"""The only module that knows httpx: lets a test's own httpx transport carry our requests.

The network itself doesn't pass through here (see `connections`); what does gets no header,
no redirect, no cookie and no log line from httpx, because its transports are used bare.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn, cast
from urllib.parse import urlsplit

import httpx

from sume_ext.errors import NotSentError, ResponseLostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from sume_ext.wire import Body, Request, Timeouts

_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


class HttpxTransport:
    """Carries requests for synchronous code.

    Args:
        given: The httpx transport to carry them over.
    """

    def __init__(self, given: httpx.BaseTransport) -> None:
        self._given = given

    def open(self, request: Request, timeouts: Timeouts) -> HttpxStream:
        """Send a request and come back with the head of its answer."""
        try:
            return HttpxStream(self._given.handle_request(_httpx_request(request, timeouts)))
        except _FAILURES as error:
            _raise_as_ours(error)

    def close(self) -> None:
        """Close the transport."""
        self._given.close()


class AsyncHttpxTransport:
    """Carries requests for asynchronous code.

    Args:
        given: The httpx transport to carry them over.
    """

    def __init__(self, given: httpx.AsyncBaseTransport) -> None:
        self._given = given

    async def open(self, request: Request, timeouts: Timeouts) -> AsyncHttpxStream:
        """Send a request and come back with the head of its answer."""
        limit = None if timeouts.total == float("inf") else timeouts.total
        try:
            async with asyncio.timeout(limit):
                sent = _httpx_request(request, timeouts)
                return AsyncHttpxStream(await self._given.handle_async_request(sent))
        except _FAILURES as error:
            _raise_as_ours(error)

    async def aclose(self) -> None:
        """Close the transport."""
        await self._given.aclose()


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
        parts = self._parts()
        while part := await asyncio.to_thread(next, parts, b""):
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
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)):
        raise NotSentError(f"the request can't be sent ({kind}).", final=True) from None
    if isinstance(
        error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    ):
        raise NotSentError(f"no connection to the server ({kind}).") from None
    raise ResponseLostError(f"the answer was lost on the way ({kind}).") from None


class _Head:
    """Status and headers of an answer."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self.status: int = answer.status_code
        self.headers: Mapping[str, str] = {
            name.lower(): answer.headers[name] for name in answer.headers
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
        except _FAILURES as error:
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
        except _FAILURES as error:
            _raise_as_ours(error)

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._answer.aclose()
