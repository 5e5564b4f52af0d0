"""A file that grows beside its final name and takes it only when it is whole.

Its owner holds a lock on it, so that another run can tell a living part from one that a killed
process left behind; nothing but a rename ever touches the final name.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import threading
import time
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from sume_ext.transfers.kept import RECORD_SUFFIX, Record, forget, has_record, is_ours, note, recall

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover  (Windows: without locks no part is ever gone on with)
    fcntl = None  # type: ignore[assignment]

_WINDOW: Final = 32 * 1024 * 1024
"""How much is written before the system is told to put it on disk, see `_begin_to_flush`."""
_LONGEST_STEM: Final = 200
_PART: Final = re.compile(r"\.[0-9a-f]{8}\.part")
_ANY_PART: Final = re.compile(r"\..+\.[0-9a-f]{8}\.part")
_PIECE: Final = 1024 * 1024
_OLD_SECONDS: Final = 7 * 24 * 3600.0
_OPEN: Final = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_MAKE: Final = _OPEN | os.O_CREAT | os.O_EXCL


class LetGoError(Exception):
    """Nobody wants a part any more that is worked on."""


def _stem(final: Path) -> str:
    """The final name, cut so that a part's name fits wherever the final one does."""
    return os.fsdecode(os.fsencode(final.name)[:_LONGEST_STEM])


class PartFile:
    """Where a download is written.

    Args:
        final: The name it takes in the end.
        of: Which file it is, as in its record; parts of others are never gone on with.

    Attributes:
        size: How many bytes it has.
        inherited: How many of them an earlier run brought.
        record: What is known of the file, when that is enough to go on later.
        worthless: Whether nobody should go on with it.
    """

    def __init__(self, final: Path, of: str) -> None:
        self.final = final
        self.of = of
        self.size = self.inherited = 0
        self.record: Record | None = None
        self.worthless = False
        self._unflushed = 0
        self._mutex = threading.Lock()
        self._ended = False
        self._placed = False  # whether there is nothing (any more) to unlink
        self._path = final
        self._file = -1
        _parts.add(self)

    def open(self) -> None:
        """Own a part that an earlier run left of this very file, else make one."""
        with self._working():
            self._adopt()
            while self._file < 0:
                self._make()

    @contextlib.contextmanager
    def _working(self) -> Generator[None]:
        """While it is worked on nobody lets go of it; who wanted to meanwhile left that to us.

        Raises:
            LetGoError: Nobody wants it any more.
        """
        try:
            with self._mutex:
                if self._ended:
                    raise LetGoError
                yield
        finally:
            if self._ended:
                self.let_go()

    def _adopt(self) -> None:
        """The longest part that fits; nobody will ever go on with the others."""
        for path, descriptor in _abandoned(self.final):
            record = recall(path)
            if self._file >= 0 or not _fits(record, self.of, os.fstat(descriptor)):
                _remove(path, descriptor)
                continue
            self._path, self._file, self.record = path, descriptor, record
            self.size = self.inherited = os.lseek(descriptor, 0, os.SEEK_END)

    def _make(self) -> None:
        self._path = self.final.with_name(f".{_stem(self.final)}.{secrets.token_hex(4)}.part")
        descriptor = os.open(self._path, _MAKE, 0o666)
        # Another run may have come between the two; then the part has no name any more.
        if _locked(descriptor) is not False and os.fstat(descriptor).st_nlink:
            self._file = descriptor
        else:  # pragma: no cover  (a race)
            os.close(descriptor)

    def describe(self, record: Record | None) -> None:
        """Note what the file is, once that is known; with None nobody can go on later."""
        forget(self._path)
        self.record = record
        if record is not None:
            note(self._path, record)

    def pieces(self) -> Iterator[bytes]:
        """What is here already, from its start."""
        at = 0
        while at < self.size:
            with self._working():
                piece = _read_at(self._file, min(_PIECE, self.size - at), at)
            yield piece
            at += len(piece)

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        with self._working():
            view = memoryview(chunk)
            while view:
                view = view[os.write(self._file, view) :]
            self.size += len(chunk)
            self._unflushed += len(chunk)
            if self._unflushed >= _WINDOW:
                _begin_to_flush(self._file, self.size - self._unflushed, self._unflushed)
                self._unflushed = 0

    def restart(self) -> None:
        """Begin again at the first byte."""
        with self._working():
            self.describe(None)
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            self.size = self.inherited = self._unflushed = 0

    def place(self, *, overwrite: bool) -> bool:
        """Make it lasting and give it its final name; what stands there stays unless told.

        Returns:
            Whether it has the name, which somebody else may have taken meanwhile.
        """
        with self._working():
            os.fsync(self._file)
            if os.name == "nt":  # pragma: no cover  (open files can't be renamed there)
                self._shut()
            if overwrite:
                self._path.replace(self.final)
                self._placed = taken = True
            else:
                taken = self._link()
            forget(self._path)
            _flush_directory(self.final.parent)
        self.worthless = True
        self.let_go()
        return taken

    def _link(self) -> bool:
        """Take the final name only if nobody has it; a rename would push aside what came first."""
        try:
            os.link(self._path, self.final)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if not self._path.exists():
                raise
            if os.path.lexists(self.final):
                return False
            self._path.rename(self.final)
            self._placed = True
        return True

    def let_go(self) -> None:
        """Leave it to whoever goes on later, or remove it; never waits for a write under way."""
        self._ended = True
        if not self._mutex.acquire(blocking=False):
            return  # the write under way ends with this
        try:
            stays = self._placed or (self.record and self.size and not self.worthless)
            if os.name == "nt":  # pragma: no cover  (nor unlinked)
                self._shut()
            if not stays and self._path != self.final:
                # Whoever ends it is told why, not that its directory is gone or may not be written.
                with contextlib.suppress(OSError):
                    forget(self._path)
                    self._path.unlink(missing_ok=True)
                self._placed = True
            self._shut()
        finally:
            self._mutex.release()

    def end(self) -> None:
        """Let go of it soon, from another thread than the one that works on it."""
        self._ended = True

    def disown(self) -> None:
        """Leave it to the process that this one was forked from."""
        descriptor, self._file = self._file, -1
        self._placed = True
        if descriptor >= 0:
            os.close(descriptor)

    def _shut(self) -> None:
        descriptor, self._file = self._file, -1
        if descriptor >= 0:
            _close(descriptor, self.size)


_parts: Final = WeakSet[PartFile]()


def _disown() -> None:
    """A forked child would hold the locks of its parent's parts, and longer than the parent lives.

    It lets go of them, and of every wish to remove them; locks are gone with their last holder.
    """
    for part in list(_parts):
        part.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)


def _fits(record: Record | None, of: str, seen: os.stat_result) -> bool:
    """Whether a part may be gone on with; one with two names is whole, and stands under one."""
    if record is None or record.of != of or seen.st_nlink != 1:
        return False
    return 0 < seen.st_size <= (seen.st_size if record.total is None else record.total)


def _locked(descriptor: int) -> bool | None:
    """Whether a part's lock could be taken; None where there are no locks."""
    if fcntl is None:  # pragma: no cover
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True


def _read_at(descriptor: int, size: int, at: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, at)
    raise OSError("parts are never gone on with here")  # pragma: no cover  (Windows, see `_locked`)


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
    """Remove the parts of a name that no living process owns."""
    for path, descriptor in _abandoned(final):
        _remove(path, descriptor)


def sweep_old(folder: Path) -> None:
    """Remove parts of any name that nobody has owned for a week, and records of none."""
    latest = time.time() - _OLD_SECONDS
    for path in folder.iterdir():
        if path.name.endswith(RECORD_SUFFIX):
            _forget_none(path.with_name(path.name.removesuffix(RECORD_SUFFIX)))
            continue
        # Only what has a record is surely a part of ours.
        known = _ANY_PART.fullmatch(path.name) and has_record(path)
        descriptor = _claimed(path) if known else None
        if descriptor is None:
            continue
        if os.fstat(descriptor).st_mtime < latest:
            _remove(path, descriptor)
        else:
            os.close(descriptor)


def _forget_none(part: Path) -> None:
    """Remove the record of a part that isn't there: its owner was killed before it could."""
    if _ANY_PART.fullmatch(part.name) and not os.path.lexists(part) and has_record(part):
        forget(part)


def _abandoned(final: Path) -> Iterator[tuple[Path, int]]:
    """The parts of a name that nobody owns any more, the longest first, now owned here."""
    stem = f".{_stem(final)}"
    found: list[tuple[int, Path]] = []
    for path in final.parent.iterdir():
        if path.name.startswith(stem) and _PART.fullmatch(path.name[len(stem) :]):
            with contextlib.suppress(OSError):
                found.append((path.lstat().st_size, path))
    for _, path in sorted(found, reverse=True):
        descriptor = _claimed(path)
        if descriptor is not None:
            yield path, descriptor


def _claimed(path: Path) -> int | None:
    """A part that was nobody's, open and locked, or None."""
    try:
        descriptor = os.open(path, _OPEN | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    seen = os.fstat(descriptor)
    free = stat.S_ISREG(seen.st_mode) and is_ours(seen) and _locked(descriptor)
    # Its owner may have placed or removed it between the two: a rename leaves it one name, too.
    if free and _stands_at(path, seen):
        return descriptor
    os.close(descriptor)
    return None


def _stands_at(path: Path, seen: os.stat_result) -> bool:
    """Whether a path still leads to a file, and not to another or to none."""
    try:
        return os.path.samestat(path.lstat(), seen)
    except OSError:
        return False


def _remove(path: Path, descriptor: int) -> None:
    with contextlib.suppress(OSError):
        forget(path)
        path.unlink()
    os.close(descriptor)
