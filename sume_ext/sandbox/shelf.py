"""Jobs of one workspace in order of creation, filtered and paged without reading them all.

Each index holds the jobs' numbers in ascending order, so a page costs the same among ten jobs and
among a hundred thousand. Only `Shelf.move` changes a status.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sume_ext.sandbox.pages import Window
    from sume_ext.sandbox.records import Job


class Shelf:
    """The jobs of one workspace."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._all: list[int] = []
        self._by: dict[tuple[str, str], list[int]] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """Put a new job on the shelf."""
        self._jobs[job.number] = job
        for index in self._indexes(job):
            insort(index, job.number)

    def move(self, job: Job, status: str) -> None:
        """Change a job's status."""
        _drop(self._index("status", job.status), job.number)
        job.status = status
        insort(self._index("status", status), job.number)

    def remove(self, job: Job) -> None:
        """Take a job off the shelf."""
        del self._jobs[job.number]
        for index in self._indexes(job):
            _drop(index, job.number)

    def page(
        self,
        asked: Window,
        render: Callable[[Job], dict[str, Any]],
        *,
        created_before: float | None = None,
        **filters: str | None,
    ) -> dict[str, Any]:
        """One page, newest first.

        Args:
            asked: The page asked for.
            render: A job as the API shows it.
            created_before: Hides jobs younger than this.
            **filters: Values of ``status`` and ``type``, None for any.
        """
        wanted = {name: value for name, value in filters.items() if value is not None}
        indexes = [self._by.get(pair, []) for pair in wanted.items()]
        numbers = min(indexes, key=len, default=self._all)
        position = (bisect_left(numbers, -asked.after[0]) if asked.after else len(numbers)) - 1
        found: list[Job] = []
        while position >= 0 and len(found) <= asked.limit:
            job = self._jobs[numbers[position]]
            position -= 1
            young = created_before is not None and job.created_at > created_before
            if not young and all(getattr(job, name) == value for name, value in wanted.items()):
                found.append(job)
        return asked.envelope(
            [render(job) for job in found[: asked.limit]], [(-float(job.number),) for job in found]
        )

    def _index(self, name: str, value: str) -> list[int]:
        return self._by.setdefault((name, value), [])

    def _indexes(self, job: Job) -> Sequence[list[int]]:
        return self._all, self._index("status", job.status), self._index("type", job.type)


def _drop(index: list[int], number: int) -> None:
    del index[bisect_left(index, number)]
