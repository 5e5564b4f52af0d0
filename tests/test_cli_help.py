"""Guarantee: every command explains itself with an example that works, and costs what it must.

The threats: an example that rots, a command that only its author can find, a ``--help`` that
loads an HTTP client first.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, cast

import click
import pytest

from sume_ext.cli import app
from sume_ext.cli.paths import Path, path_of
from sume_ext.operations import BINDINGS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)


def commands(path: Path = ()) -> Iterator[tuple[Path, click.Command]]:
    """Every command that isn't a group, with its path."""
    group = cast("app.Group", app.command(path) if path else app.root())
    for name in group.lines():
        made = app.command((*path, name))
        assert made is not None, name
        if isinstance(made, click.Group):
            yield from commands((*path, name))
        else:
            yield (*path, name), made


def groups() -> Iterator[tuple[Path, click.Command]]:
    """Every group, with its path."""
    for path in sorted({long[:depth] for long, _ in commands() for depth in range(1, len(long))}):
        made = app.command(path)
        assert isinstance(made, click.Group)
        yield path, made


def example_in(command: click.Command) -> str:
    """The example in a command's help."""
    epilog = (command.epilog or "").split("Example:\n")
    assert len(epilog) == 2, f"{command.name} has no example"
    return epilog[1].strip()


def test_every_operation_and_behaviour_is_a_command() -> None:
    paths = {path for path, _ in commands()}
    for name in BINDINGS:
        assert path_of(name) in paths, name
    assert {path[0] for path in paths} == {*app.Root(()).lines()}
    assert {resource.name.split(".")[0].replace("_", "-") for resource in RESOURCES} - {
        "account"
    } <= {path[0] for path in paths}


def test_every_command_has_help_with_one_example_of_itself() -> None:
    for path, command in commands():
        context = click.Context(command, info_name="sume " + " ".join(path))
        text = command.get_help(context)
        words = " ".join(["sume", *path])
        assert words in example_in(command), f"the example of {words} shows something else"
        assert len(text.splitlines()) > 5, words
        for param in command.params:
            if isinstance(param, click.Option) and not param.hidden:
                assert param.help, f"{words} {param.opts[0]} says nothing"


def test_every_group_has_help_with_one_example_of_something_it_holds() -> None:
    known = {" ".join(path) for path, _ in commands()}
    for path, group in groups():
        line = example_in(group)
        words = " ".join(["sume", *path])
        assert line.startswith(f"{words} "), line
        assert any(line.startswith(f"sume {command}") for command in known), line


def test_help_fits_eighty_columns_examples_included() -> None:
    for path, command in (((), app.root()), *groups(), *commands()):
        words = " ".join(["sume", *path])
        text = click.Context(command, info_name=words, terminal_width=80).get_help()
        for line in text.splitlines():
            assert len(line) <= 80, f"{words} --help: {line}"


@pytest.mark.slow
def test_every_example_works(stage: Stage) -> None:
    known = {
        "job_123": stage.job(),
        "avatar_123": stage.sume("avatars", "list", "-q").out.split()[0],
        "asset_123": stage.sume("assets", "list", "-q").out.split()[0],
    }
    (stage.folder / "key.txt").write_text(stage.key)
    lines: list[str] = []
    for path, command in (*commands(), *groups()):
        if path in (("sandbox",), ("logout",), ("assets", "create")):
            continue  # each has a test of its own: it doesn't end, it forgets, it needs a secret
        line = example_in(command)
        for placeholder, value in known.items():
            line = line.replace(placeholder, value)
        lines.append(line)
    assert len(lines) > 25
    for line, done in zip(lines, stage.shells(lines, SUME_YES="1"), strict=True):
        assert done.code == 0, f"{line}: {done.err}"


def test_the_examples_of_the_top_level_work(stage: Stage) -> None:
    epilog = app.ROOT_EPILOG.split("Examples:\n")[1].split("\n\n")[0]
    for line in epilog.splitlines():
        done = stage.sh(f"set -o pipefail; {line.strip()}", SUME_YES="1")
        assert done.code == 0, f"{line}: {done.err}"


def test_finalize_takes_the_key_of_an_upload(stage: Stage) -> None:
    made = stage.sume(
        "uploads", "presign", "--file-name", "clip.mp4", "--content-type", "video/mp4",
        "--size-bytes", str((stage.folder / "clip.mp4").stat().st_size), "--purpose",
        "asset_library_video", "--json", "--show-urls",
    ).json  # fmt: skip
    words = [f"{name}: {value}" for name, value in made["required_headers"].items()]
    put = ["curl", "-sf", "-T", "clip.mp4", made["upload_url"]]
    subprocess.run([*put, *(w for h in words for w in ("-H", h))], cwd=stage.folder, check=True)
    done = stage.sume("assets", "create", "--object-key", made["object_key"], "--wait", "--json")
    assert (done.code, done.json["status"]) == (0, "completed")


def test_tools_tell_what_each_operation_does_to_the_world(stage: Stage) -> None:
    tools = {tool["name"]: tool for tool in stage.sume("tools", "list", "--json").json["data"]}
    own = {"jobs.wait", "jobs.download", "uploads.asset_video", "uploads.face_swap_video"}
    assert set(tools) == {*BINDINGS, *own}
    reads = {"read_only": True, "mutating": False, "paid": False}
    pays = {"read_only": False, "mutating": True, "paid": True}
    for name, expected in {
        "account.me": reads,
        "jobs.result": reads,
        "videos.generate": pays,
        "reference_analysis.create": pays,
        "uploads.presign": {"read_only": False, "mutating": True, "paid": False},
    }.items():
        assert tools[name].items() >= expected.items()
    wait = stage.sume("tools", "schema", "jobs.wait").json["input_schema"]
    assert wait["properties"]["job_ids"]["type"] == "array"
    assert wait["properties"]["timeout"]["minimum"] == 0
    assert set(wait["properties"]) == {"job_ids", "timeout", "download", "overwrite"}
    for name in ("account.me", "jobs.result", "uploads.presign", "assets.search"):
        assert tools[name]["sensitive_output"] is True
    for name in ("credits.get", "images.generate", "face_swap.create"):
        assert tools[name]["sensitive_output"] is False


def test_the_sandbox_serves_until_it_is_stopped(stage: Stage) -> None:
    started = stage.start("sandbox", "--speed", "10")
    assert started.stdout
    lines = [started.stdout.readline() for _ in range(2)]
    settings = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
    assert stage.sume("me", **settings).code == 0
    started.terminate()
    started.communicate(timeout=20)
    wrong = stage.sume("sandbox", "--speed", "fast")
    assert wrong.code == 2
    assert "--fault" in stage.sume("sandbox", "--help").out


def test_a_name_that_is_nearly_right_is_suggested(stage: Stage) -> None:
    assert "'videos'" in stage.sume("vidoes").err
    assert "'search'" in stage.sume("assets", "serach").err
    assert "--duration" in stage.sume("videos", "generate", "--durations", "4").err


def loaded_by(*words: str) -> set[str]:
    """The modules that a run imports."""
    code = f"import sys; from sume_ext.cli import main; main({[*words]!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_loads_nothing_it_doesnt_need() -> None:
    top = loaded_by("--help")
    heavy = {"httpx", "httpcore", "rich", "attrs", "sume_ext.operations", "sume_api", "asyncio"}
    assert not top & heavy
    group = loaded_by("jobs", "--help")
    assert not group & {"httpx", "httpcore", "rich", "dateutil", "sume_ext.client"}
    flags = loaded_by("videos", "generate", "--help")
    assert not flags & {"httpx", "rich", "sume_ext.client", "platformdirs"}
    status = loaded_by("auth", "status", "--json")
    assert not status & {"httpx", "rich", "sume_ext.client"}


def test_a_missing_extra_is_one_line_that_names_it() -> None:
    for missing in ("click", "rich"):
        code = (
            f"import sys; sys.modules[{missing!r}] = None\n"
            "from sume_ext.cli import main; sys.exit(main(['auth', 'status']))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert done.stderr.strip().splitlines() == [
            f'sume: {missing} is missing; pip install "sume-ext[cli]"'
        ]


def test_it_runs_as_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sume_ext.cli", "--version"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("sume, version ")
