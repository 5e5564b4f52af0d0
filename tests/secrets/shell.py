"""Runs many command lines of ``sume`` in one process, as a shell would, with everything on file.

``python -m tests.secrets.shell LOG < LINES``: each line of LINES is a JSON list of words. Every
logger is at DEBUG into LOG; what a line ends with is told on stderr.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from sume_ext.cli import main


def run_all(log: str) -> None:
    """Run every line of stdin; the commands themselves are given an empty one."""
    lines = [json.loads(line) for line in sys.stdin]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    logging.basicConfig(filename=log, level=logging.DEBUG)
    for words in lines:
        code = main(words)
        sys.stdout.flush()
        print(f"[{words[0]} ended with {code}]", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    run_all(sys.argv[1])
