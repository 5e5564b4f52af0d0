"""From an exception to what the user is told: one message, what to do next, an exit code.

The message never holds a traceback, a URL's query, an address or a key, whoever wrote it.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from typing import TYPE_CHECKING

import click

from sume_ext import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, API, USAGE, AUTH, TIMEOUT, JOB = range(6)
INTERRUPTED = 130
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

KEY_HINT = (
    "On this machine: sume setup. Elsewhere: sume setup --api-key - < file. "
    "For one shell or container: export SUME_API_KEY. To try without a key: sume sandbox."
)
_HINTS: dict[type[errors.SumeError], str] = {
    errors.ConfigurationError: "Check SUME_API_KEY and SUME_API_BASE_URL; "
    "`sume auth status` tells where each comes from.",
    errors.InvalidArgumentError: "Correct the argument; --help shows what the command takes.",
    errors.AuthenticationError: "Check the key: `sume auth status` tells which one is used; "
    "`sume setup` saves another.",
    errors.InsufficientCreditsError: "Add credits, or ask for less; `sume credits` tells what "
    "is left.",
    errors.PermissionDeniedError: "Use a key of a workspace that has access; `sume me` tells "
    "whose key this is.",
    errors.ConflictError: "Look at its state first; a job's result exists once its status is "
    "completed (`sume jobs wait JOB_ID`).",
    errors.RateLimitError: "Wait a little, and keep fewer requests in flight.",
    errors.OutcomeUnknownError: "Do not simply repeat it: look with `sume jobs list --limit 5` "
    "whether the job exists, and submit again only if it doesn't.",
    errors.SchemaMismatchError: "Update this package; jobs that were named exist all the same.",
    errors.JobError: "`sume jobs get JOB_ID` shows the job as it is now.",
    errors.PaginationError: "Go on with --cursor later, or narrow the list with filters.",
    errors.UploadError: "Run the same command again; nothing was created.",
    errors.DownloadError: "What is whole is kept; `sume jobs download JOB_ID` gets the rest.",
}
"""The library's hints speak Python; these say the same for a shell."""
_PYTHONIC = (errors.JobTimeoutError, errors.ConflictError)
"""Whose hints speak Python even where they are not their class's own."""


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
    """

    def __init__(self, error: Exception, go_on: str, *, mend: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.go_on = go_on
        self.mend = mend


class Failure:
    """What is told.

    Args:
        exit_code: The process's.
        code: A word for machines.
        message: What happened.
        hint: What to do next.
        request_id: The API's id of the request.
        headline: The message as people get it, where that says more.
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
        usage: str = "",
        is_bug: bool = False,
    ) -> None:
        self.exit_code = exit_code
        self.code = code
        self.message = safe(message)
        self.headline = safe(headline or message)
        self.hint = clean(hint)  # always this package's own words
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
            failure.hint = f"{failure.hint} {clean(error.go_on)}" if error.mend else error.go_on
            return failure
        case errors.SumeError():
            return _of_library(error)
        case click.ClickException():
            return _of_usage(error)
        case click.Abort() | KeyboardInterrupt():
            return Failure(INTERRUPTED, "interrupted", "interrupted.", "Run it again.")
        case OSError():
            reason = error.strerror or type(error).__name__
            return Failure(API, "io_error", f"{reason}.", "Check the file, the disk and the pipe.")
        case _:
            return Failure(
                API,
                "internal_error",
                f"internal error ({type(error).__name__}).",
                "Run it again with SUME_DEBUG=1 and report what it prints, "
                "with `sume --version`, to the maintainers of sume-ext.",
                is_bug=True,
            )


def _of_library(error: errors.SumeError) -> Failure:
    exit_code, code = API, _snake(type(error).__name__)
    message, hint, headline = error.message, error.hint, ""
    if hint == error.default_hint or isinstance(error, _PYTHONIC):
        hint = next((_HINTS[kind] for kind in type(error).__mro__ if kind in _HINTS), hint)
    match error:
        case errors.APIError():
            code, headline = error.code, error.headline()
            if isinstance(error, errors.AuthenticationError | errors.PermissionDeniedError):
                exit_code = AUTH
        case errors.JobTimeoutError():
            exit_code, code = TIMEOUT, "timeout"
            message = f"job {error.job_id} is still {error.status}: {error.message}"
            hint = f"It still runs; go on with: sume jobs wait {error.job_id}"
        case errors.JobError():
            exit_code, code = JOB, error.code or f"job_{error.status}"
            message = f"job {error.job_id} {error.status}: {error.message}"
            hint = hint.replace("JOB_ID", error.job_id)
        case errors.ConfigurationError():
            missing = "no API key" in message
            exit_code, code = (AUTH, "missing_api_key") if missing else (USAGE, "configuration")
            hint = KEY_HINT if missing else hint
        case errors.InvalidArgumentError():
            exit_code, code = USAGE, "usage"
        case errors.TransferError() | errors.SchemaMismatchError() | errors.OutcomeUnknownError():
            message = error.headline()
        case _:
            pass
    if error.job_ids and not isinstance(error, errors.JobError):
        hint = f"What was created goes on; come back with: sume jobs wait {' '.join(error.job_ids)}"
    return Failure(exit_code, code, message, hint, error.request_id, headline=headline)


def _of_usage(error: click.ClickException) -> Failure:
    usage, hint = "", "See: sume --help"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        usage = error.ctx.get_usage()
        hint = f"See: {error.ctx.command_path} --help"
    return Failure(USAGE, "usage", error.format_message(), hint, usage=usage)


def tell(failure: Failure, *, as_json: bool) -> None:
    """Say it on stderr: one line of JSON, or a line for people and one for what to do next."""
    if as_json:
        envelope = {
            "code": failure.code,
            "message": failure.message,
            "hint": failure.hint,
            "request_id": failure.request_id,
        }
        sys.stderr.write(json.dumps({"error": envelope}) + "\n")
    else:
        request = f" [request {failure.request_id}]" if failure.request_id else ""
        usage = f"{failure.usage}\n" if failure.usage else ""
        sys.stderr.write(f"{usage}sume: {failure.headline}{request}\n      {failure.hint}\n")
    sys.stderr.flush()


def outline(error: BaseException) -> None:
    """Where a bug happened: places only, neither values nor messages, which may be private."""
    for frame in traceback.extract_tb(error.__traceback__):
        place = re.sub(r"^.*/(?=(sume_ext|sume_api|site-packages)/)", "", frame.filename)
        sys.stderr.write(f"  {place}:{frame.lineno} in {frame.name}\n")
    sys.stderr.write(f"  {type(error).__name__}\n")


def safe(text: str) -> str:
    """Text of any origin for a terminal: nothing private, and nothing a terminal would obey."""
    from sume_ext.cli.privacy import text as without_private  # noqa: PLC0415  (only failures pay)

    return clean(without_private(text))


def clean(text: str) -> str:
    """Text without the characters that a terminal obeys or that turn its direction."""
    return _CONTROLS.sub("", text)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Error")).lower()
