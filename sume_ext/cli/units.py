"""Numbers, sizes and times as a person reads them.

Plain text in, plain text out: nothing here knows of a terminal, and nothing heavy is imported.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from math import isfinite

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_THOUSAND = 1000
_DECIMALS = 4
_EXACT = 2.0**53
"""From here on a float has no digits to show after the point, and few of its own before it."""
_LATELY = 5
_LONG_AGO = 365 * _DAY
_ENDLESS = 366 * _DAY * 100


def number(value: float) -> str:
    """A number with all its digits: ``1234567``, ``0.98``; never ``1.23e+06``."""
    if isinstance(value, int) or not isfinite(value) or abs(value) >= _EXACT:
        return str(value)
    text = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return f"{value:g}" if value and not text.strip("-0.") else text


def amount(count: float, word: str) -> str:
    """So many of something: ``1 credit``, ``2 credits``."""
    return f"{number(count)} {word}" + ("" if count == 1 else "s")


def size(count: float) -> str:
    """A number of bytes, in the units that disks and networks are sold by."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < _THOUSAND or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _THOUSAND
    return ""


def span(seconds: float) -> str:
    """A length of time in its two largest units: ``12s``, ``3m 04s``, ``1h 02m``, ``2d 03h``."""
    whole = max(0, round(min(seconds, _ENDLESS)))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR:02}h"


def ago(seconds: float) -> str | None:
    """How long something is past: ``3m ago``; None for what is to come, or past for a year."""
    if not -_LATELY <= seconds < _LONG_AGO:
        return None
    if seconds < _LATELY:
        return "just now"
    for unit, length in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= length:
            return f"{seconds // length:.0f}{unit} ago"
    return f"{seconds:.0f}s ago"


def clock(moment: float, now: float) -> str:
    """A moment on this machine's clock: ``14:05:09``, with its date where it isn't today."""
    there, here = time.localtime(moment), time.localtime(now)
    same = there[:3] == here[:3]
    return time.strftime("%H:%M:%S" if same else "%Y-%m-%d %H:%M:%S", there)


def epoch(text: object) -> float | None:
    """Seconds since the epoch of a time in ISO 8601, in UTC unless it says; None for others."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
