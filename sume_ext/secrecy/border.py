"""What crosses the border when something fails: the lines of our frames, never their locals.

Error trackers, rich tracebacks and ``traceback.TracebackException(capture_locals=True)`` show the
locals of every frame, and ours hold headers, bodies and signed URLs. On the way out our frames,
and those of the libraries below them, are emptied; frames of the application are left as they are.
While a call runs, watchdogs and profilers see its frames, too: what it was called with is `Sealed`.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from types import CellType, FunctionType
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from sume_ext.errors import SumeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

P = ParamSpec("P")
T = TypeVar("T")
Sealed = CellType
"""Holds a call's ``(args, kwargs)`` as its ``cell_contents``, and shows only that it is a cell.

A frame that waits shows its locals for as long. So what it was called with stands in none: it is
passed on in a cell, and taken out of it piece by piece where it is used.
"""

_OURS = frozenset({"sume_ext", "sume_api"})
_BELOW = frozenset({
    "anyio", "asyncio", "attr", "attrs", "codecs", "concurrent", "contextlib", "copy", "dateutil",
    "email", "encodings", "functools", "h11", "http", "httpcore", "httpx", "json", "opentelemetry",
    "selectors", "socket", "ssl", "threading", "urllib", "wrapt",
})  # fmt: skip
"""Libraries that work on our behalf when they are called by us."""

parting: ContextVar[Callable[[BaseException], None] | None] = ContextVar("parting", default=None)
"""What is to be told to whatever ends the public call that is under way, however late."""


def border(work: Callable[P, T]) -> Callable[P, T]:
    """Let a public callable run and fail without showing what it was called with, or did then."""
    call: Callable[..., T] = work

    @wraps(work)
    def crossing(*args: P.args, **kwargs: P.kwargs) -> T:
        given = Sealed((args, kwargs))
        del args, kwargs
        parting.set(None)
        try:
            return call(*given.cell_contents[0], **given.cell_contents[1])
        except BaseException as error:
            if (tell := parting.get()) is not None:
                tell(error)
            misuse = _misuse(work, error, *given.cell_contents)
            del given
            conceal(error)
            if misuse is not None:
                raise misuse from None
            raise

    return crossing


def bordered(kind: type[T]) -> type[T]:
    """A class whose public methods are all a `border`; properties take nothing, and need none."""
    for name, member in list(vars(kind).items()):
        if isinstance(member, FunctionType) and not name.startswith("_"):
            setattr(kind, name, border(member))
    return kind


def conceal(error: BaseException) -> None:
    """Empty our frames in the traceback of an exception, and of all that led to it.

    A cause that was replaced on purpose (``raise … from None``) is let go altogether: foreign
    exceptions hold requests, documents and URLs themselves.
    """
    pending, seen = [error], set[int]()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for frame in _our_frames(one):
            try:
                frame.clear()
            except RuntimeError:  # it is still running, or will go on: its locals are on their own
                continue
        if isinstance(one, SumeError) and one.__suppress_context__ and _is_ours(one.__context__):
            one.__context__ = None
        pending += [
            other for other in (one.__cause__, one.__context__) if other and _is_ours(other)
        ]
        if isinstance(one, BaseExceptionGroup):
            pending += cast("tuple[BaseException, ...]", one.exceptions)


def _misuse(
    work: Callable[..., object],
    error: BaseException,
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> SumeError | None:
    """Our error for a call that Python refused at its arguments, or None."""
    if not isinstance(error, TypeError) or not _was_not_entered(error):
        return None
    from inspect import Signature, signature  # noqa: PLC0415  (rarely needed)

    from sume_ext.misuse import explained  # noqa: PLC0415  (as above)

    takes, name = [*signature(work).parameters.values()], work.__qualname__
    if takes and takes[0].name == "self" and args:
        # Named for the class that the caller knows, not for one that it shares the method with.
        name = f"{type(args[0]).__name__}.{work.__name__}".removesuffix(".__init__")
        takes, args = takes[1:], args[1:]
    return explained(name, Signature(takes), error, args, kwargs)


def _was_not_entered(error: TypeError) -> bool:
    """Whether a call failed at its arguments: then no frame stands below the caller's."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is None


def _frames(error: BaseException) -> Iterator[FrameType]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _our_frames(error: BaseException) -> Iterator[FrameType]:
    """Our frames and those of libraries below, whatever stands between.

    That may be a transport of the application's or of an instrumentation's; what it does itself,
    as what a listener does, is its own.
    """
    below = False
    for frame in _frames(error):
        package = _package(frame)
        if package in _OURS or (below and package in _BELOW):
            below = True
            yield frame


def _is_ours(error: BaseException | None) -> bool:
    """Whether an exception was caught by us, not one that the application was handling."""
    outermost = next(_frames(error), None) if error is not None else None
    return outermost is not None and _package(outermost) in _OURS
