"""Modules that are imported when something of them is first used, not when they are named.

The table names every behaviour, and a first call in a new process needs one of them: reading files,
walking lists and waiting for many jobs would otherwise cost everybody's start.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands for a module, and for what is in it, until it is called or resolved.

    Args:
        module: Its full name.
        name: What is meant in it.
    """

    __slots__ = ("_module", "_name")

    def __init__(self, module: str, name: str = "") -> None:
        self._module = module
        self._name = name

    def __getattr__(self, name: str) -> Later:
        if self._name or name.startswith("_"):
            raise AttributeError(f"{self!r} has no attribute {name!r}")
        return Later(self._module, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what it stands for."""
        return self.resolve()(*args, **kwargs)

    def resolve(self) -> Any:
        """What it stands for."""
        return getattr(import_module(self._module), self._name)

    def __repr__(self) -> str:
        return f"<later: {self._module}.{self._name}>"
