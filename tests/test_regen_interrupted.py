"""A regeneration that is killed leaves the tree as it was, or as it will be; never in between.

The threat: Ctrl-C, a lost terminal or a full disk halfway, and a package half old, half new.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts import fetch, regen, swap
from scripts.stops import Exit, Stop
from tests.schema import pipeline, trees

NEW = {"generated/sume_api": "package", "openapi/upstream.json": "document", "new.txt": "fresh"}


class Killed(BaseException):
    """Stands for the process being gone."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "generated" / "sume_api").mkdir(parents=True)
    (root / "generated" / "sume_api" / "old.py").write_text("old", encoding="utf-8")
    (root / "openapi").mkdir()
    (root / "openapi" / "upstream.json").write_text("old", encoding="utf-8")
    return root


@pytest.fixture
def new(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "made"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "new.py").write_text("new", encoding="utf-8")
    (folder / "document").write_text("new", encoding="utf-8")
    (folder / "fresh").write_text("new", encoding="utf-8")
    return {place: folder / name for place, name in NEW.items()}


def steps(tree: Path, new: dict[str, Path]) -> list[str]:
    """The name of every step between which a process can die."""
    passed: list[str] = []
    swap.swap(tree, new, passed.append)
    return passed


def visible(root: Path) -> dict[str, bytes]:
    return {name: data for name, data in pipeline.files(root).items() if not name.startswith(".")}


@pytest.mark.parametrize("number", range(11))
def test_killed_at_any_step_the_next_run_restores(
    number: int, tree: Path, new: dict[str, Path], tmp_path: Path
) -> None:
    names = steps(shutil.copytree(tree, tmp_path / "other"), new)
    assert len(names) == 11
    before = pipeline.files(tree)

    def die(step: str) -> None:
        if step == names[number]:
            raise Killed

    with pytest.raises(Killed):
        swap.swap(tree, new, die)
    assert swap.recover(tree)
    after = pipeline.files(tree)
    wanted = {"generated/sume_api/new.py", "openapi/upstream.json", "new.txt"}
    assert after == before or (names[number] == "done" and set(after) == wanted)
    assert not swap.recover(tree)


def test_what_a_killed_run_leaves_is_never_committed(tree: Path, new: dict[str, Path]) -> None:
    def die(step: str) -> None:
        if step == "away 0":
            raise Killed

    with pytest.raises(Killed):
        swap.swap(tree, new, die)
    assert (tree / swap.FOLDER / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_run_that_is_not_killed_puts_everything_in_place(
    tree: Path, new: dict[str, Path]
) -> None:
    swap.swap(tree, new)
    assert pipeline.files(tree) == {
        "generated/sume_api/new.py": b"new",
        "new.txt": b"new",
        "openapi/upstream.json": b"new",
    }


def test_what_another_run_is_doing_is_left_alone(tree: Path) -> None:
    """Its folder looks like a killed run's, but its process is alive: the parent of this one."""
    folder = tree / swap.FOLDER
    folder.mkdir()
    (folder / swap.OWNER).write_text(str(os.getppid()), encoding="utf-8")
    with pytest.raises(Stop, match="Another regeneration") as caught:
        swap.recover(tree)
    assert caught.value.kind == Exit.BUSY
    assert folder.exists()


REGENERATE = """
import sys
from pathlib import Path
from scripts import fetch, regen
regen.regenerate(fetch.from_file(Path(sys.argv[1])), Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_killed_at_random_points(tmp_path: Path) -> None:
    """The real command, the real kill: afterwards everything is old, or everything is new."""
    document = pipeline.pinned()
    document["components"]["schemas"]["Job"]["properties"]["lane"] = {"type": "string"}
    schema = tmp_path / "schema.json"
    schema.write_text(fetch.Fetched(document, "file", None).text, encoding="utf-8")
    old, finished = trees.copy(tmp_path / "old"), trees.copy(tmp_path / "finished")
    began = time.monotonic()
    assert regen.regenerate(fetch.from_file(schema), finished) == Exit.OK
    lasts = 1.5 * (time.monotonic() - began) + 0.5
    before, after = visible(old), visible(finished)
    chance = random.Random(3)
    for number in range(12):
        root = trees.copy(tmp_path / f"run-{number}")
        process = subprocess.Popen(
            [sys.executable, "-c", REGENERATE, str(schema), str(root)], cwd=pipeline.ROOT
        )
        try:
            process.wait(chance.uniform(0, lasts))
        except subprocess.TimeoutExpired:
            process.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
            process.wait()
        swap.recover(root)
        now = visible(root)
        now["openapi/upstream.lock"] = b""
        assert now in (
            {**before, "openapi/upstream.lock": b""},
            {**after, "openapi/upstream.lock": b""},
        )
