"""What bounds a transfer from outside, checked before anything moves."""

from __future__ import annotations

import math

from sume_ext import listeners
from sume_ext.errors import InvalidArgumentError


def deadline_of(timeout: object, now: float) -> float:
    """The monotonic time by which a transfer must be over; infinite when nobody bounds it.

    Args:
        timeout: Seconds for all of it, or None.
        now: When it begins.

    Raises:
        InvalidArgumentError: That is no number of seconds.
    """
    if timeout is None:
        return math.inf
    if isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout > 0:
        try:
            return now + timeout
        except OverflowError:
            pass
    raise InvalidArgumentError(
        "timeout is no number of seconds.", hint="Pass a number above 0, or None."
    )


def check_listener(listener: object) -> None:
    """Refuse what can't be told anything.

    Raises:
        InvalidArgumentError: It is neither a plain function nor None.
    """
    listeners.check(listener, "on_progress", "one Progress")
