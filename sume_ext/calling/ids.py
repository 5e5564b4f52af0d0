"""What an id may be, said once: a text that stays one segment of a path."""

from __future__ import annotations

from sume_ext.errors import InvalidArgumentError


def check_id(value: object, operation: str | None = None) -> str:
    """The id, if it can be one.

    Args:
        value: What a caller gave.
        operation: The public name of what it was given to.

    Raises:
        InvalidArgumentError: It is no text, blank, or ``.`` or ``..``, which would ask for another
            path; or it has no UTF-8 form.
    """
    if isinstance(value, str) and value.strip() not in ("", ".", "..") and _is_text(value):
        return value
    what = ascii(value) if isinstance(value, str) else f"a {type(value).__name__}"
    raise InvalidArgumentError(
        f"{operation or 'jobs'}: {what} is no id.",
        hint="Pass the id as the API gave it.",
        operation=operation,
    )


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
