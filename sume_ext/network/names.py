"""What names stand for, and which of their addresses answers: work that nothing can stop.

It is done aside, in threads that are left alone when time is over. They are no threads of an event
loop's, which are the application's, and which a program waits for at its end.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from socket import SOCK_STREAM, getaddrinfo
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Coroutine

    from sume_ext.network.deadlines import Limit

T = TypeVar("T")
_closing: set[Future[Any]] = set()
_HEAD_START = 0.25
"""Seconds that an address has to answer before the next one is tried as well (RFC 8305)."""


def addresses_of(host: str, port: int, limit: Limit) -> list[str]:
    """What a name stands for; too slow a look-up, which nothing can stop, is left alone.

    Raises:
        OSError: Nobody knows it; a `TimeoutError` when nobody says anything.
    """
    with suppress(ValueError):
        return [str(ip_address(host))]
    return aside(partial(_look_up, host, port), limit)


def _nothing(_: object) -> None:
    """For what needs no end."""


def aside(work: Callable[[], T], limit: Limit, end: Callable[[T], None] = _nothing) -> T:
    """What some work comes to that nothing can stop, but that is left alone when time is over.

    Args:
        work: The work.
        limit: Tells how long it may take, and may be told to stop.
        end: Ends what comes of it too late.
    """
    outcome: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()
    wanted = True

    def perform() -> None:
        try:
            outcome.put((work(), None))
        except Exception as error:  # noqa: BLE001  (raised where it is waited for)
            outcome.put((None, error))
        if not wanted:
            sweep()

    def sweep() -> None:
        with suppress(Empty):  # of what cut the wait, too, and then of what came too late
            while True:
                done, failure = outcome.get_nowait()
                if failure is None:
                    end(cast("T", done))

    def cut() -> None:
        outcome.put((None, TimeoutError("nobody waits for it any more")))

    limit.uses(cut)
    Thread(target=perform, name="sume-dns", daemon=True).start()
    try:
        done, failure = outcome.get(timeout=limit.connecting())
    except Empty:
        raise TimeoutError("the network is silent") from None
    finally:
        wanted = False
        sweep()
    if failure is not None:
        raise failure
    return cast("T", done)


def _look_up(host: str, port: int) -> list[str]:
    """A name's addresses, in the system's order."""
    try:
        found = getaddrinfo(host, port, type=SOCK_STREAM)
    except ValueError as error:
        raise OSError("that is no name") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


async def addresses_soon(host: str, port: int, limit: Limit) -> list[str]:
    """As `addresses_of`."""
    with suppress(ValueError):
        return [str(ip_address(host))]
    from asyncio import get_running_loop, timeout  # noqa: PLC0415  (synchronous code never pays for asyncio)

    loop = get_running_loop()
    found: Future[list[str]] = loop.create_future()

    def look() -> None:
        try:
            answer = partial(_settle, found, _look_up(host, port))
        except Exception as error:  # noqa: BLE001  (raised where it is waited for)
            answer = partial(_settle, found, error)
        with suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(answer)

    Thread(target=look, name="sume-dns", daemon=True).start()
    async with timeout(limit.connecting()):
        return await found


def _settle(future: Future[T], outcome: T | Exception) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


async def first_of(attempts: list[Callable[[], Coroutine[Any, Any, Any]]]) -> Any:
    """The first connection that some attempts bring, each begun when the last one keeps silent.

    Raises:
        OSError: There is nothing to attempt. What the last attempt raised, where none succeeds.
    """
    from asyncio import FIRST_COMPLETED, ensure_future, wait  # noqa: PLC0415  (as above)

    if len(attempts) == 1:
        return await attempts[0]()
    failure: BaseException = OSError("the name has no address")
    begun: list[Future[Any]] = []
    waiting: set[Future[Any]] = set()
    try:
        for number, attempt in enumerate(attempts, 1):
            begun.append(ensure_future(attempt()))
            waiting.add(begun[-1])
            while waiting:
                last = number == len(attempts)
                pause = None if last else _HEAD_START
                done, waiting = await wait(waiting, timeout=pause, return_when=FIRST_COMPLETED)
                for one in done:
                    if (error := one.exception()) is None:
                        begun.remove(one)
                        return one.result()
                    failure = error
                if not last:
                    break
    finally:
        for one in begun:
            one.cancel()
            one.add_done_callback(_unwanted)
    raise failure


def _unwanted(attempt: Future[Any]) -> None:
    """Close a connection that came too late."""
    from asyncio import ensure_future  # noqa: PLC0415  (as above)

    if not attempt.cancelled() and attempt.exception() is None:
        closing = ensure_future(attempt.result().aclose())
        _closing.add(closing)  # since loops hold their tasks but weakly
        closing.add_done_callback(_closing.discard)
