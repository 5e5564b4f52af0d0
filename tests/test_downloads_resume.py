"""Guarantee: a broken download goes on where it broke, if it is still the same file, else afresh.

The threat is a concatenation of two files: servers ignore ranges, answer other ones, or have a
new version by the time of the second request.
"""

from __future__ import annotations

import gzip
import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sume_ext import DownloadError, InvalidArgumentError
from sume_ext.clock import SystemClock
from sume_ext.transfers import fetching
from sume_ext.transfers.progress import Pace
from tests.transfers.clients import PART, VIDEO, files_in, result, whole_files_in
from tests.transfers.scripted import File, Seen, close, head, reply, reset

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.transfers.scripted import Act

NAME = "job_1-1.mp4"
PARTS = sorted(random.Random(7).sample(range(1, len(VIDEO)), 6))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    if any(map(is_whole, tmp_path.iterdir())):
        assert all(map(is_whole, tmp_path.iterdir()))


def is_whole(path: Path) -> bool:
    return not PART.fullmatch(path.name)


@pytest.mark.parametrize("breaks", [reset, close])
def test_breaks_at_any_offset_are_resumed(
    folder: Path, breaks: Callable[[socket.socket], None]
) -> None:
    file = File(VIDEO)
    acts = [file.until(offset, breaks) for offset in PARTS]
    with result(*acts, file) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert len(server.requests) == len(PARTS) + 1
    for request in server.requests[1:]:
        assert request.header("if-range") == '"v1"'
    # A reset may take bytes with it that were already under way; an orderly end never does.
    starts = [int((one.header("range") or "bytes=0-")[6:-1]) for one in server.requests]
    assert starts == sorted(starts)
    if breaks is close:
        assert starts == [0, *PARTS]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(offsets=st.lists(st.integers(1, len(VIDEO) - 1), max_size=4), ranges=st.booleans())
def test_whatever_breaks_where_the_file_is_right(
    tmp_path: Path, offsets: list[int], ranges: bool
) -> None:
    file = File(VIDEO, ranges=ranges)
    with result(*[file.until(offset) for offset in offsets], file) as (made, _):
        made.download(tmp_path, overwrite=True)
    assert files_in(tmp_path) == {NAME: VIDEO}


def test_a_server_that_ignores_the_range_is_taken_from_the_start(folder: Path) -> None:
    file = File(VIDEO, ranges=False)
    with result(file.until(500_000), file) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[1].header("range")


def test_200_with_a_content_range_is_a_part(folder: Path) -> None:
    """Some stores answer 200 to a range and mean it: the header decides, not the status."""
    file = File(VIDEO)

    def part(seen: Seen, connection: socket.socket) -> None:
        start = file.start(seen)
        connection.sendall(file.head(start).replace(b" 206 ", b" 200 ") + VIDEO[start:])

    with result(file.until(500_000, close), part) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {
            "content_range": f"bytes 3-{len(VIDEO) - 1}/{len(VIDEO)}",
            "content_length": len(VIDEO) - 3,
        },
        {"content_range": f"bytes 500000-{len(VIDEO)}/{len(VIDEO)}"},
        {"content_range": f"bytes 500000-{len(VIDEO) - 1}/{len(VIDEO) + 9}"},
        {"content_range": "bytes 500000-500009/*"},
        {"content_range": "500000"},
        {"content_range": None},
        {"etag": '"v2"'},
        {"content_encoding": "gzip"},
    ],
    ids=str,
)
def test_an_answer_that_does_not_add_up_is_thrown_away(
    folder: Path, wrong: dict[str, object]
) -> None:
    file = File(VIDEO)

    def lie(seen: Seen, connection: socket.socket) -> None:
        connection.sendall(file.head(500_000, **wrong) + b"?" * (len(VIDEO) - 500_000))

    with result(file.until(500_000, close), lie, file) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[2].header("range") is None


def test_a_new_version_is_taken_whole(folder: Path) -> None:
    old, new = File(b"old" + VIDEO, etag='"v1"'), File(b"new" + VIDEO[:400_000], etag='"v2"')
    with result(old.until(500_000), new) as (made, _):
        made.download(folder)
    assert files_in(folder) == {NAME: new.content}


@pytest.mark.parametrize("etag", [None, 'W/"v1"'])
def test_without_proof_of_sameness_nothing_is_resumed(folder: Path, etag: str | None) -> None:
    file = File(VIDEO, etag=etag)
    with result(file.until(500_000), file) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[1].header("range") is None


def test_the_date_of_the_last_change_will_do(folder: Path) -> None:
    file = File(VIDEO, etag=None, headers={**dated(changed=28), "date": moment(29)})

    def resume(seen: Seen, connection: socket.socket) -> None:
        assert seen.header("if-range") == "Wed, 21 Oct 2026 07:28:00 GMT"
        connection.sendall(file.head(500_000) + VIDEO[500_000:])

    with result(file.until(500_000, close), resume) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[1].header("range") == "bytes=500000-"


def moment(minute: int) -> str:
    return f"Wed, 21 Oct 2026 07:{minute:02}:00 GMT"


def dated(changed: int) -> dict[str, object]:
    return {"last_modified": moment(changed)}


@pytest.mark.parametrize("date", [None, moment(28), "Wed, 21 Oct 2026 07:28:59 GMT", "soon"])
def test_a_date_that_may_stand_for_two_versions_proves_nothing(
    folder: Path, date: str | None
) -> None:
    """A file may change twice within a second, and clocks differ (RFC 9110 section 8.8.2.2)."""
    file = File(VIDEO, etag=None, headers={**dated(changed=28), "date": date})
    with result(file.until(500_000), file) as (made, server):
        made.download(folder)
    assert server.requests[1].header("range") is None


@pytest.mark.parametrize("told", [{"etag": None}, {"etag": None, **dated(changed=35)}], ids=str)
def test_a_part_that_does_not_repeat_the_etag_is_of_the_version_asked_for(
    folder: Path, told: dict[str, object]
) -> None:
    """Section 15.3.7: an answer to If-Range needn't say what the client knows."""
    file = File(VIDEO)

    def part(seen: Seen, connection: socket.socket) -> None:
        connection.sendall(file.head(file.start(seen), **told) + VIDEO[file.start(seen) :])

    with result(file.until(500_000, close), part) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert len(server.requests) == 2


@pytest.mark.parametrize("etag", [None, 'W/"v2"', '"v2"'])
def test_a_server_that_ignores_if_range_is_found_out_by_its_dates(
    folder: Path, etag: str | None
) -> None:
    """Same length, same name, other bytes: only the part's own headers tell."""
    old = File(VIDEO, etag=None, headers={**dated(changed=28), "date": moment(40)})
    new = File(VIDEO[::-1], etag=None, headers={**dated(changed=35), "date": moment(40)})

    def part(seen: Seen, connection: socket.socket) -> None:
        start = int((seen.header("range") or "bytes=0-")[6:-1])
        connection.sendall(new.head(start, etag=etag) + new.content[start:])

    with result(old.until(500_000, close), part) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: new.content}
    assert [one.header("range") for one in server.requests] == [None, "bytes=500000-", None]


@pytest.mark.parametrize("etag", [None, '"v1"'])
def test_a_part_of_another_date_is_not_joined_whatever_its_etag(
    folder: Path, etag: str | None
) -> None:
    old = File(VIDEO, headers=dated(changed=28))
    new = File(VIDEO[::-1], headers=dated(changed=35))

    def part(seen: Seen, connection: socket.socket) -> None:
        start = new.start(seen)
        connection.sendall(new.head(start, etag=etag) + new.content[start:])

    with result(old.until(500_000, close), part) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: new.content}
    assert [one.header("range") for one in server.requests] == [None, "bytes=500000-", None]


def test_416_of_another_version_starts_afresh(folder: Path) -> None:
    """A chunked file that broke off where the new one, by chance, ends."""
    new = File(VIDEO[:500_000][::-1], etag='"v2"')

    def begun(seen: Seen, connection: socket.socket) -> None:
        top = head(200, etag='"v1"', transfer_encoding="chunked")
        connection.sendall(top + b"%x\r\n" % 500_000 + VIDEO[:500_000] + b"\r\n")
        close(connection)

    past = reply(416, content_range="bytes */500000", etag='"v2"')
    with result(begun, past, new) as (made, _):
        made.download(folder)
    assert files_in(folder) == {NAME: new.content}


def part_of(content: bytes, size: int, etag: str | None = '"v1"') -> Act:
    """Serves a part at a time and never says how long the file is, but refuses to go beyond it."""

    def act(seen: Seen, connection: socket.socket) -> None:
        start = int((seen.header("range") or "bytes=0-")[6:-1])
        part = content[start : start + size]
        told = f"bytes {start}-{start + len(part) - 1}/*"
        if not part:
            return reply(416, content_range=f"bytes */{len(content)}")(seen, connection)
        connection.sendall(
            head(206, etag=etag, content_length=len(part), content_range=told) + part
        )
        return None

    return act


def test_parts_of_a_file_of_unknown_length_are_fetched_to_its_end(folder: Path) -> None:
    with result(part_of(VIDEO, 400_000)) as (made, server):
        assert made.download(folder).outcomes == ("downloaded",)
    assert files_in(folder) == {NAME: VIDEO}
    assert len(server.requests) == 4


def test_a_chunked_file_is_gone_on_with_by_parts_of_unknown_length(folder: Path) -> None:
    def broken(seen: Seen, connection: socket.socket) -> None:
        connection.sendall(head(200, transfer_encoding="chunked", etag='"v1"'))
        connection.sendall(b"7a120\r\n" + VIDEO[:500_000] + b"\r\n")

    with result(broken, part_of(VIDEO, 300_000)) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[1].header("range") == "bytes=500000-"


@pytest.mark.parametrize(("size", "etag"), [(100, '"v1"'), (400_000, None)])
def test_a_part_never_takes_the_place_of_the_file(
    folder: Path, size: int, etag: str | None
) -> None:
    """The answer to a plain request is the first bytes, and doesn't say of how many."""
    with result(part_of(VIDEO, size, etag)) as (made, server):
        with pytest.raises(DownloadError, match="not how long the file is"):
            made.download(folder)
        assert len(server.requests) <= 10
    assert not whole_files_in(folder)


def test_416_on_a_complete_part_ends_it(folder: Path) -> None:
    """The length wasn't told, the last chunk never came: only the refused range tells the end."""

    def unfinished(seen: Seen, connection: socket.socket) -> None:
        connection.sendall(head(200, transfer_encoding="chunked", etag='"v1"'))
        connection.sendall(f"{len(VIDEO):x}\r\n".encode() + VIDEO + b"\r\n")

    complete = reply(416, content_range=f"bytes */{len(VIDEO)}")
    with result(unfinished, complete) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert len(server.requests) == 2


def test_416_on_anything_else_starts_afresh(folder: Path) -> None:
    file = File(VIDEO)
    refused = reply(416, content_range="bytes */10")
    with result(file.until(500_000), refused, file) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[2].header("range") is None


@pytest.mark.parametrize("offset", [0, 1, 300_000])
def test_a_stalled_server_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch, offset: int
) -> None:
    monkeypatch.setattr(fetching, "STALL_SECONDS", 0.2)
    file = File(VIDEO)

    def silence(connection: socket.socket) -> None:
        connection.recv(1)  # until the client goes

    with result(file.until(offset, silence), file) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert len(server.requests) == 2


def test_a_dripping_server_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and all of them never would."""
    monkeypatch.setattr(fetching, "Pace", partial(Pace, least=1000, window=0.3))
    file = File(VIDEO, etag=None)

    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"?")
            time.sleep(0.02)

    class Impatient(SystemClock):
        def sleep(self, seconds: float) -> None:
            """Back-off needs no time here."""

    with result(file.until(0, drip), File(VIDEO), clock=Impatient()) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert len(server.requests) == 2


def test_attempts_that_bring_nothing_new_end(folder: Path) -> None:
    """A server that always breaks at the same place would otherwise be asked for ever."""
    file = File(VIDEO, ranges=False)
    with result(file.until(500_000)) as (made, server), pytest.raises(DownloadError) as caught:
        made.download(folder)
    assert caught.value.step == "get"
    assert len(server.requests) <= 10
    assert not whole_files_in(folder)


@pytest.mark.parametrize("servers", [1, 3])
def test_a_timeout_ends_downloads_that_stall_and_what_came_is_gone_on_with(
    folder: Path, servers: int
) -> None:
    def silence(connection: socket.socket) -> None:
        connection.recv(1)  # until the client goes

    file = File(VIDEO)
    stalls = [file.until(500_000, silence)] * servers
    with result(*stalls, file, servers=servers, clock=SystemClock()) as (made, server):
        with pytest.raises(DownloadError, match="longer than allowed") as caught:
            made.download(folder, timeout=0.4)
        assert len(server.requests) == servers
        assert not whole_files_in(folder)
        assert made.download(folder).outcomes == ("resumed",) * servers
    assert caught.value.step == "get"
    assert "timeout=" in caught.value.hint
    assert set(files_in(folder).values()) == {VIDEO}


def test_a_timeout_ends_a_download_that_comes_and_comes(folder: Path) -> None:
    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"?" * 1000)
            time.sleep(0.01)

    file = File(VIDEO, headers={"content_length": 10**9})
    late = pytest.raises(DownloadError, match="longer than allowed")
    with result(file.until(0, drip), clock=SystemClock()) as (made, _), late:
        made.media[0].download(folder / NAME, timeout=0.5)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"max_bytes": 0}, {"max_bytes": None},
                                     {"on_progress": 5}, {"timeout": "5"}], ids=str)  # fmt: skip
def test_what_is_no_option_is_refused(folder: Path, options: dict[str, Any]) -> None:
    with result(File(VIDEO)) as (made, server):
        with pytest.raises(InvalidArgumentError):
            made.download(folder, **options)
        assert not server.requests


def test_statuses_that_pass_are_lived_through(folder: Path) -> None:
    acts = (reply(503), reply(429, retry_after=7), reply(500))
    with result(*acts, File(VIDEO)) as (made, _):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}


def test_a_wait_of_days_is_not_waited(folder: Path) -> None:
    asks = reply(503, retry_after=86400)
    with result(asks) as (made, server), pytest.raises(DownloadError, match="503"):
        made.download(folder)
    assert len(server.requests) == 1


def test_gzip_that_nobody_asked_for_is_undone(folder: Path) -> None:
    packed = gzip.compress(VIDEO)
    serve = reply(200, packed, content_encoding="gzip", etag='"v1"')
    with result(serve) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[0].header("accept-encoding") == "identity"


@pytest.mark.parametrize("spoilt", [gzip.compress(VIDEO)[:-12], b"no gzip at all"])
def test_spoilt_gzip_is_fetched_again(folder: Path, spoilt: bytes) -> None:
    serve = reply(200, spoilt, content_encoding="gzip")
    with result(serve, File(VIDEO)) as (made, _):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}


def test_several_packed_files_in_a_row_are_one(folder: Path) -> None:
    """RFC 1952 allows it; reading the first alone would be a file cut short in silence."""
    packed = gzip.compress(VIDEO[:700_000]) + gzip.compress(VIDEO[700_000:]) + bytes(512)
    with result(reply(200, packed, content_encoding="gzip")) as (made, _):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}


@pytest.mark.parametrize("encoding", ["br", "aws-chunked", "gzip, gzip"])
def test_any_other_encoding_is_refused(folder: Path, encoding: str) -> None:
    serve = reply(200, b"x", content_encoding=encoding)
    with result(serve) as (made, _), pytest.raises(DownloadError, match=encoding) as caught:
        made.download(folder)
    assert "labelled" in caught.value.hint
    assert not files_in(folder)


@pytest.mark.parametrize("encoding", ["identity", "identity, identity", "Identity,, identity"])
def test_no_encoding_is_none_however_often_it_is_named(folder: Path, encoding: str) -> None:
    file = File(VIDEO, headers={"content_encoding": encoding})
    with result(file.until(500_000, close), file) as (made, server):
        made.download(folder)
    assert files_in(folder) == {NAME: VIDEO}
    assert server.requests[1].header("range") == "bytes=500000-"
