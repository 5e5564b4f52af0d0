"""Guarantee: credits are spent only when somebody agreed to it.

The threats: a script that spends because nobody was there to ask, a prompt that swallows the
answer, a wrong value that is found only after the job is paid.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

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


def test_what_spends_nothing_doesnt_ask(stage: Stage) -> None:
    assert stage.sume("assets", "upload", "clip.mp4").code == 0
    with stage.terminal("credits") as terminal:
        assert terminal.end() == 0


WRONG = (
    ("videos", "generate", "--prompt", "x", "--duration", "3"),
    ("videos", "generate", "--prompt", "x", "--duration", "15.5"),
    ("videos", "generate", "--prompt", ""),
    ("videos", "generate", "--prompt", "x", "--resolution", "8k"),
    ("videos", "generate", "--prompt", "x", "--generate-audio", "perhaps"),
    ("videos", "generate", "--prompt", "x", "--timeout", "5"),
    ("videos", "generate", "--prompt", "x", "--wait", "--timeout", "nan"),
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


def test_an_answer_that_is_lost_is_not_asked_for_again(stage: Stage) -> None:
    stage.sandbox.requests.clear()
    stage.sandbox.faults.add("create_video_generation reset=after")
    done = stage.sume(*GENERATE, "--yes", "--json")
    assert done.code == 1
    assert done.error["code"] == "outcome_unknown"
    assert "sume jobs list" in done.error["hint"]
    assert spent(stage) == 1


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
