"""The namespaces that lines of the table stand in, and the marks of the two worlds.

A namespace gives its lines their names; it holds nothing but the client's engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from sume_ext.binding.bound import Binding
from sume_ext.binding.method import Method

if TYPE_CHECKING:
    from sume_ext.engine import Engine

M = TypeVar("M")


class Sync:
    """Marks a client whose callables answer with the thing itself."""


class Async:
    """Marks a client whose callables answer with something to await."""


class Resource(Generic[M]):
    """A namespace of operations, as in ``sume.videos``.

    Args:
        engine: The client's.
    """

    name: str
    bindings: dict[str, Binding]
    methods: tuple[str, ...]

    def __init_subclass__(cls, name: str) -> None:
        cls.name = name
        cls.bindings = {}
        cls.methods = tuple(sorted(n for n, line in vars(cls).items() if isinstance(line, Method)))
        for attribute, line in vars(cls).items():
            binding = getattr(line, "binding", None)
            if isinstance(binding, Binding):
                binding.name = f"{name}.{attribute}"
                cls.bindings[attribute] = binding

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        return f"<{self.name}: {', '.join(self.methods)}>"
