"""A real S3-compatible store that verifies signatures (rclone's ``serve s3``), and a signer for it.

The signer is written from the published algorithm (AWS Signature Version 4, query parameters) and
shares nothing with the package, so that the two can't be wrong in the same way.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import select
import socket
import subprocess
import sysconfig
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from tests.transfers.scripted import Api, reset

if TYPE_CHECKING:
    from collections.abc import Generator

RCLONE = Path(sysconfig.get_path("scripts")) / "rclone"
ACCESS, SECRET, BUCKET = "AKIATEST1234567890AB", "secret" * 6 + "1234", "uploads"


@dataclass
class Store:
    """A store under way.

    Attributes:
        endpoint: Where it is.
        folder: Where its objects are plain files.
    """

    endpoint: str
    folder: Path

    def objects(self) -> dict[str, bytes]:
        """What is stored; rclone's own working files aren't."""
        found = [path for path in self.folder.iterdir() if not path.name.startswith(".rclone_")]
        return {path.name: path.read_bytes() for path in found}


def rclone(root: Path) -> Generator[Store]:
    """The body of a fixture."""
    (root / BUCKET).mkdir()
    command = [str(RCLONE), "serve", "s3", "--addr", "127.0.0.1:0", "--config", "/dev/null",
               "--auth-key", f"{ACCESS},{SECRET}", str(root)]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr)
        found = None
        while found is None:
            found = re.search(r"http://127\.0\.0\.1:\d+", next(lines))
        drain = threading.Thread(target=lambda: list(lines))
        drain.start()
        yield Store(found[0], root / BUCKET)
        process.kill()
        drain.join()


def presign(
    endpoint: str,
    key: str,
    headers: dict[str, str],
    *,
    expires: int = 300,
    age: float = 0.0,
    secret: str = SECRET,
) -> str:
    """A signed URL for a PUT, as if made some seconds ago."""
    now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
    day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{day}/us-east-1/s3/aws4_request"
    signed = {"host": urlsplit(endpoint).netloc, **{k.lower(): v for k, v in headers.items()}}
    names = ";".join(sorted(signed))
    asked = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{ACCESS}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": names,
    }
    query = "&".join(f"{k}={quote(v, safe='-_.~')}" for k, v in sorted(asked.items()))
    path = quote(f"/{BUCKET}/{key}", safe="/-_.~")
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = f"PUT\n{path}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    secret_key = f"AWS4{secret}".encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        secret_key = hmac.new(secret_key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    signature = hmac.new(secret_key, text.encode(), hashlib.sha256).hexdigest()
    return f"{endpoint}{path}?{query}&X-Amz-Signature={signature}"


class StoreApi(Api):
    """As an act: an API that signs uploads to a store, some of them wrongly.

    Args:
        endpoint: Where uploads go; the store, or a relay to it.
        flaws: What is wrong with the first upload URL, the second, …; none with those after.
    """

    def __init__(self, endpoint: str, *flaws: str) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.flaws = flaws

    def _place(self, asked: Any) -> Any:
        flaw = self.flaws[self.presigned - 1] if self.presigned <= len(self.flaws) else ""
        headers = {"Content-Type": asked["content_type"]}
        if flaw == "length":
            headers["Content-Length"] = str(asked["size_bytes"] + 1)
        key = f"clip-{self.presigned}.mp4"
        secret = "wrong" if flaw == "secret" else SECRET
        age = 7200 if flaw == "expired" else 0
        url = presign(self.endpoint, key, headers, age=age, secret=secret)
        if flaw == "signature":
            url = url[:-1] + ("0" if url[-1] != "0" else "1")
        if flaw == "type":
            headers["Content-Type"] = "video/webm"
        if flaw == "authorization":
            headers["Authorization"] = "Bearer sume_key"
        return {
            "upload_url": url,
            "required_headers": headers,
            "object_key": key,
            "media_url": f"https://media.example/{key}",
        }


@contextmanager
def relay(endpoint: str, *cuts: int | None) -> Generator[str]:
    """A way to a server on which the first connection breaks after so many bytes, then the next.

    Args:
        endpoint: Where the server is.
        *cuts: Bytes from the client after which its connection is reset; None for never.
    """
    there = urlsplit(endpoint)
    listener = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        count = 0
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            cut = cuts[count] if count < len(cuts) else None
            count += 1
            server = socket.create_connection((there.hostname or "", there.port or 80))
            with suppress(OSError):
                _carry(client, server, cut)
            client.close()
            server.close()

    accepting = threading.Thread(target=listen, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)


def _carry(client: socket.socket, server: socket.socket, cut: int | None) -> None:
    """Pass bytes both ways until one side ends, or the client has sent too many."""
    left = cut or 2**63
    while True:
        for source in select.select([client, server], [], [], 20)[0]:
            data = source.recv(65536)
            if not data:
                return
            if source is server:
                client.sendall(data)
                continue
            server.sendall(data[:left])
            left -= len(data)
            if left <= 0:
                reset(server)
                reset(client)
                return
