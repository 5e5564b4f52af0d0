"""Where redocly sees a change that our own comparison does not.

Its verdicts are matched by place; a change both see is rated by our rules, which know how this
client reads, and one that only redocly sees keeps redocly's rating.
"""

import re
from collections.abc import Iterable, Sequence

from scripts.compare import Change, Rating
from scripts.document import Document, Json, as_object
from scripts.redocly import Verdict
from scripts.stops import Stop

# Follows from another change, which has its own verdict: where a scheme is used is what counts.
SILENT = {"element-modified", "security-scheme-changed"}


def unseen(
    verdicts: Iterable[Verdict], changes: Sequence[Change], old: Json, new: Json
) -> list[tuple[str, Verdict]]:
    """The verdicts at places where our comparison found nothing, with those places."""
    seen = {change.place for change in changes if change.what != "texts"}
    found: list[tuple[str, Verdict]] = []
    for verdict in verdicts:
        place = place_of(verdict, old, new)
        if verdict.rule not in SILENT and not any(_near(place, other) for other in seen):
            found.append((place, verdict))
    return found


def as_changes(doubts: Iterable[tuple[str, Verdict]]) -> list[Change]:
    """Changes that only redocly sees."""
    return [
        Change(
            place,
            f"redocly {verdict.rule}",
            None,
            verdict.message,
            Rating.BREAKING if verdict.impact == "major" else Rating.COMPATIBLE,
        )
        for place, verdict in doubts
    ]


def _near(one: str, other: str) -> bool:
    """Whether two places are the same, or one is inside the other."""
    return one == other or _inside(one, other) or _inside(other, one)


def _inside(one: str, other: str) -> bool:
    return one.startswith(other) and one[len(other)] in " .[{|"


def place_of(verdict: Verdict, old: Json, new: Json) -> str:
    """The place a JSON pointer of the compared documents means, in our words."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in verdict.pointer.split("/")[1:]]
    if len(steps) < 3 or steps[0] != "paths":  # noqa: PLR2004  (paths, path, method)
        return _whole_path(steps, old, new) if steps[:1] == ["paths"] else "server"
    operation = _at(new, steps[:3]) or _at(old, steps[:3])
    name, rest = str(operation.get("operationId", steps[1])), steps[3:]
    if rest[:1] == ["parameters"] and len(rest) > 1:
        parameter = _at(new, steps[:5]) or _at(old, steps[:5])
        if verdict.rule.startswith("parameter-removed") or verdict.rule == "element-removed":
            parameter = _at(old, steps[:5]) or parameter
        return f"{name} {parameter.get('in')} {parameter.get('name')}{_inner(rest[3:])}"
    if rest[:1] == ["requestBody"]:
        return f"{name} body{_inner(_after(rest, 'schema'))}"
    if rest[:1] == ["responses"] and len(rest) > 1:
        return _answer(name, rest)
    return name


def _answer(name: str, rest: Sequence[str]) -> str:
    status = rest[1]
    if "headers" in rest:
        return f"{name} answer header {rest[3]}" if len(rest) > 3 else name  # noqa: PLR2004  (its name)
    if "schema" not in rest:
        return name
    inner = _inner(_after(rest, "schema"))
    return f"{name} answer{inner}" if status.startswith("2") else f"error{inner}"


def _whole_path(steps: Sequence[str], old: Json, new: Json) -> str:
    for document in (old, new):
        for operation in _at(document, steps[:2]).values():
            return str(as_object(operation).get("operationId", steps[1]))
    return "server"


def _after(steps: Sequence[str], word: str) -> Sequence[str]:
    return steps[list(steps).index(word) + 1 :] if word in steps else ()


def _inner(steps: Sequence[str]) -> str:
    """`properties/data/items/properties/id` as `.data[].id`."""
    told = ""
    remaining = list(steps)
    while remaining:
        step = remaining.pop(0)
        if step == "properties" and remaining:
            told += f".{remaining.pop(0)}"
        elif step == "items":
            told += "[]"
        elif step == "additionalProperties":
            told += "{}"
        elif step == "anyOf" and remaining:
            remaining.pop(0)
        elif not re.fullmatch(r"schema|\d+", step):
            break
    return told


def _at(document: Json, steps: Sequence[str]) -> Json:
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    try:
        return Document(document).target(f"#/{pointer}", pointer)
    except Stop:
        return {}
