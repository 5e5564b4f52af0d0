"""``sume completion``: the script that makes a shell complete this command's words."""

from __future__ import annotations

import click

from sume_ext.cli.shell import Shell, own_command

HOW = """\
Add to the shell's start-up file:

\b
  bash  ~/.bashrc                   eval "$(sume completion bash)"
  zsh   ~/.zshrc, after compinit    eval "$(sume completion zsh)"
  fish  ~/.config/fish/config.fish  sume completion fish | source

To start shells faster, write what it prints into a file once, and again after an update.
"""


@own_command(
    "completion",
    click.Argument(["shell_name"], metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"])),
    mode=(),
    example='eval "$(sume completion bash)"',
)
def completion(shell: Shell, *, shell_name: str) -> None:
    """Print the completion script for a shell."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    from sume_ext.cli.app import root  # noqa: PLC0415

    kind = get_completion_class(shell_name)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell_name}.")
    shell.write(kind(root(), {}, "sume", "_SUME_COMPLETE").source() + "\n")


completion.help = f"Print the completion script for a shell.\n\n{HOW}"
