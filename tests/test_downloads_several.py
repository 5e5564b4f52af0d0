"""Guarantee: several files come at once, few enough, and one that fails takes no other with it.

The threat is a hundred connections to one media server, and nine good files lost for a bad one.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import DownloadError
from sume_ext.clock import SystemClock
from tests.transfers.clients import VIDEO, client, files_in, result, run_async, whole_files_in
from tests.transfers.scripted import Api, File, Scripted, Seen, head, reply

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from sume_ext.downloads import Progress


class Waiting:
    """As an act: serves a file once four requests are waiting for theirs."""

    def __init__(self) -> None:
        self.four = threading.Barrier(4)

    def __call__(self, seen: Seen, connection: socket.socket) -> None:
        self.four.wait(10)
        time.sleep(0.2)  # time enough for a fifth to come as well
        File(VIDEO)(seen, connection)


def test_four_come_at_once_and_no_more(tmp_path: Path) -> None:
    with result(Waiting(), servers=12) as (made, server):
        made.download(tmp_path)
    assert server.busiest == 4
    assert len(files_in(tmp_path)) == 12


def test_the_same_for_asynchronous_code(tmp_path: Path) -> None:
    with Scripted(Waiting()) as server:

        async def work(sume: Any) -> None:
            made = await sume.jobs.result("job_1")
            await made.download(tmp_path)

        run_async(Api([f"{server.url}/{index}" for index in range(12)]), work)
    assert server.busiest == 4
    assert len(files_in(tmp_path)) == 12


def bad_one(seen: Seen, connection: socket.socket) -> None:
    act = reply(404) if "/3.mp4" in seen.target else File(VIDEO)
    act(seen, connection)


def test_one_that_fails_leaves_the_others(tmp_path: Path) -> None:
    with result(bad_one, servers=6) as (made, _), pytest.raises(DownloadError) as caught:
        made.download(tmp_path)
    error = pickle.loads(pickle.dumps(caught.value))
    assert "1 of 6" in error.hint
    assert "job_1-4.mp4: the media server answered 404" in str(error)
    assert "signature" not in str(error)
    assert error.missing == (tmp_path / "job_1-4.mp4",)
    assert error.present == tuple(tmp_path / f"job_1-{n}.mp4" for n in (1, 2, 3, 5, 6))
    assert len(files_in(tmp_path)) == 5
    with result(File(VIDEO), servers=6) as (made, server):
        made.download(tmp_path)
        assert len(server.requests) == 1
    assert len(files_in(tmp_path)) == 6


def test_each_file_s_outcome_is_told(tmp_path: Path) -> None:
    """A file that was there already must not look like one that was downloaded."""
    told: list[Progress] = []
    with result(File(VIDEO), servers=3) as (made, _):
        made.media[1].download(tmp_path)
        paths = made.download(tmp_path, on_progress=told.append)
    assert [path.name for path in paths] == ["job_1-1.mp4", "job_1-2.mp4", "job_1-3.mp4"]
    assert paths.outcomes == ("downloaded", "kept", "downloaded")
    outcomes = {news.name: news.outcome for news in told if news.outcome}
    assert outcomes == {path.name: how for path, how in zip(paths, paths.outcomes, strict=True)}
    assert all(news.received == news.total == len(VIDEO) for news in told if news.outcome)
    copy = pickle.loads(pickle.dumps(paths))
    assert (copy, copy.outcomes) == (paths, paths.outcomes)


def test_a_listener_is_called_by_one_thread_at_a_time(tmp_path: Path) -> None:
    inside = threading.Lock()
    names: set[str] = set()

    def listen(progress: Progress) -> None:
        assert inside.acquire(blocking=False)
        names.add(progress.name)
        time.sleep(0.01)  # time enough for another thread to come as well
        inside.release()

    with result(File(VIDEO), servers=8) as (made, _):
        made.download(tmp_path, on_progress=listen)
    assert len(names) == 8


def test_what_a_listener_raises_ends_the_others_too(tmp_path: Path) -> None:
    """The other file never ends by itself."""
    begun = threading.Event()

    def act(seen: Seen, connection: socket.socket) -> None:
        if "/0.mp4" in seen.target:
            begun.wait(10)
            return File(VIDEO)(seen, connection)
        connection.sendall(head(200, content_length=10**15))
        while True:
            connection.sendall(bytes(65536))
            begun.set()

    def listen(progress: Progress) -> None:
        if progress.name == "job_1-1.mp4":
            raise RuntimeError("enough")

    with result(act, servers=2) as (made, _), pytest.raises(RuntimeError, match="enough"):
        made.download(tmp_path, on_progress=listen, max_bytes=10**16)
    assert not [name for name in files_in(tmp_path) if "job_1-2" in name]


class EnoughError(Exception):
    """What a listener of a test raises."""


@pytest.mark.parametrize("says", ["nothing", "a head", "wait a minute"])
@pytest.mark.parametrize("world", ["sync", "async"])
def test_what_a_listener_raises_waits_for_no_server(tmp_path: Path, world: str, says: str) -> None:
    """Not for one that is silent, and none is asked for a file that was still to come."""
    waiting, gone = threading.Semaphore(0), threading.Semaphore(0)

    def act(seen: Seen, connection: socket.socket) -> None:
        if "/0.mp4" in seen.target:
            for _ in range(3):
                waiting.acquire(timeout=20)
            File(VIDEO)(seen, connection)
            return
        if says == "wait a minute":
            reply(503, retry_after=60)(seen, connection)
        if says == "a head":
            connection.sendall(head(200, content_length=10**6))
        waiting.release()
        connection.recv(1)
        gone.release()

    def listen(_: Progress) -> None:
        raise EnoughError

    async def work(sume: Any) -> None:
        made = await sume.jobs.result("job_1")
        await made.download(tmp_path, on_progress=listen)

    def block(api: Api) -> None:
        with client(api, clock=SystemClock()) as (sume, _):
            sume.jobs.result("job_1").download(tmp_path, on_progress=listen)

    with Scripted(act) as server:
        api = Api([f"{server.url}/{index}.mp4" for index in range(30)])
        with pytest.raises(EnoughError):
            run_async(api, work, clock=SystemClock()) if world == "async" else block(api)
        assert all(gone.acquire(timeout=5) for _ in range(3))
        assert len(server.requests) == 4
    assert not whole_files_in(tmp_path)


@pytest.mark.parametrize("servers", [1, 3])
def test_a_listener_s_stop_iteration_leaves_as_it_is(tmp_path: Path, servers: int) -> None:
    """Not for asynchronous code, where Python itself makes another error of it."""
    mine = StopIteration("mine")

    def listen(_: Progress) -> None:
        raise mine

    with result(File(VIDEO), servers=servers) as (made, _):
        with pytest.raises(StopIteration) as caught:
            made.download(tmp_path, on_progress=listen)
        assert caught.value is mine


@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.parametrize("servers", [1, 3])
@pytest.mark.parametrize(
    "error", [OSError(28, "looks like a full disk"), TimeoutError("like a stall"), KeyError("mine")]
)
def test_what_a_listener_raises_leaves_as_it_is(
    tmp_path: Path, error: Exception, servers: int, world: str
) -> None:
    """It is called in the caller's own thread, and nothing takes its failure for one of ours."""
    threads: set[int] = set()

    def listen(_: Progress) -> None:
        threads.add(threading.get_ident())
        raise error

    async def work(sume: Any) -> None:
        here = threading.get_ident()
        made = await sume.jobs.result("job_1")
        try:
            await made.download(tmp_path, on_progress=listen)
        finally:
            assert threads == {here}

    def block(api: Api) -> None:
        with client(api) as (sume, _):
            sume.jobs.result("job_1").download(tmp_path, on_progress=listen)

    with Scripted(File(VIDEO)) as server:
        api = Api([f"{server.url}/{index}" for index in range(servers)])
        with pytest.raises(type(error)) as caught:
            run_async(api, work) if world == "async" else block(api)
    assert caught.value is error


def renewed(tmp_path: Path, before: list[str], after: list[str]) -> list[bytes]:
    """What files hold whose URLs are refused, and then are other ones."""

    def act(seen: Seen, connection: socket.socket) -> None:
        if seen.target in before:
            return reply(403)(seen, connection)
        return File(seen.target.encode())(seen, connection)

    listed = 0

    def media() -> list[str]:
        nonlocal listed
        listed += 1
        return [server.url + path for path in (before if listed == 1 else after)]

    with Scripted(act) as server, client(Api(media)) as (sume, _):
        return [path.read_bytes() for path in sume.jobs.result("job_1").download(tmp_path)]


def test_a_renewed_url_is_the_same_file_s_in_whatever_order_they_are_listed(
    tmp_path: Path,
) -> None:
    """Otherwise each file would get the other's name, and nothing would tell."""
    found = renewed(tmp_path, ["/a.mp4?old", "/b.mp4?old"], ["/b.mp4?new", "/a.mp4?new"])
    assert found == [b"/a.mp4?new", b"/b.mp4?new"]


def test_the_only_file_may_have_another_path_once_its_url_is_renewed(tmp_path: Path) -> None:
    assert renewed(tmp_path, ["/a/old.mp4"], ["/a/new.mp4"]) == [b"/a/new.mp4"]


@pytest.mark.parametrize(
    "after", [["/3.mp4", "/4.mp4"], ["/get.mp4?id=1", "/get.mp4?id=2"]], ids=str
)
def test_which_of_several_renewed_urls_a_file_has_is_never_guessed(
    tmp_path: Path, after: list[str]
) -> None:
    before = ["/get.mp4?i=1", "/get.mp4?i=2"]
    with pytest.raises(DownloadError, match="which is which") as caught:
        renewed(tmp_path, before, after)
    assert "sume.jobs.result" in caught.value.hint
    assert not files_in(tmp_path)


def test_a_result_without_media_makes_an_empty_list(tmp_path: Path) -> None:
    with result(File(VIDEO), servers=0) as (made, server):
        assert made.download(tmp_path) == []
        assert not server.requests


def test_files_are_written_in_other_threads_than_the_loop_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk must not hold up everything else the loop does."""
    threads: set[int] = set()
    for name in ("write", "fsync", "link", "replace"):
        real: Any = getattr(os, name)

        def noted(*args: Any, real: Any = real, **options: Any) -> Any:
            threads.add(threading.get_ident())
            return real(*args, **options)

        monkeypatch.setattr(os, name, noted)

    with Scripted(File(VIDEO)) as server:

        async def work(sume: Any) -> int:
            made = await sume.jobs.result("job_1")
            threads.clear()
            await made.download(tmp_path)
            found = threading.get_ident()
            await asyncio.sleep(0)
            return found

        loop_s: int = run_async(Api([server.url]), work)
    assert threads
    assert loop_s not in threads


SILENT = """
import sys
from sume_ext import Sume
with Sume(api_key="k", base_url=sys.argv[1]) as sume:
    sume.jobs.result("job_1").download(sys.argv[2])
"""


@pytest.mark.parametrize("says", ["nothing", "wait a minute"])
def test_ctrl_c_waits_for_no_server(tmp_path: Path, says: str) -> None:
    """The threads would keep the program until the head of an answer comes, or a pause is over."""
    waiting = threading.Semaphore(0)
    gone = threading.Semaphore(0)

    def silence(seen: Seen, connection: socket.socket) -> None:
        if says == "wait a minute":
            reply(503, retry_after=60)(seen, connection)
        waiting.release()
        connection.recv(1)
        gone.release()

    with Scripted(silence) as server:
        urls = [f"{server.url}/{index}" for index in range(3)]
        with (
            client(Api(urls)) as (_, api),
            subprocess.Popen(
                [sys.executable, "-c", SILENT, f"{api.url}/api/v1", str(tmp_path)],
                stderr=subprocess.PIPE,
            ) as process,
        ):
            assert all(waiting.acquire(timeout=10) for _ in urls)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=15)
        assert b"KeyboardInterrupt" in errors
        assert b"sume.jobs.result('job_1')" in errors
        assert all(gone.acquire(timeout=5) for _ in urls)
    assert not files_in(tmp_path)


def test_cancelling_waits_for_no_server_that_says_nothing(tmp_path: Path) -> None:
    waiting, gone = threading.Event(), threading.Event()

    def silence(seen: Seen, connection: socket.socket) -> None:
        waiting.set()
        connection.recv(1)
        gone.set()

    with Scripted(silence) as server:

        async def work(sume: Any) -> None:
            made = await sume.jobs.result("job_1")
            task = asyncio.create_task(made.download(tmp_path))
            assert await asyncio.to_thread(waiting.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(gone.wait, 5)

        run_async(Api([server.url]), work, clock=SystemClock())
    assert not files_in(tmp_path)
