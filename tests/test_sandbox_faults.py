"""Guarantee: a fault does what it says, to the requests it names, as often as it says.

The threat is a fault that quietly does nothing, so that a test of resilience proves nothing; and
a job made behind an answer that was lost, or not made behind one that claims it was.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sume_ext.errors import ResponseLostError
from sume_ext.network.wire import Request, Timeouts
from sume_ext.sandbox import Fault, Sandbox
from sume_ext.sandbox.delivery import bomb
from sume_ext.sandbox.faults import CHOICES
from tests.sandbox.api import Api, fetch, put
from tests.sandbox.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = {"prompt": "A jar"}


@pytest.fixture
def api(sume_sandbox: Sandbox) -> Iterator[Api]:
    with Api(sume_sandbox) as client:
        yield client


def post(api: Api) -> httpx.Response:
    return api.post("/videos/generations", json=BODY)


# --- the small language ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("get_job status=503", {"operation": "get_job", "status": 503}),
        ("GET /j* latency=0.5 times=null", {"operation": "GET /j*", "latency": 0.5, "times": None}),
        ("status=500", {"operation": "*", "status": 500}),
        ("paid reset=true", {"operation": "paid", "reset": "before"}),
        ("paid reset=after", {"operation": "paid", "reset": "after"}),
        ("me body='[1, 2]' status=200", {"operation": "me", "body": [1, 2], "status": 200}),
        ("x retry_after='Wed, 21 Oct'", {"operation": "x", "retry_after": "Wed, 21 Oct"}),
        ("""x set='{"data.*.status": 1}'""", {"operation": "x", "set": {"data.*.status": 1}}),
        ("get_job lag=3", {"operation": "get_job", "lag": 3, "times": None}),
    ],
)  # fmt: skip
def test_text_and_attributes_say_the_same(text: str, options: dict[str, Any]) -> None:
    assert Fault.parse(text) == Fault(**options)


@pytest.mark.parametrize(
    "text",
    ["get_job satus=503", "get_job pages=upside_down", "x reset=later", "x times=0", "x body='"],
)
def test_a_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (each in its own words)
        Fault.parse(text)


def test_faults_strike_as_often_as_they_say_and_in_order(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("get_me status=503 times=2 skip=1")
    sume_sandbox.faults.add("get_me status=429")
    statuses = [api.get("/me").status_code for _ in range(5)]
    assert statuses == [429, 503, 503, 200, 200]
    assert len(sume_sandbox.faults) == 0


@pytest.mark.parametrize(
    ("where", "struck"),
    [
        ("get_me", ["/me"]),
        ("GET /me", ["/me"]),
        ("* /me", ["/me"]),
        ("GET /*", ["/me", "/credits"]),
        ("api", ["/me", "/credits"]),
        ("*", ["/me", "/credits"]),
        ("POST /me", []),
        ("paid", []),
        ("media", []),
    ],
)
def test_faults_strike_where_they_say(
    sume_sandbox: Sandbox, api: Api, where: str, struck: list[str]
) -> None:
    sume_sandbox.faults.add(operation=where, status=418, times=None)
    paths = ["/me", "/credits"]
    assert [path for path in paths if api.get(path).status_code == 418] == struck


def test_a_fault_can_be_taken_back(sume_sandbox: Sandbox, api: Api) -> None:
    fault = sume_sandbox.faults.add("* status=500 times=null")
    assert api.get("/me").status_code == 500
    sume_sandbox.faults.remove(fault)
    assert api.get("/me").status_code == 200


def test_many_threads_share_one_fault_fairly(sume_sandbox: Sandbox) -> None:
    """Two requests at once must not both be struck by a fault that strikes once."""
    sume_sandbox.faults.add("get_me status=503 times=5")
    statuses: list[int] = []

    def ask() -> None:
        with Api(sume_sandbox) as api:
            statuses.extend(api.get("/me").status_code for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 25 + [503] * 5


# --- what becomes of the work ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "jobs"),
    [
        ("paid status=500", 0),
        ("paid status=500 work=true", 1),
        ("paid status=429 retry_after=3", 0),
        ("paid body=hello", 0),
        ("paid early=true status=413", 0),
        ("paid reset=before", 0),
        ("paid close=before", 0),
        ("paid reset=after", 1),
        ("paid close=after", 1),
        ("paid reset=mid", 1),
        ("paid truncate=length", 1),
        ("paid garbage=true", 1),
        ("paid shape=html", 1),
        ("paid latency=0.01", 1),
        ("paid set='{\"job_id\": null}'", 1),
    ],
)
def test_a_job_is_made_exactly_when_the_fault_lets_the_server_work(
    sume_sandbox: Sandbox, api: Api, fault: str, jobs: int
) -> None:
    sume_sandbox.faults.add(fault)
    with contextlib.suppress(httpx.TransportError):
        post(api)
    assert len(sume_sandbox.jobs) == jobs
    assert sume_sandbox.requests.count(spends=True) == 1
    assert api.get("/me").status_code == 200


# --- answers -----------------------------------------------------------------------------------


def test_a_status_comes_in_the_envelope(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("get_me status=503 retry_after=7 code=maintenance message='Back soon.'")
    error = api.refused(503, "GET", "/me")
    assert (error["code"], error["message"]) == ("maintenance", "Back soon.")
    sume_sandbox.faults.add(operation="get_me", status=520, retry_after="soon")
    answer = api.get("/me")
    assert answer.headers["retry-after"] == "soon"
    assert answer.json()["error"]["code"] == "http_520"


def test_redirects(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add(operation="get_me", status=307, headers={"Location": "/elsewhere"})
    answer = api.get("/me")
    assert (answer.status_code, answer.headers["location"]) == (307, "/elsewhere")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body(sume_sandbox: Sandbox, api: Api, status: int) -> None:
    sume_sandbox.faults.add(operation="get_me", status=status)
    assert api.get("/me").content == b""
    assert api.get("/me").is_success


def test_bodies_of_any_kind(sume_sandbox: Sandbox, api: Api) -> None:
    for body, content in [
        ("text", b"text"),
        (b"\x00", b"\x00"),
        ({"a": 1}, b'{"a":1}'),
        (None, b"null"),
    ]:
        sume_sandbox.faults.add(operation="get_me", body=body)
        assert api.get("/me").content == content


def test_wrong_shapes(sume_sandbox: Sandbox, api: Api) -> None:
    seen: dict[str, httpx.Response] = {}
    for shape in CHOICES["shape"]:
        sume_sandbox.faults.add(operation="get_me", shape=shape)
        seen[shape] = api.get("/me")
        assert seen[shape].status_code == 200
    assert seen["html"].headers["content-type"] == "text/html"
    assert seen["empty"].content == b""
    with pytest.raises(json.JSONDecodeError):
        seen["cut_json"].json()
    assert isinstance(seen["list"].json(), list)
    assert b"NaN" in seen["nan"].content
    assert seen["utf16"].content.decode("utf-16").startswith("{")
    assert "content-type" not in seen["no_type"].headers


def test_values_can_be_set_anywhere(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.jobs.seed(3)
    new = {"data.*.status": "paused", "data.1.type": "hologram", "extra.deep": True}
    sume_sandbox.faults.add(operation="list_jobs", set=new)
    page = api.ok("GET", "/jobs")
    assert [job["status"] for job in page["data"]] == ["paused"] * 3
    assert page["data"][1]["type"] == "hologram"
    assert page["extra"] == {"deep": True}


@pytest.mark.sume_sandbox(clock="manual")
def test_replica_lag_hides_what_is_young(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("get_job lag=3")
    sume_sandbox.faults.add("list_jobs lag=3")
    job = api.video()
    assert api.refused(404, "GET", f"/jobs/{job}")["code"] == "not_found"
    assert api.ok("GET", "/jobs")["data"] == []
    sume_sandbox.advance(3)
    assert api.job(job)["id"] == job
    assert len(api.ok("GET", "/jobs")["data"]) == 1


@pytest.mark.sume_sandbox(clock="manual")
@pytest.mark.parametrize("outcome", ["failed", "canceled", "expired", "stuck"])
def test_outcomes(sume_sandbox: Sandbox, api: Api, outcome: str) -> None:
    sume_sandbox.faults.add(operation="paid", outcome=outcome)
    job, other = api.video(), api.video()
    sume_sandbox.advance(60)
    assert api.job(job)["status"] == {"stuck": "queued"}.get(outcome, outcome)
    assert api.job(other)["status"] == "completed"


def test_pages_go_wrong_as_asked(sume_sandbox: Sandbox) -> None:
    ids = sume_sandbox.jobs.seed(6)[::-1]

    def pages(fault: str) -> list[str]:
        sume_sandbox.faults.clear()
        sume_sandbox.faults.add(f"list_jobs pages={fault}")
        return walk(sume_sandbox, "/jobs", {"limit": 2})

    assert pages("duplicate") == [ids[0], ids[1], ids[1], *ids[2:]]
    assert pages("skip") == [*ids[:2], *ids[3:]]
    assert pages("empty") == ids
    assert pages("loop") == [*ids[:2], *ids]
    assert pages("same_cursor") == [*ids[:2], *ids]


def test_cursors_go_wrong_as_asked(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.jobs.seed(4)
    cursor = api.ok("GET", "/jobs?limit=2")["next_cursor"]
    path = f"/jobs?limit=2&cursor={cursor}"
    sume_sandbox.faults.add("list_jobs pages=same_cursor")
    assert api.ok("GET", path)["next_cursor"] == cursor
    sume_sandbox.faults.add("list_jobs pages=no_cursor")
    page = api.ok("GET", path)
    assert (page["has_more"], page["next_cursor"]) == (True, None)
    sume_sandbox.faults.add("list_jobs pages=empty")
    page = api.ok("GET", path)
    assert (page["data"], page["has_more"]) == ([], True)
    assert page["next_cursor"] != cursor


def test_signatures_expire_as_asked(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("presign_upload expired=true")
    assert put(api.presign()).status_code == 403
    place = api.presign()
    sume_sandbox.faults.add("storage_put expired=true")
    assert put(place).status_code == 403
    assert put(place).status_code == 200
    job = api.video()
    sume_sandbox.jobs.complete(job)
    sume_sandbox.faults.add("get_job_result expired=true")
    old, new = (api.ok("GET", f"/jobs/{job}/result")["result"]["media"][0]["url"] for _ in "12")
    assert [fetch(url).status_code for url in (old, new)] == [403, 200]
    sume_sandbox.faults.add("media_get expired=true")
    assert [fetch(new).status_code for _ in "12"] == [403, 200]


def test_media_goes_wrong_as_asked(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    sume_sandbox.jobs.complete(job)
    url = api.job(job)["result_url"]
    whole = fetch(url).content
    sume_sandbox.faults.add("media_get ignore_range=true")
    assert (fetch(url, range="bytes=5-").status_code, fetch(url).content) == (200, whole)
    sume_sandbox.faults.add("media_get content_range='bytes 0-1/2'")
    assert fetch(url, range="bytes=5-").headers["content-range"] == "bytes 0-1/2"
    sume_sandbox.faults.add("media_get encoding=gzip")
    answer = fetch(url)
    assert (answer.headers["content-encoding"], answer.content) == ("gzip", whole)
    sume_sandbox.faults.add("media_get truncate=length at=100")
    with pytest.raises(httpx.RemoteProtocolError, match="received 100 bytes"):
        fetch(url)
    sume_sandbox.faults.add("media_get status=404")
    assert "<Code>not_found</Code>" in fetch(url).text


# --- the wire ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("get_me reset=before", httpx.ReadError),
        ("get_me reset=after", httpx.ReadError),
        ("get_me reset=mid", httpx.ReadError),
        ("get_me close=before", httpx.RemoteProtocolError),
        ("get_me close=mid", httpx.RemoteProtocolError),
        ("get_me hang=before", httpx.ReadTimeout),
        ("get_me hang=mid", httpx.ReadTimeout),
        ("get_me truncate=length", httpx.RemoteProtocolError),
        ("get_me truncate=chunk", httpx.RemoteProtocolError),
        ("get_me garbage=true", httpx.RemoteProtocolError),
        ("get_me encoding=corrupt", httpx.DecodingError),
        ("get_me latency=5", httpx.ReadTimeout),
    ],
)
def test_the_connection_breaks_as_asked(
    sume_sandbox: Sandbox, api: Api, fault: str, error: type[Exception]
) -> None:
    sume_sandbox.faults.add(fault)
    with pytest.raises(error):
        api.get("/me", timeout=0.3)
    assert api.get("/me").is_success


def test_a_body_cut_at_a_silent_close_looks_whole(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("get_me truncate=close at=10")
    answer = api.get("/me")
    assert (answer.status_code, len(answer.content)) == (200, 10)
    assert "content-length" not in answer.headers


def test_gzip_cut_short_looks_whole_to_http(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("get_me truncate=gzip")
    with api.stream("GET", "/me") as answer:
        raw = b"".join(answer.iter_raw())
    assert len(raw) == int(answer.headers["content-length"])
    with pytest.raises(EOFError):
        gzip.decompress(raw)


@pytest.mark.slow
def test_the_bomb_is_a_gibibyte_in_a_megabyte() -> None:
    packed = bomb()
    assert len(packed) < 2 << 20
    size, inflate = 0, zlib.decompressobj(31)
    waiting = packed
    while waiting:
        size += len(inflate.decompress(waiting, 1 << 24))
        waiting = inflate.unconsumed_tail
    assert (size, inflate.eof) == (1 << 30, True)


def test_a_drip_comes_byte_by_byte(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("get_credits drip=0.001")
    with api.stream("GET", "/credits") as answer:
        pieces = list(answer.iter_raw())
    assert len(pieces) > 20
    assert json.loads(b"".join(pieces))["object"] == "credits"


def test_more_than_promised_spoils_the_connection_not_the_answer(
    sume_sandbox: Sandbox, api: Api
) -> None:
    sume_sandbox.faults.add("get_credits overlong=true")
    assert api.get("/credits").json()["object"] == "credits"
    with pytest.raises(httpx.TransportError):
        api.get("/credits")
    assert api.get("/credits").is_success


def test_an_early_answer_does_not_wait_for_the_body(sume_sandbox: Sandbox, api: Api) -> None:
    sume_sandbox.faults.add("storage_put early=true status=413")
    place = api.presign(size_bytes=50 << 20)
    # As with real servers: the answer may be there while the client is still sending.
    with contextlib.suppress(httpx.WriteError):
        assert put(place, bytes(50 << 20)).status_code == 413
    assert sume_sandbox.requests.where(operation="storage_put")[0].size == 0


# --- without sockets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        "reset=before", "reset=after", "reset=mid", "close=before", "close=mid", "hang=before",
        "hang=mid", "truncate=length", "truncate=chunk", "garbage=true", "latency=5",
    ],
)  # fmt: skip
def test_the_transport_without_sockets_breaks_in_the_same_places(fault: str) -> None:
    sandbox = Sandbox(faults=[f"get_credits {fault}"])
    with pytest.raises(ResponseLostError):
        read(sandbox)
    assert json.loads(read(sandbox))["object"] == "credits"


@pytest.mark.parametrize("fault", ["truncate=close at=5", "drip=0.0001", "overlong=true"])
def test_what_http_lets_pass_passes_without_sockets_too(fault: str) -> None:
    content = read(Sandbox(faults=[f"get_credits {fault}"]))
    assert content == b'{"obj' if "at=5" in fault else json.loads(content)


def read(sandbox: Sandbox) -> bytes:
    headers = {"authorization": f"Bearer {sandbox.api_key}"}
    request = Request("GET", sandbox.base_url + "/credits", headers)
    stream = sandbox.transport().open(request, Timeouts(0.1, 0.1, 0.1, 0.1))
    return b"".join(iter(stream.read, b""))


@pytest.mark.parametrize(
    "text",
    ["create_vide reset=after", "gt_job status=503", "get_job set=5", "medias_get reset=mid"],
)
def test_a_fault_that_could_strike_nothing_is_refused(sume_sandbox: Sandbox, text: str) -> None:
    """An app's test of its own fault handling would pass without any fault."""
    with pytest.raises(ValueError, match=r"operation|object"):
        sume_sandbox.faults.add(text)
