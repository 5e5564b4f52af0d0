"""Many jobs of mixed types as people make them, and how well a client waited for them."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections import Counter

from attrs import define, field, frozen

from sume_ext.waiting.polling import schedule_for
from sume_ext.waiting.scheduling import JOBS_PER_SECOND
from tests.models.jobs_api import ModelApi, ModelJob
from tests.support import FakeClock

MIX = {
    "image_generation": (15, 0.4),
    "video_generation": (150, 0.5),
    "ads_video": (240, 0.4),
    "face_swap": (120, 0.5),
    "reference_analysis": (60, 0.5),
    "asset_ingest": (40, 0.5),
}
"""Type: median seconds it takes, and the spread of their logarithm. Guessed: the docs say only
that videos and analyses take longer than images."""


def workload(
    count: int,
    *,
    latency: float = 0.1,
    seed: int = 7,
    ages: float = 10.0,
    unlisted: float = 0.0,
    strangers: float = 0.0,
) -> ModelApi:
    """An API with our jobs, ``job_…``.

    Args:
        count: How many.
        latency: Seconds that each request takes.
        seed: Makes each course.
        ages: Seconds over which they were submitted; some may have ended long ago.
        unlisted: Share of them that no list shows.
        strangers: Jobs of others per job of ours, all over the lists, and running for ever.
    """
    rng = random.Random(seed)
    clock = FakeClock()
    api = ModelApi(clock, latency=latency)
    for n in range(count):
        for m in range(int(strangers * (n + 1)) - int(strangers * n)):
            api.add(ModelJob(f"other_{n}_{m}", born=clock.now - ages + ages * n / count))
        job_type = rng.choice([*MIX])
        median, spread = MIX[job_type]
        takes = rng.lognormvariate(math.log(median), spread)
        end = rng.choices(["completed", "failed", "canceled", "expired"], [94, 4, 1, 1])[0]
        course = [(0.0, "queued"), (takes * rng.uniform(0, 0.3), "running"), (takes, end)]
        api.add(ModelJob(f"job_{n}", job_type, clock.now - ages + ages * n / count, course))
        if rng.random() < unlisted:
            api.forgotten.add(f"job_{n}")
    return api


@frozen
class Waited:
    """How a wait went.

    Attributes:
        requests: How many it took.
        delays: How long after its end each job was noticed, sorted, in seconds.
        over: How much later than its bound each was noticed, sorted: that of its schedule at
            its age, or 2 s per 1,000 jobs if that is more.
        over_of: The same, by job.
        per_tick: The most requests in one tick, as a share of two per hundred live jobs.
        fixed: What one poll per job every five seconds would have taken.
        fixed_delays: Its delays, sorted.
    """

    requests: int
    delays: list[float]
    over: list[float]
    over_of: dict[str, float] = field(repr=False)
    per_tick: float
    fixed: int
    fixed_delays: list[float]


@define
class Watcher:
    """Notes when each end is noticed."""

    api: ModelApi
    started: float
    noticed: dict[str, float]

    @classmethod
    def of(cls, api: ModelApi) -> Watcher:
        return cls(api, api.clock.now, {})

    def sums(self) -> Waited:
        """How it went."""
        order = sorted(self.noticed.values())
        ticks = Counter(math.floor(a.at - self.started + 1e-6) for a in self.api.log)
        most = 0.0
        for tick, count in ticks.items():
            live = len(order) - bisect_right(order, self.started + tick)
            most = max(most, count / (2 * math.ceil(live / 100)))
        jobs = [self.api.jobs[job_id] for job_id in self.noticed]
        ends = {job.id: max(job.ends, self.started) for job in jobs}
        delays = {job.id: self.noticed[job.id] - ends[job.id] for job in jobs}
        crowd = len(jobs) / JOBS_PER_SECOND
        bounds = {
            job.id: max(schedule_for(job.type).bound(ends[job.id] - job.born), crowd)
            for job in jobs
        }
        over = {job_id: delays[job_id] - bounds[job_id] for job_id in delays}
        return Waited(
            requests=len(self.api.log),
            delays=sorted(delays.values()),
            over=sorted(over.values()),
            over_of=over,
            per_tick=most,
            fixed=sum(math.ceil((ends[j.id] - self.started) / 5) + 1 for j in jobs),
            fixed_delays=sorted(-(ends[j.id] - self.started) % 5 for j in jobs),
        )


def wait_for_all(api: ModelApi) -> Waited:
    """Wait for every job of an API with `jobs.wait_many`."""
    watcher = Watcher.of(api)

    def note(event: object) -> None:
        if getattr(event, "terminal", False):
            watcher.noticed[getattr(event, "job_id", "")] = api.clock.now

    with api.client(random.Random(2)) as sume:
        ours = [job_id for job_id in api.jobs if job_id.startswith("job_")]
        outcomes = sume.jobs.wait_many(ours, on_event=note)
    if not all(outcome.job.terminal for outcome in outcomes):
        raise AssertionError("a job's end was missed")
    return watcher.sums()


def at(share: float, values: list[float]) -> float:
    """A quantile of sorted values."""
    return values[min(len(values) - 1, int(share * len(values)))]
