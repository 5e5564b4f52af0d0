"""What this process's clients have learned of secrets, as fingerprints, for `redaction` to find.

Every secret is noted where it crosses the border: the key when a client is configured, the rest
in the JSON that comes and goes. Nothing is kept in clear, so nothing outlives its client.
"""

from __future__ import annotations

import os
import re
from typing import Any, cast

from sume_ext.secrecy.fingerprints import Fingerprints
from sume_ext.secrecy.secret import Secret
from sume_ext.secrecy.sensitive import OWNERS, compact, is_sensitive

_known = Fingerprints()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_known.unlock)

find = _known.find
"""Where in a text known secrets stand, as spans."""

_SIGNATURE = re.compile(
    r"(?:[?&]|u0026|amp;)(?i:x-amz-signature|x-amz-security-token|x-goog-signature|signature|sig"
    r"|token)=([^\"&\\\s]{8,4096})"
)
_DEEPEST = 20


def remember(*secrets: str | Secret | None) -> None:
    """Know these credentials from now on, whatever their shape."""
    for secret in secrets:
        if secret is not None:
            value = secret.reveal() if isinstance(secret, Secret) else secret
            _known.add(value, credential=True)


def remember_json(content: bytes | bytearray, data: Any) -> None:
    """Know the secrets in JSON that comes or goes.

    Args:
        content: The JSON as bytes, to see quickly whether there can be any.
        data: The same, parsed.
    """
    # As text, because a text is searched several times faster than bytes.
    text = content.decode("latin-1")
    if "?" in text:
        for match in _SIGNATURE.finditer(text):
            _known.add(match[1], link=True)
    # Parts of the names of members that hold secrets; most answers have none of them.
    low = text.lower()
    if (
        "key" in low or "user" in low or "email" in low or "owner" in low or "workspace" in low
        or "upload" in low or "header" in low or "provider" in low or "signed" in low
        or "raw" in low or "token" in low or "secret" in low or "credential" in low
        or "auth" in low or "pass" in low or "cookie" in low or "session" in low
        or "device" in low or "login" in low or "verification" in low or "signature" in low
        or "google" in low or "pwd" in low or '"sig"' in low or "hmac" in low or "hdn" in low
    ):  # fmt: skip
        _walk(data, "", _DEEPEST)


def _walk(data: Any, owner: str, depth: int) -> None:
    if isinstance(data, list) and depth:
        for item in cast("Any", data):
            _walk(item, owner, depth - 1)
    elif isinstance(data, dict) and depth:
        for name, value in cast("dict[str, Any]", data).items():
            if isinstance(value, str):
                if is_sensitive(name) or (name == "id" and compact(owner) in OWNERS):
                    _note(value)
            elif is_sensitive(name) and compact(name) not in OWNERS:
                _note_all(value, depth - 1)
            else:
                _walk(value, name, depth - 1)


def _note_all(value: Any, depth: int) -> None:
    """Everything below a sensitive name, as the headers of an upload."""
    if isinstance(value, str):
        _note(value)
    elif isinstance(value, dict):
        _note_all([*cast("dict[str, Any]", value).values()], depth)
    elif isinstance(value, list) and depth:
        for inner in cast("Any", value):
            _note_all(inner, depth - 1)


_URL_HEAD = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[^/?#]*/*", re.IGNORECASE)


def _note(value: str) -> None:
    """A value; of a URL its path and signature, because scheme and host are no secret."""
    if head := _URL_HEAD.match(value):
        path, _, query = value[head.end() :].partition("?")
        parts = (part.partition("=") for part in query.split("&"))
        values = [path, *(text for name, _, text in parts if is_sensitive(name))]
    else:
        values = [value]
    for one in values:
        if "@" in one or _is_telling(one):
            _known.add(one)


_FEWEST = 12
_FEWEST_LETTERS = 3


def _is_telling(value: str) -> bool:
    """Whether a value can't be an everyday one, such as ``video/mp4`` or a date."""
    letters = sum(map(str.isalpha, value))
    digits = sum(map(str.isdigit, value))
    return letters >= _FEWEST_LETTERS and digits > 0 and letters + digits >= _FEWEST
