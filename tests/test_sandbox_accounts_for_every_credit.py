"""Guarantee: whatever happens to jobs, and in whatever order, no credit is lost or made.

The threat is a stand-in that double-refunds, or spends twice under load: an app's own accounting
tested against it would be tested against nonsense.
"""

from __future__ import annotations

import threading

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sume_ext.sandbox import Limits, Sandbox
from sume_ext.sandbox.problems import Problem
from sume_ext.sandbox.records import ACTIVE, PAID_JOBS
from tests.sandbox.api import Api

START = 60.0


class Ledger(RuleBasedStateMachine):
    """Random submissions, endings and time, against what must add up."""

    def __init__(self) -> None:
        super().__init__()
        limits = Limits(jobs=8)
        self.sandbox = Sandbox(clock="manual", credits=START, active_limit=5, limits=limits)
        self.world = self.sandbox._world
        self.home = self.world.workspace("sandbox")
        self.refusals: set[str] = set()

    def active(self) -> list[str]:
        return [job.id for job in self.world.jobs if job.status in ACTIVE]

    @rule(kind=st.sampled_from([*PAID_JOBS, "asset_ingest"]), cost=st.integers(1, 25))
    def submit(self, kind: str, cost: float) -> None:
        price = cost if kind in PAID_JOBS else 0
        try:
            if price:
                self.world.jobs.afford(self.home, price)
            self.world.jobs.submit(self.home, kind, cost=price, outputs=("video-9x16.mp4",))
        except Problem as problem:
            self.refusals.add(problem.code)

    @rule(seconds=st.floats(0, 20))
    def pass_time(self, seconds: float) -> None:
        self.sandbox.advance(seconds)

    @rule(outcome=st.sampled_from(["failed", "canceled", "expired", "stuck"]))
    def doom_the_next(self, outcome: str) -> None:
        self.sandbox.jobs.fail_next(outcome=outcome)

    @precondition(lambda self: self.active())
    @rule(data=st.data(), ending=st.sampled_from(["complete", "fail", "cancel", "expire"]))
    def end_one(self, data: st.DataObject, ending: str) -> None:
        getattr(self.sandbox.jobs, ending)(data.draw(st.sampled_from(self.active())))

    @invariant()
    def every_credit_is_somewhere(self) -> None:
        reserved = sum(job.cost for job in self.world.jobs if job.status in ACTIVE)
        assert self.home.credits + reserved + self.home.spent == START
        assert self.home.credits >= 0

    @invariant()
    def only_three_things_are_refused(self) -> None:
        known = {"insufficient_credits", "active_job_limit_exceeded", "sandbox_full"}
        assert self.refusals <= known

    @invariant()
    def the_active_are_counted(self) -> None:
        paid = [j for j in self.world.jobs if j.status in ACTIVE and j.type in PAID_JOBS]
        assert self.home.active == len(paid) <= 5

    @invariant()
    def every_index_agrees(self) -> None:
        shelf = self.world.jobs.shelf(self.home)
        assert len(shelf) == len(self.world.jobs) <= 8
        for (name, value), numbers in shelf._by.items():
            assert numbers == sorted(
                job.number for job in self.world.jobs if getattr(job, name) == value
            )


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_many_at_once_never_overspend() -> None:
    statuses: list[int] = []
    with Sandbox(clock="manual", credits=70) as sandbox:

        def order() -> None:
            with Api(sandbox) as api:
                for _ in range(5):
                    answer = api.post("/videos/generations", json={"prompt": "x", "duration": 5})
                    statuses.append(answer.status_code)

        threads = [threading.Thread(target=order) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [202] * 7 + [402] * 33
        assert sandbox.credits() == 0
