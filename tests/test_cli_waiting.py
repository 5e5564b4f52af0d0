"""Guarantee: waiting can be broken off and taken up again, and a job's id is never lost.

The threats: Ctrl-C or a kill that loses what was paid for, a wait that ends a job, a log full of
control characters, an exit code that hides a failure.
"""

from __future__ import annotations

import errno
import json
import re
import signal
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import Mock, patch

import pytest

from sume_ext.cli import waiting
from sume_ext.cli.failures import UnfinishedError, failure_of
from sume_ext.cli.shell import Shell
from sume_ext.cli.waiting import Making, never_lost, wait_for
from sume_ext.errors import (
    InvalidArgumentError,
    JobFailedError,
    JobTimeoutError,
    NotSentError,
    RateLimitError,
)
from sume_ext.waiting.outcomes import Outcome

if TYPE_CHECKING:
    from sume_ext import Job
    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

GENERATE = ("videos", "generate", "--prompt", "x", "-y", "--wait")
JOB = re.compile(r"job_sandbox_[0-9a-f]+")
HIDDEN, SHOWN = b"\x1b[?25l", b"\x1b[?25h"
"""What hides a terminal's cursor, and what shows it."""


def test_off_a_terminal_each_change_is_a_plain_line(stage: Stage) -> None:
    done = stage.sume(*GENERATE)
    assert done.code == 0
    first, *_, last, tip = done.err.splitlines()
    found = JOB.search(first)
    assert found
    assert first == f"{found[0]} queued", "the id comes first, before any waiting"
    assert re.fullmatch(rf"{found[0]} completed \(\d+s\)", last)
    assert tip == f"Next: sume jobs result {found[0]} (add --download for files)"
    assert "\x1b" not in done.err + done.out
    assert "\r" not in done.err + done.out


def test_on_a_terminal_status_age_and_expectation_move_and_then_go(stage: Stage) -> None:
    stage.sume(*GENERATE)  # so that there is a past to expect from
    stage.sandbox.jobs.fail_next(outcome="stuck")
    with stage.terminal(*GENERATE) as terminal:
        shown = terminal.until(lambda text: bool(re.search(r"\d+s of about \ds", text)))
        job = JOB.findall(shown)[0]
        assert re.search(rf"(queued|running|processing) +\d+s of about \ds +{job}", shown)
        stage.sandbox.jobs.complete(job)
        assert terminal.end() == 0
        assert "of about" not in terminal.text, "what moved is gone"
        assert re.search(r"status +completed", terminal.text)


def test_a_narrow_terminal_shows_what_fits(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(outcome="stuck")
    with stage.terminal(*GENERATE, columns=30) as terminal:
        shown = terminal.until(lambda text: bool(re.search(r"\d+s\b", text)))
        assert len(shown.splitlines()) <= 4, shown
        terminal.interrupt()
        assert terminal.end() == 130


def test_ctrl_c_tells_the_id_and_how_to_go_on(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(outcome="stuck")
    with stage.terminal(*GENERATE, "--download", "my out") as terminal:
        shown = terminal.until(lambda text: bool(re.search(r"\d+s\b", text)))
        job = JOB.findall(shown)[0]
        terminal.interrupt()
        assert terminal.end() == 130
        said = " ".join(terminal.text.split())
        assert f"interrupted; {job} still runs." in said
        assert f"sume jobs wait {job} --download 'my out'" in said
    assert stage.sandbox.jobs.status(job) != "canceled"
    stage.sandbox.jobs.complete(job)
    again = stage.sh(f"sume jobs wait {job} --download 'my out'")
    assert again.code == 0
    assert again.out.startswith(f"my out/{job}")


def test_machines_get_the_id_at_once_and_the_envelope_when_stopped(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(2, outcome="stuck")
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        started = stage.start(*GENERATE, "--json")
        assert started.stderr
        first = json.loads(started.stderr.readline())
        job = first["job"]["id"]
        assert first["resume"] == f"sume jobs wait {job}"
        started.send_signal(number)
        out, err = started.communicate(timeout=30)
        assert started.returncode == code
        assert not out
        error = json.loads(err)["error"]
        assert error["code"] == "interrupted"
        assert error["hint"] == f"sume jobs wait {job}"


def test_a_wait_that_is_over_gives_the_job_as_it_stands(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(outcome="stuck")
    done = stage.sume(*GENERATE, "--timeout", "0.2", "--json")
    assert done.code == 4
    assert done.json["status"] in ("queued", "running", "processing")
    assert done.error["code"] == "timeout"
    assert done.json["id"] in done.error["hint"]
    late = stage.sume("jobs", "wait", done.json["id"], "--timeout", "0")
    assert late.code == 4
    assert "status" in late.out


@pytest.mark.slow
def test_a_wait_over_a_failing_server_ends_in_time_and_tells_what_is_known(stage: Stage) -> None:
    """The threat: a last look that retries for as long again as the whole wait took."""
    stage.sandbox.jobs.fail_next(outcome="stuck")
    stage.sandbox.faults.add("get_job status=503 times=null")
    done = stage.sume(*GENERATE, "--timeout", "1", "--json")
    assert done.code == 4
    (job,) = stage.sandbox.jobs.ids()
    assert done.json == {
        "id": job, "object": "job", "status": "queued", "type": "video_generation",
    }, "the API's own names for a job, though only the create answer told of it"  # fmt: skip
    looks = stage.sandbox.requests.where(operation="get_job")
    assert looks[-1].at - looks[0].at <= 1 * stage.sandbox.clock.speed
    silent = stage.sume("jobs", "wait", job, "--timeout", "0", "--json")
    assert (silent.code, silent.json["status"]) == (4, "unknown")


def test_no_time_at_all_is_one_look(stage: Stage) -> None:
    done, stuck = stage.job(), ""
    stage.sandbox.jobs.fail_next(outcome="stuck")
    stuck = stage.job(done=False)
    finished, running, nowhere, both = stage.side_by_side(
        [
            ("jobs", "wait", *ids, "--timeout", "0", "--json")
            for ids in ([done], [stuck], ["job_nowhere"], [done, stuck])
        ]
    )
    assert (finished.code, finished.json["status"]) == (0, "completed")
    assert (running.code, running.json["id"]) == (4, stuck)
    assert f"{stuck} is still {running.json['status']}" in running.error["message"]
    assert (nowhere.code, nowhere.error["code"]) == (1, "not_found")
    assert both.code == 4
    assert [job["id"] for job in both.json["data"]] == [done, stuck]


def test_the_command_that_goes_on_downloads_too(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(outcome="stuck")
    done = stage.sume(*GENERATE, "--timeout", "0.2", "--download", "o", "--overwrite", "--json")
    assert done.code == 4
    again = f"sume jobs wait {done.json['id']} --download o --overwrite"
    assert again in done.error["hint"]


def test_whatever_ends_a_wait_the_job_is_named_with_the_way_back(stage: Stage) -> None:
    for fault in ("get_job status=401", "get_job status=403", "get_job shape=list"):
        stage.sandbox.jobs.fail_next(outcome="stuck")
        stage.sandbox.faults.add(f"{fault} times=null")
        done = stage.sume(*GENERATE, "--json")
        stage.sandbox.faults.clear()
        job = stage.sandbox.jobs.ids()[-1]
        assert done.code in (1, 3), fault
        assert f"sume jobs wait {job}" in done.error["hint"], fault


def test_of_several_new_jobs_the_first_is_waited_for_and_the_others_are_named(
    stage: Stage,
) -> None:
    avatars = stage.sume("avatars", "list", "-q").out.split()[:2]
    swap = ("face-swap", "create", "--source-video", "clip.mp4", "-y", "--wait")
    done = stage.sume(*swap, "--avatar-id", avatars[0], "--avatar-id", avatars[1])
    assert done.code == 0, done.err
    first, second = stage.sandbox.jobs.ids(type="face_swap")
    assert f"the others: sume jobs wait {second}" in done.err
    assert first in done.out
    for more in ((), ("--download",)):
        one = stage.sume(
            *swap, "--avatar-id", avatars[0], "--avatar-id", avatars[1], "--json", *more
        )
        first, second = stage.sandbox.jobs.ids(type="face_swap")[-2:]
        assert one.json["id"] == first
        assert [job["id"] for job in one.json["jobs"]] == [first, second], "no paid job is left out"
        assert one.json["jobs"][0]["status"] == "completed"
    shown = " ".join(stage.sume("face-swap", "create", "--help").out.split())
    assert "Wait until the first job is done; the others are named" in shown


def test_a_job_that_failed_is_shown_and_gives_its_own_exit_code(stage: Stage) -> None:
    for outcome in ("failed", "expired"):
        stage.sandbox.jobs.fail_next(outcome=outcome, code="nsfw", message="Not \x1b[31mthis.")
        done = stage.sume(*GENERATE, "--json")
        assert done.code == 5
        assert done.json["status"] == outcome
        assert done.error["code"] == "nsfw"
        assert "\x1b" not in done.err
        people = stage.sume("jobs", "wait", done.json["id"], "--download")
        assert people.code == 5
        assert "\x1b" not in people.out + people.err
        assert f"{done.json['id']} {outcome}" in people.err


def test_many_are_waited_for_from_arguments_stdin_and_xargs(stage: Stage) -> None:
    jobs = [stage.job() for _ in range(3)]
    ids = "\n".join(jobs)
    piped = stage.sh("set -o pipefail; sume jobs list -q | xargs sume jobs wait")
    assert piped.code == 0
    assert sorted(JOB.findall(piped.out)) == sorted(jobs)
    for done in (
        stage.sume("jobs", "wait", *jobs, "--json"),
        stage.sume("jobs", "wait", "-", "--json", stdin=ids),
        stage.sume("jobs", "wait", "--json", stdin=ids),
    ):
        assert done.code == 0
        assert [job["id"] for job in done.json["data"]] == jobs
    assert stage.sume("jobs", "wait", jobs[0], "--json").json["id"] == jobs[0]
    alone = stage.sume("jobs", "wait", "--json", stdin=jobs[0])
    assert alone.json["object"] == "list", "the form depends on how ids are given, not how many"
    none = stage.sume("jobs", "wait", stdin="")
    assert none.code == 2


def test_ids_that_are_none_are_told_and_a_terminal_is_not_read_unasked(stage: Stage) -> None:
    for stdin in ("", "\n \n", "../me", "job_1\x00"):
        done = stage.sume("jobs", "wait", "--json", stdin=stdin)
        assert done.code in (1, 2), stdin
        assert done.error["hint"]
    junk = stage.sh(r"printf 'a\xff' | sume jobs wait")
    assert junk.code == 2
    assert "the bytes b'a\\xff'" in junk.err, "not Python's word for what it can't read"
    with stage.terminal("jobs", "wait") as terminal:
        assert terminal.end() == 2
        assert "there is no job id" in terminal.text
    job = stage.job()
    with stage.terminal("jobs", "wait", "-") as terminal:
        terminal.type(f"{job}\n\x04")
        assert terminal.end() == 0
        assert "completed" in terminal.text


def test_many_cost_few_requests(stage: Stage) -> None:
    jobs = stage.sandbox.jobs.seed(60)
    stage.sandbox.requests.clear()
    done = stage.sume("jobs", "wait", "--json", stdin="\n".join(jobs))
    assert [job["id"] for job in done.json["data"]] == jobs
    assert all(job["created_at"] for job in done.json["data"]), "each is told in full"
    assert len(stage.sandbox.requests) <= 3


def test_one_bad_job_does_not_hide_the_others(stage: Stage) -> None:
    good, slow = stage.job(), stage.job(done=False)
    stage.sandbox.jobs.fail_next()
    failed = stage.sume(*GENERATE, "--json").json["id"]
    some = stage.sume("jobs", "wait", good, failed, "--json")
    assert some.code == 5
    assert [job["status"] for job in some.json["data"]] == ["completed", "failed"]
    assert failed in some.error["message"]
    missing = stage.sume("jobs", "wait", good, "job_nowhere", slow, "--json")
    assert missing.code == 1
    assert missing.json["data"][0]["status"] == "completed"
    assert "job_nowhere (no such job)" in missing.error["message"]
    none = stage.sume("jobs", "wait", "job_a", "job_b", "--json")
    assert "Check the id" in none.error["hint"]


def test_an_ended_job_is_never_told_as_one_that_still_runs() -> None:
    late = JobTimeoutError("over", job_id="job_1", status="queued", elapsed=0)
    for failure in (None, JobFailedError("no", job_id="job_1", status="failed")):
        job: Any = SimpleNamespace(
            id="job_1", status="ended", terminal=True, data={}, error=failure
        )
        client: Any = Mock()
        outcome: Outcome[Job] = Outcome(job, late)
        with patch.object(waiting, "_wait", return_value=[outcome]):
            found = wait_for(Shell(), client, [job], 0)
        assert [outcome.error for outcome in found] == [failure]


def test_a_finished_ingest_names_what_can_be_done_with_it(stage: Stage) -> None:
    done = stage.sume("assets", "upload", "clip.mp4", "--wait")
    assert done.err.splitlines()[-1].startswith("Next: sume assets search")


def test_the_board_counts_many(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(2, outcome="stuck")
    jobs = [stage.job(done=False) for _ in range(2)]
    with stage.terminal("jobs", "wait", *jobs) as terminal:
        terminal.until("0 of 2 done")
        stage.sandbox.jobs.complete(jobs[0])
        terminal.until("1 of 2 done")
        stage.sandbox.jobs.complete(jobs[1])
        assert terminal.end() == 0
        assert "done" not in terminal.text


def test_quiet_gives_the_id_as_soon_as_there_is_one(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(outcome="stuck")
    started = stage.start(*GENERATE, "-q")
    assert started.stdout
    job = started.stdout.readline().strip()
    assert JOB.fullmatch(job)
    stage.sandbox.jobs.complete(job)
    out, err = started.communicate(timeout=30)
    assert (started.returncode, out, err) == (0, "", "")


def test_the_id_is_told_on_stdout_when_stderr_cant_be_written(stage: Stage) -> None:
    ways = [f"{flag} {broken}" for flag in ("", "--json") for broken in ("2>&-", "2>/dev/full")]
    line = "sume videos generate --prompt x -y --wait"
    for way, done in zip(ways, stage.shells([f"{line} {way}" for way in ways]), strict=True):
        assert done.code == 0, f"{way}: the wait goes on"
        first, rest = done.out.split("\n", 1)
        job = JOB.findall(first)[0]
        assert job in rest, "and its end is told as ever"
        if "--json" in way:
            assert json.loads(first)["resume"] == f"sume jobs wait {job}"
            assert json.loads(rest)["status"] == "completed"


def test_the_id_is_told_on_stderr_when_stdout_is_closed(stage: Stage) -> None:
    flags = ("", "-q", "--json", "--wait", "-q --wait")
    line = "sume videos generate --prompt x -y"
    for flag, done in zip(flags, stage.shells([f"{line} {f} >&-" for f in flags]), strict=True):
        assert done.code == 1, f"{flag}: {done.err}"
        assert JOB.search(done.err), flag
        assert "internal" not in done.err
        assert "Traceback" not in done.err


def test_a_result_that_cant_be_written_is_no_reason_to_pay_again(stage: Stage) -> None:
    image = "sume images generate --prompt x -y"
    lines = [image, f"{image} --json", f"{image} -q", f"{image} --wait", f"{image} --wait --json"]
    lines += [f"sume assets upload clip.mp4{rest}" for rest in ("", " --json", " --wait")]
    for done in stage.shells([f"{line} >/dev/full" for line in lines]):
        assert done.code == 1
        job = JOB.findall(done.err)[0]
        assert "No space left" in done.err
        hint = done.error["hint"] if '"error"' in done.err else done.err.splitlines()[-1]
        assert hint.endswith(f"sume jobs wait {job}")
        assert "run it again" not in hint
    assert stage.sandbox.requests.count(spends=True) == 5


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RateLimitError("Slow down.", status=429, code="rate_limit_exceeded", retry_after=9),
        NotSentError("no route"),
        InvalidArgumentError("timeout is too long."),
        ZeroDivisionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_failure_beside_a_job_advises_to_try_again(error: Exception) -> None:
    making = Making("sume jobs list")
    making.jobs.append(cast("Job", SimpleNamespace(id="job_1")))
    with pytest.raises(UnfinishedError) as told, never_lost(making):
        raise error
    hint = failure_of(told.value).hint
    assert hint.endswith("sume jobs wait job_1")
    assert "again" not in hint


def test_a_signal_that_nohup_has_ignored_stays_ignored(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(outcome="stuck")
    line = ["sh", "-c", f"trap '' HUP; exec sume {' '.join(GENERATE)} --json"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, env=stage.env, text=True) as started:
        assert started.stderr is not None
        assert "resume" in started.stderr.readline()
        started.send_signal(signal.SIGHUP)
        stage.sandbox.jobs.complete(stage.sandbox.jobs.ids()[-1])
        started.communicate()
    assert started.returncode == 0


def test_ctrl_c_in_the_first_moments_leaves_the_terminal_as_it_was(stage: Stage) -> None:
    stage.sandbox.faults.add("list_jobs latency=1.5 times=null")
    stage.sandbox.jobs.fail_next(outcome="stuck")
    with stage.terminal(*GENERATE) as terminal:
        terminal.until(lambda _: HIDDEN in terminal.raw)  # the board is there, and looks things up
        terminal.interrupt()
        assert terminal.end() == 130
        assert terminal.raw.count(SHOWN) >= terminal.raw.count(HIDDEN)
        assert terminal.raw.rindex(SHOWN) > terminal.raw.rindex(HIDDEN)
        assert f"sume jobs wait {stage.sandbox.jobs.ids()[-1]}" in terminal.text.splitlines()[-1]


def test_closed_streams_are_no_bug(stage: Stage) -> None:
    listed, asked, alone, deaf = stage.shells(
        [
            "sume jobs list --json >&-",
            "sume videos generate --prompt x <&-",
            "sume jobs wait <&-",
            "sume jobs get job_nowhere <&- >&- 2>&-",
        ]
    )
    assert (listed.code, asked.code, alone.code, deaf.code) == (1, 2, 2, 1)
    assert "no terminal to ask on" in asked.err
    assert "there is no job id" in alone.err
    for done in (listed, asked, alone):
        assert "Traceback" not in done.err
        assert "internal" not in done.err
