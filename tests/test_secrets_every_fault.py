"""Guarantee: no fault of the request path makes anything secret show, whatever the wire says.

The threat: a server, a proxy or a store that quotes, in headers, errors, redirects or garbage, what
it was sent or what it knows: keys, e-mails, signed URLs, ids of people, object keys. Each fault the
request path is tested with happens here with all of them in it, to a read and to a paid call.
"""

from __future__ import annotations

import json
import pickle
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
import trustme

from sume_ext import Secret, Sume, SumeError
from sume_ext.secrecy.memory import remember
from tests.faults import server as wire
from tests.faults.server import FaultServer
from tests.faults.worlds import WORLDS, ask, read, spend
from tests.secrets.trap import Trap, found_in, gitleaks
from tests.secrets.unprotected import switch_off
from tests.thoroughness import one_in

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
            f"X-Request-Id: {ECHO}",
            f"RateLimit-Policy: {ECHO}",
            f"X-RateLimit-Reset: {MARKERS['email'][0]}",
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


@pytest.mark.parametrize("world", one_in(2, WORLDS))
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


IDS = (
    "req_01HZX5", "req_sandbox_8f4ff31e78de5857", "0192f3a4-b5c6-7d8e-9f00-112233445566",
    "4bf92f3577b34da6a3ce929d0e0e4736", "Root=1-67891233-abcdef012345678912345678", "A1:ff/09+x",
)  # fmt: skip
"""As gateways make them; support needs them whole."""


def refusal(**answer: Any) -> SumeError:
    transport = httpx.MockTransport(lambda _: httpx.Response(**answer))
    with Sume(api_key=KEY, transport=transport) as sume, pytest.raises(SumeError) as caught:
        sume.with_options(attempts=1).account.me()
    return caught.value


@pytest.mark.parametrize("request_id", IDS)
def test_the_id_of_a_request_stays_whole(request_id: str) -> None:
    for answer in (
        {"headers": {"x-request-id": request_id}},
        {"json": {"error": {"code": "bad", "message": "no"}, "request_id": request_id}},
    ):
        error = refusal(status_code=400, **answer)
        assert error.request_id == request_id
        assert f"[request {request_id}]" in str(error)


@pytest.mark.parametrize("kind", MARKERS)
@pytest.mark.parametrize("said", ["{}", "req_{}", "seen {} today"])
def test_what_stands_in_place_of_an_id_or_a_limit_is_cleaned(kind: str, said: str) -> None:
    text = said.format(MARKERS[kind][0])
    remember(MARKERS[kind][0])  # as everything that passed; else some look like anybody's id
    for answer in (
        {"status_code": 429, "headers": {"x-request-id": text, "ratelimit-policy": text}},
        {"status_code": 400, "json": {"request_id": text}},
        {"status_code": 200, "json": {"request_id": text, "user": 1}},
    ):
        error = refusal(**answer)
        shown = f"{error} {error!r} {vars(error)} {error.args} {pickle.dumps(error)!r}"
        assert MARKERS[kind][0] not in shown


@pytest.mark.parametrize("kind", MARKERS)
def test_nor_does_it_show_where_nothing_failed(kind: str) -> None:
    secret = f"req_{MARKERS[kind][0]}"
    remember(MARKERS[kind][0])
    headers = {"x-request-id": secret}
    job = {"id": "job_1", "object": "job", "type": "image_generation", "status": "completed"}
    answers: dict[str, Any] = {"jobs": {"object": "list", "data": [job], "has_more": False}}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(
            200, headers=headers, json=answers.get(request.url.path.rpartition("/")[2], job)
        )
    )
    with Sume(api_key=KEY, transport=transport) as sume:
        one, page = sume.jobs.get("job_1"), sume.jobs.list().page()
        result = one.result()
    shown = f"{one!r} {one.request_id} {page!r} {page.request_id} {result!r} {result.request_id}"
    assert MARKERS[kind][0] not in f"{shown} {one._state!r} {result._reply!r}"
    assert "[redacted]" in shown


def test_an_id_makes_no_second_line_and_none_without_end() -> None:
    error = refusal(status_code=400, json={"request_id": "req_1\nERROR: \x1b[2Jgone" + "a" * 9999})
    assert error.request_id is not None
    assert error.request_id.isprintable()
    assert len(error.request_id) < 200


@pytest.mark.parametrize("kind", ["api_key", "user_id", "email"])
def test_a_header_that_a_message_quotes_is_cleaned(kind: str) -> None:
    secret = MARKERS[kind][0]
    for answer in (
        {"status_code": 200, "headers": {"content-encoding": secret}, "content": b"{}"},
        {"status_code": 302, "headers": {"location": f"https://{secret}.example/"}},
    ):
        assert secret[:10] not in str(refusal(**answer))


def test_without_the_protections_these_faults_do_tell(
    server: FaultServer, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch)
    with trap.listening():
        for fault in ("ok", "403", "502-html"):
            meet(trap, "sync", server.url(fault))
    assert found_in(trap.folder, MARKERS).keys() == MARKERS.keys()
