"""What of an answer may be shown: nothing private unless it was asked for, and never a key.

Works on names and shapes, not on a list of today's fields, so that a field the API gains
tomorrow is hidden when it looks like one that must be.
"""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import urlsplit

HIDDEN = "[hidden]"
_OWNERS = frozenset({"account", "api_key", "key", "owner", "user", "workspace"})
_PRIVATE = re.compile(
    r"(^|_)(e_?mail|token|secret|password|signature|authorization|cookie|credential)s?($|_)"
    r"|^(account|api_key|key|owner|user|workspace)_id$"
    r"|^(object_key|storage_key|upload_url|signed_url|required_headers|headers)$"
    r"|(^|_)(provider|payload)($|_)"
)
_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s\"'<>\\^`{|}]+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
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
    if value is None or isinstance(value, bool | int | float):
        return value
    private = _PRIVATE.search(name) or (name == "id" and owner in _OWNERS)
    if private and not show_urls:
        return HIDDEN
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {
            key: hide(inner, show_urls=show_urls, name=key.lower(), owner=name)
            for key, inner in members.items()
        }
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        return [hide(inner, show_urls=show_urls, name=name, owner=owner) for inner in items]
    if name in _CURSORS:
        return str(value)
    return text(str(value), show_urls=show_urls)


def text(value: str, *, show_urls: bool = False) -> str:
    """Text without URLs beyond their host, e-mail addresses and keys."""
    value = _KEY.sub(r"\1…", value)
    if show_urls:
        return value
    return _EMAIL.sub(HIDDEN, _URL.sub(_host_only, value))


def _host_only(match: re.Match[str]) -> str:
    try:
        parts = urlsplit(match[0])
        host = parts.hostname or ""
    except ValueError:
        return HIDDEN
    return f"{parts.scheme}://{host}/{HIDDEN}"


def key_prefix(key: str) -> str:
    """The part of a key that may be shown: what says its kind, or very little of it."""
    known = re.match(r"sume_[a-z]+_", key)
    if known:
        return f"{known[0]}…"
    return f"{key[:4]}…" if len(key) >= 20 else "…"  # noqa: PLR2004  (a fifth of it at most)
