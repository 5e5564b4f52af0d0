"""One request, one whole answer: bounded in time, in size and in what decompression makes of it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from attrs import field, frozen

from sume_ext.errors import ResponseLostError, SchemaMismatchError
from sume_ext.flow import Close, Open, Read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sume_ext.flow import Flow
    from sume_ext.wire import Request

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


@frozen
class Answer:
    """An answer read to its end; its repr shows neither headers nor content.

    Attributes:
        status: The HTTP status.
        headers: By lower-case name.
        content: The body, its content encoding undone.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


def exchange(request: Request, *, deadline: float, max_bytes: int) -> Flow[Answer]:
    """Send a request and read its whole answer.

    Raises:
        NotSentError: It never reached the server.
        ResponseLostError: No whole answer came before the deadline.
        SchemaMismatchError: The answer is larger than `max_bytes`.
    """
    stream = yield Open(request, deadline)
    decoder = _decoder(stream.headers.get("content-encoding", ""))
    parts: list[bytes] = []
    size = 0
    while chunk := (yield Read(stream, deadline)):
        part = decoder.feed(chunk, max_bytes - size + 1)
        size += len(part)
        if size > max_bytes:
            yield Close(stream)
            raise SchemaMismatchError(
                f"the answer is larger than {max_bytes} bytes.",
                hint="Ask for a smaller page, or raise max_response_bytes.",
            )
        parts.append(part)
    yield Close(stream)
    decoder.finish()
    return Answer(stream.status, stream.headers, b"".join(parts))


class _Identity:
    """Content as it came."""

    def feed(self, chunk: bytes, room: int) -> bytes:
        return chunk[:room]

    def finish(self) -> None:
        """Nothing can be missing: the transport checks the length."""


class _Inflate:
    """gzip or deflate, which must end properly: httpx lets a cut gzip body pass as whole."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._began = False

    def feed(self, chunk: bytes, room: int) -> bytes:
        self._began = True
        try:
            return self._inflate.decompress(chunk, room)
        except zlib.error:
            raise ResponseLostError("the answer's compression is corrupt.") from None

    def finish(self) -> None:
        if self._began and not self._inflate.eof:
            raise ResponseLostError("the answer's compression is cut short.")


def _decoder(encoding: str) -> _Identity | _Inflate:
    match encoding.strip().lower():
        case "" | "identity":
            return _Identity()
        case "gzip" | "x-gzip" | "deflate":
            return _Inflate()
        case other:
            raise ResponseLostError(
                f"the answer's content-encoding {other[:20]!r} wasn't asked for."
            )
