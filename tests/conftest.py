"""What holds for every test of this project."""

from __future__ import annotations

import signal
import threading

# Started in the background of a script, this process ignores Ctrl-C, and so would every child;
# the tests of what Ctrl-C does would then wait for something that never comes.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
