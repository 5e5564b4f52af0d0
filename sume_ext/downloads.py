"""Downloads of result media: without our credentials, whole or not at all.

A file is written under a temporary name beside its final one and renamed when its length is
right, so nothing half stands under a final name.
"""

from __future__ import annotations

import mimetypes
import re
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import frozen

from sume_ext.config import is_loopback
from sume_ext.errors import DownloadError, TransportError
from sume_ext.flow import NOW, Close, Do, Emit, Open, Read
from sume_ext.wire import Request

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from io import BufferedWriter

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.media import MediaFile
    from sume_ext.wire import Stream

_OK = 200
_STALL = 600.0
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@frozen
class Progress:
    """How far one file is.

    Attributes:
        name: The file's name.
        received: Bytes so far.
        total: Bytes in all, or None when not known.
    """

    name: str
    received: int
    total: int | None


Listener = Callable[[Progress], object]


def file_name(job_id: str, index: int, media: MediaFile) -> str:
    """A name made of the job's id, the file's place and its type: never the server's own."""
    extension = mimetypes.guess_extension(media.content_type or "")
    if extension is None:
        suffix = Path(urlsplit(media.url).path).suffix
        extension = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", suffix) else ""
    return f"{_UNSAFE.sub('_', job_id)[:100]}-{index + 1}{extension}"


def download_all(
    engine: Engine,
    job_id: str,
    media: Sequence[MediaFile],
    directory: str | os.PathLike[str],
    overwrite: bool,
    on_progress: Listener | None,
) -> Flow[list[Path]]:
    """Every file of a result, one after the other; answers with their paths."""
    folder = Path(directory)
    yield Do(partial(_make_folder, folder))
    paths: list[Path] = []
    for index, one in enumerate(media):
        path = folder / file_name(job_id, index, one)
        yield from _download(engine, one.url, path, overwrite, on_progress)
        paths.append(path)
    return paths


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"can't make the directory: {error.strerror}.", step="write", hint="Choose another."
        ) from None


def _download(
    engine: Engine, url: str, path: Path, overwrite: bool, on_progress: Listener | None
) -> Flow[None]:
    if path.exists() and not overwrite:
        return
    _check_url(url, engine.settings.config.base_url)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    deadline = (yield NOW) + _STALL
    try:
        file: BufferedWriter = yield Do(partial(part.open, "xb"))
        with file:
            stream = yield Open(
                Request("GET", url, {"accept": "*/*", "accept-encoding": "identity"}),
                deadline,
                storage=True,
            )
            if stream.status != _OK:
                raise DownloadError(f"the media server answered {stream.status}.", step="get")
            yield from _copy(stream, file, path.name, deadline, on_progress)
        yield Do(partial(part.replace, path))
    except TransportError as error:
        raise DownloadError(error.message, step="get") from None
    except OSError as error:
        raise DownloadError(f"can't write the file: {error.strerror}.", step="write") from None
    finally:
        part.unlink(missing_ok=True)


def _copy(
    stream: Stream,
    file: BufferedWriter,
    name: str,
    deadline: float,
    on_progress: Listener | None,
) -> Flow[None]:
    length = stream.headers.get("content-length", "")
    total = int(length) if length.isdigit() else None
    received = 0
    while chunk := (yield Read(stream, deadline)):
        yield Do(partial(file.write, chunk))
        received += len(chunk)
        yield Emit(Progress(name, received, total), on_progress)
    yield Close(stream)
    if total is not None and received != total:
        raise DownloadError(f"{received} of {total} bytes came.", step="get")


def _check_url(url: str, base_url: str) -> None:
    parts = urlsplit(url)
    local = is_loopback(parts.hostname or "") and is_loopback(urlsplit(base_url).hostname or "")
    if parts.scheme != "https" and not local:
        raise DownloadError(f"the media URL is {parts.scheme}://, not https://.", step="url")
