"""From a raw document to operations under our names.

Where a thing is written makes no difference: parameters on the path or the operation, the prefix in
the server or the paths, security stated once or everywhere, anything behind a `$ref`.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from scripts.document import Document, Json, as_list, as_object, as_text, is_object
from scripts.names import PARAMETER, Names
from scripts.read_schema import SchemaReader
from scripts.shapes import Answer, Body, Contract, Operation, Parameter, Place, Shape
from scripts.stops import Exit, Stop

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
NOT_OURS = {"accept", "content-type", "authorization"}
STYLES = {"query": "form", "path": "simple", "header": "simple", "cookie": "form"}
JSON_TYPE = re.compile(r"^(application/([\w.-]+\+)?json|text/json|\*/\*|application/\*)$")
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


class DocumentReader:
    """Reads one document; a table of names decides what everything is called."""

    def __init__(self, raw: Json, names: Names) -> None:
        self._document = Document(raw)
        self._names = names
        self._schemas = SchemaReader(self._document)
        self._notes: list[str] = []

    def read(self) -> Contract:
        """Read every operation, sorted by our name for it."""
        operations = [self._operation(*found) for found in self._found()]
        operations.sort(key=lambda operation: operation.name)
        if self._document.raw.get("webhooks"):
            self._notes.append("webhooks are left out: they call the user, not the server")
        for one, other in pairwise(operations):
            if one.name == other.name:
                raise Stop(
                    Exit.NAMES,
                    f"{one.method.upper()} {one.path} and {other.method.upper()} {other.path}"
                    f" are both called {one.name}.",
                    "Name one of them in openapi/names.yaml.",
                )
        notes = sorted({*self._notes, *self._schemas.notes})
        return Contract(operations, self._server(), notes)

    def _server(self) -> str:
        """Where the API is, whatever part of it the paths carry."""
        for server in as_list(self._document.raw.get("servers")):
            parts = urlsplit(str(as_object(server).get("url", "")))
            if parts.netloc:
                return f"{parts.scheme}://{parts.netloc}{self._names.base_path}"
        return self._names.server

    def _found(self) -> Iterator[tuple[str, str, Json, Json]]:
        for path, raw_item in _object(self._document.raw.get("paths"), "paths").items():
            item = self._document.follow(_object(raw_item, path), path)
            for method in METHODS:
                if is_object(operation := item.get(method)):
                    ours = our_path(
                        self._document.raw, item, operation, path, self._names.base_path
                    )
                    yield method, ours, item, operation

    def _operation(self, method: str, path: str, item: Json, raw: Json) -> Operation:
        row = self._names.row(method, path)
        renamed = dict(zip(PARAMETER.findall(path), PARAMETER.findall(row.path), strict=True))
        return Operation(
            name=row.name,
            tag=row.tag,
            method=method,
            path=row.path,
            summary=as_text(raw.get("summary")),
            description=as_text(raw.get("description")),
            parameters=self._parameters(
                row.name,
                renamed,
                [*as_list(item.get("parameters")), *as_list(raw.get("parameters"))],
            ),
            body=self._body(row.name, raw.get("requestBody")),
            answers=self._answers(row.name, raw.get("responses")),
            security=self._security(raw),
            known=self._names.knows(method, path),
        )

    def _security(self, raw: Json) -> tuple[tuple[str, ...], ...]:
        """The alternatives, by what each scheme does, not by what it is called."""
        stated = raw.get("security", self._document.raw.get("security"))
        schemes = _object(self._document.raw.get("components") or {}, "components")
        known = _object(schemes.get("securitySchemes") or {}, "securitySchemes")
        found = {
            tuple(
                sorted(
                    _scheme(self._document.follow(known.get(name) or {}, name), name)
                    for name in one
                )
            )
            for one in as_list(stated)
            if is_object(one)
        }
        return tuple(sorted(found))

    def _parameters(self, name: str, renamed: dict[str, str], raws: list[Any]) -> list[Parameter]:
        found: dict[tuple[str, str], Parameter] = {}
        for raw in raws:
            parameter = self._parameter(name, self._document.follow(_object(raw, name), name))
            if parameter.location == "path":
                if parameter.name not in renamed:
                    self._notes.append(f"{name}: the path has no {{{parameter.name}}}; left out")
                    continue
                parameter.name = renamed[parameter.name]
            elif parameter.location == "header" and parameter.name.lower() in NOT_OURS:
                continue
            found[parameter.location, parameter.name] = parameter
        for missing in renamed.values():
            place = Place(Shape(kind="string"))
            found.setdefault(
                ("path", missing), Parameter(missing, "path", required=True, place=place)
            )
        return [found[key] for key in sorted(found)]

    def _parameter(self, name: str, raw: Json) -> Parameter:
        location, called = str(raw.get("in")), str(raw.get("name"))
        where = f"{name} {location} parameter {called}"
        if location not in STYLES:
            raise Stop(Exit.WORDING, f"{where}: {location!r} is no place for a parameter.")
        if is_object(content := raw.get("content")):
            # The value travels as JSON text, so text is what the caller has to give.
            media_type = as_object(next(iter(content.values()), None))
            inner = self._schemas.place(media_type.get("schema", {}), where)
            place = Place(Shape(kind="string"), description=inner.description)
            self._notes.append(f"{where}: takes its value as JSON text")
        else:
            place = self._schemas.place(raw.get("schema", {}), where)
            _refuse_unsendable(raw, place, where)
        place = Place(
            place.shape,
            nullable=place.nullable,
            description=as_text(raw.get("description")) or place.description,
            example=_example(raw, place.example),
            default=place.default,
            has_default=place.has_default,
            inferred=bool(raw.get("x-inferred")) or place.inferred,
        )
        required = raw.get("required") is True or location == "path"
        return Parameter(called, location, required, place, bool(raw.get("x-inferred")))

    def _body(self, name: str, raw: Any) -> Body | None:
        if not is_object(raw):
            return None
        raw = self._document.follow(raw, name)
        content = _object(raw.get("content") or {}, f"{name} body")
        media_type = _preferred(content, name)
        if media_type is None:
            return None
        place = self._schemas.place(
            _object(content[media_type], name).get("schema", {}), f"{name}.body"
        )
        if place.shape.kind == "object":
            place.description = place.description or as_text(raw.get("description"))
        return Body(_kind_of(media_type), place, raw.get("required") is True)

    def _answers(self, name: str, raw: Any) -> list[Answer]:
        answers: dict[str, Answer] = {}
        for status, response in _object(raw or {}, f"{name} responses").items():
            if status.startswith("x-"):
                continue
            found = self._document.follow(_object(response, f"{name} {status}"), f"{name} {status}")
            answers[status.upper() if status.lower() != "default" else "default"] = self._answer(
                name, status, found
            )
        if "default" in answers and not any(answer.good for answer in answers.values()):
            answers["2XX"] = answers.pop("default")
            answers["2XX"].status = "2XX"
        return [answers[status] for status in sorted(answers)]

    def _answer(self, name: str, status: str, raw: Json) -> Answer:
        where = f"{name}.{status}"
        content = _object(raw.get("content") or {}, where)
        media_type = _preferred(content, where)
        place = None
        if media_type is not None:
            place = self._schemas.place(
                _object(content[media_type], where).get("schema", {}), where
            )
        headers: dict[str, Place] = {}
        for header, described in _object(raw.get("headers") or {}, where).items():
            found = self._document.follow(_object(described, where), where)
            headers[header.lower()] = self._schemas.place(
                found.get("schema", {}), f"{where} {header}"
            )
            headers[header.lower()].inferred = bool(found.get("x-inferred"))
        kind = _kind_of(media_type) if media_type else None
        status = status.upper() if status.lower() != "default" else "default"
        return Answer(status, kind, place, headers, bool(raw.get("x-inferred")))


def our_path(raw: Json, item: Json, operation: Json, path: str, base: str) -> str:
    """The path under the prefix `base`, wherever the document keeps the prefix."""
    servers = operation.get("servers") or item.get("servers") or raw.get("servers")
    for server in as_list(servers) or [{}]:
        prefix = urlsplit(str(as_object(server).get("url", ""))).path
        full = f"{prefix.rstrip('/')}{path}"
        if full == base or full.startswith(f"{base}/"):
            return full.removeprefix(base) or "/"
    return path


def read(raw: Json, names: Names) -> Contract:
    """Read a raw document.

    Raises:
        Stop: the document says something that no client could keep.
    """
    try:
        return DocumentReader(raw, names).read()
    except RecursionError as error:
        raise Stop(Exit.WORDING, "The document is nested too deeply to be read.") from error


def _preferred(content: Json, where: str) -> str | None:
    """The media type to use: JSON if there is any."""
    if not content:
        return None
    for wanted in (JSON_TYPE.match, FORM_TYPES.__contains__):
        for media_type in sorted(content):
            if wanted(_bare(media_type)):
                return media_type
    del where
    return min(content)


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _kind_of(media_type: str) -> str:
    """The few media types that the generator can handle; all others are bytes or text."""
    bare = _bare(media_type)
    if JSON_TYPE.match(bare):
        return "application/json"
    if bare in FORM_TYPES:
        return bare
    return (
        "text/plain"
        if bare.startswith("text/") or bare.endswith("ndjson")
        else "application/octet-stream"
    )


def _refuse_unsendable(raw: Json, place: Place, where: str) -> None:
    """Stop at ways of writing a parameter that the generated code would get wrong, silently."""
    location = raw["in"]
    style = raw.get("style", STYLES[location])
    explode = raw.get("explode", style == "form")
    compound = place.shape.kind in ("array", "object")
    if not compound and style == STYLES[location]:
        return
    if location == "query" and style == "form" and explode is True and place.shape.kind == "array":
        return
    raise Stop(
        Exit.WORDING,
        f"{where}: style {style!r}{'' if explode else ', explode false'} for a value of kind"
        f" {place.shape.kind} would be sent wrongly.",
        "Restate it in openapi/patches.yaml, for example as a string that the caller joins.",
    )


def _scheme(raw: Json, name: str) -> str:
    if raw.get("type") == "http":
        return f"http {str(raw.get('scheme', '')).lower()}"
    if raw.get("type") == "apiKey":
        return f"{raw.get('in')} {raw.get('name')}"
    return str(raw.get("type", name))


def _example(raw: Json, fallback: Any) -> Any:
    if "example" in raw:
        return raw["example"]
    for example in as_object(raw.get("examples")).values():
        if is_object(example) and "value" in example:
            return example["value"]
    return fallback


def _object(value: Any, where: str) -> Json:
    if not is_object(value):
        raise Stop(Exit.WORDING, f"{where}: an object is expected, not {type(value).__name__}.")
    return value
