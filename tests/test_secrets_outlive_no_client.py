"""Guarantee: what a client learnt of secrets is nowhere in this process once the client is gone.

The threat: a cache of the whole process, ours or the standard library's, that keeps the last signed
URLs in clear, for a core dump, a memory profiler or a debugger to find hours later.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sume_ext
from sume_ext import redact
from sume_ext.sandbox import Sandbox, sample_video
from sume_ext.urls import join_url, split_url

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(sume_ext.__file__).parent

USE = """
import asyncio, gc, json, os
from sume_ext import AsyncSume, NotFoundError, Sume, redact

def use(base_url, api_key, video, folder):
    with Sume(api_key=api_key, base_url=base_url) as sume:
        sume.account.me()
        sume.uploads.asset_video(video).wait(timeout=30)
        sume.uploads.face_swap_video(video)
        job = sume.images.generate(prompt="x").wait(timeout=30)
        result = job.result()
        result.download(folder)
        repr(result.data), repr(result.media), redact(result.data.to_dict())
        list(sume.assets.list())
        try:
            sume.jobs.get("job_of_nobody")
        except NotFoundError as error:
            repr(error)

async def ause(base_url, api_key, folder):
    async with AsyncSume(api_key=api_key, base_url=base_url) as sume:
        job = await (await sume.images.generate(prompt="x")).wait(timeout=30)
        await (await job.result()).download(folder)

def told():
    "What is told by a line; `sys.stdin` would keep it."
    line = b""
    while not line.endswith(b"\\n"):
        line += os.read(0, 65536)
    return json.loads(line)

def texts():
    "Every text in this process that anything holds."
    pending, seen = gc.get_objects(), set()
    while pending:
        for thing in gc.get_referents(pending.pop()):
            if isinstance(thing, (str, bytes, bytearray)):
                yield thing if isinstance(thing, str) else thing.decode("latin-1")
            elif not gc.is_tracked(thing) and id(thing) not in seen:
                seen.add(id(thing))
                pending.append(thing)

use(*told())
print("once", flush=True)
asyncio.run(ause(*told()))
gc.collect()
found = "\\n".join({*texts()})
print("used", flush=True)
print(json.dumps([one for one in told() if one in found]))
"""


def test_no_secret_is_kept_when_clients_are_gone(tmp_path: Path) -> None:
    with (
        Sandbox(speed=500, secrets=True) as sandbox,
        subprocess.Popen(
            [sys.executable, "-c", USE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as child,
    ):  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        start = [sandbox.base_url, sandbox.api_key]
        for step, last in ([str(sample_video()), str(tmp_path)], "once"), ([str(tmp_path)], "used"):
            child.stdin.write(json.dumps([*start, *step]) + "\n")
            child.stdin.flush()
            assert child.stdout.readline() == f"{last}\n"
        secrets = sandbox.markers()
        assert secrets["signature"]
        assert secrets["object_key"]
        every = [one for kind in secrets.values() for one in kind]
        told, _ = child.communicate(json.dumps(every) + "\n")
    assert json.loads(told) == []


def test_the_standard_librarys_cache_gets_no_url_of_ours() -> None:
    """Whatever Python does behind `urlsplit`, in this version and in the next."""
    urls = [f"https://m.example/a{i}?signature=5ca1ab1e" for i in range(9)]
    info: Callable[[], object] = getattr(urlsplit, "cache_info", lambda: None)
    before = info()
    for url in urls:
        assert split_url(url).geturl() == url
        assert join_url(url, f"/b?signature={url[-3:]}")
        redact(url)
    assert info() == before


def test_urls_are_split_in_one_module() -> None:
    """Every other splits through it, or what it splits stays in a cache of the whole process."""
    caching = {"urlsplit", "urlparse", "urljoin", "urldefrag"}
    users: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "urllib.parse":
                if caching & {alias.name for alias in node.names}:
                    users.add(path.relative_to(PACKAGE).as_posix())
            elif isinstance(node, ast.Import) and "urllib.parse" in {n.name for n in node.names}:
                users.add(path.relative_to(PACKAGE).as_posix())
    # Redaction makes objects of the library's, of URLs that are clean.
    assert users == {"urls.py", "secrecy/redaction.py"}


# --- what the standard library does otherwise --------------------------------------------------

BASE = "https://a.example/b/c/d;p?q#f"
STEPS = st.lists(st.sampled_from(["..", ".", "a", "b;x", "c.d", "..e"]), min_size=1, max_size=5)
ENDS = st.sampled_from(["", "/", "?x=1", "#y", "/?x=/../1", "?x#y"])


@given(STEPS, st.sampled_from(["", "/"]), ENDS)
def test_references_mean_what_they_do_to_the_standard_library(
    steps: list[str], before: str, after: str
) -> None:
    reference = before + "/".join(steps) + after
    assert join_url(BASE, reference) == urljoin(BASE, reference)


@pytest.mark.parametrize(
    "reference",
    [
        "", "?y", "?y#s", "#s", ";x", "g;x=1/../y", "//h.example/x", "https://h.example/../x?y",
        "http://a.example/x", "ftp://h.example/x", "mailto:a@b.example", "/", ".", "./", "../..",
        "../../../../g", "/../g", "https:g", "HTTPS://H.example/x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", [BASE, "https://a.example", "http://127.0.0.1:8000/x/"])
def test_references_of_every_kind(base: str, reference: str) -> None:
    assert join_url(base, reference) == urljoin(base, reference)


@pytest.mark.parametrize("broken", ["https://[::1/x", "//[", "https://a.example]/"])
def test_what_is_no_url_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="Invalid IPv6 URL"):
        split_url(broken)
    with pytest.raises(ValueError, match="Invalid IPv6 URL"):
        join_url(BASE, broken)
