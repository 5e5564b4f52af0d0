"""A raw server on loopback that answers as no good server would: one name, one behaviour.

The first part of the path names the behaviour, so a client is aimed at one by its base URL. All
requests are noted; they are counted as they came over the wire, whatever the client says of them.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import threading
import time
import zlib
from email.utils import formatdate
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from attrs import field, frozen

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

JOB = {"id": "job_1", "object": "job", "type": "video_generation", "status": "running"}
CREATED = {"object": "video_generation", "job_id": "job_1", "status": "queued"}
ENVELOPE: dict[str, Any] = {
    "error": {"code": "teapot", "message": "No.", "details": {}},
    "request_id": "req_1",
}
_PAUSE = 0.02
_FOREVER = 30.0


@frozen
class Seen:
    """A request as it came."""

    fault: str
    method: str
    path: str
    headers: dict[str, str] = field(repr=False)


def answer(status: str, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def envelope(status: str, *headers: str) -> bytes:
    return answer(status, json.dumps(ENVELOPE).encode(), *headers)


@cache
def bomb() -> bytes:
    """One GiB of nothing in one MiB: a flushed piece of deflate may be repeated as it is."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = press.compress(bytes(1 << 20)) + press.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + bytes(7) + piece * 1024


@cache
def lists(number: int) -> bytes:
    """JSON of so many empty lists: three bytes each, and eighty when Python has made them."""
    return gzip.compress(b"[" + b"[]," * number + b"[]]", 1)


def heavy(begin: str, piece: str, end: str, size: int) -> Callable[[bytes], bytes]:
    """An answer of so many bytes, packed: a text, a list or an object of the same again and again.

    Args:
        begin: Its beginning.
        piece: What is repeated; ``%07d`` in it is a number that counts.
        end: Its end.
        size: How many bytes it has.
    """

    @cache
    def packed() -> bytes:
        count = size // len((piece % 0 if "%" in piece else piece).encode())
        text = "".join(piece % n for n in range(count)) if "%" in piece else piece * count
        return gzip.compress((begin + text + end).encode(), 1)

    return lambda _: answer("200 OK", packed(), "Content-Encoding: gzip")


class FaultServer:
    """The server, in a thread of its own.

    Args:
        tls: Serve through TLS.

    Attributes:
        seen: Every request, in order.
        port: Where it listens.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.port = 0
        self.elsewhere = ""
        self._tls = tls
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def url(self, fault: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/{fault}"

    def count(self, fault: str) -> int:
        return sum(seen.fault == fault for seen in self.seen)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        start = asyncio.start_server(
            self._converse, "127.0.0.1", 0, limit=1 << 20, ssl=self._tls, backlog=500
        )
        server = self._loop.run_until_complete(start)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._end(server))
        self._loop.close()

    async def _end(self, server: asyncio.Server) -> None:
        await asyncio.sleep(_PAUSE)  # half-accepted connections come to life, or nobody closes them
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(_PAUSE)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        turn = 0
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *rest = head.strip().split("\r\n")
                method, path, _ = line.split(" ")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (one.partition(":") for one in rest)
                }
                await reader.readexactly(int(headers.get("content-length", 0)))
                fault, _, inside = path.lstrip("/").partition("/")
                self.seen.append(Seen(fault, method, f"/{inside}", headers))
                turn += 1
                if not await self._misbehave(fault, method, inside, turn, writer):
                    return
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        except (OSError, ValueError):
            pass
        finally:
            writer.close()

    async def _misbehave(
        self, fault: str, method: str, path: str, turn: int, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether the conversation goes on."""
        good = json.dumps(CREATED if method == "POST" else JOB).encode()
        whole = self._whole(fault, path, good)
        if fault == "race" and turn == 1:
            whole = answer("200 OK", good)
        if whole is not None:
            writer.write(whole)
            await writer.drain()
            return True
        if fault in LAST:
            writer.write(LAST[fault](good))
            await writer.drain()
        elif fault in _ODD:
            await _ODD[fault](writer, good)
        return False

    def _whole(self, fault: str, path: str, good: bytes) -> bytes | None:
        """An answer after which the conversation goes on, if that is what the fault is."""
        if fault == "gone-elsewhere":
            return answer(
                "307 Temporary Redirect", b"", f"Location: {self.elsewhere}/ok/{path.lstrip('/')}"
            )
        if fault == "gone-here":
            return answer("302 Found", b"", f"Location: /ok/{path.lstrip('/')}")
        plain = PLAIN.get(fault) or HEAVY.get(fault)
        return plain(good) if plain else None


async def _reset(writer: asyncio.StreamWriter, _: bytes) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _begin(writer: asyncio.StreamWriter, good: bytes) -> None:
    writer.write(answer("200 OK", good[:20], "Content-Length: 5000", length=False))
    await writer.drain()
    await asyncio.sleep(_PAUSE)


async def _reset_in_body(writer: asyncio.StreamWriter, good: bytes) -> None:
    await _begin(writer, good)
    await _reset(writer, good)


async def _hang(writer: asyncio.StreamWriter, _: bytes) -> None:
    await asyncio.sleep(_FOREVER)


async def _hang_in_body(writer: asyncio.StreamWriter, good: bytes) -> None:
    await _begin(writer, good)
    await asyncio.sleep(_FOREVER)


async def _drip_head(writer: asyncio.StreamWriter, _: bytes) -> None:
    await _drip(writer, answer("200 OK", b"", "X-Long: " + "a" * 5000))


async def _drip_body(writer: asyncio.StreamWriter, good: bytes) -> None:
    await _begin(writer, good)
    await _drip(writer, b" " * 4980)


async def _drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(_PAUSE)


_ODD: dict[str, Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]] = {
    "reset": _reset,
    "reset-in-body": _reset_in_body,
    "hang": _hang,
    "hang-in-body": _hang_in_body,
    "drip-head": _drip_head,
    "drip-body": _drip_body,
}
"""What no bytes can say; ``close`` needs nothing at all."""


def _packed(body: bytes, *, cut: int = 0) -> bytes:
    packed = gzip.compress(body + b" " * 5000)
    return answer("200 OK", packed[: len(packed) - cut], "Content-Encoding: gzip")


def _later(seconds: float) -> str:
    return f"Retry-After: {formatdate(time.time() + seconds, usegmt=True)}"


def _error(status: str) -> Callable[[bytes], bytes]:
    return lambda _: envelope(status)


PLAIN: dict[str, Callable[[bytes], bytes]] = {
    "ok": lambda good: answer("200 OK", good),
    "accepted": lambda good: answer("202 Accepted", good),
    "wrong-type": lambda good: answer("200 OK", good, "Content-Type: text/plain"),
    "big-header": lambda good: answer("200 OK", good, "X-Big: " + "a" * 120_000),
    "early-hints": lambda good: b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer("200 OK", good),
    "utf-16": lambda good: answer("200 OK", good.decode().encode("utf-16")),
    "chunked": lambda good: answer(
        "200 OK",
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(good), good),
        "Transfer-Encoding: chunked",
        length=False,
    ),
    "packed": _packed,
    "packed-twice": lambda good: answer(
        "200 OK", gzip.compress(good[:9]) + gzip.compress(good[9:]), "Content-Encoding: gzip"
    ),
    "too-long": lambda good: answer("200 OK", good) + b"EXTRA BYTES",
    "cut-gzip": lambda good: _packed(good, cut=12),
    "corrupt-gzip": lambda _: answer("200 OK", b"not gzip at all", "Content-Encoding: gzip"),
    "bomb": lambda _: answer("200 OK", bomb(), "Content-Encoding: gzip"),
    "not-packed": lambda good: answer("200 OK", good, "Content-Encoding: gzip"),
    "charset-as-encoding": lambda good: answer("200 OK", good, "Content-Encoding: utf-8"),
    "identity": lambda good: answer("200 OK", good, "Content-Encoding: Identity, identity"),
    "unknown-encoding": lambda good: answer("200 OK", good, "Content-Encoding: br"),
    "429-seconds": lambda _: envelope("429 Too Many Requests", "Retry-After: 2"),
    "429-date": lambda _: envelope("429 Too Many Requests", _later(3)),
    "429-two-minutes": lambda _: envelope("429 Too Many Requests", "Retry-After: 119"),
    "429-past": lambda _: envelope("429 Too Many Requests", _later(-900)),
    "429-absurd": lambda _: envelope("429 Too Many Requests", "Retry-After: 99999999999999"),
    "429-garbage": lambda _: envelope("429 Too Many Requests", "Retry-After: soon"),
    "429-bare": lambda _: answer("429 Too Many Requests"),
    "429-limits": lambda _: envelope(
        "429 Too Many Requests",
        "Retry-After: 500",
        "RateLimit: limit=10, remaining=0",
        "X-RateLimit-Remaining: 0",
    ),
    "503-later": lambda _: envelope("503 Service Unavailable", "Retry-After: 2"),
    "502-html": lambda _: answer("502 Bad Gateway", b"<html><h1>502</h1></html>"),
    "504-empty": lambda _: answer("504 Gateway Timeout"),
    "204": lambda _: answer("204 No Content", length=False),
    "empty": lambda _: answer("200 OK"),
    "html": lambda _: answer("200 OK", b"<html>log in</html>", "Content-Type: text/html"),
    "cut-json": lambda good: answer("200 OK", good[:-3]),
    "list": lambda good: answer("200 OK", b"[" + good + b"]"),
    "other-shape": lambda _: answer("200 OK", b'{"object": "surprise", "id": 7}'),
    "null": lambda _: answer("200 OK", b"null"),
    "deep": lambda _: answer("200 OK", b"[" * 200_000),
    "round": lambda _: answer("302 Found", b"", "Location: /round/again"),
    "to-file": lambda _: answer("302 Found", b"", "Location: file:///etc/passwd"),
    "to-nowhere": lambda _: answer("302 Found", b"", "Location: http://[broken"),
    "to-plain-http": lambda _: answer("302 Found", b"", "Location: http://sume.example/jobs"),
    "see-other": lambda _: answer("303 See Other", b"", "Location: http://sume.example/jobs/1"),
    "no-location": lambda _: answer("307 Temporary Redirect"),
    "not-modified": lambda _: answer("304 Not Modified", length=False),
    **{
        str(status): _error(f"{status} X")
        for status in (400, 401, 402, 403, 404, 408, 409, 418, 422, 425, 499, 500, 502, 503, 504,
                       520, 521, 522, 523, 524, 525, 526, 527, 528, 529, 561)
    },
}  # fmt: skip
"""Whole answers, after which the connection goes on."""

HEAVY: dict[str, Callable[[bytes], bytes]] = {
    "many-lists": lambda _: answer("200 OK", lists(400_000), "Content-Encoding: gzip"),
    "bomb-of-text": heavy('{"a":"', " " * 1024, '"}', 31 << 20),
    "bomb-of-wide-text": heavy('{"a":"\U0001f600', " " * 1024, '"}', 31 << 20),
    "bomb-of-escapes": heavy('{"a":"', " " * 1024, '\\ud83d\\ude00"}', 31 << 20),
    "bomb-of-names": heavy('{"a":[]', ',"%07d":[]', "}", 31 << 20),
    "much-text": heavy('{"a":"', " " * 1024, '"}', 14_600_000),
    "much-odd-text": heavy('{"a":"\u0100', " " * 1024, '"}', 11_700_000),
    "much-wide-text": heavy('{"a":"\U0001f600', " " * 1024, '"}', 6_500_000),
    "many-escapes": heavy('{"a":"', " " * 1024, '\\ud83d\\ude00"}', 6_500_000),
    "many-names": heavy('{"a":[]', ',"%07d":[]', "}", 2_000_000),
    "many-words": heavy('["a"', ',"\u0100\u0101"', "]", 3_100_000),
    "many-objects": heavy("[0", ',{"a":1}', "]", 1_450_000),
    "bomb-of-lists": lambda _: answer("200 OK", lists(10_000_000), "Content-Encoding: gzip"),
}
"""Answers that take long to read, for who names them."""
LAST: dict[str, Callable[[bytes], bytes]] = {
    "cut-length": lambda good: answer("200 OK", good[:20], "Content-Length: 900", length=False),
    "cut-chunk": lambda good: answer(
        "200 OK", b"12c\r\n" + good[:20], "Transfer-Encoding: chunked", length=False
    ),
    "cut-close": lambda good: answer("200 OK", good[:20], "Connection: close", length=False),
    "cut-after-id": lambda _: answer(
        "200 OK", b'{"job_id": "job_9", "status": "que', "Content-Length: 900", length=False
    ),
    "garbage": lambda _: b"SSH-2.0-OpenSSH_9.2\r\n",
}
"""Answers after which the server closes the connection."""
