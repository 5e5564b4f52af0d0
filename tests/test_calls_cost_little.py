"""Guarantee: a call does no more than it has to, counted in what costs time, never in time.

The threat is a slow creep: one more step, function, import or write for every call, none of which
any test of behaviour would notice. What the counts amount to is measured by `tests/benchmarks`.
"""

from __future__ import annotations

import asyncio
import builtins
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import AsyncSume, Sume
from sume_ext.network.deadlines import BoundedStream
from sume_ext.runners.awaiting import AsyncRunner
from sume_ext.runners.blocking import Runner
from tests.faults.server import FaultServer
from tests.faults.worlds import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    import httpcore


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


def test_a_read_takes_two_steps(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    perform = Runner._perform

    def noting(self: Runner, step: Any, course: Any) -> object:
        steps.append(type(step).__name__)
        return perform(self, step, course)

    monkeypatch.setattr(Runner, "_perform", noting)
    with Sume(api_key=KEY, base_url=server.url("ok")) as sume:
        assert sume.jobs.get("job_1").id == "job_1"
    assert steps == ["Now", "Exchange"]


def test_an_awaited_read_takes_the_same_steps(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    perform = AsyncRunner._perform

    async def noting(self: AsyncRunner, step: Any, course: Any) -> object:
        steps.append(type(step).__name__)
        return await perform(self, step, course)

    async def once() -> str:
        async with AsyncSume(api_key=KEY, base_url=server.url("ok")) as sume:
            return (await sume.jobs.get("job_1")).id

    monkeypatch.setattr(AsyncRunner, "_perform", noting)
    assert asyncio.run(once()) == "job_1"
    assert steps == ["Now", "Exchange"]


def _entered(work: Callable[[], object]) -> list[str]:
    """The functions of ours, generated ones included, that are entered or gone on with."""
    names: list[str] = []

    def noting(frame: FrameType, event: str, _: object) -> None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if event == "call" and package in ("sume_ext", "sume_api"):
            names.append(f"{frame.f_globals['__name__']}.{frame.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(noting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return names


# A few more than there are, because an answer may come in pieces; not one for each call.
@pytest.mark.parametrize(("resource", "most"), [("avatars", 144), ("jobs", 166)])
def test_a_read_enters_few_functions(server: FaultServer, resource: str, most: int) -> None:
    with Sume(api_key=KEY, base_url=server.url("ok")) as sume:
        get = getattr(sume, resource).get
        get("id_1")
        entered = _entered(lambda: get("id_1"))
    assert len(entered) <= most, Counter(entered)


def test_a_read_imports_nothing(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import in a function is made again at each call, and takes longer than most functions."""
    asked_for: list[str] = []
    actual = builtins.__import__

    def noting(name: str, *args: Any, **kwargs: Any) -> Any:
        asked_for.append(name)
        return actual(name, *args, **kwargs)

    with Sume(api_key=KEY, base_url=server.url("ok")) as sume:
        sume.jobs.get("job_1")
        monkeypatch.setattr(builtins, "__import__", noting)
        sume.jobs.get("job_1")
        monkeypatch.undo()
    assert asked_for == []


def test_a_call_on_an_open_connection_writes_once_and_reads_little(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large buffer for each read, or a write for an empty body, costs more than the parsing."""
    done: Counter[str] = Counter()
    read, send = BoundedStream.read, BoundedStream._send

    class Inner:
        """The connection below, which notes how much was asked of it."""

        def __init__(self, inner: httpcore.NetworkStream) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            done["reads"] += 1
            done["most asked for"] = max(done["most asked for"], max_bytes)
            return self._inner.read(max_bytes, timeout)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    def reading(self: Any, *args: Any, **kwargs: Any) -> bytes:
        if not isinstance(self._inner, Inner):
            self._inner = Inner(self._inner)
        return read(self, *args, **kwargs)

    def sending(self: Any, piece: Any, limit: Any) -> int:
        done["writes"] += 1
        return send(self, piece, limit)

    monkeypatch.setattr(BoundedStream, "read", reading)
    monkeypatch.setattr(BoundedStream, "_send", sending)
    with Sume(api_key=KEY, base_url=server.url("ok")) as sume:
        sume.jobs.get("job_1")
        done.clear()
        sume.jobs.get("job_1")
    assert done["writes"] == 1
    assert done["reads"] <= 2
    assert done["most asked for"] <= 64 * 1024


class Pieces:
    """A connection that brings so much at each read, and notes how much was asked for."""

    def __init__(self, *sizes: int) -> None:
        self._sizes = [*sizes]
        self.asked: list[int] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        self.asked.append(max_bytes)
        return b"x" * self._sizes.pop(0)


def test_larger_pieces_are_asked_for_only_while_they_come_full() -> None:
    class Whenever:
        """No time is too late."""

        def reading(self) -> float:
            return 1.0

    inner: Any = Pieces(100, 1000, 500_000, 10, 10)
    stream = BoundedStream(inner)
    for _ in range(5):
        stream.read(1000, Whenever())
    assert inner.asked == [1000, 1000, 512 * 1024, 512 * 1024, 1000]
