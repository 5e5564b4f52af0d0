"""`install_log_redaction`: every log record of this process cleaned before a handler emits it.

Nothing is installed unless the application asks. A record that can't be cleaned is neither lost
nor let through: it goes on with its place and level, and with words that say what happened.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from sume_ext.secrecy.border import border
from sume_ext.secrecy.redaction import redact, redact_text
from sume_ext.secrecy.sensitive import is_sensitive
from sume_ext.secrecy.spans import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    _ExcInfo = (
        tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    )

_BARE = (*vars(logging.LogRecord("", 0, "", 0, "", (), None)),)
_SIZE, _LAST = len(_BARE), _BARE[-1]
"""The attribute that no record has another after, unless somebody gave it one."""
_USUAL_NAMES = ("MainThread", "MainProcess", None)
"""What threads, processes and tasks are called as a rule."""
_HARMLESS = frozenset({int, float, bool, type(None)})
"""By exact type, because a subclass shows itself as it likes."""
_WITHHELD = "[redacted: this record could not be cleaned"
_PLAIN_NAME = re.compile("[A-Za-z_.]{0,100}")
_installed: list[Callable[[], None]] = []


@border
def install_log_redaction() -> Callable[[], None]:
    """Clean every record that any logger of this process handles, from now on.

    Message, arguments, ``extra`` attributes, exception and stack are cleaned as by `redact`, for
    all handlers there are or will be, and again after their filters, which may add something.
    So is what structlog leaves to its formatter to find, exception and stack; locals of frames,
    which a formatter may be told to add, are not. Clean records pass untouched. A second call
    changes nothing.
    Each process of an application has to ask for itself.

    Returns:
        A callable that takes it away again.
    """
    if _installed:
        return _installed[0]
    # Not a filter, because a logger's filters don't see its children's records; not a record
    # factory, because ``extra`` is added after it. Error trackers hook in at the same place.
    of_logger, of_handler = logging.Logger.handle, logging.Handler.handle

    @wraps(of_logger)
    def handle(self: logging.Logger, record: logging.LogRecord) -> None:
        record = clean(record)
        # What filters add is looked at by the handlers.
        _known.record = None if self.filters else record
        of_logger(self, record)
        _known.record = None

    def uninstall() -> None:
        if _installed:
            _installed.clear()
            setattr(logging.Logger, "handle", of_logger)  # noqa: B010  (a method, for mypy)
            setattr(logging.Handler, "handle", of_handler)  # noqa: B010  (as above)

    setattr(logging.Logger, "handle", handle)  # noqa: B010  (as above)
    setattr(logging.Handler, "handle", _handle)  # noqa: B010  (as above)
    _installed.append(uninstall)
    return uninstall


class _Known:
    """The record that is clean and on its way to handlers.

    One for all threads, which is faster than one for each: whose record was replaced by another
    thread's only looks at it once more.
    """

    __slots__ = ("record",)

    record: logging.LogRecord | None


_known = _Known()
_known.record = None


def _handle(self: logging.Handler, record: logging.LogRecord) -> Any:
    """As `logging.Handler.handle`, but what is emitted is clean, whatever filters added to it.

    All of it, because another call takes as long as all that it does.
    """
    passed: Any = self.filter(record)
    if not passed:
        return passed
    if self.filters or _known.record is not record:
        if isinstance(passed, logging.LogRecord):  # a filter may replace it, from Python 3.12 on
            record = passed
        _known.record = None  # the next handler gets the same record, with what was added here
        record = clean(record)
    self.acquire()
    try:
        self.emit(record)
    finally:
        self.release()
    return passed


def clean(record: logging.LogRecord) -> logging.LogRecord:
    """The record itself when it is clean, else a clean copy; never an exception."""
    try:
        return _cleaned(record)
    except Exception as error:  # noqa: BLE001  (whatever fails, the record must go on)
        try:
            return _withheld(record, error)
        except Exception as another:  # noqa: BLE001  (as above, without what it holds)
            level = record.levelno if type(record.levelno) is int else logging.ERROR
            said = f"{_WITHHELD} ({type(error).__name__}, {type(another).__name__})]"
            return logging.LogRecord(REDACTED, level, "", 0, said, (), None)


def _cleaned(record: logging.LogRecord) -> logging.LogRecord:
    changes: dict[str, Any] = {}
    if not isinstance(record.msg, str):
        # Structured logging hands on a mapping here, and some an exception.
        _note(changes, "msg", record.msg, _clean_structure(record.msg))
    message = str(changes["msg"]) if changes else record.getMessage()
    thread, process = record.threadName, record.processName
    task = getattr(record, "taskName", None)  # new in Python 3.12
    if (thread, process, task) == _USUAL_NAMES:
        head = f"{record.name}\n;\n"  # so that no name makes the message its value
    else:
        head = f"{record.name}\n;\n{thread}\n;\n{process}\n;\n{task}\n;\n"
    # At once what is short and almost always clean; only else is each part looked at.
    said = redact_text(whole := head + message)
    if said != whole:
        if said.startswith(head):
            changes.update(msg=_message(record, said[len(head) :]), args=())
        else:
            _clean_texts(record, message, changes)
    if record.args and "args" not in changes and not _all_said(record.args, message):
        # What isn't shown may still be read by a handler that keeps arguments apart.
        _clean_args(record, message, changes)
    if record.exc_info or record.exc_text or record.stack_info:
        _clean_exception(record, changes)
    fields = vars(record)
    if len(fields) != _SIZE or next(reversed(fields)) != _LAST:
        for name in fields.keys() - _BARE:
            _clean_extra(name, fields[name], changes)
    return _changed(record, changes) if changes else record


def _changed(record: logging.LogRecord, changes: dict[str, Any]) -> logging.LogRecord:
    """A copy that says what is clean."""
    twin = copy.copy(record)
    vars(twin).update(changes)
    if type(record) is not logging.LogRecord and not _says(twin, changes.get("msg")):
        # A kind of its own may format what is formatted already, as ``str.format`` does.
        plain = logging.LogRecord("", 0, "", 0, "", (), None)
        vars(plain).update(vars(twin))
        return plain
    return twin


def _says(record: logging.LogRecord, said: object) -> bool:
    """Whether a record's message is the text that was put there, if one was."""
    if record.args or not isinstance(said, str):
        return True
    try:
        return record.getMessage() == said
    except Exception:  # noqa: BLE001  (whatever a kind of record raises)
        return False


def _clean_texts(record: logging.LogRecord, message: str, changes: dict[str, Any]) -> None:
    said = redact_text(message)
    if said != message:
        changes.update(msg=_message(record, said), args=())
    for name in ("name", "threadName", "processName", "taskName"):
        text = getattr(record, name, None)
        if isinstance(text, str):
            _note(changes, name, text, redact_text(text))


def _all_said(args: tuple[object, ...] | Mapping[str, object], message: str) -> bool:
    """Whether every argument is plain and wholly in the message, which is clean."""
    if not isinstance(args, tuple):
        return False
    for arg in args:  # noqa: SIM110  (a generator takes half as long again, for every record)
        if not (arg in message if type(arg) is str else type(arg) in _HARMLESS):
            return False
    return True


def _clean_args(record: logging.LogRecord, message: str, changes: dict[str, Any]) -> None:
    """Arguments that say the same when they are clean, or else the message without them."""
    args: Any = redact(record.args)
    if args is record.args:
        return
    changes["args"] = args
    try:
        same = str(changes.get("msg", record.msg)) % args == message
    except Exception:  # noqa: BLE001  (as "%d" does, which was given a number that is text now)
        same = False
    if not same:
        changes.update(msg=message, args=())


def _note(changes: dict[str, Any], name: str, old: object, new: object) -> None:
    if new is not old:
        changes[name] = new


def _clean_extra(name: str, value: Any, changes: dict[str, Any]) -> None:
    if type(value) not in _HARMLESS or is_sensitive(name):
        _note(changes, name, value, redact({name: value})[name])


def _clean_exception(record: logging.LogRecord, changes: dict[str, Any]) -> None:
    for name in ("exc_text", "stack_info"):
        if text := getattr(record, name):
            _note(changes, name, text, redact_text(text))
    if not record.exc_info or not record.exc_info[1]:
        return
    info = _clean_info(record.exc_info)
    _note(changes, "exc_info", record.exc_info, info)
    if not record.exc_text and (said := _told_otherwise(info)):
        changes["exc_text"] = said


def _clean_info(info: _ExcInfo) -> _ExcInfo:
    """The same when its exception is clean, else as if a clean one had been raised there."""
    error: object = redact(info[1])
    if error is info[1]:
        return info
    clean = error if isinstance(error, BaseException) else Exception(error)
    return type(clean), clean, info[2]


def _told_otherwise(info: _ExcInfo) -> str | None:
    """A clean exception's text, if lines of source in it must be cleaned; or None.

    Else whoever formats it makes this text itself.
    """
    text = logging.Formatter().formatException(info)
    said = redact_text(text)
    return None if said == text else said


def _clean_structure(msg: object) -> object:
    """A message that isn't text; the same when it is clean.

    In a mapping, as structlog's, ``exc_info`` and ``stack_info`` may ask the formatter, which
    comes after all cleaning, to look for the exception and the stack itself. If what it would
    find isn't clean, what is handed on holds it already, under the names that structlog uses.
    """
    clean: Any = redact(msg)
    if not isinstance(msg, Mapping):
        return clean
    members = cast("Mapping[object, object]", msg)
    found: dict[str, object] = {}
    if (asked := members.get("exc_info")) and (info := _exc_info(asked)):
        clean_info = _clean_info(info)
        if said := _told_otherwise(clean_info):
            found["exception"] = said
        elif clean_info is not info:
            found["exc_info"] = clean_info
    if members.get("stack_info") is True:
        stack = "".join(traceback.format_stack())
        if (said := redact_text(stack)) != stack:
            found["stack"] = said
    if not found:
        return clean
    gone = {asking for asking, told in _TOLD.items() if told in found}
    return {name: inner for name, inner in clean.items() if name not in gone} | found


_TOLD = {"exc_info": "exception", "stack_info": "stack"}
"""What structlog calls the text of what it was asked for."""


def _exc_info(asked: object) -> _ExcInfo | None:
    """The exception that structlog would find for a true ``exc_info``."""
    if isinstance(asked, BaseException):
        return type(asked), asked, asked.__traceback__
    info = cast("_ExcInfo", asked if isinstance(asked, tuple) else sys.exc_info())
    return info if len(info) == _PARTS and isinstance(info[1], BaseException) else None


_PARTS = 3


def _message(record: logging.LogRecord, said: str) -> object:
    """What says a text in place of a record's message: a mapping where that was one."""
    return {"event": said} if isinstance(record.msg, Mapping) else said


def _withheld(record: logging.LogRecord, error: Exception) -> logging.LogRecord:
    """A record at the same place and level that says only why it says nothing."""
    twin = logging.LogRecord(
        record.name if _PLAIN_NAME.fullmatch(record.name) else REDACTED,
        record.levelno,
        record.pathname,
        record.lineno,
        f"{_WITHHELD} ({type(error).__name__})]",
        (),
        None,
        record.funcName,
    )
    twin.created, twin.msecs = record.created, record.msecs
    usual = vars(twin)
    for name in ("threadName", "processName", "taskName"):
        said = getattr(record, name, None)
        setattr(twin, name, said if said in _USUAL_NAMES else REDACTED)
    # A formatter that names one which isn't there would drop the record.
    for name, value in vars(record).items():
        if name not in usual:
            plain = type(value) in _HARMLESS and not is_sensitive(name)
            setattr(twin, name, value if plain else REDACTED)
    return twin
