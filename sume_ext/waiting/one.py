"""Waiting for one job: look, sleep, look again, until it is terminal or the time is over.

Waiting never cancels or repeats a job, and no look is begun after the deadline; whatever was
last seen is kept as it is seen, so that nothing is forgotten when a wait is interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

from attrs import frozen

from sume_ext import listeners, roles
from sume_ext.calling.calls import perform
from sume_ext.calling.effects import Effect
from sume_ext.calling.ids import check_id
from sume_ext.calling.retries import may_retry
from sume_ext.errors import (
    APIError,
    ConflictError,
    JobTimeoutError,
    NotFoundError,
    SchemaMismatchError,
    SumeError,
)
from sume_ext.flow import NOW, WALL_CLOCK, Emit, Flow, Sleep
from sume_ext.media import media_in
from sume_ext.runners.interruptions import leave_word
from sume_ext.waiting.job_state import (
    JobEvent,
    JobState,
    NeverSeen,
    Sighting,
    hint,
    sighting,
)
from sume_ext.waiting.polling import (
    ONE_LOOK,
    PENDING,
    SUCCEEDED,
    UNKNOWN_STATUS_PATIENCE,
    Timeout,
    check_timeout,
    goes_on,
    next_look,
    reserve_for,
    schedule_for,
    seconds_for,
)
from sume_ext.waiting.wording import shown

if TYPE_CHECKING:
    from sume_ext.calling.calls import Call, Reply
    from sume_ext.engine import Engine

Listener = Callable[[JobEvent], object]
Keep = Callable[[JobState], object]
NEW_JOB_GRACE = 10.0
"""Seconds after its creation in which a 404 for a job is lived through: a replica may not have
it yet."""
MOST_FOREIGN = 5
"""Answers in a row that aren't the API's (a proxy's page, a captive portal), or tell of no job,
before a wait ends: fewer may pass, but a wrong base_url never does."""
RESULT_GRACE = 10.0
"""Seconds in which the result of a completed job may not be there yet: replicas lag."""
_FIRST_PAUSE_FOR_RESULT = 0.5
_TOO_EARLY = frozenset({400, 404, 409, 422, 425})
"""Statuses with which an API may say that a job has no result yet: the docs don't say which."""


@frozen
class Look:
    """What came of looking: a sighting, or trouble that may pass.

    Attributes:
        sighting: What was seen, or None.
        trouble: Why nothing was, or None.
        hint: Seconds the server asks to wait, or None.
    """

    sighting: Sighting | None
    trouble: SumeError | None
    hint: float | None


def look(engine: Engine, job_id: str, within: float | None = None) -> Flow[JobState]:
    """The job as it is now."""
    call = engine.lookup("jobs.get")
    reply = yield from perform(engine.settings, call, call.arguments(job_id), within=within)
    return sighting(reply.parsed, reply.raw, reply, asked=job_id).state


def try_look(engine: Engine, state: JobState, *, within: float) -> Flow[Look]:
    """Look at a job; trouble that may pass is told, everything else raised.

    Args:
        engine: The client's.
        state: What is known of the job.
        within: Seconds it may take.
    """
    now = yield NOW
    call = engine.lookup("jobs.get")
    try:
        reply = yield from perform(engine.settings, call, call.arguments(state.id), within=within)
        seen = sighting(reply.parsed, reply.raw, reply, asked=state.id)
    except SumeError as error:
        odd = isinstance(error, SchemaMismatchError)
        if not (odd or passes(error) or may_be_new(error, state, now)):
            raise
        return Look(None, error, asked_wait(error))
    return Look(seen, None, hint(reply, (yield WALL_CLOCK)))


def passes(error: SumeError) -> bool:
    """Whether a look that failed so may go well later."""
    return may_retry(Effect.READS, error) or is_foreign(error)


def may_be_new(error: SumeError, state: JobState, now: float) -> bool:
    """Whether a job isn't found because it was created by this process only just before `now`."""
    new = state.made_at is not None and now - state.made_at <= NEW_JOB_GRACE
    return new and isinstance(error, NotFoundError)


def is_foreign(error: SumeError | None) -> bool:
    """Whether something between us and the API answered in its place."""
    return isinstance(error, SchemaMismatchError) and error.foreign


def asked_wait(error: SumeError) -> float | None:
    """Seconds an error asks to wait, or None."""
    return error.retry_after if isinstance(error, APIError) else None


def watch(
    engine: Engine,
    state: JobState,
    timeout: Timeout,
    on_event: Listener | None = None,
    keep: Keep | None = None,
) -> Flow[JobState]:
    """The job once it is terminal; emits a `JobEvent` for each change of status.

    Args:
        engine: The client's.
        state: What is known of the job; a terminal one asks for nothing.
        timeout: How long to wait.
        on_event: Called with each event.
        keep: Called with each state as it is seen.

    Raises:
        JobTimeoutError: The time is over; the job still runs.
    """
    check_timeout(timeout)
    check_listener(on_event)
    try:
        return (yield from _watch(engine, state, timeout, on_event, keep))
    except (GeneratorExit, KeyboardInterrupt) as end:
        leave_word(
            end,
            f"job {state.id} may still run, and is left alone. "
            f"Next: Go on waiting with sume.jobs.wait({state.id!r}).",
        )
        raise


def _watch(
    engine: Engine,
    state: JobState,
    timeout: Timeout,
    on_event: Listener | None,
    keep: Keep | None,
) -> Flow[JobState]:
    started = now = yield NOW
    born, changed, odd = started, started, 0
    told: tuple[str, ...] = ()
    while not state.terminal:
        limit = seconds_for(timeout, state.type)
        deadline = end_of_wait(started + limit, state, changed)
        # Who has no time to wait wants to know how the job stands: one look is what a wait is.
        within = deadline - now if limit else ONE_LOOK
        if within <= 0:
            _give_up(state, now - started, None)
        sent = now
        seen = yield from try_look(engine, state, within=within)
        now = yield NOW
        odd = odd + 1 if isinstance(seen.trouble, SchemaMismatchError) else 0
        if isinstance(seen.trouble, SchemaMismatchError) and odd >= MOST_FOREIGN:
            raise unreadable(state, seen.trouble) from None
        if seen.sighting:
            born = _born(seen.sighting, now, started)
            changed = changed if seen.sighting.state.status == state.status else now
            state = state.after(seen.sighting.state)
            if keep:
                keep(state)
            limit = seconds_for(timeout, state.type)
            deadline = end_of_wait(started + limit, state, changed)
            if state.terminal:
                break
            if goes_on(told, state.status):
                told = (*told, state.status)
                yield Emit(_event(state, now - started), on_event)
        pause = schedule_for(state.type).pause(now - born, engine.settings.rng)
        # From one request to the next, so that the time an answer takes isn't added to the pause.
        pause = max(pause - (now - sent), 0.5 * pause)
        due = next_look(now, pause, hint=seen.hint, deadline=deadline, reserve=reserve_for(limit))
        yield Sleep(max(0.0, (deadline if due is None else due) - now))
        now = yield NOW
        if due is None:
            _give_up(state, now - started, seen.trouble)
    yield Emit(_event(state, now - started), on_event)
    return state


def check_listener(on_event: object) -> None:
    """Refuse what can't be told of events, before anything is sent.

    Raises:
        InvalidArgumentError: It is neither a plain function nor None.
    """
    listeners.check(on_event, "on_event", "one JobEvent")


def end_of_wait(deadline: float, state: JobState, changed: float) -> float:
    """The deadline, or sooner when the job stays in a status nobody knows to end."""
    return min(deadline, changed + UNKNOWN_STATUS_PATIENCE) if state.foreign else deadline


def _born(seen: Sighting, now: float, started: float) -> float:
    """When the job was created, in monotonic time; no later than the wait began."""
    return started if seen.age is None else min(started, now - seen.age)


def _event(state: JobState, elapsed: float) -> JobEvent:
    return JobEvent(state.id, state.type, state.status, max(0.0, elapsed), state.terminal)


def timed_out(state: JobState, elapsed: float, trouble: SumeError | None) -> JobTimeoutError:
    """The error for a wait that ended before its job."""
    known = not isinstance(state.status, NeverSeen)
    if trouble:
        why = f" (the last look failed: {type(trouble).__name__})."
    elif state.foreign:
        why = " (this package doesn't know the status; a newer one may)."
    elif not known:
        why = ": there was no time to look."
    else:
        why = "."
    return JobTimeoutError(
        f"not finished after {elapsed:.0f} s{why}",
        job_id=state.id,
        status=shown(state.status),
        elapsed=elapsed,
        request_id=state.request_id,
        hint=None if known else f"The job may still run; {_go_on(state)}.",
    )


def _go_on(state: JobState) -> str:
    return f"go on waiting with sume.jobs.wait({state.id!r})"


def unreadable(state: JobState, last: SchemaMismatchError) -> SchemaMismatchError:
    """The error for answers that can't be read, time and again: which job it is, how to go on."""
    what = (
        "something else than the API answers: check base_url, and any proxy or sign-in page of "
        "this network"
        if last.foreign
        else "the API may have changed: update this package"
    )
    return SchemaMismatchError(
        f"job {state.id} can't be looked at: {last.message}",
        place=last.place,
        foreign=last.foreign,
        hint=f"The job is left alone, but {what}, then {_go_on(state)}.",
        operation=last.operation,
        request_id=last.request_id,
    )


def _give_up(state: JobState, elapsed: float, trouble: SumeError | None) -> NoReturn:
    raise timed_out(state, elapsed, trouble) from trouble


def complete(
    engine: Engine,
    state: JobState,
    timeout: Timeout,
    on_event: Listener | None = None,
    keep: Keep | None = None,
) -> Flow[JobState]:
    """As `watch`, but a job that didn't complete is raised as its own error."""
    return (yield from watch(engine, state, timeout, on_event, keep)).finished()


def wait(
    engine: Engine,
    job_id: str,
    *,
    timeout: Timeout = "auto",
    on_event: Listener | None = None,
) -> Flow[Any]:
    """Wait until a job completed, knowing nothing but its id; answers with its handle.

    Args:
        engine: The client's.
        job_id: The job's id.
        timeout: Seconds; ``"auto"`` is 600 for images and 1800 for others; None waits
            without bound; 0 looks once.
        on_event: Called with each `JobEvent`; what it raises ends the wait unchanged.

    Raises:
        JobFailedError: It failed; likewise `JobCanceledError`, `JobExpiredError`.
        JobTimeoutError: The time is over; the job still runs.
    """
    state = engine.state_of(check_id(job_id, "jobs.wait"))
    return engine.handle((yield from complete(engine, state, timeout, on_event)))


def handle(engine: Engine, job_id: str) -> Any:
    """The handle of a job, from its id alone: no request is sent, nothing is awaited.

    Args:
        engine: The client's.
        job_id: The job's id, from another process or another day.
    """
    return engine.handle(engine.state_of(check_id(job_id, "jobs.handle")))


def result_of(engine: Engine, state: JobState) -> Flow[Any]:
    """The result of a job, as the client's face for it.

    Raises:
        JobError: The job is known to have ended without one; nothing is asked for.
        ConflictError: It isn't completed yet.
    """
    state.finished()
    call = engine.lookup("jobs.result")
    completed = state.status == SUCCEEDED
    return (yield from fetch_result(engine, call, call.arguments(state.id), completed=completed))


def fetch_result(
    engine: Engine, call: Call, kwargs: dict[str, Any], *, completed: bool = False
) -> Flow[Any]:
    """A job's result; where it isn't there yet, the error says how to wait for it.

    Args:
        engine: The client's.
        call: The operation.
        kwargs: Its arguments.
        completed: Whether the job is known to be completed: then its result, which one replica
            may not have yet, is asked for again for a while.

    Raises:
        ConflictError: The job isn't completed yet.
        JobError: The answer says that it ended without a result.
    """
    job_id = unquote(kwargs["url"].rstrip("/").split("/")[-2])
    grace = RESULT_GRACE if completed else 0.0
    config = engine.settings.config
    now = yield NOW
    until = now + (min(grace, config.timeout) if config.bounded else grace)
    pause = _FIRST_PAUSE_FOR_RESULT
    while True:
        try:
            reply = yield from perform(engine.settings, call, kwargs)
            _check_made(reply, job_id, call.name)
            return engine.result(reply, job_id)
        except APIError as error:
            now = yield NOW
            too_early = isinstance(error, ConflictError) or error.status in _TOO_EARLY
            if not too_early or now + pause > until:
                if too_early:
                    error.hint = _how_to_get_it(error, job_id, completed=completed)
                raise
        yield Sleep(pause)
        pause *= 2


def _check_made(reply: Reply[Any], job_id: str, operation: str) -> None:
    """Refuse an answer that tells how the job stands instead of what it made.

    A result may have a status of its own that means anything: files that are there count more.
    """
    places = ("status", "job.status")
    said = [one for place in places for one in roles.JOB_STATUS.at(reply.raw, place)]
    if not (said and isinstance(said[0], str)) or said[0] == SUCCEEDED:
        return
    made = bool(media_in(reply.raw)) or roles.RESULT.find(reply.raw) is not None
    state = JobState.read(None, reply.raw, reply.request_id, job_id=job_id)
    if state.status in PENDING or not (made or state.terminal):
        raise ConflictError(
            f"job {job_id} has no result yet: it is {shown(state.status)}.",
            status=reply.status,
            code="job_not_completed",
            operation=operation,
            request_id=reply.request_id,
        )
    if not made:
        state.finished()


def _how_to_get_it(error: APIError, job_id: str, *, completed: bool) -> str:
    """What to do about a result that isn't there."""
    again = f"sume.jobs.result({job_id!r})"
    if completed:
        return f"The job is completed, but its result isn't there yet: try {again} in a minute."
    wait = f"ait for the job with sume.jobs.wait({job_id!r}), then ask for its result again."
    if isinstance(error, NotFoundError):
        return f"{NotFoundError.default_hint[:-1]}; if the job still runs, w{wait}"
    if isinstance(error, ConflictError):
        return f"W{wait}"
    return f"If the job still runs, w{wait}"
