"""The workflows are well formed, ask for little and let no foreign text into a shell.

The threat: a scheduled job that silently never runs, or an expression that becomes a command.
"""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.schema import pipeline

FOLDER = pipeline.ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


def load(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return found


def test_they_pass_the_linter() -> None:
    assert {path.name for path in WORKFLOWS} == {"ci.yml", "drift.yml"}
    linter = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
    ]
    done = subprocess.run(
        [*linter, *map(str, WORKFLOWS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_they_ask_for_little(name: str) -> None:
    workflow = load(name)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 30


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_no_expression_stands_in_a_script(name: str) -> None:
    for job in load(name)["jobs"].values():
        for step in job["steps"]:
            assert not re.search(r"\$\{\{", step.get("run", ""))


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_every_script_is_valid_shell(name: str) -> None:
    for job in load(name)["jobs"].values():
        for step in job["steps"]:
            done = subprocess.run(
                ["bash", "-n"],
                input=step.get("run", ""),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr


def test_drift_is_scheduled_and_keeps_to_one_pull_request() -> None:
    workflow = load("drift.yml")
    # YAML reads a bare `on` as true.
    assert workflow[True]["schedule"]
    assert workflow["concurrency"]["cancel-in-progress"] is False
    scripts = "\n".join(step.get("run", "") for step in workflow["jobs"]["drift"]["steps"])
    assert "scripts.drift" in scripts
    assert "gh pr edit" in scripts
    assert "gh pr create" in scripts


def test_ci_runs_everything_that_must_hold() -> None:
    scripts = [step.get("run", "") for step in load("ci.yml")["jobs"]["check"]["steps"]]
    assert ".ci/run" in scripts
