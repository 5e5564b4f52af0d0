"""One of many jobs waited for together: what was seen of it, and when to look again.

Nothing here decides; `scheduling` and `list_reading` keep their books in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from sume_ext.waiting.job_state import JobState
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
