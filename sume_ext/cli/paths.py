"""Where a public name's command stands: ``face_swap.create`` is ``face-swap create``."""

from __future__ import annotations

from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]

RENAMED: dict[str, Path] = {"account.me": ("me",), "credits.get": ("credits",)}
"""Where the docs' shell says it otherwise than the library."""


def path_of(name: str) -> Path:
    """The words of a public name's command, without ``sume``."""
    return RENAMED.get(name) or tuple(name.replace("_", "-").split("."))
