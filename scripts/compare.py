"""What changed from one contract to another, and whether it breaks who uses this client.

Requests break when they get stricter, answers when they promise less. Answers are read openly here,
so a new status or a null where a member may be missing breaks nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeGuard

from scripts.facts import Fact

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
LIMITS = (*LOWER, *UPPER, "multipleOf", "pattern", "uniqueItems")
DATES = ("date", "date-time")
OURS = ("http bearer",)


class Rating(IntEnum):
    """How grave a change is; the exit code of `make drift`."""

    NOTHING = 0
    COMPATIBLE = 1
    BREAKING = 2


@dataclass(frozen=True, slots=True)
class Change:
    """One change at one place."""

    place: str
    what: str
    before: Any
    after: Any
    rating: Rating

    @property
    def text(self) -> str:
        """The change in words."""
        if self.what in ("added", "removed", "texts"):
            return {"added": f"added ({self.after})", "removed": "removed"}.get(
                self.what, "reworded"
            )
        if _is_tuple(self.before) and _is_tuple(self.after):
            return f"{self.what}: {_gains(self.before, self.after)}"
        return f"{self.what}: {_shown(self.before)} -> {_shown(self.after)}"


def compare(old: dict[str, Fact], new: dict[str, Fact]) -> list[Change]:
    """Every change, by place."""
    changes: list[Change] = []
    for place in sorted(old.keys() | new.keys()):
        before, after = old.get(place), new.get(place)
        if " status " in place:
            continue
        if before is None or after is None:
            there = before or after
            missing = new if before else old
            # What is inside something new or gone goes without saying.
            if there and (there.above is None or there.above in missing):
                changes.append(_come_or_gone(place, before, after))
            continue
        for what in sorted(before.holds.keys() | after.holds.keys()):
            one, other = before.holds.get(what), after.holds.get(what)
            if one != other:
                rating = _rate(before, what, one, other)
                changes.append(Change(place, what, one, other, rating))
        if before.texts != after.texts:
            changes.append(Change(place, "texts", None, None, Rating.COMPATIBLE))
    return changes


def _come_or_gone(place: str, before: Fact | None, after: Fact | None) -> Change:
    if before is not None:
        # Whoever sends it or reads it does so in vain.
        rating = Rating.COMPATIBLE if " answer header " in place else Rating.BREAKING
        return Change(place, "removed", before, None, rating)
    demanded = after is not None and after.side == "request" and bool(after.holds.get("required"))
    fact = after.holds.get("kind", "") if after else ""
    words = f"{fact}, required" if demanded else fact or "new"
    return Change(place, "added", None, words, Rating.BREAKING if demanded else Rating.COMPATIBLE)


def _rate(fact: Fact, what: str, before: Any, after: Any) -> Rating:
    if what in LIMITS:
        harder = fact.side == "request" and _tighter(what, before, after)
        return Rating.BREAKING if harder else Rating.COMPATIBLE
    rules = REQUEST if fact.side == "request" else ANSWER
    rule = OPERATION.get(what) if fact.side == "operation" else rules.get(what)
    breaks = rule(before, after, fact) if rule else True
    return Rating.BREAKING if breaks else Rating.COMPATIBLE


def _tighter(limit: str, before: Any, after: Any) -> bool:
    if before is None or after is None:
        return before is None
    if limit in LOWER:
        return bool(after > before)
    if limit in UPPER:
        return bool(after < before)
    return True


Rule = Callable[[Any, Any, Fact], bool]


def _kinds(value: Any) -> set[str]:
    kinds = set(str(value).split(" or "))
    return kinds | {"integer"} if "number" in kinds else kinds


def _asks_more(before: Any, after: Any, _: Fact) -> bool:
    """A request's kind breaks unless everything that was taken still is."""
    return "any" not in _kinds(after) and not _kinds(before) <= _kinds(after)


def _gives_other(before: Any, after: Any, _: Fact) -> bool:
    """An answer's kind breaks unless everything that comes was there before."""
    return "any" not in _kinds(before) and not _kinds(after) <= _kinds(before)


def _fewer(before: Any, after: Any, _: Fact) -> bool:
    """Choices of a request break when one is gone, or when there were none before."""
    return bool(after) and (not before or not set(before) <= set(after))


def _not_our_way(before: Any, after: Any, _: Fact) -> bool:
    """This client sends the key as a bearer; that breaks where it was taken and no longer is."""
    return OURS in before and bool(after) and OURS not in after


def _other_date(before: Any, after: Any, _: Fact) -> bool:
    return before != after and (before in DATES or after in DATES)


def _now(before: Any, after: Any, _: Fact) -> bool:
    """Breaks where it starts to hold."""
    return bool(after) and before != after


def _was(before: Any, after: Any, _: Fact) -> bool:
    """Breaks where it held before, even if only with another value."""
    return before not in (None, False) and before != after


def _null_for_certain(before: Any, after: Any, fact: Fact) -> bool:
    """What may be missing is read as possibly null anyway."""
    return _now(before, after, fact) and bool(fact.holds.get("required"))


def _none_left(before: Any, after: Any, _: Fact) -> bool:
    """Every 2xx is read alike, so one is as good as another."""
    return bool(before) and not after


def _never(_: Any, __: Any, ___: Fact) -> bool:
    return False


REQUEST: dict[str, Rule] = {
    "kind": _asks_more,
    "required": _now,
    "nullable": _was,
    "choices": _fewer,
    "format": _now,
    # Who leaves it out suddenly asks for something else, perhaps for more credits.
    "default": _was,
}
ANSWER: dict[str, Rule] = {
    "kind": _gives_other,
    "required": _was,
    "nullable": _null_for_certain,
    "choices": _never,
    "format": _other_date,
    "default": _never,
}
OPERATION: dict[str, Rule] = {
    "security": _not_our_way,
    "good statuses": _none_left,
    "error statuses": _never,
}


def _gains(before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    """What a list gained and lost, such as `+ paused, - expired`."""
    gained = [f"+ {_shown(one)}" for one in after if one not in before]
    lost = [f"- {_shown(one)}" for one in before if one not in after]
    return ", ".join([*gained, *lost])


def _shown(value: Any) -> str:
    if _is_tuple(value):
        return " and ".join(map(_shown, value)) or "none"
    return "none" if value is None else str(value)


def _is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)
