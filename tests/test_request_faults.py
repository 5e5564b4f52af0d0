"""Guarantee: whatever the network does, a paid call goes over the wire once.

The threats: a video paid for twice because a retry looked harmless; a call that waits for ever
on a server that drips; memory filled by an answer; a library's bare error in a caller's face.
"""

from __future__ import annotations

import inspect
import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from attrs import frozen

from sume_ext import (
    APIError,
    AuthenticationError,
    ConflictError,
    InsufficientCreditsError,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ResponseLostError,
    SchemaMismatchError,
    ServerError,
    SumeError,
)
from sume_ext.network import deadlines
from sume_ext.network.streams import ours
from tests.faults.server import FaultServer
from tests.faults.worlds import KEY, TIMEOUT, WORLDS, ask, read, spend, write
from tests.thoroughness import one_in

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        for world in WORLDS:
            ask(world, one.url("ok"), spend, timeout=20)  # what is imported now takes no time later
        yield one


@frozen
class Case:
    """A fault and what becomes of it.

    Attributes:
        fault: Its name.
        read: What a read raises, or None when it succeeds.
        reads: How often the read is seen on the wire.
        spend: What a paid call raises, or None when it succeeds.
        spends: How often the paid call is seen on the wire.
    """

    fault: str
    read: type[SumeError] | None
    reads: int
    spend: type[SumeError] | None = OutcomeUnknownError
    spends: int = 1


LOST = [
    Case(fault, ResponseLostError, 3)
    for fault in (
        "reset", "reset-in-body", "close", "garbage", "cut-length", "cut-chunk", "cut-close",
        "cut-gzip", "corrupt-gzip", "unknown-encoding", "cut-after-id",
        "not-packed", "charset-as-encoding",
    )
]  # fmt: skip
SLOW = [
    Case(fault, ResponseLostError, 1)
    for fault in ("hang", "hang-in-body", "drip-head", "drip-body")
]
BROKEN = [
    Case(str(status), ServerError, 3) for status in (500, 502, 503, 504, *range(520, 530), 561)
] + [Case(fault, ServerError, 3) for fault in ("502-html", "504-empty", "503-later")]
GIVEN_UP = [Case(str(status), APIError, 3) for status in (408, 425, 499)]
REFUSED = [
    Case(str(status), kind, 1, kind, 1)
    for status, kind in {
        400: InvalidRequestError,
        401: AuthenticationError,
        402: InsufficientCreditsError,
        403: PermissionDeniedError,
        404: NotFoundError,
        409: ConflictError,
        418: APIError,
        422: InvalidRequestError,
    }.items()
]
BUSY = [
    Case(fault, RateLimitError, count, RateLimitError, count)
    for fault, count in {
        "429-seconds": 3,
        "429-date": 3,
        "429-past": 3,
        "429-garbage": 3,
        "429-bare": 3,
        "429-two-minutes": 2,
        "429-absurd": 1,
        "429-limits": 1,
    }.items()
]
MISSHAPEN = [
    Case(fault, SchemaMismatchError, 1)
    for fault in (
        "204", "empty", "html", "other-shape", "null", "deep", "bomb", "many-lists",
    )
]  # fmt: skip
ASTRAY = [
    Case(fault, APIError, 1, APIError, 1)
    for fault in ("to-file", "to-nowhere", "to-plain-http", "gone-elsewhere", "not-modified")
]
FINE = [
    Case(fault, None, 1, None, 1)
    for fault in (
        "ok", "accepted", "wrong-type", "big-header", "early-hints", "utf-16", "chunked",
        "packed", "packed-twice", "too-long", "race", "identity",
    )
]  # fmt: skip
SPECIAL = [
    Case("list", SchemaMismatchError, 1, SchemaMismatchError, 1),
    Case("cut-json", SchemaMismatchError, 1, SchemaMismatchError, 1),
    Case("see-other", APIError, 1),
    Case("round", APIError, 4, APIError, 1),
    Case("no-location", APIError, 4, APIError, 1),
]
CASES = [*LOST, *SLOW, *BROKEN, *GIVEN_UP, *REFUSED, *BUSY, *MISSHAPEN, *ASTRAY, *FINE, *SPECIAL]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_read_is_repeated_where_that_helps(server: FaultServer, case: Case, world: str) -> None:
    _expect(server, case.fault, world, read, case.read, case.reads)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_paid_call_is_repeated_only_when_it_did_nothing(
    server: FaultServer, case: Case, world: str
) -> None:
    _expect(server, case.fault, world, spend, case.spend, case.spends)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("case", [*LOST, *BROKEN], ids=lambda case: case.fault)
def test_a_call_that_writes_is_not_repeated_either(
    server: FaultServer, case: Case, world: str
) -> None:
    _expect(server, case.fault, world, write, OutcomeUnknownError, 1)


def _expect(
    server: FaultServer,
    fault: str,
    world: str,
    call: Callable[[Any], Any],
    kind: type[SumeError] | None,
    count: int,
) -> None:
    server.seen.clear()
    server.elsewhere = "http://127.0.0.2:1"
    # A timeout that the caller sets bounds the API's pauses, too; here they are wanted.
    timeout = None if fault.startswith(("429", "503")) else TIMEOUT
    if kind is None:
        assert ask(world, server.url(fault), call, timeout=timeout).id == "job_1"
    else:
        with pytest.raises(kind) as caught:
            ask(world, server.url(fault), call, timeout=timeout)
        assert type(caught.value) is kind
        assert caught.value.hint
        assert KEY not in str(caught.value)
    assert server.count(fault) == count, [*server.seen]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("http://127.0.0.1:1", "Connection refused|Connect call failed"),
        ("https://no.such.host.invalid", "Name or service not known"),
        ("https://xn--.invalid", "no connection"),
        (f"https://{'a' * 70}.invalid", "no connection"),
    ],
)
def test_what_never_left_says_so(
    world: str, call: Callable[[Any], Any], base_url: str, words: str
) -> None:
    with pytest.raises(NotSentError, match=words) as caught:
        ask(world, base_url, call)
    assert caught.value.operation in ("jobs.get", "videos.generate")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secure_server(authority: trustme.CA) -> Iterator[FaultServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType]
    with FaultServer(tls) as one:
        yield one


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
def test_an_untrusted_server_is_told_nothing(
    secure_server: FaultServer, world: str, call: Callable[[Any], Any]
) -> None:
    secure_server.seen.clear()
    with pytest.raises(NotSentError, match="certificate") as caught:
        ask(world, secure_server.url("ok", "https"), call, timeout=5)
    assert caught.value.final
    assert not secure_server.seen


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
@pytest.mark.parametrize("fault", ["ok", "race"])
def test_a_trusted_one_is(
    secure_server: FaultServer,
    authority: trustme.CA,
    world: str,
    call: Callable[[Any], Any],
    fault: str,
) -> None:
    trust = ssl.create_default_context()
    authority.configure_trust(trust)  # pyright: ignore[reportUnknownMemberType]
    url = secure_server.url(fault, "https")
    assert ask(world, url, call, timeout=5, verify=trust).id == "job_1"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
def test_tls_to_a_plain_port_ends(
    server: FaultServer, world: str, call: Callable[[Any], Any]
) -> None:
    with pytest.raises(NotSentError, match=r"TLS|no connection"):
        ask(world, server.url("ok", "https"), call)


def test_an_alert_of_a_server_in_trouble_passes_and_others_do_not() -> None:
    """A balancer that restarts ends no wait; a certificate that is refused always will be."""
    limit = SimpleNamespace(given=False, began=False)
    for reason, final in (
        ("TLSV1_ALERT_INTERNAL_ERROR", False),
        ("TLSV1_UNRECOGNIZED_NAME", False),
        ("UNEXPECTED_EOF_WHILE_READING", False),
        ("TLSV1_ALERT_PROTOCOL_VERSION", True),
        ("WRONG_VERSION_NUMBER", True),
    ):
        alert = ssl.SSLError(1, f"[SSL: {reason}] alert")
        alert.reason = reason
        told: Any = ours(alert, limit)  # type: ignore[arg-type]
        assert (type(told), told.final) == (NotSentError, final), reason
        assert ("certificates" in told.hint) == final


@pytest.mark.parametrize("world", WORLDS)
def test_a_tls_alert_that_passes_is_lived_through(
    secure_server: FaultServer, authority: trustme.CA, world: str
) -> None:
    """One alert `internal_error` before the handshake, then the server is back."""
    alert = bytes([0x15, 3, 3, 0, 2, 2, 80])
    trust = ssl.create_default_context()
    authority.configure_trust(trust)  # pyright: ignore[reportUnknownMemberType]
    with restarting(alert, secure_server.port) as port:
        url = f"https://127.0.0.1:{port}/ok"
        assert ask(world, url, spend, timeout=20, verify=trust).id == "job_1"


@contextmanager
def restarting(alert: bytes, port: int) -> Generator[int]:
    """A balancer whose first connection gets an alert; the others go to the server behind it."""

    def pour(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        first = True
        with suppress(OSError):
            while True:
                caller, _ = listening.accept()
                lines.append(caller)
                if first:
                    first = False
                    caller.recv(4096)
                    caller.sendall(alert)
                    caller.close()
                    continue
                behind = socket.create_connection(("127.0.0.1", port))
                lines.append(behind)
                for ends in ((caller, behind), (behind, caller)):
                    threading.Thread(target=pour, args=ends, daemon=True).start()

    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    for line in lines:
        line.close()


@pytest.mark.parametrize("world", WORLDS)
def test_a_connection_that_dies_between_two_calls_costs_a_read_nothing(
    server: FaultServer, world: str
) -> None:
    server.seen.clear()
    assert ask(world, server.url("race"), lambda sume: _twice(sume, read)).id == "job_1"
    assert server.count("race") == 3


@pytest.mark.parametrize("world", WORLDS)
def test_a_paid_call_lost_with_its_connection_is_not_repeated(
    server: FaultServer, world: str
) -> None:
    server.seen.clear()
    with pytest.raises(OutcomeUnknownError):
        ask(world, server.url("race"), lambda sume: _twice(sume, spend))
    assert server.count("race") == 2


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
def test_bytes_beyond_an_answer_are_never_read_as_the_next_one(
    server: FaultServer, world: str, call: Callable[[Any], Any]
) -> None:
    server.seen.clear()
    assert ask(world, server.url("too-long"), lambda sume: _twice(sume, call)).id == "job_1"
    assert server.count("too-long") == 2


def _twice(sume: Any, call: Callable[[Any], Any]) -> Any:
    first = call(sume)
    if hasattr(first, "id"):
        return call(sume)

    async def both() -> Any:
        await first
        return await call(sume)

    return both()


@pytest.mark.parametrize("world", WORLDS)
def test_the_key_goes_to_the_configured_origin_only(server: FaultServer, world: str) -> None:
    with FaultServer() as other:
        server.elsewhere = other.url("").rstrip("/")
        for auth in ("bearer", "x-api-key"):
            with pytest.raises(APIError, match=f"http://127.0.0.1:{other.port}") as caught:
                ask(world, server.url("gone-elsewhere"), read, auth=auth)
            assert caught.value.code == "redirect_refused"
        assert not other.seen
    server.seen.clear()
    assert ask(world, server.url("gone-here"), read).id == "job_1"
    assert [seen.headers["authorization"] for seen in server.seen] == [f"Bearer {KEY}"] * 2
    server.seen.clear()
    with pytest.raises(APIError, match="redirects POST"):
        ask(world, server.url("gone-here"), spend)
    assert len(server.seen) == 1


GROWTH = """
import asyncio, resource, sys
from sume_ext import SumeError
from tests.faults.worlds import ask, read, spend
world, call, fine, bomb = sys.argv[1:]
work = {"read": read, "spend": spend}[call]
ask(world, fine, work, timeout=20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    ask(world, bomb, work, timeout=20)
except SumeError as error:
    print(type(error).__name__, " than " in str(error), end=" ")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("call", "kind"), [("read", "SchemaMismatchError"), ("spend", "OutcomeUnknownError")]
)
@pytest.mark.parametrize(
    "bomb",
    one_in(6, [
        "bomb", "bomb-of-lists", "bomb-of-text", "bomb-of-wide-text", "bomb-of-escapes",
        "bomb-of-names",
    ]),
)  # fmt: skip
def test_a_bomb_is_noticed_before_it_fills_the_memory(
    server: FaultServer, world: str, call: str, kind: str, bomb: str
) -> None:
    """A GiB in a MiB, or what fits but takes much more once Python holds it."""
    name, told, growth = _growth(server, world, call, bomb)
    assert (name, told) == (kind, "True")
    assert growth < 64 * 1024, "KiB"


@pytest.mark.parametrize(
    "much",
    one_in(4, [
        "much-text", "much-odd-text", "much-wide-text", "many-escapes", "many-names", "many-words",
        "many-objects",
    ]),
)  # fmt: skip
def test_what_is_read_for_nothing_fills_no_memory_either(server: FaultServer, much: str) -> None:
    """As much as is just not refused for its size, of which then nothing can be made."""
    name, told, growth = _growth(server, "sync", "read", much)
    assert (name, told) == ("SchemaMismatchError", "False")
    assert growth < 64 * 1024, "KiB"


def _growth(server: FaultServer, world: str, call: str, fault: str) -> tuple[str, str, int]:
    """What counts is what the system gives the process, so a new one is asked."""
    command = [sys.executable, "-c", GROWTH, world, call, server.url("ok"), server.url(fault)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=environment
    )
    name, told, growth = done.stdout.split()
    return name, told, int(growth)


@pytest.mark.parametrize("world", WORLDS)
def test_many_values_are_read_as_long_as_there_is_room_for_them(
    server: FaultServer, world: str
) -> None:
    def roomy(sume: Any) -> Any:
        return read(sume.with_options(max_response_bytes=64 * 1024 * 1024))

    with pytest.raises(SchemaMismatchError, match="more than 64 MiB of memory"):
        ask(world, server.url("many-lists"), read, timeout=20)
    with pytest.raises(SchemaMismatchError, match="what the schema says"):
        ask(world, server.url("many-lists"), roomy, timeout=20)


class Lines:
    """The network, which tells of each request whether an answer of this client was still open."""

    def __init__(self, carrier: Any) -> None:
        self._carrier = carrier
        self._open = 0
        self.overlaps: list[bool] = []

    def open(self, request: Any, timeouts: Any) -> Any:
        self.overlaps.append(self._open > 0)
        found = self._carrier.open(request, timeouts)
        return self._awaited(found) if inspect.isawaitable(found) else self._counted(found)

    async def _awaited(self, coming: Any) -> Any:
        return self._counted(await coming)

    def close(self) -> Any:
        return self._carrier.close()

    def aclose(self) -> Any:
        return self._carrier.aclose()

    def _counted(self, stream: Any) -> Any:
        closes: Any = stream.aclose if hasattr(stream, "aclose") else stream.close
        self._open += 1

        def close() -> Any:
            self._open -= 1
            return closes()

        setattr(stream, closes.__name__, close)
        return stream


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    "fault", ["unknown-encoding", "not-packed", "corrupt-gzip", "cut-gzip", "cut-length", "500"]
)
def test_an_answer_is_let_go_before_the_request_is_repeated(
    server: FaultServer, world: str, fault: str
) -> None:
    """Who holds connections while waiting for more of them waits for itself."""
    lines: list[Lines] = []

    def watched(sume: Any) -> Any:
        lines.append(Lines(sume._runner.transport))
        sume._runner.transport = lines[0]
        return read(sume)

    with pytest.raises(SumeError):
        ask(world, server.url(fault), watched)
    assert lines[0].overlaps == [False] * 3


def test_the_largest_answer_can_be_chosen(server: FaultServer) -> None:
    with pytest.raises(SchemaMismatchError, match="is larger than 40 bytes"):
        ask("sync", server.url("ok"), lambda s: read(s.with_options(max_response_bytes=40)))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("fault", "job_ids"), [("cut-after-id", ("job_9",)), ("cut-length", ()), ("hang", ())]
)
def test_an_unknown_outcome_says_what_to_look_for(
    server: FaultServer, world: str, fault: str, job_ids: tuple[str, ...]
) -> None:
    with pytest.raises(OutcomeUnknownError) as caught:
        ask(world, server.url(fault), spend)
    error = caught.value
    assert error.operation == "videos.generate"
    assert error.job_type == "video_generation"
    assert 0 < error.sent_after <= error.sent_before
    assert error.job_ids == job_ids
    assert "job type video_generation" in str(error)
    assert ("jobs.wait('job_9')" if job_ids else "jobs.find_recent(error)") in error.hint


@pytest.mark.parametrize(
    "fault",
    [
        "list", "cut-json", "cut-after-id", "not-packed", "charset-as-encoding", "unknown-encoding",
    ],
)  # fmt: skip
def test_the_id_of_a_paid_job_survives_an_answer_that_cannot_be_read(
    server: FaultServer, fault: str
) -> None:
    with pytest.raises(SumeError) as caught:
        ask("sync", server.url(fault), spend)
    assert caught.value.job_ids == (("job_9",) if fault == "cut-after-id" else ("job_1",))


def test_rate_limit_headers_and_the_envelope_are_on_the_error(server: FaultServer) -> None:
    with pytest.raises(RateLimitError) as caught:
        ask("sync", server.url("429-limits"), read)
    error = caught.value
    assert error.rate_limit == {
        "ratelimit": "limit=10, remaining=0",
        "x-ratelimit-remaining": "0",
    }
    assert (error.code, error.message, error.request_id) == ("teapot", "No.", "req_1")
    assert error.retry_after == 500


STREAMS = {"sync": deadlines.BoundedStream, "async": deadlines.AsyncBoundedStream}
NETWORKS = {"sync": deadlines.BoundedNetwork, "async": deadlines.AsyncBoundedNetwork}


def _break(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, error: Exception) -> None:
    def fail(*_: object, **__: object) -> object:
        raise error

    async def fail_soon(*_: object, **__: object) -> object:
        raise error

    soon = inspect.iscoroutinefunction(getattr(owner, method))
    monkeypatch.setattr(owner, method, fail_soon if soon else fail)


ODD = [RuntimeError("https://sume.example?sig=canary"), MemoryError(), ValueError("canary")]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_what_nobody_expects_of_a_network_is_told_as_what_it_means(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, world: str, odd: Exception
) -> None:
    """A bug below us must not leave bare: before the request it did nothing, after it who knows."""
    _break(monkeypatch, STREAMS[world], "read", odd)
    with pytest.raises(ResponseLostError) as lost:
        ask(world, server.url("ok"), read)
    with pytest.raises(OutcomeUnknownError) as unknown:
        ask(world, server.url("ok"), spend)
    _break(monkeypatch, NETWORKS[world], "connect_tcp", odd)
    with pytest.raises(NotSentError) as never:
        ask(world, server.url("ok"), spend)
    assert never.value.final
    for one in (lost, unknown, never):
        assert "canary" not in str(one.value)
        assert type(odd).__name__ in str(one.value)


@pytest.mark.parametrize("world", WORLDS)
def test_a_transport_of_the_callers_own_fails_as_it_likes(world: str) -> None:
    """It is the caller's code, like a listener; but a paid call still leaves a trace."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine") as caught:
        ask(world, "https://sume.example", spend, transport=httpx.MockTransport(fail))
    assert "jobs.find_recent" in "".join(caught.value.__notes__)
