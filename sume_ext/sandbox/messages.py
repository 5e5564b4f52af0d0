"""Requests and replies as plain values, without a socket.

The three origins answer a `Head` and a body with a `Reply`; who carries them (uvicorn, or the
in-process transport) is none of their business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sume_ext.sandbox.records import Content

CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True, repr=False)
class Head:
    """The head of a request.

    Attributes:
        origin: ``"api"``, ``"storage"`` or ``"media"``.
        method: In capitals.
        path: Still percent-encoded.
        query: Without the question mark.
        headers: By lower-case name.
    """

    origin: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def declared_size(self) -> int | None:
        """The length the request promises, or None."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isdecimal() else None


@dataclass(slots=True, repr=False)
class Body:
    """A request's body: in memory for the API, in a file for storage."""

    size: int = 0
    content: bytes = b""
    file: IO[bytes] | None = None
    md5: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of some content, read when it is sent."""

    content: Content
    start: int
    size: int

    def __len__(self) -> int:
        return self.size

    def pieces(self) -> Iterator[bytes]:
        """Its bytes."""
        done = 0
        while done < self.size:
            piece = self.content.read(self.start + done, min(CHUNK, self.size - done))
            if not piece:
                return
            done += len(piece)
            yield piece


@dataclass(slots=True, repr=False)
class Reply:
    """What is answered.

    Attributes:
        status: The HTTP status.
        headers: By name; content length and framing are the carrier's.
        body: The bytes, or the part of some content that they are.
        close: Whether the connection should end after it.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes | Slice = b""
    close: bool = False

    def data(self) -> bytes:
        """The whole body."""
        return self.body if isinstance(self.body, bytes) else b"".join(self.body.pieces())


def json_reply(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply in JSON."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, {"content-type": "application/json", **(headers or {})}, data)


def xml_reply(status: int, code: str, message: str) -> Reply:
    """A refusal as an S3-compatible store writes it."""
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Reply(status, {"content-type": "application/xml"}, body)
