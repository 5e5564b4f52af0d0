"""The standard streams of a process whose caller may have closed some of them.

After `complete` each of them is there; what is written to one that was closed fails as it would
on a closed file, so that nobody takes it for told.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO


def complete() -> None:
    """Put a stream in place of each standard one that was closed (``<&-``, ``>&-``, ``2>&-``)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, _stand_in(mode))


def _stand_in(mode: str) -> IO[str]:
    """Nothing to read; for writing, a file that refuses every byte.

    It also takes the number that was free, which a connection would get otherwise.
    """
    number = os.open(os.devnull, os.O_RDONLY)
    return open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False)


def settle(stream: IO[str]) -> bool:
    """Write what a stream still holds; one that can't be written gives it up for good.

    Returns:
        Whether everything is written.
    """
    try:
        stream.flush()
    except (OSError, ValueError):
        silence(stream)
        return False
    return True


def silence(stream: IO[str]) -> None:
    """Let Python's own last flush of a stream that can't be written go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
