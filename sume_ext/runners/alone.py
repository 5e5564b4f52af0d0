"""One reader at a time: a second thread or task in the same iteration is refused, and told so."""

from __future__ import annotations

from threading import Lock

from sume_ext.errors import InvalidArgumentError


class Turn:
    """Whose turn it is to read; ``with`` takes it, and raises when another has it.

    Args:
        what: What is read from.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise InvalidArgumentError(
                f"another thread or task is reading from this {self._what}.",
                hint=f"Give each of them a {self._what} of its own, or let one read and hand out "
                "the items.",
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()
