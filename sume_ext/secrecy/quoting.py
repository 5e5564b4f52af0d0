"""How a message quotes what a caller gave: cleaned and short, because it may be a key or a URL.

People paste secrets in the wrong place, and what refuses them there is logged.
"""

from __future__ import annotations

_SHOWN = 60


def quoted(value: object) -> str:
    """A value of the caller's for a message, in ASCII, without secrets."""
    from sume_ext.secrecy.redaction import redact  # noqa: PLC0415  (only failures need its patterns)

    return ascii(redact(value))[:_SHOWN]
