"""Guarantee: the tab key knows the commands, the flags and the schema's words, in three shells.

The threat is a script that a newer shell no longer runs; so the shells themselves are run, as a
person runs them: typing at a terminal.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal

if TYPE_CHECKING:
    from tests.cli.stage import Stage

pytest_plugins = ("tests.cli.stage",)

SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(sume completion bash)"'),
    "zsh": (["-f", "-i"], 'autoload -U compinit; compinit -u; eval "$(sume completion zsh)"'),
    "fish": (["--no-config", "-i"], "sume completion fish | source"),
}
TYPED = (
    ("sume vid\t", "sume videos"),
    ("sume videos gen\t", "sume videos generate"),
    ("sume videos generate --dur\t", "sume videos generate --duration"),
    ("sume videos generate --resolution 48\t", "sume videos generate --resolution 480p"),
    ("sume tools sch\t", "sume tools schema"),
    ("sume assets search x --search-mode te\t", "sume assets search x --search-mode text"),
    ("sume assets upload cl\t", "sume assets upload clip.mp4"),
    ("sume videos generate --download onlyd\t", "sume videos generate --download onlydir/"),
)


@pytest.mark.parametrize("shell", [*SHELLS])
def test_the_tab_key_completes(stage: Stage, shell: str) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed on this machine")
    words, setup = SHELLS[shell]
    (stage.folder / "onlydir").mkdir()
    env = stage.environment({"PS1": "ready> ", "SUME_API_KEY": None})
    with Terminal([path, *words], env=env, cwd=stage.folder, columns=100) as terminal:
        terminal.type(f"{setup}; echo set''up\n")
        terminal.until("\nsetup")
        for typed, completed in TYPED:
            terminal.type(typed)
            terminal.until(partial(_ends_with, completed))
            terminal.type("\x15")  # forget the line


def _ends_with(line: str, text: str) -> bool:
    return text.rstrip().endswith(line)


def test_completion_offers_help_beside_words_and_nothing_hidden(stage: Stage) -> None:
    offered = stage.sume(_SUME_COMPLETE="fish_complete", COMP_WORDS="sume ", COMP_CWORD="")
    assert "videos\tGenerate videos." in offered.out
    assert "login" not in offered.out
    assert stage.sume("completion", "powershell").code == 2


def test_what_is_known_without_asking_anybody_is_offered(stage: Stage) -> None:
    def offered(words: str, begun: str) -> list[str]:
        env = {"_SUME_COMPLETE": "fish_complete", "COMP_WORDS": words, "COMP_CWORD": begun}
        lines = stage.sume(**env, SUME_API_KEY=None).out.split("\n")
        return [line.partition("\t")[0].rpartition(",")[2] for line in lines if line]

    assert offered("sume tools schema ", "vid") == ["videos.generate"]
    assert "uploads.face_swap_video" in offered("sume tools schema ", "uploads.face-s")
    assert offered("sume sandbox ", "--sp") == ["--speed"]
    assert {"--port", "--fault", "--help"} <= {*offered("sume sandbox ", "--")}
