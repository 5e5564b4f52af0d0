"""Guarantee: the next run goes on where an earlier one stopped, and never with anything else.

The threat is a download of gigabytes that begins anew after every break; and a file put together
from two: of two jobs, two versions, two programs at once, or of what a crash left half written.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import DownloadError
from sume_ext.transfers import partial
from tests.transfers.clients import (
    VIDEO,
    client,
    files_in,
    result,
    run_async,
    whole_files_in,
)
from tests.transfers.scripted import Api, File, Scripted, Seen, close, reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from sume_ext.downloads import Downloads
    from sume_ext.results import Result
    from tests.transfers.scripted import Act

NAME = "job_1-1.mp4"
STOP = 700_000
RUN = """
import sys
from sume_ext import Sume
with Sume(api_key="k", base_url=sys.argv[1]) as sume:
    listen = lambda news: print(news.received, news.outcome, flush=True)
    sume.jobs.result("job_1").download(sys.argv[2], on_progress=listen)
"""


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def run(api: Scripted, folder: Path) -> list[str]:
    return [sys.executable, "-c", RUN, f"{api.url}/api/v1", str(folder)]


def part_in(folder: Path, job_id: str = "job_1") -> Path:
    return next(folder.glob(f".{job_id}-*.part"))


def record_in(folder: Path) -> Path:
    return next(folder.glob(".*.part.json"))


def part_size(folder: Path) -> int:
    """The size of the part in a folder."""
    return sum(path.stat().st_size for path in folder.glob(".*.part"))


def stop_a_run(api: Scripted, folder: Path, by: signal.Signals) -> None:
    """Begin a download in a process of its own, and end that once the first bytes are there."""
    with subprocess.Popen(
        run(api, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while not part_size(folder):
            time.sleep(0.01)
        process.send_signal(by)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_whatever_ends_a_run_the_next_goes_on(tmp_path: Path, by: signal.Signals) -> None:
    file = File(VIDEO)
    with (
        Scripted(file.until(STOP, silence), file) as server,
        client(Api([server.url])) as (_, api),
    ):
        stop_a_run(api, tmp_path, by)
        assert not whole_files_in(tmp_path)
        size = part_size(tmp_path)
        done = subprocess.run(run(api, tmp_path), capture_output=True, text=True, check=True)
    assert files_in(tmp_path) == {NAME: VIDEO}
    assert server.requests[1].header("range") == f"bytes={size}-"
    assert server.requests[1].header("if-range") == '"v1"'
    assert done.stdout.splitlines()[-1] == f"{len(VIDEO)} resumed"


class Shop:
    """A result of one API, whose media server does something else in every run.

    Args:
        made: The result.
        server: The media server.
    """

    def __init__(self, made: Result, server: Scripted) -> None:
        self.made = made
        self.server = server

    def download(self, folder: Path, *acts: Act, **options: Any) -> Downloads:
        """Download while the server does this; its record has this run's requests only."""
        self.server.acts[:] = acts
        self.server.requests.clear()
        return self.made.download(folder, **options)

    def break_off(self, folder: Path, file: File) -> None:
        """Leave a part of a file behind."""
        with pytest.raises(DownloadError):
            self.download(folder, file.until(STOP, close), reply(404))
        assert part_size(folder) == STOP

    @property
    def ranges(self) -> list[str | None]:
        """What was asked for in the last run."""
        return [seen.header("range") for seen in self.server.requests]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with result(reply(404)) as (made, server):
        yield Shop(made, server)


def test_a_failed_run_is_gone_on_with(shop: Shop, tmp_path: Path) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    assert shop.download(tmp_path, File(VIDEO)).outcomes == ("resumed",)
    assert files_in(tmp_path) == {NAME: VIDEO}
    assert shop.ranges == [f"bytes={STOP}-"]


def test_a_cancelled_task_is_gone_on_with_by_asynchronous_code(tmp_path: Path) -> None:
    file = File(VIDEO)
    with Scripted(file.until(STOP, silence), file) as server:

        async def work(sume: Any) -> Any:
            made = await sume.jobs.result("job_1")
            task = asyncio.create_task(made.download(tmp_path))
            while not part_size(tmp_path):  # noqa: ASYNC110  (of a file nobody signals)
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert "sume.jobs.result('job_1')" in "".join(caught.value.__notes__)
            size = part_size(tmp_path)
            return size, await made.download(tmp_path)

        size, paths = run_async(Api([server.url]), work)
    assert paths.outcomes == ("resumed",)
    assert files_in(tmp_path) == {NAME: VIDEO}
    assert server.requests[1].header("range") == f"bytes={size}-"


def test_a_file_that_changed_since_is_taken_whole(shop: Shop, tmp_path: Path) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    new = File(b"new" + VIDEO, etag='"v2"')
    assert shop.download(tmp_path, new).outcomes == ("downloaded",)
    assert files_in(tmp_path) == {NAME: new.content}
    assert shop.ranges == [f"bytes={STOP}-"]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_part_that_lacks_only_its_name_is_finished(
    shop: Shop, tmp_path: Path, ranges: bool
) -> None:
    """Killed between the last byte and the rename."""
    shop.break_off(tmp_path, File(VIDEO))
    part_in(tmp_path).write_bytes(VIDEO)
    complete = reply(416, content_range=f"bytes */{len(VIDEO)}")
    shop.download(tmp_path, complete if ranges else File(VIDEO, ranges=False))
    assert files_in(tmp_path) == {NAME: VIDEO}
    assert shop.ranges == [f"bytes={len(VIDEO)}-"]


def test_what_stands_already_under_two_names_is_never_written_to(
    shop: Shop, tmp_path: Path
) -> None:
    """Killed between the link and the removal of the part's own name: both are one file."""
    shop.break_off(tmp_path, File(VIDEO))
    part = part_in(tmp_path)
    part.write_bytes(VIDEO)
    os.link(part, tmp_path / NAME)
    cut = File(b"new" + VIDEO, etag='"v2"').until(1000, close)
    with pytest.raises(DownloadError):
        shop.download(tmp_path, cut, reply(404), overwrite=True)
    assert (tmp_path / NAME).read_bytes() == VIDEO


def test_what_takes_its_name_while_it_is_claimed_is_never_written_to(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner was killed after the rename, and before its record was gone."""
    shop.break_off(tmp_path, File(VIDEO))
    left, real = part_in(tmp_path), partial._locked
    calls: list[int] = []

    def locked(descriptor: int) -> bool | None:
        calls.append(descriptor)
        if len(calls) == 2:  # the first looks for old parts only
            left.replace(tmp_path / NAME)
        return real(descriptor)

    monkeypatch.setattr(partial, "_locked", locked)
    cut = File(b"new" + VIDEO, etag='"v2"').until(1000, close)
    with pytest.raises(DownloadError):
        shop.download(tmp_path, cut, reply(404), overwrite=True)
    assert (tmp_path / NAME).read_bytes() == VIDEO[:STOP]


def test_a_record_of_no_part_is_cleared_away(shop: Shop, tmp_path: Path) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    part_in(tmp_path).unlink()
    assert record_in(tmp_path).exists()
    shop.download(tmp_path, File(VIDEO))
    assert files_in(tmp_path) == {NAME: VIDEO}


@pytest.mark.parametrize("most", [STOP - 1, STOP + 1])
def test_a_smaller_cap_leaves_what_an_earlier_run_brought(
    shop: Shop, tmp_path: Path, most: int
) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    with pytest.raises(DownloadError, match="larger than"):
        shop.download(tmp_path, File(VIDEO), max_bytes=most)
    assert shop.download(tmp_path, File(VIDEO)).outcomes == ("resumed",)


def test_a_part_of_another_date_is_not_joined_in_another_run_either(
    shop: Shop, tmp_path: Path
) -> None:
    """The ETag isn't repeated, and the length is the same."""
    dates: dict[str, object] = {"last_modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    shop.break_off(tmp_path, File(VIDEO, headers=dates))
    new = File(VIDEO[::-1], headers={"last_modified": "Mon, 08 Jan 2024 00:00:00 GMT"})

    def part(seen: Seen, connection: socket.socket) -> None:
        start = new.start(seen)
        connection.sendall(new.head(start, etag=None) + new.content[start:])

    shop.download(tmp_path, part)
    assert files_in(tmp_path) == {NAME: new.content}
    assert shop.ranges == [f"bytes={STOP}-", None]


def test_a_record_of_an_earlier_version_of_this_package_is_believed(
    shop: Shop, tmp_path: Path
) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    record = record_in(tmp_path)
    told = json.loads(record.read_text())
    del told["changed"]
    record.write_text(json.dumps(told))
    assert shop.download(tmp_path, File(VIDEO)).outcomes == ("resumed",)


def test_another_file_s_part_is_none(tmp_path: Path) -> None:
    """Both may go to the same name, and servers may give both the same ETag."""
    target = tmp_path / "clip.mp4"
    other = File(VIDEO[::-1])
    with result(File(VIDEO).until(STOP, close), reply(404), reply(404), other, servers=2) as (
        made,
        server,
    ):
        with pytest.raises(DownloadError):
            made.media[0].download(target)
        made.media[1].download(target)
    assert files_in(tmp_path) == {"clip.mp4": other.content}
    assert server.requests[-1].header("range") is None


def test_a_checksum_is_checked_over_the_bytes_of_both_runs(shop: Shop, tmp_path: Path) -> None:
    digest = b64encode(hashlib.sha256(VIDEO).digest()).decode()
    file = File(VIDEO, headers={"repr_digest": f"sha-256=:{digest}:"})
    shop.break_off(tmp_path, file)
    part_in(tmp_path).write_bytes(b"?" + VIDEO[1:STOP])
    assert shop.download(tmp_path, file).outcomes == ("downloaded",)
    assert files_in(tmp_path) == {NAME: VIDEO}
    assert shop.ranges == [f"bytes={STOP}-", None]
    (tmp_path / NAME).unlink()
    shop.break_off(tmp_path, file)
    assert shop.download(tmp_path, file).outcomes == ("resumed",)
    assert files_in(tmp_path) == {NAME: VIDEO}


@pytest.mark.parametrize(
    "change",
    [
        {"boot": "another"},
        {"sume_download": 2},
        {"of": "another"},
        {"total": STOP - 1},
        {"total": -1},
        {"total": True},
        {"total": "many"},
        {"validator": ""},
        {"validator": 7},
        {"validator": "a\r\nx: y"},
        {"algorithm": "rot13"},
        {"checksum": "zz", "algorithm": "sha256"},
        {"changed": 7},
        None,
        [],
        "gone",
    ],
    ids=str,
)
def test_a_record_that_says_anything_else_is_not_believed(
    shop: Shop, tmp_path: Path, change: Any
) -> None:
    """Another boot may have lost bytes that were written; the others are damage."""
    shop.break_off(tmp_path, File(VIDEO))
    record = record_in(tmp_path)
    told = json.loads(record.read_text())
    if change == "gone":
        record.unlink()
    elif isinstance(change, dict):
        record.write_text(json.dumps(told | change))
    else:
        record.write_text(json.dumps(change))
    shop.download(tmp_path, File(VIDEO))
    assert files_in(tmp_path) == {NAME: VIDEO}
    assert shop.ranges == [None]


def test_a_record_holds_no_secret_and_is_its_owner_s_alone(shop: Shop, tmp_path: Path) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    record = record_in(tmp_path)
    told = json.loads(record.read_text())
    assert set(told) == {
        "of", "validator", "total", "algorithm", "checksum", "changed", "sume_download", "boot"
    }  # fmt: skip
    words = ("signature", "http", "127.0.0.1", "media", "job_1", "sume_key")
    assert not [word for word in words if word in record.read_text()]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_a_living_download_s_part_is_not_taken_over(tmp_path: Path) -> None:
    """Two at once write two parts; the first to end has the name."""
    both = threading.Barrier(2, timeout=10)

    def act(seen: Any, connection: socket.socket) -> None:
        assert seen.header("range") is None
        connection.sendall(File(VIDEO).head(0) + VIDEO[:STOP])
        both.wait()
        connection.sendall(VIDEO[STOP:])

    outcomes: list[Any] = []
    with result(act) as (made, _):
        threads = [
            threading.Thread(target=lambda: outcomes.extend(made.download(tmp_path).outcomes))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert sorted(outcomes) == ["downloaded", "kept"]
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_of_several_parts_the_longest_is_gone_on_with(shop: Shop, tmp_path: Path) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    record = record_in(tmp_path)
    for name, size in (("01234567", 10), ("89abcdef", STOP + 10)):
        other = tmp_path / f".{NAME}.{name}.part"
        other.write_bytes(VIDEO[:size])
        other.with_name(f"{other.name}.json").write_bytes(record.read_bytes())
    shop.download(tmp_path, File(VIDEO))
    assert shop.ranges == [f"bytes={STOP + 10}-"]
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_a_part_that_is_a_link_is_none(shop: Shop, tmp_path: Path) -> None:
    """It might lead to any file of the user's."""
    shop.break_off(tmp_path, File(VIDEO))
    part = part_in(tmp_path)
    moved = part.rename(tmp_path / "moved")
    part.symlink_to(moved)
    shop.download(tmp_path, File(VIDEO))
    assert shop.ranges == [None]
    assert moved.read_bytes() == VIDEO[:STOP]


def test_another_user_s_part_is_none(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a directory that others write to, they may leave parts of their own making."""
    shop.break_off(tmp_path, File(VIDEO))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    shop.download(tmp_path, File(VIDEO))
    assert shop.ranges == [None]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_part_that_was_given_away_is_none(shop: Shop, tmp_path: Path) -> None:
    """Whoever owns it now may write to it."""
    shop.break_off(tmp_path, File(VIDEO))
    os.chown(part_in(tmp_path), 65534, 65534)
    shop.download(tmp_path, File(VIDEO))
    assert shop.ranges == [None]
    assert (tmp_path / NAME).read_bytes() == VIDEO


@pytest.mark.parametrize("name", [f".{NAME}.deadbeef.part", ".other.deadbeef.part"])
@pytest.mark.parametrize("pipe", ["", ".json"])
def test_a_pipe_that_somebody_put_there_is_not_waited_for(
    shop: Shop, tmp_path: Path, name: str, pipe: str
) -> None:
    """In a directory that others write to, it would hold up every download into it."""
    for ending in ("", ".json"):
        path = tmp_path / f"{name}{ending}"
        if ending == pipe:
            os.mkfifo(path)
        else:
            path.touch()
    shop.download(tmp_path, File(VIDEO))
    assert (tmp_path / NAME).read_bytes() == VIDEO


def test_a_forked_child_does_not_hold_what_its_parent_s_end_set_free(tmp_path: Path) -> None:
    """It lives on, with copies of all that was open; the next run would begin afresh."""
    file = File(VIDEO)
    forks = (
        "import os, threading, time\n"
        "def fork():\n"
        "    while not any(name.endswith('.part') for name in os.listdir(sys.argv[2])):\n"
        "        time.sleep(0.01)\n"
        "    time.sleep(0.1)\n"
        "    if os.fork() == 0:\n"
        "        print('child', os.getpid(), flush=True)\n"
        "        time.sleep(20)\n"
        "        os._exit(0)\n"
        "threading.Thread(target=fork).start()\n"
    )
    script = RUN.replace("with Sume", f"{forks}with Sume")
    with (
        Scripted(file.until(STOP, silence), file) as server,
        client(Api([server.url])) as (sume, api),
    ):
        command = [sys.executable, "-W", "ignore", "-c", script, f"{api.url}/api/v1"]
        with subprocess.Popen(
            [*command, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            child = next(int(line.split()[1]) for line in process.stdout if "child" in line)
            process.kill()
            process.wait()
            try:
                assert sume.jobs.result("job_1").download(tmp_path).outcomes == ("resumed",)
            finally:
                os.kill(child, signal.SIGKILL)
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_a_forked_child_never_removes_its_parent_s_part(tmp_path: Path) -> None:
    script = """
import os, pathlib, sys
from sume_ext.transfers.partial import PartFile
part = PartFile(pathlib.Path(sys.argv[1]), "of")
part.open()
part.write(b"text")
child = os.fork()
if not child:
    part.let_go()
    os._exit(0)
os.waitpid(child, 0)
assert part.place(overwrite=False)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path / NAME)], check=True)
    assert files_in(tmp_path) == {NAME: b"text"}


def test_old_parts_of_other_files_are_cleared_away_and_new_ones_are_not(
    shop: Shop, tmp_path: Path
) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    for path in (part_in(tmp_path), record_in(tmp_path)):
        path.rename(path.with_name(path.name.replace("job_1", "job_2")))
    others = set(files_in(tmp_path))
    shop.download(tmp_path, File(VIDEO))
    assert set(files_in(tmp_path)) == {NAME, *others}
    mine = tmp_path / ".notes.01234567.part"
    mine.write_text("not of this package")
    week_ago = time.time() - 8 * 24 * 3600
    for path in (mine, part_in(tmp_path, "job_2")):
        os.utime(path, (week_ago, week_ago))
    shop.download(tmp_path, File(VIDEO))
    assert set(files_in(tmp_path)) == {NAME, mine.name}


def test_the_parts_of_a_file_that_is_kept_are_cleared_away(shop: Shop, tmp_path: Path) -> None:
    shop.break_off(tmp_path, File(VIDEO))
    (tmp_path / NAME).write_bytes(VIDEO)
    assert shop.download(tmp_path, File(VIDEO)).outcomes == ("kept",)
    assert files_in(tmp_path) == {NAME: VIDEO}
    assert not shop.ranges
