"""Which of many alike cases run with each change, and which only with the slower checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def one_in(number: int, values: Iterable[Any]) -> list[Any]:
    """Parameters for a test: the first and each so-manieth after it always, the others slowly.

    A tuple is of several parameters.
    """
    return [value if place % number == 0 else _slow(value) for place, value in enumerate(values)]


def _slow(value: Any) -> Any:
    several: tuple[Any, ...] = cast("Any", value) if isinstance(value, tuple) else (value,)
    return pytest.param(*several, marks=pytest.mark.slow)
