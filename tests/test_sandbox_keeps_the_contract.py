"""Guarantee: the sandbox answers all operations of the document, and only as the document says.

The threat is an app that works against the sandbox and breaks against the API. The judge here is
the `jsonschema` package, not the validator that the sandbox itself uses.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest

from sume_ext.sandbox.contract import contract, document_path
from sume_ext.sandbox.operations import HANDLERS
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sume_ext.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
DOCUMENT: dict[str, Any] = json.loads(document_path().read_bytes())
HALF_SECONDS = 14  # longer than the longest job


def schema_of(method: str, template: str, status: int) -> dict[str, Any]:
    responses = DOCUMENT["paths"][template][method.lower()]["responses"]
    assert str(status) in responses, f"{method} {template} may not answer {status}"
    response = responses[str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return {**schema, "components": DOCUMENT["components"]}


def judge(answer: httpx.Response, template: str) -> None:
    schema = schema_of(answer.request.method, template, answer.status_code)
    formats = jsonschema.FormatChecker()
    validator: Any = jsonschema.Draft202012Validator(schema, format_checker=formats)
    validator.validate(answer.json())


@pytest.fixture
def api(sume_sandbox: Sandbox) -> Iterator[Api]:
    with Api(sume_sandbox) as client:
        yield client


def test_every_operation_of_the_document_is_served() -> None:
    assert set(HANDLERS) == set(contract().operations)


def test_operations_are_named_as_in_the_generated_client() -> None:
    """Faults and journal speak of operations; two vocabularies would be one too many."""
    generated = json.loads((ROOT / "generated/sume_api/operations.json").read_text())
    ours = {handler.name: place for place, handler in HANDLERS.items()}
    assert ours == {name: (one["method"], one["path"]) for name, one in generated.items()}


@pytest.mark.sume_sandbox(clock="manual", secrets=True)
def test_every_success_fits_the_schema(sume_sandbox: Sandbox, api: Api) -> None:
    avatar = api.ok("GET", "/avatars")["data"][0]["id"]
    swap = api.uploaded("face_swap_source_video")["media_url"]
    key = api.uploaded()["object_key"]
    tiktok = "https://www.tiktok.com/@creator/video/1"
    posts: list[tuple[str, dict[str, Any]]] = [
        ("/images/generations", {"prompt": "A jar", "image_count": 2, "aspect_ratio": "4:5"}),
        ("/videos/generations", {"prompt": "A jar", "duration": 4, "resolution": "480p"}),
        ("/ads/videos", {"prompt": "A jar", "avatar_id": avatar, "style": "ugc"}),
        ("/face-swap", {"source_video_url": swap, "avatar_ids": [avatar, avatar]}),
        ("/reference-analysis", {"url": tiktok}),
        ("/assets", {"object_key": key, "title": "A clip"}),
    ]
    for path, body in posts:
        judge(api.post(path, json=body), path)
    sume_sandbox.jobs.fail(sume_sandbox.jobs.ids(type="face_swap")[0])
    seen: set[tuple[str, str]] = set()
    for _ in range(HALF_SECONDS):
        answer = api.get("/jobs", params={"limit": 100})
        judge(answer, "/jobs")
        for job in answer.json()["data"]:
            judge(api.get(f"/jobs/{job['id']}"), "/jobs/{jobId}")
            judge(api.get(f"/jobs/{job['id']}/result"), "/jobs/{jobId}/result")
            seen.add((job["type"], job["status"]))
        sume_sandbox.advance(0.5)
    assert {kind for kind, status in seen if status == "completed"} == {
        "image_generation", "video_generation", "ads_video", "face_swap", "reference_analysis",
        "asset_ingest",
    }  # fmt: skip
    assert ("face_swap", "failed") in seen
    for path in ("/me", "/credits", "/brand", "/brand/current", "/avatars"):
        judge(api.get(path), path)
    judge(api.get(f"/avatars/{avatar}"), "/avatars/{avatarId}")
    found = api.get("/assets", params={"q": "woman camera hook", "search_mode": "auto"})
    judge(found, "/assets")
    for scene in found.json()["data"]:
        judge(api.get(f"/assets/{scene['id']}", params={"q": "woman"}), "/assets/{assetId}")


@pytest.mark.parametrize(
    ("status", "code", "method", "path", "content"),
    [
        (400, "bad_request", "POST", "/images/generations", b"{"),
        (400, "bad_request", "POST", "/images/generations", b'{"prompt": NaN}'),
        (400, "bad_request", "POST", "/images/generations", b'{"prompt": "\\ud800"}'),
        (400, "bad_request", "POST", "/images/generations", b"[" * 100_000),
        (400, "bad_request", "POST", "/images/generations", b"\xff"),
        (400, "invalid_cursor", "GET", "/jobs?cursor=no", None),
        (400, "invalid_cursor", "GET", "/jobs?cursor=cursor_sandbox_bm8", None),
        (422, "validation_error", "POST", "/images/generations", b"{}"),
        (422, "validation_error", "POST", "/images/generations", b"[]"),
        (422, "validation_error", "POST", "/images/generations", b'{"prompt": ""}'),
        (422, "validation_error", "POST", "/videos/generations", b'{"prompt":"x","duration":3}'),
        (422, "validation_error", "GET", "/jobs?limit=0", None),
        (422, "validation_error", "GET", "/jobs?limit=101", None),
        (422, "validation_error", "GET", "/jobs?limit=ten", None),
        (422, "validation_error", "GET", "/jobs?limit=5&limit=6", None),
        (422, "validation_error", "GET", "/assets?cta_present=yes", None),
        (422, "validation_error", "GET", "/assets?sort=best", None),
        (422, "validation_error", "GET", "/assets?created_after=yesterday", None),
        (422, "validation_error", "POST", "/reference-analysis", b'{"url": "tiktok.com"}'),
        (404, "not_found", "GET", "/jobs/job_unknown", None),
        (404, "not_found", "GET", "/jobs/%00", None),
        (404, "not_found", "GET", "/nothing", None),
        (404, "not_found", "GET", "/jobs/", None),
        (405, "method_not_allowed", "DELETE", "/jobs/job_unknown", None),
        (
            422,
            "unsupported_reference",
            "POST",
            "/reference-analysis",
            b'{"url":"https://a.example"}',
        ),
    ],
)
def test_what_is_wrong_is_refused_in_the_envelope(
    api: Api, status: int, code: str, method: str, path: str, content: bytes | None
) -> None:
    error = api.refused(
        status, method, path, content=content, headers={"content-type": "application/json"}
    )
    assert error["code"] == code
    assert error["message"]


def test_a_body_that_is_not_called_json_is_refused(api: Api) -> None:
    headers = {"content-type": "text/plain"}
    error = api.refused(400, "POST", "/images/generations", content=b"{}", headers=headers)
    assert "Content-Type: application/json" in error["message"]


def test_an_error_names_every_wrong_field_and_repeats_no_value(api: Api) -> None:
    """A value may be a secret: a refused source_video_url is a private media URL."""
    body = {"source_video_url": ["https://secret.example/?sig=s3cr3t"], "avatar_ids": "s3cr3t"}
    error = api.refused(422, "POST", "/face-swap", json=body)
    assert {one["field"] for one in error["details"]["fields"]} == set(body)
    assert "s3cr3t" not in json.dumps(error)


def test_a_missing_field_is_named_itself(api: Api) -> None:
    for path, missing in (
        ("/videos/generations", ["prompt"]),
        ("/uploads/presign", ["content_type", "file_name", "purpose", "size_bytes"]),
    ):
        error = api.refused(422, "POST", path, json={})
        assert sorted(one["field"] for one in error["details"]["fields"]) == missing
        assert all(name in error["message"] for name in missing)


@pytest.mark.parametrize("field", ["workspace_id", "user_id", "email", "owner"])
def test_who_asks_may_not_be_said_in_the_body(api: Api, field: str) -> None:
    body = {"prompt": "A jar", field: "other"}
    error = api.refused(422, "POST", "/images/generations", json=body)
    assert error["details"]["fields"][0]["field"] == field


def test_a_body_beyond_the_bound_is_refused(api: Api) -> None:
    error = api.refused(413, "POST", "/images/generations", json={"prompt": "x" * (1 << 20)})
    assert error["code"] == "payload_too_large"


def test_the_document_itself_is_served(sume_sandbox: Sandbox) -> None:
    answer = httpx.get(sume_sandbox.base_url + "/openapi.json", trust_env=False)
    assert answer.json() == DOCUMENT


def test_an_answer_of_our_own_outside_the_schema_is_told_as_a_defect(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox judges itself: a schema that changed under it must not go unnoticed."""
    operation = contract().operations["GET", "/credits"]

    class Never:
        def is_valid(self, _instance: object, /) -> bool:
            return False

        def iter_errors(self, _instance: object, /) -> list[object]:
            return []

    monkeypatch.setitem(operation.responses, 200, Never())
    assert api.refused(500, "GET", "/credits")["code"] == "sandbox_defect"


def test_a_breakdown_of_our_own_is_told_as_a_defect_too(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bare 500 would look like a fault of the API that a client should retry."""

    monkeypatch.setattr(contract().operations["GET", "/me"], "parameters", [None])
    error = api.refused(500, "GET", "/me")
    assert error["code"] == "sandbox_defect"
    assert "AttributeError" in error["message"]
    assert "the sandbox broke" in caplog.text
