"""Performs a flow that moves many bytes in a thread of its own, for an event loop.

The loop works on none of those bytes, and its listeners are still called in it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from attrs import evolve

from sume_ext.errors import ResponseLostError
from sume_ext.flow import Open
from sume_ext.runners.blocking import Branch, HaltError
from sume_ext.runners.course import PARTING_SECONDS, deliver

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Generator

    from sume_ext.clock import Clock
    from sume_ext.flow import Emit, Flow, Step
    from sume_ext.network.wire import Body, Transport
    from sume_ext.runners.course import Course

T = TypeVar("T")
_LEFT_ALONE: Final = 15
"""How many looks in a row a loop may be found standing still before it counts as abandoned."""


class Errand(Branch):
    """Runs one flow in a thread for an event loop, in which its listeners are called.

    Attributes:
        raised: What a listener raised is handed on from here as it is, because futures make other
            errors of some.
    """

    def __init__(
        self, storage: Transport, clock: Clock, connect_timeout: float, loop: AbstractEventLoop
    ) -> None:
        super().__init__(storage, storage, clock, connect_timeout)
        self._loop = loop

    def begin(self, flow: Flow[T]) -> Future[Callable[[], T] | None]:
        """Perform a flow from now on; answers with the loop's future of what `perform` gives.

        The thread is the flow's own, for the loop's are the application's, and a slow server must
        not take them. It keeps no program from ending that has left its loop without a word.
        """
        from contextvars import copy_context  # noqa: PLC0415  (rarely needed)
        from threading import Thread  # noqa: PLC0415  (as above)

        outcome: Future[Callable[[], T] | None] = self._loop.create_future()
        work = (copy_context().run, self._settle, outcome, flow)
        Thread(target=work[0], args=work[1:], name="sume-transfer", daemon=True).start()
        return outcome

    def _settle(self, outcome: Future[Callable[[], T] | None], flow: Flow[T]) -> None:
        settle: Callable[[], object]
        try:
            settle = partial(outcome.set_result, self.perform(flow))
        except BaseException as error:  # noqa: BLE001  (raised where it is awaited)
            settle = partial(outcome.set_exception, error)

        def tell() -> None:
            if not outcome.done():
                settle()

        with suppress(RuntimeError):  # the loop is closed, so nobody waits any more
            self._loop.call_soon_threadsafe(tell)

    def perform(self, flow: Flow[T]) -> Callable[[], T] | None:
        """What gives the flow's result or raises its failure; None when a listener raised."""
        try:
            result = self.run(flow)
        except BaseException as error:
            if error is self.raised:
                return None
            if isinstance(error, Exception):
                return partial(_raise, error)
            raise
        finally:
            self.close()
        return lambda: result

    def _perform(self, step: Step, course: Course[Any]) -> object:
        if isinstance(step, Open) and not isinstance(step.request.content, bytes | None):
            body = _Relayed(step.request.content, self._relay)
            step = evolve(step, request=evolve(step.request, content=body))
        return super()._perform(step, course)

    def _tell(self, step: Emit) -> None:
        if step.listener is None:
            return
        error = self._in_loop(partial(deliver, step))
        if error is not None:
            self.raised = error
            raise error

    def _relay(self, tell: Callable[[], object]) -> None:
        error = self._in_loop(tell)
        if error is not None:
            if not isinstance(error, Exception):
                self.raised = error  # no flow lives through it
            raise error

    def _in_loop(self, work: Callable[[], object]) -> BaseException | None:
        """What some work raises that is done in the loop, unless nobody waits any more."""
        from concurrent import futures  # noqa: PLC0415  (rarely needed)

        told: futures.Future[BaseException | None] = futures.Future()

        def tell() -> None:
            raised: BaseException | None = None
            try:
                if not self._halting.up:
                    work()
            except BaseException as error:  # noqa: BLE001  (raised in the flow's thread)
                raised = error
            told.set_result(raised)

        try:
            self._loop.call_soon_threadsafe(tell)
        except RuntimeError:  # the loop is closed
            raise HaltError from None
        left = _LEFT_ALONE
        while not futures.wait([told], timeout=PARTING_SECONDS).done:
            # Some programs stop their loop and go on with it later, such as a notebook's cells.
            left = _LEFT_ALONE if self._loop.is_running() else left - 1
            if self._halting.up or self._loop.is_closed():
                raise HaltError
            if not left:
                raise ResponseLostError("the event loop stood still, and nobody heard of progress.")
        return told.result()


class _Relayed:
    """A body whose listener is called in the loop, while it is sent from a thread.

    Args:
        body: The body.
        relay: Calls something in the loop.
    """

    def __init__(self, body: Body, relay: Callable[[Callable[[], object]], None]) -> None:
        self._body = body
        self._relay = relay

    @property
    def size(self) -> int:
        """As the body's."""
        return self._body.size

    def chunks(self) -> Generator[bytes, None, None]:
        """As the body's."""
        return self._body.chunks()

    def sent(self, size: int) -> None:
        """Pass it on."""
        tell = self._body.sent(size)
        if tell is not None:
            self._relay(tell)


def _raise(error: Exception) -> NoReturn:
    raise error
