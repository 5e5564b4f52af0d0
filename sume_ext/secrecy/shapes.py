"""Finds secrets in text by their shape: keys, tokens, signed URLs, e-mails, named values.

Every detector runs in time linear in the text, and only where a substring that it can't do
without occurs, so that ordinary text costs a few substring searches. What merely looks alike
(prompts, ordinary URLs, ids of jobs and assets, ``icon@2x.png``) is left alone.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from sume_ext.secrecy.addresses import other_urls, urls
from sume_ext.secrecy.named_values import named_in_queries, named_values
from sume_ext.secrecy.spans import REDACTED, Span, blanked
from sume_ext.secrecy.styling import found_beneath

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


def spans(text: str, *, styled: bool = True) -> list[Span]:  # noqa: C901  (one question per detector)
    """Everything in a text whose shape is a secret's, in no special order.

    Args:
        text: Any.
        styled: Whether it may hold a terminal's styling, to look beneath.
    """
    if styled and "\x1b" in text:
        return found_beneath(text, partial(spans, styled=False))
    low = text.lower()
    if len(low) != len(text):
        # Only U+0130 becomes two characters, and each must stay where it was.
        low = text.replace("\u0130", "i").lower()
    # Single characters first: they are looked for many times faster than words.
    found: list[Span] = []
    if (
        ":" in text or "=" in text or "?" in text or "%" in text or ">" in text
        or "'" in text or '"' in text
    ):  # fmt: skip
        found, low = _by_surroundings(text, low)
    if "/" in low and _OBJECT_KEY.search(low):
        found += _object_keys(low)
    if "@" in low:
        found += _emails(low, _DOMAIN_ASCII if low.isascii() else _DOMAIN)
    if "%" in low and _ENCODED_SIGN.search(low):
        found += _emails(low, _DOMAIN_ENCODED)
        found += named_in_queries(text, low)
    if ("\\" in low and "u0040" in low) or ("&" in low and ("&#" in low or "&commat;" in low)):
        found += _emails(low, _DOMAIN_ESCAPED)
    if "_" in low and _ID_SIGN.search(low):
        found += _all(_SUME_KEY, low)
        found += _all(_OWNER_ID, low)
    if "-" in text and _DASHES.search(text):
        found += _all(_FLAG, low)
        found += _private_keys(text)
    if "bearer" in low:
        found += _all(_BEARER, low)
    if "J" in text and "eyJ" in text:
        found += _all(_JWT, text)
    if "A" in text and _AWS_KEY_IN_LOW.search(low):
        found += _all(_AWS_KEY, text)
    return found


def _by_surroundings(text: str, low: str) -> tuple[list[Span], str]:
    """What URLs and names tell is secret, and the text in lower case without it.

    So that nothing in there is looked at again.
    """
    found: list[Span] = []
    slash = "/" in text
    if slash and ":" in text and ("://" in text or ("\\" in text and ":\\" in text)):
        found = urls(low)
        low = blanked(low, found)
    if ("?" in low or "%" in text) and (others := other_urls(low)):
        found += others
        low = blanked(low, others)
    quoted = "'" in text or '"' in text
    if "=" in text or ":" in text or ">" in text or (quoted and ("'," in text or '",' in text)):
        named = named_values(text, low)
        found += named
        low = blanked(low, named)
    return found, low


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
_PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?+-----")


def _private_keys(text: str) -> Iterator[Span]:
    """What stands between the lines of a private key; where the last is missing, all the rest."""
    done = 0
    for match in _PRIVATE_KEY.finditer(text):
        if match.end() >= done:
            end = text.find("-----END", match.end())
            done = len(text) if end < 0 else end
            yield (match.end(), done, REDACTED)


_FLAG = re.compile(
    r"--(?!key\s++\S{1,7}+(?!\S))"  # what `sort` and others are told to go by
    r"(?![a-z-]{1,40}+\s++(?:key|token|password|secret|text|string|str|value|email|path)(?![^\s\])]))"
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
    "(?:account|agent|binding|client|code|config|content|context|count|defined|error|event|exchange"
    "|feedback|frame|group|guide|handler|index|input|interface|list|manager|manual|mapping|member|message|metadata|model"
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


# E-mails are looked for from the @ on, because a run of letters may be long and have none.
_AFTER_AT = r"(?!\dx\.)((?:[^\W_][\w-]*+\.)+)([^\W\d_]{2,24})(?![^\W_])"
_DOMAIN = re.compile(f"@{_AFTER_AT}")
# The same for a text that is all ASCII, which is looked through faster by a class spelt out.
_DOMAIN_ASCII = re.compile(r"@(?![0-9]x\.)((?:[a-z0-9][a-z0-9_-]*+\.)+)([a-z]{2,24})(?![a-z0-9])")
_ENCODED_SIGN = re.compile("%(?:40|3d)")
_DOMAIN_ENCODED = re.compile(f"%40{_AFTER_AT}")
_DOMAIN_ESCAPED = re.compile(rf"(?:\\u0040|&#(?:64|x40);|&commat;){_AFTER_AT}")
# Whoever clones a repository is "git".
_LOCAL = re.compile(r"(?!tig(?![\w.+-]))[\w.+-]{1,320}+")
_NO_DOMAINS = frozenset({
    "png", "jpg", "jpeg", "gif", "webp", "svg", "mp4", "webm", "mp3", "wav",
    "service", "socket", "timer", "target", "mount", "automount", "slice", "scope", "swap",
    "js", "mjs", "cjs", "css", "json", "html", "php", "jsx", "tsx", "csv", "txt", "yml", "yaml",
    "toml", "cfg", "ini", "conf", "log", "lock", "gz", "whl", "pth", "ckpt", "safetensors", "onnx",
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
