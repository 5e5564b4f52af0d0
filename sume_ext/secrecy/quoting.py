"""How messages quote what a caller gave or a server named: cleaned, because it may be secret.

People paste keys and URLs in the wrong place, and what refuses them there is logged; servers name
members of an answer after people.
"""

from __future__ import annotations

_SHOWN = 60


def quoted(value: object) -> str:
    """A value of the caller's for a message, in ASCII, short, and without secrets."""
    from sume_ext.secrecy.redaction import redact  # noqa: PLC0415  (only failures need its patterns)

    return ascii(redact(value))[:_SHOWN]


def shown(place: str) -> str:
    """A place in an answer, as in ``result.media[0].url``, without secrets in its names."""
    from sume_ext.secrecy.redaction import redact_text  # noqa: PLC0415  (as above)

    return redact_text(place)
