"""An answer's JSON where no generated model fits it: dicts and lists that show no secret.

They are what JSON is, to index, compare and dump; only what is seen in passing is cleaned: repr,
str, format and what rich and pprint make of them. As the models, they copy, but don't pickle.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, NoReturn, cast

from sume_ext.secrecy.sensitive import compact
from sume_ext.secrecy.spans import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Untyped:
    """What all of them have in common: how they are seen, and that they aren't pickled."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_clean(self))

    def __str__(self) -> str:
        return str(_clean(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __rich_repr__(self) -> Iterator[Any]:
        yield _clean(self)

    def __sentry_repr__(self) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "an answer may hold signed URLs and ids, so it is not pickled; "
            "keep json.dumps() of it where that may be kept"
        )


class UntypedDict(_Untyped, dict[str, Any]):
    """A JSON object; its views show no secret."""

    __slots__ = ()

    def copy(self) -> UntypedDict:
        """A shallow copy that shows no secret either."""
        return UntypedDict(self)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedDict:
        twin = memo[id(self)] = UntypedDict()
        twin.update((name, copy.deepcopy(inner, memo)) for name, inner in self.items())
        return twin


class UntypedList(_Untyped, list[Any]):
    """A JSON array; its views show no secret."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        found: Any = super().__getitem__(index)
        return UntypedList(found) if isinstance(index, slice) else found

    def copy(self) -> UntypedList:
        """A shallow copy that shows no secret either."""
        return UntypedList(self)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedList:
        twin = memo[id(self)] = UntypedList()
        twin.extend(copy.deepcopy(inner, memo) for inner in self)
        return twin


class UntypedText(_Untyped, str):
    """A JSON string that is a whole answer; its views show no secret, its slices are the text."""

    __slots__ = ()

    def __copy__(self) -> UntypedText:
        return self

    def __deepcopy__(self, memo: object) -> UntypedText:
        return self


def untyped(data: Any) -> Any:
    """JSON as dicts, lists and text of its own values that show no secret, however nested."""
    return UntypedText(data) if isinstance(data, str) else _rebuilt(data, UntypedDict, UntypedList)


def _rebuilt(
    data: Any,
    mapping: type[dict[str, Any]],
    sequence: type[list[Any]],
    leaf: Callable[[Any], Any] = lambda value: value,
    hides: Callable[[str], bool] = lambda _: False,
) -> Any:
    """The same structure of other containers; without recursion, because a server may nest it.

    Args:
        data: JSON.
        mapping: What its objects become.
        sequence: What its arrays become.
        leaf: What becomes of anything else.
        hides: Whether a member of this name is left out.
    """
    pending: list[tuple[Any, Any]] = []

    def twin(value: Any) -> Any:
        if isinstance(value, (dict, list)):
            made: Any = mapping() if isinstance(value, dict) else sequence()
            pending.append((cast("Any", value), made))
            return made
        return leaf(value)

    root = twin(data)
    while pending:
        old, new = pending.pop()
        if isinstance(old, dict):
            for name, inner in cast("dict[str, Any]", old).items():
                new[name] = REDACTED if hides(name) else twin(inner)
        else:
            new.extend([twin(inner) for inner in old])
    return root


def _clean(data: Any) -> Any:
    """What may be seen of JSON: nothing that a model would hide, and nothing that is secret."""
    from sume_ext.secrecy.redaction import redact_foreign  # noqa: PLC0415  (its patterns are many)

    return redact_foreign(_rebuilt(data, dict, list, _without_paths, _is_hidden))


def _is_hidden(name: str) -> bool:
    small = compact(name)
    return small.endswith(_URLS) or small in _PAYLOADS


_URLS = ("url", "urls", "uri", "href")
_PAYLOADS = frozenset({"details", "raw", "payload", "transcript", "headers", "message"})
"""With what `redact` hides by name, what the models hide; a test compares the two."""


def _without_paths(value: Any) -> Any:
    """Of the URLs in a text their origins alone, because media are private, signed or not."""
    if isinstance(value, str):
        return _URL.sub(rf"\1\2/{REDACTED}", str.__str__(value))
    return value


_URL = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]{1,20}://)(?:[^/?#\s\"'<>]*@)?([^/?#\s\"'<>@]*)[/?#][^\s\"'<>]+"
)
