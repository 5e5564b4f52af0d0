"""Guarantee: the engine below us tells nothing of our exchanges, in its logs or in its frames.

The threats: a logger of the engine's that nobody silenced, because no test takes that way (HTTP/2,
a proxy, SOCKS); a library whose frames a traceback shows with what we had it send.
"""

from __future__ import annotations

import importlib
import logging
import re
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpcore
import pytest

from sume_ext.secrecy import discretion
from sume_ext.secrecy.border import border
from sume_ext.secrecy.discretion import Discreet
from tests.secrets.at_root import at_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "zQ7wPx41RtLm"
ELSEWHERE = ("hpack.hpack", "hpack.table")
"""Where HTTP/2's headers are logged by a library that isn't installed here."""


def loggers() -> set[str]:
    """Every logger that the engine has, read from its source, for not all of it can be imported."""
    found: set[str] = {*ELSEWHERE}
    for file in Path(httpcore.__path__[0]).rglob("*.py"):
        found |= {*re.findall(r"getLogger\(\s*[\"'](httpcore[\w.]*)[\"']", file.read_text())}
    return found


class Kept(logging.Handler):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(f"{self.format(record)} {vars(record)!r}")


@pytest.fixture
def kept() -> Iterator[Kept]:
    with at_root(Kept()) as handler:
        yield handler


def test_the_engines_loggers_were_found() -> None:
    assert loggers() >= {"httpcore.http11", "httpcore.http2", "httpcore.connection"}


@pytest.mark.parametrize("name", sorted(loggers() | {*discretion._LOGGERS}))
def test_each_logger_of_the_engine_keeps_the_name_of_what_happens_only(
    name: str, kept: Kept
) -> None:
    discretion.install()
    logger = logging.getLogger(name)
    with Discreet():
        logger.debug("receive_headers.complete %r", [(b"x-who", MARK)], exc_info=OSError(MARK))
        logger.debug(f"send_headers.started host={MARK}")  # noqa: G004  (as the engine does it)
    assert len(kept.seen) == 2
    assert MARK not in "".join(kept.seen)
    assert kept.seen[0].startswith("receive_headers.complete ")
    logger.debug("%s", MARK)
    assert MARK in kept.seen[-1], "an application's own traffic is none of our business"


BELOW = (
    "anyio", "asyncio", "attr", "attrs", "codecs", "concurrent", "contextlib", "copy", "dateutil",
    "email", "encodings", "functools", "h11", "http", "httpcore", "httpx", "json", "selectors",
    "socket", "ssl", "threading", "urllib",
)  # fmt: skip
"""What works on our behalf: the engine with all that it calls, and what reads and writes for us."""
SOURCE = """
def work(carry):
    precious = told()
    return carry(precious)
"""


def frame_of(package: str) -> Callable[[Callable[[str], None]], None]:
    """A function of another package, one of whose locals is a secret."""
    module = ModuleType(f"{package}._deeper")
    vars(module)["told"] = lambda: MARK
    exec(compile(SOURCE, f"{package}/_deeper.py", "exec"), vars(module))
    work: Any = vars(module)["work"]
    return work  # type: ignore[no-any-return]


def locals_below(package: str) -> str:
    """What a traceback shows of a failure in a package that we called."""
    ours: dict[str, Any] = {"__name__": "sume_ext.network.transport"}
    exec("def call(work, fail):\n    work(fail)", ours)
    with pytest.raises(OSError, match="broken") as caught:
        border(ours["call"])(frame_of(package), fail_quietly)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert any(frame.name == "work" for frame in told.stack)
    return "".join(str(frame.locals) for frame in told.stack if frame.name != "fail_quietly")


def fail_quietly(_: object) -> None:
    del _
    raise OSError("broken")


@pytest.mark.parametrize("package", BELOW)
def test_no_frame_of_a_library_below_us_shows_what_it_held(package: str) -> None:
    assert MARK not in locals_below(package)


def test_frames_of_an_application_that_we_called_stay_its_own() -> None:
    assert MARK in locals_below("somebodys_listener")


def test_the_libraries_that_the_engine_is_made_of_are_among_them() -> None:
    """Read from what the engine imports, so that one it is rebuilt on is asked for here."""
    used: set[str] = set()
    for name in ("httpcore._sync.http11", "httpcore._backends.sync", "httpcore._backends.anyio"):
        module = importlib.import_module(name)
        used |= {
            str(getattr(one, "__module__", None) or getattr(one, "__name__", "")).partition(".")[0]
            for one in vars(module).values()
            if isinstance(one, (ModuleType, type)) or callable(one)
        }
    used -= {
        "builtins", "typing", "types", "enum", "time", "sys", "itertools", "logging", "__future__",
        "collections",
    }  # fmt: skip
    assert {"httpcore", "h11", "socket", "ssl", "anyio"} <= used, used
    assert used <= {*BELOW}, "the engine works with others now: add them to `_BELOW` and here"
