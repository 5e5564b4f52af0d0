"""Guarantee: whatever is typed, the command ends in a known exit code and a reason.

The threat is a traceback, or a hang, for words that nobody thought of.
"""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sume_ext import cli
from sume_ext.cli import app, process

if TYPE_CHECKING:
    from pathlib import Path

GROUPS = [name for name in app.Root(()).lines() if name != "sandbox"]
WORDS = [
    *GROUPS, "list", "get", "generate", "create", "wait", "result", "download", "search",
    "upload", "status", "schema", "presign", "videos", "videos.generate", "bash", "job_1", "-",
    "--", "--help", "-h", "-q", "--json", "--yes", "--wait", "--timeout", "--download", "--all",
    "--prompt", "--duration", "--n", "--limit", "--show-urls", "--api-key", "--base-url", "0",
    "4", "x", "", "1e9", "nan", "\x00", "\udcff", "é", "😀", "=", "--prompt=", "-qq", "%s", "{}",
]  # fmt: skip
words = st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=8)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither key nor network nor signals, and a folder of its own."""
    monkeypatch.setenv("SUME_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv("SUME_API_KEY", raising=False)
    monkeypatch.setenv("SUME_YES", "1")
    monkeypatch.chdir(tmp_path)

    def leave(*, as_json: bool) -> None:
        del as_json  # the test process keeps its streams and signals

    monkeypatch.setattr(process, "_prepare", leave)
    monkeypatch.setattr(process, "_deafen", lambda: None)


@pytest.mark.usefixtures("nowhere")
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=words)
def test_any_words_end_in_a_reason(typed: list[str]) -> None:
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("sys.stdin", io.StringIO("no key\n"))
        code = cli.main(typed)
    assert code in (0, 2, 3), (typed, err.getvalue())
    assert "Traceback" not in out.getvalue() + err.getvalue()
    assert "internal error" not in err.getvalue(), (typed, err.getvalue())
    if code:
        assert err.getvalue().strip()
        if "--json" in typed and not err.getvalue().startswith("Usage:"):
            assert "error" in json.loads(err.getvalue().splitlines()[-1])
    else:
        assert out.getvalue() or "-q" in typed or "setup" in typed or "logout" in typed
