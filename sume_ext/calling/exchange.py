"""One request, one whole answer: bounded in time, in size and in what decompression makes of it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from attrs import field, frozen

from sume_ext.errors import ResponseLostError, SchemaMismatchError
from sume_ext.flow import Close, Open, Read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sume_ext.flow import Flow
    from sume_ext.network.wire import Request

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_PIECE = 64 * 1024


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


def exchange(
    request: Request, *, deadline: float, max_bytes: int, heard: list[bytes] | None = None
) -> Flow[Answer]:
    """Send a request and read its whole answer.

    Args:
        request: What to send.
        deadline: Monotonic moment by which the whole answer must be there.
        max_bytes: The most the answer may hold, its content encoding undone.
        heard: Filled with what comes of the answer, so that it is there even if this fails.

    Raises:
        NotSentError: It never reached the server.
        ResponseLostError: No whole answer came before the deadline.
        SchemaMismatchError: The answer is larger than `max_bytes`.
    """
    parts = [] if heard is None else heard
    parts.clear()
    room = max_bytes
    stream = yield Open(request, deadline)
    decoder = _decoder(stream.headers.get("content-encoding", ""))
    while chunk := (yield Read(stream, deadline)):
        for part in decoder.feed(chunk):
            room -= len(part)
            if room < 0:
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

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        """Nothing can be missing: the transport checks the length."""


class _Inflate:
    """gzip or deflate, which must end properly: a body cut inside would pass as whole.

    It is undone in small pieces, so that a bomb is noticed before it fills the memory.
    """

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._began = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        self._began = True
        try:
            while chunk:
                if self._inflate.eof:  # gzip may come in several members
                    self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
                yield self._inflate.decompress(chunk, _PIECE)
                chunk = self._inflate.unconsumed_tail or self._inflate.unused_data
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
