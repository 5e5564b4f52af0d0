"""Guarantee: a generated model shows nothing secret of what it holds, and writes nothing down.

The threat: `print(result.data)` or `logger.info("%s", asset)` in an application, and a pickle of
it in a cache; and a regenerated model that shows a member which was hidden before.
"""

from __future__ import annotations

import copy
import pickle
import pprint
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import rich.pretty
from sume_api.models import Asset, Job, JobResult, Me, PresignedUpload

from sume_ext.secrecy.sensitive import is_sensitive
from tests.secrets.unprotected import models

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@pytest.mark.parametrize("model", ANSWERS, ids=lambda model: model.__name__)
def test_an_answer_is_not_pickled_but_copied(model: Any) -> None:
    answer = model.from_dict(ANSWERS[model])
    with pytest.raises(TypeError) as caught:
        pickle.dumps(answer)
    assert MARK not in str(caught.value)
    for twin in (copy.copy(answer), copy.deepcopy(answer)):
        assert twin == answer
        assert twin is not answer
