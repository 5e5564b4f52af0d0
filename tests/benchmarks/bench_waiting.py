"""Waiting for many jobs against one poll per job every five seconds, on a clock of its own.

No network and no waiting: a model of the API that takes 0.1 s per request, and a clock that
jumps. The other client is arithmetic, and given requests that take no time at all.
"""

from __future__ import annotations

import time
import tracemalloc

from tests.models.workload import at, wait_for_all, workload

_LEGEND = """\
over bound: the latest notice beyond the schedule's bound: a tenth of the job's age, within 0.5 to
  10 s for images and 2 to 30 s for others; or 2 s per 1,000 jobs, if that is more. It is proven
  where all pages are read within a third of it, and three such rounds are the bound elsewhere (see
  sume_ext/waiting/scheduling.py): 10,000 jobs' pages take 10 s, one answer after the other
busiest tick: requests in one second, as a share of the two per 100 live jobs that are allowed"""
COUNTS = (1, 10, 100, 1_000, 10_000)


def main() -> None:
    """Print the table."""
    print("jobs of six types; 0.1 s per request; delays in seconds")  # noqa: T201
    print(  # noqa: T201  (a table for a person)
        f"{'jobs':>6} {'requests':>9} {'fixed 5 s':>10} {'ratio':>6} "
        f"{'delay p50':>10} {'p99':>6} {'over bound':>11} {'fixed p50':>10} {'p99':>5} "
        f"{'busiest tick':>13} {'CPU s':>6} {'peak MB':>8}"
    )
    for count in COUNTS:
        api = workload(count)
        tracemalloc.start() if count <= COUNTS[-2] else None
        before, began = tracemalloc.get_traced_memory()[0], time.process_time()
        waited = wait_for_all(api)
        cpu = time.process_time() - began
        peak = f"{(tracemalloc.get_traced_memory()[1] - before) / 1e6:8.1f}"
        measured = tracemalloc.is_tracing()
        tracemalloc.stop()
        print(  # noqa: T201  (a table for a person)
            f"{count:>6,} {waited.requests:>9,} {waited.fixed:>10,} "
            f"{waited.requests / waited.fixed:>6.1%} "
            f"{at(0.5, waited.delays):>10.1f} {at(0.99, waited.delays):>6.1f} "
            f"{max(0.0, waited.over[-1]):>11.1f} "
            f"{at(0.5, waited.fixed_delays):>10.1f} {at(0.99, waited.fixed_delays):>5.1f} "
            f"{waited.per_tick:>12.0%} {cpu:>7.1f} {peak if measured else '-':>8}"
        )
    print(_LEGEND)  # noqa: T201


if __name__ == "__main__":
    main()
