"""Guarantee: an upload ends whole or says at which step it stopped; nothing is done twice blindly.

The threat is a network that breaks at every place, a file that changes meanwhile, and an asset
that is ingested twice because an answer got lost.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import random
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sume_ext import (
    AuthenticationError,
    InvalidArgumentError,
    OutcomeUnknownError,
    SchemaMismatchError,
    UploadError,
)
from sume_ext.clock import SystemClock
from sume_ext.network import deadlines
from sume_ext.network.pace import Pace
from sume_ext.transfers import sending
from sume_ext.uploads import created_nothing
from tests.support import FakeClock
from tests.transfers.clients import VIDEO, client, run_async
from tests.transfers.scripted import Api, Scripted, Seen, close, head, reply, reset

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transfers.scripted import Act


def breaking(seen: Seen, connection: socket.socket) -> None:
    reset(connection)


def closing(seen: Seen, connection: socket.socket) -> None:
    close(connection)


def test_the_steps_come_in_order() -> None:
    with Scripted(reply(200)) as storage, client(Api(upload_url=storage.url)) as (sume, api):
        job = sume.uploads.asset_video(VIDEO)
    assert job.id == "job_9"
    assert job.type == "asset_ingest"
    assert [seen.target for seen in api.requests] == ["/api/v1/uploads/presign", "/api/v1/assets"]
    assert json.loads(api.requests[1].body) == {
        "object_key": "uploads/key-1",
        "file_name": "video.mp4",
        "content_type": "video/mp4",
        "size_bytes": len(VIDEO),
    }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, len(VIDEO)), min_size=1, max_size=4))
def test_wherever_the_put_breaks_it_is_sent_again_from_the_start(offsets: list[int]) -> None:
    left = iter(offsets)

    class Cutting(Scripted):
        def _read(self, connection: socket.socket) -> Seen | None:
            self._body_limit = next(left, None)
            return super()._read(connection)

    acts: list[Act] = [breaking] * len(offsets)
    with (
        Cutting(*acts, reply(200)) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
    ):
        sume.uploads.asset_video(VIDEO)
    assert storage.requests[-1].body == VIDEO
    assert len(storage.requests) == len(offsets) + 1


@pytest.mark.parametrize("act", [breaking, closing, reply(500), reply(503), reply(408)])
def test_what_passes_is_tried_again(act: Act) -> None:
    with (
        Scripted(act, act, reply(200)) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
    ):
        sume.uploads.asset_video(VIDEO)
    assert len(storage.requests) == 3


def test_it_is_not_tried_for_ever() -> None:
    with Scripted(breaking) as storage, client(Api(upload_url=storage.url)) as (sume, api):
        with pytest.raises(UploadError) as caught:
            sume.uploads.asset_video(VIDEO)
        assert caught.value.step == "put"
        assert len(storage.requests) == 5
        assert len(api.requests) == 1
    assert "Next:" in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).step == "put"


def test_storage_s_pause_is_kept_and_a_pause_of_days_is_not() -> None:
    clock = FakeClock()
    with (
        Scripted(reply(503, retry_after=17), reply(200)) as storage,
        client(Api(upload_url=storage.url), clock=clock) as (sume, _),
    ):
        sume.uploads.asset_video(VIDEO)
    assert clock.sleeps == [17]
    with (
        Scripted(reply(503, retry_after=86400)) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
        pytest.raises(UploadError, match="503"),
    ):
        sume.uploads.asset_video(VIDEO)


@pytest.mark.parametrize("status", [411, 413, 415, 422])
def test_a_server_that_answers_early_is_heard(status: int) -> None:
    """It says no before it has read the file, and closes; the answer counts, not the reset."""
    text = b"<Error><Code>EntityTooLarge</Code><Message>key secret</Message></Error>"

    def early(seen: Seen, connection: socket.socket) -> None:
        reply(status, text)(seen, connection)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    large = VIDEO * 20
    with (
        Scripted(early, body_limit=1000) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
        pytest.raises(UploadError, match=f"{status} EntityTooLarge") as caught,
    ):
        sume.uploads.asset_video(large)
    assert len(storage.requests) == 1
    assert caught.value.step == "put"
    assert "secret" not in str(caught.value)


def agrees_too_soon(seen: Seen, connection: socket.socket) -> None:
    connection.sendall(head(200, content_length=0))
    time.sleep(0.05)
    connection.shutdown(socket.SHUT_RDWR)


def test_half_a_file_is_not_stored_whatever_storage_says() -> None:
    """It says yes before it has read the file, and closes: an asset of half a file was made."""
    large = VIDEO * 20
    with Scripted(agrees_too_soon, body_limit=1000) as storage:
        early = pytest.raises(UploadError, match="before it had the whole file")
        with client(Api(upload_url=storage.url)) as (sume, api), early as caught:
            sume.uploads.asset_video(large)
        assert len(storage.requests) == 5
        assert not [seen for seen in api.requests if seen.target.endswith("/assets")]

        async def work(sume: Any) -> None:
            with pytest.raises(UploadError):
                await sume.uploads.asset_video(large)

        run_async(Api(upload_url=storage.url), work)
    assert caught.value.step == "put"


def test_a_storage_that_stalls_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "STALL_SECONDS", 0.3)

    def silence(seen: Seen, connection: socket.socket) -> None:
        storage.over.wait(5)

    large = VIDEO * 20
    for limit in (1000, None):
        with (
            Scripted(silence, body_limit=limit) as storage,
            client(Api(upload_url=storage.url)) as (sume, _),
        ):
            with pytest.raises(UploadError, match="Tried 5 times"):
                sume.uploads.asset_video(large)
            storage.over.set()


def test_a_storage_that_takes_too_slowly_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a few bytes again and again, so that no single pause is long."""
    monkeypatch.setattr(deadlines, "Pace", partial(Pace, least=64 * 1024 * 1024, window=0.05))

    def sip(seen: Seen, connection: socket.socket) -> None:
        while connection.recv(65536) and not storage.over.wait(0.01):
            pass

    with (
        Scripted(sip, body_limit=1000) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
    ):
        with pytest.raises(UploadError, match=r"took nothing more.* Tried 5 times"):
            sume.uploads.asset_video(VIDEO * 20)
        storage.over.set()


# --- a file that changes -----------------------------------------------------------------------


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def shrink(path: Path) -> None:
    os.truncate(path, 100)


def rewrite(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[::-1])
    os.utime(path, ns=(1, 1))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [grow, shrink, rewrite])
@pytest.mark.parametrize("size", [1, 5])
def test_a_file_that_changes_while_it_is_sent_is_an_error(
    tmp_path: Path, change: Any, size: int
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO * size)

    class Presigned(Api):
        def _place(self, asked: Any) -> Any:
            change(path)
            return super()._place(asked)

    with Scripted(reply(200)) as storage, client(Presigned(upload_url=storage.url)) as (sume, api):
        with pytest.raises(UploadError, match="changed") as caught:
            sume.uploads.asset_video(path)
        assert not [seen for seen in api.requests if seen.target.endswith("/assets")]
    assert caught.value.step == "put"
    assert not any(seen.whole for seen in storage.requests)


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_file_given_as_a_stream_that_changes_is_an_error(tmp_path: Path, buffering: int) -> None:
    """Half of it is what it was, half of it what it is: storage would keep the mixture."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO * 5)

    class Presigned(Api):
        def _place(self, asked: Any) -> Any:
            rewrite(path)
            return super()._place(asked)

    with (
        Scripted(reply(200)) as storage,
        client(Presigned(upload_url=storage.url)) as (sume, _),
        path.open("rb", buffering) as stream,
        pytest.raises(UploadError, match="changed"),
    ):
        sume.uploads.asset_video(stream)
    assert not any(seen.whole for seen in storage.requests)


@pytest.mark.parametrize("change", [replace, remove])
def test_a_file_that_is_gone_for_the_second_attempt_is_an_error(
    tmp_path: Path, change: Any
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO)

    def act(seen: Seen, connection: socket.socket) -> None:
        change(path)
        reset(connection)

    with (
        Scripted(act, reply(200)) as storage,
        client(Api(upload_url=storage.url)) as (sume, _),
        pytest.raises(UploadError) as caught,
    ):
        sume.uploads.asset_video(path)
    assert caught.value.step in ("put", "source")
    assert not any(seen.whole for seen in storage.requests[1:])


# --- presign and finalize ----------------------------------------------------------------------


def answered_once_with(act: Act, route: str) -> tuple[Api, dict[str, int]]:
    """An API whose first answer to a route is another one; counts the requests to it."""
    count = {"requests": 0}

    class Flawed(Api):
        def __call__(self, seen: Seen, connection: socket.socket) -> None:
            if not seen.target.endswith(route):
                return super().__call__(seen, connection)
            count["requests"] += 1
            if count["requests"] == 1:
                return act(seen, connection)
            return super().__call__(seen, connection)

    return Flawed(), count


@pytest.mark.parametrize("act", [breaking, closing, reply(500), reply(503)])
def test_a_lost_presign_is_asked_for_again(act: Act) -> None:
    """Nobody is harmed by a URL that isn't used."""
    api, count = answered_once_with(act, "/uploads/presign")
    with Scripted(reply(200)) as storage, client(api) as (sume, _):
        api.upload_url = storage.url
        sume.uploads.asset_video(VIDEO)
    assert count["requests"] == 2


@pytest.mark.parametrize("act", [breaking, closing, reply(500), reply(502, b"<html>")])
def test_a_lost_finalize_is_never_repeated(act: Act) -> None:
    api, count = answered_once_with(act, "/assets")
    with Scripted(reply(200)) as storage, client(api) as (sume, _):
        api.upload_url = storage.url
        with pytest.raises(OutcomeUnknownError) as caught:
            sume.uploads.asset_video(VIDEO)
    assert count["requests"] == 1
    assert len(storage.requests) == 1
    assert caught.value.job_type == "asset_ingest"
    assert "asset_ingest" in str(caught.value)
    assert "find_recent" in str(caught.value)
    assert "key-1" not in str(caught.value)


def test_a_finalize_that_was_refused_as_too_many_is_repeated() -> None:
    """429 is a promise that nothing was done."""
    api, count = answered_once_with(reply(429, retry_after=1), "/assets")
    with Scripted(reply(200)) as storage, client(api) as (sume, _):
        api.upload_url = storage.url
        assert sume.uploads.asset_video(VIDEO).id == "job_9"
    assert count["requests"] == 2


@pytest.mark.parametrize(
    ("route", "step"), [("/uploads/presign", "presign"), ("/assets", "finalize")]
)
def test_an_error_of_the_api_stays_what_it_is_and_names_the_step(route: str, step: str) -> None:
    denied = reply(401, b'{"error":{"code":"unauthorized","message":"no"},"request_id":"req_1"}')
    api, _ = answered_once_with(denied, route)
    with Scripted(reply(200)) as storage, client(api) as (sume, _):
        api.upload_url = storage.url
        with pytest.raises(AuthenticationError) as caught:
            sume.uploads.asset_video(VIDEO)
    assert step in "".join(caught.value.__notes__)


def test_an_api_that_cannot_be_reached_is_the_step_presign() -> None:
    with client(breaking) as (sume, _), pytest.raises(UploadError) as caught:
        sume.uploads.asset_video(VIDEO)
    assert caught.value.step == "presign"


@pytest.mark.parametrize(
    ("missing", "method", "said"),
    [("media_url", "face_swap_video", "media URL"), ("object_key", "asset_video", "key")],
)
def test_what_is_needed_afterwards_is_looked_for_before_anything_is_sent(
    missing: str, method: str, said: str
) -> None:
    """Gigabytes would go to storage for nothing."""

    class Silent(Api):
        def _place(self, asked: Any) -> Any:
            return super()._place(asked) | {missing: None}

    with Scripted(reply(200)) as storage:
        lacking = pytest.raises(SchemaMismatchError, match=said)
        with client(Silent(upload_url=storage.url)) as (sume, _), lacking:
            getattr(sume.uploads, method)(VIDEO)
        assert not storage.requests


@pytest.mark.parametrize("step", ["presign", "put", "finalize"])
def test_whoever_interrupts_an_upload_is_told_where_and_how_to_go_on(step: str) -> None:
    """After presign and PUT it may simply be sent again, but not after finalize."""
    reached = threading.Event()

    def silence(seen: Seen, connection: socket.socket) -> None:
        reached.set()
        storage.over.wait(5)

    api, _ = answered_once_with(
        silence, {"presign": "/presign", "finalize": "/assets"}.get(step, "?")
    )

    async def work(sume: Any) -> BaseException:
        task = asyncio.create_task(sume.uploads.asset_video(VIDEO))
        await asyncio.to_thread(reached.wait, 5)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        storage.over.set()
        return caught.value

    with Scripted(silence if step == "put" else reply(200)) as storage:
        api.upload_url = storage.url
        interruption = run_async(api, work)
    told = "".join(interruption.__notes__)
    assert f"stopped at {step}" in told
    assert ("nothing was created" in told) is created_nothing(interruption) is (step != "finalize")
    assert ("the file is stored" in told) is ("find_recent" in told) is (step == "finalize")


# --- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1000, None])
def test_a_timeout_ends_an_upload_that_stalls(limit: int | None) -> None:
    """Whether storage stops taking bytes, or takes them all and says nothing."""

    def silence(seen: Seen, connection: socket.socket) -> None:
        storage.over.wait(10)

    with (
        Scripted(silence, body_limit=limit) as storage,
        client(Api(upload_url=storage.url), clock=SystemClock()) as (sume, api),
    ):
        with pytest.raises(UploadError, match="longer than allowed") as caught:
            sume.uploads.asset_video(VIDEO * 20, timeout=0.3)
        assert len(storage.requests) == 1
        assert not [seen for seen in api.requests if seen.target.endswith("/assets")]
        storage.over.set()
    assert caught.value.step == "put"
    assert "timeout=" in caught.value.hint


def test_a_timeout_bounds_all_attempts_and_pauses_together() -> None:
    clock = FakeClock()
    with (
        Scripted(reply(503, retry_after=17)) as storage,
        client(Api(upload_url=storage.url), clock=clock) as (sume, _),
    ):
        with pytest.raises(UploadError, match="longer than allowed"):
            sume.uploads.face_swap_video(VIDEO, timeout=20)
        assert len(storage.requests) == 2
    assert clock.sleeps == [17]


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), True, "5", 10**400])
def test_a_timeout_that_is_none_is_refused(timeout: Any) -> None:
    with client(Api()) as (sume, api):
        with pytest.raises(InvalidArgumentError, match="timeout"):
            sume.uploads.asset_video(VIDEO, timeout=timeout)
        assert not api.requests


def test_asynchronous_code_gets_the_same_errors() -> None:
    with Scripted(breaking) as storage:

        async def work(sume: Any) -> UploadError:
            with pytest.raises(UploadError) as caught:
                await sume.uploads.asset_video(VIDEO)
            return caught.value

        error = run_async(Api(upload_url=storage.url), work)
    assert error.step == "put"
    assert len(storage.requests) == 5


def test_random_breaks_of_both_ends_never_lose_a_byte(tmp_path: Path) -> None:
    rng = random.Random(11)
    path = tmp_path / "clip.mp4"
    for _ in range(5):
        content = VIDEO[:32] + rng.randbytes(rng.randrange(1, 3_000_000))
        path.write_bytes(content)
        acts: list[Act] = [rng.choice([breaking, closing, reply(503)]) for _ in range(3)]
        with (
            Scripted(*acts, reply(200)) as storage,
            client(Api(upload_url=storage.url)) as (sume, _),
        ):
            sume.uploads.asset_video(path)
        assert storage.requests[-1].body == content
