"""A maintainer reads on one screen what a regeneration changed and what it means.

The threat: forty changed files and nobody knows why, or a new operation that nobody notices.
"""

import json
from pathlib import Path

import pytest

from scripts import fetch, regen
from scripts.document import Json
from scripts.stops import Exit
from tests.schema import pipeline, trees
from tests.schema.zod import zod


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return trees.copy(tmp_path / "tree")


def run(document: Json, root: Path) -> Exit | int:
    return regen.regenerate(fetch.Fetched(document, "file", None), root)


def test_a_new_operation_is_told_three_ways(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = pipeline.pinned()
    document["paths"]["/voices"] = {"get": {"responses": {"200": {"description": "ok"}}}}
    assert run(document, tree) == Exit.OK
    out = capsys.readouterr().out
    assert "get_voices: added (new)" in out
    assert "new: GET /voices is called get_voices" in out
    assert "unbound: get_voices (reachable by sume.call)" in out
    assert (tree / "generated/sume_api/api/voices/get_voices.py").exists()


def test_even_a_new_style_fits_on_a_screen(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(zod(), tree) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert 20 < len(lines) <= 75
    assert max(map(len, lines)) <= 170


def test_nothing_new_is_one_line(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(pipeline.pinned(), tree) == Exit.OK
    assert capsys.readouterr().out == "18 operations; no files changed.\n"


def test_pinning_takes_the_document_and_nothing_else(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A document that can't be generated from yet can still be looked at and worked on."""
    document = pipeline.pinned()
    del document["paths"]["/face-swap"]
    before = pipeline.files(tree)
    assert regen.pin(fetch.Fetched(document, "local", "http://127.0.0.1/x"), tree) == Exit.OK
    after = pipeline.files(tree)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"openapi/upstream.json", "openapi/upstream.lock"}
    assert json.loads(after["openapi/upstream.json"]) == document
    assert "make regen SCHEMA=openapi/upstream.json" in capsys.readouterr().out
