"""Finds values in text that stand behind a sensitive name, whatever the notation.

JSON and what Python prints, of any depth and where it was cut off; headers, assignments, YAML, XML,
command lines, lists of headers. What only speaks of a name (prose, code, counts) is left alone.
"""

from __future__ import annotations

import re
from functools import cache
from operator import methodcaller
from typing import TYPE_CHECKING

from sume_ext.secrecy.addresses import SPACE
from sume_ext.secrecy.brackets import Closings, end_of_string
from sume_ext.secrecy.sensitive import NAMES, OWNERS, WHOLE_NAMES, is_sensitive
from sume_ext.secrecy.spans import REDACTED, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# The text is searched backwards: there a separator comes first, which is rare and
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
    r"""\s{0,4}+(?:\]?+(?:["']\\*+)?+|`)"""
    rf"(?:{_ANY_NAME}(?!\s{{1,4}}+detcepxe)|(?P<people>{_ANY_PEOPLE}))"
)
"""But in "unexpected token: …", which is what parsers say."""
# A pattern for each separator, because what begins with one character is found fastest.
_NAMES = {
    ":": re.compile(
        rf""":(?:[:=]?+{_BEFORE_NAME}"""
        # ``- name: API_KEY`` on one line and ``value: …`` on the next, as in Kubernetes.
        rf"""|eulav[ \t]*+\n\r?+[ \t]*+["']?+(?P<line>{_ANY_NAME})[\w.-]*+["']?+[ \t]*+:eman)"""
    ),
    "=": re.compile(f"=[:=]?+{_BEFORE_NAME}"),
    ">": re.compile(rf">(?:[=-]{_BEFORE_NAME}|(?P<tag>{_ANY_NAME}[\w:.-]{{0,40}}+<))"),
    ",": re.compile(r""",["']\\*+""" + _ANY_NAME),
}
_NAME_ENCODED = re.compile("d3(?:52){0,3}%" + _ANY_NAME)
_VALUE = re.compile(
    rf"""(?:\*\*|`)?+\s*+(?:[bBuU]?(?:
        "(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+(?:"[^\S\n]*+\n\s*+"[^"\\]*+(?:\\.[^"\\]*+)*+)*+)
      | '(?P<single>[^'\\]*+(?:\\.[^'\\]*+)*+(?:'[^\S\n]*+\n\s*+'[^'\\]*+(?:\\.[^'\\]*+)*+)*+)
      | (?P<quote>\\++["'])
      )
      | (?P<opening>[{{\[])
      | (?P<bare>(?:(?i:bearer|basic|digest|token)\s++)?+[^{SPACE},;&"'<>(){{}}\[\]|\\]++)
    )""",
    re.DOTALL | re.VERBOSE,
)
_TOLD = re.compile(r"""\s*+["']\\*+value\\*+["']\s*+:""")
"""What stands between a name and its value in ``{"name": "X-Api-Key", "value": "…"}``."""
_OPENING = re.compile(r"\s*+(?P<opening>\{)|(?P<block>)[ \t]*+\r?+\n[ \t]++(?:- )?+\w++:(?:\s|\Z)")
_ELEMENT = re.compile(
    r"(?:\s*+(?P<element>[^\s<>][^<>]*+)|<!\[CDATA\[(?P<cdata>(?:[^\]<>]|\](?!\]))++)\]\]>)</"
)
_ENCODED = re.compile(r"""(?:[^\s&"'<>%]|%(?!(?:25)*+26))++""")
_REST_OF_LINE = re.compile(r"""[^\r\n"']*+""")
_WORD = re.compile(r"[^\W\d_]+(?:[.!?]|$)")
_TELLING_AT_ALL = re.compile(r"[^\W_]")
_CODE = re.compile(r"(?:[A-Za-z_][A-Za-z_.]*+|uuid[0-9])(?:\(|\[[\"'])")
_PARAMETER = re.compile(r"[$:][0-9]{1,2}|%s|%\(\w+\)s|:[a-z_]+")
"""What stands in SQL where a value is put in."""
_REFERENCE = re.compile(r"[A-Za-z_]++(?:\.[A-Za-z_]++)*+")
_COUNT = re.compile("[0-9]{1,4}")
_SCHEME = re.compile(
    r"(?i:digest)\s++(?=\w+=)[^\r\n]*+"
    r"|[A-Za-z][\w-]*+\s++(?!=)(?=[^\s\"']*[0-9=+/])[^\s\"',;]{8,}+[^\r\n\"']*+"
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
_NOTHING = frozenset({
    "none", "null", "true", "false", "undefined", "unset", "required", "optional", "disabled",
    "enabled", "include", "omit", "same-origin",
    "str", "string", "bytes", "int", "integer", "float", "bool", "boolean", "number", "any", "u32",
    "object", "secretstr",
})  # fmt: skip
"""What is no value: constants, settings of fetch and of servers, and names of types."""


def named_values(text: str, low: str) -> list[Span]:
    """Where values under sensitive names stand, in the text's order and apart.

    Args:
        text: Any.
        low: The same in lower case, character by character, without what needs no look.
    """
    size, done = len(low), 0
    spans: list[Span] = []
    closings = Closings(text)
    for name in _names(low):
        after = size - name.start()
        # What stands inside a value is hidden with it, and must not be read again and again.
        if after < done:
            continue
        start, end = _value(text, low, name, closings)
        if start < end:
            spans.append((start, end, REDACTED))
            done = end
    return spans


def _value(  # noqa: C901, PLR0911  (one question per kind)
    text: str, low: str, name: re.Match[str], closings: Closings
) -> tuple[int, int]:
    """Where the value behind a name begins and ends; nowhere if there is nothing to hide."""
    size, group = len(low), name.lastgroup
    after = size - name.start()
    sign = low[after - 1]
    listed = sign == ","
    told = _TOLD.match(text, after) if listed else None
    value = _AFTER_NAME[group].match(text, told.end() if told else after)
    if value is None:
        return _block(text, size - name.end(), after) if sign == ":" and not group else _NOWHERE
    kind = value.lastgroup or ""
    start, end = value.span(kind)
    if kind == "block":
        return _block(text, size - name.end(), after)
    if kind == "bare":
        if "\n" in text[after:start]:
            block = _block(text, size - name.end(), after)
            if block != _NOWHERE:
                return block
        end = _end_of_bare(text, low[size - name.end() : after], after, (start, end))
    elif kind == "quote":
        start, end = end, end_of_string(text, end, value["quote"])
    elif kind == "opening":
        end = closings.end(start)
        if end - start < _NEAR and not _TELLING_AT_ALL.search(text, start, end):
            return _NOWHERE
    elif text[end - 1] == "\\" and text[end + 1 : end + 2].isalnum():
        # What looks like the end of a string is within one, in what Python prints.
        end = end_of_string(text, start, text[end])
    elif _is_no_value(text, low, name, (start, end)):
        return _NOWHERE
    if listed and not told and not _may_be_listed(text, name, kind, (start, end)):
        return _NOWHERE
    return start, end


_NOWHERE = (0, 0)


def _names(low: str) -> list[re.Match[str]]:
    """Sensitive names with a sign behind them, in the text's order; they match backwards."""
    backwards = low[::-1]
    some = [[*pattern.finditer(backwards)] for sign, pattern in _NAMES.items() if sign in low]
    names = [name for of_sign in some for name in reversed(of_sign)]
    if sum(map(bool, some)) > 1:
        names.sort(key=_START, reverse=True)
    return names


_AFTER_NAME = {None: _VALUE, "line": _VALUE, "people": _OPENING, "tag": _ELEMENT}
_START = methodcaller("start")
_PASSES = ("drowssap", "dwp", "eikooc", "noitazirohtua")


def _is_no_value(text: str, low: str, name: re.Match[str], span: tuple[int, int]) -> bool:
    """Whether a quote is no beginning of a value, or what it quotes nothing to hide."""
    start, end = span
    if text[start:end].lower() in _NOTHING:
        return True
    # In ``input("Password: ")`` the quote ends what was quoted.
    begin = len(low) - name.end()
    words = _QUOTED_WORDS.search(text, max(0, begin - _NEAR), begin)
    quoted = '"' in name[0] or "'" in name[0]
    return words is not None and not quoted and words[1] == text[start - 1]


_QUOTED_WORDS = re.compile(r"""(["'])[\w ]*+\Z""")
_NEAR = 40


def _may_be_listed(text: str, name: re.Match[str], kind: str, span: tuple[int, int]) -> bool:
    """Whether what follows a name in a list can be its value, and is no other name."""
    start, end = span
    said = text[start:end]
    if kind == "bare" or _NAME_ALONE.fullmatch(said) or _BEFORE_COLON.match(text, end):
        return False
    return name[0].lstrip(",\"'\\").startswith(_PASSES) or (
        len(said) >= _SHORTEST_IN_LIST and any(map(str.isdigit, said))
    )


_BEFORE_COLON = re.compile(r"""\\*+["']\s*+:""")
_NAME_ALONE = re.compile("[A-Za-z_.-]*+")
_SHORTEST_IN_LIST = 8


def _block(text: str, begin: int, after: int) -> tuple[int, int]:
    """What is indented below a name, as YAML has it; nowhere if nothing is.

    Args:
        text: Any.
        begin: Where the name begins.
        after: The index behind its colon.
    """
    head = _BLOCK_HEAD.match(text, after)
    if head is None:
        return _NOWHERE
    line = text.rfind("\n", 0, begin) + 1
    margin = _MARGIN.match(text, line)
    column = margin.end() - line if margin else 0
    block = _indented(min(column, _DEEPEST)).match(text, head.end())
    return block.span(1) if block else _NOWHERE


_BLOCK_HEAD = re.compile(r"[ \t]*+(?:[|>][+-]?+[0-9]?+[ \t]*+)?+\r?+\n")
_MARGIN = re.compile(r"(?:[ \t]|- )*+")
_DEEPEST = 80


@cache
def _indented(column: int) -> re.Pattern[str]:
    """Lines that stand deeper than a column, or are items of a list at it."""
    line = rf"(?:[ ]{{{column + 1}}}[^\n]*+|\t[^\n]*+|[ ]{{{column}}}-[ ][^\n]*+)"
    return re.compile(rf"({line}(?:\n(?:[ \t]*+\r?+\n)*+{line})*+)")


def named_in_queries(text: str, low: str) -> Iterator[Span]:
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
    called = text[end : end + 1] in ("(", "[") and _CODE.match(text, start)
    if called or _says_nothing(said, name, apart=start > after):
        return start
    if name.startswith(("cookie", "passphrase")) and (rest := _REST_OF_LINE.match(text, start)):
        return rest.end()
    return end


def _says_nothing(said: str, name: str, *, apart: bool) -> bool:
    """Whether a value without quotes is none: a constant, prose, code, or a count."""
    small = said.lower()
    if small in _NOTHING or not _TELLING_AT_ALL.search(said):
        return True
    if apart and _WORD.fullmatch(said) and (not name.startswith("pass") or small in _PROSE):
        return True
    if _REFERENCE.fullmatch(said) and is_sensitive(said):
        # As in ``Sume(api_key=settings.api_key)``; one word may be a poor password.
        return "_" in said or "." in said or small == name.rstrip(" \"':=>")
    return _PARAMETER.fullmatch(said) is not None or (
        # So many of them, not one.
        name[:-1].rstrip(" \"'").endswith("s") and _COUNT.fullmatch(said) is not None
    )
