"""Downloads of result media: without our credentials, whole or not at all.

A file is written beside its final name and takes it when its length, and any checksum the server
offers, are right. A break is resumed where the server proves that the file is still the same one.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen

from sume_ext.calling.calls import perform
from sume_ext.errors import DownloadError, InvalidArgumentError, SumeError
from sume_ext.flow import All, Do
from sume_ext.media import MediaFile, media_in
from sume_ext.transfers.fetching import Fetch, Plan, StoppedError, StopSign
from sume_ext.transfers.file_names import file_name, is_url
from sume_ext.transfers.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

    Listener = Callable[[Progress], object]

__all__ = ["Options", "Progress", "download_all", "download_one", "media_of"]

MOST_BYTES: Final = 20 * 1024**3
_AT_ONCE: Final = 4


@frozen
class Options:
    """What a caller may choose.

    Attributes:
        overwrite: Whether to replace a file that stands under the final name.
        max_bytes: The most that one file may hold.
        on_progress: Called with each `Progress`.
    """

    overwrite: bool = False
    max_bytes: int = MOST_BYTES
    on_progress: Listener | None = field(default=None, repr=False)


def media_of(raw: Any) -> tuple[MediaFile, ...]:
    """The media files of a result's JSON, wherever it holds them, in the API's order."""
    return media_in(raw)


def download_all(
    engine: Engine,
    job_id: str,
    files: Sequence[MediaFile],
    directory: str | os.PathLike[str],
    options: Options,
) -> Flow[list[Path]]:
    """Every file of a result, several at once; answers with their paths, in order."""
    _refuse_url(directory)
    folder = Path(directory)
    yield Do(partial(_make_folder, folder))
    if options.on_progress is not None and len(files) > 1:
        options = evolve(options, on_progress=_one_at_a_time(options.on_progress))
    sign = StopSign()
    flows = tuple(
        _fetch(engine, job_id, one, folder / file_name(job_id, index, one), options, sign)
        for index, one in enumerate(files)
    )
    if len(flows) == 1:
        return [(yield from flows[0])]
    return _paths((yield All(flows, limit=_AT_ONCE)))


def download_one(
    engine: Engine,
    job_id: str,
    index: int,
    file: MediaFile,
    path: str | os.PathLike[str],
    options: Options,
) -> Flow[Path]:
    """One file of a result, to a path, or into a directory under the name it would get there."""
    _refuse_url(path)
    target = Path(path)
    if (yield Do(target.is_dir)):
        target /= file_name(job_id, index, file)
    else:
        yield Do(partial(_make_folder, target.parent))
    return (yield from _fetch(engine, job_id, file, target, options, StopSign()))


def _fetch(
    engine: Engine, job_id: str, file: MediaFile, path: Path, options: Options, sign: StopSign
) -> Flow[Path]:
    plan = Plan(
        url=file.url,
        path=path,
        base_url=engine.settings.config.base_url,
        overwrite=options.overwrite,
        max_bytes=options.max_bytes,
        renew=lambda: _renewed(engine, job_id, file.place),
        listener=options.on_progress,
    )
    return Fetch(plan, engine.settings, sign).flow()


def _renewed(engine: Engine, job_id: str, place: str) -> Flow[str | None]:
    """The URL that the result has now where it had one that is refused."""
    call = engine.lookup("jobs.result")
    reply = yield from perform(engine.settings, call, call.arguments(job_id))
    return next((file.url for file in media_of(reply.raw) if file.place == place), None)


def _refuse_url(target: object) -> None:
    if is_url(target):
        raise InvalidArgumentError(
            "downloads take the media URLs of a result, and where to save them; not a URL.",
            hint="Pass a directory or a path. Fetch any other URL with a tool of your own, such as "
            "curl or httpx.get(); it gets neither your key nor this client's checks.",
        )
    kind, text = type(target).__name__, str(target)
    if not isinstance(target, (str, os.PathLike)) or "\0" in text:
        raise InvalidArgumentError(
            f"a {kind} is no place for a file.", hint="Pass a directory or a path."
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"can't make the directory: {error.strerror}.", step="write", hint="Choose another."
        ) from None


def _one_at_a_time(listener: Listener) -> Listener:
    """Synchronous code downloads in threads; a listener needn't know."""
    mutex = threading.Lock()

    def tell(progress: Progress) -> None:
        with mutex:
            listener(progress)

    return tell


def _paths(outcomes: list[Any]) -> list[Path]:
    """The paths, or the failure that says most: a listener's own first."""
    failures = [one for one in outcomes if isinstance(one, BaseException)]
    if not failures:
        return outcomes
    told = [one for one in failures if not isinstance(one, StoppedError)] or failures
    first = next((one for one in told if not isinstance(one, SumeError)), told[0])
    if isinstance(first, DownloadError):
        first.hint = f"{first.hint} {len(failures)} of {len(outcomes)} files are missing."
    raise first
