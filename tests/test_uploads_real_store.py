"""Guarantee: a store that verifies signatures takes our uploads, whole, and nothing but them.

The threat is a client that works with our own idea of storage only: one header too many, a body
in chunks, half a file kept after a break.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import UploadError
from tests.transfers.clients import VIDEO, client, run_async
from tests.transfers.store import ACCESS, BUCKET, RCLONE, SECRET, Store, StoreApi, rclone, relay

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from sume_ext.transfers.source import Uploadable

pytestmark = pytest.mark.skipif(not RCLONE.exists(), reason="rclone isn't installed here")
FLAWS = ["signature", "secret", "expired", "type", "length", "authorization"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    yield from rclone(tmp_path_factory.mktemp("s3"))


@pytest.fixture
def store(running: Store) -> Store:
    for path in running.folder.iterdir():
        path.unlink(missing_ok=True)
    return running


def as_path(tmp_path: Path) -> Uploadable:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO)
    return path


def as_pipe(tmp_path: Path) -> Uploadable:
    reader, writer = os.pipe()

    def feed() -> None:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(VIDEO)

    threading.Thread(target=feed).start()
    return os.fdopen(reader, "rb")


SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": as_path,
    "text path": lambda folder: str(as_path(folder)),
    "bytes": lambda _: VIDEO,
    "bytearray": lambda _: bytearray(VIDEO),
    "memoryview": lambda _: memoryview(VIDEO),
    "stream": lambda _: io.BytesIO(VIDEO),
    "pipe": as_pipe,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_whatever_is_uploaded_is_stored(store: Store, tmp_path: Path, kind: str) -> None:
    source: Any = SOURCES[kind](tmp_path)
    with client(StoreApi(store.endpoint)) as (sume, _):
        assert sume.uploads.asset_video(source).id == "job_9"
    assert store.objects() == {"clip-1.mp4": VIDEO}
    if hasattr(source, "close"):
        source.close()


@pytest.mark.parametrize("kind", SOURCES)
def test_the_same_for_asynchronous_code(store: Store, tmp_path: Path, kind: str) -> None:
    source: Any = SOURCES[kind](tmp_path)

    async def work(sume: Any) -> Any:
        return await sume.uploads.face_swap_video(source)

    assert run_async(StoreApi(store.endpoint), work) == "https://media.example/clip-1.mp4"
    assert store.objects() == {"clip-1.mp4": VIDEO}
    if hasattr(source, "close"):
        source.close()


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_the_store_refuses_is_not_stored_and_says_so(store: Store, flaw: str) -> None:
    """An extra Authorization is among them: had we sent our key, no upload would ever succeed."""
    api = StoreApi(store.endpoint, flaw, flaw)
    with client(api) as (sume, _), pytest.raises(UploadError) as caught:
        sume.uploads.asset_video(VIDEO)
    assert caught.value.step == "put"
    assert api.presigned == 2
    assert not store.objects()
    assert "Signature=" not in str(caught.value)
    assert "clip-" not in str(caught.value)


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_refused_url_is_presigned_again_once(store: Store, flaw: str) -> None:
    api = StoreApi(store.endpoint, flaw)
    with client(api) as (sume, _):
        sume.uploads.asset_video(VIDEO)
    assert api.presigned == 2
    assert store.objects() == {"clip-2.mp4": VIDEO}


def test_after_resets_the_same_bytes_are_sent_from_the_start(store: Store) -> None:
    cuts = sorted(random.Random(3).sample(range(1, len(VIDEO)), 3))
    with relay(store.endpoint, *cuts) as way, client(StoreApi(way)) as (sume, _):
        sume.uploads.asset_video(VIDEO)
    assert store.objects() == {"clip-1.mp4": VIDEO}


def test_the_same_for_asynchronous_code_after_resets(store: Store, tmp_path: Path) -> None:
    async def work(sume: Any) -> Any:
        return await sume.uploads.asset_video(as_path(tmp_path))

    with relay(store.endpoint, 300_000, 900_000) as way:
        run_async(StoreApi(way), work)
    assert store.objects() == {"clip-1.mp4": VIDEO}


def test_an_upload_that_is_given_up_half_way_leaves_nothing(store: Store) -> None:
    def enough(sent: int, total: int, attempt: int) -> None:
        if sent >= total // 2:
            raise RuntimeError("enough")

    large = VIDEO + bytes(8 * 1024 * 1024)
    with client(StoreApi(store.endpoint)) as (sume, api):
        with pytest.raises(RuntimeError, match="enough"):
            sume.uploads.asset_video(large, on_progress=enough)
        assert not [seen for seen in api.requests if seen.target.endswith("/assets")]
    assert not store.objects()


@pytest.mark.slow
def test_another_signer_s_urls_work_as_well(store: Store) -> None:
    """boto3 is what backends sign with."""
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415

    made: Any = boto3
    s3 = made.client(
        "s3",
        endpoint_url=store.endpoint,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )

    class Boto(StoreApi):
        def _place(self, asked: Any) -> Any:
            told = {"Bucket": BUCKET, "Key": "boto.mp4", "ContentType": asked["content_type"]}
            url = s3.generate_presigned_url("put_object", Params=told)
            return super()._place(asked) | {"upload_url": url}

    with client(Boto(store.endpoint)) as (sume, _):
        sume.uploads.asset_video(VIDEO)
    stored = s3.get_object(Bucket=BUCKET, Key="boto.mp4")
    assert stored["ContentType"] == "video/mp4"
    assert hashlib.sha256(stored["Body"].read()).digest() == hashlib.sha256(VIDEO).digest()
