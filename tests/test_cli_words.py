"""Guarantee: every failure speaks shell and says what to do next: flags, commands, times of day.

The threats: a hint that only Python understands, a field name that is no flag, "wait a little"
for a quarter of an hour, a captive portal that is told as a reason to update, a mangled sentence.
"""

from __future__ import annotations

import ast
import io
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import errors
from sume_ext.cli import app, complaints, failures, paragraphs, privacy, spelling
from tests.test_cli_help import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

ROOT = Path(__file__).parent.parent
IMAGE = ("images", "generate", "--prompt", "x", "-y")
PYTHON = re.compile(r"\bsume\.[a-z]|(?<!SUME_YES)(?<!-)\b[a-z_]+=(?![\w'\"])|help\(\)|`details`")

SPELLED = re.compile(r"\bsume\.[a-z_.]+\(.*\)|\b[a-z_]+=(?=[.,) ])")
"""A call or an argument, as only hints spell them."""


def hints() -> Iterator[tuple[str, str]]:
    """Every hint that the library's source writes down, with its place."""
    for path in sorted((ROOT / "sume_ext").rglob("*.py")):
        if {"cli", "sandbox"} & {*path.relative_to(ROOT).parts}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            value: ast.expr | None = None
            match node:
                case ast.keyword(arg="hint") | ast.Assign(targets=[ast.Name(id="default_hint")]):
                    value = node.value
                case ast.Assign(targets=[ast.Name(id=name)]) if name.endswith("_HINT"):
                    value = node.value
                case ast.Constant(value=str(text)) if " " in text and SPELLED.search(text):
                    value = node
                case _:
                    pass
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield f"{path.name}:{value.lineno}", value.value


PYTHON_ONLY = ("client.py", "config.py", "jobs.py", "many.py", "polling.py", "recent.py",
               "assets.py", "paging.py", "view.py", "retries.py", "downloads.py")  # fmt: skip
"""What only a program can do wrong: types of arguments, handles, clients."""


def test_every_hint_of_the_library_can_be_said_in_a_shell() -> None:
    known = {opt for _, command in commands() for param in command.params for opt in param.opts}
    found = [*hints()]
    assert len(found) > 30, "the source is read"
    for place, hint in found:
        if place.startswith(PYTHON_ONLY):
            continue
        said = spelling.respell(hint)
        assert not PYTHON.search(said), f"{place}: {said}"
        assert len(said) > 10, f"{place}: nothing is left of {hint!r}"
        assert {*re.findall(r"--[a-z-]+", said)} <= known, f"{place}: no such flag: {said}"


TYPED = re.compile(r"(?:^|[`\s(:])sume((?: [a-z][a-z-]*)+)")
"""A command as it is typed, or as far as it is words."""


def unknown_commands(text: str) -> list[str]:
    """What a text tells to type, and no command is."""
    wrong: list[str] = []
    for found in TYPED.findall(text):
        path: tuple[str, ...] = ()
        for word in found.split():
            path = (*path, word)
            made = app.command(path)
            if made is None:
                wrong.append(f"sume{found}")
            if not isinstance(made, click.Group):
                break
    return wrong


def test_every_command_that_is_advised_exists() -> None:
    assert unknown_commands("See: sume jobs lst") == ["sume jobs lst"]
    told = [(place, spelling.respell(hint)) for place, hint in hints()]
    for path in sorted((ROOT / "sume_ext" / "cli").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        told += [
            (f"{path.name}:{node.lineno}", node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and id(node) not in docs and " " in node.value
        ]  # fmt: skip
    assert sum("sume " in text for _, text in told) > 40
    wrong = [(place, line) for place, text in told for line in unknown_commands(text)]
    assert not wrong


def every_error() -> list[errors.SumeError]:
    """One of each kind, as the library raises them."""
    api: dict[str, Any] = {"status": 400, "code": "c", "operation": "videos.generate"}
    job: dict[str, Any] = {"job_id": "job_1", "status": "failed"}
    return [
        *(kind("m.", **api) for kind in _below(errors.APIError)),
        *(kind("m.", **job) for kind in _below(errors.JobError)),
        errors.ConfigurationError("m."),
        errors.InvalidArgumentError("videos.generate: missing: prompt.",
                                    hint="It takes: prompt.", operation="videos.generate"),
        errors.NotSentError("m."),
        errors.ResponseLostError("m."),
        errors.OutcomeUnknownError("m.", job_type="video_generation"),
        errors.SchemaMismatchError("m.", foreign=True),
        errors.SchemaMismatchError("m.", job_ids=["job_1", "job_2"]),
        errors.PaginationError("m.", cursor="c"),
        errors.UploadError("m.", step="put"),
        errors.DownloadError("m.", step="get"),
    ]  # fmt: skip


def _below(kind: type[Any]) -> list[type[Any]]:
    return [kind, *(deeper for one in kind.__subclasses__() for deeper in _below(one))]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: type(error).__name__)
def test_every_kind_of_failure_is_told_in_the_shells_words(error: errors.SumeError) -> None:
    failure = failures.failure_of(error)
    assert not PYTHON.search(failure.hint), failure.hint
    assert not PYTHON.search(failure.headline), failure.headline
    assert not re.match(r"(source|presign|put|finalize|url|get|write): ", failure.message)
    assert "job_id" not in failure.hint.replace("job_ids", ""), "the id itself, not its name"
    if error.job_ids:
        assert "sume jobs wait job_1 job_2" in failure.hint


def test_a_refused_field_is_told_by_its_flag(stage: Stage) -> None:
    fields = [
        {"field": "image_count", "message": "at most 4"},
        {"field": "reference_image_urls.1", "message": "not yours"},
        {"field": "no_such_field", "message": "unknown"},
    ]
    stage.sandbox.faults.add(
        operation="create_image_generation",
        status=422,
        times=2,
        body={
            "error": {
                "code": "validation_error",
                "message": "Not allowed.",
                "details": {"fields": fields, "email": "a@b.example"},
            },
            "request_id": "req_1",
        },
    )
    done = stage.sume(*IMAGE)
    assert done.code == 1
    assert done.err.splitlines() == [
        "sume: validation_error (422): Not allowed. [request req_1]",
        "      --n: at most 4",
        "      --reference-image-url (number 2): not yours",
        "      no_such_field: unknown",
        "      Correct it; `sume images generate --help` shows what it takes.",
    ]
    machine = stage.sume(*IMAGE, "--json").error
    assert machine["message"].startswith("Not allowed. --n: at most 4; --reference-image-url")
    assert machine["hint"] == "Correct it; `sume images generate --help` shows what it takes."


@pytest.mark.parametrize(
    "details",
    [
        {"fields": [{"field": "image_count", "message": "too many"}]},
        {"errors": [{"loc": ["body", "image_count"], "msg": "too many"}]},
        {"issues": [{"path": ["image_count"], "message": "too many"}]},
        {"violations": [{"pointer": "/body/image_count", "detail": "too many"}]},
        {"fields": {"image_count": "too many"}},
        {"errors": {"body.image_count": ["too many"]}},
        {"param": "image_count", "message": "too many"},
        {"fields": [{"field": "image_count", "message": "too many"}] * 3, "email": "x"},
    ],
)
def test_details_are_understood_in_every_usual_form(details: dict[str, Any]) -> None:
    error = errors.InvalidRequestError(
        "m.", status=422, code="c", details=details, operation="images.generate"
    )
    assert complaints.complaints_of(error) == ["--n: too many"]


UNKNOWN: list[dict[str, Any]] = (
    [{}, {"fields": None}, {"fields": [3, None, "x", [], {"field": 3}]}, {"errors": {"x": 3}},
     {"fields": [{"field": "n"}]}, {"message": "m"}, {"provider_payload": {"secret": "x"}}]
)  # fmt: skip


@pytest.mark.parametrize("details", UNKNOWN)
def test_details_of_no_known_form_say_nothing(details: dict[str, Any]) -> None:
    error = errors.InvalidRequestError("m.", status=422, code="c", details=details)
    assert complaints.complaints_of(error) == []


def test_a_limit_says_how_long_and_until_when(stage: Stage) -> None:
    stage.sandbox.faults.add("get_me status=429 retry_after=900 times=null")
    done = stage.sume("me")
    assert done.code == 1
    found = re.search(r"Run it again in (1[45]m \d\ds), at (.*), and keep fewer", done.err)
    assert found, done.err
    now = time.localtime(time.time() + 890)
    assert found[2].endswith(time.strftime("%H:%M", now)) or re.search(r"\d\d:\d\d:\d\d$", found[2])


def test_a_page_of_somebody_else_is_no_reason_to_update(stage: Stage) -> None:
    stage.sandbox.faults.add("get_me shape=html")
    done = stage.sume("me")
    assert "SUME_API_BASE_URL" in done.err
    assert "sign-in page" in done.err
    assert "Update" not in done.err
    assert "account.me" not in done.err, "that is what Python calls it"


def test_a_row_that_cant_be_read_is_told_without_loops(stage: Stage) -> None:
    stage.sandbox.jobs.seed(2)
    stage.sandbox.faults.add(operation="list_jobs", set={"data.1.completed_at": 7}, times=None)
    done = stage.sume("jobs", "list")
    assert done.code == 1
    assert "at completed_at" in done.err
    assert "Iterate" not in done.err, "that is what Python does"
    assert "Update this package" in done.err


def test_support_is_sent_no_request_id_where_there_is_none() -> None:
    without = failures.failure_of(errors.ServerError("x", status=500, code="http_500"))
    told = failures.failure_of(
        errors.ServerError("x", status=500, code="http_500", request_id="req_1")
    )
    assert without.hint == "Try again later."
    assert "the request id helps support" in told.hint
    assert "request id" not in errors.APIError("x", status=418, code="teapot").hint


def test_a_lost_answer_is_told_without_the_names_of_classes(stage: Stage) -> None:
    stage.sandbox.faults.add("get_me garbage=true times=null")
    done = stage.sume("me")
    assert done.code == 1
    assert "lost on the way (it broke off, or wasn't HTTP)" in done.err
    assert "Error" not in done.err


def test_a_request_id_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.ServerError(
        "Broken, quote req_42.", status=500, code="internal", request_id="req_42"
    )
    failure = failures.failure_of(error)
    failures.tell(failure, as_json=False)
    assert capsys.readouterr().err.count("req_42") == 1
    assert failure.request_id == "req_42"


def test_a_foreign_text_is_one_line_and_never_a_flood(stage: Stage) -> None:
    for message in ("x" * 10**6, "a\nsume: saved.\n\tb\r\nsume: done", "word " * 10**5):
        stage.sandbox.faults.add(
            operation="get_me",
            status=404,
            times=2,
            body={"error": {"code": "c", "message": message}},
        )
        done = stage.sume("me")
        assert len(done.err) < 4000
        assert len(done.err.splitlines()) == 2, "what happened, and what to do"
        assert len(stage.sume("me", "--json").error["message"]) < 2000


def test_ctrl_c_and_ctrl_d_at_the_question_send_nothing(stage: Stage) -> None:
    for key, code, said in (
        ("\x03", 130, "sume: interrupted; nothing was sent."),
        ("\x04", 2, "sume: not agreed; nothing was sent."),
        ("n\r", 2, "sume: not agreed; nothing was sent."),
    ):
        with stage.terminal("videos", "generate", "--prompt", "x") as terminal:
            terminal.until("Go on? [y/N]:")
            time.sleep(0.2)  # until it reads: a key between the question and that is Python's race
            terminal.type(key)
            assert terminal.end() == code
            lines = terminal.text.splitlines()
            assert said in lines, f"on a line of its own:\n{terminal.text}"
    assert stage.sume("jobs", "list", "-q").out == ""


@pytest.mark.slow
def test_a_question_doesnt_wait_for_what_it_would_like_to_know(stage: Stage) -> None:
    for operation in ("list_jobs", "get_credits"):
        stage.sandbox.faults.add(f"{operation} hang=before times=null")
    with stage.terminal("videos", "generate", "--prompt", "x") as terminal:
        terminal.until("that may spend credits.\n")
        terminal.until("Go on? [y/N]:")
        terminal.type("n\r")
        assert terminal.end() == 2


def test_a_second_ctrl_c_doesnt_break_the_sentence(stage: Stage) -> None:
    stage.sandbox.jobs.fail_next(outcome="stuck")
    started = stage.start("videos", "generate", "--prompt", "x", "-y", "--wait")
    assert started.stderr
    job = started.stderr.readline().split()[0]
    for _ in range(5):
        started.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, err = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "Traceback" not in err
    assert f"sume jobs wait {job}" in err


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("use http://, not ftp", "use http://, not ftp"),
        ("see https://a.example/b?c=d.", "see https://a.example/[redacted]."),
        ("(https://a.example/b), then", "(https://a.example/[redacted]), then"),
        ("https://a.example/[redacted], again", "https://a.example/[redacted], again"),
        ("only https://a.example.", "only https://a.example."),
        ("https://me:pass@a.example", "https://a.example/[redacted]"),
    ],
)
def test_sentences_around_urls_stay_sentences(said: str, shown: str) -> None:
    assert privacy.text(said) == shown
    assert privacy.text(shown) == shown


def test_a_failure_on_a_terminal_breaks_between_words_and_never_in_a_command(stage: Stage) -> None:
    for width in (40, 80):
        with stage.terminal("videos", "generate", "--prompt", "x", columns=width,
                            SUME_API_KEY=None) as terminal:  # fmt: skip
            assert terminal.end() == 3
            lines = terminal.text.splitlines()
            assert any("`sume setup --api-key - < file`" in line for line in lines), lines
            assert not any(line.endswith("-") for line in lines)
    off = stage.sume("videos", "generate", "--prompt", "x", SUME_API_KEY=None)
    assert len(off.err.splitlines()) == 2, "off a terminal nothing is broken"
    assert paragraphs.paragraph("x " * 300, io.StringIO()) == "x " * 300 + "\n"


@given(
    width=st.integers(10, 120),
    before=st.text("ab ", max_size=90),
    after=st.text("cd ", max_size=90),
)
def test_no_width_breaks_a_command_or_loses_a_word(width: int, before: str, after: str) -> None:
    command = "sume jobs download job_1 job_2 --to 'my out'"
    line = f"      {before} Go on with: {command} - then {after} `sume me --json`. End"

    def known(stream: object) -> int:
        del stream
        return width

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paragraphs, "_width", known)
        said = paragraphs.paragraph(line, io.StringIO())
    assert said.split() == line.split()
    for whole in (command, "`sume me --json`"):
        assert sum(whole in one for one in said.splitlines()) == 1
    for one in said.splitlines():
        assert len(one) <= width or command in one or "`" in one or len(one.split()) == 1


def test_what_the_system_refuses_is_named(stage: Stage) -> None:
    full = stage.sh("sume me > /dev/full")
    assert full.code == 1
    assert "the output can't be written: No space left on device." in full.err
    closed = stage.sh("sume me >&-")
    assert closed.code == 1
    assert "the output can't be written" in closed.err
    machine = stage.sh("sume me --json > /dev/full")
    assert '"code": "io_error"' in machine.err


def test_a_bug_in_the_telling_is_told_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sume_ext.cli import process  # noqa: PLC0415

    def broken(error: BaseException) -> failures.Failure:
        raise KeyError(error)

    monkeypatch.setattr(failures, "failure_of", broken)
    monkeypatch.setattr(process, "_deafen", lambda: None)
    lost = errors.OutcomeUnknownError("m.", job_ids=["job_7"])
    assert process._tell(lost, as_json=False) == 1
    said = capsys.readouterr().err
    assert "internal error (OutcomeUnknownError, KeyError)" in said
    assert "sume jobs wait job_7" in said, "a paid job is named even then"
