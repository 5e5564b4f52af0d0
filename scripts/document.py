"""The raw document and the references in it.

Every local `$ref` is followed wherever it stands and wherever it points; one that leads nowhere,
out of the document or in a circle stops with its place.
"""

from typing import Any, TypeGuard
from urllib.parse import unquote

from scripts.stops import Exit, Stop

Json = dict[str, Any]


def is_object(value: object) -> TypeGuard[Json]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def as_object(value: object) -> Json:
    """An object as it is, anything else as an empty one."""
    return value if is_object(value) else {}


def as_list(value: object) -> list[Any]:
    """A list as it is, anything else as an empty one."""
    return value if is_list(value) else []


def as_text(value: object) -> str | None:
    """Text without blanks around it; None if nothing is left."""
    return (value.strip() or None) if isinstance(value, str) else None


class Document:
    """A raw OpenAPI document whose references can be followed."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw

    def follow(self, value: Json, where: str) -> Json:
        """The object that stands behind `value`, however long the chain of references."""
        seen: list[str] = []
        while isinstance(reference := value.get("$ref"), str):
            if reference in seen:
                raise Stop(Exit.WORDING, f"{where}: the reference {reference} leads to itself.")
            seen.append(reference)
            value = self.target(reference, where)
        return value

    def target(self, reference: str, where: str) -> Json:
        """What one reference points at."""
        if not reference.startswith("#"):
            raise Stop(
                Exit.WORDING,
                f"{where}: the reference {reference!r} leads out of the document.",
                "Bundle the document first, or replace the reference in openapi/patches.yaml.",
            )
        found: Any = self.raw
        for step in reference.removeprefix("#").split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if is_object(found) and key in found:
                found = found[key]
            elif is_list(found) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                raise Stop(
                    Exit.WORDING,
                    f"{where}: the reference {reference!r} leads nowhere.",
                    "Ask for a mended document, or replace the reference in openapi/patches.yaml.",
                )
        if isinstance(found, bool):
            return {}
        if not is_object(found):
            raise Stop(Exit.WORDING, f"{where}: the reference {reference!r} points at no object.")
        return found
