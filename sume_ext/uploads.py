"""Uploads: presign, PUT to storage, and for the Asset Library finalize.

The bytes go to storage with the headers that presign asked for and nothing else of ours:
no key, no cookie, no default header. An upload that stops says at which step.
"""

from __future__ import annotations

import mimetypes
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from sume_ext import roles
from sume_ext.calls import perform
from sume_ext.errors import SumeError, TransportError, UploadError
from sume_ext.flow import NOW, Do, Open, Read
from sume_ext.wire import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from sume_ext.calls import Reply
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

_CHUNK = 1024 * 1024
_PUT_SECONDS = 3600.0
_SUCCESS = range(200, 300)


@frozen
class FileSource:
    """A file to upload, read afresh from its start each time it is sent.

    Attributes:
        path: Where it is.
        size: Its length in bytes when it was looked at.
        content_type: By its name.
    """

    path: Path
    size: int
    content_type: str

    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


def look_at(path: Path) -> FileSource:
    """The file at a path, checked before anything is sent.

    Raises:
        UploadError: It is missing, a directory, empty, or no video.
    """
    problem = "it is a directory." if path.is_dir() else ""
    size = 0
    if not problem:
        try:
            with path.open("rb"):
                size = path.stat().st_size
        except OSError as error:
            problem = f"{error.strerror}."
        else:
            problem = "" if size else "it is empty."
    content_type = mimetypes.guess_type(path.name)[0] or ""
    if not problem and not content_type.startswith("video/"):
        problem = "its name has no video's extension."
    if problem:
        raise UploadError(
            f"can't upload {path.name!r}: {problem}", step="source", hint="Pass a video file."
        )
    return FileSource(path, size, content_type)


def send(engine: Engine, source: FileSource, purpose: str) -> Flow[Reply[Any]]:
    """Presign and PUT; answers with what presign said."""
    reply = yield from presign(engine, source, purpose)
    headers: Mapping[str, str] = roles.UPLOAD_HEADERS.find(reply.raw) or {}
    deadline = (yield NOW) + _PUT_SECONDS
    url = str(roles.UPLOAD_URL.require(reply.raw, "uploads.presign"))
    request = Request("PUT", url, {n.lower(): str(v) for n, v in headers.items()}, source)
    try:
        stream = yield Open(request, deadline, storage=True)
        while (yield Read(stream, deadline)):
            pass
    except TransportError as error:
        raise UploadError(error.message, step="put") from None
    if stream.status not in _SUCCESS:
        raise UploadError(f"storage answered {stream.status}.", step="put")
    return reply


def presign(engine: Engine, source: FileSource, purpose: str) -> Flow[Reply[Any]]:
    """Ask for a place to upload to."""
    binding = engine.binding("uploads.presign")
    values = {
        roles.FILE_NAME: source.path.name,
        roles.CONTENT_TYPE: source.content_type,
        roles.FILE_SIZE: source.size,
        roles.PURPOSE: purpose,
    }
    kwargs = binding.arguments((), roles.fill(binding.name, binding.body, values))
    return (yield from perform(engine.settings, binding.call, kwargs))


def asset_video(engine: Engine, path: str | PathLike[str]) -> Flow[Any]:
    """Upload into the Asset Library; answers with the handle of the ingest job."""
    source = yield Do(partial(look_at, Path(path)))
    reply = yield from send(engine, source, "asset_library_video")
    binding = engine.binding("assets.create")
    key = roles.OBJECT_KEY.require(reply.raw, "uploads.presign")
    extra = {roles.FINALIZE_KEY: key}
    try:
        kwargs = binding.arguments((), roles.fill(binding.name, binding.body, extra))
        answer = yield from perform(engine.settings, binding.call, kwargs)
    except SumeError as error:
        error.add_note("The file is uploaded; finalizing it (POST /assets) is what stopped.")
        raise
    return engine.new_job(binding.call, answer)


def face_swap_video(engine: Engine, path: str | PathLike[str]) -> Flow[str]:
    """Upload a source video for Face Swap; answers with its media URL."""
    source = yield Do(partial(look_at, Path(path)))
    reply = yield from send(engine, source, "face_swap_source_video")
    return str(roles.UPLOAD_MEDIA_URL.require(reply.raw, "uploads.presign"))
