"""From a parameter of the schema to a flag: its spellings, its type, its limits, its help.

Nothing here knows an operation: a field that the schema gains becomes a flag by itself. Only
where the docs' shell says a word otherwise does a table of spellings say so.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sume_ext.cli.facts import Parameter

SPELLED = {"image_count": "--n", "q": "--query"}
"""The docs' word where it isn't made of the API's name."""
SHORTENED = re.compile(r"_seconds$")
RESERVED = frozenset(
    {"--all", "--download", "--help", "--json", "--quiet"}
    | {"--show-urls", "--timeout", "--wait", "--yes"}
)
"""Flags with a meaning of their own on every command; a field of that name gets another."""
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""What people and JSON write; Python takes more, such as ``1_0`` for ten."""
TRUE = frozenset({"1", "on", "true", "y", "yes"})
FALSE = frozenset({"0", "off", "false", "n", "no"})


def spellings(parameter: Parameter) -> list[str]:
    """The flag's names, the one to show first."""
    kebab = parameter.name.replace("_", "-").lower()
    kebab = re.sub(r"[^a-z0-9-]+", "-", kebab).strip("-")
    names = [f"--{kebab}"]
    if parameter.type == "array" and kebab.endswith("s"):
        names.insert(0, f"--{kebab[:-1]}")
    if SHORTENED.search(parameter.name):
        names.insert(0, f"--{SHORTENED.sub('', parameter.name).replace('_', '-')}")
    if parameter.name in SPELLED:
        names.insert(0, SPELLED[parameter.name])
    free = [name for name in names if name not in RESERVED]
    return free or [f"--field-{kebab}"]


def option_of(parameter: Parameter, defaults: Mapping[str, Any]) -> click.Option:
    """The flag for a parameter.

    Args:
        parameter: What the schema says.
        defaults: What the table's line sends where nothing is given, by Python name.
    """
    names = spellings(parameter)
    settings: dict[str, Any] = {
        "type": type_of(parameter),
        "required": parameter.required,
        "help": help_of(parameter),
        "metavar": _metavar(parameter),
    }
    if parameter.type == "array":
        settings |= {"multiple": True, "callback": _count_checked(parameter)}
        settings["type"] = type_of(parameter.items)
    if parameter.type == "boolean" and parameter.place == "body":
        # The docs write it without a value; nothing positional can follow that it would swallow.
        settings |= {"is_flag": False, "flag_value": "true"}
    if parameter.python_name in defaults:
        settings |= {"default": defaults[parameter.python_name], "show_default": True}
    return click.Option([*names, f"field_{parameter.python_name}"], **settings)


def argument_of(parameter: Parameter) -> click.Argument:
    """The positional argument for an id in the path."""
    return click.Argument(
        [f"field_{parameter.python_name}"], metavar=parameter.python_name.upper(), type=Text()
    )


def help_of(parameter: Parameter) -> str:
    """The schema's text, then what it bounds, for one line of help."""
    said = parameter.items.says if parameter.type == "array" else parameter.says
    bounds = (_bounds(parameter.says), _stepped(parameter.says), _length(parameter.says))
    notes = [note for note in bounds if note]
    if parameter.type == "array":
        notes.append("repeatable")
    if said.get("format") == "date-time":
        notes.append("ISO 8601, or back from now, as in 7d")
    if "example" in parameter.says and not said.get("enum") and parameter.type != "array":
        notes.append(f"e.g. {_example(parameter.says['example'])}")
    text = parameter.description or f"The API's field {parameter.name}."
    notes = [note for note in notes if note not in text]
    return f"{text}  [{'; '.join(notes)}]" if notes else text


def _bounds(said: Mapping[str, Any]) -> str:
    low, high = said.get("minimum"), said.get("maximum")
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    return "" if high is None else f"at most {high}"


def _stepped(said: Mapping[str, Any]) -> str:
    step = _step(said)
    return "" if step is None or step == 1 else f"a multiple of {step}"


def _step(said: Mapping[str, Any]) -> float | None:
    """What a number must be a multiple of."""
    step = said.get("multipleOf")
    return step if isinstance(step, int | float) and step > 0 else None


def _divides(step: float, number: float) -> bool:
    """Whether a number is a multiple of a step as both are written: 0.3 is one of 0.1."""
    from fractions import Fraction  # noqa: PLC0415  (few fields have a step)

    return Fraction(str(number)) % Fraction(str(step)) == 0


def _length(said: Mapping[str, Any]) -> str:
    most = said.get("maxLength")
    return "" if most is None else f"at most {most} characters"


def _example(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _metavar(parameter: Parameter) -> str | None:
    said = parameter.items if parameter.type == "array" else parameter
    if said.says.get("enum"):
        return None
    if said.says.get("format") in ("uri", "date-time"):
        return "URL" if said.says["format"] == "uri" else "TIME"
    words = {"string": "TEXT", "integer": "N", "number": "NUMBER", "boolean": "BOOL"}
    return words.get(said.type, "JSON")


def type_of(parameter: Parameter) -> click.ParamType[Any]:
    """What checks the flag's value before anything is sent."""
    if enum := parameter.says.get("enum"):
        return Choice(enum)
    match parameter.type:
        case "integer" | "number":
            return Number(parameter.says, whole=parameter.type == "integer")
        case "boolean":
            return Boolean()
        case "object" | "array":
            return Json(parameter.type)
        case _ if parameter.says.get("format") == "date-time":
            return Time()
        case _:
            return Text(parameter.says)


def _count_checked(parameter: Parameter) -> Any:
    """Check how many values were given, and that none is given twice where each must differ."""
    low, high = parameter.says.get("minItems"), parameter.says.get("maxItems")
    once = parameter.says.get("uniqueItems") is True

    def check(_: click.Context, __: click.Parameter, values: tuple[Any, ...]) -> list[Any] | None:
        if not values:
            return None
        if low is not None and len(values) < low:
            raise click.BadParameter(f"give at least {low} of them.")
        if high is not None and len(values) > high:
            raise click.BadParameter(f"give at most {high} of them.")
        if once and (twice := [value for n, value in enumerate(values) if value in values[:n]]):
            raise click.BadParameter(f"{twice[0]} is given more than once.")
        return [*values]

    return check


class Choice(click.Choice[Any]):
    """One of the schema's words; says in help and errors which there are."""

    def __init__(self, words: list[Any]) -> None:
        self._values = {str(word): word for word in words if word is not None}
        super().__init__([*self._values])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The API's value for a word."""
        if not isinstance(value, str):
            return value
        return self._values[super().convert(value, param, ctx)]


class Number(click.ParamType[Any]):
    """A number within the schema's bounds; a whole one stays whole on its way."""

    name = "number"

    def __init__(self, says: Mapping[str, Any], *, whole: bool) -> None:
        self._says = says
        self._whole = whole

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | float:
        """The number, if it is one and in bounds."""
        number = value if isinstance(value, int | float) else self._read(value, param, ctx)
        says = self._says
        low, high = says.get("minimum"), says.get("maximum")
        over, under = says.get("exclusiveMinimum"), says.get("exclusiveMaximum")
        if (low is not None and number < low) or (high is not None and number > high):
            self.fail(f"{value} is out of range: {_bounds(says)}.", param, ctx)
        if over is not None and number <= over:
            self.fail(f"{value} is not more than {over}.", param, ctx)
        if under is not None and number >= under:
            self.fail(f"{value} is not less than {under}.", param, ctx)
        if (step := _step(says)) and not _divides(step, number):
            self.fail(f"{value} is not a multiple of {step}.", param, ctx)
        return number

    def _read(
        self, text: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | float:
        number: float = math.nan
        with contextlib.suppress(ValueError):  # of digits beyond counting
            if _WHOLE.fullmatch(text):
                return int(text)
            if _DECIMAL.fullmatch(text):
                number = float(text)
        if self._whole or not math.isfinite(number):
            self.fail(f"{text!r} is not a {'whole ' if self._whole else ''}number.", param, ctx)
        return number


class Boolean(click.ParamType[bool]):
    """True or false, as people write it."""

    name = "bool"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        """The truth value."""
        word = str(value).strip().lower()
        if word not in TRUE | FALSE:
            self.fail(f"{value!r} is neither true nor false.", param, ctx)
        return word in TRUE

    def shell_complete(self, ctx: Any, param: Any, incomplete: str) -> list[Any]:
        """Both words."""
        del ctx, param
        from click.shell_completion import CompletionItem  # noqa: PLC0415

        return [CompletionItem(w) for w in ("true", "false") if w.startswith(incomplete)]


class Text(click.ParamType[str]):
    """Text within the schema's bounds."""

    name = "text"

    def __init__(self, says: Mapping[str, Any] | None = None) -> None:
        self._says = says or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, if it is in bounds."""
        text = str(value)
        least, most = self._says.get("minLength"), self._says.get("maxLength")
        if least is not None and len(text) < least:
            self.fail(
                "it is empty." if not text else f"give at least {least} characters.", param, ctx
            )
        if most is not None and len(text) > most:
            self.fail(f"{len(text)} characters are too many: at most {most}.", param, ctx)
        pattern = self._says.get("pattern")
        if ctx is not None and any(text in other.opts for other in ctx.command.params):
            self.fail(f"{text} is a flag; the value before it is missing.", param, ctx)
        if pattern and not re.search(pattern, text):
            self.fail(f"it doesn't look as the API wants it: {pattern}", param, ctx)
        if self._says.get("format") == "uri" and not re.match(r"https?://[^\s/]+", text):
            self.fail("it isn't an http(s) URL.", param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail("it isn't valid text in this terminal's encoding.", param, ctx)
        return text


class Time(click.ParamType[Any]):
    """A point in time as people write it; see `sume_ext.dates`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The instant."""
        import time  # noqa: PLC0415  (only these flags need a clock and a parser of dates)

        from sume_ext.dates import instant  # noqa: PLC0415
        from sume_ext.errors import InvalidArgumentError  # noqa: PLC0415

        try:
            return instant(value, now=time.time)
        except InvalidArgumentError as error:
            self.fail(f"{error.message} Give ISO 8601, as in 2026-01-31, or a span back from now, "
                      "as in 7d.", param, ctx)  # fmt: skip


class Json(click.ParamType[Any]):
    """A structure, written as JSON."""

    name = "json"

    def __init__(self, kind: str) -> None:
        self._kind: type[Any] = dict if kind == "object" else list

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The structure."""
        if not isinstance(value, str):
            return value
        try:
            found: Any = json.loads(value)
        except ValueError as error:
            self.fail(f"it isn't JSON: {error}.", param, ctx)
        if not isinstance(found, self._kind):
            kind = "an object" if self._kind is dict else "a list"
            self.fail(f"it isn't {kind} in JSON.", param, ctx)
        return _structured(found)


class Structure(dict[str, Any]):
    """An object from JSON, which the generated code serialises like one of its models."""

    def to_dict(self) -> dict[str, Any]:
        """Itself."""
        return {**self}


def _structured(value: Any) -> Any:
    if isinstance(value, dict):
        members: dict[str, Any] = cast("Any", value)
        return Structure(members)
    items: list[Any] = value
    return [_structured(item) if isinstance(item, dict) else item for item in items]
