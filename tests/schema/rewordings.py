"""Ways to word a schema differently without saying anything else.

Each takes a document and a source of chance, and gives back a new document. What none of them may
touch is what the document means: applying any of them must leave the generated code as it is.
"""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from scripts.document import Json, as_list, is_list, is_object

Rewording = Callable[[Json, random.Random], None]
OPENNESS: list[Any] = [True, False, {}]
METHODS = ("get", "put", "post", "delete", "patch")
NOTES = ("description", "example", "examples", "x-inferred", "title", "default")
ALL: dict[str, Rewording] = {}


def rewording(function: Rewording) -> Rewording:
    """List a rewording under its name."""
    ALL[function.__name__] = function
    return function


def reword(document: Json, *names: str, seed: int = 0) -> Json:
    """The document with the named rewordings applied, in order."""
    document = copy.deepcopy(document)
    chance = random.Random(seed)
    for name in names:
        ALL[name](document, chance)
    return document


# --- walking ---------------------------------------------------------------------------------


def operations(document: Json) -> Iterator[tuple[str, Json, Json]]:
    """(path, path item, operation) of every operation."""
    for path, raw in document["paths"].items():
        item = resolve(document, raw)
        for method in METHODS:
            if method in item:
                yield path, item, item[method]


def resolve(document: Json, value: Json) -> Json:
    while "$ref" in value:
        found: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def holders(document: Json) -> Iterator[tuple[Json, str]]:
    """(object, key) of every place where a schema stands, outermost first; components last."""
    seen: set[int] = set()
    for _, item, operation in operations(document):
        for parameter in [*item.get("parameters", ()), *operation.get("parameters", ())]:
            yield from _schema_of(resolve(document, parameter), seen)
        if "requestBody" in operation:
            yield from _contents(resolve(document, operation["requestBody"]), seen)
        for response in operation["responses"].values():
            found = resolve(document, response)
            yield from _contents(found, seen)
            for header in found.get("headers", {}).values():
                yield from _schema_of(resolve(document, header), seen)
    schemas = document.get("components", {}).get("schemas", {})
    for name in list(schemas):
        yield from _inside(schemas, name, seen)


def _contents(holder: Json, seen: set[int]) -> Iterator[tuple[Json, str]]:
    for media_type in holder.get("content", {}).values():
        yield from _schema_of(media_type, seen)


def _schema_of(holder: Json, seen: set[int]) -> Iterator[tuple[Json, str]]:
    if id(holder) not in seen and "schema" in holder:
        seen.add(id(holder))
        yield from _inside(holder, "schema", seen)


def _inside(holder: Any, key: Any, seen: set[int]) -> Iterator[tuple[Any, Any]]:
    schema = holder[key]
    if not is_object(schema) or id(schema) in seen:
        return
    yield holder, key
    schema = holder[key]
    if id(schema) in seen:
        return
    seen.add(id(schema))
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _inside(schema, name, seen)
    for name in list(schema.get("properties", {})):
        yield from _inside(schema["properties"], name, seen)
    for name in ("anyOf", "oneOf", "allOf"):
        for number in range(len(schema.get(name, ()))):
            yield from _inside(schema[name], number, seen)


def _every_object(value: Any) -> Iterator[Json]:
    if is_object(value):
        yield value
        for inner in list(value.values()):
            yield from _every_object(inner)
    elif is_list(value):
        for inner in value:
            yield from _every_object(inner)


def _references(document: Json) -> Iterator[Json]:
    for value in _every_object(document):
        if isinstance(value.get("$ref"), str):
            yield value


# --- names, titles, order ---------------------------------------------------------------------


@rewording
def operation_ids_renamed(document: Json, chance: random.Random) -> None:
    for _, _, operation in operations(document):
        if chance.random() < 0.5:
            operation.pop("operationId", None)
        else:
            operation["operationId"] = f"op{chance.randrange(10**9)}"


@rewording
def components_renamed(document: Json, chance: random.Random) -> None:
    renamed: dict[str, str] = {}
    for kind, found in document.get("components", {}).items():
        if kind == "securitySchemes":
            continue
        names = list(found)
        chance.shuffle(names)
        new = {
            name: f"{chance.choice(['Dto', 'Zod', 'job_status'])}{i}"
            for i, name in enumerate(names)
        }
        renamed |= {
            f"#/components/{kind}/{old}": f"#/components/{kind}/{new[old]}" for old in names
        }
        document["components"][kind] = {new[old]: found[old] for old in names}
    for reference in _references(document):
        reference["$ref"] = renamed.get(reference["$ref"], reference["$ref"])


@rewording
def titles_given(document: Json, chance: random.Random) -> None:
    document["info"]["title"] = "Another title"
    for holder, key in list(holders(document)):
        if "$ref" not in holder[key]:
            holder[key]["title"] = chance.choice(["Job", "Error", "Item", "class", "Job status"])


@rewording
def tags_renamed(document: Json, chance: random.Random) -> None:
    document.pop("tags", None)
    for _, _, operation in operations(document):
        operation["tags"] = chance.sample(["b", "jobs", "Generation!", "x/y"], 2)
        if chance.random() < 0.3:
            del operation["tags"]


@rewording
def keys_shuffled(document: Json, chance: random.Random) -> None:
    for value in _every_object(document):
        keys = list(value)
        chance.shuffle(keys)
        for key in keys:
            value[key] = value.pop(key)


@rewording
def lists_reordered(document: Json, chance: random.Random) -> None:
    """Parameters, required members, choices and alternatives have no order."""
    for _, item, operation in operations(document):
        for owner in (item, operation):
            chance.shuffle(owner.get("parameters", []))
    for holder, key in list(holders(document)):
        for name in ("required", "enum", "anyOf", "oneOf"):
            if isinstance(holder[key].get(name), list):
                chance.shuffle(holder[key][name])


@rewording
def path_parameters_renamed(document: Json, chance: random.Random) -> None:
    for path in [path for path in document["paths"] if "{" in path]:
        old = path.partition("{")[2].partition("}")[0]
        new = f"id{chance.randrange(1000)}"
        item = copy.deepcopy(resolve(document, document["paths"].pop(path)))
        document["paths"][path.replace(old, new)] = item
        operations_ = [item[method] for method in METHODS if method in item]
        for owner in [item, *operations_]:
            for number, parameter in enumerate(owner.get("parameters", ())):
                found = copy.deepcopy(resolve(document, parameter))
                if found["in"] == "path" and found["name"] == old:
                    owner["parameters"][number] = {**found, "name": new}


# --- where descriptions stand -----------------------------------------------------------------


@rewording
def parameter_texts_moved(document: Json, chance: random.Random) -> None:
    """From the parameter to its schema."""
    for _, item, operation in operations(document):
        for raw in [*item.get("parameters", ()), *operation.get("parameters", ())]:
            parameter = resolve(document, raw)
            schema = parameter.get("schema", {})
            if "$ref" not in schema and "description" in parameter and chance.random() < 0.8:
                schema["description"] = parameter.pop("description")


@rewording
def texts_beside_null(document: Json, chance: random.Random) -> None:
    """From a union with null to the alternative, or back."""
    for holder, key in list(holders(document)):
        schema = holder[key]
        live = [x for x in schema.get("anyOf", ()) if x.get("type") != "null"]
        if len(live) == 1 and len(schema["anyOf"]) == 2 and "$ref" not in live[0]:
            source, target = (schema, live[0]) if chance.random() < 0.5 else (live[0], schema)
            if "description" in source and "description" not in target:
                target["description"] = source.pop("description")


@rewording
def texts_beside_references(document: Json, chance: random.Random) -> None:
    """The schema goes behind a reference, its description stays beside that."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for holder, key in list(holders(document)):
        schema = holder[key]
        if "$ref" not in schema and holder is not schemas and chance.random() < 0.3:
            texts = {k: schema[k] for k in NOTES if k in schema}
            name = f"Beside{len(schemas)}"
            schemas[name] = {k: v for k, v in schema.items() if k not in texts}
            holder[key] = {"$ref": f"#/components/schemas/{name}", **texts}


@rewording
def body_texts_moved(document: Json, chance: random.Random) -> None:
    """From a body's schema to the body, where the schema is used for nothing else."""
    del chance
    used = [reference["$ref"] for reference in _references(document)]
    for _, _, operation in operations(document):
        if "requestBody" in operation:
            body = resolve(document, operation["requestBody"])
            for media_type in body["content"].values():
                schema = media_type["schema"]
                if "$ref" in schema and used.count(schema["$ref"]) == 1 and len(schema) == 1:
                    schema = resolve(document, schema)
                if "description" in schema and "description" not in body:
                    body["description"] = schema.pop("description")


# --- references -------------------------------------------------------------------------------


@rewording
def references_inlined(document: Json, chance: random.Random) -> None:
    """Schemas behind a reference are written out, unless they are recursive."""
    del chance
    for _ in range(12):
        changed = False
        for holder, key in list(holders(document)):
            reference = holder[key].get("$ref", "")
            if reference.startswith("#/components/schemas/"):
                target = resolve(document, {"$ref": reference})
                if not _recursive(document, reference):
                    rest = {k: v for k, v in holder[key].items() if k != "$ref"}
                    holder[key] = {**copy.deepcopy(target), **rest}
                    changed = True
        if not changed:
            break
    used = {reference["$ref"] for reference in _references(document)}
    schemas = document.get("components", {}).get("schemas", {})
    for name in [n for n in schemas if f"#/components/schemas/{n}" not in used]:
        del schemas[name]


def _recursive(document: Json, reference: str) -> bool:
    todo, seen = [reference], set[str]()
    while todo:
        target = resolve(document, {"$ref": todo.pop()})
        for found in _references(target):
            if found["$ref"] == reference:
                return True
            if found["$ref"] not in seen:
                seen.add(found["$ref"])
                todo.append(found["$ref"])
    return False


@rewording
def other_references_inlined(document: Json, chance: random.Random) -> None:
    """Parameters, responses, request bodies, headers and path items are written out."""
    del chance
    for path, item in list(document["paths"].items()):
        document["paths"][path] = copy.deepcopy(resolve(document, item))
    for _, item, operation in operations(document):
        for owner in (item, operation):
            if "parameters" in owner:
                owner["parameters"] = [
                    copy.deepcopy(resolve(document, x)) for x in owner["parameters"]
                ]
        if "requestBody" in operation:
            operation["requestBody"] = copy.deepcopy(resolve(document, operation["requestBody"]))
        for status, response in operation["responses"].items():
            found = operation["responses"][status] = copy.deepcopy(resolve(document, response))
            for name, header in found.get("headers", {}).items():
                found["headers"][name] = copy.deepcopy(resolve(document, header))
    for kind in ("parameters", "responses", "requestBodies", "headers", "pathItems"):
        document.get("components", {}).pop(kind, None)


@rewording
def schemas_hoisted(document: Json, chance: random.Random) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for holder, key in list(holders(document)):
        if "$ref" not in holder[key] and holder is not schemas and chance.random() < 0.5:
            name = f"Hoisted{len(schemas)}"
            schemas[name] = holder[key]
            holder[key] = {"$ref": f"#/components/schemas/{name}"}


@rewording
def others_hoisted(document: Json, chance: random.Random) -> None:
    components = document.setdefault("components", {})

    def hoist(kind: str, owner: Any, key: Any) -> None:
        if "$ref" not in owner[key] and chance.random() < 0.7:
            name = f"H{len(components.setdefault(kind, {}))}x"
            components[kind][name] = owner[key]
            owner[key] = {"$ref": f"#/components/{kind}/{name}"}

    for _, item, operation in list(operations(document)):
        for owner in (item, operation):
            for number in range(len(owner.get("parameters", ()))):
                hoist("parameters", owner["parameters"], number)
        if "requestBody" in operation:
            hoist("requestBodies", operation, "requestBody")
        for status in operation["responses"]:
            hoist("responses", operation["responses"], status)
    for path in document["paths"]:
        hoist("pathItems", document["paths"], path)


@rewording
def references_wrapped(document: Json, chance: random.Random) -> None:
    """`$ref` becomes a lone `allOf`, which is how 3.0 gives it a description."""
    for holder, key in list(holders(document)):
        if "$ref" in holder[key] and chance.random() < 0.6:
            rest = {k: v for k, v in holder[key].items() if k != "$ref"}
            holder[key] = {"allOf": [{"$ref": holder[key]["$ref"]}], **rest}


@rewording
def objects_split(document: Json, chance: random.Random) -> None:
    """An object's members are spread over the parts of an `allOf`."""
    for holder, key in list(holders(document)):
        schema = holder[key]
        if schema.get("type") == "object" and len(schema.get("properties", {})) > 1:
            names = list(schema["properties"])
            half = set(chance.sample(names, len(names) // 2))
            parts: list[Json] = []
            for side in (half, set(names) - half):
                part: Json = {
                    "type": "object",
                    "properties": {n: schema["properties"][n] for n in names if n in side},
                }
                if required := [n for n in schema.get("required", ()) if n in side]:
                    part["required"] = required
                parts.append(part)
            rest = {k: v for k, v in schema.items() if k in NOTES or k == "additionalProperties"}
            holder[key] = {**rest, "allOf": parts}


# --- parameters, servers, security ------------------------------------------------------------


@rewording
def parameters_shared(document: Json, chance: random.Random) -> None:
    """A path's only operation gives its parameters to the path."""
    for path in document["paths"]:
        item = resolve(document, document["paths"][path])
        there = [method for method in METHODS if method in item]
        if len(there) == 1 and item[there[0]].get("parameters") and chance.random() < 0.8:
            item["parameters"] = [*item.get("parameters", ()), *item[there[0]].pop("parameters")]


@rewording
def parameters_owned(document: Json, chance: random.Random) -> None:
    """Shared parameters go into each operation."""
    del chance
    for path in document["paths"]:
        item = resolve(document, document["paths"][path])
        shared = item.pop("parameters", [])
        for method in METHODS:
            if method in item and shared:
                item[method]["parameters"] = [
                    *copy.deepcopy(shared),
                    *item[method].get("parameters", []),
                ]


@rewording
def prefix_in_paths(document: Json, chance: random.Random) -> None:
    if any(path.startswith(("/api/v1", "/v1")) for path in document["paths"]):
        return
    document["servers"] = chance.choice(
        [[{"url": "https://www.sume.so"}], [{"url": "https://www.sume.so/"}], [{"url": "/"}]]
    )
    document["paths"] = {f"/api/v1{path}": item for path, item in document["paths"].items()}


@rewording
def prefix_split(document: Json, chance: random.Random) -> None:
    """Part of the prefix is in the server, part in the paths."""
    del chance
    if not any(path.startswith(("/api/v1", "/v1")) for path in document["paths"]):
        document["servers"] = [{"url": "https://www.sume.so/api"}]
        document["paths"] = {f"/v1{path}": item for path, item in document["paths"].items()}


@rewording
def security_everywhere(document: Json, chance: random.Random) -> None:
    top = document.pop("security", None)
    for _, _, operation in operations(document):
        if top is not None and "security" not in operation:
            operation["security"] = copy.deepcopy(top)
            chance.shuffle(operation["security"])


@rewording
def security_renamed(document: Json, chance: random.Random) -> None:
    schemes = document["components"]["securitySchemes"]
    renamed = {name: f"scheme{chance.randrange(10**6)}{i}" for i, name in enumerate(schemes)}
    document["components"]["securitySchemes"] = {renamed[n]: x for n, x in schemes.items()}
    for owner in [document, *(operation for _, _, operation in operations(document))]:
        if "security" in owner:
            owner["security"] = [
                {renamed.get(n, n): x for n, x in one.items()} for one in owner["security"]
            ]


# --- null, enums, constants -------------------------------------------------------------------


@rewording
def null_as_alternative(document: Json, chance: random.Random) -> None:
    """`type: [T, null]` becomes `anyOf: [T, null]`."""
    for holder, key in list(holders(document)):
        schema = holder[key]
        kinds = as_list(schema.get("type"))
        if "null" in kinds and len(kinds) == 2 and chance.random() < 0.8:
            kind = next(k for k in kinds if k != "null")
            notes = {k: v for k, v in schema.items() if k in NOTES}
            core: Json = {k: v for k, v in schema.items() if k not in NOTES}
            core["type"] = kind
            if is_list(core.get("enum")):
                core["enum"] = [x for x in core["enum"] if x is not None]
            options: list[Json] = [core, {"type": "null"}]
            chance.shuffle(options)
            holder[key] = {chance.choice(["anyOf", "oneOf"]): options, **notes}


@rewording
def null_as_type(document: Json, chance: random.Random) -> None:
    """`anyOf: [T, null]` becomes `type: [T, null]` where T is written out."""
    for holder, key in list(holders(document)):
        schema = holder[key]
        for keyword in ("anyOf", "oneOf"):
            live = [x for x in schema.get(keyword, ()) if x.get("type") != "null"]
            if (
                len(live) == 1
                and len(schema[keyword]) == 2
                and isinstance(live[0].get("type"), str)
            ):
                if chance.random() < 0.8:
                    rest = {k: v for k, v in schema.items() if k != keyword}
                    holder[key] = {**live[0], **rest, "type": [live[0]["type"], "null"]}
                    if "enum" in live[0]:
                        holder[key]["enum"] = [*live[0]["enum"], None]
                break


@rewording
def told_in_3_0(document: Json, chance: random.Random) -> None:
    """The whole document as OpenAPI 3.0: `nullable`, one example, no constants, no type lists."""
    del chance
    document["openapi"] = "3.0.3"
    for holder, key in list(holders(document)):
        schema = holder[key]
        if "const" in schema:
            schema["enum"] = [schema.pop("const")]
        if isinstance(schema.get("examples"), list):
            schema["example"] = schema.pop("examples")[0]
        for keyword in ("anyOf", "oneOf"):
            live = [x for x in schema.get(keyword, ()) if x.get("type") != "null"]
            if keyword in schema and len(live) == 1 and len(schema[keyword]) > 1:
                del schema[keyword]
                schema.update({"allOf": live, "nullable": True})
        if (
            isinstance(schema.get("type"), list)
            and "null" in schema["type"]
            and len(schema["type"]) == 2
        ):
            schema["type"] = next(kind for kind in schema["type"] if kind != "null")
            schema["nullable"] = True
        if "$ref" in schema and len(schema) > 1:
            schema["allOf"] = [{"$ref": schema.pop("$ref")}]


@rewording
def choices_as_constants(document: Json, chance: random.Random) -> None:
    for holder, key in list(holders(document)):
        schema = holder[key]
        choices = schema.get("enum")
        if choices and None not in choices and schema.get("type") == "string":
            rest = {k: v for k, v in schema.items() if k in NOTES}
            constants = [{"type": "string", "const": choice} for choice in choices]
            if chance.random() < 0.5:
                constants = [{"const": choice} for choice in choices]
            holder[key] = {chance.choice(["anyOf", "oneOf"]): constants, **rest}


@rewording
def constants_as_choices(document: Json, chance: random.Random) -> None:
    for holder, key in list(holders(document)):
        if "const" in holder[key] and chance.random() < 0.8:
            holder[key]["enum"] = [holder[key].pop("const")]


@rewording
def types_left_out(document: Json, chance: random.Random) -> None:
    """What is an object or a list anyway need not say so."""
    for holder, key in list(holders(document)):
        schema = holder[key]
        if (
            schema.get("type") == "object" and schema.get("properties") and chance.random() < 0.5
        ) or (schema.get("type") == "array" and schema.get("items") and chance.random() < 0.5):
            del schema["type"]


@rewording
def objects_closed(document: Json, chance: random.Random) -> None:
    """`additionalProperties: false` or `true`; the client never relies on either."""
    for holder, key in list(holders(document)):
        if holder[key].get("properties") and "additionalProperties" not in holder[key]:
            holder[key]["additionalProperties"] = copy.copy(chance.choice(OPENNESS))


# --- the envelope -----------------------------------------------------------------------------


@rewording
def envelope_inlined(document: Json, chance: random.Random) -> None:
    """Every error response gets its own copy of the envelope."""
    del chance
    for _, _, operation in operations(document):
        for status, raw in list(operation["responses"].items()):
            if status[0] not in "45":
                continue
            response = operation["responses"][status] = copy.deepcopy(resolve(document, raw))
            for media_type in response.get("content", {}).values():
                for _ in range(8):
                    for holder, key in list(_inside(media_type, "schema", set())):
                        if "$ref" in holder[key]:
                            rest = {k: v for k, v in holder[key].items() if k != "$ref"}
                            holder[key] = {**copy.deepcopy(resolve(document, holder[key])), **rest}


@rewording
def media_type_with_charset(document: Json, chance: random.Random) -> None:
    def rename(content: Json) -> None:
        if "application/json" in content:
            other = chance.choice(
                ["application/json; charset=utf-8", "application/json", "Application/JSON"]
            )
            content[other] = content.pop("application/json")

    for _, _, operation in operations(document):
        if "requestBody" in operation:
            rename(resolve(document, operation["requestBody"]).get("content", {}))
        for response in operation["responses"].values():
            rename(resolve(document, response).get("content", {}))
