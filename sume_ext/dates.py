"""Points in time as people and programs write them, turned into one unambiguous instant.

What carries no time zone means local time, as everywhere in Python: `datetime.timestamp`
takes naive values so, and a person who types a date means their own midnight. What could be
read in two ways (``1/2/2026``, ``1M``) is refused, never guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from dateutil.parser import isoparse
from dateutil.relativedelta import relativedelta

from sume_ext.errors import InvalidArgumentError
from sume_ext.secrecy.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

Moment = datetime | date | str
"""A `datetime`; a `date` (its midnight); ISO 8601 text; or a span back from now, as in ``7d``."""

_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), relativedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), relativedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), relativedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), relativedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), relativedelta(weeks=1)),
    **dict.fromkeys(("mo", "month", "months"), relativedelta(months=1)),
    **dict.fromkeys(("y", "year", "years"), relativedelta(years=1)),
}
_PART = re.compile(r"(\d{1,6})\s*([a-z]+)[\s,]*")
_SPAN = re.compile(rf"(?:{_PART.pattern})+(?:ago)?")
_EITHER = re.compile(r"\d\s*M(?![A-Za-z])")  # minutes to some, months to others
_HINT = "Give a datetime, a date, ISO 8601 text such as 2026-11-01T09:00:00Z, or a span like 7d."


def instant(value: Moment, *, now: Callable[[], float]) -> datetime:
    """The point in time that a value means, in UTC.

    Args:
        value: What was passed. Without a time zone, it is local time.
        now: Tells the time of day, in seconds since the epoch; spans count back from it.

    Raises:
        InvalidArgumentError: It means no point in time, or more than one.
    """
    try:
        return _meant(value, now).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidArgumentError(f"{quoted(value)} is no point in time.", hint=_HINT) from None


def query_text(value: Moment, *, now: Callable[[], float]) -> str:
    """The instant as a query parameter: RFC 3339 in UTC, which every server reads alike."""
    return instant(value, now=now).isoformat().replace("+00:00", "Z")


def _meant(value: Moment, now: Callable[[], float]) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(type(value).__name__)  # noqa: TRY004  (told as one of our errors)
    text = value.strip().lower()
    present = datetime.fromtimestamp(now(), UTC)
    if text == "now":
        return present
    if text in ("today", "yesterday"):
        midnight = datetime.combine(present.astimezone().date(), time())
        return midnight - relativedelta(days=1) if text == "yesterday" else midnight
    if _SPAN.fullmatch(text):
        if _EITHER.search(value):
            raise ValueError(value)
        return present - _span(text)
    return isoparse(value.strip().upper())  # RFC 3339 allows ``t`` and ``z``, too


def _span(text: str) -> relativedelta:
    """The length of a span: ``7d``, ``1d12h``, ``2 weeks ago``; ``m`` is minutes, ``mo`` months."""
    span = relativedelta()
    for number, unit in _PART.findall(text.removesuffix("ago")):
        if unit not in _UNITS:
            raise ValueError(unit)
        span += _UNITS[unit] * int(number)
    return span
