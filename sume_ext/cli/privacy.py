"""What of an answer may be shown: nothing private unless it was asked for, and never a key.

What is secret, `sume_ext.secrecy.redaction` decides, by names and shapes, so that a field the
API gains tomorrow is hidden when it looks like one that must be. A terminal is stricter in one
thing: of any URL it shows the host only. And it shows names and a key's prefix, by which people
tell accounts apart.
"""

from __future__ import annotations

import re
from typing import Any, cast

from sume_ext.secrecy.redaction import redact_text
from sume_ext.secrecy.sensitive import OWNERS, compact, is_sensitive
from sume_ext.secrecy.spans import REDACTED
from sume_ext.urls import split_url

# Looked for where a run of a scheme's signs begins only, so that a long one is read once.
_URL = re.compile(
    r"(?:(?<![a-zA-Z0-9+.-])[0-9+.-]*+(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*+:)|(?<![\w:/.])(?=//[\w-]+\.))"
    r"//[\w\[%~@:][^\s\"'<>\\^`{|}]*"
)
_AFTER = ".,;:!?)"
"""What ends a sentence, not a URL."""
_KEY = re.compile(r"\b(sume_[a-z]+_)[A-Za-z0-9_-]{6,}")
_CURSORS = frozenset({"cursor", "next_cursor"})


def hide(value: Any, *, show_urls: bool, name: str = "", owner: str = "") -> Any:
    """A JSON value without what must not be shown.

    Args:
        value: The value.
        show_urls: Whether full URLs and private ids were asked for; keys never are.
        name: The member's name it stands under.
        owner: The name of the object that the member is in.
    """
    if value is None or isinstance(value, bool):
        return value
    if not show_urls and _is_private(value, name, owner):
        return REDACTED
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {
            key if show_urls else text(key): hide(inner, show_urls=show_urls, name=key, owner=name)
            for key, inner in members.items()
        }
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        return [hide(inner, show_urls=show_urls, name=name, owner=owner) for inner in items]
    if not isinstance(value, str) or name in _CURSORS:
        return value
    return text(value, show_urls=show_urls)


def _is_private(value: Any, name: str, owner: str) -> bool:
    if compact(name) in OWNERS and isinstance(value, dict):
        return False  # what is inside is looked at one by one
    return is_sensitive(name) or (name == "id" and compact(owner) in OWNERS)


def text(value: str, *, show_urls: bool = False) -> str:
    """Text without URLs beyond their host, e-mail addresses and keys."""
    value = _KEY.sub(r"\1…", value)
    return value if show_urls else redact_text(_URL.sub(_host_only, value))


def _host_only(match: re.Match[str]) -> str:
    whole = match[0]
    begin = match.start("scheme") - match.start() if match["scheme"] else 0
    url = whole[begin:].rstrip(_AFTER)
    before, rest = whole[:begin], whole[begin + len(url) :]
    try:
        parts = split_url(url)
        host = parts.hostname or ""
        scheme = f"{parts.scheme}:" if parts.scheme else ""
        bare = url.rstrip("/") == f"{scheme}//{parts.netloc}" and "@" not in url
    except ValueError:
        return REDACTED
    return whole if bare else f"{before}{scheme}//{host}/{REDACTED}{rest}"


def key_prefix(key: str) -> str:
    """The part of a key that may be shown: what says its kind, or very little of it."""
    known = re.match(r"sume_[a-z]+_", key)
    if known:
        return f"{known[0]}…"
    return f"{key[:4]}…" if len(key) >= 20 else "…"  # noqa: PLR2004  (a fifth of it at most)
