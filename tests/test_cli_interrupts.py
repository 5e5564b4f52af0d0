"""Guarantee: Ctrl-C ends a command at once, at whatever step, and never loses what was paid.

The threats: an interrupt between the answer and the first word about it, advice to run a paid
command again, a traceback, a command that goes on because a server is silent.
"""

from __future__ import annotations

import re
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sume_ext.cli.failures import InterruptedWaitError
from sume_ext.cli.places import Place
from sume_ext.cli.waiting import Making, never_lost
from sume_ext.errors import OutcomeUnknownError
from tests.thoroughness import one_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.sandbox import Sandbox
    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

MAKE = ("videos", "generate", "--prompt", "x", "--yes", "--wait", "--download", "my out")
SWAP = ("face-swap", "create", "--source-video", "clip.mp4", "--yes", "--wait", "--avatar-id")
FORMS = ((), ("--json",), ("-q",))
LOOK = "sume jobs list --type video_generation --limit 5"
SENT_NOTHING = "nothing was sent"
MAYBE = "it may have been accepted"
STEPS: dict[str, tuple[str, str]] = {
    "create_video_generation hang=before": ("create_video_generation", MAYBE),
    "create_video_generation hang=after": ("create_video_generation", MAYBE),
    "get_job hang=before": ("get_job", "still runs"),
    "get_job hang=mid": ("get_job", "still runs"),
    "get_job_result hang=before": ("get_job_result", "sume jobs download"),
    "media_get hang=before": ("media_get", "sume jobs download"),
    "media_get hang=mid": ("media_get", "sume jobs download"),
}
"""Where the server falls silent, the request that has come by then, and what must be said."""


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.01)


def check(sandbox: Sandbox, said: str, told: str) -> None:
    """What was said is true, and enough to come back."""
    said = " ".join(said.split())
    assert "Traceback" not in said
    assert "Run it again" not in said, "that would pay twice"
    assert told in said
    (job,) = sandbox.jobs.ids() or ("",)
    assert LOOK in said if told == MAYBE else job in said
    if told == "still runs":
        assert f"sume jobs wait {job} --download 'my out'" in said
    if told == "sume jobs download":
        assert f"sume jobs download {job} --to 'my out'" in said


@pytest.mark.parametrize("fault", one_in(2, STEPS))
def test_off_a_terminal(stage: Stage, fault: str) -> None:
    operation, told = STEPS[fault]
    for form in FORMS:
        stage.sandbox.reset()
        stage.sandbox.faults.add(fault)
        started = stage.start(*MAKE, *form, SUME_API_KEY=stage.sandbox.api_key)
        wait_until(partial(stage.sandbox.requests.count, operation=operation))
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=10)
        assert started.returncode == 130, err
        check(stage.sandbox, out + err, told)


@pytest.mark.parametrize("fault", STEPS)
def test_on_a_terminal(stage: Stage, fault: str) -> None:
    operation, told = STEPS[fault]
    stage.sandbox.faults.add(fault)
    with stage.terminal(*MAKE, columns=200) as terminal:
        wait_until(partial(stage.sandbox.requests.count, operation=operation))
        terminal.interrupt()
        assert terminal.end() == 130
        check(stage.sandbox, terminal.text, told)


def test_at_the_question_and_before_it_nothing_was_sent(stage: Stage) -> None:
    words = MAKE[:4]
    with stage.terminal(*words) as terminal:
        terminal.until("Go on? [y/N]")
        terminal.interrupt()
        assert terminal.end() == 130
        assert SENT_NOTHING in terminal.text
    stage.sandbox.requests.clear()
    stage.sandbox.faults.add("get_credits hang=before")
    with stage.terminal(*words) as terminal:
        wait_until(partial(stage.sandbox.requests.count, operation="get_credits"))
        terminal.interrupt()
        assert terminal.end() == 130
        assert SENT_NOTHING in terminal.text
    with stage.terminal(*words) as terminal:
        terminal.until("Go on? [y/N]")
        terminal.type("\x04")
        assert terminal.end() == 2, "the end of input is a no"
        assert SENT_NOTHING in terminal.text
    assert stage.sandbox.requests.count(spends=True) == 0


@pytest.mark.parametrize("operation", ["get_avatar", "presign_upload", "storage_put"])
def test_during_the_upload_of_a_source_nothing_was_created(stage: Stage, operation: str) -> None:
    avatar = stage.sume("avatars", "list", "-q").out.split()[0]
    stage.sandbox.requests.clear()
    stage.sandbox.faults.add(f"{operation} hang=before")
    started = stage.start(*SWAP, avatar)
    wait_until(partial(stage.sandbox.requests.count, operation=operation))
    started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=10)
    assert started.returncode == 130
    assert re.search("nothing was (sent|created)", err)
    assert stage.sandbox.requests.count(spends=True) == 0


def test_two_interrupts_end_as_one_does(stage: Stage) -> None:
    stage.sandbox.faults.add("get_job hang=before")
    started = stage.start(*MAKE)
    wait_until(partial(stage.sandbox.requests.count, operation="get_job"))
    for _ in range(3):
        started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=10)
    assert started.returncode in (130, -signal.SIGINT)
    check(stage.sandbox, err, "still runs")


def test_an_interrupt_between_the_answer_and_the_handle_still_names_the_job() -> None:
    """A moment too short to hit from outside; the library marks what it knew by then."""
    interrupt = KeyboardInterrupt()
    lost = OutcomeUnknownError("x", job_type="video_generation", job_ids=["job_1"])
    vars(interrupt)["sume_outcome"] = lost
    making = Making(LOOK, Place("my out"), sent=True)
    with pytest.raises(InterruptedWaitError) as told, never_lost(making):
        raise interrupt
    assert "job_1 still runs" in told.value.message
    assert told.value.hint == "sume jobs wait job_1 --download 'my out'"


@pytest.mark.slow
def test_at_any_moment(stage: Stage) -> None:
    """Not at a known step, but whenever: between steps, in the start and in the end of it."""
    for form in FORMS:
        for step in range(15):
            stage.sandbox.reset(speed=20)
            started = stage.start(*MAKE, *form, SUME_API_KEY=stage.sandbox.api_key)
            time.sleep(step * 0.05)
            started.send_signal(signal.SIGINT)
            out, err = started.communicate(timeout=10)
            jobs = stage.sandbox.jobs.ids()
            assert started.returncode in (0, 130, -signal.SIGINT), err
            if jobs:
                assert jobs[0] in out + err or LOOK in err
                assert "Run it again" not in err
