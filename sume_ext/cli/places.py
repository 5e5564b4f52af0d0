"""Where downloads go. A place that can't take files is refused before anything is sent or paid.

What can be seen of it without leaving a trace is looked at; that the disk fills up later, or
that somebody takes the directory away, is a failed download, which a command then resumes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from attrs import frozen

from sume_ext.cli.failures import CommandError

DEFAULT_DIRECTORY = "outputs"


@frozen
class Place:
    """A directory for downloads.

    Attributes:
        directory: Its path, as it was written.
        overwrite: Whether files that are there already are replaced.
    """

    directory: str
    overwrite: bool = False

    def words(self, flag: str) -> list[str]:
        """The flags that name it on a command line."""
        return [flag, self.directory, *(["--overwrite"] if self.overwrite else [])]


def place_of(directory: str | None, *, overwrite: bool) -> Place | None:
    """The place that a command line names, or None for no download.

    Raises:
        CommandError: Something is to be replaced, but nothing downloaded.
    """
    if directory is not None:
        return Place(directory, overwrite)
    if overwrite:
        raise CommandError("--overwrite is for downloads.", code="usage", hint="Add --download.")
    return None


class Directory(click.Path):
    """A directory that is there, or can be made, and can be written to."""

    def __init__(self) -> None:
        super().__init__(file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path as it was written, if files can go there."""
        directory = str(value)
        if problem := problem_of(directory):
            self.fail(problem, param, ctx)
        return directory


def problem_of(directory: str) -> str | None:
    """Why no file can go into a directory, or None."""
    from tempfile import TemporaryFile  # noqa: PLC0415  (only downloads need it)

    from sume_ext.transfers.file_names import is_url  # noqa: PLC0415

    if is_url(directory):
        return "it is a URL; give a directory of this machine."
    if not directory or "\0" in directory:
        return "it is no path; give a directory."
    path = Path(directory)
    try:
        path = _nearest(path)
        if not path.is_dir():
            return f"{path} is a file; give a directory."
        with TemporaryFile(dir=path):
            return None
    except OSError as error:
        return f"can't write into {path}: {error.strerror}."


def _nearest(path: Path) -> Path:
    """The path itself if there is something, else the nearest one above it where there is."""
    while True:
        try:
            path.lstat()
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            if path.is_symlink() or path == path.parent:
                raise
            path = path.parent
        else:
            return path
