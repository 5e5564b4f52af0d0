"""Guarantee: what can't be uploaded is refused before anything is sent, with the reason.

The threat is an upload that is paid for in time and ends in an error of the server's: an empty
file, a directory, a picture named like a video; and one that hangs on a pipe.
"""

from __future__ import annotations

import asyncio
import errno
import io
import os
import tempfile
import threading
import tracemalloc
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import InvalidArgumentError, UploadError
from sume_ext.clock import SystemClock
from sume_ext.sandbox import sample_video
from sume_ext.transfers import reading
from sume_ext.transfers import source as source_module
from sume_ext.transfers.content_types import by_content, by_name, extension_for
from sume_ext.transfers.source import MOST_BYTES, examine
from tests.transfers.clients import VIDEO, client, result, run_async
from tests.transfers.scripted import Api, Scripted, reply

if TYPE_CHECKING:
    from collections.abc import Callable

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def refusal(source: Any, **options: Any) -> UploadError:
    """The error that refuses a source, once it is sure that nothing was sent."""
    told = {"clock": options.pop("clock")} if "clock" in options else {}
    with client(Api(), **told) as (sume, api):
        with pytest.raises(UploadError) as caught:
            sume.uploads.asset_video(source, **options)
        assert not api.requests
    assert caught.value.step == "source"
    return caught.value


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in str(refusal(tmp_path / "clip.mp4"))


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "directory" in str(refusal(tmp_path))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    assert "empty" in str(refusal(tmp_path / "clip.mp4"))
    assert "empty" in str(refusal(b""))
    assert "empty" in str(refusal(io.BytesIO()))


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO)
    path.chmod(0)
    tmp_path.chmod(0o755)
    if os.geteuid() == 0:
        for folder in [tmp_path, *tmp_path.parents][:3]:
            folder.chmod(0o755)
        os.seteuid(65534)
    try:
        assert "Permission denied" in str(refusal(path))
    finally:
        if os.getuid() == 0:
            os.seteuid(0)


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "loop"])
def test_a_path_that_is_none_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(str(tmp_path / path))


def test_a_file_larger_than_storage_takes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert "larger than 5,368,709,120 bytes" in str(refusal(path))


def test_a_stream_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "MOST_BYTES", 3_000_000)
    with Path("/dev/zero").open("rb") as endless:
        assert "larger than" in str(refusal(Unseekable(endless), name="x.mp4"))


@pytest.mark.parametrize("content", [PNG, b"%PDF-1.7", b"PK\x03\x04", b"<!DOCTYPE html>", b"ID3"])
def test_what_is_no_video_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert "not a video" in str(refusal(path))
    assert "not a video" in str(refusal(path, content_type="video/mp4"))


def test_a_type_that_nothing_tells_is_asked_for() -> None:
    assert "content_type=" in refusal(b"????").hint
    with client(Api(upload_url="http://10.0.0.1")) as (sume, api):
        with pytest.raises(UploadError) as caught:
            sume.uploads.asset_video(b"????", content_type="video/mp4")
        assert caught.value.step == "put"
        assert len(api.requests) == 1


@pytest.mark.parametrize("thing", [None, 3, object(), io.StringIO("x"), ["x"], iter([b"x"])])
def test_what_is_no_source_is_refused(thing: Any) -> None:
    with client(Api()) as (sume, api):
        with pytest.raises(InvalidArgumentError, match="can't upload"):
            sume.uploads.asset_video(thing)
        assert not api.requests


@pytest.mark.parametrize(
    "options",
    [
        {"content_type": 5},
        {"content_type": "video"},
        {"content_type": "video/mp4\r\nx: y"},
        {"content_type": ""},
        {"name": 5},
        {"name": b"x"},
        {"on_progress": 5},
    ],
    ids=str,
)
def test_what_is_no_option_is_refused(options: dict[str, Any]) -> None:
    with client(Api()) as (sume, api):
        with pytest.raises(InvalidArgumentError):
            sume.uploads.asset_video(VIDEO, **options)
        assert not api.requests


def test_a_name_of_any_bytes_is_made_sayable(tmp_path: Path) -> None:
    """JSON holds text, and some file systems hold names that are none."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4"))
    path.write_bytes(VIDEO)
    assert read_twice(path)[1] == "?.mp4"


class Strange:
    """A path that is none.

    Args:
        answer: What it says it is, or what is raised.
    """

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __fspath__(self) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize("answer", [b"clip.mp4", 7, RuntimeError("oops")], ids=str)
def test_what_only_looks_like_a_path_is_refused(tmp_path: Path, answer: Any) -> None:
    with client(Api()) as (sume, api):
        with pytest.raises(InvalidArgumentError):
            sume.uploads.asset_video(Strange(answer))
        assert not api.requests
    with result(reply(404)) as (made, server):
        with pytest.raises(InvalidArgumentError):
            made.download(Strange(answer))
        assert not server.requests


URL = "https://media.example/clip.mp4?X-Amz-Signature=abc"


@pytest.mark.parametrize("source", [URL, Path(URL), "s3://bucket/clip.mp4?X-Amz-Signature=abc"])
def test_a_url_is_refused_and_not_repeated(source: Any) -> None:
    with client(Api()) as (sume, _), pytest.raises(InvalidArgumentError) as caught:
        sume.uploads.asset_video(source)
    assert "not a URL" in str(caught.value)
    assert "pass the file" in caught.value.hint
    assert "abc" not in str(caught.value)


def test_a_name_s_query_is_never_shown_or_sent(tmp_path: Path) -> None:
    assert "abc" not in str(refusal(tmp_path / "clip.mp4?X-Amz-Signature=abc"))
    stream = io.BytesIO(VIDEO)
    stream.name = URL
    assert read_twice(stream)[1] == "clip.mp4"


def test_a_stream_at_its_end_is_told_from_an_empty_one() -> None:
    stream = io.BytesIO(VIDEO)
    for position in (len(VIDEO), len(VIDEO) + 100):
        stream.seek(position)
        error = refusal(stream)
        assert "stands at its end" in str(error)
        assert "seek(0)" in error.hint


class Drop(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def readinto(self, target: Any, /) -> int:
        piece = self._inner.read(min(len(target), 7))
        target[: len(piece)] = piece
        return len(piece)


def test_a_stream_that_gives_few_bytes_at_a_time_tells_its_type() -> None:
    assert read_twice(Drop(VIDEO[:500]))[2] == "video/mp4"
    assert "not a video" in str(refusal(Drop(PNG), name="a.mp4"))


def test_a_closed_or_textual_stream_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO)
    with path.open("rb") as file:
        pass
    assert "closed" in str(refusal(file))
    with path.open("r", encoding="latin-1") as text, pytest.raises(InvalidArgumentError):
        examine(cast("Any", text), None, None)


class Unseekable:
    """A stream of the least kind: it can be read, once."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(size)


def read_twice(source: Any, **options: Any) -> tuple[bytes, str, str]:
    """What a source holds when it is read again, with its name and type."""
    looked_at = examine(source, options.get("name"), options.get("content_type"))
    first = b"".join(looked_at.content.chunks())
    assert b"".join(looked_at.content.chunks()) == first
    assert looked_at.size == len(first)
    looked_at.close()
    return first, looked_at.name, looked_at.content_type


def test_a_stream_is_read_from_where_it_stands_and_stays_open() -> None:
    stream = io.BytesIO(b"before" + VIDEO)
    stream.seek(6)
    assert read_twice(stream) == (VIDEO, "video.mp4", "video/mp4")
    assert not stream.closed


def test_a_stream_that_reads_once_is_kept_for_more() -> None:
    once = Unseekable(io.BytesIO(VIDEO))
    assert read_twice(once, name="a.mp4") == (VIDEO, "a.mp4", "video/mp4")


def test_a_named_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    feeder = threading.Thread(target=path.write_bytes, args=(VIDEO,))
    feeder.start()
    assert read_twice(path) == (VIDEO, "pipe.mp4", "video/mp4")
    feeder.join()


@pytest.mark.parametrize("writer", ["none", "silent"])
def test_a_pipe_that_brings_nothing_is_left_in_time(tmp_path: Path, writer: str) -> None:
    """Whether nobody opens it to write, or somebody does and then says nothing."""
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    both = os.open(path, os.O_RDWR) if writer == "silent" else os.open(os.devnull, os.O_RDONLY)
    try:
        error = refusal(path, timeout=0.3, clock=SystemClock())
    finally:
        os.close(both)
    assert "longer than allowed" in str(error)
    assert "timeout=" in error.hint


def test_without_a_timeout_a_pipe_is_left_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIPE_SECONDS", 0.3)
    os.mkfifo(tmp_path / "pipe.mp4")
    error = refusal(tmp_path / "pipe.mp4", clock=SystemClock())
    assert "nothing came out of it" in str(error)


def test_a_pipe_whose_writer_brings_nothing_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    feeder = threading.Thread(target=path.write_bytes, args=(b"",))
    feeder.start()
    assert "empty" in str(refusal(path, timeout=5, clock=SystemClock()))
    feeder.join()


def test_what_is_no_file_and_no_pipe_is_read_to_its_end() -> None:
    assert "empty" in str(refusal(os.devnull))


def test_whoever_gives_up_on_a_pipe_waits_for_nothing(tmp_path: Path) -> None:
    """A thread that nothing ends keeps the whole program from ending."""
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)

    async def work(sume: Any) -> list[str]:
        task = asyncio.create_task(sume.uploads.asset_video(path))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value.__notes__

    assert "stopped at source; nothing was created" in run_async(Api(), work)[0]


class Odd:
    """A stream that answers with the same thing whenever it is read.

    Args:
        answer: That thing, or what is raised.
    """

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def read(self, size: int = -1) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class StrangeError(Exception):
    """Nobody here knows it."""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "non-blocking"),
        ("text", "gives text, not bytes"),
        (7, "gives a int, not bytes"),
        (EOFError("cut short"), "cut short"),
        (StrangeError("https://media.example/?signature=s"), "StrangeError"),
        (OSError("https://media.example/?signature=s"), "OSError"),
    ],
    ids=str,
)
@pytest.mark.parametrize("seekable", [True, False])
def test_a_stream_that_is_none_is_refused(answer: Any, said: str, seekable: bool) -> None:
    """Its words aren't ours: an HTTP library's quote the URL."""
    stream = Odd(answer)
    if seekable:
        there = io.BytesIO(VIDEO)
        for name in ("tell", "seek", "seekable"):
            setattr(stream, name, getattr(there, name))
    error = refusal(stream, name="a.mp4")
    assert said in str(error)
    assert "signature" not in str(error)


def test_a_stream_to_be_awaited_is_refused() -> None:
    class Asynchronous:
        async def read(self, size: int = -1) -> bytes:
            return bytes(size)

    assert "gives a coroutine, not bytes" in str(refusal(Asynchronous()))


def test_a_stream_that_cannot_say_whether_it_seeks_and_gives_other_bytes_will_do() -> None:
    there = io.BytesIO(VIDEO)

    class Least:
        def read(self, size: int) -> bytearray:
            return bytearray(there.read(size))

    assert read_twice(Least(), name="a.mp4")[0] == VIDEO


def test_a_stream_that_has_nothing_right_now_is_not_at_its_end() -> None:
    """Half a video would be stored, and ingested."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.write(writer, VIDEO[:40_000])
    with os.fdopen(reader, "rb", buffering=0) as stream:
        assert "non-blocking" in str(refusal(stream, name="a.mp4"))
    os.close(writer)


def test_a_full_disk_of_temporary_files_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be read and what can't be copied are mended in different places."""

    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    error = refusal(Unseekable(io.BytesIO(VIDEO)), name="a.mp4")
    assert "No space left" in str(error)
    assert "TMPDIR" in error.hint


@pytest.mark.parametrize("size", [10, 10_000])
def test_a_large_copy_is_freed_off_the_loop(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Freeing gigabytes takes a tenth of a second and more."""
    monkeypatch.setattr(source_module, "_SLOW_TO_FREE", 1000)
    closed: list[int] = []

    class Spool(io.BytesIO):
        def close(self) -> None:
            closed.append(threading.get_ident())
            super().close()

    monkeypatch.setattr(tempfile, "TemporaryFile", Spool)
    looked_at = examine(Unseekable(io.BytesIO(VIDEO[:size])), "a.mp4", "video/mp4")  # type: ignore[arg-type]
    looked_at.close()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(5)
    assert (closed[0] == threading.get_ident()) is (size == 10)


def test_bytes_that_change_afterwards_were_copied() -> None:
    data = bytearray(VIDEO)
    looked_at = examine(data, None, None)
    data[100:] = b"?" * (len(data) - 100)
    assert b"".join(looked_at.content.chunks()) == VIDEO
    looked_at.close()


@pytest.mark.parametrize("kind", ["bytearray", "view", "strided", "words"])
def test_large_buffers_are_copied_by_and_by(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Copied in one go they would take the memory twice, and hold up every thread meanwhile."""
    content = VIDEO * 3
    sources: dict[str, Any] = {
        "bytearray": bytearray(content),
        "view": memoryview(content),
        "strided": memoryview(bytes(2 * len(content)))[::2],
        "words": memoryview(content[: len(content) // 8 * 8]).cast("Q"),
    }
    source = sources[kind]
    assert read_twice(source, name="a.mp4")[0] == bytes(source)
    if kind == "strided":
        return
    tracemalloc.start()
    try:
        examine(source, "a.mp4", "video/mp4").close()
        assert tracemalloc.get_traced_memory()[1] < len(content)
    finally:
        tracemalloc.stop()


def test_a_buffer_that_was_released_is_refused() -> None:
    view = memoryview(VIDEO)
    view.release()
    assert "released" in str(refusal(view))


def test_a_buffer_may_grow_again_afterwards() -> None:
    data = bytearray(VIDEO * 2)
    with Scripted(reply(200)) as storage, client(Api(upload_url=storage.url)) as (sume, _):
        sume.uploads.asset_video(data)
    data += b"more"


def test_a_file_that_was_overwritten_is_noticed_though_its_time_was_put_back(
    tmp_path: Path,
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO * 4)
    seen = path.stat()

    def overwrite(sent: int, total: int, attempt: int) -> None:
        if sent < total:
            with path.open("r+b") as file:
                file.seek(len(VIDEO) * 2)
                file.write(b"?" * len(VIDEO) * 2)
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    with Scripted(reply(200)) as storage, client(Api(upload_url=storage.url)) as (sume, _):
        with pytest.raises(UploadError, match="changed while it was being sent"):
            sume.uploads.asset_video(path, on_progress=overwrite)
        assert not any(one.whole for one in storage.requests)


def test_a_file_s_name_is_the_stream_s_name(tmp_path: Path) -> None:
    path = tmp_path / "clip.mov"
    path.write_bytes(VIDEO)
    with path.open("rb") as stream:
        assert read_twice(stream)[1:] == ("clip.mov", "video/mp4")


# --- what kind of file it is -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\0\0\0\x18ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x18ftypM4V ", "video/x-m4v"),
        (b"\0\0\0\x18ftyp3gp5", "video/3gpp"),
        (b"\0\0\0\x18ftypavif", "image/avif"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "video/x-matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\x01\xba", "video/mpeg"),
        (b"", None),
        (b"ftyp", None),
    ],
)
def test_content_tells_the_type(content: bytes, kind: str | None) -> None:
    assert by_content(content) == kind


def test_a_real_video_is_known() -> None:
    assert by_content(sample_video().read_bytes()[:64]) == "video/mp4"


@given(st.binary(max_size=80))
def test_no_content_makes_it_fail(head: bytes) -> None:
    found = by_content(head)
    assert found is None or "/" in found


@given(st.text())
def test_no_name_makes_it_fail(name: str) -> None:
    kind = by_name(name)
    assert kind is None or extension_for(kind)


def test_a_name_tells_what_content_does_not() -> None:
    expectations: dict[str, str] = {"a.MP4": "video/mp4", "a.b.mkv": "video/x-matroska"}
    look: Callable[[str], str | None] = by_name
    for name, kind in expectations.items():
        assert look(name) == kind
    assert by_name("mp4") is None
