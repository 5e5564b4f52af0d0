"""Every media file of a result is found, in shapes the docs show and in shapes nobody foresaw.

The threat: a paid job's file that the client doesn't see is as good as lost, and a web page or
an input downloaded in its place is worse.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import SchemaMismatchError
from sume_ext.media import media_in
from tests.models.jobs_api import Answer, ModelApi
from tests.models.worlds import Use, World, in_both_worlds
from tests.support import FakeClock

M = "https://media.example/"


def seen(raw: Any) -> list[tuple[str, str | None, str | None, str]]:
    return [(f.url.removeprefix(M), f.kind, f.content_type, f.place) for f in media_in(raw)]


def urls(raw: Any) -> list[str]:
    return [f.url.removeprefix(M) for f in media_in(raw)]


def test_what_the_schema_describes() -> None:
    """Kind, content type and place come from the answer itself."""
    raw = {
        "id": "job_1",
        "result_url": "https://www.sume.so/api/v1/jobs/job_1/result",
        "result": {
            "media": [
                {
                    "url": f"{M}a?sig=1",
                    "kind": "video",
                    "content_type": "video/webm",
                    "thumbnail_url": f"{M}t.jpg",
                },
                {"url": f"{M}b.png"},
            ],
            "source_media_url": f"{M}source.mp4",
        },
    }
    assert seen(raw) == [
        ("a?sig=1", "video", "video/webm", "result.media[0].url"),
        ("b.png", "image", "image/png", "result.media[1].url"),
    ]


@in_both_worlds
def test_a_result_tells_of_each_file_what_it_is_and_where_it_came_from(world: World) -> None:
    """Whatever the type of job; the typed payload is there as well."""
    api = ModelApi(FakeClock())
    clip = {"clip_url": f"{M}c.mp4?sig=1", "source_media_url": f"{M}s.mp4"}
    body = {"id": "job_1", "status": "completed", "type": "brand_new", "scenes": [clip]}
    api.fault = lambda _: Answer(200, body)
    result = world(api, lambda sume: sume.jobs.result("job_1"))
    assert [(m.url, m.kind, m.content_type, m.place) for m in result.media] == [
        (f"{M}c.mp4?sig=1", "video", "video/mp4", "scenes[0].clip_url")
    ]
    assert (result.data.id, result.data.status) == ("job_1", "completed")
    assert "sig=1" not in repr(result.media)


@pytest.mark.parametrize(
    "body",
    [
        {"object": "job_result", "result": {"media": [{"url": f"{M}a.mp4"}]}},
        {"result": {"video": {"id": "vid_9", "url": f"{M}a.mp4"}}},
        {"id": "result_77", "job_id": "job_1", "output": {"url": f"{M}a.mp4"}},
        {"id": "result_77", "status": "ready", "output": {"url": f"{M}a.mp4"}},
        {"id": 5, "status": None, "result": [f"{M}a.mp4"]},
        {"data": [{"url": f"{M}a.mp4", "status": "processing"}], "has_more": False},
        [{"url": f"{M}a.mp4"}],
        f"{M}a.mp4",
    ],
)
@in_both_worlds
def test_a_result_needs_neither_id_nor_status_nor_any_shape(world: World, body: object) -> None:
    """The contract leaves its body open: what was paid for must not be lost to a missing member."""
    api = ModelApi(FakeClock())
    api.fault = lambda _: Answer(200, body)
    uses: list[Use] = [
        lambda sume: sume.jobs.result("job_1"),
        lambda sume: sume.jobs.handle("job_1").result(),
    ]
    for use in uses:
        result = world(api, use)
        assert result.job_id == "job_1"
        assert [m.url for m in result.media] == [f"{M}a.mp4"]
        assert "job_1" in repr(result)


@in_both_worlds
def test_a_place_that_is_named_after_somebody_is_not_shown(world: World) -> None:
    """Servers file things under e-mails and ids of people, and a repr is in every log."""
    api = ModelApi(FakeClock())
    raw = {"id": "job_1", "outputs": {"jane.doe@example.com": {"video_url": f"{M}a.mp4"}}}
    api.fault = lambda _: Answer(200, raw)
    result = world(api, lambda sume: sume.jobs.result("job_1"))
    assert [m.place for m in result.media] == ["outputs.jane.doe@example.com.video_url"]
    for one in (result, *result.media, *media_in(raw)):
        assert "jane" not in repr(one)


@pytest.mark.parametrize("body", [{}, [], None, 7, "", {"error": {"code": "x"}}, b"<html>"])
@in_both_worlds
def test_what_holds_nothing_is_no_result(world: World, body: object) -> None:
    """Taken for a result without media, it would be what was paid for."""
    api = ModelApi(FakeClock())
    api.fault = lambda _: Answer(200, body, {"content-length": "6"})
    with pytest.raises(SchemaMismatchError):
        world(api, lambda sume: sume.jobs.result("job_1"))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({"result": f"{M}x.mp4"}, ["x.mp4"]),
        (f"{M}x.mp4", ["x.mp4"]),
        ({"images": [f"{M}a", f"{M}b"]}, ["a", "b"]),
        ({"output": {"urls": [f"{M}a"]}}, ["a"]),
        ({"data": {"videoUrl": f"{M}a"}}, ["a"]),
        ({"brand_new": {"thing": [{"mime_type": "audio/mpeg", "href": f"{M}a"}]}}, ["a"]),
        ({"result_url": f"{M}x.mp4"}, ["x.mp4"]),
        ({"a": f"{M}x.mp4", "b": {"video_url": f"{M}x.mp4"}}, ["x.mp4"]),
    ],
)
def test_shapes_nobody_foresaw(raw: Any, found: list[str]) -> None:
    assert urls(raw) == found


def test_a_shortcut_to_a_file_is_not_a_second_file() -> None:
    """Signed twice, one file has two URLs, and would be downloaded twice."""
    raw = {"result_url": f"{M}x.mp4?sig=1", "result": {"media": [{"url": f"{M}x.mp4?sig=2"}]}}
    assert urls(raw) == ["x.mp4?sig=2"]


@pytest.mark.parametrize(
    "raw",
    [
        {"analysis": {"url": "https://www.tiktok.com/@a/video/1", "hook": "see https://x.y"}},
        {"video_url": "https://www.instagram.com/reel/abc/"},
        {"request": {"reference_image_urls": [f"{M}a.png"]}, "input": {"video_url": f"{M}b.mp4"}},
        {"reference_image_urls": [f"{M}a.png"], "webhook_url": f"{M}x.mp4"},
        {"url": "https://docs.example/page", "next": "https://docs.example/"},
        {"video_url": "file:///etc/passwd"},
        {"video_url": "http://["},
        {"video_url": "https://user:pw@media.example/x.mp4"},
        {"video_url": "https://media.example/x.mp4\n"},
        {"video_url": "https:///x.mp4"},
        None,
        [],
        7,
    ],
)
def test_what_is_no_file_of_the_job(raw: Any) -> None:
    """Pages, inputs, pictures of files, and what isn't a public URL stay out."""
    assert urls(raw) == []


@pytest.mark.parametrize(
    ("scene", "found"),
    [
        (
            {
                "clip_url": f"{M}clip",
                "media_url": f"{M}media",
                "source_media_url": f"{M}source.mp4",
            },
            ["clip"],
        ),
        ({"source_video": {"media_url": f"{M}source"}, "media_url": f"{M}media"}, ["media"]),
        ({"source_media_url": f"{M}source.mp4", "clip_url": None}, ["source.mp4"]),
    ],
)
def test_a_scene_gives_its_clip_before_its_source(scene: dict[str, Any], found: list[str]) -> None:
    """Otherwise a whole source video is downloaded for four seconds of it. Source: the docs."""
    assert urls({"scenes": [scene]}) == found


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({"url": f"{M}v.mp4", "thumbnail_url": f"{M}t.jpg", "poster": f"{M}p.jpg"}, ["v.mp4"]),
        ({"url": f"{M}v.mp4", "thumbnails": [{"url": f"{M}t.jpg"}]}, ["v.mp4"]),
        ({"video": {"url": f"{M}v"}, "thumbnail": {"url": f"{M}t.jpg"}}, ["v"]),
        ({"media": [{"url": f"{M}v.mp4"}], "thumbnails": [f"{M}t.jpg"]}, ["v.mp4", "t.jpg"]),
        ({"thumbnails": [{"url": f"{M}a"}, {"url": f"{M}b"}]}, ["a", "b"]),
        ({"thumbnail_url": f"{M}t.jpg"}, ["t.jpg"]),
        ({"source_video": f"{M}s.mp4", "thumbnail_url": f"{M}t.jpg"}, ["s.mp4"]),
    ],
)
def test_a_thumbnail_is_listed_unless_what_it_shows_is_beside_it(
    raw: Any, found: list[str]
) -> None:
    """A job that makes thumbnails has made files; a picture of a file isn't a second file."""
    assert urls({"result": raw}) == found
    assert all(f.kind == "image" for f in media_in(raw) if "thumbnail" in f.place)


def test_scenes_are_judged_one_by_one() -> None:
    """A clip of one scene must not hide the only file of another."""
    scenes = [{"clip_url": f"{M}one"}, {"source_media_url": f"{M}two.mp4"}]
    assert urls({"scenes": scenes}) == ["one", "two.mp4"]


def test_a_name_that_says_more_than_its_neighbours_wins() -> None:
    scene = {"content_type": "video/mp4", "url": f"{M}v", "audio_url": f"{M}a.mp3"}
    assert seen(scene) == [
        ("v", "video", "video/mp4", "url"),
        ("a.mp3", "audio", "audio/mpeg", "audio_url"),
    ]


def test_repr_shows_no_url() -> None:
    """Result URLs may be signed, and a repr ends in logs."""
    assert M not in repr(media_in({"video_url": f"{M}x.mp4?sig=secret"}))


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.just(f"{M}x.mp4"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=30,
)


@given(_JSON)
def test_any_json_is_survived(raw: Any) -> None:
    """A result is never lost to an error of ours: what can't be judged is left out."""
    assert len({f.url for f in media_in(raw)}) == len(media_in(raw))


def test_depth_is_bounded() -> None:
    raw: Any = f"{M}x.mp4"
    for _ in range(900):
        raw = {"a": raw}
    assert urls(raw) == []
