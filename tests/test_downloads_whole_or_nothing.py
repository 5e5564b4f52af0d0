"""Guarantee: under its final name a download is whole, or it isn't there.

The threat is a half file that looks like a result: after a cut, a full disk, a kill, a lie about
its length, or two programs that write the same name.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import DownloadError
from tests.transfers.clients import (
    VIDEO,
    client,
    files_in,
    result,
    run_async,
    whole_files_in,
)
from tests.transfers.scripted import Api, File, Scripted, Seen, close, head, reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator

    from sume_ext.downloads import Progress
    from tests.transfers.scripted import Act

NAME = "job_1-1.mp4"
OLD = b"what was here before"


def test_a_result_is_saved_under_the_job_s_name(tmp_path: Path) -> None:
    with result(File(VIDEO), servers=2) as (made, server):
        paths = made.download(tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["job_1-1.mp4", "job_1-2.mp4"]
    assert all(path.read_bytes() == VIDEO for path in paths)
    for seen in server.requests:
        assert seen.header_names() == {
            "host", "accept", "accept-encoding", "user-agent"
        }  # fmt: skip
        assert seen.header("accept-encoding") == "identity"


def test_the_same_for_asynchronous_code(tmp_path: Path) -> None:
    with Scripted(File(VIDEO)) as server:
        api = Api([f"{server.url}/{index}" for index in range(3)])

        async def work(sume: Any) -> list[Path]:
            made = await sume.jobs.result("job_1")
            one = await made.media[1].download(tmp_path / "one.mp4")
            return [one, *await made.download(tmp_path)]

        paths = run_async(api, work)
    assert [path.read_bytes() for path in paths] == [VIDEO] * 4


def test_one_file_goes_to_a_path_or_into_a_directory(tmp_path: Path) -> None:
    with result(File(VIDEO), servers=2) as (made, _):
        assert made.media[1].download(tmp_path / "a" / "b.mp4") == tmp_path / "a" / "b.mp4"
        assert made.media[1].download(tmp_path) == tmp_path / "job_1-2.mp4"


@pytest.mark.parametrize(
    "act",
    [
        reply(200, VIDEO[:1000], content_length=1001),
        File(VIDEO).until(1000, close),
        reply(200, VIDEO, content_length=None),
        reply(200, VIDEO, content_length="12x"),
        reply(206, VIDEO, content_range=f"bytes 0-{len(VIDEO) - 1}/{len(VIDEO) + 1}"),
        reply(206, VIDEO),
        reply(404),
        reply(302),
        reply(304),
        reply(204),
        reply(416),
        reply(200, VIDEO, content_md5="1B2M2Y8AsgTpgAmY7PhCfg=="),
    ],
    ids=range(12),
)
def test_what_is_not_whole_is_nothing(tmp_path: Path, act: Any) -> None:
    (tmp_path / NAME).write_bytes(OLD)
    with result(act) as (made, _), pytest.raises(DownloadError) as caught:
        made.download(tmp_path, overwrite=True)
    assert whole_files_in(tmp_path) == {NAME: OLD}
    assert caught.value.step in ("get", "url")
    assert "signature" not in str(caught.value)


def test_bytes_beyond_the_promised_length_are_no_part_of_it(tmp_path: Path) -> None:
    with result(reply(200, VIDEO + b"EXTRA", content_length=len(VIDEO))) as (made, _):
        made.download(tmp_path)
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_more_bytes_than_the_range_says_are_refused(tmp_path: Path) -> None:
    def act(seen: Seen, connection: socket.socket) -> None:
        told = f"bytes 0-{len(VIDEO) - 1}/{len(VIDEO)}"
        sent = head(206, transfer_encoding="chunked", content_range=told, etag='"v1"')
        connection.sendall(sent)
        body = VIDEO + b"EXTRA"
        connection.sendall(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")

    with result(act) as (made, server), pytest.raises(DownloadError):
        made.download(tmp_path)
    assert not files_in(tmp_path)
    assert all(seen.header("range") is None for seen in server.requests)


def test_a_chunked_file_needs_its_last_chunk(tmp_path: Path) -> None:
    def act(seen: Seen, connection: socket.socket) -> None:
        connection.sendall(head(200, transfer_encoding="chunked"))
        connection.sendall(f"{len(VIDEO):x}\r\n".encode() + VIDEO + b"\r\n")
        if len(server.requests) > 2:
            connection.sendall(b"0\r\n\r\n")

    with result(act) as (made, server):
        made.download(tmp_path)
        assert len(server.requests) == 3
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_what_is_there_stays_unless_told_otherwise(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(OLD)
    with result(File(VIDEO)) as (made, server):
        assert made.download(tmp_path) == [tmp_path / NAME]
        assert not server.requests
        assert files_in(tmp_path) == {NAME: OLD}
        made.download(tmp_path, overwrite=True)
        assert files_in(tmp_path) == {NAME: VIDEO}


def test_what_came_meanwhile_stays_as_well(tmp_path: Path) -> None:
    """Looking first isn't enough: another program may take the name while the bytes come."""

    def act(seen: Seen, connection: socket.socket) -> None:
        (tmp_path / NAME).write_bytes(OLD)
        File(VIDEO)(seen, connection)

    with result(act) as (made, _):
        made.download(tmp_path)
    assert files_in(tmp_path) == {NAME: OLD}


def test_where_links_are_unknown_a_rename_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with result(File(VIDEO), servers=2) as (made, _):
        (tmp_path / NAME).write_bytes(OLD)
        made.download(tmp_path)
    assert files_in(tmp_path) == {NAME: OLD, "job_1-2.mp4": VIDEO}


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_what_is_no_file_is_neither_kept_nor_replaced(tmp_path: Path, kind: str) -> None:
    """/dev/null must not become a video."""
    target = tmp_path / NAME
    target.mkdir() if kind == "directory" else os.mkfifo(target)
    with result(File(VIDEO)) as (made, _), pytest.raises(DownloadError) as caught:
        made.download(tmp_path, overwrite=True)
    assert caught.value.step == "write"
    assert target.is_dir() or target.is_fifo()


def test_a_link_is_replaced_and_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(OLD)
    (tmp_path / NAME).symlink_to("elsewhere")
    with result(File(VIDEO)) as (made, _):
        made.download(tmp_path, overwrite=True)
    assert files_in(tmp_path) == {NAME: VIDEO, "elsewhere": OLD}
    assert not (tmp_path / NAME).is_symlink()


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A limit on file size is the nearest to a full disk that needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / NAME).write_bytes(OLD)
    with result(File(VIDEO)) as (made, _):
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        try:
            with pytest.raises(DownloadError, match="File too large") as caught:
                made.download(tmp_path, overwrite=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.step == "write"
    assert files_in(tmp_path) == {NAME: OLD}


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_directory_that_goes_away_is_an_error(tmp_path: Path, overwrite: bool) -> None:
    folder = tmp_path / "folder"

    def act(seen: Seen, connection: socket.socket) -> None:
        shutil.rmtree(folder)
        File(VIDEO)(seen, connection)

    with result(act) as (made, _), pytest.raises(DownloadError) as caught:
        made.download(folder, overwrite=overwrite)
    assert caught.value.step == "write"
    assert not folder.exists()


def test_a_file_where_the_directory_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(OLD)
    with result(File(VIDEO)) as (made, _), pytest.raises(DownloadError) as caught:
        made.download(tmp_path / "taken")
    assert caught.value.step == "write"


@pytest.mark.parametrize("told", [True, False])
def test_a_file_larger_than_allowed_is_refused(tmp_path: Path, told: bool) -> None:
    def endless(seen: Seen, connection: socket.socket) -> None:
        if told:
            connection.sendall(head(200, content_length=10**15))
        else:
            connection.sendall(head(200, transfer_encoding="chunked"))
        while True:
            connection.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")

    with result(endless) as (made, _), pytest.raises(DownloadError, match="larger than"):
        made.download(tmp_path, max_bytes=5_000_000)
    assert not files_in(tmp_path)


def test_a_small_bomb_does_not_become_a_large_file(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    serve = reply(200, bomb, content_encoding="gzip")
    with result(serve) as (made, _), pytest.raises(DownloadError, match="larger than"):
        made.download(tmp_path, max_bytes=5_000_000)
    assert not files_in(tmp_path)


def test_a_bomb_is_refused_long_before_the_cap(tmp_path: Path) -> None:
    """The cap is 20 GiB, so that a few megabytes could fill a disk."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(80)) + packer.flush()
    serve = reply(200, bomb, content_encoding="gzip")
    with result(serve) as (made, server), pytest.raises(DownloadError, match="unpacks"):
        made.download(tmp_path)
    assert len(server.requests) == 1
    assert not files_in(tmp_path)


@pytest.mark.parametrize(
    "act",
    [reply(200), reply(200, content_length=None, transfer_encoding="chunked")],
    ids=["length", "chunked"],
)
def test_an_empty_file_is_no_video(tmp_path: Path, act: Act) -> None:
    def answer(seen: Seen, connection: socket.socket) -> None:
        act(seen, connection)
        connection.sendall(b"0\r\n\r\n")

    with result(answer) as (made, _), pytest.raises(DownloadError, match="empty"):
        made.download(tmp_path)
    assert not files_in(tmp_path)


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("kind", ["directory", "pipe", "loop"])
def test_a_link_to_what_is_no_file_is_an_error(tmp_path: Path, kind: str, overwrite: bool) -> None:
    """Kept, it would be handed out as a result."""
    there = tmp_path / "there"
    if kind == "directory":
        there.mkdir()
    elif kind == "pipe":
        os.mkfifo(there)
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / NAME
    target.symlink_to(target if kind == "loop" else there)
    with result(File(VIDEO)) as (made, server):
        if kind == "loop" and overwrite:
            made.download(tmp_path / "out", overwrite=True)
            assert files_in(tmp_path / "out") == {NAME: VIDEO}
            return
        with pytest.raises(DownloadError) as caught:
            made.download(tmp_path / "out", overwrite=overwrite)
        assert not server.requests
    assert caught.value.step == "write"
    assert target.is_symlink()


def test_a_link_that_leads_nowhere_is_told_of_or_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "gone")
    with result(File(VIDEO)) as (made, server):
        with pytest.raises(DownloadError, match="nowhere"):
            made.download(tmp_path)
        assert not server.requests
        made.download(tmp_path, overwrite=True)
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_a_linked_directory_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with result(File(VIDEO), servers=2) as (made, _):
        made.download(tmp_path / "link")
        assert made.media[1].download(tmp_path / "link") == tmp_path / "link" / "job_1-2.mp4"
    assert set(files_in(tmp_path / "real")) == {NAME, "job_1-2.mp4"}


def test_a_directory_that_nobody_may_write_to_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o555)
    for above in [tmp_path, *tmp_path.parents][:3]:
        above.chmod(0o755)
    with result(File(VIDEO)) as (made, server), as_nobody():
        with pytest.raises(DownloadError, match="Permission denied") as caught:
            made.download(folder)
        with pytest.raises(DownloadError, match="Permission denied"):
            made.download(folder / "new")
        assert not server.requests
    assert caught.value.step == "write"


@contextmanager
def as_nobody() -> Generator[None]:
    """As somebody who may not do everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


REALLY_FULL = """
import sys
from sume_ext import DownloadError, Sume
with Sume(api_key="k", base_url=sys.argv[1]) as sume:
    try:
        sume.jobs.result("job_1").download(sys.argv[2])
    except DownloadError as error:
        print(error.step, error.message)
"""


def test_a_disk_that_is_really_full_is_left_as_it_was(tmp_path: Path) -> None:
    """In a mount namespace of its own the test may have a disk of half a megabyte."""
    with Scripted(File(VIDEO)) as server, client(Api([server.url])) as (_, api):
        told = [sys.executable, "-c", REALLY_FULL, f"{api.url}/api/v1", str(tmp_path)]
        full = f'mount -t tmpfs -o size=512k none "{tmp_path}" || exit 77; "$@"; ls -A "{tmp_path}"'
        try:
            done = subprocess.run(
                ["unshare", "-m", "sh", "-c", full, "sh", *told],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            pytest.skip("there is no unshare here")
    if done.returncode in (1, 77) and not done.stdout:
        pytest.skip("mounting a disk of one's own is not permitted here")
    assert done.stdout == f"write can't write {NAME}: No space left on device.\n", done.stderr


KILLED = """
import sys
from sume_ext import Sume
with Sume(api_key="k", base_url=sys.argv[1]) as sume:
    sume.jobs.result("job_1").download(sys.argv[2], on_progress=lambda _: print(flush=True))
"""


def test_a_living_part_of_another_is_not_swept_away(tmp_path: Path) -> None:
    """Two downloads of one file into one directory: both end, one file stands, nothing is left."""
    both = threading.Barrier(2, timeout=10)

    def act(seen: Seen, connection: socket.socket) -> None:
        connection.sendall(File(VIDEO).head(0) + VIDEO[:1000])
        both.wait()
        connection.sendall(VIDEO[1000:])

    outcomes: list[Any] = []
    with result(act) as (made, _):
        threads = [
            threading.Thread(target=lambda: outcomes.append(made.download(tmp_path)))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert outcomes == [[tmp_path / NAME]] * 2
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_parts_of_other_files_are_let_be(tmp_path: Path) -> None:
    others = {".job_1-1.mp4.zzzzzzzz.part", ".job_1-1.mp4x.01234567.part", "job_1-1.mp4.part"}
    for name in others:
        (tmp_path / name).write_bytes(OLD)
    (tmp_path / ".job_1-1.mp4.01234567.part").write_bytes(OLD)
    with result(File(VIDEO)) as (made, _):
        made.download(tmp_path)
    assert set(files_in(tmp_path)) == {NAME, *others}


def test_the_longest_name_has_room_for_its_part(tmp_path: Path) -> None:
    with result(File(VIDEO)) as (made, _):
        path = made.media[0].download(tmp_path / ("é" * 125 + ".mp4"))
    assert path.read_bytes() == VIDEO


def asked(progress: list[Progress]) -> Callable[[Progress], None]:
    def listen(news: Progress) -> None:
        progress.append(news)
        raise RuntimeError("enough")

    return listen


def test_what_a_listener_raises_leaves_unchanged_and_nothing_else(tmp_path: Path) -> None:
    heard: list[Progress] = []
    with (
        result(File(VIDEO), servers=3) as (made, _),
        pytest.raises(RuntimeError, match="enough"),
    ):
        made.download(tmp_path, on_progress=asked(heard))
    assert heard
    assert all(content == VIDEO for content in whole_files_in(tmp_path).values())


def test_progress_is_absolute_and_starts_afresh_with_an_attempt(tmp_path: Path) -> None:
    heard: list[Progress] = []
    file = File(VIDEO, ranges=False)
    with result(file.until(600_000), file) as (made, _):
        made.download(tmp_path, on_progress=heard.append)
    for attempt in {news.attempt for news in heard}:
        counts = [news.received for news in heard if news.attempt == attempt]
        assert counts == sorted(counts)
    assert heard[-1].received == heard[-1].total == len(VIDEO)
    assert heard[-1].attempt == 2


def test_cancelling_ends_it_at_once_and_leaves_no_half_file(tmp_path: Path) -> None:
    file = File(VIDEO)
    gone = threading.Event()

    def silence(connection: socket.socket) -> None:
        try:
            connection.recv(1)
        finally:
            gone.set()

    with Scripted(file.until(700_000, silence)) as server:

        async def work(sume: Any) -> None:
            made = await sume.jobs.result("job_1")
            begun = asyncio.Event()

            def heard(_: Progress) -> None:
                begun.set()

            task = asyncio.create_task(made.download(tmp_path, on_progress=heard))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(gone.wait, 5)

        run_async(Api([f"{server.url}/1", f"{server.url}/2"]), work)
    assert gone.is_set()
    assert not whole_files_in(tmp_path)
    assert not [link for link in Path("/proc/self/fd").iterdir() if str(tmp_path) in _target(link)]


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


CTRL_C_IN_A_THREAD = """
import signal, sys, threading
from sume_ext import Sume
def interrupt(_):
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    print(flush=True)
with Sume(api_key="k", base_url=sys.argv[1]) as sume:
    sume.jobs.result("job_1").download(sys.argv[2], on_progress=interrupt)
"""


@pytest.mark.parametrize("program", [KILLED, CTRL_C_IN_A_THREAD])
def test_ctrl_c_ends_every_file_at_once(tmp_path: Path, program: str) -> None:
    """The threads that download must not keep the program waiting for their servers.

    Nor must it matter which thread the system interrupts: a lock that the main one waits for tells
    it nothing of a signal that another got.
    """
    file = File(VIDEO)

    def silence(connection: socket.socket) -> None:
        connection.recv(1)

    with Scripted(file.until(700_000, silence)) as server:
        api = Api([f"{server.url}/{index}" for index in range(3)])
        with client(api) as (_, stub):
            command = [sys.executable, "-c", program, f"{stub.url}/api/v1", str(tmp_path)]
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                assert process.stdout is not None
                process.stdout.readline()
                if program == KILLED:
                    process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert not whole_files_in(tmp_path)
