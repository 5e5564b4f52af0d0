"""Guarantee: an upload by asynchronous code hears and endures what one by blocking does.

The threats: storage says why it refuses a large file and hangs up, and an event loop, which was
still writing, never hears it and sends the file again and again; a slow line that an event loop
takes for a dead one, because it hands over too much at once to see any of it go.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import UploadError
from sume_ext.network.deadlines import AsyncBoundedStream
from tests.faults.worlds import WORLDS
from tests.transfers.clients import VIDEO, client, run_async
from tests.transfers.scripted import Api, Scripted, Seen, head

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE = VIDEO * 16


def upload(world: str, api: Api, **options: Any) -> Any:
    def begin(sume: Any) -> Any:
        return sume.uploads.asset_video(LARGE, name="clip.mp4", **options)

    if world == "async":
        return run_async(api, begin)
    with client(api) as (sume, _):
        return begin(sume)


def _refuse_and_hang_up(seen: Seen, connection: socket.socket) -> None:
    del seen
    connection.sendall(head(413, content_length=0))
    time.sleep(0.05)  # the client is writing by now, and nobody reads
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("world", WORLDS)
def test_an_answer_in_the_middle_of_the_sending_is_heard(world: str) -> None:
    with Scripted(_refuse_and_hang_up, body_limit=1_000_000) as storage:
        with pytest.raises(UploadError, match="413"):
            upload(world, Api(upload_url=storage.url))
        assert len(storage.requests) == 1


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", [LookupError, KeyboardInterrupt])
def test_what_a_listener_raises_leaves_unchanged(world: str, kind: type[BaseException]) -> None:
    end = kind("mine")

    def listen(*_: int) -> None:
        raise end

    def refuse(seen: Seen, connection: socket.socket) -> None:
        del seen, connection

    with Scripted(refuse) as storage, pytest.raises(kind) as caught:
        upload(world, Api(upload_url=storage.url), on_progress=listen)
    assert caught.value is end


class Slow:
    """A connection that notes how much it is given at once."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self.sizes.append(len(buffer))


def test_an_event_loop_is_given_little_at_once() -> None:
    """It says when all of it is gone, so each piece must fit into a pause on the slowest line."""

    class Times:
        """Counts how often it is asked how long a piece may take."""

        began = False
        asked = 0

        def writing(self) -> float:
            self.asked += 1
            return 1.0

    inner: Any = Slow()
    times = Times()
    write: Callable[..., Any] = AsyncBoundedStream(inner).write
    asyncio.run(write(bytes(1024 * 1024 + 1), times))
    assert sum(inner.sizes) == 1024 * 1024 + 1
    assert max(inner.sizes) <= 64 * 1024
    assert times.asked == len(inner.sizes)
