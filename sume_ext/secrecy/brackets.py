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
_UNITS = {0: 1, 1: 2, 3: 4, 7: 8, 15: 16, 2: 4, 6: 8, 14: 16}
"""For how many backslashes stand before each quote, how many a backslash within is written as.

In JSON, in JSON within JSON, and so on; then what Python prints of JSON within JSON, and so on.
"""
_PRINTED = re.compile(r'(?<!\\)(?:\\\\)++"\w')
"""What doesn't occur in JSON, but in what Python prints of it, where a string has quotes within."""


def end_of_string(text: str, start: int, quote: str) -> int:
    """Where a string ends, wherever its quotes are escaped themselves.

    Args:
        text: Any.
        start: The index behind the quote that begins it.
        quote: That quote, with the backslashes before it.
    """
    level = len(quote) - 1
    if level not in _UNITS:
        end = text.find(quote, start)
        return len(text) if end < 0 else end
    unit = 2 if level == 0 and _PRINTED.search(text, start, start + _NEAR) else _UNITS[level]
    rest = _rest_of_string(level, unit, quote[-1], "").match(text, start)
    return rest.end() if rest else start


@cache
def _rest_of_string(level: int, unit: int, quote: str, but: str) -> re.Pattern[str]:
    return re.compile(_rest(level, unit, quote, but))


def _rest(level: int, unit: int, quote: str, but: str) -> str:
    """A pattern for a string from behind its first quote to before its last."""
    end = rf"(?:\\{{{2 * unit}}})*+\\{{{level}}}{quote}"
    return rf"(?:[^{quote}\\{but}]++|(?!{end})\\++{quote}?+)*+(?:\\{{{2 * unit}}})*+"


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
        text = self._text
        before = _QUOTE_BEFORE.search(text[max(0, opening - _NEAR) : opening])
        quote = before or _QUOTE_AFTER.search(text, opening, opening + _NEAR)
        level = len(quote[1]) if quote else 0
        level = level if level in _UNITS else 0
        unit = _UNITS[level]
        # Python quotes with the other sign what has one within; JSON has but this.
        is_json = quote is not None and quote[2] == '"'
        if level == 0 and is_json and _PRINTED.search(text, opening, opening + _NEAR):
            unit = 2
        for place in self._note(_signs(text, opening, _tokens(level, unit))):
            line = text.find("\n", place)
            self._known[place] = len(text) if line < 0 else line

    def _note(self, signs: Iterator[tuple[int, str]]) -> list[int]:
        """Note the ends of brackets until the first is closed; those that aren't are left."""
        pending: list[int] = []
        for place, sign in signs:
            if sign in "{[(":
                pending.append(place)
            else:
                self._known[pending.pop()] = place + 1
            if not pending:
                break
        return pending


def _signs(text: str, start: int, tokens: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Brackets outside strings, with where they stand, until something else begins."""
    for token in tokens.finditer(text, start):
        if token.lastgroup == "sign":
            yield token.start(), token[0]
        elif token.lastgroup:
            return


@cache
def _tokens(level: int, unit: int) -> re.Pattern[str]:
    """What may be a bracket, or hide one, where so many backslashes stand before each quote."""
    strings = "|".join(
        rf"(?<!\\)\\{{{level}}}{q}{_rest(level, unit, q, chr(92) + 'n')}\\{{{level}}}{q}"
        for q in "\"'"
    )
    # A string that was cut off, or the end of the one that all of it stands in.
    out = rf"""(?<!\\)\\{{0,{level}}}["']"""
    # A line that begins like this belongs to nothing that a line before it opened.
    record = r"""\n(?![\s"'{}\[\]()\\])"""
    return re.compile(rf"(?P<sign>[{{}}\[\]()])|{strings}|(?P<stop>{out}|{record})")
