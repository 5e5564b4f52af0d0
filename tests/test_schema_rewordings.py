"""A schema that says the same in other words makes the same code, byte for byte.

The threat: one day the server's framework renames its components, inlines what it shared or writes
null another way, and every class name in the package changes under the users' feet.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.schema import pipeline
from tests.schema.rewordings import ALL, reword
from tests.schema.zod import zod
from tests.thoroughness import one_in

DOCUMENTS = {"pinned": pipeline.pinned, "zod": zod}
# Nothing to move in the pinned document, until another rewording has made something.
IDLE = {("pinned", "parameters_owned"), ("pinned", "texts_beside_null")}


@cache
def unworded(name: str) -> str:
    return pipeline.effective_text(DOCUMENTS[name]())


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("rewording", one_in(2, ALL))
def test_each_rewording_alone_changes_nothing(name: str, rewording: str, seed: int) -> None:
    reworded = reword(DOCUMENTS[name](), rewording, seed=seed)
    assert pipeline.effective_text(reworded) == unworded(name)


@pytest.mark.parametrize("rewording", one_in(2, ALL))
def test_each_rewording_does_something(rewording: str) -> None:
    """A rewording that does nothing would prove nothing."""
    documents = [make() for make in DOCUMENTS.values()]
    documents.append(reword(documents[0], "parameters_shared"))
    documents.append(reword(documents[0], "null_as_alternative"))
    before = [json.dumps(document) for document in documents]
    after = [json.dumps(reword(document, rewording, seed=1)) for document in documents]
    assert before != after


@pytest.mark.parametrize("name", one_in(2, DOCUMENTS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rewordings=st.lists(st.sampled_from(sorted(ALL)), min_size=2, max_size=7),
    seed=st.integers(0, 10**6),
)
def test_rewordings_combined_change_nothing(name: str, rewordings: list[str], seed: int) -> None:
    reworded = reword(DOCUMENTS[name](), *rewordings, seed=seed)
    assert pipeline.effective_text(reworded) == unworded(name)


def test_what_is_said_does_change_the_code() -> None:
    """The comparison can see a difference at all: one member more, in any of its places."""
    for place in ("Job", "VideoGenerationRequest", "ErrorInfo", "Media"):
        document = pipeline.pinned()
        document["components"]["schemas"][place]["properties"]["novelty"] = {"type": "string"}
        assert pipeline.effective_text(document) != unworded("pinned")


def test_the_generated_tree_is_byte_identical(tmp_path: Path) -> None:
    """All the way to the files, for a document in which every rewording has had its turn."""
    reworded = reword(pipeline.pinned(), *sorted(ALL), seed=5)
    assert json.dumps(reworded) != json.dumps(pipeline.pinned())
    package = pipeline.build(reworded, tmp_path)
    assert pipeline.files(package) == pipeline.files(pipeline.ROOT / "generated" / "sume_api")


BUILD = """
import sys
from pathlib import Path
from tests.schema import pipeline
pipeline.build(pipeline.pinned(), Path(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_hash_seeds_make_no_difference(tmp_path: Path, seed: str) -> None:
    """Sets and dictionaries iterate differently in every process."""
    _build_in(sys.executable, tmp_path, {"PYTHONHASHSEED": seed})


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_other_pythons_make_no_difference(tmp_path: Path, version: str) -> None:
    """A newer Python formats and sorts alike; runs where one with the generator is installed."""
    python = shutil.which(f"python{version}")
    if (
        python is None
        or subprocess.run([python, "-c", "import openapi_python_client"], check=False).returncode
    ):
        pytest.skip(f"no Python {version} with the generator")
    _build_in(python, tmp_path, {})


def _build_in(python: str, folder: Path, environment: dict[str, str]) -> None:
    subprocess.run(
        [python, "-c", BUILD, str(folder)],
        cwd=pipeline.ROOT,
        env={**os.environ, **environment},
        check=True,
    )
    package = folder / "sume_api"
    assert pipeline.files(package) == pipeline.files(pipeline.ROOT / "generated" / "sume_api")
