"""Performs flows by awaiting; the one place that knows event loops, with the transport."""

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
from sume_ext.runners.alone import Turn
from sume_ext.runners.course import (
    PARTING_SECONDS,
    TOO_LONG,
    Course,
    deliver,
    timeouts_for,
    unknown,
)
from sume_ext.secrecy import discretion
from sume_ext.secrecy.discretion import Discreet

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from sume_ext.clock import Clock
    from sume_ext.network.wire import AsyncStream, AsyncTransport, Transport

T = TypeVar("T")


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
        course = Course(flow)
        await self._finish(course)
        return course.result

    async def _finish(self, course: Course[Any]) -> None:
        try:
            with course:
                while not course.done:
                    if isinstance(course.step, Emit):
                        self._tell(course.step, course)
                        course.answer(None)
                        continue
                    await self._advance(course)
        finally:
            for stream in course.streams:
                await stream.aclose()

    def _tell(self, step: Emit, course: Course[Any]) -> None:
        try:
            deliver(step)
        except BaseException as error:
            course.raised = error
            raise

    def iterate(self, flow: Flow[Any]) -> AsyncIterator[Any]:
        """The flow's events, one by one; nothing happens before the first step of iteration."""
        return AsyncEvents(self._events(flow))

    async def _events(self, flow: Flow[Any]) -> AsyncGenerator[Any]:
        course = Course(flow)
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

    async def _advance(self, course: Course[Any]) -> None:
        if isinstance(course.step, Apart):
            course.answer(await self._apart(course.step, course))
            return
        if isinstance(course.step, All):
            # Outcomes are values: whatever leaves it is a listener's, and no failure of the flow.
            course.answer(await self._side_by_side(course.step))
            return
        try:
            value = await self._perform(course.step, course)
        except Exception as error:  # noqa: BLE001  (the flow decides what a failure means)
            course.fail(error)
        else:
            course.answer(value)

    async def _perform(self, step: Step, course: Course[Any]) -> object:  # noqa: PLR0911  (as above)
        match step:
            case Exchange():
                return await self._exchange(step, course)
            case Now():
                return self.clock.monotonic()
            case Read():
                return await self._read(step)
            case Open():
                left = step.deadline - self.clock.monotonic()
                timeouts = timeouts_for(left, self.connect_timeout, step.stall)
                with Discreet():
                    return course.opened(await self.storage.open(step.request, timeouts))
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
                from asyncio import to_thread  # noqa: PLC0415  (synchronous code never pays for asyncio)

                return await to_thread(step)  # whose repr shows less than its work's
            case _:
                raise unknown(step)

    async def _apart(self, step: Apart, course: Course[Any]) -> Callable[[], Any] | None:
        import asyncio  # noqa: PLC0415  (as above)

        from sume_ext.runners.errands import Errand  # noqa: PLC0415  (rarely needed)

        if self._make_apart is None:
            return None
        loop = asyncio.get_running_loop()
        errand = Errand(self._make_apart(), self.clock, self.connect_timeout, loop)
        work = errand.begin(step.flow)
        work.add_done_callback(_looked_at)
        try:
            outcome = await asyncio.shield(work)
        except asyncio.CancelledError:
            errand.halt()
            await asyncio.wait([work], timeout=PARTING_SECONDS)
            raise
        if errand.raised is not None:
            course.raised = errand.raised
            raise errand.raised
        return outcome

    async def _exchange(self, step: Exchange, course: Course[Any]) -> AsyncStream:
        from asyncio import timeout  # noqa: PLC0415  (as above)

        left = step.deadline - self.clock.monotonic()
        timeouts = timeouts_for(left, self.connect_timeout)
        with Discreet():
            stream = course.opened(await self.transport.open(step.request, timeouts))
            try:
                sink = step.into(stream)
                async with timeout(max(step.deadline - self.clock.monotonic(), 0)):
                    while piece := await stream.read():
                        sink.take(piece)
                        del piece  # whoever dumps running stacks sees locals
                sink.finish()
                return stream  # noqa: TRY300  (closed on the way)
            except TimeoutError:
                raise ResponseLostError(TOO_LONG) from None
            finally:
                course.closed(stream)
                await stream.aclose()

    async def _read(self, step: Read) -> bytes:
        from asyncio import timeout  # noqa: PLC0415  (as above)

        try:
            async with timeout(max(step.deadline - self.clock.monotonic(), 0)):
                with Discreet():
                    return await cast("AsyncStream", step.stream).read()
        except TimeoutError:
            raise ResponseLostError(TOO_LONG) from None

    async def _side_by_side(self, step: All) -> list[Any]:
        import asyncio  # noqa: PLC0415

        turnstile = asyncio.Semaphore(step.limit)
        raised: list[BaseException] = []

        async def outcome(flow: Flow[Any]) -> Any:
            async with turnstile:
                course = Course(flow)
                try:
                    await self._finish(course)
                except Exception as error:
                    if course.raised is None:
                        return error  # outcomes are values here
                    raise
                finally:
                    if course.raised is not None:
                        raised.append(course.raised)
                return course.result

        tasks = [asyncio.ensure_future(outcome(flow)) for flow in step.flows]
        if not tasks:
            return []
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            _looked_at(task)
        if raised:  # only now: several may raise the same one, whose frames are cleared each time
            raise raised[0]
        return [task.result() for task in tasks]


def _looked_at(outcome: asyncio.Future[Any]) -> None:
    """What nobody waits for any more may fail in silence."""
    if not outcome.cancelled():
        outcome.exception()


class AsyncEvents:
    """The events of a flow, for one task at a time.

    Args:
        events: The events.
    """

    def __init__(self, events: AsyncGenerator[Any]) -> None:
        self._events = events
        self._turn = Turn("iteration")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        with self._turn:
            return await anext(self._events)

    async def aclose(self) -> None:
        """End the flow, which stands at an event."""
        with self._turn:
            await self._events.aclose()
