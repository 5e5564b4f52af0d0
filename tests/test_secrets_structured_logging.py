"""Guarantee: structlog's records are as clean as any, also what its formatter looks for itself.

The threat: structlog puts ``exc_info=True`` into the mapping that is a record's message, and takes
the exception from `sys.exc_info()` when the record was cleaned long ago.
"""

from __future__ import annotations

import io
import json
import logging
import logging.handlers
import queue
import sys
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.processors import JSONRenderer, StackInfoRenderer, format_exc_info
from structlog.stdlib import ProcessorFormatter

from sume_ext import install_log_redaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "zQ7wPx41RtLm"
KEY = f"sume_live_{MARK}"
RENDERERS: dict[str, tuple[Any, ...]] = {
    "json": (StackInfoRenderer(), format_exc_info, JSONRenderer(default=repr)),
    "as dicts": (
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        JSONRenderer(default=repr),
    ),
    "console": (
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ),
    "bare": (JSONRenderer(default=repr),),
}


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """What a handler of an application writes that logs with structlog through `logging`."""
    uninstall = install_log_redaction()
    handler = logging.StreamHandler(io.StringIO())
    logger = logging.getLogger("structured")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    formatting(handler, "json")
    yield handler.stream
    structlog.reset_defaults()
    logger.removeHandler(handler)
    uninstall()


def formatting(handler: logging.Handler, renderer: str) -> None:
    handler.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, *RENDERERS[renderer]]
        )
    )


def log() -> Any:
    return structlog.get_logger("structured")


def fail(text: str = f"403 for {KEY}") -> None:
    raise RuntimeError(text)


WAYS: dict[str, Callable[[BaseException], None]] = {
    "exception()": lambda _: log().exception("failed"),
    "exc_info=True": lambda _: log().error("failed", exc_info=True),
    "exc_info=error": lambda error: log().error("failed", exc_info=error),
    "exc_info=tuple": lambda _: log().error("failed", exc_info=sys.exc_info()),
}


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("way", WAYS)
def test_an_exception_is_clean(way: str, renderer: str, out: io.StringIO) -> None:
    formatting(logging.getLogger("structured").handlers[0], renderer)
    try:
        fail()
    except RuntimeError as error:
        WAYS[way](error)
    said = out.getvalue()
    assert MARK not in said
    assert "failed" in said
    assert "403 for [redacted]" in said or renderer == "bare"
    assert "fail()" in said or renderer in ("bare", "as dicts")


def test_lines_of_source_are_clean(out: io.StringIO) -> None:
    try:
        fail("sume_live_zQ7wPx41RtLm"[:9])
    except RuntimeError:
        log().exception("failed")
    said = json.loads(out.getvalue())
    assert MARK not in out.getvalue()
    assert said["event"] == "failed"
    assert "Traceback" in said["exception"]
    assert "exc_info" not in said


def test_a_stack_is_clean(out: io.StringIO) -> None:
    log().error("where am I", stack_info=True, key="sume_live_zQ7wPx41RtLm")
    said = json.loads(out.getvalue())
    assert MARK not in out.getvalue()
    assert "test_a_stack_is_clean" in said["stack"]


def test_a_clean_record_passes_as_it_is(out: io.StringIO) -> None:
    seen: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = logging.handlers.QueueHandler(seen)
    handler.prepare = lambda record: record  # type: ignore[method-assign]
    logging.getLogger("structured").addHandler(handler)
    try:
        try:
            fail("nothing special")
        except RuntimeError:
            log().exception("failed", stack_info=True)
        log().error("no exception", exc_info=True)
    finally:
        logging.getLogger("structured").removeHandler(handler)
    message: Any = seen.get_nowait().msg
    assert message["exc_info"] is True
    assert message["stack_info"] is True
    first, second = map(json.loads, out.getvalue().splitlines())
    assert "nothing special" in first["exception"]
    assert "test_a_clean_record" in first["stack"]
    assert second["event"] == "no exception"


class Talkative:
    """Says in a mapping what none of its attributes hold."""

    def __init__(self) -> None:
        self.calls = 0

    def __repr__(self) -> str:
        self.calls += 1
        return f"<{KEY if self.calls > 2 else 'nothing'}>"


def test_a_mapping_that_is_dirty_only_as_a_whole_is_a_mapping_still(out: io.StringIO) -> None:
    log().error("seen", thing=Talkative())
    assert "[redacted]" in json.loads(out.getvalue())["event"]
    assert MARK not in out.getvalue()
