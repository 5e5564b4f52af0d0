"""How a reply reaches the client, or fails to: faults turned into framing, cuts and silences.

A `Delivery` says what goes over the wire without touching one, so that sockets and the in-process
transport break in the same places.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from http.client import responses
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from sume_ext.sandbox.faults import NOTHING, Fault, Moment
from sume_ext.sandbox.messages import Reply, json_reply, xml_reply
from sume_ext.sandbox.problems import CODES, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

Ending: TypeAlias = Literal["keep", "reset", "close", "hang"]
Framing: TypeAlias = Literal["length", "chunked", "close"]
GARBAGE: Final = b"SSH-2.0-OpenSSH_9.2\r\n"
BOMB_BLOCKS: Final = 1024
BODILESS: Final = (204, 304)
REDIRECTS: Final = range(300, 400)
FRAMINGS: Final[dict[str, Framing]] = {"length": "length", "chunk": "chunked", "close": "close"}
HTML: Final = b"<!doctype html><title>Sign in</title><h1>Please sign in</h1>"


@dataclass(frozen=True, slots=True, repr=False)
class Delivery:
    """What goes over the wire.

    Attributes:
        reply: The reply; None when the client gets none at all.
        framing: How the end of the body is told.
        stop: After how many bytes of body it breaks off; None to send all.
        ending: What becomes of the connection then.
        extra: Bytes sent after the body though not promised.
        drip: Seconds between single bytes.
        raw: Sent instead of HTTP.
    """

    reply: Reply | None
    framing: Framing = "length"
    stop: int | None = None
    ending: Ending = "keep"
    extra: bytes = b""
    drip: float = 0.0
    raw: bytes = b""

    @property
    def ordinary(self) -> bool:
        """Whether an ordinary server could send it."""
        cut = self.stop is not None or self.ending != "keep"
        return self.reply is not None and not (cut or self.extra or self.framing != "length")

    def pieces(self) -> Iterator[bytes]:
        """The body as far as it is sent, in the pieces it is sent in."""
        if self.reply is None:
            return
        body = self.reply.body
        left = len(body) if self.stop is None else min(self.stop, len(body))
        for whole in (body,) if isinstance(body, bytes) else body.pieces():
            piece = whole[:left]
            left -= len(piece)
            if self.drip:
                yield from (piece[n : n + 1] for n in range(len(piece)))
            elif piece:
                yield piece
            if left <= 0:
                break

    def head(self) -> bytes:
        """Status line and headers as bytes."""
        if self.reply is None:
            return b""
        status = self.reply.status
        phrase = responses.get(status, "")
        headers = dict(self.reply.headers)
        if not self.extra:
            headers["Connection"] = "close"
        if self.framing == "length":
            headers["Content-Length"] = str(len(self.reply.body))
        elif self.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1")


def replaced(fault: Fault, origin: str, request_id: str) -> Reply:
    """The reply that a fault gives instead of the server's."""
    status = fault.status or 200
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.body is not NOTHING:
        return _with_body(status, fault.body, headers)
    if status in BODILESS or status in REDIRECTS:
        return Reply(status, headers)
    code = fault.code or CODES.get(status, f"http_{status}")
    message = fault.message or "A fault of the sandbox, as asked."
    if origin != "api":
        reply = xml_reply(status, code, message)
        return Reply(status, {**reply.headers, **headers}, reply.body)
    envelope = Problem(status, code, message).envelope(request_id)
    return json_reply(status, envelope, headers)


def _with_body(status: int, body: Any, headers: dict[str, str]) -> Reply:
    if isinstance(body, str):
        return Reply(status, {"content-type": "text/plain", **headers}, body.encode())
    if isinstance(body, bytes):
        return Reply(status, {"content-type": "application/octet-stream", **headers}, body)
    return json_reply(status, body, headers)


def delivered(reply: Reply, fault: Fault, method: str) -> Delivery:
    """How this reply is delivered under this fault.

    Args:
        reply: The server's reply, or the fault's own.
        fault: What should go wrong.
        method: The request's method.
    """
    ending, moment = _break(fault)
    if moment in {"before", "after"}:
        return Delivery(None, ending=ending)
    if fault.garbage:
        return Delivery(None, ending="close", raw=GARBAGE)
    reply = _damaged(reply, fault)
    if method == "HEAD" or reply.status in BODILESS:
        return Delivery(reply)
    half = len(reply.body) // 2 if fault.at is None else fault.at
    framing = FRAMINGS.get(str(fault.truncate))
    if framing is not None:
        return Delivery(reply, framing, half, "close", drip=fault.drip)
    if moment == "mid":
        return Delivery(reply, stop=half, ending=ending, drip=fault.drip)
    return Delivery(reply, extra=b"EXTRA" if fault.overlong else b"", drip=fault.drip)


def _break(fault: Fault) -> tuple[Ending, Moment | bool | None]:
    """How the connection ends, and when."""
    if fault.reset:
        return "reset", fault.reset
    if fault.close:
        return "close", fault.close
    return ("hang", fault.hang) if fault.hang else ("keep", None)


def _damaged(reply: Reply, fault: Fault) -> Reply:
    """The reply with what the fault changes in its body and headers."""
    changed = any((fault.set, fault.shape, fault.encoding, fault.truncate == "gzip"))
    headers = {**reply.headers, **({} if fault.replaces else fault.headers)}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.content_range is not None:
        headers["Content-Range"] = fault.content_range
    if not changed:
        return Reply(reply.status, headers, reply.body, reply.close)
    data = reply.data()
    if fault.set:
        data = _set_all(data, fault)
    if fault.shape:
        data = _misshapen(data, fault, headers)
    if fault.encoding or fault.truncate == "gzip":
        headers["Content-Encoding"] = "gzip"
        data = _encoded(data, fault)
    return Reply(reply.status, headers, data, reply.close)


def _misshapen(data: bytes, fault: Fault, headers: dict[str, str]) -> bytes:
    if fault.shape == "html":
        headers["content-type"] = "text/html"
    elif fault.shape == "no_type":
        headers.pop("content-type", None)
    shapes: dict[str, bytes] = {
        "html": HTML,
        "empty": b"",
        "cut_json": data[: max(1, len(data) - 3)],
        "list": b"[" + data + b"]",
        "nan": b'{"object":NaN,' + data[1:],
        "utf16": data.decode("utf-8", "replace").encode("utf-16"),
    }
    return shapes.get(fault.shape or "", data)


def _encoded(data: bytes, fault: Fault) -> bytes:
    if fault.encoding == "bomb":
        return bomb()
    if fault.encoding == "corrupt":
        return b"\x1f\x8b\x08\x00 this is not gzip"
    packed = gzip.compress(data)
    return packed[: -12 if fault.at is None else fault.at] if fault.truncate else packed


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """About a megabyte that gzip makes a gibibyte of."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1 << 20)
    packed = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(BOMB_BLOCKS):
        checksum = zlib.crc32(block, checksum)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    tail = b"\x03\x00" + struct.pack("<II", checksum, BOMB_BLOCKS << 20)
    return head + packed * BOMB_BLOCKS + tail


def _set_all(data: bytes, fault: Fault) -> bytes:
    try:
        value: Any = json.loads(data)
    except ValueError:
        return data
    for path, new in fault.set.items():
        _set(value, path.split("."), new)
    return json.dumps(value).encode()


def _set(value: Any, path: list[str], new: Any) -> None:
    step, *rest = path
    many = _is_list(value)
    places: list[Any] = [step]
    if many:
        places = list(range(len(value))) if step == "*" else [int(step)]
    for place in places:
        if not rest:
            value[place] = new
        elif many:
            _set(value[place], rest, new)
        else:
            _set(value.setdefault(place, {}), rest, new)


def _is_list(value: object) -> bool:
    return isinstance(value, list)
