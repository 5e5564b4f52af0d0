"""Stand-ins that import what they stand for when it is first used.

A stand-in behaves like its target for attribute access and calls, and can be pickled; making one
imports nothing.
"""

import inspect
from importlib import import_module
from typing import Any


class Deferred:
    """Stands for a module, or for a class in one, until it is needed."""

    def __init__(self, module: str, attribute: str | None = None) -> None:
        self._module = module
        self._attribute = attribute

    @property
    def target(self) -> str:
        """Where the target is; nothing is imported to tell it."""
        return f"{self._module}.{self._attribute}" if self._attribute else self._module

    def resolve(self) -> Any:
        """The target itself."""
        target: Any = import_module(self._module)
        return target if self._attribute is None else getattr(target, self._attribute)

    def __getattr__(self, name: str) -> Any:
        # Reached only for what the stand-in lacks; kept, so that the next access costs nothing.
        target = self.resolve()
        value = inspect.signature(target) if name == "__signature__" else getattr(target, name)
        self.__dict__[name] = value
        return value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.resolve()(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Deferred):
            return (self._module, self._attribute) == (other._module, other._attribute)
        return self.resolve() is other

    def __hash__(self) -> int:
        return hash((self._module, self._attribute))

    def __reduce__(self) -> tuple[Any, ...]:
        return Deferred, (self._module, self._attribute)

    def __repr__(self) -> str:
        return f"<deferred {self.target}>"
