"""What a handler is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sume_ext.sandbox.faults import Fault
from sume_ext.sandbox.pages import window

if TYPE_CHECKING:
    from sume_ext.sandbox.links import Links
    from sume_ext.sandbox.pages import Window
    from sume_ext.sandbox.records import Key, Workspace
    from sume_ext.sandbox.signing import Signer
    from sume_ext.sandbox.store import Store
    from sume_ext.sandbox.world import World

NO_FAULT: Final = Fault()


@dataclass(slots=True, repr=False)
class Call:
    """One call of an operation, checked against the document.

    Attributes:
        world: The state.
        links: Makes media URLs.
        signer: Signs uploads.
        store: The real store behind uploads, or None for the sandbox's own.
        key: The key that asks.
        arguments: Path and query parameters as values.
        body: The body.
        now: Sandbox time.
        fault: What should go wrong.
    """

    world: World
    links: Links
    signer: Signer
    store: Store | None
    key: Key
    arguments: dict[str, Any]
    body: dict[str, Any]
    now: float
    fault: Fault = NO_FAULT

    @property
    def workspace(self) -> Workspace:
        """The workspace that asks."""
        return self.key.workspace

    def window(self) -> Window:
        """The page asked for, and how it should go wrong."""
        return window(self.arguments, self.fault.pages)

    def visible(self, created_at: float) -> bool:
        """Whether a record has reached the replica that answers."""
        return not self.fault.lag or created_at <= self.now - self.fault.lag
