"""The four runners: the only code that performs steps, and that knows sync from async.

A flow's own failures are raised inside it, at the yield; interruption (Ctrl-C, cancellation)
and what a listener raises are not: the flow is closed, and they leave unchanged.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, cast

from sume_ext.errors import ResponseLostError
from sume_ext.flow import (
    All,
    Apart,
    Close,
    Do,
    Emit,
    Flow,
    Now,
    Open,
    Read,
    ReadAll,
    Sleep,
    Step,
    WallClock,
)
from sume_ext.network.wire import Timeouts
from sume_ext.secrecy import discretion
from sume_ext.secrecy.border import conceal
from sume_ext.secrecy.discretion import Discreet

if TYPE_CHECKING:
    import asyncio
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncIterator, Callable, Iterator
    from concurrent.futures import Future
    from types import TracebackType

    from sume_ext.clock import Clock
    from sume_ext.network.wire import AsyncStream, AsyncTransport, SyncStream, Transport

T = TypeVar("T")
_SMALLEST_TIMEOUT = 0.001
_PARTING_SECONDS = 2.0
_TOO_LONG = "the answer took too long."


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


def _raise(error: Exception) -> NoReturn:
    raise error


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
                        self._tell(course.step)
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

    def _tell(self, step: Emit) -> None:
        _deliver(step)

    def _advance(self, course: _Course[Any]) -> None:
        try:
            value = self._perform(course.step, course)
        except Exception as error:  # noqa: BLE001  (the flow decides what a failure means)
            course.fail(error)
        else:
            course.answer(value)

    def _perform(self, step: Step, course: _Course[Any]) -> object:  # noqa: PLR0911, C901  (one per step)
        match step:
            case Read():
                if self.clock.monotonic() > step.deadline:
                    raise ResponseLostError(_TOO_LONG)
                with Discreet():
                    return cast("SyncStream", step.stream).read()
            case Open():
                carrier = self.storage if step.storage else self.transport
                timeouts = _timeouts(step, self.clock.monotonic(), self.connect_timeout)
                with Discreet():
                    return course.opened(carrier.open(step.request, timeouts))
            case ReadAll():
                self._read_all(step, course)
                return None
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
            case Apart():
                return None
            case _:
                _unknown(step)

    def _read_all(self, step: ReadAll, course: _Course[Any]) -> None:
        stream = cast("SyncStream", step.stream)
        with Discreet():
            try:
                while self.clock.monotonic() <= step.deadline:
                    piece = stream.read()
                    if not piece:
                        return
                    step.take(piece)
            finally:
                course.closed(stream)
                stream.close()
        raise ResponseLostError(_TOO_LONG)

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


class _Errand(_Branch):
    """Runs one flow in a thread for an event loop, in which its listeners are called."""

    def __init__(
        self, storage: Transport, clock: Clock, connect_timeout: float, loop: AbstractEventLoop
    ) -> None:
        super().__init__(storage, storage, clock, connect_timeout)
        self._loop = loop
        self._raised: BaseException | None = None

    def perform(self, flow: Flow[T]) -> Callable[[], T]:
        """What gives the flow's result or raises its failure; a listener's is raised here."""
        try:
            result = self.run(flow)
        except Exception as error:
            if error is self._raised:
                raise
            return partial(_raise, error)
        finally:
            self.close()
        return lambda: result

    def _tell(self, step: Emit) -> None:
        from concurrent.futures import Future, wait  # noqa: PLC0415  (rarely needed)

        told: Future[None] = Future()

        def tell() -> None:
            try:
                if not self._halted:
                    _deliver(step)
            except BaseException as error:  # noqa: BLE001  (raised in the flow's thread)
                self._raised = error
                told.set_exception(error)
            else:
                told.set_result(None)

        try:
            self._loop.call_soon_threadsafe(tell)
        except RuntimeError:  # the loop is closed
            raise _HaltError from None
        while not wait([told], timeout=_PARTING_SECONDS).done:
            if self._halted:
                raise _HaltError
        told.result()


def _looked_at(outcome: asyncio.Future[Any]) -> None:
    """What nobody waits for any more may fail in silence."""
    if not outcome.cancelled():
        outcome.exception()


class AsyncRunner:
    """Performs steps by awaiting; otherwise as `Runner`.

    Args:
        transport: As for `Runner`.
        storage: As for `Runner`.
        clock: As for `Runner`.
        connect_timeout: As for `Runner`.
        apart: Makes what carries the requests of an `Apart` by blocking, in a thread of its own,
            so that the loop works on none of their bytes. When None, flows are performed in place.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        storage: AsyncTransport,
        clock: Clock,
        connect_timeout: float,
        apart: Callable[[], Transport] | None = None,
    ) -> None:
        self.transport = transport
        self.storage = storage
        self.clock = clock
        self.connect_timeout = connect_timeout
        self._make_apart = apart
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
        if isinstance(course.step, Apart):
            course.answer(await self._apart(course.step))
            return
        try:
            value = await self._perform(course.step, course)
        except Exception as error:  # noqa: BLE001  (the flow decides what a failure means)
            course.fail(error)
        else:
            course.answer(value)

    async def _perform(self, step: Step, course: _Course[Any]) -> object:  # noqa: PLR0911, C901  (as above)
        import asyncio  # noqa: PLC0415  (synchronous code never pays for asyncio)

        match step:
            case Read():
                left = step.deadline - self.clock.monotonic()
                try:
                    async with asyncio.timeout(max(left, 0)):
                        with Discreet():
                            return await cast("AsyncStream", step.stream).read()
                except TimeoutError:
                    raise ResponseLostError(_TOO_LONG) from None
            case Open():
                carrier = self.storage if step.storage else self.transport
                timeouts = _timeouts(step, self.clock.monotonic(), self.connect_timeout)
                with Discreet():
                    return course.opened(await carrier.open(step.request, timeouts))
            case ReadAll():
                await self._read_all(step, course)
                return None
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

    async def _apart(self, step: Apart) -> Callable[[], Any] | None:
        import asyncio  # noqa: PLC0415  (as above)
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  (as above)
        from contextvars import copy_context  # noqa: PLC0415  (as above)

        if self._make_apart is None:
            return None
        loop = asyncio.get_running_loop()
        errand = _Errand(self._make_apart(), self.clock, self.connect_timeout, loop)
        # The loop's own threads are the application's, which a slow server must not take.
        thread = ThreadPoolExecutor(1, thread_name_prefix="sume-transfer")
        perform = partial(errand.perform, step.flow)
        work = loop.run_in_executor(thread, partial(copy_context().run, perform))
        work.add_done_callback(_looked_at)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            errand.halt()
            await asyncio.wait([work], timeout=_PARTING_SECONDS)
            raise
        finally:
            thread.shutdown(wait=False)

    async def _read_all(self, step: ReadAll, course: _Course[Any]) -> None:
        import asyncio  # noqa: PLC0415  (as above)

        stream = cast("AsyncStream", step.stream)
        with Discreet():
            try:
                async with asyncio.timeout(max(step.deadline - self.clock.monotonic(), 0)):
                    while piece := await stream.read():
                        step.take(piece)
            except TimeoutError:
                raise ResponseLostError(_TOO_LONG) from None
            finally:
                course.closed(stream)
                await stream.aclose()

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
