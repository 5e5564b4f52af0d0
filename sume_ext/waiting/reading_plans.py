"""Which lists to read so that many jobs are seen with the fewest requests.

Pure arithmetic on what earlier readings taught; a wrong guess costs requests, never a job.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE = 100
"""Jobs per page asked for."""
_FEW = 3


@frozen
class Plan:
    """One reading.

    Attributes:
        pages: How many pages it should take.
        depth: The last page worth reading of the whole list, or None for no limit.
        statuses: The statuses whose lists to read, in order, instead of the whole list.
    """

    pages: int
    depth: int | None = None
    statuses: tuple[str, ...] = ()

    def reaches(self, page: int | None, listed: bool) -> bool:
        """Whether a job last seen on that page should be found by this reading."""
        if self.statuses:
            return True
        if page is None:
            return listed
        return self.depth is None or page <= self.depth


def cheapest(
    *,
    pages: Sequence[int | None],
    unlisted: int,
    due: int,
    statuses: Mapping[str, int],
    gone_share: float,
    live_factor: float,
) -> tuple[Plan, ...]:
    """The readings that take the fewest requests together with the polls they leave over.

    Args:
        pages: The page of the whole list where each listed job was last seen, None when it
            never was.
        unlisted: How many jobs the list is known not to hold.
        due: How many of all these would have to be polled now.
        statuses: How many jobs were last seen in each running status, in the order in which
            jobs go through them; empty when such lists can't be used.
        gone_share: The share of jobs that the lists of running ones didn't show last time.
        live_factor: How many times longer those lists were than our own jobs account for.
    """
    total = len(pages) + unlisted
    if due < _FEW and total < _FEW:
        return ()
    best, plan = float(total), None
    whole = _whole(pages)
    if whole is not None and whole[0] + unlisted < best:
        best, plan = whole[0] + unlisted, whole[1]
    if statuses:
        expected = sum(max(1, math.ceil(count / PAGE)) for count in statuses.values())
        cost = expected * live_factor + gone_share * total
        if cost < best:
            plan = Plan(expected, statuses=tuple(statuses))
    return () if plan is None else (plan,)


def _whole(pages: Sequence[int | None]) -> tuple[int, Plan] | None:
    """The whole list down to the depth that pays, and what it costs with its polls."""
    unseen = sum(page is None for page in pages)
    counts = Counter(page for page in pages if page is not None)
    if unseen >= _FEW or not counts:
        if unseen < _FEW:
            return None
        cost = max(counts, default=0) + math.ceil(unseen / PAGE)
        return cost, Plan(cost)
    below = sum(counts.values())
    best: tuple[int, Plan] | None = None
    for page in sorted(counts):
        below -= counts[page]
        cost = page + 1 + below + unseen
        if best is None or cost < best[0]:
            best = cost, Plan(page + 1, depth=page)
    return best
