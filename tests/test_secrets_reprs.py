"""Guarantee: no object of ours shows the URLs, payloads and arguments that it holds.

The threat: `print(pager)`, a debugger's list of variables, an assertion that failed; and a member
that loses its `repr=False`, on which nothing but this depends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sume_ext import AsyncSume, Sume
from sume_ext.binding.bound import Binding
from sume_ext.operations import BINDINGS
from sume_ext.secrecy.sensitive import is_sensitive
from sume_ext.waiting.job_state import JobState
from tests.secrets import members
from tests.secrets.members import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "zQ7wPx41RtLm"
LINK = f"https://b.s3.amazonaws.com/uploads/ws_9f8a7b6c5d/{MARK}.mp4?X-Amz-Signature={MARK}"

NEVER = frozenset(
    {"url", "raw", "headers", "content", "proxy", "query", "error_message", "json", "place"}
)
"""Names of members under which URLs, answers and what was sent are kept, in whichever class."""
CLEANED: dict[str, set[str]] = {
    "JobState": {"data", "status", "type", "error_code"},
    "JobEvent": {"status", "type"},
}
"""Further ones, which elsewhere hold something else."""
ALLOWED: dict[str, set[str]] = {
    "Config": {"api_key", "auth", "proxy"},  # `bearer` or `x-api-key`; the others are wrapped
    "Fault": {"headers"},  # what a test wants answered
    "Parameter": {"place"},  # where a parameter stands, as in `query`
    "Place": {"proxy"},  # wrapped
    "Received": {"query"},  # of a request to the API, for assertions; a signed one is hashed
    "Settings": {"secrets"},  # whether there are to be any in a sandbox
    "Slice": {"content"},  # an object without a repr
}
"""What may show all the same, and why."""


@pytest.mark.parametrize("kind", members.own_classes(), ids=lambda kind: kind.__qualname__)
def test_no_class_of_ours_shows_a_payload_or_a_url(kind: type[Any]) -> None:
    shown = members.shown_by(kind)
    hidden = NEVER | CLEANED.get(kind.__name__, set())
    found = {name for name in shown if name in hidden or is_sensitive(name)}
    found -= ALLOWED.get(kind.__name__, set())
    assert not found, (
        f"{kind.__name__} shows {sorted(found)}: give it repr=False, or say in ALLOWED why it may"
    )


def test_what_the_list_above_says_is_still_there() -> None:
    """A class that is renamed would be looked at for nothing."""
    kinds: dict[str, set[str]] = {}
    for kind in members.own_classes():
        kinds.setdefault(kind.__name__, set()).update(members.names_of(kind))
    for table in (CLEANED, ALLOWED):
        assert all(kinds[name] >= listed for name, listed in table.items())
    assert set[str]().union(*kinds.values()) >= NEVER


def nobody() -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(500))


ARGUMENTS = {"q": LINK, "cursor": LINK, "status": LINK, "domain": LINK, "type_": LINK}
LISTS = sorted(name for name, one in BINDINGS.items() if one.kind == "pages")


@pytest.mark.parametrize("client", [Sume, AsyncSume])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_no_argument_of_its_own(client: Callable[..., Any], name: str) -> None:
    binding = BINDINGS[name]
    assert isinstance(binding, Binding)
    given = {one: text for one, text in ARGUMENTS.items() if one in binding.signature.parameters}
    assert "cursor" in given
    sume = client(api_key="key-0123456789", transport=nobody())
    group, _, method = name.partition(".")
    pager = getattr(getattr(sume, group), method)(**given)
    for thing in (pager, pager.pages(), iter(pager) if client is Sume else aiter(pager)):
        for view in VIEWS:
            assert MARK not in view(thing)
    if client is Sume:
        sume.close()


def test_a_handle_shows_a_strange_status_and_type_cleaned() -> None:
    state = JobState("job_1", status=f"paused-{LINK}", type=f"new {LINK}", error_code=LINK)
    with Sume(api_key="key-0123456789", transport=nobody()) as sume:
        handle = sume._engine.handle(state)
        for view in VIEWS:
            assert MARK not in view(state)
            assert MARK not in view(handle)
        assert "paused-" in repr(handle), "cleaned is not dropped"
