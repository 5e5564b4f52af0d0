"""Where shapes are named from: an operation's one body and one answer, and the one envelope.

However many variants and statuses the document has, a caller fills in one object and reads one.
"""

from scripts.alternatives import merge_objects, settle
from scripts.colours import paint
from scripts.shapes import Contract, Operation, Place, Shape

DATES = ("date", "date-time")
# What the docs say of every error; the document may add to it, but never take away.
ENVELOPE = Shape(
    kind="object",
    members={
        "error": Place(
            Shape(
                kind="object",
                members={
                    "code": Place(Shape(kind="string")),
                    "details": Place(Shape(kind="object"), nullable=True),
                    "message": Place(Shape(kind="string")),
                },
            )
        ),
        "request_id": Place(Shape(kind="string"), nullable=True),
    },
)


def answer_place(operation: Operation) -> Place | None:
    """What an operation answers when it worked, whichever 2xx it says."""
    places = [answer.place for answer in operation.answers if answer.good and answer.place]
    if len({id(place.shape) for place in places}) <= 1:
        return places[0] if places else None
    alike = paint(places, open_face)
    if len({alike[id(place.shape)] for place in places}) == 1:
        return places[0]
    merged = Shape()
    settle(merged, [Place(place.shape) for place in places])
    return Place(merged, description=places[0].description)


def body_place(operation: Operation) -> Place | None:
    """What a request carries: one object to fill in, even where the schema has several."""
    if operation.body is None:
        return None
    place = operation.body.place
    options = [option.shape for option in place.shape.options]
    if not options or any(option.kind != "object" for option in options):
        return place
    return Place(merge_objects(options), nullable=place.nullable, description=place.description)


def error_place(contract: Contract) -> Place:
    """The one envelope that every error comes in."""
    shapes = {
        id(answer.place.shape): answer.place.shape
        for operation in contract.operations
        for answer in operation.answers
        if not answer.good and answer.place and answer.place.shape.kind == "object"
    }
    return Place(
        merge_objects([ENVELOPE, *shapes.values()]), description="The envelope of every error."
    )


def open_face(shape: Shape) -> object:
    """What of an answer's shape shows in the generated code."""
    date = shape.format if shape.format in DATES else None
    members = [
        (name, name in shape.required, place.nullable or name not in shape.required)
        for name, place in shape.members.items()
    ]
    return shape.kind, date, members, _nullables(shape), shape.tag, bool(shape.values)


def closed_face(shape: Shape) -> object:
    """What of a request's shape shows in the generated code."""
    members = [
        (name, name in shape.required, place.nullable) for name, place in shape.members.items()
    ]
    date = shape.format if shape.format in DATES else None
    return (
        shape.kind,
        date,
        shape.choices,
        members,
        _nullables(shape),
        shape.tag,
        bool(shape.values),
    )


def _nullables(shape: Shape) -> object:
    return [place.nullable for place in (shape.items, shape.values) if place]
