"""Guarantee: whatever the terminal's width, ids and statuses are whole, and a line is one line.

The threats: an id that is cut and can't be copied, a table that wraps into a heap, a million
credits told as ``1e+06``, a bar at 100 % before storage has taken the file.
"""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from sume_ext.cli import columns, live, render, units

if TYPE_CHECKING:
    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

WIDTHS = (20, 40, 60, 80, 200)


def drawn(width: int, titles: tuple[str, ...], rows: list[list[Any]]) -> list[str]:
    """The lines of a table on a terminal of some width, without a terminal."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None)
    render.table(titles, rows, console)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    "width", [20, 80, *(pytest.param(one, marks=pytest.mark.slow) for one in (40, 60, 200))]
)
def test_at_any_width_ids_and_statuses_are_whole(stage: Stage, width: int) -> None:
    job = stage.job()
    scene = stage.sume("assets", "list", "--limit", "1", "-q").out.strip()
    for words, wanted in (
        (("jobs", "list", "--limit", "1"), (job, "completed")),
        (("jobs", "get", job), (job, "completed", "video_generation")),
        (("jobs", "wait", job), (job, "completed")),
        (("assets", "list", "--limit", "1"), (scene,)),
        (("auth", "status"), (stage.sandbox.base_url,)),
    ):
        with stage.terminal(*words, columns=width) as terminal:
            assert terminal.end() == 0
            joined = "".join(line.strip() for line in terminal.text.splitlines())
            for text in wanted:
                assert text in joined, f"{words} at {width}:\n{terminal.text}"


def test_what_matters_least_goes_first_and_titles_stay_readable(stage: Stage) -> None:
    job = stage.job()
    shown: dict[int, str] = {}
    for width in WIDTHS:
        with stage.terminal("jobs", "list", "--limit", "1", columns=width) as terminal:
            assert terminal.end() == 0
            shown[width] = terminal.text
    assert shown[200].split()[:5] == ["id", "type", "status", "created_at", "credits"]
    assert shown[60].split()[:4] == ["id", "type", "status", job]
    assert shown[40].split() == ["id", "status", job, "completed"]
    assert [len(shown[width].splitlines()) for width in (40, 60, 80, 200)] == [2, 2, 2, 2]
    assert shown[20].splitlines()[-1] == "  completed", "no room for a table: a line each"


NAMES = st.sampled_from([*columns.JOBS, *columns.SCENES, "name", "command", "paid", "another"])
TEXTS = st.text(max_size=60) | st.text("日本語 wide", max_size=40)
VALUES = st.none() | st.booleans() | st.integers() | TEXTS


@given(
    titles=st.lists(NAMES, min_size=1, max_size=7, unique=True),
    count=st.integers(1, 3),
    width=st.integers(1, 150),
    data=st.data(),
)
def test_no_table_is_wider_than_its_terminal(
    titles: list[str], count: int, width: int, data: st.DataObject
) -> None:
    row = st.lists(VALUES, min_size=len(titles), max_size=len(titles))
    rows = [data.draw(row) for _ in range(count)]
    for number, cells in enumerate(rows):
        cells[0] = f"job_{number}_0123456789abcdef"
        if "status" in titles[1:]:
            cells[titles.index("status")] = "completed"
    lines = drawn(width, tuple(titles), rows)
    for number, cells in enumerate(rows):
        assert any(str(cells[0]) in line for line in lines), "an id is never cut"
        assert "status" not in titles[1:] or sum("completed" in line for line in lines) == count, (
            number
        )
    stacked = lines[0].startswith("job_")
    whole = max(len(str(cells[0])) for cells in rows)
    for line in lines:
        assert stacked or cell_len(line) <= max(width, whole)
    assert stacked or len(lines) == count + 1, "a line each"


def test_one_thing_is_told_in_lines_that_break_between_words() -> None:
    said = {
        "summary": "A woman faces the camera and opens with a question",
        "id": "job_" + "9" * 60,
    }
    for width in (30, 60):
        stream = io.StringIO()
        render.record(
            said, Console(file=stream, width=width, force_terminal=True, color_system=None)
        )
        lines = stream.getvalue().splitlines()
        assert "9" * 60 in stream.getvalue(), "a long word stays whole"
        assert lines[0].startswith("id"), "what tells which one it is comes first"
        if width == 60:
            assert all(cell_len(line) <= width for line in lines[1:])
            assert " ".join(" ".join(lines[1:]).split()) == f"summary {said['summary']}"


def test_times_are_told_as_ages_on_a_terminal_and_exactly_elsewhere() -> None:
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3700))
    done = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3500))
    titles, rows = columns.rows_of("jobs.list", [{"id": "job_1", "created_at": made}])
    assert "1h ago" in drawn(100, tuple(titles), rows)[1]
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system=None)
    render.record({"id": "job_1", "created_at": made, "completed_at": done}, console)
    assert "(58m ago, took 3m 20s)" in stream.getvalue()
    plain = io.StringIO()
    render.table(titles, rows, render.console_for(plain))
    assert made.replace("T", " ") in plain.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e6, "1000000"), (1234567.5, "1234567.5"), (0.98, "0.98"), (1.0, "1"), (0.0, "0"),
     (1e-9, "1e-09"), (-2.50, "-2.5"), (float("inf"), "inf"), (10**20, "1" + "0" * 20)],
)  # fmt: skip
def test_numbers_have_all_their_digits(value: float, text: str) -> None:
    assert units.number(value) == text
    assert render.words(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (12.4, "12s"), (59.6, "1m 00s"), (184, "3m 04s"), (3720, "1h 02m"),
     (97200, "1d 03h"), (-5, "0s"), (float("inf"), "36600d 00h")],
)  # fmt: skip
def test_lengths_of_time_in_two_units(seconds: float, text: str) -> None:
    assert units.span(seconds) == text


def test_an_empty_list_says_so_and_what_to_do(stage: Stage) -> None:
    none = stage.sume("jobs", "list")
    assert (none.code, none.out) == (0, "")
    assert none.err == "No jobs yet. `sume videos generate --help` shows how to make one.\n"
    stage.job()
    filtered = stage.sume("jobs", "list", "--status", "failed")
    assert filtered.err == "No jobs found with these filters.\n"
    for flag in ("-q", "--json"):
        silent = stage.sume("jobs", "list", "--status", "failed", flag)
        assert (silent.code, silent.err) == (0, "")


def test_a_file_is_not_done_before_storage_took_it(stage: Stage) -> None:
    stage.sandbox.faults.add("storage_put latency=3")
    with stage.terminal("assets", "upload", "clip.mp4") as terminal:
        shown = terminal.until("finishing")
        assert "clip.mp4" in shown
        assert not re.search(r"100 ?%|0s left|of ", shown)
        assert terminal.end() == 0
        assert "finishing" not in terminal.text, "what moved is gone"


@pytest.mark.parametrize("width", [30, 36, 44, 46, 52, 64, 70, 90])
def test_the_name_and_the_amount_of_a_file_outlast_its_rate(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    stream = io.StringIO()
    shown = Console(file=stream, width=width, force_terminal=True, color_system=None)

    def console_for(_: object) -> Console:
        return shown

    monkeypatch.setattr(live, "console_for", console_for)
    board = live.TransferBoard()
    for count in (1_000_000, 12_300_000):
        board.moved("summer-campaign-final.mp4", count, 145_600_000)
    shown.print(board._progress)
    (line,) = stream.getvalue().splitlines()
    assert "summer-" in line
    assert "12.3 of 145.6 MB" in line
    assert ("/s" in line) == (width >= 64)
