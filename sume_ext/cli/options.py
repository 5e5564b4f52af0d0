"""The options that several commands share, each defined once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from sume_ext.cli.flags import Number
from sume_ext.cli.places import DEFAULT_DIRECTORY, Directory

YES = click.Option(["-y", "--yes", "yes"], is_flag=True, help="Agree to the cost beforehand.")
_JOB_ID = re.compile(r"job_\w+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
OVERWRITE = click.Option(
    ["--overwrite", "overwrite"],
    is_flag=True,
    help="Replace files that are there already, which are kept otherwise.",
)


def wait_option(*, several: bool = False) -> click.Option:
    """``--wait``; of several jobs that one request makes, the docs' shell waits for the first."""
    text = "Wait until the job is done."
    if several:
        text = "Wait until the first job is done; the others are named, to be waited for later."
    return click.Option(["--wait", "wait"], is_flag=True, help=text)


class DirectoryNotId(Directory):
    """A directory beside job ids: it never swallows the first of them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path as it was written, unless it can only be meant as an id."""
        word = str(value)
        if _JOB_ID.fullmatch(word) and not Path(word).exists():
            self.fail(
                f"{word} would be the directory, but looks like a job's id. "
                f"Put it before --download, or write --download ./{word} to mean a directory.",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


def download_option(
    before: str = "Wait, and download the result into", *, beside_ids: bool = False
) -> click.Option:
    """``--download [DIR]``.

    Args:
        before: What it does, up to "a directory".
        beside_ids: Whether job ids stand beside it, which it could take for a directory.
    """
    return click.Option(
        ["--download", "download"],
        is_flag=False,
        flag_value=DEFAULT_DIRECTORY,
        metavar="[DIR]",
        type=DirectoryNotId() if beside_ids else Directory(),
        help=f"{before} a directory  [{DEFAULT_DIRECTORY} if none is given]",
    )


def timeout_option(job_type: str | None = None) -> click.Option:
    """``--timeout``, with the default that fits the type of job."""
    from sume_ext.waiting.polling import LONGEST_TIMEOUT, schedule_for  # noqa: PLC0415

    usual = f"{schedule_for(job_type).timeout:.0f}" if job_type else "600 for images, else 1800"
    return click.Option(
        ["--timeout", "timeout"],
        type=Number({"minimum": 0, "maximum": int(LONGEST_TIMEOUT)}, whole=False),
        metavar="SECONDS",
        help=f"How long to wait  [{usual}]",
    )
