"""Ten thousand jobs cost at most two requests per hundred live jobs and tick, and little memory.

The threat: a scheduler that is right for ten jobs floods the API, or falls behind, at scale.
"""

from __future__ import annotations

import tracemalloc

import pytest

from tests.models.workload import at, wait_for_all, workload


@pytest.mark.parametrize(
    ("count", "seed"),
    [
        (30, 1),
        (300, 2),
        (800, 3),
        pytest.param(10_000, 4, marks=pytest.mark.slow),
    ],
)
def test_the_budget_is_kept_and_every_end_noticed_in_time(count: int, seed: int) -> None:
    """In each tick, not on average; and the lateness is the schedule's, plus one reading."""
    waited = wait_for_all(workload(count, seed=seed))
    assert len(waited.delays) == count
    assert waited.per_tick <= 1
    assert waited.requests <= max(0.3, 3 / count**0.5) * waited.fixed
    one_reading = 0.1 * (count / 100 + 50)  # every page, and a round of single polls
    assert waited.over[-1] <= one_reading
    assert at(0.99, waited.over) <= 0.1 * count / 100 + 1


def test_slow_answers_are_waited_for_one_at_a_time() -> None:
    """Two seconds per request: the ticks stay nearly empty, and nothing is missed."""
    waited = wait_for_all(workload(200, latency=2.0))
    assert waited.per_tick <= 1
    assert len(waited.delays) == 200


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
