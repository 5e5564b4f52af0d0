"""Guarantee: in a shell the sandbox tells how to use it, logs without secrets, and ends cleanly.

The threat is a log pasted into a ticket that carries a key or a signed URL, and a server that
Ctrl-C answers with a traceback.
"""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from sume_ext.sandbox import sample_video
from tests.sandbox.api import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "sume_ext.sandbox"]


class Shell:
    """A running sandbox and what it exported."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(2)]
        exported = re.findall(r"^export (SUME_\w+)=(\S+)$", "".join(lines), re.MULTILINE)
        assert [name for name, _ in exported] == ["SUME_API_KEY", "SUME_API_BASE_URL"]
        self.key, self.url = (value for _, value in exported)

    def ask(self, method: str, path: str, **kwargs: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=self.url, headers=headers, trust_env=False) as client:
            return client.request(method, path, **kwargs)  # type: ignore[arg-type]

    def stop(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        told = self.process.communicate(timeout=10)
        return self.process.returncode, "".join(told)


@pytest.fixture
def shell() -> Iterator[list[Shell]]:
    """What it is filled with is ended in any case."""
    started: list[Shell] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.communicate()


def test_it_tells_what_to_export_and_logs_every_request(shell: list[Shell]) -> None:
    shell.append(Shell("--speed", "1000", "--fault", "get_credits status=503"))
    (sandbox,) = shell
    body = {"file_name": "a.mp4", "content_type": "video/mp4", "purpose": "asset_library_video",
            "size_bytes": sample_video().stat().st_size}  # fmt: skip
    place = sandbox.ask("POST", "/uploads/presign", json=body).json()
    httpx.put(
        place["upload_url"],
        content=sample_video().read_bytes(),
        headers=place["required_headers"],
        trust_env=False,
    )
    clip = sandbox.ask("GET", "/assets", params={"q": "s3cr3t"}).json()["data"]
    assert clip == []
    link = sandbox.ask("GET", "/assets").json()["data"][0]["clip_url"]
    fetch(link)
    sandbox.ask("GET", "/credits")
    code, log = sandbox.stop(signal.SIGINT)
    assert code == 130
    assert "Traceback" not in log
    assert "stand-in" in log
    for line in (
        r"200  POST /api/v1/uploads/presign +presign_upload",
        r"200  PUT  \(storage\) +storage_put",
        r"200  GET  \(media\) +media_get",
        r"503  GET  /api/v1/credits +get_credits  fault: get_credits status=503",
    ):
        assert re.search(line, log), log
    for secret in (sandbox.key, place["object_key"], place["upload_url"], link, "s3cr3t", "?"):
        assert secret not in log


def test_a_termination_signal_ends_it_cleanly(shell: list[Shell]) -> None:
    shell.append(Shell("--quiet"))
    shell[0].ask("GET", "/me")
    code, log = shell[0].stop(signal.SIGTERM)
    assert code == 0
    assert "get_me" not in log


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--fault", "get_me satus=1"], "a fault has no 'satus'"),
        (["--fault", "get_mee status=500"], "did you mean 'get_me'?"),
        (["--fault", "zzz yyy status=500"], "there is no method 'zzz'"),
        (["--fault", "get /me status=500"], "there is no method 'get'"),
        (["--fault", "GET me status=500"], "must begin with a slash"),
        (["--speed", "0"], "speed must be above 0"),
        (["--speed", "-1"], "speed must be above 0"),
        (["--speed", "nan"], "speed must be above 0"),
        (["--speed", "inf"], "speed must be above 0 and at most 1000000"),
        (["--credits", "-5"], "credits must be 0 or more, not -5"),
        (["--credits", "nan"], "credits must be 0 or more"),
        (["--rate-limit", "-1"], "rate_limit must be 0 or more"),
        (["--active-limit", "-1"], "active_limit must be 0 or more"),
        (["--port", "1.5"], "'1.5' is no port: give 0 to 65535"),
        (["--port", "-1"], "'-1' is no port"),
        (["--port", "99999"], "'99999' is no port"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(options: list[str], told: str) -> None:
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert told in done.stderr.splitlines()[-1]
    assert not done.stdout, "a shell that evaluates it would set what leads nowhere"
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told_in_a_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, check=False, timeout=30
        )
    assert done.returncode == 2
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert f"port {port} is in use already; choose another" in line


def test_help_shows_how_to_spell_a_fault() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert "get_job status=503 times=2 retry_after=5" in done.stdout
