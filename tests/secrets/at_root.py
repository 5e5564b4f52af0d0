"""A handler that gets all that is logged, however little its level says, and is taken off again."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

H = TypeVar("H", bound=logging.Handler)


@contextmanager
def at_root(handler: H) -> Generator[H]:
    """The handler, on the root logger, which lets everything through meanwhile."""
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
