"""Guarantee: no transfer keeps a program or an event loop from going where it is going.

The threat is a program that leaves its loop in the middle of a transfer and then never exits; and
a transfer that is dropped because its loop rested for a moment.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import AsyncSume
from sume_ext.runners import errands
from tests.transfers.clients import VIDEO, client, files_in
from tests.transfers.scripted import Api, File, Scripted, Seen, head

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine
    from pathlib import Path

    from sume_ext.downloads import Progress

LEAVING = """
import asyncio, sys
from sume_ext import AsyncSume

_, base_url, kind, folder, telling = sys.argv
options = {"on_progress": lambda *news: None} if telling == "listener" else {}
video = bytes.fromhex("0000001866747970") + bytes(50_000_000)

async def leave():
    global kept, task
    kept = sume = AsyncSume(api_key="k", base_url=base_url)
    if kind == "download":
        result = await sume.jobs.result("job_1")
        task = asyncio.create_task(result.download(folder, **options))
    else:
        task = asyncio.create_task(sume.uploads.asset_video(video, name="a.mp4", **options))
    await asyncio.to_thread(input)

loop = asyncio.new_event_loop()
loop.run_until_complete(leave())
print("left", flush=True)
"""


@pytest.mark.parametrize("telling", ["listener", "nobody"])
@pytest.mark.parametrize("kind", ["download", "upload"])
def test_a_program_that_leaves_its_loop_ends(tmp_path: Path, kind: str, telling: str) -> None:
    """The server says nothing more, so the transfer wouldn't end by itself."""
    begun = threading.Event()

    def silence(seen: Seen, connection: socket.socket) -> None:
        if kind == "download":
            connection.sendall(head(200, content_length=10**7) + bytes(3_000_000))
        begun.set()
        server.over.wait(60)

    with Scripted(silence, body_limit=100_000) as server:
        api = Api([f"{server.url}/0.mp4"], upload_url=server.url)
        with (
            client(api) as (_, stub),
            subprocess.Popen(
                [sys.executable, "-c", LEAVING, f"{stub.url}/api/v1", kind, tmp_path, telling],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as process,
        ):
            assert begun.wait(30)
            try:
                told, _ = process.communicate(b"go on\n", timeout=30)
            finally:
                process.kill()
    assert told == b"left\n"
    assert process.returncode == 0


def begin(folder: Path, base_url: str, heard: asyncio.Event) -> Coroutine[Any, Any, Any]:
    """A download that says when its first bytes are there."""

    def listen(_: Progress) -> None:
        heard.set()

    async def download() -> None:
        async with AsyncSume(api_key="k", base_url=base_url) as sume:
            made = await sume.jobs.result("job_1")
            await made.download(folder, on_progress=listen)

    return download()


@pytest.mark.parametrize("patience", [2, 1000])
def test_a_loop_may_rest_and_its_transfer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: int
) -> None:
    """Whether the thread is still waiting for it, or has given the attempt up."""
    monkeypatch.setattr(errands, "PARTING_SECONDS", 0.05)
    monkeypatch.setattr(errands, "_LEFT_ALONE", patience)
    go_on, rested = threading.Event(), threading.Event()
    file = File(VIDEO)

    def act(seen: Seen, connection: socket.socket) -> None:
        start = file.start(seen)
        connection.sendall(file.head(start) + VIDEO[start : start + 100_000])
        go_on.wait(10)
        connection.sendall(VIDEO[start + 100_000 :])
        rested.set()

    heard = asyncio.Event()
    with Scripted(act) as server, client(Api([f"{server.url}/0.mp4"])) as (_, api):
        loop = asyncio.new_event_loop()
        try:
            task = loop.create_task(begin(tmp_path, f"{api.url}/api/v1", heard))
            loop.run_until_complete(heard.wait())
            go_on.set()
            assert rested.wait(10)
            if patience == 2:  # the thread ends, and with it the lock on the part
                for thread in threading.enumerate():
                    if thread.name == "sume-transfer":
                        thread.join(10)
                        assert not thread.is_alive()
            loop.run_until_complete(asyncio.wait_for(task, 30))
        finally:
            loop.close()
    assert files_in(tmp_path) == {"job_1-1.mp4": VIDEO}
