"""Undoes an encoding that nobody asked for, a piece at a time, and stops at what can't be media.

Media doesn't get much smaller by packing, so whatever unpacks to many times what came is a bomb.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from sume_ext.errors import DownloadError
from sume_ext.secrecy.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_AT_ONCE: Final = 1024 * 1024
_ALWAYS_FINE: Final = 64 * 1024 * 1024
_MOST_TIMES: Final = 20


class Inflater:
    """Unpacks one file.

    Args:
        encoding: As in ``Content-Encoding``.

    Attributes:
        packed: Bytes that went in.
        unpacked: Bytes that came out.

    Raises:
        DownloadError: It is none that can be undone.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise DownloadError(
                f"the media server encodes the file as {quoted(encoding)}, which wasn't asked for.",
                step="get",
                hint="Download again later, and report it if it stays: what is stored is labelled "
                "with an encoding that it may not have, and that can't be undone here.",
            )
        self.packed = self.unpacked = 0
        self._member = zlib.decompressobj(_GZIP_OR_ZLIB)

    @property
    def whole(self) -> bool:
        """Whether what went in so far has come to its end."""
        return self._member.eof

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What the next bytes unpack to.

        Raises:
            DownloadError: It is too much to be media.
            zlib.error: They can't be unpacked.
        """
        self.packed += len(chunk)
        while chunk:
            if self._member.eof:  # several packed files in a row are one (RFC 1952, section 2.2)
                chunk = chunk.lstrip(b"\0")
                if not chunk:
                    return
                self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
            piece = self._member.decompress(chunk, _AT_ONCE)
            self.unpacked += len(piece)
            if self.unpacked > max(_ALWAYS_FINE, _MOST_TIMES * self.packed):
                raise DownloadError(
                    "the file comes packed, and unpacks to far more than media would.", step="get"
                )
            yield piece
            chunk = self._member.unconsumed_tail or self._member.unused_data
