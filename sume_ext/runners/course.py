"""What all runners have in common: a flow's way from step to step, and what a step allows.

A flow's own failures are raised inside it, at the yield; interruption (Ctrl-C, cancellation)
and what a listener raises are not: the flow is closed, and they leave unchanged.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sume_ext.flow import Do
from sume_ext.network.wire import Timeouts
from sume_ext.secrecy.border import conceal

if TYPE_CHECKING:
    from types import TracebackType

    from sume_ext.flow import Emit, Flow, Step
    from sume_ext.network.wire import Stop

S = TypeVar("S")
T = TypeVar("T")
PARTING_SECONDS = 2.0
"""How long who interrupts waits for threads to let go."""
TOO_LONG = "the answer took too long."
_SMALLEST_TIMEOUT = 0.001


class Course(Generic[T]):
    """A flow under way: the step it waits for, or its result.

    Args:
        flow: Which.

    Attributes:
        done: Whether it has come to its end.
        result: What it returned, when done.
        step: What it wants done, when not.
        streams: What is to be closed however it ends.
        raised: What a listener raised, which ends it.
    """

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self.done = False
        self.result: T
        self.step: Step
        self.streams: list[Any] = []
        self.raised: BaseException | None = None
        self._over = False

    def __enter__(self) -> Course[T]:
        try:
            self.answer(None)
        except BaseException as error:
            conceal(error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._flow.close()
        if error is not None:
            conceal(error)

    def answer(self, value: object) -> None:
        """Go on with what came of the step."""
        try:
            self.step = self._flow.send(value)
        except StopIteration as stop:
            self.done, self.result = True, stop.value

    def fail(self, error: Exception) -> None:
        """Go on with the step's failure, which the flow may live through."""
        try:
            self.step = self._flow.throw(error)
        except StopIteration as stop:
            self.done, self.result = True, stop.value

    def opened(self, stream: S) -> S:
        """Keep a stream in mind until it is closed."""
        self.streams.append(stream)
        if self._over:  # and whoever said so saw the streams before this one
            self.cut()
        return stream

    def closed(self, stream: object) -> None:
        """Forget a stream."""
        self.streams = [other for other in self.streams if other is not stream]

    def cut(self) -> None:
        """Break its streams and what it does, from any thread, now and from now on."""
        self._over = True
        step = getattr(self, "step", None)
        if isinstance(step, Do) and step.cut is not None:
            step.cut()
        for stream in self.streams:
            cut = getattr(stream, "cut", None)
            if cut is not None:
                cut()


def timeouts_for(
    left: float, connect: float, stall: float = math.inf, stop: Stop | None = None
) -> Timeouts:
    """What the time that is left for a request allows each part of its exchange.

    Args:
        left: Seconds until its deadline.
        connect: Seconds to open a connection, where that much is left.
        stall: Seconds that may pass without a byte moving.
        stop: What ends it from another thread, if anything.
    """
    left = max(left, _SMALLEST_TIMEOUT)
    pause = min(left, stall)
    return Timeouts(min(connect, pause), pause, pause, pause, left, stop)


def deliver(step: Emit) -> None:
    """Hand an event to its listener."""
    if step.listener is not None:
        step.listener(step.event)


def unknown(step: object) -> TypeError:
    """The error for a kind of step that a runner forgot."""
    return TypeError(f"no runner performs {type(step).__name__}")
