"""Checksums that a media server offers with a file, and whether the bytes that came have them.

Only headers that say what they are count: an ETag is opaque (RFC 9110 section 8.8.3), and looks
like an MD5 without being one where storage encrypts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGESTS: Final = {"sha-512": "sha512", "sha-256": "sha256", "sha": "sha1", "md5": "md5"}
_AMAZON: Final = {
    "x-amz-checksum-sha512": "sha512",
    "x-amz-checksum-sha256": "sha256",
    "x-amz-checksum-sha1": "sha1",
    "x-amz-checksum-crc32": "crc32",
    "x-amz-checksum-md5": "md5",
}
_ITEM: Final = re.compile(r"\s*([A-Za-z0-9-]+)\s*=\s*:?([A-Za-z0-9+/=]+):?\s*(?:;[^,]*)?(?:,|$)")
_OF_THE_BODY: Final = ("content-digest",)
_STRONGEST_FIRST: Final = ("sha512", "sha256", "sha1", "md5", "crc32")


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc32:
    """CRC-32 with the face of a hash."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class Check:
    """One checksum that a file must have.

    Args:
        algorithm: ``sha256`` and the like, or ``crc32``.
        expected: Its value.
    """

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self.algorithm = algorithm
        self.expected = expected
        self._hash: _Hash
        self.restart()

    def restart(self) -> None:
        """Forget the bytes fed so far."""
        plain = self.algorithm == "crc32"
        self._hash = _Crc32() if plain else hashlib.new(self.algorithm, usedforsecurity=False)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the file."""
        self._hash.update(chunk)

    @property
    def passed(self) -> bool:
        """Whether the bytes fed so far have it."""
        return hmac.compare_digest(self._hash.digest(), self.expected)


def strongest(found: Mapping[str, bytes]) -> Check | None:
    """The one to go by of several checksums, if there is any."""
    best = next((name for name in _STRONGEST_FIRST if name in found), None)
    return Check(best, found[best]) if best else None


def checksums_in(headers: Mapping[str, str], *, partial: bool = False) -> dict[str, bytes]:
    """The checksums of the whole file that an answer's headers offer, by algorithm.

    Source: RFC 9530 (``Repr-Digest``, ``Content-Digest``), RFC 3230 (``Digest``), RFC 1864
    (``Content-MD5``), and the documentation of S3 (``x-amz-checksum-*``) and of Google Cloud
    Storage (``x-goog-hash``).

    Args:
        headers: The answer's.
        partial: Whether its body is a part of the file, which is what some of them are of.
    """
    found: dict[str, bytes] = {}

    def add(algorithm: str | None, text: str) -> None:
        if algorithm and (value := _decoded(algorithm, text)):
            found.setdefault(algorithm, value)

    for header in ("repr-digest", "digest", "x-goog-hash", *(() if partial else _OF_THE_BODY)):
        for name, text in _ITEM.findall(headers.get(header, "")):
            add(_DIGESTS.get(name.lower()), text)
    if not partial:
        add("md5", headers.get("content-md5", ""))
    if headers.get("x-amz-checksum-type", "FULL_OBJECT").upper() == "FULL_OBJECT":
        for header, algorithm in _AMAZON.items():
            add(algorithm, headers.get(header, ""))
    return found


def _decoded(algorithm: str, text: str) -> bytes | None:
    """The value of a base64 checksum; None for anything else, such as S3's ``…-3`` of parts."""
    size = 4 if algorithm == "crc32" else hashlib.new(algorithm, usedforsecurity=False).digest_size
    try:
        value = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if len(value) == size else None
