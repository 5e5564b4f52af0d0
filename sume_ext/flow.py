"""The steps a behaviour may ask for. Nothing here knows a socket, a file, a clock or an event loop.

A behaviour is a generator: it yields a step, gets back what happened (or has the failure
raised at the yield), and returns its result. `runners` performs the steps, once for
synchronous code and once for asynchronous code, so no behaviour is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from attrs import field, frozen

if TYPE_CHECKING:
    from sume_ext.network.wire import Request, Stream

T = TypeVar("T")


class Sink(Protocol):
    """What the body of an answer goes into; what it raises ends the reading."""

    def take(self, piece: bytes) -> object:
        """Told each piece as it comes."""
        ...

    def finish(self) -> object:
        """Told that this was all."""
        ...


# Steps stand in the locals of frames that wait, so no repr may show what they do it with.
@frozen
class Exchange:
    """Send a request to the API and read its whole answer: answers with its `Stream`, closed.

    Attributes:
        request: What to send.
        deadline: Monotonic time at which all of the answer must be there.
        into: Makes what the body goes into, when the head is there.
    """

    request: Request
    deadline: float
    into: Callable[[Stream], Sink] = field(repr=False)


@frozen
class Open:
    """Send a request to another host: answers with a `Stream` when the head of its answer is there.

    Attributes:
        request: What to send, over a connection without credentials.
        deadline: Monotonic time at which everything about it must be over.
        stall: Seconds that may pass without a byte moving, when that is less than what is left.
    """

    request: Request
    deadline: float
    stall: float


@frozen
class Read:
    """Read what has come of a body, at least one byte: answers with bytes, ``b""`` at its end."""

    stream: Stream
    deadline: float


@frozen
class Close:
    """Close a stream; whatever is still open when a flow ends is closed by its runner."""

    stream: Stream


@frozen
class Sleep:
    """Wait this many seconds."""

    seconds: float


@frozen
class Now:
    """Tell the monotonic time, in seconds."""


@frozen
class WallClock:
    """Tell the time of day, in seconds since the epoch."""


@frozen
class Do:
    """Do something that may block, such as file or DNS work: answers with what it returns.

    Attributes:
        work: What.
        cut: Ends it sooner, from another thread, when nobody waits any more.
    """

    work: Callable[[], Any] = field(repr=False)
    cut: Callable[[], object] | None = field(default=None, repr=False)

    def __call__(self) -> Any:
        """Do it."""
        return self.work()


@frozen
class Emit:
    """Hand out an event: to the iteration over the flow, else to its listener.

    What a listener raises closes the flow and leaves it unchanged.
    """

    event: Any
    listener: Callable[[Any], object] | None = None


@frozen
class All:
    """Perform several flows side by side: answers with their results or exceptions, in order.

    What a listener of one of them raises closes them all, and the flow that asked for them.

    Attributes:
        flows: The flows; each owns its steps.
        limit: How many may be under way at once.
    """

    flows: tuple[Flow[Any], ...]
    limit: int = 8


@frozen
class Apart:
    """Perform a flow that moves many bytes where that holds up nobody, see `apart`.

    Its steps are those of storage: no `Exchange`, no `Sleep`, no `All`. Answers with a
    callable that gives its result or raises its failure; None when there is no such place.
    """

    flow: Flow[Any]


Step: TypeAlias = Exchange | Open | Read | Close | Sleep | Now | WallClock | Do | Emit | All | Apart
Flow: TypeAlias = Generator[Step, Any, T]

NOW = Now()
WALL_CLOCK = WallClock()


def apart(flow: Flow[T]) -> Flow[T]:
    """Perform a flow off the event loop if there is one, else in place."""
    outcome: Callable[[], T] | None = yield Apart(flow)
    if outcome is None:
        return (yield from flow)
    return outcome()
