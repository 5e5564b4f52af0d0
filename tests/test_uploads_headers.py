"""Guarantee: storage gets the headers that presign asked for, the length, and nothing of ours.

The threat is a key in a storage provider's log, and a PUT that is refused for one header too many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import UploadError
from tests.transfers.clients import VIDEO, client, run_async
from tests.transfers.scripted import Api, Scripted, Seen, head, reply
from tests.transfers.tls import tls_server

if TYPE_CHECKING:
    import socket

WANTED = {
    ("host", ""), ("content-type", "video/mp4"), ("x-amz-meta-a", "1"), ("content-length", "")
}  # fmt: skip


def headers_of(seen: Seen) -> set[tuple[str, str]]:
    return {
        (name.lower(), "" if name.lower() in ("host", "content-length") else value)
        for name, value in seen.headers
    }


def check(api: Scripted, storage: Scripted) -> None:
    put = storage.requests[-1]
    assert (put.method, put.target) == ("PUT", "/bucket/key-1?X-Amz-Signature=abc")
    assert headers_of(put) == WANTED
    assert len(put.headers) == len(WANTED)
    assert put.header("content-length") == str(len(VIDEO))
    assert put.header("host") == f"127.0.0.1:{storage.port}"
    assert put.body == VIDEO
    assert all(seen.header("authorization") == "Bearer sume_key" for seen in api.requests)


@pytest.mark.parametrize("auth", ["bearer", "x-api-key"])
def test_the_put_carries_what_was_asked_for_and_nothing_else(auth: str) -> None:
    with (
        Scripted(reply(200, set_cookie="session=1; Path=/")) as storage,
        client(Api(upload_url=storage.url), auth=auth) as (sume, _),
    ):
        for _ in range(2):
            sume.uploads.face_swap_video(VIDEO)
        assert len(storage.requests) == 2
        for seen in storage.requests:
            assert headers_of(seen) == WANTED


def test_the_key_goes_to_the_api_only() -> None:
    with Scripted(reply(200)) as storage, client(Api(upload_url=storage.url)) as (sume, api):
        sume.uploads.asset_video(VIDEO)
        check(api, storage)


def test_the_same_for_asynchronous_code() -> None:
    with Scripted(reply(200)) as storage:
        api = Api(upload_url=storage.url)

        async def work(sume: Any) -> None:
            await sume.uploads.asset_video(VIDEO)

        run_async(api, work)
        put = storage.requests[-1]
    assert headers_of(put) == WANTED
    assert put.body == VIDEO


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with Scripted(reply(200)) as elsewhere:
        moved = reply(status, location=f"{elsewhere.url}/x")
        with (
            Scripted(moved) as storage,
            client(Api(upload_url=storage.url)) as (sume, _),
            pytest.raises(UploadError, match=str(status)) as caught,
        ):
            sume.uploads.asset_video(VIDEO)
        assert caught.value.step == "put"
        assert not elsewhere.connections


def test_headers_that_are_the_transport_s_own_are_not_doubled() -> None:
    class Strange(Api):
        def _place(self, asked: Any) -> Any:
            place = super()._place(asked)
            own = {"HOST": "other", "Content-Length": "1", "Transfer-Encoding": "chunked"}
            return place | {"required_headers": {**own, "Content-Type": "video/mp4", "N": "7"}}

    with Scripted(reply(200)) as storage, client(Strange(upload_url=storage.url)) as (sume, _):
        sume.uploads.asset_video(VIDEO)
    seen = storage.requests[0]
    assert sorted(name.lower() for name, _ in seen.headers) == [
        "content-length", "content-type", "host", "n"
    ]  # fmt: skip
    assert seen.header("content-length") == str(len(VIDEO))


@pytest.mark.parametrize(
    "header", [{"\u00c9": "secret"}, {"": "secret"}, {"x y": "secret"}, {"x": "secret\r\ny: z"}]
)
def test_a_header_that_no_request_can_carry_is_named_as_the_api_s(header: Any) -> None:
    class Strange(Api):
        def _place(self, asked: Any) -> Any:
            return super()._place(asked) | {"required_headers": header}

    with Scripted(reply(200)) as storage, client(Strange(upload_url=storage.url)) as (sume, _):
        with pytest.raises(UploadError, match="header") as caught:
            sume.uploads.asset_video(VIDEO)
        assert not storage.requests
    assert caught.value.step == "presign"
    assert "secret" not in str(caught.value)


def test_a_proxy_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The storage connection has no key of ours, but it goes the way the API's does."""
    for name in ("http_proxy", "no_proxy", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def pass_on(seen: Seen, connection: socket.socket) -> None:
        if "/api/v1/" in seen.target:
            seen.target = "/api/v1/" + seen.target.partition("/api/v1/")[2]
            api(seen, connection)
        else:
            connection.sendall(head(200, content_length=0))

    api = Api(upload_url="http://127.0.0.1:9")
    with (
        Scripted(pass_on) as proxy,
        client(api, proxy=proxy.url) as (sume, _),
    ):
        sume.uploads.face_swap_video(VIDEO)
    put = proxy.requests[-1]
    assert put.target.startswith("http://127.0.0.1:9/bucket/key-1")
    assert headers_of(put) == WANTED
    assert put.body == VIDEO


@pytest.mark.parametrize("world", ["sync", "async"])
def test_the_tls_settings_are_kept(world: str) -> None:
    """Storage's certificate is asked for like the API's, and by the same trust."""

    def upload(api: Api, **options: Any) -> None:
        async def work(sume: Any) -> None:
            await sume.uploads.asset_video(VIDEO)

        if world == "async":
            run_async(api, work, **options)
        else:
            with client(api, **options) as (sume, _):
                sume.uploads.asset_video(VIDEO)

    with tls_server(reply(200), "127.0.0.1") as (storage, trust):
        with pytest.raises(UploadError, match="certificate") as caught:
            upload(Api(upload_url=storage.url))
        assert not storage.requests
        assert caught.value.step == "put"
        upload(Api(upload_url=storage.url), verify=trust)
        assert headers_of(storage.requests[0]) == WANTED
        assert storage.requests[0].body == VIDEO
