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
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from sume_ext.errors import InvalidArgumentError, SumeError, UploadError
from sume_ext.transfers.claims import Claim, TakenError
from sume_ext.transfers.content_types import HEAD_BYTES, by_content, by_name, extension_for
from sume_ext.transfers.file_names import is_url
from sume_ext.transfers.reading import (
    Patience,
    Pipe,
    Readable,
    in_time,
    reason_of,
    refused,
    taken,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from os import PathLike

_CHUNK: Final = 1024 * 1024
MOST_BYTES: Final = 5 * 1024**3
"""The most one PUT can carry. Source: the S3 documentation, "Uploading objects"."""
_SLOW_TO_FREE: Final = 32 * 1024 * 1024
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

    def close(self, *, done: bool = False) -> None:
        """Let go of what was opened for it, once it is uploaded or given up."""
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

    def close(self, *, done: bool = False) -> None:
        """Let go of what was opened for it; a caller's own stream stays open.

        Args:
            done: Whether it is uploaded, and a caller's stream is left at its end; else it stands
                where it stood, so that it can be uploaded again.
        """
        self.content.close(done=done)


class _Memory:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def chunks(self) -> Generator[bytes, None, None]:
        for start in range(0, self.size, _CHUNK):
            yield self._data[start : start + _CHUNK]

    def close(self, *, done: bool = False) -> None:
        """Nothing was opened."""


class _File:
    """A file of the file system, opened anew for every attempt."""

    def __init__(self, path: Path, seen: os.stat_result) -> None:
        self._path = path
        self._seen = _identity(seen)
        self.size = seen.st_size

    def chunks(self) -> Generator[bytes, None, None]:
        with _opened(self._path) as file:
            yield from _exactly(file, self.size, lambda: self._changed(file))

    def _changed(self, file: IO[bytes]) -> bool:
        return _identity(os.fstat(file.fileno())) != self._seen

    def close(self, *, done: bool = False) -> None:
        """Each attempt closes what it opened."""


class _Stream:
    """A seekable stream, from where it stands, and where it stands again between two readings.

    Args:
        stream: Which.
        claim: Keeps a caller's stream from other uploads; None for one of ours, which is closed
            afterwards.
        name: Its name.
    """

    def __init__(self, stream: IO[bytes], claim: Claim | None, name: str | None) -> None:
        self._stream = stream
        self._claim = claim
        self._name = name
        self._mutex = threading.Lock()
        self._readings = 0
        self._closed = False
        self._start = self._at = stream.tell()
        end = stream.seek(0, os.SEEK_END)
        stream.seek(self._start)
        if 0 < self._start >= end:
            raise refused(
                name, "its stream stands at its end.", "Put it back with seek(0), or pass a path."
            )
        self.size = end - self._start
        self._seen = None if claim is None else _file_behind(stream)

    def chunks(self) -> Generator[bytes, None, None]:
        with self._mutex:
            self._readings += 1
        try:
            self._at = self._stream.seek(self._start)
            yield from _exactly(self, self.size, self._changed)
        finally:
            self._put_back()

    def read(self, size: int, /) -> bytes:
        """Its next bytes.

        Raises:
            UploadError: Somebody else moved it: the bytes would be others than were asked for.
        """
        if self._stream.tell() != self._at:
            raise UploadError(
                "something else reads this stream; storage keeps nothing of it.",
                step="put",
                hint="Pass a path, or open the file once more for the upload alone.",
            )
        chunk = taken(self._stream, size, self._name)
        self._at += len(chunk)
        return chunk

    def _changed(self) -> bool:
        return self._seen is not None and _file_behind(self._stream) != self._seen

    def _put_back(self) -> None:
        """Leave it as it was found; a reading that nobody waits for may end after it is closed."""
        with self._mutex:
            with suppress(Exception):  # its owner may have closed it
                self._stream.seek(self._start)
            self._readings -= 1
            self._settle()

    def _settle(self) -> None:
        if self._closed and not self._readings and self._claim is not None:
            self._claim.end()

    def close(self, *, done: bool = False) -> None:
        if self._claim is None:
            self._free()
            return
        with self._mutex:
            self._closed = True
            if done:
                with suppress(Exception):  # as above
                    self._stream.seek(self._start + self.size)
            self._settle()

    def _free(self) -> None:
        if self.size < _SLOW_TO_FREE:
            self._stream.close()
        else:  # freeing a large nameless file takes longer than an event loop may wait
            threading.Thread(target=self._stream.close).start()


def _identity(seen: os.stat_result) -> tuple[int, ...]:
    # The time of change of the content can be put back, and is by some programs; the other can't.
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _file_behind(stream: IO[bytes]) -> tuple[int, ...] | None:
    """What the file that a stream reads is like now; None when it reads none."""
    try:
        seen = os.fstat(stream.fileno())
    except (AttributeError, TypeError, ValueError, OSError):
        return None
    return _identity(seen) if stat.S_ISREG(seen.st_mode) else None


def _opened(path: Path) -> IO[bytes]:
    """A file to read; what has no writer yet is open, too, and nobody waited for one."""
    flags = getattr(os, "O_NONBLOCK", 0)
    return open(path, "rb", buffering=0, opener=lambda name, mode: os.open(name, mode | flags))


def _exactly(
    file: Readable, size: int, changed: Callable[[], bool]
) -> Generator[bytes, None, None]:
    """As many bytes as were promised; the last of them only when nothing has changed.

    Holding them back leaves a PUT unfinished, so that storage keeps nothing of a mixture.
    """
    left = size
    while left:
        chunk = taken(file, min(_CHUNK, left))
        left -= len(chunk)
        if not chunk or left < 0 or (not left and (changed() or taken(file, 1))):
            raise UploadError(
                "the file changed while it was being sent; storage keeps nothing of it.",
                step="put",
                hint="Upload it again once nothing writes to it any more.",
            )
        yield chunk


def examine(
    source: Uploadable,
    name: str | None,
    content_type: str | None,
    patience: Patience | None = None,
) -> Source:
    """Look at a source: whether it can be read, how long it is, and what it holds.

    Args:
        source: A path, bytes or a binary stream. A stream that can't seek, and a path that is a
            pipe, is copied to a temporary file first, because its length must be known.
        name: Its file name; the path's or stream's own when None.
        content_type: Its media type; told from its content, else from its name, when None.
        patience: How long to wait for what a pipe has yet to bring.

    Raises:
        UploadError: It is missing, a directory, unreadable, empty, too large, or no video.
        InvalidArgumentError: It is none of the things that can be uploaded.
    """
    _check_words(name, content_type)
    content, own_name = _content(source, patience or Patience())
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


def _content(source: Uploadable, patience: Patience) -> tuple[Content, str | None]:
    if isinstance(source, bytes):
        return _Memory(source), None
    if isinstance(source, (bytearray, memoryview)):
        return _of_buffer(source, patience), None
    if isinstance(source, (str, os.PathLike)):
        return _at(_path_of(source), patience)
    if isinstance(source, io.TextIOBase) or not callable(getattr(source, "read", None)):
        raise InvalidArgumentError(
            f"can't upload a {type(source).__name__}.",
            hint='Pass a path, bytes, or a stream opened in binary mode ("rb").',
        )
    name = _name_of(source)
    try:
        return _of_stream(source, name, patience), name
    except SumeError:
        raise
    except TakenError as error:
        raise refused(name, error.problem, error.hint) from None
    except Exception as error:  # noqa: BLE001  (a stream may be anybody's)
        raise refused(name, f"it can't be read ({reason_of(error)}).") from None


def _name_of(stream: object) -> str | None:
    """A stream's own name; some are named by a URL, whose query may be a signature."""
    given = getattr(stream, "name", None)
    if not isinstance(given, str) or not given:
        return None
    return Path(re.split("[?#]", given)[0] if is_url(given) else given).name or None


def _path_of(source: str | PathLike[str]) -> Path:
    try:
        path = cast("object", os.fspath(source))
    except Exception as error:  # noqa: BLE001  (it may be anybody's)
        raise InvalidArgumentError(
            f"a {type(source).__name__} doesn't tell its path ({reason_of(error)}).",
            hint="Pass the path as a text, or as a pathlib.Path.",
        ) from None
    if not isinstance(path, str):
        raise InvalidArgumentError(
            f"a {type(source).__name__} of bytes is no path here.",
            hint="Pass os.fsdecode(source).",
        )
    if is_url(path):
        raise InvalidArgumentError(
            "uploads take a path, bytes or a stream; not a URL.",
            hint="Download it with a tool of your own, such as curl or httpx.get(), and pass the "
            "file; or pass a stream that reads it, such as a process's output.",
        )
    return Path(path)


def _of_buffer(data: bytearray | memoryview, patience: Patience) -> Content:
    """A copy of bytes that may change while they are sent; of many on disk, made by and by."""
    try:
        with memoryview(data) as view, _flat(view) as flat:
            if flat.nbytes <= _CHUNK:
                return _Memory(bytes(flat))
            return _spooled(_Slices(flat), None, patience)
    except ValueError as error:  # it was released
        raise refused(None, f"it can't be read ({reason_of(error)}).") from None


def _flat(view: memoryview) -> memoryview:
    return view.cast("B") if view.c_contiguous else memoryview(view.tobytes())


class _Slices:
    """Bytes in memory as what can be read once."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def read(self, size: int, /) -> bytes:
        piece = self._view[self._at : self._at + size].tobytes()
        self._at += len(piece)
        return piece


def _of_stream(stream: IO[bytes], name: str | None, patience: Patience) -> Content:
    seekable = getattr(stream, "seekable", _never)()
    claim = Claim(stream)
    if not seekable:
        return _copied(stream, claim, name, patience)
    try:
        return _Stream(stream, claim, name)
    except BaseException:
        claim.end()
        raise


def _copied(stream: IO[bytes], claim: Claim, name: str | None, patience: Patience) -> Content:
    """A copy of a caller's stream that can be read only once, and never from the middle."""
    reader = in_time(stream, name, patience)
    try:
        copy = _spooled(reader, name, patience)
    except BaseException:
        claim.end(spent=reader.begun)
        raise
    finally:
        reader.close()
    claim.end()
    return copy


def _never() -> bool:
    return False


def _at(path: Path, patience: Patience) -> tuple[Content, str]:
    try:
        if path.is_dir():
            raise refused(path.name, "it is a directory.")
        with _opened(path) as file:
            seen = os.fstat(file.fileno())
            if stat.S_ISREG(seen.st_mode):
                return _File(path, seen), path.name
            pipe = Pipe(file, seen, path.name, patience)
            return _spooled(pipe, path.name, patience), path.name
    except (OSError, ValueError) as error:
        raise refused(path.name, f"it can't be read ({reason_of(error)}).") from None


def _spooled(stream: Readable, name: str | None, patience: Patience) -> _Stream:
    """A copy on disk of what can be read only once."""
    with _room_for(name):
        spool = tempfile.TemporaryFile()  # noqa: SIM115  (closed by the source)
    try:
        _copy(stream, spool, name, patience)
        return _Stream(spool, None, name)
    except BaseException:
        with suppress(OSError):  # what is still to be written may find no room
            spool.close()
        raise


def _copy(stream: Readable, spool: IO[bytes], name: str | None, patience: Patience) -> None:
    size = 0
    while chunk := taken(stream, _CHUNK, name):
        patience.renew()
        patience.check(name)
        size += len(chunk)
        if size > MOST_BYTES:
            raise refused(name, f"it is larger than {MOST_BYTES:,} bytes.", _SMALLER)
        with _room_for(name):
            spool.write(chunk)
    with _room_for(name):
        spool.seek(0)


@contextmanager
def _room_for(name: str | None) -> Generator[None]:
    """Tell trouble with the copy from trouble with what is copied."""
    try:
        yield
    except OSError as error:
        raise refused(
            name,
            f"a copy of it can't be kept among the temporary files ({reason_of(error)}).",
            "Make room there, or name a larger directory with TMPDIR.",
        ) from None


def _checked(content: Content, name: str | None, given: str | None) -> str:
    """The media type of something that may be uploaded."""
    if not content.size:
        raise refused(name, "it is empty.")
    if content.size > MOST_BYTES:
        raise refused(name, f"it is larger than {MOST_BYTES:,} bytes.", _SMALLER)
    found = by_content(_head(content, name))
    kind = given or found or by_name(name or "")
    if kind is None:
        raise refused(
            name,
            "neither its content nor its name tells its type.",
            "Give the file its usual ending, as in clip.mp4, or pass content_type=.",
        )
    if not kind.startswith("video/") or (found and not found.startswith("video/")):
        raise refused(name, f"it is {found or kind}, not a video.")
    return kind


def _head(content: Content, name: str | None) -> bytes:
    parts = content.chunks()
    head = b""
    try:
        while len(head) < min(HEAD_BYTES, content.size):  # some streams give a few bytes at a time
            head += next(parts)
        return head[:HEAD_BYTES]
    except SumeError:
        raise
    except Exception as error:  # noqa: BLE001  (as above)
        raise refused(name, f"it can't be read ({reason_of(error)}).") from None
    finally:
        parts.close()
