"""Guarantee: a download goes where media may be, on every hop, and to the address that was checked.

The threat is a result or a redirect that points a server of ours at its own network (SSRF), or a
name that has a public address when it is checked and a private one when it is connected to.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import AsyncSume, DownloadError, InvalidArgumentError, Sume, UploadError
from sume_ext.downloads import Options, download_one
from sume_ext.media import MediaFile
from sume_ext.network import names
from sume_ext.network.addresses import is_public, rule_for, trouble_with
from tests.support import FakeClock
from tests.transfers.clients import VIDEO, client, files_in, result, run_async
from tests.transfers.scripted import Api, File, Scripted, Seen, reply
from tests.transfers.tls import tls_server

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC_API = "https://www.sume.so/api/v1"
LOCAL_API = "http://127.0.0.1:8000/api/v1"
NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "2002:a00:1::",
    "2002:7f00:1::1", "2001:0:a00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "fec0::1", "fec0::1%eth0", "::127.0.0.1", "::a9fe:a9fe", "::10.0.0.1", "64:ff9b:1::7f00:1",
    "64:ff9b:1:7f00:0:100::", "64:ff9b:1:fffe::a00:1", "::ffff:0:169.254.169.254",
    "::ffff:0:127.0.0.1", "4000::1", "5f00::1", "192.0.0.9", "192.0.0.192", "192.88.99.1",
    "168.63.129.16", "3fff::1", "2001:20::1", "2001:4:112::1", "::ffff:192.0.0.192",
    "2002:c000:c0::1", "64:ff9b::c000:c0",
]  # fmt: skip
DISGUISED = [
    "\uff11\uff16\uff19.254.169.254", "169\u3002254\u3002169\u3002254",
    "169.254.\u00b9\u2076\u2079.254", "127.0.0.1\u00ad", "\uff4cocalhost", "\u24dbocalhost.",
    "169.254.169.254.", "127.0.0.1.", "0x7f000001.", "0x7f.1.", "localhost.", "%31%32%37.0.0.1",
    "127.0.0.1%00", "127.0.0.1\\", "[fe80::1%25eth0]", "[::1%1]",
]  # fmt: skip
"""Hosts of which something else is made before they are asked for."""


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_every_address_is_judged(address: Any) -> None:
    assert is_public(str(address)) in (True, False)


@pytest.mark.parametrize(
    "url",
    [
        "http://media.sume.so/x.mp4",
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://a.localhost/x",
        "https://[::1]/x",
        "https://[::ffff:169.254.169.254]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://2852039166/x",
        "https://0xa9fea9fe/x",
        "https://127.1/x",
        "https://0/x",
        "https://10.0.0.1/x",
        "https://user:pw@media.sume.so/x",
        "https://media.sume.so@10.0.0.1/x",
        "https:///x",
        "https://media.sume.so:99999/x",
        "https://media.sume.so/x y",
        "https://media.sume.so/\r\nx",
        "ftp://media.sume.so/x",
        "file:///etc/passwd",
        "//media.sume.so/x",
        "media.sume.so/x",
        "",
    ],
)
def test_urls_that_tell_by_themselves_are_refused(url: str) -> None:
    assert trouble_with(url, PUBLIC_API)


@pytest.mark.parametrize("host", DISGUISED, ids=ascii)
def test_a_host_is_judged_as_it_goes_out(host: str) -> None:
    assert trouble_with(f"https://{host}/x", PUBLIC_API)
    assert trouble_with(f"https://{host}:8443/x", PUBLIC_API)


@pytest.mark.parametrize(
    "host", ["media.sume.so", "media.sume.so.", "m\u00fcller.example", "a_b.example", "8.8.8.8"]
)
def test_hosts_of_the_public_internet_are_let_through(host: str) -> None:
    assert not trouble_with(f"https://{host}/x", PUBLIC_API)


def test_only_an_api_on_this_machine_may_point_to_this_machine() -> None:
    assert not trouble_with("http://127.0.0.1:1/x", LOCAL_API)
    assert not trouble_with("https://localhost/x", LOCAL_API)
    assert trouble_with("http://10.0.0.1/x", LOCAL_API)
    assert trouble_with("https://10.0.0.1/x", LOCAL_API)
    assert trouble_with("http://media.sume.so/x", LOCAL_API)
    assert not trouble_with("https://10.0.0.2/x", "https://10.0.0.1/api/v1")
    assert rule_for(PUBLIC_API) is is_public


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Make names stand for addresses, another one each time; tells which names were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: Any, **options: Any) -> list[Any]:
        if not host.endswith(".test"):
            return real(host, port, *rest, **options)
        asked.append(host)
        given = answers[min(len(asked), len(answers)) - 1]
        return [one for address in given for one in real(address, port, *rest, **options)]

    monkeypatch.setattr(names, "getaddrinfo", look_up)
    return asked


def fetch(base_url: str, url: str, path: Path, **options: Any) -> Path:
    """Download one URL as if a result of an API at this base URL had it."""
    with Sume(api_key="k", base_url=base_url, clock=FakeClock(), **options) as sume:
        file = MediaFile(url, "video", "video/mp4", "media[0].url")
        return sume._engine.block(download_one(sume._engine, "job", 0, file, path, Options()))


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"]])
def test_a_name_with_any_private_address_is_not_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolving(monkeypatch, addresses)
    with Scripted(File(VIDEO)) as server:
        with pytest.raises(DownloadError, match="public") as caught:
            fetch(PUBLIC_API, f"https://media.test:{server.port}/x", tmp_path / "x")
        assert not server.connections
    assert caught.value.step == "url"


def test_the_connection_goes_to_the_address_that_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked a second time the name would be another machine: it isn't asked a second time."""
    asked = resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.9"])
    with tls_server(File(VIDEO), "media.test") as (server, trust):
        url = f"https://media.test:{server.port}/x"
        fetch(LOCAL_API, url, tmp_path / "x", verify=trust)
        assert server.requests[0].header("host") == f"media.test:{server.port}"
    assert asked == ["media.test"]
    assert (tmp_path / "x").read_bytes() == VIDEO


def test_the_certificate_must_be_the_name_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.1"])
    with tls_server(File(VIDEO), "media.test") as (server, trust):
        with pytest.raises(DownloadError, match="certificate"):
            fetch(LOCAL_API, f"https://other.test:{server.port}/x", tmp_path / "x", verify=trust)
        assert not server.requests


def redirects_to(url: str) -> Any:
    return reply(302, location=url)


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "http://10.0.0.1/",
        "http://media.sume.so/x",
        "//10.0.0.1/x",
        "file:///etc/passwd",
        "https://user@media.sume.so/",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_a_redirect_is_checked_like_the_first_url(tmp_path: Path, target: str) -> None:
    with result(redirects_to(target)) as (made, server), pytest.raises(DownloadError) as caught:
        made.download(tmp_path)
    assert caught.value.step == "url"
    assert len(server.requests) == 1
    assert not files_in(tmp_path)


def test_three_redirects_are_followed_and_a_fourth_is_not(tmp_path: Path) -> None:
    hops = [redirects_to(f"/hop/{hop}") for hop in range(3)]
    with result(*hops, File(VIDEO)) as (made, server):
        made.download(tmp_path)
        assert len(server.requests) == 4
        assert all(seen.header("authorization") is None for seen in server.requests)
    with (
        result(redirects_to("/again")) as (made, server),
        pytest.raises(DownloadError, match="redirects"),
    ):
        made.download(tmp_path, overwrite=True)
    assert len(server.requests) == 4


def test_a_redirect_to_another_host_takes_nothing_of_ours_along(tmp_path: Path) -> None:
    with Scripted(File(VIDEO)) as other, result(redirects_to(f"{other.url}/x")) as (made, _):
        made.download(tmp_path)
    assert other.requests[0].header_names() == {
        "host", "accept", "accept-encoding", "user-agent"
    }  # fmt: skip


def test_cookies_are_neither_kept_nor_sent(tmp_path: Path) -> None:
    baked = File(VIDEO, headers={"set_cookie": "a=b; Path=/"})
    with result(baked, servers=2) as (made, server):
        made.download(tmp_path)
    assert all(seen.header("cookie") is None for seen in server.requests)


def test_an_upload_url_is_checked_like_a_media_url() -> None:
    for bad in ("http://169.254.169.254", "https://10.0.0.1", "http://storage.example"):
        with client(Api(upload_url=bad)) as (sume, api):
            with pytest.raises(UploadError) as caught:
                sume.uploads.asset_video(VIDEO)
            assert caught.value.step == "put"
            assert not [seen for seen in api.requests if seen.method == "PUT"]


def test_a_proxy_may_be_anywhere_and_resolves_names_itself(tmp_path: Path) -> None:
    """It is on this machine here, where no media may be; what a URL spells out is still judged."""
    with Scripted(reply(502)) as proxy:
        with pytest.raises(DownloadError, match=r"proxy|502|connection"):
            fetch(PUBLIC_API, "https://media.example/x", tmp_path / "x", proxy=proxy.url)
        assert {(seen.method, seen.target) for seen in proxy.requests} == {
            ("CONNECT", "media.example:443")
        }
        seen_before = len(proxy.requests)
        for host in ("10.0.0.1", *DISGUISED):
            with pytest.raises(DownloadError, match=r"public|isn't a URL"):
                fetch(PUBLIC_API, f"https://{host}/x", tmp_path / "x", proxy=proxy.url)
        assert len(proxy.requests) == seen_before


@pytest.mark.parametrize("host", ["169.254.169.254.", "0xa9fea9fe.", "[::ffff:169.254.169.254]"])
def test_a_redirect_s_disguised_host_is_refused_as_well(tmp_path: Path, host: str) -> None:
    moved = reply(302, location=f"https://{host}/latest/meta-data")
    with result(moved) as (made, server), pytest.raises(DownloadError, match="public"):
        made.download(tmp_path)
    assert len(server.requests) == 1


# --- expiry ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refused_url_is_asked_for_again_once(tmp_path: Path, status: int) -> None:
    def gate(seen: Seen, connection: socket.socket) -> None:
        act = File(VIDEO) if seen.target.endswith("new") else reply(status)
        act(seen, connection)

    with Scripted(gate) as server:
        urls = iter([[f"{server.url}/old"], [f"{server.url}/new"]])
        with client(Api(lambda: next(urls))) as (sume, _):
            sume.jobs.result("job_1").download(tmp_path)
    assert [seen.target for seen in server.requests] == ["/old", "/new"]
    assert files_in(tmp_path) == {"job_1-1.mp4": VIDEO}


def test_a_url_that_expires_half_way_is_renewed_and_resumed(tmp_path: Path) -> None:
    file = File(VIDEO)
    with Scripted(file.until(500_000), reply(403), file) as server:
        urls = iter([[f"{server.url}/old"], [f"{server.url}/new"]])
        with client(Api(lambda: next(urls))) as (sume, _):
            sume.jobs.result("job_1").download(tmp_path)
    assert [seen.target for seen in server.requests] == ["/old", "/old", "/new"]
    assert server.requests[2].header("range")
    assert files_in(tmp_path) == {"job_1-1.mp4": VIDEO}


def test_a_url_refused_twice_is_an_error_that_shows_no_url(tmp_path: Path) -> None:
    with result(reply(403, b"secret text")) as (made, server):
        with pytest.raises(DownloadError, match="403") as caught:
            made.download(tmp_path)
        assert len(server.requests) == 2
    told = f"{caught.value!r} {caught.value}"
    assert "signature" not in told
    assert "127.0.0.1" not in told
    assert "secret" not in told


# --- URLs of the caller's ----------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://x.example/a.mp4", "http://x", "s3://bucket/key"])
def test_a_url_of_the_caller_s_is_refused_with_the_way_to_do_it(url: str) -> None:
    with result(File(VIDEO)) as (made, server):
        for attempt in (made.download, made.media[0].download):
            with pytest.raises(InvalidArgumentError, match="not a URL") as caught:
                attempt(url)
            assert "curl" in caught.value.hint
        assert not server.requests


def test_the_same_for_asynchronous_code(tmp_path: Path) -> None:
    with Scripted(redirects_to("http://169.254.169.254/")) as server:

        async def work(sume: Any) -> None:
            made = await sume.jobs.result("job_1")
            with pytest.raises(InvalidArgumentError):
                await made.download("https://x.example/")
            with pytest.raises(DownloadError, match=r"public|https"):
                await made.download(tmp_path)

        run_async(Api([server.url]), work)


def test_a_name_is_checked_by_asynchronous_code_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: Any, **__: Any) -> Any:
        return [(2, 1, 6, "", ("10.0.0.1", 443))]

    async def main() -> None:
        monkeypatch.setattr(names, "getaddrinfo", look_up)
        async with AsyncSume(api_key="k", clock=FakeClock()) as sume:
            file = MediaFile("https://media.test/x", "video", "video/mp4", "media[0].url")
            flow = download_one(sume._engine, "job", 0, file, tmp_path / "x", Options())
            with pytest.raises(DownloadError, match=r"10\.0\.0\.1"):
                await sume._engine.soon(flow)

    asyncio.run(main())
