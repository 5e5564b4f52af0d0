"""Where an answer holds media files, found in whatever shape the answer has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = ("image", "video", "audio")


@frozen
class MediaFile:
    """One media file of a result; its repr shows no URL.

    Attributes:
        url: Where it is. It may be signed, so it is not for logs.
        kind: ``image``, ``video``, ``audio``, or None when the answer doesn't say.
        content_type: As in ``video/mp4``, or None when the answer doesn't say.
        place: Where in the answer it was found, as in ``result.media[0].url``.
    """

    url: str = field(repr=False)
    kind: str | None
    content_type: str | None
    place: str


def media_in(raw: Any) -> tuple[MediaFile, ...]:
    """Every media file that an answer mentions, once each, in the answer's order."""
    found: dict[str, MediaFile] = {}
    for place, url, owner in _urls(raw, "", {}):
        if place.rpartition(".")[2] in ("result_url", "thumbnail_url", "source_media_url"):
            continue
        content_type = owner.get("content_type")
        kind = owner.get("kind") or (content_type or "").partition("/")[0]
        found.setdefault(url, MediaFile(url, kind if kind in _KINDS else None, content_type, place))
    return tuple(found.values())


def _urls(
    data: Any, place: str, owner: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _urls(value, f"{place}.{name}" if place else str(name), data)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _urls(value, f"{place}[{index}]", owner)
    elif isinstance(data, str) and urlsplit(data).scheme in ("http", "https"):
        yield place, data, owner
