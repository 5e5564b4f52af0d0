"""Guarantee: proxies, certificates and transports of one's own work as the environment says.

The threats: a proxy silently by-passed, its password in a message, a request for the API that
leaks past it; a corporate certificate that is ignored; a proxy that breaks or drips, for which a
call waits for ever.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
import traceback
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest
import trustme

from sume_ext import (
    AsyncSume,
    ConfigurationError,
    NotSentError,
    OutcomeUnknownError,
    ResponseLostError,
    Sume,
    SumeError,
)
from tests.faults.server import JOB, FaultServer
from tests.faults.worlds import KEY, WORLDS, ask, read, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Proxy:
    """Listens for clients of a proxy; a thread for each hears the head and lets `serve` go on."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._meet, args=(near,), daemon=True).start()

    def _meet(self, near: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                near = self._tls.wrap_socket(near, server_side=True)
            with near:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (piece := near.recv(4096)):
                        return
                    head += piece
                self.serve(near, head)

    def serve(self, near: socket.socket, head: bytes) -> None:
        """What this proxy does with a client whose first head has come."""
        raise NotImplementedError

    def close(self) -> None:
        self._listening.close()


class TunnelProxy(Proxy):
    """A proxy that tunnels to one port, whatever name was asked for; notes what it was told."""

    def __init__(self, port: int, refusal: bytes = b"", tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[str] = []
        self._port = port
        self._refusal = refusal
        super().__init__(tls)

    def serve(self, near: socket.socket, head: bytes) -> None:
        self.heads.append(head.decode())
        with socket.create_connection(("127.0.0.1", self._port)) as far:
            if self._refusal:
                near.sendall(self._refusal)
                return
            if head.startswith(b"CONNECT"):
                near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                far.sendall(head)
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            _pump(near, far)
            back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


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
    if "socks" in proxy and find_spec("socksio") is None:
        assert isinstance(caught.value, ConfigurationError)
        assert "pip install" in caught.value.hint


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


class BreakingProxy(Proxy):
    """A proxy whose tunnels do as they are told, once the head of a CONNECT has come."""

    def __init__(
        self, act: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
    ) -> None:
        self.connects = 0
        self._act = act
        super().__init__(tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def serve(self, near: socket.socket, head: bytes) -> None:
        del head
        self.connects += 1
        self._act(near)


OPEN = b"HTTP/1.1 200 OK\r\n\r\n"


def ends(work: Callable[[], Any]) -> BaseException | None:
    """What some work raises; fails when it goes on for ever."""
    raised: list[BaseException | None] = []

    def perform() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (looked at by the test)
            raised.append(error)
        else:
            raised.append(None)

    thread = threading.Thread(target=perform, daemon=True)
    thread.start()
    thread.join(20)
    assert raised, "it waits for ever"
    return raised[0]


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


def answering(request: httpx.Request) -> httpx.Response:
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert {name.lower() for name in request.headers} <= {
        "host", "accept", "accept-encoding", "user-agent", "authorization", "content-type",
        "content-length",
    }  # fmt: skip
    if request.url.path.endswith("/generations"):
        assert request.read() == b'{"prompt":"x"}'
        return httpx.Response(202, json={"object": "video_generation", "job_id": "job_1"})
    return httpx.Response(200, json=JOB)


def test_an_httpx_transport_may_be_given() -> None:
    options: dict[str, Any] = {"api_key": KEY, "base_url": "https://sume.example/v1"}
    with Sume(**options, transport=httpx.MockTransport(answering)) as sume:
        assert sume.jobs.get("job_1").id == sume.videos.generate(prompt="x").id == "job_1"

    async def go() -> str:
        transport = httpx.MockTransport(answering)
        async with AsyncSume(**options, transport=transport) as sume:
            await sume.videos.generate(prompt="x")
            return (await sume.jobs.get("job_1")).id

    assert asyncio.run(go()) == "job_1"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("no https://sume.example?signature=canary"), "NotSentError"),
        (httpx.PoolTimeout("busy"), "NotSentError"),
        (httpx.UnsupportedProtocol("what?"), "NotSentError"),
    ],
)
def test_failures_of_a_given_transport_become_ours(
    world: str, failure: Exception, kind: str
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    with pytest.raises(SumeError) as caught:
        ask(world, "https://sume.example", read, transport=httpx.MockTransport(fail))
    assert type(caught.value).__name__ == kind
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("world", WORLDS)
def test_a_paid_call_that_a_given_transport_loses_is_unknown(world: str) -> None:
    sent: list[str] = []

    def lose(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        raise httpx.ReadTimeout("")

    with pytest.raises(OutcomeUnknownError):
        ask(world, "https://sume.example", spend, transport=httpx.MockTransport(lose))
    assert sent == ["POST"]
