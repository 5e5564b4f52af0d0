"""What the schema says of each operation's parameters: the source of every flag and limit.

Read from the JSON that regeneration writes beside the generated code, so that a field that is
added there is known here without an edit.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from sume_ext import operations

_PACKAGE = "sume_api"


@frozen
class Parameter:
    """One parameter, or one field of a body.

    Attributes:
        name: The API's name.
        python_name: The generated code's.
        place: ``path``, ``query``, ``header`` or ``body``.
        required: Whether it must be given.
        type: Its JSON type.
        says: Everything the schema says of it, by the schema's words.
    """

    name: str
    python_name: str
    place: Literal["path", "query", "header", "cookie", "body"]
    required: bool
    type: str
    says: dict[str, Any] = field(repr=False)

    @property
    def description(self) -> str:
        """What it is for; may be empty."""
        return str(self.says.get("description") or "")

    @property
    def items(self) -> Parameter:
        """For an array: one of its items."""
        return parameter_of({**self.says, **(self.says.get("items") or {"type": "string"})})


def parameter_of(said: dict[str, Any]) -> Parameter:
    """A parameter as the JSON says it."""
    return Parameter(
        said["name"], said["python_name"], said["in"], said["required"], said["type"], said
    )


@frozen
class Facts:
    """One operation.

    Attributes:
        summary: One line.
        description: More.
        parameters: What it takes.
    """

    summary: str
    description: str
    parameters: tuple[Parameter, ...]


@cache
def _all() -> dict[str, Any]:
    spec = find_spec(_PACKAGE)
    places = (spec and spec.submodule_search_locations) or []
    text = (Path(places[0]) / "operations.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@cache
def _operation_names() -> dict[int, str]:
    """The generated name of each operation the table binds, by what the table binds it to."""
    known = _all()
    return {id(value): name for name, value in vars(operations).items() if name in known}


def _said(name: str) -> dict[str, Any]:
    said: dict[str, Any] = _all()[_operation_names()[id(operations.BINDINGS[name].operation)]]
    return said


def facts_of(name: str) -> Facts:
    """What the schema says of the operation under a public name, as in ``videos.generate``."""
    said = _said(name)
    return Facts(said["summary"], said["description"], tuple(map(parameter_of, said["parameters"])))


def summary(name: str) -> str:
    """One line about an operation."""
    text = facts_of(name).summary or facts_of(name).description
    return text if text.endswith(".") else f"{text}."


def answers_of(name: str) -> list[str] | None:
    """The place of every leaf of its answer, as in ``data[].media_url``; None when not told."""
    return _said(name).get("answers")
