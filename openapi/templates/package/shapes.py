"""Whether an answer has the shape that the schema promises.

`mismatch` tells the first place where a required member is missing or a value has another type than
promised, and never tells a value. What it lets through, the models can parse.
"""

from collections.abc import Callable
from typing import Any

from ._shapes import ANSWERS, OBJECTS

# A check tells what is wrong with a value whose type is known to be right.
Check = Callable[[Any], str | None]


class _Missing:
    """Stands for a member that is not there."""


_MISSING = _Missing()
_TYPES: dict[str, tuple[type, ...]] = {
    "s": (str,),
    "i": (int,),
    "n": (int, float),
    "b": (bool,),
    "a": (list,),
    "o": (dict,),
    "0": (type(None),),
    "?": (_Missing,),
    "*": (str, int, float, bool, list, dict, type(None)),
}
_WORDS = {"s": "text", "i": "an integer", "n": "a number", "b": "true or false", "a": "a list", "o": "an object"}
_CAME = {str: "text", int: "an integer", float: "a number", bool: "true or false", list: "a list", dict: "an object"}
# Made on first use and kept.
_answers: dict[str, Check | None] = {}
_objects: dict[str, Check] = {}


def mismatch(operation: str, payload: object) -> str | None:
    """Find the first place of a 2xx answer that is not as promised.

    Args:
        operation: our name of the operation, such as `get_job`; an unknown one promises nothing.
        payload: the decoded JSON.

    Returns:
        For example `data[3].id: text expected, got null` or `error.code: missing`; None if all is well.
    """
    if operation not in _answers:
        promise = ANSWERS.get(operation)
        _answers[operation] = _one(promise) if promise else None
    check = _answers[operation]
    problem = check(payload) if check else None
    return problem.removeprefix(".").removeprefix(": ") if problem else None


def _one(promise: Any) -> Check:
    """A check of one value, its type included."""
    code = promise[0]
    allowed, inside = _allowed(code), _inside(promise)

    def check(value: Any) -> str | None:
        if type(value) not in allowed and not _whole(code, value):
            return _told(code, value)
        return inside(value) if inside else None

    return check


def _inside(promise: Any) -> Check | None:
    """A check of what is inside a list or an object; None if nothing is promised there."""
    inner = promise[1] if len(promise) > 1 else {}
    each = _items(inner["a"]) if "a" in inner else None
    tag, variants = inner.get("t", ("", {}))
    name = inner.get("o")
    if not inner:
        return None

    def check(value: Any) -> str | None:
        if type(value) is list:
            return each(value) if each else None
        if type(value) is not dict:
            return None
        if variants:
            said = value.get(tag)
            known = variants.get(said) if isinstance(said, str) else None
        else:
            known = name
        return _object(known)(value) if known else None

    return check


def _items(promise: Any) -> Check:
    """A check of every element of a list."""
    each = _one(promise)
    plain = _allowed(promise[0]) if len(promise) == 1 else frozenset[type]()

    def check(value: Any) -> str | None:
        for number, element in enumerate(value):
            if type(element) not in plain:
                problem = each(element)
                if problem is not None:
                    return f"[{number}]{problem}"
        return None

    return check


def _object(name: str) -> Check:
    """The check of a class's members, made once; a recursive class finds itself."""
    if name not in _objects:
        members, extra = OBJECTS[name]
        # Apart, because plain members are many and need no second look.
        plain = [(key, _allowed(p[0])) for key, p in members.items() if len(p) == 1]
        nested = [(key, _one(p)) for key, p in members.items() if len(p) > 1]
        each = _one(extra) if extra else None

        def check(value: Any) -> str | None:
            get = value.get
            for key, allowed in plain:
                if type(get(key, _MISSING)) not in allowed:
                    found, code = get(key, _MISSING), members[key][0]
                    if not _whole(code, found):
                        return f".{key}{_told(code, found)}"
            for key, inner in nested:
                problem = inner(get(key, _MISSING))
                if problem is not None:
                    return f".{key}{problem}"
            for key in value.keys() - members.keys() if each else ():
                problem = each(value[key]) if each else None
                if problem is not None:
                    return f".{key}{problem}"
            return None

        _objects[name] = check
    return _objects[name]


def _allowed(code: str) -> frozenset[type]:
    return frozenset(kind for letter in code for kind in _TYPES[letter])


def _whole(code: str, value: object) -> bool:
    """JSON knows one kind of number, so 4.0 is an integer, too."""
    return "i" in code and isinstance(value, float) and value.is_integer()


def _told(code: str, value: object) -> str:
    if value is _MISSING:
        return ": missing"
    wanted = " or ".join(_WORDS[letter] for letter in code if letter in _WORDS)
    return f": {wanted} expected, got {_CAME.get(type(value), 'null')}"
