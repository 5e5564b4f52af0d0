"""Guarantee: every failure leaves as one of our errors, which travels anywhere and holds no secret.

The threats: a library's exception in a caller's face, which no `except SumeError` catches; an
error that can't be pickled, which hangs a pool of workers; one that carries the request along.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import traceback
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

import sume_ext
from sume_ext import AsyncSume, Sume, SumeError, errors
from sume_ext.calling.effects import Effect
from sume_ext.errors import NotSentError, ResponseLostError, error_class
from sume_ext.operations import BINDINGS
from tests.faults.server import LAST, PLAIN
from tests.faults.worlds import KEY, NoJitter, SkippingClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.network.wire import Request, Timeouts

KINDS = sorted(
    (
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SumeError)
    ),
    key=lambda kind: kind.__name__,
)
EXTRAS: dict[str, Any] = {
    "status": 418,
    "code": "teapot",
    "job_id": "job_1",
    "step": "put",
    "details": {"field": ["prompt"]},
    "job_ids": ("job_1", "job_2"),
    "operation": "videos.generate",
    "request_id": "req_1",
    "cursor": "c2",
    "elapsed": 3.5,
    "sent_after": 5.0,
    "retry_after": 2.0,
    "final": True,
    "place": "data[3].id",
}


def example(kind: type[SumeError]) -> SumeError:
    takes = inspect.signature(kind).parameters
    extras = {name: value for name, value in EXTRAS.items() if name in takes}
    if issubclass(kind, errors.JobError):
        extras["status"] = "failed"
    made = kind("It broke.", **extras)
    made.add_note("A note.")
    return made


def same(one: BaseException, other: BaseException) -> bool:
    return (
        type(one) is type(other)
        and str(one) == str(other)
        and one.args == other.args
        and vars(one) == vars(other)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_pickling_and_copying(kind: type[SumeError]) -> None:
    error = example(kind)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert same(pickle.loads(pickle.dumps(error, protocol)), error)
    assert same(copy.copy(error), error)
    assert same(copy.deepcopy(error), error)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_to_do_next(kind: type[SumeError]) -> None:
    error = example(kind)
    assert error.hint in str(error)
    assert "It broke." in str(error)
    if issubclass(kind, errors.TransferError):
        assert error.headline().startswith("put")


def fail_with(kind: type[SumeError]) -> None:
    raise example(kind)


def test_every_error_crosses_a_process_pool() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        failures = [pool.submit(fail_with, kind).exception(60) for kind in KINDS]
    for kind, failure in zip(KINDS, failures, strict=True):
        assert failure is not None
        assert same(failure, example(kind))


def test_every_error_is_public() -> None:
    assert {kind.__name__ for kind in KINDS} <= set(sume_ext.__all__)


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [
        (400, "bad_request", "InvalidRequestError"),
        (422, "validation_error", "InvalidRequestError"),
        (401, "unauthorized", "AuthenticationError"),
        (402, "anything", "InsufficientCreditsError"),
        (400, "insufficient_credits", "InsufficientCreditsError"),
        (403, "forbidden", "PermissionDeniedError"),
        (404, "not_found", "NotFoundError"),
        (409, "job_not_completed", "ConflictError"),
        (429, "rate_limit_exceeded", "RateLimitError"),
        (500, "internal", "ServerError"),
        (599, "newer_than_us", "ServerError"),
        (418, "newer_than_us", "APIError"),
        (300, "http_300", "APIError"),
    ],
)
def test_a_status_has_its_class_and_an_unknown_code_stays_on_it(
    status: int, code: str, name: str
) -> None:
    assert error_class(status, code).__name__ == name


class Fault:
    """A transport whose every exchange ends in one way."""

    def __init__(self, how: bytes | BaseException) -> None:
        self._how = how

    def open(self, request: Request, timeouts: Timeouts) -> Canned:
        if isinstance(self._how, BaseException):
            raise copy.copy(self._how)
        return Canned(self._how)

    def close(self) -> None:
        """Nothing is open."""


class AsyncFault(Fault):
    async def open(self, request: Request, timeouts: Timeouts) -> Canned:  # type: ignore[override]
        return super().open(request, timeouts)

    async def aclose(self) -> None:
        """Nothing is open."""


class Canned:
    """An answer that was written down, read by blocking and by awaiting."""

    def __init__(self, answer: bytes) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        self.status = int(line.split(" ")[1]) if line.startswith("HTTP/") else 500
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (one.partition(":") for one in headers)
        }
        self._pieces = [body]

    def read(self) -> Any:
        return Pieces(self._pieces.pop() if self._pieces else b"")

    def close(self) -> Any:
        return Pieces(b"")

    aclose = close


class Pieces(bytes):
    """Bytes that may be awaited, too."""

    def __await__(self) -> Any:
        yield from ()
        return self


ALIKE = {"bomb", *map(str, range(521, 529))}
"""Slow, or nothing new here; on real sockets they all have their turn."""
FAULTS: dict[str, bytes | BaseException] = {
    "never sent": NotSentError("no connection."),
    "certificate refused": NotSentError("no TLS.", final=True),
    "lost": ResponseLostError("gone."),
    **{
        name: make(b'{"job_id": "job_1", "id": "job_1"}')
        for name, make in PLAIN.items()
        if name not in ALIKE
    },
    **{name: make(b'{"job_id": "job_1", "id": "job_1"}') for name, make in LAST.items()},
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "brand.list": {},
    "avatars.get": {"avatar_id": "a"},
    "jobs.get": {"job_id": "job_1"},
    "jobs.result": {"job_id": "job_1"},
    "images.generate": {"prompt": "p"},
    "videos.generate": {"prompt": "p"},
    "ads.videos.create": {"prompt": "p", "script": "s", "avatar_id": "a"},
    "face_swap.create": {"source_video_url": "https://sume.example/x.mp4", "avatar_ids": ["a"]},
    "reference_analysis.create": {"url": "https://www.tiktok.com/@a/video/1"},
    "assets.get": {"asset_id": "a"},
    "assets.create": {
        "object_key": "k", "file_name": "f.mp4", "content_type": "video/mp4", "size_bytes": 1
    },
    "uploads.presign": {
        "file_name": "f.mp4", "content_type": "video/mp4", "size_bytes": 1,
        "purpose": "asset_library_video",
    },
}  # fmt: skip


def behaviours(clip: str) -> dict[str, Callable[[Any], Any]]:
    """Every public callable that talks to the API, in a form that awaits or iterates the same."""
    made: dict[str, Callable[[Any], Any]] = {}
    for name, binding in BINDINGS.items():
        wanted = binding.signature.parameters
        given = {k: v for k, v in ARGUMENTS.get(name, {}).items() if k in wanted}

        def work(sume: Any, path: str = name, given: dict[str, Any] = given) -> Any:
            target = sume
            for step in path.split("."):
                target = getattr(target, step)
            return target(**given)

        made[name] = work
    made |= {
        "jobs.wait": lambda s: s.jobs.wait("job_1", timeout=3),
        "jobs.wait_many": lambda s: s.jobs.wait_many(["job_1", "job_2"], timeout=3),
        "jobs.find_recent": lambda s: s.jobs.find_recent(
            errors.OutcomeUnknownError(
                "?", job_type="video_generation", sent_after=1, sent_before=2
            )
        ),
        "jobs.list().page": lambda s: s.jobs.list().page(),
        "jobs.list().take": lambda s: s.jobs.list().take(3),
        "uploads.asset_video": lambda s: s.uploads.asset_video(clip),
        "uploads.face_swap_video": lambda s: s.uploads.face_swap_video(clip),
        "handle.refresh": lambda s: s.jobs.handle("job_1").refresh(),
        "handle.wait": lambda s: s.jobs.handle("job_1").wait(timeout=3),
        "handle.events": lambda s: s.jobs.handle("job_1").events(timeout=3),
        "handle.result": lambda s: s.jobs.handle("job_1").result(),
    }
    return made


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    path.write_bytes(b"video")
    return str(path)


def _options(transport: object) -> dict[str, Any]:
    return {
        "api_key": KEY,
        "base_url": "http://127.0.0.1:1",
        "transport": transport,
        "clock": SkippingClock(),
        "rng": NoJitter(),
    }


def _sync(work: Callable[[Any], Any], how: bytes | BaseException) -> None:
    with Sume(**_options(Fault(how))) as sume:
        found = work(sume)
        if inspect.isgenerator(found) or hasattr(found, "pages"):
            for _ in found:
                pass


async def _async(work: Callable[[Any], Any], how: bytes | BaseException) -> None:
    async with AsyncSume(**_options(AsyncFault(how))) as sume:
        found = work(sume)
        if inspect.isawaitable(found):
            await found
        elif inspect.isasyncgen(found) or hasattr(found, "pages"):
            async for _ in found:
                pass


@pytest.mark.filterwarnings("ignore:job status:UserWarning")
@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.parametrize("fault", FAULTS)
def test_only_our_errors_leave_any_public_callable(fault: str, world: str, clip: str) -> None:
    failed = 0
    for name, work in behaviours(clip).items():
        try:
            if world == "sync":
                _sync(work, FAULTS[fault])
            else:
                asyncio.run(_async(work, FAULTS[fault]))
        except SumeError as error:
            failed += 1
            _check(error, name)
        except Exception as error:  # noqa: BLE001  (this is what must not happen)
            pytest.fail(f"{name}: {''.join(traceback.format_exception(error))}")
    assert failed or fault in ("ok", "accepted")


def _check(error: SumeError, name: str) -> None:
    assert same(pickle.loads(pickle.dumps(error)), error), name
    shown = "".join(traceback.TracebackException.from_exception(error).format())
    assert KEY not in shown
    assert error.__cause__ is None or isinstance(error.__cause__, SumeError), name


def test_the_walk_misses_no_operation(clip: str) -> None:
    walked = behaviours(clip)
    assert set(BINDINGS) <= set(walked)
    for name, binding in BINDINGS.items():
        needed = {n for n, p in binding.signature.parameters.items() if p.default is p.empty}
        assert needed <= set(ARGUMENTS.get(name, {})), name
        assert isinstance(binding.effect, Effect)
