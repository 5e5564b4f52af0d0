"""What the sandbox received, for assertions such as "exactly one paid POST".

A secret is kept as its fingerprint only, so a failing assertion prints none. The newest requests
are kept, up to a bound.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REMEMBERED: Final = 10_000
SECRET_HEADERS: Final = frozenset(
    {"authorization", "x-api-key", "cookie", "proxy-authorization", "idempotency-key"}
)
SECRET_MEMBERS: Final = frozenset({"object_key", "source_video_url"})


def fingerprint(secret: str) -> str:
    """How a secret is written in the journal: ``sha256:`` and twelve hexadecimal digits."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:12]


def without_secrets(body: object) -> object:
    """A request's body with its secret members as fingerprints."""
    if not isinstance(body, dict):
        return body
    kept = dict(cast("dict[str, Any]", body))
    return kept | {name: fingerprint(str(kept[name])) for name in SECRET_MEMBERS & kept.keys()}


@dataclass(slots=True)
class Received:
    """One request as it arrived.

    Attributes:
        at: Sandbox time of its arrival, in seconds since the epoch.
        origin: ``"api"``, ``"storage"`` or ``"media"``.
        method: The HTTP method.
        path: The path; on storage and media its fingerprint, because there it is a secret.
        query: The query string; on storage and media its fingerprint.
        headers: By lower-case name; credentials as fingerprints (see `fingerprint`).
        operation: ``"create_video_generation"``, ``"storage_put"``, …; None when there is none.
        spends: True when the operation may spend credits.
        size: Bytes of body received.
        json: The parsed body of an API request of at most 16 KiB, else None; secrets as above.
        status: The HTTP status answered; None while, or because, nothing was.
        fault: The fault that hit it, as text, or None.
    """

    at: float
    origin: str
    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    operation: str | None = None
    spends: bool = False
    size: int = 0
    json: Any = field(default=None, repr=False)
    status: int | None = None
    fault: str | None = None


class Journal:
    """The requests received, oldest first; iterable, indexable, countable.

    Args:
        limit: How many are kept.
    """

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._kept: deque[Received] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self.total = 0
        """How many arrived since the start or the last `clear`, kept or not."""
        self.on_answer: Callable[[Received], None] | None = None
        """Called with each request once it is answered, on the thread that answers."""

    def add(self, received: Received) -> None:
        """Note a request."""
        with self._lock:
            self._kept.append(received)
            self.total += 1

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._kept.clear()
            self.total = 0

    def where(
        self,
        *,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        origin: str | None = None,
        status: int | None = None,
        spends: bool | None = None,
    ) -> list[Received]:
        """The requests that fit every condition given, oldest first."""
        wanted = {
            "operation": operation,
            "method": method,
            "path": path,
            "origin": origin,
            "status": status,
            "spends": spends,
        }
        named = [(name, value) for name, value in wanted.items() if value is not None]
        return [one for one in self if all(getattr(one, name) == value for name, value in named)]

    def count(
        self,
        *,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        origin: str | None = None,
        status: int | None = None,
        spends: bool | None = None,
    ) -> int:
        """How many of the kept requests fit every condition given."""
        found = self.where(
            operation=operation,
            method=method,
            path=path,
            origin=origin,
            status=status,
            spends=spends,
        )
        return len(found)

    @property
    def last(self) -> Received:
        """The newest request; `IndexError` when there is none."""
        return self[-1]

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Received]:
        with self._lock:
            return iter(tuple(self._kept))

    def __getitem__(self, index: int) -> Received:
        with self._lock:
            return self._kept[index]
