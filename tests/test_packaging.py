"""Guarantee: what `pip install .` puts on a machine is whole, typed, and works on its own.

The threat: a wheel that works from a checkout only, because a file it reads isn't in it.
"""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = """
from sume_ext import Sume, AsyncSume
import sume_api.operations, sume_ext, pathlib
home = pathlib.Path(sume_ext.__file__).parent
assert (home / "py.typed").is_file()
assert (pathlib.Path(sume_api.operations.__file__).parent / "py.typed").is_file()
from sume_ext.sandbox import Sandbox
with Sandbox() as sandbox, Sume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume:
    print(sume.credits.get().remaining_credits, home)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(folder), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_both_packages_and_what_they_read(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "sume_ext/__init__.py", "sume_ext/py.typed", "sume_ext/sandbox/upstream.json",
        "sume_ext/sandbox/pytest_plugin.py", "sume_ext/cli/__init__.py",
        "sume_api/__init__.py", "sume_api/py.typed", "sume_api/operations.json",
    ):  # fmt: skip
        assert needed in names
    assert not [name for name in names if name.startswith(("tests/", "scripts/", "openapi/"))]


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Installed with its extras from the lock's versions, far from the checkout."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    lock = ROOT / "scripts" / "locks" / "run.txt"
    for what in (["--require-hashes", "-r", str(lock)], ["--no-deps", str(wheel)]):
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what],
            check=True, capture_output=True,
        )  # fmt: skip
    done = subprocess.run(
        [python, "-I", "-c", SCRIPT], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout
    shell = subprocess.run(
        [tmp_path / "venv" / "bin" / "sume", "--help"], capture_output=True, text=True, check=False
    )
    assert shell.returncode == 0, shell.stderr
