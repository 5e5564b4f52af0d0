"""Which of many alike cases run with each change, and which only with the slower checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def one_in(number: int, values: Iterable[Any]) -> list[Any]:
    """Parameters for a test: the first and each so-manieth after it always, the others slowly."""
    return [
        value if place % number == 0 else pytest.param(value, marks=pytest.mark.slow)
        for place, value in enumerate(values)
    ]
