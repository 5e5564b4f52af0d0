"""``sume assets upload`` and ``sume uploads face-swap-video``: local files into Sume.

An upload that stops says at which step. What to do then never makes a second ingest job of what
has one, or may have one.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from sume_ext.cli import waiting
from sume_ext.cli.failures import INTERRUPTED, CommandError, UnfinishedError
from sume_ext.cli.options import OVERWRITE, download_option, timeout_option, wait_option
from sume_ext.cli.outcome import as_list, conclude
from sume_ext.cli.places import place_of
from sume_ext.cli.shell import Shell, own_command, plain
from sume_ext.cli.transfers import Meter, examined, upload_source
from sume_ext.errors import APIError, OutcomeUnknownError, SumeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sume_ext import Job, Sume
    from sume_ext.waiting.polling import Timeout

LOOK = "sume jobs list --type asset_ingest --limit 5"
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
    wait_option(),
    timeout_option("asset_ingest"),
    download_option(),
    OVERWRITE,
    example="sume assets upload clip.mp4 --wait",
)
def upload(
    shell: Shell,
    *,
    files: tuple[str, ...],
    wait: bool,
    timeout: float | None,
    download: str | None,
    overwrite: bool,
) -> None:
    """Upload videos into the Asset Library: presign, store, finalize.

    Each becomes an ingest job; its scenes can be searched once the job is completed. After a
    break say it again: storage takes a file from its start only. Where an ingest may have begun
    already, the command tells how to look for it first, so that no file is ingested twice.
    """
    place = place_of(download, overwrite=overwrite)
    waits = wait or place is not None
    if timeout is not None and not waits:
        raise CommandError("--timeout is for waiting.", code="usage", hint="Add --wait.")
    files = _each_once(shell, files)
    examined(files)
    making = waiting.Making(LOOK, place)
    with waiting.never_lost(making), shell.connect() as client:
        try:
            _upload_all(shell, client, files, making.jobs)
        except (UnfinishedError, CommandError):
            if making.jobs:
                with suppress(OSError):  # the ids are told already, and this failure isn't yet
                    _print_made(shell, making.jobs, files)
            raise
        if not waits:
            _print_made(shell, making.jobs, files)
            return
        limit: Timeout = "auto" if timeout is None else timeout
        outcomes = waiting.wait_for(shell, client, making.jobs, limit)
        conclude(shell, outcomes, place, many=len(files) > 1, told=True)


def _each_once(shell: Shell, files: Sequence[str]) -> tuple[str, ...]:
    """Every file once: overlapping patterns and other spellings name it again."""
    first: dict[tuple[int, int], str] = {}
    for name in dict.fromkeys(files):
        seen = Path(name).stat()
        same = first.setdefault((seen.st_dev, seen.st_ino), name)
        if same != name:
            shell.note(f"{name} is the same file as {same}; it is uploaded once.")
    return tuple(first.values())


def _print_made(shell: Shell, jobs: Sequence[Job], files: Sequence[str]) -> None:
    documents = [plain(job.data) for job in jobs]
    if shell.as_json:
        shell.put_document(as_list(documents) if len(files) > 1 else documents[0])
    elif not shell.quiet:
        titles = ("id", "status", "file")
        rows = [[job.id, job.status, name] for job, name in zip(jobs, files, strict=False)]
        shell.put_list(as_list(documents), titles, rows)
        shell.note(f"Next: {waiting.resume([job.id for job in jobs])}")


def _upload_all(shell: Shell, client: Sume, files: Sequence[str], jobs: list[Job]) -> None:
    with Meter(shell) as meter:
        for index, name in enumerate(files):
            if Path(name).is_fifo():
                shell.note(f"Waiting for what is written into {name} ...")
            with _OnItsWay(files[index:], meter.upload(Path(name).name)) as upload:
                jobs.append(client.uploads.asset_video(name, on_progress=upload.moved))
                waiting.announce(shell, jobs[-1:])


class _OnItsWay:
    """The first of some files on its way; whatever stops it names the files that are left.

    Args:
        files: This one and those after it.
        show: What shows how much of it is gone.
    """

    def __init__(self, files: Sequence[str], show: Callable[[int, int, int], None]) -> None:
        self._files = files
        self._show = show
        self._whole = False

    def moved(self, sent: int, total: int, attempt: int) -> None:
        """So much of it is gone; once all is, its ingest may be asked for."""
        self._whole = sent >= total
        self._show(sent, total, attempt)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, tb: object) -> None:
        if isinstance(error, KeyboardInterrupt):
            raise self._interrupted(error) from error
        if isinstance(error, SumeError):
            raise self._stopped(error) from error

    def _interrupted(self, signal: KeyboardInterrupt) -> CommandError:
        from sume_ext.uploads import created_nothing  # noqa: PLC0415  (only uploads need it)

        name = self._files[0]
        message = f"interrupted; nothing was created of {name}."
        hint = f"Run it again: {_again(self._files)}"
        if self._whole and not created_nothing(signal):
            message = f"interrupted while {name} was being finished; it may have been accepted."
            hint = self._look_first()
        return CommandError(message, code="interrupted", hint=hint, exit_code=INTERRUPTED)

    def _stopped(self, error: SumeError) -> Exception:
        if error.job_ids:
            rest = self._files[1:]
            return UnfinishedError(error, f"- then: {_again(rest)}", mend=True) if rest else error
        if isinstance(error, OutcomeUnknownError):
            return UnfinishedError(error, self._look_first(), mend=False)
        advised = isinstance(error, APIError) or error.hint != error.default_hint
        go_on = f"Nothing was created of {self._files[0]}; go on with: {_again(self._files)}"
        return UnfinishedError(error, go_on, mend=advised)

    def _look_first(self) -> str:
        hint = f"Look first: {LOOK} - if it has no job: {_again(self._files)}"
        rest = self._files[1:]
        return f"{hint} - if it has one: {_again(rest)}" if rest else hint


def _again(files: Sequence[str]) -> str:
    return shlex.join(["sume", "assets", "upload", *files])


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
    if shell.quiet and not shell.show_urls:
        raise CommandError(
            "with --quiet there is only the URL to print, which is private.",
            code="usage",
            hint="Add --show-urls to get it. Nothing was sent.",
        )
    with shell.connect() as client:
        url = upload_source(shell, client, file)
    if shell.quiet and not shell.as_json:
        shell.put_ids([url])
    else:
        shell.put_record({"media_url": url})
