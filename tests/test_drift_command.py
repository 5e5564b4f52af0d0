"""`make drift` tells one screen to a person and plain data to machines, and never guesses.

The threat: a job that is green because it could not look, or a report that nobody can act on.
"""

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import drift, fetch, redocly, report
from scripts.compare import Change, Rating
from scripts.document import Json
from tests.schema import pipeline
from tests.schema.serving import says, server


def _add(document: Json) -> None:
    seed = {"type": "integer", "description": "Chance."}
    document["components"]["schemas"]["VideoGenerationRequest"]["properties"]["seed"] = seed


def _leave(document: Json) -> None:
    del document


def _break(document: Json) -> None:
    _add(document)
    del document["paths"]["/face-swap"]
    jobs = document["components"]["schemas"]
    jobs["VideoGenerationAccepted"]["properties"]["id"] = {"type": "string"}
    del jobs["VideoGenerationAccepted"]["properties"]["job_id"]
    jobs["VideoGenerationAccepted"]["required"] = ["id"]
    document["paths"]["/voices"] = {"get": {"responses": {"200": {"description": "ok"}}}}


@pytest.fixture
def compatible(tmp_path: Path) -> Path:
    return _written(tmp_path, pipeline.pinned(), _add)


@pytest.fixture
def breaking(tmp_path: Path) -> Path:
    return _written(tmp_path, pipeline.pinned(), _break)


def _written(folder: Path, document: Json, change: Callable[[Json], None]) -> Path:
    change(document)
    path = folder / "live.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = drift.main(["--plain", *arguments])
    return status, capsys.readouterr().out


def test_nothing_changed_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "--schema", str(pipeline.OPENAPI / "upstream.json"))
    assert status == 0
    assert out.startswith("No drift:")
    assert "0 different, 0 gone" in out


def test_a_compatible_change_exits_1(compatible: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "--schema", str(compatible))
    assert status == 1
    assert "create_video_generation body.seed: added (integer)" in out
    assert "videos.generate: + seed (integer)" in out
    assert "sume videos generate: + --seed" in out


def test_a_breaking_change_exits_2(breaking: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "--schema", str(breaking))
    assert status == 2
    assert "gone: face_swap.create (bound)" in out
    assert "new, unbound: get_voices" in out
    assert "would stop: Gone from the schema: create_face_swap." in out
    assert "create_face_swap body.avatar_ids" in out


def test_it_fits_on_a_screen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Even if everything is another API's."""
    document = pipeline.small({"type": "object"})
    path = _written(tmp_path, document, _leave)
    status, out = run(capsys, "--schema", str(path))
    assert status == 2
    assert len(out.splitlines()) <= 55
    assert max(map(len, out.splitlines())) <= 170


def test_a_header_of_an_answer_is_no_argument() -> None:
    """It is called a header as a parameter may be, but nobody passes it."""
    live = pipeline.pinned()
    headers = live["paths"]["/me"]["get"]["responses"]["200"]["headers"]
    headers["X-Request-Id"] = {"schema": {"type": "string"}}
    one, other = (fetch.Fetched(x, "file", None) for x in (pipeline.pinned(), live))
    told = drift.drift(one, other, plain=True)
    assert [change.place for change in told.changes] == ["get_me answer header x-request-id"]
    assert not told.consequences.signatures
    assert not told.consequences.flags


def test_a_role_that_is_filled_otherwise_is_told(breaking: Path) -> None:
    live = json.loads(breaking.read_text(encoding="utf-8"))
    live["paths"]["/face-swap"] = pipeline.pinned()["paths"]["/face-swap"]
    one = fetch.Fetched(pipeline.pinned(), "file", None)
    told = drift.drift(one, fetch.Fetched(live, "file", None), plain=True)
    assert "job_id of create_video_generation: job_id -> id" in told.consequences.roles
    assert told.consequences.stop is None


def test_json_is_for_machines(breaking: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "--schema", str(breaking), "--format", "json")
    told = json.loads(out)
    assert told["rating"] == "breaking"
    assert told["exit"] == status == 2
    assert {"places", "change", "rating"} == set(told["changes"][0])
    assert set(told["consequences"]) == {
        "signatures",
        "flags",
        "operations",
        "roles",
        "stop",
        "inferred",
    }


def test_markdown_and_annotations(breaking: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = run(capsys, "--schema", str(breaking), "--format", "markdown")
    assert "| breaking | `create_face_swap` | removed |" in out
    _, out = run(capsys, "--schema", str(breaking), "--format", "github")
    assert all(line.startswith("::") for line in out.splitlines())
    assert "::error title=Schema drift::create_face_swap: removed" in out


def test_text_of_the_server_starts_no_command_of_its_own() -> None:
    """A member called `x%0A::set-env` or with a line break is told in one line."""
    change = Change("op body.x\n::error::y|<b>", "kind", "a\nb", "::c", Rating.BREAKING)
    told = report.told(Rating.BREAKING, _nothing(), [change], "x", {"origin": "docs", "how": ""})
    assert len(report.FORMATS["github"](told).splitlines()) == 2
    row = next(
        x for x in report.FORMATS["markdown"](told).splitlines() if x.startswith("| breaking")
    )
    assert "<b>" not in row.replace("`op body.x", "")


def _nothing() -> Json:
    guesses: Json = {"confirmed": [], "different": [], "gone": []}
    lists: Json = {name: [] for name in ("signatures", "flags", "operations", "roles")}
    return {**lists, "stop": None, "inferred": guesses}


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b"", b'{"openapi": "3.1.0", "paths": {"/x": 5}}']
)
@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_what_cannot_be_told_exits_3(
    body: bytes, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with server(says(body)) as origin:
        status, out = run(capsys, "--url", f"{origin}/openapi.json", "--format", form)
    assert status == 3
    if form == "json":
        assert json.loads(out)["rating"] == "unknown"
    else:
        assert "ould not tell" in out


def test_no_network_exits_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--url", "http://127.0.0.1:9/")[0] == 3


def test_a_wrong_option_is_no_breaking_change(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        drift.main(["--schema"])
    assert caught.value.code == 3
    assert "usage" in capsys.readouterr().err


# --- without redocly --------------------------------------------------------------------------


def without(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(redocly.ask, "__kwdefaults__", {"folder": folder, "node": None})


def test_without_node_the_plain_check_says_so(
    compatible: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert drift.main(["--schema", str(compatible)]) == 1
    assert "Checked by the plain check alone: there is no Node." in capsys.readouterr().out


def test_without_the_package_and_a_way_to_get_it_the_plain_check_says_so(
    compatible: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """npm is there, but nothing it could reach: an empty lock has nothing to install."""
    folder = tmp_path / "node"
    folder.mkdir()
    without(monkeypatch, folder)
    assert drift.main(["--schema", str(compatible)]) == 1
    assert "Checked by the plain check alone: " in capsys.readouterr().out


@pytest.mark.parametrize("report_", ["", "{}", '{"reportVersion": "2", "changes": []}', "[]"])
def test_an_experimental_output_that_changes_is_noticed(report_: str, tmp_path: Path) -> None:
    """redocly's `diff` is declared experimental; another form must not read as no change."""
    node = shutil.which("sh")
    assert node
    bin_ = tmp_path / redocly.CLI / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "cli.js").write_text(f"printf '%s' '{report_}'\n", encoding="utf-8")
    (bin_.parent / "package.json").write_text(json.dumps({"version": redocly.VERSION}), "utf-8")
    with pytest.raises(redocly.CannotAskError):
        redocly.ask({}, {}, folder=tmp_path, node=node)


def test_another_version_is_not_asked(tmp_path: Path) -> None:
    bin_ = tmp_path / redocly.CLI / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "cli.js").touch()
    (bin_.parent / "package.json").write_text('{"version": "9.9.9"}', encoding="utf-8")
    with pytest.raises(redocly.CannotAskError, match=r"is not 2\.77\.0"):
        redocly.ask({}, {}, folder=tmp_path, node="sh")


def test_the_pin_names_no_registry() -> None:
    lock = (redocly.FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert f'"version": "{redocly.VERSION}"' in lock
    assert '"integrity": "sha512-' in lock
    assert "resolved" not in lock
