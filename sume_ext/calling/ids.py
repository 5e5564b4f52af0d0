"""What an id may be, said once for what callers pass and what answers bring: one printable word.

An id goes into a path, a message and a terminal, so what would change any of them is none.
"""

from __future__ import annotations

from typing import TypeGuard

from sume_ext.errors import InvalidArgumentError
from sume_ext.secrecy.quoting import quoted

_LONGEST = 512
_NO_NAMES = frozenset({"", ".", ".."})


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value can be an id: printable text without blanks, and no path (``..``)."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST
        and value.isprintable()  # of all blanks, lone surrogates and controls, only the space is
        and " " not in value
        and "\ufffd" not in value  # something of it was lost
        and _NO_NAMES.isdisjoint(value.replace("\\", "/").split("/"))
    )


def check_id(value: object, operation: str | None = None) -> str:
    """The id, if it can be one.

    Args:
        value: What a caller gave.
        operation: The public name of what it was given to.

    Raises:
        InvalidArgumentError: It can't, see `is_id`.
    """
    if is_id(value):
        return value
    what = quoted(value) if isinstance(value, str) else f"a {type(value).__name__}"
    raise InvalidArgumentError(
        f"{operation or 'jobs'}: {what} is no id.",
        hint="Pass the id as the API gave it.",
        operation=operation,
    )
