"""Which media files an answer holds, found by what its fields say in whatever shape it has.

A file a job made is listed whatever the answer calls it; what only went into the job, and web
pages, are not. Each thing is listed once, as the best there is of it: the clip of a scene rather
than the video it was cut from, and a file rather than the thumbnail beside it. Where the answer
has nothing better, the source or the thumbnail is listed; and thumbnails in a list of their own,
beside no file, are files that the job made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from attrs import field, frozen

from sume_ext.secrecy.quoting import shown
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
    "heic": "image/heic",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
}  # fmt: skip  (an own table: `mimetypes` knows different ones on different machines)
_KIND_WORDS = {
    "image": "image", "images": "image", "video": "video", "videos": "video", "clip": "video",
    "clips": "video", "audio": "audio", "poster": "image", "posters": "image",
    "thumbnail": "image", "thumbnails": "image",
}  # fmt: skip
_MEDIA_WORDS = frozenset(
    {*_KIND_WORDS, "media", "output", "outputs", "file", "files", "render", "renders", "download"}
)
_NOT_MADE = frozenset({"request", "input", "inputs", "params"})
_NO_FILE = _NOT_MADE | {"upload", "webhook", "callback", "reference", "page", "link"}
_PICTURES = frozenset(
    {"thumbnail", "thumbnails", "poster", "posters", "preview", "previews", "cover", "covers"}
)
_PAGES = ("tiktok.com", "instagram.com")
"""What reference analysis looks at: pages, never files of ours. Source: the docs' route table."""
_SHORTCUTS = ("result_url", "result_urls")
"""Where a job repeats what its result lists, under another signature perhaps."""
_DEEPEST = 64
_LONGEST = 8192


@frozen
class MediaFile:
    """One media file of a result; its repr shows no URL.

    Attributes:
        url: Where it is. It may be signed, so it is not for logs.
        kind: ``image``, ``video``, ``audio``, or None when nothing tells.
        content_type: As in ``video/mp4``; by the URL's name when the answer doesn't say; or None.
        place: Where in the answer it was found, as in ``result.media[0].url``.
    """

    url: str = field(repr=False)
    kind: str | None
    content_type: str | None
    place: str = field(repr=lambda place: repr(shown(place)))


def media_in(raw: Any) -> tuple[MediaFile, ...]:
    """Every media file that an answer tells of, once each, in the answer's order.

    Args:
        raw: The JSON of an answer, or of a part of it.
    """
    found: dict[str, MediaFile] = {}
    for file in _files(raw, (), {}):
        found.setdefault(file.url, file)
    return tuple(found.values())


def _files(data: Any, steps: tuple[str, ...], owner: dict[str, Any]) -> Iterator[MediaFile]:
    """The files at a place and below it; a source only where there is nothing made of it."""
    if len(steps) > _DEEPEST:
        return
    if isinstance(data, str):
        if (file := _file(data, steps, owner)) is not None:
            yield file
    elif isinstance(data, list):
        for index, item in enumerate(cast("Sequence[Any]", data)):
            yield from _files(item, (*steps, f"[{index}]"), owner)
    elif isinstance(data, dict):
        yield from _best(cast("dict[str, Any]", data), steps)


def _best(node: dict[str, Any], steps: tuple[str, ...]) -> Iterator[MediaFile]:
    """The files in an object: what was made, else what it was made from, else what shows it."""
    made: list[MediaFile] = []
    instead: list[MediaFile] = []
    pictures: list[MediaFile] = []
    collected: list[MediaFile] = []
    is_file = False
    for name, value in node.items():
        words = _words(name)
        if not _NOT_MADE.isdisjoint(words) or ("clip_url" in node and name == "media_url"):
            continue
        below = [*_files(value, (*steps, name), node)]
        if words & _PICTURES:
            (collected if isinstance(value, list) else pictures).extend(below)
        elif "source" in words or name in _SHORTCUTS:
            instead.extend(below)
        else:
            made.extend(below)
            is_file = is_file or (bool(below) and isinstance(value, str))
    yield from made or instead or pictures
    if not is_file:
        yield from collected


def _file(url: str, steps: tuple[str, ...], owner: dict[str, Any]) -> MediaFile | None:
    host, extension = _parts(url)
    names = [step for step in steps if not step.startswith("[")]
    words = _words(names[-1]) if names else frozenset[str]()
    if not host or words & _NO_FILE or (_is_page(host) and extension not in _TYPES):
        return None
    by_name = _TYPES.get(extension)
    said = _said_type(owner)
    kind = next((_KIND_WORDS[word] for word in sorted(words) if word in _KIND_WORDS), None)
    kind = kind or _said_kind(owner) or _main(said) or _main(by_name)
    around = frozenset[str]().union(*map(_words, names))
    if not (by_name or _said_kind(owner) or said or around & _MEDIA_WORDS):
        return None
    if kind is None:
        kind = next((_KIND_WORDS[word] for word in sorted(around) if word in _KIND_WORDS), None)
    content_type = said if said and _main(said) == kind else by_name
    return MediaFile(url, kind, content_type, _place(steps))


def _said_type(owner: dict[str, Any]) -> str | None:
    for name in ("content_type", "mime_type", "contentType", "mimeType"):
        said = owner.get(name)
        if isinstance(said, str) and _main(said.lower()):
            return said
    return None


def _said_kind(owner: dict[str, Any]) -> str | None:
    for name in ("kind", "media_type", "type"):
        said = owner.get(name)
        if isinstance(said, str) and said.lower() in _KIND_WORDS:
            return _KIND_WORDS[said.lower()]
    return None


def _main(content_type: str | None) -> str | None:
    main = (content_type or "").partition("/")[0].lower()
    return main if main in ("image", "video", "audio") else None


def _parts(url: str) -> tuple[str, str]:
    """Host and file extension of a URL; no host for what isn't a public one."""
    if len(url) > _LONGEST or not url[:8].lower().startswith(("http://", "https://")):
        return "", ""
    try:
        parts = split_url(url)
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    if parts.username is not None or any(c.isspace() or not c.isprintable() for c in url):
        return "", ""
    name = parts.path.rpartition("/")[2]
    return host.lower(), name.rpartition(".")[2].lower() if "." in name else ""


def _is_page(host: str) -> bool:
    return any(host == page or host.endswith(f".{page}") for page in _PAGES)


def _words(name: str) -> frozenset[str]:
    """The words of a field's name, in snake case or camel case."""
    return frozenset(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))


def _place(steps: tuple[str, ...]) -> str:
    return "".join(s if s.startswith("[") else f".{s}" for s in steps).removeprefix(".")
