"""The lines of the table that are behaviours of this package's own: flows, not single operations.

What a behaviour answers with differs between the two worlds, so each shape of answer needs a line
that says so; what is done is a flow like any other.
"""

from __future__ import annotations

import inspect
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from sume_ext.binding.explaining import for_people
from sume_ext.binding.lines import GivesJob
from sume_ext.binding.resource import Immediate, Method
from sume_ext.misuse import explained

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from sume_ext.binding.resource import Async, Resource, Sync
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.jobs import AsyncJob, Job
    from sume_ext.secrecy.border import Sealed
    from sume_ext.waiting.outcomes import Outcome

P = ParamSpec("P")
T = TypeVar("T")


class Behaviour(Method, Generic[P]):
    """Base of these lines.

    Args:
        behaviour: Makes what is done, from the engine and the caller's arguments; or what stands
            for it until it is first looked at.
    """

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Any]) -> None:
        self._given: Any = behaviour

    @cached_property
    def _behaviour(self) -> Any:
        resolve = getattr(self._given, "resolve", None)
        return self._given if resolve is None else resolve()

    @property
    def doc(self) -> str:
        """What the behaviour says of itself; callers don't see the engine."""
        said = (self._behaviour.__doc__ or "").replace("        engine: The client's.\n", "")
        return inspect.cleandoc(said)

    @property
    def signature(self) -> inspect.Signature:
        """What the behaviour takes beside the engine."""
        return self._takes

    @cached_property
    def _takes(self) -> inspect.Signature:
        takes = [*inspect.signature(self._behaviour).parameters.values()][1:]
        by_position = frozenset(p.name for p in takes)
        return inspect.Signature([for_people(p, by_position=by_position) for p in takes])

    def _called(self, engine: Engine, name: str, given: Sealed) -> Any:
        try:
            self._takes.bind(*given.cell_contents[0], **given.cell_contents[1])
        except TypeError as error:
            raise explained(name, self._takes, error, *given.cell_contents) from None
        return self._do(
            engine, self._behaviour(engine, *given.cell_contents[0], **given.cell_contents[1])
        )


class runs(Behaviour[P], Generic[P, T]):  # noqa: N801  (reads as a verb in the table)
    """A flow that answers with its result."""

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Flow[T]]) -> None:
        super().__init__(behaviour)

    @overload
    def __get__(self, obj: None, owner: object = None) -> runs[P, T]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)


class runs_job(GivesJob[P], Behaviour[P], Generic[P]):  # noqa: N801
    """A flow that answers with a job's handle."""


class remembers_job(Immediate, Behaviour[P], Generic[P]):  # noqa: N801
    """A handle made without asking anything, and so without awaiting in either world."""

    @overload
    def __get__(self, obj: None, owner: object = None) -> remembers_job[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Job]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: object = None) -> Callable[P, AsyncJob]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)


class runs_jobs(Behaviour[P], Generic[P]):  # noqa: N801
    """A flow that answers with a list of handles."""

    @overload
    def __get__(self, obj: None, owner: object = None) -> runs_jobs[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, list[Job]]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, list[AsyncJob]]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)


class runs_outcomes(Behaviour[P], Generic[P]):  # noqa: N801
    """A flow that answers with the outcomes of many jobs."""

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
        return self._bind(obj)


class hands_out_outcomes(Behaviour[P], Generic[P]):  # noqa: N801
    """A flow that is iterated over for the outcomes it emits."""

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
        return self._bind(obj)

    def _do(self, engine: Engine, begun: Any) -> Any:
        return engine.runner.iterate(begun)
