"""Guarantee: a download's name is made of the job's id, stays in its directory, and fits anywhere.

The threat is a server that chooses the name: `../../x`, `CON`, 300 characters, a text that reads
backwards; or two jobs that share one.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext.media import MediaFile
from sume_ext.transfers.file_names import file_name, is_url
from tests.transfers.clients import VIDEO, result
from tests.transfers.scripted import File

FITS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[a-z0-9]{2,4})?")
TRAPS = ["../../x", "CON", "con", "nul.txt", "a" * 300, "x\u202egpj.exe", ".hidden", "-rf", "a/b",
         "a\\b", "", " ", "..", "a\0b", "é", "e\u0301", "C:x", "a.", "*?<>|", "\ud800"]  # fmt: skip


def media(content_type: str | None = "video/mp4", url: str = "https://m/x") -> MediaFile:
    return MediaFile(url, None, content_type, "media[0].url")


@pytest.mark.parametrize("job_id", TRAPS)
def test_the_known_traps_make_plain_names(job_id: str) -> None:
    check(job_id, file_name(job_id, 0, media()))


@given(job_id=st.text(), index=st.integers(0, 9999), kind=st.text(), path=st.text())
def test_whatever_the_server_says_the_name_is_plain(
    job_id: str, index: int, kind: str, path: str
) -> None:
    url = "https://m/" + path.replace("[", "").replace("]", "")
    check(job_id, file_name(job_id, index, media(kind or None, url)))


def check(job_id: str, name: str) -> None:
    assert FITS.fullmatch(name), (job_id, name)
    assert len(name.encode()) <= 200
    assert PurePosixPath(name).name == PureWindowsPath(name).name == name
    assert name.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL"}
    assert (Path("/a/b") / name).resolve().parent == Path("/a/b")


@given(st.lists(st.text(), unique=True, max_size=20))
def test_two_jobs_never_share_a_name(job_ids: list[str]) -> None:
    assert len({file_name(job_id, 0, media()) for job_id in job_ids}) == len(job_ids)


def test_a_plain_id_stays_readable() -> None:
    assert file_name("job_01HZX", 0, media()) == "job_01HZX-1.mp4"
    assert file_name("job_01HZX", 4, media("image/jpeg; q=1")) == "job_01HZX-5.jpg"


@pytest.mark.parametrize(
    ("content_type", "url", "extension"),
    [
        ("video/quicktime", "https://m/x.exe", ".mov"),
        ("VIDEO/MP4", "https://m/x", ".mp4"),
        (None, "https://m/x.webm?sig=.exe", ".webm"),
        (None, "https://m/x.MP4#f.exe", ".mp4"),
        (None, "https://m/x.exe", ""),
        (None, "https://m/x.sh", ""),
        ("application/x-sh", "https://m/x.php", ""),
        (None, "https://m/x", ""),
    ],
)
def test_the_extension_is_a_known_one_or_none(
    content_type: str | None, url: str, extension: str
) -> None:
    assert file_name("j", 0, media(content_type, url)) == f"j-1{extension}"


def test_a_path_that_ends_like_a_directory_s_means_one(tmp_path: Path) -> None:
    """A first download would otherwise make a file of that name, and a second stumble over it."""
    with result(File(VIDEO)) as (made, _):
        path = made.media[0].download(f"{tmp_path}/new/out/")
    assert path == tmp_path / "new" / "out" / "job_1-1.mp4"
    assert path.read_bytes() == VIDEO


def test_a_path_is_no_url() -> None:
    for path in ("out", "./out", "/out", "C:/out", "C:\\out", "a:b", Path("https:/x")):
        assert not is_url(path), path
    for url in ("https://x", "HTTP://x", "s3://b/k", "file:///x", "https:/x"):
        assert is_url(url), url
