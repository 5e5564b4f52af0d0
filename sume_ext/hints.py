"""What the hints of errors are written in, so that Python and the shell say the same, once.

A hint is prose in which every call is spelled as in Python, ``sume.jobs.wait('job_1')``, and every
argument as ``timeout=``. `respelled` finds both and lets whoever shows the hint spell them anew.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Spell = Callable[[str, tuple[object, ...], dict[str, object]], str]

_PART = re.compile(
    r"""
    \bsume\.(?P<call>[a-z_]+(?:\.[a-z_]+)*)
        \((?P<arguments>(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^()'"])*)\)
    | (?<![\w.])(?P<option>[a-z][a-z_]*)=(?![\w'"(\[])
    """,
    re.VERBOSE,
)


class Name(str):
    """An argument that stands for a value only the reader has, as in ``find_recent(error)``."""

    __slots__ = ()


def respelled(hint: str, call: Spell, option: Callable[[str], str]) -> str:
    """A hint in another spelling.

    Args:
        hint: As on an error.
        call: Spells a call, from its public name, as in ``jobs.wait``, and its arguments:
            values, or `Name` where the hint names something instead of giving it.
        option: Spells an argument, from its name, as in ``timeout``.
    """

    def spell(part: re.Match[str]) -> str:
        if part["option"]:
            return option(part["option"])
        return call(part["call"], *_arguments(part["arguments"]))

    return _PART.sub(spell, hint)


def _arguments(text: str) -> tuple[tuple[object, ...], dict[str, object]]:
    try:
        made = ast.parse(f"f({text})", mode="eval").body
    except SyntaxError:
        return (Name(text),), {}
    assert isinstance(made, ast.Call)  # noqa: S101  (for type checkers: it is written so)
    named = {one.arg: _value(one.value) for one in made.keywords if one.arg}
    return tuple(map(_value, made.args)), named


def _value(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except ValueError:
        return Name(ast.unparse(node))
    return value
