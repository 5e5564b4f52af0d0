"""What the handwritten layer relies on: the operations it binds and the roles it reads by.

The table of operations is read as text, so that it can be checked even when it names something that
the package of today does not have.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from scripts.document import Json, as_object, is_object
from scripts.names import snake
from scripts.stops import Exit, Stop

TABLE = "sume_ext/operations.py"
INDEX = "sume_api.operations"


class Role(Protocol):
    """What is needed of a role; see `sume_ext.roles`."""

    @property
    def name(self) -> str:
        """What the handwritten layer calls it."""
        ...

    @property
    def side(self) -> str:
        """`request` or `response`."""
        ...

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations it is for."""
        ...

    @property
    def candidates(self) -> tuple[str, ...]:
        """Places it may have, the best first; `[]` after a list."""
        ...

    @property
    def optional(self) -> bool:
        """Whether the answer may lack it."""
        ...


def roles() -> Sequence[Role]:
    """The roles of the handwritten layer."""
    from sume_ext.roles import ROLES  # noqa: PLC0415  (only a regeneration needs them)

    return ROLES


def bound(root: Path) -> set[str]:
    """Every operation and request class that the table of operations imports."""
    tree = ast.parse((root / TABLE).read_text(encoding="utf-8"))
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == INDEX
        for alias in node.names
    }


def check(effective: Json, names: set[str], known_roles: Iterable[Role]) -> list[str]:
    """Check that everything relied on is there.

    Args:
        effective: the document to be generated from.
        names: what the table of operations imports.
        known_roles: the roles.

    Returns:
        Notes: operations that no line binds, and optional roles that no field fills.

    Raises:
        Stop: a bound operation or class is gone, or a role finds none of its candidates.
    """
    there = dict(operations(effective))
    classes = set(effective["components"]["schemas"])
    if gone := sorted(names - there.keys() - classes):
        raise Stop(
            Exit.NAMES,
            f"{TABLE} uses what the schema no longer has: {', '.join(gone)}.",
            "Take the line out, or name the place where it is now in openapi/names.yaml.",
        )
    notes = [f"unbound: {name} (reachable by sume.call)" for name in sorted(there.keys() - names)]
    notes += [
        _unfilled(effective, role, operation, there[operation])
        for role in known_roles
        for operation in role.operations
        if operation in there and not found(effective, role, there[operation])
    ]
    return notes


def _unfilled(effective: Json, role: Role, name: str, operation: Json) -> str:
    text = f"role {role.name} of {name}: none of {', '.join(role.candidates)} is in the schema"
    if role.optional:
        return text
    schema = _side(role.side, operation)
    names = sorted({name for part in _parts(effective, schema) for name in _properties(part)})
    raise Stop(
        Exit.ROLES,
        f"{text[0].upper()}{text[1:]}; it has {', '.join(names) or 'nothing'}.",
        "Add the field's new name to the role in sume_ext/roles.py.",
    )


def operations(effective: Json) -> Iterator[tuple[str, Json]]:
    """(our name, operation) of every operation."""
    for item in effective["paths"].values():
        for operation in item.values():
            yield operation["operationId"], operation


def found(effective: Json, role: Role, operation: Json) -> str | None:
    """The first candidate of a role that the schema has."""
    schema = _side(role.side, operation)
    for candidate in role.candidates:
        parts = list(_parts(effective, schema))
        for step in candidate.split("."):
            parts = list(_step(effective, parts, step, by_python=role.side == "request"))
        if parts:
            return candidate
    return None


def _side(side: str, operation: Json) -> Json:
    holder = operation.get("requestBody", {})
    if side == "response":
        holder = operation["responses"]["2XX"]
    content = as_object(next(iter(holder.get("content", {}).values()), None))
    return as_object(content.get("schema"))


def _step(effective: Json, parts: list[Json], step: str, *, by_python: bool) -> Iterator[Json]:
    """Every schema that one step of a place leads to."""
    wanted = step.removesuffix("[]")
    for part in parts:
        for name, member in _properties(part).items():
            if wanted != (snake(name) if by_python else name):
                continue
            for inner in _parts(effective, member):
                if not step.endswith("[]"):
                    yield inner
                elif is_object(items := inner.get("items")):
                    yield from _parts(effective, items)


def _parts(effective: Json, schema: Json) -> Iterator[Json]:
    """The schema behind references, or each of its alternatives; never null alone."""
    if "$ref" in schema:
        schema = effective["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _parts(effective, option)
    elif schema.get("type") != "null":
        yield schema


def _properties(schema: Json) -> dict[str, Any]:
    return as_object(schema.get("properties"))
