"""Finds known secrets in text without keeping them: what is kept are keyed digests of fixed length.

A text is looked through once in time linear in its length, however many secrets are known, and
finds a secret plain, URL-encoded, JSON- or HTML-escaped, in base64, in capitals, and broken over
lines or columns. At most `LIMIT` secrets and `LINKS` signatures are known at a time; of each, the
longest unused goes first.

How: everything but letters and digits is taken out of text and secret alike ("squeezed"), which
undoes separators, line breaks and padding at once. Of each secret four samples of four characters
are kept, one for each alignment, so that one of them coincides with one of the text's aligned
words, all of which one set operation in C looks up. A keyed digest of the whole then decides.
"""

from __future__ import annotations

import re
from base64 import b64encode
from bisect import bisect_right
from collections import OrderedDict
from functools import cache
from itertools import accumulate, compress, count, pairwise
from os import urandom
from threading import Lock
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 1024
LINKS = 2048
SHORTEST = 8
"""Letters and digits a value must have to be known: shorter ones occur by chance."""

_WORD = 4
_PIECE = 64
_CHUNK = 64
_CHUNKS_KEPT = 64
_LOWER = bytes(range(256)).lower()
_NOT_ALNUM = bytes(i for i in range(256) if not (i < 128 and chr(i).isalnum()))  # noqa: PLR2004
_SIGNS = "%\\&\x1b"
"""What escapes begin with."""
_CUT = re.compile(r"[\s,]")
_EDGE = re.compile(rb"[0-9][a-z]|[a-z][0-9]")
_IS_ALNUM = bytes(i not in _NOT_ALNUM for i in range(256))
_ESCAPE = (
    r"[%\\&\x1b](?:"
    r"(?<=%)(?:25)*+([0-9A-Fa-f]{2})"
    r"|(?<=\\)(?<!\\\\)\\*+(?:u00([0-9A-Fa-f]{2})|u[0-9A-Fa-f]{4}|x([0-9A-Fa-f]{2})|[abfnrtv])"
    r"|(?<=&)(?:amp|lt|gt|quot|apos|#[0-9]{1,5}|#[xX][0-9A-Fa-f]{1,4});"
    r"|(?<=\x1b)\[[0-9;]*+[A-Za-z])"
)


@cache
def _escape(more: str = "") -> re.Pattern[str]:
    """What stands for something else in a text; made when needed, because many texts have none."""
    return re.compile(_ESCAPE + more)


class _Print(NamedTuple):
    """One piece of a squeezed secret: where its sample stands in it, its length and digest."""

    offset: int
    length: int
    digest: int


class _Shelf:
    """Digests of whole secrets, the longest unused first, and what was made of each."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.known: OrderedDict[int, tuple[tuple[int, _Print], ...]] = OrderedDict()


def squeeze(text: str) -> bytes:
    """The letters and digits of a text, in lower case."""
    return text.encode("ascii", "ignore").translate(_LOWER, _NOT_ALNUM)


class Fingerprints:
    """The secrets this process knows of, by their digests. Safe to share between threads."""

    def __init__(self, limit: int = LIMIT, links: int = LINKS) -> None:
        self._salt = urandom(16)
        self._samples: dict[int, tuple[_Print, ...]] = {}
        self._secrets = _Shelf(limit)
        self._links = _Shelf(links)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._secrets.known) + len(self._links.known)

    def __repr__(self) -> str:
        return f"<Fingerprints of {len(self)} secrets>"

    def add(self, secret: str, *, link: bool = False) -> None:
        """Know this secret from now on; nothing happens when it is too short to tell.

        Args:
            secret: The text.
            link: True for the signature of one of many links: it is known in fewer forms (not
                in base64) and can't push out what isn't a link's.
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
            forms = [squeezed] if link else [squeezed, *_in_base64(secret)]
            prints = tuple(self._prints(forms))
            shelf.known[name] = prints
            for sample, one in prints:
                self._samples[sample] = (*self._samples.get(sample, ()), one)
            if len(shelf.known) > shelf.limit:
                self._forget(shelf.known.popitem(last=False)[1])

    def _forget(self, prints: tuple[tuple[int, _Print], ...]) -> None:
        for sample, gone in prints:
            left = tuple(one for one in self._samples.get(sample, ()) if one is not gone)
            if left:
                self._samples[sample] = left
            else:
                self._samples.pop(sample, None)

    def _prints(self, forms: list[bytes]) -> Iterator[tuple[int, _Print]]:
        for form in forms:
            count = -(-len(form) // _PIECE)
            size = max(SHORTEST, -(-len(form) // count))
            for number in range(count):
                start = min(number * size, len(form) - size)
                piece = form[start : start + size]
                if len(piece) < SHORTEST:
                    continue
                digest = self._digest(piece)
                best = _most_telling(piece)
                for offset in range(best, best + _WORD):
                    sample = int.from_bytes(piece[offset : offset + _WORD], _ORDER)
                    yield sample, _Print(offset, len(piece), digest)

    def _digest(self, piece: bytes) -> int:
        # SipHash under a key of this process: fast, and nothing to work back from.
        return hash(self._salt + piece)

    def find(self, text: str) -> list[tuple[int, int]]:
        """Where in the text known secrets stand, as spans of its indices, in no special order."""
        if not self._samples:
            return []
        spans = self._search(text, _AsIs)
        escapes = "%" in text or "\\" in text or "&" in text or "\x1b" in text
        if escapes and _escape().search(text):
            # What was found as it is must not be found, and placed, a second time.
            spans += self._search(_blanked(text, spans) if spans else text, _Undone)
        return spans

    def _search(self, text: str, view: type[_AsIs | _Undone]) -> list[tuple[int, int]]:
        squeezed = view.squeezed(text)
        words = memoryview(squeezed)[: len(squeezed) // _WORD * _WORD].cast("I")
        samples = self._samples
        if samples.keys().isdisjoint(words):
            return []
        found: list[tuple[int, int]] = []
        for index in compress(count(), map(samples.__contains__, words)):
            for one in samples.get(words[index], ()):
                start = index * _WORD - one.offset
                end = start + one.length
                if start < 0 or end > len(squeezed) or (found and found[-1] == (start, end)):
                    continue
                if self._digest(squeezed[start:end]) == one.digest:
                    found.append((start, end))
        return _in_text(view(text), found) if found else []


_ORDER: Literal["little", "big"] = "little" if memoryview(b"\1\0\0\0").cast("I")[0] == 1 else "big"


def _most_telling(piece: bytes) -> int:
    """Where the samples are taken: where digits meet letters, near the middle.

    Digits alone occur in every timestamp, letters alone in every word; the beginning is what
    many secrets have in common.
    """
    last = len(piece) - (2 * _WORD - 1)
    edge = _EDGE.search(piece, len(piece) // 2)
    return min(last, edge.start() - 2 if edge else len(piece) // 2)


def _in_base64(secret: str) -> Iterator[bytes]:
    """What is sure to appear wherever the secret stands in something encoded in base64.

    Three alignments; the characters that its neighbours have a part in are left out.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    for before, spoilt in ((0, 0), (1, 2), (2, 3)):
        encoded = b64encode(b"\0" * before + raw).rstrip(b"=")
        partial = (before + len(raw)) % 3 != 0
        yield encoded[spoilt : len(encoded) - partial].translate(_LOWER, _NOT_ALNUM)


def _undo(match: re.Match[str]) -> str:
    """What an escape stands for when that is a letter or digit, else nothing."""
    digits = match[1] or match[2] or match[3]
    char = chr(int(digits, 16)) if digits else ""
    return char if char.isascii() and char.isalnum() else ""


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text, as long as before, with spaces for what stands in the spans."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        parts += (text[done:start], " " * (end - max(start, done)))
        done = max(done, end)
    return "".join((*parts, text[done:]))


class _AsIs:
    """How the squeezed text lies in the text: which chunk holds which of its characters.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        marks = text.encode("ascii", "replace").translate(_IS_ALNUM)
        counts = (marks.count(1, at, at + _CHUNK) for at in range(0, len(marks), _CHUNK))
        self._marks = marks
        self.offsets = [0, *accumulate(counts)]

    @staticmethod
    def squeezed(text: str) -> bytes:
        """The text as this view squeezes it."""
        return squeeze(text)

    def characters(self, number: int) -> tuple[list[int], dict[int, int]]:
        """Where each squeezed character of a chunk begins, and where those of escapes end."""
        start, end = number * _CHUNK, (number + 1) * _CHUNK
        return list(compress(range(start, end), self._marks[start:end])), _NO_ESCAPES


class _Undone:
    """As `_AsIs`, with escapes undone."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Chunks end after a space or comma, so never inside an escape.
        self._cuts = [0]
        while match := _CUT.search(text, self._cuts[-1] + _CHUNK):
            self._cuts.append(match.end())
        if self._cuts[-1] < len(text):
            self._cuts.append(len(text))
        counts = (len(self.squeezed(text[a:b])) for a, b in pairwise(self._cuts))
        self.offsets = [0, *accumulate(counts)]

    @staticmethod
    def squeezed(text: str) -> bytes:
        """As `_AsIs.squeezed`."""
        return squeeze(_escape().sub(_undo, text))

    def characters(self, number: int) -> tuple[list[int], dict[int, int]]:
        """As `_AsIs.characters`."""
        start, end = self._cuts[number : number + 2]
        starts: list[int] = []
        escapes: dict[int, int] = {}
        for match in _escape("|[A-Za-z0-9]+").finditer(self._text, start, end):
            a, b = match.span()
            if self._text[a] not in _SIGNS:
                starts.extend(range(a, b))
            elif _undo(match):
                starts.append(a)
                escapes[a] = b
        return starts, escapes


_NO_ESCAPES: dict[int, int] = {}


def _in_text(view: _AsIs | _Undone, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of the squeezed text as spans of the text.

    Only the chunks in which something was found are looked at character by character.
    """
    chunks: dict[int, tuple[list[int], dict[int, int]]] = {}

    def place(index: int) -> tuple[int, dict[int, int]]:
        number = bisect_right(view.offsets, index) - 1
        if number not in chunks:
            if len(chunks) > _CHUNKS_KEPT:
                chunks.clear()
            chunks[number] = view.characters(number)
        starts, escapes = chunks[number]
        return starts[index - view.offsets[number]], escapes

    spans: list[tuple[int, int]] = []
    for start, end in found:
        first, _ = place(start)
        last, escapes = place(end - 1)
        spans.append((first, escapes.get(last, last + 1)))
    return spans
