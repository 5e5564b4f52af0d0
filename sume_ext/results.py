"""What a completed job made: its media files, wherever the answer holds them, and its payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sume_ext import roles
from sume_ext.downloads import Progress, download_all
from sume_ext.media import MediaFile, media_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from pathlib import Path

    from sume_ext.calls import Reply
    from sume_ext.engine import Engine


class Media:
    """One media file of a result; its repr shows no URL.

    Args:
        engine: The client's.
        file: What the answer says of it.
    """

    def __init__(self, engine: Engine, file: MediaFile) -> None:
        self._engine = engine
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

    def __repr__(self) -> str:
        return f"<Media {self.kind or 'file'} at {self._file.place}>"


class _ResultView:
    """What a result shows, in both worlds."""

    def __init__(self, engine: Engine, reply: Reply[Any]) -> None:
        self._engine = engine
        self._reply = reply
        self._files = media_in(roles.RESULT.find(reply.raw))
        self.media = tuple(Media(engine, file) for file in self._files)

    @property
    def job_id(self) -> str:
        """The job's id."""
        return str(roles.JOB_ID.require(self._reply.raw, "jobs.result"))

    @property
    def data(self) -> Any:
        """The typed payload: the generated model of the whole answer."""
        return self._reply.parsed

    @property
    def request_id(self) -> str | None:
        """The API's id of the request, for support."""
        return self._reply.request_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.job_id}: {len(self.media)} media>"


class Result(_ResultView):
    """A job's result.

    Attributes:
        media: Its files, in the API's order.
    """

    def download(
        self,
        directory: str | PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> list[Path]:
        """Download every media file into a directory, which is made when missing.

        Args:
            directory: Where to put them.
            overwrite: Whether to replace files that are there already.
            on_progress: Called with each `sume_ext.downloads.Progress`.

        Returns:
            Their paths, in the order of `media`.

        Raises:
            DownloadError: One couldn't be downloaded whole.
        """
        return self._engine.block(
            download_all(self._engine, self.job_id, self._files, directory, overwrite, on_progress)
        )


class AsyncResult(_ResultView):
    """A job's result; as `Result`, to await.

    Attributes:
        media: Its files, in the API's order.
    """

    async def download(
        self,
        directory: str | PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> list[Path]:
        """As `Result.download`."""
        return await self._engine.soon(
            download_all(self._engine, self.job_id, self._files, directory, overwrite, on_progress)
        )
