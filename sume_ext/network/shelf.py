"""Connections kept between exchanges, and taken for one exchange at a time. Needs no lock."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.network.routes import PoolKey

P = TypeVar("P")


class Shelf(Generic[P]):
    """Connections, the last used on top; each carries one exchange at a time.

    They are taken one by one, because a pool of httpcore's gets slower with every connection in
    it; only a proxy needs a pool, of one. A request that mustn't be repeated gets its own kind,
    in which connections grow old soon: a server that closes one just when it is used would leave
    the outcome unknown.

    Args:
        make: Makes one more, for requests of a kind to an origin.
    """

    def __init__(self, make: Callable[[PoolKey, Any], P]) -> None:
        self._make = make
        self._free: dict[PoolKey, list[P]] = {}
        self.all: list[P] = []
        self._closed = False
        self.process = os.getpid()

    def take(self, key: PoolKey, origin: Any) -> tuple[P, Callable[[], bool], list[P]]:
        """A connection, what puts it back unless all were closed meanwhile, and old ones to close.

        What puts it back tells whether it did.
        """
        free = self._free.setdefault(key, [])
        stale: list[P] = []
        while True:
            try:
                found = free.pop()
            except IndexError:
                found = self._make(key, origin)
                self.all.append(found)
                break
            if _is_fit(found):
                break
            self.all.remove(found)
            stale.append(found)
        return found, partial(self._put_back, free, found), stale

    def _put_back(self, free: list[P], found: P) -> bool:
        free.append(found)
        if not self._closed:
            return True
        with suppress(ValueError):  # or else whoever closes has it
            free.remove(found)
        return False

    def clear(self) -> list[P]:
        """Every connection, to be closed; what is in use is not put back any more."""
        self._closed = True
        found, self.all = self.all, []
        return found

    def drop(self, found: P) -> None:
        """Forget a connection that was taken, because nobody knows what state it is in."""
        with suppress(ValueError):
            self.all.remove(found)


def _is_fit(found: Any) -> bool:
    """Whether it can carry a request; a proxy's pool sees to that itself."""
    if hasattr(found, "connections"):
        return True
    return bool(found.is_available() and not found.has_expired())


def is_open(found: Any) -> bool:
    """Whether there is something to close."""
    return bool(found.connections if hasattr(found, "connections") else found.is_available())
