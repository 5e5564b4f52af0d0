"""Changes of the schema are found and rated as a maintainer would rate them; rewordings are not.

The threat: the server takes something away and nobody is told, or it words things anew every week
and nobody reads the alarm any more. `tests/schema/planted.yaml` is the table.
"""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts import drift, fetch, overlay, redocly
from scripts.compare import Rating
from scripts.document import Json
from tests.schema import pipeline
from tests.schema.rewordings import ALL, reword
from tests.schema.zod import zod
from tests.thoroughness import one_in

TABLE: list[Json] = yaml.safe_load(
    (Path(__file__).parent / "schema" / "planted.yaml").read_text(encoding="utf-8")
)
ROWS = {row["change"]: row for row in TABLE}


def changed(document: Json, actions: list[Json], folder: Path) -> Json:
    """The document after Overlay actions."""
    actions = [{"description": "planted", **action} for action in actions]
    path = folder / "planted.yaml"
    path.write_text(yaml.safe_dump({"overlay": "1.0.0", "actions": actions}), encoding="utf-8")
    return overlay.apply(document, path, demanding=False)


def found(pinned: Json, live: Json, *, plain: bool = True) -> drift.Drift:
    one, other = (fetch.Fetched(document, "file", None) for document in (pinned, live))
    return drift.drift(one, other, plain=plain)


def asked() -> bool:
    """Whether redocly is there; `make drift` installs it on first use."""
    return (redocly.FOLDER / redocly.CLI / "package.json").exists()


MODES = [
    pytest.param(True, id="plain"),
    pytest.param(
        False,
        id="redocly",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(not asked(), reason="redocly is not installed: make drift"),
        ],
    ),
]


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) == len(TABLE) >= 25


@pytest.mark.parametrize("plain", MODES)
@pytest.mark.parametrize("change", one_in(2, ROWS))
def test_each_planted_change_is_found_and_rated(change: str, plain: bool, tmp_path: Path) -> None:
    row = ROWS[change]
    pinned = changed(pipeline.pinned(), row.get("before", []), tmp_path)
    live = changed(pinned, row["actions"], tmp_path)
    assert live != pinned
    drifted = found(pinned, live, plain=plain)
    hits = [x for x in drifted.changes if x.place == row["where"] and row["what"] in x.text]
    assert hits, [(x.place, x.text) for x in drifted.changes]
    assert {hit.rating.name.lower() for hit in hits} == {row["rating"]}
    worst = max(x.rating for x in drifted.changes)
    assert worst.name.lower() == row["rating"], [(x.place, x.text) for x in drifted.changes]
    assert drifted.checked_by.startswith("the plain check" if plain else "redocly 2.77.0")
    if plain:
        return
    # Redocly sees it, too, or it is one of ours; either way it finds nothing that we miss.
    assert not [x for x in drifted.changes if x.what.startswith("redocly")]


@pytest.mark.parametrize("name", one_in(2, ALL))
def test_no_rewording_is_a_false_alarm(name: str) -> None:
    drifted = found(pipeline.pinned(), reword(pipeline.pinned(), name, seed=1))
    assert drifted.rating is Rating.NOTHING, [(x.place, x.text) for x in drifted.changes]


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(st.sampled_from(sorted(ALL)), min_size=2, max_size=6), seed=st.integers(0, 9999)
)
def test_rewordings_combined_are_no_false_alarm(names: list[str], seed: int) -> None:
    drifted = found(zod(), reword(zod(), *names, seed=seed))
    assert drifted.rating is Rating.NOTHING, [(x.place, x.text) for x in drifted.changes]


@pytest.mark.skipif(not asked(), reason="redocly is not installed: make drift")
@pytest.mark.parametrize("seed", range(2))
def test_redocly_raises_no_false_alarm_either(seed: int) -> None:
    names = random.Random(seed).sample(sorted(ALL), 8)
    drifted = found(pipeline.pinned(), reword(pipeline.pinned(), *names, seed=seed), plain=False)
    assert drifted.checked_by.startswith("redocly")
    assert drifted.rating is Rating.NOTHING, [(x.place, x.text) for x in drifted.changes]


def test_a_change_within_a_reworded_document_is_still_found() -> None:
    live = reword(pipeline.pinned(), *sorted(ALL), seed=3)
    text = json.dumps(live).replace("480p", "360p")
    drifted = found(pipeline.pinned(), json.loads(text))
    places = {x.place for x in drifted.changes if x.what == "choices"}
    assert "create_video_generation body.resolution" in places
    assert drifted.rating is Rating.BREAKING


def test_zod_against_the_pinned_document_tells_what_it_adds() -> None:
    """A real first fetch would look like this: much is confirmed, some is new, some is gone."""
    drifted = found(pipeline.pinned(), zod())
    added = {x.place for x in drifted.changes if x.what == "added"}
    assert {"create_image_generation body.seed", "get_asset answer.outline"} <= added
    guesses = drifted.consequences.inferred
    assert len(guesses.confirmed) > len(guesses.different) + len(guesses.gone)
    assert "create_face_swap body.avatar_ids" in guesses.different


def flat(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_comparing_twice_tells_the_same() -> None:
    one, other = (found(pipeline.pinned(), zod()) for _ in range(2))
    assert flat(drift.told(one)) == flat(drift.told(other))
