"""Guarantee: a sandbox costs nothing to import, is there at once, and surely gone.

The threat is a stand-in that outlives the test process that started it, holds ports or threads
after `close`, or slows every pytest run of everybody who installs the package.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from sume_ext.sandbox import Limits, MissingExtraError, Sandbox, extras
from tests.sandbox.api import Api, put

if TYPE_CHECKING:
    from collections.abc import Callable

HEAVY = ("httpx", "attrs", "attr", "uvicorn", "httptools", "starlette", "jsonschema_rs", "asyncio")


def python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints."""
    line = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout


def refuses(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((str(address.hostname), int(address.port or 0)), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def until(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within ten seconds."""
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("module", ["sume_ext.sandbox", "sume_ext.sandbox.pytest_plugin"])
def test_importing_brings_nothing_heavy(module: str) -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import importlib;"
        "importlib.import_module(sys.argv[1]); print(' '.join(set(sys.modules) - before))"
    )
    loaded = set(python(code, module).split())
    assert not loaded & set(HEAVY)
    assert not [name for name in loaded if name.startswith("sume_api")]


def test_a_sandbox_without_sockets_brings_no_server() -> None:
    code = (
        "import sys; from sume_ext.sandbox import Sandbox; Sandbox(); print(' '.join(sys.modules))"
    )
    assert not {"uvicorn", "httptools", "httpx"} & set(python(code).split())


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str) -> str | None:
        return None if name == "uvicorn" else name

    monkeypatch.setattr(extras, "find_spec", find_spec)
    sandbox = Sandbox()
    with pytest.raises(MissingExtraError, match=r'uvicorn: pip install "sume-ext\[sandbox\]"'):
        sandbox.start()
    sandbox.close()


def test_a_missing_validator_says_what_to_install() -> None:
    """Without sockets the validator alone is needed, and its absence is told the same way."""
    code = (
        "import sys; sys.modules['jsonschema_rs'] = None\n"
        "from sume_ext.sandbox import Sandbox, MissingExtraError\n"
        "try: Sandbox()\n"
        "except MissingExtraError as error: print(error)"
    )
    assert 'pip install "sume-ext[sandbox]"' in python(code)


def test_several_at_once_are_apart() -> None:
    with Sandbox() as one, Sandbox() as two, Api(one) as first, Api(two) as second:
        job = first.video()
        assert len(two.jobs) == 0
        assert second.refused(404, "GET", f"/jobs/{job}")
        with Api(two, one.api_key) as stranger:
            stranger.refused(401, "GET", "/me")


def test_closing_frees_ports_and_threads_and_may_be_repeated() -> None:
    threads = threading.active_count()
    sandbox = Sandbox().start()
    urls = [sandbox.base_url, sandbox.storage_url, sandbox.media_url]
    with Api(sandbox) as api:
        api.ok("GET", "/me")
        place = api.presign()
        assert put(place).is_success
        sandbox.close()
        sandbox.close()
        with pytest.raises(httpx.TransportError):
            api.get("/me")
    assert all(refuses(url) for url in urls)
    assert threading.active_count() == threads


def test_closing_ends_what_hangs_and_leaves_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Sandbox(faults=["get_me hang=before"]) as sandbox:
            address = urlsplit(sandbox.base_url)
            host, port = str(address.hostname), int(address.port or 0)
            with socket.create_connection((host, port)) as connection:
                head = f"GET /api/v1/me HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n"
                connection.sendall(head.encode())
                assert until(lambda: sandbox.requests.total == 1)
                sandbox.close()
                with contextlib.suppress(ConnectionResetError):
                    assert connection.recv(1) == b""
        gc.collect()


def test_a_port_that_is_taken_is_told_and_leaves_nothing_open() -> None:
    with Sandbox() as sandbox:
        taken = int(urlsplit(sandbox.media_url).port or 0)
        with pytest.raises(OSError, match="in use"):
            Sandbox(ports=(0, 0, taken)).start()
    gc.collect()


def test_starting_twice_changes_nothing() -> None:
    with Sandbox() as sandbox:
        before = sandbox.base_url
        assert sandbox.start() is sandbox
        assert sandbox.base_url == before


def test_reset_keeps_the_address_and_forgets_the_rest() -> None:
    with Sandbox(credits=7) as sandbox:
        key, url = sandbox.api_key, sandbox.base_url
        with Api(sandbox) as api:
            api.ok("GET", "/me")
            sandbox.set_credits(1)
            sandbox.faults.add("* status=500")
            sandbox.reset(credits=9)
            assert sandbox.base_url == url
            assert api.refused(401, "GET", "/me")
        assert sandbox.api_key != key
        assert (sandbox.credits(), len(sandbox.requests)) == (9, 1)
        sandbox.reset()
        assert sandbox.credits() == 7
        with pytest.raises(TypeError, match="no setting colour"):
            sandbox.reset(colour="red")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_it_dies_with_its_process_even_when_that_is_killed() -> None:
    code = (
        "import os, time; from sume_ext.sandbox import Sandbox\n"
        "sandbox = Sandbox().start(); print(sandbox.base_url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert not refuses(url)
        process.kill()
        process.wait(10)
    assert until(lambda: refuses(url))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_does_not_keep_it_alive() -> None:
    """A child that lives longer, as a pool's worker does, must not hold the ports."""
    code = (
        "import os, sys, time, warnings; warnings.simplefilter('ignore')\n"
        "from sume_ext.sandbox import Sandbox\n"
        "sandbox = Sandbox().start(); child = os.fork()\n"
        "if child == 0: time.sleep(60)\n"
        "print(sandbox.base_url, child, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url, child = process.stdout.readline().split()
        process.kill()
        process.wait(10)
        try:
            assert until(lambda: refuses(url))
        finally:
            os.kill(int(child), signal.SIGKILL)


def test_it_ends_with_the_interpreter_though_nobody_closed_it() -> None:
    code = "from sume_ext.sandbox import Sandbox; print(Sandbox().start().base_url)"
    assert refuses(python(code).strip())


def test_what_is_kept_is_bounded() -> None:
    limits = Limits(jobs=5, scenes=4, uploads=2)
    with Sandbox(clock="manual", limits=limits, scenes=9) as sandbox, Api(sandbox) as api:
        assert len(api.ok("GET", "/assets")["data"]) == 4
        jobs = sandbox.jobs.seed(9)
        assert sandbox.jobs.ids() == jobs[-5:]
        assert [one["id"] for one in api.ok("GET", "/jobs")["data"]] == jobs[:-6:-1]
        api.refused(404, "GET", f"/jobs/{jobs[0]}")
        oldest = api.presign()
        places = [api.presign() for _ in range(2)]
        assert [put(place).status_code for place in (oldest, *places)] == [404, 200, 200]
        for _ in range(5):
            api.video()
        error = api.refused(503, "POST", "/videos/generations", json={"prompt": "x"})
        assert error["code"] == "sandbox_full"
        assert sandbox.credits() == 1000 - 5 * 10


def test_what_was_due_of_ended_jobs_is_forgotten_though_time_stands_still() -> None:
    sandbox = Sandbox(clock="manual", limits=Limits(jobs=10), credits=1e9)
    world = sandbox._world
    for _ in range(500):
        job = world.jobs.submit(world.workspace("sandbox"), "video_generation")
        sandbox.jobs.cancel(job.id)
    assert len(world.jobs) <= 10
    assert len(world.jobs._due) <= 4 * 10 + 110


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        Sandbox(host=host).start()


def test_closing_forgets_no_connection_that_was_just_made() -> None:
    """Half accepted, it would be found by the garbage collector, in whatever test runs then."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(10):
            with Sandbox() as sandbox:
                port = urlsplit(sandbox.base_url).port or 0
                caller = socket.create_connection(("127.0.0.1", port))
            caller.close()
            del sandbox
            gc.collect()
    assert not [str(one.message) for one in caught]
