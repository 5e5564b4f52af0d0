"""What a waiting program should know without being stopped by it.

A notice is given once per process, and a hundred altogether, as a warning at the line that called
this package. Whoever turns warnings into errors gets a log record instead: the job is paid for,
so nothing that is merely worth knowing may end the wait for it.
"""

from __future__ import annotations

import logging
import sys
import warnings

_PACKAGE = __name__.partition(".")[0]
_told: set[str] = set()
_MOST = 100
"""A server that says something new each time would fill the memory, and whoever reads along."""


def tell_once(text: str) -> None:
    """Tell the program something, whatever its warning filters say."""
    if text in _told or len(_told) >= _MOST:
        return
    _told.add(text)
    try:
        warnings.warn(text, stacklevel=_level_of_the_caller())
    except UserWarning:
        logging.getLogger(_PACKAGE).warning("%s", text)


def _level_of_the_caller() -> int:
    """How far up the frame stands that called this package, as `warnings.warn` counts."""
    frame, level = sys._getframe(1), 1  # noqa: SLF001  (public since ever, but for its name)
    while frame.f_back is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in (_PACKAGE, "functools", "contextlib"):
            break
        frame, level = frame.f_back, level + 1
    return level
