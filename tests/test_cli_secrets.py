"""Guarantee: the command shows nothing private that wasn't asked for, and never a key.

The threats: a key in the process list, a config file that others read, an answer's e-mail,
signed URL or provider payload in a terminal's history or a build log.
"""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext.cli import privacy
from tests.cli.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

LIVE = "sume_live_0123456789abcdefABCDEF"


def leaks(stage: Stage, text: str) -> list[str]:
    """The kinds of secrets that a text holds."""
    return [
        f"{kind}: {value}"
        for kind, values in stage.sandbox.markers().items()
        for value in values
        if value in text
    ]


def test_no_command_shows_what_is_private(stage: Stage) -> None:
    job = stage.job()
    presign = "--file-name c.mp4 --content-type video/mp4 --size-bytes 9 --purpose"
    lines = f"""
    me
    me --json
    brand current --json
    brand list
    avatars list --json
    jobs get {job}
    jobs result {job}
    jobs result {job} --json
    assets list --limit 3 --json
    uploads presign {presign} face_swap_source_video
    uploads presign {presign} asset_library_video --json
    jobs wait {job} --download --json
    auth status
    auth status --json
    uploads face-swap-video clip.mp4
    """
    done = stage.side_by_side([line.split() for line in lines.strip().splitlines()])
    for one in done:
        assert one.code == 0, one.err
        assert not leaks(stage, one.out + one.err)
    assert all(
        stage.sandbox.markers()[kind] for kind in ("email", "upload_url", "provider_payload")
    )


def test_asking_shows_urls_and_ids_but_never_the_key(stage: Stage) -> None:
    shown = stage.sume("me", "--json", "--show-urls")
    markers = stage.sandbox.markers()
    assert shown.json["user"]["email"] in markers["email"]
    job = stage.job()
    url = stage.sume("jobs", "result", job, "--json", "--show-urls").json["result"]["media"]
    assert url[0]["url"].startswith(stage.sandbox.media_url)
    assert not [leak for leak in leaks(stage, shown.out) if leak.startswith("api_key:")]


def test_failures_hold_nothing_private(stage: Stage) -> None:
    stage.sandbox.faults.add(
        operation="get_me",
        status=403,
        message=f"{stage.key} of a@b.example may not see https://x.example/p?sig=1",
        times=None,
    )
    for words in (["me"], ["me", "--json"]):
        done = stage.sume(*words)
        assert done.code == 3
        for secret in (stage.key, "a@b.example", "sig=1"):
            assert secret not in done.err


def test_a_key_on_the_command_line_is_refused_and_not_repeated(stage: Stage) -> None:
    for words in (["--api-key", LIVE], [f"--api-key={LIVE}"]):
        done = stage.sume("setup", *words)
        assert done.code == 2
        assert LIVE not in done.out + done.err
        assert "setup --api-key - <" in done.err
    assert not stage.config.exists()


def test_a_key_pasted_in_the_wrong_place_is_not_repeated(stage: Stage) -> None:
    foreign = "zk_live_9aF3_of_no_known_form"
    lines = [["setup"], ["setup", "--json"], ["setup", "--api-key", "-"], ["auth", "status"]]
    for done in stage.side_by_side([[*words, foreign] for words in [*lines, ["login"]]]):
        assert done.code == 2
        assert foreign not in done.out + done.err
        assert "it may be a key" in done.err
    assert not stage.config.exists()


def test_the_configured_key_given_as_something_else_is_not_repeated(stage: Stage) -> None:
    """It has no form of a key's, and no client has had it yet."""
    foreign = "legacyMARK0opaque99"
    for line in ("me {}", "{}", "assets search --limit {}", "tools schema {}", "completion {}"):
        done = stage.sume(*line.format(foreign).split(), SUME_API_KEY=foreign)
        assert done.code == 2, line
        assert foreign not in done.out + done.err, line


UNTELLING = "abcd1234efgh5678"
"""A key whose shape alone tells nobody what it is."""


def save(stage: Stage, key: str) -> None:
    stage.config.mkdir(mode=0o700)
    file = stage.config / "config.json"
    file.write_text(json.dumps({"api_key": key, "base_url": stage.sandbox.base_url}))
    file.chmod(0o600)


def test_the_saved_key_given_as_something_else_is_not_repeated(stage: Stage) -> None:
    """It is known before anything is said, wherever it comes from and whatever it looks like."""
    save(stage, UNTELLING)
    lines = f"""
    {UNTELLING}
    --{UNTELLING}
    jobs get one {UNTELLING}
    jobs list --limit {UNTELLING}
    jobs list --limit={UNTELLING} --json
    jobs list --{UNTELLING} 3
    assets upload {UNTELLING}
    jobs download {UNTELLING}
    sandbox --port {UNTELLING}
    """
    places = [line.split() for line in lines.strip().splitlines()]
    for here in ({"SUME_API_KEY": None}, {"SUME_API_KEY": "sume_live_another0"}):
        for one in stage.side_by_side(places, **here):
            assert one.code in (1, 2, 3)
            assert UNTELLING not in one.out + one.err
            assert "[redacted]" in one.err


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff", None])
def test_settings_that_cant_be_read_fail_no_message(stage: Stage, content: bytes | None) -> None:
    stage.config.mkdir(mode=0o700)
    file = stage.config / "config.json"
    file.mkdir() if content is None else file.write_bytes(content)
    done = stage.sume("jobs", "list", "--limit", "many")
    assert done.code == 2
    assert "'many' is not a whole number" in done.err


def test_setup_keeps_the_key_where_only_the_owner_reads(stage: Stage) -> None:
    env = {"SUME_API_KEY": None, "SUME_API_BASE_URL": None}
    saved = stage.sume(
        "setup", "--api-key", "-", "--base-url", stage.sandbox.base_url, stdin=f"{stage.key}\n",
        **env,
    )  # fmt: skip
    assert saved.code == 0
    file = stage.config / "config.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(stage.config.stat().st_mode) == 0o700
    assert [path.name for path in stage.config.iterdir()] == ["config.json"]
    assert stage.key not in saved.out + saved.err
    assert stage.sume("me", **env).code == 0, "what was saved is used"
    status = stage.sume("auth", "status", "--json", **env)
    assert status.json["api_key"] == {"value": "sume_sandbox_…", "source": "file"}
    assert stage.key not in status.out
    assert stage.sume("logout", **env).code == 0
    assert not file.exists()
    assert stage.sume("auth", "status", **env).code == 3
    assert stage.sume("logout", **env).code == 0, "once more does no harm"


@pytest.mark.parametrize("umask", ["000", "022", "077", "777"])
def test_no_umask_opens_or_closes_the_file(stage: Stage, umask: str) -> None:
    done = stage.sh(f"umask {umask}; echo {LIVE} | sume setup --api-key -")
    assert done.code == 0, done.err
    assert stat.S_IMODE((stage.config / "config.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(stage.config.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in (b"{", b'{"api_key": 5}', b"", b"\xff\xfe", b"[]", b"null")
        ),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_and_can_be_replaced(stage: Stage, content: bytes) -> None:
    stage.config.mkdir(mode=0o700)
    file = stage.config / "config.json"
    file.write_bytes(content)
    file.chmod(0o600)
    env = {"SUME_API_KEY": None}
    for words in (["me"], ["auth", "status"], ["setup", "--api-key", "-"]):
        done = stage.sume(*words, "--json", stdin=LIVE, **env)
        assert (done.code, done.error["code"]) == (2, "configuration"), words
        assert "sume logout" in done.error["hint"]
    assert stage.sume("me").code == 0, "the environment needs no file"
    assert stage.sume("logout", **env).code == 0
    assert stage.sume("setup", "--api-key", "-", stdin=LIVE, **env).code == 0
    assert stage.sume("auth", "status", **env).code == 0


def test_the_environment_wins_and_status_says_so(stage: Stage) -> None:
    stage.sume("setup", "--api-key", "-", stdin=LIVE)
    status = stage.sume("auth", "status")
    assert "environment (SUME_API_KEY)" in status.out
    assert "environment (SUME_CONFIG_DIR)" in status.out
    assert "not used while SUME_API_KEY is set" in status.err
    assert stage.sume("auth", "status", SUME_API_KEY=None).out.split("\n")[1].split() == [
        "api_key", "sume_live_…", "file", "(config.json)",
    ]  # fmt: skip
    assert stage.sume("me").code == 0, "the saved key, which nobody knows, isn't sent"


def test_the_prompt_takes_a_key_without_showing_it(stage: Stage) -> None:
    with stage.terminal("setup", SUME_API_KEY=None) as terminal:
        terminal.until("API key:")
        terminal.type(f"{LIVE}\n")
        assert terminal.end() == 0
        assert LIVE.encode() not in terminal.raw
    kept: dict[str, Any] = json.loads((stage.config / "config.json").read_text())
    assert kept == {"api_key": LIVE}


def test_a_terminal_is_asked_unseen_wherever_stderr_goes(stage: Stage) -> None:
    env = stage.environment({"SUME_API_KEY": None})
    line = ["bash", "-c", "sume setup --api-key - 2>log"]
    with Terminal(line, env=env, cwd=stage.folder, columns=100) as terminal:
        terminal.until("API key:")
        terminal.type(f"{LIVE}\n")
        assert terminal.end() == 0
        assert LIVE.encode() not in terminal.raw
    assert json.loads((stage.config / "config.json").read_text()) == {"api_key": LIVE}


def test_a_directory_of_others_is_not_locked_but_said(stage: Stage, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "other").touch()
    done = stage.sume("setup", "--api-key", "-", stdin=LIVE, SUME_CONFIG_DIR=str(shared))
    assert done.code == 0
    assert "others can look into" in done.err
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert stat.S_IMODE((shared / "config.json").stat().st_mode) == 0o600
    os.chmod(shared / "config.json", 0o644)  # noqa: PTH101
    assert (
        "others can read"
        in stage.sume("auth", "status", SUME_API_KEY=None, SUME_CONFIG_DIR=str(shared)).err
    )


def test_a_warning_is_said_once_and_never_where_stderr_is_json(stage: Stage) -> None:
    stage.sume("setup", "--api-key", "-", stdin=stage.key)
    (stage.config / "config.json").chmod(0o644)
    told = stage.sume("auth", "status", SUME_API_KEY=None).err
    assert told.count("others can read") == 1
    assert f"chmod 600 {stage.config / 'config.json'}" in told
    stage.sandbox.faults.add(operation="get_me", status=403, times=None)
    done = stage.sume("me", "--json", SUME_API_KEY=None)
    assert done.error["code"] == "forbidden"
    assert len(done.err.splitlines()) == 1


def test_without_a_key_every_way_to_give_one_is_named(stage: Stage) -> None:
    done = stage.sume("me", "--json", SUME_API_KEY=None)
    assert done.code == 3
    assert done.error["code"] == "missing_api_key"
    for word in ("sume setup", "--api-key -", "SUME_API_KEY"):
        assert word in done.error["hint"]


def test_a_base_url_that_would_leak_the_key_is_refused(stage: Stage) -> None:
    for url in ("http://api.example/v1", "https://user:pw@api.example/v1"):
        done = stage.sume("setup", "--base-url", url)
        assert done.code == 2
        assert "pw@" not in done.err
        assert stage.sume("me", SUME_API_BASE_URL=url).code == 2
        assert "pw@" not in stage.sume("auth", "status", SUME_API_BASE_URL=url).out


@pytest.mark.parametrize(
    "document",
    [
        {"email": "x"},
        {"user": {"id": "x"}},
        {"new_thing": {"workspace_id": "x"}},
        {"provider_response": {"a": ["x"]}},
        {"data": [{"deep": {"upload_url": "x"}}]},
        {"text": "mail x@y.example now"},
        {"note": "see https://h.example/x?y=1"},
        {"any": "sume_live_xxxxxxxxxxxxx"},
    ],
)
def test_what_the_api_may_gain_tomorrow_is_hidden_by_its_looks(document: dict[str, Any]) -> None:
    shown = json.dumps(privacy.hide(document, show_urls=False))
    for secret in ('"x"', "x@y", "/x?", "live_x"):
        assert secret not in shown


def test_names_of_members_and_urls_without_a_scheme_are_hidden_too() -> None:
    document = {
        "by_role": {"jane@customer.example": "admin", "https://m.example/p/ab12.mp4": 1},
        "thumb": "//cdn.example.net/p/ab12/clip.mp4?hash=cd34",
        "member_user_ids": ["9f8a7b6c"],
        "api_keys": ["opaque"],
    }
    assert privacy.hide(document, show_urls=False) == {
        "by_role": {"[redacted]": "admin", "https://m.example/[redacted]": 1},
        "thumb": "//cdn.example.net/[redacted]",
        "member_user_ids": "[redacted]",
        "api_keys": "[redacted]",
    }


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        ("1https://m.example/a.", "1https://m.example/[redacted]."),
        ("(see ftp://m.example/a),", "(see ftp://m.example/[redacted]),"),
        ("a // b, https://m.example and x//y.z", "a // b, https://m.example and x//y.z"),
    ],
)
def test_what_stands_around_a_url_stays(shown: str, hidden: str) -> None:
    assert privacy.text(shown) == hidden


@pytest.mark.parametrize("pattern", ["a.", "a.b-c+", "1.", "x://!", "//a.", "sume_a_", "!", "a:/"])
def test_hiding_takes_no_longer_than_the_text_is_long(pattern: str) -> None:
    """The limit is no measurement: what is quadratic needs hours at this length."""
    privacy.hide(
        {"title": "https://a" + pattern * (3_000_000 // len(pattern)) + "x"}, show_urls=False
    )


def test_what_is_public_stays() -> None:
    document = {
        "id": "job_1", "keywords": ["jar"], "next_cursor": "eyJ1c2VyX2lkIjoxfQ==", "n": 1.5,
        "tokens": 3, "api_key": {"prefix": "sume_live_"}, "ok": True, "none": None,
    }  # fmt: skip
    assert privacy.hide(document, show_urls=False) == document
