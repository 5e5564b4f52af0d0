"""Guarantee: jobs take their course on the sandbox's clock, and credits follow to the last one.

The threat is a stand-in that is kinder than the API: jobs that never fail, credits that never run
out, a page that repeats what was on the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sume_ext.sandbox import Sandbox
from tests.sandbox.api import Api
from tests.sandbox.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def api(sume_sandbox: Sandbox) -> Iterator[Api]:
    with Api(sume_sandbox) as client:
        yield client


by_hand = pytest.mark.sume_sandbox(clock="manual")


@by_hand
def test_a_job_is_queued_running_processing_completed(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    course = [api.job(job)["status"]]
    for _ in range(10):
        sume_sandbox.advance(0.5)
        course.append(api.job(job)["status"])
    assert list(dict.fromkeys(course)) == ["queued", "running", "processing", "completed"]


@by_hand
def test_time_stands_still_unless_it_is_advanced(sume_sandbox: Sandbox, api: Api) -> None:
    first, second = api.job(api.video()), api.job(api.video())
    assert first["created_at"] == second["created_at"]
    sume_sandbox.advance(4.999)
    assert api.job(first["id"])["status"] == "processing"
    sume_sandbox.advance(0.001)
    assert api.job(first["id"])["status"] == "completed"


@by_hand
def test_changes_carry_the_time_they_were_due_not_the_time_of_the_look(
    sume_sandbox: Sandbox, api: Api
) -> None:
    job = api.video()
    created = api.job(job)["created_at"]
    sume_sandbox.advance(3600)
    shown = api.job(job)
    assert shown["updated_at"] == shown["completed_at"]
    assert shown["created_at"] == created
    assert shown["completed_at"] != created
    assert shown["completed_at"][:13] == created[:13] or shown["completed_at"][14:16] == "00"


@by_hand
@pytest.mark.parametrize(
    ("path", "body", "seconds"),
    [
        ("/images/generations", {"prompt": "x"}, 2),
        ("/videos/generations", {"prompt": "x"}, 5),
        ("/reference-analysis", {"url": "https://www.instagram.com/reel/1/"}, 3),
    ],
)
def test_each_type_takes_its_own_time(
    sume_sandbox: Sandbox, api: Api, path: str, body: dict[str, Any], seconds: float
) -> None:
    answer = api.ok("POST", path, json=body)
    job = answer.get("job_id") or answer["job"]["id"]
    sume_sandbox.advance(seconds - 0.01)
    assert api.job(job)["status"] != "completed"
    sume_sandbox.advance(0.01)
    assert api.job(job)["status"] == "completed"


@pytest.mark.sume_sandbox(clock="manual", durations={"video_generation": 120})
def test_durations_can_be_set(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    sume_sandbox.advance(119)
    assert api.job(job)["status"] == "processing"


def test_a_clock_of_the_tests_own_drives_it() -> None:
    now = [5.0]
    with Sandbox(clock=lambda: now[0]) as sandbox, Api(sandbox) as api:
        job = api.video()
        now[0] += 5
        assert api.job(job)["status"] == "completed"


def test_a_clock_that_jumps_back_never_undoes_anything() -> None:
    now = [100.0]
    with Sandbox(clock=lambda: now[0]) as sandbox, Api(sandbox) as api:
        job = api.video()
        now[0] += 5
        before = api.job(job)
        now[0] -= 50
        assert api.job(job) == before
        assert api.job(api.video())["created_at"] >= before["completed_at"]


@by_hand
@pytest.mark.parametrize("ending", ["failed", "canceled", "expired"])
def test_what_does_not_complete_costs_nothing(sume_sandbox: Sandbox, api: Api, ending: str) -> None:
    sume_sandbox.jobs.fail_next(outcome=ending)
    job = api.video(duration=4)
    assert api.ok("GET", "/credits")["remaining_credits"] == 1000 - 8
    sume_sandbox.advance(5)
    shown = api.job(job)
    assert (shown["status"], shown["credits"], shown["result_url"]) == (ending, 0, None)
    assert shown["error"]["code"]
    assert api.ok("GET", "/credits")["remaining_credits"] == 1000
    assert api.refused(409, "GET", f"/jobs/{job}/result")["code"] == "job_not_completed"


@by_hand
def test_what_completes_is_paid_for(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video(duration=4)
    sume_sandbox.advance(5)
    assert api.job(job)["credits"] == 8
    assert sume_sandbox.credits() == 992


@pytest.mark.sume_sandbox(clock="manual", credits=8)
def test_credits_run_out_and_come_back(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video(duration=4)
    body = {"prompt": "x", "duration": 4}
    error = api.refused(402, "POST", "/videos/generations", json=body)
    assert error["code"] == "insufficient_credits"
    assert error["details"] == {"required_credits": 8, "remaining_credits": 0}
    sume_sandbox.jobs.fail(job, code="content_policy", message="Not this.")
    assert api.job(job)["error"] == {"code": "content_policy", "message": "Not this."}
    assert api.video(duration=4)


@pytest.mark.sume_sandbox(clock="manual", active_limit=2)
def test_only_so_many_jobs_may_be_active(sume_sandbox: Sandbox, api: Api) -> None:
    api.video()
    sume_sandbox.advance(1)
    api.video()
    answer = api.post("/videos/generations", json={"prompt": "x"})
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "active_job_limit_exceeded"
    assert answer.headers["retry-after"] == "4"
    assert api.ok("GET", "/credits")["concurrency"] == {"active": 2, "limit": 2}
    sume_sandbox.advance(4)
    assert api.video()


@pytest.mark.sume_sandbox(clock="manual", rate_limit=3)
def test_a_rate_limit_tells_when_to_come_back(sume_sandbox: Sandbox, api: Api) -> None:
    left = [api.get("/me").headers["ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    answer = api.get("/me")
    assert answer.status_code == 429
    sume_sandbox.advance(int(answer.headers["retry-after"]))
    assert api.get("/me").is_success


@by_hand
def test_a_job_can_be_put_into_a_status_nobody_knows(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    sume_sandbox.jobs.set_status(job, "hibernating")
    sume_sandbox.advance(100)
    assert sume_sandbox.jobs.status(job) == "hibernating"
    sume_sandbox.jobs.complete(job)
    assert api.job(job)["status"] == "completed"


@by_hand
def test_a_held_job_never_ends_by_itself(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    sume_sandbox.jobs.hold(job)
    sume_sandbox.advance(10_000)
    assert api.job(job)["status"] == "processing"


@by_hand
def test_an_ended_job_stays_ended(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    sume_sandbox.jobs.cancel(job)
    sume_sandbox.advance(100)
    assert api.job(job)["status"] == "canceled"
    with pytest.raises(ValueError, match="already ended"):
        sume_sandbox.jobs.complete(job)


@by_hand
def test_workspaces_are_apart(sume_sandbox: Sandbox, api: Api) -> None:
    job = api.video()
    scene = api.ok("GET", "/assets")["data"][0]["id"]
    own = [one["id"] for one in api.ok("GET", "/avatars")["data"] if one["visibility"] != "public"]
    place = api.uploaded()
    sume_sandbox.advance(10)
    with Api(sume_sandbox, sume_sandbox.new_key(workspace="other")) as other:
        for path in (
            f"/jobs/{job}",
            f"/jobs/{job}/result",
            f"/assets/{scene}",
            f"/avatars/{own[0]}",
        ):
            assert other.refused(404, "GET", path)["code"] == "not_found"
        body = {"object_key": place["object_key"]}
        assert other.refused(404, "POST", "/assets", json=body)["code"] == "not_found"
        assert other.ok("GET", "/jobs")["data"] == []
        assert other.ok("GET", "/assets")["data"] == []
        assert other.ok("GET", "/credits")["remaining_credits"] == 1000
        assert other.ok("GET", "/me")["workspace"] != api.ok("GET", "/me")["workspace"]


def test_keys_can_be_revoked_and_workspaces_shut(sume_sandbox: Sandbox, api: Api) -> None:
    second = sume_sandbox.new_key()
    sume_sandbox.revoke(second)
    with Api(sume_sandbox, second) as revoked, Api(sume_sandbox, "sume_live_unknown") as unknown:
        for client in (revoked, unknown):
            assert client.refused(401, "GET", "/me")["code"] == "unauthorized"
    assert api.get("/me").is_success
    sume_sandbox.set_access(access=False)
    assert api.refused(403, "GET", "/me")["code"] == "forbidden"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Basic KEY"}, 401),
        ({"authorization": "bearer KEY"}, 200),
        ({"x-api-key": "KEY"}, 200),
        ({"x-api-key": "KEY2"}, 401),
    ],
)
def test_both_ways_to_show_a_key_are_taken(
    sume_sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    with Api(sume_sandbox) as client:
        del client.headers["authorization"]
        shown = {name: text.replace("KEY", sume_sandbox.api_key) for name, text in headers.items()}
        assert client.get("/me", headers=shown).status_code == status


# --- pages -------------------------------------------------------------------------------------


@by_hand
def test_pages_are_stable_while_rows_are_added(api: Api) -> None:
    before = [api.video() for _ in range(7)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.ok("GET", "/jobs", params={"limit": 2, **cursor})
        seen += [job["id"] for job in page["data"]]
        api.video()
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == before[::-1]


@by_hand
def test_a_cursor_belongs_to_its_filters(api: Api) -> None:
    for _ in range(3):
        api.video()
    cursor = api.ok("GET", "/jobs?limit=1&status=queued")["next_cursor"]
    error = api.refused(400, "GET", f"/jobs?limit=1&cursor={cursor}")
    assert error["code"] == "invalid_cursor"


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["video_generation", "image_generation"]),
            st.sampled_from(["completed", "failed", "queued"]),
        ),
        max_size=30,
    ),
    limit=st.integers(1, 7),
    filters=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["video_generation", "image_generation", "face_swap"]),
            "status": st.sampled_from(["completed", "failed", "queued", "paused"]),
        },
    ),
)
def test_pages_give_every_row_that_fits_once_and_newest_first(
    rows: list[tuple[str, str]], limit: int, filters: dict[str, str]
) -> None:
    sandbox = Sandbox(scenes=0)
    engine_view: list[str] = []
    for kind, status in rows:
        (job,) = sandbox.jobs.seed(1, type=kind, status=status)
        if filters.get("type", kind) == kind and filters.get("status", status) == status:
            engine_view.insert(0, job)
    assert walk(sandbox, "/jobs", {"limit": limit, **filters}) == engine_view
