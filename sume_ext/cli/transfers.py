"""Files on their way, as a person sees it; what broke is sent or fetched again by the same command.

Progress goes to stderr and only where it can move; off a terminal there is a line a file.
"""

from __future__ import annotations

import shlex
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Self

from sume_ext.cli.failures import INTERRUPTED, CommandError, UnfinishedError
from sume_ext.errors import DownloadError, ServerError, SumeError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from sume_ext import Result
    from sume_ext.cli.shell import Shell
    from sume_ext.transfers.progress import Progress

DEFAULT_DIRECTORY = "outputs"


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
        if self._shown:
            self._board.moved(progress.name, progress.received, progress.total)

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


def fetch(shell: Shell, results: Sequence[Result], directory: str) -> list[list[Path]]:
    """Download every file of some results; each result's paths.

    Raises:
        CommandError: Ctrl-C; what is whole stays.
        UnfinishedError: A file didn't arrive; what is whole stays.
    """
    ids = [result.job_id for result in results]
    with resumed_by_download(ids, directory), Meter(shell) as meter:
        return [result.download(directory, on_progress=meter.download) for result in results]


@contextmanager
def resumed_by_download(ids: Sequence[str], directory: str) -> Generator[None, None, None]:
    """Have whatever ends the way from completed jobs to their files name the command that goes on.

    Args:
        ids: The jobs.
        directory: Where the files go.

    Raises:
        CommandError: Ctrl-C.
        UnfinishedError: Something failed.
    """
    again = shlex.join(["sume", "jobs", "download", *ids, "--to", directory])
    try:
        with stoppable(again):
            yield
    except (SumeError, OSError) as error:
        passing = isinstance(error, ServerError | TransportError | DownloadError)
        mend = not passing or getattr(error, "step", "") == "write"
        go_on = f"What there is is kept; go on with: {again}"
        raise UnfinishedError(error, go_on, mend=mend) from error


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


def lines_of(paths: Sequence[Path], render_size: Callable[[float], str]) -> list[str]:
    """A line for each file."""
    return [f"{path}  {render_size(path.stat().st_size)}" for path in paths]
