"""What an operation's answer may hold, as the schema promises it."""

from __future__ import annotations

from sume_ext.cli.facts import answers_of
from sume_ext.cli.privacy import hide


def sensitive(name: str) -> bool:
    """Whether an operation's answer holds something that is hidden by default.

    An answer that the facts say nothing of counts as sensitive.
    """
    places = answers_of(name)
    return places is None or any(map(_hidden, places))


def _hidden(place: str) -> bool:
    *path, member = place.replace("[]", "").split(".")
    value = "https://host/path" if member.endswith(("url", "urls")) else "x"
    shown = hide(value, show_urls=False, name=member, owner=path[-1] if path else "")
    return shown != value or any(hide("x", show_urls=False, name=step) != "x" for step in path)
