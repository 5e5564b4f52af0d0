"""A place to run the real ``sume`` in: a home of its own, a sandbox that begins afresh.

One sandbox serves a whole test process and forgets everything between tests.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext.sandbox import Sandbox, sample_video
from tests.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60


def executable() -> str:
    """The ``sume`` of this environment."""
    beside = Path(sys.executable).with_name("sume")
    found = str(beside) if beside.exists() else shutil.which("sume")
    assert found, "the package isn't installed"
    return found


@cache
def sandbox() -> Sandbox:
    """The sandbox of this process, fast enough that no job outlives the first look at it."""
    made = Sandbox(speed=100_000, secrets=True).start()
    atexit.register(made.close)
    return made


@dataclass
class Done:
    """A run that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as one document."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The envelope on stderr: its last line, and the only one that holds an error."""
        errors = [line for line in self.err.splitlines() if '"error"' in line]
        assert len(errors) == 1, self.err
        found: dict[str, Any] = json.loads(self.err.splitlines()[-1])
        assert list(found) == ["error"]
        assert list(found["error"]) == ["code", "message", "hint", "request_id"]
        return found["error"]  # type: ignore[no-any-return]


class Stage:
    """Where ``sume`` runs: environment, working directory, sandbox."""

    def __init__(self, folder: Path, stand_in: Sandbox) -> None:
        self.folder = folder
        self.sandbox = stand_in
        self.executable = executable()
        self.key = stand_in.api_key
        self.config = folder / "config"
        self.env = {
            "PATH": os.pathsep.join([str(Path(executable()).parent), os.environ["PATH"]]),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "SUME_CONFIG_DIR": str(self.config),
            "SUME_API_KEY": self.key,
            "SUME_API_BASE_URL": stand_in.base_url,
        }
        if "PYTHONPATH" in os.environ:
            self.env["PYTHONPATH"] = os.environ["PYTHONPATH"]
        shutil.copy(sample_video(), folder / "clip.mp4")

    def environment(self, changes: dict[str, str | None]) -> dict[str, str]:
        """The environment with changes; None takes a variable away."""
        merged = {**self.env, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def sume(self, *words: str, stdin: str | None = None, **env: str | None) -> Done:
        """Run it off a terminal."""
        done = subprocess.run(
            [executable(), *words],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=self.environment(env),
            cwd=self.folder,
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def side_by_side(self, lines: Sequence[Sequence[str]], **env: str | None) -> list[Done]:
        """Run several command lines at once; in order."""

        def run(words: Sequence[str]) -> Done:
            return self.sume(*words, **env)

        with ThreadPoolExecutor(3) as pool:
            return list(pool.map(run, lines))

    def shells(self, lines: Sequence[str], **env: str | None) -> list[Done]:
        """Run several lines, each in a shell of its own, at once; in order."""

        def run(line: str) -> Done:
            return self.sh(line, **env)

        with ThreadPoolExecutor(3) as pool:
            return list(pool.map(run, lines))

    def sh(self, line: str, **env: str | None) -> Done:
        """Run a line in a shell."""
        done = subprocess.run(
            ["bash", "-c", line],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment(env),
            cwd=self.folder,
            timeout=PATIENCE,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **env: str | None) -> subprocess.Popen[str]:
        """Start it off a terminal, and go on."""
        return subprocess.Popen(
            [executable(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(env),
            cwd=self.folder,
        )

    def terminal(self, *words: str, columns: int = 100, **env: str | None) -> Terminal:
        """Run it on a terminal; close it, or use ``with``."""
        return Terminal(
            [executable(), *words],
            env=self.environment(env),
            cwd=self.folder,
            columns=columns,
        )

    def job(self, *, done: bool = True) -> str:
        """A video job, submitted by the command itself."""
        ended = self.sume("videos", "generate", "--prompt", "x", "-y", "-q")
        assert ended.code == 0, ended.err
        job_id = ended.out.strip()
        if done and self.sandbox.jobs.status(job_id) != "completed":
            self.sandbox.jobs.complete(job_id)
        return job_id


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage whose sandbox remembers nothing of other tests."""
    stand_in = sandbox()
    stand_in.reset()
    return Stage(tmp_path, stand_in)
