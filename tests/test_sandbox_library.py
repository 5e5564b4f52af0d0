"""Guarantee: a finalized upload becomes scenes that every filter, sort and word finds again.

The threat is search that answers differently each time, or a filter that the stand-in ignores and
the API doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.api import Api, fetch, put
from tests.sandbox.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sume_ext.sandbox import Sandbox

by_hand = pytest.mark.sume_sandbox(clock="manual", scenes=0)


@pytest.fixture
def api(sume_sandbox: Sandbox) -> Iterator[Api]:
    with Api(sume_sandbox) as client:
        yield client


@by_hand
def test_scenes_appear_only_when_the_ingest_is_completed(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.ingest()
    sume_sandbox.advance(2.9)
    assert api.ok("GET", "/assets")["data"] == []
    sume_sandbox.advance(0.1)
    scenes = api.ok("GET", "/assets")["data"]
    assert [scene["title"] for scene in scenes] == ["Scene 3", "Scene 2", "Scene 1"]
    result = api.ok("GET", f"/jobs/{job}/result")["result"]
    assert set(result["asset_ids"]) == {scene["id"] for scene in scenes}
    assert fetch(result["source_media_url"]).content == fetch(scenes[0]["source_media_url"]).content


@by_hand
def test_a_failed_ingest_yields_nothing(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.jobs.fail_next(type="asset_ingest")
    api.ingest()
    sume_sandbox.advance(10)
    assert api.ok("GET", "/assets")["data"] == []


@by_hand
def test_an_upload_is_finalized_once(sume_sandbox: Sandbox, api: Api) -> None:
    key = api.uploaded()["object_key"]
    job = api.ok("POST", "/assets", json={"object_key": key})["job_id"]
    error = api.refused(409, "POST", "/assets", json={"object_key": key})
    assert (error["code"], error["details"]) == ("already_finalized", {"job_id": job})
    assert sume_sandbox.jobs.ids(type="asset_ingest") == [job]


@by_hand
@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"object_key": "sandbox/nothing/a.mp4"}, 404, "not_found"),
        ({"file_name": "other.mp4"}, 422, "upload_mismatch"),
        ({"content_type": "video/webm"}, 422, "upload_mismatch"),
        ({"size_bytes": 1}, 422, "upload_mismatch"),
    ],
)
def test_only_what_was_uploaded_can_be_finalized(
    api: Api, changed: dict[str, Any], status: int, code: str
) -> None:
    body = {"object_key": api.uploaded()["object_key"], **changed}
    assert api.refused(status, "POST", "/assets", json=body)["code"] == code


@by_hand
def test_bytes_and_purpose_are_needed_to_finalize(api: Api) -> None:
    empty = {"object_key": api.presign()["object_key"]}
    assert api.refused(409, "POST", "/assets", json=empty)["code"] == "upload_incomplete"
    swap = {"object_key": api.uploaded("face_swap_source_video")["object_key"]}
    assert api.refused(422, "POST", "/assets", json=swap)["code"] == "wrong_purpose"


@by_hand
def test_a_face_swap_needs_its_own_upload_and_an_avatar_that_can(api: Api) -> None:
    avatars = {one["name"]: one["id"] for one in api.ok("GET", "/avatars")["data"]}
    place = api.presign("face_swap_source_video")
    body = {"source_video_url": place["media_url"], "avatar_ids": [avatars["Maya"]]}
    assert api.refused(409, "POST", "/face-swap", json=body)["code"] == "upload_incomplete"
    assert put(place).is_success
    assert len(api.ok("POST", "/face-swap", json=body)["jobs"]) == 1
    cannot = {**body, "avatar_ids": [avatars["Sam"]]}
    assert api.refused(422, "POST", "/face-swap", json=cannot)["code"] == "avatar_not_capable"
    unknown = {**body, "avatar_ids": ["avatar_x"]}
    assert api.refused(404, "POST", "/face-swap", json=unknown)["code"] == "not_found"
    elsewhere = {**body, "source_video_url": "https://media.example/a.mp4"}
    assert api.refused(404, "POST", "/face-swap", json=elsewhere)["code"] == "not_found"
    library = {**body, "source_video_url": api.uploaded()["media_url"]}
    assert api.refused(422, "POST", "/face-swap", json=library)["code"] == "wrong_purpose"


@by_hand
def test_a_generated_video_is_a_scene_too(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video(prompt="A lighthouse in fog")
    sume_sandbox.advance(5)
    (scene,) = api.ok("GET", "/assets?q=lighthouse&source_type=generated")["data"]
    assert api.ok("GET", f"/jobs/{job}/result")["result"]["asset_ids"] == [scene["id"]]
    assert fetch(scene["clip_url"]).is_success


@pytest.mark.sume_sandbox(clock="manual", scenes=9)
@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("segment_type=hook", {"Scene 1"}),
        ("segment_type=nothing", set[str]()),
        ("source_type=generated", {"Scene 1", "Scene 2", "Scene 3"}),
        ("source_type=upload", set[str]()),
        ("brand=Lumen", {"Scene 1", "Scene 2", "Scene 3"}),
        ("brand=northwind", {"Scene 3"}),
        ("product=Moisturizer", {"Scene 2", "Scene 3"}),
        ("tag=demo", {"Scene 2"}),
        ("keyword=jar", {"Scene 3"}),
        ("cta_present=true", {"Scene 3"}),
        ("cta_present=false", {"Scene 1", "Scene 2"}),
        ("min_duration_seconds=2", {"Scene 1", "Scene 2", "Scene 3"}),
        ("min_duration_seconds=2.01", set[str]()),
        ("max_duration_seconds=1.99", set[str]()),
        ("created_after=2999-01-01T00:00:00Z", set[str]()),
        ("created_before=2999-01-01T00:00:00Z", {"Scene 1", "Scene 2", "Scene 3"}),
        ("created_before=2000-01-01t00:00:00%2B02:00", set[str]()),
        ("q=camera&cta_present=true", set[str]()),
        ("q=hands", {"Scene 2"}),
        ("q=zebra", set[str]()),
        ("q=zebra&search_mode=auto", {"Scene 1", "Scene 2", "Scene 3"}),
    ],
)
def test_every_filter_filters(api: Api, query: str, titles: set[str]) -> None:
    found = api.ok("GET", f"/assets?{query}")["data"]
    assert {scene["title"] for scene in found} == titles


@pytest.mark.sume_sandbox(clock="manual", scenes=9)
def test_relevance_is_repeatable_and_null_where_nothing_fits(api: Api) -> None:
    path = "/assets?q=woman%20camera%20jar&search_mode=auto"
    found = api.ok("GET", path)["data"]
    scores = [scene["search"]["score"] for scene in found]
    assert scores == [0.82] * 3 + [0.66] * 3 + [None] * 3
    assert all(scene["search"]["query"] == "woman camera jar" for scene in found)
    assert api.ok("GET", path)["data"] == found
    assert all("search" not in scene for scene in api.ok("GET", "/assets")["data"])


@by_hand
@pytest.mark.parametrize(
    ("sort", "newest_first"), [("created_at_desc", True), ("created_at_asc", False)]
)
def test_sorts_by_creation(sume_sandbox: Sandbox, api: Api, sort: str, newest_first: bool) -> None:
    for _ in range(3):
        sume_sandbox.add_scenes(1)
        sume_sandbox.advance(60)
    found = [scene["created_at"] for scene in api.ok("GET", f"/assets?sort={sort}")["data"]]
    assert found == sorted(found, reverse=newest_first)


@by_hand
def test_sorts_by_duration(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.add_scenes(3)
    api.video()
    sume_sandbox.advance(5)
    lengths = [
        scene["end_time_seconds"] - scene["start_time_seconds"]
        for scene in api.ok("GET", "/assets?sort=duration_desc")["data"]
    ]
    assert lengths == [4, 2, 2, 2]


@by_hand
@pytest.mark.parametrize(
    "sort", ["relevance", "created_at_desc", "created_at_asc", "duration_desc"]
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_a_search_join_without_seam(
    sume_sandbox: Sandbox, api: Api, sort: str, limit: int
) -> None:
    sume_sandbox.add_scenes(7)
    params = {"q": "woman", "search_mode": "auto", "sort": sort}
    whole = [one["id"] for one in api.ok("GET", "/assets", params={**params, "limit": 100})["data"]]
    assert walk(sume_sandbox, "/assets", {**params, "limit": limit}) == whole
    assert len(whole) == 7


@pytest.mark.sume_sandbox(scenes=1)
def test_the_search_a_scene_came_from_is_echoed(api: Api) -> None:
    scene = api.ok("GET", "/assets")["data"][0]["id"]
    shown = api.ok("GET", f"/assets/{scene}?q=woman&search_mode=text&search_score=0.84")
    assert shown["search"] == {"mode": "text", "score": 0.84, "query": "woman"}
    assert "search" not in api.ok("GET", f"/assets/{scene}")
