"""The tree of commands, grown only where a command line walks.

The top level is written down here, so that ``sume --help`` reads nothing else; what a group
holds comes from `paths`: the table of operations, and the commands that are more than one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from sume_ext.cli.paths import OWN, Path, operations

SECTIONS: dict[str, dict[str, str]] = {
    "Look": {
        "me": "Show the account of the key.",
        "credits": "Show plan and credits.",
        "brand": "Brand DNA profiles.",
        "avatars": "Public and workspace avatars.",
    },
    "Make (spends credits)": {
        "images": "Generate images.",
        "videos": "Generate videos.",
        "ads": "Generate AI Ads videos.",
        "face-swap": "Swap faces in an uploaded video.",
        "reference-analysis": "Analyse a public TikTok or Instagram Reel.",
    },
    "Jobs and files": {
        "jobs": "Look at jobs, wait for them, download results.",
        "assets": "Search scenes of the Asset Library, upload videos.",
        "uploads": "The single steps of an upload.",
    },
    "This machine": {
        "setup": "Save an API key and a base URL.",
        "auth": "Where the settings come from.",
        "logout": "Forget the saved settings.",
        "sandbox": "Serve a stand-in API to try things out.",
        "tools": "What each operation takes and does, for machines.",
        "completion": "Completion for bash, zsh or fish.",
    },
}
ROOT_HELP = """Sume: images, videos, ads, face swaps and scene search from a shell.

What is created is a job: it is waited for with --wait or `sume jobs wait`, and fetched with
--download or `sume jobs result`. The key comes from SUME_API_KEY or `sume setup`."""
ROOT_EPILOG = """\b
Examples:
  sume videos generate --prompt "Morning light on a jar" --wait --download
  sume jobs list -q | sume jobs wait

Exit codes: 0 ok, 1 API or network, 2 usage, 3 authentication, 4 timeout, 5 job failed,
130 interrupted."""


class Group(click.Group):
    """A group that makes its commands when they are asked for.

    Args:
        path: Where it stands.
    """

    def __init__(self, path: Path, **settings: Any) -> None:
        super().__init__(path[-1] if path else None, **settings)
        self.path = path

    def lines(self) -> dict[str, str]:
        """The names of what it holds, each with one line of help."""
        from sume_ext.cli.facts import summary  # noqa: PLC0415

        depth = len(self.path)
        found: dict[str, str] = {}
        for path, name in operations().items():
            if path[:depth] == self.path:
                found[path[depth]] = summary(name) if len(path) == depth + 1 else f"{path[depth]}:"
        for path, (_, line) in OWN.items():
            if path[:depth] == self.path:
                found[path[depth]] = line
        return dict(sorted(found.items()))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of what it holds."""
        del ctx
        return [*self.lines()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of its commands, made now."""
        del ctx
        return command((*self.path, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with suggestions for a name that is nearly right."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of what it holds, without making any of it."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([*self.lines().items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names that begin with what was typed, without making any command."""
        mine = [
            CompletionItem(name, help=line)
            for name, line in self.lines().items()
            if name.startswith(incomplete)
        ]
        return mine + click.Command.shell_complete(self, ctx, incomplete)


class Root(Group):
    """The top level, whose lines are known beforehand."""

    def lines(self) -> dict[str, str]:
        """The words of `SECTIONS`."""
        return {name: line for section in SECTIONS.values() for name, line in section.items()}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands by what they are for."""
        del ctx
        width = max(map(len, self.lines()))
        for title, lines in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), line) for name, line in lines.items()])


def root() -> click.Group:
    """The whole command."""
    from sume_ext import __version__  # noqa: PLC0415

    group = Root((), help=ROOT_HELP, epilog=ROOT_EPILOG, context_settings=CONTEXT)
    return click.version_option(__version__, prog_name="sume")(group)


CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def command(path: Path) -> click.Command | None:
    """The command at a path, or None."""
    if path in OWN:
        module, _, attribute = OWN[path][0].partition(":")
        made: click.Command = getattr(import_module(f"sume_ext.cli.commands.{module}"), attribute)
        return made
    table = operations()
    if name := table.get(path):
        from sume_ext.cli.operation import command_of  # noqa: PLC0415

        return command_of(name)
    if any(other[: len(path)] == path for other in (*table, *OWN)):
        from sume_ext.cli.examples import epilog, example_of_group  # noqa: PLC0415

        text = Root((), context_settings=CONTEXT).lines().get(path[0], "")
        return Group(path, help=text, epilog=epilog(example_of_group(path)))
    return None
