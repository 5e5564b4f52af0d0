"""Faults on request: what should go wrong, where, and how often.

A fault is plain data, the same from Python, a pytest mark and the shell. What it says on the wire
happens exactly so often as it says, to the first requests that fit, in the order added.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

from sume_ext.sandbox.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

Moment: TypeAlias = Literal["before", "after", "mid"]
Cut: TypeAlias = Literal["length", "chunk", "close", "gzip"]
Pages: TypeAlias = Literal["duplicate", "skip", "empty", "same_cursor", "loop", "no_cursor"]
Outcome: TypeAlias = Literal["failed", "canceled", "expired", "stuck"]
Encoding: TypeAlias = Literal["gzip", "corrupt", "bomb"]
Shape: TypeAlias = Literal["html", "empty", "cut_json", "list", "nan", "utf16", "no_type"]

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "reset": get_args(Moment),
    "close": get_args(Moment),
    "hang": get_args(Moment),
    "truncate": get_args(Cut),
    "pages": get_args(Pages),
    "outcome": get_args(Outcome),
    "encoding": get_args(Encoding),
    "shape": get_args(Shape),
}
_METHODS: Final = frozenset(
    {"*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
NOTHING: Final = object()
"""No body given; None would be JSON's null."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong; a request is struck by the first fault that fits it, and no other.

    Where and how often:

    Attributes:
        operation: An operation (``"create_video_generation"``, ``"get_job"``), ``"storage_put"``,
            ``"media_get"``, a method and path under the base URL (``"GET /jobs/*"``), an origin
            (``"api"``, ``"storage"``, ``"media"``), ``"paid"`` for all that may spend, or ``"*"``.
        times: To how many requests it happens; None for all. Default 1, but None for ``lag``.
        skip: How many requests that fit pass untouched before.

        latency: Real seconds between the work and the answer.
        status: An HTTP status answered instead; the server does no work unless ``work`` is True.
        code: The error code in that answer; made from the status by default.
        message: The error message in that answer.
        retry_after: The ``Retry-After`` header of the answer: seconds, or any text.
        headers: Further headers of the answer, such as ``{"Location": "/elsewhere"}``.
        body: The body answered instead: text or bytes as they are, anything else as JSON.
        shape: A wrong shape instead of the right body: ``html``, ``empty``, ``cut_json``, ``list``,
            ``nan``, ``utf16``, or ``no_type`` (right body without a content type).
        set: Values put into the right answer by dotted path, ``*`` for every item:
            ``{"status": "paused"}``, ``{"data.*.type": "hologram"}``.
        work: Whether the server does its work. Default: it does unless ``status``, ``body`` or
            ``early`` replaces the answer or the connection breaks before.
        early: Answer before the request's body was read.

        reset: Reset the connection ``before`` the work, ``after`` it with no answer, or in ``mid``
            answer.
        close: The same with an orderly close.
        hang: The same with silence.
        truncate: Cut the body short: by ``length`` (a promise not kept), in a ``chunk``, at a
            silent ``close``, or inside valid ``gzip``.
        at: After how many bytes of body ``mid`` and ``truncate`` strike; half of it by default.
        drip: Seconds between single bytes of body.
        overlong: Send more than the length promised.
        garbage: Answer with something that isn't HTTP.
        encoding: Send the body as ``gzip`` though not asked, ``corrupt`` gzip, or a ``bomb`` of
            1 GiB.

        lag: A record younger than this many sandbox seconds isn't found yet (404).
        pages: How the pages of a list go wrong: ``duplicate`` (repeats the last item), ``skip``
            (loses one), ``empty`` (no items, but more to come), ``same_cursor``, ``loop`` (back to
            the start), ``no_cursor`` (more to come, but no cursor).
        outcome: How the job just created will end; ``stuck`` never does.
        expired: Signatures made by this answer, or used by this request, are expired.
        ignore_range: Answer a Range request with everything.
        content_range: A ``Content-Range`` that isn't true.
    """

    operation: str = "*"
    times: int | None = 1
    skip: int = 0
    latency: float = 0.0
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = NOTHING
    shape: Shape | None = None
    set: Mapping[str, Any] = field(default_factory=dict[str, Any])
    work: bool | None = None
    early: bool = False
    reset: Moment | bool | None = None
    close: Moment | bool | None = None
    hang: Moment | bool | None = None
    truncate: Cut | bool | None = None
    at: int | None = None
    drip: float = 0.0
    overlong: bool = False
    garbage: bool = False
    encoding: Encoding | None = None
    lag: float = 0.0
    pages: Pages | None = None
    outcome: Outcome | None = None
    expired: bool = False
    ignore_range: bool = False
    content_range: str | None = None

    def __post_init__(self) -> None:
        for name, default in (("reset", "before"), ("close", "before"), ("hang", "before")):
            if isinstance(getattr(self, name), bool):
                object.__setattr__(self, name, default if getattr(self, name) else None)
        if isinstance(self.truncate, bool):
            object.__setattr__(self, "truncate", "length" if self.truncate else None)
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        for name in ("set", "headers"):
            if not isinstance(getattr(self, name), Mapping):
                raise ValueError(f"{name} must be an object, not {getattr(self, name)!r}")  # noqa: TRY004  (as above)
        if self.times is not None and self.times < 1:
            raise ValueError(f"times must be at least 1, or None for always, not {self.times}")

    @property
    def works(self) -> bool:
        """Whether the server does what was asked in spite of the fault."""
        if self.work is not None:
            return self.work
        replaced = self.status is not None or self.body is not NOTHING or self.early
        return not (replaced or "before" in (self.reset, self.close, self.hang))

    @property
    def replaces(self) -> bool:
        """Whether status or body are the fault's own instead of the server's."""
        return self.status is not None or self.body is not NOTHING or self.early

    def fits(self, operation: str | None, method: str, path: str, origin: str, paid: bool) -> bool:
        """Whether a request is one that this fault strikes."""
        where = self.operation
        if where in {"*", operation, origin} or (where == "paid" and paid):
            return True
        asked, _, pattern = where.partition(" ")
        return bool(pattern) and asked in {method, "*"} and fnmatchcase(path, pattern)

    @classmethod
    def parse(cls, text: str) -> Fault:
        """A fault from one line of text, as the shell and a pytest mark spell it.

        The line names where, then what, as ``name=value``; a value is JSON or else text, quoted as
        in a shell: ``get_job status=503 times=2 retry_after=5``, ``GET /jobs/* latency=0.5``,
        ``create_video_generation reset=after``, ``list_jobs set='{"data.*.status": "paused"}'``.

        Args:
            text: The line.

        Raises:
            ValueError: The line names something that faults don't have.
        """
        where: list[str] = []
        options: dict[str, Any] = {}
        known = {one.name for one in dataclasses.fields(cls)}
        for word in shlex.split(text):
            name, equals, value = word.partition("=")
            if not equals:
                where.append(word)
            elif name not in known:
                raise ValueError(f"a fault has no {name!r}; it has {', '.join(sorted(known))}")
            else:
                options[name] = _value(value)
        if where:
            options["operation"] = " ".join(where)
        return cls.of(options)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Fault:
        """A fault from its attributes by name; ``lag`` alone strikes every time by default."""
        if "lag" in options and "times" not in options:
            options = {**options, "times": None}
        return cls(**options)

    def __str__(self) -> str:
        changed = [
            f"{one.name}={getattr(self, one.name)!r}"
            for one in dataclasses.fields(self)
            if one.name != "operation" and getattr(self, one.name) != _default(one)
        ]
        return " ".join([self.operation, *changed])


def _default(one: dataclasses.Field[Any]) -> object:
    return {} if one.default is dataclasses.MISSING else one.default


def _value(text: str) -> object:
    try:
        return cast("object", json.loads(text))
    except ValueError:
        return text


@dataclass(slots=True)
class _Armed:
    fault: Fault
    skip: int
    left: int | None


def _check_place(place: str) -> None:
    """A fault on what doesn't exist would strike nothing, and a test with it prove nothing."""
    names = {*ROUTES, "*", "paid", "openapi"}
    method, space, path = place.partition(" ")
    if space:
        _check_request(method, path)
        return
    if place in names or re.fullmatch(r"(api|storage|media)(_[a-z]+)?", place):
        return
    near = get_close_matches(place, names, n=1)
    raise ValueError(
        f"there is no operation {place!r}; "
        + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(names))}")
    )


def _check_request(method: str, path: str) -> None:
    if method not in _METHODS:
        known = ", ".join(sorted(_METHODS))
        raise ValueError(f"there is no method {method!r}; before a path stands one of {known}")
    if not path.startswith(("/", "*", "?", "[")):
        raise ValueError(f"the path {path!r} must begin with a slash, as in 'GET /jobs/*'")


class Faults:
    """The faults in force. Each is handed out as often as it says, then it is spent."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault | str | None = None, /, **options: Any) -> Fault:
        """Put a fault in force.

        Args:
            fault: A `Fault`, or the one line of text that `Fault.parse` reads.
            **options: Or its attributes by name, as in ``operation="get_job", status=503``.

        Returns:
            The fault, for `remove`.
        """
        if isinstance(fault, str):
            fault = Fault.parse(fault)
        if fault is None:
            fault = Fault.of(options)
        elif options:
            raise TypeError("give either a fault or its attributes, not both")
        _check_place(fault.operation)
        with self._lock:
            self._armed.append(_Armed(fault, fault.skip, fault.times))
        return fault

    def remove(self, fault: Fault) -> None:
        """Take a fault out of force; nothing happens when it is spent already."""
        with self._lock:
            self._armed = [one for one in self._armed if one.fault is not fault]

    def clear(self) -> None:
        """Take every fault out of force."""
        with self._lock:
            self._armed.clear()

    def take(
        self, operation: str | None, method: str, path: str, origin: str, *, paid: bool
    ) -> Fault | None:
        """The fault that strikes this request, which counts as once; None when none does."""
        if not self._armed:
            return None
        with self._lock:
            for one in self._armed:
                if not one.fault.fits(operation, method, path, origin, paid):
                    continue
                if one.skip:
                    one.skip -= 1
                    continue
                if one.left is not None:
                    one.left -= 1
                    if not one.left:
                        self._armed.remove(one)
                return one.fault
        return None

    def __len__(self) -> int:
        return len(self._armed)

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([one.fault for one in self._armed])
