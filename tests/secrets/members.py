"""What a class shows of its members, found out by giving each of them a mark of its own."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import pprint
from typing import TYPE_CHECKING, Any

import attrs
import rich.pretty

import sume_ext

if TYPE_CHECKING:
    from collections.abc import Callable

VIEWS: tuple[Callable[[Any], str], ...] = (
    repr, str, format, pprint.pformat, rich.pretty.pretty_repr, "{!r:>40}".format,
)  # fmt: skip


def mark(name: str) -> str:
    """A signed URL that occurs for this member only."""
    return f"https://b.s3.amazonaws.com/uploads/ws_9f8a7b6c5d/k.mp4?X-Amz-Signature=zQ7w-{name}-x"


def names_of(kind: type[Any]) -> list[str]:
    """The members of an attrs class or a dataclass."""
    fields: Any = attrs.fields(kind) if attrs.has(kind) else dataclasses.fields(kind)
    return [one.name for one in fields]


def marked(kind: type[Any]) -> Any:
    """An instance whose every member is marked, whatever its type."""
    made = object.__new__(kind)
    for name in names_of(kind):
        object.__setattr__(made, name, mark(name))
    return made


def shown_by(kind: type[Any]) -> set[str]:
    """The members that any view of an instance shows as they are."""
    made = marked(kind)
    text = "".join(view(made) for view in VIEWS)
    return {name for name in names_of(kind) if f"zQ7w-{name}-x" in text}


def own_classes() -> list[type[Any]]:
    """Every attrs class and dataclass of the package, whether or not its name is public."""
    found: list[type[Any]] = []
    for info in pkgutil.walk_packages(sume_ext.__path__, "sume_ext."):
        if info.name.endswith("__main__"):
            continue
        found += [
            one
            for one in vars(importlib.import_module(info.name)).values()
            if isinstance(one, type)
            and one.__module__ == info.name
            and (attrs.has(one) or dataclasses.is_dataclass(one))
        ]
    return found
