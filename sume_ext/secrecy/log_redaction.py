"""`install_log_redaction`: every log record of this process cleaned before any handler sees it.

Nothing is installed unless the application asks. A record that can't be cleaned is neither lost
nor let through: it goes on with its place and level, and with words that say what happened.
"""

from __future__ import annotations

import copy
import logging
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from sume_ext.secrecy.border import border
from sume_ext.secrecy.redaction import redact, redact_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BARE = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None)))
_USUAL_NAMES = ("MainThread", "MainProcess", None)
"""What threads, processes and tasks are called as a rule."""
_HARMLESS = (int, float, bool, type(None))
_installed: list[Callable[[], None]] = []


@border
def install_log_redaction() -> Callable[[], None]:
    """Clean every record that any logger of this process handles, from now on.

    Message, arguments, ``extra`` attributes, exception and stack are cleaned as by `redact`, for
    all handlers there are or will be. Clean records pass untouched. A second call changes nothing.
    Each process of an application has to ask for itself.

    Returns:
        A callable that takes it away again.
    """
    if _installed:
        return _installed[0]
    # Not a filter, because a logger's filters don't see its children's records; not a record
    # factory, because ``extra`` is added after it. Error trackers hook in at the same place.
    original = logging.Logger.handle

    @wraps(original)
    def handle(self: logging.Logger, record: logging.LogRecord) -> None:
        original(self, clean(record))

    def uninstall() -> None:
        if _installed:
            _installed.clear()
            setattr(logging.Logger, "handle", original)  # noqa: B010  (a method, for mypy)

    setattr(logging.Logger, "handle", handle)  # noqa: B010  (as above)
    _installed.append(uninstall)
    return uninstall


def clean(record: logging.LogRecord) -> logging.LogRecord:
    """The record itself when it is clean, else a clean copy; never an exception."""
    try:
        return _cleaned(record)
    except Exception as error:  # noqa: BLE001  (whatever fails, the record must go on)
        return _withheld(record, error)


def _cleaned(record: logging.LogRecord) -> logging.LogRecord:
    changes: dict[str, Any] = {}
    if not isinstance(record.msg, str):
        # Structured logging hands on a mapping here, and some an exception.
        _note(changes, "msg", record.msg, redact(record.msg))
    message = str(changes["msg"]) if changes else record.getMessage()
    thread, process = record.threadName, record.processName
    task = getattr(record, "taskName", None)  # new in Python 3.12
    if (thread, process, task) == _USUAL_NAMES:
        head = f"{record.name}\n;\n"  # so that no name makes the message its value
    else:
        head = f"{record.name}\n{thread}\n{process}\n{task}\n"
    # At once what is short and almost always clean; only else is each part looked at.
    said = redact_text(whole := head + message)
    if said != whole:
        if said.startswith(head):
            changes.update(msg=said[len(head) :], args=())
        else:
            _clean_texts(record, message, changes)
    if record.args and "args" not in changes and not _all_said(record.args, message):
        # What isn't shown may still be read by a handler that keeps arguments apart.
        _note(changes, "args", record.args, redact(record.args))
    if record.exc_info or record.exc_text or record.stack_info:
        _clean_exception(record, changes)
    fields = vars(record)
    if len(fields) != len(_BARE):
        for name in fields.keys() - _BARE:
            _clean_extra(name, fields[name], changes)
    if not changes:
        return record
    twin = copy.copy(record)
    vars(twin).update(changes)
    return twin


def _clean_texts(record: logging.LogRecord, message: str, changes: dict[str, Any]) -> None:
    said = redact_text(message)
    if said != message:
        changes.update(msg=said, args=())
    for name in ("name", "threadName", "processName", "taskName"):
        text = getattr(record, name, None)
        if isinstance(text, str):
            _note(changes, name, text, redact_text(text))


def _all_said(args: tuple[object, ...] | Mapping[str, object], message: str) -> bool:
    """Whether every argument is plain and wholly in the message, which is clean."""
    if not isinstance(args, tuple):
        return False
    for arg in args:
        if not (arg in message if isinstance(arg, str) else isinstance(arg, _HARMLESS)):
            return False
    return True


def _note(changes: dict[str, Any], name: str, old: object, new: object) -> None:
    if new is not old:
        changes[name] = new


def _clean_extra(name: str, value: Any, changes: dict[str, Any]) -> None:
    if not isinstance(value, _HARMLESS):
        _note(changes, name, value, redact({name: value})[name])


def _clean_exception(record: logging.LogRecord, changes: dict[str, Any]) -> None:
    for name in ("exc_text", "stack_info"):
        if text := getattr(record, name):
            _note(changes, name, text, redact_text(text))
    if not record.exc_info or not record.exc_info[1]:
        return
    error = redact(record.exc_info[1])
    if not isinstance(cast("object", error), BaseException):
        error = Exception(error)
    if error is not record.exc_info[1]:
        changes["exc_info"] = (type(error), error, record.exc_info[2])
    if not record.exc_text:
        # A formatter makes this text itself, unless lines of source in it must be cleaned.
        text = logging.Formatter().formatException(changes.get("exc_info", record.exc_info))
        if (said := redact_text(text)) != text:
            changes["exc_text"] = said


def _withheld(record: logging.LogRecord, error: Exception) -> logging.LogRecord:
    """A record at the same place and level that says only why it says nothing."""
    twin = logging.LogRecord(
        record.name,
        record.levelno,
        record.pathname,
        record.lineno,
        f"[redacted: this record could not be cleaned ({type(error).__name__})]",
        (),
        None,
        record.funcName,
    )
    twin.created, twin.msecs = record.created, record.msecs
    return twin
