"""How a callable is shown to a person.

Everything here only reads what the generated code says of itself; nothing is sent or changed.
"""

from __future__ import annotations

import inspect
import re
from typing import Literal, get_origin


def sections(doc: str | None, title: str) -> tuple[str, str, str]:
    """A generated docstring around a section: the text before it, its title, its lines."""
    head, _, rest = inspect.cleandoc(doc or "").partition(f"\n\n{title}\n")
    head = head.partition("\n\nRaises:")[0]
    return "\n".join(map(str.strip, head.splitlines())), title, rest.partition("\n\nRaises:")[0]


def spelled(text: str) -> str:
    """Type names as a reader wants them: literals by their values, and no Unset beside UNSET."""

    def values(match: re.Match[str]) -> str:
        alias = getattr(models, match[0], None)
        return str(alias).replace("typing.", "") if get_origin(alias) is Literal else match[0]

    from sume_api import models  # noqa: PLC0415  (its members are imported one by one, on demand)

    text = text.replace("sume_api.types.", "").replace(" | Unset", "")
    text = re.sub(r"Union\[(.+), Unset\]", r"\1", text)
    return re.sub(r"\b[A-Z][a-z]\w+\b", values, text)


def for_people(parameter: inspect.Parameter, *, by_position: frozenset[str]) -> inspect.Parameter:
    """A parameter as `help` should show it."""
    annotation = parameter.annotation
    if not isinstance(annotation, str):
        annotation = inspect.formatannotation(annotation)
    return parameter.replace(
        kind=parameter.kind if parameter.name in by_position else parameter.KEYWORD_ONLY,
        annotation=_Plain(spelled(annotation)),
    )


class _Plain(str):
    """Text that is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
