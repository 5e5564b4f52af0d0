"""``sume tools``: what each operation takes and does to the world, for machines.

What an operation does is read from the table and the schema, its inputs, too; only for the
few behaviours of this package's own is it written here what they do to the world.
"""

from __future__ import annotations

import shlex
from typing import Any, NamedTuple

import click

from sume_ext.calling.effects import Effect
from sume_ext.cli.answers import sensitive
from sume_ext.cli.app import command
from sume_ext.cli.facts import Parameter, facts_of
from sume_ext.cli.failures import CommandError
from sume_ext.cli.flags import Number
from sume_ext.cli.outcome import as_list
from sume_ext.cli.paths import Path, path_of
from sume_ext.cli.shell import MODE, Shell, own_command
from sume_ext.operations import BINDINGS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDS = [
    "enum",
    "format",
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
    "description",
    "default",
]


def metadata(name: str) -> dict[str, Any]:
    """What a tool does to the world."""
    binding, facts = BINDINGS[name], facts_of(name)
    return {
        "name": name,
        "command": shlex.join(["sume", *path_of(name)]),
        "description": facts.description or facts.summary,
        "read_only": binding.effect is Effect.READS,
        "mutating": binding.effect is not Effect.READS,
        "paid": binding.effect is Effect.SPENDS,
        "sensitive_output": sensitive(name),
    }


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of its inputs."""
    parameters = facts_of(name).parameters
    return {
        "$schema": DIALECT,
        "title": name,
        "type": "object",
        "properties": {one.python_name: _schema(one) for one in parameters},
        "required": [one.python_name for one in parameters if one.required],
        "additionalProperties": False,
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    says = parameter.says
    kind: Any = [parameter.type, "null"] if says.get("nullable") else parameter.type
    made: dict[str, Any] = {"type": kind}
    made |= {word: says[word] for word in _WORDS if says.get(word) is not None}
    if "example" in says:
        made["examples"] = [says["example"]]
    if parameter.type == "array":
        made["items"] = _schema(parameter.items)
        made["items"].pop("description", None)
    return made


class Behaviour(NamedTuple):
    """A command that is more than one operation, as a tool.

    Attributes:
        path: The command's.
        read_only: Whether it changes nothing, neither there nor on this machine.
        sensitive: Whether its output holds what is hidden by default.
    """

    path: Path
    read_only: bool
    sensitive: bool


BEHAVIOURS = {
    "jobs.wait": Behaviour(("jobs", "wait"), read_only=True, sensitive=True),
    "jobs.download": Behaviour(("jobs", "download"), read_only=False, sensitive=False),
    "uploads.asset_video": Behaviour(("assets", "upload"), read_only=False, sensitive=False),
    "uploads.face_swap_video": Behaviour(
        ("uploads", "face-swap-video"), read_only=False, sensitive=True
    ),
}


def _command(behaviour: Behaviour) -> click.Command:
    made = command(behaviour.path)
    assert made is not None  # noqa: S101  (a test walks them all)
    return made


def behaviour_metadata(name: str) -> dict[str, Any]:
    """What a tool that is more than one operation does to the world."""
    behaviour = BEHAVIOURS[name]
    return {
        "name": name,
        "command": shlex.join(["sume", *behaviour.path]),
        "description": (_command(behaviour).help or "").partition("\n\n")[0],
        "read_only": behaviour.read_only,
        "mutating": not behaviour.read_only,
        "paid": False,
        "sensitive_output": behaviour.sensitive,
    }


def behaviour_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of its inputs, as the command takes them."""
    common = {option.name for option in MODE}
    params = [p for p in _command(BEHAVIOURS[name]).params if p.name not in common]
    return {
        "$schema": DIALECT,
        "title": name,
        "type": "object",
        "properties": {str(param.name): _param_schema(param) for param in params},
        "required": [param.name for param in params if isinstance(param, click.Argument)],
        "additionalProperties": False,
    }


def _param_schema(param: click.Parameter) -> dict[str, Any]:
    if param.nargs == -1:
        return {"type": "array", "items": {"type": "string"}, "minItems": 1}
    kind = "boolean" if getattr(param, "is_flag", False) else "string"
    made: dict[str, Any] = {"type": kind}
    if isinstance(param.type, Number):
        made = {"type": "number", "minimum": 0}
    if text := getattr(param, "help", None):
        made["description"] = text
    return made


def _names() -> list[str]:
    return sorted({*BINDINGS, *BEHAVIOURS})


def _begun(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The tools whose names begin with what was typed."""
    return [name for name in _names() if name.startswith(incomplete.replace("-", "_"))]


@own_command("list", example="sume tools list --json")
def list_tools(shell: Shell) -> None:
    """List every operation: whether it only reads, what it may cost, what its output holds."""
    tools = [behaviour_metadata(n) if n in BEHAVIOURS else metadata(n) for n in _names()]
    titles = ("name", "read_only", "paid", "sensitive_output", "command")
    envelope = as_list([{"id": tool["name"], **tool} for tool in tools])
    if shell.as_json:
        envelope = as_list(tools)
    shell.put_list(envelope, titles, [[tool[title] for title in titles] for tool in tools])


@own_command(
    "schema",
    click.Argument(["tool"], shell_complete=_begun),
    example="sume tools schema videos.generate --json",
)
def schema(shell: Shell, *, tool: str) -> None:
    """Show the JSON Schema of an operation's inputs, with what it does to the world."""
    name = tool.replace("-", "_")
    if name in BEHAVIOURS:
        shell.write_json({**behaviour_metadata(name), "input_schema": behaviour_schema(name)})
        return
    if name not in BINDINGS:
        raise CommandError(f"there is no tool {tool!r}.", code="usage", hint="See: sume tools list")
    shell.write_json({**metadata(name), "input_schema": schema_of(name)})
