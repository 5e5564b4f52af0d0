"""Connections that a client shares with the one it was made from, which may need them longer."""

from __future__ import annotations

from typing import Any
from weakref import ref


class Borrowed:
    """Closes connections only when their owner is gone.

    Args:
        connections: What is to be closed.
        owner: Who goes on using them; not kept alive for that.
    """

    def __init__(self, connections: Any, owner: object) -> None:
        self._connections = connections
        self._owner = ref(owner)

    def close(self) -> None:
        """Close them, unless they are still their owner's."""
        if self._owner() is None:
            self._connections.close()

    async def aclose(self) -> None:
        """As `close`."""
        if self._owner() is None:
            await self._connections.aclose()
