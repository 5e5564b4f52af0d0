"""Servers on real sockets that do what a test says, byte by byte, and record what they are sent."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from types import TracebackType


@dataclass
class Seen:
    """A request as it came over the wire.

    Attributes:
        method: As sent.
        target: As sent.
        headers: Names and values as sent, in order.
        body: As much of the body as was read.
        whole: Whether that is all that was promised.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    whole: bool = True

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def header_names(self) -> set[str]:
        return {name.lower() for name, _ in self.headers}


Act = Callable[[Seen, socket.socket], None]
"""Answers one request; the connection is closed afterwards."""


def reply(status: int, body: bytes = b"", **headers: object) -> Act:
    """A proper answer, with the length of its body unless told otherwise."""

    def act(seen: Seen, connection: socket.socket) -> None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        told.setdefault("content-length", len(body))
        connection.sendall(head(status, **told) + body)

    return act


def head(status: int, **headers: object) -> bytes:
    """The head of an answer; a header given as None is left out."""
    lines = [f"HTTP/1.1 {status} X", "connection: close"]
    for name, value in headers.items():
        if value is not None:
            lines.append(f"{name.replace('_', '-')}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def reset(connection: socket.socket) -> None:
    """Break a connection off, so that the other side sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Scripted:
    """A server whose answers a test writes down.

    Args:
        *acts: What to do with each request in turn; the last one again for all that follow.
        body_limit: How much of a request's body to read before acting; None for all of it.
        tls: Settings to speak TLS with.

    Attributes:
        requests: What came.
        busiest: The most requests that were under way at once.
    """

    def __init__(
        self, *acts: Act, body_limit: int | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.acts = list(acts)
        self.requests: list[Seen] = []
        self.connections = 0
        self.busiest = 0
        self.over = threading.Event()
        self._busy = 0
        self._mutex = threading.Lock()
        self._body_limit = body_limit
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._listen, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(20)
                if self._tls is None:
                    self._answer(connection)
                else:
                    with self._tls.wrap_socket(connection, server_side=True) as secured:
                        self._answer(secured)
        except (OSError, ValueError):
            pass  # the client went, or the act closed the connection

    def _answer(self, connection: socket.socket) -> None:
        seen = self._read(connection)
        if seen is None:
            return
        with self._mutex:
            index = len(self.requests)
            self.requests.append(seen)
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            self.acts[min(index, len(self.acts) - 1)](seen, connection)
        finally:
            with self._mutex:
                self._busy -= 1

    def _read(self, connection: socket.socket) -> Seen | None:
        rest = b""
        while b"\r\n\r\n" not in rest:
            more = connection.recv(65536)
            if not more:
                return None
            rest += more
        top, _, body = rest.partition(b"\r\n\r\n")
        line, *lines = top.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        pairs = [(name, value.strip()) for name, _, value in (one.partition(":") for one in lines)]
        seen = Seen(method, target, pairs)
        promised = int(seen.header("content-length") or 0)
        wanted = promised if self._body_limit is None else min(promised, self._body_limit)
        parts, size = [body], len(body)
        while size < wanted:
            more = connection.recv(min(65536, wanted - size))
            if not more:
                break
            parts.append(more)
            size += len(more)
        seen.body = b"".join(parts)
        seen.whole = size >= promised
        return seen


class Talking(Scripted):
    """A server that keeps its connections.

    Args:
        say: What to answer, down to the bytes, to which request, counted from 1.
    """

    def __init__(self, say: Callable[[int], bytes]) -> None:
        super().__init__()
        self._say = say

    def _answer(self, connection: socket.socket) -> None:
        while (seen := self._read(connection)) is not None:
            with self._mutex:
                self.requests.append(seen)
                number = len(self.requests)
            connection.sendall(self._say(number))


@dataclass
class File:
    """What a media server has, and how it serves it; as an act it serves it properly.

    Attributes:
        content: The file.
        etag: Its ETag header, or None for none.
        headers: Further headers.
        ranges: Whether it honours Range.
    """

    content: bytes
    etag: str | None = '"v1"'
    headers: dict[str, object] = field(default_factory=dict[str, object])
    ranges: bool = True

    def start(self, seen: Seen) -> int:
        """Where the answer to a request begins."""
        found = re.fullmatch(r"bytes=(\d+)-", seen.header("range") or "")
        if not found or not self.ranges or seen.header("if-range") not in (None, self.etag):
            return 0
        return int(found[1])

    def head(self, start: int, **more: object) -> bytes:
        size = len(self.content)
        told = {"etag": self.etag, "content_length": size - start, **self.headers, **more}
        if not start:
            return head(200, **told)
        return head(206, **{"content_range": f"bytes {start}-{size - 1}/{size}", **told})

    def __call__(self, seen: Seen, connection: socket.socket) -> None:
        start = self.start(seen)
        connection.sendall(self.head(start) + self.content[start:])

    def until(self, offset: int, then: Callable[[socket.socket], None] = reset) -> Act:
        """Serves properly up to a byte of the file, and then does something else."""

        def act(seen: Seen, connection: socket.socket) -> None:
            start = self.start(seen)
            connection.sendall(self.head(start) + self.content[start : max(start, offset)])
            then(connection)

        return act


def close(connection: socket.socket) -> None:
    """End a connection in order, however much was promised."""
    connection.close()


class Api:
    """As an act: the part of the API that transfers need.

    Args:
        media: URLs of the result's media files, or a callable that gives them.
        upload_url: Where presign sends uploads.
        content_type: Of the media.
    """

    def __init__(
        self,
        media: Callable[[], list[str]] | list[str] | None = None,
        upload_url: str = "",
        content_type: str | None = "video/mp4",
    ) -> None:
        self.media = media or []
        self.upload_url = upload_url
        self.content_type = content_type
        self.presigned = 0
        self.finalize: Act = reply(202, b'{"object":"asset_ingest","job_id":"job_9"}')

    def __call__(self, seen: Seen, connection: socket.socket) -> None:
        route = seen.target.partition("?")[0].removeprefix("/api/v1")
        if route.endswith("/result"):
            return self._json(connection, self._result(route.split("/")[2]))
        if route == "/uploads/presign":
            self.presigned += 1
            return self._json(connection, self._place(json.loads(seen.body)))
        if route == "/assets":
            return self.finalize(seen, connection)
        return reply(404, b'{"error":{"code":"not_found","message":"?"}}')(seen, connection)

    def _json(self, connection: socket.socket, body: Any) -> None:
        text = json.dumps(body).encode()
        connection.sendall(
            head(200, content_type="application/json", content_length=len(text)) + text
        )

    def _result(self, job_id: str) -> Any:
        urls = self.media() if callable(self.media) else self.media
        media = [{"url": url, "kind": "video", "content_type": self.content_type} for url in urls]
        return {
            "id": job_id,
            "object": "job",
            "type": "video_generation",
            "status": "completed",
            "created_at": "2026-01-15T09:30:00Z",
            "result": {"media": media},
        }

    def _place(self, asked: Any) -> Any:
        return {
            "upload_url": f"{self.upload_url}/bucket/key-{self.presigned}?X-Amz-Signature=abc",
            "required_headers": {"Content-Type": asked["content_type"], "x-amz-meta-a": "1"},
            "object_key": f"uploads/key-{self.presigned}",
            "media_url": "https://media.example/key",
        }
