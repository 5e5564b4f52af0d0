"""The namespaces that lines of the table stand in, and what a line is there: a callable.

A namespace holds nothing but the client's engine, and the callables that were looked at; what
fails in one of them crosses the border without its locals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sume_ext.binding.bound import Binding
from sume_ext.secrecy.border import Sealed, border

if TYPE_CHECKING:
    import inspect

    from sume_ext.engine import Engine

M = TypeVar("M")


class Sync:
    """Marks a client whose callables answer with the thing itself."""


class Async:
    """Marks a client whose callables answer with something to await."""


class Resource(Generic[M]):
    """A namespace of operations, as in ``sume.videos``.

    Args:
        engine: The client's.
    """

    name: str
    bindings: dict[str, Binding]
    methods: tuple[str, ...]

    def __init_subclass__(cls, name: str) -> None:
        cls.name = name
        cls.bindings = {}
        cls.methods = tuple(sorted(n for n, line in vars(cls).items() if isinstance(line, Method)))
        for attribute, line in vars(cls).items():
            binding = getattr(line, "binding", None)
            if isinstance(binding, Binding):
                binding.name = f"{name}.{attribute}"
                cls.bindings[attribute] = binding

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        return f"<{self.name}: {', '.join(self.methods)}>"


class Method:
    """Base of every kind of line; its callable is made when looked at, and then kept."""

    _attribute = ""

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    @property
    def doc(self) -> str:
        """What `help` says of it."""
        raise NotImplementedError

    @property
    def signature(self) -> inspect.Signature:
        """What a caller passes."""
        raise NotImplementedError

    def _called(self, engine: Engine, name: str, given: Sealed) -> Any:
        """What calling it under its public name does; no local holds what was given meanwhile."""
        raise NotImplementedError

    def _do(self, engine: Engine, begun: Any) -> Any:
        """The answer to the caller: here of a flow, performed for its result."""
        return engine.run(begun)

    def _bind(self, resource: Resource[Any] | None) -> Any:
        if resource is None:
            return self
        engine, name = resource._engine, f"{resource.name}.{self._attribute}"  # noqa: SLF001

        @border
        def bound(*args: Any, **kwargs: Any) -> Any:
            given = Sealed((args, kwargs))
            del args, kwargs
            return self._called(engine, name, given)

        bound.__module__ = "sume_ext"
        bound.__name__ = self._attribute
        bound.__qualname__ = name
        bound.__doc__ = self.doc
        bound.__signature__ = self.signature  # type: ignore[attr-defined]
        resource.__dict__[self._attribute] = bound
        return bound


class Immediate(Method):
    """Base of lines whose answer is what they begin: nothing is performed, or not yet."""

    def _do(self, engine: Engine, begun: Any) -> Any:
        del engine
        return begun
