"""From raw schemas to shapes.

The result depends on the unfolded schema alone: `$ref` or inline, `allOf` or plain, null as a type,
a keyword or an alternative, `enum` or constants all read alike.
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from scripts.alternatives import settle
from scripts.document import Document, Json, as_list, as_object, as_text, is_list, is_object
from scripts.shapes import SCALARS, Kind, Place, Shape, plain_name
from scripts.stops import Exit, Stop

LIMITS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
)
ALTERNATIVES = ("anyOf", "oneOf")
CONDITIONS = ("if", "then", "else")
STRUCTURE = frozenset(
    {
        "type",
        "format",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "items",
        "prefixItems",
        *CONDITIONS,
        *ALTERNATIVES,
        *LIMITS,
    }
)
UNSAYABLE = ("not", "dependentRequired", "dependentSchemas", "propertyNames", "contains")
OF_KIND: dict[str, Json] = {
    kind: {"type": kind} for kind in ("string", "integer", "number", "boolean", "array", "object")
}


class SchemaReader:
    """Reads schemas of one document; equal raw objects become the same shape."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._made: list[Json] = []
        self.notes: list[str] = []

    def place(self, raw: object, where: str) -> Place:
        """Read what stands at one place."""
        chain = list(self._conjuncts(raw, where))
        place = Place(self._shape([part for part in chain if STRUCTURE & part.keys()], where))
        place.nullable = any(_says_null(part, self._document, where) for part in chain)
        place.inferred = bool(chain[0].get("x-inferred"))
        for part in chain:
            place.description = place.description or as_text(part.get("description"))
            if place.example is None:
                examples = part.get("examples")
                place.example = (
                    examples[0] if is_list(examples) and examples else part.get("example")
                )
            if "default" in part and not place.has_default:
                place.default, place.has_default = part["default"], True
        return place

    def _conjuncts(self, raw: object, where: str, above: tuple[int, ...] = ()) -> Iterator[Json]:
        """All that holds of the value at once, outermost first, without `$ref` and `allOf`."""
        if not is_object(raw):
            if not isinstance(raw, bool):
                raise Stop(Exit.WORDING, f"{where}: a schema is expected, not {raw!r}.")
            raw = {}
        if id(raw) in above:
            raise Stop(Exit.WORDING, f"{where}: the schema is made of itself.")
        above = (*above, id(raw))
        self._remark(raw, where)
        yield raw
        if isinstance(reference := raw.get("$ref"), str):
            yield from self._conjuncts(self._document.target(reference, where), where, above)
        for part in as_list(raw.get("allOf")):
            yield from self._conjuncts(part, where, above)
        for keyword in ALTERNATIVES:
            live = self._live(raw, keyword, where)
            if len(live) == 1:
                yield from self._conjuncts(live[0], where, above)

    def _remark(self, raw: Json, where: str) -> None:
        """Note what types can't say, and stop at what can't be read."""
        if "$dynamicRef" in raw:
            raise Stop(Exit.WORDING, f"{where}: `$dynamicRef` can't be read; patch it to a `$ref`.")
        for keyword in UNSAYABLE:
            if keyword in raw:
                self.notes.append(f"{where}: `{keyword}` is left to the server to check")

    def _live(self, part: Json, keyword: str, where: str) -> list[Any]:
        """The alternatives that are more than null."""
        return [x for x in as_list(part.get(keyword)) if not _is_null(x, self._document, where)]

    def _make(self, raw: Json) -> Json:
        """Keep a schema made here alive, since shapes are found again by identity."""
        self._made.append(raw)
        return raw

    def _shape(self, parts: list[Json], where: str) -> Shape:
        key = tuple(id(part) for part in parts)
        if key not in self._shapes:
            shape = self._shapes[key] = Shape()
            self._fill(shape, parts, where)
        return self._shapes[key]

    def _fill(self, shape: Shape, parts: list[Json], where: str) -> None:
        for part in parts:
            for keyword in ALTERNATIVES:
                if len(live := self._live(part, keyword, where)) > 1:
                    rest = [x for x in parts if x is not part]
                    own = {k: v for k, v in part.items() if k != keyword and k in STRUCTURE}
                    if own:
                        rest.append(self._make(own))
                    self._choose(shape, live, rest, where)
                    return
        kinds = _kinds(parts)
        if len(kinds) > 1:
            options = [self._shape([*parts, OF_KIND[kind]], where) for kind in kinds]
            settle(shape, [Place(option) for option in options])
            return
        shape.kind = kinds[0] if kinds else "any"
        if shape.kind == "object":
            self._object(shape, parts, where)
        elif shape.kind == "array":
            self._array(shape, parts, where)
        if shape.kind != "any":
            _scalar(shape, parts)

    def _choose(self, shape: Shape, live: list[Any], rest: list[Json], where: str) -> None:
        """Fill in a union: each alternative together with all that holds anyway."""
        options: list[Place] = []
        for number, branch in enumerate(live, 1):
            at = f"{where}|{number}"
            chain = [*self._conjuncts(branch, at), *rest]
            inner = self._shape([part for part in chain if STRUCTURE & part.keys()], at)
            if inner is shape:
                raise Stop(Exit.WORDING, f"{at}: the alternative is the union itself.")
            null = any(_says_null(part, self._document, at) for part in chain)
            options.append(Place(inner, nullable=null))
        settle(shape, options)

    def _object(self, shape: Shape, parts: list[Json], where: str) -> None:
        found: dict[str, list[Any]] = {}
        required: set[str] = set()
        for part in parts:
            required.update(x for x in as_list(part.get("required")) if isinstance(x, str))
            for name, raw in as_object(part.get("properties")).items():
                if raw is not False and raw not in found.setdefault(name, []):
                    found[name].append(raw)
            extra = part.get("additionalProperties")
            if is_object(extra) and extra and shape.extra is None:
                shape.extra = self.place(extra, f"{where}{{}}")
        for source in [x for part in parts for x in self._conditional(part, where)]:
            for name, raw in as_object(source.get("properties")).items():
                found.setdefault(name, [raw])
        for name in sorted(found):
            raws = found[name] or [{}]
            raw = raws[0] if len(raws) == 1 else self._make({"allOf": raws})
            shape.members[name] = self.place(raw, f"{where}.{name}")
        shape.required = frozenset(required & shape.members.keys())

    def _conditional(self, part: Json, where: str) -> Iterator[Json]:
        """What may hold: the members of `then` and `else`, none of them required."""
        for keyword in CONDITIONS:
            if is_object(branch := part.get(keyword)):
                yield from self._conjuncts(branch, where)

    def _array(self, shape: Shape, parts: list[Json], where: str) -> None:
        items = [x for part in parts if is_object(x := part.get("items"))]
        first = [x for part in parts for x in as_list(part.get("prefixItems"))]
        if first:
            items = [self._make({"anyOf": [*first, *items]})]
        raw = items[0] if len(items) == 1 else self._make({"allOf": items} if items else {})
        shape.items = self.place(raw, f"{where}[]")


def _scalar(shape: Shape, parts: list[Json]) -> None:
    """Fill in the choices, the format and the limits."""
    shape.choices = _choices(parts)
    if {plain_name(choice) for choice in shape.choices} - {shape.kind, "integer"}:
        shape.choices = ()
    for part in parts:
        if isinstance(name := part.get("format"), str) and shape.format is None:
            shape.format = name
        for keyword, value in _limits(part).items():
            pick = max if keyword.startswith(("min", "exclusiveMin")) else min
            old = shape.limits.get(keyword)
            comparable = isinstance(old, int | float) and isinstance(value, int | float)
            shape.limits[keyword] = pick(old, value) if comparable else value


def _limits(part: Json) -> Json:
    """The limits stated, with 3.0's boolean `exclusiveMinimum` told as 3.1 tells it."""
    limits = {
        keyword: part[keyword]
        for keyword in LIMITS
        if isinstance(part.get(keyword), str if keyword == "pattern" else int | float)
    }
    for strict, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if limits.get(strict) is True and plain in limits:
            limits[strict] = limits.pop(plain)
        elif isinstance(limits.get(strict), bool):
            del limits[strict]
    if limits.get("uniqueItems") is False:
        del limits["uniqueItems"]
    return limits


def _stated(part: Json) -> list[Any] | None:
    if "const" in part:
        return [part["const"]]
    return part["enum"] if is_list(part.get("enum")) else None


def _choices(parts: Iterable[Json]) -> tuple[Any, ...]:
    """The values allowed, sorted; the order of an enum says nothing."""
    stated = [choices for part in parts if (choices := _stated(part)) is not None]
    if not stated:
        return ()
    both = [x for x in stated[0] if x is not None and all(x in other for other in stated[1:])]
    if any(plain_name(x) == "any" for x in both):
        return ()
    unique: dict[tuple[str, Any], Any] = {(plain_name(x), x): x for x in both}
    return tuple(unique[key] for key in sorted(unique))


def _kinds(parts: list[Json]) -> list[Kind]:
    """The kinds the value may have, null aside; guessed from other keywords when none is stated."""
    kinds: list[str] | None = None
    for part in parts:
        if "type" in part:
            every = as_list(part["type"]) or [part["type"]]
            stated = [kind for kind in every if isinstance(kind, str) and kind != "null"]
            if "number" in stated and "integer" in stated:
                stated.remove("integer")
            kinds = stated if kinds is None else _both(kinds, stated)
    if kinds is None:
        kinds = _implied(parts)
    if any(kind not in SCALARS | {"array", "object", "null"} for kind in kinds):
        return []
    return cast("list[Kind]", sorted(set(kinds)))


def _both(one: list[str], other: list[str]) -> list[str]:
    wide = {*other, *(["integer"] if "number" in other else [])}
    narrow = [kind for kind in one if kind in wide]
    if "number" in one and "integer" in other:
        narrow.append("integer")
    return narrow


def _implied(parts: list[Json]) -> list[str]:
    keys = {key for part in parts for key in part}
    if keys & {"properties", "additionalProperties", "required", "patternProperties"}:
        return ["object"]
    if keys & {"items", "prefixItems", "minItems", "maxItems"}:
        return ["array"]
    if choices := _choices(parts):
        kinds = {plain_name(choice) for choice in choices}
        return ["number"] if kinds == {"integer", "number"} else sorted(kinds)
    if any(_stated(part) == [None] for part in parts) or "null" in [p.get("type") for p in parts]:
        return ["null"]
    return []


def _is_null(raw: object, document: Document, where: str) -> bool:
    """Whether a schema allows null and nothing else."""
    if not is_object(raw):
        return False
    raw = document.follow(raw, where)
    if raw.get("type") in ("null", ["null"]) or _stated(raw) == [None]:
        return True
    return any(_is_null(part, document, where) for part in as_list(raw.get("allOf")))


def _says_null(part: Json, document: Document, where: str) -> bool:
    kinds = as_list(part.get("type")) or [part.get("type")]
    if "null" in kinds or part.get("nullable") is True:
        return True
    if None in as_list(part.get("enum")) or ("const" in part and part["const"] is None):
        return True
    return any(_is_null(x, document, where) for k in ALTERNATIVES for x in as_list(part.get(k)))
