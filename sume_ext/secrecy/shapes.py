"""Finds secrets in text by their shape: keys, tokens, signed URLs, e-mails, named values.

Every detector runs in time linear in the text, and only where a substring that it can't do
without occurs, so that ordinary text costs a few substring searches. What merely looks alike
(prompts, ordinary URLs, ids of jobs and assets, ``icon@2x.png``) is left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sume_ext.secrecy.sensitive import NAMES, OWNERS, SIGNING, WHOLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REDACTED = "[redacted]"
Span = tuple[int, int, str]
"""Where something to hide begins and ends, and what to put there."""


def spans(text: str) -> list[Span]:  # noqa: C901, PLR0912  (one question per detector)
    """Everything in a text whose shape is a secret's, in no special order."""
    low = _lower(text)
    found: list[Span] = []
    # Single characters first: they are looked for many times faster than words.
    if "/" in text:
        if "://" in text or ":\\" in text:
            found += _urls(low)
            low = _blanked(low, found)
        if "s/" in low or "ing/" in low or "upload/" in low:
            found += _object_keys(low)
    if "@" in text or ("%" in text and "%40" in text):
        found += _emails(low)
    if "=" in text or ":" in text or "->" in text or "'," in text or '",' in text:
        found += _named(text, low)
    if "%" in text and "%3d" in low:
        found += _named_encoded(text, low)
    if "_" in text:
        if "sume_" in low:
            found += _all(_SUME_KEY, low)
        if "user_" in low or "usr_" in low or "ws_" in low or "space_" in low or "key_" in low:
            found += _all(_OWNER_ID, low)
    if "-" in text and "--" in text:
        found += _all(_FLAG, low)
        found += _all(_PRIVATE_KEY, text)
    if "bearer" in low:
        found += _all(_BEARER, low)
    if "eyJ" in text:
        found += _all(_JWT, text)
    if "AKIA" in text or "ASIA" in text:
        found += _all(_AWS_KEY, text)
    return found


def _lower(text: str) -> str:
    """The text in lower case, with each character where it was."""
    low = text.lower()
    if len(low) != len(text):
        # Only U+0130 becomes two characters.
        low = text.replace("\u0130", "i").lower()
    return low


def _all(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Every match, or of each the group that took part in it."""
    for match in pattern.finditer(text):
        yield (match.start(match.lastindex or 0), match.end(), REDACTED)


_SUME_KEY = re.compile(r"sume_(?:(?:live|test|sandbox)_[a-z0-9_-]{4,}+|[a-z]{2,12}_[a-z0-9]{16,}+)")
# Prose ("bearer securities") has neither digits nor such long words.
_BEARER = re.compile(
    r"bearer(?:\s|%20|\+)++"
    r"((?=[a-z._~+/=%-]{0,64}+[0-9])[a-z0-9._~+/=%-]{8,}+|[a-z0-9._~+/=%-]{24,}+)"
)
_JWT = re.compile(
    r"eyJ(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+)?+"
)
_AWS_KEY = re.compile(r"A(?:KI|SI)A[0-9A-Z]{16}")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----([^-]*+)")
_FLAG = re.compile(
    r"--(?:[a-z0-9]{1,20}-){0,3}(?:key|token|password|secret|signature|email)\s++([^\s\"'\[-][^\s\"']*+)"
)


def _after(sign: str, befores: Iterable[str], boundary: str) -> str:
    """A pattern that begins with one sign, so that only its occurrences are looked at.

    What stands before the sign is looked back for, its beginning as a group.
    """
    backs = "|".join(f"(?<=(?<!{boundary})({before}){sign})" for before in befores)
    return f"{sign}(?:{backs})"


# People, workspaces and keys; ids of jobs, assets and requests are for everyone to see.
_OWNER_PREFIXES = ("user", "usr", "ws", "workspace", "key", "apikey")
_OWNER_ID = re.compile(
    _after("_", _OWNER_PREFIXES, "[a-z0-9_]") + "(?:sandbox_|live_|test_)?+"
    "(?=[a-z]{0,40}+[0-9])(?![0-9]++(?![a-z0-9]))[a-z0-9]{8,}+(?![a-z0-9_])"
)
_STORE_NAMES = ("uploads", "upload", "workspaces", "users", "tenants", "incoming")
_OBJECT_KEY = re.compile(
    _after("/", _STORE_NAMES, r"[\w./:%-]") + r"(?:[\w.=+~@-]++/)*+[\w.=+~@-]*+"
)
_TELLING = re.compile(
    "[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16}|[a-z]_[a-z]{0,8}[0-9][a-z0-9]{4}"
    "|(?=[a-z]{0,19}[0-9])[a-z0-9]{20}"
)


def _object_keys(low: str) -> Iterator[Span]:
    """Paths in a store, but those of everyday files, which have no id in them."""
    for span in _all(_OBJECT_KEY, low):
        if _TELLING.search(low, span[0], span[1]):
            yield span


# URLs: userinfo always goes; of a signed one stay scheme and host, because its path is the
# storage key; of one of the API's own stays all but the query.
_URL = re.compile(
    r""":(?:\\*/){2}(?:([^\s"'<>/\\?#]*)@)?([^\s"'<>/\\?#]*+)([^\s"'<>?#]*+)([?#][^\s"'<>]*+)?+"""
)
_SIGNED = re.compile("(?:[?&;#]|u0026)(?:" + "|".join(map(re.escape, SIGNING)) + ")")
_OWN_HOST = re.compile(r"(?:^|\.)sume\.so(?::[0-9]+)?$")
_TRAILING = ").,;]}|`"


def _urls(low: str) -> Iterator[Span]:
    for match in _URL.finditer(low):
        user, host, _, query = match.groups()
        if user:
            yield (*match.span(1), REDACTED)
        if not query or len(query) == 1:
            continue
        end = match.start(4) + max(1, len(query.rstrip(_TRAILING)))
        if _is_signed(query):
            yield (match.start(3), end, f"/{REDACTED}")
        elif _OWN_HOST.search(host) and query[1:] != REDACTED:
            yield (match.start(4) + 1, end, REDACTED)


def _is_signed(query: str) -> bool:
    return _SIGNED.search(query) is not None


def _blanked(text: str, found: list[Span]) -> str:
    """The text without what is hidden already, so that nothing in there is looked at again."""
    parts: list[str] = []
    done = 0
    for start, end, _ in found:
        parts += (text[done:start], " " * (end - start))
        done = end
    return "".join((*parts, text[done:])) if parts else text


# E-mails are looked for from the @ on, because a run of letters may be long and have none.
_DOMAIN = re.compile(r"(?:@|%40)(?!\dx\.)((?:[^\W_][\w-]*+\.)+)([^\W\d_]{2,24})(?![^\W_])")
_LOCAL_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789_.+-"
_LOCAL = re.compile(r"[\w.+-]*+")
_LONGEST_LOCAL = 320
_NO_DOMAINS = frozenset({"png", "jpg", "jpeg", "gif", "webp", "svg", "mp4", "webm", "mp3", "wav"})


def _emails(low: str) -> Iterator[Span]:
    end = 0
    for match in _DOMAIN.finditer(low):
        at = match.start()
        before = low[max(end, at - _LONGEST_LOCAL) : at]
        rest = before.rstrip(_LOCAL_CHARS)
        if rest and rest[-1].isalnum() and (local := _LOCAL.match(before[::-1])):
            rest = before[: -local.end()]  # letters of another alphabet
        length = len(before) - len(rest)
        if not length or match[2] in _NO_DOMAINS or before[-length:] == "git":
            continue
        end = match.end()
        yield (at - length, end, REDACTED)


# Named values. The text is searched backwards: there a separator comes first, which is rare and
# cheap to find, and whether a sensitive name stands before it is then decided at once.
def _tree(words: Iterable[tuple[str, ...]]) -> str:
    """A pattern for words, given as parts, which looks at each character once."""
    branches: dict[str, list[tuple[str, ...]]] = {}
    for word in words:
        branches.setdefault(word[0] if word else "", []).append(word[1:])
    ends = "" in branches
    branches.pop("", None)
    inner = "|".join(part + _tree(rest) for part, rest in branches.items())
    if not inner:
        return ""
    return f"(?:{inner})?" if ends else f"(?:{inner})" if len(branches) > 1 else inner


def _backwards(names: Iterable[str], *ending: str) -> list[tuple[str, ...]]:
    return [(*("[ _-]?" if c == " " else c for c in reversed(name)), *ending) for name in names]


_PEOPLE = OWNERS - {"apikey"}
"""Names that hide a mapping under them, but no other value."""
_ANY_NAME = _tree(_backwards(NAMES) + _backwards((*WHOLE_NAMES, *_PEOPLE), "(?![a-z0-9])"))
_NAME = re.compile(
    r"""[:=>,](?:(?:(?<=[:=])[:=]?+|(?<=>)[=-])\s{0,4}+(?:["']\\*+)?+|(?<=,)["']\\*+)""" + _ANY_NAME
)
_NAME_ENCODED = re.compile("d3(?:52){0,3}%" + _ANY_NAME)
_VALUE = re.compile(
    r"""\s*+(?:[bBuU]?(?:
        "(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+(?:"[^\S\n]*+\n\s*+"[^"\\]*+(?:\\.[^"\\]*+)*+)*+)
      | '(?P<single>[^'\\]*+(?:\\.[^'\\]*+)*+(?:'[^\S\n]*+\n\s*+'[^'\\]*+(?:\\.[^'\\]*+)*+)*+)
      | (?P<quote>\\++["'])(?P<escaped>.*?)(?:(?P=quote)|\Z)
      )
      | (?P<braces>\{[^{}]*+\}) | (?P<brackets>\[[^\[\]]*+\])
      | (?P<bare>(?:(?i:bearer|basic|digest|token)\s++)?+[^\s,;&"'<>(){}\[\]|\\]++)
    )""",
    re.DOTALL | re.VERBOSE,
)
_BRACES = re.compile(r"\s*+(\{[^{}]*+\})")
_ENCODED = re.compile(r"""(?:[^\s&"'<>%]|%(?!(?:25)*+26))++""")
_REST_OF_LINE = re.compile(r"""[^\r\n"']*+""")
_WORD = re.compile(r"[^\W\d_]+(?:[.!?]|$)")
_TELLING_AT_ALL = re.compile(r"[^\W_]")
_NOTHING = frozenset({"none", "null", "true", "false", "undefined", "unset"})


def _places(names: re.Pattern[str], low: str) -> Iterator[tuple[str, int]]:
    """Each sensitive name before a separator, and where its value begins, in the text's order."""
    size = len(low)
    for match in reversed([*names.finditer(low[::-1])]):
        after = size - match.start()
        yield low[size - match.end() : after].rstrip(":=>- \t\r\n'\",\\"), after


def _named(text: str, low: str) -> Iterator[Span]:
    done = 0
    for name, after in _places(_NAME, low):
        # What stands inside a value is hidden with it, and must not be read again and again.
        if after >= done and (span := _value(text, name, after)):
            yield (*span, REDACTED)
            done = span[1]


def _named_encoded(text: str, low: str) -> Iterator[Span]:
    """Parameters of a query that is itself part of a query."""
    done = 0
    for _, after in _places(_NAME_ENCODED, low):
        if after >= done and (value := _ENCODED.match(text, after)):
            yield (*value.span(), REDACTED)
            done = value.end()


def _value(text: str, name: str, after: int) -> tuple[int, int] | None:
    """Where the value of a name stands, or None when it is nothing to hide."""
    if name in _PEOPLE:
        braces = _BRACES.match(text, after)
        return braces.span(1) if braces else None
    value = _VALUE.match(text, after)
    if value is None:
        return None
    start, end = value.span(value.lastgroup or 0)
    if value.lastgroup != "bare":
        return (start, end) if start < end else None
    said = text[start:end]
    prose = start > after and _WORD.fullmatch(said) and not name.startswith("pass")
    if prose or said.lower() in _NOTHING or not _TELLING_AT_ALL.search(said):
        return None
    if name.startswith("cookie") and (rest := _REST_OF_LINE.match(text, start)):
        end = rest.end()
    return start, end
