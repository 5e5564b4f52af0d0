"""How a secret may be spelt in a text: what all spellings have in common, and how escapes read.

Squeezed, a text is its letters and digits alone, which undoes separators, line breaks and padding;
of base64 and hexadecimal a secret has forms of its own. A text with its escapes undone is exactly
as long as before, so that what is found in it stands at the same place in the original.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOWER = bytes(range(256)).lower()
_ASCII = 128
# Of ASCII alone, because each character to delete costs every text, however short, its time.
_NOT_ALNUM = bytes(i for i in range(_ASCII) if not chr(i).isalnum())
_IS_ALNUM = bytes(i < _ASCII and i not in _NOT_ALNUM for i in range(256))
_KINDS = bytes(2 if i in b"%\\;\x1b" else kept for i, kept in enumerate(_IS_ALNUM))


def squeeze(text: str) -> bytes:
    """The letters and digits of a text, in lower case."""
    return text.encode("ascii", "ignore").translate(_LOWER, _NOT_ALNUM)


def marks(text: str, *, escaping: bool = False) -> bytes:
    """For each character of a text 1 if `squeeze` keeps it, else 0.

    Args:
        text: Any.
        escaping: Whether to give 2 for what every escape has one of.
    """
    return text.encode("ascii", "replace").translate(_KINDS if escaping else _IS_ALNUM)


def forms(secret: str, *, thorough: bool = True) -> Iterator[bytes]:
    """What is sure to appear, squeezed, wherever a secret stands in one of its spellings.

    Plain, as text or as the escapes in it read; in hexadecimal; in base64 and, when `thorough`,
    in base64 of that: in each alignment, without the characters its neighbours have a part in.
    """
    plain = squeeze(secret)
    yield plain
    if has_escapes(secret) and (read := squeeze(undone(secret))) != plain:
        yield read
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw.hex().encode()
    for once in _in_base64(raw):
        yield once.translate(_LOWER, _NOT_ALNUM)
        for twice in _in_base64(once) if thorough else ():
            yield twice.translate(_LOWER, _NOT_ALNUM)


def _in_base64(raw: bytes) -> Iterator[bytes]:
    for before, spoilt in ((0, 0), (1, 2), (2, 3)):
        encoded = b64encode(b"\0" * before + raw).rstrip(b"=")
        partial = (before + len(raw)) % 3 != 0
        yield encoded[spoilt : len(encoded) - partial]


# A pattern for each sign, because what begins with one character is found fastest. Repetitions are
# bounded, so that one escape is never longer than a line. That of "%" may give some back: of
# "%250G" only the first three are an escape, of a "%" itself.
_ESCAPES = {
    "%": r"(%(?:25){0,9}[0-9A-Fa-f]{2})",
    "\\": (
        r"(\\(?<!\\\\)\\{0,63}+(?:u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|U[0-9A-Fa-f]{8}"
        r"|x[0-9A-Fa-f]{2}|[0-3][0-7]{2}|[abfnrtv]))"
    ),
    "&": (
        r"(&(?:amp;){0,9}+(?:lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
        r"|&(?:amp;){1,9}+)"
    ),
    "\x1b": r"(\x1b\[[0-9;]{0,20}+[A-Za-z])",
}
_NUMBER = (
    r"%(?:25)*+(?P<url>..)|\\++(?:[uUx]\{?(?P<hex>[0-9A-Fa-f]++)\}?|(?P<octal>[0-7]{3}))"
    r"|&(?:amp;)*+#(?:[xX](?P<entity>[0-9A-Fa-f]++)|(?P<decimal>[0-9]++));"
)
_BASES = {"url": 16, "hex": 16, "entity": 16, "octal": 8, "decimal": 10}
_GONE = "\0"
_TAIL = "\x01"
"""What follows a letter or digit that was an escape, in place of the rest of it."""


@cache
def _pattern(of: str) -> re.Pattern[str]:
    """Made when needed, because many texts have no escapes."""
    return re.compile(of)


def has_escapes(text: str) -> bool:
    """Whether anything in a text may stand for something else."""
    if not ("%" in text or "\\" in text or ("&" in text and ";" in text) or "\x1b" in text):
        return False
    return any(sign in text and _pattern(of).search(text) for sign, of in _ESCAPES.items())


def undone(text: str) -> str:
    """The text, as long as before, with escapes as what they stand for if squeezing keeps that."""
    for sign, of in _ESCAPES.items():
        if sign in text:
            parts = _pattern(of).split(text)
            parts[1::2] = map(_read, parts[1::2])
            text = "".join(parts)
    return text


def end_of(undone_text: str, after: int) -> int:
    """Where the escape ends whose character stands just before a place."""
    while undone_text.startswith(_TAIL, after):
        after += 1
    return after


@lru_cache(maxsize=1024)
def _read(escape: str) -> str:
    """An escape as the letter or digit it stands for, or as nothing; always as long."""
    number = _pattern(_NUMBER).fullmatch(escape)
    if number and number.lastgroup:
        code = int(number[number.lastgroup], _BASES[number.lastgroup])
        if code < _ASCII and chr(code).isalnum():
            return chr(code) + _TAIL * (len(escape) - 1)
    return _GONE * len(escape)
