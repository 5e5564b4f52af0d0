"""What an interruption leaves behind: how to find the job that may have been paid for.

Ctrl-C and cancellation keep their class and go where they were going; while the answer of a call
that spends or writes is awaited, they carry what an `OutcomeUnknownError` would say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sume_ext.errors import OutcomeUnknownError
from sume_ext.secrecy.border import parting

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTRIBUTE = "sume_outcome"


def mark(end: BaseException, outcome: OutcomeUnknownError) -> None:
    """Tell an interruption what is unknown because of it.

    Args:
        end: What ends a flow: the interruption, or a ``GeneratorExit`` on its behalf.
        outcome: What is unknown; never raised.
    """
    interruption = _interruption(end)
    if interruption is not None and not hasattr(interruption, _ATTRIBUTE):
        setattr(interruption, _ATTRIBUTE, outcome)
        interruption.add_note(str(outcome))
        if not isinstance(interruption, KeyboardInterrupt):
            _tell(outcome)


def _tell(outcome: OutcomeUnknownError) -> None:
    """Log it: a cancelled task is often asked for nothing, as in a `TaskGroup` that has failed."""
    import logging  # noqa: PLC0415  (interruptions are rare)

    began = datetime.fromtimestamp(outcome.sent_after, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = str(outcome).replace("find_recent(error)", f"find_recent(since={began!r})")
    logging.getLogger("sume_ext").warning("%s", told)


def hold(job_ids: tuple[str, ...]) -> None:
    """Keep in mind which jobs were made, until whoever made them has crossed the border."""
    parting.set(partial(_mark_ids, ids=job_ids))


def _mark_ids(end: BaseException, ids: tuple[str, ...]) -> None:
    if ids and not isinstance(end, Exception):
        mark(end, OutcomeUnknownError("interrupted just after a job was made.", job_ids=ids))


def mark_made(end: BaseException, made: object) -> None:
    """Tell an interruption of jobs that were made just before it, and that nobody was handed.

    Args:
        end: The interruption.
        made: What a flow has answered with, or was about to.
    """
    if isinstance(end.__context__, StopIteration):  # in the middle of answering
        made = end.__context__.value  # pyright: ignore[reportUnknownMemberType]
    handles: tuple[Any, ...] = getattr(made, "jobs", (made,))
    _mark_ids(end, tuple(one.id for one in handles if getattr(one, "fresh", False)))


def leave_word(end: BaseException, word: str) -> None:
    """Add a note to the Ctrl-C or cancellation that ends a flow; to nothing else."""
    interruption = _interruption(end)
    if interruption is not None:
        interruption.add_note(word)


def _interruption(end: BaseException) -> BaseException | None:
    """What interrupted a flow: it is closed while its runner handles that, hence the context.

    A flow that is merely dropped is closed, too: then the context is whatever its owner was
    handling, an error that has nothing to do with it.
    """
    if not isinstance(end, GeneratorExit):
        return end
    return None if isinstance(end.__context__, Exception) else end.__context__


def outcome_of(error: BaseException) -> OutcomeUnknownError | None:
    """What an exception, or one that led to it, says of a call with an unknown outcome."""
    for one in _chain(error):
        if isinstance(one, OutcomeUnknownError):
            return one
        if isinstance(found := getattr(one, _ATTRIBUTE, None), OutcomeUnknownError):
            return found
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    pending, seen = [error], set[int]()
    while pending:
        one = pending.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += [other for other in (one.__cause__, one.__context__) if other is not None]
        if isinstance(one, BaseExceptionGroup):
            pending += cast("tuple[BaseException, ...]", one.exceptions)
