"""Text of the server's, made safe to stand in source code.

What remains can neither be invisible nor change how the rest of a line is shown or read.
"""

import unicodedata
from typing import Any

from scripts.document import is_list, is_object


def clean(text: str) -> str:
    """Text without characters that change how source code is shown or read."""
    kept = (x for x in text.replace("\r\n", "\n") if x in "\n\t" or _harmless(x))
    return "".join(kept).strip()


def clean_all(value: Any) -> Any:
    """A JSON value with all its texts cleaned."""
    if isinstance(value, str):
        return clean(value)
    if is_list(value):
        return [clean_all(inner) for inner in value]
    if is_object(value):
        return {clean(name): clean_all(inner) for name, inner in value.items()}
    return value


def _harmless(character: str) -> bool:
    category = unicodedata.category(character)
    return not category.startswith("C") and category not in ("Zl", "Zp")
