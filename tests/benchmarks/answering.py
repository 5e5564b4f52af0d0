"""A server that gives every request the same small answer, as fast as Python can."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Generator

BODY = json.dumps({
    "id": "17f20503-6c24-4c16-946b-35dbbce2af2f",
    "object": "job",
    "type": "video_generation",
    "status": "RUNNING",
    "createdAt": "2026-01-01T00:00:00Z",
    "created_at": "2026-01-01T00:00:00Z",
    "progress": 0.5,
}).encode()  # fmt: skip
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_1\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


class _Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Answering, "127.0.0.1", 0, backlog=500)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  (told to the parent)
    await server.serve_forever()


@contextmanager
def answering() -> Generator[str]:
    """The base URL of such a server, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.answering"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        urllib.request.urlopen(url, timeout=5).close()
        try:
            yield url
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve())
