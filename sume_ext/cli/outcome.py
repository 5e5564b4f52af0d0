"""The end of a wait: what is printed, what is downloaded, which exit code is due.

Whatever happened to the jobs, stdout gets them as they stand, before any failure is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sume_ext.cli import columns, waiting
from sume_ext.cli.failures import UnfinishedError
from sume_ext.cli.shell import plain
from sume_ext.cli.transfers import fetch, lines_of, resumed_by_download

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sume_ext import Result
    from sume_ext.cli.places import Place
    from sume_ext.cli.shell import Shell
    from sume_ext.cli.waiting import Outcomes
    from sume_ext.downloads import Downloads


def conclude(
    shell: Shell,
    outcomes: Outcomes,
    download: Place | None,
    *,
    many: bool,
    told: bool = False,
) -> None:
    """Download what completed, print everything, raise what went wrong.

    Args:
        shell: The invocation's.
        outcomes: How each wait ended.
        download: Where files go, or None for no download.
        many: Whether stdout gets a list even when there is one job.
        told: Whether stdout has the ids already.

    Raises:
        SumeError: A job didn't complete.
        UnfinishedError: A file didn't arrive.
    """
    silent = told and shell.quiet and not shell.as_json
    if download is None:
        if not silent:
            documents = waiting.documents(outcomes)
            _print_jobs(shell, documents, many=many)
            if not many and documents[0].get("status") == "completed":
                shell.note(
                    f"Next: sume jobs result {documents[0]['id']} (add --download for files)"
                )
    else:
        try:
            results, files = _fetch_completed(shell, outcomes, download)
        except UnfinishedError:
            if not silent:
                _print_jobs(shell, waiting.documents(outcomes), many=many)
            raise
        unfinished = waiting.documents([o for o in outcomes if o.error is not None])
        if not silent:
            _print_delivered(shell, results, files, unfinished, many=many)
    waiting.raise_worst(outcomes, download)


def _fetch_completed(
    shell: Shell, outcomes: Outcomes, place: Place
) -> tuple[list[Result], list[Downloads]]:
    completed = [outcome.job for outcome in outcomes if outcome.error is None]
    with resumed_by_download([job.id for job in completed], place):
        results = [job.result() for job in completed]
    return results, fetch(shell, results, place)


def _print_jobs(shell: Shell, documents: list[dict[str, Any]], *, many: bool) -> None:
    if not many:
        shell.put_record(documents[0])
        return
    titles, rows = columns.rows_of("jobs.list", shell.visible(documents))
    shell.put_list(as_list(documents), titles, rows)


def as_list(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Documents in the API's list envelope."""
    return {"object": "list", "data": documents, "has_more": False, "next_cursor": None}


def deliver(
    shell: Shell,
    results: Sequence[Result],
    place: Place,
    *,
    many: bool,
) -> None:
    """Download the files of some results, then print what there is now.

    Raises:
        UnfinishedError: A file didn't arrive.
    """
    _print_delivered(shell, results, fetch(shell, results, place), (), many=many)


def _print_delivered(
    shell: Shell,
    results: Sequence[Result],
    files: list[Downloads],
    unfinished: Sequence[dict[str, Any]],
    *,
    many: bool,
) -> None:
    documents = [
        {**shell.visible(plain(result.data)), **_told(paths)}
        for result, paths in zip(results, files, strict=True)
    ]
    documents += shell.visible([*unfinished])
    if shell.as_json:
        shell.write_json(as_list(documents) if many else documents[0])
    elif shell.quiet:
        shell.put_ids(document.get("id") for document in documents)
    else:
        _print_files(shell, results, files)
        for document in unfinished:
            shell.put_record(document)


def _told(paths: Downloads) -> dict[str, list[str]]:
    """A result's files, and those of them that were there already and stayed as they were."""
    kept = [str(path) for path, how in zip(paths, paths.outcomes, strict=True) if how == "kept"]
    return {"files": [*map(str, paths)], "kept": kept}


def _print_files(shell: Shell, results: Sequence[Result], files: list[Downloads]) -> None:
    from sume_ext.cli.render import size  # noqa: PLC0415  (brings rich)

    for result, paths in zip(results, files, strict=True):
        shell.put_lines(lines_of(paths, size))
        if not paths:
            shell.note(f"{result.job_id} has no files; see: sume jobs result {result.job_id}")
