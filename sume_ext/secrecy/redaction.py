"""`redact`: any value without its secrets, for an application's own logging.

Secrets are known by the names they stand under, by their shape, and by value: what passed
through a client in this process is found wherever it appears. What is clean comes back as the
very same object; redacting twice is redacting once; nothing is ever changed in place.
"""

from __future__ import annotations

import dataclasses
import re
from array import array
from collections import UserString, deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import (
    ParseResult,
    ParseResultBytes,
    SplitResult,
    SplitResultBytes,
    urlparse,
    urlsplit,
)

from sume_ext.secrecy import memory, shapes
from sume_ext.secrecy.secret import Secret
from sume_ext.secrecy.sensitive import OWNED, OWNERS, compact, is_sensitive
from sume_ext.secrecy.spans import REDACTED, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
_DEEPEST = 40
_REDACTED_BYTES = REDACTED.encode()
_PAIR = 2
_FEWEST_TOLD, _MOST_TOLD = 2, 8
_SHORTEST_IN_LIST = 8
_NUMBERS = frozenset({int, float, bool, complex, type(None)})
"""By exact type, because a subclass shows itself as it likes."""
_PLAIN = (Secret, type)


def redact(value: T) -> T:
    """The value without secrets.

    Args:
        value: Text, bytes, a mapping, a sequence or set, an attrs or dataclass instance, an
            exception, a URL, or anything else, however nested.

    Returns:
        The value itself when it is clean, else a copy of its type. Sensitive parts of text are
        ``[redacted]``; so is what stands under a sensitive name. An exception comes back as its
        own type, with its notes and causes cleaned. An object of a type unknown here whose text
        shows a secret becomes that text, cleaned; one that can't be shown at all, a few words.
    """
    return cast("T", _Redactor(redact_text).any(value))


def redact_foreign(value: T) -> T:
    """As `redact`, for what a server says in its own words, which may quote anything.

    There a long random token is a secret unless it is an id for everyone, as in ``job_5f0e…``.
    """
    return cast("T", _Redactor(_foreign_text).any(value))


def _foreign_text(text: str) -> str:
    return _TOKEN.sub(_opaque, redact_text(text))


_TOKEN = re.compile(r"[\w./=+~-]{16,}+")
_LONG_WORD = re.compile("[A-Za-z0-9]{16}")
_FEWEST_DIGITS = 4
_PUBLIC_ID = re.compile(r"(?!user|ws|key)[a-z]{2,12}(?:_sandbox)?_[A-Za-z0-9]+[.]?")


def _opaque(match: re.Match[str]) -> str:
    token = match[0]
    random = _LONG_WORD.search(token) and sum(map(str.isdigit, token)) >= _FEWEST_DIGITS
    public = token.startswith("//") or _PUBLIC_ID.fullmatch(token)
    return REDACTED if random and not public else token


_MOST_ROUNDS = 8


def redact_text(text: str, rounds: int = _MOST_ROUNDS) -> str:
    """As `redact`, for text alone; looked through so many times at most."""
    found = shapes.spans(text)
    if known := memory.known.find(text, found):
        found += [(start, end, REDACTED) for start, end in known]
    if not found:
        return text
    said = _replaced(text, found)
    # A word that what is hidden now was a part of may be something of its own without it.
    again = rounds > 1 and said != text and _TOUCHING.search(said)
    return redact_text(said, rounds - 1) if again else said


_TOUCHING = re.compile(rf"{re.escape(REDACTED)}(?:(?=\w)|(?<=\w{re.escape(REDACTED)}))")


def _replaced(text: str, found: list[Span]) -> str:
    """The text with spans replaced.

    Where some overlap, what begins first stands for all, and the longest of those.
    """
    found.sort()
    parts: list[str] = []
    begin = done = 0
    for start, end, instead in found:
        if start >= done:
            parts.append(text[done:start])
            parts.append(instead)
            begin, done = start, end
        elif end >= done:
            if start == begin:
                parts[-1] = instead
            done = end
    parts.append(text[done:])
    return "".join(parts)


class _Redactor:
    """One walk through a value; remembers where it is and was, so that circles and webs end."""

    def __init__(self, text: Callable[[str], str]) -> None:
        self._text = text
        self._inside: set[int] = set()
        # With the values themselves, so that no id is given out again on the way.
        self._seen: dict[tuple[int, object], tuple[Any, Any]] = {}

    def any(self, value: Any) -> Any:
        """Anything, without secrets."""
        if isinstance(value, str):
            clean = self._text(value)
            if clean != value:
                return clean
            return value if type(value) is str else self._once(value, None)
        if type(value) in _NUMBERS or isinstance(value, _PLAIN):
            return value
        return self._once(value, None)

    def _once(self, value: Any, owner: object) -> Any:
        """A value with others inside, looked into once however often it occurs."""
        key = (id(value), owner)
        if key in self._seen:
            return self._seen[key][1]
        if id(value) in self._inside or len(self._inside) >= _DEEPEST:
            return REDACTED
        self._inside.add(id(value))
        try:
            clean = self._nested(value) if owner is None else self._mapping(value, owner)
        except Exception:  # noqa: BLE001  (what can't be looked at must not be let through)
            clean = f"{REDACTED} {type(value).__name__}"
        finally:
            self._inside.discard(id(value))
        self._seen[key] = (value, clean)
        return clean

    def _nested(self, value: Any) -> Any:  # noqa: PLR0911  (one question per kind)
        if isinstance(value, (str, int, float, complex)):
            return self._by_text(value)
        if isinstance(value, (bytes, bytearray, memoryview, array)):
            return self._buffer(cast("bytes", value))
        if isinstance(value, Mapping):
            return self._mapping(cast("Any", value))
        if isinstance(value, (list, tuple, deque, AbstractSet)):
            return self._several(cast("Sequence[Any]", value))
        if isinstance(value, BaseException):
            return self._exception(value)
        if names := _field_names(cast("object", value)):
            return self._instance(value, names)
        if isinstance(value, Sequence) and not isinstance(value, (range, UserString)):
            return self._several(cast("Any", value))
        return self._by_text(value)

    def _buffer(self, value: Any) -> Any:
        text = bytes(value).decode("latin-1")
        clean = self._text(text)
        if clean == text:
            return value
        raw = clean.encode("latin-1", "replace")
        return raw if isinstance(value, array) else type(value)(raw)

    def _by_text(self, value: Any) -> Any:
        """An object of another type, or its text when that shows a secret."""
        said, shown = str(value), repr(value)
        if self._text(shown) == shown and self._text(said) == said:
            return value
        return self._text(str.__str__(said))

    def _under(self, name: object, value: Any, owner: object = None) -> Any:
        """What stands under a name."""
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        if isinstance(name, str) and value is not None and not isinstance(value, (bool, Secret)):
            owned = isinstance(owner, str) and name in OWNED and compact(owner) in OWNERS
            whole = not isinstance(value, Mapping) or compact(name) not in OWNERS
            if owned or (is_sensitive(name) and whole):
                return _hidden(value)
        if isinstance(value, Mapping) and isinstance(name, str):
            return self._once(value, name)
        return self.any(value)

    def _mapping(self, value: Mapping[Any, Any], owner: object = None) -> Any:
        members = [*value.items()]
        told = _told_names(members)
        clean = {
            _as_key(self.any(name)): self._under(told.get(name, name), inner, owner)
            for name, inner in members
        }
        same = len(clean) == len(value) and all(
            name is old_name and inner is old
            for (name, inner), (old_name, old) in zip(clean.items(), value.items(), strict=True)
        )
        return value if same else clean

    def _several(self, value: Sequence[Any]) -> Any:
        if isinstance(value, (SplitResult, ParseResult)):
            return self._url(value)
        if isinstance(value, (SplitResultBytes, ParseResultBytes)):
            text: Any = value.decode("latin-1")
            return value if (clean := self._url(text)) is text else clean.encode("latin-1")
        items = [*value]
        if names := getattr(value, "_fields", None):
            clean = [self._under(name, item) for name, item in zip(names, items, strict=True)]
        elif len(items) == _PAIR and _is_header(items, of_list=isinstance(value, list)):
            clean = [self.any(items[0]), self._under(items[0], items[1])]
        else:
            clean = self._words(items)
        if all(new is old for new, old in zip(clean, items, strict=True)):
            return value
        if isinstance(value, tuple):
            make = getattr(value, "_make", None)
            return make(clean) if make else tuple(clean)
        if isinstance(value, (set, frozenset)):
            return type(value)(map(_as_key, clean))
        return deque(clean, value.maxlen) if isinstance(value, deque) else clean

    def _words(self, items: list[Any]) -> list[Any]:
        """Items in turn; one that follows ``--api-key`` is its value, as in a command's words."""
        clean: list[Any] = []
        named = False
        for item in items:
            hides = named and isinstance(item, str) and not item.startswith("-")
            clean.append(_hidden(item) if hides else self.any(item))
            named = isinstance(item, str) and item.startswith("--") and is_sensitive(item)
        return clean

    def _url(self, value: SplitResult | ParseResult) -> Any:
        """A URL in parts, which tell whether it is signed only together."""
        said = value.geturl()
        clean = self._text(said)
        split = urlsplit if isinstance(value, SplitResult) else urlparse
        return value if clean == said else split(clean)

    def _instance(self, value: Any, names: Iterable[str]) -> Any:
        """A copy of an attrs or dataclass instance whose fields are clean."""
        fields = {name: getattr(value, name) for name in names if hasattr(value, name)}
        kind = compact(type(value).__name__)
        owner = next((name for name in OWNERS if kind.endswith(name)), None)
        clean = {name: self._under(name, inner, owner) for name, inner in fields.items()}
        if all(clean[name] is inner for name, inner in fields.items()):
            # Its repr may be its own, and show more than its fields.
            return self._by_text(value)
        twin: Any = object.__new__(cast("type[object]", type(value)))
        for name, inner in clean.items():
            object.__setattr__(twin, name, inner)
        return twin

    def _exception(self, error: BaseException) -> BaseException:
        """An exception of the same type whose text, notes, attributes and causes are clean."""
        old = (error.args, _state(error), error.__cause__, error.__context__)
        args = tuple(self.any(arg) for arg in error.args)
        state = {name: self._under(name, inner) for name, inner in old[1].items()}
        cause, context = self._other(error.__cause__), self._other(error.__context__)
        if _same((args, state, cause, context), old) and _is_clean(error):
            return error
        twin = _twin(error, args, state)
        twin.__cause__, twin.__context__ = cause, context
        twin.__suppress_context__ = error.__suppress_context__
        return twin.with_traceback(error.__traceback__)

    def _other(self, error: BaseException | None) -> BaseException | None:
        found: object = None if error is None else self.any(error)
        return found if isinstance(found, BaseException) else None


_Parts = tuple[tuple[Any, ...], dict[str, Any], BaseException | None, BaseException | None]


def _same(new: _Parts, old: _Parts) -> bool:
    return (
        all(a is b for a, b in zip(new[0], old[0], strict=True))
        and all(inner is old[1][name] for name, inner in new[1].items())
        and new[2] is old[2]
        and new[3] is old[3]
    )


def _state(error: BaseException) -> dict[str, Any]:
    """What an exception keeps beside its arguments.

    Builtin ones keep it in C (``OSError.filename``, ``AttributeError.obj``), some in ``__slots__``.
    """
    state: dict[str, Any] = {}
    for kind in type(error).__mro__:
        for name, member in vars(kind).items():
            if isinstance(member, _MEMBERS) and kind is not BaseException and name[:2] != "__":
                with suppress(Exception):  # what was never set can't be read
                    state[name] = getattr(error, name)
    return state | vars(error)


_MEMBERS = (MemberDescriptorType, GetSetDescriptorType)


def _is_clean(error: BaseException) -> bool:
    said = str(error)
    return redact_text(said) == said


def _twin(error: BaseException, args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    """An exception of the same type, or a plain one where its type doesn't let itself be made."""
    try:
        twin = type(error).__new__(type(error), *args)
        twin.args = args
        for name, value in state.items():
            if name in vars(error):
                vars(twin)[name] = value  # past whatever its class makes of setting it
            else:
                with suppress(AttributeError):  # what can't be set is made of the arguments
                    setattr(twin, name, value)
        if _is_clean(twin):
            return twin
    except Exception:  # noqa: BLE001, S110  (some constructors take nothing but their own arguments)
        pass
    return Exception(f"{type(error).__name__}: {redact_text(str(error))}")


def _is_header(pair: list[Any], *, of_list: bool) -> bool:
    """Whether two things are a name and its value, as HTTP libraries and logs list headers."""
    name, value = pair
    if not isinstance(name, (str, bytes)):
        return False
    # A list of two is as often two words, of which the second is no value.
    return not of_list or (isinstance(value, (str, bytes)) and _may_be_secret(value))


def _may_be_secret(value: str | bytes) -> bool:
    text = value if isinstance(value, str) else value.decode("latin-1")
    return len(text) >= _SHORTEST_IN_LIST and any(map(str.isdigit, text))


def _told_names(members: list[tuple[Any, Any]]) -> dict[str, str]:
    """For ``{"name": "X-Api-Key", "value": "…"}``, as in HAR files, what ``value`` is called."""
    if not _FEWEST_TOLD <= len(members) <= _MOST_TOLD:
        return {}
    texts = {name: value for name, value in members if isinstance(name, str)}
    if "value" not in texts:
        return {}
    for name in map(texts.get, ("name", "key", "header")):
        if isinstance(name, str):
            return {"value": name}
    return {}


def _hidden(value: Any) -> Any:
    """What stands in place of a value under a sensitive name: bytes for bytes, else text."""
    if isinstance(value, bytes):
        return value if value in (b"", _REDACTED_BYTES) else _REDACTED_BYTES
    return value if isinstance(value, str) and value in ("", REDACTED) else REDACTED


def _as_key(clean: Any) -> Any:
    """What can stand in a set or as a key, whatever became of it."""
    try:
        hash(clean)
    except TypeError:
        return repr(clean)
    return clean


def _field_names(value: object) -> list[str]:
    """The fields of an attrs or dataclass instance; none for anything else."""
    attributes = getattr(type(value), "__attrs_attrs__", None)
    if attributes is not None:
        return [attribute.name for attribute in attributes]
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    return []
