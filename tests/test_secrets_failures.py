"""Guarantee: what fails says why in our words, and repeats nothing that it was told or sent.

The threat: the one place of many that quotes the server's error code, the URL it couldn't reach,
the redirect it didn't follow or the key of a call that Ctrl-C broke off. Each failure of a job, an
upload, a download, and an interruption of each, is seen every way an exception can be seen.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sume_ext import AsyncSume, Sume
from tests.secrets.trap import INTERRUPTIONS, Trap, found_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Instead = Callable[[httpx.Request], httpx.Response]

MARK = f"zQ7w{secrets.token_hex(10)}"
"""Made anew each time, because a warning is given once for each text."""
LINK = f"https://store.example/uploads/ws_4f1d2c3b4a5e/{MARK}.mp4?X-Amz-Signature={MARK}"
MEDIA = f"https://media.example/{MARK}.mp4?signature={MARK}"
SAID = f"see {LINK} or ask {MARK}@mail.example with sume_live_{MARK}"
KEY = f"sume_live_{MARK}"
MARKERS = {"a secret": [MARK]}


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    (tmp_path / "seen").mkdir()
    made = Trap(tmp_path / "seen", painted=False)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUME_API_KEY", KEY)


def job(status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"id": "job_1", "object": "job", "type": "video_generation", "status": status, **more}


ERROR = {"code": f"bad_{MARK} {SAID}", "message": SAID}
ANSWERS: dict[str, Any] = {
    "POST /uploads/presign": {
        "upload_url": LINK, "object_key": f"uploads/ws_4f1d2c3b4a5e/{MARK}.mp4", "media_url": MEDIA,
        "required_headers": {"x-amz-meta-owner": MARK},
    },
    "POST /assets": {"job_id": "job_1", "status": "queued"},
    "POST /videos/generations": {"job_id": "job_1", "status": "queued"},
    "GET /jobs/job_1": job(),
    "GET /jobs/job_1/result": job(result={"media": [{"url": MEDIA, "kind": "video"}]}),
    "GET /jobs": {"object": "list", "data": [], "has_more": False, "next_cursor": None},
}  # fmt: skip


def place_of(request: httpx.Request) -> str:
    """As in ``GET /jobs``, ``PUT store``, ``GET media``."""
    host = request.url.host.partition(".")[0]
    path = request.url.path.removeprefix("/api/v1")
    return f"{request.method} {host if host in ('store', 'media') else path}"


class Api:
    """Answers as the API, the store and the media host do, but for one place.

    Args:
        where: The place, as `place_of` says it.
        instead: What happens there; an interruption when None.
        world: Whether it is asked by awaiting.
    """

    def __init__(self, where: str, instead: Instead | None, world: str) -> None:
        self.where = where
        self.instead = instead
        self.reached = 0
        handle = self.handle if world == "sync" else self.ahandle
        self.transport = httpx.MockTransport(handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        place = place_of(request)
        if place != self.where:
            if place in ("PUT store", "GET media"):
                return httpx.Response(200, content=b"")
            return httpx.Response(200, json=ANSWERS[place])
        self.reached += 1
        if self.instead is None:
            del request  # a transport that is given shows its own frames as it likes
            raise KeyboardInterrupt
        return self.instead(request)

    async def ahandle(self, request: httpx.Request) -> httpx.Response:
        if self.instead is None and place_of(request) == self.where:
            self.reached += 1
            del request
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
            raise AssertionError("not cancelled")
        return self.handle(request)


def answers(status: int, **more: Any) -> Instead:
    return lambda _: httpx.Response(status, **more)


def breaks(kind: type[httpx.RequestError]) -> Instead:
    def raise_it(request: httpx.Request) -> httpx.Response:
        raise kind(f"{SAID} {request.url}", request=request)

    return raise_it


def moved(location: str) -> Instead:
    return answers(302, headers={"location": location})


def upload(sume: Any, folder: Path) -> Any:
    (folder / "clip.mp4").write_bytes(b"12345678")
    return sume.uploads.asset_video(folder / "clip.mp4")


async def _downloaded(sume: Any, folder: Path) -> Any:
    result = await sume.jobs.result("job_1")
    return await result.download(folder / "out")


def download(sume: Any, folder: Path) -> Any:
    if isinstance(sume, Sume):
        return sume.jobs.result("job_1").download(folder / "out")
    return _downloaded(sume, folder)


WORKS: dict[str, Callable[[Any, Path], Any]] = {
    "upload": upload,
    "download": download,
    "wait": lambda sume, _: sume.jobs.wait("job_1", timeout=0.01),
    "wait for many": lambda sume, _: sume.jobs.wait_many(["job_1"], timeout=0.01),
    "create": lambda sume, _: sume.videos.generate(prompt="x", duration=4),
}

FAILURES: dict[str, tuple[str, str, Instead, str | None]] = {
    "job failed": ("wait", "GET /jobs/job_1", answers(200, json=job("failed", error=ERROR)),
                   "JobFailedError"),
    "job canceled": ("wait", "GET /jobs/job_1", answers(200, json=job("canceled", error=ERROR)),
                     "JobCanceledError"),
    "job expired": ("wait", "GET /jobs/job_1", answers(200, json=job("expired", error=ERROR)),
                    "JobExpiredError"),
    "job of a new status": ("wait", "GET /jobs/job_1",
                            answers(200, json=job(f"paused {SAID}", type=f"new {SAID}")),
                            "JobTimeoutError"),
    "one of many failed": ("wait for many", "GET /jobs/job_1",
                           answers(200, json=job("failed", error=ERROR)), None),
    "one of many of a new status": ("wait for many", "GET /jobs/job_1",
                                    answers(200, json=job(f"odd {SAID}")), None),
    "upload: store refuses": ("upload", "PUT store",
                              answers(403, text=f"<Error><Code>{MARK}</Code>{SAID}</Error>"),
                              "UploadError"),
    "upload: store says no": ("upload", "PUT store", answers(400, text=SAID), "UploadError"),
    "upload: store moved": ("upload", "PUT store", moved(LINK), "UploadError"),
    "upload: what HTTP forbids": ("upload", "PUT store", breaks(httpx.LocalProtocolError),
                                  "UploadError"),
    "upload: no scheme": ("upload", "PUT store", breaks(httpx.UnsupportedProtocol), "UploadError"),
    "upload: no connection": ("upload", "PUT store", breaks(httpx.ConnectError), "UploadError"),
    "upload: lost": ("upload", "PUT store", breaks(httpx.ReadError), "UploadError"),
    "upload: no presign": ("upload", "POST /uploads/presign", breaks(httpx.ConnectError),
                           "UploadError"),
    "upload: presign says no": ("upload", "POST /uploads/presign",
                                answers(400, json={"error": ERROR}), "InvalidRequestError"),
    "upload: presign refuses HTTP": (
        "upload", "POST /uploads/presign",
        answers(200, json={**ANSWERS["POST /uploads/presign"],
                           "upload_url": LINK.replace("https", "http")}), "UploadError"),
    "upload: not finalized": ("upload", "POST /assets", breaks(httpx.ConnectError), "UploadError"),
    "upload: finalize lost": ("upload", "POST /assets", breaks(httpx.ReadError),
                              "OutcomeUnknownError"),
    "upload: finalize says no": ("upload", "POST /assets", answers(409, json={"error": ERROR}),
                                 "ConflictError"),
    "download: refused": ("download", "GET media", answers(403, text=SAID), "DownloadError"),
    "download: what HTTP forbids": ("download", "GET media", breaks(httpx.LocalProtocolError),
                                    "DownloadError"),
    "download: lost": ("download", "GET media", breaks(httpx.ReadError), "DownloadError"),
    "download: moved to no URL": ("download", "GET media", moved(f"https://[{MARK}/{MEDIA}"),
                                  "DownloadError"),
    "download: moved to a user": ("download", "GET media", moved(f"https://u:{MARK}@h.example/x"),
                                  "DownloadError"),
    "download: moved to plain HTTP": ("download", "GET media",
                                      moved(f"http://h.example/{MARK}?signature={MARK}"),
                                      "DownloadError"),
    "download: moved in a circle": ("download", "GET media", moved(MEDIA), "DownloadError"),
    "create: no": ("create", "POST /videos/generations", answers(422, json={"error": ERROR}),
                   "InvalidRequestError"),
    "create: not sent": ("create", "POST /videos/generations", breaks(httpx.ConnectError),
                         "NotSentError"),
    "create: lost": ("create", "POST /videos/generations", breaks(httpx.ReadError),
                     "OutcomeUnknownError"),
    "create: another answer": ("create", "POST /videos/generations",
                               answers(200, json=[{"id": "job_9", "title": SAID, "url": LINK}]),
                               "SchemaMismatchError"),
}  # fmt: skip
"""What is done, where it goes wrong, how, and the exception that comes of it."""


class Hurried:
    """A clock on which every pause is over at once."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 0.001
        return self.now

    def time(self) -> float:
        return 1_800_000_000 + self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def run(trap: Trap, world: str, api: Api, work: Callable[[Any, Path], Any]) -> Any:
    """Do it with a client of its own, and show what comes of it."""
    folder = trap.folder.parent

    def sync() -> Any:
        with Sume(transport=api.transport, clock=Hurried()) as sume:
            return work(sume, folder)

    async def awaited() -> Any:
        async with AsyncSume(transport=api.transport, clock=Hurried()) as sume:
            return await work(sume, folder)

    begin = sync if world == "sync" else lambda: asyncio.run(awaited())
    return trap.attempt(begin, *INTERRUPTIONS)


@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_says_nothing_of_what_it_is_about(failure: str, world: str, trap: Trap) -> None:
    work, where, instead, expected = FAILURES[failure]
    api = Api(where, instead, world)
    with trap.listening():
        for outcome in run(trap, world, api, WORKS[work]) or ():
            trap.failed(outcome.error)
    assert api.reached
    assert trap.failures[:1] == [expected] or (expected is None and trap.failures)
    assert found_in(trap.folder, MARKERS) == {}


STOPS = {
    "creating": ("create", "POST /videos/generations", "may or may not have been accepted"),
    "waiting": ("wait", "GET /jobs/job_1", "may still run"),
    "waiting for many": ("wait for many", "GET /jobs/job_1", "job_1"),
    "presigning": ("upload", "POST /uploads/presign", "stopped"),
    "sending": ("upload", "PUT store", "stopped"),
    "finalizing": ("upload", "POST /assets", "stored"),
    "downloading": ("download", "GET media", "The download stopped"),
}


@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.parametrize("stop", STOPS)
def test_an_interruption_is_told_how_to_go_on_and_nothing_else(
    stop: str, world: str, trap: Trap
) -> None:
    work, where, word = STOPS[stop]
    api = Api(where, None, world)
    with trap.listening():
        run(trap, world, api, WORKS[work])
    assert api.reached
    assert trap.failures == ["KeyboardInterrupt" if world == "sync" else "CancelledError"]
    assert word in (trap.folder / "notes.txt").read_text()
    assert found_in(trap.folder, MARKERS) == {}


def test_what_is_sent_and_told_here_would_be_found(trap: Trap) -> None:
    with trap.listening():
        trap.failed(RuntimeError(ERROR["code"]))
    assert "log.txt" in found_in(trap.folder, MARKERS)["a secret"]
