"""Guarantee: a caller's stream is uploaded from where it stood, whole, however often it is tried.

The threat is a stored video without its beginning: somebody moved the stream in between, another
upload or the first, failed attempt at this one; and an upload that waits for good on a stream.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, cast

import pytest

from sume_ext import SumeError, UploadError
from sume_ext.clock import SystemClock
from sume_ext.transfers import reading
from tests.transfers.clients import VIDEO, client, run_async
from tests.transfers.scripted import Api, Scripted, Seen, reply, reset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.transfers.scripted import Act

LARGE = VIDEO + b"1" * len(VIDEO) + b"2" * len(VIDEO) + b"3" * len(VIDEO)
START = 7


class Failing(Api):
    """Fails at one step for as long as it is told to.

    Args:
        step: Which.
        upload_url: As for `Api`.
    """

    def __init__(self, step: str, upload_url: str) -> None:
        super().__init__(upload_url=upload_url)
        self.step = step

    def __call__(self, seen: Seen, connection: socket.socket) -> None:
        if seen.target.endswith(self.step):
            return reply(400, b"{}")(seen, connection)
        return super().__call__(seen, connection)


def breaking(seen: Seen, connection: socket.socket) -> None:
    reset(connection)


@pytest.mark.parametrize(
    ("step", "acts"),
    [
        ("/uploads/presign", []),
        ("/assets", []),
        ("nowhere", [reply(503)] * 5),
        ("nowhere", [breaking] * 5),
        ("nowhere", [reply(413)]),
    ],
    ids=["presign", "finalize", "busy", "reset", "refused"],
)
def test_what_failed_can_be_uploaded_again_as_the_error_says(
    tmp_path: Path, step: str, acts: list[Act]
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"before:" + LARGE)
    with Scripted(*acts, reply(200)) as storage:
        api = Failing(step, storage.url)
        with client(api) as (sume, _), path.open("rb") as stream:
            stream.seek(START)
            with pytest.raises(SumeError):
                sume.uploads.asset_video(stream)
            assert stream.tell() == START
            api.step = "nowhere"
            sume.uploads.asset_video(stream)
            assert stream.tell() == START + len(LARGE)
    assert storage.requests[-1].body == LARGE


def test_what_a_listener_ended_can_be_uploaded_again() -> None:
    stream = io.BytesIO(LARGE)

    def enough(sent: int, total: int, attempt: int) -> None:
        raise KeyError

    with Scripted(reply(200)) as storage, client(Api(upload_url=storage.url)) as (sume, _):
        with pytest.raises(KeyError):
            sume.uploads.asset_video(stream, on_progress=enough)
        sume.uploads.asset_video(stream)
    assert storage.requests[-1].body == LARGE


def test_two_uploads_of_one_stream_are_refused_before_a_byte_is_wrong() -> None:
    async def work(sume: Any) -> list[Any]:
        stream = io.BytesIO(LARGE)
        both = (sume.uploads.asset_video(stream), sume.uploads.face_swap_video(stream))
        return [*await asyncio.gather(*both, return_exceptions=True)]

    with Scripted(reply(200)) as storage:
        outcomes = run_async(Api(upload_url=storage.url), work)
    refused = [one for one in outcomes if isinstance(one, UploadError)]
    assert len(refused) == 1
    assert "another upload is reading this stream" in str(refused[0])
    assert [seen.body for seen in storage.requests] == [LARGE]


def test_a_stream_that_somebody_moves_is_refused() -> None:
    stream = io.BytesIO(LARGE)
    calls: list[int] = []

    def read_along(sent: int, total: int, attempt: int) -> None:
        calls.append(sent)
        if len(calls) == 1:
            stream.read(1)

    with Scripted(reply(200)) as storage, client(Api(upload_url=storage.url)) as (sume, _):
        with pytest.raises(UploadError, match="something else reads this stream"):
            sume.uploads.asset_video(stream, on_progress=read_along)
        assert not any(seen.whole for seen in storage.requests)
        sume.uploads.asset_video(stream)
    assert storage.requests[-1].body == LARGE


def test_a_stream_that_is_still_read_for_an_upload_given_up_is_not_begun_again() -> None:
    """Whoever reads it moves it, also when nobody wants to know what is read."""
    reading, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= len(VIDEO) and not go_on.is_set():
                reading.set()
                go_on.wait(10)
            return super().read(size)

    stream = Slow(LARGE)

    async def work(sume: Any) -> None:
        task = asyncio.create_task(sume.uploads.asset_video(stream))
        assert await asyncio.to_thread(reading.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(UploadError, match="another upload"):
            await sume.uploads.asset_video(stream)
        go_on.set()
        while not storage.requests or not storage.requests[-1].whole:
            with suppress(UploadError):
                await sume.uploads.asset_video(stream)

    with Scripted(reply(200)) as storage:
        run_async(Api(upload_url=storage.url), work)
    assert storage.requests[-1].body == LARGE


def test_a_stream_whose_beginning_is_gone_is_not_uploaded_from_the_middle() -> None:
    class Once:
        """A stream that can be read once, and breaks in the middle."""

        def __init__(self) -> None:
            self.broken = True
            self._inner = io.BytesIO(LARGE)

        def read(self, size: int) -> bytes:
            if self._inner.tell() and self.broken:
                raise OSError(5, "Input/output error")
            return self._inner.read(size)

    stream: Any = Once()
    with client(Api()) as (sume, api):
        with pytest.raises(UploadError, match="Input/output error"):
            sume.uploads.asset_video(stream)
        stream.broken = False
        with pytest.raises(UploadError, match="has read the beginning") as caught:
            sume.uploads.asset_video(stream)
        assert "new stream" in caught.value.hint
        assert not api.requests


# --- streams that others write into --------------------------------------------------------------


def pipe() -> tuple[IO[bytes], Callable[[bytes], object], Callable[[], None]]:
    reader, writer = os.pipe()
    return os.fdopen(reader, "rb"), partial(os.write, writer), partial(os.close, writer)


def raw_pipe() -> tuple[IO[bytes], Callable[[bytes], object], Callable[[], None]]:
    stream, write, close = pipe()
    return cast("IO[bytes]", cast("io.BufferedReader", stream).detach()), write, close


def line() -> tuple[IO[bytes], Callable[[bytes], object], Callable[[], None]]:
    here, there = socket.socketpair()
    stream = here.makefile("rb")
    here.close()
    return stream, there.sendall, there.close


def strange() -> tuple[IO[bytes], Callable[[bytes], object], Callable[[], None]]:
    """A stream of which nobody knows where its bytes come from."""
    stream, write, close = pipe()

    class Strange:
        def read(self, size: int) -> bytes:
            return cast("io.BufferedReader", stream).read1(size)

        def close(self) -> None:
            stream.close()

    return cast("IO[bytes]", Strange()), write, close


KINDS = [pipe, raw_pipe, line, strange]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begun", [b"", VIDEO[:100]], ids=["nothing", "begun"])
def test_a_stream_that_brings_nothing_is_left_in_time(kind: Any, begun: bytes) -> None:
    stream, write, close = kind()
    write(begun)
    try:
        with client(Api(), clock=SystemClock()) as (sume, api):
            with pytest.raises(UploadError, match="longer than allowed"):
                sume.uploads.asset_video(stream, name="a.mp4", timeout=0.3)
            assert not api.requests
    finally:
        close()
        stream.close()


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_timeout_such_a_stream_is_left_too(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIPE_SECONDS", 0.3)
    stream, _, close = kind()
    try:
        with (
            client(Api(), clock=SystemClock()) as (sume, _),
            pytest.raises(UploadError, match="nothing came out of it"),
        ):
            sume.uploads.asset_video(stream, name="a.mp4")
    finally:
        close()
        stream.close()


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_gives_up_on_such_a_stream_waits_for_nothing(kind: Any) -> None:
    """The writer goes away only once the loop is closed, which waits for its threads."""
    stream, _, close = kind()

    async def work(sume: Any) -> list[str]:
        task = asyncio.create_task(sume.uploads.asset_video(stream, name="a.mp4"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value.__notes__

    ended = threading.Timer(30, close)
    ended.daemon = True
    ended.start()
    notes = run_async(Api(), work)
    assert ended.is_alive()
    ended.cancel()
    close()
    stream.close()
    assert "stopped at source; nothing was created" in notes[0]


@pytest.mark.parametrize("kind", KINDS)
def test_such_a_stream_is_read_to_its_end_however_it_comes(kind: Any) -> None:
    stream, write, close = kind()
    if kind is pipe:
        write(LARGE[:10])
        assert cast("io.BufferedReader", stream).peek(1)  # which leaves them in its buffer
        start = 10
    else:
        start = 0

    def feed() -> None:
        for at in range(start, len(LARGE), 50_000):
            write(LARGE[at : at + 50_000])
        close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    with Scripted(reply(200)) as storage, client(Api(upload_url=storage.url)) as (sume, _):
        sume.uploads.asset_video(stream, name="a.mp4")
    feeder.join()
    stream.close()
    assert storage.requests[0].body == LARGE


def test_what_a_process_says_is_uploaded() -> None:
    say = "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\x18ftypmp42' + b'x' * 3_000_000)"
    with (
        subprocess.Popen([sys.executable, "-c", say], stdout=subprocess.PIPE) as process,
        Scripted(reply(200)) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
    ):
        assert process.stdout is not None
        sume.uploads.asset_video(process.stdout)
    assert len(storage.requests[0].body) == 3_000_012


def test_a_pipe_given_up_before_it_brought_anything_can_be_uploaded_again() -> None:
    stream, write, close = pipe()
    with Scripted(reply(200)) as storage:
        api = Api(upload_url=storage.url)
        with client(api, clock=SystemClock()) as (sume, _):
            with pytest.raises(UploadError, match="more time with timeout="):
                sume.uploads.asset_video(stream, timeout=0.2)
            write(VIDEO[:60_000])
            close()
            sume.uploads.asset_video(stream)
    stream.close()
    assert storage.requests[0].body == VIDEO[:60_000]
