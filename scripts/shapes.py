"""What a schema means, freed of how it is worded.

A `Place` is somewhere a value stands (a member, a list item, a body) and holds what is said of it
there; a `Shape` is what the value looks like. Shapes may be recursive, so they compare by identity.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["any", "null", "string", "integer", "number", "boolean", "array", "object", "union"]
SCALARS: frozenset[str] = frozenset({"string", "integer", "number", "boolean"})

type_names: Mapping[Any, Kind] = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(eq=False, slots=True)
class Shape:
    """A value's type; which fields count depends on `kind`."""

    kind: Kind = "any"
    format: str | None = None
    choices: tuple[Any, ...] = ()
    limits: dict[str, Any] = field(default_factory=dict[str, Any])
    items: "Place | None" = None
    members: "dict[str, Place]" = field(default_factory=dict[str, "Place"])
    required: frozenset[str] = frozenset()
    extra: "Place | None" = None
    options: "tuple[Place, ...]" = ()
    tag: str | None = None

    def become(self, other: "Shape") -> None:
        """Take over everything from `other`, keeping the own identity."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    @property
    def values(self) -> "Place | None":
        """What further members look like, if anything is said of it."""
        return self.extra if self.extra and self.extra.shape.kind != "any" else None

    def children(self) -> "Iterator[tuple[str, Place]]":
        """Every place inside, with the step that leads there."""
        if self.items:
            yield "[]", self.items
        for name, place in self.members.items():
            yield f".{name}", place
        if self.values:
            yield "{}", self.values
        for number, place in enumerate(self.options):
            yield f"|{self.option_name(number)}", place

    def option_name(self, number: int) -> str:
        """How a member of a union is told from the others: by its tag, else by its number."""
        if self.tag:
            tag = self.options[number].shape.members[self.tag].shape
            return "_".join(str(choice) for choice in tag.choices)
        return str(number + 1)


@dataclass(eq=False, slots=True)
class Place:
    """Where a value stands, and what is said of it there."""

    shape: Shape
    nullable: bool = False
    description: str | None = None
    example: Any = None
    default: Any = None
    has_default: bool = False
    inferred: bool = False


@dataclass(eq=False, slots=True)
class Parameter:
    """A path, query, header or cookie parameter."""

    name: str
    location: str
    required: bool
    place: Place
    inferred: bool = False


@dataclass(eq=False, slots=True)
class Body:
    """What a request carries."""

    media_type: str
    place: Place
    required: bool


@dataclass(eq=False, slots=True)
class Answer:
    """What comes back for one status."""

    status: str
    media_type: str | None
    place: Place | None
    headers: dict[str, Place] = field(default_factory=dict[str, Place])
    inferred: bool = False

    @property
    def good(self) -> bool:
        """Whether the status says that it worked."""
        return self.status.startswith("2")


@dataclass(eq=False, slots=True)
class Operation:
    """One method on one path, under our name."""

    name: str
    tag: str
    method: str
    path: str
    summary: str | None = None
    description: str | None = None
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    body: Body | None = None
    answers: list[Answer] = field(default_factory=list[Answer])
    security: tuple[tuple[str, ...], ...] = ()
    known: bool = True


@dataclass(eq=False, slots=True)
class Contract:
    """A whole document, read."""

    operations: list[Operation]
    server: str
    notes: list[str] = field(default_factory=list[str])


def plain_name(value: Any) -> Kind:
    """The kind of a JSON scalar."""
    return type_names.get(type(value), "any")
