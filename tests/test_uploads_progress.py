"""Guarantee: a listener hears the truth, seldom enough, and may end an upload; so may cancelling.

The threat is a bar that jumps back or runs past its end, a callback's error taken for a network
error and retried, and files and sockets that stay open when nobody waits any more.
"""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import Sume, SumeError, UploadError
from sume_ext.clock import SystemClock
from sume_ext.sandbox import Sandbox
from sume_ext.transfers.progress import Throttle
from tests.support import FakeClock
from tests.transfers.clients import VIDEO, client, run_async
from tests.transfers.scripted import Api, Scripted, Seen, reply, reset

if TYPE_CHECKING:
    import socket

LARGE = VIDEO * 12
PIECE = 1024 * 1024
PIECES = -(-len(LARGE) // PIECE)


class Ticking(FakeClock):
    """A clock on which some time passes with every look."""

    def __init__(self, tick: float) -> None:
        super().__init__()
        self.tick = tick

    def monotonic(self) -> float:
        self.now += self.tick
        return self.now


def heard(tick: float, *acts: Any) -> list[tuple[int, int, int]]:
    """What a listener hears of an upload of several pieces."""
    told: list[tuple[int, int, int]] = []

    def listen(sent: int, total: int, attempt: int) -> None:
        told.append((sent, total, attempt))

    with (
        Scripted(*acts, reply(200)) as storage,
        client(Api(upload_url=storage.url), clock=Ticking(tick)) as (sume, _),
    ):
        sume.uploads.asset_video(LARGE, on_progress=listen)
    return told


def test_numbers_are_absolute_rise_and_end_with_the_whole() -> None:
    told = heard(1.0)
    assert len(told) == PIECES
    assert [sent for sent, _, _ in told] == sorted(sent for sent, _, _ in told)
    assert told[-1] == (len(LARGE), len(LARGE), 1)
    assert {total for _, total, _ in told} == {len(LARGE)}


def test_a_new_attempt_has_a_number_and_starts_at_its_own_beginning() -> None:
    def breaking(seen: Seen, connection: socket.socket) -> None:
        reset(connection)

    told = heard(1.0, breaking)
    for attempt in (1, 2):
        sent = [bytes_sent for bytes_sent, _, number in told if number == attempt]
        assert sent == sorted(sent)
        assert max(sent) <= len(LARGE)
    assert told[-1] == (len(LARGE), len(LARGE), 2)


def test_the_first_and_the_last_are_told_however_fast_it_goes() -> None:
    told = heard(0.0)
    assert [sent for sent, _, _ in told] == [PIECE, len(LARGE)]


@given(st.lists(st.floats(0, 0.3), max_size=200), st.booleans())
def test_at_most_twenty_are_told_in_any_second(pauses: list[float], ends: bool) -> None:
    throttle = Throttle()
    now, told = 100.0, list[float]()
    for pause in pauses:
        now += pause
        if throttle.due(now):
            told.append(now)
    if ends and throttle.due(now, last=True):
        told.append(now)
    for start in told:
        assert len([one for one in told if start <= one < start + 1]) <= 20


def test_not_even_a_stream_of_news_is_told_more_often() -> None:
    throttle = Throttle()
    looks = [100 + look / 1000 for look in range(3000)]
    told = [now for now in looks if throttle.due(now, last=now == looks[-1])]
    assert all(len([one for one in told if start <= one < start + 1]) <= 20 for start in told)
    assert len(told) >= 3 * 15


class Custom(BaseException):
    """What no library knows."""


CAUSE = OSError("its cause")


def failing() -> list[BaseException]:
    caused = ValueError("mine")
    caused.__cause__ = CAUSE
    return [
        caused,
        OSError(104, "looks like a reset"),
        TimeoutError("looks like a timeout"),
        SumeError("one of the package's own"),
        StopIteration("of no generator here"),
        KeyboardInterrupt(),
        Custom(),
    ]


@pytest.mark.parametrize(
    ("error", "world"),
    [
        pytest.param(error, world, id=f"{type(error).__name__}-{world}")
        for error in failing()
        for world in ("sync", "async")
        # What is no Exception asyncio treats in a way of its own, and a StopIteration Python.
        if world == "sync" or (isinstance(error, Exception) and type(error) is not StopIteration)
    ],
)
def test_what_a_listener_raises_ends_it_and_leaves_unchanged(
    error: BaseException, world: str
) -> None:
    calls: list[int] = []

    def listen(sent: int, total: int, attempt: int) -> None:
        calls.append(sent)
        raise error

    async def work(sume: Any) -> None:
        await sume.uploads.asset_video(LARGE, on_progress=listen)

    def go(api: Api) -> None:
        if world == "async":
            run_async(api, work)
            return
        with client(api) as (sume, _):
            sume.uploads.asset_video(LARGE, on_progress=listen)

    cause = error.__cause__
    with Scripted(reply(200)) as storage:
        api = Api(upload_url=storage.url)
        with pytest.raises(type(error)) as caught:
            go(api)
    assert caught.value is error
    assert caught.value.__cause__ is cause
    assert len(calls) == 1
    assert api.presigned == 1
    assert not any(seen.whole for seen in storage.requests)


def test_the_listener_is_called_in_the_caller_s_own_thread() -> None:
    threads: set[int] = set()

    async def work(sume: Any) -> None:
        here = threading.get_ident()

        def listen(sent: int, total: int, attempt: int) -> None:
            threads.add(threading.get_ident())

        await sume.uploads.asset_video(LARGE, on_progress=listen)
        assert threads == {here}

    with Scripted(reply(200)) as storage:
        run_async(Api(upload_url=storage.url), work)
    assert threads


def test_files_are_read_in_other_threads_than_the_loop_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk must not hold up everything else the loop does."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(LARGE)
    threads: set[int] = set()
    real: Any = os.open

    def noted(name: Any, *args: Any, **options: Any) -> Any:
        if name == str(path):
            threads.add(threading.get_ident())
        return real(name, *args, **options)

    monkeypatch.setattr(os, "open", noted)

    async def work(sume: Any) -> int:
        await sume.uploads.asset_video(path)
        return threading.get_ident()

    with Scripted(reply(200)) as storage:
        loop_s: int = run_async(Api(upload_url=storage.url), work)
    assert threads
    assert loop_s not in threads


def test_cancelling_closes_the_file_and_the_connection_at_once(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO * 64)
    gone = threading.Event()

    def slow(seen: Seen, connection: socket.socket) -> None:
        try:
            while connection.recv(65536):
                if storage.over.wait(0.001):
                    return
        finally:
            gone.set()

    async def work(sume: Any) -> None:
        begun = asyncio.Event()

        def listen(sent: int, total: int, attempt: int) -> None:
            begun.set()

        task = asyncio.create_task(sume.uploads.asset_video(path, on_progress=listen))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert "nothing was created" in "".join(caught.value.__notes__)
        assert await asyncio.to_thread(gone.wait, 5)

    with Scripted(slow, body_limit=10) as storage:
        run_async(Api(upload_url=storage.url), work, clock=SystemClock())
    assert not still_open(path)


def test_an_early_answer_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO * 20)
    with (
        Scripted(reply(413), body_limit=1000) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
    ):
        with pytest.raises(UploadError):
            sume.uploads.asset_video(path)
        assert not still_open(path)


def still_open(path: Path) -> list[Path]:
    links: list[Path] = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            if link.readlink() == path:
                links.append(link)
        except OSError:
            continue
    return links


def test_the_sandbox_without_sockets_tells_progress_too() -> None:
    told: list[int] = []

    def listen(sent: int, total: int, attempt: int) -> None:
        told.append(sent)

    with (
        closing(Sandbox()) as sandbox,
        Sume(
            api_key=sandbox.api_key, base_url=sandbox.base_url, transport=sandbox.transport()
        ) as sume,
    ):
        sume.uploads.asset_video(VIDEO, on_progress=listen)
    assert told[-1] == len(VIDEO)
