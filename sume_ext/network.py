"""A socket that performs `http1` scripts by blocking, and never past its limit.

The limit is a moment, not a pause between bytes, so a server that drips a byte at a time is
bounded like one that is silent. What fails here is raised inside the script as it came.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sume_ext.addresses import allowed
from sume_ext.http1 import Action, Connect, Pull, Script, Secure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from sume_ext.wire import Timeouts

T = TypeVar("T")
_RECEIVE_BYTES = 256 * 1024


class Limit:
    """The moments by which one exchange must have got somewhere.

    Args:
        timeouts: How long its parts may take from now on.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        now = time.monotonic()
        self._connected = now + min(timeouts.connect, timeouts.total)
        self._over = now + timeouts.total
        self._pause = timeouts.read

    def connecting(self) -> float:
        """Seconds left to connect.

        Raises:
            TimeoutError: None.
        """
        return _some(self._connected - time.monotonic())

    def moving(self) -> float:
        """Seconds that the next bytes may take.

        Raises:
            TimeoutError: None.
        """
        return _some(min(self._over - time.monotonic(), self._pause))


def _some(seconds: float) -> float:
    if seconds <= 0:
        raise TimeoutError
    return seconds


class Line:
    """A connection used by blocking; it is opened by the first script performed on it.

    Args:
        tls: Answers with the TLS settings when they are needed.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext]) -> None:
        self._tls = tls
        self._socket: socket.socket | None = None

    def perform(self, script: Script[T], limit: Limit) -> T:
        """The script's result; its failures are its own."""
        try:
            action = next(script)
            while True:
                try:
                    outcome = self._act(action, limit)
                except Exception as error:  # noqa: BLE001  (the script tells what it means)
                    action = script.throw(error)
                else:
                    action = script.send(outcome)
        except StopIteration as stop:
            return cast("T", stop.value)
        finally:
            script.close()

    def _act(self, action: Action, limit: Limit) -> object:
        match action:
            case bytes():
                self._send(action, limit)
            case Connect():
                self._socket = _connect(action, limit)
            case Secure():
                plain = self._open_socket
                plain.settimeout(limit.connecting())
                self._socket = self._tls().wrap_socket(plain, server_hostname=action.host)
            case Pull():
                return next(action.pieces, b"")
            case _:
                self._open_socket.settimeout(limit.moving())
                return self._open_socket.recv(_RECEIVE_BYTES)
        return None

    @property
    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionResetError
        return self._socket

    def _send(self, data: bytes, limit: Limit) -> None:
        left = memoryview(data)
        while left:
            self._open_socket.settimeout(limit.moving())
            left = left[self._open_socket.send(left) :]

    def quiet(self) -> bool:
        """Whether it is open and nothing has come on it that nobody asked for."""
        if self._socket is None:
            return False
        self._socket.settimeout(0)
        try:
            # Looks below TLS, where a close shows as well.
            socket.socket.recv(self._socket, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Let go of it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _connect(action: Connect, limit: Limit) -> socket.socket:
    """A connection to the first address that answers; each gets its share of the time."""
    addresses = _addresses(action.host, action.port, limit)
    if action.may_reach is not None:
        allowed(action.host, (str(found[4][0]) for found in addresses), action.may_reach)
    failure: OSError = ConnectionError("the name has no address")
    for done, (family, kind, protocol, _, address) in enumerate(addresses):
        attempt = socket.socket(family, kind, protocol)
        try:
            attempt.settimeout(limit.connecting() / (len(addresses) - done))
            attempt.connect(address)
            attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            attempt.close()
            failure = error
        except BaseException:
            attempt.close()
            raise
        else:
            return attempt
    raise failure


def _addresses(host: str, port: int, limit: Limit) -> list[Any]:
    """What a host's name stands for; too slow a look-up, which nothing can stop, is left alone."""
    from queue import Empty, SimpleQueue  # noqa: PLC0415  (only for a new connection)
    from threading import Thread  # noqa: PLC0415

    found: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def look() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001  (raised where it is waited for)
            found.put(error)

    Thread(target=look, name="sume-dns", daemon=True).start()
    try:
        outcome = found.get(timeout=limit.connecting())
    except Empty:
        raise TimeoutError from None
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
