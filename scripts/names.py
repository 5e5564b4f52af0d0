"""Our names, by place.

`openapi/names.yaml` names operations by method and path, and classes by where they stand; nothing
the server calls things can reach the generated code. A row that fits nothing is an error, unless
it ends in `?` because the place is only guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scripts.document import Json, is_list, is_object
from scripts.stops import Exit, Stop

PARAMETER = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class OperationRow:
    """What one operation is called, and its body and answer."""

    name: str
    method: str
    path: str
    tag: str
    body: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()


@dataclass(slots=True)
class Names:
    """The table of names, as read from `openapi/names.yaml`."""

    base_path: str
    server: str
    envelope: str
    operations: dict[tuple[str, str], OperationRow]
    classes: dict[str, tuple[str, ...]]
    guessed: frozenset[str]
    hidden: frozenset[str]
    hidden_names: re.Pattern[str]
    hidden_classes: frozenset[str] = field(default=frozenset())

    def row(self, method: str, path: str) -> OperationRow:
        """The row of an operation; one made from method and path if there is none."""
        row = self.operations.get((method, skeleton(path)))
        return row or default_row(method, path)

    def knows(self, method: str, path: str) -> bool:
        """Whether the table has a row for the operation."""
        return (method, skeleton(path)) in self.operations

    def hides(self, class_name: str, member: str) -> bool:
        """Whether a member's value must stay out of a repr, however its name is spelt."""
        spelt = _HUMP.sub("_", member).replace("-", "_").lower()
        return f"{class_name}.{member}" in self.hidden or bool(self.hidden_names.search(spelt))


_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])")


def skeleton(path: str) -> str:
    """A path without its parameters' names, which are the server's to change."""
    return PARAMETER.sub("{}", path.rstrip("/") or "/")


def pascal(text: str) -> str:
    """`ref_url` -> `RefUrl`; nothing but letters and digits remains."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text) if word)


def snake(text: str) -> str:
    """`avatarId` -> `avatar_id`; nothing but letters, digits and underscores remains."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()


def default_row(method: str, path: str) -> OperationRow:
    """A name for an operation the table does not know: `post_jobs_by_job_id_cancel`."""
    words = [f"by_{p[0]}" if (p := PARAMETER.findall(part)) else part for part in path.split("/")]
    name = "_".join(snake(word) for word in [method, *words] if snake(word))
    parts = [part for part in path.split("/") if part and not PARAMETER.search(part)]
    base = pascal(name)
    tag = snake(parts[0]) if parts else "other"
    path = PARAMETER.sub(lambda found: f"{{{_plain(found[1])}}}", path)
    return OperationRow(name, method, path, tag, (f"{base}Request",), (f"{base}Answer",))


def _plain(name: str) -> str:
    """A path parameter's name as the generator takes it; the wire never sees it."""
    return name if re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) else snake(name) or "id"


def load(path: Path) -> Names:
    """Read the table; a malformed one stops with what is wrong."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Stop(Exit.NAMES, f"{path} can't be read: {error}") from error
    return parse(raw)


def parse(raw: Any) -> Names:
    """Make the table from its parsed YAML."""
    known = {"base_path", "server", "envelope", "operations", "classes", "hidden", "hidden_names"}
    if not is_object(raw) or (odd := raw.keys() ^ known):
        odd = raw.keys() ^ known if is_object(raw) else {"not a mapping"}
        raise Stop(Exit.NAMES, f"openapi/names.yaml: surplus or missing keys: {sorted(odd)}.")
    operations = [_operation_row(name, row) for name, row in raw["operations"].items()]
    return Names(
        base_path=raw["base_path"],
        server=raw["server"],
        envelope=raw["envelope"],
        operations={(row.method, skeleton(row.path)): row for row in operations},
        classes={key.removesuffix("?"): _candidates(name) for key, name in raw["classes"].items()},
        guessed=frozenset(
            key.removesuffix("?") for key in (*raw["classes"], *raw["hidden"]) if key.endswith("?")
        ),
        hidden=frozenset(key.removesuffix("?") for key in raw["hidden"]),
        hidden_names=re.compile("|".join(raw["hidden_names"])),
    )


def _operation_row(name: str, row: Json) -> OperationRow:
    if odd := row.keys() - {"at", "tag", "body", "answer"}:
        raise Stop(Exit.NAMES, f"openapi/names.yaml: {name}: surplus keys {sorted(odd)}.")
    method, path = row["at"].split(" ", 1)
    return OperationRow(
        name,
        method.lower(),
        path,
        row["tag"],
        _candidates(row.get("body") or f"{pascal(name)}Request"),
        _candidates(row.get("answer") or f"{pascal(name)}Answer"),
    )


def _candidates(value: Any) -> tuple[str, ...]:
    return tuple(value) if is_list(value) else (value,)


def refuse_dead(dead: Sequence[str], table: Names) -> None:
    """Stop at rows that fit nothing, unless they are guesses."""
    gone = [row for row in dead if row not in table.guessed]
    operations = [row.removeprefix("operation ") for row in gone if row.startswith("operation ")]
    if operations:
        raise Stop(
            Exit.NAMES,
            f"Gone from the schema: {', '.join(operations)}.",
            "If the server means it, take the row out of openapi/names.yaml and the line out of"
            " sume_ext/operations.py; if it has moved, mend the row.",
        )
    if gone:
        raise Stop(
            Exit.NAMES,
            f"openapi/names.yaml: rows that fit nothing: {', '.join(gone)}.",
            "Mend the row or drop it; for a secret, make sure that its new name is hidden.",
        )
