"""Finds known secrets in text without keeping them: what is kept are keyed digests of fixed length.

A text is looked through once in time linear in its length, however many secrets are known, and
finds a secret in every spelling of `disguises`. At most `CREDENTIALS` keys, `LINKS` signatures
(`ENCODED` of them in base64 and hexadecimal, too) and `LIMIT` other secrets are known at a time; of
each, the longest unused goes first.

How: of each secret, squeezed, a few samples are kept, one for each alignment, so that one of them
coincides with one of the text's aligned words, all of which one set operation in C looks up. A
keyed digest of the whole then decides.
"""

from __future__ import annotations

import re
import sys
from collections import OrderedDict
from functools import cache
from itertools import compress, count
from os import urandom
from struct import Struct
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast
from weakref import WeakValueDictionary

from sume_ext.secrecy.disguises import (
    end_of,
    forms,
    has_escapes,
    marks,
    squeeze,
    undone,
)
from sume_ext.secrecy.short_ids import ShortIds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sume_ext.secrecy.spans import Span as Hidden

LIMIT = 1024
LINKS = 2048
ENCODED = 512
CREDENTIALS = 128
_MOST_LOOKED_AT = 8
"""How many are looked at for each new one, so that many held ones cost no more than few."""
SHORTEST = 8
"""Letters and digits a value must have to be known: shorter ones occur by chance."""

Span = tuple[int, int]
_PIECE = 64
"""The most letters and digits that are looked for at once; longer secrets are in pieces."""
_SEAM = 8
"""How many letters and digits on each side of where two pieces meet are a piece, too."""
_MARGIN = 96
"""How many characters hold a piece as a rule, with what stands between its letters."""
_MOST_OTHERS = _MARGIN - _PIECE - 10
"""How many of those may be no letters and digits, if an escape reaches in from outside, too."""
_EDGE = re.compile(rb"[0-9][a-z]|[a-z][0-9]")
_SHORT_TEXT = 64
"""Of a text with fewer words all are read at once, which is faster than one by one."""

_Place = tuple[int, tuple[int, int]]
"""A sample; where it stands in a piece of a squeezed secret, and how long the piece is."""


class _Samples:
    """Words of one width, and how the pieces of secrets lie around them.

    However many secrets have a word in common, as sequential ids do, each way in which pieces lie
    around it is tried once.

    Args:
        code: ``I`` for words of four characters, ``Q`` for eight.
    """

    def __init__(self, code: Literal["I", "Q"]) -> None:
        self.code = code
        self.width = memoryview(bytes(8)).cast(code).itemsize
        self.known: dict[int, tuple[tuple[int, int], ...]] = {}
        # The view of a dictionary's keys is of those that it will have.
        self._lacks_all = self.known.keys().isdisjoint
        self._unpacked = [Struct(f"{number}{code}").unpack_from for number in range(_SHORT_TEXT)]
        self._more: dict[_Place, int] = {}

    def places(self, piece: bytes) -> Iterator[_Place]:
        """The samples that are enough to find a piece, whatever its alignment."""
        best = _most_telling(piece, self.width)
        for offset in range(best, best + self.width):
            (sample,) = self._unpacked[1](piece, offset)
            yield sample, _lie(offset, len(piece))

    def keep(self, place: _Place) -> None:
        """Look for what lies there from now on."""
        sample, lie = place
        around = self.known.get(sample, ())
        if lie in around:
            self._more[place] = self._more.get(place, 0) + 1
        else:
            self.known[sample] = (*around, lie)

    def drop(self, place: _Place) -> None:
        """Take one `keep` back."""
        if more := self._more.pop(place, 0):
            if more > 1:
                self._more[place] = more - 1
            return
        sample, lie = place
        left = tuple(one for one in self.known[sample] if one != lie)
        if left:
            self.known[sample] = left
        else:
            del self.known[sample]

    def search(self, squeezed: bytes, salt: bytes, digests: dict[int, int]) -> list[Span]:
        """Where pieces with one of the digests stand in a squeezed text."""
        width, size = self.width, len(squeezed)
        number = size // width
        words: Sequence[int] = (
            self._unpacked[number](squeezed)
            if number < _SHORT_TEXT
            else cast("Any", memoryview(squeezed))[: number * width].cast(self.code)
        )
        if self._lacks_all(words):
            return []
        known = self.known
        found: list[Span] = []
        first = last = 0
        for index in [*compress(count(), map(known.__contains__, words))]:
            at = index * width
            for offset, length in known.get(words[index], ()):
                start = at - offset
                end = start + length
                if start < 0 or end > size or (first <= start and end <= last):
                    continue
                if hash(salt + squeezed[start:end]) in digests:
                    found.append((start, end))
                    first, last = start, end
        return found


@cache
def _lie(offset: int, length: int) -> tuple[int, int]:
    """The same tuple for the same numbers, because there are few of them and many uses."""
    return offset, length


class _Kept:
    """What was made of one secret: samples of both widths, and digests; and who holds it still."""

    __slots__ = ("digests", "holders", "long", "short")

    def __init__(self) -> None:
        self.holders: WeakValueDictionary[int, object] | None = None
        self.long: list[_Place] = []
        self.short: list[_Place] = []
        self.digests: list[int] = []


class _Shelf:
    """Digests of whole secrets, the longest unused first, and what was made of each."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.known: OrderedDict[int, _Kept] = OrderedDict()


class Fingerprints:
    """The secrets this process knows of, by their digests. Safe to share between threads."""

    def __init__(
        self,
        limit: int = LIMIT,
        links: int = LINKS,
        credentials: int = CREDENTIALS,
        encoded: int = ENCODED,
    ) -> None:
        self._salt = urandom(16)
        self._long = _Samples("Q")
        self._short = _Samples("I")
        self._digests: dict[int, int] = {}
        self._ids = ShortIds()
        self._secrets = _Shelf(limit)
        self._links = _Shelf(links)
        self._credentials = _Shelf(credentials)
        self._encoded = _Shelf(encoded)
        self._shelves = (self._credentials, self._secrets, self._links)
        self._lock = Lock()

    def __len__(self) -> int:
        return sum(len(shelf.known) for shelf in self._shelves)

    def __repr__(self) -> str:
        return f"<Fingerprints of {len(self)} secrets>"

    def add(
        self,
        secret: str,
        *,
        link: bool = False,
        credential: bool = False,
        holder: object = None,
    ) -> None:
        """Know this secret from now on; nothing happens when it is too short to tell.

        For an id that is, see `add_id`.

        Args:
            secret: The text.
            link: True for the signature of one of many links: it is known in fewer forms (not
                in base64 or hexadecimal: see `add_encoded`) and can't push out what isn't a link's.
            credential: True for a key or password: it is known in base64 of base64, too, and
                nothing but other credentials can push it out.
            holder: While this lives, nothing at all can.
        """
        squeezed = squeeze(secret)
        if len(squeezed) < SHORTEST:
            return
        shelf = self._credentials if credential else self._links if link else self._secrets
        spellings = [squeezed] if link else forms(secret, thorough=credential)
        self._put(shelf, squeezed, spellings, holder)

    def add_id(self, word: str) -> None:
        """Know an id as a whole word, if it is short, and rare enough for that."""
        self._ids.add(word)

    def add_encoded(self, secret: str) -> None:
        """Know the signature of a link in base64 and hexadecimal, too, with fewer others."""
        squeezed = squeeze(secret)
        if len(squeezed) >= SHORTEST:
            self._put(self._encoded, squeezed, forms(secret, thorough=False))

    def _put(
        self, shelf: _Shelf, squeezed: bytes, spellings: Iterable[bytes], holder: object = None
    ) -> None:
        name = self._digest(squeezed)
        with self._lock:
            if name in shelf.known:
                shelf.known.move_to_end(name)
            else:
                shelf.known[name] = self._kept(spellings)
            if holder is not None:
                kept = shelf.known[name]
                if kept.holders is None:
                    kept.holders = WeakValueDictionary()
                kept.holders[id(holder)] = holder
            self._make_room(shelf)

    def _make_room(self, shelf: _Shelf) -> None:
        """Forget the longest unused; those that are held go to the end of the queue instead."""
        for _ in range(_MOST_LOOKED_AT):
            if len(shelf.known) <= shelf.limit:
                return
            name, oldest = shelf.known.popitem(last=False)
            if oldest.holders:
                shelf.known[name] = oldest
            else:
                self._forget(oldest)

    def unlock(self) -> None:
        """For a forked child, in which nobody is left who would let go of the lock."""
        self._lock = Lock()

    def _kept(self, spellings: Iterable[bytes]) -> _Kept:
        kept = _Kept()
        for piece in _pieces(spellings):
            digest = self._digest(piece)
            kept.digests.append(digest)
            self._digests[digest] = self._digests.get(digest, 0) + 1
            is_long = len(piece) >= 2 * self._long.width - 1
            (kept.long if is_long else kept.short).extend(
                (self._long if is_long else self._short).places(piece)
            )
        for samples, places in ((self._long, kept.long), (self._short, kept.short)):
            for place in places:
                samples.keep(place)
        return kept

    def _forget(self, gone: _Kept) -> None:
        for samples, places in ((self._long, gone.long), (self._short, gone.short)):
            for place in places:
                samples.drop(place)
        for digest in gone.digests:
            self._digests[digest] -= 1
            if not self._digests[digest]:
                del self._digests[digest]

    def _digest(self, piece: bytes) -> int:
        # SipHash under a key of this process: fast, and nothing to work back from.
        return hash(self._salt + piece)

    def find(self, text: str, hidden: Sequence[Hidden] = ()) -> list[Span]:
        """Where in the text known secrets stand, as spans of its indices, in no special order.

        Args:
            text: Any.
            hidden: What is hidden already. A secret inside it need not be found again; one that
                reaches out of it is.
        """
        ids = self._ids.find(text) if self._ids.known else []
        if not self._digests:
            return ids
        cuts: list[_Cut] = []
        if hidden:
            text, cuts = _without_insides(text, hidden)
        spans = self._search(text)
        if has_escapes(text):
            # All of it, because what was found as it is may be a part of what is found now.
            read = undone(text)
            spans += ((start, end_of(read, end)) for start, end in self._search(read))
        if cuts and spans:
            spans = _before_cutting(spans, cuts)
        return spans + ids if ids else spans

    def _search(self, text: str) -> list[Span]:
        """Where known secrets stand in a text as it is."""
        squeezed = squeeze(text)
        found = self._long.search(squeezed, self._salt, self._digests)
        if self._short.known:
            found += self._short.search(squeezed, self._salt, self._digests)
        return _in_text(text, squeezed, found) if found else found


def _pieces(spellings: Iterable[bytes]) -> Iterator[bytes]:
    """What is sure to appear, in pieces of equal length that together cover each.

    So that what stands between two pieces is found with them, so is a short one across each seam.
    """
    for form in spellings:
        if len(form) < SHORTEST:
            continue
        number = -(-len(form) // _PIECE)
        size = -(-len(form) // number)
        for at in range(number):
            start = min(at * size, len(form) - size)
            yield form[start : start + size]
            if at:
                yield form[start - _SEAM : start + _SEAM]


def _most_telling(piece: bytes, width: int) -> int:
    """Where the samples are taken: where digits meet letters, near the middle.

    Digits alone occur in every timestamp, letters alone in every word; the beginning is what
    many secrets have in common.
    """
    last = len(piece) - (2 * width - 1)
    edge = _EDGE.search(piece, len(piece) // 2)
    return max(0, min(last, (edge.start() if edge else len(piece) // 2) - width // 2))


_Cut = tuple[int, int]
"""Where in a text something was cut out, and how many characters."""


def _without_insides(text: str, hidden: Iterable[Hidden]) -> tuple[str, list[_Cut]]:
    """The text without what is deep inside of what is hidden already.

    So deep that no piece of a secret reaches from there to what isn't hidden: the letters and
    digits of a whole one are left at each end, and nothing that may be an escape among them.
    """
    large = sorted(one for one in hidden if one[1] - one[0] > 2 * _MARGIN)
    if not large:
        return text, []
    kinds = marks(text, escaping=True)

    def holds_a_piece(start: int, end: int) -> bool:
        return kinds.count(0, start, end) <= _MOST_OTHERS and kinds.find(2, start, end) < 0

    parts: list[str] = []
    cuts: list[_Cut] = []
    done = gone = 0
    for start, end, instead in large:
        first, last = start + _MARGIN, end - _MARGIN
        if instead[0] == "/":
            # What stands before the path of a URL is a host, which nobody keeps secret.
            first = start
        elif not holds_a_piece(start, first):
            continue
        if start >= done and holds_a_piece(last, end):
            # The space keeps what stands on both sides from making an escape.
            parts += (text[done:first], " ")
            cuts.append((first + 1 - gone, last - first - 1))
            gone += last - first - 1
            done = last
    return "".join((*parts, text[done:])), cuts


def _before_cutting(spans: list[Span], cuts: list[_Cut]) -> list[Span]:
    """Spans of a text as spans of what it was before something was cut out."""
    ends = [*cuts, (sys.maxsize, 0)]
    placed: list[Span] = []
    gone = number = 0
    for start, end in sorted(spans):
        while ends[number][0] <= start:
            gone += ends[number][1]
            number += 1
        after, behind = number, gone
        while ends[after][0] < end:
            behind += ends[after][1]
            after += 1
        placed.append((start + gone, end + behind))
    return placed


_NEAR = 64
"""How many characters beyond twice the least distance a secret is looked for as written before."""


def _in_text(text: str, squeezed: bytes, found: list[Span]) -> list[Span]:
    """Spans of the squeezed text as spans of the text."""
    marked = marks(text).count
    spans: list[Span] = []
    # How a secret was written before, which most texts have again and again.
    written: dict[bytes, str] = {}
    # Where in the text one begins, and how many marks there are before it.
    begin = before = 0
    for start, end in sorted(found):
        secret, left = squeezed[start:end], start - before
        if secret in written:
            # Not looked for far away, because every one might be looked for as far in vain.
            at = text.find(written[secret], begin + left, begin + 2 * left + _NEAR)
            if at >= 0 and marked(1, begin, at) == left:
                begin, before = at, start
                spans.append((at, at + len(written[secret])))
                continue
        at, left = begin, left + 1
        while left:
            # What is no mark among so many characters must be made up for behind them.
            to = at + left
            left = marked(0, at, to)
            at = to
        begin, left = at - 1, end - start - 1
        while left:
            to = at + left
            left = marked(0, at, to)
            at = to
        if at - begin <= 2 * len(secret) + _NEAR:  # else it may be as long as the text
            written[secret] = text[begin:at]
        spans.append((begin, at))
        before = start
    return spans
