"""The end of a wait: what is printed, what is downloaded, which exit code is due.

Whatever happened to the jobs, stdout gets them as they stand, before any failure is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sume_ext.cli import columns, waiting
from sume_ext.cli.shell import plain
from sume_ext.cli.transfers import fetch, lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sume_ext import Result
    from sume_ext.cli.shell import Shell
    from sume_ext.cli.waiting import Outcome


def conclude(
    shell: Shell,
    outcomes: Sequence[Outcome],
    download: str | None,
    *,
    many: bool,
    told: bool = False,
) -> None:
    """Download what completed, print everything, raise what went wrong.

    Args:
        shell: The invocation's.
        outcomes: How each wait ended.
        download: The directory for files, or None for no download.
        many: Whether stdout gets a list even when there is one job.
        told: Whether stdout has the ids already.

    Raises:
        SumeError: A job didn't complete, or a file didn't arrive.
    """
    silent = told and shell.quiet and not shell.as_json
    if download is None:
        if not silent:
            _print_jobs(shell, waiting.documents(outcomes), many=many)
    else:
        results = [outcome.job.result() for outcome in outcomes if outcome.error is None]
        unfinished = waiting.documents([o for o in outcomes if o.error is not None])
        deliver(shell, results, download, unfinished=unfinished, many=many, silent=silent)
    waiting.raise_worst(outcomes)


def _print_jobs(shell: Shell, documents: list[dict[str, Any]], *, many: bool) -> None:
    if not many:
        shell.put_record(documents[0])
        if documents[0].get("status") == "completed":
            shell.note(f"Next: sume jobs result {documents[0]['id']} (add --download for files)")
        return
    titles, rows = columns.rows_of("jobs.list", shell.visible(documents))
    shell.put_list(as_list(documents), titles, rows)


def as_list(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Documents in the API's list envelope."""
    return {"object": "list", "data": documents, "has_more": False, "next_cursor": None}


def deliver(
    shell: Shell,
    results: Sequence[Result],
    directory: str,
    *,
    unfinished: Sequence[dict[str, Any]] = (),
    many: bool,
    silent: bool = False,
) -> None:
    """Download the files of some results, then print what there is now.

    Raises:
        TransferError: A file didn't arrive.
    """
    files = fetch(shell, results, directory)
    documents = [
        {**shell.visible(plain(result.data)), "files": [str(path) for path in paths]}
        for result, paths in zip(results, files, strict=True)
    ]
    documents += shell.visible([*unfinished])
    if silent:
        return
    if shell.as_json:
        shell.write_json(as_list(documents) if many else documents[0])
    elif shell.quiet:
        shell.put_ids(document.get("id") for document in documents)
    else:
        _print_files(shell, results, files)
        for document in unfinished:
            shell.put_record(document)


def _print_files(shell: Shell, results: Sequence[Result], files: list[list[Path]]) -> None:
    from sume_ext.cli.render import size  # noqa: PLC0415  (brings rich)

    for result, paths in zip(results, files, strict=True):
        shell.put_lines(lines_of(paths, size))
        if not paths:
            shell.note(f"{result.job_id} has no files; see: sume jobs result {result.job_id}")
