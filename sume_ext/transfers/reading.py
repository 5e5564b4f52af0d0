"""Reads what somebody else has yet to write: pipes, sockets, and streams that are read once.

Nothing is waited for longer than the upload may take, or than anybody waits for it; a read that
doesn't end is left to a thread that keeps no program from ending.
"""

from __future__ import annotations

import io
import math
import os
import select
import socket
import stat
import sys
import time
from collections.abc import Coroutine
from typing import IO, TYPE_CHECKING, Any, Final, Protocol, cast

from sume_ext.errors import UploadError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from queue import SimpleQueue

PIPE_SECONDS: Final = 120.0
"""How long nothing may come, unless a timeout says how long it all may take."""
_LOOK_SECONDS: Final = 0.1


class Readable(Protocol):
    """What gives bytes, and at its end none."""

    def read(self, size: int, /) -> object:
        """Its next bytes."""
        ...


class Patience:
    """How long to wait for what somebody else has yet to write.

    Args:
        clock: Tells the monotonic time.
        deadline: When the upload must be over.

    Attributes:
        over: Whether nobody wants it any more; may be set from any thread.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, deadline: float = math.inf
    ) -> None:
        self.over = False
        self._clock = clock
        self._deadline = deadline
        self._since = clock()

    def renew(self) -> None:
        """Told that something came."""
        self._since = self._clock()

    def check(self, name: str | None) -> None:
        """Go on only while somebody waits, and time is left.

        Raises:
            UploadError: It took too long.
        """
        now = self._clock()
        if self.over:
            raise refused(name, "nobody waits for it any more.")
        if now >= self._deadline:
            hint = "Start the upload again, and give it more time with timeout=."
            raise refused(name, "reading it took longer than allowed.", hint)
        if self._deadline == math.inf and now - self._since >= PIPE_SECONDS:
            problem = f"nothing came out of it for {PIPE_SECONDS:.0f} seconds."
            raise refused(name, problem, "Start what writes into it, or wait with timeout=.")


def refused(name: str | None, problem: str, hint: str = "Pass a video file.") -> UploadError:
    """Why something isn't uploaded, before anything is sent."""
    from sume_ext.secrecy.redaction import redact_text  # noqa: PLC0415  (refusals are rare)

    # What is behind a question mark may be a signature; files are named after people, too.
    shown = redact_text((name or "this").partition("?")[0])
    return UploadError(f"can't upload {shown}: {problem}", step="source", hint=hint)


def reason_of(error: Exception) -> str:
    """Why something can't be read; never a stranger's words, which may quote a URL."""
    if said := getattr(error, "strerror", None):
        return str(said)
    kind, text = type(error), str(error)
    if kind.__module__ not in ("builtins", "io"):
        return f"{kind.__module__}.{kind.__qualname__}"
    return text if text and "//" not in text else kind.__name__


def taken(stream: Readable, size: int, name: str | None = None) -> bytes:
    """The next bytes of a stream, ``b""`` at its end.

    Raises:
        UploadError: It gives anything else.
    """
    chunk: Any = stream.read(size)
    if isinstance(chunk, bytes):
        return chunk
    if isinstance(chunk, (bytearray, memoryview)):
        return bytes(cast("bytearray", chunk))
    if chunk is None:
        problem = "its stream is non-blocking, and had nothing to give before its end."
        raise refused(name, problem, "Make it blocking with os.set_blocking(), or pass a path.")
    if isinstance(chunk, Coroutine):
        chunk.close()
    kind = "text" if isinstance(chunk, str) else f"a {type(cast('object', chunk)).__name__}"
    raise refused(name, f"its stream gives {kind}, not bytes.", "Pass it opened in mode 'rb'.")


class Pipe:
    """A pipe, or another thing that is no file, read without ever waiting for good.

    Args:
        file: It, open and non-blocking.
        seen: What it is like.
        name: Its name.
        patience: How long to wait for its next bytes.
    """

    def __init__(
        self, file: IO[bytes], seen: os.stat_result, name: str, patience: Patience
    ) -> None:
        self._file = file
        self._name = name
        self._patience = patience
        self._news = select.poll()
        self._news.register(file, select.POLLIN)
        # Before anybody has it open for writing, a pipe reads as if it were at its end.
        self._begun = not stat.S_ISFIFO(seen.st_mode)

    def read(self, size: int, /) -> bytes:
        """Its next bytes, ``b""`` once its writer is gone."""
        while True:
            chunk = cast("bytes | None", self._file.read(size))
            if chunk or (chunk is not None and self._begun):
                return chunk
            self._begun = self._begun or chunk is None
            self._patience.check(self._name)
            news = self._news.poll(_LOOK_SECONDS * 1000)
            if sys.platform != "linux":  # others tell of an end before there was a beginning
                time.sleep(_LOOK_SECONDS)
            elif any(event == select.POLLHUP for _, event in news):
                return b""


class Stream(Protocol):
    """A stream that is read in time.

    Attributes:
        begun: Whether bytes of it may be gone.
    """

    begun: bool

    def read(self, size: int, /) -> object:
        """Its next bytes, ``b""`` at its end."""
        ...

    def close(self) -> None:
        """Read nothing more; the stream itself stays open."""
        ...


def in_time(stream: IO[bytes], name: str | None, patience: Patience) -> Stream:
    """A caller's stream that can't seek, to be read without ever waiting for good."""
    descriptor = _descriptor_of(stream)
    if descriptor is None:
        return _Aside(stream, name, patience)
    return _Polled(stream, descriptor, name, patience)


def _descriptor_of(stream: object) -> int | None:
    """The pipe, socket or terminal that all bytes come from that a stream has yet to give, or None.

    What unpacks or decrypts them may have some that no descriptor tells of, so only what is known
    to pass them on as they are is believed.
    """
    raw: Any = stream.raw if type(stream) is io.BufferedReader else stream
    is_socket = type(raw) is socket.SocketIO and type(getattr(raw, "_sock", None)) is socket.socket
    if not (is_socket or type(raw) is io.FileIO) or not hasattr(select, "poll"):
        return None
    try:
        descriptor: int = raw.fileno()
        mode = os.fstat(descriptor).st_mode
        waits = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)
        return descriptor if waits and (is_socket or os.get_blocking(descriptor)) else None
    except (OSError, ValueError):  # reading it will tell why
        return None


class _Polled:
    """A stream that is read only when something is there."""

    def __init__(
        self, stream: IO[bytes], descriptor: int, name: str | None, patience: Patience
    ) -> None:
        self.begun = False
        # The next bytes, and no more: a buffered `read` waits until it has all it was asked for.
        self._read: Callable[[int], object] = getattr(stream, "read1", stream.read)
        self._name = name
        self._patience = patience
        self._news = select.poll()
        self._news.register(descriptor, select.POLLIN)

    def read(self, size: int, /) -> object:
        while not self._news.poll(_LOOK_SECONDS * 1000):
            self._patience.check(self._name)
        self.begun = True
        return self._read(size)

    def close(self) -> None:
        """Nothing was opened."""


class _Aside:
    """A stream that is read in a thread of its own, and left to it when nobody waits any more."""

    def __init__(self, stream: Readable, name: str | None, patience: Patience) -> None:
        from contextvars import copy_context  # noqa: PLC0415  (rarely needed)
        from queue import SimpleQueue  # noqa: PLC0415  (as above)
        from threading import Thread  # noqa: PLC0415  (as above)

        self.begun = False
        self._name = name
        self._patience = patience
        self._asked: SimpleQueue[tuple[int, Future[object]] | None] = SimpleQueue()
        work = (_give, stream, self._asked)
        Thread(target=copy_context().run, args=work, name="sume-source", daemon=True).start()

    def read(self, size: int, /) -> object:
        from concurrent.futures import Future, wait  # noqa: PLC0415  (rarely needed)

        self.begun = True
        piece: Future[object] = Future()
        self._asked.put((size, piece))
        while not wait([piece], timeout=_LOOK_SECONDS).done:
            self._patience.check(self._name)
        return piece.result()

    def close(self) -> None:
        self._asked.put(None)


def _give(stream: Readable, asked: SimpleQueue[tuple[int, Future[object]] | None]) -> None:
    """Read as much as is asked for, until nobody asks any more."""
    while (one := asked.get()) is not None:
        size, piece = one
        try:
            piece.set_result(stream.read(size))
        except BaseException as error:  # noqa: BLE001  (raised where it is waited for)
            piece.set_exception(error)
