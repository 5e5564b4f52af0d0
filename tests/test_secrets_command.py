"""Guarantee: no command of ``sume`` shows, logs or keeps anything secret that wasn't asked for.

The threat: a terminal's history, a build log, an agent's transcript; a debugging switch; a failure
that quotes what the API said. Every command runs plainly, with ``--json`` and with ``--quiet``,
with every logger at DEBUG, in good weather and against refusals that quote every secret there is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from sume_ext.cli import privacy
from sume_ext.cli.app import root
from sume_ext.operations import BINDINGS
from sume_ext.sandbox import Sandbox, sample_video
from tests.cli.terminal import Terminal
from tests.secrets.trap import found_in, gitleaks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
REEL = "https://www.tiktok.com/@creator/video/7300000000000000000"
WAYS: tuple[list[str], ...] = ([], ["--json"], ["--quiet"])
PRESIGN = "--file-name c.mp4 --content-type video/mp4 --size-bytes 9 --purpose"
MARK = "zQ7wPx41RtLm"
LINK = f"https://b.s3.amazonaws.com/uploads/ws_9f8a7b6c/{MARK}.mp4?X-Amz-Signature={MARK}"
MAIL = f"{MARK}@mail.example"
KEY = f"sume_live_{MARK}"
FILE = "--file-name c.mp4 --content-type video/mp4 --size-bytes 9"
DONE = "--wait --timeout 20 --download out --overwrite"
AD = (
    f"--aspect-ratio 9:16 --duration 5 --reference-image-url {LINK} --resolution 480p "
    f"--script {MAIL} --style ugc"
)
FILTERS = (
    f"--brand {MAIL} --created-after 2026-01-01 --created-before 2027-01-01 --cta-present true "
    f"--keyword {KEY} --limit 2 --max-duration 9 --min-duration 1 --product {MAIL} "
    f"--search-mode text --segment-type {LINK} --sort relevance --source-type generated --tag {KEY}"
)


def lines(jobs: dict[str, str], scene: str, avatar: str) -> list[list[str]]:
    """Every command of the shell."""
    texts = f"""
    me
    credits
    brand list
    brand current
    avatars list
    avatars get {avatar}
    jobs list
    jobs list --status failed
    jobs get {jobs["completed"]}
    jobs get {jobs["failed"]}
    jobs result {jobs["completed"]}
    jobs result {jobs["failed"]}
    jobs wait {jobs["completed"]} {jobs["failed"]} {jobs["canceled"]} --timeout 5
    jobs wait {jobs["failed"]} --timeout 5
    jobs wait {jobs["stuck"]} --timeout 0.2
    jobs download {jobs["completed"]}
    jobs download {jobs["failed"]}
    assets list --limit 3
    assets search hook --limit 3
    assets get {scene}
    assets upload clip.mp4 --wait
    uploads presign {PRESIGN} asset_library_video
    uploads presign {PRESIGN} face_swap_source_video
    uploads face-swap-video clip.mp4
    face-swap create --source-video clip.mp4 --avatar-id {avatar} --yes --wait --download out
    images generate --prompt x --yes --wait --download out
    videos generate --prompt x --duration 4 --yes --wait --download out
    ads videos create --prompt x --avatar-id {avatar} --yes --wait
    reference-analysis create --url {REEL} --yes --wait
    auth status
    tools list
    tools schema videos.generate
    completion bash
    brand list --cursor {LINK} --limit 2
    brand list --domain {LINK} --all
    avatars list --cursor {LINK} --limit 2
    avatars list --all
    jobs list --cursor {LINK} --limit 2
    jobs list --type {KEY} --all
    jobs download {jobs["completed"]} --to out --overwrite
    jobs result {jobs["completed"]} --download out --overwrite
    jobs wait {jobs["completed"]} --download out --overwrite
    assets get {scene} --query {LINK} --search-mode text --search-score 0.5
    assets list --query {LINK} {FILTERS} --cursor {LINK}
    assets list --all
    assets search {LINK} {FILTERS} --cursor {LINK}
    assets search {KEY} --all
    assets upload clip.mp4 --download out --overwrite --timeout 20
    assets create --object-key uploads/ws_9f8a7b6c/{MARK}/a.mp4 {FILE} --title {MAIL} {DONE}
    images generate --prompt {LINK} --aspect-ratio 1:1 --n 1 --quality {KEY} --yes {DONE}
    images generate --prompt x --reference-image-url {LINK} --resolution {MAIL} --yes
    videos generate --prompt {MAIL} --duration 4 --aspect-ratio {LINK} --generate-audio --yes
    videos generate --prompt {KEY} --duration 4 --resolution 480p --yes {DONE}
    ads videos create --prompt {LINK} --avatar-id {avatar} {AD} --yes {DONE}
    face-swap create --source-video-url {LINK} --avatar-id {avatar} --yes {DONE}
    reference-analysis create --url {REEL}?signature={MARK} --yes {DONE}
    """
    return [line.split() for line in texts.strip().splitlines()]


def commands(
    group: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Every command of the tree, by its words."""
    if not isinstance(group, click.Group):
        yield " ".join(path), group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        inner = group.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*path, name))


ELSEWHERE = {"--show-urls": "shows what is asked for, as a test below sees"}
SETTINGS = {
    "sandbox": "serves until it is stopped",
    "setup": "takes a key from stdin, in tests/test_cli_secrets.py",
    "logout": "forgets what setup saved, as above",
}


def test_every_command_and_option_has_a_line_here() -> None:
    """Whatever the shell gains tomorrow must be walked, too."""
    walked: dict[str, set[str]] = {}
    for line in lines(dict.fromkeys(NAMES, "job"), "a", "b"):
        for words in range(3, 0, -1):
            walked.setdefault(" ".join(line[:words]), set()).update(line)
    left: list[str] = []
    for path, command in commands(root()):
        if path in SETTINGS:
            continue
        said = walked.get(path, set()) | {word for way in WAYS for word in way}
        left += [] if path in walked else [path]
        for option in command.params:
            spelled = {*option.opts, *option.secondary_opts}
            if isinstance(option, click.Option) and not spelled & (said | {*ELSEWHERE}):
                left.append(f"{path} {option.opts[-1]}")
    assert not left, "give these a line in lines()"


def test_every_operation_has_a_line_here() -> None:
    """A command that the table gains tomorrow must be walked, too."""
    said = " ".join(" ".join(line[:3]) for line in lines(dict.fromkeys(NAMES, "job"), "a", "b"))
    asset_words = {"assets.create": "assets upload", "uploads.asset_video": "assets upload"}
    for name, binding in BINDINGS.items():
        if binding.operation is None and name not in asset_words:
            continue
        words = asset_words.get(name, name.replace(".", " ").replace("_", "-"))
        short = {"account me": "me", "credits get": "credits"}.get(words, words)
        assert short in said, name


HIDDEN: dict[str, dict[str, Any]] = {
    "a plain link": {"url": f"https://media.example/{MARK}.mp4"},
    "a link with a query": {"note": f"see https://media.example/a.mp4?id={MARK}."},
    "a signed link": {"clip": f"https://b.s3.amazonaws.com/k.mp4?X-Amz-Signature={MARK}"},
    "a link in a list": {"links": [[f"https://h.example/{MARK}/x"]]},
    "a member called like a link": {f"https://h.example/{MARK}": 1},
    "a member called like a person": {"by": {f"{MARK}@mail.example": {"n": 1}}},
    "a member called like a key": {"keys": {f"sume_live_{MARK}": 1}},
    "a member of a secret name": {"device_code": MARK, "raw_response": {"a": [MARK]}},
}


@pytest.mark.parametrize("what", HIDDEN)
def test_what_a_command_shows_has_neither_whole_links_nor_secret_members(what: str) -> None:
    """A terminal shows the host of a link only: the path of one that isn't signed tells, too."""
    assert MARK not in json.dumps(privacy.hide(HIDDEN[what], show_urls=False))


NAMES = ("completed", "failed", "canceled", "stuck")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(speed=500, secrets=True, credits=100_000, active_limit=None) as made:
        yield made


def world(sandbox: Sandbox) -> list[list[str]]:
    """The lines for a sandbox with a job of each kind."""
    from sume_ext import Sume  # noqa: PLC0415

    with Sume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume:
        jobs: dict[str, str] = {}
        for outcome in NAMES:
            if outcome != "completed":
                sandbox.jobs.fail_next(outcome=outcome)
            jobs[outcome] = sume.images.generate(prompt="x").id
        (scene,) = sume.assets.list().take(1)
        (avatar,) = sume.avatars.list().take(1)
        sume.jobs.wait_many([jobs[name] for name in NAMES[:3]], timeout=20)
        return lines(jobs, scene.id, str(avatar.id))


def run(folder: Path, sandbox: Sandbox, words: list[list[str]]) -> str:
    """What the lines said on stderr; everything else is on file."""
    work = folder.parent / "work"
    work.mkdir(exist_ok=True)
    (work / "clip.mp4").write_bytes(sample_video().read_bytes())
    environment: dict[str, Any] = {
        **os.environ,
        "SUME_API_KEY": sandbox.api_key,
        "SUME_API_BASE_URL": sandbox.base_url,
        "SUME_CONFIG_DIR": str(folder / "config"),
        "SUME_DEBUG": "1",
        "HOME": str(folder),
        "PYTHONDEVMODE": "1",
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "out.txt").open("ab") as out, (folder / "err.txt").open("ab") as err:
        subprocess.run(
            [sys.executable, "-m", "tests.secrets.shell", folder / "log.txt"],
            input="\n".join(map(json.dumps, words)).encode(),
            stdout=out, stderr=err, cwd=work, env=environment, timeout=300, check=True,
        )  # fmt: skip
    return (folder / "err.txt").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "seen"
    made.mkdir()
    return made


@pytest.mark.slow
def test_no_command_shows_or_keeps_anything(sandbox: Sandbox, folder: Path) -> None:
    words = world(sandbox)
    said = run(folder, sandbox, [[*line, *way] for way in WAYS for line in words])
    markers = sandbox.markers()
    assert all(markers.values()), "a kind of secret was never handed out"
    assert said.count("ended with 0]") > 2 * len(words), said
    for code in (1, 2, 4, 5):
        assert f"ended with {code}]" in said, f"nothing failed with {code}"
    assert found_in(folder, {**markers, "an argument": [MARK]}) == {}
    assert gitleaks(folder) == []


REFUSALS = ("status=403", "status=401", "status=404", "status=402", "status=409", "status=422")
BROKEN = ("shape=html", "shape=cut_json", "shape=list", "status=302")


@pytest.mark.slow
@pytest.mark.parametrize("faults", [REFUSALS[:3], REFUSALS[3:], BROKEN])
def test_no_failing_command_shows_or_keeps_anything(
    faults: tuple[str, ...], sandbox: Sandbox, folder: Path
) -> None:
    words = world(sandbox)
    echo = " ".join(values[-1] for values in sandbox.markers().values() if values)
    for number, fault in enumerate(faults):
        name, _, value = fault.partition("=")
        effect: dict[str, Any] = {name: int(value) if value.isdigit() else value or True}
        if name == "status":
            effect |= {"message": f"no: {echo}", "code": "odd", "headers": {"x-echo": echo}}
        sandbox.faults.add(operation="*", times=None, **effect)
        way = WAYS[number % len(WAYS)]
        run(folder, sandbox, [[*line, *way] for line in words])
        sandbox.faults.clear()
    said = (folder / "err.txt").read_text()
    assert "ended with 1]" in said
    assert "Traceback" not in said
    assert found_in(folder, {**sandbox.markers(), "an argument": [MARK]}) == {}
    assert gitleaks(folder) == []


@pytest.mark.slow
def test_no_terminal_sees_anything(sandbox: Sandbox, folder: Path) -> None:
    """On a terminal there is progress, colour and a table, which a file never sees."""
    sandbox.clock.speed = 20
    env = {
        **os.environ,
        "SUME_API_KEY": sandbox.api_key, "SUME_API_BASE_URL": sandbox.base_url,
        "SUME_CONFIG_DIR": str(folder / "config"), "TERM": "xterm-256color",
        "CI": "", "NO_COLOR": "",
    }  # fmt: skip
    shutil.copy(sample_video(), folder / "clip.mp4")
    sume = str(Path(sys.executable).with_name("sume"))
    for number, line in enumerate((
        "me", "assets list --limit 3", "assets upload clip.mp4 --wait",
        "images generate --prompt x --yes --wait --download out",
        "face-swap create --source-video clip.mp4 --avatar-id nobody --yes --wait",
    )):  # fmt: skip
        with Terminal([sume, *line.split()], env=env, cwd=folder, columns=120) as terminal:
            assert terminal.end() == (1 if "nobody" in line else 0)
            (folder / f"screen-{number}.txt").write_bytes(terminal.raw)
    (folder / "clip.mp4").unlink()
    shutil.rmtree(folder / "out")
    assert "\x1b[" in (folder / "screen-3.txt").read_text(), "that was no terminal"
    assert found_in(folder, sandbox.markers()) == {}


def test_what_is_asked_for_is_shown_so_this_test_can_fail(sandbox: Sandbox, folder: Path) -> None:
    run(folder, sandbox, [["me", "--show-urls"], ["me", "--show-urls", "--json"]])
    found = found_in(folder, sandbox.markers())
    assert {"email", "user_id", "workspace_id"} <= found.keys()
    assert {"out.txt"} == set().union(*found.values())
    assert "api_key" not in found, "a key is never shown, asked for or not"
