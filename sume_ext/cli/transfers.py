"""Files on their way, as a person sees it; what broke is sent or fetched again by the same command.

Progress goes to stderr and only where it can move; off a terminal there is a line a file.
"""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from attrs import Factory, define

from sume_ext.cli.failures import API, INTERRUPTED, CommandError, UnfinishedError
from sume_ext.errors import (
    ConflictError,
    DownloadError,
    JobError,
    NotFoundError,
    ServerError,
    SumeError,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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


@define
class Fetched:
    """What became of the files of several jobs.

    Attributes:
        delivered: Each result that is here whole, with its files.
        missing: Why the others aren't, by their ids.
    """

    delivered: list[tuple[Result, Downloads]] = Factory(list["tuple[Result, Downloads]"])
    missing: dict[str, SumeError | OSError] = Factory(dict[str, "SumeError | OSError"])

    def raise_missing(self, place: Place) -> None:
        """Raise why something is missing, with the command that goes on.

        Raises:
            SumeError: The only job has no result.
            CommandError: Some of several have none.
            UnfinishedError: Files didn't arrive.
        """
        broken = {one: e for one, e in self.missing.items() if not isinstance(e, _NO_RESULT)}
        if broken:
            error = next(iter(broken.values()))
            passing = isinstance(error, ServerError | TransportError | DownloadError)
            mend = not passing or _of_place(error)
            go_on = f"What has arrived is kept; go on with: {_again([*broken], place)}"
            raise UnfinishedError(error, go_on, mend=mend) from error
        asked = len(self.delivered) + len(self.missing)
        if asked == 1 and self.missing:
            raise next(iter(self.missing.values()))
        if self.missing:
            raise CommandError(
                f"{len(self.missing)} of {asked} jobs have no result: {', '.join(self.missing)}.",
                code="no_result",
                hint=f"Look at them with: {shlex.join(['sume', 'jobs', 'wait', *self.missing])}",
                exit_code=API,
            )


_NO_RESULT = (NotFoundError, ConflictError, JobError)


def fetch(shell: Shell, wanted: Mapping[str, Callable[[], Result]], place: Place) -> Fetched:
    """Download every file of some jobs; what one lacks doesn't keep the others from coming.

    Args:
        shell: The invocation's.
        wanted: What gives each job's result, by the job's id.
        place: Where the files go.

    Raises:
        CommandError: Ctrl-C; what is whole stays.
    """
    fetched = Fetched()
    stopped: SumeError | OSError | None = None
    with stoppable(_again([*wanted], place)), Meter(shell) as meter:
        for job_id, result_of in wanted.items():
            if stopped is not None:
                fetched.missing[job_id] = stopped
                continue
            try:
                result = result_of()
                paths = result.download(
                    place.directory, overwrite=place.overwrite, on_progress=meter.download
                )
            except (SumeError, OSError) as error:
                fetched.missing[job_id] = error
                stopped = None if _of_one(error) else error
            else:
                fetched.delivered.append((result, paths))
    return fetched


def _of_one(error: SumeError | OSError) -> bool:
    """Whether a failure says nothing of the files of other jobs."""
    return isinstance(error, (DownloadError, *_NO_RESULT)) and not _of_place(error)


def _of_place(error: SumeError | OSError) -> bool:
    return isinstance(error, DownloadError) and error.step == "write"


def _again(ids: Sequence[str], place: Place) -> str:
    return shlex.join(["sume", "jobs", "download", *ids, *place.words("--to")])


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
