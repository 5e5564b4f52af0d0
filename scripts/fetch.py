"""Getting the raw document, from the server or from a file.

Only a complete JSON document of OpenAPI 3.0 or 3.1 comes out of here: an error page, a cut-off body
or a detour off https never does.
"""

import hashlib
import ipaddress
import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, Never
from urllib.parse import urljoin, urlsplit

import httpx

from scripts.document import Json, is_object
from scripts.stops import Exit, Stop

LIMIT = 20 * 2**20
DEADLINE = 60.0
REDIRECTS = 5
Origin = Literal["docs", "file", "local", "live"]
HOW: dict[Origin, str] = {
    "docs": "written from the public documentation, not fetched: the server could not be reached",
    "file": "read from a file",
    "local": "fetched from a server on this machine",
    "live": "fetched",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document and how it came."""

    document: Json
    origin: Origin
    url: str | None

    @property
    def text(self) -> str:
        """The document as it is kept: keys sorted, so that their order says nothing."""
        return json.dumps(self.document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def sha256(self) -> str:
        """The hash of `text`."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def from_file(path: Path) -> Fetched:
    """Read a document from a file.

    Raises:
        Stop: there is no such file, or it is no usable document.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise Stop(Exit.FETCH, f"{path} is larger than {LIMIT // 2**20} MB.")
        body = path.read_bytes()
    except OSError as error:
        raise Stop(
            Exit.FETCH, f"{path} can't be read: {error.strerror}. Nothing was changed."
        ) from error
    return _made(body, "file", None, str(path))


def from_url(url: str, *, deadline: float = DEADLINE) -> Fetched:
    """Fetch a document; see `make regen`.

    Args:
        url: `https://…`; `http://` only on this machine.
        deadline: seconds the whole fetch may take.

    Raises:
        Stop: the server can't be reached or answers anything but a usable document.
    """
    _refuse_open(url)
    until = time.monotonic() + deadline
    here = url
    try:
        with httpx.Client(timeout=httpx.Timeout(15.0)) as client:
            for _ in range(REDIRECTS + 1):
                with client.stream("GET", here, headers={"Accept": "application/json"}) as response:
                    if not response.is_redirect:
                        body = _body(response, here, until)
                        return _made(body, "local" if _loopback(here) else "live", url, here)
                    here = urljoin(here, response.headers["Location"])
                _refuse_open(here)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unfetched(url, f"{type(error).__name__}: {error}") from error
    raise _unfetched(url, f"more than {REDIRECTS} redirects")


def _body(response: httpx.Response, url: str, until: float) -> bytes:
    if response.status_code != HTTPStatus.OK:
        raise _unfetched(url, f"the server answered {response.status_code}")
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > LIMIT:
            raise _unfetched(url, f"the answer is larger than {LIMIT // 2**20} MB")
        if time.monotonic() > until:
            raise _unfetched(url, "it took too long")
        parts.append(part)
    return b"".join(parts)


def _refuse_open(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(url)):
        raise _unfetched(url, "a schema becomes code, so it is fetched over https only")


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unfetched(url: str, why: str) -> Stop:
    return Stop(
        Exit.FETCH,
        f"Could not fetch {url} ({' '.join(why.split())}); the pinned snapshot is untouched."
        " To regenerate from it: make regen SCHEMA=openapi/upstream.json",
    )


def _made(body: bytes, origin: Origin, url: str | None, where: str) -> Fetched:
    document = parse(body, where)
    check(document, where)
    return Fetched(document, origin, url)


def parse(body: bytes, where: str) -> Json:
    """Decode JSON, strictly: no key twice, no NaN, no text that can't be written down again."""
    if body.lstrip()[:1] == b"<":
        raise _unusable(where, "it is a web page, not JSON")
    try:
        document = json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant
        )
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError as error:
        raise _unusable(where, "it is nested too deeply") from error
    except ValueError as error:
        raise _unusable(where, f"it is not valid JSON: {error}") from error
    if not is_object(document):
        raise _unusable(where, "it is not a JSON object")
    return document


def check(document: Json, where: str) -> None:
    """Stop unless it is an OpenAPI document of a version that can be read."""
    version = document.get("openapi", document.get("swagger"))
    if not isinstance(version, str) or not version.startswith(("3.0.", "3.1.")):
        told = f"OpenAPI {version}" if isinstance(version, str) else "no OpenAPI version"
        raise _unusable(where, f"it says {told}; 3.0 and 3.1 can be read")
    paths = document.get("paths")
    if not is_object(paths) or not paths:
        raise _unusable(where, "it has no paths")


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found: Json = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def _unusable(where: str, why: str) -> Stop:
    return Stop(
        Exit.DOCUMENT,
        f"{where} is no usable schema: {why}.",
        "Nothing was changed. The pinned one still works: make regen SCHEMA=openapi/upstream.json",
    )
