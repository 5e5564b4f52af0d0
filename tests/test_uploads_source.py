"""Guarantee: what can't be uploaded is refused before anything is sent, with the reason.

The threat is an upload that is paid for in time and ends in an error of the server's: an empty
file, a directory, a picture named like a video; and one that hangs on a pipe.
"""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import InvalidArgumentError, UploadError
from sume_ext.sandbox import sample_video
from sume_ext.transfers import source as source_module
from sume_ext.transfers.content_types import by_content, by_name, extension_for
from sume_ext.transfers.source import MOST_BYTES, examine
from tests.transfers.clients import VIDEO, client
from tests.transfers.scripted import Api

if TYPE_CHECKING:
    from collections.abc import Callable

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def refusal(source: Any, **options: Any) -> UploadError:
    """The error that refuses a source, once it is sure that nothing was sent."""
    with client(Api()) as (sume, api):
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


def test_bytes_that_change_afterwards_were_copied() -> None:
    data = bytearray(VIDEO)
    looked_at = examine(data, None, None)
    data[100:] = b"?" * (len(data) - 100)
    assert b"".join(looked_at.content.chunks()) == VIDEO


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
