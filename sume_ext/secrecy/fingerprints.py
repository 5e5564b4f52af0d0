"""Finds known secrets in text without keeping them: what is kept are keyed digests of fixed length.

A text is looked through once in time linear in its length, however many secrets are known, and
finds a secret in every spelling of `disguises`. At most `LIMIT` secrets and `LINKS` signatures are
known at a time; of each, the longest unused goes first.

How: of each secret, squeezed, a few samples are kept, one for each alignment, so that one of them
coincides with one of the text's aligned words, all of which one set operation in C looks up. A
keyed digest of the whole then decides.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate, compress, count
from os import urandom
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from sume_ext.secrecy.disguises import end_of, forms, has_escapes, marks, squeeze, undone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIMIT = 1024
LINKS = 2048
SHORTEST = 8
"""Letters and digits a value must have to be known: shorter ones occur by chance."""

_PIECE = 64
_CHUNK = 128
_EDGE = re.compile(rb"[0-9][a-z]|[a-z][0-9]")
_ORDER: Literal["little", "big"] = "little" if memoryview(b"\1\0\0\0").cast("I")[0] == 1 else "big"

_Print = tuple[int, int, int]
"""One piece of a squeezed secret: where its sample stands in it, its length and digest."""


class _Samples:
    """Words of one width, and the pieces of secrets in which they stand.

    Args:
        code: ``I`` for words of four characters, ``Q`` for eight.
    """

    def __init__(self, code: Literal["I", "Q"]) -> None:
        self.code = code
        self.width = memoryview(bytes(8)).cast(code).itemsize
        self.known: dict[int, tuple[_Print, ...]] = {}

    def taken(self, piece: bytes, digest: int) -> Iterator[tuple[int, _Print]]:
        """The samples that are enough to find a piece, whatever its alignment."""
        best = _most_telling(piece, self.width)
        for offset in range(best, best + self.width):
            sample = int.from_bytes(piece[offset : offset + self.width], _ORDER)
            yield sample, (offset, len(piece), digest)

    def search(self, squeezed: bytes, salt: bytes) -> list[tuple[int, int]]:
        """Where pieces stand in a squeezed text."""
        width, known, size = self.width, self.known, len(squeezed)
        view: Any = memoryview(squeezed)[: size // width * width]
        words: memoryview[int] = view.cast(self.code)
        if not known or known.keys().isdisjoint(words):
            return []
        found: list[tuple[int, int]] = []
        first = last = 0
        for index in compress(count(), map(known.__contains__, words)):
            for offset, length, digest in known.get(words[index], ()):
                start = index * width - offset
                end = start + length
                if start < 0 or end > size or (first <= start and end <= last):
                    continue
                if hash(salt + squeezed[start:end]) == digest:
                    found.append((start, end))
                    first, last = start, end
        return found


class _Shelf:
    """Digests of whole secrets, the longest unused first, and what was made of each."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.known: OrderedDict[int, list[tuple[_Samples, int, _Print]]] = OrderedDict()


class Fingerprints:
    """The secrets this process knows of, by their digests. Safe to share between threads."""

    def __init__(self, limit: int = LIMIT, links: int = LINKS) -> None:
        self._salt = urandom(16)
        self._long = _Samples("Q")
        self._short = _Samples("I")
        self._secrets = _Shelf(limit)
        self._links = _Shelf(links)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._secrets.known) + len(self._links.known)

    def __repr__(self) -> str:
        return f"<Fingerprints of {len(self)} secrets>"

    def add(self, secret: str, *, link: bool = False, thorough: bool = False) -> None:
        """Know this secret from now on; nothing happens when it is too short to tell.

        Args:
            secret: The text.
            link: True for the signature of one of many links: it is known in fewer forms (not
                in base64 or hexadecimal) and can't push out what isn't a link's.
            thorough: True to know it in base64 of base64, too.
        """
        squeezed = squeeze(secret)
        if len(squeezed) < SHORTEST:
            return
        name = self._digest(squeezed)
        with self._lock:
            shelf = self._links if link else self._secrets
            if name in shelf.known:
                shelf.known.move_to_end(name)
                return
            spellings = [squeezed] if link else forms(secret, thorough=thorough)
            prints = [*self._prints(spellings)]
            shelf.known[name] = prints
            for samples, sample, one in prints:
                samples.known[sample] = (*samples.known.get(sample, ()), one)
            if len(shelf.known) > shelf.limit:
                self._forget(shelf.known.popitem(last=False)[1])

    def _forget(self, prints: list[tuple[_Samples, int, _Print]]) -> None:
        for samples, sample, gone in prints:
            left = tuple(one for one in samples.known.get(sample, ()) if one is not gone)
            if left:
                samples.known[sample] = left
            else:
                samples.known.pop(sample, None)

    def _prints(self, spellings: Iterable[bytes]) -> Iterator[tuple[_Samples, int, _Print]]:
        for form in spellings:
            count = -(-len(form) // _PIECE)
            size = max(SHORTEST, -(-len(form) // count))
            for number in range(count):
                start = min(number * size, len(form) - size)
                piece = form[start : start + size]
                if len(piece) < SHORTEST:
                    continue
                samples = self._long if len(piece) >= 2 * self._long.width - 1 else self._short
                for sample, one in samples.taken(piece, self._digest(piece)):
                    yield samples, sample, one

    def _digest(self, piece: bytes) -> int:
        # SipHash under a key of this process: fast, and nothing to work back from.
        return hash(self._salt + piece)

    def find(self, text: str) -> list[tuple[int, int]]:
        """Where in the text known secrets stand, as spans of its indices, in no special order."""
        if not self._secrets.known and not self._links.known:
            return []
        spans = _in_text(text, found) if (found := self._search(text)) else []
        if has_escapes(text):
            # What was found as it is must not be found, and placed, a second time.
            read = _blanked(undone(text), spans) if spans else undone(text)
            if found := self._search(read):
                spans += ((start, end_of(read, end)) for start, end in _in_text(read, found))
        return spans

    def _search(self, text: str) -> list[tuple[int, int]]:
        """Where known secrets stand in the text, squeezed."""
        squeezed = squeeze(text)
        found = self._long.search(squeezed, self._salt)
        return found + self._short.search(squeezed, self._salt) if self._short.known else found


def _most_telling(piece: bytes, width: int) -> int:
    """Where the samples are taken: where digits meet letters, near the middle.

    Digits alone occur in every timestamp, letters alone in every word; the beginning is what
    many secrets have in common.
    """
    last = len(piece) - (2 * width - 1)
    edge = _EDGE.search(piece, len(piece) // 2)
    return max(0, min(last, (edge.start() if edge else len(piece) // 2) - width // 2))


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text, as long as before, with spaces for what stands in the spans."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        parts += (text[done:start], " " * (end - max(start, done)))
        done = max(done, end)
    return "".join((*parts, text[done:]))


def _in_text(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of the squeezed text as spans of the text.

    Only where something was found is looked at character by character.
    """
    kept = marks(text)
    counts = (kept.count(1, at, at + _CHUNK) for at in range(0, len(kept), _CHUNK))
    offsets = [0, *accumulate(counts)]
    spans: list[tuple[int, int]] = []
    for start, end in found:
        chunk = bisect_right(offsets, start) - 1
        first = _after(kept, chunk * _CHUNK, start - offsets[chunk] + 1) - 1
        spans.append((first, _after(kept, first, end - start)))
    return spans


def _after(kept: bytes, at: int, number: int) -> int:
    """Where so many marked characters have passed, counted from a place on."""
    while number:
        end = at + number
        passed = kept.count(1, at, end)
        at = end if passed else kept.index(1, end)
        number -= passed
    return at
