"""Performs flows by blocking, and several side by side in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from sume_ext.errors import ResponseLostError
from sume_ext.flow import (
    All,
    Apart,
    Close,
    Do,
    Emit,
    Exchange,
    Flow,
    Now,
    Open,
    Read,
    Sleep,
    Step,
    WallClock,
)
from sume_ext.network.wire import Stop
from sume_ext.runners.alone import Turn
from sume_ext.runners.course import (
    PARTING_SECONDS,
    TOO_LONG,
    Course,
    deliver,
    timeouts_for,
    unknown,
)
from sume_ext.runners.interruptions import mark_made
from sume_ext.secrecy import discretion
from sume_ext.secrecy.discretion import Discreet

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from concurrent.futures import Future

    from sume_ext.clock import Clock
    from sume_ext.network.wire import SyncStream, Transport

T = TypeVar("T")
_NAP = 1.0
"""How long a thread sleeps without looking whether it is still wanted."""


class Runner:
    """Performs steps by blocking.

    Args:
        transport: Carries requests to the API.
        storage: Carries requests to other hosts, without credentials.
        clock: What time goes by.
        connect_timeout: Seconds to open a connection.
    """

    def __init__(
        self, transport: Transport, storage: Transport, clock: Clock, connect_timeout: float
    ) -> None:
        self.transport = transport
        self.storage = storage
        self.clock = clock
        self.connect_timeout = connect_timeout
        self._stop: Stop | None = None
        discretion.install()

    def close(self) -> None:
        """Close every connection."""
        try:
            self.transport.close()
        finally:
            self.storage.close()

    def run(self, flow: Flow[T]) -> T:
        """The flow's result; its events go to their listeners."""
        course = Course(flow)
        try:
            self._finish(course)
            return course.result  # noqa: TRY300  (an interruption may come here, too)
        except BaseException as end:
            mark_made(end, course.result if course.done else None)
            raise

    def _finish(self, course: Course[Any]) -> None:
        try:
            with course:
                while not course.done:
                    if isinstance(course.step, Emit):
                        self._tell(course.step)
                        course.answer(None)
                        continue
                    self._advance(course)
        finally:
            for stream in course.streams:
                stream.close()

    def iterate(self, flow: Flow[Any]) -> Iterator[Any]:
        """The flow's events, one by one; nothing happens before the first `next()`."""
        return Events(self._events(flow))

    def _events(self, flow: Flow[Any]) -> Generator[Any]:
        course = Course(flow)
        try:
            with course:
                while not course.done:
                    if isinstance(course.step, Emit):
                        yield course.step.event
                        course.answer(None)
                        continue
                    self._advance(course)
        finally:
            for stream in course.streams:
                stream.close()

    def _tell(self, step: Emit) -> None:
        deliver(step)

    def _advance(self, course: Course[Any]) -> None:
        if isinstance(course.step, All):
            # Outcomes are values: whatever leaves it is a listener's, and no failure of the flow.
            course.answer(self._side_by_side(course.step))
            return
        try:
            value = self._perform(course.step, course)
        except Exception as error:  # noqa: BLE001  (the flow decides what a failure means)
            course.fail(error)
        else:
            course.answer(value)

    def _perform(self, step: Step, course: Course[Any]) -> object:  # noqa: PLR0911, C901  (one per step)
        match step:
            case Exchange():
                return self._exchange(step, course)
            case Now():
                return self.clock.monotonic()
            case Read():
                if self.clock.monotonic() > step.deadline:
                    raise ResponseLostError(TOO_LONG)
                with Discreet():
                    return cast("SyncStream", step.stream).read()
            case Open():
                left = step.deadline - self.clock.monotonic()
                timeouts = timeouts_for(left, self.connect_timeout, step.stall, self._stop)
                with Discreet():
                    return course.opened(self.storage.open(step.request, timeouts))
            case WallClock():
                return self.clock.time()
            case Close():
                course.closed(step.stream)
                with Discreet():
                    cast("SyncStream", step.stream).close()
                return None
            case Sleep():
                self.clock.sleep(step.seconds)
                return None
            case Do():
                return step.work()
            case Apart():
                return None
            case _:
                raise unknown(step)

    def _exchange(self, step: Exchange, course: Course[Any]) -> SyncStream:
        left = step.deadline - self.clock.monotonic()
        timeouts = timeouts_for(left, self.connect_timeout, stop=self._stop)
        with Discreet():
            stream = course.opened(self.transport.open(step.request, timeouts))
            try:
                sink = step.into(stream)
                while self.clock.monotonic() <= step.deadline:
                    piece = stream.read()
                    if not piece:
                        sink.finish()
                        return stream
                    sink.take(piece)
                    del piece  # whoever dumps running stacks sees locals
            finally:
                course.closed(stream)
                stream.close()
        raise ResponseLostError(TOO_LONG)

    def _side_by_side(self, step: All) -> list[Any]:
        from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415  (rarely needed)

        branch = Branch(self.transport, self.storage, self.clock, self.connect_timeout)
        pool = ThreadPoolExecutor(min(step.limit, max(len(step.flows), 1)))
        outcomes: list[Future[Any]] = []
        try:
            outcomes.extend(pool.submit(branch.outcome, flow) for flow in step.flows)
            while branch.raised is None and wait(outcomes, timeout=_NAP).not_done:
                pass  # a Ctrl-C that another thread got, or that came just before, is heard now
            branch.check()
            return [outcome.result() for outcome in outcomes]
        except BaseException:
            branch.halt()
            pool.shutdown(wait=False, cancel_futures=True)
            wait(outcomes, timeout=PARTING_SECONDS)
            raise
        finally:
            pool.shutdown(wait=False)


class Events:
    """The events of a flow, for one thread at a time.

    Args:
        events: The events.
    """

    def __init__(self, events: Generator[Any]) -> None:
        self._events = events
        self._turn = Turn("iteration")

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        with self._turn:
            return next(self._events)

    def close(self) -> None:
        """End the flow, which stands at an event."""
        with self._turn:
            self._events.close()


class HaltError(BaseException):
    """Ends a flow whose caller was interrupted, past whatever the flow would catch."""


class Branch(Runner):
    """Runs flows in threads, and ends them all when who waits for them is interrupted.

    Attributes:
        raised: What a listener raised, which ends them all, too.
    """

    def __init__(
        self, transport: Transport, storage: Transport, clock: Clock, connect_timeout: float
    ) -> None:
        super().__init__(transport, storage, clock, connect_timeout)
        self._stop = self._halting = Stop()
        self._courses: set[Course[Any]] = set()
        self.raised: BaseException | None = None

    def outcome(self, flow: Flow[Any]) -> Any:
        """A flow's result, or what it raised: outcomes are values here."""
        try:
            return self.run(flow)
        except Exception as error:  # noqa: BLE001
            return error

    def check(self) -> None:
        """Raise what a listener raised, if one did."""
        if self.raised is not None:
            raise self.raised

    def halt(self) -> None:
        """End every flow at its next step, and whatever a step of it is waiting for now."""
        self._halting.pull()
        for course in list(self._courses):
            course.cut()

    def _tell(self, step: Emit) -> None:
        try:
            super()._tell(step)
        except BaseException as error:
            self.raised = self.raised or error
            self.halt()
            raise

    def _advance(self, course: Course[Any]) -> None:
        self._courses.add(course)
        if self._halting.up:
            raise HaltError
        super()._advance(course)

    def _perform(self, step: Step, course: Course[Any]) -> object:
        left = step.seconds if isinstance(step, Sleep) else 0.0
        while left > _NAP and not self._halting.up:
            self.clock.sleep(_NAP)
            left -= _NAP
        if self._halting.up:
            raise HaltError
        return super()._perform(Sleep(left) if isinstance(step, Sleep) else step, course)
