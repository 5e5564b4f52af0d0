"""Guarantee: no secret the API hands out shows anywhere, by default, whatever goes wrong.

The sandbox marks every kind of secret with values that occur nowhere else. The whole surface is
used, in good weather and bad, with every logger at DEBUG; then everything written is searched for
the markers in every form. The test proves itself: without the protections it finds each kind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sume_ext
from sume_ext import DownloadError, Sume, errors, redact
from sume_ext.operations import RESOURCES
from sume_ext.sandbox import Sandbox, sample_video
from tests.secrets.tour import AsyncGuide, SyncGuide, failed_jobs, good_weather
from tests.secrets.trap import RULES, Trap, files_found_by_gitleaks, found_in, gitleaks
from tests.secrets.unprotected import PROTECTIONS, switch_off
from tests.secrets.weather import (
    FAULTS,
    MISTAKES,
    NOWHERE,
    SETTINGS,
    bad_weather,
    mistakes,
    refused_settings,
)
from tests.thoroughness import one_in

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDES = (SyncGuide, AsyncGuide)


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    folder = tmp_path / "seen"
    folder.mkdir()
    made = Trap(folder)
    yield made
    made.close()


def in_good_weather(trap: Trap, folder: Path) -> tuple[dict[str, list[str]], list[set[str]]]:
    """The markers to look for, and what each guide has visited."""
    visited: list[set[str]] = []
    with Sandbox(speed=200, secrets=True) as sandbox:
        with trap.listening():
            for guide in GUIDES:
                do = guide(sandbox, trap)
                good_weather(do, folder)
                do.close()
                visited.append(do.visited)
        return {**sandbox.markers(), **trap.marks.given}, visited


def in_bad_weather(
    trap: Trap, folder: Path, guide: type[SyncGuide | AsyncGuide], faults: tuple[str, ...]
) -> dict[str, list[str]]:
    """The markers to look for, after each fault came to what it should."""
    with Sandbox(speed=200, secrets=True, active_limit=None, credits=100_000) as sandbox:
        with trap.listening():
            make = partial(guide, sandbox, trap)
            met = bad_weather(make, sandbox, faults, folder)
        assert met == {fault: FAULTS[fault] for fault in faults}
        return sandbox.markers()


def test_good_weather_shows_nothing(trap: Trap, tmp_path: Path) -> None:
    markers, visited = in_good_weather(trap, tmp_path)
    lines = {f"{one.name}.{method}" for one in RESOURCES for method in one.methods}
    for seen in visited:
        assert not lines - seen, "visit these with do.visit() in tests/secrets/tour.py"
    assert all(markers.values()), "a kind of secret was never handed out"
    assert found_in(trap.folder, markers) == {}
    assert gitleaks(trap.folder) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_mistakes_and_refused_settings_show_nothing_that_was_given(
    guide: type[SyncGuide | AsyncGuide], trap: Trap
) -> None:
    trap.painted = False
    with Sandbox(speed=200, secrets=True) as sandbox:
        with trap.listening():
            do = guide(sandbox, trap)
            met = mistakes(do) | refused_settings(do)
            do.close()
            do = guide(sandbox, trap, base_url=NOWHERE)
            do(lambda c: c.images.generate(prompt=trap.marks.prose()))
            do.close()
        markers = {**sandbox.markers(), **trap.marks.given}
    assert met == {what: error for what, (error, _) in {**MISTAKES, **SETTINGS}.items()}
    assert trap.failures[-1] == "NotSentError"
    assert found_in(trap.folder, markers) == {}


def test_every_exception_is_met_in_one_weather_or_another() -> None:
    """An exception that is added must be shown, too."""
    every = {
        name for name, one in vars(errors).items() if isinstance(one, type)
        and issubclass(one, errors.SumeError)
    }  # fmt: skip
    exported = {getattr(sume_ext, name) for name in sume_ext.__all__}
    assert every == {
        one.__name__ for one in exported if isinstance(one, type) and issubclass(one, Exception)
    }
    met = {error for expected in FAULTS.values() for error in expected.values()}
    met |= {error for error, _ in (*MISTAKES.values(), *SETTINGS.values())}
    met |= ENDED | {"NotSentError"}
    bases = {"SumeError", "TransportError", "JobError", "TransferError"}
    assert every - bases == met - {None}, (
        "make a fault or a mistake of tests/secrets/weather.py end in it"
    )


ENDED = {"JobFailedError", "JobCanceledError", "JobExpiredError", "JobTimeoutError"}


@pytest.mark.parametrize("guide", one_in(2, GUIDES))
def test_jobs_that_end_badly_show_nothing(
    guide: type[SyncGuide | AsyncGuide], trap: Trap, tmp_path: Path
) -> None:
    """A failed job quotes what its provider said, in its data, its events, outcomes and errors."""
    with Sandbox(speed=200, secrets=True, active_limit=None, credits=100_000) as sandbox:
        with trap.listening():
            do = guide(sandbox, trap)
            do(lambda c: c.uploads.asset_video(sample_video()))
            do(lambda c: c.account.me())
            failed_jobs(do, sandbox)
            do.close()
        markers = sandbox.markers()
    assert set(trap.failures) >= ENDED
    assert found_in(trap.folder, markers) == {}


def test_what_a_broken_download_leaves_behind_tells_nothing(tmp_path: Path) -> None:
    """Part of a file and what it takes to go on lie in the user's folder, readable for others."""
    with Sandbox(speed=500, secrets=True) as sandbox:
        with Sume(api_key=sandbox.api_key, base_url=sandbox.base_url, timeout=2) as sume:
            job = sume.images.generate(prompt="x").wait(timeout=20)
            sandbox.faults.add(operation="media_get", truncate="length", times=None)
            with pytest.raises(DownloadError):
                job.result().download(tmp_path, timeout=1)
        markers = sandbox.markers()
    assert [*tmp_path.rglob("*")], "nothing was left behind"
    assert found_in(tmp_path, markers) == {}


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("fault", one_in(3, ["status=400", "reset=mid", "shape=cut_json"]))
def test_a_failure_shows_nothing(
    guide: type[SyncGuide | AsyncGuide], fault: str, trap: Trap, tmp_path: Path
) -> None:
    markers = in_bad_weather(trap, tmp_path, guide, (fault,))
    assert found_in(trap.folder, markers) == {}


@pytest.mark.slow
def test_the_command_shows_and_keeps_nothing(trap: Trap, tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    video.write_bytes(sample_video().read_bytes())
    lines = (
        ["me"], ["me", "--json"], ["credits"], ["jobs", "list", "--json"], ["assets", "list"],
        ["avatars", "list", "--json"], ["uploads", "face-swap-video", str(video)],
        ["images", "generate", "--prompt", "x", "--yes", "--wait", "--download", "--json"],
    )  # fmt: skip
    with Sandbox(speed=200, secrets=True) as sandbox:
        environment = {
            **os.environ,
            "SUME_API_KEY": sandbox.api_key,
            "SUME_API_BASE_URL": sandbox.base_url,
            "SUME_CONFIG_DIR": str(trap.folder / "config"),
            "HOME": str(trap.folder),
            "PYTHONDEVMODE": "1",
        }

        def run(words: list[str]) -> str:
            done = subprocess.run(
                [Path(sys.executable).with_name("sume"), *words],
                capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
                env=environment,
            )  # fmt: skip
            return f"{words} {done.returncode}\n{done.stdout}\n{done.stderr}\n"

        with ThreadPoolExecutor(2) as pool:
            trap.write("command.txt", "".join(pool.map(run, lines)))
            echo = " ".join(values[-1] for values in sandbox.markers().values() if values)
            sandbox.faults.add(operation="*", status=403, message=f"not for {echo}", times=None)
            trap.write("refused.txt", "".join(pool.map(run, lines)))
        markers = sandbox.markers()
    written = (trap.folder / "command.txt").read_text()
    assert written.count("] 0\n") >= 6, written
    assert "not for" in (trap.folder / "refused.txt").read_text()
    assert found_in(trap.folder, markers) == {}
    assert gitleaks(trap.folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("share", range(4))
def test_no_fault_of_the_request_path_shows_anything(
    guide: type[SyncGuide | AsyncGuide], share: int, trap: Trap, tmp_path: Path
) -> None:
    markers = in_bad_weather(trap, tmp_path, guide, (*FAULTS,)[share::4])
    assert found_in(trap.folder, markers) == {}
    assert gitleaks(trap.folder) == []


PLANTED = """
Authorization: Bearer abcDEF123456ghi
X-Api-Key: 0123456789abcdefXYZ
key sume_live_0123456789abcdefABCD
GET https://b.example/k?X-Amz-Signature=0123456789abcdef0123456789abcdef
user_sandbox_0123456789abcdef0123 asked
someone.else@sandbox.example asked
"""


def test_the_scanner_finds_what_is_planted_and_nothing_once_it_is_redacted(tmp_path: Path) -> None:
    for name, text in {"planted": PLANTED, "redacted": redact(PLANTED)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.log").write_text(text)
    expected = ["bearer", "owner-id", "sandbox-email", "signed-url", "sume-key", "x-api-key"]
    assert set(expected) <= set(gitleaks(tmp_path / "planted"))
    assert gitleaks(tmp_path / "redacted") == []


def test_the_scanner_knows_every_kind_by_our_rules_and_not_without_them(tmp_path: Path) -> None:
    """A rule that is lost, or no longer fits, must not go unnoticed: each finds what is planted."""
    with Sandbox(speed=500, secrets=True) as sandbox:
        with Sume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume:
            sume.account.me()
            sume.uploads.asset_video(sample_video())
            sume.images.generate(prompt="x").wait(timeout=20).result()
        markers = sandbox.markers()
    planted = tmp_path / "planted"
    planted.mkdir()
    for kind, values in markers.items():
        said = f"https://h.example/p?signature={values[0]}" if kind == "signature" else values[0]
        (planted / f"{kind}.txt").write_text(f"seen {said} there\n")
    (planted / "headers.txt").write_text(
        "Authorization: Bearer abcDEF123456\nX-Api-Key: abc0123DEF"
    )
    rules = tomllib.loads(RULES.read_text())["rules"]
    assert {rule["id"] for rule in rules} <= set(gitleaks(planted))
    assert files_found_by_gitleaks(planted) == {*markers, "headers"}
    bare = tmp_path / "default.toml"
    bare.write_text("[extend]\nuseDefault = true\n")
    assert not {"email", "user_id", "object_key"} & files_found_by_gitleaks(planted, bare)


@pytest.mark.slow
def test_without_the_protections_every_kind_is_found(
    trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch)
    with Sandbox(speed=200, secrets=True) as sandbox:
        with trap.listening():
            do = SyncGuide(sandbox, trap)
            good_weather(do, tmp_path)
            do.close()
        markers = sandbox.markers()
    found = found_in(trap.folder, markers)
    assert found.keys() == markers.keys()
    # The independent scanner finds what it knows a shape of.
    seen = {"sume-key", "signed-url", "owner-id", "sandbox-email", "object-key", "required-header"}
    assert seen <= set(gitleaks(trap.folder))


@pytest.mark.slow
@pytest.mark.parametrize("protection", PROTECTIONS)
def test_none_of_the_protections_could_be_lost_unnoticed(
    protection: str, trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PROTECTIONS[protection](monkeypatch)
    with Sandbox(speed=200, secrets=True, active_limit=None) as sandbox:
        with trap.listening():
            do = SyncGuide(sandbox, trap, timeout=0.5)
            trap.show(do.client._config)
            do(lambda c: c.account.me())
            do(lambda c: c.uploads.asset_video(sample_video()))
            do.close()
            make = partial(SyncGuide, sandbox, trap)
            bad_weather(make, sandbox, ("status=400",), tmp_path)
        markers = sandbox.markers()
    assert found_in(trap.folder, markers) != {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("log.txt", {"api_key", "signature", "email"}),
        ("locals.txt", {"api_key", "object_key", "upload_url"}),
        ("rich.txt", {"api_key", "object_key", "upload_url"}),
    ],
)
def test_without_the_protections_each_way_out_is_watched(
    file: str, kinds: set[str], trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch)
    markers = in_bad_weather(trap, tmp_path, SyncGuide, ("status=400",))
    found = found_in(trap.folder, markers)
    assert kinds <= {kind for kind, files in found.items() if file in files}
