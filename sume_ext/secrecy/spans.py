"""What detectors of secrets answer with: where something to hide stands, and what to put there."""

from __future__ import annotations

REDACTED = "[redacted]"
Span = tuple[int, int, str]
"""Where something to hide begins and ends, and what to put there."""


def blanked(text: str, found: list[Span]) -> str:
    """The text, as long as before, without what is hidden already.

    So that nothing in there is looked at again.

    Args:
        text: Any.
        found: What is hidden, in the text's order.
    """
    parts: list[str] = []
    done = 0
    for start, end, _ in found:
        if start >= done:
            parts += (text[done:start], " " * (end - start))
            done = end
        elif end > done:
            parts.append(" " * (end - done))
            done = end
    return "".join((*parts, text[done:])) if parts else text
