"""Copies of what a regeneration reads and writes."""

import shutil
from pathlib import Path

from tests.schema import pipeline


def copy(root: Path) -> Path:
    """A small working tree, complete enough to regenerate in."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(pipeline.OPENAPI, root / "openapi")
    shutil.copytree(pipeline.ROOT / "generated", root / "generated", ignore=ignored)
    (root / "sume_ext").mkdir()
    shutil.copy(pipeline.ROOT / "sume_ext" / "operations.py", root / "sume_ext")
    return root
