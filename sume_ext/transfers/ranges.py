"""What the head of an answer says about the bytes that follow: where they belong, and how many.

An answer is believed by its ``Content-Range``, not by its status alone, because servers that
ignore a range, or answer 200 with a part, are common; whatever doesn't add up is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

from sume_ext.calling.retries import moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_UNSATISFIED: Final = re.compile(r"bytes \*/(\d{1,18})", re.IGNORECASE)
_PARTIAL: Final = 206
_SETTLED_SECONDS: Final = 60.0
"""How much later than a file's last change an answer must be, for clocks differ."""


class MisplacedError(Exception):
    """The head contradicts itself or what was asked for."""


@frozen
class Body:
    """What follows a head.

    Attributes:
        start: Where in the file its first byte belongs.
        total: The length of the whole file, or None when not told.
        framed: Whether its end can be told from a break of the connection.
        encoding: Its content encoding, ``""`` for none.
        open_end: Whether it is a part of a file whose length nobody told, so that its end says
            nothing of the file's.
        partial: Whether it is less than the file, or may be.
    """

    start: int
    total: int | None
    framed: bool
    encoding: str
    open_end: bool = False
    partial: bool = False


def body_of(status: int, headers: Mapping[str, str], received: int, total: int | None) -> Body:
    """Read the head of a successful answer.

    Args:
        status: 200 or 206.
        headers: By lower-case name.
        received: How many bytes are here already; a range from there was asked for unless 0.
        total: The length of the whole file if an earlier answer told it.

    Raises:
        MisplacedError: The bytes that follow belong nowhere.
    """
    length = _length(headers)
    framed = length is not None or "chunked" in headers.get("transfer-encoding", "").lower()
    named = headers.get("content-encoding", "").lower().split(",")
    encoding = ", ".join(name for one in named if (name := one.strip()) not in ("", "identity"))
    told = headers.get("content-range")
    if told is None:
        if status == _PARTIAL:
            raise MisplacedError("206 without Content-Range")
        return Body(0, None if encoding else length, framed, encoding)
    match = _RANGE.fullmatch(told.strip())
    if match is None or encoding:
        raise MisplacedError("a Content-Range that makes no sense")
    start, end = int(match[1]), int(match[2])
    whole = None if match[3] == "*" else int(match[3])
    if start not in (0, received) or end < start or (whole is not None and end >= whole):
        raise MisplacedError("another range than was asked for")
    if length is not None and length != end - start + 1:
        raise MisplacedError("a Content-Length that isn't the range's")
    if start and None not in (total, whole) and total != whole:
        raise MisplacedError("a range of a file of another length")
    if whole is None and start:
        whole = total
    partial = start > 0 or whole != end + 1
    return Body(start, whole, framed, encoding, open_end=whole is None, partial=partial)


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004


def is_complete(headers: Mapping[str, str], received: int, total: int | None) -> bool:
    """Whether a 416 means that every byte is here already."""
    match = _UNSATISFIED.fullmatch(headers.get("content-range", "").strip())
    whole = int(match[1]) if match else None
    return received > 0 and whole == received and total in (None, whole)


def validator(headers: Mapping[str, str]) -> str | None:
    """What tells this version of a file from another, fit for ``If-Range``, or None.

    Source: RFC 9110 section 13.1.5: a strong ETag, else the date of the last change if that was
    long enough before the answer (section 8.8.2.2): within a second a file may change twice.
    """
    tag = headers.get("etag", "").strip()
    if tag:
        return tag if _is_strong(tag) else None
    changed = headers.get("last-modified", "").strip()
    then, now = moment_of(changed), moment_of(headers.get("date", ""))
    settled = then is not None and now is not None and now - then >= _SETTLED_SECONDS
    return changed if settled else None


def _is_strong(tag: str) -> bool:
    return tag.startswith('"') and tag.endswith('"') and len(tag) > 2  # noqa: PLR2004


def last_change(headers: Mapping[str, str]) -> str:
    """When the file changed last, in the server's words; ``""`` when it doesn't say."""
    return headers.get("last-modified", "").strip()


def is_same(known: str, changed: str, headers: Mapping[str, str]) -> bool:
    """Whether an answer may be about the version of a file that is known.

    Servers that ignore ``If-Range`` are found out by what the answer says of itself; one that says
    nothing is believed, for it was asked for this version only.

    Args:
        known: Its validator.
        changed: When it changed last, ``""`` when nobody told.
        headers: The answer's.
    """
    tag, then = headers.get("etag", "").strip(), last_change(headers)
    if tag and tag != known:
        return False
    changed = changed or ("" if _is_strong(known) else known)
    return not (then and changed) or then == changed
