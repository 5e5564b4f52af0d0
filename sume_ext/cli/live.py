"""What moves on a terminal while something takes long: jobs and transfers, on stderr.

Everything here disappears when it is done; what is to stay is a result, and goes to stdout.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.spinner import Spinner
from rich.table import Column
from rich.text import Text

from sume_ext.cli.failures import clean
from sume_ext.cli.history import history_of
from sume_ext.cli.render import console_for
from sume_ext.cli.shell import plain
from sume_ext.cli.units import epoch, size, span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.progress_bar import ProgressBar

    from sume_ext import Job, JobEvent, Sume

_ROWS = 8
_FRAMES = 8
_AMOUNT = len(" 999.9 kB of 999.9 MB")
_FINISHING = "finishing"
_BAR_FROM = 80
"""The narrowest terminal that has room for a bar beside the numbers."""
_RATE_FROM, _LEFT_FROM = 64, 46
"""The narrowest with room for the rate, and for the time left: a file's name goes before both."""


class _Row:
    """One job on the board."""

    def __init__(self, job: Job) -> None:
        self.id = job.id
        self.type = job.type
        self.status = job.status
        self.done = job.terminal
        created = epoch(plain(job.data).get("created_at")) if job.data is not None else None
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
        console = console_for(sys.stderr)
        self._spinner = Spinner("dots" if console.encoding.startswith("utf") else "line")
        self._live = Live(
            get_renderable=self._draw,
            console=console,
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
        """Show the board at once, then look up what is usual; no failure leaves it on the screen.

        Nobody calls `__exit__` when this doesn't return.
        """
        try:
            self._live.start()
            for kind in {row.type for row in self._rows.values()}:
                self._usual[kind] = history_of(self._client, kind).seconds
        except BaseException:
            self._live.stop()
            raise
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
            more = f", {len(waiting) - _ROWS} more waiting" if len(waiting) > _ROWS else ""
            said = (f"{done} of {len(self._rows)} done", "bold")
            lines.append(_line(("  ", ""), said, (more, "dim")))
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
    """Files on their way: a bar, how much is gone, the rate and the time left for each.

    The last byte on its way isn't the end: storage, or the disk, has yet to take the file. Until
    `done` says so, the line says that it is being finished.
    """

    def __init__(self) -> None:
        console = console_for(sys.stderr)
        bar = [_Bar(bar_width=20)] if console.width >= _BAR_FROM else []
        name = TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(
                no_wrap=True, overflow="ellipsis", ratio=1 if not bar else None, min_width=8
            ),
        )
        narrow = console.width < _LEFT_FROM
        pace = [] if narrow else [_Pace(rate=console.width >= _RATE_FROM)]
        self._progress = Progress(
            name,
            *bar,
            _Amount(alone=narrow),
            *pace,
            console=console,
            transient=True,
            expand=not bar,
        )
        self._tasks: dict[str, TaskID] = {}

    def moved(self, name: str, count: int, total: int | None) -> None:
        """So much of a file is there."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(clean(name), total=total, finishing=False)
        finishing = total is not None and count >= total
        self._progress.update(
            self._tasks[name],
            completed=count,
            total=total,
            finishing=finishing,
        )

    def done(self, name: str) -> None:
        """A file has arrived; its line goes."""
        if name in self._tasks:
            self._progress.remove_task(self._tasks.pop(name))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class _Bar(BarColumn):
    """A bar that moves to and fro once everything is gone but not yet taken."""

    def render(self, task: Task) -> ProgressBar:
        bar = super().render(task)
        bar.pulse = bar.pulse or task.fields["finishing"]
        return bar


class _Amount(ProgressColumn):
    """``12.3 of 45.6 MB``, never cut: half a number says another one.

    Args:
        alone: Whether no `_Pace` beside it says what is being waited for.
    """

    def __init__(self, *, alone: bool) -> None:
        super().__init__()
        self._alone = alone

    def get_table_column(self) -> Column:
        """A column that doesn't shrink."""
        return Column(no_wrap=True, min_width=_AMOUNT)

    def render(self, task: Task) -> Text:
        if self._alone and task.fields["finishing"]:
            return Text(f" {_FINISHING}", "dim", no_wrap=True)
        there = size(task.completed)
        if not task.total or task.fields["finishing"]:
            return Text(f" {there}", no_wrap=True)
        whole = size(task.total)
        same = there.split()[-1] == whole.split()[-1]
        return Text(f" {there.split()[0] if same else there} of {whole}", no_wrap=True)


class _Pace(ProgressColumn):
    """``3.2 MB/s  12s left``, or what is being waited for once everything is gone.

    Args:
        rate: Whether there is room for the rate.
    """

    def __init__(self, *, rate: bool) -> None:
        super().__init__()
        self._rate = rate

    def render(self, task: Task) -> Text:
        if task.fields["finishing"]:
            return Text(f" {_FINISHING}", "dim", no_wrap=True)
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("", no_wrap=True)
        left = task.time_remaining
        rate = f" {size(speed)}/s " if self._rate else ""
        ends = f" {span(left)} left" if left is not None else ""
        return Text(rate + ends, "dim", no_wrap=True)
