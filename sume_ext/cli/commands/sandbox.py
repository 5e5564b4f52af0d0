"""``sume sandbox``: the embedded stand-in API, served for other programs on this machine.

Its options are the sandbox's own; this adds nothing but the word.
"""

from __future__ import annotations

import re

import click
from click.shell_completion import CompletionItem

from sume_ext.cli.shell import HELP


class Wrapped(click.Command):
    """A command whose options another parser reads."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The other parser's words."""
        from sume_ext.sandbox.command import parser  # noqa: PLC0415

        del ctx
        _, _, options = parser().format_help().partition("\noptions:\n")
        with formatter.section("Options"):
            formatter.write(options)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The other parser's options, and click's own."""
        from sume_ext.sandbox.command import parser  # noqa: PLC0415

        options = re.findall(r"--[a-z-]+", parser().format_usage())
        begun = [CompletionItem(one) for one in options if one.startswith(incomplete or " ")]
        return begun + super().shell_complete(ctx, incomplete)


def _serve(words: tuple[str, ...]) -> int:
    from sume_ext.cli.failures import remember_keys  # noqa: PLC0415
    from sume_ext.sandbox.command import serve  # noqa: PLC0415

    remember_keys()  # the other parser tells of wrong words itself
    return serve(words, program="sume sandbox")


sandbox = Wrapped(
    "sandbox",
    callback=_serve,
    params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED, metavar="")],
    help="Serve a stand-in for the Sume API on this machine, until Ctrl-C.\n\n"
    "It spends nothing and generates nothing: jobs run their course and give small samples. "
    "It prints what to set so that `sume`, or an app, talks to it.",
    epilog="\b\nExample:\n  sume sandbox --speed 10",
    context_settings={**HELP, "ignore_unknown_options": True},
)
