"""Guarantee: bytes that follow an answer are never taken for the next one.

The threats: a balancer that answers twice, so that a second paid job is reported under the first
one's id and its own is lost; a stray byte that spoils the next call.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sume_ext import AsyncSume, Sume, SumeError
from sume_ext.network.deadlines import Tail
from tests.faults.worlds import WORLDS, client
from tests.transfers.scripted import Talking

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


def created(number: int) -> bytes:
    told = {"object": "video_generation", "job_id": f"job_{number}", "status": "queued"}
    return json.dumps(told).encode()


def measured(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


def chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


TWICE: dict[str, Callable[[bytes], bytes]] = {
    "the answer twice": lambda body: measured(body) * 2,
    "its body twice": lambda body: measured(body) + body,
    "a line end": lambda body: measured(body) + b"\r\n",
    "the chunks twice": lambda body: chunked(body) * 2,
    "words after chunks": lambda body: chunked(body) + b"EXTRA",
    "its last chunk twice": lambda body: chunked(body) + b"0\r\n\r\n",
    "an old answer after chunks": lambda body: chunked(body) + measured(created(99)),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("answer", TWICE.values(), ids=TWICE)
def test_every_job_keeps_its_own_id(world: str, answer: Callable[[bytes], bytes]) -> None:
    with Talking(lambda number: answer(created(number))) as server:
        ids = _three_jobs(world, server.url)
    assert ids == ["job_1", "job_2", "job_3"]
    assert len(server.requests) == 3


@pytest.mark.parametrize("world", WORLDS)
def test_what_follows_an_answer_without_a_body_is_nobodys(world: str) -> None:
    """A refusal that says nothing; then the answer to a call that somebody gave up."""
    empty = measured(b"", "400 Bad Request") + measured(created(99))

    def answer(number: int) -> bytes:
        return empty if number == 1 else measured(created(number))

    with Talking(answer) as server:
        assert _three_jobs(world, server.url) == [None, "job_2", "job_3"]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("answer", [measured, chunked])
def test_a_connection_that_ends_as_it_should_is_kept(
    world: str, answer: Callable[[bytes], bytes]
) -> None:
    with Talking(lambda number: answer(created(number))) as server:
        assert _three_jobs(world, server.url) == ["job_1", "job_2", "job_3"]
    assert server.connections == 1


def _three_jobs(world: str, url: str) -> list[str | None]:
    """The ids of three jobs that are made one after the other; None where that is refused."""

    def order(sume: Any) -> Any:
        return sume.videos.generate(prompt="x")

    ids: list[str | None] = []
    if world == "sync":
        with client(Sume, url, timeout=5) as sume:
            for _ in range(3):
                with _noting(ids) as note:
                    note(order(sume).id)
        return ids

    async def work() -> None:
        async with client(AsyncSume, url, timeout=5) as sume:
            for _ in range(3):
                with _noting(ids) as note:
                    note((await order(sume)).id)

    asyncio.run(work())
    return ids


@contextmanager
def _noting(ids: list[str | None]) -> Generator[Callable[[str], None]]:
    try:
        yield ids.append
    except SumeError:
        ids.append(None)


@given(
    body=st.binary(min_size=1, max_size=12),
    more=st.one_of(
        st.binary(min_size=1, max_size=12), st.sampled_from([b"\r\n\r\n", b"0\r\n\r\n"])
    ),
    form=st.sampled_from([measured, chunked]),
    twice=st.booleans(),
)
@settings(deadline=None)
def test_a_byte_too_many_is_noticed_whatever_it_is(
    body: bytes, more: bytes, form: Callable[[bytes], bytes], *, twice: bool
) -> None:
    """Also where what follows ends as what was due did."""
    whole = form(body)
    assert _is_spoilt(whole + (whole if twice else more), body, form)
    assert not _is_spoilt(form(b"{" + body + b"}"), b"{" + body + b"}", form)


@given(body=st.binary(min_size=1, max_size=12), cut=st.integers(0, 6))
@settings(deadline=None)
def test_a_last_chunk_may_come_by_itself(body: bytes, cut: int) -> None:
    tail = Tail()
    tail._last = b"\r\n0\r\n\r\n"[cut:]
    tail.ends_with(body, chunked=True)
    assert not tail._spoilt


def _is_spoilt(came: bytes, piece: bytes, form: Callable[[bytes], bytes]) -> bool:
    tail = Tail()
    tail._last = came
    tail.ends_with(piece, chunked=form is chunked)
    return tail._spoilt
