"""Guarantee: what a signal handler raises leaves a call as it is, at once.

The threats: a job runner's time limit (Celery's, RQ's), which raises from a handler, is taken for
a failure of the network: renamed, lived through, and the request sent once more.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from sume_ext import OutcomeUnknownError, Sume
from sume_ext.runners.interruptions import outcome_of
from tests.faults.server import FaultServer
from tests.faults.worlds import client, read, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any


class TimeIsUpError(Exception):
    """What a job runner bounds its jobs with."""


class StillTimeIsUpError(TimeoutError):
    """The same, of a kind that sockets raise as well."""


class Runner:
    """A job runner: its handler is a method."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind

    def stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._raise()

    def _raise(self) -> None:
        raise self._kind("60 s are over")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


@pytest.fixture(params=[TimeIsUpError, StillTimeIsUpError])
def limit(request: pytest.FixtureRequest) -> Iterator[type[Exception]]:
    """A time limit that is over in the middle of what follows."""
    kind: type[Exception] = request.param
    before = signal.signal(signal.SIGALRM, Runner(kind).stop)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        yield kind
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def wait(sume: Any) -> Any:
    return sume.jobs.wait("job_1")


@pytest.mark.parametrize("fault", ["hang", "hang-in-body"])
@pytest.mark.parametrize("call", [read, spend, wait])
def test_a_time_limit_is_nobodys_network_failure(
    server: FaultServer, call: Callable[[Any], Any], fault: str, limit: type[Exception]
) -> None:
    with client(Sume, server.url(fault), timeout=20) as sume, pytest.raises(limit) as caught:
        call(sume)
    assert len(server.seen) == 1
    unknown = outcome_of(caught.value)
    assert isinstance(unknown, OutcomeUnknownError) is (call is spend)
