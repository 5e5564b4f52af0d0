"""A file that grows beside its final name and takes it only when it is whole.

Its owner holds a lock on it, so that another run can tell a living part from one that a killed
process left behind; nothing but a rename ever touches the final name.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover  (Windows: an open file can't be unlinked anyway)
    fcntl = None  # type: ignore[assignment]

_WINDOW: Final = 32 * 1024 * 1024
"""How much is written before the system is told to put it on disk, see `_begin_to_flush`."""
_LONGEST_STEM: Final = 200
_PART: Final = re.compile(r"\.[0-9a-f]{8}\.part")
_FLAGS: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


def _stem(final: Path) -> str:
    """The final name, cut so that a part's name fits wherever the final one does."""
    return os.fsdecode(os.fsencode(final.name)[:_LONGEST_STEM])


def _locked(descriptor: int) -> bool:
    """Take the lock of a part; where there are no locks, being first is enough."""
    if fcntl is None:  # pragma: no cover
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


class PartFile:
    """Where a download is written.

    Args:
        final: The name it takes in the end.

    Attributes:
        size: How many bytes it has.
    """

    def __init__(self, final: Path) -> None:
        self.final = final
        self.size = 0
        self._unflushed = 0
        self._mutex = threading.Lock()
        self._doomed = False
        self._placed = False  # whether there is nothing (any more) to unlink
        self._path = final
        self._file = -1

    def open(self) -> None:
        """Make the file, and own it."""
        with self._mutex:
            self._open()
        if self._doomed:
            self.discard()

    def _open(self) -> None:
        while self._file < 0:
            self._path = self.final.with_name(f".{_stem(self.final)}.{secrets.token_hex(4)}.part")
            descriptor = os.open(self._path, _FLAGS, 0o666)
            # A sweep may have come between the two; then the part has no name any more.
            if _locked(descriptor) and os.fstat(descriptor).st_nlink:
                self._file = descriptor
            else:  # pragma: no cover  (a race)
                os.close(descriptor)

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        with self._mutex:
            view = memoryview(chunk)
            while view:
                view = view[os.write(self._file, view) :]
            self.size += len(chunk)
            self._unflushed += len(chunk)
            if self._unflushed >= _WINDOW:
                _begin_to_flush(self._file, self.size - self._unflushed, self._unflushed)
                self._unflushed = 0
        if self._doomed:
            self.discard()

    def restart(self) -> None:
        """Begin again at the first byte."""
        with self._mutex:
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            self.size = self._unflushed = 0

    def place(self, *, overwrite: bool) -> None:
        """Make it lasting and give it its final name; what stands there stays unless told."""
        with self._mutex:
            os.fsync(self._file)
            if os.name == "nt":  # pragma: no cover  (open files can't be renamed there)
                self._shut()
            if overwrite:
                self._path.replace(self.final)
                self._placed = True
            else:
                self._link()
            _flush_directory(self.final.parent)
        self.discard()

    def _link(self) -> None:
        """Take the final name only if nobody has it; a rename would push aside what came first."""
        with contextlib.suppress(FileExistsError):
            try:
                os.link(self._path, self.final)
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links
                if not self._path.exists():
                    raise
                if not os.path.lexists(self.final):
                    self._path.rename(self.final)
                    self._placed = True

    def discard(self) -> None:
        """Remove what isn't placed and let go of the file; never waits for a write under way."""
        self._doomed = True
        if not self._mutex.acquire(blocking=False):
            return  # the write under way ends with this
        try:
            if os.name == "nt":  # pragma: no cover  (nor unlinked)
                self._shut()
            if not self._placed and self._path != self.final:
                self._path.unlink(missing_ok=True)
                self._placed = True
            self._shut()
        finally:
            self._mutex.release()

    def _shut(self) -> None:
        descriptor, self._file = self._file, -1
        if descriptor >= 0:
            _close(descriptor, self.size)


def _begin_to_flush(descriptor: int, start: int, size: int) -> None:
    """Let the disk work while the network does, so that the last fsync has little left to wait for.

    Linux begins to write dirty pages back when it is told that they aren't needed, and returns.
    """
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)


def _close(descriptor: int, size: int) -> None:
    """Close a file that may be nameless: freeing a large one takes longer than a loop may wait."""
    if size < _WINDOW:
        os.close(descriptor)
    else:
        threading.Thread(target=os.close, args=(descriptor,)).start()


def _flush_directory(folder: Path) -> None:
    """Make a rename last; not every system lets a directory be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(final: Path) -> None:
    """Remove parts for this name that no living process owns."""
    stem = f".{_stem(final)}"
    for path in final.parent.iterdir():
        if path.name.startswith(stem) and _PART.fullmatch(path.name[len(stem) :]):
            with contextlib.suppress(OSError):
                _remove_unless_owned(path)


def _remove_unless_owned(path: Path) -> None:
    if fcntl is None:  # pragma: no cover
        path.unlink()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(descriptor)
