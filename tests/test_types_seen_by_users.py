"""Guarantee: users' type checkers see exact types, and the two big checkers agree on them.

`typing_api.py` reveals the type of every bound name; what mypy and pyright say of it is pinned in
`typing_api.mypy.txt` and `typing_api.pyright.txt`. After an intended change, write them anew with
``python -m tests.test_types_seen_by_users``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sume_ext.operations import BINDINGS

HERE = Path(__file__).parent
SOURCE = HERE / "typing_api.py"
SAYS = {
    "mypy": r"note: Revealed type is \"(.*)\"$",
    "pyright": r"information: Type of \".*\" is \"(.*)\"$",
}


def command(checker: str, folder: Path) -> list[str]:
    """Check the one file; the project's own configuration leaves it out."""
    if checker == "mypy":
        return [str(SOURCE)]
    config = folder / "pyrightconfig.json"
    settings = {
        "include": [os.path.relpath(SOURCE, folder)],
        "extraPaths": [str(HERE.parent), str(HERE.parent / "generated")],
        "typeCheckingMode": "strict",
    }
    config.write_text(json.dumps(settings), "utf-8")
    return ["--pythonpath", sys.executable, "--project", str(config)]


def revealed(checker: str, folder: Path) -> str:
    """A line per reveal_type: the expression, and its type as the checker says it."""
    done = subprocess.run(
        [sys.executable, "-m", checker, *command(checker, folder)],
        capture_output=True, text=True, check=False, cwd=HERE.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    types = re.findall(SAYS[checker], done.stdout, re.MULTILINE)
    names = re.findall(r"^    reveal_type\((.*)\)$", SOURCE.read_text("utf-8"), re.MULTILINE)
    assert len(types) == len(names)
    return "".join(f"{name}\n    {type_}\n" for name, type_ in zip(names, types, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("checker", sorted(SAYS))
def test_revealed_types_are_as_pinned(checker: str, tmp_path: Path) -> None:
    """A type that gets vaguer is a break that no running test would notice."""
    assert revealed(checker, tmp_path) == (HERE / f"typing_api.{checker}.txt").read_text("utf-8")


def test_every_bound_operation_is_pinned_in_both_worlds() -> None:
    source = SOURCE.read_text("utf-8")
    for name in BINDINGS:
        assert source.count(f"reveal_type(sume.{name})") == 2, name


def test_nothing_pinned_is_vague() -> None:
    """`Any` or `object` as an answer would let every misuse pass."""
    for checker in SAYS:
        for line in (HERE / f"typing_api.{checker}.txt").read_text("utf-8").splitlines():
            answer = line.rpartition("->")[2].replace("Coroutine[Any, Any, ", "")
            assert "Any" not in answer, line
            assert not re.search(r"\bUnknown\b", line), line


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        for one in SAYS:
            (HERE / f"typing_api.{one}.txt").write_text(revealed(one, Path(scratch)), "utf-8")
