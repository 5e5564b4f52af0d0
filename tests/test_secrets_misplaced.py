"""Guarantee: what is given in the wrong place is not repeated in clear by what refuses it.

People pass a key where a number belongs and a signed URL where an id does, and refusals are logged.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sume_ext
from sume_ext import Sume
from sume_ext.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "zQ7wPx41RtLm"
MISPLACED = (f"sume_live_{MARK}", f"https://b.example/{MARK}?X-Amz-Signature={MARK}")

CALLS: dict[str, Callable[[Sume, Any], object]] = {
    "a timeout of a wait": lambda sume, it: sume.jobs.wait("job_1", timeout=it),
    "a timeout of events": lambda sume, it: sume.jobs.handle("job_1").wait(timeout=it),
    "jobs": lambda sume, it: sume.jobs.wait_many(it),
    "return_when": lambda sume, it: sume.jobs.wait_many(["job_1"], return_when=it),
    "attempts": lambda sume, it: sume.with_options(attempts=it),
    "patience": lambda sume, it: sume.with_options(patience=it),
    "a client's timeout": lambda sume, it: sume.with_options(timeout=it),
    "a cap": lambda sume, it: sume.with_options(max_response_bytes=it),
    "a limit": lambda sume, it: sume.jobs.list(limit=it),
    "an id": lambda sume, it: sume.jobs.get(it),
}


@pytest.mark.parametrize("place", CALLS)
@pytest.mark.parametrize("it", MISPLACED, ids=["a key", "a signed URL"])
def test_a_refusal_does_not_repeat_what_it_refuses(place: str, it: str) -> None:
    sandbox = Sandbox()
    with Sume(api_key=sandbox.api_key, transport=sandbox.transport()) as sume:
        with pytest.raises(Exception) as caught:  # noqa: PT011  (which, other tests say)
            CALLS[place](sume, it)
        assert MARK not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


QUOTABLE = {"__name__", "name", "self", "number"}
"""What isn't a caller's value: names in code, an object of ours, what was found to be a number."""


def _reprs(node: ast.AST) -> list[str]:
    return [
        ast.unparse(one.value)
        for one in ast.walk(node)
        if isinstance(one, ast.FormattedValue) and one.conversion == ord("r")
    ]


def test_no_refusal_shows_what_it_was_given_as_it_is() -> None:
    """`quoted` is there for that; the sandbox and the command clean all they print."""
    root = Path(sume_ext.__file__).parent
    found: list[str] = []
    for file in sorted(root.rglob("*.py")):
        if file.relative_to(root).parts[0] in ("sandbox", "cli"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise):
                found += [
                    f"{file.name}:{node.lineno}: {shown}"
                    for shown in _reprs(node)
                    if shown not in QUOTABLE
                ]
    assert found == []
