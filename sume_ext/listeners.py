"""What may listen: a plain function, for whatever is told is told between two steps of the work.

A coroutine function would be called and never awaited, and every event be lost in silence.
"""

from __future__ import annotations

from inspect import isasyncgenfunction, iscoroutinefunction

from sume_ext.errors import InvalidArgumentError


def check(listener: object, name: str, takes: str) -> None:
    """Refuse what can't be told anything, before anything is sent.

    Args:
        listener: What was passed, or None.
        name: The argument's name.
        takes: What it is told, as in ``one JobEvent``.

    Raises:
        InvalidArgumentError: It can't be called, or has to be awaited.
    """
    if listener is None:
        return
    if not callable(listener):
        raise InvalidArgumentError(
            f"{name} is a {type(listener).__name__}, which can't be called.",
            hint=f"Pass a function of {takes}, or None.",
        )
    if any(map(_awaited, (listener, getattr(listener, "__call__", None)))):  # noqa: B004
        raise InvalidArgumentError(
            f"{name} is an async function, which nobody would await.",
            hint=f"Pass a plain function of {takes}; it can hand on to a coroutine with "
            "asyncio.Queue.put_nowait or asyncio.create_task.",
        )


def _awaited(function: object) -> bool:
    return iscoroutinefunction(function) or isasyncgenfunction(function)
