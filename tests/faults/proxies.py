"""Proxies on real sockets: that tunnel, that break, that speak SOCKS."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


class Proxy:
    """Listens for clients of a proxy; a thread for each hears the head and lets `serve` go on.

    Attributes:
        url: Where it is.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._meet, args=(near,), daemon=True).start()

    def _meet(self, near: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                near = self._tls.wrap_socket(near, server_side=True)
            with near:
                if head := self.hear(near):
                    self.serve(near, head)

    def hear(self, near: socket.socket) -> bytes:
        """The first head that a client sends; nothing when it leaves."""
        head = b""
        while b"\r\n\r\n" not in head:
            if not (piece := near.recv(4096)):
                return b""
            head += piece
        return head

    def serve(self, near: socket.socket, head: bytes) -> None:
        """What this proxy does with a client whose first head has come."""
        raise NotImplementedError

    def close(self) -> None:
        self._listening.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TunnelProxy(Proxy):
    """A proxy that tunnels to one port, whatever name was asked for; notes what it was told."""

    def __init__(self, port: int, refusal: bytes = b"", tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[str] = []
        self._port = port
        self._refusal = refusal
        super().__init__(tls)

    def serve(self, near: socket.socket, head: bytes) -> None:
        self.heads.append(head.decode())
        with socket.create_connection(("127.0.0.1", self._port)) as far:
            if self._refusal:
                near.sendall(self._refusal)
                return
            if head.startswith(b"CONNECT"):
                near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                far.sendall(head)
            pump_both_ways(near, far)


def pump_both_ways(near: socket.socket, far: socket.socket) -> None:
    """Carry what either side says to the other, until both have said all."""
    back = threading.Thread(target=_pump, args=(far, near), daemon=True)
    back.start()
    _pump(near, far)
    back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class BreakingProxy(Proxy):
    """A proxy whose tunnels do as they are told, once the head of a CONNECT has come."""

    def __init__(
        self, act: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
    ) -> None:
        self.connects = 0
        self._act = act
        super().__init__(tls)

    def serve(self, near: socket.socket, head: bytes) -> None:
        del head
        self.connects += 1
        self._act(near)


_BY_NAME = 3


class SocksProxy(Proxy):
    """A SOCKS5 proxy that connects to one port, whatever name was asked for.

    Args:
        port: Where it connects to.
        code: What it answers a wish to connect with; 0 grants it.
        act: What it does with a client instead of shaking hands, if anything.

    Attributes:
        wishes: The names and ports that were asked for.
        logins: The users and passwords that were told.
    """

    def __init__(
        self, port: int, code: int = 0, act: Callable[[socket.socket], None] | None = None
    ) -> None:
        self.wishes: list[tuple[str, int]] = []
        self.logins: list[tuple[str, str]] = []
        self.connects = 0
        self._port = port
        self._code = code
        self._act = act
        super().__init__()
        self.url = self.url.replace("http://", "socks5://")

    def hear(self, near: socket.socket) -> bytes:
        """The wish, once the greeting is over (RFC 1928, RFC 1929)."""
        self.connects += 1
        if self._act is not None:
            self._act(near)
            return b""
        methods = near.recv(4096)[2:]
        near.sendall(b"\5" + methods[:1])
        if methods[:1] == b"\2":
            told = near.recv(4096)
            user, rest = told[2 : 2 + told[1]], told[2 + told[1] :]
            self.logins.append((user.decode(), rest[1:].decode()))
            near.sendall(b"\1\0")
        return near.recv(4096)

    def serve(self, near: socket.socket, head: bytes) -> None:
        name = head[5:-2].decode() if head[3] == _BY_NAME else socket.inet_ntoa(head[4:-2])
        self.wishes.append((name, int.from_bytes(head[-2:], "big")))
        near.sendall(b"\5" + bytes([self._code]) + b"\0\1" + bytes(6))
        if not self._code:
            with socket.create_connection(("127.0.0.1", self._port)) as far:
                pump_both_ways(near, far)
