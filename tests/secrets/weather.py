"""Every fault of the request path, what each comes to, and every mistake that is refused.

What is expected is written down for each fault and operation, so that a fault which strikes
nothing, or which an earlier one hides, is noticed.
"""
# ruff: noqa: B023  (whatever a guide is given it does at once)

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sume_ext import AsyncSume, Sume
from sume_ext.sandbox import sample_video

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sume_ext.sandbox import Sandbox
    from tests.secrets.marks import Marks
    from tests.secrets.tour import Guide

Expected = dict[str, str | None]
"""The name of the exception by operation; None where it does no harm."""


def _refused(error: str, *, paid: str | None = None) -> Expected:
    """A status, which every operation meets."""
    return {
        "get_me": error,
        "list_assets": error,
        "create_video_generation": paid or error,
        "storage_put": "UploadError",
        "create_asset": paid or error,
        "media_get": "DownloadError",
    }


def _lost(
    read: str | None = "ResponseLostError",
    paid: str | None = "OutcomeUnknownError",
    put: str | None = "UploadError",
    media: str | None = "DownloadError",
) -> Expected:
    """Something on the wire; of an answer to a PUT nobody needs the body."""
    return {"get_me": read, "create_video_generation": paid, "storage_put": put, "media_get": media}


def _silent() -> Expected:
    """Silence, for which a transfer waits a minute; so only the short calls meet it."""
    return {"get_me": "ResponseLostError", "create_video_generation": "OutcomeUnknownError"}


_MISFIT = "SchemaMismatchError"
FAULTS: Mapping[str, Expected] = {
    "status=400": _refused("InvalidRequestError"),
    "status=401": _refused("AuthenticationError"),
    "status=402": _refused("InsufficientCreditsError"),
    "status=403": _refused("PermissionDeniedError"),
    "status=404": _refused("NotFoundError"),
    "status=409": _refused("ConflictError"),
    "status=422": _refused("InvalidRequestError"),
    "status=429 retry_after=0": _refused("RateLimitError"),
    "status=500": _refused("ServerError", paid="OutcomeUnknownError"),
    "status=503": _refused("ServerError", paid="OutcomeUnknownError"),
    "status=302": _refused("NotFoundError", paid="APIError"),  # a read follows it
    "status=599": _refused("ServerError", paid="OutcomeUnknownError"),
    "reset=before": _lost(),
    "reset=after": _lost(),
    "reset=mid": _lost(put=None),
    "close=after": _lost(),
    "close=mid": _lost(put=None),
    "hang=before": _silent(),
    "hang=mid": _silent(),
    "truncate=length": _lost(put=None),
    "truncate=chunk": _lost(put=None),
    "truncate=gzip": _lost(put=None),
    "garbage": _lost(),
    "overlong": _lost(None, None, None, None),
    "encoding=corrupt": _lost(put=None),
    "encoding=bomb": _lost(_MISFIT, put=None),  # it would be larger than an answer may be
    "shape=html": _lost(_MISFIT, "OutcomeUnknownError", None, None),
    "shape=empty": _lost(_MISFIT, "OutcomeUnknownError", None),
    "shape=cut_json": _lost(_MISFIT, _MISFIT, None, None),
    "shape=list": _lost(_MISFIT, _MISFIT, None, None),
    "shape=nan": _lost(None, None, None, None),
    "shape=utf16": _lost(None, None, None, None),
    "shape=no_type": _lost(None, None, None, None),
    "pages=same_cursor": {"list_assets": "PaginationError"},
    "pages=no_cursor": {"list_assets": "PaginationError"},
}
"""What each fault of the request path comes to."""


def bad_weather(
    make: Callable[..., Guide], sandbox: Sandbox, faults: tuple[str, ...], folder: Path
) -> dict[str, Expected]:
    """Each fault to a read, a list, a paid call, each step of an upload and of a download.

    Args:
        make: Makes a guide, with a client's options; each fault gets one of its own, because a
            client remembers some.
        sandbox: Where it happens.
        faults: Names from `FAULTS`.
        folder: Where downloads go.

    Returns:
        What came of each, as in `FAULTS`; an operation that no fault has struck is left out.
    """
    video = sample_video()
    do = make()
    do(lambda c: c.account.me())
    do(lambda c: c.uploads.asset_video(video))
    do(lambda c: c.assets.list().take(1))
    do.close()
    sandbox.requests.clear()
    echo = " ".join(value for values in sandbox.markers().values() for value in values[-1:])
    said = {"message": f"no: {echo}"}
    told = {"x-echo": echo, "set-cookie": f"session={echo}", "location": f"/x?{quote(echo)}"}
    del echo
    met: dict[str, Expected] = {}
    for number, fault in enumerate(faults):
        extra: dict[str, Any] = {"headers": told} if "status" in fault else {}
        if "status" in fault and "302" not in fault:
            extra |= said
        for operation in FAULTS[fault]:
            # Nothing but silence is told by the clock, so nothing else depends on a busy machine.
            do = make(timeout=0.5 if "hang" in fault else 60)
            works: dict[str, Callable[[Any], Any]] = {
                "get_me": lambda c: c.account.me(),
                "list_assets": lambda c: c.assets.list(limit=1).take(4),
                "create_video_generation": lambda c: c.videos.generate(prompt="x", duration=4),
                "storage_put": lambda c: c.uploads.asset_video(video),
                "create_asset": lambda c: c.uploads.asset_video(video),
            }
            if operation == "media_get":
                job = do(lambda c: c.images.generate(prompt="x"))
                do(lambda _: job.wait(timeout=20))
                result = do(lambda _: job.result())
                target = folder / f"bad-{type(do).__name__}-{number}"
                works[operation] = lambda _: result.download(target)
            _add(sandbox, f"{operation} {fault} times=9", extra)
            sandbox.requests.clear()
            before = len(do.trap.failures)
            do(works[operation])
            do.close()
            sandbox.faults.clear()
            if any(one.fault for one in sandbox.requests):
                failed = do.trap.failures[before:]
                met.setdefault(fault, {})[operation] = failed[0] if failed else None
            sandbox.requests.clear()
    return met


def _add(sandbox: Sandbox, text: str, extra: dict[str, Any]) -> None:
    operation, *words = text.split()
    options: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        options[name] = int(value) if value.isdigit() else (value or True)
    sandbox.faults.add(operation=operation, **options, **extra)


MISTAKES: Mapping[str, tuple[str, Callable[[Any, Marks], Any]]] = {
    "an id that is a URL": ("InvalidArgumentError", lambda c, m: c.jobs.get(m.url())),
    "an id that is a key": ("NotFoundError", lambda c, m: c.avatars.get(m.key())),
    "a parameter of another name": (
        "InvalidArgumentError", lambda c, m: c.videos.generate(**{m.key(): m.url()}),
    ),
    "a parameter of another type": (
        "InvalidArgumentError", lambda c, m: c.videos.generate(prompt=[m.url()]),
    ),
    "what is no scene": ("InvalidArgumentError", lambda c, m: c.assets.reopen(m.url())),
    "what is no time": ("InvalidArgumentError", lambda c, m: c.jobs.find_recent(since=m.url())),
    "what is no list of ids": ("InvalidArgumentError", lambda c, m: c.jobs.wait_many([m.url()])),
    "a file that isn't there": (
        "UploadError", lambda c, m: c.uploads.asset_video(f"/nowhere/{m.email()}"),
    ),
    "an avatar that isn't there": (
        "NotFoundError",
        lambda c, m: c.face_swap.create(source_video_url=m.url(), avatar_ids=[m.key()]),
    ),
}  # fmt: skip
"""What an application may get wrong, and the exception that it gets."""


def mistakes(do: Guide) -> dict[str, str | None]:
    """What came of each of `MISTAKES`."""
    met: dict[str, str | None] = {}
    for what, (_, work) in MISTAKES.items():
        before = len(do.trap.failures)
        do(lambda c: work(c, do.trap.marks))
        failed = do.trap.failures[before:]
        met[what] = failed[0] if failed else None
    return met


SETTINGS: Mapping[str, tuple[str, Callable[[Any, Marks], Any]]] = {
    "a base URL with a user": (
        "ConfigurationError",
        lambda kind, m: kind(api_key=m.key(), base_url=f"https://u:{m.key()}@sume.example"),
    ),
    "a base URL that is a signed one": (
        "ConfigurationError", lambda kind, m: kind(api_key=m.key(), base_url=m.url()),
    ),
    "a key with what no header takes": (
        "ConfigurationError", lambda kind, m: kind(api_key=f"{m.key()}\n{m.key()}"),
    ),
    "no scheme": ("ConfigurationError", lambda kind, m: kind(api_key=m.key(), auth=m.url())),
}  # fmt: skip


def refused_settings(do: Guide) -> dict[str, str | None]:
    """What came of each of `SETTINGS`, for the same kind of client."""
    kind = Sume if isinstance(do.client, Sume) else AsyncSume
    met: dict[str, str | None] = {}
    for what, (_, make) in SETTINGS.items():
        before = len(do.trap.failures)
        do.trap.attempt(lambda: make(kind, do.trap.marks))
        failed = do.trap.failures[before:]
        met[what] = failed[0] if failed else None
    return met


NOWHERE = "http://127.0.0.1:1"
"""Where nobody listens: what is asked there isn't sent."""
