"""Guarantee: an answer that no model fits is JSON to work with, and shows and pickles no secret.

The threat: the server spells one member of a paid result otherwise, the result comes as plain
dicts, and `print(result.data)`, which showed no URL yesterday, shows every one of them.
"""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
import rich.pretty
from sume_api.api.jobs import get_job

from sume_ext import Result, Sume, SumeError
from sume_ext.calling import calls
from sume_ext.calling.exchange import Answer
from sume_ext.operations import BINDINGS
from sume_ext.sandbox import Sandbox, sample_video
from sume_ext.secrecy.sensitive import OWNED
from sume_ext.secrecy.untyped import untyped
from tests.schema import pipeline
from tests.secrets.unprotected import models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sume_ext.calling.calls import Call

MARK = "zQ7wPx41RtLm"
PRIVATE = f"https://media.example/private/{MARK}.mp4"
SIGNED = f"https://b.s3.amazonaws.com/uploads/clip.mp4?X-Amz-Signature=5ca1ab1e{MARK}"
BODY = {
    "id": "job_1", "object": "job", "type": "image_generation", "status": "completed",
    "progress": "50%", "result_url": SIGNED, "user_id": MARK, "homepage": PRIVATE,
    "note": f"from https://{MARK}:{MARK}@media.example/a, see <{SIGNED}>",
    "result": {
        "media": [{"url": PRIVATE, "kind": "image", "width": "400"}],
        "provider_payload": {"gpu": MARK}, "raw": [MARK], "transcript": f"I am {MARK}",
    },
}  # fmt: skip
VIEWS: tuple[Callable[[Any], str], ...] = (
    repr, str, format, "{!r:>9}".format, pprint.pformat, rich.pretty.pretty_repr,
    lambda thing: repr((thing,)), "{}".format,
)  # fmt: skip


def said_of(thing: Any) -> str:
    return "\n".join(view(thing) for view in VIEWS)


def serving(body: Any) -> Sume:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    return Sume(api_key="key-of-nobody", transport=transport)


WAYS: dict[str, Callable[[Sume], Any]] = {
    "job.data": lambda sume: sume.jobs.get("job_1").data,
    "result.data": lambda sume: sume.jobs.result("job_1").data,
    "sume.call": lambda sume: sume.call(get_job, "job_1"),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_json_that_shows_nothing_secret(way: str, caplog: pytest.LogCaptureFixture) -> None:
    with serving(BODY) as sume:
        data = WAYS[way](sume)
    assert data == BODY
    assert issubclass(type(data), dict)
    assert json.loads(json.dumps(data)) == BODY
    assert data["result"]["media"][0]["url"] == PRIVATE
    logging.getLogger("app").error("%s %r", data, data)
    parts: list[Any] = [data, data["result"], data["result"]["media"], data["result"]["media"][0]]
    for part in parts:
        assert type(part) not in (dict, list)
        assert MARK not in said_of(part)
        assert MARK not in part.__sentry_repr__()
    assert MARK not in caplog.text
    assert "'progress': '50%'" in repr(data)
    assert "https://media.example/[redacted]" in repr(data)


@pytest.mark.parametrize("body", [[BODY, SIGNED], SIGNED, [PRIVATE] * 3], ids=type)
def test_whatever_json_it_is(body: Any) -> None:
    with serving(body) as sume:
        data = sume.jobs.result("job_1").data
    assert data == body
    assert data[:] == body
    assert isinstance(data, type(body))
    assert json.loads(json.dumps(data)) == body
    assert MARK not in said_of(data)


def test_it_is_not_pickled_but_copied_as_a_model_is() -> None:
    for data in (untyped(BODY), untyped([BODY]), untyped(SIGNED)):
        for inner in (data, {"kept": [data]}):
            with pytest.raises(TypeError) as caught:
                pickle.dumps(inner)
            assert MARK not in str(caught.value)
        for twin in (copy.copy(data), copy.deepcopy(data), getattr(data, "copy", data.__copy__)()):
            assert twin == data
            assert MARK not in said_of(twin)


def test_a_deep_copy_is_its_own_and_may_hold_itself() -> None:
    data = untyped({"a": [{"b": 1}]})
    data["a"].append(data)
    twin = copy.deepcopy(data)
    twin["a"][0]["b"] = 2
    assert data["a"][0]["b"] == 1
    assert twin["a"][1] is twin


def test_what_is_put_in_later_is_clean_in_its_views() -> None:
    data = untyped({"a": []})
    data["a"].append({"url": PRIVATE})
    assert MARK not in said_of(data)


def test_json_nested_as_deep_as_it_parses_is_still_an_answer() -> None:
    deep = '{"a":' * 900 + f'"{SIGNED}"' + "}" * 900
    answer = untyped(json.loads(deep))
    assert MARK not in repr(answer)
    assert "[redacted]" in repr(answer)


def test_what_models_hide_is_hidden() -> None:
    """Two lists that drift apart would show of an odd answer what is hidden of a usual one."""
    hidden, shown = set[str](), set[str]()
    for model in models():
        for one in attrs.fields(model):
            (shown if one.repr else hidden).add(one.name)
    names = hidden - shown - {"additional_properties"} - OWNED
    assert {"media_url", "object_key", "transcript", "required_headers"} <= names
    for name in names:
        assert repr(untyped({name: "a b"})) == repr({name: "[redacted]"})
    for name in ("mediaUrl", "details", "raw", "payload"):
        assert pipeline.table().hides("AnyClass", name)
        assert repr(untyped({name: "a b"})) == repr({name: "[redacted]"})
    for name in OWNED:
        assert "a b" not in repr(untyped({"user": {name: "a b"}}))
    assert repr(untyped({"status": "a b"})) == repr({"status": "a b"})


def test_a_reply_shows_neither_model_nor_json() -> None:
    assert "parsed" not in [one.name for one in attrs.fields(calls.Reply) if one.repr]


# --- every leaf of every answer, of another type ------------------------------------------------


@pytest.fixture(scope="module")
def sandbox_answers() -> tuple[dict[str, tuple[Call, Any]], list[str]]:
    """Every answer of the sandbox, by operation, and the secrets in all of them."""
    heard: dict[str, tuple[Call, Any]] = {}
    reading = calls.read

    def recording(call: Call, answer: Answer) -> Any:
        reply = reading(call, answer)
        heard[call.name] = BINDINGS[call.name].call, reply.raw  # the pager's own parses no items
        return reply

    with pytest.MonkeyPatch.context() as patch, Sandbox(speed=500, secrets=True) as sandbox:
        patch.setattr(calls, "read", recording)
        with Sume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume:
            _call_everything(sume)
        markers = [one for kind in sandbox.markers().values() for one in kind]
    return heard, markers


def _call_everything(sume: Sume) -> None:
    sume.account.me()
    sume.credits.get()
    sume.brand.current()
    sume.brand.list().page()
    avatar = next(iter(sume.avatars.list(limit=1)))
    sume.avatars.get(avatar.id)
    job = sume.images.generate(prompt="x").wait(timeout=30)
    result: Result = job.result()
    assert result.media
    sume.videos.generate(prompt="x", duration=4)
    sume.jobs.list(limit=1).page()
    sume.uploads.asset_video(sample_video()).wait(timeout=30)
    sume.assets.get(next(iter(sume.assets.list(limit=1))).id)
    face = sume.uploads.face_swap_video(sample_video())
    sume.face_swap.create(source_video_url=face, avatar_ids=[avatar.id])


def _of_other_types(data: Any) -> Iterator[Any]:
    """The JSON with one leaf of another type, for each leaf and type; the leaf is still in it."""

    def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
        keys: list[Any] = [*(value if isinstance(value, dict) else range(len(value)))]
        for key in keys:
            if isinstance(value[key], (dict, list)) and value[key]:
                yield from leaves(value[key])
            else:
                yield value, key

    for owner, key in leaves(data):
        was = owner[key]
        for other in ([was], {"was": was}, 7 if isinstance(was, str) else str(was)):
            owner[key] = other
            yield data
        owner[key] = was


def test_no_leaf_of_another_type_shows_a_secret(
    sandbox_answers: tuple[dict[str, tuple[Call, Any]], list[str]],
) -> None:
    heard, markers = sandbox_answers
    assert len(heard) >= 14, sorted(heard)
    tried = fallen_back = 0
    shown: set[str] = set()
    for name, (call, raw) in heard.items():
        for body in _of_other_types(copy.deepcopy(raw)):
            tried += 1
            try:
                reply = calls.read(call, Answer(200, {}, json.dumps(body).encode()))
            except SumeError as error:
                seen = f"{error} {error!r} {vars(error)}"
            else:
                fallen_back += type(reply.parsed).__module__ == untyped.__module__
                seen = f"{reply!r} {reply.parsed!r} {pprint.pformat(reply.parsed)} "
                seen += rich.pretty.pretty_repr(reply.parsed)
            if any(one in seen for one in markers):
                shown.add(name)
    assert not shown
    assert tried > 500
    assert fallen_back > 20, "no answer came as JSON, so nothing was tried"
