"""What moves on a terminal while something takes long: jobs and transfers, on stderr.

Everything here disappears when it is done; what is to stay is a result, and goes to stdout.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.spinner import Spinner
from rich.table import Column
from rich.text import Text

from sume_ext.cli.failures import clean
from sume_ext.cli.history import history_of, time_of
from sume_ext.cli.render import console_for, span
from sume_ext.cli.shell import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from sume_ext import Job, JobEvent, Sume

_ROWS = 8
_FRAMES = 8


class _Row:
    """One job on the board."""

    def __init__(self, job: Job) -> None:
        self.id = job.id
        self.type = job.type
        self.status = job.status
        self.done = job.terminal
        created = time_of(plain(job.data).get("created_at")) if job.data is not None else None
        age = 0.0 if created is None else max(0.0, time.time() - created)
        self.since = time.monotonic() - age


class JobBoard:
    """Jobs being waited for: status, age, and how long such jobs took before.

    Args:
        client: For a look at past jobs.
        jobs: The jobs.
    """

    def __init__(self, client: Sume, jobs: Sequence[Job]) -> None:
        self._rows = {job.id: _Row(job) for job in jobs}
        self._client = client
        self._usual: dict[str | None, float | None] = {}
        self._spinner = Spinner("dots")
        self._live = Live(
            get_renderable=self._draw,
            console=console_for(sys.stderr),
            refresh_per_second=_FRAMES,
            transient=True,
        )

    def event(self, event: JobEvent) -> None:
        """A job's status changed."""
        row = self._rows[event.job_id]
        row.status, row.done = event.status, event.terminal
        if event.type:
            row.type = event.type

    def __enter__(self) -> Self:
        self._live.start()
        for kind in {row.type for row in self._rows.values()}:
            self._usual[kind] = history_of(self._client, kind).seconds
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _draw(self) -> Group:
        waiting = [row for row in self._rows.values() if not row.done]
        width = max((len(row.status) for row in waiting), default=0)
        lines = [self._line(row, width) for row in waiting[:_ROWS]]
        if len(self._rows) > 1:
            done = len(self._rows) - len(waiting)
            lines.append(_line(("  ", ""), (f"{done} of {len(self._rows)} done", "bold")))
        return Group(*lines)

    def _line(self, row: _Row, width: int) -> Text:
        """What matters most comes first: a narrow terminal cuts the end off."""
        usual = self._usual.get(row.type)
        return _line(
            (str(self._spinner.render(time.monotonic())), ""),
            (f" {clean(row.status).ljust(width)} ", "cyan"),
            (f" {span(time.monotonic() - row.since)}", ""),
            (f" of about {span(usual)}" if usual else "", "dim"),
            (f"  {clean(row.id)}", "dim"),
        )


def _line(*parts: tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


class TransferBoard:
    """Files on their way: a bar, the rate and the time left for each."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn(
                "{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")
            ),
            BarColumn(bar_width=20),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console_for(sys.stderr),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def moved(self, name: str, count: int, total: int | None) -> None:
        """So much of a file is there."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(clean(name), total=total)
        self._progress.update(self._tasks[name], completed=count, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
