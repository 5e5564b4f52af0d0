"""Guarantee: every command the public docs name works as it is written there.

The threat is a flag that is spelled otherwise, or one that is taken and then not sent.
"""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest

from tests.thoroughness import one_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

DOCUMENTED = Path(__file__).parent / "cli" / "documented.md"
NOT_OFFERED = {"sume login", "sume mcp"}
VALUES = {
    "--limit": "2", "--status": "completed", "--type": "video_generation", "--download": "docs",
    "--prompt": "A jar", "--aspect-ratio": "9:16", "--n": "1", "--quality": "high",
    "--timeout": "60", "--duration": "4", "--search-mode": "text", "--source-type": "generated",
    "--segment-type": "hook", "--brand": "Lumen", "--product": "Serum", "--tag": "offer",
    "--keyword": "jar", "--cta-present": "true", "--min-duration": "1", "--max-duration": "9.5",
    "--created-after": "2020-01-01", "--created-before": "2100-01-01T00:00:00Z",
    "--sort": "created_at_desc", "--query": "jar", "--search-score": "0.84",
}  # fmt: skip
"""Values for the documented flags; what isn't here depends on the command, or takes none."""
BARE = {"--json", "--wait", "--generate-audio"}


def documented() -> list[tuple[str, list[str]]]:
    """Each documented command with its flags, as the docs write them."""
    rows = re.findall(r"^\| `(.+?)` \| (.*)\|$", DOCUMENTED.read_text(), re.MULTILINE)
    return [(command, re.findall(r"`(--[a-z-]+)", flags)) for command, flags in rows]


def as_typed(stage: Stage, command: str, flags: list[str]) -> list[str]:
    """A documented line with a value for everything that wants one."""

    def first(*words: str) -> str:
        return stage.sume(*words, "-q").out.split()[0]

    def reference() -> str:
        brands = stage.sume("brand", "list", "--json", "--show-urls").json["data"]
        return str(brands[0]["images"][0]["reference_url"])

    own: dict[str, Callable[[], str]] = {
        "--reference-image-url": reference,
        "--avatar-id": lambda: first("avatars", "list"),
        "--resolution": lambda: "480p" if "videos" in command else "1k",
        "--base-url": lambda: stage.sandbox.base_url,
        "--api-key": lambda: "-",
        "<job_id>": stage.job,
        "<id>": lambda: first("assets", "list"),
        "<query>": lambda: "jar",
        "<tool>": lambda: "videos.generate",
    }
    line = [own.get(word, lambda word=word: word)() for word in shlex.split(command)[1:]]
    for flag in flags:
        line.append(flag)
        if flag not in BARE:
            line.append(own[flag]() if flag in own else VALUES[flag])
    return [*line, "--source-video", "clip.mp4"] if line[0] == "face-swap" else line


@pytest.mark.parametrize(
    ("command", "flags"), one_in(2, documented()), ids=lambda each: str(each)[:40]
)
def test_every_command_line_of_the_docs_works_as_written(
    stage: Stage, command: str, flags: list[str]
) -> None:
    if command in NOT_OFFERED:
        assert stage.sume(*command.split()[1:], *flags[:1]).code == 2
        return
    line = as_typed(stage, command, [flag for flag in flags if flag != "--cursor"])
    done = stage.sume(*line, stdin=stage.key, SUME_YES="1")
    assert done.code == 0, f"{line}: {done.err}"
    if "--json" in flags:
        assert isinstance(done.json, dict)


@pytest.mark.parametrize("words", [("jobs", "list"), ("assets", "search", "jar")])
def test_a_cursor_leads_to_the_next_page(stage: Stage, words: tuple[str, ...]) -> None:
    stage.sandbox.jobs.seed(2)
    stage.sandbox.add_scenes(20)
    first = stage.sume(*words, "--limit", "1", "--json").json
    second = stage.sume(*words, "--limit", "1", "--cursor", first["next_cursor"], "--json").json
    assert first["data"][0]["id"] != second["data"][0]["id"]


def test_what_the_docs_say_of_values_is_checked_and_shown(stage: Stage) -> None:
    shown = {
        kind: " ".join(stage.sume(kind, "generate", "--help").out.split())
        for kind in ("images", "videos")
    }
    assert "[600]" in shown["images"]
    assert "[1800]" in shown["videos"]
    assert "4 to 15" in shown["videos"]
    assert "[480p|720p]" in shown["videos"]
    for line in (
        "videos generate --prompt x --duration 3.9",
        "videos generate --prompt x --duration 16",
        "videos generate --prompt x --resolution 1080p",
        "videos generate --duration 4",
        "images generate --n 1",
    ):
        assert stage.sume(*line.split(), SUME_YES="1").code == 2, line


READS = """
me
me --json
credits
credits --json
brand list
brand list --domain lumen.example
brand current
avatars list
jobs list --limit 5 --status completed --type video_generation --json
assets list --query creator
assets search creator --limit 2 --search-mode text --source-type generated --segment-type hook
assets search creator --brand Lumen --product Moisturizer --tag offer --keyword jar --cta-present 1
assets search creator --min-duration 1 --max-duration 9.5 --sort created_at_desc --search-mode auto
assets search creator --created-after 2020-01-01 --created-before 2100-01-01T00:00:00Z --json
tools list
tools list --json
tools schema videos.generate --json
auth status
""".strip().splitlines()


@pytest.mark.slow
def test_every_read_of_the_docs_works_as_written(stage: Stage) -> None:
    for line, done in zip(READS, stage.side_by_side([line.split() for line in READS]), strict=True):
        assert done.code == 0, f"{line}: {done.err}"
        assert done.out, line
        assert not done.err, f"{line}: {done.err}"
        if "--json" in line:
            assert isinstance(done.json, dict)


def test_what_is_asked_for_is_what_is_sent(stage: Stage) -> None:
    requests = stage.sandbox.requests
    requests.clear()
    words = (
        "assets search woman --limit 3 --min-duration 1 --max-duration-seconds 9 --cta-present yes "
        "--created-after 2026-01-02T03:04:05+01:00"
    )
    assert stage.sume(*words.split()).code == 0
    sent = dict(parse_qsl(requests.last.query))
    assert sent["q"] == "woman"
    assert sent["search_mode"] == "text", "the docs' shell searches by text unless told otherwise"
    assert (sent["limit"], sent["cta_present"]) == ("3", "true")
    assert (sent["min_duration_seconds"], sent["max_duration_seconds"]) == ("1", "9")
    moment = datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert datetime.fromisoformat(sent["created_after"]) == moment


def test_one_thing_is_fetched_by_its_id(stage: Stage) -> None:
    avatar = stage.sume("avatars", "list", "-q").out.split()[0]
    asset = stage.sume("assets", "list", "-q", "--limit", "1").out.split()[0]
    job = stage.job()
    lines = [
        ["avatars", "get", avatar, "--json"],
        ["jobs", "get", job, "--json"],
        ["jobs", "result", job, "--json"],
        ["assets", "get", asset, "--query", "jar", "--search-mode", "text", "--search-score",
         "0.84", "--json"],
    ]  # fmt: skip
    for line, done in zip(lines, stage.side_by_side(lines), strict=True):
        assert done.code == 0, f"{line}: {done.err}"
        assert done.json["id"] == line[2]


IMAGE = (
    "images generate --prompt x --aspect-ratio 1:1 --n 1 --resolution 1k --quality high "
    "--wait --timeout 60 --download out --json --yes"
)
VIDEO = (
    "videos generate --prompt x --aspect-ratio 9:16 --duration 4 --resolution 480p "
    "--generate-audio --wait --timeout 60 --download --json --yes"
)


def test_everything_that_makes_works_as_written(stage: Stage) -> None:
    requests = stage.sandbox.requests
    requests.clear()
    avatars = stage.sume("avatars", "list", "-q").out.split()
    lines = [
        IMAGE.split(),
        VIDEO.split(),
        ["ads", "videos", "create", "--avatar-id", avatars[0], "--prompt", "x", "--wait", "--json",
         "--yes"],
        ["reference-analysis", "create", "--url", "https://www.tiktok.com/@c/video/1", "--wait",
         "--json", "--yes"],
        ["face-swap", "create", "--source-video", "clip.mp4", "--avatar-id", avatars[0],
         "--avatar-id", avatars[1], "--wait", "--json", "--yes"],
        ["assets", "upload", "clip.mp4", "--wait", "--json"],
    ]  # fmt: skip
    for line, done in zip(lines, stage.side_by_side(lines), strict=True):
        assert done.code == 0, f"{line}: {done.err}"
        assert done.json["status"] == "completed", line
    image = requests.where(operation="create_image_generation")[0].json
    assert image == {
        "prompt": "x", "aspect_ratio": "1:1", "image_count": 1, "resolution": "1k",
        "quality": "high",
    }  # fmt: skip
    video = requests.where(operation="create_video_generation")[0].json
    assert video == {
        "prompt": "x", "aspect_ratio": "9:16", "duration": 4, "resolution": "480p",
        "generate_audio": True,
    }  # fmt: skip
    swap = requests.where(operation="create_face_swap")[0].json
    assert swap["avatar_ids"] == avatars[:2]
    assert [path.suffix for path in (stage.folder / "out").iterdir()] == [".png"]
    assert [path.suffix for path in (stage.folder / "outputs").iterdir()] == [".mp4"]


def test_reference_images_are_repeated_flags(stage: Stage) -> None:
    brand = json.loads(stage.sume("brand", "list", "--json", "--show-urls").out)
    urls = [one["images"][0]["reference_url"] for one in brand["data"]]
    words = [word for url in urls for word in ("--reference-image-url", url)]
    stage.sandbox.requests.clear()
    done = stage.sume("images", "generate", "--prompt", "x", *words, "-y", "--json")
    assert done.code == 0, done.err
    sent = stage.sandbox.requests.where(operation="create_image_generation")[0].json
    assert sent["reference_image_urls"] == urls
    assert done.json["job"]["status"] == "queued", "the create answer, as the API gave it"


def test_presign_says_what_it_made_but_not_where(stage: Stage) -> None:
    words = "uploads presign --file-name clip.mp4 --content-type video/mp4 --size-bytes 10"
    hidden = stage.sume(*words.split(), "--purpose", "face_swap_source_video", "--json")
    shown = stage.sume(
        *words.split(), "--purpose", "face_swap_source_video", "--json", "--show-urls"
    )
    assert hidden.json["upload_url"] == hidden.json["object_key"] == "[redacted]"
    assert shown.json["upload_url"].startswith(stage.sandbox.storage_url)
    assert shown.json["required_headers"]


def test_words_of_the_docs_that_are_not_offered_say_what_is(stage: Stage) -> None:
    for words in (["login"], ["login", "--no-browser"], ["mcp"]):
        done = stage.sume(*words)
        assert done.code == 2
        assert "not offered" in done.err
