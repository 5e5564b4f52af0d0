"""What an operation does to the world, which decides whether it may be sent again."""

from __future__ import annotations

from enum import Enum


class Effect(Enum):
    """The three kinds of operation."""

    READS = "reads"
    """Changes nothing; may always be sent again."""

    WRITES = "writes"
    """Changes state, but spends nothing."""

    SPENDS = "spends"
    """May spend the user's credits; never sent again when it may have been accepted."""
