"""Finds in text what URLs hold that is secret: userinfo, signatures, object keys, private queries.

Of a signed URL stay scheme and host, because its path is a storage key; of one of the API's own
stays all but the query; every other stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sume_ext.secrecy.sensitive import PROVING, SIGNING
from sume_ext.secrecy.spans import REDACTED, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

# Spelt out, because a class of characters with \s in it is no bitmap, and takes twice as long.
SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_IN_PATH = rf"""[^{SPACE}"'<>?#]"""
_IN_QUERY = rf"""[^{SPACE}"'<>]"""
_IN_HOST = rf"""[^{SPACE}"'<>/\\?#]"""
_URL = re.compile(rf":(?:\\*/){{2}}({_IN_HOST}*+)({_IN_PATH}*+)([?#]{_IN_QUERY}*+)?+")
_USERINFO = re.compile(
    rf""":(?:\\*/){{2}}(?!git@)([^{SPACE}"'<>/\\?#@]*+(?:@[^{SPACE}"'<>/\\?#@]*+)*)@"""
)
"""But for whoever clones a repository, who is "git" for everybody."""
_SIGNED = re.compile("(?:[?&;#]|u0026)(?:" + "|".join(map(re.escape, SIGNING)) + ")")
_PROVING = re.compile("(?:[?&;#]|u0026)(?:" + "|".join(map(re.escape, PROVING)) + ")")
_EXPIRING = re.compile(
    r"(?:[?&;#]|u0026)(?:exp(?:ires?|iry|iration)?|e|se|ttl|validto|deadline|until)="
    r"|=[12][0-9]{9}(?![0-9])"
)
_OWN = "sume.so"
_OWN_QUERY = re.compile(
    rf"(?<=[./@]){re.escape(_OWN)}(?::[0-9]+)?(?:/(?!docs){_IN_PATH}*+)?\?({_IN_QUERY}++)"
)
_CAMPAIGN = re.compile(r"(?:utm_\w+=[\w.-]*+&?+)++")
_TRAILING = ").,;]}|`"
# What a server calls its own: a request's line, or what "with url" says.
_RELATIVE = re.compile(rf"""(?<![^{SPACE}"'(=,\[`])(/{_IN_PATH}*+)(\?{_IN_QUERY}++)""")
_STORES = frozenset({"s3", "gs"})
"""Schemes of URLs whose path is an object key."""
_ENCODED = re.compile(rf"%3a(?:%2f){{2}}(?:[^{SPACE}\"'<>&%]|%(?!2f))*+(%2f[^{SPACE}\"'<>&]*+)")


def urls(low: str) -> list[Span]:
    """What is secret in the URLs of a text in lower case, in its order."""
    found = [*_in_urls(low)]
    if "@" in low:
        # Also of a URL that stands within another, and so isn't found as one.
        found += ((*match.span(1), REDACTED) for match in _USERINFO.finditer(low) if match[1])
        found.sort()
    return found


def _in_urls(low: str) -> Iterator[Span]:
    for match in _URL.finditer(low):
        query = match[3]
        if query and len(query) > 1:
            if _SIGNED.search(query) or _is_proving(query):
                end = match.start(3) + (len(query.rstrip(_TRAILING)) or 1)
                yield (match.start(2), end, f"/{REDACTED}")
                continue
            if _OWN in match[0]:
                yield from _own_queries(low, match)
        begin = match.start()
        if low[begin - 2 : begin] in _STORES and match[2] not in ("", "/"):
            path = match[2].rstrip(_TRAILING)
            if not path.startswith(f"/{REDACTED[:-1]}"):
                yield (match.start(2), match.start(2) + len(path), f"/{REDACTED}")


def _own_queries(low: str, url: re.Match[str]) -> Iterator[Span]:
    """Queries of the API's own URLs, one of which may stand within another's."""
    for match in _OWN_QUERY.finditer(low, *url.span()):
        said = match[1].rstrip(_TRAILING)
        if said not in ("", REDACTED[:-1]) and not _CAMPAIGN.fullmatch(said):
            yield (match.start(1), match.start(1) + len(said), REDACTED)


def _is_proving(query: str) -> bool:
    # What a hash is of, only its being for a time tells: a page may have one, too.
    return _PROVING.search(query) is not None and _EXPIRING.search(query) is not None


def other_urls(low: str) -> list[Span]:
    """What is secret in addresses that don't begin as URLs do, in the text's order."""
    found: list[Span] = []
    if "?" in low:
        for match in _RELATIVE.finditer(low):
            if _SIGNED.search(match[2]) or _is_proving(match[2]):
                end = match.start(2) + len(match[2].rstrip(_TRAILING))
                found.append((match.start(1), end, f"/{REDACTED}"))
    if "%" in low and "%3a%2f%2f" in low:
        for match in _ENCODED.finditer(low):
            _, _, query = unquote(match[1]).partition("?")
            if query and (_SIGNED.search(f"?{query}") or _is_proving(f"?{query}")):
                found.append((*match.span(1), REDACTED))
    found.sort()
    return found
