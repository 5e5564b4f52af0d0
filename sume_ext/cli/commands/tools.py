"""``sume tools``: what each operation takes and does to the world, for machines.

Everything is read from the table and the schema; nothing about an operation is written here.
"""

from __future__ import annotations

import shlex
from typing import Any

import click

from sume_ext.cli.answers import sensitive
from sume_ext.cli.app import operations, path_of
from sume_ext.cli.facts import Parameter, facts_of
from sume_ext.cli.failures import CommandError
from sume_ext.cli.outcome import as_list
from sume_ext.cli.shell import Shell, own_command
from sume_ext.effects import Effect
from sume_ext.operations import BINDINGS

_WORDS = [
    "enum",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
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
        "$schema": "https://json-schema.org/draft/2020-12/schema",
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


@own_command("list", example="sume tools list --json")
def list_tools(shell: Shell) -> None:
    """List every operation: whether it only reads, what it may cost, what its output holds."""
    tools = [metadata(name) for name in sorted({*operations().values(), "jobs.result"})]
    titles = ("name", "read_only", "paid", "sensitive_output", "command")
    envelope = as_list([{"id": tool["name"], **tool} for tool in tools])
    if shell.as_json:
        envelope = as_list(tools)
    shell.put_list(envelope, titles, [[tool[title] for title in titles] for tool in tools])


@own_command(
    "schema",
    click.Argument(["tool"]),
    example="sume tools schema videos.generate --json",
)
def schema(shell: Shell, *, tool: str) -> None:
    """Show the JSON Schema of an operation's inputs, with what it does to the world."""
    name = tool.replace("-", "_")
    if name not in BINDINGS:
        raise CommandError(f"there is no tool {tool!r}.", code="usage", hint="See: sume tools list")
    shell.write_json({**metadata(name), "input_schema": schema_of(name)})
