"""Our names are given by place, and a table that no longer fits says so before anything changes.

The threat: a row that silently fits nothing, or one name for two things, so that the class a user
imports suddenly means something else, or a secret is no longer hidden.
"""

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts import bindings, emit, fetch, names, read_document, regen
from scripts.document import Json
from scripts.stops import Exit, Stop
from sume_ext import Sume
from tests.schema import pipeline
from tests.schema.serving import says, server

Change = Callable[[Json], object]


def describe(document: Json) -> regen.Made:
    return regen.describe(fetch.Fetched(document, "file", None), pipeline.ROOT)


def changed(change: Change) -> Json:
    document = pipeline.pinned()
    change(document)
    return document


def schemas(document: Json) -> Json:
    found: Json = document["components"]["schemas"]
    return found


def _summary(document: Json) -> None:
    """Job lists that hold something else than jobs."""
    text = {"type": "string"}
    schemas(document)["Short"] = {"properties": {"id": text, "status": text}}
    items = schemas(document)["JobList"]["properties"]["data"]["items"]
    items["$ref"] = "#/components/schemas/Short"


STOPS: dict[str, tuple[Change, Exit, str]] = {
    "a bound operation is gone": (
        lambda d: d["paths"].pop("/face-swap"),
        Exit.NAMES,
        "Gone from the schema: create_face_swap",
    ),
    "a bound operation has moved": (
        lambda d: d["paths"].update({"/faces/swap": d["paths"].pop("/face-swap")}),
        Exit.NAMES,
        "Gone from the schema: create_face_swap",
    ),
    "a row fits nothing": (
        lambda d: (
            schemas(d)["ErrorInfo"]["properties"].clear()
            or schemas(d)["BrandList"]["properties"].pop("data")
        ),
        Exit.NAMES,
        "rows that fit nothing: BrandList.data[]",
    ),
    "a secret has another name": (
        lambda d: schemas(d)["PresignedUpload"]["properties"].update(
            signed=schemas(d)["PresignedUpload"]["properties"].pop("upload_url")
        ),
        Exit.NAMES,
        "rows that fit nothing: PresignedUpload.upload_url",
    ),
    "a role finds nothing": (
        lambda d: schemas(d)["VideoGenerationAccepted"].update(
            properties={"ticket": {"type": "string"}}, required=["ticket"]
        ),
        Exit.ROLES,
        "Role job_id of create_video_generation: none of",
    ),
    "a role of a request finds nothing": (
        lambda d: schemas(d)["PresignUploadRequest"]["properties"].update(
            octets=schemas(d)["PresignUploadRequest"]["properties"].pop("size_bytes")
        ),
        Exit.ROLES,
        "it has content_type, file_name, octets, purpose.",
    ),
}


@pytest.mark.parametrize("case", STOPS)
def test_stops_with_one_clear_message(case: str) -> None:
    change, kind, message = STOPS[case]
    with pytest.raises(Stop) as caught:
        describe(changed(change))
    assert caught.value.kind == kind
    assert message in str(caught.value)
    assert 2 <= len(str(caught.value).splitlines()) <= 3


def test_two_shapes_for_one_name_stop() -> None:
    """Both at places that are no guesses, with no further name to choose from."""
    table = replace_classes(pipeline.table(), {"JobList.data[]": ("Job",)})
    with pytest.raises(Stop) as caught:
        pipeline.effective_text(changed(_summary), table)
    assert caught.value.kind == Exit.NAMES
    assert "shapes want to be called Job; the second stands at JobList.data[]" in str(caught.value)


def test_a_second_name_is_taken_if_the_first_means_another_shape() -> None:
    found = schemas(describe(changed(_summary)).effective)
    assert found["JobList"]["properties"]["data"]["items"]["$ref"].endswith("/JobListItem")
    assert set(found["JobListItem"]["properties"]) == {"id", "status"}
    assert "error" in found["Job"]["properties"]


def test_shapes_that_differ_deep_inside_are_two() -> None:
    """Alike on the surface is not alike: the difference stands two references further in."""

    def vary(document: Json) -> None:
        text = {"type": "string"}
        job = json.loads(json.dumps(schemas(document)["Job"]))
        job["properties"]["error"] = {"properties": {"code": {"type": "integer"}, "message": text}}
        schemas(document)["Listed"] = job
        items = schemas(document)["JobList"]["properties"]["data"]["items"]
        items["$ref"] = "#/components/schemas/Listed"

    found = schemas(describe(changed(vary)).effective)
    assert found["JobList"]["properties"]["data"]["items"]["$ref"].endswith("/JobListItem")
    assert found["JobError"]["properties"]["code"]["type"] == "string"


def replace_classes(table: names.Names, rows: dict[str, tuple[str, ...]]) -> names.Names:
    return replace(table, classes={**table.classes, **rows})


def test_a_guess_that_is_wrong_is_reported_and_stops_nothing() -> None:
    """What was only inferred may be otherwise the day the live schema is seen."""
    document = changed(lambda d: schemas(d)["JobOutput"]["properties"].pop("media"))
    made = describe(document)
    assert "guessed, and not there: JobOutput.media[]" in made.notes


def test_a_new_operation_gets_a_name_and_is_reported_as_unbound() -> None:
    def add(document: Json) -> None:
        read = document["paths"]["/jobs/{jobId}"]["get"]
        document["paths"]["/jobs/{jobId}/cancel"] = {"post": {"responses": read["responses"]}}

    made = describe(changed(add))
    assert "unbound: post_jobs_by_job_id_cancel (reachable by sume.call)" in made.notes
    operation = dict(bindings.operations(made.effective))["post_jobs_by_job_id_cancel"]
    answer = operation["responses"]["2XX"]
    # What looks like a job is a job, also where nobody has named it.
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Job")


def test_a_new_operation_can_be_called_before_anybody_binds_it(tmp_path: Path) -> None:
    document = pipeline.pinned()
    answer = {"type": "object", "properties": {"tone": {"type": "string"}}, "required": ["tone"]}
    content = {"application/json": {"schema": answer}}
    parameter = {"name": "voiceId", "in": "path", "required": True, "schema": {"type": "string"}}
    document["paths"]["/voices/{voiceId}"] = {
        "get": {
            "parameters": [parameter],
            "responses": {"200": {"description": "ok", "content": content}},
        }
    }
    package = pipeline.build(document, tmp_path)
    with (
        server(says(b'{"tone": "warm"}')) as origin,
        pipeline.importable(package),
        Sume(api_key="sume_test_key", base_url=f"{origin}/api/v1") as sume,
    ):
        module: Any = importlib.import_module("sume_api.api.voices.get_voices_by_voice_id")
        assert sume.call(module, "v1").tone == "warm"


def test_equal_shapes_at_unnamed_places_share_a_name_that_the_table_gave() -> None:
    def nest(document: Json) -> None:
        summary = {"$ref": "#/components/schemas/JobSummary"}
        schemas(document)["Asset"]["properties"]["made_by"] = summary

    found = schemas(describe(changed(nest)).effective)
    member = found["Asset"]["properties"]["made_by"]["anyOf"][0]["$ref"]
    assert member.endswith("/JobSummary")


def test_the_envelope_is_one_class_even_if_errors_differ() -> None:
    """Every error has the documented members; what one of them adds is there, too."""

    def vary(document: Json) -> None:
        content = document["components"]["responses"]["RateLimited"]["content"]
        error = {"properties": {"retry_in": {"type": "number"}}}
        content["application/json"]["schema"] = {"properties": {"error": error}}

    found = schemas(describe(changed(vary)).effective)
    assert set(found["ErrorInfo"]["properties"]) == {"code", "message", "details", "retry_in"}
    errors = {name for name in found if name.startswith("Error")}
    assert errors == {"ErrorResponse", "ErrorInfo", "ErrorInfoDetails"}


def test_a_document_without_errors_still_has_the_envelope() -> None:
    def forget(document: Json) -> None:
        for item in document["paths"].values():
            for operation in item.values():
                for status in [s for s in operation["responses"] if s[0] != "2"]:
                    del operation["responses"][status]

    found = schemas(describe(changed(forget)).effective)
    assert set(found["ErrorResponse"]["properties"]) == {"error", "request_id"}


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt key": ({"operation": {}}, "surplus or missing keys: ['operation']"),
    "a misspelt key of a row": (
        {"operations": {"get_me": {"at": "GET /me", "tag": "a", "anwser": "Me"}}},
        "get_me: surplus keys ['anwser']",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_in_the_table_are_told(mistake: str) -> None:
    change, message = MISTAKES[mistake]
    rows: dict[str, Any] = {
        "base_path": "/api/v1",
        "server": "https://www.sume.so/api/v1",
        "envelope": "ErrorResponse",
        "operations": {},
        "classes": {},
        "hidden": [],
        "hidden_names": [],
    }
    with pytest.raises(Stop) as caught:
        names.parse({**rows, **change})
    assert message in str(caught.value)


def test_the_table_binds_what_the_handwritten_layer_imports() -> None:
    """Renaming an operation in the table alone would leave its line without an operation."""
    renamed = replace(
        pipeline.table(),
        operations={
            key: replace(row, name="get_job_status") if row.name == "get_job" else row
            for key, row in pipeline.table().operations.items()
        },
    )
    contract = read_document.read(pipeline.pinned(), renamed)
    effective = emit.effective(contract, renamed).document
    with pytest.raises(Stop, match=r"uses what the schema no longer has: get_job\."):
        bindings.check(effective, bindings.bound(pipeline.ROOT), bindings.roles())
