"""What this process's clients have learned of secrets, as fingerprints, for `redaction` to find.

Every secret is noted where it crosses the border: the key when a client is configured, the rest
in the JSON that comes and goes. Nothing is kept in clear, so nothing outlives its client.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from itertools import islice
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from sume_ext.secrecy.fingerprints import LIMIT, LINKS, Fingerprints
from sume_ext.secrecy.secret import Secret
from sume_ext.secrecy.sensitive import OWNERS, compact, is_sensitive
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Iterator

known = Fingerprints()
"""What is known in this process."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=known.unlock)


_QUERY_VALUE = re.compile(r"(?:[?&]|u0026|amp;)([\w.~%-]{1,64})=([^\"&\\\s]{8,4096})", re.ASCII)
_SIGNATURE = re.compile(
    "x-(?:amz|goog)-signature|x-amz-security-token|signature|q-signature|sig|token|hash|verify|md5"
    "|hmac|policy",
    re.IGNORECASE,
)
"""What the proof in a signed URL is called; it is known whatever it looks like."""
_MOST_ENCODED = 100
"""Of how many links in one answer the base64 is known as well: it takes most of the time."""
_EVERYDAY_PARAMETER = re.compile(
    "x-(?:amz|goog)-(?:algorithm|date|expires|signedheaders)|q-sign-algorithm|response-.*|utm_.*"
    "|(?:start|end|created|updated|not)?_?(?:expires?|date|time|before|after|at)|s[vet]"
    "|(?:job|asset|request|brand|avatar)(?:_?id)?|(?:next_)?cursor|q|query|prompt|title"
    "|(?:file_?)?name|download|format|size|resolution|(?:content_?)?type|lang|locale",
    re.IGNORECASE,
)
_EVERYDAY_ARGUMENT = re.compile(
    r"[^0-9]*+|[^A-Za-z]*+|[0-9]{4}-?[0-9]{2}-?[0-9]{2}T[0-9:.%A-Z+-]*+|[0-9]+[xX*][0-9]+"
    r"|(?!user|ws|key)[a-z]{2,12}(?:_sandbox)?_[A-Za-z0-9]+|[a-z]+[/+-][\w.+-]{1,12}"
)
"""Words, numbers, dates, dimensions and ids for everyone, which are no secret in any query."""
_DEEPEST = 20


def remember(*secrets: str | Secret | None) -> None:
    """Know these credentials from now on, whatever their shape; a `Secret` while it lives, too."""
    for secret in secrets:
        if isinstance(secret, Secret):
            known.add(secret.reveal(), credential=True, holder=secret)
        elif secret is not None:
            known.add(secret, credential=True)


def remember_login(url: str) -> None:
    """Know the login in a proxy's URL: as it is written, as it is meant, and as HTTP sends it.

    A user's name is no secret beside a password; alone it is the key of many a service.
    """
    try:
        parts = split_url(url if "://" in url else f"http://{url}")
    except ValueError:
        return
    user, password = parts.username or "", parts.password or ""
    if secret := password or user:
        login = f"{unquote(user)}:{unquote(password)}".encode()
        remember(secret, unquote(secret), b64encode(login).decode())


def remember_json(content: bytes | bytearray, data: Any) -> None:
    """Know the secrets in JSON that comes or goes.

    Args:
        content: The JSON as bytes, to see quickly whether there can be any.
        data: The same, parsed.
    """
    # As text, because a text is searched several times faster than bytes.
    text = content.decode("latin-1")
    if "\\" in text or "\0" in text:
        text = _spelt_plainly(content, text)
    if "?" in text:
        _note_links(text)
    # Parts of the names of members that hold secrets; most answers have none of them.
    low = text.lower()
    if (
        "key" in low or "user" in low or "email" in low or "owner" in low or "workspace" in low
        or "upload" in low or "header" in low or "provider" in low or "signed" in low
        or "raw" in low or "token" in low or "secret" in low or "credential" in low
        or "auth" in low or "pass" in low or "cookie" in low or "session" in low
        or "device" in low or "login" in low or "verification" in low or "signature" in low
        or "google" in low or "pwd" in low or '"sig"' in low or "hmac" in low or "hdn" in low
        or '"jwt"' in low
    ):  # fmt: skip
        # An answer made of secrets must not cost seconds, nor push out what is known of others.
        for name, value, within in islice(_secrets(data, "", _DEEPEST), LIMIT):
            _note(name, value, within)


def _spelt_plainly(content: bytes | bytearray, text: str) -> str:
    """JSON without escapes of ASCII, whatever its encoding, as far as it matters for searching.

    A name may be spelt in escapes, and some servers write every ``&``, ``=`` and ``/`` so.
    """
    if "\0" in text:  # another encoding of Unicode's
        text = content.decode(json.detect_encoding(content), "replace")
    if "\\u00" in text:
        # Each kind at once: there are few, and to replace one by one takes much more memory.
        for escape in {found[0] for found in _ESCAPED.finditer(text)}:
            text = text.replace(escape, chr(int(escape[-2:], 16)))
    return text.replace("\\/", "/")


_ESCAPED = re.compile(r"\\u00(?!5[cC])[2-7][0-9a-fA-F]")


def _note_links(text: str) -> None:
    """What the queries of URLs in an answer hold, because any of it may open the media."""
    signatures = 0
    for match in islice(_QUERY_VALUE.finditer(text), LINKS):
        name, value = match.groups()
        if _SIGNATURE.fullmatch(name):
            known.add(value, link=True)
            signatures += 1
            if signatures <= _MOST_ENCODED:
                known.add_encoded(value)
        elif not (_EVERYDAY_ARGUMENT.fullmatch(value) or _EVERYDAY_PARAMETER.fullmatch(name)):
            known.add(value, link=True)


_Found = tuple[str, str, str]
"""A value's own name, the value, and the sensitive name that it stands somewhere below, if any."""


def _secrets(data: Any, owner: str, depth: int) -> Iterator[_Found]:
    """The texts that a name says are secret."""
    if isinstance(data, list) and depth:
        for item in cast("Any", data):
            yield from _secrets(item, owner, depth - 1)
    elif isinstance(data, dict) and depth:
        for name, value in cast("dict[str, Any]", data).items():
            if isinstance(value, str) or type(value) is int:
                if is_sensitive(name):
                    yield name, str(value), ""
                elif name == "id" and compact(owner) in OWNERS:
                    yield "user id", str(value), ""
            elif is_sensitive(name) and compact(name) not in OWNERS:
                yield from _below(value, name, name, depth - 1)
            else:
                yield from _secrets(value, name, depth - 1)


def _below(value: Any, name: str, within: str, depth: int) -> Iterator[_Found]:
    """Everything below a sensitive name, as the headers of an upload."""
    if isinstance(value, str):
        yield name, value, within
    elif isinstance(value, dict) and depth:
        for inner_name, inner in cast("dict[str, Any]", value).items():
            yield from _below(inner, inner_name, within, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in cast("Any", value):
            yield from _below(inner, name, within, depth - 1)


_URL_HEAD = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[^/?#]*/*", re.IGNORECASE)
_IDENTITIES = ("objectkey", "storagekey", "userid", "workspaceid", "ownerid", "keyid", "accessid")
"""Endings of names whose values tell who or where, and are secret whatever they look like."""
_ADDRESSES = ("uploadurl", "signedurl", "presignedurl")
"""Endings of names of URLs whose path is an object key."""
_EVERYDAY_HEADER = re.compile(
    "host|date|expires|etag|range|connection|user-agent|origin|vary|pragma|cache-control|accept.*"
    "|content-.*|if-.*|last-modified|transfer-encoding|x-(?:amz|goog)-(?:acl|date|algorithm"
    "|storage-class|content-sha256|server-side-encryption|checksum.*|sdk-.*)|x-ms-(?:blob-type"
    "|version|date)",
    re.IGNORECASE,
)
"""Headers that every upload has, whose values are in every log, and secret in none."""


def _note(name: str, value: str, within: str) -> None:
    """A value; of a URL its path and signature, because scheme and host are no secret."""
    small = compact(name)
    if within and _EVERYDAY_HEADER.fullmatch(name) and compact(within).endswith("headers"):
        return
    by_name = small.endswith(_IDENTITIES) and (not within or within == name)
    if head := _URL_HEAD.match(value):
        path, _, query = value[head.end() :].partition("?")
        parts = (part.partition("=") for part in query.split("&"))
        by_name = by_name or (bool(query) and small.endswith(_ADDRESSES))
        values = [path, *(text for name, _, text in parts if is_sensitive(name))]
    else:
        values = [value]
    for one in values:
        if _FOR_EVERYONE.fullmatch(one):
            continue
        if "@" in one or (by_name and not _EVERYDAY.fullmatch(one)) or _is_telling(one):
            known.add(one)
        if by_name:
            known.add_id(one)


_FOR_EVERYONE = re.compile(r"(?:job|asset|req|request|brand|avatar)_(?:sandbox_)?[A-Za-z0-9]+")
"""Ids that stay readable, whatever name they stand under."""


_EVERYDAY = re.compile("[A-Za-z]?[a-z]*|(?:19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9]")
"""One word, or a date: each stands in many a text that tells nobody's id."""
_FEWEST = 12
_FEWEST_LETTERS = 3


def _is_telling(value: str) -> bool:
    """Whether a value can't be an everyday one, such as ``video/mp4`` or a date."""
    letters = sum(map(str.isalpha, value))
    digits = sum(map(str.isdigit, value))
    return letters >= _FEWEST_LETTERS and digits > 0 and letters + digits >= _FEWEST
