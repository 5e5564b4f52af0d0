"""`make pictures`: the README's pictures, from real runs of the command against the sandbox.

Each command runs on a pseudo-terminal; what a person would see becomes an SVG that loads nothing
from elsewhere.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.cli.terminal import Terminal

if TYPE_CHECKING:
    from pyte.screens import Char

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
SUME = str(Path(sys.executable).with_name("sume"))
FONT_FACE = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
LINES = 60
NAMES = {"brown": "yellow", "default": ""}
Look = Callable[[Terminal], None]


@dataclass(frozen=True)
class Picture:
    """What to take a picture of.

    Attributes:
        name: Of the file.
        line: The command line.
        look: Brings the terminal to the moment of the picture.
        columns: The terminal's width.
    """

    name: str
    line: str
    look: Look
    columns: int = 112


def to_the_end(terminal: Terminal) -> None:
    """The moment when the command has ended."""
    terminal.end()


def while_waiting(terminal: Terminal) -> None:
    """The moment when a job has been running for a while, and others tell how long it may take."""
    terminal.until(lambda text: "processing" in text and "of about" in text)


def until_asked(terminal: Terminal) -> None:
    """The moment when somebody is asked."""
    terminal.until("Go on?")


GENERATE = 'sume videos generate --prompt "Morning light on a moisturizer jar" --duration 4'
PICTURES = (
    Picture("help", "sume --help", to_the_end),
    Picture("ask", GENERATE, until_asked),
    Picture("wait", f"{GENERATE} --yes --download", while_waiting),
    Picture("download", f"{GENERATE} --yes --download", to_the_end),
    Picture("search", 'sume assets search "creator faces camera" --limit 3', to_the_end),
    Picture("error", "sume jobs result job_unknown", to_the_end),
)


def colour(name: str) -> str:
    """A colour of the terminal as the renderer names it."""
    name = NAMES.get(name, name)
    return f"#{name}" if re.fullmatch(r"[0-9a-f]{6}", name) else name


def style(char: Char) -> str:
    """The look of one character."""
    words = ["bold"] if char.bold else []
    if front := colour(char.fg):
        words.append(front)
    if back := colour(char.bg):
        words.append(f"on {back}")
    return " ".join(words)


def screen(picture: Picture, terminal: Terminal) -> list[Text]:
    """What is on the screen, below the line that was typed."""
    shown = [Text(f"$ {picture.line}", "bold")]
    height = max((y for y, row in enumerate(terminal.screen.display) if row.strip()), default=0)
    for y in range(height + 1):
        row = terminal.screen.buffer[y]
        line = Text()
        for x in range(picture.columns):
            line.append(row[x].data, style(row[x]))
        line.rstrip()
        shown.append(line)
    return shown


def take(picture: Picture, env: dict[str, str], folder: Path) -> Path:
    """Run the command and keep the picture."""
    words = shlex.split(picture.line)
    env = {**env, "COLUMNS": str(picture.columns), "LINES": str(LINES)}  # not those of our caller
    with Terminal(
        [SUME, *words[1:]], env=env, cwd=folder, columns=picture.columns, lines=LINES
    ) as terminal:
        picture.look(terminal)
        shown = screen(picture, terminal)
    console = Console(record=True, width=picture.columns, file=io.StringIO())
    for line in shown:
        console.print(line, no_wrap=True, crop=True, highlight=False)
    svg = console.export_svg(title="sume", theme=MONOKAI, unique_id=f"sume-{picture.name}")
    path = FOLDER / f"{picture.name}.svg"
    path.write_text(FONT_FACE.sub("", svg), encoding="utf-8")
    return path


def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    words = [SUME, "sandbox", "--quiet"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as served:
        assert served.stdout is not None  # noqa: S101  (it was asked for a line above)
        try:
            lines = [served.stdout.readline().removeprefix("export ").strip() for _ in range(2)]
            take_all(dict(line.split("=", 1) for line in lines))
        finally:
            served.terminate()


def take_all(settings: dict[str, str]) -> None:
    """Take every picture in a folder of its own, after one job that tells what to expect."""
    with tempfile.TemporaryDirectory() as folder:
        env = {
            **os.environ,
            **settings,
            "SUME_CONFIG_DIR": folder,
            "TERM": "xterm-256color",
            "CI": "",  # a picture shows what moves
            "NO_COLOR": "",
        }
        warm_up = [SUME, "videos", "generate", "--prompt", "x", "-y", "--wait"]
        subprocess.run(warm_up, env=env, check=True, capture_output=True)
        for picture in PICTURES:
            print(take(picture, env, Path(folder)).relative_to(ROOT))


if __name__ == "__main__":
    main()
