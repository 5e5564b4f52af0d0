"""Waiting for jobs as a person or a script sees it; a job's id is said before anything else.

However the wait ends (done, failed, out of time, Ctrl-C), the jobs are never cancelled, and what
goes on is named with the command that comes back to it.
"""

from __future__ import annotations

import json
import shlex
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define

from sume_ext.cli.failures import API, INTERRUPTED, JOB, TIMEOUT, CommandError, InterruptedWaitError
from sume_ext.cli.shell import plain
from sume_ext.errors import JobError, JobTimeoutError, SumeError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sume_ext import Job, JobEvent, Sume
    from sume_ext.cli.shell import Shell
    from sume_ext.waiting.polling import Timeout

_SHOWN_IDS = 5


@define
class Outcome:
    """How waiting for one job ended.

    Attributes:
        job: Its handle.
        error: Why it isn't completed, or None.
    """

    job: Job
    error: SumeError | None = None


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
        self._shell.note(f"{event.job_id} {event.status} ({event.elapsed:.0f} s)")


def announce(shell: Shell, jobs: Sequence[Job]) -> None:
    """Say the ids of new jobs at once, so that no crash can lose them.

    They go to stderr, and to stdout if stderr can't be written; the wait goes on in any case.
    """
    for job in jobs:
        if shell.quiet and not shell.as_json:
            shell.put_new([job.id])
        elif shell.as_json:
            line = {"id": job.id, "status": job.status}
            _say_somewhere(shell, json.dumps({"job": line, "resume": resume([job.id])}))
        else:
            _say_somewhere(shell, f"{job.id} {job.status}")


def _say_somewhere(shell: Shell, text: str) -> None:
    if not shell.say(text):
        with suppress(OSError, ValueError):
            shell.put_lines([text])
            shell.flush()


def resume(ids: Sequence[str], download: str | None = None) -> str:
    """The command that goes on waiting."""
    words = ["sume", "jobs", "wait", *ids]
    if download is not None:
        words += ["--download", download]
    return shlex.join(words)


def wait_for(
    shell: Shell, client: Sume, jobs: Sequence[Job], timeout: Timeout, download: str | None
) -> list[Outcome]:
    """Wait until every job is done, one deadline for all; failures are outcomes, too."""
    with resumable(jobs, download), _display(shell, client, jobs) as display:
        return _wait(client, jobs, timeout, display)


@contextmanager
def resumable(
    jobs: Sequence[Job], download: str | None, job_type: str | None = None
) -> Generator[None, None, None]:
    """Turn Ctrl-C into a message that says which jobs run and how to come back to them.

    Args:
        jobs: The jobs; while there are none yet, a request that makes them is on its way.
        download: The directory for files, or None.
        job_type: The type of the jobs that are being made.

    Raises:
        InterruptedWaitError: Ctrl-C, and there are jobs.
        CommandError: Ctrl-C, and there may be some.
    """
    try:
        yield
    except KeyboardInterrupt as signal:
        if not jobs:
            raise CommandError(
                "interrupted while the request was on its way; it may have been accepted.",
                code="interrupted",
                hint=f"Look before repeating it: sume jobs list --type {job_type} --limit 5",
                exit_code=INTERRUPTED,
            ) from signal
        left = [job.id for job in jobs if not job.terminal] or [jobs[0].id]
        raise InterruptedWaitError(left, resume(left, download)) from signal


def _wait(client: Sume, jobs: Sequence[Job], timeout: Timeout, display: Display) -> list[Outcome]:
    if len(jobs) > 1:
        ended = client.jobs.wait_many(jobs, timeout=timeout, on_event=display.event)
        return [Outcome(one.job, one.error) for one in ended]
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


def document_of(outcome: Outcome) -> dict[str, Any]:
    """A job as it stands, read again where the wait saw too little of it."""
    job = outcome.job
    late = isinstance(outcome.error, JobTimeoutError)
    if late or job.data is None or "status" not in plain(job.data):
        with suppress(SumeError):
            job.refresh()
    known: dict[str, Any] = {} if job.data is None else plain(job.data)
    return known if "status" in known else {"id": job.id, "object": "job", "status": job.status}


def documents(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Each job as it stands."""
    return [document_of(outcome) for outcome in outcomes]


def raise_worst(outcomes: Sequence[Outcome]) -> None:
    """Raise what went wrong: the one error, or one that tells of all.

    Raises:
        SumeError: Of the only job.
        CommandError: Of several.
    """
    wrong = [outcome.error for outcome in outcomes if outcome.error is not None]
    if not wrong:
        return
    if len(outcomes) == 1:
        raise wrong[0]
    failed = [e for e in wrong if not isinstance(e, JobTimeoutError)]
    late = [e for e in wrong if isinstance(e, JobTimeoutError)]
    said = [f"{o.job.id} {o.job.status}" for o in outcomes if o.error is not None]
    shown = ", ".join(said[:_SHOWN_IDS]) + (", …" if len(said) > _SHOWN_IDS else "")
    hint = f"Go on with: {resume([e.job_id for e in late])}" if late else ""
    exit_code = TIMEOUT
    if failed:
        exit_code = JOB if any(isinstance(e, JobError) for e in failed) else API
        hint = hint or "`sume jobs get JOB_ID` shows each as it is now."
    raise CommandError(
        f"{len(wrong)} of {len(outcomes)} jobs are not completed: {shown}.",
        code={JOB: "job_failed", TIMEOUT: "timeout"}.get(exit_code, "jobs_unknown"),
        hint=hint,
        exit_code=exit_code,
    )
