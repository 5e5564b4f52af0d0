"""Performs a flow that moves many bytes in a thread of its own, for an event loop.

The loop works on none of those bytes, and its listeners are still called in it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from attrs import evolve

from sume_ext.flow import Open
from sume_ext.runners.blocking import Branch, HaltError
from sume_ext.runners.course import PARTING_SECONDS, deliver

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Generator

    from sume_ext.clock import Clock
    from sume_ext.flow import Emit, Flow, Step
    from sume_ext.network.wire import Body, Transport
    from sume_ext.runners.course import Course

T = TypeVar("T")


class Errand(Branch):
    """Runs one flow in a thread for an event loop, in which its listeners are called.

    Attributes:
        raised: What a listener raised. It ends the flow, and is handed on from here as it is,
            because futures make other errors of some.
    """

    def __init__(
        self, storage: Transport, clock: Clock, connect_timeout: float, loop: AbstractEventLoop
    ) -> None:
        super().__init__(storage, storage, clock, connect_timeout)
        self._loop = loop
        self.raised: BaseException | None = None

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
        from concurrent.futures import Future, wait  # noqa: PLC0415  (rarely needed)

        told: Future[BaseException | None] = Future()

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
        while not wait([told], timeout=PARTING_SECONDS).done:
            if self._halting.up or self._loop.is_closed():
                raise HaltError
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
