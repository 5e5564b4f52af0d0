"""Guarantee: storage takes exactly what was signed, media gives real files by signed links.

The threat is a client that leaks its key to storage, sends too many headers or too few bytes, and
is told so only by the real store.
"""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext.sandbox import Limits, Sandbox, sample_video
from sume_ext.sandbox.files import DIRECTORY, PICTURES
from sume_ext.sandbox.messages import Body, Head
from tests.sandbox.api import Api, fetch, put

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = sample_video().read_bytes()
SILENT = Sandbox()


@pytest.fixture
def api(sume_sandbox: Sandbox) -> Iterator[Api]:
    with Api(sume_sandbox) as client:
        yield client


def stored(api: Api, place: dict[str, Any]) -> bool:
    return fetch(place["media_url"]).status_code == 200


# --- storage -----------------------------------------------------------------------------------


def test_a_valid_upload_is_stored_and_may_be_repeated(api: Api) -> None:
    place = api.presign()
    for _ in range(2):
        answer = put(place)
        assert answer.status_code == 200
        assert answer.headers["etag"] == f'"{hashlib.md5(SAMPLE).hexdigest()}"'
    assert fetch(place["media_url"]).content == SAMPLE


def tampered(url: str, name: str) -> str:
    """The URL with the first character of one parameter's value changed."""
    head, tail = url.split(f"{name}=", 1)
    return f"{head}{name}={'0' if tail[0] != '0' else '1'}{tail[1:]}"


@pytest.mark.parametrize(
    "name",
    ["X-Amz-Signature", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"],
)
def test_a_tampered_signature_stores_nothing(api: Api, name: str) -> None:
    place = api.presign()
    answer = put({**place, "upload_url": tampered(place["upload_url"], name)})
    assert answer.status_code == 403
    assert "<Code>" in answer.text
    assert not stored(api, place)


def test_a_url_signed_for_another_object_stores_nothing(api: Api) -> None:
    place, other = api.presign(), api.presign()
    there: str = other["upload_url"]
    query: str = place["upload_url"].partition("?")[2]
    assert put({**place, "upload_url": f"{there.partition('?')[0]}?{query}"}).status_code == 403
    assert not stored(api, other)


@pytest.mark.parametrize(
    ("extra", "status", "code"),
    [
        ({"authorization": "Bearer sume_sandbox_x"}, 400, "InvalidArgument"),
        ({"x-api-key": "sume_sandbox_x"}, 400, "InvalidArgument"),
        ({"cookie": "a=b"}, 400, "InvalidArgument"),
        ({"x-amz-acl": "public-read"}, 403, "AccessDenied"),
        ({"content-type": "text/plain"}, 403, "SignatureDoesNotMatch"),
        ({"x-amz-meta-sandbox": "other"}, 403, "SignatureDoesNotMatch"),
    ],
)
def test_other_headers_than_required_store_nothing(
    api: Api, extra: dict[str, str], status: int, code: str
) -> None:
    place = api.presign()
    required = {name.lower(): text for name, text in place["required_headers"].items()}
    answer = put(place, headers={**required, **extra})
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status, True)
    assert not stored(api, place)


@pytest.mark.parametrize("missing", ["Content-Type", "x-amz-meta-sandbox"])
def test_a_missing_required_header_stores_nothing(api: Api, missing: str) -> None:
    place = api.presign()
    headers = {name: text for name, text in place["required_headers"].items() if name != missing}
    assert put(place, headers=headers).status_code == 403
    assert not stored(api, place)


@pytest.mark.parametrize("content", [SAMPLE + b"x", SAMPLE[:-1], b""])
def test_another_length_than_presigned_stores_nothing(api: Api, content: bytes) -> None:
    place = api.presign()
    assert put(place, content).status_code == 403
    assert not stored(api, place)


def test_a_chunked_upload_stores_nothing(api: Api) -> None:
    import httpx  # noqa: PLC0415

    place = api.presign()
    headers = place["required_headers"]
    answer = httpx.put(place["upload_url"], content=iter([SAMPLE]), headers=headers)
    assert answer.status_code == 411
    assert not stored(api, place)


def test_an_upload_broken_off_half_way_stores_nothing(sume_sandbox: Sandbox, api: Api) -> None:
    place = api.presign()
    signed: str = place["upload_url"]
    url = urlsplit(signed)
    lines = [f"PUT {url.path}?{url.query} HTTP/1.1", f"Host: {url.netloc}"]
    lines += [f"{name}: {text}" for name, text in place["required_headers"].items()]
    lines += [f"Content-Length: {len(SAMPLE)}", "", ""]
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall("\r\n".join(lines).encode() + SAMPLE[:1000])
        while not sume_sandbox.requests.where(operation="storage_put"):
            pass
    assert not stored(api, place)
    assert sume_sandbox.requests.where(operation="storage_put")[0].status is None


@pytest.mark.sume_sandbox(clock="manual")
def test_an_upload_url_ends(sume_sandbox: Sandbox, api: Api) -> None:
    place = api.presign()
    sume_sandbox.advance(899)  # signatures count whole seconds
    assert put(place).status_code == 200
    sume_sandbox.advance(2)
    answer = put(place)
    assert (answer.status_code, "expired" in answer.text) == (403, True)


def test_other_methods_are_refused(api: Api) -> None:
    place = api.presign()
    assert fetch(place["upload_url"]).status_code == 405


def test_a_file_beyond_the_bound_is_refused_before_it_is_sent() -> None:
    with Sandbox(limits=Limits(upload_bytes=10, stored_bytes=30)) as sandbox, Api(sandbox) as api:
        body = {"file_name": "a", "content_type": "b", "purpose": "asset_library_video"}
        error = api.refused(422, "POST", "/uploads/presign", json={**body, "size_bytes": 11})
        assert error["code"] == "file_too_large"
        statuses = [put(api.presign(size_bytes=10), b"0123456789").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 400]


def test_a_large_upload_comes_back_whole(api: Api) -> None:
    content = hashlib.sha256(b"seed").digest() * (3 << 15)
    place = api.presign(size_bytes=len(content))
    assert put(place, content).status_code == 200
    answer = fetch(place["media_url"])
    assert answer.headers["content-length"] == str(len(content))
    assert answer.content == content


# --- media -------------------------------------------------------------------------------------


@pytest.fixture
def link(sume_sandbox: Sandbox, api: Api) -> str:
    """The link of a finished video."""
    job = api.video()
    sume_sandbox.jobs.complete(job)
    url: str = api.ok("GET", f"/jobs/{job}/result")["result"]["media"][0]["url"]
    return url


def test_a_result_is_what_it_says(sume_sandbox: Sandbox, api: Api) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/images/generations", {"prompt": "x", "aspect_ratio": "4:5", "image_count": 3}),
        ("/videos/generations", {"prompt": "x", "aspect_ratio": "16:9"}),
        ("/videos/generations", {"prompt": "x", "aspect_ratio": "3:2"}),
    ]
    for path, body in asked:
        answer = api.ok("POST", path, json=body)
        job = answer.get("job_id") or answer["job"]["id"]
        sume_sandbox.jobs.complete(job)
        result = api.ok("GET", f"/jobs/{job}/result")
        media = result["result"]["media"]
        assert len(media) == body.get("image_count", 1)
        assert result["result_url"].split("?")[0] == media[0]["url"].split("?")[0]
        for one in media:
            shown = fetch(one["url"])
            assert shown.headers["content-type"] == one["content_type"]
            if one["kind"] == "video":
                assert fetch(one["thumbnail_url"]).content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-", 206, 0, None),
        ("bytes=0-0", 206, 0, 1),
        ("bytes=100-199", 206, 100, 200),
        ("bytes=100-99999999", 206, 100, None),
        ("bytes=-10", 206, -10, None),
        ("bytes=-99999999", 206, 0, None),
        ("bytes=5-4", 200, 0, None),
        ("bytes=0-1,4-5", 200, 0, None),
        ("bytes=", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("lines=0-1", 200, 0, None),
    ],
)
def test_ranges(link: str, asked: str, status: int, start: int, stop: int | None) -> None:
    whole = fetch(link).content
    answer = fetch(link, range=asked)
    assert answer.status_code == status
    assert answer.content == whole[start:stop]
    if status == 206:
        first = start % len(whole) if start < 0 else start
        last = (len(whole) if stop is None else stop) - 1
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


def test_a_range_beyond_the_end_is_416(link: str) -> None:
    size = len(fetch(link).content)
    answer = fetch(link, range=f"bytes={size}-")
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{size}"


def test_a_range_of_something_that_changed_is_everything(link: str) -> None:
    etag = fetch(link).headers["etag"]
    assert fetch(link, range="bytes=1-", if_range=etag).status_code == 206
    assert fetch(link, range="bytes=1-", if_range='"other"').status_code == 200
    assert fetch(link, if_none_match=etag).status_code == 304


@pytest.mark.sume_sandbox(clock="manual", link_lifetime=100)
def test_a_link_ends_and_the_result_has_a_new_one(
    sume_sandbox: Sandbox, api: Api, link: str
) -> None:
    job = sume_sandbox.jobs.ids()[0]
    assert fetch(link).status_code == 200
    sume_sandbox.advance(126)
    assert fetch(link).status_code == 403
    fresh = api.ok("GET", f"/jobs/{job}/result")["result"]["media"][0]["url"]
    assert fetch(fresh).status_code == 200


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "cookie"])
def test_media_refuses_the_apis_credentials(link: str, header: str) -> None:
    assert fetch(link, **{header: "x"}).status_code == 400


@pytest.mark.parametrize("change", ["", "?expires=99999999999", "&signature=0"])
def test_a_link_without_its_signature_is_refused(link: str, change: str) -> None:
    bare = link.split("?", maxsplit=1)[0]
    assert fetch(bare + change.replace("&", "?expires=99999999999&")).status_code == 403


def test_links_of_nothing_are_not_found(sume_sandbox: Sandbox) -> None:
    for path in ("/avatars/nobody/thumbnail.png", "/brands/x", "/avatars"):
        assert fetch(sume_sandbox.media_url + path).status_code == 404
    for path in ("/", "/results/x/0.mp4", "/../etc/passwd", "//"):
        assert fetch(sume_sandbox.media_url + path).status_code == 403


def test_public_pictures_need_no_signature(api: Api) -> None:
    avatar = api.ok("GET", "/avatars")["data"][0]["media"]
    brand = api.ok("GET", "/brand/current")["images"][0]
    assert fetch(avatar["thumbnail_url"]).content.startswith(b"\x89PNG")
    assert fetch(avatar["preview_video_url"]).content[4:8] == b"ftyp"
    assert fetch(brand["reference_url"]).content.startswith(b"\x89PNG")


# --- the files ---------------------------------------------------------------------------------


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert int.from_bytes(png[at + 8 + size : at + 12 + size]) == zlib.crc32(kind + data)
        yield kind, data
        at += 12 + size


def boxes(mp4: bytes) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    while at < len(mp4):
        size = int.from_bytes(mp4[at : at + 4])
        assert size >= 8
        found.append(mp4[at + 4 : at + 8])
        at += size
    assert at == len(mp4)
    return found


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_packaged_files_are_small_and_whole(name: str) -> None:
    data = (DIRECTORY / name).read_bytes()
    picture = PICTURES[name]
    assert len(data) < 60_000
    if name.endswith(".png"):
        kinds = dict(chunks(data))
        assert list(kinds)[-1] == b"IEND"
        assert zlib.decompress(b"".join(d for k, d in chunks(data) if k == b"IDAT"))
        sides = int.from_bytes(kinds[b"IHDR"][:4]), int.from_bytes(kinds[b"IHDR"][4:8])
        assert sides == (picture.width, picture.height)
    else:
        # Players start before the end is there only when the index comes before the data.
        assert boxes(data)[:2] == [b"ftyp", b"moov"]
        assert b"mdat" in boxes(data)


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe isn't installed here")
@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_player_opens_every_packaged_file(name: str) -> None:
    picture = PICTURES[name]
    entries = "stream=width,height:format=duration"
    line = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "default=nk=1:nw=1"]
    told = subprocess.run(
        [*line, str(DIRECTORY / name)], capture_output=True, text=True, check=True
    )
    width, height, duration = told.stdout.split()
    assert (int(width), int(height)) == (picture.width, picture.height)
    if picture.seconds is not None:
        assert float(duration) == pytest.approx(picture.seconds, abs=0.1)


def test_every_packaged_file_is_known() -> None:
    assert {path.name for path in DIRECTORY.iterdir()} == set(PICTURES)


@given(
    path=st.text("/abc0123456789._-%?*\x00é", max_size=40),
    query=st.text("expirsgnatu=&0 9", max_size=30),
)
def test_no_path_breaks_the_media_origin(path: str, query: str) -> None:
    """Whatever is asked, the answer is a refusal or a file, never a breakdown."""
    head = Head("media", "GET", path, query, {})
    engine = SILENT._engine
    delivery = engine.finish(engine.begin(head), Body())
    assert delivery.reply is not None
    assert delivery.reply.status in {403, 404}
