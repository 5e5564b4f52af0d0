"""Uploads and downloads beside curl, with the same server on the same machine, and their memory.

``BENCH_TRANSFER_MIB`` sets the size (1024 by default, 5120 for what the budget names). Each round
runs all contenders in turn and compares them with each other, because other work on the machine
slows all of one round alike; the median round counts. curl writes without flushing; ours flushes
before it renames, included.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sume_ext.engine import Engine

MIB = 1024 * 1024
ROUNDS = 5


def transfer(way: str, origin: str, path: str) -> dict[str, float]:
    """One transfer by this package, in its own process: seconds, and MiB over the idle client."""
    from sume_ext import AsyncSume, Sume  # noqa: PLC0415  (in the child process)

    options: dict[str, Any] = {"api_key": "k", "base_url": f"{origin}/api/v1"}
    if way.startswith("async"):
        return asyncio.run(_transfer_async(way, origin, path, AsyncSume(**options)))
    with Sume(**options) as sume:
        flow = _flow(way, sume._engine, origin, path)
        _warm(sume._engine, origin, path)
        idle, began = _status("VmRSS"), time.perf_counter()
        sume._engine.block(flow)
        return _figures(began, idle)


async def _transfer_async(way: str, origin: str, path: str, sume: Any) -> dict[str, float]:
    async with sume:
        worst = 0.0

        async def watch() -> None:
            """How late a loop that is asked to come back in a millisecond does, at worst."""
            nonlocal worst
            while True:
                queued, last = _queued(), time.perf_counter()
                await asyncio.sleep(0.001)
                late = time.perf_counter() - last - 0.001
                if late > worst:
                    worst = max(worst, late - (_queued() - queued))

        # Presigning, or asking for the result, has used the client before any transfer.
        await sume._engine.soon(_upload(sume._engine, origin, bytes(1000)))
        idle, began = _status("VmRSS"), time.perf_counter()
        await sume._engine.soon(_flow(way, sume._engine, origin, path))
        figures = _figures(began, idle)
        # Once more, since being asked a thousand times a second costs a transfer its speed.
        flow = _flow(way, sume._engine, origin, path)
        watcher = asyncio.create_task(watch())
        await asyncio.sleep(1)  # what the machine's other work does to an idle loop
        noise, worst = worst, 0.0
        await sume._engine.soon(flow)
        watcher.cancel()
        return figures | {"blocked": worst * 1000, "noise": noise * 1000}


def _queued() -> float:
    """Seconds that this thread was ready to run and other programs had the processor."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except OSError:
        return 0.0


def _warm(engine: Engine, origin: str, path: str) -> None:
    """Import what a transfer imports, so that the idle client is one that could begin."""
    _flow("upload", engine, origin, path).close()
    _flow("download", engine, origin, path).close()


def _flow(way: str, engine: Engine, origin: str, path: str) -> Any:
    from sume_ext.downloads import Options, download_one  # noqa: PLC0415  (in the child process)
    from sume_ext.media import MediaFile  # noqa: PLC0415

    if way.endswith("upload"):
        return _upload(engine, origin, path)
    file = MediaFile(f"{origin}/file", "video", "video/mp4", "media[0].url")
    return download_one(engine, "job", 0, file, path + ".out", Options(overwrite=True))


def _upload(engine: Engine, origin: str, what: str | bytes) -> Any:
    from sume_ext.transfers.sending import Report, put  # noqa: PLC0415
    from sume_ext.transfers.source import examine  # noqa: PLC0415

    report = Report(None, engine.runner.clock.monotonic)
    source = examine(what, "x.mp4", "video/mp4")
    return put(engine, f"{origin}/file", {"content-type": "video/mp4"}, source, report)


def _status(field: str) -> int:
    """A figure of this process in KiB; unlike getrusage's it knows nothing of its parent's past."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition(f"{field}:")[2].split()[0])


def _figures(began: float, idle: int) -> dict[str, float]:
    took = time.perf_counter() - began
    return {"seconds": took, "memory": (_status("VmHWM") - idle) / 1024}


def ours(way: str) -> Callable[[str, Path], dict[str, float]]:
    """This package as a contender."""

    def run(origin: str, path: Path) -> dict[str, float]:
        command = [sys.executable, "-m", __name__, way, origin, str(path)]
        done = subprocess.run(command, check=True, capture_output=True)
        figures: dict[str, float] = json.loads(done.stdout)
        return figures

    return run


def curl(*options: str) -> Callable[[str, Path], dict[str, float]]:
    """curl as a contender; it times itself, so that starting it costs it nothing."""

    def run(origin: str, path: Path) -> dict[str, float]:
        told = [option.format(path=path) for option in options]
        command = ["curl", "-sS", *told, "-w", "%{time_total}", f"{origin}/file"]
        return {"seconds": float(subprocess.run(command, check=True, capture_output=True).stdout)}

    return run


@contextmanager
def server(path: Path) -> Generator[str]:
    """The plain server in a process of its own."""
    command = [sys.executable, "-m", "tests.transfers.plain_server", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def make(path: Path, size: int) -> None:
    """A file of so many MiB."""
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for _ in range(size):
            file.write(block)


def main() -> None:
    """Print the table."""
    size = int(os.environ.get("BENCH_TRANSFER_MIB", "1024"))
    contenders = {
        "curl upload": curl("-T", "{path}"),
        "upload": ours("upload"),
        "async upload": ours("async upload"),
        "curl download": curl("-o", "{path}.out"),
        "download": ours("download"),
        "async download": ours("async download"),
    }
    if shutil.which("curl") is None:
        print("curl isn't installed; there is nothing to compare with")  # noqa: T201
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_TRANSFER_DIR")) as folder:
        path = Path(folder, "clip.mp4")
        make(path, size)
        with server(path) as origin:
            rounds: list[dict[str, dict[str, float]]] = []
            for _ in range(ROUNDS):
                rounds.append({})
                for name, run in contenders.items():
                    Path(f"{path}.out").unlink(missing_ok=True)
                    rounds[-1][name] = run(origin, path)
    _print(size, rounds)


def _print(size: int, rounds: list[dict[str, dict[str, float]]]) -> None:
    budget = "budget: >= 0.9 x curl, <= 24 MiB over the idle client, loop held <= 20 ms"
    print(f"{size} MiB, {len(rounds)} rounds; {budget}")  # noqa: T201
    for name in rounds[0]:
        figures = min((one[name] for one in rounds), key=lambda one: one["seconds"])
        peer = "curl upload" if "upload" in name else "curl download"
        ratio = median(one[peer]["seconds"] / one[name]["seconds"] for one in rounds)
        line = f"{name:15} {size / figures['seconds']:8.0f} MiB/s  {ratio:5.2f} x curl"
        if "memory" in figures:
            line += f"  +{figures['memory']:5.1f} MiB"
        if "blocked" in figures:
            line += f"  loop held <= {figures['blocked']:.0f} ms (idle {figures['noise']:.0f})"
        print(line)  # noqa: T201


if __name__ == "__main__":
    print(json.dumps(transfer(*sys.argv[1:])))  # noqa: T201  (read by `ours`)
