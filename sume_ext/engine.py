"""What a client gives its resources and handles: its settings, its runner, and its faces.

Flows are written against this and never learn whether the client is synchronous; the runner
decides whether `run` answers with the thing itself or with something to await.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import frozen

from sume_ext.waiting.job_state import JobState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping

    from sume_ext.binding.bound import Binding
    from sume_ext.calling.calls import Call, Reply, Settings
    from sume_ext.flow import Flow
    from sume_ext.runners.awaiting import AsyncRunner
    from sume_ext.runners.blocking import Runner


T = TypeVar("T")


@frozen
class Faces:
    """The classes that a client hands out: all synchronous, or all asynchronous."""

    job: Callable[[Engine, JobState], Any]
    group: Callable[[Engine, list[Any]], Any]
    result: Callable[[Engine, Reply[Any]], Any]
    pager: Callable[..., Any]


class Engine:
    """Binds settings, runner and faces together.

    Args:
        settings: What every call goes by.
        bindings: Every line of the table, by public name.
        runner: Performs flows.
        faces: The classes to hand out.
    """

    def __init__(
        self,
        settings: Settings,
        bindings: Mapping[str, Binding],
        runner: Runner | AsyncRunner,
        faces: Faces,
    ) -> None:
        self.settings = settings
        self._bindings = bindings
        self.runner = runner
        self._faces = faces

    def binding(self, name: str) -> Binding:
        """The line of the table under a public name, as in ``jobs.get``."""
        return self._bindings[name]

    def lookup(self, name: str) -> Call:
        """The call bound under a public name."""
        return self._bindings[name].call

    @property
    def job_types(self) -> frozenset[str]:
        """Every type of job that a line of the table creates."""
        return frozenset(b.job_type for b in self._bindings.values() if b.job_type)

    def run(self, flow: Flow[Any]) -> Any:
        """Perform a flow: its result, or an awaitable of it."""
        return self.runner.run(flow)

    def block(self, flow: Flow[T]) -> T:
        """As `run`, typed for the synchronous faces."""
        return cast("T", self.runner.run(flow))

    def soon(self, flow: Flow[T]) -> Coroutine[Any, Any, T]:
        """As `run`, typed for the asynchronous faces."""
        return cast("Coroutine[Any, Any, T]", self.runner.run(flow))

    def each(self, flow: Flow[Any]) -> Iterator[Any]:
        """Perform a flow for its events, for the synchronous faces."""
        return cast("Iterator[Any]", self.runner.iterate(flow))

    def aeach(self, flow: Flow[Any]) -> AsyncIterator[Any]:
        """Perform a flow for its events, for the asynchronous faces."""
        return cast("AsyncIterator[Any]", self.runner.iterate(flow))

    def pager(
        self, call: Call, kwargs: dict[str, Any], item: Callable[[Any, Any], Any] | None = None
    ) -> Any:
        """A pager over a cursor list; `item` makes each item from its model and its JSON."""
        return self._faces.pager(self, call, kwargs, item)

    def handle(self, state: JobState) -> Any:
        """The handle of a job."""
        return self._faces.job(self, state)

    def job(self, reply: Reply[Any]) -> Any:
        """The handle of a job that was read."""
        return self.handle(JobState.read(reply.parsed, reply.raw, reply.request_id))

    def listed_job(self, model: Any, raw: Any) -> Any:
        """The handle of a job in a list."""
        return self.handle(JobState.read(model, raw, None))

    def new_job(self, call: Call, reply: Reply[Any]) -> Any:
        """The handle of a job that was just created."""
        return self.handle(JobState.created(call, reply, self.runner.clock.monotonic()))

    def new_group(self, call: Call, reply: Reply[Any]) -> Any:
        """The handles of jobs that were just created together."""
        states = JobState.created_all(call, reply, self.runner.clock.monotonic())
        return self._faces.group(self, [self.handle(state) for state in states])

    def result(self, reply: Reply[Any]) -> Any:
        """A job's result."""
        return self._faces.result(self, reply)
