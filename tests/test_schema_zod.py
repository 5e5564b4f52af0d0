"""A document as a TypeScript server with zod emits it makes a small, complete, typed package.

The threat: the live document turns out to be of the other style, with everything inline, and the
raw generator makes 400 classes of it, several per error response, and drops what it cannot read.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import bindings, fetch, regen
from tests.schema import pipeline
from tests.schema.zod import zod

pytestmark = pytest.mark.xdist_group("zod")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipeline.build(zod(), tmp_path_factory.mktemp("zod"))


def classes(package: Path) -> dict[str, str]:
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in (package / "models").glob("*.py")
        if path.stem != "__init__"
    }


def test_it_is_as_unlike_the_pinned_document_as_it_should_be() -> None:
    text = str(zod())
    assert "$ref" not in text.replace("#/components/schemas/__schema0", "").replace(
        "'$ref': ''", ""
    )
    for construct in (
        "'additionalProperties': False",
        "exclusiveMinimum",
        "allOf",
        "discriminator",
        "__schema0",
        "'const': 24",
        "propertyNames",
        "prefixItems",
    ):
        assert construct in text
    assert text.count("operationId") < 4


def test_no_more_than_seventy_models(package: Path) -> None:
    assert len(classes(package)) <= 70


def test_it_goes_all_the_way_through_the_pipeline() -> None:
    """Roles and bound operations included: this document could be the live one."""
    made = regen.describe(fetch.Fetched(zod(), "file", None), pipeline.ROOT)
    assert not [note for note in made.notes if note.startswith("unbound")]
    assert len(dict(bindings.operations(made.effective))) == 18


def test_unions_keep_their_tag_and_are_open_at_the_end(package: Path) -> None:
    code = classes(package)["job_result"]
    names = ["Analysis", "Ingest", "Media", "Other"]
    union = " | ".join(f"JobResultResult{name}" for name in names)
    assert f"{union} | None | Unset" in " ".join(code.split())


def test_a_body_of_many_variants_takes_plain_keywords(package: Path) -> None:
    code = classes(package)["video_generation_request"]
    for member in (
        "mode: VideoGenerationRequestMode",
        "prompt: str | Unset",
        "image_url: str | Unset",
    ):
        assert member in code
    swap = classes(package)["face_swap_request"]
    for member in ("source_video_url: str", "avatar_ids: list[str] | Unset", "face_image_url: str"):
        assert member in swap


def test_recursion_ends(package: Path) -> None:
    assert "children: list[AssetOutline]" in classes(package)["asset_outline"]


@pytest.mark.slow
def test_it_passes_mypy_strict(package: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            f"--cache-dir={tmp_path}",
            "--no-error-summary",
            package.name,
        ],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
