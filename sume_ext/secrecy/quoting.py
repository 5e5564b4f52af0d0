"""How a message quotes what others gave: cleaned and short, because it may be a key or a URL.

People paste secrets in the wrong place, servers echo them there and name members of an answer after
people, and what says so is logged.
"""

from __future__ import annotations

import re

_SHOWN = 60
_LONGEST_ID = 100
_SPACES = re.compile(r"\s")
_ORDINARY_ID = re.compile(
    r"(?!A[KS]IA)(?:req_(?:sandbox_)?)?[0-9A-Za-z]{4,64}|[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}"
)


def quoted(value: object) -> str:
    """A value of the caller's for a message, in ASCII, short, and without secrets."""
    from sume_ext.secrecy.redaction import redact  # noqa: PLC0415  (only failures need its patterns)

    return ascii(redact(value))[:_SHOWN]


def shown(place: str) -> str:
    """A place in an answer, as in ``result.media[0].url``, without secrets in its names."""
    from sume_ext.secrecy.redaction import redact_text  # noqa: PLC0415  (as above)

    return redact_text(place)


def shown_id(request_id: str | None) -> str | None:
    """The API's id of a request, whole unless what stands in its place is a secret.

    It is looked at where it is shown, not where it comes: most are never shown.
    """
    if request_id is None:
        return None
    from sume_ext.secrecy import memory  # noqa: PLC0415  (as above)

    if _ORDINARY_ID.fullmatch(request_id) and not memory.known.find(request_id):
        return request_id
    from sume_ext.secrecy import redaction  # noqa: PLC0415  (few ids look otherwise)

    # What has words in it is no id of any kind, and may quote anything.
    clean = redaction.redact_foreign if _SPACES.search(request_id) else redaction.redact
    return "".join(filter(str.isprintable, clean(request_id)))[:_LONGEST_ID]
