"""Which list to read so that many jobs are seen with the fewest requests.

Pure arithmetic on what was last seen; a wrong guess costs requests, never a job.
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
    running: Mapping[str, int],
    ended: int,
    strangers: int,
) -> Plan | None:
    """The reading that takes the fewest requests together with the polls it leaves over.

    Args:
        pages: The page of the whole list where each listed job was last seen, None when it
            never was.
        unlisted: How many jobs the list is known not to hold.
        running: How many jobs were last seen in each status that isn't terminal, in the order
            in which jobs go through them; empty when such lists can't be used.
        ended: How many of the jobs will no longer be on those lists, and so be polled.
        strangers: How many pages those lists hold beyond what our own jobs account for.

    Returns:
        The reading, or None when polling each job takes no more requests.
    """
    fewest, plan = len(pages) + unlisted, None
    if fewest < _FEW:
        return None
    if whole := _whole(pages):
        cost, reading = whole
        if cost + unlisted < fewest:
            fewest, plan = cost + unlisted, reading
    if running:
        expected = sum(math.ceil(count / PAGE) or 1 for count in running.values())
        if expected + strangers + ended + unlisted < fewest:
            plan = Plan(expected, statuses=tuple(running))
    return plan


def _whole(pages: Sequence[int | None]) -> tuple[int, Plan] | None:
    """The whole list down to the depth that pays, and what it costs with its polls."""
    unseen = sum(page is None for page in pages)
    counts = Counter(page for page in pages if page is not None)
    if unseen >= _FEW:
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
