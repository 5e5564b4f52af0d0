"""The options that several commands share, each defined once."""

from __future__ import annotations

import click

from sume_ext.cli.flags import Number
from sume_ext.cli.places import DEFAULT_DIRECTORY, Directory

YES = click.Option(["-y", "--yes", "yes"], is_flag=True, help="Agree to the cost beforehand.")
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


def download_option(before: str = "Wait, and download the result into") -> click.Option:
    """``--download [DIR]``.

    Args:
        before: What it does, up to "a directory".
    """
    return click.Option(
        ["--download", "download"],
        is_flag=False,
        flag_value=DEFAULT_DIRECTORY,
        metavar="[DIR]",
        type=Directory(),
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
