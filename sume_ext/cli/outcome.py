"""The end of a wait: what is printed, what is downloaded, which exit code is due.

Whatever happened to the jobs, stdout gets them as they stand, before any failure is told.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sume_ext.cli import columns, waiting
from sume_ext.cli.shell import plain
from sume_ext.cli.transfers import fetch, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sume_ext import Result
    from sume_ext.cli.places import Place
    from sume_ext.cli.shell import Shell
    from sume_ext.cli.transfers import Fetched
    from sume_ext.cli.waiting import Outcomes
    from sume_ext.downloads import Downloads


def conclude(
    shell: Shell,
    outcomes: Outcomes,
    download: Place | None,
    *,
    many: bool,
    told: bool = False,
    beside: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Download what completed, print everything, raise what went wrong.

    Args:
        shell: The invocation's.
        outcomes: How each wait ended.
        download: Where files go, or None for no download.
        many: Whether stdout gets a list even when there is one job.
        told: Whether stdout has the ids already.
        beside: What the JSON document of one job holds besides that job.

    Raises:
        SumeError: A job didn't complete.
        UnfinishedError: A file didn't arrive.
    """
    silent = told and shell.quiet and not shell.as_json
    if download is None:
        if not silent:
            documents = waiting.documents(outcomes)
            _print_jobs(shell, documents, beside, many=many)
            if not many and documents[0].get("status") == "completed":
                shell.note(_next(documents[0]))
    else:
        _conclude_download(shell, outcomes, download, beside, many=many, silent=silent)
    waiting.raise_worst(outcomes, download)


def _next(job: Mapping[str, Any]) -> str:
    """What is usually done with a job that is completed."""
    if job.get("type") == "asset_ingest":
        return "Next: sume assets search, which finds its scenes."
    return f"Next: sume jobs result {job['id']} (add --download for files)"


def _conclude_download(
    shell: Shell,
    outcomes: Outcomes,
    place: Place,
    beside: Mapping[str, Any],
    *,
    many: bool,
    silent: bool,
) -> None:
    completed = [outcome.job for outcome in outcomes if outcome.error is None]
    fetched = fetch(shell, {job.id: job.result for job in completed}, place)
    if not silent:
        left = [o for o in outcomes if o.error is not None or o.job.id in fetched.missing]
        _print_delivered(shell, fetched, waiting.documents(left), beside, many=many)
    fetched.raise_missing(place)


def _print_jobs(
    shell: Shell, documents: list[dict[str, Any]], beside: Mapping[str, Any], *, many: bool
) -> None:
    if not many:
        shell.put_record({**documents[0], **(beside if shell.as_json else {})})
        return
    titles, rows = columns.rows_of("jobs.list", shell.visible(documents))
    shell.put_list(as_list(documents), titles, rows)


def as_list(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Documents in the API's list envelope."""
    return {"object": "list", "data": documents, "has_more": False, "next_cursor": None}


def deliver(
    shell: Shell, wanted: Mapping[str, Callable[[], Result]], place: Place, *, many: bool
) -> Fetched:
    """Download the files of some jobs, then print what there is now.

    Args:
        shell: The invocation's.
        wanted: What gives each job's result, by the job's id.
        place: Where the files go.
        many: Whether stdout gets a list even when there is one job.
    """
    fetched = fetch(shell, wanted, place)
    if fetched.delivered:
        _print_delivered(shell, fetched, (), {}, many=many)
    return fetched


def _print_delivered(
    shell: Shell,
    fetched: Fetched,
    unfinished: Sequence[dict[str, Any]],
    beside: Mapping[str, Any],
    *,
    many: bool,
) -> None:
    documents = [
        {**shell.visible(plain(result.data)), **_told(paths)} for result, paths in fetched.delivered
    ]
    documents += shell.visible([*unfinished])
    if shell.as_json:
        shell.write_json(as_list(documents) if many else {**documents[0], **beside})
    elif shell.quiet:
        shell.put_ids(document.get("id") for document in documents)
    else:
        _print_files(shell, fetched)
        for document in unfinished:
            shell.put_record(document)


def _told(paths: Downloads) -> dict[str, list[str]]:
    """A result's files, and those of them that were there already and stayed as they were."""
    kept = [str(path) for path, how in zip(paths, paths.outcomes, strict=True) if how == "kept"]
    return {"files": [*map(str, paths)], "kept": kept}


def _print_files(shell: Shell, fetched: Fetched) -> None:
    from sume_ext.cli.render import size  # noqa: PLC0415  (brings rich)

    for result, paths in fetched.delivered:
        shell.put_lines(lines_of(paths, size))
        if not paths:
            shell.note(f"{result.job_id} has no files; see: sume jobs result {result.job_id}")
