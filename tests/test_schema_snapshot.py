"""The pinned document says exactly what the public documentation states, and marks the rest.

The threat: a guess is taken for a fact, or a fact is lost in an edit. Once the live document has
been fetched (`upstream.lock` says so), it is the truth and these tests have done their work.
"""

import json
from typing import Any

import pytest

from scripts import facts, read_document
from scripts.document import Json
from tests.schema import pipeline

LOCK: Json = json.loads((pipeline.OPENAPI / "upstream.lock").read_text(encoding="utf-8"))
pytestmark = pytest.mark.skipif(LOCK["origin"] != "docs", reason="the document has been fetched")

DOCUMENT = pipeline.pinned()
FACTS = facts.table(read_document.read(DOCUMENT, pipeline.table()))

ROUTES = {
    "GET /me",
    "GET /credits",
    "GET /brand",
    "GET /brand/current",
    "GET /avatars",
    "GET /avatars/{avatarId}",
    "GET /jobs",
    "GET /jobs/{jobId}",
    "GET /jobs/{jobId}/result",
    "POST /images/generations",
    "POST /videos/generations",
    "POST /ads/videos",
    "POST /face-swap",
    "POST /reference-analysis",
    "POST /uploads/presign",
    "POST /assets",
    "GET /assets",
    "GET /assets/{assetId}",
}

# Stated names and what is stated of them; none of these carries the mark.
STATED: dict[str, dict[str, Any]] = {
    "get_job answer.id": {"kind": "string"},
    "get_job answer.status": {
        "choices": ("canceled", "completed", "expired", "failed", "processing", "queued", "running")
    },
    "list_jobs query type": {"kind": "string"},
    "list_jobs query status": {"kind": "string"},
    "list_jobs answer.object": {"choices": ("list",)},
    "list_jobs answer.has_more": {"kind": "boolean"},
    "list_jobs answer.next_cursor": {"kind": "string", "nullable": True},
    "list_jobs answer.data": {"kind": "array"},
    "create_image_generation body.prompt": {"kind": "string", "required": True},
    "create_image_generation answer.object": {"choices": ("image_generation",)},
    "create_image_generation answer.job.id": {"kind": "string"},
    "create_image_generation answer.job.status": {"kind": "string"},
    "create_video_generation body.prompt": {"kind": "string", "required": True},
    "create_video_generation body.duration": {"kind": "number", "minimum": 4, "maximum": 15},
    "create_video_generation body.aspect_ratio": {"kind": "string"},
    "create_video_generation body.resolution": {"choices": ("480p", "720p")},
    "create_video_generation body.generate_audio": {"kind": "boolean"},
    "create_video_generation answer.job_id": {"kind": "string"},
    "create_reference_analysis answer.job_id": {"kind": "string"},
    "presign_upload body.purpose": {"choices": ("asset_library_video", "face_swap_source_video")},
    "presign_upload answer.upload_url": {"kind": "string"},
    "presign_upload answer.object_key": {"kind": "string"},
    "create_asset body.object_key": {"kind": "string"},
    "list_assets query q": {"kind": "string", "required": False},
    "list_assets query search_mode": {"choices": ("auto", "text")},
    "list_assets query source_type": {"kind": "string"},
    "list_assets query segment_type": {"kind": "string"},
    "list_assets query brand": {"kind": "string"},
    "list_assets query product": {"kind": "string"},
    "list_assets query tag": {"kind": "string"},
    "list_assets query keyword": {"kind": "string"},
    "list_assets query cta_present": {"kind": "boolean"},
    "list_assets query sort": {
        "choices": ("created_at_asc", "created_at_desc", "duration_desc", "relevance")
    },
    "get_asset answer.id": {"kind": "string"},
    "get_asset answer.object": {"choices": ("asset",)},
    "get_asset answer.title": {"kind": "string"},
    "get_asset answer.media_url": {"kind": "string", "format": "uri"},
    "get_asset answer.thumbnail_url": {"kind": "string", "format": "uri"},
    "get_asset answer.clip_url": {"kind": "string", "format": "uri"},
    "get_asset answer.source_media_url": {"kind": "string", "format": "uri"},
    "get_asset answer.start_time_seconds": {"kind": "number"},
    "get_asset answer.end_time_seconds": {"kind": "number"},
    "get_asset answer.metadata.visual_summary": {"kind": "string"},
    "get_asset answer.metadata.cta_present": {"kind": "boolean"},
    "get_asset answer.search.mode": {"kind": "string"},
    "get_asset answer.search.score": {"kind": "number", "nullable": True},
    "get_asset answer.search.query": {"kind": "string"},
    "list_brands answer.data[].images[].reference_url": {"kind": "string", "format": "uri"},
    "error.error.code": {"kind": "string"},
    "error.error.message": {"kind": "string"},
    "error.error.details": {"kind": "object"},
    "error.request_id": {"kind": "string"},
}

# Nobody stated these; a name, a type or a limit is ours.
INFERRED = [
    "get_me answer.user.email",
    "get_credits answer.remaining_credits",
    "get_job answer.type",
    "get_job answer.error",
    "get_job answer.result_url",
    "list_jobs query limit",
    "list_jobs query cursor",
    "list_brands query domain",
    "create_image_generation body.image_count",
    "create_image_generation body.reference_image_urls",
    "create_ad_video body.avatar_id",
    "create_ad_video answer.job_id",
    "create_face_swap body.avatar_ids",
    "create_face_swap answer.jobs",
    "create_reference_analysis body.url",
    "create_reference_analysis answer.required_credits",
    "presign_upload body.file_name",
    "presign_upload body.size_bytes",
    "presign_upload answer.media_url",
    "create_asset body.title",
    "list_assets query created_after",
    "list_assets query min_duration_seconds",
    "get_asset query search_score",
    "create_video_generation status 202",
    "get_me status 200",
    "get_me status 429",
]


def test_head_routes_and_security() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["title"] == "Sume Public API"
    assert DOCUMENT["info"]["version"] == "1.0.0"
    assert DOCUMENT["servers"] == [
        {"url": "https://www.sume.so/api/v1", "description": "Production"}
    ]
    assert DOCUMENT["security"] == [{"BearerAuth": []}, {"LegacyApiKey": []}]
    assert DOCUMENT["components"]["securitySchemes"]["LegacyApiKey"]["name"] == "X-Api-Key"
    assert {f.holds["route"] for f in FACTS.values() if "route" in f.holds} == ROUTES


@pytest.mark.parametrize("place", STATED)
def test_what_is_stated_stands_there_unmarked(place: str) -> None:
    fact = FACTS[place]
    assert {key: fact.holds.get(key) for key in STATED[place]} == STATED[place]
    assert not fact.inferred


@pytest.mark.parametrize("place", INFERRED)
def test_what_is_inferred_is_marked(place: str) -> None:
    assert FACTS[place].inferred


def test_nothing_else_passes_for_stated() -> None:
    """Every member, parameter and status is listed above, or marked, or inside something marked."""
    for place, fact in FACTS.items():
        if fact.side == "operation" or " header " in place or place.endswith(("[]", "{}")):
            continue
        last = place.rpartition(".")[2].rpartition(" ")[2]
        above = FACTS.get(fact.above or "")
        excused = fact.inferred or (above is not None and above.inferred)
        named = any(known.endswith((f".{last}", f" {last}")) for known in STATED)
        whole = place.endswith((" body", " answer", "error")) or " path " in place
        stated = last in {"401", "403", "user", "workspace", "api_key", "metadata", "search", "job"}
        assert excused or named or whole or stated or last in {"required_headers", "images"}, place


def test_no_default_is_declared_that_code_would_send() -> None:
    assert not [place for place, fact in FACTS.items() if "default" in fact.holds]


def test_no_idempotency_key_is_declared() -> None:
    assert "idempotency" not in json.dumps(DOCUMENT).lower()


def test_the_documented_examples_fit() -> None:
    video = DOCUMENT["paths"]["/videos/generations"]["post"]["requestBody"]["content"]
    examples = [x["value"] for x in video["application/json"]["examples"].values()]
    assert {
        "prompt": "A creator demonstrates a vitamin serum in a bright studio.",
        "aspect_ratio": "9:16",
        "duration": 5,
        "generate_audio": False,
    } in examples


def test_every_member_is_told_in_words() -> None:
    """Descriptions become help texts and docstrings."""
    silent = [
        place
        for place, fact in FACTS.items()
        if fact.texts and not fact.texts[0] and not place.endswith(("[]", "{}", " answer", "error"))
    ]
    assert not silent


def test_the_lock_says_that_it_was_not_fetched() -> None:
    assert "not fetched" in LOCK["how"]
    assert DOCUMENT["info"]["description"].startswith("Written from the public documentation")
