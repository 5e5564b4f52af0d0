"""What a handle on a job shows and can be asked, before either world gives it its verbs.

A view holds what was last seen of its job; the flows that look bring it up to date, so that
whoever holds the handle knows what an interrupted wait had seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self

from sume_ext.errors import InvalidArgumentError, JobError
from sume_ext.secrecy.quoting import shown_id
from sume_ext.waiting.one import Listener, complete, look, result_of, watch
from sume_ext.waiting.polling import check_timeout
from sume_ext.waiting.wording import shown

if TYPE_CHECKING:
    from sume_ext.engine import Engine
    from sume_ext.flow import Flow
    from sume_ext.waiting.job_state import JobState
    from sume_ext.waiting.polling import Timeout


class JobView:
    """What a handle shows, in both worlds."""

    def __init__(self, engine: Engine, state: JobState) -> None:
        self._engine = engine
        self._state = state

    @property
    def id(self) -> str:
        """The job's id: all that is needed to come back to it, from anywhere."""
        return self._state.id

    @property
    def status(self) -> str:
        """The status when last looked at, in the API's words; ``unknown`` before any look."""
        return self._state.status

    @property
    def type(self) -> str | None:
        """The type, as in ``video_generation``, or None when not known yet."""
        return self._state.type

    @property
    def terminal(self) -> bool:
        """Whether the status can't change any more."""
        return self._state.terminal

    @property
    def fresh(self) -> bool:
        """Whether this process created it, and hasn't seen it end."""
        return self._state.made_at is not None and not self._state.terminal

    @property
    def error(self) -> JobError | None:
        """Why it ended without a result, or None."""
        return self._state.failure

    @property
    def data(self) -> Any:
        """The generated model of the last answer about it, its JSON where none fits, or None."""
        return self._state.data

    @property
    def request_id(self) -> str | None:
        """The API's id of the request that last told about it, for support."""
        return shown_id(self._state.request_id)

    def learn(self, state: JobState) -> None:
        """Remember what was seen of the job; for the flows that look."""
        self._state = state

    def _refreshed(self) -> Flow[Self]:
        self.learn(self._state.after((yield from look(self._engine, self.id))))
        return self

    def _completed(self, timeout: Timeout, on_event: Listener | None) -> Flow[Self]:
        yield from complete(self._engine, self._state, timeout, on_event, self.learn)
        return self

    def _watched(self, timeout: Timeout) -> Flow[JobState]:
        check_timeout(timeout)  # now, not when the first event is asked for
        return watch(self._engine, self._state, timeout, keep=self.learn)

    def _result(self) -> Flow[Any]:
        return result_of(self._engine, self._state)

    def __reduce__(self) -> NoReturn:
        # A handle holds its client, and so a key and open connections: neither may travel.
        raise InvalidArgumentError(
            "a job handle belongs to its client and can't be pickled or copied.",
            hint="Keep job.id, and use sume.jobs.handle(id) wherever it is needed.",
        )

    def __repr__(self) -> str:
        kind = f" {shown(self.type)}" if self.type else ""
        return f"<{type(self).__name__} {self.id}{kind} {shown(self.status)}>"
