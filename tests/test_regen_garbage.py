"""A document with junk anywhere in it is read or stops with a message, never with a traceback.

The threat: the live document has one odd value somewhere deep, and all a maintainer sees is a
`KeyError: 'type'` out of a tool's inside.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from scripts import drift, emit, fetch, overlay, read_document
from scripts.document import Json, is_list, is_object
from scripts.stops import Stop
from tests.schema import pipeline
from tests.schema.zod import zod

# Shrinking a failure takes minutes here, and the place of a traceback says enough.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
JUNK: list[Any] = [
    None,
    True,
    False,
    0,
    -1.5,
    "",
    "text",
    [],
    {},
    [None],
    ["string", "null", 5],
    {"$ref": "#"},
    {"$ref": "#/paths"},
    {"$ref": 5},
    {"type": "nonsense"},
    {"type": ["object", "string", "array", "null"]},
    {"enum": [{}, [], None, 1, "a"]},
    {"enum": []},
    {"const": {"a": 1}},
    {"allOf": [{"type": "string"}, {"type": "integer"}]},
    {"anyOf": []},
    {"oneOf": [{}, {"type": "null"}]},
    {"properties": []},
    {"minimum": "x"},
    {"required": "all"},
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a document."""
    found: list[tuple[Any, Any]] = []
    todo: list[Any] = [value]
    while todo:
        holder = todo.pop()
        keys: list[Any] = list(holder) if is_object(holder) else list(range(len(holder)))
        for key in keys:
            found.append((holder, key))
            if is_object(holder[key]) or is_list(holder[key]):
                todo.append(holder[key])
    return found


def littered(document: Json, numbers: list[int], junk: list[int]) -> Json:
    document = copy.deepcopy(document)
    for number, piece in zip(numbers, junk, strict=False):
        spots = places(document)
        holder, key = spots[number % len(spots)]
        holder[key] = copy.deepcopy(JUNK[piece % len(JUNK)])
    return document


def refusal(work: Callable[[], object]) -> str:
    """What a piece of work says if it refuses; nothing but a refusal may come out of it."""
    try:
        work()
    except Stop as stop:
        return str(stop)
    return ""


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK
)
@given(
    style=st.sampled_from([pipeline.pinned, zod]),
    numbers=st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
    junk=st.lists(st.integers(0, 100), min_size=4, max_size=4),
)
@example(style=pipeline.pinned, numbers=[0], junk=[0, 0, 0, 0])
def test_junk_is_read_or_refused(style: Any, numbers: list[int], junk: list[int]) -> None:
    document = littered(style(), numbers, junk)

    def make() -> None:
        fetch.check(document, "it")
        contract = read_document.read(document, pipeline.table())
        json.dumps(emit.effective(contract, pipeline.table()).document)

    message = refusal(make)
    assert len(message.splitlines()) <= 3
    assert len(message) < 1200


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK
)
@given(
    numbers=st.lists(st.integers(0, 10**6), min_size=1, max_size=3),
    junk=st.lists(st.integers(0, 100), min_size=3, max_size=3),
)
def test_drift_of_junk_is_told_or_refused(numbers: list[int], junk: list[int]) -> None:
    pinned = fetch.Fetched(pipeline.pinned(), "file", None)
    live = fetch.Fetched(littered(pipeline.pinned(), numbers, junk), "file", None)
    message = refusal(lambda: drift.told(drift.drift(pinned, live, plain=True)))
    assert len(message.splitlines()) <= 3


def test_a_schema_without_bottom_is_refused() -> None:
    deep: Json = {"type": "string"}
    for _ in range(3000):
        deep = {"type": "array", "items": deep}
    document = pipeline.small(deep)
    message = refusal(lambda: read_document.read(document, pipeline.no_names()))
    assert message == "The document is nested too deeply to be read."


@settings(max_examples=20, deadline=None, phases=QUICK)
@given(target=st.text("$.[]*'@?=paths/jobs 0", max_size=16))
def test_any_target_of_a_patch_is_used_or_refused(target: str, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("patches") / "patches.yaml"
    action = {"target": target, "description": "x", "update": {"x-y": 1}}
    path.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}), encoding="utf-8")
    message = refusal(lambda: overlay.apply(pipeline.pinned(), path))
    assert len(message.splitlines()) <= 3
