"""One run of the command: from words to an exit code, whatever happens in between.

Every failure ends in one message on stderr (one JSON line with ``--json``) and an exit code;
no traceback is shown, because a traceback may hold what a message must not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, NoReturn

import click

from sume_ext.cli import failures, missing_extra, streams
from sume_ext.cli.app import root
from sume_ext.cli.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

PROGRAM = "sume"
_SIGNALLED = 128
_USAGE = 2


class Terminated(KeyboardInterrupt):
    """A signal asked the process to end.

    Args:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(arguments: Sequence[str]) -> int:
    """Run one command line and tell its exit code."""
    as_json = "--json" in arguments
    _prepare(as_json=as_json)
    try:
        code = _perform([*arguments])
        sys.stdout.flush()
    except BrokenPipeError:
        streams.silence(sys.stdout)
        code = _SIGNALLED + getattr(signal, "SIGPIPE", 13)
    except SystemExit as error:  # what it is about has been said
        code = error.code if isinstance(error.code, int) else _USAGE
    except BaseException as error:  # noqa: BLE001  (no traceback, whatever it is)
        code = _tell(error, as_json=as_json)
    streams.settle(sys.stderr)
    return code


def _perform(arguments: list[str]) -> int:
    try:
        done = root().main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message(), err=True)
        return _USAGE
    return done if isinstance(done, int) else 0


def _tell(error: BaseException, *, as_json: bool) -> int:
    """Say what went wrong, and give its exit code; a second Ctrl-C doesn't break the sentence."""
    _deafen()
    streams.settle(sys.stdout)
    if isinstance(error, ModuleNotFoundError):
        with contextlib.suppress(ModuleNotFoundError):
            return missing_extra(error)
    try:
        failure = _terminated(error) or failures.failure_of(error)
    except Exception as bug:  # noqa: BLE001  (what explains failures may fail as well)
        failure, error = failures.internal(error, bug), bug
    with contextlib.suppress(OSError, ValueError):
        if failures.asked(error):
            sys.stderr.write("\n")  # the cursor still stands behind the question
        failures.tell(failure, as_json=as_json)
        if failure.is_bug and os.environ.get("SUME_DEBUG") == "1":
            failures.outline(error)
    return failure.exit_code


def _terminated(error: BaseException) -> Failure | None:
    """What to say of a signal, which click may have wrapped."""
    cause = error if isinstance(error, Terminated) else error.__cause__
    if not isinstance(cause, Terminated):
        return None
    told = failures.failure_of(error)
    return Failure(_SIGNALLED + cause.number, told.code, told.message, told.hint)


def _prepare(*, as_json: bool) -> None:
    """Make the process behave as a command-line tool does."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as by nohup
            with contextlib.suppress(ValueError):  # not the main thread: somebody else's process
                signal.signal(number, _stop)
    warnings.showwarning = _quietly if as_json else _warn


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise Terminated(number)


def _deafen() -> None:
    """Ignore what would end the process: it is ending, and says why."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            with contextlib.suppress(ValueError):
                signal.signal(getattr(signal, name), signal.SIG_IGN)


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    with contextlib.suppress(OSError, ValueError):  # whoever warns goes on
        sys.stderr.write(f"{PROGRAM}: warning: {failures.safe(str(message))}\n")


def _quietly(*_: object, **__: object) -> None:
    """With ``--json`` stderr is for machines."""
