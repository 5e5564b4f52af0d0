"""Guarantee: an exception that leaves us shows our lines, and none of what our frames held.

The threat: error trackers, rich tracebacks and `capture_locals=True` show every frame's locals,
and ours hold keys, headers, bodies and signed URLs. The application's own frames stay its own:
a client that empties those would break its debugging. Watchdogs and profilers show the locals of
calls that didn't fail at all, while they wait.
"""

from __future__ import annotations

import asyncio
import pdb  # noqa: T100  (its own post-mortem view is one of the ways out)
import pickle
import sys
import threading
import traceback
from base64 import b64encode
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs
import httpx
import pytest
import rich.traceback
from httpcore._backends.anyio import AnyIOStream
from httpcore._backends.sync import SyncStream
from sume_api.api.assets import create_asset, list_assets

from sume_ext import (
    AsyncSume,
    ConfigurationError,
    InvalidArgumentError,
    Secret,
    Sume,
    SumeError,
    redact,
)
from sume_ext.flow import Do
from sume_ext.sandbox import Sandbox, sample_video
from sume_ext.secrecy.border import border, conceal
from tests.faults.proxies import BreakingProxy, Proxy, SocksProxy, TunnelProxy

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

MARK = "zQ7wPx41RtLm"


def told() -> str:
    """The secret, without a local of any frame that holds it."""
    return MARK


def shown(error: BaseException) -> str:
    """Everything that tools show of an exception, suppressed causes included."""
    parts: list[str] = []
    pending: list[traceback.TracebackException | None]
    pending = [traceback.TracebackException.from_exception(error, capture_locals=True)]
    while pending:
        if (one := pending.pop()) is not None:
            parts += one.format()
            pending += [one.__cause__, one.__context__]
    # What rich would print, without the time it takes to colour it.
    trace = rich.traceback.Traceback.extract(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=10_000
    )
    for stack in trace.stacks:
        parts += [f"{stack.exc_type} {stack.exc_value}"]
        parts += [str(node) for one in stack.frames for node in (one.locals or {}).values()]
    chain: BaseException | None = error
    while chain is not None:
        parts.append(f"{chain!r} {vars(chain)!r} {chain.args!r}")
        chain = chain.__cause__ or chain.__context__
    return "".join(parts)


def failure_of(work: Callable[[], object]) -> BaseException:
    """What it raises, be it an interruption."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        work()
    return caught.value


def frames(error: BaseException) -> Iterator[FrameType]:
    for frame, _ in traceback.walk_tb(error.__traceback__):
        yield frame


def answering(status: int, body: Any = None, **more: Any) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, json=body, **more))


def failing(error: Callable[[httpx.Request], Exception]) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        raise error(request)

    return httpx.MockTransport(handle)


ERROR: dict[str, Any] = {
    "error": {"code": "bad", "message": "no", "details": {}},
    "request_id": "req_1",
}
TRANSPORTS: dict[str, Callable[[], httpx.MockTransport]] = {
    "refused": lambda: answering(400, ERROR),
    "not found": lambda: answering(404, ERROR),
    "not JSON": lambda: httpx.MockTransport(
        lambda _: httpx.Response(200, text=f"<html>{told()}</html>")
    ),
    "another shape": lambda: answering(200, {"upload_url": told(), "x": [told()]}),
    "redirected": lambda: answering(302, headers={"location": f"https://else/?sig={told()}"}),
    "no connection": lambda: failing(lambda request: httpx.ConnectError(told(), request=request)),
    "lost": lambda: failing(lambda request: httpx.ReadError(told(), request=request)),
    "a bug": lambda: failing(lambda _: ZeroDivisionError("fine")),
    "interrupted": lambda: failing(lambda _: KeyboardInterrupt()),  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "reads": lambda sume: sume.account.me(),
    "sends a secret": lambda sume: sume.assets.create(
        object_key=told(), file_name="a.mp4", content_type="video/mp4", size_bytes=1
    ),
    "sends a URL": lambda sume: sume.face_swap.create(
        source_video_url=f"https://m.example/{told()}?signature={told()}", avatar_ids=["a"]
    ),
    "is unbound": lambda sume: sume.call(create_asset, body=Body(told())),
    "is misspelt": lambda sume: sume.assets.create(objectkey=told()),
    "is positional": lambda sume: sume.assets.create(told()),
    "is no JSON": lambda sume: sume.images.generate(prompt=told(), reference_image_urls={told()}),
}


class Body:
    """A request body as the generated code wants it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def to_dict(self) -> dict[str, str]:
        return {"object_key": self._key}


def key() -> str:
    return f"sume_live_{told()}"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("call", CALLS)
def test_a_failing_call_shows_nothing_of_what_it_held(call: str, transport: str) -> None:
    with Sume(api_key=key(), transport=TRANSPORTS[transport](), timeout=0.05) as sume:
        assert MARK not in shown(failure_of(lambda: CALLS[call](sume)))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("call", CALLS)
def test_so_does_a_failing_call_that_is_awaited(call: str, transport: str) -> None:
    async def enter() -> None:
        given = TRANSPORTS[transport]()
        async with AsyncSume(api_key=key(), transport=given, timeout=0.05) as sume:
            await CALLS[call](sume)

    assert MARK not in shown(failure_of(lambda: asyncio.run(enter())))


def test_lists_events_and_background_tasks_too() -> None:
    with Sume(api_key=key(), transport=answering(400, ERROR)) as sume:
        for work in (
            lambda: list(sume.assets.list(q=told())),
            lambda: sume.assets.list(q=told()).take(1),
            lambda: list(sume.jobs.handle("job_1").events()),
        ):
            with pytest.raises(SumeError) as caught:
                work()
            assert MARK not in shown(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1}, {"base_url": "ftp://x"}, {"auth": "basic"}, {"base_url": "http://x.y"},
        {"verify": False, "timeout": 0},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [Sume, AsyncSume])
def test_a_refused_configuration_shows_neither_key_nor_environment(
    kind: Callable[..., Any], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUME_API_KEY", f"sume_live_{MARK}")
    monkeypatch.setenv("ANOTHER_SECRET", MARK)
    proxy = "http://u:{}@proxy.example"
    with pytest.raises(ConfigurationError) as caught:
        kind(**options)
    assert MARK not in shown(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        kind(api_key=key(), proxy=proxy.format(told()), **options)
    assert MARK not in shown(caught.value)


def test_our_lines_stay_for_finding_the_fault() -> None:
    with Sume(api_key=key(), transport=answering(400, ERROR)) as sume:
        error = failure_of(sume.account.me)
    names = [frame.f_code.co_name for frame in frames(error)]
    assert "perform" in names
    assert names[-1] == "_attempt"


def test_the_applications_frames_keep_their_locals() -> None:
    def listener(_: object) -> None:
        inner = "a local of its listener"
        raise LookupError(inner)

    job = {"id": "job_1", "object": "job", "type": "video_generation", "status": "completed"}
    with Sume(api_key=key(), transport=answering(200, job)) as sume:
        error = failure_of(lambda: sume.jobs.wait("job_1", on_event=listener))
    seen = {frame.f_code.co_name: frame.f_locals for frame in frames(error)}
    assert seen["listener"]["inner"] == "a local of its listener"
    assert callable(seen["failure_of"]["work"])
    assert MARK not in shown(error)


def test_an_exception_that_the_application_handles_is_left_alone() -> None:
    def fail() -> None:
        precious = "its own"
        raise LookupError(precious)

    with Sume(api_key=key(), transport=answering(400, ERROR)) as sume:
        caught: list[BaseException] = []
        try:
            fail()
        except LookupError as error:
            caught += [error, failure_of(sume.account.me)]
    own, ours = caught
    assert ours.__context__ is own
    assert [*frames(own)][-1].f_locals["precious"] == "its own"


def test_a_post_mortem_debugger_finds_nothing_in_our_frames() -> None:
    with Sume(api_key=key(), transport=answering(400, ERROR)) as sume:
        error = failure_of(lambda: CALLS["sends a secret"](sume))
    stack, _ = pdb.Pdb().get_stack(None, error.__traceback__)
    ours = [frame for frame, _ in stack if frame.f_globals["__name__"].startswith("sume_ext")]
    assert len(ours) > 3
    assert MARK not in "".join(repr(frame.f_locals) for frame in ours)


def test_groups_are_emptied_throughout() -> None:
    with Sume(api_key=key(), transport=answering(400, ERROR)) as sume:
        group = BaseExceptionGroup(
            "both", [failure_of(sume.account.me), failure_of(sume.credits.get)]
        )
    conceal(group)
    assert MARK not in shown(group)


def test_the_border_changes_neither_name_nor_signature() -> None:
    @border
    def work(first: int, *, second: str = "x") -> str:
        """Says so."""
        return second * first

    assert work(2, second="y") == "yy"
    assert work.__name__ == "work"
    assert work.__doc__ == "Says so."
    with pytest.raises(InvalidArgumentError):
        border(_refuse)(MARK)


def _refuse(_: str) -> None:
    raise InvalidArgumentError("no")


def test_frames_of_the_engine_below_us_are_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption comes up through httpcore, whose frames hold every header and the body."""

    def interrupt(*_: object, **__: object) -> bytes:
        raise KeyboardInterrupt

    with Sandbox() as sandbox, Sume(api_key=key(), base_url=sandbox.base_url) as sume:
        monkeypatch.setattr("httpcore._sync.http11.HTTP11Connection._receive_event", interrupt)
        error = failure_of(lambda: CALLS["sends a secret"](sume))
    assert type(error) is KeyboardInterrupt
    assert any(frame.f_globals["__name__"].startswith("httpcore") for frame in frames(error))
    assert MARK not in shown(error)


class Between(httpx.HTTPTransport):
    """A transport of the application's, as those that measure, log or trace requests are."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        method = request.method
        return super().handle_request(request) if method else httpx.Response(500)


class AsyncBetween(httpx.AsyncHTTPTransport):
    """The same, to await."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = request.method
        return await super().handle_async_request(request) if method else httpx.Response(500)


def test_frames_of_the_engine_are_emptied_whatever_stands_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*given: object) -> bytes:
        del given
        raise KeyboardInterrupt

    async def call(base_url: str) -> None:
        options: dict[str, Any] = {"base_url": base_url, "transport": AsyncBetween()}
        async with AsyncSume(api_key=key(), **options) as sume:
            await sume.account.me()

    with Sandbox() as sandbox:
        monkeypatch.setattr("h11.Connection.send", interrupt)
        with Sume(api_key=key(), base_url=sandbox.base_url, transport=Between()) as sume:
            errors = [failure_of(sume.account.me)]
        errors.append(failure_of(lambda: asyncio.run(call(sandbox.base_url))))
    for error in errors:
        assert isinstance(error, KeyboardInterrupt)
        seen = [frame.f_globals["__name__"].partition(".")[0] for frame in frames(error)]
        assert seen.index("sume_ext") < seen.index("tests", seen.index("sume_ext"))
        assert seen.index("tests", seen.index("sume_ext")) < seen.index("httpcore")
        assert MARK not in shown(error)
        own = [one.f_locals for one in frames(error) if one.f_code.co_name.startswith("handle_")]
        assert [one["method"] for one in own if "method" in one] == ["GET"]


def test_a_dump_of_stacks_that_wait_for_an_answer_shows_no_key_and_no_signed_url() -> None:
    """Watchdogs look at the frames of a thread that hangs, locals included.

    For the moment in which a request is written its bytes can't but be there.
    """
    seen: list[str] = []

    def dump(thread: threading.Thread) -> None:
        if frame := sys._current_frames().get(thread.ident or 0):
            walk = traceback.walk_stack(frame)
            text = ""
            with suppress(AttributeError, RuntimeError):  # what is half made there, or changes
                text = "".join(traceback.StackSummary.extract(walk, capture_locals=True).format())
            if "in _receive_event" in text and "in read" in text:
                seen.append(text)

    with Sandbox(speed=1) as sandbox:
        for operation in ("storage_put", "get_me"):
            sandbox.faults.add(operation=operation, latency=0.5, times=None)
        api_key = Secret(sandbox.api_key)
        with Sume(api_key=api_key, base_url=sandbox.base_url) as sume:
            for work in (sume.account.me, lambda: sume.uploads.asset_video(sample_video())):
                waiting = threading.Thread(target=work)
                waiting.start()
                while waiting.is_alive():
                    dump(waiting)
                    waiting.join(0.02)
        markers = sandbox.markers()
    for method in ("GET", "PUT"):
        assert any(f"Request [b'{method}']" in one for one in seen), f"no {method} was seen to wait"
    for kind in ("api_key", "signature", "object_key", "upload_url", "required_header"):
        for value in markers[kind]:
            assert not any(value in one for one in seen), kind


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every local of every frame, named and shown, whenever a call waits for the network.

    What comes is handed out in pieces, so that what came already may stand in a local meanwhile.
    """
    seen: list[tuple[str, str]] = []

    def look() -> None:
        walk = traceback.walk_stack(sys._getframe())
        for frame, line in walk:
            module = frame.f_globals["__name__"]
            if module.partition(".")[0] in ("sume_ext", "sume_api", "httpcore"):
                one = traceback.StackSummary.extract([(frame, line)], capture_locals=True)[0]
                place = f"{module} {frame.f_code.co_qualname}"
                seen.extend((f"{place} [{n}]", v) for n, v in (one.locals or {}).items())

    read, aread = SyncStream.read, AnyIOStream.read

    def piece(self: SyncStream, max_bytes: int, timeout: float | None = None) -> bytes:
        look()
        return read(self, min(max_bytes, 500), timeout)

    async def apiece(self: AnyIOStream, max_bytes: int, timeout: float | None = None) -> bytes:
        look()
        return await aread(self, min(max_bytes, 500), timeout)

    monkeypatch.setattr(SyncStream, "read", piece)
    monkeypatch.setattr(AnyIOStream, "read", apiece)
    return seen


WAITING: dict[str, Callable[[Any, Any, Path], Any]] = {
    "reads": lambda sume, _, __: sume.account.me(),
    "lists": lambda sume, _, __: sume.assets.search(q=told()).take(2),
    "calls": lambda sume, _, __: sume.call(list_assets, q=told()),
    "spends": lambda sume, _, __: sume.videos.generate(prompt=f"to {told()}@mail.example"),
    "sends a URL": lambda sume, _, __: sume.reference_analysis.create(
        url=f"https://www.tiktok.com/@c/video/7300000000000000000?signature={told()}"
    ),
    "presigns": lambda sume, _, __: sume.uploads.presign(
        file_name=f"{told()}.mp4", content_type="video/mp4", size_bytes=9,
        purpose="asset_library_video",
    ),
    "uploads": lambda sume, _, __: sume.uploads.face_swap_video(sample_video()),
    "downloads": lambda _, result, folder: result.download(folder),
}  # fmt: skip


def shown_of(seen: list[tuple[str, str]], sandbox: Sandbox) -> dict[str, list[str]]:
    """The locals of our frames that show a secret, with its kinds."""
    secrets = {**sandbox.markers(), "argument": [MARK], "key": [sandbox.api_key]}
    found: dict[str, list[str]] = {}
    for name, value in seen:
        if name.startswith("httpcore"):
            continue
        kinds = [kind for kind, values in secrets.items() if any(one in value for one in values)]
        if kinds:
            found[name] = kinds
    return found


@pytest.mark.parametrize("what", WAITING)
def test_no_frame_of_ours_shows_what_it_was_given_while_it_waits(
    what: str, waiting: list[tuple[str, str]], tmp_path: Path
) -> None:
    with Sandbox(speed=500, secrets=True) as sandbox:
        with Sume(api_key=Secret(sandbox.api_key), base_url=sandbox.base_url) as sume:
            result = sume.images.generate(prompt="x").wait(timeout=20).result()
            waiting.clear()
            WAITING[what](sume, result, tmp_path)
        assert any("HttpTransport" in name for name, _ in waiting)
        assert shown_of(waiting, sandbox) == {}


@pytest.mark.parametrize("what", WAITING)
def test_nor_does_one_that_is_awaited(
    what: str, waiting: list[tuple[str, str]], tmp_path: Path
) -> None:
    async def enter(sandbox: Sandbox) -> None:
        key = Secret(sandbox.api_key)
        async with AsyncSume(api_key=key, base_url=sandbox.base_url) as sume:
            job = await sume.images.generate(prompt="x")
            result = await (await job.wait(timeout=20)).result()
            waiting.clear()
            await WAITING[what](sume, result, tmp_path)

    with Sandbox(speed=500, secrets=True) as sandbox:
        asyncio.run(enter(sandbox))
        assert any("HttpTransport" in name for name, _ in waiting)
        assert shown_of(waiting, sandbox) == {}


PASSWORD = "zQ7wPx41 R:t@Lm"
LOGIN = f"anna:{quote(PASSWORD, safe='')}"
SPELLINGS = (
    PASSWORD,
    quote(PASSWORD, safe=""),
    b64encode(f"anna:{PASSWORD}".encode()).decode().rstrip("="),
)


def gone(near: socket.socket) -> None:
    """A proxy that leaves as soon as it was asked."""


def through(kind: str, sandbox: Sandbox) -> tuple[Proxy, str]:
    """A proxy, and the API's address behind it."""
    port = int(sandbox.base_url.split(":")[2].partition("/")[0])
    if kind == "tunnels":
        return BreakingProxy(gone), "https://sume.example/api/v1"
    return TunnelProxy(port) if kind == "forwards" else SocksProxy(port), sandbox.base_url


@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.parametrize(
    ("kind", "where"),
    [("tunnels", "environment"), ("tunnels", "argument"), ("forwards", "argument"),
     ("speaks SOCKS", "argument")],
)  # fmt: skip
def test_no_frame_and_no_error_shows_the_password_of_a_proxy(
    kind: str, where: str, world: str, waiting: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with Sandbox() as sandbox:
        proxy, url = through(kind, sandbox)
        address = proxy.url.replace("://", f"://{LOGIN}@")
        options: dict[str, Any] = {"timeout": 5, "api_key": Secret(sandbox.api_key)}
        if where == "environment":
            monkeypatch.setenv("HTTPS_PROXY", address)
        else:
            options["proxy"] = address
        with proxy:
            outcome = asked(world, lambda kind: kind(base_url=url, **options))
    # httpcore keeps what it says to a SOCKS proxy for as long as that is silent.
    seen = [f"{name} {value}" for name, value in waiting if "[outgoing_bytes]" not in name]
    assert any("_Unseen" not in one and "httpcore" in one for one in seen)
    if isinstance(outcome, BaseException):
        seen.append(f"{shown(outcome)} {pickle.dumps(outcome)!r}")
    for spelling in SPELLINGS:
        assert not [one for one in seen if spelling in one]
        assert redact(f"as {spelling} says") == "as [redacted] says"


def asked(world: str, make: Callable[[Any], Any]) -> object:
    """What came of a call; what it raised."""

    async def wait() -> object:
        async with make(AsyncSume) as sume:
            return await sume.with_options(attempts=1).account.me()

    try:
        if world == "async":
            return asyncio.run(wait())
        with make(Sume) as sume:
            return sume.with_options(attempts=1).account.me()
    except SumeError as error:
        return error


def test_no_pickle_holds_the_password_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:1")
    with Sume(api_key=key()) as sume:
        assert not any(one.encode() in pickle.dumps(sume) for one in SPELLINGS)
    with Sume(api_key=key(), proxy=f"http://{LOGIN}@127.0.0.1:1") as sume:
        with pytest.raises(TypeError):
            pickle.dumps(sume)
        assert not any(one in f"{sume._config!r} {attrs.asdict(sume._config)}" for one in SPELLINGS)


def test_nor_does_a_transport_that_was_given(waiting: list[tuple[str, str]]) -> None:
    """Its own frames hold our request, and show it as it shows itself."""
    del waiting

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(repr(request))
        return httpx.Response(200, json={"object": "list", "data": [], "has_more": False})

    seen: list[str] = []
    with Sume(api_key=key(), transport=httpx.MockTransport(handle)) as sume:
        sume.assets.search(q=told()).page()
    assert seen == ["<Request('GET')>"]


@pytest.mark.parametrize("step", [Do(partial(print, MARK), partial(print, MARK))])
def test_no_step_shows_what_it_does_its_work_with(step: object) -> None:
    assert MARK not in repr(step)


PASTED = "https://b.s3.amazonaws.com/uploads/ws_9f8a7b6c5d/zQ7wPx41RtLm.mp4?X-Amz-Signature=ab12"
WRONG: dict[str, Callable[[Sume, str], object]] = {
    "id": lambda sume, text: sume.jobs.get(text + "\n"),
    "parameter": lambda sume, text: sume.call(create_asset, **{text: 1}),  # type: ignore[arg-type]
    "scheme": lambda _, text: Sume(api_key="key-0123456789", auth=text),  # type: ignore[arg-type]
    "timeout": lambda _, text: Sume(api_key="key-0123456789", timeout=text),  # type: ignore[arg-type]
    "count": lambda sume, text: sume.jobs.list().take(text),  # type: ignore[arg-type]
    "time": lambda sume, text: sume.jobs.find_recent(since=text),
}


@pytest.mark.parametrize("where", WRONG)
@pytest.mark.parametrize("text", [PASTED, f"sume_live_{MARK}"])
def test_what_is_given_in_a_wrong_place_is_not_repeated(where: str, text: str) -> None:
    with Sume(api_key="key-0123456789") as sume, pytest.raises(SumeError) as caught:
        WRONG[where](sume, text)
    assert MARK not in f"{caught.value!s} {caught.value!r}"
    assert "9f8a7b6c5d" not in str(caught.value)
