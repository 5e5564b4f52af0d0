"""What stops a regeneration.

Whatever goes wrong is one `Stop`, with an exit code for its kind and a text of one to three lines
that says what to do next; nothing has been changed in the working tree when one is raised.
"""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of `python -m scripts.regen`."""

    OK = 0
    DIFFERS = 1
    USAGE = 2
    FETCH = 3
    DOCUMENT = 4
    PATCH = 5
    NAMES = 6
    WORDING = 7
    GENERATOR = 8
    AUDIT = 9
    ROLES = 10
    BUSY = 11
    INTERRUPTED = 130


class Stop(Exception):  # noqa: N818  (it is a decision, not an accident)
    """A reason to change nothing, told in at most three lines."""

    def __init__(self, kind: Exit, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.kind = kind
