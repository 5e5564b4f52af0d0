"""Finds where what a bracket opens ends, in JSON, in what Python prints, and in what was cut off.

Brackets within strings don't count, also where the whole is a string itself and its quotes are
escaped. Each bracket of a text is looked at once, however many ends are asked for.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTE_BEFORE = re.compile(r"""(\\*+)(["'])[\s:=>,]*+\Z""")
_QUOTE_AFTER = re.compile(r"""(\\*+)(["'])""")
_NEAR = 200
_LEVELS = (0, 1, 3, 7, 15)
"""How many backslashes stand before a quote in JSON, in JSON within JSON, and so on."""


class Closings:
    """Where the brackets of a text are closed.

    Args:
        text: Any.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, int] = {}

    def end(self, opening: int) -> int:
        """The index behind what closes the bracket at an index, or behind its line if nothing does.

        Args:
            opening: Where one of ``{[(`` stands.
        """
        if end := self._known.get(opening) or self._simple_end(opening):
            return end
        self._scan(opening)
        return self._known[opening]

    def _simple_end(self, opening: int) -> int | None:
        """The end of braces that plainly have no others inside, as most have."""
        text = self._text
        if text[opening] != "{":
            return None
        # Not from far, because it may be as far for every one of them.
        closed = text.find("}", opening, opening + _NEAR)
        inner = text[opening + 1 : closed]
        if (
            closed < 0
            or "{" in inner
            or "\\" in inner
            or inner.count('"') % 2
            or inner.count("'") % 2
        ):
            return None
        return closed + 1

    def _scan(self, opening: int) -> None:
        """Note the ends of a bracket and of all inside it."""
        pending: list[int] = []
        for place, sign in _signs(self._text, opening):
            if sign in "{[(":
                pending.append(place)
            else:
                self._known[pending.pop()] = place + 1
            if not pending:
                return
        for place in pending:
            line = self._text.find("\n", place)
            self._known[place] = len(self._text) if line < 0 else line


def _signs(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Brackets outside strings, with where they stand, until something else begins."""
    before = _QUOTE_BEFORE.search(text[max(0, start - _NEAR) : start])
    quote = before or _QUOTE_AFTER.search(text, start, start + _NEAR)
    level, kind = (len(quote[1]), quote[2]) if quote else (0, '"')
    for token in _tokens(level if level in _LEVELS else 0, kind).finditer(text, start):
        if token.lastgroup == "sign":
            yield token.start(), token[0]
        elif token.lastgroup:
            return


@cache
def _tokens(level: int, kind: str) -> re.Pattern[str]:
    """What may be a bracket, or hide one, where so many backslashes stand before each quote."""
    # A backslash of the string's own doubles with each level, as does what stands for one.
    own = rf"(?:\\{{{2 * (level + 1)}}})*+"
    strings = "|".join(
        rf"(?<!\\)\\{{{level}}}{q}(?:[^{q}\\\n]++|(?!{own}\\{{{level}}}{q})\\++{q}?+)*+{own}\\{{{level}}}{q}"
        for q in "\"'"
    )
    # A string that was cut off, or the end of the one that all of it stands in.
    out = rf"(?<!\\)\\{{0,{level}}}{kind}"
    # A line that begins like this belongs to nothing that a line before it opened.
    record = r"""\n(?![\s"'{}\[\]()\\])"""
    return re.compile(rf"(?P<sign>[{{}}\[\]()])|{strings}|(?P<stop>{out}|{record})")
