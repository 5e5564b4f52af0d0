"""Guarantee: proxies and certificates work as the environment, or who makes a client, says.

The threats: a proxy silently by-passed, its password in a message, a request for the API that
leaks past it; a corporate certificate that is ignored; a proxy that breaks or drips, for which a
call waits for ever.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from sume_ext import AsyncSume, ConfigurationError, NotSentError, ResponseLostError
from sume_ext.network import transport
from tests.faults.proxies import BreakingProxy, SocksProxy, TunnelProxy
from tests.faults.server import FaultServer
from tests.faults.worlds import KEY, WORLDS, ask, client, ends, read, spend

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secure_server(authority: trustme.CA) -> Iterator[FaultServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue_cert("sume.example", "127.0.0.1")
    certificate.configure_cert(tls)  # pyright: ignore[reportUnknownMemberType]
    with FaultServer(tls) as one:
        yield one


@pytest.fixture
def trusted(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.mark.parametrize("world", WORLDS)
def test_the_certificates_of_the_environment_count(
    secure_server: FaultServer, trusted: pytest.MonkeyPatch, world: str
) -> None:
    assert ask(world, secure_server.url("ok", "https"), read, timeout=5).id == "job_1"
    trusted.delenv("SSL_CERT_FILE")
    with pytest.raises(NotSentError, match="certificate"):
        ask(world, secure_server.url("ok", "https"), read, timeout=5)
    assert ask(world, secure_server.url("ok", "https"), read, timeout=5, verify=False).id == "job_1"


def test_certificates_that_cant_be_read_for_a_while_take_no_turn_of_any_call(
    secure_server: FaultServer, trusted: pytest.MonkeyPatch
) -> None:
    """As when they are renewed: so many calls may be under way at once, and none of these is."""
    right = os.environ["SSL_CERT_FILE"]

    async def main() -> None:
        async with client(AsyncSume, secure_server.url("ok", "https"), timeout=5) as sume:
            trusted.setenv("SSL_CERT_FILE", f"{right}.new")
            for _ in range(100):
                with pytest.raises(ConfigurationError):
                    await read(sume)
            trusted.setenv("SSL_CERT_FILE", right)
            assert (await read(sume)).id == "job_1"

    asyncio.run(main())


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("given", ["environment", "argument"])
def test_https_goes_through_the_proxy(
    secure_server: FaultServer, trusted: pytest.MonkeyPatch, world: str, given: str
) -> None:
    proxy = TunnelProxy(secure_server.port)
    url = proxy.url.replace("http://", "http://me:p%40ss@")
    options: dict[str, Any] = {"timeout": 5}
    if given == "environment":
        trusted.setenv("HTTPS_PROXY", url)
    else:
        options["proxy"] = url
    assert ask(world, "https://sume.example/ok", read, **options).id == "job_1"
    proxy.close()
    (head,) = proxy.heads
    assert head.startswith("CONNECT sume.example:443 ")
    assert "proxy-authorization: basic bwu6cebzcw==" in head.lower()
    assert KEY not in head


@pytest.fixture
def secure_proxy(secure_server: FaultServer, authority: trustme.CA) -> Iterator[TunnelProxy]:
    """A proxy that is itself spoken to through TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType]
    proxy = TunnelProxy(secure_server.port, tls=tls)
    yield proxy
    proxy.close()


@pytest.mark.parametrize("world", WORLDS)
def test_a_proxy_may_be_spoken_to_through_tls(
    secure_proxy: TunnelProxy, trusted: pytest.MonkeyPatch, world: str
) -> None:
    """Its password travels encrypted, then; inside the tunnel TLS is the API's own."""
    assert trusted
    url = secure_proxy.url.replace("https://", "https://me:canary@")
    assert ask(world, "https://sume.example/ok", read, proxy=url, timeout=5).id == "job_1"
    (head,) = secure_proxy.heads
    assert head.startswith("CONNECT sume.example:443 ")
    assert KEY not in head


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
def test_an_untrusted_proxy_is_told_nothing(
    secure_proxy: TunnelProxy,
    trusted: pytest.MonkeyPatch,
    world: str,
    call: Callable[[Any], Any],
) -> None:
    trusted.delenv("SSL_CERT_FILE")
    url = secure_proxy.url.replace("https://", "https://me:canary@")
    with pytest.raises(NotSentError, match="certificate") as caught:
        ask(world, "https://sume.example/ok", call, proxy=url, timeout=5)
    assert "canary" not in told(caught.value)
    assert not secure_proxy.heads


SILENT = "127.0.0.1:1"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
@pytest.mark.parametrize("given", ["environment", "argument"])
@pytest.mark.parametrize(
    "proxy",
    ["http://me:canary@" + SILENT, "https://me:canary@" + SILENT, "socks5://me:canary@" + SILENT,
     "socks5h://me:canary@" + SILENT, "me:canary@" + SILENT, "ftp://me:canary@" + SILENT,
     "http://me:canary@[broken", "http://me:canary@x:99999"],
)  # fmt: skip
def test_no_message_holds_the_password_of_a_proxy(
    trusted: pytest.MonkeyPatch, world: str, call: Callable[[Any], Any], given: str, proxy: str
) -> None:
    options: dict[str, Any] = {"timeout": 5}
    if given == "environment":
        trusted.setenv("HTTPS_PROXY", proxy)
    else:
        options["proxy"] = proxy
    with pytest.raises((NotSentError, ConfigurationError)) as caught:
        ask(world, "https://sume.example/ok", call, **options)
    assert "canary" not in told(caught.value)
    assert caught.value.hint


def told(error: BaseException) -> str:
    """All that a person or a log may see of an error."""
    return f"{error!r}{vars(error)}" + "".join(traceback.format_exception(error))


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_excepted_from_the_proxy_goes_straight(
    secure_server: FaultServer, trusted: pytest.MonkeyPatch, world: str
) -> None:
    trusted.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(NotSentError):
        ask(world, secure_server.url("ok", "https"), read)
    trusted.setenv("NO_PROXY", "127.0.0.1")
    assert ask(world, secure_server.url("ok", "https"), read, timeout=5).id == "job_1"


@pytest.mark.parametrize("world", WORLDS)
def test_this_machine_is_reached_without_the_environments_proxy(
    trusted: pytest.MonkeyPatch, world: str
) -> None:
    """The sandbox is http on loopback: a proxy can't reach it, and would read the key in clear."""
    trusted.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with FaultServer() as server:
        assert ask(world, server.url("ok"), read, timeout=5).id == "job_1"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("proxy", ["http://proxy.invalid:1", "socks5://192.0.2.1", "192.0.2.1:8"])
def test_no_proxy_elsewhere_gets_a_key_in_clear(
    trusted: pytest.MonkeyPatch, world: str, proxy: str
) -> None:
    """What is given as an argument is held to the rule for the environment's."""
    assert trusted
    with FaultServer() as server:
        assert ask(world, server.url("ok"), read, timeout=5, proxy=proxy).id == "job_1"


def test_what_no_proxy_names_may_have_a_port(
    secure_server: FaultServer, trusted: pytest.MonkeyPatch
) -> None:
    trusted.setenv("HTTPS_PROXY", f"http://{SILENT}")
    url = secure_server.url("ok", "https")
    for others in ("127.0.0.1:1", f"127.0.0.2:{secure_server.port}"):
        trusted.setenv("NO_PROXY", others)
        with pytest.raises(NotSentError):
            ask("sync", url, read)
    trusted.setenv("NO_PROXY", f"sume.example:1, 127.0.0.1:{secure_server.port}")
    assert ask("sync", url, read, timeout=5).id == "job_1"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("given", ["environment", "argument"])
@pytest.mark.parametrize("login", ["me:canary\u00e9", "me:canary%C3%A9", "m\u00e9:canary"])
def test_a_password_that_no_proxy_reads_for_sure_is_refused(
    trusted: pytest.MonkeyPatch, world: str, given: str, login: str
) -> None:
    """It ended as an argument of the wrong type, to be corrected nobody knew where."""
    options: dict[str, Any] = {"timeout": 5}
    if given == "environment":
        trusted.setenv("HTTPS_PROXY", f"http://{login}@{SILENT}")
    else:
        options["proxy"] = f"http://{login}@{SILENT}"
    with pytest.raises(ConfigurationError, match="beyond ASCII") as caught:
        ask(world, "https://sume.example/ok", read, **options)
    assert "canary" not in told(caught.value)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("status", [b"407 Who are you", b"502 Bad Gateway"])
def test_a_proxy_that_refuses_is_named_without_its_password(
    secure_server: FaultServer, trusted: pytest.MonkeyPatch, world: str, status: bytes
) -> None:
    secure_server.seen.clear()
    proxy = TunnelProxy(secure_server.port, b"HTTP/1.1 " + status + b"\r\n\r\n")
    url = proxy.url.replace("http://", "http://me:canary@")
    with pytest.raises(NotSentError) as caught:
        ask(world, "https://sume.example/ok", lambda s: s.videos.generate(prompt="x"), proxy=url)
    assert "canary" not in str(caught.value)
    assert not secure_server.seen
    proxy.close()


@pytest.mark.parametrize("url", ["ftp://proxy", "http://", "http://[broken", "http://x:0"])
def test_a_proxy_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy"):
        ask("sync", "https://sume.example", read, proxy=url)


OPEN = b"HTTP/1.1 200 OK\r\n\r\n"


def _say_nothing(near: socket.socket) -> None:
    del near


def _open_and_close(near: socket.socket) -> None:
    near.sendall(OPEN)


def _open_and_send_junk(near: socket.socket) -> None:
    near.sendall(OPEN + b"HTTP/1.1 502 Bad Gateway\r\n\r\n")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
@pytest.mark.parametrize("act", [_say_nothing, _open_and_close, _open_and_send_junk])
def test_a_proxy_that_breaks_its_tunnel_ends_the_call(
    trusted: pytest.MonkeyPatch,
    world: str,
    call: Callable[[Any], Any],
    act: Callable[[socket.socket], None],
) -> None:
    """A connection that broke must not be waited for by the next try, and nothing was paid for."""
    assert trusted
    with BreakingProxy(act) as proxy:
        options: dict[str, Any] = {"proxy": proxy.url, "timeout": 5}
        error = ends(lambda: ask(world, "https://sume.example/ok", call, **options))
    assert type(error) is NotSentError
    assert proxy.connects == (1 if error.final else 3)


def _drip(near: socket.socket) -> None:
    near.sendall(OPEN)
    near.recv(4096)
    near.sendall(b"\x16\x03\x03\x40\x00")  # the head of a record of 16 KB, and then its bytes
    while True:
        near.sendall(b"\x02")
        time.sleep(0.05)


@pytest.mark.parametrize("world", WORLDS)
def test_a_proxy_that_drips_is_left_in_time(
    authority: trustme.CA, trusted: pytest.MonkeyPatch, world: str
) -> None:
    """TLS within TLS: no single byte may be given the whole time anew."""
    assert trusted
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType]
    with BreakingProxy(_drip, tls) as proxy:
        options: dict[str, Any] = {"proxy": proxy.url, "timeout": 0.5}
        error = ends(lambda: ask(world, "https://sume.example/ok", spend, **options))
    assert type(error) is NotSentError
    assert "TLS" not in str(error), error
    assert not error.final


@pytest.mark.parametrize("world", WORLDS)
def test_an_answer_that_drips_through_a_proxys_tls_is_left_in_time(
    secure_proxy: TunnelProxy, trusted: pytest.MonkeyPatch, world: str
) -> None:
    assert trusted
    options: dict[str, Any] = {"proxy": secure_proxy.url, "timeout": 0.5}
    error = ends(lambda: ask(world, "https://sume.example/drip-body", read, **options))
    assert type(error) is ResponseLostError


@pytest.mark.parametrize("world", WORLDS)
def test_a_large_request_passes_through_a_proxys_tls(
    secure_proxy: TunnelProxy, trusted: pytest.MonkeyPatch, world: str
) -> None:
    """Written in pieces, each a record of TLS within TLS."""
    assert trusted

    def make(sume: Any) -> Any:
        return sume.videos.generate(prompt="x" * 700_000)

    url = "https://sume.example/ok"
    assert ask(world, url, make, proxy=secure_proxy.url, timeout=10).id == "job_1"


def _is_there_not(name: str) -> None:
    """Find no package, whatever its name."""


@pytest.mark.parametrize("world", WORLDS)
def test_without_the_package_that_speaks_socks_it_is_said_which(
    monkeypatch: pytest.MonkeyPatch, world: str
) -> None:
    monkeypatch.setattr(transport, "find_spec", _is_there_not)
    proxy = f"socks5://me:canary@{SILENT}"
    with pytest.raises(ConfigurationError) as caught:
        ask(world, "https://sume.example/ok", read, proxy=proxy)
    assert "pip install" in (caught.value.hint or "")
    assert "canary" not in told(caught.value)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("given", ["environment", "argument"])
def test_socks_carries_what_is_asked_and_resolves_the_name(
    secure_server: FaultServer, trusted: pytest.MonkeyPatch, world: str, given: str
) -> None:
    options: dict[str, Any] = {"timeout": 5}
    with SocksProxy(secure_server.port) as proxy:
        url = proxy.url.replace("//", "//me:p%40ss@")
        if given == "environment":
            trusted.setenv("ALL_PROXY", url)
        else:
            options["proxy"] = url
        assert ask(world, "https://sume.example/ok", read, **options).id == "job_1"
    assert proxy.wishes == [("sume.example", 443)]
    assert proxy.logins == [("me", "p@ss")]


@pytest.mark.parametrize("world", WORLDS)
def test_socks_carries_plain_http_to_this_machine(world: str) -> None:
    with FaultServer() as server, SocksProxy(server.port) as proxy:
        assert ask(world, server.url("ok"), spend, timeout=5, proxy=proxy.url).id == "job_1"


def _close(near: socket.socket) -> None:
    near.recv(4096)


def _say_junk(near: socket.socket) -> None:
    near.recv(4096)
    near.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _refuse_the_login(near: socket.socket) -> None:
    near.recv(4096)
    near.sendall(b"\5\xff")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
@pytest.mark.parametrize(
    ("act", "code"), [(None, 5), (_close, 0), (_say_junk, 0), (_refuse_the_login, 0)]
)
def test_a_socks_proxy_that_fails_has_sent_nothing(
    secure_server: FaultServer,
    world: str,
    call: Callable[[Any], Any],
    act: Callable[[socket.socket], None] | None,
    code: int,
) -> None:
    """Neither a paid call nor its key went anywhere, and nobody needs to look for a job."""
    secure_server.seen.clear()
    with SocksProxy(secure_server.port, code, act) as proxy:
        url = proxy.url.replace("//", "//me:canary@")
        error = ends(lambda: ask(world, "https://sume.example/ok", call, proxy=url, timeout=5))
    assert type(error) is NotSentError
    assert "canary" not in told(error)
    assert not secure_server.seen
    assert proxy.connects == (1 if error.final else 3)


def _say_nothing_more(near: socket.socket) -> None:
    while near.recv(4096):
        pass


def _say_it_slowly(near: socket.socket) -> None:
    near.recv(4096)
    while True:
        near.sendall(b"\5")
        time.sleep(0.05)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("act", [_say_nothing_more, _say_it_slowly])
def test_a_socks_proxy_that_is_silent_is_left_in_time(
    world: str, act: Callable[[socket.socket], None]
) -> None:
    with SocksProxy(1, act=act) as proxy:
        options: dict[str, Any] = {"proxy": proxy.url, "timeout": 0.5}
        error = ends(lambda: ask(world, "https://sume.example/ok", spend, **options))
    assert type(error) is NotSentError
