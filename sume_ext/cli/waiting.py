"""Waiting for jobs as a person or a script sees it; a job's id is said before anything else.

However the wait ends (done, failed, out of time, Ctrl-C), the jobs are never cancelled, and what
goes on is named with the command that comes back to it.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from attrs import Factory, define

from sume_ext.cli.failures import (
    API,
    INTERRUPTED,
    JOB,
    TIMEOUT,
    CommandError,
    InterruptedWaitError,
    UnfinishedError,
)
from sume_ext.cli.shell import plain
from sume_ext.cli.units import span
from sume_ext.errors import (
    InvalidArgumentError,
    JobError,
    JobTimeoutError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    ServerError,
    SumeError,
    TransportError,
)
from sume_ext.runners.interruptions import outcome_of
from sume_ext.waiting.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from sume_ext import Job, JobEvent, Sume
    from sume_ext.cli.places import Place
    from sume_ext.cli.shell import Shell
    from sume_ext.waiting.polling import Timeout

    Outcomes: TypeAlias = Sequence[Outcome[Job]]

_SHOWN_IDS = 5
_ADVISE_A_REPEAT = (InvalidArgumentError, RateLimitError, ServerError, TransportError)
"""Failures whose own hints end in trying again, which is wrong once there are jobs."""
_LAST_LOOK = 3.0
"""Seconds that a wait without any time may take to look at its jobs once."""


class Display(Protocol):
    """Shows what is being waited for."""

    def event(self, event: JobEvent) -> None:
        """A job's status changed."""


class Lines:
    """A line on stderr for each change, for logs.

    Args:
        shell: The invocation's.
        jobs: The jobs, as they were announced.
    """

    def __init__(self, shell: Shell, jobs: Sequence[Job]) -> None:
        self._shell = shell
        self._said = {job.id: job.status for job in jobs}

    def event(self, event: JobEvent) -> None:
        """Write the line, if it says something new."""
        if self._said.get(event.job_id) == event.status and not event.terminal:
            return
        self._said[event.job_id] = event.status
        self._shell.note(f"{event.job_id} {event.status} ({span(event.elapsed)})")


def announce(shell: Shell, jobs: Sequence[Job]) -> None:
    """Say the ids of new jobs at once, so that no crash can lose them.

    They go to stderr, and to stdout if stderr can't be written; the wait goes on in any case.
    """
    for job in jobs:
        if shell.quiet and not shell.as_json:
            shell.put_new([job.id])
        elif shell.as_json:
            (line,) = standing([job])
            _say_somewhere(shell, json.dumps({"job": line, "resume": resume([job.id])}))
        else:
            _say_somewhere(shell, f"{job.id} {job.status}")


def _say_somewhere(shell: Shell, text: str) -> None:
    if not shell.say(text):
        with suppress(OSError, ValueError):
            shell.put_lines([text])
            shell.flush()


def resume(ids: Sequence[str], download: Place | None = None) -> str:
    """The command that goes on waiting."""
    words = ["sume", "jobs", "wait", *ids]
    if download is not None:
        words += download.words("--download")
    return shlex.join(words)


@define
class Making:
    """Something that makes jobs, as far as it has come; Ctrl-C may strike at every step.

    Attributes:
        look: The command that finds jobs of which no answer told, before anything is repeated.
        download: Where files will go, or None.
        sent: Whether a request that makes jobs may have been sent.
        jobs: The jobs there are; they are never lost, whatever ends the command.
    """

    look: str
    download: Place | None = None
    sent: bool = False
    jobs: list[Job] = Factory(list["Job"])

    def make(self, client: Sume, submit: Callable[[], Any]) -> None:
        """Send the request that makes jobs, and keep what it made.

        Raises:
            UnfinishedError: Its answer is lost; what may be its jobs is told.
        """
        self.sent = True
        try:
            made = submit()
        except OutcomeUnknownError as error:
            if error.job_ids:
                raise
            raise UnfinishedError(error, self._sightings(client, error), mend=False) from error
        self.jobs += getattr(made, "jobs", (made,))

    def _sightings(self, client: Sume, error: OutcomeUnknownError) -> str:
        """Which jobs were made when the answer was lost, after one look; none is taken for it."""
        quick = client.with_options(timeout=_LAST_LOOK, attempts=1, patience=0)
        try:
            found = quick.jobs.find_recent(error)
        except SumeError:
            return f"Do not simply repeat it; look first: {self.look}"
        if not found:
            return f"No job of it shows yet; look again in a minute before repeating: {self.look}"
        seen = ", ".join(f"{job.id} ({job.status})" for job in found[:_SHOWN_IDS])
        again = resume([job.id for job in found[:_SHOWN_IDS]], self.download)
        return f"Do not repeat it; created at that time: {seen}. Come back with: {again}"


@contextmanager
def never_lost(making: Making) -> Generator[None, None, None]:
    """Have whatever ends a command say which jobs there are, and never advise to repeat it then.

    What is still to be written of the result is written here, so that a full disk is told as well.

    Raises:
        BrokenPipeError: Whoever read stdout is gone; that is no failure, and advises nothing.
        CommandError: Ctrl-C; it says what may have been made, and how to come back to it.
        UnfinishedError: Something failed that doesn't tell of the jobs itself.
    """
    try:
        yield
        if making.jobs:
            sys.stdout.flush()
    except KeyboardInterrupt as signal:
        if making.jobs:
            raise interrupted_wait(making.jobs, making.download) from signal
        raise _interrupted_before(making, outcome_of(signal)) from signal
    except (BrokenPipeError, CommandError, UnfinishedError, JobError):
        raise
    except Exception as error:
        if not making.jobs:
            raise
        again = resume([job.id for job in making.jobs], making.download)
        go_on = f"What was created goes on; don't repeat it, come back with: {again}"
        mend = isinstance(error, SumeError) and not isinstance(error, _ADVISE_A_REPEAT)
        raise UnfinishedError(error, go_on, mend=mend) from error


def _interrupted_before(making: Making, outcome: OutcomeUnknownError | None) -> CommandError:
    """Ctrl-C before any job is here; the library may have read of one already."""
    if outcome is not None and outcome.job_ids:
        return InterruptedWaitError(outcome.job_ids, resume(outcome.job_ids, making.download))
    message, hint = "interrupted; nothing was sent.", "Run it again."
    if making.sent:
        message = "interrupted while the request was on its way; it may have been accepted."
        hint = f"Look before repeating it: {making.look}"
    return CommandError(message, code="interrupted", hint=hint, exit_code=INTERRUPTED)


def interrupted_wait(jobs: Sequence[Job], download: Place | None) -> CommandError:
    """What Ctrl-C says of jobs: which of them run, and the command that comes back."""
    running = [job.id for job in jobs if not job.terminal]
    if running:
        return InterruptedWaitError(running, resume(running, download))
    ids = [job.id for job in jobs]
    shown = ", ".join(f"{job.id} is {job.status}" for job in jobs[:_SHOWN_IDS])
    hint = resume(ids, download)
    return CommandError(
        f"interrupted; {shown}.", code="interrupted", hint=hint, exit_code=INTERRUPTED
    )


@contextmanager
def resumable(jobs: Sequence[Job], download: Place | None) -> Generator[None, None, None]:
    """Turn Ctrl-C into a message that says which jobs run and how to come back to them.

    Raises:
        CommandError: Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt as signal:
        raise interrupted_wait(jobs, download) from signal


def wait_for(shell: Shell, client: Sume, jobs: Sequence[Job], timeout: Timeout) -> Outcomes:
    """Wait until every job is done, one deadline for all; failures are outcomes, too."""
    with _display(shell, client, jobs) as display:
        outcomes = _wait(client, jobs, timeout, display)
    return _looked_at(client, outcomes)


def _looked_at(client: Sume, outcomes: Outcomes) -> Outcomes:
    """The outcomes; jobs that no answer told of yet are looked at once, for a few seconds at most.

    So ``--timeout 0`` tells how jobs stand, and a wait that is over doesn't begin another one.
    """
    quick = client.with_options(timeout=_LAST_LOOK, attempts=1, patience=0)
    deadline = time.monotonic() + _LAST_LOOK
    looked = [
        _look(quick, one) if _unseen(one) and time.monotonic() < deadline else one
        for one in outcomes
    ]
    return [
        Outcome(one.job, one.job.error)
        if isinstance(one.error, JobTimeoutError) and one.job.terminal
        else one  # what is shown of a job and the exit code say the same
        for one in looked
    ]


def _unseen(outcome: Outcome[Job]) -> bool:
    return isinstance(outcome.error, JobTimeoutError) and outcome.job.data is None


def _look(client: Sume, outcome: Outcome[Job]) -> Outcome[Job]:
    """The outcome of a wait that saw nothing of its job, after one look."""
    late = outcome.error
    try:
        job = client.jobs.get(outcome.job.id)
    except NotFoundError as error:
        return Outcome(outcome.job, error)
    except SumeError:
        return outcome
    if not isinstance(late, JobTimeoutError):
        return Outcome(job, job.error)
    return Outcome(
        job,
        JobTimeoutError(
            "it isn't finished.", job_id=job.id, status=job.status, elapsed=late.elapsed
        ),
    )


def _wait(client: Sume, jobs: Sequence[Job], timeout: Timeout, display: Display) -> Outcomes:
    if len(jobs) > 1:
        return client.jobs.wait_many(jobs, timeout=timeout, on_event=display.event)
    try:
        jobs[0].wait(timeout=timeout, on_event=display.event)
    except JobError as error:
        return [Outcome(jobs[0], error)]
    return [Outcome(jobs[0])]


def _display(shell: Shell, client: Sume, jobs: Sequence[Job]) -> AbstractContextManager[Display]:
    if not shell.lively:
        return nullcontext(Lines(shell, jobs))
    from sume_ext.cli.live import JobBoard  # noqa: PLC0415  (brings rich)

    return JobBoard(client, jobs)


def document_of(outcome: Outcome[Job]) -> dict[str, Any]:
    """A job as it stands, by the API's names; of one that no answer tells yet, what is known."""
    job = outcome.job
    known: dict[str, Any] = {} if job.data is None else plain(job.data)
    if known.get("object") == "job" and "status" in known:
        return known
    said = {"id": job.id, "object": "job", "status": job.status, "type": job.type}
    return {name: value for name, value in said.items() if value is not None}


def standing(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """How jobs stand as far as is known, by the names that the answer to a create uses."""
    return [{"id": job.id, "status": job.status} for job in jobs]


def documents(outcomes: Outcomes) -> list[dict[str, Any]]:
    """Each job as it stands."""
    return [document_of(outcome) for outcome in outcomes]


def raise_worst(outcomes: Outcomes, download: Place | None = None) -> None:
    """Raise what went wrong: the one error, or one that tells of all.

    Raises:
        SumeError: Of the only job.
        CommandError: Of several.
    """
    wrong = [outcome.error for outcome in outcomes if outcome.error is not None]
    if not wrong:
        return
    if len(outcomes) == 1:
        _raise_only(wrong[0], download)
    failed = [e for e in wrong if not isinstance(e, JobTimeoutError)]
    late = [e for e in wrong if isinstance(e, JobTimeoutError)]
    said = [_short(outcome) for outcome in outcomes if outcome.error is not None]
    shown = ", ".join(said[:_SHOWN_IDS]) + (", …" if len(said) > _SHOWN_IDS else "")
    hint = f"Go on with: {resume([e.job_id for e in late], download)}" if late else ""
    exit_code = TIMEOUT
    if failed:
        exit_code = JOB if any(isinstance(e, JobError) for e in failed) else API
        hint = hint or (
            NotFoundError.default_hint
            if all(isinstance(e, NotFoundError) for e in failed)
            else "`sume jobs get JOB_ID` shows each as it is now."
        )
    raise CommandError(
        f"{len(wrong)} of {len(outcomes)} jobs are not completed: {shown}.",
        code={JOB: "job_failed", TIMEOUT: "timeout"}.get(exit_code, "jobs_unknown"),
        hint=hint,
        exit_code=exit_code,
    )


def _short(outcome: Outcome[Job]) -> str:
    """A job that isn't completed, in two or three words."""
    missing = isinstance(outcome.error, NotFoundError)
    return f"{outcome.job.id} {'(no such job)' if missing else outcome.job.status}"


def _raise_only(error: SumeError, download: Place | None) -> NoReturn:
    if isinstance(error, JobTimeoutError) and download is not None:
        go_on = f"It still runs; go on with: {resume([error.job_id], download)}"
        raise UnfinishedError(error, go_on, mend=False) from error
    raise error
