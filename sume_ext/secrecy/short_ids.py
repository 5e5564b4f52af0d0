"""Ids of a few characters, for most of which fingerprints are too long: known as whole words."""

from __future__ import annotations

import re

LIMIT = 256
_WORD = re.compile(r"[\w-]+", re.ASCII)
_APART = bytes(i if _WORD.match(chr(i)) else 32 for i in range(256))
_RARE = re.compile(
    r"[0-9]{6,8}|(?=[\w-]*[A-Za-z])(?=[\w-]*[0-9])(?:[A-Za-z0-9]{5,7}|(?=[A-Za-z0-9]*[_-])[\w-]{4,12})",
    re.ASCII,
)
"""Numbers and ids that are rare enough as whole words: "42" and "anna" stand in many a text."""


class ShortIds:
    """Hashes of the ids; of more than so many the oldest go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self.known: dict[int, None] = {}

    def add(self, word: str) -> None:
        """Know this id from now on, if it is rare enough to be told from any word."""
        if not _RARE.fullmatch(word):
            return
        self.known[hash(word.encode())] = None
        for old in [*self.known][: -self._limit]:
            self.known.pop(old, None)

    def find(self, text: str) -> list[tuple[int, int]]:
        """Where in the text they stand, as spans of its indices."""
        known = self.known
        words = text.encode("ascii", "replace").translate(_APART).split()
        if known.keys().isdisjoint(map(hash, words)):
            return []
        return [one.span() for one in _WORD.finditer(text) if hash(one[0].encode()) in known]
