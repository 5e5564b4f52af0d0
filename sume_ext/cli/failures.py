"""From an exception to what the user is told: one message, what to do next, an exit code.

The message never holds a traceback, a URL's query, an address or a key, whoever wrote it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import time
import traceback
from typing import TYPE_CHECKING

import click

from sume_ext import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, API, USAGE, AUTH, TIMEOUT, JOB = range(6)
INTERRUPTED = 130
_MOST_SHOWN = 1500
_MOST_READ = 16 * _MOST_SHOWN
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

KEY_HINT = (
    "On this machine: `sume setup`. Elsewhere: `sume setup --api-key - < file`. "
    "For one shell or container: export SUME_API_KEY. To try without a key: `sume sandbox`."
)


class CommandError(Exception):
    """A failure that the command itself finds.

    Args:
        message: What happened.
        code: A word for machines.
        hint: What to do next.
        exit_code: The process's.
        request_id: The API's id of the request, if there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str,
        exit_code: int = USAGE,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.exit_code = exit_code
        self.request_id = request_id


class InterruptedWaitError(CommandError):
    """Ctrl-C while jobs run: they go on, and this says how to come back.

    Args:
        job_ids: The jobs that still run.
        resume: The command that goes on waiting.
    """

    def __init__(self, job_ids: Sequence[str], resume: str) -> None:
        ids = ", ".join(job_ids)
        runs = "still runs" if len(job_ids) == 1 else "still run"
        super().__init__(
            f"interrupted; {ids} {runs}.", code="interrupted", hint=resume, exit_code=INTERRUPTED
        )


class UnfinishedError(Exception):
    """A failure after which a command goes on that isn't the one that failed.

    To run the same words again may create, and pay, what there is already.

    Args:
        error: The failure.
        go_on: What to do instead, in words that end with the command.
        mend: Whether what `error` advises comes first.
        shown: The end of it, with a URL that was asked for by ``--show-urls``.
    """

    def __init__(self, error: Exception, go_on: str, *, mend: bool, shown: str = "") -> None:
        super().__init__(str(error))
        self.error = error
        self.go_on = go_on
        self.mend = mend
        self.shown = shown


class Failure:
    """What is told.

    Args:
        exit_code: The process's.
        code: A word for machines.
        message: What happened.
        hint: What to do next.
        request_id: The API's id of the request.
        headline: The message as people get it, where that says more.
        points: What is wrong in particular, one thing each.
        usage: The usage line, for wrong words.
        is_bug: Whether it is this program's own fault.
    """

    def __init__(
        self,
        exit_code: int,
        code: str,
        message: str,
        hint: str,
        request_id: str | None = None,
        *,
        headline: str = "",
        points: Sequence[str] = (),
        usage: str = "",
        is_bug: bool = False,
    ) -> None:
        self.exit_code = exit_code
        self.code = code
        self.points = [safe(point) for point in points]
        self.message = " ".join([safe(message), "; ".join(self.points)]).rstrip()
        self.headline = safe(headline or message)
        self.hint = own(hint)
        self.request_id = request_id
        self.usage = usage
        self.is_bug = is_bug


def failure_of(error: BaseException) -> Failure:  # noqa: PLR0911  (one per kind)
    """What to tell of an exception, whichever it is."""
    match error:
        case CommandError():
            return Failure(error.exit_code, error.code, error.message, error.hint, error.request_id)
        case UnfinishedError():
            failure = failure_of(error.error)
            go_on = f"{own(error.go_on)} {clean(error.shown)}".rstrip()
            failure.hint = f"{failure.hint} {go_on}" if error.mend else go_on
            return failure
        case errors.SumeError():
            return _of_library(error)
        case click.ClickException():
            return _of_usage(error)
        case click.Abort() | KeyboardInterrupt() | EOFError():
            return _of_interruption(error)
        case OSError():
            return _of_system(error)
        case _:
            return internal(error)


def internal(*raised: BaseException) -> Failure:
    """What to tell of a bug: the kinds of what was raised, the jobs it knew, how to report it."""
    jobs = [one for error in raised for one in getattr(error, "job_ids", ())]
    go_on = "Run it again with SUME_DEBUG=1 and report what it prints, "
    if jobs:
        go_on = f"What was created goes on: `sume jobs wait {' '.join(jobs)}`. Report this, "
    kinds = ", ".join(type(error).__name__ for error in raised)
    return Failure(
        API,
        "internal_error",
        f"internal error ({kinds}).",
        f"{go_on}with `sume --version`, to the maintainers of sume-ext.",
        is_bug=True,
    )


def _of_library(error: errors.SumeError) -> Failure:
    from sume_ext.cli import spelling  # noqa: PLC0415  (only failures pay)
    from sume_ext.cli.complaints import complaints_of  # noqa: PLC0415

    exit_code, code = API, _snake(type(error).__name__)
    message, hint, headline = spelling.message_of(error), spelling.hint_of(error, time.time()), ""
    points: list[str] = []
    match error:
        case errors.APIError():
            code, headline = error.code, f"{error.code} ({error.status}): {message}"
            points = complaints_of(error)
            if isinstance(error, errors.AuthenticationError | errors.PermissionDeniedError):
                exit_code = AUTH
        case errors.JobTimeoutError():
            exit_code, code = TIMEOUT, "timeout"
            message = f"job {error.job_id} is still {error.status}: {message}"
        case errors.JobError():
            exit_code, code = JOB, error.code or f"job_{error.status}"
            message = f"job {error.job_id} {error.status}: {message}"
        case errors.ConfigurationError():
            missing = "no API key" in message
            exit_code, code = (AUTH, "missing_api_key") if missing else (USAGE, "configuration")
            hint = KEY_HINT if missing else hint
        case errors.InvalidArgumentError():
            exit_code, code = USAGE, "usage"
        case _:
            pass
    return Failure(
        exit_code, code, message, hint, error.request_id, headline=headline, points=points
    )


def _of_interruption(error: BaseException) -> Failure:
    """Ctrl-C, or Ctrl-D at a question. A paid request that was on its way is what to look for."""
    from sume_ext.runners.interruptions import outcome_of  # noqa: PLC0415  (only failures pay)

    if (outcome := outcome_of(error)) is not None:
        found = _of_library(outcome)
        message = f"interrupted; {found.message}"
        return Failure(INTERRUPTED, "interrupted", message, found.hint, found.request_id)
    if asked(error):
        if isinstance(error.__context__, EOFError):  # Ctrl-D
            return Failure(
                USAGE, "declined", "not answered; nothing was sent.", "Run it again and answer."
            )
        return Failure(
            INTERRUPTED, "interrupted", "interrupted; nothing was sent.", "Run it again to go on."
        )
    return Failure(INTERRUPTED, "interrupted", "interrupted.", "Run it again.")


def asked(error: BaseException) -> bool:
    """Whether a question was left unanswered, by Ctrl-C or by Ctrl-D."""
    return isinstance(error, click.Abort) and error.__cause__ is None


_ADVICE = {
    errno.ENOSPC: "Make room on that disk, then run it again.",
    errno.EDQUOT: "Make room in your quota, then run it again.",
    errno.EACCES: "Choose a place that you may write to.",
    errno.EROFS: "Choose a place that you may write to.",
}


def _of_system(error: OSError) -> Failure:
    """What the operating system refused: a file by its name, else a stream of this process."""
    reason = error.strerror or type(error).__name__
    named = error.filename
    what = os.fsdecode(named) if isinstance(named, str | bytes) else "the output can't be written"
    hint = _ADVICE.get(error.errno or 0, "Check the file, the disk and what stdout goes to.")
    return Failure(API, "io_error", f"{what}: {reason}.", hint)


def _of_usage(error: click.ClickException) -> Failure:
    usage, hint = "", "See: sume --help"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        usage = error.ctx.get_usage()
        hint = f"See: {error.ctx.command_path} --help"
    return Failure(USAGE, "usage", error.format_message(), hint, usage=usage)


def tell(failure: Failure, *, as_json: bool) -> None:
    """Say it on stderr: one line of JSON, or a line for people and one for what to do next."""
    from sume_ext.cli.paragraphs import paragraph  # noqa: PLC0415  (only failures pay)

    if as_json:
        envelope = {
            "code": failure.code,
            "message": failure.message,
            "hint": failure.hint,
            "request_id": failure.request_id,
        }
        sys.stderr.write(json.dumps({"error": envelope}) + "\n")
    else:
        said = failure.headline
        if failure.request_id and failure.request_id not in said:
            said += f" [request {failure.request_id}]"
        usage = f"{failure.usage}\n" if failure.usage else ""
        lines = [f"sume: {said}", *(f"      {point}" for point in failure.points)]
        lines.append(f"      {failure.hint}")
        sys.stderr.write(usage + "".join(paragraph(line, sys.stderr) for line in lines))
    sys.stderr.flush()


def outline(error: BaseException) -> None:
    """Where a bug happened: places only, neither values nor messages, which may be private."""
    for frame in traceback.extract_tb(error.__traceback__):
        place = re.sub(r"^.*/(?=(sume_ext|sume_api|site-packages)/)", "", frame.filename)
        sys.stderr.write(f"  {place}:{frame.lineno} in {frame.name}\n")
    sys.stderr.write(f"  {type(error).__name__}\n")


def safe(text: str) -> str:
    """Text of any origin for one line of a terminal: nothing private, nothing it would obey.

    It is one line, so that nobody else's text looks like one of ours, and no longer than a screen.
    """
    from sume_ext.cli.privacy import text as without_private  # noqa: PLC0415  (only failures pay)

    remember_keys()
    shown = text if len(text) <= _MOST_READ else text[:_MOST_READ]
    line = " ".join(clean(without_private(shown)).split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]} …"


def own(text: str) -> str:
    """This package's own words, which may repeat a word of the command line."""
    from sume_ext.secrecy.redaction import redact_text  # noqa: PLC0415  (only failures pay)

    remember_keys()
    return clean(redact_text(text))


def remember_keys() -> None:
    """Know the keys of this machine: one pasted in a wrong place is refused before any client."""
    from sume_ext.cli.settings import all_keys  # noqa: PLC0415  (only failures pay)
    from sume_ext.secrecy.memory import remember  # noqa: PLC0415  (as above)

    remember(*all_keys())


def clean(text: str) -> str:
    """Text without the characters that a terminal obeys or that turn its direction."""
    return _CONTROLS.sub("", text)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Error")).lower()
