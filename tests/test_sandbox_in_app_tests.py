"""Guarantee: an app developer tests against the sandbox in five lines, by fixture and marks.

The threat is a fixture that carries one test's state into the next, or that works in this
repository only: the first test runs pytest as an app's developer would, in a folder of their own.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sume_ext import AsyncSume, InsufficientCreditsError, JobFailedError, Sume
from sume_ext.sandbox import Fault, Sandbox, sample_video
from tests.support import FakeClock

README = Path(__file__).parent.parent / "README.md"
MANY = """
import os
import pytest

seen = []

@pytest.mark.parametrize("n", range(3))
@pytest.mark.sume_sandbox(credits=5)
@pytest.mark.sume_faults("get_me status=503 times=2", operation="get_credits", status=500)
def test_fresh(sume_sandbox, n):
    assert len(sume_sandbox.requests) == 0 and len(sume_sandbox.faults) == 2
    assert sume_sandbox.credits() == 5
    assert os.environ["SUME_API_KEY"] == sume_sandbox.api_key
    sume_sandbox.set_credits(0)
    seen.append((sume_sandbox.base_url, sume_sandbox.api_key))

def test_started_once(sume_sandbox):
    assert len({url for url, _ in seen}) == 1 and len({key for _, key in seen}) == 3
    assert sume_sandbox.credits() == 1000

def test_leaves_the_environment_alone():
    assert "SUME_API_KEY" not in os.environ

@pytest.mark.sume_sandbox(colour="red")
def test_unknown_settings_are_told(sume_sandbox):
    pass
"""


DIFFERENT = """
from sume_api.models import Asset, PresignedUpload

def presigned(mark, **more):
    return PresignedUpload.from_dict({
        "upload_url": "https://store.example/" + mark, "object_key": mark,
        "required_headers": {"x-a": mark}, "year": mark, **more,
    })

def test_hidden():
    assert presigned("zQ7wPx" + "41RtLm") == presigned("zQ7wPx" + "42RtLm")

def test_shown():
    asset = Asset.from_dict({"id": "asset_1", "object": "asset", "name": "a jar"})
    assert asset == Asset.from_dict({"id": "asset_2", "object": "asset", "name": "a jar"})

def test_others():
    assert [1, 2] == [1, 3]
"""


def run_pytest(folder: Path, content: str) -> str:
    (folder / "test_app.py").write_text(content)
    off = ["no:cacheprovider", "no:schemathesis", "no:hypothesispytest"]
    line = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-W", "error"]
    line += [word for plugin in off for word in ("-p", plugin)]
    line += ["-o", "addopts=", str(folder)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=folder, check=False, timeout=60)
    return done.stdout + done.stderr


def test_the_five_lines_of_the_readme_work_as_pasted(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (pasted,) = [block for block in blocks if "(sume_sandbox)" in block]
    assert "1 passed" in run_pytest(tmp_path, pasted)


def test_every_test_gets_a_sandbox_as_good_as_new(tmp_path: Path) -> None:
    told = run_pytest(tmp_path, MANY)
    assert "5 passed, 1 error" in told
    assert "the sandbox has no setting colour" in told


def test_an_assertion_that_fails_tells_which_members_differ_not_what_their_repr_hides(
    tmp_path: Path,
) -> None:
    told = run_pytest(tmp_path, DIFFERENT)
    assert "3 failed" in told
    assert "zQ7wPx4" not in told
    assert "object_key (not shown)" in told
    assert "additional_properties (not shown)" in told
    assert "id: 'asset_1' != 'asset_2'" in told
    assert "At index 1 diff: 2 != 3" in told


@pytest.mark.sume_faults(Fault(operation="get_job", status=503, times=2))
def test_marks_take_faults_as_objects_too(sume_sandbox: Sandbox) -> None:
    with Sume() as sume:
        assert sume.images.generate(prompt="A jar").wait().status == "completed"
    assert sume_sandbox.requests.count(operation="get_job", status=503) == 2


def test_no_test_waits_for_a_second_look(sume_sandbox: Sandbox) -> None:
    """The client's pauses are real seconds, which it doesn't know to shorten."""
    with Sume() as sume:
        for _ in range(5):
            sume.videos.generate(prompt="A jar").wait()
    assert sume_sandbox.requests.count(operation="get_job") == 5


def test_how_a_job_ends_can_be_decided_until_somebody_looks(sume_sandbox: Sandbox) -> None:
    with Sume() as sume:
        job = sume.videos.generate(prompt="A jar")
        sume_sandbox.jobs.fail(job.id, code="nsfw")
        with pytest.raises(JobFailedError, match="nsfw"):
            job.wait()
        seen = sume.videos.generate(prompt="A jar").wait()
        with pytest.raises(ValueError, match="already ended: completed"):
            sume_sandbox.jobs.fail(seen.id)


@pytest.mark.sume_sandbox(clock="manual")
def test_a_test_moves_time_by_hand_to_see_a_job_on_its_way(sume_sandbox: Sandbox) -> None:
    with Sume() as sume:
        job = sume.videos.generate(prompt="A jar")
        seen = [job.refresh().status]
        for _ in range(5):
            sume_sandbox.advance(1)
            seen.append(job.refresh().status)
    assert [*dict.fromkeys(seen)] == ["queued", "running", "processing", "completed"]


def the_main_job(sume: Sume, folder: Path) -> None:
    """Everything the quick start does."""
    job = sume.videos.generate(prompt="A jar", duration=4)
    (path,) = job.wait().result().download(folder)
    assert path.read_bytes()[4:8] == b"ftyp"
    sume.uploads.asset_video(sample_video()).wait()
    (scene, *_) = sume.assets.search(q="hook", source_type="upload")
    assert sume.assets.get(scene.id).id == scene.id


def test_the_client_works_over_sockets(sume_sandbox: Sandbox, tmp_path: Path) -> None:
    clock = FakeClock()
    sume_sandbox.reset(clock=clock.monotonic)
    key, url = sume_sandbox.api_key, sume_sandbox.base_url
    with Sume(api_key=key, base_url=url, clock=clock) as sume:
        the_main_job(sume, tmp_path)
    storage = sume_sandbox.requests.where(operation="storage_put")
    assert [one.status for one in storage] == [200]
    assert "authorization" not in storage[0].headers


def test_the_client_works_without_sockets(tmp_path: Path) -> None:
    clock = FakeClock()
    sandbox = Sandbox(clock=clock.monotonic)
    key, url, carrier = sandbox.api_key, sandbox.base_url, sandbox.transport()
    with Sume(api_key=key, base_url=url, transport=carrier, clock=clock) as sume:
        the_main_job(sume, tmp_path)
    assert sandbox.requests.count(operation="create_asset", status=202) == 1
    sandbox.close()


def test_the_asynchronous_client_works_without_sockets() -> None:
    clock = FakeClock()
    sandbox = Sandbox(clock=clock.monotonic, credits=10)

    async def work() -> None:
        key, url, carrier = sandbox.api_key, sandbox.base_url, sandbox.async_transport()
        async with AsyncSume(api_key=key, base_url=url, transport=carrier, clock=clock) as sume:
            job = await sume.videos.generate(prompt="A jar", duration=4)
            with pytest.raises(InsufficientCreditsError):
                await sume.videos.generate(prompt="A jar", duration=4)
            assert (await job.wait()).status == "completed"

    asyncio.run(work())
    assert sandbox.credits() == 2
    sandbox.close()
