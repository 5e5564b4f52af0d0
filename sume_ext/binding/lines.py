"""The lines of the table that are operations: descriptors that give both worlds their callable.

Types flow from the generated code through `ParamSpec`, so a regenerated field appears in the
signature, its asynchronous twin, `help()` and the command line by itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from sume_ext.binding.bound import Binding
from sume_ext.binding.resource import Immediate, Method
from sume_ext.calling.calls import perform
from sume_ext.calling.effects import Effect
from sume_ext.waiting.one import fetch_result

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Coroutine, Sequence

    from sume_api.models import ErrorResponse

    from sume_ext.binding.resource import Async, Resource, Sync
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.jobs import AsyncJob, AsyncJobGroup, Job, JobGroup
    from sume_ext.paging import AsyncPager, Pager
    from sume_ext.results import AsyncResult, Result
    from sume_ext.secrecy.border import Sealed

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Operation(Protocol[P, T_co]):
    """Any generated operation module."""

    @property
    def _get_kwargs(self) -> Callable[P, dict[str, Any]]: ...
    @property
    def _parse_response(self) -> Callable[..., T_co | ErrorResponse | None]: ...


class PageOf(Protocol[T_co]):
    """Any generated list envelope."""

    @property
    def data(self) -> Sequence[T_co]:
        """Its items."""
        ...


class Line(Method):
    """Base of the lines for operations.

    Args:
        binding: What is bound.
    """

    def __init__(self, binding: Binding) -> None:
        self.binding = binding

    @property
    def doc(self) -> str:
        """What the generated code says of it."""
        return self.binding.doc

    @property
    def signature(self) -> inspect.Signature:
        """What the generated code takes."""
        return self.binding.signature

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Any:
        """What calling it begins: a flow, or what has its own."""
        raise NotImplementedError

    def _called(self, engine: Engine, name: str, given: Sealed) -> Any:
        del name  # which the binding knows
        now = engine.runner.clock.time
        return self._do(
            engine, self.begin(engine, self.binding.arguments(*given.cell_contents, now=now))
        )


class GivesJob(Method, Generic[P]):
    """Base of every line, for an operation or not, whose answer is one job's handle."""

    @overload
    def __get__(self, obj: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Job]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, AsyncJob]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)


class calls(Line, Generic[P, T]):  # noqa: N801  (reads as a verb in the table)
    """A plain operation: answers with its generated model."""

    @overload
    def __init__(self, operation: Operation[P, T], *, effect: Effect = Effect.READS) -> None: ...
    @overload
    def __init__(
        self,
        operation: Operation[..., T],
        body: Callable[P, object],
        *,
        effect: Effect,
    ) -> None: ...
    def __init__(self, operation: Any, body: Any = None, *, effect: Effect = Effect.READS) -> None:
        super().__init__(Binding(operation, body, effect=effect, kind="call"))

    @overload
    def __get__(self, obj: None, owner: object = None) -> calls[P, T]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the model."""
        return (yield from perform(engine.settings, self.binding.call, kwargs)).parsed


class pages(Immediate, Line, Generic[P, T]):  # noqa: N801
    """A cursor list: answers with a pager, and sends nothing until it is walked.

    Args:
        operation: The operation.
        defaults: Arguments that this line passes unless the caller does.
    """

    def __init__(self, operation: Operation[P, PageOf[T]], **defaults: object) -> None:
        super().__init__(
            Binding(operation, None, effect=Effect.READS, kind="pages", defaults=defaults)
        )

    @overload
    def __get__(self, obj: None, owner: object = None) -> pages[P, T]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Pager[T]]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: object = None) -> Callable[P, AsyncPager[T]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Any:
        """A pager."""
        return engine.pager(self.binding.call, kwargs)


class pages_jobs(Immediate, Line, Generic[P]):  # noqa: N801
    """The list of jobs: a pager of handles."""

    def __init__(self, operation: Operation[P, PageOf[Any]]) -> None:
        super().__init__(Binding(operation, None, effect=Effect.READS, kind="pages"))

    @overload
    def __get__(self, obj: None, owner: object = None) -> pages_jobs[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Pager[Job]]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, AsyncPager[AsyncJob]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Any:
        """A pager of handles."""
        return engine.pager(self.binding.call, kwargs, item=engine.listed_job)


class fetches_job(GivesJob[P], Line, Generic[P]):  # noqa: N801
    """One job: answers with its handle."""

    def __init__(self, operation: Operation[P, Any]) -> None:
        super().__init__(Binding(operation, None, effect=Effect.READS, kind="call"))

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the handle."""
        return engine.job((yield from perform(engine.settings, self.binding.call, kwargs)))


class fetches_result(Line, Generic[P]):  # noqa: N801
    """A job's result: its media files and its typed payload."""

    def __init__(self, operation: Operation[P, Any]) -> None:
        super().__init__(Binding(operation, None, effect=Effect.READS, kind="call"))

    @overload
    def __get__(self, obj: None, owner: object = None) -> fetches_result[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Result]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, AsyncResult]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the result."""
        return (yield from fetch_result(engine, self.binding.call, kwargs))


class submits(GivesJob[P], Line, Generic[P]):  # noqa: N801
    """Creates a job: answers with its handle as soon as the job has an id."""

    def __init__(
        self,
        operation: Operation[..., Any],
        body: Callable[P, object],
        *,
        job_type: str,
        effect: Effect = Effect.SPENDS,
    ) -> None:
        super().__init__(Binding(operation, body, effect=effect, kind="submits", job_type=job_type))

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the new job."""
        call = self.binding.call
        made = perform(engine.settings, call, kwargs, make=partial(engine.new_job, call))
        return (yield from made)


class submits_group(Line, Generic[P]):  # noqa: N801
    """Creates one or more jobs: answers with all of them."""

    def __init__(
        self, operation: Operation[..., Any], body: Callable[P, object], *, job_type: str
    ) -> None:
        super().__init__(
            Binding(operation, body, effect=Effect.SPENDS, kind="submits", job_type=job_type)
        )

    @overload
    def __get__(self, obj: None, owner: object = None) -> submits_group[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, JobGroup]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, AsyncJobGroup]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)

    def begin(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the new jobs."""
        call = self.binding.call
        made = perform(engine.settings, call, kwargs, make=partial(engine.new_group, call))
        return (yield from made)
