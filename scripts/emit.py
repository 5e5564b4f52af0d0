"""From operations back to a document, worded in the one way that the generator handles best.

Names come from places only. Answers are told loosely (open enums, optional means nullable, unions
with an open last member), requests strictly; everything behind a `$ref`, keys sorted.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from scripts.colours import paint
from scripts.document import Json
from scripts.names import Names, pascal
from scripts.roots import DATES, answer_place, body_place, closed_face, error_place, open_face
from scripts.shapes import SCALARS, Contract, Operation, Parameter, Place, Shape, plain_name
from scripts.stops import Exit, Stop
from scripts.texts import clean, clean_all

TITLE = "Sume Public API"


@dataclass(slots=True)
class Root:
    """A place from which shapes are named."""

    place: Place
    wanted: tuple[str, ...]
    loose: bool
    known: bool


@dataclass(slots=True)
class Effective:
    """The document that is generated from, and what was noticed on the way."""

    document: Json
    dead: list[str]


def effective(contract: Contract, names: Names) -> Effective:
    """Word a contract for the generator.

    Raises:
        Stop: two shapes want one name, or a row of the table fits nothing.
    """
    try:
        return _effective(contract, names)
    except RecursionError as error:
        raise Stop(Exit.WORDING, "The document is nested too deeply to be told.") from error


def _effective(contract: Contract, names: Names) -> Effective:
    first = Emitter(contract, names, {})
    first.document()
    # Once it is known which shapes the table names, equal shapes elsewhere share the name.
    emitter = Emitter(contract, names, first.named_by_table())
    document = emitter.document()
    used = first.used | {f"operation {operation.name}" for operation in contract.operations}
    rows = {*names.classes, *(f"operation {row.name}" for row in names.operations.values())}
    members = {
        f"{name}.{member}"
        for name, schema in document["components"]["schemas"].items()
        for member in schema.get("properties", {})
    }
    dead = sorted((rows - used) | (names.hidden - members))
    return Effective(document, dead)


@dataclass(slots=True)
class _Work:
    name: str
    shape: Shape
    loose: bool
    above: dict[str, str]
    keep: str | None = None


@dataclass(slots=True)
class Emitter:
    """Emits one document."""

    contract: Contract
    names: Names
    reuse: dict[tuple[bool, str], str]
    schemas: Json = field(default_factory=dict[str, Any])
    used: set[str] = field(default_factory=set[str])
    _taken: dict[str, tuple[bool, str]] = field(default_factory=dict[str, tuple[bool, str]])
    _by_table: dict[tuple[bool, str], str] = field(default_factory=dict[tuple[bool, str], str])
    _colours: dict[bool, dict[int, str]] = field(default_factory=dict[bool, dict[int, str]])
    _queue: deque[_Work] = field(default_factory=deque[_Work])
    _seen: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    def document(self) -> Json:
        """The whole document."""
        operations = self.contract.operations
        answers = {operation.name: answer_place(operation) for operation in operations}
        bodies = {operation.name: body_place(operation) for operation in operations}
        envelope = error_place(self.contract)
        loose = [place for place in answers.values() if place] + [envelope]
        strict = [p.place for o in operations for p in o.parameters]
        strict += [place for place in bodies.values() if place]
        self._colours = {True: paint(loose, open_face), False: paint(strict, closed_face)}
        self._reference(envelope.shape, (self.names.envelope,), self.names.envelope, {}, loose=True)
        paths: Json = {}
        for operation in operations:
            paths.setdefault(operation.path, {})[operation.method] = self._operation(
                operation, answers[operation.name], bodies[operation.name]
            )
        while self._queue:
            self._fill(self._queue.popleft())
        return {
            "openapi": "3.1.0",
            "info": {"title": TITLE, "version": "1"},
            "servers": [{"url": self.names.server}],
            "paths": paths,
            "components": {
                "schemas": self.schemas,
                "securitySchemes": {"BearerAuth": {"type": "http", "scheme": "bearer"}},
            },
        }

    def named_by_table(self) -> dict[tuple[bool, str], str]:
        """The names that the table gave, by what they name."""
        return self._by_table

    def _operation(self, operation: Operation, answer: Place | None, sent: Place | None) -> Json:
        base = pascal(operation.name)
        row = self.names.row(operation.method, operation.path)
        good: Json = {"description": "It worked."}
        if answer:
            media_type = next(a.media_type for a in operation.answers if a.good and a.place)
            schema: Json = {"type": "string"}
            if media_type == "application/json":
                schema = self._root(Root(answer, row.answer, loose=True, known=operation.known))
            elif media_type == "application/octet-stream":
                schema["format"] = "binary"
            good["content"] = {media_type: {"schema": schema}}
        envelope = {"$ref": f"#/components/schemas/{self.names.envelope}"}
        emitted: Json = {
            "operationId": operation.name,
            "tags": [operation.tag],
            "security": [{"BearerAuth": []}],
            "responses": {
                "2XX": good,
                "default": {
                    "description": "It did not.",
                    "content": {"application/json": {"schema": envelope}},
                },
            },
        }
        for key, text in (("summary", operation.summary), ("description", operation.description)):
            if text:
                emitted[key] = clean(text)
        if operation.parameters:
            emitted["parameters"] = [self._parameter(base, p) for p in operation.parameters]
        body = operation.body
        if body and sent:
            schema = {"type": "string", "format": "binary"}
            if body.media_type not in ("application/octet-stream", "text/plain"):
                schema = self._root(Root(sent, row.body, loose=False, known=operation.known))
            media_type = body.media_type.replace("text/plain", "application/octet-stream")
            emitted["requestBody"] = {
                "content": {media_type: {"schema": schema}},
                "required": body.required,
            }
        return emitted

    def _parameter(self, base: str, parameter: Parameter) -> Json:
        schema = self.schema(parameter.place, f"{base}{pascal(parameter.name)}", {}, loose=False)
        # Told twice: the generator writes the schema's description, other tools the parameter's.
        description = schema.get("description")
        emitted = {
            "name": parameter.name,
            "in": parameter.location,
            "required": parameter.required,
            "schema": schema,
        }
        if description:
            emitted["description"] = description
        return emitted

    def _root(self, root: Root) -> Json:
        """A body's or an answer's schema."""
        if root.place.shape.kind == "object":
            wanted = root.wanted if root.known else ()
            name = self._reference(root.place.shape, wanted, root.wanted[0], {}, loose=root.loose)
            self._describe(name, root.place)
            return _nullable({"$ref": f"#/components/schemas/{name}"}, nullable=root.place.nullable)
        return self.schema(root.place, root.wanted[0], {}, loose=root.loose)

    def schema(self, place: Place, name: str, above: dict[str, str], *, loose: bool) -> Json:
        """The schema of one place; `name` is what an object or an enum there is called."""
        emitted = self._shape(place.shape, name, above, loose=loose)
        if "$ref" in emitted:
            self._describe(emitted["$ref"].rpartition("/")[2], place)
        emitted = _nullable(emitted, nullable=place.nullable)
        emitted.update(_said(place, loose=loose))
        return emitted

    def _shape(
        self,
        shape: Shape,
        name: str,
        above: dict[str, str],
        *,
        loose: bool,
        keep: str | None = None,
    ) -> Json:
        if shape.kind == "object":
            wanted = self.names.classes.get(name, ())
            if name in self.names.guessed:
                wanted = (*wanted, self._default(name))
            called = self._reference(shape, wanted, name, above, loose=loose, keep=keep)
            return {"$ref": f"#/components/schemas/{called}"}
        if shape.kind == "array" and shape.items:
            return {
                "type": "array",
                "items": self.schema(shape.items, f"{name}[]", above, loose=loose),
            }
        if shape.kind == "union":
            return {"anyOf": self._options(shape, name, above, loose=loose)}
        if shape.kind == "any":
            return {}
        if loose:
            return _open_scalar(shape)
        return self._closed_scalar(shape, name)

    def _options(
        self, shape: Shape, name: str, above: dict[str, str], *, loose: bool
    ) -> list[Json]:
        """The members of a union; an answer's gets an open last one for what is not yet known."""
        options: list[Json] = []
        objects = 0
        for number, option in enumerate(shape.options):
            at = f"{name}|{shape.option_name(number)}"
            is_object = option.shape.kind == "object"
            objects += is_object
            keep = shape.tag if is_object else None
            options.append(self._shape(option.shape, at, above, loose=loose, keep=keep))
        if loose and objects:
            other = self._default(f"{name}|other")
            self.schemas.setdefault(other, {"type": "object", "additionalProperties": True})
            options.append({"$ref": f"#/components/schemas/{other}"})
        return options

    def _closed_scalar(self, shape: Shape, name: str) -> Json:
        """A request's scalar: choices become a named literal type, dates may be given as text."""
        kinds = {plain_name(choice) for choice in shape.choices}
        if len(kinds) == 1 and kinds <= {"string", "integer"}:
            called = self._default(name)
            known = {"type": kinds.pop(), "enum": list(shape.choices)}
            if self.schemas.setdefault(called, known).get("enum") != known["enum"]:
                raise _taken(called, name)
            return {"$ref": f"#/components/schemas/{called}"}
        if shape.kind == "string" and shape.format in DATES:
            formats = DATES[::-1] if shape.format == "date-time" else ("date",)
            dates: list[Json] = [{"type": "string", "format": name} for name in formats]
            return {"anyOf": [*dates, {"type": "string"}], "x-type": "string"}
        return {"type": shape.kind}

    def _default(self, name: str) -> str:
        """The name of a place that the table does not name: `Me.api_key` is `MeApiKey`."""
        return pascal(name.replace("[]", " item").replace("{}", " value").replace("|", " "))

    def _reference(
        self,
        shape: Shape,
        wanted: tuple[str, ...],
        place: str,
        above: dict[str, str],
        *,
        loose: bool,
        keep: str | None = None,
    ) -> str:
        """The name of an object's class, which is filled in later."""
        colour = self._colours[loose][id(shape)]
        claim = (loose, colour)
        default = self._default(place)
        candidates = wanted or (above.get(colour), None if keep else self.reuse.get(claim), default)
        for name in candidates:
            if name and self._taken.setdefault(name, claim) == claim:
                break
        else:
            raise _taken(wanted[0] if wanted else default, place)
        if wanted or default in self._root_names():
            self._by_table.setdefault(claim, name)
        if (name, id(shape)) not in self._seen:
            self._seen.add((name, id(shape)))
            self._queue.append(_Work(name, shape, loose, {**above, colour: name}, keep))
        return name

    def _root_names(self) -> set[str]:
        rows = self.names.operations.values()
        return {name for row in rows for name in (*row.body, *row.answer)} | {self.names.envelope}

    def _fill(self, work: _Work) -> None:
        """Write a class's members; texts that an earlier place left out are filled in."""
        shape = work.shape
        schema = self.schemas.setdefault(work.name, {"type": "object"})
        if shape.values:
            schema["additionalProperties"] = self.schema(
                shape.values, f"{work.name}{{}}", work.above, loose=work.loose
            )
        elif not shape.members:
            schema["additionalProperties"] = True
        if shape.required:
            schema["required"] = sorted(shape.required)
        for name, place in shape.members.items():
            member = self._member(work, name, place)
            old = schema.setdefault("properties", {}).setdefault(name, member)
            for key in ("description", "example"):
                if key in member:
                    old.setdefault(key, member[key])
            self.used.add(f"{work.name}.{name}")
        for key in list(self.names.classes):
            if key.startswith(f"{work.name}.") and self._leads_somewhere(shape, key, work.name):
                self.used.add(key)

    def _leads_somewhere(self, shape: Shape, key: str, name: str) -> bool:
        """Whether a row's place exists: its member is there, and a list where it says `[]`."""
        rest = key.removeprefix(f"{name}.")
        member = re.split(r"\[\]|\{\}|\|", rest)[0]
        if member not in shape.members:
            return False
        inner = shape.members[member].shape
        for step in re.findall(r"\[\]|\{\}|\|[^\[{|]+", rest):
            found = dict(inner.children()).get(step)
            if found is None:
                return False
            inner = found.shape
        return inner.kind == "object"

    def _member(self, work: _Work, name: str, place: Place) -> Json:
        optional = name not in work.shape.required
        shown = place
        if work.loose and optional:
            shown = _copy(place, nullable=True)
        emitted = self.schema(shown, f"{work.name}.{name}", work.above, loose=work.loose)
        if name == work.keep:
            return {"type": place.shape.kind, "enum": list(place.shape.choices)}
        if not work.loose and not optional and len(place.shape.choices) == 1:
            emitted["default"] = place.shape.choices[0]
        return emitted

    def _describe(self, name: str, place: Place) -> None:
        if place.description:
            self.schemas.setdefault(name, {"type": "object"}).setdefault(
                "description", clean(place.description)
            )


def _said(place: Place, *, loose: bool) -> Json:
    """What a place says beside its shape; defaults are told, but never sent."""
    said: Json = {}
    if place.description:
        said["description"] = clean(place.description)
    if not loose:
        shape = place.shape
        said.update(shape.limits)
        if shape.format and shape.kind in SCALARS:
            said["x-format"] = shape.format
        if place.has_default:
            said["x-default"] = place.default
        if place.example is not None:
            said["example"] = clean_all(place.example)
    return said


def _nullable(schema: Json, *, nullable: bool) -> Json:
    if not nullable or not schema:
        return schema
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}


def _open_scalar(shape: Shape) -> Json:
    """An answer's scalar: any value of its kind, and a date that can't be read stays text."""
    if shape.kind == "string" and shape.format in DATES:
        return {"anyOf": [{"type": "string", "format": shape.format}, {"type": "string"}]}
    schema: Json = {"type": shape.kind}
    if shape.choices:
        schema["x-known-values"] = list(shape.choices)
    return schema


def _copy(place: Place, *, nullable: bool) -> Place:
    return Place(
        place.shape, nullable=nullable, description=place.description, example=place.example
    )


def _taken(name: str, place: str) -> Stop:
    return Stop(
        Exit.NAMES,
        f"Two different shapes want to be called {name}; the second stands at {place}.",
        "Give one of them another name in openapi/names.yaml, or a list of names to choose from.",
    )
