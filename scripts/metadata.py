"""What else the package holds: an index of the operations, facts about them, and their shapes.

All of it is derived from the effective document and from what the generator called things.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.document import Json, is_list, is_object
from scripts.generate import PACKAGE, Generated

FACTS = (
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "pattern",
    "description",
    "example",
)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
CODES = {"string": "s", "integer": "i", "number": "n", "boolean": "b", "array": "a", "null": "0"}


def write(document: Json, generated: Generated, fixed: Path) -> None:
    """Add the index, the facts, the shapes and the fixed modules to the package."""
    facts = Facts(document, generated).all()
    text = json.dumps(facts, indent=1, sort_keys=True)
    (generated.folder / "operations.json").write_text(text + "\n", encoding="utf-8")
    (generated.folder / "operations.py").write_text(_index(facts, generated), encoding="utf-8")
    (generated.folder / "_shapes.py").write_text(_promises(document), encoding="utf-8")
    for source in sorted(fixed.glob("*.py")):
        shutil.copyfile(source, generated.folder / source.name)


class Facts:
    """Facts about operations, for help texts, command line flags and limits."""

    def __init__(self, document: Json, generated: Generated) -> None:
        self._document = document
        self._generated = generated
        self._schemas: Json = document["components"]["schemas"]

    def all(self) -> Json:
        """The facts by our name of the operation."""
        return {
            operation["operationId"]: self._operation(method, path, operation)
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }

    def _operation(self, method: str, path: str, operation: Json) -> Json:
        name = operation["operationId"]
        body = self._body_class(operation)
        return {
            "method": method.upper(),
            "path": path,
            "tag": operation["tags"][0],
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "module": self._generated.modules[name],
            "body": body,
            "parameters": [*self._parameters(name, operation), *self._members(body)],
            "answers": sorted(self._answers(operation)),
        }

    def _answers(self, operation: Json) -> set[str]:
        """The place of every leaf of a success, as in ``data[].id``."""
        content = operation["responses"]["2XX"].get("content", {})
        return set(self._leaves(content.get("application/json", {}).get("schema", {}), "", ()))

    def _leaves(self, schema: Json, place: str, inside: tuple[str, ...]) -> Iterator[str]:
        for option in schema.get("anyOf", [schema]):
            name = _last(option.get("$ref", ""))
            if name and name in inside:
                continue  # an object that holds its like
            core = self._schemas.get(name, option)
            if is_object(items := core.get("items")):
                yield from self._leaves(items, f"{place}[]", (*inside, name))
            elif core.get("properties"):
                for member, inner in core["properties"].items():
                    below = f"{place}.{member}" if place else member
                    yield from self._leaves(inner, below, (*inside, name))
            elif core.get("type") != "null" and place:
                yield place

    def _body_class(self, operation: Json) -> str | None:
        for media_type in operation.get("requestBody", {}).get("content", {}).values():
            for schema in (media_type["schema"], *media_type["schema"].get("anyOf", ())):
                if "$ref" in schema:
                    return _last(schema["$ref"])
        return None

    def _parameters(self, name: str, operation: Json) -> list[Json]:
        called = self._generated.parameters[name]
        return [
            {
                "name": parameter["name"],
                "python_name": called[parameter["in"], parameter["name"]],
                "in": parameter["in"],
                "required": parameter["required"],
                **self.facts(parameter["schema"]),
                **{key: parameter[key] for key in ("description",) if key in parameter},
            }
            for parameter in operation.get("parameters", ())
        ]

    def _members(self, body: str | None) -> list[Json]:
        schema: Json = self._schemas[body] if body else {}
        required: list[str] = schema.get("required", [])
        properties: Json = schema.get("properties", {})
        members: list[Json] = [
            {
                "name": name,
                "python_name": self._generated.members[body or ""][name],
                "in": "body",
                "required": name in required,
                **self.facts(member),
            }
            for name, member in properties.items()
        ]
        return sorted(members, key=lambda member: (not member["required"], member["name"]))

    def facts(self, schema: Json) -> Json:
        """The facts about one value: its type, its format, its limits, its words."""
        core = next((x for x in schema.get("anyOf", ()) if x.get("type") != "null"), schema)
        if "$ref" in core:
            core = self._schemas[_last(core["$ref"])]
            core = {
                "type": core.get("type", "object"),
                **({"enum": core["enum"]} if "enum" in core else {}),
            }
        kinds = schema.get("x-type") or core.get("type", "object")
        kinds = kinds if is_list(kinds) else [kinds]
        null = "null" in kinds or {"type": "null"} in schema.get("anyOf", ())
        facts: Json = {
            "type": next((kind for kind in kinds if kind != "null"), "object"),
            "nullable": null,
        }
        for key in FACTS:
            if (value := schema.get(key, core.get(key))) is not None:
                facts[key] = value
        for key, source in (("format", "x-format"), ("default", "x-default")):
            if source in schema:
                facts[key] = schema[source]
        if is_object(items := core.get("items")):
            facts["items"] = self.facts(items)
        return facts


def _index(facts: Json, generated: Generated) -> str:
    """`operations.py`: real imports for the type checker, stand-ins at run time."""
    bodies = sorted({fact["body"] for fact in facts.values() if fact["body"]})
    modules = sorted((fact["module"], name) for name, fact in facts.items())
    lines = [
        '"""Every operation module and request body class, each imported when it is first used."""',
        "from typing import TYPE_CHECKING",
        "if TYPE_CHECKING:",
    ]
    for module, _ in modules:
        package, _, last = module.removeprefix(f"{PACKAGE}.").rpartition(".")
        lines.append(f"    from .{package} import {last}")
    lines += [f"    from .models.{generated.models[body]} import {body}" for body in bodies]
    lines += ["else:", "    from ._deferred import Deferred"]
    lines += [f"    {name} = Deferred({module!r})" for module, name in modules]
    for body in bodies:
        module = f"{PACKAGE}.models.{generated.models[body]}"
        lines.append(f"    {body} = Deferred({module!r}, {body!r})")
    names = sorted([name for _, name in modules] + bodies)
    lines.append(f"__all__ = {tuple(names)!r}")
    return "\n".join(lines) + "\n"


def _promises(document: Json) -> str:
    """`_shapes.py`: what each 2xx answer promises, in short codes; see `shapes.py`."""
    schemas = document["components"]["schemas"]
    answers: Json = {}
    for item in document["paths"].values():
        for operation in item.values():
            content = operation["responses"]["2XX"].get("content", {})
            if is_object(media_type := content.get("application/json")):
                answers[operation["operationId"]] = _promise(media_type["schema"], schemas)
    objects: dict[str, Any] = {}
    todo = [name for promise in answers.values() for name in _inside(promise)]
    while todo:
        name = todo.pop()
        if name not in objects:
            members, extra = objects[name] = _members(schemas[name], schemas)
            promises = [*members.values(), *([extra] if extra else [])]
            todo += [inner for promise in promises for inner in _inside(promise)]
    return (
        '"""What the answers promise; `shapes.py` says how to read it."""\n\n'
        "from typing import Any\n\n"
        f"ANSWERS: dict[str, Any] = {dict(sorted(answers.items()))!r}\n"
        f"OBJECTS: dict[str, Any] = {dict(sorted(objects.items()))!r}\n"
    )


def _members(schema: Json, schemas: Json) -> tuple[Json, tuple[Any, ...] | None]:
    required = schema.get("required", ())
    members: Json = {}
    for name, member in sorted(schema.get("properties", {}).items()):
        promise = _promise(member, schemas)
        members[name] = promise if name in required else (f"{promise[0]}?", *promise[1:])
    extra = schema.get("additionalProperties")
    return members, _promise(extra, schemas) if is_object(extra) and extra else None


def _promise(schema: Json, schemas: Json) -> tuple[Any, ...]:
    """A code for the types, then what is inside: o an object, a a list's items, t variants."""
    code = ""
    inner: Json = {}
    variants: Json = {}
    for option in schema.get("anyOf", [schema]):
        if "$ref" in option:
            name = _last(option["$ref"])
            tag = next(
                (k for k, v in schemas[name].get("properties", {}).items() if "enum" in v), None
            )
            code += "o"
            if tag:
                known = schemas[name]["properties"][tag]["enum"]
                variants.setdefault("t", (tag, {}))[1].update(dict.fromkeys(known, name))
            elif not variants:
                inner["o"] = name
            continue
        kinds = option.get("type", [])
        for kind in kinds if is_list(kinds) else [kinds]:
            code += CODES[kind]
            if kind == "array":
                inner["a"] = _promise(option["items"], schemas)
    code = "".join(dict.fromkeys(code)) or "*"
    inner.update(variants)
    return (code, inner) if inner else (code,)


def _inside(promise: tuple[Any, ...]) -> set[str]:
    """The names of all objects that a promise speaks of."""
    inner: Json = promise[1] if len(promise) > 1 else {}
    found: set[str] = {inner["o"]} if "o" in inner else set()
    found |= set[str](inner["t"][1].values()) if "t" in inner else set()
    return found | (_inside(inner["a"]) if "a" in inner else set())


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
