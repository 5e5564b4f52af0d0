"""What every line of the table is on a resource: a callable with its own name, help and signature.

It is made when it is first looked at, and kept by the resource; what fails in it crosses the border
without its locals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sume_ext.secrecy.border import border

if TYPE_CHECKING:
    import inspect

    from sume_ext.binding.resource import Resource
    from sume_ext.engine import Engine


class Method:
    """Base of every kind of line."""

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

    def _called(
        self, engine: Engine, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """What calling it under its public name does."""
        raise NotImplementedError

    def _bind(self, resource: Resource[Any] | None) -> Any:
        if resource is None:
            return self
        engine, name = resource._engine, f"{resource.name}.{self._attribute}"  # noqa: SLF001

        @border
        def bound(*args: Any, **kwargs: Any) -> Any:
            return self._called(engine, name, args, kwargs)

        bound.__module__ = "sume_ext"
        bound.__name__ = self._attribute
        bound.__qualname__ = name
        bound.__doc__ = self.doc
        bound.__signature__ = self.signature  # type: ignore[attr-defined]
        resource.__dict__[self._attribute] = bound
        return bound
