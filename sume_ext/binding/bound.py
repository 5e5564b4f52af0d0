"""One operation as the table binds it: its name, what it does to the world, and what it takes.

A binding refuses what its operation doesn't take, before anything is sent, with one of our errors.
"""

from __future__ import annotations

import inspect
import math
import time
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

from sume_ext.binding.argument_types import first_misfit
from sume_ext.binding.explaining import for_people, sections, spelled
from sume_ext.calling.calls import Call, minted
from sume_ext.calling.effects import Effect
from sume_ext.calling.ids import check_id
from sume_ext.errors import InvalidArgumentError
from sume_ext.misuse import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _told(value: object) -> str:
    """A value that doesn't fit, without what it says: only a number that is none is shown."""
    return (
        repr(value)
        if isinstance(value, float) and not math.isfinite(value)
        else f"a {type(value).__name__}"
    )


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
        return inspect.Signature([for_people(p, by_position=self._ids) for p in parameters])

    @cached_property
    def _ids(self) -> frozenset[str]:
        takes = inspect.signature(self.operation._get_kwargs).parameters.values()  # noqa: SLF001
        return frozenset(p.name for p in takes if p.kind is p.POSITIONAL_OR_KEYWORD)

    @cached_property
    def doc(self) -> str:
        """The operation's text, then what each parameter means."""
        text, _, arguments = sections(self.operation.sync_detailed.__doc__, "Args:")
        if self.body is not None:
            arguments = sections(self._body_class.__doc__, "Attributes:")[2] or arguments
        if self.effect is Effect.SPENDS:
            text += "\n\nMay reserve or spend credits."
        return f"{text}\n\nArgs:\n{spelled(arguments)}" if arguments.strip() else text

    @cached_property
    def _body_class(self) -> Any:
        """The request class itself, where the table has a stand-in that imports it on first use."""
        resolve = getattr(self.body, "resolve", None)
        return self.body if resolve is None else resolve()

    def _checked(self, *ids: object, **kwargs: Any) -> dict[str, Any]:
        """The generated ``_get_kwargs``, which would send the id "None" for None."""
        for given in ids:
            check_id(given, self.name)
        for name in self._ids:
            if name in kwargs:
                check_id(kwargs[name], self.name)
        arguments: dict[str, Any] = self.operation._get_kwargs(*ids, **kwargs)  # noqa: SLF001
        return arguments

    @cached_property
    def _moments(self) -> frozenset[str]:
        """Parameters that are points in time, by what the generated code takes for them."""
        takes = inspect.signature(self.operation._get_kwargs).parameters.values()  # noqa: SLF001
        return frozenset(p.name for p in takes if datetime in get_args(p.annotation))

    def _dated(self, kwargs: dict[str, Any], now: Callable[[], float]) -> dict[str, Any]:
        given = [n for n in self._moments if isinstance(kwargs.get(n), (str, date))]
        if not given:
            return kwargs
        from sume_ext.dates import query_text  # noqa: PLC0415  (dateutil is slow to import)

        try:
            return {**kwargs, **{name: query_text(kwargs[name], now=now) for name in given}}
        except InvalidArgumentError as error:
            raise InvalidArgumentError(
                f"{self.name}: {error.message}", hint=error.hint, operation=self.name
            ) from None

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
        keys = minted(self.operation._get_kwargs)  # noqa: SLF001
        if kwargs := {**self.defaults, **kwargs}:
            if self.body is None:
                # A query has no null: a cursor, a score or a filter that there isn't is left out.
                kwargs = {name: value for name, value in kwargs.items() if value is not None}
            keys |= {name: kwargs.pop(name) for name in keys if name in kwargs}
            self._refuse_misfits(keys, kwargs)
            kwargs = self._dated(kwargs, now)
        try:
            if self.body is None:
                made = self.call.arguments(*args, **keys, **kwargs)
            else:
                made = self.call.arguments(*args, **keys, body=self.body(**kwargs))
        except InvalidArgumentError:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise explained(self.name, self.signature, error, args, kwargs) from None
        return made

    def _refuse_misfits(self, keys: Mapping[str, object], kwargs: Mapping[str, object]) -> None:
        for header, key in keys.items():
            if not isinstance(key, str) or not key.strip():
                raise InvalidArgumentError(
                    f"{self.name}: {header} is no key.",  # so nothing could be sent again
                    hint="Leave it out, and each call gets a key of its own.",
                    operation=self.name,
                )
        takes = self.operation._get_kwargs if self.body is None else self._body_class  # noqa: SLF001
        name = first_misfit(takes, kwargs)
        if name is not None:
            raise InvalidArgumentError(
                f"{self.name}: {name} is {_told(kwargs[name])}.",
                hint=f"It takes {self.signature.parameters[name].annotation}. Correct {name}.",
                operation=self.name,
            )

    def raw_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """As `arguments`, for those of the generated ``_get_kwargs`` itself: a body comes whole.

        Raises:
            InvalidArgumentError: They don't fit it.
        """
        takes = self.operation._get_kwargs  # noqa: SLF001
        try:
            return self.call.arguments(*args, **kwargs)
        except InvalidArgumentError:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise explained(self.name, inspect.signature(takes), error, args, kwargs) from None
