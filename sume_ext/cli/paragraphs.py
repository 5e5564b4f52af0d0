"""Lines for a terminal that breaks them where a reader would: between words, never in a command.

A command in a message can be copied as it stands; off a terminal nothing is broken at all.
"""

from __future__ import annotations

import os
import re
import textwrap
from typing import IO

_TOGETHER = re.compile(r"`[^`]*`|\[request [^\]]*\]|(?<=: )sume [a-z](?:(?!\. [A-Z]| - ).)*")
_HARD = "\x00"
_INDENT = 6
_NARROW = 50


def paragraph(line: str, stream: IO[str]) -> str:
    """A line with its end, broken where the stream is a terminal that is narrower.

    Args:
        line: The line; what is left of it goes on below, indented.
        stream: Where it will be written.
    """
    width = _width(stream)
    if not width:
        return f"{line}\n"
    indent = " " * (_INDENT if width >= _NARROW else 2)
    if width < _NARROW and line.startswith(" " * _INDENT):
        line = indent + line.lstrip()
    if len(line) <= width:
        return f"{line}\n"
    glued = _TOGETHER.sub(lambda part: part[0].replace(" ", _HARD), line)
    broken = textwrap.wrap(
        glued,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
    return "".join(f"{one.replace(_HARD, ' ')}\n" for one in broken)


def _width(stream: IO[str]) -> int:
    """The columns of a terminal; 0 for anything else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError):
        return 0
