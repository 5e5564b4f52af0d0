"""The example in each command's help; a test runs every one of them against the sandbox.

An operation that nobody wrote an example for shows what it requires, with the schema's values.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from sume_ext.cli.flags import spellings
from sume_ext.cli.paths import path_of

if TYPE_CHECKING:
    from sume_ext.cli.facts import Facts
    from sume_ext.cli.paths import Path

WRITTEN: dict[str, str] = {
    "brand.list": "sume brand list --domain lumen.example",
    "avatars.list": "sume avatars list --limit 5",
    "jobs.list": "sume jobs list --status completed --limit 5",
    "images.generate": 'sume images generate --prompt "Skincare product photo" --aspect-ratio 1:1 '
    "--wait --download ./outputs/",
    "videos.generate": 'sume videos generate --prompt "Morning light on a jar" --duration 4 '
    "--aspect-ratio 9:16 --wait",
    "ads.videos.create": 'sume ads videos create --avatar-id avatar_123 --prompt "Serum ad" '
    "--style talking_head --wait",
    "face_swap.create": "sume face-swap create --source-video clip.mp4 --avatar-id avatar_123 "
    "--wait",
    "reference_analysis.create": "sume reference-analysis create "
    "--url https://www.tiktok.com/@creator/video/1 --wait",
    "assets.search": 'sume assets search "creator faces camera" --source-type generated --limit 5',
    "assets.list": "sume assets list --sort created_at_desc --limit 5",
    "uploads.presign": "sume uploads presign --file-name clip.mp4 --content-type video/mp4 "
    "--size-bytes 1048576 --purpose asset_library_video",
}

GROUPS: dict[str, str] = {
    "brand": "sume brand current",
    "jobs": "sume jobs list --status completed -q | sume jobs download",
    "assets": "sume assets upload clip.mp4 --wait",
    "uploads": "sume uploads face-swap-video clip.mp4",
    "auth": "sume auth status",
    "tools": "sume tools schema videos.generate",
}
"""For groups whose example isn't simply that of an operation they hold."""


_WIDTH = 74
_DEEPER = 4


def epilog(line: str) -> str:
    """The end of a command's help: its example, in lines that can be pasted as they stand."""
    lines: list[str] = []
    for word in re.split(r" (?=--?[a-z])", line):
        room = _WIDTH - (_DEEPER if len(lines) > 1 else 0)
        if lines and len(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    deeper = " \\\n" + " " * _DEEPER
    return f"\b\nExample:\n  {deeper.join(lines)}"


def example_of_group(path: Path) -> str:
    """A command line that works, for the help of a group."""
    words = " ".join(path)
    held = (line for name, line in WRITTEN.items() if path_of(name)[: len(path)] == path)
    return GROUPS.get(words) or next(held, f"sume {words} --help")


def example_of(name: str, facts: Facts) -> str:
    """A command line that works."""
    return WRITTEN.get(name) or _made(name, facts)


def _made(name: str, facts: Facts) -> str:
    words = ["sume", *path_of(name)]
    for parameter in facts.parameters:
        if not parameter.required:
            continue
        example = parameter.says.get("example", "…")
        value = example if isinstance(example, str) else json.dumps(example)
        words += [value] if parameter.place == "path" else [spellings(parameter)[0], value]
    return shlex.join(words)
