"""Which flag the API objects to, read from whatever an error's details look like.

The contract leaves the form of ``details`` open, so every usual one is understood, and what is
not understood is left out: details may hold what nobody should see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sume_ext.errors import APIError

_MOST = 12
_LISTS = ("fields", "errors", "issues", "violations", "invalid_params", "detail", "details")
_PLACES = ("field", "param", "parameter", "path", "loc", "pointer", "location", "property", "name")
_TEXTS = ("message", "msg", "reason", "description", "detail", "error", "title")
_ROOTS = frozenset({"", "#", "$", "body", "query", "path", "request"})


def complaints_of(error: APIError) -> list[str]:
    """What the API objects to, field by field, each under the flag it was given with."""
    found = [*dict.fromkeys(_complaints(error.details))][:_MOST]
    flags = _flags(error.operation) if found else {}
    return [_told(place, text, flags) for place, text in found]


def _complaints(details: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Places and reasons, in whichever of the usual forms they come."""
    yield from _complaint(details)
    for name in _LISTS:
        held: Any = details.get(name)
        if isinstance(held, list):
            items: list[Any] = cast("Any", held)
            for item in items:
                yield from _complaint(item)
        elif isinstance(held, dict):
            for place, said in cast("dict[str, Any]", held).items():
                reasons: list[Any] = cast("Any", said) if isinstance(said, list) else [said]
                yield from ((_plain(place), one) for one in reasons if isinstance(one, str))


def _complaint(item: Any) -> Iterable[tuple[str, str]]:
    """The place and the reason that an object names; nothing where it lacks either."""
    if not isinstance(item, dict):
        return
    members = cast("dict[str, Any]", item)
    places = [members[name] for name in _PLACES if isinstance(members.get(name), str | list)]
    texts = [members[name] for name in _TEXTS if isinstance(members.get(name), str)]
    if places and texts:
        yield _plain(places[0]), texts[0]


def _plain(place: Any) -> str:
    """``["body", "n", 0]``, ``/body/n/0`` and ``body.n[0]`` are all ``n.0``."""
    given: list[Any] = cast("Any", place) if isinstance(place, list) else [place]
    text = ".".join(map(str, given))
    steps = re.sub(r"\[(\w+)\]", r".\1", text).replace("/", ".").split(".")
    while len(steps) > 1 and steps[0] in _ROOTS:
        del steps[0]
    return ".".join(steps)


def _flags(operation: str | None) -> dict[str, str]:
    """The flag of each field of an operation."""
    from sume_ext.cli.facts import facts_of  # noqa: PLC0415  (they read the whole table)
    from sume_ext.cli.flags import spellings  # noqa: PLC0415
    from sume_ext.operations import BINDINGS  # noqa: PLC0415

    if operation not in BINDINGS:
        return {}
    return {
        name: one.python_name.upper() if one.place == "path" else spellings(one)[0]
        for one in facts_of(operation).parameters
        for name in (one.name, one.python_name)
    }


def _told(place: str, text: str, flags: Mapping[str, str]) -> str:
    field, _, inside = place.partition(".")
    flag = flags.get(field, place)
    if field in flags and inside:
        flag += f" (number {int(inside) + 1})" if inside.isdecimal() else f" ({inside})"
    return f"{flag}: {text}" if flag else text
