"""Files on their way, as a person sees it; what broke is sent or fetched again by the same command.

Progress goes to stderr and only where it can move; off a terminal there is a line a file.
"""

from __future__ import annotations

import shlex
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sume_ext.cli.failures import INTERRUPTED, CommandError, UnfinishedError
from sume_ext.errors import DownloadError, ServerError, SumeError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from sume_ext import Result, Sume
    from sume_ext.cli.places import Place
    from sume_ext.cli.shell import Shell
    from sume_ext.downloads import Downloads
    from sume_ext.transfers.progress import Progress

_CAME = {"kept": "kept, was there already", "resumed": "resumed"}
"""What a line says of a file that wasn't simply downloaded."""


class Meter:
    """Takes a transfer's progress; shows it if there is somebody to look.

    Args:
        shell: The invocation's.
    """

    def __init__(self, shell: Shell) -> None:
        self._board: Any = nullcontext()
        if shell.lively:
            from sume_ext.cli.live import TransferBoard  # noqa: PLC0415  (brings rich)

            self._board = TransferBoard()
        self._shown = shell.lively

    def download(self, progress: Progress) -> None:
        """So much of a download is here."""
        if self._shown and getattr(progress, "outcome", None) is None:
            self._board.moved(progress.name, progress.received, progress.total)
        elif self._shown:
            self._board.done(progress.name)

    def upload(self, name: str) -> Callable[[int, int, int], None]:
        """What hears how much of an upload is gone."""

        def tell(sent: int, total: int, attempt: int) -> None:
            del attempt
            if self._shown:
                self._board.moved(name, sent, total)

        return tell

    def __enter__(self) -> Self:
        self._board.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._board.__exit__(*failure)


def fetch(shell: Shell, results: Sequence[Result], place: Place) -> list[Downloads]:
    """Download every file of some results; each result's paths, which know how they came.

    Raises:
        CommandError: Ctrl-C; what is whole stays.
        UnfinishedError: A file didn't arrive; what is whole stays.
    """
    ids = [result.job_id for result in results]
    with resumed_by_download(ids, place), Meter(shell) as meter:
        return [
            result.download(place.directory, overwrite=place.overwrite, on_progress=meter.download)
            for result in results
        ]


@contextmanager
def resumed_by_download(ids: Sequence[str], place: Place) -> Generator[None, None, None]:
    """Have whatever ends the way from completed jobs to their files name the command that goes on.

    Args:
        ids: The jobs.
        place: Where the files go.

    Raises:
        CommandError: Ctrl-C.
        UnfinishedError: Something failed.
    """
    again = shlex.join(["sume", "jobs", "download", *ids, *place.words("--to")])
    try:
        with stoppable(again):
            yield
    except (SumeError, OSError) as error:
        passing = isinstance(error, ServerError | TransportError | DownloadError)
        mend = not passing or getattr(error, "step", "") == "write"
        go_on = f"What there is is kept; go on with: {again}"
        raise UnfinishedError(error, go_on, mend=mend) from error


def examined(files: Sequence[str]) -> None:
    """Look at every file before the first is sent; a pipe can be looked at only once.

    Raises:
        UploadError: One can't be uploaded.
    """
    from sume_ext.transfers.source import examine  # noqa: PLC0415  (only uploads need it)

    for name in files:
        if Path(name).is_file():
            examine(name, None, None).close()


def upload_source(shell: Shell, client: Sume, name: str) -> str:
    """Upload a source video for Face Swap; its media URL, which is private.

    Raises:
        CommandError: Ctrl-C; there is no job yet.
    """
    with Meter(shell) as meter:
        listener = meter.upload(Path(name).name)
        try:
            return client.uploads.face_swap_video(name, on_progress=listener)
        except KeyboardInterrupt as signal:
            raise CommandError(
                "interrupted; nothing was created.",
                code="interrupted",
                hint="Run the same command again.",
                exit_code=INTERRUPTED,
            ) from signal


class stoppable:  # noqa: N801  (reads as a word in a with statement)
    """Turns Ctrl-C into a message that names the command that goes on.

    Args:
        again: That command.
    """

    def __init__(self, again: str) -> None:
        self._again = again

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: object, tb: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            raise CommandError(
                "interrupted; what is whole is kept.",
                code="interrupted",
                hint=f"Go on with: {self._again}",
                exit_code=INTERRUPTED,
            ) from (error if isinstance(error, BaseException) else None)


def lines_of(paths: Downloads, render_size: Callable[[float], str]) -> list[str]:
    """A line for each file; one that was there already isn't told as a new one."""
    return [
        "  ".join(filter(None, (str(path), render_size(path.stat().st_size), _CAME.get(how))))
        for path, how in zip(paths, paths.outcomes, strict=True)
    ]
