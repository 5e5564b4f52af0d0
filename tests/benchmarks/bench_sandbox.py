"""How fast the sandbox answers on one core, beside the bare server it runs on.

The threat is a stand-in that is the bottleneck of a load test, or that slows down as jobs pile up.
Client and server have a core each where the machine has two.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from typing import Final

REQUESTS: Final = 6_000
CONNECTIONS: Final = 4
PLAIN: Final = """
async def app(scope, receive, send):
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen(1024)
print(f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1", "key", "job", flush=True)
config = uvicorn.Config(app, http="httptools", lifespan="off", log_level="critical")
uvicorn.Server(config).run([listener])
"""
SANDBOX: Final = """
begun = time.perf_counter()
from sume_ext.sandbox import Sandbox
sandbox = Sandbox(active_limit=None).start()
took = time.perf_counter() - begun
ids = sandbox.jobs.seed(COUNT)
print(sandbox.base_url, sandbox.api_key, ids[COUNT // 2], f"{took:.3f}", flush=True)
sys.stdin.read()
"""
PRELUDE: Final = """
import os, socket, sys, time
if hasattr(os, "sched_setaffinity"): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
"""


def per_second(base: str, key: str, path: str) -> float:
    """Requests answered in a second, over a few kept-alive connections."""
    host, _, prefix = base.removeprefix("http://").partition("/")
    address = host.split(":")[0], int(host.split(":")[1])
    lines = [f"GET /{prefix}{path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {key}"]
    request = "\r\n".join([*lines, "", ""]).encode()

    def ask(count: int) -> None:
        with socket.create_connection(address) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(count):
                connection.sendall(request)
                answer = b""
                while b"\r\n\r\n" not in answer:
                    answer += connection.recv(1 << 16)
                head, _, body = answer.partition(b"\r\n\r\n")
                assert b" 200 " in head[:16], head
                size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                while len(body) < size:
                    body += connection.recv(1 << 16)

    threads = [
        threading.Thread(target=ask, args=[REQUESTS // CONNECTIONS]) for _ in range(CONNECTIONS)
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return REQUESTS / (time.perf_counter() - begun)


def measure(code: str, paths: list[str]) -> tuple[list[float], str]:
    """Requests a second for each path, and what else the server said when it was up."""
    line = [sys.executable, "-c", PRELUDE + code]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        base, key, job, *rest = server.stdout.readline().split()
        rates = [per_second(base, key, path.replace("JOB", job)) for path in paths]
        server.kill()
    return rates, " ".join(rest)


def main() -> None:
    """Print the table."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    (bare,), _ = measure("import uvicorn" + PLAIN, ["/jobs/JOB"])
    print(f"{'bare uvicorn, two bytes':<44} {bare:8,.0f}/s")  # noqa: T201  (a table for a person)
    paths = ["/jobs/JOB", "/jobs?limit=20", "/jobs?status=failed&limit=20"]
    for count in (10, 100_000):
        code = SANDBOX.replace("COUNT", str(count))
        rates, took = measure(code, paths)
        for path, rate in zip(paths, rates, strict=True):
            name = f"GET {path} among {count:,} jobs"
            print(f"{name:<44} {rate:8,.0f}/s  {rate / bare:.2f} of it")  # noqa: T201
        print(f"{'up after, imports included':<44} {took} s")  # noqa: T201


if __name__ == "__main__":
    main()
