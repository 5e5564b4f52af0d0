"""The PUT of an upload: a body that is whole or not sent, and what storage's answer means.

The request carries the headers that presign asked for and the length, nothing else: no key, no
cookie, no redirect. Sending again begins at the first byte and replaces what came before.
"""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sume_ext.calling.retries import retry_after
from sume_ext.errors import NotSentError, SumeError, TransportError, UploadError
from sume_ext.flow import NOW, WALL_CLOCK, Close, Emit, Open, Read, Sleep, apart
from sume_ext.network.addresses import rule_for, trouble_with
from sume_ext.network.wire import Request
from sume_ext.transfers.progress import Throttle
from sume_ext.transfers.reading import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.network.wire import Stream
    from sume_ext.transfers.source import Source

    Listener = Callable[[int, int, int], object]

STALL_SECONDS = 120.0
"""How long nothing may move; storage may take a while to answer a large file."""
_LONGEST: Final = 24 * 3600.0
_SUCCESS: Final = range(200, 300)
_REFUSED: Final = frozenset({400, 401, 403, 404, 410})
_PASSING: Final = frozenset({408, 425, 429, 499, *range(500, 600)})
_OURS_TO_SEND: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_CODE: Final = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_MOST_ERROR: Final = 64 * 1024


class RefusedError(Exception):
    """Storage refuses the URL: it expired, or was signed for something else.

    Args:
        reason: What storage said.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _HaltError(Exception):
    """Ends a request from within its body; what ended it is on the body."""


class Report:
    """Tells a caller's listener how far an upload is.

    Args:
        listener: Called with bytes sent, bytes in all, and the attempt, counted from 1.
        clock: Tells the monotonic time.
    """

    def __init__(self, listener: Listener | None, clock: Callable[[], float]) -> None:
        self.listener = listener
        self.clock = clock
        self.throttle = Throttle()
        self.attempt = 0


class Sending:
    """The body of one attempt.

    Args:
        source: What is sent.
        report: Who hears of it.

    Attributes:
        size: Its length in bytes.
        failure: What ended it from within: a change of the file, or what the listener raised.
        theirs: Whether it was the listener.
    """

    def __init__(self, source: Source, report: Report) -> None:
        self.size = source.size
        self.failure: Exception | None = None
        self.theirs = False
        self._source = source
        self._report = report
        self._gone = 0

    @property
    def whole(self) -> bool:
        """Whether all of it went out: an answer may come in the middle, and ends the sending."""
        return self._gone == self.size

    def chunks(self) -> Generator[bytes, None, None]:
        """Its bytes, as long as the source stays what it was."""
        try:
            yield from self._source.content.chunks()
        except SumeError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001  (told to the flow, not to the transport)
            said = f"the file can't be read any more: {reason_of(error)}."
            self.failure = UploadError(said, step="source")
        if self.failure is not None:
            raise _HaltError

    def sent(self, size: int) -> Callable[[], object] | None:
        """What tells the listener, if it is to hear of it; what that raises ends the upload."""
        now = self._report.clock()
        self._gone += size
        listener = self._report.listener
        if listener is None or not self._report.throttle.due(now, last=self._gone == self.size):
            return None
        return partial(self._tell, listener)

    def _tell(self, listener: Listener) -> None:
        try:
            listener(self._gone, self.size, self._report.attempt)
        except Exception as error:  # noqa: BLE001  (whatever it is, it leaves unchanged)
            self.failure, self.theirs = error, True
            raise _HaltError from None


def put(
    engine: Engine,
    url: str,
    headers: Mapping[str, Any],
    source: Source,
    report: Report,
    deadline: float = math.inf,
) -> Flow[None]:
    """Send a source to storage, again after breaks, until a monotonic time at the latest.

    Raises:
        RefusedError: The URL is no good (any more).
        UploadError: Storage can't be reached, or refuses the file.
    """
    if trouble := trouble_with(url, engine.settings.config.base_url):
        raise UploadError(f"the upload URL is refused: {trouble}", step="put")
    backoff, rng = engine.settings.backoff, engine.settings.rng
    tries = 0
    while True:
        tries += 1
        report.attempt += 1
        once = _once(engine, url, headers, source, report, deadline)
        failure, asked = yield from apart(once)
        if failure is None:
            return
        pause = backoff.pause(tries, rng) if asked is None else asked
        if (yield NOW) + pause >= deadline:
            raise UploadError(
                f"it took longer than allowed: {failure} Tried {tries} times.",
                step="put",
                hint="Start the upload again, and give it more time with timeout=.",
            )
        if tries >= backoff.attempts or pause > backoff.patience:
            raise UploadError(f"{failure} Tried {tries} times.", step="put")
        yield Sleep(pause)


def _once(
    engine: Engine,
    url: str,
    headers: Mapping[str, Any],
    source: Source,
    report: Report,
    deadline: float,
) -> Flow[tuple[str | None, float | None]]:
    """One attempt: why it may be made again, if so, and after how many seconds."""
    body = Sending(source, report)
    wanted = {name.lower(): str(value) for name, value in headers.items()}
    _check_headers(wanted)
    request = Request(
        "PUT",
        url,
        {name: value for name, value in wanted.items() if name not in _OURS_TO_SEND},
        body,
        may_reach=rule_for(engine.settings.config.base_url),
    )
    latest = min((yield NOW) + _LONGEST, deadline)
    try:
        stream = yield Open(request, latest, STALL_SECONDS)
        code = yield from _error_code(stream)
        yield Close(stream)
    except _HaltError:
        if body.failure is None:  # pragma: no cover  (set before it is raised)
            raise
        failure = body.failure
    except TransportError as error:
        if isinstance(error, NotSentError) and error.final:
            raise UploadError(error.message, step="put", hint=error.hint) from None
        return error.message, None
    else:
        return (yield from _verdict(stream, code, body))
    if body.theirs:
        yield Emit(failure, _leave)  # unchanged; a generator makes another of a StopIteration
    raise failure


def _leave(failure: Exception) -> NoReturn:
    raise failure


def _check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what no request can carry; never quoted, for it may be a secret.

    Raises:
        UploadError: Something can't.
    """
    for name, value in headers.items():
        if not (_HEADER.fullmatch(name) and _VALUE.fullmatch(value)):
            raise UploadError(
                "the API asks for a header with storage that HTTP forbids; nothing was sent there.",
                step="presign",
                hint="Start the upload again, and report it if it stays.",
            )


def _verdict(stream: Stream, code: str, body: Sending) -> Flow[tuple[str | None, float | None]]:
    """What storage's answer means; it can't have stored what never went."""
    said = f"storage answered {stream.status}{code and f' {code}'}."
    if stream.status in _SUCCESS:
        return (None if body.whole else f"{said[:-1]} before it had the whole file."), None
    if stream.status in _REFUSED:
        raise RefusedError(said)
    if stream.status not in _PASSING:
        raise UploadError(said, step="put")
    return said, retry_after(stream.headers.get("retry-after"), (yield WALL_CLOCK))


def _error_code(stream: Stream) -> Flow[str]:
    """The code in storage's XML error; never its text, which quotes signatures and keys."""
    if stream.status in _SUCCESS:
        return ""
    text = b""
    now = yield NOW
    try:
        while len(text) < _MOST_ERROR and (chunk := (yield Read(stream, now + STALL_SECONDS))):
            text += chunk
    except SumeError:
        pass
    found = _CODE.search(text)
    if found is None:
        return ""
    from sume_ext.secrecy.redaction import redact_foreign  # noqa: PLC0415  (refusals are rare)

    # Whatever answers in the store's place may put there what it was asked with.
    return redact_foreign(found[1].decode("ascii"))
