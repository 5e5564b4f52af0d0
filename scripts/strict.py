"""A contract told in full, in one wording, for comparing two of them.

Unlike the effective document nothing is loosened or named: every operation stands for itself with
all its statuses, limits and defaults, so that two differ exactly where they say something else.
"""

from scripts.document import Json
from scripts.shapes import Answer, Contract, Operation, Place, Shape


def document(contract: Contract) -> Json:
    """The contract as an OpenAPI document."""
    paths: Json = {}
    schemes: Json = {}
    for operation in contract.operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
        for alternative in operation.security:
            schemes |= {_scheme_name(scheme): _scheme(scheme) for scheme in alternative}
    return {
        "openapi": "3.1.0",
        "info": {"title": "API", "version": "1"},
        "paths": paths,
        "servers": [{"url": contract.server}],
        "components": {"securitySchemes": schemes},
    }


def _operation(operation: Operation) -> Json:
    told: Json = {
        "operationId": operation.name,
        "security": [
            {_scheme_name(scheme): [] for scheme in alternative}
            for alternative in operation.security
        ],
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.location,
                "required": parameter.required,
                "schema": schema(parameter.place),
            }
            for parameter in operation.parameters
        ],
        "responses": {answer.status: _answer(answer) for answer in operation.answers},
    }
    if operation.body:
        content = {operation.body.media_type: {"schema": schema(operation.body.place)}}
        told["requestBody"] = {"required": operation.body.required, "content": content}
    return told


def _answer(answer: Answer) -> Json:
    told: Json = {"description": answer.status}
    if answer.place:
        told["content"] = {answer.media_type or "": {"schema": schema(answer.place)}}
    if answer.headers:
        told["headers"] = {name: {"schema": schema(x)} for name, x in answer.headers.items()}
    return told


def _scheme_name(scheme: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in scheme)


def _scheme(scheme: str) -> Json:
    kind, _, name = scheme.partition(" ")
    if kind == "http":
        return {"type": "http", "scheme": name}
    if kind in ("header", "query", "cookie"):
        return {"type": "apiKey", "in": kind, "name": name}
    return {"type": "http", "scheme": scheme}


def schema(place: Place, above: tuple[int, ...] = ()) -> Json:
    """The schema of a place; where a shape holds itself, the inner one is told as any object."""
    told = _shape(place.shape, above)
    if place.nullable:
        null: Json = {"type": "null"}
        if isinstance(told.get("type"), str) and "enum" not in told:
            told["type"] = [told["type"], "null"]
        else:
            told = {"anyOf": [*told.pop("anyOf", [told]), null]}
    if place.has_default:
        told["default"] = place.default
    return told


def _shape(shape: Shape, above: tuple[int, ...]) -> Json:
    if shape.kind == "union":
        return {"anyOf": [schema(option, above) for option in shape.options]}
    if shape.kind == "any":
        return {}
    told: Json = {"type": shape.kind, **shape.limits}
    if shape.format:
        told["format"] = shape.format
    if shape.choices:
        told["enum"] = list(shape.choices)
    if id(shape) in above:
        return told
    above = (*above, id(shape))
    if shape.items:
        told["items"] = schema(shape.items, above)
    if shape.kind == "object":
        told["properties"] = {name: schema(x, above) for name, x in shape.members.items()}
        told["required"] = sorted(shape.required)
        if shape.values:
            told["additionalProperties"] = schema(shape.values, above)
    return told
