"""Corrections to the raw document: Overlay 1.0 actions, each with its reason.

An action that changes nothing stops, so that a correction never outlives what it corrected.
"""

import copy
from pathlib import Path
from typing import Any

import jsonpath
import yaml

from scripts.document import Json, is_list, is_object
from scripts.stops import Exit, Stop


def apply(document: Json, patches: Path, *, demanding: bool = True) -> Json:
    """The document with all corrections made, in order; the given one stays as it is.

    Args:
        document: the raw document.
        patches: the file with the corrections.
        demanding: whether a correction that changes nothing stops.

    Raises:
        Stop: a correction is malformed, has no reason, or changes nothing.
    """
    try:
        overlay: Any = yaml.safe_load(patches.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Stop(
            Exit.PATCH, f"{patches.name} can't be read: {' '.join(str(error).split())}"
        ) from error
    if not is_object(overlay) or str(overlay.get("overlay")) != "1.0.0":
        raise Stop(Exit.PATCH, f"{patches.name} is no Overlay 1.0.0 document.")
    document = copy.deepcopy(document)
    for number, action in enumerate(overlay.get("actions") or [], 1):
        before = copy.deepcopy(document)
        where = f"{patches.name}, action {number}"
        _act(document, action, where)
        if demanding and document == before:
            raise Stop(
                Exit.PATCH,
                f"{where} ({action['target']}) changes nothing.",
                "What it corrects is gone from the schema or has moved: drop or mend the action.",
            )
    return document


def _act(document: Json, action: Any, where: str) -> None:
    if not is_object(action) or not isinstance(action.get("target"), str):
        raise Stop(Exit.PATCH, f"{where} has no target.")
    if not str(action.get("description") or "").strip():
        raise Stop(Exit.PATCH, f"{where} does not say why: give it a description.")
    if odd := action.keys() - {"target", "description", "update", "remove"}:
        raise Stop(Exit.PATCH, f"{where}: Overlay 1.0 knows no {min(odd)!r}.")
    try:
        found = list(jsonpath.finditer(action["target"], document))
    except jsonpath.JSONPathError as error:
        why = str(error).partition("\n")[0]
        raise Stop(Exit.PATCH, f"{where}: the target is no JSONPath: {why}") from error
    if action.get("remove") is True:
        # From the last to the first, so that places in a list stay what they were.
        for match in reversed(found):
            _remove(match)
    elif "update" in action:
        for match in found:
            _update(match.obj, action["update"], where)


def _remove(match: jsonpath.JSONPathMatch) -> None:
    parent: Any = match.parent.obj if match.parent else None
    if is_object(parent) or is_list(parent):
        key: Any = match.parts[-1]
        del parent[key]


def _update(target: Any, update: Any, where: str) -> None:
    if is_list(target):
        target.append(copy.deepcopy(update))
    elif is_object(target) and is_object(update):
        for key, value in update.items():
            if is_object(value) and is_object(target.get(key)):
                _update(target[key], value, where)
            elif is_list(value) and is_list(target.get(key)):
                target[key].extend(copy.deepcopy(value))
            else:
                target[key] = copy.deepcopy(value)
    else:
        raise Stop(
            Exit.PATCH,
            f"{where}: an update needs an object or a list as its target.",
            "To replace a plain value, target the object that holds it.",
        )
