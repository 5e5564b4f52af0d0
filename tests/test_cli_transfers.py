"""Guarantee: files show how far they are, end with one line each, and survive a break.

The threats: a bar in a log, a half file under its final name, a second upload of what is there.
"""

from __future__ import annotations

import json
import re
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.thoroughness import one_in

if TYPE_CHECKING:
    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

GENERATE = ("videos", "generate", "--prompt", "x", "-y")


def test_downloads_end_with_a_line_a_file(stage: Stage) -> None:
    jobs = [stage.job() for _ in range(2)]
    one = stage.sume("jobs", "result", jobs[0], "--download", "./outputs/")
    assert one.code == 0
    assert re.fullmatch(rf"outputs/{jobs[0]}-1\.mp4  [\d.]+ kB\n", one.out)
    assert not one.err, "off a terminal nothing moves"
    again = stage.sume("jobs", "result", jobs[0], "--download", "./outputs/")
    assert again.out == one.out.replace("\n", "  kept, was there already\n")
    many = stage.sume("jobs", "download", *jobs, "--to", "all", "--json")
    assert [item["files"] for item in many.json["data"]] == [[f"all/{j}-1.mp4"] for j in jobs]
    assert len([*(stage.folder / "all").iterdir()]) == 2
    some = stage.sume("jobs", "download", "job_nowhere", jobs[0], "--to", "some", "--json")
    assert some.code == 1
    assert [item["id"] for item in some.json["data"]] == [jobs[0]]
    assert "job_nowhere" in some.error["message"]
    default = stage.sume("jobs", "result", jobs[1], "--download", "--json")
    assert default.json["files"] == [f"outputs/{jobs[1]}-1.mp4"]


def test_a_broken_download_goes_on_with_the_same_command(stage: Stage) -> None:
    job = stage.job()
    stage.sandbox.faults.add("media_get drip=0.005")
    words = ("jobs", "result", job, "--download", "out")
    with stage.terminal(*words) as terminal:
        shown = terminal.until(lambda text: bool(re.search(r"B/s +(\d+m )?\d+s left", text)))
        assert f"{job}-1.mp4" in shown
        assert re.search(r"\d (k?B )?of \d+\.\d+ kB", shown)
        terminal.interrupt()
        assert terminal.end() == 130
        assert f"sume jobs download {job} --to out" in " ".join(terminal.text.split())
    names = [path.name for path in (stage.folder / "out").iterdir()]
    assert f"{job}-1.mp4" not in names, "no half file has the final name"
    done = stage.sume(*words)
    assert done.code == 0, done.err
    assert done.out.startswith(f"out/{job}-1.mp4  ")
    assert [path.name for path in (stage.folder / "out").iterdir()] == [f"{job}-1.mp4"]


def test_a_killed_download_is_resumed_by_the_same_line_in_a_new_process(stage: Stage) -> None:
    """``kill -9`` leaves no chance to tidy up, and the next process knows nothing of the last."""
    job = stage.job()
    media = partial(stage.sandbox.requests.where, operation="media_get")
    for words in (
        ("jobs", "result", job, "--download", "result"),
        ("jobs", "download", job, "--to", "download"),
    ):
        stage.sandbox.requests.clear()
        stage.sandbox.faults.add("media_get drip=0.005")
        started = stage.start(*words)
        folder = stage.folder / words[-1]
        deadline = time.monotonic() + 20
        while sum(part.stat().st_size for part in folder.glob(".*.part")) < 50:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        started.kill()
        started.communicate()
        assert not [*folder.glob("[!.]*")], "no half file has a name that counts"
        done = stage.sume(*words)
        assert done.code == 0, done.err
        assert re.fullmatch(rf"{words[-1]}/{job}-1\.mp4  [\d.]+ kB  resumed\n", done.out)
        first, second = media()
        assert "range" not in first.headers
        start = re.fullmatch(r"bytes=(\d+)-", second.headers["range"])
        assert start
        assert int(start[1]) >= 50
        assert (second.status, second.headers["if-range"][:1]) == (206, '"')
        assert [path.name for path in folder.iterdir()] == [f"{job}-1.mp4"]
        whole = stage.sume(*words[:-1], "whole", "--overwrite")
        assert whole.code == 0
        left, right = (stage.folder / at / f"{job}-1.mp4" for at in (words[-1], "whole"))
        assert left.read_bytes() == right.read_bytes()


def test_a_file_that_is_there_is_kept_and_said_so_unless_it_is_to_be_replaced(
    stage: Stage,
) -> None:
    job = stage.job()
    words = ("jobs", "result", job, "--download", "out")
    file = stage.folder / "out" / f"{job}-1.mp4"
    assert stage.sume(*words, "--json").json["kept"] == []
    file.write_text("mine")
    kept = stage.sume(*words)
    assert kept.out == f"out/{job}-1.mp4  4 B  kept, was there already\n"
    assert stage.sume(*words, "--json").json["kept"] == [f"out/{job}-1.mp4"]
    assert file.read_text() == "mine"
    new = stage.sume(*words, "--overwrite")
    assert re.fullmatch(rf"out/{job}-1\.mp4  [\d.]+ kB\n", new.out)
    assert file.stat().st_size > 1000
    lines = [
        ("jobs", "wait", job, "--download", "out", "--overwrite"),
        ("jobs", "download", job, "--to", "out", "--overwrite"),
        (*GENERATE, "--download", "out", "--overwrite"),
    ]
    for done in stage.side_by_side(lines):
        assert done.code == 0, done.err
        assert "kept" not in done.out
    alone = stage.sume("jobs", "wait", job, "--overwrite")
    assert alone.code == 2
    assert "--overwrite is for downloads" in alone.err


def test_what_goes_on_after_a_failure_replaces_as_the_first_try_would(stage: Stage) -> None:
    job = stage.job()
    stage.sandbox.faults.add("media_get status=404 times=null")
    failed = stage.sume("jobs", "result", job, "--download", "out", "--overwrite", "--json")
    assert f"sume jobs download {job} --to out --overwrite" in failed.error["hint"]


def test_an_id_is_never_taken_for_the_directory(stage: Stage) -> None:
    first, second = stage.job(), stage.job()
    for words in (("wait", "--download", first, second), ("result", "--download", first)):
        done = stage.sume("jobs", *words, "--json")
        assert done.code == 2
        assert f"{first} would be the directory" in done.error["message"]
        assert "before --download" in done.error["message"]
    assert not (stage.folder / first).exists()
    meant = stage.sume("jobs", "wait", "--download", f"./{first}", second)
    assert meant.code == 0
    again = stage.sume("jobs", "wait", second, "--download", first)
    assert again.code == 0, "a directory that is there is one"


def test_an_upload_shows_its_progress_and_can_be_started_again(stage: Stage) -> None:
    stage.sandbox.faults.add("storage_put hang=before")
    with stage.terminal("assets", "upload", "clip.mp4", columns=200) as terminal:
        shown = terminal.until("clip.mp4 ━")
        assert re.search(r"kB", shown)
        terminal.interrupt()
        assert terminal.end() == 130
        assert "sume assets upload clip.mp4" in " ".join(terminal.text.split())
    done = stage.sume("assets", "upload", "clip.mp4", "--wait", "--json")
    assert (done.code, done.json["status"]) == (0, "completed")
    assert done.json["type"] == "asset_ingest"


def test_uploads_end_with_a_line_a_file(stage: Stage) -> None:
    (stage.folder / "two.mp4").write_bytes((stage.folder / "clip.mp4").read_bytes())
    done = stage.sume("assets", "upload", "clip.mp4", "two.mp4")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert [line.split()[2] for line in lines[1:]] == ["clip.mp4", "two.mp4"]
    ids = [line.split()[0] for line in lines[1:]]
    assert f"Next: sume jobs wait {ids[0]} {ids[1]}" in done.err
    quiet = stage.sume("assets", "upload", "clip.mp4", "-q")
    assert (len(quiet.out.split()), quiet.err) == (1, "")
    waited = stage.sume("assets", "upload", "clip.mp4", "--download", "--json")
    assert (waited.code, waited.json["status"]) == (0, "completed")
    (stage.folder / "notes.txt").write_text("no video")
    wrong = stage.sume("assets", "upload", "notes.txt", "--json")
    assert wrong.code == 1
    assert wrong.error["code"] == "upload"


def test_a_face_swap_takes_a_local_file_and_never_shows_where_it_went(stage: Stage) -> None:
    avatar = stage.sume("avatars", "list", "-q").out.split()[0]
    done = stage.sume(
        "face-swap", "create", "--source-video", "clip.mp4", "--avatar-id", avatar, "-y", "-q"
    )
    assert done.code == 0, done.err
    assert not done.err
    both = stage.sume(
        "face-swap", "create", "--source-video", "clip.mp4", "--source-video-url", "https://x/y",
        "--avatar-id", avatar, "-y",
    )  # fmt: skip
    assert both.code == 2


def test_an_upload_that_would_tell_nothing_isnt_made(stage: Stage) -> None:
    words = ("uploads", "face-swap-video", "clip.mp4", "-q")
    done = stage.sume(*words)
    assert done.code == 2
    assert "--show-urls" in done.err
    assert not stage.sandbox.requests.where(operation="presign_upload")
    shown = stage.sume(*words, "--show-urls")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("http")
    assert len(shown.out.split()) == 1


@pytest.mark.parametrize(
    "fault", one_in(2, ["media_get reset=mid times=null", "get_job_result status=500 times=null"])
)
def test_a_download_that_fails_never_asks_for_a_second_job(stage: Stage, fault: str) -> None:
    stage.sandbox.faults.add(fault)
    people, machine, quiet = stage.side_by_side(
        [(*GENERATE, "--download", "my out", *flags) for flags in ((), ("--json",), ("-q",))]
    )
    ids = [re.findall(r"job_sandbox_\w+", done.out)[0] for done in (people, machine, quiet)]
    assert machine.json["id"] == ids[1]
    assert machine.json["status"] == "completed"
    for done, job in zip((people, machine, quiet), ids, strict=True):
        assert done.code == 1
        assert f"sume jobs download {job} --to 'my out'" in done.err
        assert "same command" not in done.err
    stage.sandbox.faults.clear()
    again = stage.sh(f"sume jobs download {ids[0]} --to 'my out'")
    assert again.out.startswith(f"my out/{ids[0]}-1.mp4  ")


def test_a_wait_whose_download_fails_shows_the_jobs(stage: Stage) -> None:
    jobs = [stage.job() for _ in range(2)]
    stage.sandbox.faults.add("media_get status=404 times=null")
    done = stage.sume("jobs", "wait", *jobs, "--download", "out", "--json")
    assert done.code == 1
    assert [job["status"] for job in done.json["data"]] == ["completed"] * 2
    assert f"sume jobs download {jobs[0]} {jobs[1]} --to out" in done.error["hint"]


def test_what_one_job_lacks_keeps_no_other_from_being_downloaded(stage: Stage) -> None:
    first, second, third = (stage.job() for _ in range(3))
    stage.sandbox.faults.add("media_get status=404 times=2")
    done = stage.sume("jobs", "download", first, "job_nowhere", second, third, "--json")
    assert done.code == 1
    assert [item["id"] for item in done.json["data"]] == [second, third]
    assert all(len(item["files"]) == 1 for item in done.json["data"])
    assert done.error["hint"].endswith(f"sume jobs download {first} --to outputs")
    stage.sandbox.faults.add("media_get status=404 times=2")
    waited = stage.sume("jobs", "wait", first, second, "--download", "new", "--json")
    assert waited.code == 1
    assert [item["id"] for item in waited.json["data"]] == [second, first]
    assert ["files" in item for item in waited.json["data"]] == [True, False]
    early = stage.sume("jobs", "result", "job_nowhere", "--download", "--json")
    assert (early.code, early.error["code"], early.out) == (1, "not_found", "")


def test_a_place_that_fills_up_ends_it_for_all_jobs(stage: Stage) -> None:
    """A disk that takes no more takes no other file; asking for each would only take long."""
    jobs = [stage.job() for _ in range(3)]
    stage.sandbox.requests.clear()
    line = f"ulimit -f 4; sume jobs download {' '.join(jobs)} --to full"
    done = stage.sh(line)
    assert done.code == 1
    assert f"sume jobs download {' '.join(jobs)} --to full" in done.err
    assert stage.sandbox.requests.count(operation="media_get") == 1


def test_a_file_named_in_several_ways_is_ingested_once(stage: Stage) -> None:
    (stage.folder / "link.mp4").symlink_to("clip.mp4")
    done = stage.sume(
        "assets", "upload", "clip.mp4", "./clip.mp4", str(stage.folder / "clip.mp4"), "link.mp4"
    )
    assert done.code == 0
    assert len(stage.sandbox.jobs.ids()) == 1
    assert "./clip.mp4 is the same file as clip.mp4" in done.err
    assert "link.mp4 is the same file as clip.mp4" in done.err


def test_an_upload_that_fails_among_others_doubles_none(stage: Stage) -> None:
    for name in ("b.mp4", "c.mp4"):
        (stage.folder / name).write_bytes((stage.folder / "clip.mp4").read_bytes())
    words = ("assets", "upload", "clip.mp4", "b.mp4", "c.mp4")
    for flags in ((), ("--json",), ("-q", "--wait")):
        stage.sandbox.faults.clear()
        stage.sandbox.faults.add("storage_put status=413 skip=1 times=null")
        before = {*stage.sandbox.jobs.ids()}
        done = stage.sume(*words, *flags)
        (made,) = {*stage.sandbox.jobs.ids()} - before
        assert done.code == 1
        assert re.findall(r"job_sandbox_\w+", done.out) == [made]
        assert "sume assets upload b.mp4 c.mp4" in done.err
        assert "same command" not in done.err


def test_a_killed_upload_is_sent_again_and_ingested_once(stage: Stage) -> None:
    stage.sandbox.faults.add("storage_put hang=before")
    started = stage.start("assets", "upload", "clip.mp4")
    deadline = time.monotonic() + 20
    while not stage.sandbox.requests.count(operation="storage_put"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.kill()
    started.communicate()
    assert stage.sandbox.jobs.ids() == []
    done = stage.sume("assets", "upload", "clip.mp4", "--wait", "--json")
    assert done.code == 0
    assert stage.sandbox.jobs.ids() == [done.json["id"]]


def test_a_file_that_is_named_twice_is_ingested_once(stage: Stage) -> None:
    done = stage.sh("sume assets upload -q *.mp4 clip*")
    assert done.code == 0
    assert done.out.split() == stage.sandbox.jobs.ids()
    assert len(stage.sandbox.jobs.ids()) == 1


def test_every_file_is_looked_at_before_the_first_is_sent(stage: Stage) -> None:
    (stage.folder / "notes.txt").write_text("no video")
    stage.sandbox.requests.clear()
    done = stage.sume("assets", "upload", "clip.mp4", "notes.txt", "--json")
    assert (done.code, done.error["code"]) == (1, "upload")
    assert "notes.txt" in done.error["message"]
    assert len(stage.sandbox.requests) == 0


def test_an_upload_whose_end_is_unknown_is_looked_for_first(stage: Stage) -> None:
    look = "sume jobs list --type asset_ingest --limit 5"
    for fault in ("reset=after", "shape=empty", "status=500 work=true"):
        stage.sandbox.faults.add(f"create_asset {fault}")
        lost = stage.sume("assets", "upload", "clip.mp4", "--json")
        assert look in lost.error["hint"], fault
        assert "othing was created" not in lost.err
    for fault, operation in (
        ("create_asset hang=after", "create_asset"),
        ("presign_upload hang=after", "presign_upload"),
        ("storage_put hang=after", "storage_put"),
    ):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            stage.sandbox.faults.clear()
            stage.sandbox.requests.clear()
            stage.sandbox.faults.add(fault)
            started = stage.start("assets", "upload", "clip.mp4", "--json")
            deadline = time.monotonic() + 20
            asked = partial(stage.sandbox.requests.count, operation=operation)
            while not asked() and time.monotonic() < deadline:
                time.sleep(0.02)
            started.send_signal(number)
            out, err = started.communicate(timeout=30)
            assert (started.returncode, out) == (code, "")
            error = json.loads(err)["error"]
            assert "sume assets upload clip.mp4" in error["hint"]
            unknown = operation == "create_asset"
            assert (look in error["hint"]) is unknown
            assert ("may have been accepted" in error["message"]) is unknown
            assert ("nothing was created" in error["message"]) is not unknown
