"""Where each command stands, in words: ``face_swap.create`` is ``face-swap create``.

Known without making any command, so that a hint can name one and help can list them.
"""

from __future__ import annotations

from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]

RENAMED: dict[str, Path] = {"account.me": ("me",), "credits.get": ("credits",)}
"""Where the docs' shell says it otherwise than the library."""


OWN: dict[Path, tuple[str, str]] = {
    ("jobs", "wait"): ("jobs:wait", "Wait until jobs are done."),
    ("jobs", "result"): ("jobs:result", "Fetch the result of a completed job."),
    ("jobs", "download"): ("jobs:download", "Download the results of completed jobs."),
    ("assets", "upload"): ("assets:upload", "Upload videos into the Asset Library."),
    ("uploads", "face-swap-video"): ("assets:face_swap_video", "Upload a Face Swap source video."),
    ("setup",): ("settings:setup", ""),
    ("auth", "status"): ("settings:status", "Show each setting and where it comes from."),
    ("logout",): ("settings:logout", ""),
    ("login",): ("settings:login", ""),
    ("sandbox",): ("sandbox:sandbox", ""),
    ("tools", "list"): ("tools:list_tools", "List every operation and what it does to the world."),
    ("tools", "schema"): ("tools:schema", "Show the JSON Schema of an operation's inputs."),
    ("completion",): ("completion:completion", ""),
    ("mcp",): ("settings:mcp", ""),
}
"""Where each command that isn't simply an operation is defined, and its line in its group."""
REPLACED = frozenset({"jobs.result", "jobs.wait"})
"""Operations that a command of `OWN` covers."""


def path_of(name: str) -> Path:
    """The words of a public name's command, without ``sume``."""
    return RENAMED.get(name) or tuple(name.replace("_", "-").split("."))


def operations() -> dict[Path, str]:
    """The public name of each operation that is a command by itself, by the command's path."""
    from sume_ext.operations import BINDINGS  # noqa: PLC0415  (the whole table)

    return {path_of(name): name for name in BINDINGS if name not in REPLACED}
