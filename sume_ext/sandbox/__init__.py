"""An embedded Sume API for trying things out and for tests: a stand-in, never the real one.

    with Sandbox() as sandbox:
        sume = Sume(api_key=sandbox.api_key, base_url=sandbox.base_url)

Importing this costs nothing; what it needs (``pip install "sume-ext[sandbox]"``) comes in when a
sandbox is made.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sume_ext.sandbox.clock import Clock as Clock
    from sume_ext.sandbox.command import serve as serve
    from sume_ext.sandbox.extras import MissingExtraError as MissingExtraError
    from sume_ext.sandbox.faults import Fault as Fault
    from sume_ext.sandbox.faults import Faults as Faults
    from sume_ext.sandbox.files import sample_video as sample_video
    from sume_ext.sandbox.hooks import Jobs as Jobs
    from sume_ext.sandbox.journal import Journal as Journal
    from sume_ext.sandbox.journal import Received as Received
    from sume_ext.sandbox.records import Limits as Limits
    from sume_ext.sandbox.sandbox import Sandbox as Sandbox
    from sume_ext.sandbox.store import Store as Store

_HOMES: Final = {
    "Clock": "clock",
    "Fault": "faults",
    "Faults": "faults",
    "Jobs": "hooks",
    "Journal": "journal",
    "Limits": "records",
    "MissingExtraError": "extras",
    "Received": "journal",
    "Sandbox": "sandbox",
    "Store": "store",
    "sample_video": "files",
    "serve": "command",
}
__all__ = [
    "Clock",
    "Fault",
    "Faults",
    "Jobs",
    "Journal",
    "Limits",
    "MissingExtraError",
    "Received",
    "Sandbox",
    "Store",
    "sample_video",
    "serve",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
