"""Guarantee: the sandbox tells what it received, and marks every secret it gave out.

The threat is a test of "exactly one paid POST" or of "nothing leaks" that can't fail, because the
record misses a request or the marker isn't in the answer; and a record that leaks by itself.
"""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sume_ext.errors import ResponseLostError
from sume_ext.network.wire import Request, Timeouts
from sume_ext.sandbox import Sandbox
from sume_ext.sandbox.journal import fingerprint
from sume_ext.sandbox.markers import KINDS, Markers
from tests.sandbox.api import Api, fetch, put

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def api(sume_sandbox: Sandbox) -> Iterator[Api]:
    with Api(sume_sandbox) as client:
        yield client


def test_exactly_one_paid_post(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    api.job(job)
    api.refused(422, "POST", "/videos/generations", json={})
    requests = sume_sandbox.requests
    assert requests.count(spends=True, status=202) == 1
    assert requests.count(operation="create_video_generation") == 2
    assert requests.count(method="GET", path=f"/api/v1/jobs/{job}") == 1
    assert [one.status for one in requests] == [202, 200, 422]
    assert requests[0].json == {"prompt": "A jar on a shelf"}
    assert requests[0].size == int(requests[0].headers["content-length"])
    assert requests.last.operation == "create_video_generation"
    requests.clear()
    assert (len(requests), requests.total) == (0, 0)


def test_what_belongs_to_no_operation_is_recorded_too(sume_sandbox: Sandbox) -> None:
    httpx.get(sume_sandbox.base_url + "/nothing", trust_env=False)
    httpx.get(sume_sandbox.base_url + "/openapi.json", trust_env=False)
    httpx.post(sume_sandbox.media_url + "/x", trust_env=False)
    seen = [(one.origin, one.operation, one.status) for one in sume_sandbox.requests]
    assert seen == [("api", None, 404), ("api", "openapi", 200), ("media", "media_post", 405)]


def test_a_lost_answer_is_recorded_without_status(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("paid reset=after")
    with pytest.raises(httpx.TransportError):
        api.video()
    assert (sume_sandbox.requests.last.status, sume_sandbox.requests.last.spends) == (None, True)
    assert sume_sandbox.requests.last.fault == "paid reset='after'"


def test_the_record_holds_no_secret(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.ingest()
    sume_sandbox.jobs.complete(job)
    api.ok("GET", "/me", headers={"x-api-key": sume_sandbox.api_key})
    fetch(api.ok("GET", "/assets")["data"][0]["clip_url"], cookie="s3cr3t", authorization="s3cr3t")
    told = repr(list(sume_sandbox.requests)) + repr([one.headers for one in sume_sandbox.requests])
    told += repr([one.json for one in sume_sandbox.requests])
    leaked = {
        kind for kind, values in sume_sandbox.markers().items() for value in values if value in told
    }
    assert not leaked
    assert "s3cr3t" not in told
    assert "object_key" in told
    assert fingerprint(sume_sandbox.api_key) in told


def test_the_record_is_bounded() -> None:
    from sume_ext.sandbox.journal import Journal, Received  # noqa: PLC0415

    journal = Journal(limit=3)
    for number in range(5):
        journal.add(Received(number, "api", "GET", "/", "", {}))
    assert ([one.at for one in journal], journal.total) == ([2, 3, 4], 5)


@pytest.mark.sume_sandbox(secrets=True)
def test_every_kind_of_secret_is_marked_and_really_in_the_answers(
    sume_sandbox: Sandbox, api: Api
) -> None:
    place = api.presign()
    assert put(place).is_success
    job = api.ok("POST", "/assets", json={"object_key": place["object_key"]})["job_id"]
    sume_sandbox.jobs.complete(job)
    failed = api.video()
    sume_sandbox.jobs.fail(failed)
    paths = ["/me", f"/jobs/{failed}", f"/jobs/{job}/result", "/assets", "/jobs/nobody"]
    answers = str(place) + sume_sandbox.api_key + "".join(api.get(path).text for path in paths)
    markers = sume_sandbox.markers()
    assert set(markers) == set(KINDS)
    for kind, values in markers.items():
        assert any(value in answers for value in values), kind
        assert all(len(value) > 20 for value in values), kind
    everything = [value for values in markers.values() for value in values]
    assert len(everything) == len(set(everything))
    slipped = api.get("/jobs/nobody").text
    for kind in ("email", "user_id", "workspace_id", "api_key_id"):
        assert markers[kind][0] in slipped


def test_without_asking_nothing_slips(sume_sandbox: Sandbox, api: Api) -> None:
    api.get("/jobs/nobody")
    assert sume_sandbox.markers()["provider_payload"] == []


def test_ids_repeat_with_the_seed_and_secrets_never(sume_sandbox: Sandbox) -> None:
    first, second, other = Sandbox(seed=7), Sandbox(seed=7), Sandbox(seed=8)
    assert first.jobs.seed(3) == second.jobs.seed(3)
    assert not set(first.jobs.seed(3)) & set(other.jobs.seed(3))
    secrets = [
        value
        for sandbox in (first, second)
        for values in sandbox.markers().values()
        for value in values
    ]
    assert len(secrets) == len(set(secrets))


@pytest.mark.parametrize("kind", ["job", "asset", "avatar", "brand", "req"])
def test_every_id_says_that_it_is_the_sandboxs(kind: str) -> None:
    assert Markers(0).identifier(kind).startswith(f"{kind}_sandbox_")


def test_the_memory_of_secrets_is_bounded() -> None:
    markers = Markers(0)
    for number in range(20_000):
        markers.note("signature", str(number))
    assert len(markers.as_dict()["signature"]) == 10_000


def test_a_traceback_with_locals_through_the_sandbox_shows_no_secret() -> None:
    """Without sockets the sandbox's frames stand in the app's tracebacks, locals and all."""
    sandbox = Sandbox(secrets=True, faults=["create_asset reset=after", "get_credits close=before"])
    carrier, key = sandbox.transport(), sandbox.api_key
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    patience = Timeouts(1, 1, 1, 1)
    base = sandbox.base_url

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        stream = carrier.open(Request(method, base + path, headers, content), patience)
        found: dict[str, Any] = json.loads(stream.read())
        return found

    place = ask("POST", "/uploads/presign", {
        "file_name": "a.mp4", "content_type": "video/mp4", "size_bytes": 1,
        "purpose": "asset_library_video",
    })  # fmt: skip
    told = ""
    finalize = {"object_key": place["object_key"]}
    for method, path, body in (("POST", "/assets", finalize), ("GET", "/credits", None)):
        try:
            ask(method, path, body)
        except ResponseLostError as error:
            trace = traceback.TracebackException.from_exception(error, capture_locals=True)
            ours = [frame for frame in trace.stack if "sume_ext/sandbox" in frame.filename]
            assert ours
            told += "".join(str(frame.locals) for frame in ours)
    assert "engine" in told
    for kind, values in sandbox.markers().items():
        assert not [value for value in values if value in told], kind
