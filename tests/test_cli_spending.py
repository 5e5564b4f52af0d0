"""Guarantee: credits are spent only when somebody agreed to it.

The threats: a script that spends because nobody was there to ask, a prompt that swallows the
answer, a wrong value that is found only after the job is paid.
"""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

GENERATE = ("videos", "generate", "--prompt", "x")


def spent(stage: Stage) -> int:
    """How many requests that spend were received."""
    return stage.sandbox.requests.count(spends=True)


def test_off_a_terminal_nothing_is_spent_without_agreement(stage: Stage) -> None:
    stage.sandbox.requests.clear()
    done = stage.sume(*GENERATE, "--json")
    assert done.code == 2
    assert done.error["code"] == "confirmation_required"
    assert "--yes" in done.error["hint"]
    assert "SUME_YES=1" in done.error["hint"]
    assert stage.sume(*GENERATE, SUME_YES="0").code == 2
    assert stage.sume(*GENERATE, stdin="y\n").code == 2, "a pipe can't agree"
    assert spent(stage) == 0
    assert stage.sume(*GENERATE, SUME_YES="1").code == 0
    assert stage.sume(*GENERATE, "--yes").code == 0
    assert spent(stage) == 2


def test_a_terminal_is_asked_and_told_what_it_may_cost(stage: Stage) -> None:
    stage.sandbox.requests.clear()
    for answer, code in (("n", 2), ("", 2)):
        with stage.terminal(*GENERATE) as terminal:
            terminal.until("Go on? [y/N]")
            assert "1000 credits are left" in terminal.text
            terminal.type(f"{answer}\n")
            assert terminal.end() == code
            assert "nothing was sent" in terminal.text
    assert spent(stage) == 0
    with stage.terminal(*GENERATE) as terminal:
        terminal.until("Go on? [y/N]")
        terminal.type("y\n")
        assert terminal.end() == 0
    assert spent(stage) == 1
    stage.sandbox.advance(60)
    with stage.terminal(*GENERATE) as terminal:
        terminal.until("recent ones cost 10")
        terminal.interrupt()
        assert terminal.end() == 130
    assert spent(stage) == 1


def test_the_question_counts_the_jobs_that_one_request_makes(stage: Stage) -> None:
    avatars = stage.sume("avatars", "list", "-q").out.split()[:2]
    repeated = [word for avatar in avatars for word in ("--avatar-id", avatar)]
    with stage.terminal("face-swap", "create", "--source-video", "clip.mp4", *repeated) as terminal:
        terminal.until("Go on? [y/N]")
        assert "This creates 2 jobs (face_swap) that each may spend credits" in terminal.text
        terminal.type("n\n")
        assert terminal.end() == 2
    assert stage.sandbox.requests.count(operation="presign_upload") == 0


def test_what_spends_nothing_doesnt_ask(stage: Stage) -> None:
    assert stage.sume("assets", "upload", "clip.mp4").code == 0
    with stage.terminal("credits") as terminal:
        assert terminal.end() == 0


WRONG = (
    ("videos", "generate", "--prompt", "x", "--prompt", "y"),
    ("videos", "generate", "--prompt", "x", "--duration", "4", "--duration=5"),
    ("videos", "generate", "--prompt", "x", "--duration", "3"),
    ("videos", "generate", "--prompt", "x", "--duration", "15.5"),
    ("videos", "generate", "--prompt", ""),
    ("videos", "generate", "--prompt", "x", "--resolution", "8k"),
    ("videos", "generate", "--prompt", "x", "--generate-audio", "perhaps"),
    ("videos", "generate", "--prompt", "x", "--timeout", "5"),
    ("videos", "generate", "--prompt", "x", "--wait", "--timeout", "nan"),
    ("videos", "generate", "--prompt", "x", "--wait", "--timeout", "1e10"),
    ("assets", "upload", "clip.mp4", "--wait", "--timeout", "1e300"),
    ("videos", "generate", "--prompt", "--wait"),
    ("images", "generate", "--prompt", "x", "--n", "0"),
    ("images", "generate", "--prompt", "x", "--n", "1.5"),
    ("face-swap", "create", "--avatar-id", "a"),
    ("reference-analysis", "create", "--url", "ftp://x"),
    ("videos", "generate"),
)


def test_what_cant_be_right_is_found_before_anybody_is_asked(stage: Stage) -> None:
    stage.sandbox.requests.clear()
    for words, done in zip(WRONG, stage.side_by_side(WRONG, SUME_YES="1"), strict=True):
        assert done.code == 2, f"{words}: {done.err}"
        assert not done.out
    assert len(stage.sandbox.requests) == 0


def test_where_files_go_is_looked_at_before_anything_is_sent(stage: Stage) -> None:
    (stage.folder / "file").touch()
    (stage.folder / "nowhere").symlink_to("gone")
    bad = {
        "https://x.example/out": "it is a URL",
        "file": "file is a file",
        "file/below/it": "file is a file",
        "nowhere": "can't write into nowhere",
        "n" * 300: "File name too long",
        "": "it is no path",
    }
    readonly = "/proc/none"  # nobody can write there, root included
    bad[readonly] = "can't write into /"
    stage.sandbox.requests.clear()
    others = (
        ("assets", "upload", "clip.mp4", "--download"),
        ("jobs", "wait", "job_1", "--download"),
        ("jobs", "result", "job_1", "--download"),
        ("jobs", "download", "job_1", "--to"),
    )
    lines: list[tuple[str, ...]] = [(*GENERATE, "-y", "--download", place) for place in bad]
    lines += [(*words, "file/below/it") for words in others]
    for line, done in zip(lines, stage.side_by_side(lines), strict=True):
        assert (done.code, done.out) == (2, ""), line
        assert bad[line[-1]] in done.err, line
    assert len(stage.sandbox.requests) == 0
    assert sorted(path.name for path in stage.folder.iterdir()) == ["clip.mp4", "file", "nowhere"]


def test_a_place_that_will_be_made_is_left_alone_until_then(stage: Stage) -> None:
    stage.sandbox.set_credits(0)
    done = stage.sume(*GENERATE, "-y", "--download", "new/place")
    assert done.code == 1
    assert not (stage.folder / "new").exists(), "nothing was bought, so nothing is made"


def test_a_source_is_looked_at_before_anybody_is_asked_and_avatars_before_it_is_sent(
    stage: Stage,
) -> None:
    (stage.folder / "notes.txt").write_text("no video")
    stage.sandbox.requests.clear()
    swap = ("face-swap", "create", "--yes", "--avatar-id", "avatar_nobody", "--source-video")
    wrong = stage.sume(*swap, "notes.txt")
    assert wrong.code == 1
    assert len(stage.sandbox.requests) == 0
    nobody = stage.sume(*swap, "clip.mp4", "--json")
    assert (nobody.code, nobody.error["code"]) == (1, "not_found")
    assert stage.sandbox.requests.count(operation="presign_upload") == 0, "no upload is lost"


def test_an_upload_that_a_refused_swap_leaves_behind_can_be_used(stage: Stage) -> None:
    avatar = stage.sume("avatars", "list", "-q").out.split()[0]
    swap = ("face-swap", "create", "--yes", "--avatar-id", avatar)
    stage.sandbox.faults.add("create_face_swap status=402 code=insufficient_credits times=2")
    hidden = stage.sume(*swap, "--source-video", "clip.mp4")
    assert "--source-video-url" not in hidden.err, "the URL is private"
    shown = stage.sume(*swap, "--source-video", "clip.mp4", "--show-urls", "--json")
    assert shown.code == 1
    (url,) = shlex.split(shown.error["hint"].partition("--source-video-url ")[2])
    stage.sandbox.requests.clear()
    assert stage.sume(*swap, "--source-video-url", url).code == 0
    assert stage.sandbox.requests.count(operation="storage_put") == 0


def test_the_variable_agrees_in_words_that_say_yes_only(stage: Stage) -> None:
    stage.sandbox.requests.clear()
    yes, no = ("1", "YES"), ("0", "2", "yes please")
    for word in yes:
        assert stage.sume(*GENERATE, SUME_YES=word).code == 0, word
    for word in no:
        done = stage.sume(*GENERATE, "--json", SUME_YES=word)
        assert (done.code, done.error["code"]) == (2, "confirmation_required"), word
        assert f"SUME_YES is '{word}'" in done.error["message"]
    assert spent(stage) == len(yes)
    with stage.terminal(*GENERATE, SUME_YES="maybe") as terminal:
        terminal.until("Go on? [y/N]")


def test_an_answer_that_is_lost_is_not_asked_for_again(stage: Stage) -> None:
    stage.sandbox.reset(speed=1)  # so that its clock is the command's
    stage.sandbox.faults.add("create_video_generation reset=after")
    done = stage.sume(*GENERATE, "--yes", "--json", SUME_API_KEY=stage.sandbox.api_key)
    assert done.code == 1
    assert done.error["code"] == "outcome_unknown"
    (job,) = stage.sandbox.jobs.ids()
    assert f"created at that time: {job} (" in done.error["hint"]
    assert done.error["hint"].endswith(f"sume jobs wait {job}")
    assert spent(stage) == 1


def test_a_lost_answer_whose_job_doesnt_show_is_to_be_looked_for(stage: Stage) -> None:
    look = "sume jobs list --type video_generation --limit 5"
    ways: tuple[dict[str, Any], ...] = ({"status": 503}, {"hang": "before"}, {"set": {"data": []}})
    for shown in ways:
        stage.sandbox.faults.add("create_video_generation reset=after")
        stage.sandbox.faults.add(operation="list_jobs", times=None, **shown)
        done = stage.sume(*GENERATE, "--yes", "--json")
        stage.sandbox.faults.clear()
        assert (done.code, done.error["code"]) == (1, "outcome_unknown"), shown
        assert done.error["hint"].endswith(look), shown
        assert "repeat" in done.error["hint"]


def test_an_answer_that_cant_be_read_still_names_the_job(stage: Stage) -> None:
    stage.sandbox.faults.add("create_video_generation shape=list")
    done = stage.sume(*GENERATE, "--yes", "--json")
    job = stage.sandbox.jobs.ids()[0]
    assert job in done.out + done.err


def test_ctrl_c_while_the_request_is_on_its_way_says_where_to_look(stage: Stage) -> None:
    stage.sandbox.requests.clear()
    stage.sandbox.faults.add("create_video_generation hang=after")
    with stage.terminal(*GENERATE, "--yes") as terminal:
        deadline = time.monotonic() + 20
        while not spent(stage) and time.monotonic() < deadline:
            time.sleep(0.02)
        terminal.interrupt()
        assert terminal.end() == 130
        said = " ".join(terminal.text.split())
    assert "it may have been accepted" in said
    assert "sume jobs list --type video_generation --limit 5" in said


def test_too_few_credits_say_so(stage: Stage) -> None:
    stage.sandbox.set_credits(1)
    done = stage.sume(*GENERATE, "--yes", "--json")
    assert (done.code, done.error["code"]) == (1, "insufficient_credits")
    assert done.error["request_id"].startswith("req_sandbox_")
