"""Guarantee: stdout holds results and nothing else, in one form per mode; failures never trace.

The threats: a script that parses a table, a log line inside a document, a terminal that obeys
what a server sent, a traceback instead of a reason.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)


def test_a_list_is_the_apis_own_envelope(stage: Stage) -> None:
    done = stage.sume("assets", "list", "--limit", "2", "--json")
    assert list(done.json) == ["object", "data", "has_more", "next_cursor"]
    assert done.json["has_more"] is True
    again = stage.sume("assets", "list", "--limit", "2", "--json")
    assert again.json["data"] == done.json["data"], "the same question gets the same text"
    further = stage.sume(
        "assets", "list", "--limit", "2", "-q", "--cursor", done.json["next_cursor"]
    )
    every = stage.sume("assets", "list", "--limit", "2", "--all", "-q")
    first = [item["id"] for item in done.json["data"]]
    assert every.out.split()[:4] == first + further.out.split()
    assert len(every.out.split()) >= 6
    people = stage.sume("assets", "list", "--limit", "2")
    assert f"--cursor {done.json['next_cursor']}" in people.err
    assert "--cursor" not in people.out


def test_quiet_is_ids_and_silence(stage: Stage) -> None:
    job = stage.job()
    for words in (
        ["jobs", "get", job, "-q"],
        ["jobs", "wait", job, "-q"],
        ["jobs", "download", job, "-q"],
        ["jobs", "result", job, "-q", "--download"],
    ):
        done = stage.sume(*words)
        assert (done.code, done.out, done.err) == (0, f"{job}\n", "")


@pytest.mark.slow
def test_what_failed_is_one_envelope_with_the_exit_code_of_its_kind(stage: Stage) -> None:
    expected = {
        ("jobs", "get", "job_nowhere"): (1, "not_found"),
        ("jobs", "result", stage.job()): (0, ""),
        ("jobs", "get"): (2, "usage"),
        ("jobs", "gett"): (2, "usage"),
        ("me", "--no-such-flag"): (2, "usage"),
        ("tools", "schema", "no.such"): (2, "usage"),
        ("assets", "upload", "missing.mp4"): (2, "usage"),
    }
    lines = [[*words, "--json"] for words in expected]
    for done, (code, word) in zip(stage.side_by_side(lines), expected.values(), strict=True):
        assert done.code == code, done.err
        if code:
            assert done.error["code"] == word
            assert done.error["hint"]
            assert not done.out
    stage.sandbox.faults.add("get_me shape=html")
    assert stage.sume("me", "--json").error["code"] == "schema_mismatch"
    assert stage.sume("me", SUME_API_KEY="sume_live_wrong").code == 3
    nobody = stage.sume("me", "--json", SUME_API_BASE_URL="http://127.0.0.1:9/")
    assert (nobody.code, nobody.error["code"]) == (1, "not_sent")
    stage.sandbox.set_access(False)
    assert stage.sume("credits", "--json").error["code"] == "forbidden"


def test_a_bug_is_one_line_and_how_to_report_it(stage: Stage) -> None:
    (stage.folder / "sitecustomize.py").write_text(
        "import sume_ext.cli.settings as s\n"
        "def boom():\n    secret = 'hunter2'\n    raise KeyError('hunter2')\n"
        "s.require_key = boom\n"
    )
    path = os.pathsep.join(filter(None, [str(stage.folder), stage.env.get("PYTHONPATH")]))
    done = stage.sume("me", PYTHONPATH=path)
    assert done.code == 1
    assert "internal error (KeyError)" in done.err
    assert "SUME_DEBUG=1" in done.err
    traced = stage.sume("me", PYTHONPATH=path, SUME_DEBUG="1")
    assert "sume_ext/cli/shell.py:" in traced.err, "places help to find it"
    assert "hunter2" not in done.err + traced.err, "values may be private"
    assert str(stage.folder.parent) not in traced.err.replace(str(stage.folder), "")


def test_a_reader_that_goes_away_is_no_failure_of_ours(stage: Stage) -> None:
    piped = stage.sh("sume tools schema assets.search | true; echo ${PIPESTATUS[0]}")
    assert piped.out.strip() in ("0", "141")
    assert not piped.err


def test_a_new_jobs_id_is_told_even_when_stdout_is_full(stage: Stage) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [stage.executable, "videos", "generate", "--prompt", "x", "-y"],
            stdout=full, stderr=subprocess.PIPE, env=stage.env, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert stage.sume("jobs", "list", "-q").out.strip() in done.stderr


def test_a_terminal_is_never_told_what_to_do_by_an_answer(stage: Stage) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202eabc\rX"
    stage.sandbox.faults.add(operation="list_avatars", set={"data.0.name": evil}, times=None)
    done = stage.sume("avatars", "list")
    assert done.code == 0
    assert not set(done.out) & set("\x1b\x07\u202e\r")
    with stage.terminal("avatars", "list") as terminal:
        assert terminal.end() == 0
        assert b"\x1b]0" not in terminal.raw
        assert b"\x1b[2J" not in terminal.raw
    document = stage.sume("avatars", "list", "--json")
    assert document.json["data"][0]["name"] == evil, "a document is data, escaped"
    assert "\x1b" not in document.out


def test_no_answer_becomes_a_word_of_the_shell(stage: Stage) -> None:
    evil = "c'; touch owned #"
    stage.sandbox.jobs.seed(2)
    stage.sandbox.faults.add(
        operation="list_jobs", set={"next_cursor": evil, "has_more": True}, times=None
    )
    told = stage.sume("jobs", "list", "--limit", "1").err
    advised = shlex.split(told.partition("There is more: add ")[2].partition(", or")[0])
    assert advised == ["--cursor", evil]
    stage.sandbox.faults.clear()
    stage.sandbox.faults.add(
        operation="list_jobs", set={"next_cursor": "c\nrm x", "has_more": True}, times=None
    )
    told = stage.sume("jobs", "list", "--limit", "1").err
    assert told == "There is more: add --all.\n"
    stage.sandbox.faults.clear()
    stage.sandbox.faults.add(
        operation="list_jobs", set={"data.0.id": "job_1\r\njob_2\u2028job_3"}, times=None
    )
    assert len(stage.sume("jobs", "list", "-q", "--limit", "1").out.split()) == 1


def test_a_document_is_json_whatever_number_an_answer_holds(stage: Stage) -> None:
    known = stage.sume("credits", "--json").json
    left = '"remaining_credits": '
    body = json.dumps(known).replace(f"{left}{known['remaining_credits']}", f"{left}1e999")
    assert "1e999" in body
    stage.sandbox.faults.add(operation="get_credits", body=body, times=None)
    done = stage.sume("credits", "--json")
    assert json.loads(done.out, parse_constant=pytest.fail) == {**known, "remaining_credits": None}
    with stage.terminal("videos", "generate", "--prompt", "x") as terminal:
        shown = terminal.until("Go on? [y/N]")
        assert "may spend credits." in shown, "what isn't known isn't told"
        terminal.type("n\n")
        assert terminal.end() == 2


def test_wide_and_odd_characters_stay_in_their_columns(stage: Stage) -> None:
    odd = ("動画スタジオ", "émile 🎬", "[bold]x[/bold]")
    names = {f"data.{index}.name": name for index, name in enumerate(odd)}
    stage.sandbox.faults.add(operation="list_avatars", set=names, times=None)
    with stage.terminal("avatars", "list", columns=120) as terminal:
        assert terminal.end() == 0
        rows = [row for row in terminal.screen.display if "sandbox_" in row]
        assert len(rows) == 5
        assert "[bold]x[/bold]" in terminal.text, "text is text, not markup"
        raw = terminal.screen.buffer
    columns: set[int] = set()
    for y, row in enumerate(terminal.screen.display):
        for word in ("public", "workspace"):
            if "sandbox_" in row and word in row:
                line = "".join(raw[y][x].data for x in range(120))
                place = line.index(word)
                columns.add(next(x for x in range(120) if _cells(raw[y], x) == place))
    assert len(columns) == 1
    plain = stage.sume("avatars", "list", LANG="C", PYTHONIOENCODING="ascii")
    assert plain.code == 0
    plain.out.encode("ascii")
    assert (
        stage.sume("avatars", "list", "--json", PYTHONIOENCODING="ascii").json["data"][0]["name"]
        == odd[0]
    )


def _cells(row: Mapping[int, object], upto: int) -> int:
    """How many characters stand before a cell; a wide one fills two cells with one."""
    return sum(1 for x in range(upto) if getattr(row[x], "data", " ") != "")


def test_colour_is_for_terminals_that_want_it(stage: Stage) -> None:
    stage.job()
    with stage.terminal("jobs", "list", "--limit", "1") as terminal:
        assert terminal.end() == 0
        assert b"\x1b[32m" in terminal.raw
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        stage.env[name] = value
        with stage.terminal("jobs", "list", "--limit", "1") as terminal:
            assert terminal.end() == 0
            assert b"\x1b[3" not in terminal.raw
    forced = stage.sume("jobs", "list", "--limit", "1", FORCE_COLOR="1")
    assert "\x1b" not in forced.out, "a file is no terminal, whatever is forced"


def test_an_empty_no_color_asks_for_nothing(stage: Stage) -> None:
    stage.job()
    with stage.terminal("jobs", "list", "--limit", "1", NO_COLOR="") as terminal:
        assert terminal.end() == 0
        assert b"\x1b[32m" in terminal.raw


def test_a_builds_log_on_a_terminal_gets_plain_lines(stage: Stage) -> None:
    kept = {**stage.env}
    for name, value in (("CI", "true"), ("TERM", "dumb"), ("TERM", "")):
        stage.env = {**kept, name: value}
        words = ("videos", "generate", "--prompt", "x", "-y", "--wait", "--download")
        with stage.terminal(*words) as terminal:
            assert terminal.end() == 0
            assert not re.search(rb"\x1b\[\d*[A-HJKf]|\x1b\[\?25l", terminal.raw), name
            assert re.search(r"job_sandbox_\w+ completed \(", terminal.text), name


def test_a_reader_that_takes_the_first_line_ends_a_long_list_quietly(stage: Stage) -> None:
    for words in ("tools list", "tools list --json", "assets list --all --json"):
        done = stage.sh(f"sume {words} | head -1; echo ${{PIPESTATUS[0]}}")
        assert done.out.splitlines()[-1] in ("0", "141"), words
        assert not done.err, words


def test_a_narrow_terminal_keeps_the_id_and_cuts_the_rest(stage: Stage) -> None:
    job = stage.job()
    with stage.terminal("jobs", "list", "--limit", "1", columns=50) as terminal:
        assert terminal.end() == 0
        assert job in terminal.text
        assert len(terminal.text.splitlines()) == 2, "a title line, and one line for the job"
    with stage.terminal("assets", "list", "--limit", "1", columns=70) as terminal:
        assert terminal.end() == 0
        assert "…" in terminal.text, "what is prose is cut, and seen to be"
    whole = stage.sume("jobs", "list", "--limit", "1", COLUMNS="20")
    assert "video_generation" in whole.out, "off a terminal nothing is cut"


def test_a_document_on_a_terminal_is_still_one_document(stage: Stage) -> None:
    with stage.terminal("me", "--json", columns=200) as terminal:
        assert terminal.end() == 0
        assert json.loads(terminal.raw.decode())["object"] == "account"
