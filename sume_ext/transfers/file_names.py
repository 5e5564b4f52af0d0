"""Names for downloaded files: made of the job's id, the file's place and its type.

A name never comes from a server, holds no separator, and is one that every file system takes:
ASCII letters, digits, ``_`` and ``-``, one known extension, at most 200 bytes.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from sume_ext.transfers.content_types import extension_for, known_extension
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from sume_ext.media import MediaFile

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_ID: Final = 150
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def file_name(job_id: str, index: int, media: MediaFile) -> str:
    """The name for one file of a job's result.

    Args:
        job_id: The job's id; whatever a name can't hold is replaced, and a digest of the id added,
            so that two ids never share a name. Ids that differ in capitals alone would, where the
            file system doesn't tell them apart; random ids don't, and people read these names.
        index: The file's place in the result, from 0.
        media: The file; its content type decides the extension, else its URL's known one.
    """
    extension = extension_for(media.content_type) or known_extension(split_url(media.url).path)
    return f"{_clean(job_id)}-{index + 1}{extension or ''}"


def _clean(job_id: str) -> str:
    clean = _UNSAFE.sub("_", job_id)[:_LONGEST_ID].lstrip("-")
    if clean and clean == job_id:
        return clean
    digest = hashlib.sha256(job_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{clean}_{digest}"


def is_url(target: object) -> bool:
    """Whether somebody passed a URL where a path belongs; ``C:/`` is none."""
    return isinstance(target, str) and _URL.match(target) is not None
