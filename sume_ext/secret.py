"""One wrapper for keys and signed values, which shows them to nobody who doesn't ask by name.

A `Secret` has no repr, str, format, pickle or ordering that tells its value;
`Secret.reveal` is the only way to it, so every use can be found by searching for one word.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """A value that must not be shown.

    Args:
        value: The secret text.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret text, in clear."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    def __str__(self) -> str:
        return "**********"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Secret is not pickled; rebuild it where it is needed, from the environment"
        )
