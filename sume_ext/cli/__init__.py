"""The ``sume`` command. Nothing heavy is imported before a command needs it.

`main` is the entry point; it always ends in an exit code, never in a traceback.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sume_ext.cli import streams

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEEDED = ("click", "platformdirs", "rich")
_USAGE = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: The words after ``sume``; the process's own when None.

    Returns:
        The exit code: 0 ok, 1 API or network, 2 usage, 3 authentication, 4 timeout,
        5 a job that didn't complete, 130 interrupted.
    """
    streams.complete()
    arguments = [*(sys.argv[1:] if arguments is None else arguments)]
    try:
        from sume_ext.cli.process import run  # noqa: PLC0415  (brings click)
    except ModuleNotFoundError as error:
        return missing_extra(error)
    except KeyboardInterrupt:  # nothing has begun yet
        return _INTERRUPTED
    return run(arguments)


def missing_extra(error: ModuleNotFoundError) -> int:
    """Say in one line what to install, if what is missing belongs to the extra."""
    package = (error.name or "").partition(".")[0]
    if package not in _NEEDED:
        raise error
    sys.stderr.write(f'sume: {package} is missing; pip install "sume-ext[cli]"\n')
    return _USAGE
