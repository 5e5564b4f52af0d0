"""The four runners: the only code that performs steps, and that knows sync from async.

A flow's own failures are raised inside it, at the yield; interruption (Ctrl-C, cancellation)
and what a listener raises are not: the flow is closed, and they leave unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, cast

from sume_ext.errors import ResponseLostError
from sume_ext.flow import All, Close, Do, Emit, Flow, Now, Open, Read, Sleep, Step, WallClock
from sume_ext.network.wire import Timeouts
from sume_ext.secrecy import discretion
from sume_ext.secrecy.border import conceal
from sume_ext.secrecy.discretion import Discreet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from concurrent.futures import Future
    from types import TracebackType

    from sume_ext.clock import Clock
    from sume_ext.network.wire import AsyncStream, AsyncTransport, SyncStream, Transport

T = TypeVar("T")
_SMALLEST_TIMEOUT = 0.001
_PARTING_SECONDS = 2.0


class _Course(Generic[T]):
    """A flow under way: the step it waits for, or its result."""

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self.done = False
        self.result: T
        self.step: Step
        self.streams: list[Any] = []

    def __enter__(self) -> _Course[T]:
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
        try:
            self.step = self._flow.send(value)
        except StopIteration as stop:
            self.done, self.result = True, stop.value

    def fail(self, error: Exception) -> None:
        try:
            self.step = self._flow.throw(error)
        except StopIteration as stop:
            self.done, self.result = True, stop.value

    def opened(self, stream: T) -> T:
        self.streams.append(stream)
        return stream

    def closed(self, stream: object) -> None:
        self.streams = [other for other in self.streams if other is not stream]


def _timeouts(step: Open, now: float, connect: float) -> Timeouts:
    left = max(step.deadline - now, _SMALLEST_TIMEOUT)
    pause = left if step.stall is None else min(left, step.stall)
    return Timeouts(connect=min(connect, pause), read=pause, write=pause, pool=pause, total=left)


def _deliver(step: Emit) -> None:
    if step.listener is not None:
        step.listener(step.event)


def _unknown(step: object) -> NoReturn:
    raise TypeError(f"no runner performs {type(step).__name__}")


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
        discretion.install()

    def close(self) -> None:
        """Close every connection."""
        try:
            self.transport.close()
        finally:
            self.storage.close()

    def run(self, flow: Flow[T]) -> T:
        """The flow's result; its events go to their listeners."""
        course = _Course(flow)
        try:
            with course:
                while not course.done:
                    if isinstance(course.step, Emit):
                        _deliver(course.step)
                        course.answer(None)
                        continue
                    self._advance(course)
        finally:
            for stream in course.streams:
                stream.close()
        return course.result

    def iterate(self, flow: Flow[Any]) -> Iterator[Any]:
        """The flow's events, one by one; nothing happens before the first `next()`."""
        course = _Course(flow)
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

    def _advance(self, course: _Course[Any]) -> None:
        try:
            value = self._perform(course.step, course)
        except Exception as error:  # noqa: BLE001  (the flow decides what a failure means)
            course.fail(error)
        else:
            course.answer(value)

    def _perform(self, step: Step, course: _Course[Any]) -> object:  # noqa: PLR0911  (one per step)
        match step:
            case Read():
                if self.clock.monotonic() > step.deadline:
                    raise ResponseLostError("the answer took too long.")
                with Discreet():
                    return cast("SyncStream", step.stream).read()
            case Open():
                carrier = self.storage if step.storage else self.transport
                timeouts = _timeouts(step, self.clock.monotonic(), self.connect_timeout)
                with Discreet():
                    return course.opened(carrier.open(step.request, timeouts))
            case Now():
                return self.clock.monotonic()
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
            case All():
                return self._side_by_side(step)
            case _:
                _unknown(step)

    def _side_by_side(self, step: All) -> list[Any]:
        from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415  (rarely needed)

        branch = _Branch(self.transport, self.storage, self.clock, self.connect_timeout)
        pool = ThreadPoolExecutor(min(step.limit, max(len(step.flows), 1)))
        outcomes: list[Future[Any]] = []
        try:
            outcomes.extend(pool.submit(branch.outcome, flow) for flow in step.flows)
            return [outcome.result() for outcome in outcomes]
        except BaseException:
            branch.halt()
            pool.shutdown(wait=False, cancel_futures=True)
            wait(outcomes, timeout=_PARTING_SECONDS)
            raise
        finally:
            pool.shutdown(wait=False)


class _HaltError(BaseException):
    """Ends a flow whose caller was interrupted, past whatever the flow would catch."""


class _Branch(Runner):
    """Runs flows in threads, and ends them all when who waits for them is interrupted."""

    def __init__(
        self, transport: Transport, storage: Transport, clock: Clock, connect_timeout: float
    ) -> None:
        super().__init__(transport, storage, clock, connect_timeout)
        self._halted = False
        self._courses: set[_Course[Any]] = set()

    def outcome(self, flow: Flow[Any]) -> Any:
        """A flow's result, or what it raised: outcomes are values here."""
        try:
            return self.run(flow)
        except Exception as error:  # noqa: BLE001
            return error

    def halt(self) -> None:
        """End every flow at its next step, and whatever a step of it is reading now."""
        self._halted = True
        for course in list(self._courses):
            for stream in course.streams:
                cut = getattr(stream, "cut", None)
                if cut is not None:
                    cut()

    def _advance(self, course: _Course[Any]) -> None:
        self._courses.add(course)
        if self._halted:
            raise _HaltError
        super()._advance(course)


class AsyncRunner:
    """Performs steps by awaiting; otherwise as `Runner`."""

    def __init__(
        self,
        transport: AsyncTransport,
        storage: AsyncTransport,
        clock: Clock,
        connect_timeout: float,
    ) -> None:
        self.transport = transport
        self.storage = storage
        self.clock = clock
        self.connect_timeout = connect_timeout
        discretion.install()

    async def aclose(self) -> None:
        """Close every connection of this event loop."""
        try:
            await self.transport.aclose()
        finally:
            await self.storage.aclose()

    async def run(self, flow: Flow[T]) -> T:
        """The flow's result; its events go to their listeners."""
        course = _Course(flow)
        try:
            with course:
                while not course.done:
                    if isinstance(course.step, Emit):
                        _deliver(course.step)
                        course.answer(None)
                        continue
                    await self._advance(course)
        finally:
            for stream in course.streams:
                await stream.aclose()
        return course.result

    async def iterate(self, flow: Flow[Any]) -> AsyncIterator[Any]:
        """The flow's events, one by one; nothing happens before the first step of iteration."""
        course = _Course(flow)
        try:
            with course:
                while not course.done:
                    if isinstance(course.step, Emit):
                        yield course.step.event
                        course.answer(None)
                        continue
                    await self._advance(course)
        finally:
            for stream in course.streams:
                await stream.aclose()

    async def _advance(self, course: _Course[Any]) -> None:
        try:
            value = await self._perform(course.step, course)
        except Exception as error:  # noqa: BLE001  (the flow decides what a failure means)
            course.fail(error)
        else:
            course.answer(value)

    async def _perform(self, step: Step, course: _Course[Any]) -> object:  # noqa: PLR0911  (as above)
        import asyncio  # noqa: PLC0415  (synchronous code never pays for asyncio)

        match step:
            case Read():
                left = step.deadline - self.clock.monotonic()
                try:
                    async with asyncio.timeout(max(left, 0)):
                        with Discreet():
                            return await cast("AsyncStream", step.stream).read()
                except TimeoutError:
                    raise ResponseLostError("the answer took too long.") from None
            case Open():
                carrier = self.storage if step.storage else self.transport
                timeouts = _timeouts(step, self.clock.monotonic(), self.connect_timeout)
                with Discreet():
                    return course.opened(await carrier.open(step.request, timeouts))
            case Now():
                return self.clock.monotonic()
            case WallClock():
                return self.clock.time()
            case Close():
                course.closed(step.stream)
                with Discreet():
                    await cast("AsyncStream", step.stream).aclose()
                return None
            case Sleep():
                await self.clock.asleep(step.seconds)
                return None
            case Do():
                return await asyncio.to_thread(step.work)
            case All():
                return await self._side_by_side(step)
            case _:
                _unknown(step)

    async def _side_by_side(self, step: All) -> list[Any]:
        import asyncio  # noqa: PLC0415

        turnstile = asyncio.Semaphore(step.limit)

        async def outcome(flow: Flow[Any]) -> Any:
            async with turnstile:
                try:
                    return await self.run(flow)
                except Exception as error:  # noqa: BLE001  (outcomes are values here)
                    return error

        return list(await asyncio.gather(*(outcome(flow) for flow in step.flows)))
