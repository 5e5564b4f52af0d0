"""Tells what a signal handler of the application raised from what the network did.

A handler runs wherever the main thread happens to be, and job runners bound their jobs by raising
from one. That is no failure of the network's: it must neither be renamed nor lived through.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, TracebackType


def raised_by_handler(error: BaseException) -> BaseException | None:
    """The exception of a signal handler's that led to this one, if one did."""
    handlers = frozenset(_codes())
    one: BaseException | None = error
    while one is not None:
        if not handlers.isdisjoint(_passed(one.__traceback__)):
            return one
        one = one.__cause__ or one.__context__
    return None


def _codes() -> Iterator[CodeType]:
    """The code of every handler that is a Python function, or a method."""
    for number in signal.valid_signals():
        handler: Any = signal.getsignal(number)
        code = getattr(getattr(handler, "__func__", handler), "__code__", None)
        if code is not None and handler is not signal.default_int_handler:
            yield code


def _passed(traceback: TracebackType | None) -> Iterator[CodeType]:
    while traceback is not None:
        yield traceback.tb_frame.f_code
        traceback = traceback.tb_next
