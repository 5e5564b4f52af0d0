"""One request, one whole answer: bounded in time, in size and in what decompression makes of it."""

from __future__ import annotations

import re
import zlib
from functools import partial
from typing import TYPE_CHECKING

from attrs import field, frozen

from sume_ext.errors import ResponseLostError, SchemaMismatchError
from sume_ext.flow import Exchange
from sume_ext.secrecy.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sume_ext.flow import Flow, Sink
    from sume_ext.network.wire import Request, Stream

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_MAGIC = 2
"""How many bytes tell whether something is compressed."""
_CORRUPT = "the answer's compression is corrupt."
_PIECE = 64 * 1024
_BEFORE_VALUES = b",", b"[", b"{", b":"
_BYTES_A_VALUE = 96
_MEMORY = 56 * 1024 * 1024
"""What reading any answer may take; twice the most that an answer may hold, where that is more."""
_WIDE, _WIDER = re.compile(rb"[\xc4-\xff]"), re.compile(rb"[\xf0-\xff]|\\[u\0]")
"""What makes Python keep a whole text in two bytes a character, and in four."""


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
    content: bytes | bytearray = field(repr=False)


def exchange(
    request: Request, *, deadline: float, max_bytes: int, heard: bytearray | None = None
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
        SchemaMismatchError: The answer is larger than `max_bytes`, or takes too much memory.
    """
    parts = bytearray() if heard is None else heard
    parts.clear()
    stream: Stream = yield Exchange(request, deadline, partial(_content, parts, max_bytes))
    return Answer(stream.status, stream.headers, parts)


class _Identity:
    """Content as it came, up to a limit.

    Args:
        parts: Filled with it.
        most: How many bytes it may have.
    """

    def __init__(self, parts: bytearray, most: int) -> None:
        self._parts = parts
        self._most = self._room = most

    def take(self, piece: bytes) -> None:
        """Take what has come."""
        self._room -= len(piece)
        if self._room < 0:
            raise _too_large(f"is larger than {self._most} bytes")
        self._parts += piece

    def finish(self) -> None:
        """Nothing can be missing, for the transport checks the length; but it may be a bomb."""
        room = max(_MEMORY, 2 * self._most)
        if _is_heavy(self._parts, room):
            raise _too_large(f"would take more than {room >> 20} MiB of memory to read")


def _copies(width: int) -> int:
    """How often what came is in memory, when its text has so many bytes a character.

    Once as it came; then as text and as the values in it, or as the values and twice as bytes'
    plain text, in which secrets are looked for.
    """
    return 1 + width + max(width, 2)


def _is_heavy(content: bytearray, room: int) -> bool:
    """Whether JSON takes more memory to read than there is for it.

    Three bytes, as in ``[],``, take eighty when JSON is made of them; and one character of a text
    decides how many bytes each of them takes, which an escape may hide.
    """
    size = len(content)
    if size * (_copies(4) + _BYTES_A_VALUE) <= room:
        return False
    room -= sum(map(content.count, _BEFORE_VALUES)) * _BYTES_A_VALUE
    if size * _copies(4) <= room:
        return False
    width = 4 if _WIDER.search(content) else 2 if _WIDE.search(content) else 1
    return size * _copies(width) > room


class _Foreign(_Identity):
    """Content in an encoding that wasn't asked for: kept as it came, for ids may be read in it.

    Args:
        parts: As for `_Identity`.
        most: As for `_Identity`.
        why: What is wrong with it.
    """

    def __init__(self, parts: bytearray, most: int, why: str) -> None:
        super().__init__(parts, most)
        self._why = why

    def finish(self) -> None:
        """It is no answer, whole as it is."""
        raise ResponseLostError(self._why)


class _Inflated(_Identity):
    """gzip or deflate, which must end properly: a body cut inside would pass as whole.

    It is undone in small pieces, so that a bomb is noticed before it fills the memory.
    """

    def __init__(self, parts: bytearray, most: int) -> None:
        super().__init__(parts, most)
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._first = b""
        self._began = False
        self._plain: _Foreign | None = None

    def take(self, piece: bytes) -> None:
        """Take what has come."""
        if self._plain is not None:
            self._plain.take(piece)
            return
        self._began = True
        whole = self._first + piece
        self._first = whole if len(whole) < _MAGIC else b""
        try:
            self._take_packed(piece)
        except zlib.error:
            self._corrupt(whole)

    def _take_packed(self, piece: bytes) -> None:
        while piece:
            if self._inflate.eof:  # gzip may come in several members
                self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
            super().take(self._inflate.decompress(piece, _PIECE))
            piece = self._inflate.unconsumed_tail or self._inflate.unused_data

    def _corrupt(self, came: bytes) -> None:
        """It isn't what it says; where nothing could be made of it, it may be as it came."""
        if self._parts:
            raise ResponseLostError(_CORRUPT)
        self._plain = _Foreign(self._parts, self._most, _CORRUPT)
        self._plain.take(came)

    def finish(self) -> None:
        """It must have come to its end, besides."""
        if self._plain is not None:
            self._plain.finish()
        if self._began and not self._inflate.eof:
            raise ResponseLostError("the answer's compression is cut short.")
        super().finish()


def _too_large(how: str) -> SchemaMismatchError:
    return SchemaMismatchError(
        f"the answer {how}.", hint="Ask for a smaller page, or raise max_response_bytes."
    )


def _content(parts: bytearray, most: int, stream: Stream) -> Sink:
    """What undoes the encoding of an answer's content."""
    given = stream.headers.get("content-encoding", "").lower().split(",")
    match [one for name in given if (one := name.strip()) not in ("", "identity")]:
        case []:
            return _Identity(parts, most)
        case ["gzip" | "x-gzip" | "deflate"]:
            return _Inflated(parts, most)
        case others:
            told = quoted(", ".join(others))
            return _Foreign(parts, most, f"the answer's content-encoding {told} wasn't asked for.")
