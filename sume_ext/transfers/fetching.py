"""One file from one URL: redirects by hand, breaks resumed, nothing believed that doesn't add up.

Attempts go on as long as they bring new bytes; a file is started afresh whenever the server
can't prove that it still sends the same one. What came stays for a later run to go on with.
"""

from __future__ import annotations

import math
import os
import stat
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from attrs import field, frozen

from sume_ext import __version__
from sume_ext.calling.retries import retry_after
from sume_ext.errors import DownloadError, NotSentError, SumeError, TransportError
from sume_ext.flow import NOW, WALL_CLOCK, Close, Do, Emit, Open, Read, Sleep, apart
from sume_ext.network.addresses import rule_for, trouble_with
from sume_ext.network.pace import Pace
from sume_ext.network.wire import Request
from sume_ext.transfers.landing import Landing
from sume_ext.transfers.partial import sweep
from sume_ext.transfers.progress import Progress, Throttle
from sume_ext.transfers.ranges import MisplacedError, body_of, is_complete
from sume_ext.urls import join_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sume_ext.calling.calls import Settings
    from sume_ext.flow import Flow
    from sume_ext.network.wire import Stream
    from sume_ext.transfers.progress import Outcome
    from sume_ext.transfers.ranges import Body

STALL_SECONDS = 30.0
"""How long nothing may come before a connection counts as broken."""
_USER_AGENT: Final = f"sume-ext/{__version__}"
_LONGEST: Final = 6 * 3600.0
"""What is longer goes on with the next attempt."""
_MOST_REDIRECTS: Final = 3
_BATCH: Final = 512 * 1024
"""As much is written at once, since handing work to a thread costs as much as writing does; with
more, the system takes the memory back after each, and giving it again costs more than that."""
_BATCH_SECONDS: Final = 0.02
_NEW_BYTES: Final = 64 * 1024
_GO_ON: Final = "Download again: it goes on where it stopped."
_OVER: Final = f"{_GO_ON} Give it more time with timeout=."
_BODY: Final = frozenset({200, 206})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_UNSATISFIABLE: Final = 416
_REFUSED: Final = frozenset({400, 401, 403, 404, 410})
_PASSING: Final = frozenset({408, 425, 429, 499, *range(500, 600)})


class _BrokenError(Exception):
    """An attempt ended early; another may go on.

    Args:
        message: What happened.
        pause: Seconds the server asked to wait, or None.
    """

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.pause = pause


class _RefusedError(Exception):
    """The URL is no good (any more).

    Args:
        status: What the media server answered.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@frozen
class Plan:
    """What to fetch, and where to.

    Attributes:
        url: Where it is.
        path: Its final name.
        of: Which file it is, in any run: what another run left of it is gone on with.
        base_url: The API's, which decides whether this machine may be asked.
        overwrite: Whether to replace what stands under the final name.
        max_bytes: The most it may hold.
        deadline: Monotonic time at which it must be there.
        renew: Asks for the URL again when it is refused, in so many seconds at most.
        listener: Called with each `Progress`, or None.
    """

    url: str = field(repr=False)
    path: Path
    of: str
    base_url: str
    overwrite: bool
    max_bytes: int
    deadline: float
    renew: Callable[[float], Flow[str | None]]
    listener: Callable[[Progress], object] | None = None


@frozen
class Landed:
    """A file that is there.

    Attributes:
        path: Where.
        outcome: How it came to be there.
    """

    path: Path
    outcome: Outcome


class Fetch:
    """One download under way.

    Args:
        plan: What to fetch.
        settings: The client's: how to back off.
    """

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self._plan = plan
        self._settings = settings
        self._url = plan.url
        self._renewed = False
        self._attempt = 0
        self._landing = Landing(plan.path, plan.max_bytes, plan.of)
        self._throttle = Throttle()

    def flow(self) -> Flow[Landed]:
        """Fetch it, or leave it when it is there already and may stay."""
        path = self._plan.path
        try:
            size: int | None = yield Do(partial(_standing, path, self._plan.overwrite))
            if size is not None:
                yield self._landed("kept", size)
                return Landed(path, "kept")
            outcome = yield from self._fetch()
        except OSError as error:
            raise DownloadError(
                f"can't write {path.name}: {error.strerror or type(error).__name__}.",
                step="write",
                hint="Make room, or choose another directory; no half file was left.",
            ) from None
        return Landed(path, outcome)

    def _fetch(self) -> Flow[Outcome]:
        part = self._landing.part
        try:
            yield Do(self._landing.open, part.end)  # it may have gigabytes to check
            yield from self._persist()
            placed = yield Do(partial(part.place, overwrite=self._plan.overwrite))
        except OSError:
            part.worthless = True  # it may be what fills the disk
            raise
        finally:
            part.let_go()
        outcome: Outcome = "resumed" if part.inherited else "downloaded"
        outcome = outcome if placed else "kept"
        yield self._landed(outcome, part.size)
        return outcome

    def _landed(self, outcome: Outcome, size: int) -> Emit:
        news = Progress(self._plan.path.name, size, size, max(self._attempt, 1), outcome)
        return Emit(news, self._plan.listener)

    def _persist(self) -> Flow[None]:
        """Attempts, until one ends the file or several in a row bring nothing new."""
        idle, furthest = 0, self._landing.size
        backoff = self._settings.backoff
        while True:
            self._attempt += 1
            try:
                return (yield from self._try())
            except _BrokenError as error:
                broken = error
            except TransportError as error:
                if isinstance(error, NotSentError) and error.final:
                    raise DownloadError(error.message, step="url", hint=error.hint) from None
                broken = _BrokenError(error.message)
            if self._landing.size >= furthest + _NEW_BYTES:
                idle, furthest = 0, self._landing.size
            idle += 1
            pause = backoff.pause(idle, self._settings.rng)
            pause = pause if broken.pause is None else broken.pause
            if (yield NOW) + pause >= self._plan.deadline:
                raise self._given_up("it took longer than allowed.", _OVER)
            if idle >= backoff.attempts or pause > backoff.patience:
                raise self._given_up(broken.message, None)
            yield Sleep(pause)

    def _given_up(self, message: str, hint: str | None) -> DownloadError:
        size, total = self._landing.size, self._landing.total
        of = "" if total is None else f" of {total:,}"
        told = f"{message} {size:,}{of} bytes came in {self._attempt} attempts."
        if hint is None and size and self._landing.validator:
            hint = _GO_ON
        return DownloadError(told, step="get", hint=hint)

    def _try(self) -> Flow[None]:
        """One attempt, again with a URL renewed once if need be."""
        while True:
            try:
                # The API is asked in between only, by whoever runs this flow.
                return (yield from apart(self._once()))
            except _RefusedError as error:
                if self._renewed:
                    raise DownloadError(
                        f"the media server answered {error.status}.", step="get"
                    ) from None
                yield from self._renew(error.status)

    def _once(self) -> Flow[None]:
        received = self._landing.size if self._landing.validator else 0
        stream = yield from self._open(received)
        try:
            if stream.status == _UNSATISFIABLE:
                yield from self._past_the_end(stream, received)
            else:
                body = yield from self._place(stream, received)
                yield from self._take(stream, body)
        except Exception:
            yield Close(stream)
            raise
        yield Close(stream)

    def _open(self, received: int) -> Flow[Stream]:
        """The head of an answer with bytes."""
        stream = yield from self._follow(received)
        status = stream.status
        if status in _BODY or (status == _UNSATISFIABLE and received):
            return stream
        yield Close(stream)
        if status in _PASSING:
            pause = retry_after(stream.headers.get("retry-after"), (yield WALL_CLOCK))
            raise _BrokenError(f"the media server answered {status}.", pause)
        if status in _REFUSED:
            raise _RefusedError(status)
        raise DownloadError(f"the media server answered {status}.", step="get")

    def _renew(self, status: int) -> Flow[None]:
        self._renewed = True
        try:
            left = max(self._plan.deadline - (yield NOW), 0.0)
            url = yield from self._plan.renew(left)
        except SumeError as error:
            raise DownloadError(
                f"the media URL was refused ({status}), and asking for a new one failed: "
                f"{error.headline()}",
                step="url",
                hint=error.hint,
                request_id=error.request_id,
            ) from None
        if url is None:
            raise DownloadError(
                f"the media URL was refused ({status}), and the result has none any more.",
                step="url",
            )
        self._url = url

    def _follow(self, received: int) -> Flow[Stream]:
        """Send the request, to wherever it is redirected; each hop is checked like the first."""
        url = self._url
        headers = {"accept": "*/*", "accept-encoding": "identity", "user-agent": _USER_AGENT}
        if received:
            headers |= {"range": f"bytes={received}-", "if-range": self._landing.validator or ""}
        for _ in range(_MOST_REDIRECTS + 1):
            if trouble := trouble_with(url, self._plan.base_url):
                raise DownloadError(f"the media URL is refused: {trouble}", step="url")
            rule = rule_for(self._plan.base_url)
            request = Request("GET", url, headers, may_reach=rule)
            latest = min((yield NOW) + _LONGEST, self._plan.deadline)
            stream: Stream = yield Open(request, latest, STALL_SECONDS)
            if stream.status not in _REDIRECTS:
                return stream
            yield Close(stream)
            try:
                url = join_url(url, stream.headers.get("location", ""))
            except ValueError:
                raise DownloadError("a redirect to what is no URL.", step="url") from None
        raise DownloadError(f"more than {_MOST_REDIRECTS} redirects.", step="url")

    def _past_the_end(self, stream: Stream, received: int) -> Flow[None]:
        """What a refused range means: that all is here, or that the file is another one now."""
        same = self._landing.is_about(stream.headers)
        if same and is_complete(stream.headers, received, self._landing.total):
            yield from self._finish(framed=True)
        else:
            yield from self._again("the media server refused the range it offered.")

    def _again(self, message: str) -> Flow[NoReturn]:
        """Start afresh with the next attempt."""
        yield Do(self._landing.restart)
        raise _BrokenError(message)

    def _place(self, stream: Stream, received: int) -> Flow[Body]:
        """Where the bytes that follow belong; knows the file afresh when they are its first."""
        headers, landing = stream.headers, self._landing
        try:
            body = body_of(stream.status, headers, received, landing.total)
        except MisplacedError as error:
            return (yield from self._again(f"the media server answered with {error}."))
        if body.start:
            # A checksum that is new has all bytes read that are here, which takes its time.
            if not (yield Do(partial(landing.goes_on, headers, body), landing.part.end)):
                return (yield from self._again("the file changed."))
            return body
        yield Do(partial(landing.expect, headers, body))
        return body

    def _take(self, stream: Stream, body: Body) -> Flow[None]:
        """Write the bytes that follow as they come."""
        pace = Pace((yield NOW))
        landing = self._landing
        landing.make_sure_of_room(0)
        written = -math.inf
        batch: list[bytes] = []
        more = True
        while more:
            now = yield NOW
            try:
                chunk = yield Read(stream, min(now + STALL_SECONDS, self._plan.deadline))
            except TransportError:
                yield Do(partial(self._store, batch))
                raise
            more = bool(chunk)
            batch.append(chunk)
            size = sum(map(len, batch))
            landing.make_sure_of_room(size)
            if more and size < _BATCH and now - written < _BATCH_SECONDS:
                continue
            yield Do(partial(self._store, batch))
            batch, written = [], now
            if landing.size != landing.total and self._throttle.due(now):
                yield self._news()
            if pace.too_slow(size, now):
                raise _BrokenError("the media server sends too slowly.")
        if body.open_end:
            # Asked for what follows, the server sends it, or says by a 416 that this was all.
            raise _BrokenError("the media server sent a part, and not how long the file is.")
        yield from self._finish(framed=body.framed)

    def _store(self, batch: list[bytes]) -> None:
        try:
            self._landing.store(batch)
        except zlib.error:
            raise _BrokenError("the file's compression is corrupt.") from None

    def _news(self) -> Emit:
        progress = Progress(
            self._plan.path.name, self._landing.size, self._landing.total, self._attempt
        )
        return Emit(progress, self._plan.listener)

    def _finish(self, *, framed: bool) -> Flow[None]:
        """See that the file is whole."""
        flaw = self._landing.flaw(framed=framed)
        if flaw is not None:
            if flaw.afresh:
                yield from self._again(flaw.message)
            raise _BrokenError(flaw.message)
        self._landing.total = self._landing.size
        if self._throttle.due((yield NOW)):
            yield self._news()


def _standing(path: Path, overwrite: bool) -> int | None:
    """The size of what stands there and stays; None when there is something to download.

    Raises:
        DownloadError: What stands there is no file, so it is neither kept nor replaced.
    """
    if not os.path.lexists(path):
        return None
    link = path.is_symlink()
    try:
        found = path.stat()
    except OSError:
        if overwrite and link:
            return None
        raise _no_file(path, "a link that leads nowhere") from None
    if not stat.S_ISREG(found.st_mode):
        raise _no_file(path, "a directory" if stat.S_ISDIR(found.st_mode) else "no file")
    if overwrite:
        return None
    sweep(path)
    return found.st_size


def _no_file(path: Path, kind: str) -> DownloadError:
    return DownloadError(
        f"what is named {path.name} is {kind}.",
        step="write",
        hint="Move it away, or choose another directory.",
    )
