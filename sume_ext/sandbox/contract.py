"""The OpenAPI document the sandbox serves and judges by.

Routes, parameters and shapes come from the document alone, checked by jsonschema-rs; what is
handwritten is how text on the wire becomes values. No decision here depends on state.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from urllib.parse import parse_qsl, unquote

from sume_ext.sandbox.problems import Problem
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
FORBIDDEN: Final = ("workspace_id", "user_id", "email", "owner")
"""Fields no body may bring: the key alone says who asks (the API's authentication page)."""


class Validator(Protocol):
    """What is used of a compiled JSON schema."""

    def is_valid(self, instance: Any, /) -> bool:
        """Whether the instance fits."""
        ...

    def iter_errors(self, instance: Any, /) -> Any:
        """Why it doesn't."""
        ...


def document_path() -> Path:
    """Where the document is: in the package when installed, in ``openapi/`` in a checkout."""
    packaged = Path(__file__).with_name("upstream.json")
    if packaged.is_file():
        return packaged
    return Path(__file__).parents[2] / "openapi" / "upstream.json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query or path parameter: its name, where it stands, and its schema."""

    name: str
    place: str
    required: bool
    types: tuple[str, ...]
    schema: Mapping[str, Any]
    validator: Validator

    def read(self, texts: list[str]) -> Any:
        """The value that these texts spell; raises `ValueError` when they spell none."""
        if "array" in self.types:
            return list(texts)
        if len(texts) != 1:
            raise ValueError("given more than once")
        value = _coerce(texts[0], self.types)
        for error in self.validator.iter_errors(value):
            raise ValueError(error.message)
        return value


def _coerce(text: str, types: tuple[str, ...]) -> Any:
    if "string" in types:
        return text
    if "boolean" in types and text in {"true", "false"}:
        return text == "true"
    if "integer" in types and re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        return int(text)
    if "number" in types and JSON_NUMBER.fullmatch(text):
        return float(text)
    raise ValueError(f"not {' or '.join(types)}")


@dataclass(slots=True)
class Operation:
    """One operation of the document."""

    method: str
    template: str
    parameters: list[Parameter]
    body: Validator | None
    responses: dict[int, Validator] = field(default_factory=dict[int, Validator])

    def arguments(self, path: Mapping[str, str], query: str) -> dict[str, Any]:
        """Path and query parameters as values; raises `Problem` naming each that isn't right."""
        given: dict[str, list[str]] = {}
        try:
            for name, text in parse_qsl(query, keep_blank_values=True, errors="strict"):
                given.setdefault(name, []).append(text)
        except ValueError as error:
            raise Problem(400, "bad_request", "The query string is malformed.") from error
        values: dict[str, Any] = {}
        wrong: list[dict[str, str]] = []
        for one in self.parameters:
            texts = [path[one.name]] if one.place == "path" else given.get(one.name)
            try:
                if texts is not None:
                    values[one.name] = one.read(texts)
                elif one.required:
                    raise ValueError("is required")  # noqa: TRY301  (told like any other)
            except ValueError as error:
                wrong.append({"field": one.name, "message": str(error)})
        if wrong:
            raise unprocessable(wrong)
        return values

    def content(self, content_type: str, raw: bytes) -> dict[str, Any]:
        """The body as a value; raises `Problem` when it isn't what the document asks for."""
        if self.body is None:
            return {}
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise Problem(400, "bad_request", "Send JSON, with Content-Type: application/json.")
        value = parse_json(raw)
        wrong = [
            {"field": _place_of(error), "message": error.message}
            for error in self.body.iter_errors(value)
        ]
        if wrong:
            raise unprocessable(wrong)
        if not isinstance(value, dict):
            raise unprocessable([{"field": "", "message": "not an object"}])
        body = cast("dict[str, Any]", value)
        if refused := [name for name in FORBIDDEN if name in body]:
            message = "The key says who asks; this field must not be sent."
            raise unprocessable([{"field": name, "message": message} for name in refused])
        return body

    def fits(self, status: int, answer: object) -> bool:
        """Whether an answer is one that the document allows."""
        validator = self.responses.get(status)
        return validator is None or validator.is_valid(answer)


def _place_of(error: Any) -> str:
    """The field that an error is about: a missing one is named itself, not what lacks it."""
    missing = getattr(error.kind, "property", None) if error.kind.name == "required" else None
    places = [*error.instance_path, *([] if missing is None else [missing])]
    return ".".join(map(str, places))


def unprocessable(fields: list[dict[str, str]]) -> Problem:
    """The API's answer to values that aren't allowed, naming every field."""
    names = ", ".join(one["field"] or "body" for one in fields)
    return Problem(422, "validation_error", f"Not allowed: {names}.", {"fields": fields})


def parse_json(raw: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN, no lone surrogates, no bottomless nesting."""

    def refuse(name: str) -> float:
        raise ValueError(f"{name} is not JSON")

    try:
        text = raw.decode()
        value = json.loads(text, parse_constant=refuse)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad_request", "The body is not JSON.") from error
    return value


class Contract:
    """The document, ready to route and judge.

    Args:
        raw: The document's bytes.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.document: dict[str, Any] = json.loads(raw)
        base: str = self.document["servers"][0]["url"]
        self.prefix = split_url(base).path.rstrip("/")

    @cached_property
    def operations(self) -> dict[tuple[str, str], Operation]:
        """Every operation by method and path template."""
        found: dict[tuple[str, str], Operation] = {}
        for template, item in self.document["paths"].items():
            for method, spec in item.items():
                if method in {"get", "post", "put", "patch", "delete"}:
                    shared = item.get("parameters", [])
                    operation = self._operation(method.upper(), template, spec, shared)
                    found[operation.method, template] = operation
        return found

    @cached_property
    def _routes(self) -> dict[int, list[tuple[list[str], dict[str, Operation]]]]:
        """Path templates by their number of segments, literal ones first."""
        by_template: dict[str, dict[str, Operation]] = {}
        for (method, template), operation in self.operations.items():
            by_template.setdefault(template, {})[method] = operation
        routes: dict[int, list[tuple[list[str], dict[str, Operation]]]] = {}
        for template in sorted(by_template, key=lambda text: ("{" in text, text)):
            segments = template.split("/")
            routes.setdefault(len(segments), []).append((segments, by_template[template]))
        return routes

    def route(self, path: str) -> tuple[dict[str, Operation], dict[str, str]]:
        """The operations of a raw path by method, with its path parameters decoded.

        Both are empty when the document knows no such path.
        """
        given = path.split("/")
        for segments, operations in self._routes.get(len(given), []):
            values: dict[str, str] = {}
            for segment, text in zip(segments, given, strict=True):
                if segment.startswith("{") and text:
                    values[segment[1:-1]] = unquote(text)
                elif segment != text:
                    break
            else:
                return operations, values
        return {}, {}

    def _operation(
        self, method: str, template: str, spec: Mapping[str, Any], shared: list[Any]
    ) -> Operation:
        parameters = [
            self._parameter(self._resolve(one)) for one in [*shared, *spec.get("parameters", [])]
        ]
        body = self._resolve(spec.get("requestBody", {}))
        responses = {
            int(status): self._schema(response)
            for status, response in spec["responses"].items()
            if status.isdecimal() and _json_schema(self._resolve(response)) is not None
        }
        required = self._schema(body) if body else None
        relevant = [one for one in parameters if one.place in {"path", "query"}]
        return Operation(method, template, relevant, required, responses)

    def _parameter(self, spec: Mapping[str, Any]) -> Parameter:
        schema = self._resolve(spec["schema"])
        types = schema.get("type", "string")
        return Parameter(
            name=spec["name"],
            place=spec["in"],
            required=spec.get("required", False),
            types=(types,) if isinstance(types, str) else tuple(types),
            schema=schema,
            validator=self._compiled(schema),
        )

    def _schema(self, holder: Mapping[str, Any]) -> Validator:
        return self._compiled(_json_schema(self._resolve(holder)) or {})

    def _compiled(self, schema: Mapping[str, Any]) -> Validator:
        return _Lazy(lambda: _compile({**schema, "components": self.document["components"]}))

    def _resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = cast("Mapping[str, Any]", target)
        return node


def _json_schema(holder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    schema = holder.get("content", {}).get("application/json", {}).get("schema")
    return cast("Mapping[str, Any] | None", schema)


class _Lazy:
    """A validator compiled on first use, since most tests need few of them."""

    def __init__(self, compiled: Callable[[], Validator]) -> None:
        self._compile = compiled

    @cached_property
    def _validator(self) -> Validator:
        return self._compile()

    def is_valid(self, instance: Any, /) -> bool:
        return self._validator.is_valid(instance)

    def iter_errors(self, instance: Any, /) -> Any:
        return self._validator.iter_errors(instance)


def _compile(schema: dict[str, Any]) -> Validator:
    import jsonschema_rs  # noqa: PLC0415  (an extra; imported when a sandbox starts)

    # Without the mask an error message would repeat the value, which may be a secret.
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, mask="the value")


@lru_cache(maxsize=1)
def contract() -> Contract:
    """The packaged contract, read once."""
    return Contract(document_path().read_bytes())
