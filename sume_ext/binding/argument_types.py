"""Whether a caller's values are of the types that the generated code declares.

Generated classes take anything and send it; a wrong type on a call that spends should cost a
message, not a request. Choices stay open to any text, for a server may know newer ones.
"""

from __future__ import annotations

import math
import types
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def first_misfit(takes: Callable[..., Any], values: Mapping[str, object]) -> str | None:
    """The first argument that is of a wrong type, or None.

    Args:
        takes: The generated function or class that takes them.
        values: Arguments by name; what the callable doesn't know isn't judged here.
    """
    declared = _declared(takes)
    return next(
        (n for n, value in values.items() if n in declared and not _fits(value, declared[n])), None
    )


@cache
def _declared(takes: Callable[..., Any]) -> dict[str, Any]:
    made = cast("Any", takes).__init__ if isinstance(takes, type) else takes
    try:
        return get_type_hints(made, localns=_Models())
    except NameError:  # of what is no model: then the server judges
        return {}


class _Models(dict[str, Any]):
    """Models by name, because generated code names those it is made of for type checkers only."""

    def __missing__(self, name: str) -> Any:
        from sume_api import models  # noqa: PLC0415  (its members are imported one by one, on demand)

        try:
            return getattr(models, name)
        except AttributeError:
            raise KeyError(name) from None


def _fits(value: object, declared: Any) -> bool:
    origin, members = get_origin(declared), get_args(declared)
    if origin in (Union, types.UnionType):
        return any(_fits(value, member) for member in members)
    if origin is Literal:
        return any(isinstance(value, type(member)) for member in members)
    if origin is list:
        many = cast("list[object]", value) if isinstance(value, (list, tuple)) else None
        return many is not None and all(_fits(one, members[0]) for one in many)
    if declared in (int, float) and _is_no_number(value):
        return False
    members_given = isinstance(value, dict) and hasattr(cast("object", value), "to_dict")
    if hasattr(declared, "to_dict") and members_given:
        return True  # members that serialise themselves stand for a model
    kind = (int, float) if declared is float else origin or declared
    return not isinstance(kind, (type, tuple)) or isinstance(value, kind)


def _is_no_number(value: object) -> bool:
    """Whether it is a number to Python only: no filter means NaN by it, and JSON can't say it."""
    return isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value))
