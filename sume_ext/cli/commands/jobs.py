"""``sume jobs wait``, ``result`` and ``download``: coming back to jobs by their ids."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sume_ext.cli import waiting
from sume_ext.cli.failures import CommandError
from sume_ext.cli.options import OVERWRITE, download_option, timeout_option
from sume_ext.cli.outcome import conclude, deliver
from sume_ext.cli.places import DEFAULT_DIRECTORY, Directory, Place, place_of
from sume_ext.cli.shell import Shell, own_command, plain

if TYPE_CHECKING:
    from sume_ext.waiting.polling import Timeout

_SHOWN = 60
"""Bytes of what isn't text that a message holds."""
IDS = click.Argument(["job_ids"], nargs=-1, metavar="[JOB_ID]...")
TO = click.Option(
    ["--to", "directory"],
    default=DEFAULT_DIRECTORY,
    show_default=True,
    metavar="DIR",
    type=Directory(),
    help="Where to put the files.",
)


def ids_from(words: tuple[str, ...]) -> list[str]:
    """Job ids from the command line and, for ``-`` or when there are none, from stdin.

    Raises:
        CommandError: There are none at all, or what is there isn't text.
    """
    ids = [word for word in words if word != "-"]
    if "-" in words or (not words and not sys.stdin.isatty()):
        ids += sys.stdin.read().split()
    for one in ids:
        if os.fsencode(one).decode(errors="replace") != one:
            raise CommandError(
                f"a job id is text, not the bytes {os.fsencode(one)[:_SHOWN]!r}.",
                code="usage",
                hint="Give ids as `sume jobs list -q` prints them.",
            )
    if not ids:
        raise CommandError(
            "there is no job id.",
            code="usage",
            hint="Name one or more, or pipe them in: sume jobs list -q | sume jobs wait",
        )
    return list(dict.fromkeys(ids))


@own_command(
    "wait",
    IDS,
    timeout_option(),
    download_option(beside_ids=True),
    OVERWRITE,
    example="sume jobs wait job_123 --timeout 600",
)
def wait(
    shell: Shell,
    *,
    job_ids: tuple[str, ...],
    timeout: float | None,
    download: str | None,
    overwrite: bool,
) -> None:
    """Wait until jobs are done, however they were created.

    Ids come from the command line or, one a line, from stdin. One id on the command line gives
    one job; ids from stdin, or several, give a list. The exit code is 4 when the time is over
    and 5 when a job failed; neither ends a job.
    """
    place = place_of(download, overwrite=overwrite)
    ids = ids_from(job_ids)
    limit: Timeout = "auto" if timeout is None else timeout
    with shell.connect() as client:
        jobs = [client.jobs.handle(one) for one in ids]
        with waiting.resumable(jobs, place):
            outcomes = waiting.wait_for(shell, client, jobs, limit)
            conclude(shell, outcomes, place, many=[*job_ids] != ids or len(ids) > 1)


@own_command(
    "result",
    click.Argument(["job_id"]),
    download_option("Download its files into", beside_ids=True),
    OVERWRITE,
    example="sume jobs result job_123 --download ./outputs/",
)
def result(shell: Shell, *, job_id: str, download: str | None, overwrite: bool) -> None:
    """Fetch the result of a completed job, and download its files.

    After a break say it again: whole files are kept, and a broken one goes on where it broke.
    """
    place = place_of(download, overwrite=overwrite)
    with shell.connect() as client:
        if place is None:
            found = plain(client.jobs.result(job_id).data)
            # A result may have any shape, and need not say whose it is.
            of_job: dict[str, Any] = {"data": found} if isinstance(found, (list, str)) else found
            shell.put_record({"id": job_id, **of_job})
            return
        wanted = {job_id: partial(client.jobs.result, job_id)}
        deliver(shell, wanted, place, many=False).raise_missing(place)


@own_command("download", IDS, TO, OVERWRITE, example="sume jobs download job_123 --to ./outputs/")
def download(shell: Shell, *, job_ids: tuple[str, ...], directory: str, overwrite: bool) -> None:
    """Download the results of completed jobs.

    Ids come from the command line or, one a line, from stdin. A job that has no result doesn't
    keep the others from being downloaded.
    """
    ids = ids_from(job_ids)
    place = Place(directory, overwrite)
    with shell.connect() as client:
        wanted = {one: partial(client.jobs.result, one) for one in ids}
        fetched = deliver(shell, wanted, place, many=[*job_ids] != ids or len(ids) > 1)
    fetched.raise_missing(place)
