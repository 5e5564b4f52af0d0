"""A contract as a flat table: what holds at which place.

Places are named from our operation names and wire names alone, such as `get_job answer.error.code`,
so two tables can be compared row by row however their documents are worded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from scripts.alternatives import merge_objects
from scripts.roots import answer_place
from scripts.shapes import Answer, Contract, Operation, Place, Shape

Side = Literal["operation", "request", "answer"]


@dataclass(slots=True)
class Fact:
    """What holds at one place."""

    side: Side
    holds: dict[str, Any]
    above: str | None = None
    inferred: bool = False
    texts: tuple[str | None, ...] = field(default=())


def table(contract: Contract) -> dict[str, Fact]:
    """Every fact of a contract, by place."""
    found = {"server": Fact("operation", {"url": contract.server})}
    for operation in contract.operations:
        found |= dict(_operation(operation))
    bad = [answer.place.shape for _, answer in _bad(contract) if answer.place]
    objects = list({id(shape): shape for shape in bad if shape.kind == "object"}.values())
    if objects:
        found |= dict(_places("error", Place(merge_objects(objects)), "answer", None))
    return found


def _bad(contract: Contract) -> Iterator[tuple[Operation, Answer]]:
    for operation in contract.operations:
        for answer in operation.answers:
            if not answer.good:
                yield operation, answer


def _operation(operation: Operation) -> Iterator[tuple[str, Fact]]:
    name = operation.name
    holds = {
        "route": f"{operation.method.upper()} {operation.path}",
        "security": operation.security,
        "good statuses": tuple(a.status for a in operation.answers if a.good),
        "error statuses": tuple(a.status for a in operation.answers if not a.good),
    }
    texts = (operation.summary, operation.description)
    yield name, Fact("operation", holds, texts=texts)
    for parameter in operation.parameters:
        place = f"{name} {parameter.location} {parameter.name}"
        yield from _places(place, parameter.place, "request", name, required=parameter.required)
    if operation.body:
        body = operation.body
        yield from _places(f"{name} body", body.place, "request", name, required=body.required)
    answer = answer_place(operation)
    if answer:
        yield from _places(f"{name} answer", answer, "answer", name)
    for answered in operation.answers:
        place = f"{name} status {answered.status}"
        yield place, Fact("answer", {}, name, inferred=answered.inferred)
        for header in answered.headers if answered.good else ():
            yield f"{name} answer header {header}", Fact("answer", {}, name)


def _places(
    name: str,
    place: Place,
    side: Side,
    above: str | None,
    *,
    required: bool = True,
    on_the_way: tuple[int, ...] = (),
) -> Iterator[tuple[str, Fact]]:
    """The facts of a place and of all places inside it."""
    shape = place.shape
    holds = {"kind": kind_of(shape), "required": required, "nullable": place.nullable}
    holds |= {
        key: value for key, value in (("choices", shape.choices), ("format", shape.format)) if value
    }
    holds |= shape.limits
    if place.has_default:
        holds["default"] = place.default
    yield name, Fact(side, holds, above, place.inferred, (place.description, str(place.example)))
    if id(shape) in on_the_way:
        return
    for step, inner in shape.children():
        yield from _places(
            f"{name}{step}",
            inner,
            side,
            name,
            required=not step.startswith(".") or step[1:] in shape.required,
            on_the_way=(*on_the_way, id(shape)),
        )


def kind_of(shape: Shape) -> str:
    """The kind of a shape in words: `string`, or `object or string` for a union."""
    if shape.kind != "union":
        return shape.kind
    return " or ".join(sorted({option.shape.kind for option in shape.options}))
