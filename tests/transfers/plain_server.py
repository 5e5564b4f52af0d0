"""A server as fast as the machine: it sends one file with ``sendfile``, and forgets what comes.

Run as a script it prints its port, so that a benchmark's server has a process of its own.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from pathlib import Path

_BUFFER = 1024 * 1024


def serve(connection: socket.socket, path: Path) -> None:
    """Answer requests on one connection until it ends."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    room = memoryview(bytearray(_BUFFER))
    rest = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in rest:
                more = connection.recv(65536)
                if not more:
                    return
                rest += more
            head, _, rest = rest.partition(b"\r\n\r\n")
            found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            left = (int(found[1]) if found else 0) - len(rest)
            rest = b""
            if b"100-continue" in head.lower():
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            while left > 0:
                left -= connection.recv_into(room, min(left, _BUFFER)) or left
            if head.startswith(b"GET"):
                _send(connection, path)
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def _send(connection: socket.socket, path: Path) -> None:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = f'HTTP/1.1 200 OK\r\nETag: "{size}"\r\nContent-Length: {size}\r\n\r\n'
        connection.sendall(head.encode())
        sent = 0
        while sent < size:
            sent += os.sendfile(connection.fileno(), file.fileno(), sent, _BUFFER)


def main(path: Path) -> None:
    """Serve a file until killed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201  (read by whoever started it)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, path), daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
