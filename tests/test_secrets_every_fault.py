"""Guarantee: no fault of the request path makes anything secret show, whatever the wire says.

The threat: a server, a proxy or a store that quotes, in headers, errors, redirects or garbage, what
it was sent or what it knows: keys, e-mails, signed URLs, ids of people, object keys. Each fault the
request path is tested with happens here with all of them in it, to a read and to a paid call.
"""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import trustme

from sume_ext import Secret
from tests.faults import server as wire
from tests.faults.server import FaultServer
from tests.faults.worlds import WORLDS, ask, read, spend
from tests.secrets.trap import Trap, found_in, gitleaks
from tests.secrets.unprotected import switch_off

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIGNATURE = "5ca1ab1e0ddba11f5ca1ab1e0ddba11f"
OBJECT_KEY = "uploads/ws_4f1d2c3b4a5e/0192f3a4b5c6d7e8/clip.mp4"
MARKERS = {
    "api_key": ["sume_live_Zq4bNw8cVx2mLk9jHg7f"],
    "api_key_id": ["key_9d8c7b6a5f4e3d2c"],
    "user_id": ["user_1a2b3c4d5e6f7a8b"],
    "workspace_id": ["ws_8b7a6f5e4d3c2b1a"],
    "email": ["wilhelmina.4711@mail.example"],
    "object_key": [OBJECT_KEY],
    "signature": [SIGNATURE],
    "upload_url": [f"https://store.example/{OBJECT_KEY}?X-Amz-Signature={SIGNATURE}"],
    "provider_payload": ["gpu-worker-7f3e9d1c5b2a8046"],
}
KEY = Secret(MARKERS["api_key"][0])
"""Wrapped, because the frames of the application show what they hold."""
ECHO = " ".join(value for values in MARKERS.values() for value in values)
FAULTS = sorted({*wire.PLAIN, *wire.LAST, *wire._ODD, "close", "gone-elsewhere", "gone-here"})
NOBODY = (
    "http://127.0.0.1:1",
    "https://no.such.host.invalid",
    f"https://{'a' * 70}.invalid",
)


def telling(answer: Callable[..., bytes]) -> Callable[..., bytes]:
    """As a server answers that tells all it knows, in every part of its answers."""

    def tell(status: str, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
        echo = json.dumps(ECHO)[1:-1].encode()
        for said in (b"No.", b"log in", b"502<", b"surprise"):
            body = body.replace(said, said + b" " + echo)
        told = (
            f"X-Echo: {ECHO}",
            f"Set-Cookie: session={quote(ECHO)}; HttpOnly",
            f'WWW-Authenticate: Bearer realm="{ECHO}"',
        )
        moved = [
            f"{one}?q={quote(ECHO)}" if one.startswith("Location: http://s") else one
            for one in headers
        ]
        return answer(f"{status} {ECHO}", body, *moved, *told, length=length)

    return tell


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setattr(wire, "answer", telling(wire.answer))
    monkeypatch.setitem(wire.JOB, "error", {"code": "x", "message": f"No. {ECHO}"})
    monkeypatch.setitem(wire.CREATED, "provider_payload", ECHO)
    monkeypatch.setitem(
        wire.LAST, "garbage", lambda _: f"SSH-2.0 {ECHO}\r\n{ECHO}\r\n\r\n".encode()
    )
    with FaultServer() as one, FaultServer() as other:
        one.elsewhere = other.url("ok")
        yield one


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    (tmp_path / "seen").mkdir()
    made = Trap(tmp_path / "seen")
    yield made
    made.close()


def meet(trap: Trap, world: str, url: str) -> None:
    """A read and a paid call."""
    for call in (read, spend):
        trap.attempt(lambda: ask(world, url, call, api_key=KEY))  # noqa: B023  (done at once)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_no_fault_makes_anything_show(world: str, server: FaultServer, trap: Trap) -> None:
    with trap.listening():
        for fault in FAULTS:
            meet(trap, world, server.url(fault))
    assert {seen.fault for seen in server.seen} >= set(FAULTS) - {"round"}
    assert len(trap.failures) > len(FAULTS)
    assert found_in(trap.folder, MARKERS) == {}
    assert gitleaks(trap.folder) == []


@pytest.mark.parametrize("world", WORLDS)
def test_a_few_of_them_show_nothing_either(world: str, server: FaultServer, trap: Trap) -> None:
    with trap.listening():
        for fault in ("403", "502-html", "garbage", "to-plain-http", "cut-length", "other-shape"):
            meet(trap, world, server.url(fault))
    assert len(trap.failures) == 12
    assert found_in(trap.folder, MARKERS) == {}


@pytest.mark.parametrize("world", WORLDS)
def test_where_nobody_answers_or_nobody_is_trusted(
    world: str, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    with FaultServer(context) as stranger, FaultServer() as plain, trap.listening():
        for url in (*NOBODY, stranger.url("ok", "https"), plain.url("ok", "https")):
            meet(trap, world, url)
        monkeypatch.setenv("HTTPS_PROXY", f"http://u:{SIGNATURE}@127.0.0.1:1")
        meet(trap, world, "https://sume.example/api/v1")
    assert len(trap.failures) == 12
    assert found_in(trap.folder, MARKERS) == {}


def test_without_the_protections_these_faults_do_tell(
    server: FaultServer, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch)
    with trap.listening():
        for fault in ("ok", "403", "502-html"):
            meet(trap, "sync", server.url(fault))
    assert found_in(trap.folder, MARKERS).keys() == MARKERS.keys()
