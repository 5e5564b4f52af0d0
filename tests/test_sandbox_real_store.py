"""Guarantee: with a real S3-compatible store behind it, the same flow runs against that store.

The threat is a client that works with our own idea of storage only. rclone's ``serve s3`` verifies
signatures by itself; boto3 signs as AWS's own tools do, to check our signer against another.
"""

from __future__ import annotations

import re
import subprocess
import sysconfig
import threading
import time
from calendar import timegm
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sume_ext import Sume
from sume_ext.sandbox import Sandbox, Store, sample_video
from sume_ext.sandbox.signing import Signer
from tests.sandbox.api import Api, fetch, put
from tests.support import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

RCLONE = Path(sysconfig.get_path("scripts")) / "rclone"
ACCESS, SECRET, BUCKET = "AKIATEST1234567890AB", "secret" * 6 + "1234", "uploads"

pytestmark = pytest.mark.skipif(not RCLONE.exists(), reason="rclone isn't installed here")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path]]:
    """A store and the folder in which its objects are plain files."""
    root = tmp_path_factory.mktemp("s3")
    (root / BUCKET).mkdir()
    line = [str(RCLONE), "serve", "s3", "--addr", "127.0.0.1:0", "--config", "/dev/null",
            "--auth-key", f"{ACCESS},{SECRET}", str(root)]  # fmt: skip
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        endpoint = next(
            found.group(0)
            for text in process.stderr
            if (found := re.search(r"http://127\.0\.0\.1:\d+", text))
        )
        stderr = process.stderr
        reader = threading.Thread(target=lambda: [None for _ in stderr])
        reader.start()
        yield (
            Store(endpoint=endpoint, bucket=BUCKET, access_key=ACCESS, secret_key=SECRET),
            root / BUCKET,
        )
        process.terminate()
        reader.join()


@pytest.fixture
def sandbox(store: tuple[Store, Path]) -> Iterator[Sandbox]:
    with Sandbox(speed=100, store=store[0]) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with Api(sandbox) as client:
        yield client


def kept(store: tuple[Store, Path], place: dict[str, Any]) -> bytes | None:
    path = store[1] / place["object_key"]
    return path.read_bytes() if path.exists() else None


def test_the_whole_flow_runs_against_the_store(
    store: tuple[Store, Path], sandbox: Sandbox, api: Api
) -> None:
    place = api.presign()
    body = {"object_key": place["object_key"]}
    assert api.refused(409, "POST", "/assets", json=body)["code"] == "upload_incomplete"
    assert put(place).status_code == 200
    assert kept(store, place) == sample_video().read_bytes()
    job = api.ok("POST", "/assets", json=body)["job_id"]
    sandbox.jobs.complete(job)
    scene = api.ok("GET", "/assets?source_type=upload")["data"][0]
    assert fetch(scene["source_media_url"]).content == sample_video().read_bytes()
    avatar = api.ok("GET", "/avatars")["data"][0]["id"]
    swap = api.uploaded("face_swap_source_video")["media_url"]
    assert api.ok("POST", "/face-swap", json={"source_video_url": swap, "avatar_ids": [avatar]})
    assert sandbox.requests.count(origin="storage") == 0


def test_the_client_uploads_to_the_store(store: tuple[Store, Path]) -> None:
    clock = FakeClock()
    with (
        Sandbox(clock=clock.monotonic, store=store[0]) as sandbox,
        Sume(api_key=sandbox.api_key, base_url=sandbox.base_url, clock=clock) as sume,
    ):
        assert sume.uploads.asset_video(sample_video()).wait().status == "completed"
        (key,) = sandbox.markers()["object_key"]
    assert (store[1] / key).read_bytes() == sample_video().read_bytes()


def test_an_object_of_another_size_is_not_taken_for_the_upload(
    store: tuple[Store, Path], api: Api
) -> None:
    place = api.presign()
    key: str = place["object_key"]
    anything = store[0].signer().presign("PUT", key, now=time.time(), lifetime=60)
    assert put({"upload_url": anything, "required_headers": {}}, b"half").is_success
    error = api.refused(409, "POST", "/assets", json={"object_key": place["object_key"]})
    assert error["code"] == "upload_incomplete"


@pytest.mark.parametrize(
    "change",
    [
        {"authorization": "Bearer sume_sandbox_x"},
        {"content-type": "text/plain"},
        {"x-amz-meta-sandbox": "other"},
    ],
)
def test_the_store_refuses_what_was_not_signed(
    store: tuple[Store, Path], api: Api, change: dict[str, str]
) -> None:
    place = api.presign()
    required = {name.lower(): text for name, text in place["required_headers"].items()}
    assert put(place, headers={**required, **change}).is_client_error
    assert put(place, sample_video().read_bytes() + b"x").is_client_error
    assert kept(store, place) is None


def test_an_expired_url_is_refused_by_the_store(
    store: tuple[Store, Path], sandbox: Sandbox, api: Api
) -> None:
    sandbox.faults.add("presign_upload expired=true")
    place = api.presign()
    assert put(place).is_client_error
    assert kept(store, place) is None


def test_our_signatures_are_those_of_awss_own_tools(store: tuple[Store, Path]) -> None:
    boto3 = pytest.importorskip("boto3")
    client = boto3.client(
        "s3",
        endpoint_url=store[0].endpoint,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=pytest.importorskip("botocore.config").Config(
            signature_version="s3v4", s3={"addressing_style": "path"}
        ),
    )
    wanted = {"Bucket": BUCKET, "Key": "a b/ö.mp4", "ContentType": "video/mp4"}
    theirs: str = client.generate_presigned_url("put_object", Params=wanted, ExpiresIn=300)
    asked = parse_qs(urlsplit(theirs).query)
    signed_at = time.strptime(asked["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")
    ours = store[0].signer().presign(
        "PUT",
        "a b/ö.mp4",
        now=timegm(signed_at),
        lifetime=300,
        headers={"Content-Type": "video/mp4"},
    )  # fmt: skip
    assert parse_qs(urlsplit(ours).query) == asked
    assert urlsplit(ours).path == urlsplit(theirs).path


def test_a_signature_is_verified_by_the_clock_it_is_given() -> None:
    signer = Signer("http://127.0.0.1:1", BUCKET, ACCESS, SECRET)
    url = urlsplit(signer.presign("PUT", "key", now=1000, lifetime=60))
    headers = {"host": "127.0.0.1:1"}
    assert signer.refusal("PUT", url.path, url.query, headers, now=1060) is None
    assert signer.refusal("PUT", url.path, url.query, headers, now=1061) is not None
    assert signer.refusal("GET", url.path, url.query, headers, now=1000) is not None
