"""What the library says, in the shell's spelling: commands for calls, flags for arguments.

The library's errors carry the one wording of what happened and what to do; nothing of it is
written here a second time, but for what only the command knows.
"""

from __future__ import annotations

import re
import shlex
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sume_ext import errors
from sume_ext.cli.paths import OWN, operations, path_of
from sume_ext.cli.units import clock, span
from sume_ext.hints import Name, respelled

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOK = "jobs.list"
_SETTINGS = {
    "base_url": "SUME_API_BASE_URL",
    "api_key": "SUME_API_KEY",
    "proxy": "HTTPS_PROXY",
    "verify": "SSL_CERT_FILE",
}
"""Arguments of the client: in a shell they are the environment's."""
_BARE = re.compile(r"(?<![\w.-])(base_url|api_key)(?![\w=])")
_PYTHON_ONLY = re.compile(r",? or (?:pass )?\w+=(?: (?:and|or) \w+=)*|\bIterate on[^.]*\. ")
"""Another way that only Python has."""
_SIGNATURE = re.compile(r"^(?:It takes|Compare with|See help)\b")
_OTHERWISE = {"uploads.asset_video": ("assets", "upload")}
"""Behaviours whose command stands elsewhere than their name says."""
_ALSO: dict[type[errors.SumeError], str] = {
    errors.ConfigurationError: "`sume auth status` tells where each setting comes from.",
    errors.AuthenticationError: "`sume auth status` tells which key is used; `sume setup` saves "
    "another.",
    errors.ConflictError: "`sume jobs wait JOB_ID` waits for it.",
}
"""What the command can tell besides the library's own hint for a class."""


def hint_of(error: errors.SumeError, now: float) -> str:
    """What to do next, as it is typed in a shell.

    Args:
        error: What happened.
        now: The time of day, in seconds since the epoch.
    """
    if isinstance(error, errors.RateLimitError) and error.retry_after:
        return (
            f"Run it again in {span(error.retry_after)}, at "
            f"{clock(now + error.retry_after, now)}, and keep fewer requests in flight."
        )
    if isinstance(error, errors.PaginationError) and error.cursor:
        return f"Go on later with --cursor {shlex.quote(error.cursor)}, or narrow it with filters."
    if error.job_ids and not isinstance(error, errors.JobError):
        ids = shlex.join(error.job_ids)
        return f"What was created goes on; don't submit it again, wait for it: sume jobs wait {ids}"
    hint = error.hint
    named = command_of(error.operation)
    if _SIGNATURE.match(hint) or type(error) is errors.InvalidRequestError:
        return f"Correct it; `{named or 'sume'} --help` shows what it takes."
    said = respell(hint, job_type=getattr(error, "job_type", None))
    also = _ALSO.get(type(error), "")
    return f"{said} {also}" if also and hint == error.default_hint else said


def respell(hint: str, job_type: str | None = None) -> str:
    """A hint of the library with its calls as commands and its arguments as flags.

    Args:
        hint: As it is on the error.
        job_type: Of the job that a call is to find, if known.
    """
    hint = _PYTHON_ONLY.sub("", hint)
    spelled = respelled(hint, partial(_command, job_type), _option)
    return _BARE.sub(lambda word: _SETTINGS[word[0]], spelled)


def _option(name: str) -> str:
    return _SETTINGS.get(name) or f"--{name.replace('_', '-')}"


def _command(
    job_type: str | None, name: str, args: tuple[object, ...], named: dict[str, object]
) -> str:
    """A call as the command line that does the same."""
    if name == "jobs.find_recent":
        name, args, named = _LOOK, (), {"type": job_type} if job_type else {}
        named["limit"] = 5
    if name == "jobs.handle":
        name = "jobs.get"
    words = [command_of(name) or "sume", *_values(args)]
    for option, value in named.items():
        words += [_option(option.rstrip("_")), *_values([value])]
    return f"`{' '.join(words)}`"


def _values(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _values(cast("list[Any]", value))
        elif isinstance(value, Name):
            yield value.rpartition(".")[2].upper()
        else:
            yield shlex.quote(str(value))


def command_of(operation: str | None) -> str:
    """The command of a public name, as in ``sume videos generate``; empty when there is none."""
    if operation is None:
        return ""
    path = _OTHERWISE.get(operation) or path_of(operation)
    return f"sume {' '.join(path)}" if path in OWN or path in operations() else ""


def message_of(error: errors.SumeError) -> str:
    """What happened, without the library's own name for what was typed in the shell."""
    name = error.operation or ""
    match error:
        case errors.SchemaMismatchError():
            text = error.message
            text = f"{text.rstrip('.')}, at {error.place}." if error.place else text
        case errors.OutcomeUnknownError():
            text = error.headline()
        case _:
            text = error.message
    if name and text.startswith(f"{name}: "):
        text = text[len(name) + 2 :]
    elif name and text.startswith(f"{name} "):
        text = f"`{command_of(name) or name}`{text[len(name) :]}"
    return _BARE.sub("the base URL", text)
