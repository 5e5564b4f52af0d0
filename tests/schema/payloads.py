"""Answers made up from what the effective document promises, plain or odd."""

from typing import Any

from hypothesis import strategies as st

from scripts.document import Json, is_list, is_object

ODD_DATES = [
    "2026-01-15T09:30:00Z",
    "2026-01-15t09:30:00z",
    "2026-01-15T09:30:00+05:30",
    "2026-01-15T09:30:00",
    "2026-01-15",
    "2026-01-15T24:00:00Z",
    "2026-06-30T23:59:60Z",
    "2026-01-15T09:30:00.123456789Z",
    "2026-01-15 09:30:00 UTC",
    "Thu, 15 Jan 2026 09:30:00 GMT",
    "yesterday",
    "",
]
TEXT = st.text(max_size=8) | st.sampled_from(["running", "paused_by_moderator", "€", ""])
NUMBERS = st.integers(-5, 10**6) | st.floats(allow_nan=False, allow_infinity=False, width=32)
LEAVES = TEXT | NUMBERS | st.booleans() | st.none()
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


def answers(document: Json) -> dict[str, Json]:
    """The schema of every JSON answer, by our name of the operation."""
    found: dict[str, Json] = {}
    for item in document["paths"].values():
        for operation in item.values():
            content = operation["responses"]["2XX"].get("content", {})
            if "application/json" in content:
                found[operation["operationId"]] = content["application/json"]["schema"]
    return found


def values(  # noqa: PLR0911  (a line per kind)
    document: Json, schema: Json, depth: int = 0
) -> st.SearchStrategy[Any]:
    """Values that keep the promise, in as odd ways as it allows."""
    if "$ref" in schema:
        named: Json = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return values(document, named, depth + 1)
    if "anyOf" in schema:
        options: list[Json] = schema["anyOf"]
        if depth > 6:
            options = [x for x in options if x.get("type") == "null"] or options[-1:]
        return st.one_of([values(document, option, depth) for option in options])
    kinds = schema.get("type")
    if is_list(kinds):
        return st.one_of([values(document, {**schema, "type": kind}, depth) for kind in kinds])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") == "date-time":
        return st.sampled_from(ODD_DATES)
    if kinds == "object":
        return _objects(document, schema, depth)
    if kinds == "array":
        return st.lists(
            values(document, schema["items"], depth + 1), max_size=0 if depth > 6 else 2
        )
    plain: dict[Any, st.SearchStrategy[Any]] = {
        "string": TEXT,
        "integer": st.integers(0, 10**6) | st.just(4.0),
        "number": NUMBERS,
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return plain.get(kinds, ANYTHING)


def _objects(document: Json, schema: Json, depth: int) -> st.SearchStrategy[Any]:
    required = schema.get("required", [])
    members = {
        name: values(document, member, depth + 1)
        for name, member in schema.get("properties", {}).items()
    }
    extra = schema.get("additionalProperties")
    further = values(document, extra, depth + 1) if is_object(extra) else ANYTHING
    known = st.fixed_dictionaries(
        {name: member for name, member in members.items() if name in required},
        optional={name: member for name, member in members.items() if name not in required},
    )
    unknown = st.dictionaries(st.sampled_from(["novel", "x-y", "from"]), further, max_size=2)
    return st.tuples(unknown, known).map(lambda both: {**both[0], **both[1]})


def promises(
    document: Json, schema: Json, seen: frozenset[str] = frozenset()
) -> list[tuple[str, list[Any], set[str], bool]]:
    """(place, steps, kinds allowed, required) of every member, in lists of their first item."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in seen:
            return []
        return promises(document, document["components"]["schemas"][name], seen | {name})
    live = [x for x in schema.get("anyOf", []) if x.get("type") != "null"]
    if len(live) == 1:
        return promises(document, live[0], seen)
    if is_object(schema.get("items")):
        return [
            (f"[0]{_dot(at)}{at}", [0, *steps], kinds, must)
            for at, steps, kinds, must in promises(document, schema["items"], seen)
        ]
    found: list[tuple[str, list[Any], set[str], bool]] = []
    for name, member in schema.get("properties", {}).items():
        required = name in schema.get("required", [])
        kinds = _kinds(document, member)
        found.append((name, [name], kinds, required))
        for at, steps, inner, must in promises(document, member, seen):
            found.append((f"{name}{_dot(at)}{at}", [name, *steps], inner, must))
    return found


def _dot(place: str) -> str:
    return "" if place.startswith("[") else "."


def _kinds(document: Json, schema: Json) -> set[str]:
    if "$ref" in schema:
        return _kinds(
            document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        )
    if "anyOf" in schema:
        return set[str]().union(*(_kinds(document, option) for option in schema["anyOf"]))
    kinds = schema.get("type", [])
    return set(kinds if is_list(kinds) else [kinds])
