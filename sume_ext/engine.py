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
_MOST_REMEMBERED = 1000


@frozen
class Faces:
    """The classes that a client hands out: all synchronous, or all asynchronous."""

    job: Callable[[Engine, JobState], Any]
    group: Callable[[Engine, list[Any]], Any]
    result: Callable[[Engine, Reply[Any], str], Any]
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
        self._made: dict[str, JobState] = {}

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
        state = JobState.created(call, reply, self.runner.clock.monotonic())
        self._remember(state)
        return self.handle(state)

    def new_group(self, call: Call, reply: Reply[Any]) -> Any:
        """The handles of jobs that were just created together."""
        states = JobState.created_all(call, reply, self.runner.clock.monotonic())
        self._remember(*states)
        return self._faces.group(self, [self.handle(state) for state in states])

    def state_of(self, job_id: str) -> JobState:
        """What is known of a job by its id alone: more where this client created it lately.

        A program that keeps ids rather than handles has the same grace for a job that the API's
        replicas don't show yet.
        """
        return self._made.get(job_id) or JobState(job_id)

    def _remember(self, *states: JobState) -> None:
        for state in states:
            self._made[state.id] = JobState(state.id, type=state.type, made_at=state.made_at)
        for old in [*self._made][:-_MOST_REMEMBERED]:
            self._made.pop(old, None)

    def result(self, reply: Reply[Any], job_id: str) -> Any:
        """The result of the job that was asked for."""
        return self._faces.result(self, reply, job_id)
