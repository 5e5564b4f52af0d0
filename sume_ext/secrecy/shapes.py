"""Finds secrets in text by their shape: keys, tokens, signed URLs, e-mails, named values.

Every detector runs in time linear in the text, and only where a substring that it can't do
without occurs, so that ordinary text costs a few substring searches. What merely looks alike
(prompts, ordinary URLs, ids of jobs and assets, ``icon@2x.png``) is left alone.
"""

from __future__ import annotations

import re
from operator import methodcaller
from typing import TYPE_CHECKING

from sume_ext.secrecy.brackets import Closings
from sume_ext.secrecy.sensitive import NAMES, OWNERS, PROVING, SIGNING, WHOLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

REDACTED = "[redacted]"
Span = tuple[int, int, str]
"""Where something to hide begins and ends, and what to put there."""


def spans(text: str) -> list[Span]:  # noqa: C901  (one question per detector)
    """Everything in a text whose shape is a secret's, in no special order."""
    low = text.lower()
    if len(low) != len(text):
        # Only U+0130 becomes two characters, and each must stay where it was.
        low = text.replace("\u0130", "i").lower()
    found: list[Span] = []
    # Single characters first: they are looked for many times faster than words. What is found by
    # its surroundings is blanked, so that nothing in there is looked at again.
    slash = "/" in text
    if slash and ":" in text and ("://" in text or ("\\" in text and ":\\" in text)):
        found += _urls(low)
        low = _blanked(low, found)
    quoted = "'" in text or '"' in text
    if "=" in text or ":" in text or ">" in text or (quoted and ("'," in text or '",' in text)):
        named = _named(text, low)
        found += named
        low = _blanked(low, named)
    if slash and _OBJECT_KEY.search(low):
        found += _object_keys(low)
    if "@" in text:
        found += _emails(low, _DOMAIN)
    if "%" in text and _ENCODED_SIGN.search(low):
        found += _emails(low, _DOMAIN_ENCODED)
        found += _named_encoded(text, low)
    if ("\\" in text and "u0040" in low) or ("&" in text and ("&#" in text or "&commat;" in low)):
        found += _emails(low, _DOMAIN_ESCAPED)
    if "_" in text and _ID_SIGN.search(low):
        found += _all(_SUME_KEY, low)
        found += _all(_OWNER_ID, low)
    if "-" in text and _DASHES.search(text):
        found += _all(_FLAG, low)
        found += _all(_PRIVATE_KEY, text)
    if "bearer" in low:
        found += _all(_BEARER, low)
    if "J" in text and "eyJ" in text:
        found += _all(_JWT, text)
    if "A" in text and _AWS_KEY_IN_LOW.search(low):
        found += _all(_AWS_KEY, text)
    return found


def _all(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Every match, or of each the group that took part in it."""
    for match in pattern.finditer(text):
        yield (match.start(match.lastindex or 0), match.end(), REDACTED)


_SUME_KEY = re.compile(
    r"sume_(?:(?:live|test|sandbox)_[a-z0-9_-]{4,}+"
    r"|(?!(?:job|asset|request|req|brand|avatar)_)[a-z]{2,12}_[a-z0-9]{16,}+)"
)
# Prose ("bearer securities") has neither digits nor such long words.
_BEARER = re.compile(
    r"bearer(?:\s|%20|\+)++"
    r"((?=[a-z._~+/=%-]{0,64}+[0-9])[a-z0-9._~+/=%-]{8,}+|[a-z0-9._~+/=%-]{24,}+)"
)
_DASHES = re.compile("--")
_JWT = re.compile(
    r"eyJ(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+)?+"
)
_AWS_KEY = re.compile("A(?:KI|SI)A[0-9A-Z]{16}")
_AWS_KEY_IN_LOW = re.compile(_AWS_KEY.pattern.lower())
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----([^-]*+)")
_FLAG = re.compile(
    r"--(?!key\s++\S{1,7}+(?!\S))"  # what `sort` and others are told to go by
    r"(?:[a-z0-9]{1,20}-){0,3}(?:key|token|password|secret|signature|email)\s++([^\s\"'\[-][^\s\"']*+)"
)


def _ends(sign: str, befores: Iterable[str]) -> str:
    """A pattern for a sign after the last two characters of any word, which decide most often."""
    ends = "|".join(sorted({f"{before[-2:]}{sign}" for before in befores}))
    return f"{sign}(?<={ends})"


def _after(sign: str, befores: Collection[str], boundary: str) -> str:
    """A pattern that begins with one sign, so that only its occurrences are looked at.

    What stands before the sign is looked back for, its beginning as a group.
    """
    backs = "|".join(f"(?<=(?<!{boundary})({before}){sign})" for before in befores)
    return f"{_ends(sign, befores)}(?:{backs})"


# People, workspaces and keys; ids of jobs, assets and requests are for everyone to see.
_OWNER_PREFIXES = ("user", "usr", "ws", "workspace", "key", "apikey")
# What programs call things, as in "user_interface2".
_IN_CODE = (
    "(?:account|agent|binding|client|code|config|content|context|count|defined|event|feedback|frame"
    "|group|guide|handler|index|input|interface|list|manager|manual|mapping|message|metadata|model"
    "|output|pair|permission|point|preference|profile|prompt|queries|query|request|response|result"
    "|role|schema|server|service|session|setting|socket|stories|story|table|test|value|version)s?"
    "v?[0-9]{1,4}(?![a-z0-9])"
)
_OWNER_ID = re.compile(
    _after("_", _OWNER_PREFIXES, "[a-z0-9_]") + "(?:sandbox_|live_|test_)?+"
    f"(?=[a-z]{{0,40}}+[0-9])(?![0-9]++(?![a-z0-9])|{_IN_CODE})[a-z0-9]{{8,}}+(?![a-z0-9_])"
)
_ID_SIGN = re.compile(_ends("_", ("sume", *_OWNER_PREFIXES)))
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


# Spelt out, because a class of characters with \s in it is no bitmap, and takes twice as long.
_SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# URLs: userinfo always goes; of a signed one stay scheme and host, because its path is the
# storage key; of one of the API's own stays all but the query.
_URL = re.compile(
    rf""":(?:\\*/){{2}}((?:[^{_SPACE}"'<>/\\?#@]*+@)++)?+([^{_SPACE}"'<>/\\?#@]*+)([^{_SPACE}"'<>?#]*+)"""
    rf"""([?#][^{_SPACE}"'<>]*+)?+"""
)
_SIGNED = re.compile("(?:[?&;#]|u0026)(?:" + "|".join(map(re.escape, SIGNING)) + ")")
_PROVING = re.compile("(?:[?&;#]|u0026)(?:" + "|".join(map(re.escape, PROVING)) + ")")
_EXPIRING = re.compile(
    r"(?:[?&;#]|u0026)(?:exp(?:ires?|iry|iration)?|e|se|ttl|validto|deadline|until)="
    r"|=[12][0-9]{9}(?![0-9])"
)
_OWN_HOST = re.compile(r"(?:^|\.)sume\.so(?::[0-9]+)?$")
_TRAILING = ").,;]}|`"


def _urls(low: str) -> Iterator[Span]:
    for match in _URL.finditer(low):
        user, host, _, query = match.groups()
        if user and len(user) > 1:
            yield (match.start(1), match.end(1) - 1, REDACTED)
        if not query or len(query) == 1:
            continue
        said = query.rstrip(_TRAILING)
        end = match.start(4) + (len(said) or 1)
        if _SIGNED.search(query) or _is_proving(query):
            yield (match.start(3), end, f"/{REDACTED}")
        elif _OWN_HOST.search(host) and said[1:] not in ("", REDACTED[:-1]):
            yield (match.start(4) + 1, end, REDACTED)


def _is_proving(query: str) -> bool:
    # What a hash is of, only its being for a time tells: a page may have one, too.
    return _PROVING.search(query) is not None and _EXPIRING.search(query) is not None


def _blanked(text: str, found: list[Span]) -> str:
    """The text without what is hidden already, so that nothing in there is looked at again."""
    parts: list[str] = []
    done = 0
    for start, end, _ in found:
        parts += (text[done:start], " " * (end - start))
        done = end
    return "".join((*parts, text[done:])) if parts else text


# E-mails are looked for from the @ on, because a run of letters may be long and have none.
_AFTER_AT = r"(?!\dx\.)((?:[^\W_][\w-]*+\.)+)([^\W\d_]{2,24})(?![^\W_])"
_DOMAIN = re.compile(f"@{_AFTER_AT}")
_ENCODED_SIGN = re.compile("%(?:40|3d)")
_DOMAIN_ENCODED = re.compile(f"%40{_AFTER_AT}")
_DOMAIN_ESCAPED = re.compile(rf"(?:\\u0040|&#(?:64|x40);|&commat;){_AFTER_AT}")
# Whoever clones a repository is "git".
_LOCAL = re.compile(r"(?!tig(?![\w.+-]))[\w.+-]{1,320}+")
_NO_DOMAINS = frozenset({
    "png", "jpg", "jpeg", "gif", "webp", "svg", "mp4", "webm", "mp3", "wav",
    "service", "socket", "timer", "target", "mount", "automount", "slice", "scope", "swap",
    "js", "mjs", "cjs", "css", "json", "html", "php",
})  # fmt: skip
"""What comes last in names of files, and of units as in ``getty@tty1.service``."""


def _emails(low: str, domains: re.Pattern[str]) -> Iterator[Span]:
    backwards, size = low[::-1], len(low)
    local_of = _LOCAL.match
    end = 0
    for match in domains.finditer(low):
        at, after = match.span()
        local = local_of(backwards, size - at, size - end)
        if local and match[2] not in _NO_DOMAINS:
            end = after
            yield (size - local.end(), end, REDACTED)


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
_ANY_NAME = _tree(_backwards(NAMES) + _backwards(WHOLE_NAMES, "(?![a-z0-9])"))
_ANY_PEOPLE = _tree(_backwards(_PEOPLE, "(?![a-z0-9])"))
_BEFORE_NAME = (
    r"""\s{0,4}+(?:["']\\*+)?+"""
    rf"(?:{_ANY_NAME}(?!\s{{1,4}}+detcepxe)|(?P<people>{_ANY_PEOPLE}))"
)
"""But in "unexpected token: …", which is what parsers say."""
# A pattern for each separator, because what begins with one character is found fastest.
_NAMES = {
    ":": re.compile(f":[:=]?+{_BEFORE_NAME}"),
    "=": re.compile(f"=[:=]?+{_BEFORE_NAME}"),
    ">": re.compile(rf">(?:[=-]{_BEFORE_NAME}|(?P<tag>{_ANY_NAME}[\w:.-]{{0,40}}+<))"),
    ",": re.compile(r""",["']\\*+""" + _ANY_NAME),
}
_NAME_ENCODED = re.compile("d3(?:52){0,3}%" + _ANY_NAME)
_VALUE = re.compile(
    r"""\s*+(?:[bBuU]?(?:
        "(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+(?:"[^\S\n]*+\n\s*+"[^"\\]*+(?:\\.[^"\\]*+)*+)*+)
      | '(?P<single>[^'\\]*+(?:\\.[^'\\]*+)*+(?:'[^\S\n]*+\n\s*+'[^'\\]*+(?:\\.[^'\\]*+)*+)*+)
      | (?P<quote>\\++["'])
      )
      | (?P<opening>[{\[])
      | (?P<bare>(?:(?i:bearer|basic|digest|token)\s++)?+[^\s,;&"'<>(){}\[\]|\\]++)
    )""",
    re.DOTALL | re.VERBOSE,
)
_TOLD = re.compile(r"""\s*+["']\\*+value\\*+["']\s*+:""")
"""What stands between a name and its value in ``{"name": "X-Api-Key", "value": "…"}``."""
_OPENING = re.compile(r"\s*+(?P<opening>\{)")
_ELEMENT = re.compile(
    r"(?:\s*+(?P<element>[^\s<>][^<>]*+)|<!\[CDATA\[(?P<cdata>(?:[^\]<>]|\](?!\]))++)\]\]>)</"
)
_ENCODED = re.compile(r"""(?:[^\s&"'<>%]|%(?!(?:25)*+26))++""")
_REST_OF_LINE = re.compile(r"""[^\r\n"']*+""")
_WORD = re.compile(r"[^\W\d_]+(?:[.!?]|$)")
_TELLING_AT_ALL = re.compile(r"[^\W_]")
_CODE = re.compile(r"[A-Za-z_][A-Za-z_.]*+(?:\(|\[[\"'])")
_SCHEME = re.compile(
    r"(?i:digest)\s++(?=\w+=)[^\r\n]*+"
    r"|[A-Za-z][\w-]*+\s++(?=[^\s\"']*[0-9=+/])[^\s\"',;]{8,}+[^\r\n\"']*+"
)
"""What an Authorization header may hold beside what everybody uses, as in ``Negotiate YII…``."""
_PROSE = frozenset({
    "a", "an", "and", "are", "be", "by", "can", "cannot", "do", "does", "enter", "expired", "for",
    "has", "have", "in", "incorrect", "invalid", "is", "it", "its", "may", "missing", "must", "my",
    "needs", "no", "not", "of", "on", "only", "or", "please", "required", "reset", "should", "the",
    "this", "to", "use", "was", "we", "will", "with", "wrong", "you", "your",
})  # fmt: skip
"""What may follow "password:" in prose; no list of words that nobody takes for a password."""
_LINE_ENDS = ("", "\n", "\r")
_NOTHING = frozenset({"none", "null", "true", "false", "undefined", "unset"})


def _named(text: str, low: str) -> list[Span]:
    size, done = len(low), 0
    spans: list[Span] = []
    closings = Closings(text)
    for name in _names(low):
        after = size - name.start()
        # What stands inside a value is hidden with it, and must not be read again and again.
        if after < done:
            continue
        listed = low[after - 1] == ","
        told = _TOLD.match(text, after) if listed else None
        pattern = _AFTER_NAME[name.lastgroup]
        value = pattern.match(text, told.end() if told else after)
        if value is None:
            continue
        kind = value.lastgroup or ""
        start, end = value.span(kind)
        if kind == "bare":
            end = _end_of_bare(text, low[size - name.end() : after], after, (start, end))
        elif kind == "quote":
            # Not by the pattern, which would compare a long run of signs with itself everywhere.
            start, end = end, text.find(value["quote"], end)
            end = size if end < 0 else end
        elif kind == "opening":
            end = closings.end(start)
            end = end if _TELLING_AT_ALL.search(text, start, end) else start
        if listed and not told and not _may_be_secret(text[start:end], name):
            continue
        if start < end:
            spans.append((start, end, REDACTED))
            done = end
    return spans


def _names(low: str) -> list[re.Match[str]]:
    """Sensitive names with a sign behind them, in the text's order; they match backwards."""
    backwards = low[::-1]
    some = [[*pattern.finditer(backwards)] for sign, pattern in _NAMES.items() if sign in low]
    names = [name for of_sign in some for name in reversed(of_sign)]
    if sum(map(bool, some)) > 1:
        names.sort(key=_START, reverse=True)
    return names


_AFTER_NAME = {None: _VALUE, "people": _OPENING, "tag": _ELEMENT}
_START = methodcaller("start")
_PASSES = ("drowssap", "dwp", "eikooc", "noitazirohtua")


def _may_be_secret(value: str, name: re.Match[str]) -> bool:
    """Whether what follows a name in a list can be its value, and is no other name."""
    if _NAME_ALONE.fullmatch(value):
        return False
    return name[0].lstrip(",\"'\\").startswith(_PASSES) or (
        len(value) >= _SHORTEST_IN_LIST and any(map(str.isdigit, value))
    )


_NAME_ALONE = re.compile("[A-Za-z_.-]*+")
_SHORTEST_IN_LIST = 8


def _named_encoded(text: str, low: str) -> Iterator[Span]:
    """Parameters of a query that is itself part of a query."""
    size, done = len(low), 0
    for name in reversed([*_NAME_ENCODED.finditer(low[::-1])]):
        after = size - name.start()
        if after >= done and (value := _ENCODED.match(text, after)):
            yield (*value.span(), REDACTED)
            done = value.end()


def _end_of_bare(text: str, name: str, after: int, span: tuple[int, int]) -> int:
    """Where a value without quotes ends; where it begins when it is nothing to hide."""
    start, end = span
    said = text[start:end]
    if name.startswith("authorization"):
        if " " in said and text[end : end + 1] in _LINE_ENDS:
            return end
        if whole := _SCHEME.match(text, start):
            return whole.end()
    small = said.lower()
    called = text[end : end + 1] in ("(", "[") and _CODE.match(text, start)
    if called or small in _NOTHING or not _TELLING_AT_ALL.search(said):
        return start
    if start > after and _WORD.fullmatch(said) and (not name.startswith("pass") or small in _PROSE):
        return start
    if name.startswith(("cookie", "passphrase")) and (rest := _REST_OF_LINE.match(text, start)):
        return rest.end()
    return end
