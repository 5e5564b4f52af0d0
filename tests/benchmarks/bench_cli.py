"""How long the command takes to start, beside bare Python and beside what it is built on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from sume_ext.sandbox import Sandbox

ROUNDS = 11
SUME = str(Path(sys.executable).with_name("sume"))
HELP_BUDGET = 90
JOB_BUDGET = 150


def seconds(words: list[str], env: dict[str, str]) -> float:
    """How long one process takes, from its start to its end."""
    begun = time.perf_counter()
    subprocess.run(words, env=env, check=True, capture_output=True)
    return time.perf_counter() - begun


def medians(commands: dict[str, list[str]], env: dict[str, str]) -> dict[str, float]:
    """Milliseconds of each, taken in turn, so that a busy moment strikes all alike."""
    for words in commands.values():
        seconds(words, env)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, words in commands.items():
            taken[name].append(seconds(words, env))
    return {name: median(values) * 1000 for name, values in taken.items()}


def main() -> None:
    """Print the table."""
    with Sandbox() as sandbox:
        job = sandbox.jobs.seed(1)[0]
        env = {
            **os.environ,
            "SUME_API_KEY": sandbox.api_key,
            "SUME_API_BASE_URL": sandbox.base_url,
        }
        found = medians(
            {
                "python -c pass": [sys.executable, "-c", "pass"],
                "import click": [sys.executable, "-c", "import click"],
                "import httpx": [sys.executable, "-c", "import httpx"],
                "sume --help": [SUME, "--help"],
                "sume jobs --help": [SUME, "jobs", "--help"],
                "sume jobs get --json": [SUME, "jobs", "get", job, "--json"],
                "sume jobs get": [SUME, "jobs", "get", job],
            },
            env,
        )
    bare, httpx = found["python -c pass"], found["import httpx"]
    print(f"{'':24} {'ms':>6} {'over bare':>10} {'over httpx':>11}")  # noqa: T201  (a table)
    for name, value in found.items():
        print(f"{name:24} {value:6.0f} {value - bare:+10.0f} {value - httpx:+11.0f}")  # noqa: T201
    print(  # noqa: T201
        f"budgets: sume --help {found['sume --help'] - bare:+.0f} of +{HELP_BUDGET} over bare, "
        f"sume jobs get {found['sume jobs get'] - httpx:+.0f} of +{JOB_BUDGET} over httpx"
    )


if __name__ == "__main__":
    main()
