"""The server's own words, such as a status, fit to be shown in a message, a repr or a warning.

A server may say anything there, a secret or a terminal's escape among it: what is shown is
redacted, one short printable line. Who asks a handle for its status gets it as it came.
"""

from __future__ import annotations

from typing import overload

_MOST = 40


@overload
def shown(word: str) -> str: ...
@overload
def shown(word: None) -> None: ...
def shown(word: str | None) -> str | None:
    """A word without secrets, escaped where it can't be printed, and cut to 40 characters."""
    if word is None or (word.isalpha() and word.islower() and len(word) < _HARMLESS):
        return word
    from sume_ext.secrecy.redaction import redact_foreign  # noqa: PLC0415  (its patterns are many)

    clean = redact_foreign(str(word))
    clean = "".join(map(_printable, clean[: _MOST + 1]))
    return clean if len(clean) <= _MOST else f"{clean[: _MOST - 1]}…"


def shown_repr(word: str | None) -> str:
    """As `shown`, quoted as in a repr."""
    return repr(shown(word))


def _printable(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")


_HARMLESS = 16
"""A lower-case word shorter than this, as every status of the docs is, is no secret."""
