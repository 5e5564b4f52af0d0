"""The lines of the table that answer with job handles without being one operation each.

Handles differ between the two worlds, so each shape of answer needs a line that says so;
what is done is a flow like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, overload

from sume_ext.binding.lines import behave

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from sume_ext.binding.resource import Async, Resource, Sync
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.jobs import AsyncJob, Job
    from sume_ext.waiting.outcomes import Outcome

P = ParamSpec("P")


class remembers_job(Generic[P]):  # noqa: N801  (reads as a verb in the table)
    """A handle made without asking anything, and so without awaiting in either world."""

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Any]) -> None:
        self._behaviour = behaviour

    @overload
    def __get__(self, obj: None, owner: object = None) -> remembers_job[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Job]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: object = None) -> Callable[P, AsyncJob]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self if obj is None else behave(obj, self._behaviour, _as_it_is)


class runs_jobs(Generic[P]):  # noqa: N801
    """A flow that answers with a list of handles."""

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Flow[Any]]) -> None:
        self._behaviour = behaviour

    @overload
    def __get__(self, obj: None, owner: object = None) -> runs_jobs[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, list[Job]]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, list[AsyncJob]]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self if obj is None else behave(obj, self._behaviour)


class runs_outcomes(Generic[P]):  # noqa: N801
    """A flow that answers with the outcomes of many jobs."""

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Flow[Any]]) -> None:
        self._behaviour = behaviour

    @overload
    def __get__(self, obj: None, owner: object = None) -> runs_outcomes[P]: ...
    @overload
    def __get__(
        self, obj: Resource[Sync], owner: object = None
    ) -> Callable[P, list[Outcome[Job]]]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, list[Outcome[AsyncJob]]]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self if obj is None else behave(obj, self._behaviour)


class hands_out_outcomes(Generic[P]):  # noqa: N801
    """A flow that is iterated over for the outcomes it emits."""

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Flow[Any]]) -> None:
        self._behaviour = behaviour

    @overload
    def __get__(self, obj: None, owner: object = None) -> hands_out_outcomes[P]: ...
    @overload
    def __get__(
        self, obj: Resource[Sync], owner: object = None
    ) -> Callable[P, Iterator[Outcome[Job]]]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, AsyncIterator[Outcome[AsyncJob]]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self if obj is None else behave(obj, self._behaviour, _for_its_events)


def _as_it_is(engine: Engine, made: Any) -> Any:
    del engine
    return made


def _for_its_events(engine: Engine, flow: Flow[Any]) -> Any:
    return engine.runner.iterate(flow)
