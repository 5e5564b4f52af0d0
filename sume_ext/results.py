"""What a completed job made: its media files, wherever the answer holds them, and its payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sume_ext.downloads import (
    MOST_BYTES,
    Downloads,
    Options,
    Progress,
    download_all,
    download_one,
    media_of,
)
from sume_ext.errors import InvalidArgumentError
from sume_ext.secrecy.border import bordered
from sume_ext.secrecy.quoting import shown, shown_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from pathlib import Path

    from sume_ext.calling.calls import Reply
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.media import MediaFile


class _MediaView:
    """What a media file shows, in both worlds.

    Args:
        engine: The client's.
        job_id: The job that made it.
        index: Its place among the result's files, from 0.
        file: What the answer says of it.
    """

    def __init__(self, engine: Engine, job_id: str, index: int, file: MediaFile) -> None:
        self._engine = engine
        self._job_id = job_id
        self._index = index
        self._file = file

    @property
    def url(self) -> str:
        """Where it is. It may be signed, so it is not for logs."""
        return self._file.url

    @property
    def kind(self) -> str | None:
        """``image``, ``video`` or ``audio``, or None when the answer doesn't say."""
        return self._file.kind

    @property
    def content_type(self) -> str | None:
        """As in ``video/mp4``, or None when the answer doesn't say."""
        return self._file.content_type

    @property
    def place(self) -> str:
        """Where in the answer it was found, as in ``result.media[0].url``."""
        return self._file.place

    def _download(self, path: str | PathLike[str], options: Options) -> Flow[Path]:
        return download_one(self._engine, self._job_id, self._index, self._file, path, options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kind or 'file'} at {shown(self._file.place)}>"


@bordered
class Media(_MediaView):
    """One media file of a result; its repr shows no URL."""

    def download(
        self,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        max_bytes: int = MOST_BYTES,
        on_progress: Callable[[Progress], object] | None = None,
        timeout: float | None = None,
    ) -> Path:
        """Download it, whole or not at all; what an interrupted run left is gone on with.

        Args:
            path: The file to write, or a directory (one that is there, or a path that ends in a
                slash), where it gets a name made of the job's id. Missing directories are made.
                A URL is refused.
            overwrite: Whether to replace a file that is there already. If not, it stays as it is,
                nothing is downloaded, and its path is the answer.
            max_bytes: The most it may hold; 20 GiB by default.
            on_progress: Called with each `sume_ext.downloads.Progress`, at most 20 times a second.
                What it raises ends the download unchanged.
            timeout: Seconds for all of it; None for as long as bytes come. The client's own timeout
                is for its calls to the API. A server that sends nothing for 30 seconds, or less
                than 32 KiB in them, is asked again a few times and then given up either way.

        Returns:
            Where it is.

        Raises:
            DownloadError: It couldn't be downloaded whole; nothing half stands under its name.
            InvalidArgumentError: `path` is a URL.
        """
        return self._engine.block(
            self._download(path, Options(overwrite, max_bytes, on_progress, timeout))
        )


@bordered
class AsyncMedia(_MediaView):
    """One media file of a result, to await; its repr shows no URL."""

    async def download(
        self,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        max_bytes: int = MOST_BYTES,
        on_progress: Callable[[Progress], object] | None = None,
        timeout: float | None = None,
    ) -> Path:
        """As `Media.download`."""
        return await self._engine.soon(
            self._download(path, Options(overwrite, max_bytes, on_progress, timeout))
        )


class _ResultView:
    """What a result shows, in both worlds."""

    def __reduce__(self) -> NoReturn:
        raise InvalidArgumentError(
            "a result belongs to its client and can't be pickled or copied.",
            hint="Keep result.job_id, and use sume.jobs.result(id) wherever it is needed.",
        )

    def __init__(self, engine: Engine, reply: Reply[Any], job_id: str) -> None:
        self._engine = engine
        self._reply = reply
        self._job_id = job_id
        self._files = media_of(reply.raw)

    @property
    def job_id(self) -> str:
        """The job's id, as it was asked for: the answer need not repeat it."""
        return self._job_id

    @property
    def data(self) -> Any:
        """The typed payload: the generated model of the whole answer, or its JSON.

        What a result holds varies by the type of its job: one that the schema doesn't describe
        comes as lists and dicts, whose repr, as the models', shows no secret.
        """
        return self._reply.parsed

    @property
    def request_id(self) -> str | None:
        """The API's id of the request, for support."""
        return shown_id(self._reply.request_id)

    def _download(self, directory: str | PathLike[str], options: Options) -> Flow[Downloads]:
        return download_all(self._engine, self.job_id, self._files, directory, options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.job_id}: {len(self._files)} media>"


@bordered
class Result(_ResultView):
    """A job's result.

    Attributes:
        media: Its files, in the API's order.
    """

    def __init__(self, engine: Engine, reply: Reply[Any], job_id: str) -> None:
        super().__init__(engine, reply, job_id)
        self.media = tuple(
            Media(engine, self.job_id, index, file) for index, file in enumerate(self._files)
        )

    def download(
        self,
        directory: str | PathLike[str],
        *,
        overwrite: bool = False,
        max_bytes: int = MOST_BYTES,
        on_progress: Callable[[Progress], object] | None = None,
        timeout: float | None = None,
    ) -> Downloads:
        """Download every media file into a directory, several at once.

        Their names are made of the job's id, the file's place and its type, as in
        ``job_123-1.mp4``, so downloading again finds what is there already. What came of a file
        before a break, a Ctrl-C or a kill stays beside it in a hidden ``.part`` file, and the next
        download goes on with it, in any process, if the server proves that it is the same file.

        Args:
            directory: Where to put them; made when missing. A URL is refused.
            overwrite: Whether to replace files that are there already. If not, they stay as they
                are, aren't downloaded, and their paths are in the answer all the same.
            max_bytes: The most one file may hold; 20 GiB by default.
            on_progress: Called with each `sume_ext.downloads.Progress`, at most 20 times a second
                for each file, and once more with each file's outcome. What it raises ends the
                downloads unchanged.
            timeout: Seconds for all files together; otherwise as for `Media.download`.

        Returns:
            Their paths, in the order of `media`; ``outcomes`` tells of each whether it was
            ``"downloaded"``, ``"resumed"`` where an earlier run had stopped, or ``"kept"``.

        Raises:
            DownloadError: One couldn't be downloaded whole; the others are kept.
            InvalidArgumentError: `directory` is a URL.
        """
        return self._engine.block(
            self._download(directory, Options(overwrite, max_bytes, on_progress, timeout))
        )


@bordered
class AsyncResult(_ResultView):
    """A job's result; as `Result`, to await.

    Attributes:
        media: Its files, in the API's order.
    """

    def __init__(self, engine: Engine, reply: Reply[Any], job_id: str) -> None:
        super().__init__(engine, reply, job_id)
        self.media = tuple(
            AsyncMedia(engine, self.job_id, index, file) for index, file in enumerate(self._files)
        )

    async def download(
        self,
        directory: str | PathLike[str],
        *,
        overwrite: bool = False,
        max_bytes: int = MOST_BYTES,
        on_progress: Callable[[Progress], object] | None = None,
        timeout: float | None = None,
    ) -> Downloads:
        """As `Result.download`."""
        return await self._engine.soon(
            self._download(directory, Options(overwrite, max_bytes, on_progress, timeout))
        )
