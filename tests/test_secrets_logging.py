"""Guarantee: what reaches a log is clean, an app's own logging is its own, and no record is lost.

The threats: httpcore's DEBUG log of response headers; a filter that touches other people's
records; `extra`, arguments, exceptions and structured messages that a text filter never sees; a
redactor that fails and lets the record through raw, or drops it.
"""

from __future__ import annotations

import asyncio
import io
import logging
import logging.handlers
import queue
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

import sume_ext
from sume_ext import AsyncSume, Sume, install_log_redaction
from sume_ext.sandbox import Sandbox
from sume_ext.secrecy import log_redaction
from sume_ext.secrecy.discretion import Discreet
from tests.secrets.at_root import at_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "zQ7wPx41RtLm"


class Kept(logging.Handler):
    """Keeps the records it sees, and what a formatter makes of them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.lines.append(self.format(record))

    @property
    def everything(self) -> str:
        seen = "\n".join(self.lines)
        for record in self.records:
            seen += f"\n{vars(record)!r}"
            if record.exc_info and record.exc_info[1]:
                seen += f"\n{record.exc_info[1]!r}{record.exc_info[1].__cause__!r}"
        return seen


@pytest.fixture
def kept() -> Iterator[Kept]:
    with at_root(Kept()) as handler:
        yield handler


@pytest.fixture
def cleaned(kept: Kept) -> Iterator[Kept]:
    uninstall = install_log_redaction()
    yield kept
    uninstall()


def ours(sandbox: Sandbox) -> None:
    with Sume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume:
        sume.credits.get()


def ours_async(sandbox: Sandbox) -> None:
    async def call() -> None:
        async with AsyncSume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume:
            await asyncio.gather(sume.credits.get(), sume.credits.get())

    asyncio.run(call())


@pytest.mark.parametrize("call", [ours, ours_async])
def test_the_engine_tells_nothing_of_our_exchanges(
    call: Callable[[Sandbox], None], kept: Kept
) -> None:
    with Sandbox() as sandbox:
        sandbox.faults.add(operation="get_credits", headers={"x-who": MARK}, times=None)
        call(sandbox)
    engine = [line for line in kept.lines if "receive_response_headers" in line]
    assert engine, "httpcore logged nothing, so nothing was tested"
    assert all(" " not in line for line in engine)
    assert MARK not in kept.everything


@pytest.mark.parametrize("call", [ours, ours_async])
def test_an_apps_own_traffic_over_the_same_engine_is_logged_as_ever(
    call: Callable[[Sandbox], None], kept: Kept
) -> None:
    with Sandbox() as sandbox:
        sandbox.faults.add(operation="*", headers={"x-who": MARK}, times=None)
        call(sandbox)
        kept.lines.clear()
        httpx.get(f"{sandbox.base_url}/credits", headers={"x-api-key": "none"})
    assert any(MARK in line for line in kept.lines)


def test_an_exchange_that_ctrl_c_broke_off_does_not_silence_the_apps_own_traffic(
    kept: Kept,
) -> None:
    Discreet().__enter__()  # all that is left of one whose end was interrupted
    with Sandbox() as sandbox:
        sandbox.faults.add(operation="*", headers={"x-who": MARK}, times=None)
        httpx.get(f"{sandbox.base_url}/credits", headers={"x-api-key": "none"})
    assert any(MARK in line for line in kept.lines)


def test_nothing_of_an_apps_logging_is_touched_unless_it_asks(kept: Kept) -> None:
    handle, factory = logging.Logger.handle, logging.getLogRecordFactory()
    app = logging.getLogger("app")
    with Sandbox() as sandbox:
        ours(sandbox)
    app.warning("Authorization: Bearer %s", MARK, extra={"token": MARK})
    assert logging.Logger.handle is handle
    assert logging.getLogRecordFactory() is factory
    assert app.filters == [] == logging.getLogger().filters
    assert logging.getLogger("httpcore").level == logging.NOTSET
    assert "Authorization: Bearer zQ7wPx41RtLm" in kept.lines


def test_any_logger_is_cleaned_message_arguments_and_extra(cleaned: Kept) -> None:
    log = logging.getLogger("somebody.elses")
    log.warning("Authorization: Bearer %s", MARK)
    log.warning("%(what)s", {"what": "fine", "password": MARK})
    log.warning("cut to %.3s", f"sume_live_{MARK}{MARK}")
    log.warning("fine", extra={"headers": {"x-api-key": MARK}, "token": MARK, "count": 3})
    log.warning({"event": "fine", "api_key": MARK})
    log.warning("two %s %s", 1, {"cookie": MARK})
    logging.getLogger("child.of").getChild("it").error(ValueError(f"token={MARK}"))
    logging.LoggerAdapter(log, {"secret": MARK}).info("fine")
    assert len(cleaned.records) == 8
    assert MARK not in cleaned.everything
    assert cleaned.lines[0] == "Authorization: [redacted]"
    assert vars(cleaned.records[3])["count"] == 3
    assert cleaned.records[4].msg == {"event": "fine", "api_key": "[redacted]"}


def test_exceptions_and_stacks_are_cleaned(cleaned: Kept) -> None:
    log = logging.getLogger("app")
    request = httpx.Request("GET", f"https://b.example/{MARK}?X-Amz-Signature=ab12")
    try:
        try:
            httpx.Response(404, request=request).raise_for_status()
        except httpx.HTTPStatusError as error:
            raise RuntimeError(f"password={MARK}") from error
    except RuntimeError:
        log.exception("failed")
        log.info("again", exc_info=sys.exc_info(), stack_info=True)
    assert MARK not in cleaned.everything
    assert "RuntimeError: password=[redacted]" in cleaned.lines[0]
    assert "HTTPStatusError" in cleaned.lines[0]
    assert "test_secrets_logging.py" in cleaned.lines[0], "the traceback is gone"


def test_a_line_of_source_with_a_literal_key_is_cleaned(cleaned: Kept) -> None:
    try:
        raise ValueError("fine") if "sume_live_zQ7wPx41RtLm" else None  # type: ignore[misc]
    except ValueError:
        logging.getLogger("app").exception("failed")
    assert MARK not in cleaned.everything


def test_clean_records_pass_untouched(cleaned: Kept) -> None:
    arguments = ("job_1", 3)
    extra = {"job": "job_1", "sizes": [1, 2]}
    logging.getLogger("app").info("%s has %d", *arguments, extra=extra)
    (record,) = cleaned.records
    assert record.msg == "%s has %d"
    assert record.args == arguments
    assert vars(record)["sizes"] is extra["sizes"]
    assert log_redaction.clean(record) is record


def test_the_applications_own_record_is_not_changed(cleaned: Kept) -> None:
    record = logging.LogRecord("app", logging.INFO, "", 0, "token=%s", (MARK,), None)
    logging.getLogger("app").handle(record)
    assert record.args == (MARK,)
    assert MARK not in cleaned.everything


def test_handlers_of_every_kind_get_it_clean(cleaned: Kept) -> None:
    waiting: queue.Queue[Any] = queue.Queue()
    shown = io.StringIO()
    log = logging.getLogger("app.queue")
    handlers: list[logging.Handler] = [
        logging.handlers.QueueHandler(waiting),
        logging.handlers.MemoryHandler(10),
        logging.StreamHandler(shown),
    ]
    for handler in handlers:
        log.addHandler(handler)
    log.error("token=%s", MARK, extra={"secret": MARK})
    for handler in handlers:
        log.removeHandler(handler)
        handler.close()
    assert MARK not in shown.getvalue() + repr(dict(vars(cast("object", waiting.get_nowait()))))


class Adding(logging.Filter):
    """Adds who it was for, as filters for request contexts do."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.user_email = f"{MARK}@x.example"
        record.note = f"token={MARK}"
        return True


SHOWN = logging.Formatter("%(user_email)s %(note)s %(message)s", defaults={"user_email": "-"})


@pytest.mark.parametrize("on", ["logger", "handler"])
def test_what_a_filter_adds_is_cleaned(on: str, cleaned: Kept) -> None:
    log, shown = logging.getLogger(f"app.filtered.{on}"), io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.setFormatter(SHOWN)
    log.addHandler(handler)
    (log if on == "logger" else handler).addFilter(Adding())
    log.error("fine")
    log.handlers.clear()
    log.filters.clear()
    assert shown.getvalue() == "[redacted] token=[redacted] fine\n"
    assert MARK not in cleaned.everything, "the next handler gets the same record"


class OwnWay(logging.Logger):
    """Hands records on without asking `logging.Logger.handle`."""

    def handle(self, record: logging.LogRecord) -> None:
        self.callHandlers(record)


def test_records_that_come_by_another_way_are_cleaned(kept: Kept, cleaned: Kept) -> None:
    own = OwnWay("app.own", logging.DEBUG)
    own.addHandler(kept)
    own.error("token=%s", MARK)
    record = logging.makeLogRecord({"msg": "token=%s", "args": (MARK,), "name": "app"})
    kept.handle(record)
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(waiting, kept)
    waiting.put(record)
    listener.start()
    listener.stop()
    assert kept.lines == ["token=[redacted]"] * 3
    assert MARK not in cleaned.everything


def test_a_clean_record_is_looked_at_once_however_many_handlers_there_are(
    cleaned: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[logging.LogRecord] = []
    clean = log_redaction.clean

    def counted(record: logging.LogRecord) -> logging.LogRecord:
        looked.append(record)
        return clean(record)

    monkeypatch.setattr(log_redaction, "clean", counted)
    log = logging.getLogger("app.several")
    log.handlers = [logging.NullHandler(), logging.StreamHandler(io.StringIO()), Kept()]
    log.error("fine")
    log.handlers.clear()
    assert len(looked) == 1
    assert cleaned.lines == ["fine"]


def test_numbers_under_sensitive_names_are_hidden_and_others_stay(cleaned: Kept) -> None:
    logging.getLogger("app").info("fine", extra={"user_id": 88312945, "count": 3, "token": True})
    shown = vars(cleaned.records[0])
    assert (shown["user_id"], shown["count"], shown["token"]) == ("[redacted]", 3, True)


class Masked(int):
    """A number that shows itself as something else."""

    def __str__(self) -> str:
        return f"sume_live_{MARK}"

    __repr__ = __str__


class MaskedText(str):
    """Text that shows itself as another."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"sume_live_{MARK}"


def test_values_that_show_themselves_as_others_are_cleaned_as_shown(cleaned: Kept) -> None:
    log = logging.getLogger("app")
    log.info("fine", extra={"number": Masked(1), "text": MaskedText("fine")})
    log.info("%s %s", Masked(1), MaskedText("fine"))
    log.info("%d", Masked(1))
    assert cleaned.lines == ["fine", "[redacted] [redacted]", "1"]
    assert MARK not in cleaned.everything


def test_an_attribute_that_took_anothers_place_is_cleaned(cleaned: Kept) -> None:
    record = logging.LogRecord("app", logging.INFO, "", 0, "fine", (), None)
    del record.thread
    record.token = MARK
    logging.getLogger("app").handle(record)
    assert MARK not in cleaned.everything


class Hostile:
    """Fails when it is looked at."""

    def __repr__(self) -> str:
        raise RuntimeError(MARK)


@pytest.mark.parametrize("failure", [RuntimeError, RecursionError, MemoryError, UnicodeError])
def test_a_failing_redactor_neither_drops_a_record_nor_lets_it_through(
    failure: type[Exception], cleaned: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> str:
        raise failure(MARK)

    monkeypatch.setattr(log_redaction, "redact_text", fail)
    logging.getLogger("app").error("token=%s", MARK, exc_info=ValueError(MARK))
    (record,) = cleaned.records
    assert record.levelno == logging.ERROR
    assert record.name == "app"
    assert record.funcName == "test_a_failing_redactor_neither_drops_a_record_nor_lets_it_through"
    assert failure.__name__ in cleaned.lines[0]
    assert MARK not in cleaned.everything


def test_a_record_that_could_not_be_cleaned_is_shown_by_a_formatter_that_names_its_attributes(
    cleaned: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError(MARK)

    monkeypatch.setattr(log_redaction, "redact_text", fail)
    cleaned.setFormatter(
        logging.Formatter("%(request)s %(count)d %(user_id)s %(threadName)s %(message)s")
    )
    extra = {"request": MARK, "count": 3, "user_id": 88312945}
    logging.getLogger("app").error("fine", extra=extra)
    (line,) = cleaned.lines
    assert line.startswith("[redacted] 3 [redacted] MainThread [redacted: this record could not")


def test_names_of_loggers_threads_and_tasks_are_cleaned(cleaned: Kept) -> None:
    work = threading.Thread(
        target=lambda: logging.getLogger(f"of.{MARK}@x.example").info("fine"),
        name=f"for token={MARK}",
    )
    work.start()
    work.join()
    record = logging.LogRecord("app", logging.INFO, "", 0, "fine", (), None)
    record.processName, record.taskName = f"sume_live_{MARK}", f"api_key={MARK}"
    logging.getLogger("app").handle(record)
    assert [one.getMessage() for one in cleaned.records] == ["fine", "fine"]
    assert MARK not in cleaned.everything


class Braces(logging.LogRecord):
    """A kind of record that some applications make, for messages in braces."""

    def getMessage(self) -> str:  # noqa: N802
        return str(self.msg).format(*(self.args or ()))


def test_a_kind_of_record_that_formats_by_itself_is_not_dropped(cleaned: Kept) -> None:
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(Braces)
    try:
        logger = logging.getLogger("app")
        logger.error("got {} {}", '{"k": 1}', f"token={MARK}")  # noqa: PLE1205  (the threat)
        logger.error("got {}", "nothing")  # noqa: PLE1205  (as above)
    finally:
        logging.setLogRecordFactory(before)
    assert cleaned.lines == ['got {"k": 1} token=[redacted]', "got nothing"]


class Incomparable(str):
    """What can't even be compared."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise ValueError(MARK)


def test_a_record_that_can_not_even_be_withheld_is_not_lost(
    cleaned: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> str:
        raise RuntimeError(MARK)

    monkeypatch.setattr("sume_ext.secrecy.log_redaction.redact_text", fails)
    record = logging.LogRecord(f"app.{MARK}", logging.ERROR, "", 0, MARK, (), None)
    logging.getLogger("app").handle(record)
    record.threadName = Incomparable("x")
    logging.getLogger("app").handle(record)
    assert [one.levelno for one in cleaned.records] == [logging.ERROR, logging.ERROR]
    assert all("could not be cleaned" in line for line in cleaned.lines)
    assert MARK not in cleaned.everything


@pytest.mark.parametrize("name", ["reads api_key=", "the password:", "secret"])
def test_no_name_makes_a_message_its_value(cleaned: Kept, name: str) -> None:
    work = threading.Thread(target=lambda: logging.getLogger(name).info("fine 12"), name=name)
    work.start()
    work.join()
    (record,) = cleaned.records
    assert (record.name, record.threadName, record.getMessage()) == (name, name, "fine 12")


def test_an_extra_that_can_not_be_looked_at_costs_only_itself(cleaned: Kept) -> None:
    logging.getLogger("app").error("fine", extra={"thing": Hostile(), "token": MARK})
    assert cleaned.lines == ["fine"]
    assert vars(cleaned.records[0])["thing"] == "[redacted] Hostile"
    assert MARK not in cleaned.everything


def test_an_exception_that_can_not_be_shown_costs_no_record(cleaned: Kept) -> None:
    class Mute(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise RuntimeError(MARK)

    logging.getLogger("app").error("went wrong for %s", f"{MARK}@x.example", exc_info=Mute(MARK))
    assert len(cleaned.records) == 1
    assert MARK not in cleaned.everything


def test_records_that_can_not_be_formatted_are_told_of(
    cleaned: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logging.getLogger("app")
    log.error("%s %s", MARK)  # noqa: PLE1206  (that is the point)
    log.error("%s", Hostile())
    log.error("fine", extra={"thing": Hostile()})
    assert len(cleaned.records) == 3
    assert MARK not in cleaned.everything + capsys.readouterr().err


def test_installing_twice_is_installing_once_and_it_can_be_taken_away(kept: Kept) -> None:
    before = logging.Logger.handle
    first, second = install_log_redaction(), install_log_redaction()
    assert first is second
    first()
    second()
    assert logging.Logger.handle is before
    logging.getLogger("app").info("token=%s", MARK)
    assert MARK in kept.lines[0]
    assert sume_ext.install_log_redaction is install_log_redaction
