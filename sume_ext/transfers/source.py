"""What can be uploaded, looked at before anything is sent: its size, its type and its name.

A source is read from its start for every attempt and has the size it was looked at with;
one that changes in between is an error, never a mixture.
"""

from __future__ import annotations

import io
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol, TypeAlias

from sume_ext.errors import InvalidArgumentError, UploadError
from sume_ext.transfers.content_types import HEAD_BYTES, by_content, by_name, extension_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from os import PathLike

_CHUNK: Final = 1024 * 1024
MOST_BYTES: Final = 5 * 1024**3
"""The most one PUT can carry. Source: the S3 documentation, "Uploading objects"."""
_TYPE: Final = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}( ?;[ -~]{1,80})?", re.ASCII)
Uploadable: TypeAlias = "str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes]"
"""A path, the bytes themselves, or a binary stream, seekable or not."""


class Content(Protocol):
    """Bytes that can be read again and again."""

    size: int

    def chunks(self) -> Generator[bytes, None, None]:
        """Its bytes from the start.

        Raises:
            UploadError: It isn't any more what it was.
        """
        ...

    def close(self) -> None:
        """Let go of what was opened for it."""
        ...


class Source:
    """Something to upload.

    Args:
        content: Its bytes.
        name: Its file name, for the API.
        content_type: As in ``video/mp4``.

    Attributes:
        size: Its length in bytes.
    """

    def __init__(self, content: Content, name: str, content_type: str) -> None:
        self.content = content
        self.name = name
        self.content_type = content_type
        self.size = content.size

    def close(self) -> None:
        """Let go of what was opened for it; a caller's own stream stays open."""
        self.content.close()


class _Memory:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def chunks(self) -> Generator[bytes, None, None]:
        for start in range(0, self.size, _CHUNK):
            yield self._data[start : start + _CHUNK]

    def close(self) -> None:
        """Nothing was opened."""


class _File:
    """A file of the file system, opened anew for every attempt."""

    def __init__(self, path: Path, seen: os.stat_result) -> None:
        self._path = path
        self._seen = _identity(seen)
        self.size = seen.st_size

    def chunks(self) -> Generator[bytes, None, None]:
        with self._path.open("rb", buffering=0) as file:
            yield from _exactly(file, self.size, lambda: self._changed(file))

    def _changed(self, file: IO[bytes]) -> bool:
        return _identity(os.fstat(file.fileno())) != self._seen

    def close(self) -> None:
        """Each attempt closes what it opened."""


class _Stream:
    """A seekable stream, from where it stands; closed afterwards only if it is ours."""

    def __init__(self, stream: IO[bytes], *, ours: bool) -> None:
        self._stream = stream
        self._ours = ours
        self._start = stream.tell()
        self.size = stream.seek(0, os.SEEK_END) - self._start
        stream.seek(self._start)

    def chunks(self) -> Generator[bytes, None, None]:
        self._stream.seek(self._start)
        yield from _exactly(self._stream, self.size, lambda: False)

    def close(self) -> None:
        if self._ours:
            self._stream.close()


def _identity(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns


def _exactly(
    file: IO[bytes], size: int, changed: Callable[[], bool]
) -> Generator[bytes, None, None]:
    """As many bytes as were promised; the last of them only when nothing has changed.

    Holding them back leaves a PUT unfinished, so that storage keeps nothing of a mixture.
    """
    left = size
    while left:
        chunk = file.read(min(_CHUNK, left)) or b""
        left -= len(chunk)
        if not chunk or (not left and (changed() or file.read(1))):
            raise UploadError(
                "the file changed while it was being sent; storage keeps nothing of it.",
                step="put",
                hint="Upload it again once nothing writes to it any more.",
            )
        yield chunk


def examine(source: Uploadable, name: str | None, content_type: str | None) -> Source:
    """Look at a source: whether it can be read, how long it is, and what it holds.

    Args:
        source: A path, bytes or a binary stream. A stream that can't seek, and a path that is a
            pipe, is copied to a temporary file first, because its length must be known.
        name: Its file name; the path's or stream's own when None.
        content_type: Its media type; told from its content, else from its name, when None.

    Raises:
        UploadError: It is missing, a directory, unreadable, empty, too large, or no video.
        InvalidArgumentError: It is none of the things that can be uploaded.
    """
    _check_words(name, content_type)
    content, own_name = _content(source)
    name, own_name = _sayable(name), _sayable(own_name)
    try:
        kind = _checked(content, name or own_name, content_type)
    except BaseException:
        content.close()
        raise
    fallback = f"video{extension_for(kind) or ''}"
    return Source(content, name or own_name or fallback, kind)


def _check_words(name: object, content_type: object) -> None:
    if not isinstance(name, (str, type(None))):
        raise InvalidArgumentError(
            f"name is a {type(name).__name__}, not a text.", hint="Pass a file name, or None."
        )
    fine = isinstance(content_type, str) and _TYPE.fullmatch(content_type)
    if content_type is not None and not fine:
        raise InvalidArgumentError(
            "content_type is no media type.", hint='Pass one as in "video/mp4", or None.'
        )


def _sayable(name: str | None) -> str | None:
    """A name that JSON can hold: on some systems a file's may be any bytes."""
    return None if name is None else name.encode("utf-8", "replace").decode("utf-8")


_SMALLER: Final = "Cut or compress the video; storage takes no larger file in one piece."


def _refused(name: str | None, problem: str, hint: str = "Pass a video file.") -> UploadError:
    return UploadError(f"can't upload {name or 'this'}: {problem}", step="source", hint=hint)


def _content(source: Uploadable) -> tuple[Content, str | None]:
    if isinstance(source, bytes):
        return _Memory(source), None
    if isinstance(source, (bytearray, memoryview)):
        return _Memory(bytes(source)), None
    if isinstance(source, (str, os.PathLike)):
        return _at(Path(source))
    if isinstance(source, io.TextIOBase) or not callable(getattr(source, "read", None)):
        raise InvalidArgumentError(
            f"can't upload a {type(source).__name__}.",
            hint='Pass a path, bytes, or a stream opened in binary mode ("rb").',
        )
    given = getattr(source, "name", None)
    name = Path(given).name if isinstance(given, str) and given else None
    try:
        if source.seekable():
            return _Stream(source, ours=False), name
        return _spooled(source, name), name
    except (OSError, ValueError) as error:
        raise _refused(name, f"it can't be read ({_reason(error)}).") from None


def _at(path: Path) -> tuple[Content, str]:
    try:
        seen = path.stat()
        if stat.S_ISDIR(seen.st_mode):
            raise _refused(path.name, "it is a directory.")
        with path.open("rb", buffering=0) as file:
            if stat.S_ISREG(seen.st_mode):
                return _File(path, os.fstat(file.fileno())), path.name
            return _spooled(file, path.name), path.name
    except (OSError, ValueError) as error:
        raise _refused(path.name, f"it can't be read ({_reason(error)}).") from None


def _spooled(stream: IO[bytes], name: str | None) -> _Stream:
    """A copy on disk of what can be read only once."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115  (closed by the source)
    try:
        _copy(stream, spool, name)
        return _Stream(spool, ours=True)
    except BaseException:
        spool.close()
        raise


def _copy(stream: IO[bytes], spool: IO[bytes], name: str | None) -> None:
    size = 0
    while chunk := stream.read(_CHUNK):
        if not isinstance(chunk, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _refused(name, "its stream gives text, not bytes.")
        size += len(chunk)
        if size > MOST_BYTES:
            raise _refused(name, f"it is larger than {MOST_BYTES:,} bytes.", _SMALLER)
        spool.write(chunk)
    spool.seek(0)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _checked(content: Content, name: str | None, given: str | None) -> str:
    """The media type of something that may be uploaded."""
    if not content.size:
        raise _refused(name, "it is empty.")
    if content.size > MOST_BYTES:
        raise _refused(name, f"it is larger than {MOST_BYTES:,} bytes.", _SMALLER)
    found = by_content(_head(content, name))
    kind = given or found or by_name(name or "")
    if kind is None:
        raise _refused(
            name,
            "neither its content nor its name tells its type.",
            "Give the file its usual ending, as in clip.mp4, or pass content_type=.",
        )
    if not kind.startswith("video/") or (found and not found.startswith("video/")):
        raise _refused(name, f"it is {found or kind}, not a video.")
    return kind


def _head(content: Content, name: str | None) -> bytes:
    parts = content.chunks()
    try:
        return next(parts, b"")[:HEAD_BYTES]
    except OSError as error:
        raise _refused(name, f"it can't be read ({_reason(error)}).") from None
    finally:
        parts.close()
