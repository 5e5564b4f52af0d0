"""Guarantee: whoever ends a download waits for nothing that it does, and nothing of it stays open.

The threat is a part that nobody can go on with because a forgotten descriptor holds its lock, and
a program that checks gigabytes nobody wants any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import AsyncSume, DownloadError, Sume
from sume_ext.transfers import partial
from tests.support import FakeClock
from tests.transfers.clients import VIDEO, run_async
from tests.transfers.scripted import Api, File, Scripted, Seen, close, head, reply

if TYPE_CHECKING:
    import socket

STOP = 700_000
PIECE = 1000
DIGEST = b64encode(hashlib.sha256(VIDEO).digest()).decode()
CHECKED = File(VIDEO, headers={"repr_digest": f"sha-256=:{DIGEST}:"})


def still_open() -> list[Path]:
    """What this process has open of parts."""
    found: list[Path] = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            found.append(link.readlink())
        except OSError:
            continue
    return [path for path in found if ".part" in path.name]


class Reading:
    """Stands before the reading of parts, piece by piece.

    Attributes:
        pieces: How many were read.
        begun: Whether one was.
        go_on: Whether more than one may be.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pieces = 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._read: Any = partial._read_at
        monkeypatch.setattr(partial, "_PIECE", PIECE)
        monkeypatch.setattr(partial, "_read_at", self)

    def __call__(self, descriptor: int, size: int, at: int) -> bytes:
        self.pieces += 1
        self.begun.set()
        self.go_on.wait(10)
        time.sleep(0.001)
        piece: bytes = self._read(descriptor, size, at)
        return piece


def client_of(api: Scripted, kind: Any = Sume) -> Any:
    """A part is gone on with only for the same API, so both runs have one stub."""
    return kind(api_key="k", base_url=f"{api.url}/api/v1", clock=FakeClock())


def leave_a_part(folder: Path, server: Scripted, api: Scripted) -> None:
    server.acts[:] = [CHECKED.until(STOP, close), reply(404)]
    with client_of(api) as sume, pytest.raises(DownloadError):
        sume.jobs.result("job_1").media[0].download(folder / "job_1-1.mp4")
    server.requests.clear()


def test_cancelling_while_a_part_is_checked_lets_go_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(api: Scripted, reading: Reading) -> None:
        async with client_of(api, AsyncSume) as sume:
            made = await sume.jobs.result("job_1")
            task = asyncio.create_task(made.download(tmp_path))
            assert await asyncio.to_thread(reading.begun.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            reading.go_on.set()

    with Scripted(reply(404)) as server, Scripted(Api([f"{server.url}/0.mp4"])) as api:
        leave_a_part(tmp_path, server, api)
        reading = Reading(monkeypatch)
        asyncio.run(work(api, reading))  # which waits for its threads
        assert not still_open()
        assert reading.pieces == 1
        server.acts[:] = [CHECKED]
        with client_of(api) as sume:
            assert sume.jobs.result("job_1").download(tmp_path).outcomes == ("resumed",)


def test_what_a_listener_raises_waits_for_no_part_to_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(seen: Seen, connection: socket.socket) -> None:
        assert reading.begun.wait(10)
        File(VIDEO)(seen, connection)

    def listen(_: Any) -> None:
        reading.go_on.set()
        raise KeyError

    with Scripted(reply(404)) as server:
        urls = [f"{server.url}/{index}.mp4" for index in range(2)]
        with Scripted(Api(urls)) as api:
            leave_a_part(tmp_path, server, api)
            reading = Reading(monkeypatch)
            server.acts[:] = [act]
            with client_of(api) as sume, pytest.raises(KeyError):
                sume.jobs.result("job_1").download(tmp_path, on_progress=listen)
    assert 0 < reading.pieces < STOP // PIECE
    assert not still_open()


def test_cancelling_says_so_also_when_the_directory_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "folder"

    def silence(seen: Seen, connection: socket.socket) -> None:
        connection.sendall(head(200, content_length=10**7) + bytes(3_000_000))
        connection.recv(1)

    with Scripted(silence) as server:

        async def work(sume: Any) -> None:
            made = await sume.jobs.result("job_1")
            task = asyncio.create_task(made.download(folder))
            while not still_open() or not sum(p.stat().st_size for p in folder.iterdir()):  # noqa: ASYNC110  (of files nobody signals)
                await asyncio.sleep(0.01)
            folder.rename(tmp_path / "elsewhere")
            folder.touch()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        run_async(Api([server.url]), work)
    assert not still_open()
