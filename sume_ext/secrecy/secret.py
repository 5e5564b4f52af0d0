"""One wrapper for keys and signed values, which shows them to nobody who doesn't ask by name.

A `Secret` has no repr, str, format, pickle, state or ordering that tells its value;
`Secret.reveal` is the only way to it, so every use can be found by searching for one word.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NoReturn, final

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN = "**********"


@final
class Secret:
    """A value that must not be shown. It can't be changed, pickled or ordered.

    Args:
        value: The secret text, or a `Secret` that holds it.
    """

    __slots__ = ("__weakref__", "_tell")

    _tell: Callable[[], str]

    def __init__(self, value: str | Secret) -> None:
        text = value.reveal() if isinstance(value, Secret) else value

        # A closure, because whatever dumps attributes (debuggers, error trackers, `inspect`)
        # shows an attribute's repr, and a function's repr is only its name.
        def tell() -> str:
            return text

        object.__setattr__(self, "_tell", tell)

    def reveal(self) -> str:
        """The secret text, in clear."""
        return self._tell()

    def __repr__(self) -> str:
        return f"Secret({_SHOWN!r})"

    def __str__(self) -> str:
        return _SHOWN

    def __format__(self, spec: str) -> str:
        return format(_SHOWN, spec)

    def __bool__(self) -> bool:
        return bool(self._tell())

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same text, in a time that doesn't tell where they differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._tell().encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((Secret, self._tell()))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret can't be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Secret can't be changed")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __getstate__(self) -> NoReturn:
        raise TypeError(_NOT_PICKLED)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(_NOT_PICKLED)


_NOT_PICKLED = "a Secret is not pickled; rebuild it where it is needed, from the environment"
