"""What a choice between shapes comes to.

Variants told apart by a constant stay a union; objects that nothing tells apart become one object
with everything any of them has, since guessing which one is meant would lose members.
"""

from typing import Any

from scripts.shapes import SCALARS, Place, Shape, plain_name


def settle(shape: Shape, options: list[Place]) -> None:
    """Make `shape` the union of the options, or whatever simpler they come to."""
    flat = [inner for option in options for inner in _flat(option)]
    scalars = _scalars([x for x in flat if x.shape.kind in SCALARS])
    arrays = _arrays([x for x in flat if x.shape.kind == "array"])
    objects = _unique([x for x in flat if x.shape.kind == "object"])
    tag = _tag([x.shape for x in objects])
    if len(objects) > 1 and tag is None:
        objects = [Place(merge_objects([x.shape for x in objects]))]
    rest = _unique([*scalars, *arrays, *objects])
    if any(x.shape.kind == "any" for x in flat) or not rest:
        shape.become(Shape())
    elif len(rest) == 1:
        shape.become(rest[0].shape)
    else:
        shape.become(
            Shape(kind="union", options=tuple(rest), tag=tag if len(objects) > 1 else None)
        )
        if shape.tag:
            shape.options = tuple(sorted(rest, key=lambda x: _order(x, tag or "")))


def _order(option: Place, tag: str) -> tuple[str, ...]:
    shape = option.shape
    if shape.kind != "object":
        return (shape.kind,)
    return ("object", *(str(choice) for choice in shape.members[tag].shape.choices))


def _flat(option: Place) -> list[Place]:
    if option.shape.kind == "union":
        return [inner for place in option.shape.options for inner in _flat(place)]
    return [option]


def _unique(options: list[Place]) -> list[Place]:
    seen: dict[int, Place] = {}
    for option in options:
        seen.setdefault(id(option.shape), option)
    return list(seen.values())


def _scalars(options: list[Place]) -> list[Place]:
    """One option per kind and format: choices add up, limits that differ are dropped."""
    found: dict[tuple[str, str | None], Shape] = {}
    for option in options:
        shape = option.shape
        key = (shape.kind, shape.format)
        found[key] = merge_scalars(found[key], shape) if key in found else shape
    return [Place(found[key]) for key in sorted(found, key=str)]


def merge_scalars(one: Shape, other: Shape) -> Shape:
    """A scalar that allows what either allows."""
    both = bool(one.choices and other.choices)
    every = (*one.choices, *other.choices) if both else ()
    choices: dict[tuple[str, Any], Any] = {(plain_name(x), x): x for x in every}
    return Shape(
        kind=one.kind,
        format=one.format if one.format == other.format else None,
        choices=tuple(choices[key] for key in sorted(choices)),
        limits={k: v for k, v in one.limits.items() if other.limits.get(k) == v},
    )


def _arrays(options: list[Place]) -> list[Place]:
    options = _unique(options)
    if len(options) < 2:  # noqa: PLR2004  (nothing to merge)
        return options
    items = [x.shape.items for x in options if x.shape.items]
    merged = Shape(kind="array", items=merge_places(items))
    return [Place(merged)]


def merge_objects(shapes: list[Shape]) -> Shape:
    """One object with all members, required only where every shape requires them."""
    merged = Shape(kind="object")
    for name in sorted({name for shape in shapes for name in shape.members}):
        merged.members[name] = merge_places(
            [shape.members[name] for shape in shapes if name in shape.members]
        )
    merged.required = _in_all(shapes)
    merged.extra = next((shape.extra for shape in shapes if shape.extra), None)
    return merged


def merge_places(places: list[Place]) -> Place:
    """One place for a value that may look like any of them."""
    first = places[0]
    merged = Place(first.shape, nullable=any(place.nullable for place in places))
    for place in places:
        merged.description = merged.description or place.description
        merged.example = place.example if merged.example is None else merged.example
        merged.inferred = merged.inferred or place.inferred
        if place.has_default and not merged.has_default:
            merged.default, merged.has_default = place.default, True
    if len({id(place.shape) for place in places}) > 1:
        merged.shape = Shape()
        settle(merged.shape, [Place(place.shape) for place in places])
    return merged


def _in_all(shapes: list[Shape]) -> frozenset[str]:
    """The members that every shape requires."""
    required = shapes[0].required
    for shape in shapes:
        required &= shape.required
    return required


def _tag(shapes: list[Shape]) -> str | None:
    """The required member whose constants tell the objects apart, if there is one."""
    if len(shapes) < 2:  # noqa: PLR2004  (nothing to tell apart)
        return None
    for name in sorted(_in_all(shapes)):
        choices = [shape.members[name].shape.choices for shape in shapes]
        every = [choice for some in choices for choice in some]
        if all(choices) and len(set(every)) == len(every):
            return name
    return None
