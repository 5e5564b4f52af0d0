"""Waiting for many jobs, all together or each as it ends.

What fails is told in an outcome and never raised, so that no job is lost to another's failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sume_ext.calling.ids import check_id
from sume_ext.errors import InvalidArgumentError
from sume_ext.flow import NOW
from sume_ext.runners.interruptions import leave_word
from sume_ext.secrecy.quoting import quoted
from sume_ext.waiting.awaited import Awaited
from sume_ext.waiting.job_state import NeverSeen
from sume_ext.waiting.one import check_listener
from sume_ext.waiting.outcomes import Outcome
from sume_ext.waiting.polling import Timeout, check_timeout
from sume_ext.waiting.scheduling import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.waiting.one import Listener
    from sume_ext.waiting.view import JobView

_MOST_NAMED = 10
ReturnWhen = Literal["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"]
"""As the constants of the same names in `concurrent.futures` and `asyncio`."""


def attend(
    engine: Engine,
    jobs: Iterable[str | JobView],
    timeout: Timeout,
    *,
    on_event: Listener | None = None,
    on_outcome: Callable[[Outcome[Any]], object] | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Flow[list[Outcome[Any]]]:
    """Wait for jobs, emitting an `Outcome` for each; answers with those that still run.

    Args:
        engine: The client's.
        jobs: Ids, or handles, which are brought up to date.
        timeout: Seconds for all of them together.
        on_event: Called with each `JobEvent`.
        on_outcome: Called with each `Outcome`, once per job.
        enough: Whether to stop before all have ended.
    """
    check_timeout(timeout)
    check_listener(on_event)
    now = yield NOW
    live: dict[str, Awaited] = {}
    for job in _targets(jobs):
        state = engine.state_of(job) if isinstance(job, str) else job._state  # noqa: SLF001
        entry = live.setdefault(state.id, Awaited(state, now, now, now, now))
        entry.share = engine.settings.rng.random()
        if not isinstance(job, str):
            entry.handles.append(job)
        if isinstance(entry.state.status, NeverSeen):
            entry.state = state  # given by its id and as a handle, which knows more
    scheduler = Scheduler(engine, timeout, on_event, on_outcome, enough, now, live)
    try:
        yield from scheduler.run()
    except (GeneratorExit, KeyboardInterrupt) as end:
        leave_word(end, _still_running([*scheduler.live]))
        raise
    return [Outcome(scheduler.handle_of(entry)) for entry in scheduler.live.values()]


def _still_running(ids: list[str]) -> str:
    """What to know when a wait is interrupted: nothing is lost, and how to go on."""
    named = ", ".join(ids[:_MOST_NAMED]) + (", …" if len(ids) > _MOST_NAMED else "")
    return (
        f"{len(ids)} of the jobs waited for may still run, and are left alone: {named}. "
        "Next: Go on waiting with sume.jobs.wait_many(ids)."
    )


def _targets(jobs: Iterable[str | JobView]) -> list[str | JobView]:
    if isinstance(jobs, str):
        raise InvalidArgumentError(
            f"{quoted(jobs)} is one id, not several.", hint="Pass a list: [job_id]."
        )
    try:
        each = iter(jobs)
    except TypeError:
        group = " They are in group.jobs." if hasattr(jobs, "primary") else ""
        raise InvalidArgumentError(
            f"a {type(jobs).__name__} is no list of jobs.",
            hint=f"Pass ids, or handles of jobs.{group}",
        ) from None
    targets = [*each]  # what the caller's own generator raises is the caller's
    for job in targets:
        if not hasattr(job, "learn"):
            check_id(job, "jobs.wait_many")
    return targets


def wait_many(
    engine: Engine,
    jobs: Iterable[str | JobView],
    *,
    timeout: Timeout = "auto",
    on_event: Listener | None = None,
    return_when: ReturnWhen = "ALL_COMPLETED",
) -> Flow[Any]:
    """Wait for many jobs with few requests; answers with an `Outcome` for each, in order.

    What fails is told in its outcome, never raised, so that one job can't hide the others.
    The lists of jobs are read instead of polling each, where that takes fewer requests: no second
    sees more than two per hundred jobs that still run. An end is noticed within a tenth of the
    job's age (0.5 to 10 s for images, 2 to 30 s for others; among thousands, 2 s per thousand),
    or a minute or so where no list shows the job and many are waited for.

    Args:
        engine: The client's.
        jobs: Ids, or handles, which are brought up to date; one given twice has one outcome.
        timeout: Seconds for all of them together; ``"auto"`` is 600 for images and 1800 for
            others; None waits without bound; 0 asks for nothing.
        on_event: Called with each `JobEvent`; what it raises ends the wait unchanged.
        return_when: ``ALL_COMPLETED``, ``FIRST_COMPLETED`` (any ended) or
            ``FIRST_EXCEPTION`` (any ended without a result), as in `concurrent.futures`.
    """
    if return_when not in ("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"):
        raise InvalidArgumentError(
            f"return_when is {quoted(return_when)}.",
            hint="Use ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION.",
        )
    asked = _targets(jobs)
    outcomes: dict[str, Outcome[Any]] = {}

    def keep(outcome: Outcome[Any]) -> None:
        outcomes[outcome.job.id] = outcome

    def enough() -> bool:
        match return_when:
            case "ALL_COMPLETED":
                return False
            case "FIRST_COMPLETED":
                return bool(outcomes)
            case "FIRST_EXCEPTION":
                return any(outcome.error for outcome in outcomes.values())

    running = yield from attend(
        engine, asked, timeout, on_event=on_event, on_outcome=keep, enough=enough
    )
    for outcome in running:
        keep(outcome)
    return [outcomes[job if isinstance(job, str) else job.id] for job in asked]


def as_completed(
    engine: Engine, jobs: Iterable[str | JobView], *, timeout: Timeout = "auto"
) -> Flow[Any]:
    """Wait for many jobs and hand out the `Outcome` of each as soon as it is known.

    Args:
        engine: The client's.
        jobs: Ids, or handles, which are brought up to date; one given twice comes once.
        timeout: As for `wait_many`; jobs that take longer come with a `JobTimeoutError`. The
            time that the caller takes for an outcome counts, but what ended meanwhile is seen.
    """
    check_timeout(timeout)  # now, not when the first outcome is asked for
    return attend(engine, _targets(jobs), timeout)
