"""URLs in parts and put together, without a copy that stays: URLs may be signed.

What `urllib.parse` splits it keeps in a cache of the whole process, in clear, and for as long as
that lives. So every URL of this package is split here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

# `functools` promises `__wrapped__` for bypassing its cache; where there is none, nothing is kept.
_split = cast("Callable[[str], SplitResult]", getattr(urlsplit, "__wrapped__", urlsplit))


def split_url(url: str) -> SplitResult:
    """As `urllib.parse.urlsplit`, but the URL is kept nowhere.

    Raises:
        ValueError: It isn't a URL.
    """
    return _split(url)


def join_url(base: str, reference: str) -> str:
    """The URL that a reference means at a base URL, as a redirect's ``Location`` does.

    Source: RFC 3986 section 5.2.

    Raises:
        ValueError: One of them isn't a URL.
    """
    if not reference:
        return base
    here, there = split_url(base), split_url(reference)
    if there.scheme not in ("", here.scheme):
        return reference
    if there.netloc:
        return there._replace(scheme=here.scheme).geturl()
    if not there.path:
        query = there.query or here.query
        return here._replace(query=query, fragment=there.fragment).geturl()
    # A reference that begins with a slash replaces the whole path, any other its last step.
    before = "" if there.path.startswith("/") else here.path.rpartition("/")[0] + "/"
    path = _without_dots(before + there.path)
    return there._replace(scheme=here.scheme, netloc=here.netloc, path=path).geturl()


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for step in path.split("/")[1:]:
        if step == "..":
            del kept[-1:]
        elif step != ".":
            kept.append(step)
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/" + "/".join(kept)
