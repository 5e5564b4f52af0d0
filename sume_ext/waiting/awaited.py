"""One of many jobs waited for together: what was seen of it, and when to look again.

Nothing here decides. `list_reading` writes where lists show a job (``page``, ``listed``), and
brings a look forward; all else is `scheduling`'s.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.waiting.job_state import JobState, Sighting
    from sume_ext.waiting.view import JobView


@define
class Awaited:
    """One job that is waited for.

    Attributes:
        state: What was last seen, without payload.
        born: When it was created, in monotonic time.
        changed: When its status last changed.
        due: When it is to be looked at again, at the latest.
        early: From when on looking is worth while if it comes with a look at others.
        handles: The caller's handles of it.
        page: The page of the whole list where it was last seen, or None.
        listed: Whether the list may hold it.
        told: The statuses that were told as events.
        seen: When an answer last showed it, or None.
        polled: When a single look last showed it.
        alone: Whether its next look is to be a single one, whatever lists show.
        troubled: Whether the last single look failed.
        odd: How many single looks in a row told of no job, without being trouble.
        verdict: How it ended as a list told, which gave no reason, and what makes its model.
        share: Where in the time for last polls its own comes: from 0 to 1.
        granted: When it was granted one last look past its deadline, or None.
    """

    state: JobState
    born: float
    changed: float
    due: float
    early: float
    handles: list[JobView] = field(factory=list["JobView"])
    page: int | None = None
    listed: bool = True
    told: tuple[str, ...] = ()
    seen: float | None = None
    polled: float = -math.inf
    alone: bool = False
    troubled: bool = False
    odd: int = 0
    verdict: tuple[Sighting, Callable[[], Any]] | None = None
    share: float = 0.5
    granted: float | None = None
