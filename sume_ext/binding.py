"""The lines of the table: one descriptor per operation, which gives both worlds their callable.

Types flow from the generated code through `ParamSpec`, so a regenerated field appears in the
signature, its asynchronous twin, `help()` and the command line by itself. A line refuses
what the operation doesn't take, before anything is sent, with one of our errors.
"""

from __future__ import annotations

import inspect
import re
import time
from datetime import date, datetime
from difflib import get_close_matches
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    get_args,
    get_origin,
    overload,
)

from sume_ext.border import border
from sume_ext.calls import Call, perform
from sume_ext.effects import Effect
from sume_ext.errors import InvalidArgumentError
from sume_ext.waiting import fetch_result

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from sume_api.models import ErrorResponse

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.jobs import AsyncJob, AsyncJobGroup, Job, JobGroup
    from sume_ext.paging import AsyncPager, Pager
    from sume_ext.results import AsyncResult, Result

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M")


class Sync:
    """Marks a client whose callables answer with the thing itself."""


class Async:
    """Marks a client whose callables answer with something to await."""


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


class Resource(Generic[M]):
    """A namespace of operations, as in ``sume.videos``.

    Args:
        engine: The client's.
    """

    name: str
    bindings: dict[str, Binding]

    def __init_subclass__(cls, name: str) -> None:
        cls.name = name
        cls.bindings = {}
        for attribute, line in vars(cls).items():
            if isinstance(line, Line):
                line.binding.name = f"{name}.{attribute}"
                cls.bindings[attribute] = line.binding

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        return f"<{self.name}: {', '.join(sorted(self.bindings))}>"


class Binding:
    """One line of the table at run time.

    Attributes:
        name: The public name, as in ``videos.generate``.
        operation: The generated operation module, imported on first use.
        body: The generated request class, or None.
        effect: What the operation does to the world.
        kind: ``call``, ``pages`` or ``submits``.
        job_type: The type of job it creates, or None.
        defaults: Arguments that this line passes unless the caller does.
    """

    def __init__(
        self,
        operation: Any,
        body: Any,
        *,
        effect: Effect,
        kind: str,
        job_type: str | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = ""
        self.operation = operation
        self.body = body
        self.effect = effect
        self.kind = kind
        self.job_type = job_type
        self.defaults = dict(defaults or {})

    @cached_property
    def call(self) -> Call:
        """What `calls.perform` needs to know."""
        return Call(
            self.name,
            self.effect,
            self._checked,
            self.operation._parse_response,  # noqa: SLF001
            self.job_type,
        )

    @cached_property
    def signature(self) -> inspect.Signature:
        """What a caller passes: ids by position, everything else by keyword."""
        takes = inspect.signature(self.operation._get_kwargs)  # noqa: SLF001
        parameters = [p for p in takes.parameters.values() if p.name != "body"]
        if self.body is not None:
            parameters += inspect.signature(self.body).parameters.values()
        parameters = [p.replace(default=self.defaults.get(p.name, p.default)) for p in parameters]
        return inspect.Signature([_for_people(p, by_position=self._ids) for p in parameters])

    @cached_property
    def _ids(self) -> frozenset[str]:
        takes = inspect.signature(self.operation._get_kwargs).parameters.values()  # noqa: SLF001
        return frozenset(p.name for p in takes if p.kind is p.POSITIONAL_OR_KEYWORD)

    @cached_property
    def doc(self) -> str:
        """The operation's text, then what each parameter means."""
        text, _, arguments = _sections(self.operation.sync_detailed.__doc__, "Args:")
        if self.body is not None:
            arguments = _sections(self.body.__doc__, "Attributes:")[2] or arguments
        if self.effect is Effect.SPENDS:
            text += "\n\nMay reserve or spend credits."
        return f"{text}\n\nArgs:\n{_spelled(arguments)}" if arguments.strip() else text

    def _checked(self, *ids: object, **kwargs: Any) -> dict[str, Any]:
        """The generated ``_get_kwargs``, which would send the id "None" for None."""
        for given in (*ids, *(kwargs[name] for name in self._ids if name in kwargs)):
            if not isinstance(given, str) or given in ("", ".", ".."):
                raise InvalidArgumentError(
                    f"{self.name}: an id is a text, not {given!r}."
                    if not isinstance(given, str)
                    else f"{self.name}: {given!r} is no id.",
                    hint="Pass the id as the API gave it.",
                    operation=self.name,
                )
        arguments: dict[str, Any] = self.operation._get_kwargs(*ids, **kwargs)  # noqa: SLF001
        return arguments

    @cached_property
    def _moments(self) -> frozenset[str]:
        """Parameters that are points in time, by what the generated code takes for them."""
        takes = inspect.signature(self.operation._get_kwargs).parameters.values()  # noqa: SLF001
        return frozenset(p.name for p in takes if datetime in get_args(p.annotation))

    def _dated(self, kwargs: dict[str, Any], now: Callable[[], float]) -> dict[str, Any]:
        given = [n for n in self._moments if isinstance(kwargs.get(n), (str, date, int, float))]
        if not given:
            return kwargs
        from sume_ext.dates import query_text  # noqa: PLC0415  (dateutil is slow to import)

        return {**kwargs, **{name: query_text(kwargs[name], now=now) for name in given}}

    def arguments(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        now: Callable[[], float] = time.time,
    ) -> dict[str, Any]:
        """What the generated ``_get_kwargs`` makes of a caller's arguments.

        Args:
            args: Ids.
            kwargs: Everything else; the line's own defaults fill in what is missing.
            now: Tells the time of day, for spans such as ``7d``.

        Raises:
            InvalidArgumentError: One is unknown, missing, positional where only a keyword is
                taken, or of a type that the generated code can't serialise.
        """
        kwargs = self._dated({**self.defaults, **kwargs}, now)
        try:
            if self.body is None:
                return self.call.arguments(*args, **{**self.call.minted(), **kwargs})
            return self.call.arguments(*args, **self.call.minted(), body=self.body(**kwargs))
        except InvalidArgumentError:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise _explained(self.name, self.signature, error, args, kwargs) from None


def _sections(doc: str | None, title: str) -> tuple[str, str, str]:
    """A generated docstring around a section: the text before it, its title, its lines."""
    head, _, rest = inspect.cleandoc(doc or "").partition(f"\n\n{title}\n")
    head = head.partition("\n\nRaises:")[0]
    return "\n".join(map(str.strip, head.splitlines())), title, rest.partition("\n\nRaises:")[0]


def _spelled(text: str) -> str:
    """Type names as a reader wants them: literals by their values, and no Unset beside UNSET."""

    def values(match: re.Match[str]) -> str:
        alias = getattr(models, match[0], None)
        return str(alias).replace("typing.", "") if get_origin(alias) is Literal else match[0]

    from sume_api import models  # noqa: PLC0415  (its members are imported one by one, on demand)

    text = text.replace("sume_api.types.", "").replace(" | Unset", "")
    text = re.sub(r"Union\[(.+), Unset\]", r"\1", text)
    return re.sub(r"\b[A-Z][a-z]\w+\b", values, text)


def _for_people(parameter: inspect.Parameter, *, by_position: frozenset[str]) -> inspect.Parameter:
    """A parameter as `help` should show it."""
    annotation = parameter.annotation
    if not isinstance(annotation, str):
        annotation = inspect.formatannotation(annotation)
    return parameter.replace(
        kind=parameter.kind if parameter.name in by_position else parameter.KEYWORD_ONLY,
        annotation=_Plain(_spelled(annotation)),
    )


class _Plain(str):
    """Text that is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _explained(
    name: str,
    signature: inspect.Signature,
    error: Exception,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> InvalidArgumentError:
    """Our error for arguments that a callable can't take, saying which and what it takes."""
    known = signature.parameters
    by_position = [n for n, p in known.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    required = [n for n, p in known.items() if p.default is p.empty]
    takes = f"It takes: {', '.join(known) or 'nothing'}."
    if unknown := [argument for argument in kwargs if argument not in known]:
        near = get_close_matches(unknown[0], known, n=1)
        what = f"there is no parameter {unknown[0]!r}."
        takes = f"Did you mean {near[0]!r}?" if near else takes
    elif len(args) > len(by_position):
        what = "positional arguments are refused, but for an id."
    elif missing := [n for n in required if n not in kwargs and n not in by_position[: len(args)]]:
        what = f"missing: {', '.join(missing)}."
    else:
        what = f"an argument is of the wrong type or given twice ({type(error).__name__})."
        takes = "Compare with help() of this callable."
    return InvalidArgumentError(f"{name}: {what}", hint=takes, operation=name)


class runs(Generic[P, T]):  # noqa: N801
    """A flow of this package's own, which is no single operation: answers with its result.

    Args:
        behaviour: Makes the flow, from the engine and the caller's arguments.
    """

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Flow[T]]) -> None:
        self._behaviour = behaviour

    @overload
    def __get__(self, obj: None, owner: object = None) -> runs[P, T]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self if obj is None else behave(obj, self._behaviour)


class runs_job(Generic[P]):  # noqa: N801
    """As `runs`, for a flow that answers with a job's handle."""

    def __init__(self, behaviour: Callable[Concatenate[Engine, P], Flow[Any]]) -> None:
        self._behaviour = behaviour

    @overload
    def __get__(self, obj: None, owner: object = None) -> runs_job[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Job]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, AsyncJob]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self if obj is None else behave(obj, self._behaviour)


def _run(engine: Engine, flow: Flow[Any]) -> Any:
    return engine.run(flow)


def behave(
    resource: Resource[Any],
    behaviour: Callable[..., Any],
    do: Callable[[Engine, Any], Any] = _run,
) -> Any:
    """The callable for a behaviour of this package's own, as seen on a resource.

    Args:
        resource: What it is seen on.
        behaviour: Makes the flow, from the engine and the caller's arguments.
        do: Makes the answer of the flow.
    """
    engine = resource._engine  # noqa: SLF001
    takes = [*inspect.signature(behaviour).parameters.values()][1:]
    own = inspect.Signature(
        [_for_people(p, by_position=frozenset(p.name for p in takes)) for p in takes]
    )
    name = f"{resource.name}.{behaviour.__name__}"

    @border
    def bound(*args: Any, **kwargs: Any) -> Any:
        try:
            own.bind(*args, **kwargs)
        except TypeError as error:
            raise _explained(name, own, error, args, kwargs) from None
        return do(engine, behaviour(engine, *args, **kwargs))

    doc = (behaviour.__doc__ or "").replace("        engine: The client's.\n", "")
    return _dressed(bound, behaviour.__name__, name, inspect.cleandoc(doc), own)


def _dressed(
    bound: Any, attribute: str, name: str, doc: str | None, signature: inspect.Signature
) -> Any:
    """A callable with what `help`, completion and tracebacks show of it."""
    bound.__module__ = "sume_ext"
    bound.__name__ = attribute
    bound.__qualname__ = name
    bound.__doc__ = doc
    bound.__signature__ = signature
    return bound


class Line:
    """Base of the lines for operations: how their callables are made and remembered.

    Args:
        binding: What is bound.
    """

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self._attribute = ""

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    def flow(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """What calling it does."""
        raise NotImplementedError

    def _answer(self, engine: Engine, kwargs: dict[str, Any]) -> Any:
        return engine.run(self.flow(engine, kwargs))

    def _bind(self, resource: Resource[Any] | None) -> Any:
        if resource is None:
            return self
        engine, binding = resource._engine, self.binding  # noqa: SLF001

        @border
        def bound(*args: Any, **kwargs: Any) -> Any:
            return self._answer(
                engine, binding.arguments(args, kwargs, now=engine.runner.clock.time)
            )

        _dressed(bound, self._attribute, binding.name, binding.doc, binding.signature)
        resource.__dict__[self._attribute] = bound
        return bound


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

    def flow(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the model."""
        return (yield from perform(engine.settings, self.binding.call, kwargs)).parsed


class pages(Line, Generic[P, T]):  # noqa: N801
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

    def _answer(self, engine: Engine, kwargs: dict[str, Any]) -> Any:
        return engine.pager(self.binding.call, kwargs)


class pages_jobs(Line, Generic[P]):  # noqa: N801
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

    def _answer(self, engine: Engine, kwargs: dict[str, Any]) -> Any:
        return engine.pager(self.binding.call, kwargs, item=engine.listed_job)


class fetches_job(Line, Generic[P]):  # noqa: N801
    """One job: answers with its handle."""

    def __init__(self, operation: Operation[P, Any]) -> None:
        super().__init__(Binding(operation, None, effect=Effect.READS, kind="call"))

    @overload
    def __get__(self, obj: None, owner: object = None) -> fetches_job[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Job]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, AsyncJob]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)

    def flow(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
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

    def flow(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the result."""
        return engine.result((yield from fetch_result(engine, self.binding.call, kwargs)))


class submits(Line, Generic[P]):  # noqa: N801
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

    @overload
    def __get__(self, obj: None, owner: object = None) -> submits[P]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: object = None) -> Callable[P, Job]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, AsyncJob]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: object = None) -> Any:
        return self._bind(obj)

    def flow(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the new job."""
        reply = yield from perform(engine.settings, self.binding.call, kwargs)
        return engine.new_job(self.binding.call, reply)


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

    def flow(self, engine: Engine, kwargs: dict[str, Any]) -> Flow[Any]:
        """Perform it and hand out the new jobs."""
        reply = yield from perform(engine.settings, self.binding.call, kwargs)
        return engine.new_group(self.binding.call, reply)
