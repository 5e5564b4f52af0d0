"""What kind of file some bytes or a name stand for, and which extension belongs to a kind.

Content decides before the name, because a name is only a claim; both tables are fixed, so that
the same file has the same type on every machine.
"""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 64
"""As many of a file's first bytes as `by_content` looks at."""

_QUICKTIME_ATOMS: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_BRANDS: Final = {
    b"qt": "video/quicktime",
    b"M4V": "video/x-m4v",
    b"3gp": "video/3gpp",
    b"3g2": "video/3gpp2",
    b"M4A": "audio/mp4",
    b"M4B": "audio/mp4",
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}
_MAGIC: Final = (
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (b"OggS", "video/ogg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"{\\rtf", "application/rtf"),
    (b"\x7fELF", "application/x-executable"),
)
_RIFF: Final = {b"AVI ": "video/x-msvideo", b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_EXTENSIONS: Final = {
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-m4v": ".m4v",
    "video/3gpp": ".3gp",
    "video/3gpp2": ".3g2",
    "video/mpeg": ".mpg",
    "video/x-msvideo": ".avi",
    "video/x-flv": ".flv",
    "video/x-ms-wmv": ".wmv",
    "video/ogg": ".ogv",
    "video/mp2t": ".ts",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "image/svg+xml": ".svg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "application/json": ".json",
    "application/zip": ".zip",
    "text/vtt": ".vtt",
    "text/plain": ".txt",
}
_BY_EXTENSION: Final = {
    **{extension: kind for kind, extension in reversed(_EXTENSIONS.items())},
    ".mpeg": "video/mpeg",
    ".jpeg": "image/jpeg",
    ".qt": "video/quicktime",
}


def by_content(head: bytes) -> str | None:
    """The media type that a file's first bytes tell, or None.

    Source: ISO/IEC 14496-12 (``ftyp``), RFC 8794 (EBML) and the formats' own signatures.
    """
    if head[4:8] == b"ftyp":
        brand = head[8:12].rstrip()
        return _BRANDS.get(brand) or _BRANDS.get(brand[:3]) or "video/mp4"
    if head[4:8] in _QUICKTIME_ATOMS:
        return "video/quicktime"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.lstrip()[:5].lower() in (b"<html", b"<!doc", b"<?xml"):
        return "text/html"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def by_name(name: str) -> str | None:
    """The media type that a file's name claims, or None."""
    _, dot, extension = name.rpartition(".")
    return _BY_EXTENSION.get(f".{extension.lower()}") if dot else None


def extension_for(content_type: str | None) -> str | None:
    """The extension, with its dot, for a media type; parameters don't matter."""
    return _EXTENSIONS.get((content_type or "").partition(";")[0].strip().lower())


def known_extension(name: str) -> str | None:
    """The extension of a name, if it is one of those that `extension_for` gives."""
    kind = by_name(name)
    return _EXTENSIONS[kind] if kind else None
