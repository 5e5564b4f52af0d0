"""Guarantee: a checksum that the server offers is checked, and nothing else is taken for one.

The threat is a file damaged on its way that has the right length, and an ETag that looks like an
MD5 and isn't one, which would refuse good files.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import DownloadError
from sume_ext.transfers.checksums import Check, checksums_in, strongest
from tests.transfers.clients import VIDEO, files_in, result
from tests.transfers.scripted import File, Seen, close, head

if TYPE_CHECKING:
    import socket
    from pathlib import Path


def b64(algorithm: str, content: bytes) -> str:
    if algorithm == "crc32":
        return base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


def offered(headers: dict[str, str]) -> Check | None:
    return strongest(checksums_in(headers))


def headers_for(content: bytes) -> dict[str, dict[str, object]]:
    return {
        "Repr-Digest": {"repr_digest": f"sha-256=:{b64('sha256', content)}:"},
        "two": {"repr_digest": f"crc99=:AAAA:, sha-512=:{b64('sha512', content)}:"},
        "Content-Digest": {"content_digest": f"sha-512=:{b64('sha512', content)}:"},
        "Digest": {"digest": f"SHA-256={b64('sha256', content)}"},
        "Content-MD5": {"content_md5": b64("md5", content)},
        "S3 sha256": {"x_amz_checksum_sha256": b64("sha256", content)},
        "S3 sha1": {"x_amz_checksum_sha1": b64("sha1", content)},
        "S3 crc32": {"x_amz_checksum_crc32": b64("crc32", content)},
        "GCS": {"x_goog_hash": f"crc32c=AAAAAA==,md5={b64('md5', content)}"},
    }


@pytest.mark.parametrize("kind", list(headers_for(b"")))
def test_a_checksum_is_checked_across_breaks(tmp_path: Path, kind: str) -> None:
    file = File(VIDEO, headers=headers_for(VIDEO)[kind])
    with result(file.until(400_000), file) as (made, server):
        made.download(tmp_path)
    assert files_in(tmp_path) == {"job_1-1.mp4": VIDEO}
    assert server.requests[1].header("range")


@pytest.mark.parametrize("kind", list(headers_for(b"")))
def test_a_damaged_file_is_fetched_once_more(tmp_path: Path, kind: str) -> None:
    damaged = File(VIDEO[:-1] + b"?", headers=headers_for(VIDEO)[kind])
    with result(damaged, File(VIDEO, headers=headers_for(VIDEO)[kind])) as (made, _):
        made.download(tmp_path)
    assert files_in(tmp_path) == {"job_1-1.mp4": VIDEO}
    with result(damaged) as (made, server), pytest.raises(DownloadError, match=r"damaged|isn't"):
        made.download(tmp_path, overwrite=True)
    assert len(server.requests) == 2
    assert files_in(tmp_path) == {"job_1-1.mp4": VIDEO}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-checksum-sha256": b64("sha256", b"") + "-3"},
        {"x-amz-checksum-sha256": b64("sha256", b""), "x-amz-checksum-type": "COMPOSITE"},
        {"etag": f'"{hashlib.md5(b"other").hexdigest()}"'},
        {"content-md5": "not base64"},
        {"content-md5": ""},
        {"repr-digest": "sha-256=:AAAA:"},
        {"digest": "unixsum=30637"},
    ],
    ids=str,
)
def test_what_is_no_checksum_of_the_file_is_not_taken_for_one(headers: dict[str, str]) -> None:
    assert offered(headers) is None


@given(st.dictionaries(st.sampled_from(
    ["repr-digest", "content-digest", "digest", "x-goog-hash", "content-md5",
     "x-amz-checksum-sha256", "x-amz-checksum-crc32", "x-amz-checksum-type"]
), st.text()))  # fmt: skip
def test_no_header_makes_it_fail(headers: dict[str, str]) -> None:
    check = offered(headers)
    assert check is None or check.expected


OF_THE_FILE = {"Repr-Digest", "two", "Digest", "S3 sha256", "S3 sha1", "S3 crc32", "GCS"}


@pytest.mark.parametrize("kind", sorted(OF_THE_FILE))
@pytest.mark.parametrize("begun_with", [True, False], ids=["known", "new"])
def test_a_part_that_offers_another_file_s_checksum_is_not_joined(
    tmp_path: Path, kind: str, begun_with: bool
) -> None:
    """The same length and the same ETag, or none: only the checksum tells."""
    old = File(VIDEO, headers=headers_for(VIDEO)[kind] if begun_with else {})
    new = File(VIDEO[::-1], headers=headers_for(VIDEO[::-1])[kind])

    def part(seen: Seen, connection: socket.socket) -> None:
        start = old.start(seen)
        connection.sendall(new.head(start, etag=None) + new.content[start:])

    with result(old.until(400_000, close), part, new) as (made, server):
        made.download(tmp_path)
    assert files_in(tmp_path) == {"job_1-1.mp4": new.content}
    assert [seen.header("range") for seen in server.requests] == [None, "bytes=400000-", None]


@pytest.mark.parametrize("kind", ["Content-Digest", "Content-MD5"])
def test_a_checksum_of_a_part_is_not_taken_for_the_file_s(tmp_path: Path, kind: str) -> None:
    file = File(VIDEO)

    def parts(seen: Seen, connection: socket.socket) -> None:
        start = file.start(seen)
        part = VIDEO[start : start + 400_000]
        told = f"bytes {start}-{start + len(part) - 1}/{len(VIDEO)}"
        headers = {"content_range": told, "content_length": len(part), **headers_for(part)[kind]}
        connection.sendall(head(206, etag=file.etag, **headers) + part)

    with result(parts) as (made, server):
        made.download(tmp_path)
    assert files_in(tmp_path) == {"job_1-1.mp4": VIDEO}
    assert len(server.requests) == 3


def test_the_strongest_one_counts() -> None:
    both = {"content-md5": b64("md5", b"x"), "repr-digest": f"sha-256=:{b64('sha256', b'y')}:"}
    check = offered(both)
    assert check is not None
    assert check.algorithm == "sha256"
