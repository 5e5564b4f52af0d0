"""Keeps the HTTP engine's debug log from telling what our exchanges say.

httpcore logs every response header at DEBUG. While one of our exchanges is under way in this
thread or task, its records keep the name of what happens and lose the rest; an application's own
traffic over the same library, its loggers and their levels are left alone.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar, Token
from weakref import ref

_under_way: ContextVar[ref[Discreet] | None] = ContextVar("sume_ext_exchange", default=None)
_LOGGERS = (
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
)


class _NameOnly(logging.Filter):
    """Shortens records of our exchanges to one word, as in ``send_request_body.started``."""

    def filter(self, record: logging.LogRecord) -> bool:
        exchange = _under_way.get()
        if exchange is not None and exchange() is not None:
            record.msg = str(record.msg).partition(" ")[0]
            record.args = ()
            record.exc_info = record.exc_text = None
        return True


_FILTER = _NameOnly()


def install() -> None:
    """Put the filter where httpcore logs; a second time changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)


class Discreet:
    """Marks what happens inside as one of our exchanges; entered once.

    The mark is a weak one: where Ctrl-C keeps `__exit__` from taking it away, it ends with this.
    """

    __slots__ = ("__weakref__", "_token")

    _token: Token[ref[Discreet] | None]

    def __enter__(self) -> None:
        self._token = _under_way.set(ref(self))

    def __exit__(self, *raised: object) -> None:
        _under_way.reset(self._token)
