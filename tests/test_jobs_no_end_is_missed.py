"""Whatever jobs, faults, shifts and clock jumps come: every end is noticed, and no call is late.

The threats: a combination nobody thought of in which a finished job is forgotten, an unfinished
one is called finished, trouble with one job or one page hides another job, a call is made after
the deadline or beyond the budget, or a wait never ends.
"""

from __future__ import annotations

import math
import random
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

from attrs import define
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sume_ext import JobError, JobFailedError, JobTimeoutError, SumeError
from tests.models.jobs_api import (
    LOST,
    NOT_SENT,
    TERMINAL,
    Answer,
    Asked,
    ModelApi,
    ModelJob,
    refusal,
)
from tests.models.worlds import awaiting, blocking
from tests.support import FakeClock

if TYPE_CHECKING:
    from tests.models.worlds import Use, World

START = 1000.0
TYPES = ["image_generation", "video_generation", "face_swap", "brand_new_type"]


@st.composite
def jobs(draw: st.DrawFn, job_id: str) -> ModelJob:
    """A job with any course: some never end, some were over long ago, some go backwards."""
    born = START - draw(st.sampled_from([0.0, 0.0, 5.0, 400.0]))
    course = [(0.0, "queued")]
    for _ in range(draw(st.integers(0, 3))):
        age = course[-1][0] + draw(st.floats(0.1, 60))
        course.append((age, draw(st.sampled_from(["running", "processing", "queued", "odd"]))))
    if draw(st.integers(0, 9)):
        course.append((course[-1][0] + draw(st.floats(0.1, 500)), draw(st.sampled_from(TERMINAL))))
    return ModelJob(job_id, draw(st.sampled_from(TYPES)), born, course)


def strangers(count: int, **page: Any) -> Answer:
    """A page of jobs that aren't ours, with whatever is wrong with it."""
    data: list[Any] = [{"id": f"other_{n}", "status": "running"} for n in range(count)]
    return Answer(200, {"object": "list", "data": data, "has_more": True, **page})


ODD_PAGES: list[Answer | Exception] = [
    refusal(500, "down"),
    refusal(403, "no"),
    refusal(404, "no"),
    refusal(422, "no"),
    LOST,
    strangers(3, next_cursor=None),
    strangers(3, next_cursor="again"),
    strangers(0, next_cursor="again"),
    strangers(2, next_cursor=7),
    Answer(200, {"object": "list", "data": "none"}),
    Answer(200, {"object": "list", "data": [{"id": "job_0"}, None, 5], "has_more": False}),
]
SICK: dict[str, Answer | Exception] = {
    "down": refusal(500, "down"),
    "slow": refusal(429, "slow", **{"retry-after": "2"}),
    "lost": LOST,
    "forbidden": refusal(403, "no"),
    "gone": refusal(410, "gone"),
    "missing": refusal(404, "no"),
    "another": Answer(200, {"id": "job_of_others", "status": "completed"}),
    "shapeless": Answer(200, {"id": 7}),
}
"""What looking at one certain job comes to, every time; the first three may pass."""
MAY_PASS = ("down", "slow", "lost")


@define
class Weather:
    """What goes wrong: at any request, with certain jobs, with the list as it is read.

    Attributes:
        rng: Decides.
        faults: Share of requests that fail, whatever they ask for.
        jumps: Share at which the clock jumps.
        shifts: Share at which a new job moves the list, or an old one drops out of it.
        pages: Share of pages that are odd, or the first page once more.
        sick: What looking at certain jobs comes to.
        api: The model.
    """

    rng: random.Random
    faults: float
    jumps: float
    shifts: float
    pages: float
    sick: dict[str, str]
    api: ModelApi

    def __call__(self, asked: Asked) -> Answer | Exception | None:
        if asked.path == "/jobs":
            return self._anything(asked) or self._page(asked)
        kind = self.sick.get(asked.path.rpartition("/")[2])
        return SICK[kind] if kind else self._anything(asked)

    def _page(self, asked: Asked) -> Answer | Exception | None:
        if self.rng.random() >= self.pages:
            return None
        if self.rng.random() < 0.3:  # the first page once more, as a cache might
            first = {k: v for k, v in asked.query.items() if k != "cursor"}
            return self.api.say(Asked(asked.at, asked.path, first))
        return self.rng.choice(ODD_PAGES)

    def _anything(self, asked: Asked) -> Answer | Exception | None:
        if self.rng.random() < self.jumps:
            self.api.clock.advance(self.rng.choice([0.5, 5, 60]))
            self.api.clock.wall += self.rng.choice([0, -4000, 4000])
        if self.rng.random() < self.shifts:
            self.api.add(ModelJob(f"new_{len(self.api.jobs)}", born=self.api.clock.now))
        if self.rng.random() < self.shifts / 5:
            self.api.forgotten.add(self.rng.choice([*self.api.jobs]))
        if self.rng.random() < self.faults:
            trouble: list[Answer | Exception] = [
                LOST,
                NOT_SENT,
                refusal(500, "down"),
                refusal(429, "slow", **{"retry-after": str(self.rng.choice([0, 1, 7, 300]))}),
                Answer(200, b"<html>oops"),
            ]
            return self.rng.choice(trouble)
        return None


@st.composite
def apis(draw: st.DrawFn, least: int, most: int) -> ModelApi:
    """An API with jobs of which some are no longer listed."""
    api = ModelApi(FakeClock(START))
    count = draw(st.integers(least, most))
    made = [draw(jobs(f"job_{n}")) for n in range(count)]
    api.add(*sorted(made, key=lambda job: job.born))
    api.forgotten = {job.id for job in made if draw(st.integers(0, 5)) == 0}
    api.latency = draw(st.sampled_from([0.0, 0.01, 0.3, 2.0]))
    api.largest_page = draw(st.sampled_from([1, 3, 100]))
    api.by_offset = draw(st.booleans())
    api.lag = draw(st.sampled_from([0.0, 0.0, 0.0, 5.0, 60.0]))
    api.frozen_at = START + draw(st.sampled_from([math.inf, math.inf, math.inf, 0.0, 30.0]))
    api.reasons_listed = draw(st.booleans())
    chances = st.sampled_from([0.0, 0.0, 0.1, 0.5])
    rng = random.Random(draw(st.integers(0, 1000)))
    sick = {job.id: draw(st.sampled_from([*SICK])) for job in made if draw(st.integers(0, 7)) == 0}
    faults, jumps, shifts, pages = (draw(chances) for _ in range(4))
    api.fault = Weather(rng, faults, jumps / 5, shifts, pages, sick, api)
    return api


def sickness(api: ModelApi, job_id: str) -> str | None:
    """What looking at a job comes to, if it is always the same."""
    assert isinstance(api.fault, Weather)
    return api.fault.sick.get(job_id)


def quietly(world: World, api: ModelApi, use: Use) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unknown statuses are told elsewhere
        return world(api, use, random.Random(1))


TIMEOUTS = st.sampled_from([1.0, 20.0, 300.0, 5000.0, "auto"])
BOTH = st.sampled_from([blocking, awaiting])


def deadline(timeout: Any) -> float:
    return START + (1800.0 if timeout == "auto" else timeout)


@given(apis(1, 1), TIMEOUTS, BOTH)
@settings(max_examples=50, deadline=None)
def test_waiting_for_one(api: ModelApi, timeout: Any, world: World) -> None:
    job = api.jobs["job_0"]
    end = deadline(timeout)
    told: str | None = "completed"
    try:
        quietly(world, api, lambda sume: sume.jobs.wait("job_0", timeout=timeout))
    except JobTimeoutError:
        told = None
    except JobError as error:
        told = error.status
    except SumeError:
        told = None
        assert sickness(api, "job_0") not in (None, *MAY_PASS)
    assert (told is not None) == ("job_0" in api.shown)
    assert told is None or (told == job.end and job.ends <= api.clock.now)
    assert all(asked.at < end for asked in api.log)


@given(apis(1, 12), TIMEOUTS, BOTH, st.data())
@settings(max_examples=50, deadline=None)
def test_waiting_for_many(api: ModelApi, timeout: Any, world: World, data: st.DataObject) -> None:
    known = [job_id for job_id in api.jobs if job_id.startswith("job_")]
    asked = data.draw(st.lists(st.sampled_from([*known, "nobody"]), min_size=1, max_size=15))
    end = deadline(timeout)
    if data.draw(st.booleans()):
        outcomes = quietly(world, api, lambda sume: sume.jobs.wait_many(asked, timeout=timeout))
        assert [o.job.id for o in outcomes] == asked
    else:
        outcomes = quietly(world, api, lambda sume: sume.jobs.as_completed(asked, timeout=timeout))
        assert Counter(o.job.id for o in outcomes) == Counter({*asked})
    for outcome in outcomes:
        if outcome.job.id == "nobody":
            assert outcome.error
            continue
        job = api.jobs[outcome.job.id]
        ill = sickness(api, job.id)
        if ill is None or ill in MAY_PASS:
            assert outcome.job.terminal == (job.id in api.shown)
        elif not outcome.job.terminal:
            assert outcome.error
            continue
        if outcome.job.terminal:  # told from an answer, so it is so
            assert outcome.job.status == job.end
            assert job.ends <= api.clock.now
            assert outcome.ok == (job.end == "completed")
            if isinstance(outcome.error, JobFailedError) and ill is None:
                assert outcome.error.code or not api.reasons_listed
        else:
            assert isinstance(outcome.error, JobTimeoutError)
    assert all(request.at < end for request in api.log)
    ticks = Counter(math.floor(request.at - START + 1e-6) for request in api.log)
    assert max(ticks.values(), default=0) <= 2


@given(apis(1, 12), BOTH)
@settings(max_examples=40, deadline=None)
def test_without_trouble_every_end_is_noticed_within_the_bound(api: ModelApi, world: World) -> None:
    """No faults, no jumps: then nothing excuses a late or a missed end, listed or not.

    Where lists show what is no longer so, it takes a few rounds to find that out.
    """
    api.fault = lambda _: None
    api.latency = 0.05
    assume(all(job.ends < START + 500 for job in api.jobs.values()))
    truthful = api.lag == 0 and api.frozen_at == math.inf
    seen: dict[str, float] = {}

    def note(event: Any) -> None:
        if event.terminal:
            seen[event.job_id] = api.clock.now

    ids = [*api.jobs]
    outcomes = quietly(world, api, lambda sume: sume.jobs.wait_many(ids, on_event=note))
    assert all(outcome.job.terminal for outcome in outcomes)
    for job in api.jobs.values():
        ends = max(job.ends, START)
        # A tenth of its age, or two seconds; then, at two requests a second, a page of one job
        # and a poll for each.
        bound = max(2.0, 0.1 * (ends - job.born)) + 2.0 + 1.5 * len(ids)
        assert seen[job.id] - ends <= (bound if truthful else 8 * bound)
