"""Uploads: presign, PUT, and for the Asset Library finalize.

Presigning is repeated at will, the PUT as long as it can be sent from the start; finalizing is
never repeated where it may have been done already. An upload that stops says at which step.
"""

from __future__ import annotations

import math
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from sume_ext import roles
from sume_ext.calling.calls import perform
from sume_ext.calling.effects import Effect
from sume_ext.errors import (
    OutcomeUnknownError,
    SchemaMismatchError,
    SumeError,
    TransportError,
    UploadError,
)
from sume_ext.flow import NOW, Do
from sume_ext.runners.interruptions import leave_word
from sume_ext.transfers.limits import check_listener, deadline_of
from sume_ext.transfers.reading import Patience
from sume_ext.transfers.sending import RefusedError, Report, put
from sume_ext.transfers.source import Source, Uploadable, examine

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.calling.calls import Reply
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

_ASSET: Final = "asset_library_video"
_FACE_SWAP: Final = "face_swap_source_video"
_WANTED: Final = {_ASSET: roles.OBJECT_KEY, _FACE_SWAP: roles.UPLOAD_MEDIA_URL}
"""What each purpose is presigned for."""
_STOPPED: Final = {
    step: f"The upload stopped at {step}; nothing was created. Next: Start the upload again."
    for step in ("source", "presign", "put")
}
_STOPPED_NOTES: Final = frozenset(_STOPPED.values())
_STOPPED_LATE: Final = (
    "The upload stopped at finalize (POST /assets); the file is stored. Next: Look for its job, of "
    "type asset_ingest, with sume.jobs.find_recent(interruption); upload again only if there is "
    "none."
)


def asset_video(  # noqa: D417  (callers don't see the engine)
    engine: Engine,
    source: Uploadable,
    *,
    name: str | None = None,
    content_type: str | None = None,
    on_progress: Callable[[int, int, int], object] | None = None,
    timeout: float | None = None,
) -> Flow[Any]:
    """Upload a video into the Asset Library.

    Args:
        source: A path, bytes, or a stream opened in binary mode. A stream is read from where it
            stands; one that can't seek, and a pipe, is copied to a temporary file first.
        name: Its file name for the library; the source's own when None.
        content_type: As in ``video/mp4``; told from its content, else its name, when None.
        on_progress: Called as ``on_progress(sent, total, attempt)``, in bytes, at most 20 times a
            second; the attempt counts from 1. What it raises ends the upload unchanged.
        timeout: Seconds until the file is stored; None for as long as bytes move. The client's
            own timeout is for its calls to the API. Storage that takes or says nothing for 120
            seconds, or takes less than 32 KiB in 30, is tried again a few times and then given up
            either way.

    Returns:
        The handle of the ingest job; scenes are found by search once it completed.

    Raises:
        UploadError: The source is no video that can be read (``step`` is ``source``), or the
            upload stopped (``presign``, ``put``).
        OutcomeUnknownError: The file is stored, but whether its ingest began isn't known.
        APIError: The API refused.
    """
    check_listener(on_progress)
    deadline = deadline_of(timeout, (yield NOW))
    looked_at = yield from _look_at(engine, source, name, content_type, deadline)
    done = False
    try:
        report = Report(on_progress, engine.runner.clock.monotonic)
        reply = yield from _store(engine, looked_at, _ASSET, report, deadline)
        job = yield from _finalize(engine, looked_at, reply)
        done = True
    finally:
        looked_at.close(done=done)
    return job


def face_swap_video(  # noqa: D417  (as above)
    engine: Engine,
    source: Uploadable,
    *,
    name: str | None = None,
    content_type: str | None = None,
    on_progress: Callable[[int, int, int], object] | None = None,
    timeout: float | None = None,
) -> Flow[str]:
    """Upload a source video for Face Swap.

    Args:
        source: As for `asset_video`.
        name: As for `asset_video`.
        content_type: As for `asset_video`.
        on_progress: As for `asset_video`.
        timeout: As for `asset_video`.

    Returns:
        Its media URL, for ``face_swap.create(source_video_url=…)``.

    Raises:
        UploadError: As for `asset_video`.
        APIError: The API refused.
    """
    check_listener(on_progress)
    deadline = deadline_of(timeout, (yield NOW))
    looked_at = yield from _look_at(engine, source, name, content_type, deadline)
    done = False
    try:
        report = Report(on_progress, engine.runner.clock.monotonic)
        reply = yield from _store(engine, looked_at, _FACE_SWAP, report, deadline)
        done = True
    finally:
        looked_at.close(done=done)
    return str(roles.UPLOAD_MEDIA_URL.require(reply.raw, "uploads.presign"))


def created_nothing(interruption: BaseException) -> bool:
    """Whether it is known of an interrupted upload that finalize was never asked for."""
    return not _STOPPED_NOTES.isdisjoint(getattr(interruption, "__notes__", ()))


def _look_at(
    engine: Engine, source: Uploadable, name: str | None, content_type: str | None, deadline: float
) -> Flow[Source]:
    """The source, once it is known to be one; whoever is interrupted waits for no pipe."""
    patience = Patience(engine.runner.clock.monotonic, deadline)
    try:
        looked_at: Source = yield Do(partial(examine, source, name, content_type, patience))
    except GeneratorExit as end:
        patience.over = True
        leave_word(end, _STOPPED["source"])
        raise
    return looked_at


def _store(
    engine: Engine, source: Source, purpose: str, report: Report, deadline: float
) -> Flow[Reply[Any]]:
    """Presign and PUT; a URL that storage refuses is asked for again once."""
    refused = ""
    for _ in range(2):
        reply = yield from _presign(engine, source, purpose, deadline)
        # What is needed afterwards must be there before gigabytes are sent for nothing.
        _WANTED[purpose].require(reply.raw, "uploads.presign")
        url = str(roles.UPLOAD_URL.require(reply.raw, "uploads.presign"))
        headers: dict[str, Any] = roles.UPLOAD_HEADERS.find(reply.raw) or {}
        try:
            yield from put(engine, url, headers, source, report, deadline)
        except RefusedError as error:
            refused = error.reason
        except GeneratorExit as end:
            leave_word(end, _STOPPED["put"])
            raise
        else:
            return reply
    raise UploadError(
        f"{refused} A new upload URL was refused as well.",
        step="put",
        hint="Check this machine's clock and any proxy in between, then start the upload again.",
    )


def _about(source: Source) -> dict[roles.Role, object]:
    return {
        roles.FILE_NAME: source.name,
        roles.CONTENT_TYPE: source.content_type,
        roles.FILE_SIZE: source.size,
    }


def _presign(engine: Engine, source: Source, purpose: str, deadline: float) -> Flow[Reply[Any]]:
    binding = engine.binding("uploads.presign")
    values = {**_about(source), roles.PURPOSE: purpose}
    kwargs = binding.arguments((), roles.fill(binding.name, binding.body, values))
    # A URL that nobody uses does nothing, so asking again is as harmless as reading.
    call = evolve(binding.call, effect=Effect.READS)
    within = None if deadline == math.inf else max(deadline - (yield NOW), 0.0)
    try:
        return (yield from perform(engine.settings, call, kwargs, within=within))
    except GeneratorExit as end:
        leave_word(end, _STOPPED["presign"])
        raise
    except TransportError as error:
        raise UploadError(error.message, step="presign", request_id=error.request_id) from None
    except SumeError as error:
        error.add_note("The upload stopped at presign; nothing was sent to storage.")
        raise


def _finalize(engine: Engine, source: Source, reply: Reply[Any]) -> Flow[Any]:
    binding = engine.binding("assets.create")
    key = roles.OBJECT_KEY.require(reply.raw, "uploads.presign")
    fields = roles.fill(binding.name, binding.body, {roles.FINALIZE_KEY: key})
    # What else is known of the file goes along where the API has a place for it.
    for role, value in _about(source).items():
        with suppress(SchemaMismatchError):
            fields |= roles.fill(binding.name, binding.body, {role: value})
    kwargs = binding.arguments((), fields)
    make = partial(engine.new_job, binding.call)
    try:
        return (yield from perform(engine.settings, binding.call, kwargs, make=make))
    except GeneratorExit as end:
        leave_word(end, _STOPPED_LATE)
        raise
    except OutcomeUnknownError as error:
        error.hint = (
            "The file is stored; whether its ingest began isn't known. Look for its job, of type "
            "asset_ingest, with sume.jobs.find_recent(error); upload again only if there is none."
        )
        raise
    except TransportError as error:
        raise UploadError(
            f"the file is stored, but its ingest was not begun: {error.message}",
            step="finalize",
            request_id=error.request_id,
        ) from None
    except SumeError as error:
        error.add_note("The upload stopped at finalize (POST /assets); the file itself is stored.")
        raise
