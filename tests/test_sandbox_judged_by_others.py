"""Guarantee: third-party tools that know the schema find nothing wrong with the sandbox.

The threat is a mistake made twice: the same misreading of the schema in the sandbox and in our own
tests of it. Each tool is also shown a planted mistake, to see that it looks.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sume_ext.sandbox import Sandbox
from sume_ext.sandbox.contract import document_path
from sume_ext.sandbox.operations import HANDLERS
from tests.sandbox.api import Api
from tests.sandbox.tour import tour

if TYPE_CHECKING:
    from collections.abc import Generator

    from sume_ext.sandbox.clock import ClockMode

ROOT = Path(__file__).parent.parent
SCHEMATHESIS = Path(sysconfig.get_path("scripts")) / "schemathesis"
PRISM = "@stoplight/prism-cli@5.14.2"
DEFECT = 'get_credits times=null set=\'{"remaining_credits": "many"}\''
ACCEPTED = '{"object": "image_generation", "job": {"id": "job_1", "status": "queued"}}'
FORGIVING = f"create_image_generation times=null status=202 body='{ACCEPTED}'"

pytestmark = pytest.mark.slow


def endless(*faults: str, clock: ClockMode = "running") -> Sandbox:
    return Sandbox(credits=1e15, active_limit=None, speed=1000, clock=clock, faults=faults)


def schemathesis(sandbox: Sandbox, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it as its users do; ``--url`` keeps it off the server that the document names."""
    return subprocess.run(
        [SCHEMATHESIS, "run", str(document_path()), "--url", sandbox.base_url, "--no-color",
         "-H", f"Authorization: Bearer {sandbox.api_key}", "--seed", "1",
         "--exclude-checks", "positive_data_acceptance", "--generation-database", "none",
         "--max-examples", "25", *options],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.sandbox.schemathesis_hooks",
             "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=300,
    )  # fmt: skip


@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis isn't installed here")
def test_schemathesis_finds_no_violation(tmp_path: Path) -> None:
    """Examples, coverage, fuzzing and stateful; data that fits the schema and data that doesn't."""
    with endless() as sandbox:
        done = schemathesis(sandbox, tmp_path)
        assert done.returncode == 0, done.stdout[-4000:]
        assert "Selected: 18/18" in done.stdout
        assert "Tested: 18" in done.stdout
        for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
            assert re.search(rf"✅ {phase}", done.stdout), done.stdout[-2000:]
        answered = {(one.operation, one.status) for one in sandbox.requests}
        reached = {name for name, status in answered if status and status < 400}
        # These need an upload first, or a TikTok's URL; Prism sees them.
        hard_to_reach = {"create_face_swap", "create_asset", "create_reference_analysis"}
        assert {one.name for one in HANDLERS.values()} - reached <= hard_to_reach


@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis isn't installed here")
@pytest.mark.parametrize(
    ("fault", "path", "complaint"),
    [
        (DEFECT, "/credits", "Response violates schema"),
        (FORGIVING, "/images/generations", "Schema-violating request accepted"),
    ],
)
def test_schemathesis_finds_a_planted_mistake(
    tmp_path: Path, fault: str, path: str, complaint: str
) -> None:
    with endless(fault) as sandbox:
        done = schemathesis(sandbox, tmp_path, "--include-path", path, "--continue-on-failure")
        assert done.returncode == 1
        assert complaint in done.stdout


# --- Prism -------------------------------------------------------------------------------------


def prism_executable(cache: Path) -> Path:
    """Prism from npm, installed once; skips the test where that can't be done."""
    executable = cache / "node_modules/.bin/prism"
    if executable.exists():
        return executable
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm isn't installed here, so Prism can't be")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(cache), PRISM],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode or not executable.exists():
        pytest.skip(f"npm can't install Prism: {done.stderr.strip().splitlines()[:1]}")
    return executable


@contextlib.contextmanager
def prism(executable: Path, sandbox: Sandbox, log: Path) -> Generator[str]:
    """Prism between client and sandbox: it answers 500 itself where either breaks the schema."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [str(executable), "proxy", str(document_path()), sandbox.base_url, "--errors",
            "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    with log.open("w") as sink, subprocess.Popen(line, stdout=sink, stderr=sink) as process:
        try:
            end = time.monotonic() + 60
            while "listening" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_prism_finds_no_violation_on_the_way_but_a_planted_one(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """Every operation with success and every refusal once, each judged by Prism both ways."""
    executable = prism_executable(pytestconfig.cache.mkdir("prism-5.14.2"))
    with (
        endless(clock="manual") as sandbox,
        prism(executable, sandbox, tmp_path / "log") as url,
        Api(sandbox, base_url=url) as api,
    ):
        tour(api, sandbox)
        api.refused(404, "GET", "/jobs/job_unknown")
        api.refused(404, "GET", "/assets/asset_unknown")
        job = api.video()
        api.refused(409, "GET", f"/jobs/{job}/result")
        sandbox.jobs.fail(job)
        assert api.job(job)["error"]
        sandbox.set_credits(0)
        api.refused(402, "POST", "/videos/generations", json={"prompt": "x"})
        called = {one.operation for one in sandbox.requests}
        assert called >= {one.name for one in HANDLERS.values()}
        sandbox.faults.add(DEFECT)
        answer = api.get("/credits")
        assert answer.status_code == 500
        assert "remaining_credits must be number" in answer.text
        sandbox.revoke(sandbox.api_key)
        api.refused(401, "GET", "/me")
