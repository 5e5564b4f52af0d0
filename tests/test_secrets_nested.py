"""Guarantee: what is nested in a sensitive member of a text is hidden whole, and nothing beside it.

The threats: brackets within brackets, brackets and quotes within strings, JSON within JSON, what
Python prints, and lines that were cut off.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sume_ext import redact
from sume_ext.secrecy.brackets import Closings

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = settings(max_examples=300, deadline=None)
MARK = "kW3nDy58GsFb"

texts = st.text("ab {}[]()'\"\\,:", max_size=8).map(lambda text: f"{text}{MARK}{text}")
payloads = st.recursive(
    texts | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
).filter(lambda value: isinstance(value, (dict, list)))

SPELLINGS: dict[str, Callable[[Any], str]] = {
    "JSON": json.dumps,
    "JSON on lines": lambda value: json.dumps(value, indent=2),
    "JSON, compact": lambda value: json.dumps(value, separators=(",", ":")),
    "JSON within JSON": lambda value: json.dumps(json.dumps(value)),
    "JSON within that": lambda value: json.dumps(json.dumps(json.dumps(value))),
    "what Python prints": repr,
}


@MANY
@given(
    payloads,
    st.sampled_from(sorted(SPELLINGS)),
    st.sampled_from(["provider_payload", "required_headers", "credentials"]),
)
def test_what_is_nested_is_hidden_whole(payload: Any, spelling: str, name: str) -> None:
    text = SPELLINGS[spelling]({"object": "job", name: payload, "credits": 12})
    cleaned = redact(f"got {text} from the API")
    assert MARK not in cleaned
    assert "object" in cleaned
    assert "credits" in cleaned
    assert "12" in cleaned
    assert cleaned.startswith("got ")
    assert cleaned.endswith(" from the API")
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ('{"user": {"plan": {"a": 1}, "id": "u1"}}', '{"user": [redacted]}'),
        ('{"user": {"name": "a}b", "id": "u1"}, "n": 1}', '{"user": [redacted], "n": 1}'),
        ("raw_response=[{'a': [1]}, {'b': 2}] ok", "raw_response=[redacted] ok"),
        ('secrets: {"a": "it\'s"} and {b}', "secrets: [redacted] and {b}"),
    ],
)
def test_what_stands_behind_it_stays(text: str, cleaned: str) -> None:
    assert redact(text) == cleaned


@MANY
@given(payloads, st.sampled_from(["JSON", "JSON, compact", "what Python prints"]), st.data())
def test_what_was_cut_off_is_hidden_to_the_end_of_its_line(
    payload: Any, spelling: str, data: st.DataObject
) -> None:
    whole = SPELLINGS[spelling](payload)
    line = whole[: data.draw(st.integers(1, len(whole)))].partition("\n")[0]
    cleaned = redact(f"INFO provider_payload: {line}\nWARNING next record")
    assert MARK not in cleaned
    assert cleaned.startswith("INFO provider_payload: ")
    assert cleaned.endswith("\nWARNING next record")


@MANY
@given(st.text("{}[]()'\"\\\n a", max_size=60))
def test_every_bracket_has_an_end_wherever_it_stands(text: str) -> None:
    closings = Closings(text)
    for place, sign in enumerate(text):
        if sign in "{[(":
            end = closings.end(place)
            assert place < end <= len(text)
            line = text.find("\n", place)
            assert text[end - 1] in "}])" or end in (line, len(text))
