"""Guarantee: trouble with one job neither hides the end of another nor passes for its answer."""

from __future__ import annotations

import pytest

from sume_ext import JobTimeoutError, SchemaMismatchError, Sume
from sume_ext.sandbox import Fault, Sandbox
from tests.support import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def client(sandbox: Sandbox, clock: FakeClock) -> Sume:
    return Sume(
        api_key=sandbox.api_key,
        base_url=sandbox.base_url,
        transport=sandbox.transport(),
        clock=clock,
    )


@pytest.mark.parametrize("trouble", ["status=500", "reset=before", "status=429"])
def test_a_job_that_cannot_be_looked_at_keeps_no_other_waiting(
    clock: FakeClock, trouble: str
) -> None:
    """The first in line would be asked for ever, and the others told as timed out."""
    sandbox = Sandbox(clock=clock.monotonic)
    with client(sandbox, clock) as sume:
        first, second = (sume.images.generate(prompt="x") for _ in range(2))
        sandbox.faults.add(Fault.parse(f'"GET /jobs/{first.id}" {trouble} times=null'))
        sandbox.faults.add("list_jobs status=500 times=null")
        troubled, fine = sume.jobs.wait_many([first.id, second.id], timeout=120)
    assert isinstance(troubled.error, JobTimeoutError)
    assert fine.ok


def test_another_job_is_not_taken_for_the_one_asked_for(clock: FakeClock) -> None:
    sandbox = Sandbox(clock=clock.monotonic)
    with client(sandbox, clock) as sume:
        job = sume.images.generate(prompt="x")
        sandbox.faults.add(operation="get_job", set={"id": "job_other"}, times=None)
        with pytest.raises(SchemaMismatchError, match="another"):
            sume.jobs.wait(job.id, timeout=60)
        (outcome,) = sume.jobs.wait_many([job.id], timeout=60)
    assert isinstance(outcome.error, SchemaMismatchError)


def test_a_status_called_unknown_does_not_wait_for_ever(clock: FakeClock) -> None:
    """It is what this package calls a job nobody has looked at; the API may call one so, too."""
    sandbox = Sandbox(clock=clock.monotonic)
    with client(sandbox, clock) as sume:
        job = sume.images.generate(prompt="x")
        sandbox.faults.add(operation="get_job", set={"status": "unknown"}, times=None)
        with pytest.warns(UserWarning, match="newer"), pytest.raises(JobTimeoutError):
            sume.jobs.wait(job.id, timeout=None)
