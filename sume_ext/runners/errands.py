"""Performs a flow that moves many bytes in a thread of its own, for an event loop.

The loop works on none of those bytes, and its listeners are still called in it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn, TypeVar

from sume_ext.runners.blocking import Branch, HaltError
from sume_ext.runners.course import PARTING_SECONDS, deliver

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from sume_ext.clock import Clock
    from sume_ext.flow import Emit, Flow
    from sume_ext.network.wire import Transport

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

    def _tell(self, step: Emit) -> None:
        from concurrent.futures import Future, wait  # noqa: PLC0415  (rarely needed)

        told: Future[None] = Future()

        def tell() -> None:
            try:
                if not self._halting.up:
                    deliver(step)
            except BaseException as error:  # noqa: BLE001  (raised in the flow's thread)
                self.raised = error
            told.set_result(None)

        try:
            self._loop.call_soon_threadsafe(tell)
        except RuntimeError:  # the loop is closed
            raise HaltError from None
        while not wait([told], timeout=PARTING_SECONDS).done:
            if self._halting.up or self._loop.is_closed():
                raise HaltError
        if self.raised is not None:
            raise self.raised


def _raise(error: Exception) -> NoReturn:
    raise error
