"""Run every benchmark of this folder in turn: ``python -m tests.benchmarks [name ...]``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(wanted: list[str]) -> None:
    """Run the named benchmarks, or all of them."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if not wanted or name in wanted:
            print(f"\n== {name} ==", flush=True)  # noqa: T201  (a table for a person)
            import_module(f"tests.benchmarks.{path.stem}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
