"""Ten thousand jobs: two requests per hundred live jobs and tick, and every end noticed in time.

The threat: a scheduler that is right for ten jobs floods the API, or falls behind, at scale; or
keeps one promise by breaking the other as soon as lists don't show what they should. The bounds
asserted here are those that `sume_ext.waiting.scheduling` proves.
"""

from __future__ import annotations

import math
import random
import tracemalloc
from typing import Any

import pytest

from sume_ext.waiting.asking import PER_TICK
from sume_ext.waiting.scheduling import JOBS_PER_SECOND
from tests.models.jobs_api import LOST, NOT_SENT, Answer, Asked, refusal
from tests.models.workload import at, wait_for_all, workload

LATENCY = 0.1
_MOMENT = 1e-6


@pytest.mark.parametrize(
    ("count", "seed", "latency"),
    [
        (1, 5, LATENCY),
        (2, 6, LATENCY),
        (30, 1, LATENCY),
        (300, 2, 0.01),
        (300, 2, 0.3),
        pytest.param(1000, 3, LATENCY, marks=pytest.mark.slow),
    ],
)
def test_the_budget_is_kept_and_every_end_noticed_within_the_schedules_bound(
    count: int, seed: int, latency: float
) -> None:
    """In each tick, not on average; at the worst of all jobs, not at a quantile."""
    waited = wait_for_all(workload(count, seed=seed, latency=latency))
    assert len(waited.delays) == count
    assert waited.per_tick <= 1
    samples = 2  # polls of what the lists showed, in one round of so few pages
    assert waited.over[-1] <= (1 + samples) * latency + _MOMENT
    assert waited.requests <= max(0.4, 3 / count**0.5) * waited.fixed


@pytest.mark.slow
@pytest.mark.parametrize("latency", [0.01, LATENCY])
def test_ten_thousand_jobs_keep_both_promises(latency: float) -> None:
    """A hundred pages take ten seconds, for slow answers or, in the end, for want of budget.

    Where that is more than the schedule's bound, the bound is three such readings.
    """
    waited = wait_for_all(workload(10_000, seed=4, latency=latency))
    assert len(waited.delays) == 10_000
    assert waited.per_tick <= 1
    assert at(0.999, waited.over) <= latency
    assert waited.over[-1] <= 3 * 10 - 10_000 / JOBS_PER_SECOND
    assert waited.requests <= 0.02 * waited.fixed


@pytest.mark.parametrize("ages", [10.0, pytest.param(900.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("unlisted", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("strangers", [0.0, 1.5, 20.0])
@pytest.mark.slow
def test_mixed_ages_jobs_too_old_and_jobs_of_others(
    ages: float, unlisted: float, strangers: float
) -> None:
    """What lists show keeps its bound beside what they don't; that gets its share of requests."""
    count = 120
    api = workload(count, seed=3, ages=ages, unlisted=unlisted, strangers=strangers)
    waited = wait_for_all(api)
    assert len(waited.delays) == count
    assert waited.per_tick <= 1
    hidden = len(api.forgotten)
    turn = max(LATENCY, 1 / PER_TICK)  # once fewer than a hundred are left
    pages = math.ceil(len(api.jobs) / 100) + math.ceil(count * (1 + strangers) / 100)
    for job_id, over in waited.over_of.items():
        shown = job_id not in api.forgotten and strangers < 20
        slack = 3 * pages * turn if shown else 2 * max(hidden, count * (strangers >= 20)) * turn
        assert over <= slack + turn, job_id


def weather(rng: random.Random, share: float) -> Any:
    """Requests that fail now and then, of whatever kind they are."""
    trouble: list[Answer | Exception] = [
        LOST,
        NOT_SENT,
        refusal(503, "down"),
        refusal(429, "slow", **{"retry-after": "4"}),
    ]

    def fault(_: Asked) -> Answer | Exception | None:
        return rng.choice(trouble) if rng.random() < share else None

    return fault


@pytest.mark.parametrize("share", [0.05, 0.3])
@pytest.mark.parametrize("unlisted", [0.0, 0.4])
def test_mixed_trouble_adds_its_own_pauses_and_no_more(share: float, unlisted: float) -> None:
    """At most a hundred ticks for want of budget, and what the API asked to wait meanwhile."""
    api = workload(150, seed=9, ages=60, unlisted=unlisted)
    api.fault = weather(random.Random(5), share)
    waited = wait_for_all(api)
    assert len(waited.delays) == 150
    assert waited.per_tick <= 1
    longest_pause = 8.0
    faults = share * 2 * 100  # of the requests within a hundred ticks
    assert waited.over[-1] <= 100 + 2 * faults * longest_pause / 4
    assert waited.delays[len(waited.delays) // 2] <= 30


def test_slow_answers_are_waited_for_one_at_a_time() -> None:
    """Two seconds per request: the ticks stay nearly empty, and nothing is missed."""
    waited = wait_for_all(workload(200, latency=2.0))
    assert waited.per_tick <= 1
    assert len(waited.delays) == 200


@pytest.mark.slow
def test_memory_grows_by_little_per_job() -> None:
    """What was read is let go of; a job that ended keeps its own model."""
    peaks: list[int] = []
    for count in (50, 250):
        api = workload(count)
        tracemalloc.start()
        wait_for_all(api)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 200 < 8_000
