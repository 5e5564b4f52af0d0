"""Proof that nothing was lost on the way.

Reads the raw document and the written code by itself, knowing nothing of the steps between, and
stops with the place of the first thing that the document has and the code has not.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.document import Document, Json, as_list, as_object, is_object
from scripts.names import Names, skeleton
from scripts.read_document import METHODS, NOT_OURS, our_path
from scripts.stops import Exit, Stop

COMBINATIONS = ("allOf", "anyOf", "oneOf")
CONDITIONS = ("then", "else")
FIXED = {
    "__init__.py",
    "_deferred.py",
    "_shapes.py",
    "client.py",
    "errors.py",
    "operations.json",
    "operations.py",
    "py.typed",
    "shapes.py",
    "types.py",
}


@dataclass(slots=True)
class Seen:
    """What one operation has, in the document or in the code."""

    name: str
    parameters: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    body: set[str] = field(default_factory=set[str])
    answer: set[str] = field(default_factory=set[str])
    typed: bool = False


def audit(raw: Json, effective: Json, folder: Path, names: Names) -> None:
    """Stop unless the package in `folder` has all that the raw document has.

    Args:
        raw: the document as it came, with its patches.
        effective: the document that the package was generated from.
        folder: the package.
        names: for the prefix that paths have.

    Raises:
        Stop: an operation, a parameter or a top-level member of a request or a 2xx answer is
            missing, an answer lost its type, or a file is there that nothing accounts for.
    """
    _files(effective, folder)
    _members(effective, folder)
    code = _code(folder)
    for key, told in promised(raw, names).items():
        where = f"{key[0].upper()} {told.name}"
        if key not in code:
            raise _lost(where, "the operation")
        _compare(where, told, code[key])


def _compare(where: str, told: Seen, made: Seen) -> None:
    for location, name in sorted(told.parameters - made.parameters):
        raise _lost(where, f"the {location} parameter {name!r}")
    for name in sorted(told.body - made.body):
        raise _lost(f"{where}, body", f"the member {name!r}")
    for name in sorted(told.answer - made.answer):
        raise _lost(f"{where}, answer", f"the member {name!r}")
    if told.typed and not made.typed:
        raise _lost(f"{where}, answer", "the type")


def _lost(where: str, what: str) -> Stop:
    return Stop(
        Exit.AUDIT,
        f"{where}: {what} is in the schema, but not in the generated code.",
        "Restate that place in openapi/patches.yaml, or teach scripts/read_schema.py to read it.",
    )


# --- the document -----------------------------------------------------------------------------


def promised(raw: Json, names: Names) -> dict[tuple[str, str], Seen]:
    """What the raw document has, by method and path."""
    document = Document(raw)
    found: dict[tuple[str, str], Seen] = {}
    for path, raw_item in as_object(raw.get("paths")).items():
        item = document.follow(as_object(raw_item), path)
        for method in METHODS:
            if is_object(operation := item.get(method)):
                ours = our_path(raw, item, operation, path, names.base_path)
                found[method, skeleton(ours)] = _told(document, ours, item, operation)
    return found


def _told(document: Document, path: str, item: Json, operation: Json) -> Seen:
    seen = Seen(path)
    for raw in (*as_list(item.get("parameters")), *as_list(operation.get("parameters"))):
        parameter = document.follow(as_object(raw), path)
        location, name = str(parameter.get("in")), str(parameter.get("name"))
        if location != "path" and not (location == "header" and name.lower() in NOT_OURS):
            seen.parameters.add((location, name))
    seen.parameters |= {("path", str(number)) for number in range(path.count("{"))}
    body = document.follow(as_object(operation.get("requestBody")), path)
    for schema in _json_schemas(body):
        seen.body |= set(_names_in(document, schema, path))
    for status, raw in as_object(operation.get("responses")).items():
        if status.startswith("2"):
            for schema in _json_schemas(document.follow(as_object(raw), path)):
                seen.answer |= set(_names_in(document, schema, path))
    seen.typed = bool(seen.answer)
    return seen


def _json_schemas(holder: Json) -> Iterator[Json]:
    for media_type, content in as_object(holder.get("content")).items():
        if "json" in media_type.lower() or media_type == "*/*":
            yield as_object(as_object(content).get("schema"))


def _names_in(
    document: Document, schema: Any, where: str, above: tuple[int, ...] = ()
) -> Iterator[str]:
    """The names of all members that a value may have, whatever it depends on."""
    schema = document.follow(as_object(schema), where)
    if id(schema) in above:
        return
    yield from (k for k, v in as_object(schema.get("properties")).items() if v is not False)
    parts = [part for keyword in COMBINATIONS for part in as_list(schema.get(keyword))]
    parts += [schema[keyword] for keyword in CONDITIONS if keyword in schema]
    for part in parts:
        yield from _names_in(document, part, where, (*above, id(schema)))


# --- the code ---------------------------------------------------------------------------------


def _code(folder: Path) -> dict[tuple[str, str], Seen]:
    """What the generated modules have, by method and path."""
    models = {path.stem: _keys(_parse(path)) for path in (folder / "models").glob("*.py")}
    found: dict[tuple[str, str], Seen] = {}
    for path in sorted((folder / "api").glob("*/*.py")):
        if path.stem != "__init__":
            method, url, seen = _module(_parse(path), path.stem, models)
            found[method, skeleton(url)] = seen
    return found


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise Stop(Exit.AUDIT, f"The generated {path.name} is no Python: {error}") from error


def _module(tree: ast.Module, name: str, models: dict[str, set[str]]) -> tuple[str, str, Seen]:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    classes = _imported_models(tree)
    sends, reads = functions["_get_kwargs"], functions["_parse_response"]
    seen = Seen(name)
    facts = _literals(sends)
    for holder, key in _subscripts(sends):
        location = {"params": "query", "headers": "header", "cookies": "cookie"}.get(holder)
        if location:
            seen.parameters.add((location, key))
    url = str(facts["url"])
    seen.parameters |= {("path", str(number)) for number in range(url.count("{"))}
    for argument in (*sends.args.args, *sends.args.kwonlyargs):
        if argument.arg == "body" and argument.annotation is not None:
            for model in _mentioned(argument.annotation) & classes.keys():
                seen.body |= models[classes[model]]
    good = next((node for node in reads.body if isinstance(node, ast.If)), None)
    for node in ast.walk(good) if good else ():
        if isinstance(node, ast.Attribute) and node.attr == "from_dict":
            model = node.value.id if isinstance(node.value, ast.Name) else ""
            seen.answer |= models[classes[model]]
            seen.typed = True
    return str(facts["method"]), url, seen


def _literals(function: ast.FunctionDef) -> dict[str, object]:
    """The constants of the dictionary that `_get_kwargs` starts from."""
    for node in ast.walk(function):
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            found = {
                key.value: _constant(value)
                for key, value in zip(node.value.keys, node.value.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            if "url" in found:
                return {str(key): value for key, value in found.items()}
    raise Stop(Exit.AUDIT, f"The generated {function.name} has no url; has the generator changed?")


def _constant(node: ast.expr) -> object:
    """A constant, or the text that `.format()` is called on."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _constant(node.func.value)
    return node.value if isinstance(node, ast.Constant) else None


def _subscripts(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and isinstance(node.slice, ast.Constant)
        ):
            yield node.value.id, str(node.slice.value)


def _imported_models(tree: ast.Module) -> dict[str, str]:
    """Class names and the model modules they come from."""
    return {
        alias.name: node.module.removeprefix("models.")
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("models.")
        for alias in node.names
    }


def _mentioned(annotation: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}


def _keys(tree: ast.Module) -> set[str]:
    """The wire names that a model's `from_dict` takes out of the answer."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr == "pop" and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def _members(effective: Json, folder: Path) -> None:
    """Every member of every class is in its model, however deep it stands."""
    written: dict[str, set[str]] = {}
    for path in (folder / "models").glob("*.py"):
        tree = _parse(path)
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                written[node.name] = _keys(tree)
    for name, schema in effective["components"]["schemas"].items():
        if "enum" in schema:
            continue
        if name not in written:
            raise _lost(name, "the class")
        for member in schema.get("properties", {}):
            if member not in written[name]:
                raise _lost(name, f"the member {member!r}")


def _files(effective: Json, folder: Path) -> None:
    """Nothing but what is accounted for."""
    operations = {
        (operation["tags"][0], f"{operation['operationId']}.py")
        for item in effective["paths"].values()
        for operation in item.values()
    }
    tags = {tag for tag, _ in operations}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_dir() or "__pycache__" in parts:
            continue
        known = (
            (len(parts) == 1 and parts[0] in FIXED)
            or (parts[0] == "models" and path.suffix == ".py")
            or parts == ("api", "__init__.py")
            or parts in {("api", tag, "__init__.py") for tag in tags}
            or (parts[0] == "api" and parts[1:] in operations)
        )
        if not known:
            raise Stop(
                Exit.AUDIT,
                f"The generator wrote {'/'.join(parts)}, which nothing accounts for.",
                "See whether scripts/audit.py should know it.",
            )
