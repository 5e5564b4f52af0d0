"""Guarantee: a field that the schema gains becomes a flag, checked and sent, without an edit.

The threats: a command that lags behind the API, a field whose name collides with a flag of ours,
a limit that only the server knows.
"""

from __future__ import annotations

import json
import os
import time as clock
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext.cli import flags
from sume_ext.cli.facts import Parameter, parameter_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

NEW: dict[str, Any] = {
    "mood": {"type": "string", "enum": ["calm", "bold"], "description": "The mood of it."},
    "json": {"type": "string", "description": "Collides with a flag of ours."},
    "style_tags": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": 2,
        "uniqueItems": True,
    },
    "camera": {"type": "object", "description": "How it moves."},
    "seed": {"type": "integer", "minimum": 1, "maximum": 9},
    "width": {"type": "integer", "multipleOf": 16},
    "lead_in_seconds": {"type": "number", "exclusiveMinimum": 0},
}


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated package whose schema has gained fields, made by the pipeline itself."""
    from tests.schema import pipeline  # noqa: PLC0415  (slow to import)

    folder = tmp_path_factory.mktemp("regenerated")
    document = pipeline.pinned()
    document["components"]["schemas"]["VideoGenerationRequest"]["properties"].update(NEW)
    pipeline.build(document, folder)
    return folder


@pytest.mark.slow
def test_a_new_field_is_a_flag_with_help_limits_and_a_place_in_the_body(
    stage: Stage, regenerated: Path
) -> None:
    path = os.pathsep.join(filter(None, [str(regenerated), stage.env.get("PYTHONPATH")]))
    shown = " ".join(stage.sume("videos", "generate", "--help", PYTHONPATH=path).out.split())
    assert "--mood [bold|calm] The mood of it." in shown
    assert "--field-json TEXT Collides with a flag of ours." in shown
    assert "--style-tag" in shown
    assert "--seed N" in shown
    assert "1 to 9" in shown
    assert "--lead-in" in shown
    assert "a multiple of 16" in shown
    for wrong in (
        ["--mood", "sad"], ["--seed", "10"], ["--seed", "x"], ["--lead-in", "0"],
        ["--camera", "[1]"], ["--camera", "{"],
        ["--style-tag", "a", "--style-tag", "b", "--style-tag", "c"],
        ["--style-tag", "a", "--style-tag", "a"], ["--width", "30"],
    ):  # fmt: skip
        done = stage.sume("videos", "generate", "--prompt", "x", "-y", *wrong, PYTHONPATH=path)
        assert done.code == 2, wrong
    stage.sandbox.requests.clear()
    stage.sume(
        "videos", "generate", "--prompt", "x", "-y", "--json", "--mood", "calm", "--field-json",
        "y", "--style-tag", "a", "--style-tag", "b", "--camera", '{"pan": 1}', "--seed", "2",
        "--lead-in", "0.5", PYTHONPATH=path,
    )  # fmt: skip
    sent = stage.sandbox.requests.where(operation="create_video_generation")[0].json
    assert sent == {
        "prompt": "x", "mood": "calm", "json": "y", "style_tags": ["a", "b"],
        "camera": {"pan": 1}, "seed": 2, "lead_in_seconds": 0.5,
    }  # fmt: skip
    schema = stage.sume("tools", "schema", "videos.generate", PYTHONPATH=path).json
    assert schema["input_schema"]["properties"]["seed"]["maximum"] == 9


def parameter(**said: Any) -> Parameter:
    """A body field as the facts say it."""
    name = said.pop("name", "field")
    place = said.pop("place", "body")
    told = {"name": name, "python_name": name, "in": place, "required": False, **said}
    return parameter_of(told)


def read(said: Parameter, *words: str) -> Any:
    """What a command line makes of a parameter."""
    found: dict[str, Any] = {}

    def keep(**values: Any) -> None:
        found.update(values)

    command = click.Command("x", params=[flags.option_of(said, {})], callback=keep)
    command.main([*words], standalone_mode=False)
    return found[f"field_{said.python_name}"]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("image_count", "integer", ["--n", "--image-count"]),
        ("q", "string", ["--query", "--q"]),
        ("avatar_ids", "array", ["--avatar-id", "--avatar-ids"]),
        ("reference_image_urls", "array", ["--reference-image-url", "--reference-image-urls"]),
        ("min_duration_seconds", "number", ["--min-duration", "--min-duration-seconds"]),
        ("generate_audio", "boolean", ["--generate-audio"]),
        ("quiet", "string", ["--field-quiet"]),
        ("camelCase", "string", ["--camelcase"]),
    ],
)
def test_flags_are_spelled_as_the_docs_spell_them(
    name: str, kind: str, expected: list[str]
) -> None:
    assert flags.spellings(parameter(name=name, type=kind)) == expected


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_through_exactly_or_is_out_of_range(number: float) -> None:
    said = parameter(type="number", minimum=-10, maximum=1e6)
    words = f"--field={json.dumps(number)}"
    if -10 <= number <= 1e6:
        assert read(said, words) == number
        assert type(read(said, words)) is type(number), "4 stays 4, not 4.0"
    else:
        with pytest.raises(click.BadParameter, match="out of range"):
            read(said, words)


@pytest.mark.parametrize(
    "word", ["1_0", "\u0661\u0660", " 10", "10\n", "0x0a", "1e", "1__0.5", "nan", "inf", "1e999"]
)
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_what_only_python_takes_for_a_number_is_none(kind: str, word: str) -> None:
    with pytest.raises(click.BadParameter, match="number"):
        read(parameter(type=kind), f"--field={word}")


def test_a_step_is_kept_as_it_is_written() -> None:
    tenths = parameter(type="number", multipleOf=0.1)
    assert read(tenths, "--field=0.3") == 0.3
    with pytest.raises(click.BadParameter, match="is not a multiple of"):
        read(tenths, "--field=0.35")


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text and _encodes(text)))
def test_text_comes_through_unchanged(text: str) -> None:
    assert read(parameter(type="string", minLength=1), f"--field={text}") == text


def _encodes(text: str) -> bool:
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def test_limits_on_text_and_times() -> None:
    with pytest.raises(click.BadParameter):
        read(parameter(type="string", maxLength=3), "--field=long")
    with pytest.raises(click.BadParameter):
        read(parameter(type="string", pattern="^a"), "--field=b")
    with pytest.raises(click.BadParameter):
        read(parameter(type="string", format="uri"), "--field=clip.mp4")
    time = parameter(type="string", format="date-time")
    assert read(time, "--field=2026-01-31T12:00Z") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read(time, "--field=2026-01-31").tzinfo is not None
    assert abs(read(time, "--field=2 hours ago").timestamp() - clock.time() + 7200) < 60
    with pytest.raises(click.BadParameter, match="no point in time"):
        read(time, "--field=yesterday-ish")


def test_a_truth_value_may_be_left_out_in_a_body_and_must_be_said_in_a_query() -> None:
    body = parameter(type="boolean")
    assert read(body, "--field") is True
    assert read(body, "--field", "false") is False
    assert read(body) is None, "what isn't given isn't sent"
    query = parameter(type="boolean", place="query")
    assert read(query, "--field", "no") is False
    with pytest.raises(click.BadOptionUsage):
        read(query, "--field")
