"""``sume assets upload`` and ``sume uploads face-swap-video``: local files into Sume.

An upload that stops says at which step; the same command starts it again.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sume_ext.cli import waiting
from sume_ext.cli.failures import CommandError
from sume_ext.cli.operation import DOWNLOAD, WAIT, timeout_option
from sume_ext.cli.outcome import as_list, conclude
from sume_ext.cli.shell import Shell, own_command, plain
from sume_ext.cli.transfers import Meter, stoppable

if TYPE_CHECKING:
    from sume_ext import Job, Sume
    from sume_ext.polling import Timeout

FILES = click.Argument(
    ["files"],
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False),
)


@own_command(
    "upload",
    FILES,
    WAIT,
    timeout_option("asset_ingest"),
    DOWNLOAD,
    example="sume assets upload clip.mp4 --wait",
)
def upload(
    shell: Shell, *, files: tuple[str, ...], wait: bool, timeout: float | None, download: str | None
) -> None:
    """Upload videos into the Asset Library: presign, store, finalize.

    Each becomes an ingest job; its scenes can be searched once the job is completed.
    """
    wait = wait or download is not None
    if timeout is not None and not wait:
        raise CommandError("--timeout is for waiting.", code="usage", hint="Add --wait.")
    with shell.connect() as client:
        jobs = _upload_all(shell, client, files)
        if wait:
            limit: Timeout = "auto" if timeout is None else timeout
            with waiting.resumable(jobs, download):
                outcomes = waiting.wait_for(shell, client, jobs, limit, download)
                conclude(shell, outcomes, download, many=len(files) > 1, told=True)
            return
        documents = [plain(job.data) for job in jobs]
        if shell.as_json:
            shell.put_document(as_list(documents) if len(files) > 1 else documents[0])
        elif not shell.quiet:
            titles = ("id", "status", "file")
            rows = [[job.id, job.status, name] for job, name in zip(jobs, files, strict=True)]
            shell.put_list(as_list(documents), titles, rows)
            shell.note(f"Next: {waiting.resume([job.id for job in jobs])}")


def _upload_all(shell: Shell, client: Sume, files: tuple[str, ...]) -> list[Job]:
    jobs: list[Job] = []
    with Meter(shell) as meter:
        for index, name in enumerate(files):
            again = shlex.join(["sume", "assets", "upload", *files[index:]])
            with stoppable(again):
                listener = meter.upload(Path(name).name)
                jobs.append(client.uploads.asset_video(name, on_progress=listener))
            waiting.announce(shell, jobs[-1:])
    return jobs


def upload_source(shell: Shell, client: Sume, name: str) -> str:
    """Upload a source video for Face Swap; its media URL, which is private."""
    again = shlex.join(["sume", "uploads", "face-swap-video", name])
    with Meter(shell) as meter, stoppable(again):
        listener = meter.upload(Path(name).name)
        return client.uploads.face_swap_video(name, on_progress=listener)


@own_command(
    "face-swap-video",
    click.Argument(["file"], type=click.Path(exists=True, dir_okay=False)),
    example="sume uploads face-swap-video clip.mp4 --show-urls",
)
def face_swap_video(shell: Shell, *, file: str) -> None:
    """Upload a source video for Face Swap, and show its media URL.

    The URL is private, so it is shown in full with --show-urls only;
    `sume face-swap create --source-video FILE` uploads and uses it without showing it.
    """
    with shell.connect() as client:
        url = upload_source(shell, client, file)
    if shell.as_json or not shell.quiet:
        shell.put_record({"media_url": url})
