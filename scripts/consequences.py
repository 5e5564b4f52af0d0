"""What changes of the schema mean for this client.

Names what a maintainer has to look at: public callables and their flags, operations to bind or to
drop, roles that are filled otherwise, guesses that came true or did not.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts import bindings, emit
from scripts.compare import Change, Rating
from scripts.document import Json
from scripts.facts import Fact
from scripts.names import Names, refuse_dead, snake
from scripts.shapes import Contract
from scripts.stops import Stop

ARGUMENT = re.compile(
    r"(?P<operation>\w+) (?:(?:query|path|header|cookie) |body\.)(?P<name>[^.\[{|]+)$"
)
SIGNS = {"added": "+", "removed": "-"}


@dataclass(slots=True)
class Guesses:
    """What became of the parts of the pinned document that nobody had stated."""

    confirmed: list[str] = field(default_factory=list[str])
    different: list[str] = field(default_factory=list[str])
    gone: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Consequences:
    """What to look at, each part as lines for a person."""

    signatures: list[str] = field(default_factory=list[str])
    flags: list[str] = field(default_factory=list[str])
    operations: list[str] = field(default_factory=list[str])
    roles: list[str] = field(default_factory=list[str])
    stop: str | None = None
    inferred: Guesses = field(default_factory=Guesses)


def public_names() -> dict[str, list[str]]:
    """What the client calls each generated operation, such as `videos.generate`."""
    try:
        from sume_ext.operations import BINDINGS  # noqa: PLC0415  (may not fit the code of today)
    except ImportError:
        return {}
    names: dict[str, list[str]] = {}
    for name, binding in BINDINGS.items():
        target = getattr(binding.operation, "target", "")
        names.setdefault(str(target).rpartition(".")[2], []).append(name)
    return names


def weigh(
    old: Contract, new: Contract, changes: Sequence[Change], table: Names, root: Path
) -> Consequences:
    """Say what the changes mean here."""
    found = Consequences()
    names = public_names()
    _arguments(found, changes, names)
    there = {operation.name for operation in new.operations}
    before = {operation.name for operation in old.operations}
    bound = bindings.bound(root)
    for name in sorted(before - there):
        public = ", ".join(names.get(name, [])) or name
        found.operations.append(f"gone: {public}" + (" (bound)" if name in bound else ""))
    found.operations += [f"new, unbound: {name}" for name in sorted(there - before - bound)]
    was = emit.effective(old, table).document
    try:
        now = emit.effective(new, table)
        refuse_dead(now.dead, table)
        _roles(found, was, now.document)
        bindings.check(now.document, bound, bindings.roles())
    except Stop as stop:
        found.stop = str(stop)
    return found


def rating(found: Consequences) -> Rating:
    """How grave the consequences are by themselves."""
    return Rating.BREAKING if found.stop else Rating.NOTHING


def guesses(old: Mapping[str, Fact], new: Mapping[str, Fact], changes: Sequence[Change]) -> Guesses:
    """Sort the inferred places into confirmed, different and gone."""
    changed = {change.place for change in changes if change.what != "texts"}
    found = Guesses()
    for place, fact in sorted(old.items()):
        if fact.inferred:
            if place not in new:
                found.gone.append(place)
            elif place in changed:
                found.different.append(place)
            else:
                found.confirmed.append(place)
    return found


def _arguments(
    found: Consequences, changes: Sequence[Change], names: Mapping[str, list[str]]
) -> None:
    lines: dict[str, list[str]] = {}
    flags: dict[str, list[str]] = {}
    for change in changes:
        hit = ARGUMENT.match(change.place)
        if not hit or change.what == "texts":
            continue
        argument = snake(hit["name"])
        sign = SIGNS.get(change.what, "~")
        detail = "" if change.what == "removed" else f" ({change.after or ''})"
        if sign == "~":
            detail = f" ({change.text})"
        for name in names.get(hit["operation"]) or [hit["operation"]]:
            lines.setdefault(name, []).append(f"{sign} {argument}{detail}")
            flags.setdefault(name, []).append(f"{sign} --{argument.replace('_', '-')}")
    found.signatures = [f"{name}: {', '.join(parts)}" for name, parts in sorted(lines.items())]
    found.flags = [
        f"sume {name.replace('.', ' ').replace('_', '-')}: {', '.join(dict.fromkeys(parts))}"
        for name, parts in sorted(flags.items())
    ]


def _roles(found: Consequences, was: Json, now: Json) -> None:
    before, after = dict(bindings.operations(was)), dict(bindings.operations(now))
    for role in bindings.roles():
        for name in role.operations:
            one = bindings.found(was, role, before[name]) if name in before else None
            other = bindings.found(now, role, after[name]) if name in after else None
            if one != other:
                text = f"{role.name} of {name}: {one or 'nothing'} -> {other or 'nothing'}"
                found.roles.append(text)
