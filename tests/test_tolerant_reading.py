"""An answer is lost only if something needed is missing or of the wrong type, and it says where.

The threat: the server learns a new status, adds a member, leaves out an optional one or writes a
date another way, and a paid job's answer ends in a KeyError instead of a Job.
"""

import copy
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sume_api.operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sume_api.shapes import mismatch

from scripts.document import Json, as_list, is_object
from sume_ext import Sume
from sume_ext.errors import APIError, SchemaMismatchError
from tests.schema import payloads, pipeline
from tests.schema.serving import says, server
from tests.schema.zod import zod
from tests.support import Answer, FakeClock
from tests.thoroughness import one_in

EFFECTIVE: Json = json.loads((pipeline.OPENAPI / "effective.json").read_text(encoding="utf-8"))
ANSWERS = payloads.answers(EFFECTIVE)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def parse(module: Any, payload: Any) -> Any:
    answer = Answer(payload)
    return module._parse_response(client=answer, response=answer)


def parse_bound(operation: str, payload: Any) -> Any:
    return parse(getattr(sume_api.operations, operation), copy.deepcopy(payload))


def containers(value: Any) -> Iterator[Any]:
    """Every object and list in a payload that holds something."""
    inner = list(value.values()) if is_object(value) else as_list(value)
    if inner:
        yield value
    for one in inner:
        yield from containers(one)


# --- what is odd is kept ----------------------------------------------------------------------


@pytest.mark.parametrize("operation", one_in(2, ANSWERS))
@QUICK
@given(data=st.data())
def test_odd_but_kept_promises_are_read(operation: str, data: st.DataObject) -> None:
    """New enum members, unknown members, nulls, absences, odd dates: all at once, everywhere."""
    payload = data.draw(payloads.values(EFFECTIVE, ANSWERS[operation]))
    assert mismatch(operation, payload) is None
    model = parse_bound(operation, payload)
    back = model.to_dict()
    assert set(back) == set(payload)
    # And it can be told again: nothing in it is left unreadable.
    json.dumps(back)


@pytest.mark.parametrize("operation", one_in(2, ANSWERS))
@QUICK
@given(data=st.data())
def test_what_the_check_lets_through_can_be_parsed(operation: str, data: st.DataObject) -> None:
    """The check and the models are made separately; neither may be stricter than the other."""
    payload = data.draw(payloads.values(EFFECTIVE, ANSWERS[operation]))
    places = list(containers(payload))
    if places:
        target: Any = data.draw(st.sampled_from(places))
        keys: list[Any] = [*target] if is_object(target) else [*range(len(target))]
        target[data.draw(st.sampled_from(keys))] = data.draw(payloads.ANYTHING)
    if mismatch(operation, payload) is None:
        parse_bound(operation, payload)


def test_unknown_members_of_enums_are_plain_text() -> None:
    job = parse_bound("get_job", {"id": "j", "status": "paused_by_moderator", "type": "hologram"})
    assert (job.status, job.type_) == ("paused_by_moderator", "hologram")


def test_null_is_fine_wherever_a_member_may_be_missing() -> None:
    """Whatever the schema says of null there: servers mix the two up."""
    nulls = dict.fromkeys(("type", "created_at", "error", "progress", "result_url"))
    payload = {"id": "j", "status": "queued", **nulls}
    assert mismatch("get_job", payload) is None
    assert parse_bound("get_job", payload).to_dict() == payload


def test_extra_members_are_kept() -> None:
    job = parse_bound("get_job", {"id": "j", "status": "queued", "lane": {"n": 1}})
    assert job["lane"] == {"n": 1}


@pytest.mark.parametrize("text", payloads.ODD_DATES)
def test_no_date_loses_an_answer(text: str) -> None:
    payload = {"id": "j", "status": "queued", "created_at": text}
    assert mismatch("get_job", payload) is None
    job = parse_bound("get_job", payload)
    assert job.created_at == text or job.created_at.isoformat()
    job.to_dict()


# --- what is missing or wrong is told, with its place -----------------------------------------

WRONG = {
    "string": "text",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
SAMPLES: dict[str, Any] = {
    "string": "text",
    "number": 0.5,
    "boolean": True,
    "array": ["x"],
    "object": {"x": 1},
}
KINDS = {"integer": "number"}
PROMISES = [
    (operation, place, steps, kinds, required)
    for operation, schema in ANSWERS.items()
    for place, steps, kinds, required in payloads.promises(EFFECTIVE, schema)
]


def full(document: Json, schema: Json) -> Any:
    """A payload with every member there, each as the schema's own kind."""
    if "$ref" in schema:
        return full(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return full(document, next(x for x in schema["anyOf"] if x.get("type") != "null"))
    kinds = schema.get("type", "object")
    kind = next(k for k in as_list(kinds) or [kinds] if k != "null")
    if kind == "object":
        return {
            name: full(document, member) for name, member in schema.get("properties", {}).items()
        }
    if kind == "array":
        return [full(document, schema["items"])]
    return {"string": "2026-01-15T09:30:00Z", "integer": 1, "number": 0.5, "boolean": True}[kind]


@pytest.mark.parametrize("operation", ANSWERS)
def test_a_full_answer_is_fine(operation: str) -> None:
    payload = full(EFFECTIVE, ANSWERS[operation])
    assert mismatch(operation, payload) is None
    parse_bound(operation, payload)


@pytest.mark.parametrize("operation", ANSWERS)
def test_every_member_of_a_wrong_type_is_told_with_its_place(operation: str) -> None:
    told = 0
    for where, place, steps, kinds, _ in PROMISES:
        if where != operation or not kinds:
            continue
        for kind, sample in SAMPLES.items():
            if kind in kinds or kind in {KINDS.get(k) for k in kinds}:
                continue
            payload = full(EFFECTIVE, ANSWERS[operation])
            *above, last = steps
            target = payload
            for step in above:
                target = target[step]
            target[last] = sample
            problem = mismatch(operation, payload)
            assert problem is not None
            assert problem.startswith(f"{place}: "), (problem, place)
            assert "expected, got" in problem
            told += 1
    assert told


@pytest.mark.parametrize("operation", ANSWERS)
def test_every_missing_required_member_is_told_with_its_place(operation: str) -> None:
    for where, place, steps, _, required in PROMISES:
        if where != operation:
            continue
        payload = full(EFFECTIVE, ANSWERS[operation])
        *above, last = steps
        target = payload
        for step in above:
            target = target[step]
        del target[last]
        assert mismatch(operation, payload) == (f"{place}: missing" if required else None)


@pytest.mark.parametrize("payload", [None, [], "text", 3, True])
def test_an_answer_of_another_kind_is_told(payload: object) -> None:
    problem = mismatch("get_job", payload)
    assert problem is not None
    assert problem.startswith("an object expected, got ")


def test_a_value_is_never_told() -> None:
    """The place goes into messages and logs; what stands there may be a secret."""
    problem = mismatch(
        "presign_upload", {"upload_url": 5, "object_key": ["SECRET"], "required_headers": {}}
    )
    assert problem is not None
    assert "SECRET" not in problem


def test_an_unknown_operation_promises_nothing() -> None:
    assert mismatch("no_such_operation", 5) is None


# --- through the client -----------------------------------------------------------------------


def ask(body: bytes, status: int) -> Any:
    with (
        server(says(body, status)) as origin,
        Sume(api_key="sume_test_key", base_url=f"{origin}/api/v1", clock=FakeClock()) as sume,
    ):
        return sume.jobs.get("job_1")


@pytest.mark.parametrize("status", [200, 201, 202, 203, 299])
def test_every_2xx_is_read_alike(status: int) -> None:
    assert ask(b'{"id": "job_1", "status": "novel", "new": 1}', status).id == "job_1"


@pytest.mark.parametrize(
    "status", [499, 520, 521, 522, 523, 524, 525, 526, 527, 528, 529, 418, 599]
)
@pytest.mark.parametrize(
    "body", [b"<html>", b"", b'{"error": {"code": "odd", "message": "m"}}', b'{"x": 1}']
)
def test_statuses_that_python_does_not_know_are_our_errors(status: int, body: bytes) -> None:
    with pytest.raises(APIError) as caught:
        ask(body, status)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "body", [b'{"status": "queued"}', b'{"id": 5, "status": "queued"}', b"[]", b"5"]
)
def test_a_broken_promise_is_our_error_with_operation_and_place(body: bytes) -> None:
    with pytest.raises(SchemaMismatchError) as caught:
        ask(body, 200)
    assert caught.value.operation == "jobs.get"
    if body.startswith(b"{"):
        assert caught.value.place == "id"


@pytest.mark.parametrize(
    "body",
    [
        b'{"job_id": "job_1", "status": "queued"}',
        b'{"job": {"id": "job_1", "status": "queued"}}',
        b'{"id": "job_1", "status": "queued", "progress": "half"}',
    ],
)
def test_a_job_is_read_wherever_the_roles_find_it(body: bytes) -> None:
    """The docs leave its members' names open; what the schema inferred mustn't lose the job."""
    job = ask(body, 200)
    assert (job.id, job.status) == ("job_1", "queued")
    assert job.data == json.loads(body)


def test_the_command_shows_a_result_of_any_shape(tmp_path: Path) -> None:
    """It was paid for, whatever it looks like; and the shell needs the id that the answer lacks."""
    sume = [sys.executable, "-m", "sume_ext.cli", "jobs", "result", "job_1"]
    with server(says(b'[{"hook": 3}]', 200)) as origin:
        env = {
            **os.environ,
            "SUME_API_KEY": "sume_test_key",
            "SUME_API_BASE_URL": f"{origin}/api/v1",
            "SUME_CONFIG_DIR": str(tmp_path),
        }
        shown = [
            subprocess.run([*sume, *words], env=env, capture_output=True, text=True, check=True)
            for words in (["--json"], ["-q"], [])
        ]
    assert json.loads(shown[0].stdout)["id"] == "job_1"
    assert shown[1].stdout == "job_1\n"
    assert "hook" in shown[0].stdout
    assert "hook" in shown[2].stdout


# --- unions, in the document that has them ----------------------------------------------------


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipeline.build(zod(), tmp_path_factory.mktemp("rich"))


RESULTS: dict[str, tuple[Any, str | None, str]] = {
    "a known tag": (
        {"kind": "analysis", "analysis": {"hooks": 3}},
        None,
        "JobResultResultAnalysis",
    ),
    "an unknown tag": ({"kind": "hologram", "voxels": 9}, None, "JobResultResultOther"),
    "no tag": ({"voxels": 9}, None, "JobResultResultOther"),
    "a known tag, broken": ({"kind": "ingest"}, "result.asset_ids: missing", ""),
    "something else": ("text", "result: an object expected, got text", ""),
    "null": (None, None, "NoneType"),
}


@pytest.mark.parametrize("case", RESULTS)
def test_unions_keep_what_they_do_not_know(case: str, rich: Path) -> None:
    result, problem, model = RESULTS[case]
    payload = {"id": "j", "status": "completed", "result": result}
    with pipeline.importable(rich):
        shapes = importlib.import_module("sume_api.shapes")
        assert shapes.mismatch("get_job_result", payload) == problem
        if problem is None:
            module = importlib.import_module("sume_api.api.jobs.get_job_result")
            found = parse(module, payload)
            assert type(found.result).__name__ == model
            assert found.to_dict() == payload


def test_recursive_answers_are_checked_all_the_way_down(rich: Path) -> None:
    leaf: Json = {"label": "leaf", "children": []}
    outline: Json = {"label": "root", "children": [{"label": "branch", "children": [leaf]}]}
    with pipeline.importable(rich):
        shapes = importlib.import_module("sume_api.shapes")
        assert shapes.mismatch("get_asset", {"id": "a", "outline": outline}) is None
        leaf["label"] = None
        problem = shapes.mismatch("get_asset", {"id": "a", "outline": outline})
    assert problem == "outline.children[0].children[0].label: text expected, got null"
