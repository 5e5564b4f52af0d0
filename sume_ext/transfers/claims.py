"""Keeps a caller's stream for one upload at a time: two would take each other's bytes.

A stream whose beginning was read by an upload that stopped, and that can't go back to it, is
never uploaded from the middle.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet, WeakValueDictionary


class TakenError(Exception):
    """It can't be had.

    Args:
        problem: Why.
        hint: What to do about it.
    """

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class Claim:
    """A stream that one upload has to itself, until it is let go of or forgotten.

    Args:
        stream: Which.

    Raises:
        TakenError: Another upload has it, or has read its beginning.
    """

    def __init__(self, stream: object) -> None:
        self._stream = stream
        with _mutex:
            if id(stream) in _claims:
                raise TakenError(
                    "another upload is reading this stream.",
                    "Pass a path, or open the file once for each upload.",
                )
            if _is_spent(stream):
                raise TakenError(
                    "an upload that stopped has read the beginning of this stream.",
                    "Begin with a new stream, or pass a path or a file, which can be read again.",
                )
            _claims[id(stream)] = self

    def end(self, *, spent: bool = False) -> None:
        """Let go of it.

        Args:
            spent: Whether bytes of it are gone for good.
        """
        with _mutex:
            if spent:
                with suppress(TypeError):  # some can't be remembered
                    _spent.add(self._stream)
            if _claims.get(id(self._stream)) is self:
                del _claims[id(self._stream)]


_mutex: Final = threading.Lock()
# A claim holds its stream, so that no other can have its number.
_claims: Final = WeakValueDictionary[int, Claim]()
_spent: Final = WeakSet[Any]()


def _is_spent(stream: object) -> bool:
    try:
        return stream in _spent
    except TypeError:
        return False
