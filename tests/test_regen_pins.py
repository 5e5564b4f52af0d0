"""What shapes the generated code is pinned, and a change of it is noticed.

The threat: an upgraded generator or formatter rewrites every file, or its new template brings what
our edits were meant to take out.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import generate
from scripts.stops import Exit, Stop
from tests.schema import pipeline

EDITS = pipeline.OPENAPI / "templates" / "edits.yaml"


def table() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(EDITS.read_text(encoding="utf-8"))
    return found


def test_generator_and_ruff_are_the_pinned_ones() -> None:
    for name, wanted in generate.PINNED.items():
        assert version(name) == wanted
    pyproject = (pipeline.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name, wanted in generate.PINNED.items():
        assert f'"{name}=={wanted}"' in pyproject


@pytest.mark.parametrize("name", table())
def test_edited_templates_are_the_ones_that_were_edited(name: str) -> None:
    built_in = (generate.BUILT_IN / name).read_bytes()
    assert hashlib.sha256(built_in).hexdigest() == table()[name]["sha256"]


def test_edits_are_few_and_say_why() -> None:
    assert len(table()) <= 9
    for entry in table().values():
        assert entry["why"].strip()
        assert set(entry) in ({"why", "sha256", "edits"}, {"why", "sha256", "put"})
    lines = sum(
        len(edit["put"].splitlines()) for e in table().values() for edit in e.get("edits", ())
    )
    assert lines <= 101


def _shown(name: str, member: str) -> bool:
    del name, member
    return False


def _stops(change: dict[str, Any], tmp_path: Path) -> str:
    path = tmp_path / "edits.yaml"
    path.write_text(yaml.safe_dump(change), encoding="utf-8")
    with pytest.raises(Stop) as caught:
        generate.write_templates(path, tmp_path)
    assert caught.value.kind == Exit.GENERATOR
    return str(caught.value)


def test_a_new_built_in_template_stops(tmp_path: Path) -> None:
    entry = {**table()["types.py.jinja"], "sha256": "0" * 64}
    assert "is not the one that edits.yaml edits" in _stops({"types.py.jinja": entry}, tmp_path)


def test_an_edit_that_fits_nothing_stops(tmp_path: Path) -> None:
    entry = {**table()["types.py.jinja"], "edits": [{"find": "gone", "put": ""}]}
    assert "stands there 0 times" in _stops({"types.py.jinja": entry}, tmp_path)


def test_another_generator_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(generate.PINNED, "ruff", "0.0.1")
    with pytest.raises(Stop, match=r"ruff is .*, but the generated code is made with 0\.0\.1"):
        generate.check_pins()


def test_a_misspelt_option_stops(tmp_path: Path) -> None:
    """The generator ignores what it does not know, which would undo the option in silence."""
    inputs = tmp_path / "openapi"
    (inputs / "templates").mkdir(parents=True)
    (inputs / "templates" / "edits.yaml").write_text(EDITS.read_text(encoding="utf-8"), "utf-8")
    (inputs / "generator.yaml").write_text("literal_enum: true\n", encoding="utf-8")
    with pytest.raises(Stop, match="has no option 'literal_enum'"):
        generate.generate(pipeline.small(), tmp_path / "out", inputs, _shown)


def test_a_warning_of_the_generator_stops(tmp_path: Path) -> None:
    """Handed a document that nobody normalised, it warns and would lose the whole answer."""
    document = pipeline.small({"type": "object", "properties": {"a": {"$ref": "#/$defs/gone"}}})
    with pytest.raises(Stop, match="The generator warned") as caught:
        generate.generate(document, tmp_path / "out", pipeline.OPENAPI, _shown)
    assert caught.value.kind == Exit.GENERATOR
    assert "0x" not in str(caught.value)
