"""Downloads of result media: without our credentials, whole or not at all.

A file is written beside its final name and takes it when its length, and any checksum the server
offers, are right. A break is resumed where the server proves that the file is still the same one.
"""

from __future__ import annotations

import math
import os
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import evolve, field, frozen

from sume_ext.calling.calls import perform
from sume_ext.errors import DownloadError, InvalidArgumentError, SumeError
from sume_ext.flow import NOW, All, Do
from sume_ext.media import MediaFile, media_in
from sume_ext.runners.interruptions import leave_word
from sume_ext.transfers.fetching import Fetch, Landed, Plan
from sume_ext.transfers.file_names import file_name, is_url
from sume_ext.transfers.kept import digest_of
from sume_ext.transfers.limits import check_listener, deadline_of
from sume_ext.transfers.partial import sweep_old
from sume_ext.transfers.progress import Progress
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.transfers.progress import Outcome

    Listener = Callable[[Progress], object]

__all__ = ["Downloads", "Options", "Progress", "download_all", "download_one", "media_of"]

MOST_BYTES: Final = 20 * 1024**3
_AT_ONCE: Final = 4
_SEPARATORS: Final = tuple(filter(None, (os.sep, os.altsep)))


@frozen
class Options:
    """What a caller may choose.

    Attributes:
        overwrite: Whether to replace a file that stands under the final name.
        max_bytes: The most that one file may hold.
        on_progress: Called with each `Progress`.
        timeout: Seconds for everything, or None for as long as bytes come.
    """

    overwrite: bool = False
    max_bytes: int = MOST_BYTES
    on_progress: Listener | None = field(default=None, repr=False)
    timeout: float | None = None

    def __attrs_post_init__(self) -> None:
        check_listener(self.on_progress)
        if type(self.max_bytes) is not int or self.max_bytes <= 0:
            raise InvalidArgumentError(
                "max_bytes is no number of bytes.", hint="Pass a whole number above 0."
            )


class Downloads(list[Path]):
    """The paths of downloaded files; a list of paths in every other way.

    Attributes:
        outcomes: How each came to be there: ``"downloaded"``, ``"resumed"`` where an earlier run
            had stopped, or ``"kept"`` as it was.
    """

    outcomes: tuple[Outcome, ...]

    def __init__(self, landed: Iterable[Landed]) -> None:
        files = tuple(landed)
        super().__init__(file.path for file in files)
        self.outcomes = tuple(file.outcome for file in files)

    def __reduce__(self) -> tuple[Any, ...]:
        """By what it holds, outcomes included."""
        return Downloads, (tuple(map(Landed, self, self.outcomes)),)


def media_of(raw: Any) -> tuple[MediaFile, ...]:
    """The media files of a result's JSON, wherever it holds them, in the API's order."""
    return media_in(raw)


def download_all(
    engine: Engine,
    job_id: str,
    files: Sequence[MediaFile],
    directory: str | os.PathLike[str],
    options: Options,
) -> Flow[Downloads]:
    """Every file of a result, several at once; answers with their paths, in order."""
    _refuse_url(directory)
    folder = Path(directory)
    latest = deadline_of(options.timeout, (yield NOW))
    yield Do(partial(_make_folder, folder))
    if options.on_progress is not None and len(files) > 1:
        options = evolve(options, on_progress=_one_at_a_time(options.on_progress))
    source = _Source(engine, job_id, options, latest)
    paths = [folder / file_name(job_id, index, one) for index, one in enumerate(files)]
    flows = tuple(map(source.fetch, files, paths))
    try:
        if len(flows) == 1:
            return Downloads([(yield from flows[0])])
        return _all_of(paths, (yield All(flows, limit=_AT_ONCE)))
    except GeneratorExit as end:
        leave_word(end, _how_to_go_on(job_id))
        raise


def download_one(
    engine: Engine,
    job_id: str,
    index: int,
    file: MediaFile,
    path: str | os.PathLike[str],
    options: Options,
) -> Flow[Path]:
    """One file of a result, to a path, or into a directory under the name it would get there.

    A path that ends with a separator means a directory, whether there is one yet or not.
    """
    _refuse_url(path)
    target = Path(path)
    names_folder = os.fspath(path).endswith(_SEPARATORS)
    latest = deadline_of(options.timeout, (yield NOW))
    if names_folder or (yield Do(partial(_is_folder, target))):
        target /= file_name(job_id, index, file)
    yield Do(partial(_make_folder, target.parent))
    source = _Source(engine, job_id, options, latest)
    try:
        return (yield from source.fetch(file, target)).path
    except GeneratorExit as end:
        leave_word(end, _how_to_go_on(job_id))
        raise


def _how_to_go_on(job_id: str) -> str:
    return (
        "The download stopped; what came is kept. "
        f"Next: Download again from sume.jobs.result({job_id!r}): it goes on where it stopped."
    )


@frozen
class _Source:
    """What the downloads of one call have in common.

    Attributes:
        engine: The client's.
        job_id: The job that made the files.
        options: The caller's.
        deadline: Monotonic time at which all must be there.
    """

    engine: Engine
    job_id: str
    options: Options
    deadline: float

    def fetch(self, file: MediaFile, path: Path) -> Flow[Landed]:
        base_url = self.engine.settings.config.base_url
        plan = Plan(
            url=file.url,
            path=path,
            of=digest_of(base_url, self.job_id, file.place),
            base_url=base_url,
            overwrite=self.options.overwrite,
            max_bytes=self.options.max_bytes,
            deadline=self.deadline,
            renew=lambda left: _renewed(self.engine, self.job_id, file, left),
            listener=self.options.on_progress,
        )
        return Fetch(plan, self.engine.settings).flow()


def _renewed(engine: Engine, job_id: str, file: MediaFile, within: float) -> Flow[str | None]:
    """The URL that the result has now for a file whose URL is refused."""
    call = engine.lookup("jobs.result")
    bound = None if within == math.inf else within
    reply = yield from perform(engine.settings, call, call.arguments(job_id), within=bound)
    return _url_of(file, media_of(reply.raw))


def _url_of(file: MediaFile, now: Sequence[MediaFile]) -> str | None:
    """Where a file of a result is in a later answer, which may list files in another order.

    A new signature leaves a URL's path as it is. Where no path is the same, or several are, the
    place in the answer tells, but that is believed of the only file of its kind at most.

    Raises:
        DownloadError: It may be any of several.
    """
    same = [one for one in now if _path_of(one) == _path_of(file)]
    if len(same) == 1:
        return same[0].url
    at = next((one for one in now if one.place == file.place), None)
    if at is not None and [one.kind for one in now if one.kind == file.kind] != [at.kind]:
        raise DownloadError(
            "the result's files have other URLs now, and which is which can't be told.",
            step="url",
            hint="Take the result anew with sume.jobs.result(job_id), and download from that.",
        )
    return None if at is None else at.url


def _path_of(file: MediaFile) -> str:
    return split_url(file.url).path


def _refuse_url(target: object) -> None:
    if is_url(target):
        raise InvalidArgumentError(
            "downloads take the media URLs of a result, and where to save them; not a URL.",
            hint="Pass a directory or a path. Fetch any other URL with a tool of your own, such as "
            "curl or httpx.get(); it gets neither your key nor this client's checks.",
        )
    kind = type(target).__name__
    if not _is_place(target):
        raise InvalidArgumentError(
            f"a {kind} is no place for a file.", hint="Pass a directory or a path."
        )


def _is_place(target: object) -> bool:
    """Whether it is a path that the file system has words for."""
    if not isinstance(target, (str, os.PathLike)):
        return False
    try:
        path = cast("object", os.fspath(cast("os.PathLike[str]", target)))
        return isinstance(path, str) and b"\0" not in os.fsencode(path)
    except Exception:  # noqa: BLE001  (it may be anybody's)
        return False


def _is_folder(path: Path) -> bool:
    """Whether a directory is there; a name too long for one is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"can't make the directory: {error.strerror}.", step="write", hint="Choose another."
        ) from None
    with suppress(OSError):
        sweep_old(folder)


def _one_at_a_time(listener: Listener) -> Listener:
    """Synchronous code downloads in threads; a listener needn't know."""
    mutex = threading.Lock()

    def tell(progress: Progress) -> None:
        with mutex:
            listener(progress)

    return tell


def _all_of(paths: Sequence[Path], outcomes: Sequence[Any]) -> Downloads:
    """What there is, or the failure that says most: one that isn't ours first."""
    failures = [
        (path, one)
        for path, one in zip(paths, outcomes, strict=True)
        if isinstance(one, BaseException)
    ]
    if not failures:
        return Downloads(outcomes)
    path, first = next((one for one in failures if not isinstance(one[1], SumeError)), failures[0])
    if isinstance(first, DownloadError):
        first.message = f"{path.name}: {first.message}"
        first.hint = f"{first.hint} {len(failures)} of {len(outcomes)} files are missing."
        first.missing = tuple(path for path, _ in failures)
        first.present = tuple(path for path in paths if path not in first.missing)
    raise first
