"""What holds for every test of this project."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

import pytest

# Started in the background of a script, this process ignores Ctrl-C, and so would every child;
# the tests of what Ctrl-C does would then wait for something that never comes.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _nothing_is_known_yet() -> None:
    """No test finds a secret that another has shown to a client, nor misses what it was told."""
    memory: Any = sys.modules.get("sume_ext.secrecy.memory")
    if memory is not None:
        memory.known.__init__()
    notices: Any = sys.modules.get("sume_ext.waiting.notices")
    if notices is not None:
        notices._told.clear()
