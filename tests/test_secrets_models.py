"""Guarantee: a generated model shows nothing secret of what it holds, and writes nothing down.

The threat: `print(result.data)` or `logger.info("%s", asset)` in an application, and a pickle of
it in a cache; and a regenerated model that shows a member which was hidden before.
"""

from __future__ import annotations

import copy
import importlib
import pickle
import pprint
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import rich.pretty
import sume_api.models
from sume_api import AuthenticatedClient, Client
from sume_api.errors import UnexpectedStatus
from sume_api.models import Asset, Job, JobResult, Me, PresignedUpload
from sume_api.types import Response

from sume_ext.secrecy.sensitive import NAMES, is_sensitive
from tests.schema import pipeline
from tests.secrets import members
from tests.secrets.unprotected import models
from tests.support import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

MARK = "zQ7wPx41RtLm"
URL = f"https://media.sume.so/{MARK}.mp4?signature={MARK}"

ANSWERS: dict[type[Any], Mapping[str, Any]] = {
    Me: {
        "object": "me", "user": {"id": MARK, "email": MARK, "name": MARK},
        "workspace": {"id": MARK, "name": MARK}, "api_key": {"id": MARK, "prefix": MARK},
    },
    PresignedUpload: {
        "upload_url": URL, "object_key": MARK, "required_headers": {"x-amz-meta": MARK},
        "media_url": URL,
    },
    Asset: {
        "id": "asset_1", "object": "asset", "media_url": URL, "thumbnail_url": URL,
        "clip_url": URL, "source_media_url": URL, "source_video": {"media_url": URL, "url": URL},
    },
    Job: {"id": "job_1", "object": "job", "type": "x", "status": "completed", "result_url": URL},
    JobResult: {
        "id": "job_1", "object": "job", "type": "x", "status": "completed", "result_url": URL,
        "result": {
            "media": [{"url": URL, "kind": "video", "thumbnail_url": URL}],
            "source_media_url": URL, "provider_payload": {"gpu": MARK},
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("model", ANSWERS, ids=lambda model: model.__name__)
def test_no_view_of_an_answer_shows_a_secret(model: Any) -> None:
    answer = model.from_dict({**ANSWERS[model], "a_member_of_next_year": MARK})
    for view in (repr, str, format, pprint.pformat, rich.pretty.pretty_repr):
        assert MARK not in view(answer), view
    assert MARK in repr(answer.to_dict()), "the test holds no secret"


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_member_with_a_sensitive_name_is_hidden(model: Any) -> None:
    """The list of hidden members is kept with the schema's names; this is its second reader."""
    shown = [one.name for one in attrs.fields(model) if one.repr]
    assert not [name for name in shown if is_sensitive(name) and name != "api_key"]
    assert "additional_properties" not in shown


_PUBLIC = """
    action_labels active analysis asset asset_ids aspect_ratio avatar_id avatar_ids bonus_credits
    brand_mentions capabilities code colors completed_at concurrency content_type created_at
    credits_ cta_present data description domain duration duration_seconds end_time_seconds error
    expires_at face_swap file_name generate_audio has_more height id image_count images job job_id
    jobs keywords kind limit media metadata mode monthly_credits name next_cursor object_ plan
    product_claims product_mentions progress prompt purpose quality query remaining_credits
    request_id required_credits resolution result scopes score script search segment_type size_bytes
    source_type source_video start_time_seconds status style tags talking_head title tone type_ ugc
    updated_at user visibility visual_summary width workspace
"""
PUBLIC = frozenset(_PUBLIC.split())
"""Members that any model may show. What the application wrote itself (a prompt, a title, a search)
is shown as it wrote it; whatever it got from the API to keep to itself is not among these."""
_OWNED = ("User", "Workspace", "Owner", "ApiKey")
"""How the names of models end whose own ``id`` and ``name`` tell who somebody is."""


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_a_model_shows_what_is_listed_here_and_nothing_else(model: Any) -> None:
    """Each member is marked for itself, so it doesn't matter how the model hides it."""
    shown = members.shown_by(model)
    may = {"scopes"} if model.__name__.endswith(_OWNED) else PUBLIC
    assert shown <= may, (
        f"{model.__name__} shows {sorted(shown - may)}: hide it by `hidden` or `hidden_names` of "
        "openapi/names.yaml and regenerate, or add it to PUBLIC here if everybody may see it"
    )


def test_nothing_listed_as_public_is_secret_or_gone() -> None:
    assert not [name for name in PUBLIC if is_sensitive(name) or name.endswith(("url", "urls"))]
    shown = set[str]().union(*map(members.shown_by, models()))
    assert shown >= PUBLIC, f"no model shows {sorted(PUBLIC - shown)} any more: take it out"


def test_every_exported_model_is_among_those_looked_at() -> None:
    exported = {getattr(sume_api.models, name) for name in sume_api.models.__all__}
    assert {one for one in exported if isinstance(one, type)} == {*models()}


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_no_model_is_pickled(model: Any) -> None:
    with pytest.raises(TypeError) as caught:
        pickle.dumps(members.marked(model))
    assert "zQ7w" not in f"{caught.value!r}"


@pytest.mark.parametrize("model", ANSWERS, ids=lambda model: model.__name__)
def test_an_answer_is_not_pickled_but_copied(model: Any) -> None:
    answer = model.from_dict(ANSWERS[model])
    with pytest.raises(TypeError) as caught:
        pickle.dumps(answer)
    assert MARK not in str(caught.value)
    for twin in (copy.copy(answer), copy.deepcopy(answer)):
        assert twin == answer
        assert twin is not answer


def test_a_generated_client_and_its_responses_show_and_pickle_nothing_secret() -> None:
    shown: list[object] = [
        Response(HTTPStatus.OK, MARK.encode(), {"x-who": MARK}, None),
        AuthenticatedClient(base_url="https://a.example", token=MARK, headers={"x-who": MARK}),
        Client(base_url="https://a.example", cookies={"session": MARK}),
    ]
    for one in shown:
        assert MARK not in f"{one!r} {one}"
        assert copy.copy(one) == one
        with pytest.raises(TypeError) as caught:
            pickle.dumps(one)
        assert MARK not in str(caught.value)


def test_an_unexpected_status_tells_nothing_of_what_was_answered() -> None:
    error = UnexpectedStatus(418, MARK.encode())
    assert f"{error}" == "Unexpected status code: 418 (12 bytes)"
    assert MARK not in repr(error)
    assert error.content == MARK.encode()
    pickled = pickle.dumps(error)
    assert MARK.encode() not in pickled
    assert isinstance(pickle.loads(pickled), UnexpectedStatus)


SPELLINGS: dict[str, Callable[[Sequence[str]], str]] = {
    "snake": "_".join,
    "camel": lambda words: words[0] + "".join(word.title() for word in words[1:]),
    "pascal": lambda words: "".join(word.title() for word in words),
    "kebab": "-".join,
    "longer": lambda words: "old_" + "_".join(words),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_schemas_list_has_every_name_that_redaction_knows(spelling: str) -> None:
    """Two lists that drift apart would show in a repr what is taken out of a log."""
    table = pipeline.table()
    for name in NAMES:
        member = SPELLINGS[spelling](name.split())
        assert is_sensitive(member)
        assert table.hides("AnyClass", member), member
    for public in (
        "id",
        "status",
        "prompt",
        "cursor",
        "next_cursor",
        "tokens",
        "keyword",
        "auth_at",
    ):
        assert not table.hides("AnyClass", public)


def _reworded(document: dict[str, Any]) -> None:
    """The server renames its model of a person, nests it, and gives it new members."""
    person = {
        "type": "object",
        "properties": {
            "emailAddress": {"type": "string"}, "uploadUrl": {"type": "string"},
            "accessKey": {"type": "string"}, "sessionId": {"type": "string"},
            "provider_response": {"type": "string"}, "nickname": {"type": "string"},
            "contact": {
                "type": "object", "title": "SomebodysContact",
                "properties": {"workspaceId": {"type": "string"}, "city": {"type": "string"}},
            },
        },
    }  # fmt: skip
    document["components"]["schemas"]["HumanBeing"] = person
    answer = {
        "type": "object",
        "properties": {"human": {"$ref": "#/components/schemas/HumanBeing"}},
    }
    document["paths"]["/humans/current"] = {
        "get": {
            "operationId": "whoIsThere",
            "responses": {
                "200": {"description": "ok", "content": {"application/json": {"schema": answer}}}
            },
        }
    }


def test_what_a_regenerated_model_gains_is_hidden_under_any_name(tmp_path: Path) -> None:
    document = pipeline.pinned()
    _reworded(document)
    package = pipeline.build(document, tmp_path)
    secret = {
        "emailAddress": MARK, "uploadUrl": URL, "accessKey": MARK, "sessionId": MARK,
        "provider_response": MARK, "a_member_of_next_year": MARK,
    }  # fmt: skip
    contact = {"workspaceId": MARK, "city": "Turin"}
    answer = {"human": {**secret, "nickname": "Ada", "contact": contact}}
    with pipeline.importable(package):
        module: Any = importlib.import_module("sume_api.api.humans.get_humans_current")
        parsed = module._parse_response(client=Answer(answer), response=Answer(answer))
        for view in (repr, str, format, pprint.pformat, rich.pretty.pretty_repr):
            assert MARK not in view(parsed), view
        assert "Ada" in repr(parsed)
        assert "Turin" in repr(parsed)
        assert MARK in repr(parsed.to_dict())
        with pytest.raises(TypeError):
            pickle.dumps(parsed)
