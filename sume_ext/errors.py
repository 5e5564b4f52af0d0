"""Every exception this package raises, and the one hint each carries about what to do next.

    SumeError
    ├── ConfigurationError      InvalidArgumentError(TypeError, ValueError)
    ├── APIError
    │   ├── InvalidRequestError    400 422      ├── NotFoundError     404
    │   ├── AuthenticationError    401          ├── ConflictError     409
    │   ├── InsufficientCreditsError 402        ├── RateLimitError    429
    │   ├── PermissionDeniedError  403          └── ServerError       5xx
    ├── TransportError ── NotSentError · ResponseLostError
    ├── OutcomeUnknownError     SchemaMismatchError      PaginationError
    ├── JobError ── JobFailedError · JobCanceledError · JobExpiredError · JobTimeoutError(TimeoutError)
    └── TransferError ── UploadError · DownloadError

All of them pickle, copy and cross process borders, because they hold plain values only:
never a request, a response, a URL with its query, or a key. A hint is written in the grammar of
`hints`, so that the shell says the same in its own spelling.
"""

from __future__ import annotations

import math
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any, ClassVar

from sume_ext.secrecy.quoting import shown_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


_MOST_SHOWN = 20
_LONG_PAUSE = 120


def _utc(seconds: float) -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))


def _duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds <= _LONG_PAUSE:
        return f"{math.ceil(seconds)} seconds"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minutes" if minutes <= _LONG_PAUSE else f"{math.ceil(minutes / 60)} hours"


def _existing(job_ids: Sequence[str]) -> str:
    """The jobs that surely exist, for the end of a message."""
    if not job_ids:
        return ""
    more = f" and {len(job_ids) - _MOST_SHOWN} more" if len(job_ids) > _MOST_SHOWN else ""
    return f" Jobs that exist: {', '.join(job_ids[:_MOST_SHOWN])}{more}."


def _restore(cls: type[SumeError], args: tuple[Any, ...], state: dict[str, Any]) -> SumeError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class SumeError(Exception):
    """Base of everything that leaves a public callable of this package.

    Args:
        message: What happened, without secrets.
        hint: What to do next; the class's own hint when None.

    Attributes:
        message: What happened.
        operation: The operation it happened in, as in ``videos.generate``, or None.
        request_id: The API's id of the request (``req_…``), for support, or None.
        job_ids: Ids of jobs that the answer named all the same; those jobs exist.
    """

    job_ids: tuple[str, ...] = ()
    default_hint: ClassVar[str] = (
        "Read the message; if it is unclear, report it with the request id."
    )

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.request_id = shown_id(request_id)
        self._hint = hint

    @property
    def hint(self) -> str:
        """What to do next, never empty; calls and arguments are spelled as in Python.

        `sume_ext.hints.respelled` spells them otherwise, as the shell does.
        """
        return self._hint or self._advice()

    @hint.setter
    def hint(self, text: str) -> None:
        self._hint = text

    def _advice(self) -> str:
        """The hint where none was given; ids and times that the error knows are in it."""
        if self.job_ids:
            return f"Go on with sume.jobs.wait({self.job_ids[0]!r}); do not submit it again."
        return self.default_hint

    def headline(self) -> str:
        """The message with what identifies it; subclasses put codes and ids here."""
        return self.message

    def __str__(self) -> str:
        tail = f" [request {self.request_id}]" if self.request_id else ""
        return f"{self.headline()}{tail} Next: {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, self.__dict__.copy())


class ConfigurationError(SumeError):
    """The client can't be built or used as configured; nothing was sent."""

    default_hint = "Check SUME_API_KEY and SUME_API_BASE_URL, or pass api_key= and base_url=."


class InvalidArgumentError(SumeError, TypeError, ValueError):
    """An argument can't be right (unknown, positional, empty id, wrong type); nothing was sent."""

    default_hint = "Correct the argument and try again; nothing was sent."


class APIError(SumeError):
    """The API answered with an error.

    Attributes:
        status: The HTTP status.
        code: The API's error code, or ``http_<status>`` when it sent none.
        details: The envelope's ``details``, as sent; ``{}`` when it isn't an object.
        retry_after: Seconds the API asked to wait, or None.
        rate_limit: The ``RateLimit-*`` headers of the answer, by lower-case name.
        job_ids: Ids of jobs found in the answer, whatever else was wrong with it.
    """

    default_hint = "The code says what the API objects to; quote the request id to support."

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
        rate_limit: Mapping[str, str] | None = None,
        job_ids: Sequence[str] = (),
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, operation=operation, request_id=request_id)
        self.status = status
        self.code = code
        self.details = dict(details or {})
        self.retry_after = retry_after
        self.rate_limit = dict(rate_limit or {})
        self.job_ids = tuple(job_ids)

    def headline(self) -> str:
        """Code, status and message."""
        return f"{self.code} ({self.status}): {self.message}"

    def _advice(self) -> str:
        advice = super()._advice()
        told, _, support = advice.partition("; ")
        return f"{told}." if "request id" in support and not self.request_id else advice


class InvalidRequestError(APIError):
    """400 or 422: the request breaks a rule of the API."""

    default_hint = (
        "Correct the request; the error's details name the field when the API says which."
    )


class AuthenticationError(APIError):
    """401: the key is missing, malformed, revoked or unknown."""

    default_hint = "Check SUME_API_KEY, or create a new key in the Sume dashboard."


class InsufficientCreditsError(APIError):
    """402, or the code ``insufficient_credits``: no job was created."""

    default_hint = "Add credits, or ask for less; sume.credits.get() tells what is left."


class PermissionDeniedError(APIError):
    """403: the key is valid, but its workspace may not do this."""

    default_hint = (
        "Use a key of a workspace that has access; sume.account.me() tells whose key this is."
    )


class NotFoundError(APIError):
    """404: no such thing in this key's workspace."""

    default_hint = "Check the id, and that the key belongs to the workspace that owns it."


class ConflictError(APIError):
    """409: the thing isn't in a state that allows this."""

    default_hint = "Look at its state first; a job's result exists once its status is completed."


class RateLimitError(APIError):
    """429: too many requests."""

    default_hint = "Wait a little, and keep fewer requests in flight."

    def _advice(self) -> str:
        if not self.retry_after:
            return super()._advice()
        return f"Wait {_duration(self.retry_after)}, and keep fewer requests in flight."


class ServerError(APIError):
    """5xx, or a status that only broken proxies send."""

    default_hint = "Try again later; the request id helps support to find it."


class TransportError(SumeError):
    """No usable answer came over the network."""

    default_hint = "Check the network and base_url, then try again."


class NotSentError(TransportError):
    """The request never reached the server, so it did nothing.

    Attributes:
        final: True when trying again can't help, as with a refused certificate.
    """

    default_hint = "Nothing was sent: check the network, DNS, proxy and base_url, then try again."

    def __init__(
        self,
        message: str,
        *,
        final: bool = False,
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, operation=operation, request_id=request_id)
        self.final = final


class ResponseLostError(TransportError):
    """The request may have reached the server, but no whole answer came back."""

    default_hint = (
        "Reading again is safe. For anything else, look at its state before repeating it."
    )


class OutcomeUnknownError(SumeError):
    """A request that spends credits or changes state may have been accepted, and its answer is lost.

    Attributes:
        job_type: The type of job it would have created, or None.
        sent_after: Wall-clock time just before it was sent, in seconds since the epoch.
        sent_before: Wall-clock time when its answer was given up.
        job_ids: Ids of jobs found in what came of the answer; if there are any, it was accepted.
    """

    default_hint = (
        "Do not simply repeat it: look for the job with sume.jobs.find_recent(error), and once "
        "more after a minute if there is none, before you submit again."
    )

    def __init__(
        self,
        message: str,
        *,
        job_type: str | None = None,
        sent_after: float = 0.0,
        sent_before: float = 0.0,
        job_ids: Sequence[str] = (),
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, operation=operation, request_id=request_id)
        self.job_type = job_type
        self.sent_after = sent_after
        self.sent_before = sent_before
        self.job_ids = tuple(job_ids)

    def headline(self) -> str:
        """What was sent and when, and the jobs that surely exist."""
        known = [f"sent {_utc(self.sent_after)} to {_utc(self.sent_before)}"] * bool(
            self.sent_before
        )
        known += [f"job type {self.job_type}"] * bool(self.job_type)
        what = f" ({', '.join(known)})" if known else ""
        return f"{self.message}{what}{_existing(self.job_ids)}"


class SchemaMismatchError(SumeError):
    """The API's answer isn't what the schema this client was generated from says.

    Attributes:
        place: Where in the answer, as in ``data[3].created_at``.
        job_ids: Ids of jobs found in the answer all the same; those jobs exist.
        foreign: Whether it isn't JSON at all, so that something else than the API has answered.
    """

    default_hint = "Update this package: the API has changed since it was made."

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        job_ids: Sequence[str] = (),
        foreign: bool = False,
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, operation=operation, request_id=request_id)
        self.place = place
        self.job_ids = tuple(job_ids)
        self.foreign = foreign

    def _advice(self) -> str:
        if self.foreign and not self.job_ids:
            return (
                "Something else than the API has answered: check base_url, and any proxy or "
                "sign-in page of this network, then try again."
            )
        return super()._advice()

    def headline(self) -> str:
        """Operation, place, message, and the jobs that exist all the same."""
        where = f" at {self.place}" if self.place else ""
        return f"{self.operation or 'the answer'}{where}: {self.message}{_existing(self.job_ids)}"


class JobError(SumeError):
    """A job didn't end in a result.

    Attributes:
        job_id: The job's id.
        status: Its last known status.
        code: The API's sanitized error code, or None.
    """

    default_hint = "sume.jobs.get(job_id) shows the job as it is now."

    def _advice(self) -> str:
        return self.default_hint.replace("(job_id)", f"({self.job_id!r})")

    def __init__(
        self,
        message: str,
        *,
        job_id: str,
        status: str,
        code: str | None = None,
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, operation=operation, request_id=request_id)
        self.job_id = job_id
        self.status = status
        self.code = code

    def headline(self) -> str:
        """The job, its status and why."""
        code = f" ({self.code})" if self.code else ""
        return f"job {self.job_id} {self.status}{code}: {self.message}"


class JobFailedError(JobError):
    """The job's status is ``failed``."""

    default_hint = (
        "Mend what the code names, then submit a new job; this one won't change any more."
    )


class JobCanceledError(JobError):
    """The job's status is ``canceled``."""

    default_hint = "Submit a new job if you still want its result."


class JobExpiredError(JobError):
    """The job's status is ``expired``."""

    default_hint = "Submit a new job; its result is no longer kept."


class JobTimeoutError(JobError, TimeoutError):
    """Waiting ended before the job did. The job still runs, and is still paid for.

    Attributes:
        elapsed: Seconds waited.
    """

    default_hint = "The job still runs; go on waiting with sume.jobs.wait(job_id)."

    def __init__(
        self,
        message: str,
        *,
        job_id: str,
        status: str,
        elapsed: float = 0.0,
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(
            message,
            job_id=job_id,
            status=status,
            hint=hint,
            operation=operation,
            request_id=request_id,
        )
        self.elapsed = elapsed


class PaginationError(SumeError):
    """The API's paging doesn't add up; what had come was handed out first.

    Attributes:
        cursor: The cursor to go on from, or None.
    """

    default_hint = "Go on from the error's cursor later (cursor=), or narrow the list with filters."

    def __init__(
        self,
        message: str,
        *,
        cursor: str | None = None,
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, operation=operation, request_id=request_id)
        self.cursor = cursor


class TransferError(SumeError):
    """A file couldn't be moved.

    Attributes:
        step: Where it stopped: ``source``, ``presign``, ``put`` or ``finalize`` for an upload;
            ``url``, ``get`` or ``write`` for a download.
    """

    def __init__(
        self,
        message: str,
        *,
        step: str,
        hint: str | None = None,
        operation: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, operation=operation, request_id=request_id)
        self.step = step

    def headline(self) -> str:
        """The step and what happened."""
        return f"{self.step}: {self.message}"


class UploadError(TransferError):
    """An upload stopped."""

    default_hint = "Start the upload again; nothing was created."


class DownloadError(TransferError):
    """A download stopped; no half file stands under its final name.

    Attributes:
        present: The files that are there, where several were wanted.
        missing: Those that aren't.
    """

    default_hint = "Download again; result URLs are refreshed by sume.jobs.result(job_id)."
    present: tuple[Path, ...] = ()
    missing: tuple[Path, ...] = ()


_BY_STATUS: dict[int, type[APIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    402: InsufficientCreditsError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidRequestError,
    429: RateLimitError,
}
_BY_CODE: dict[str, type[APIError]] = {"insufficient_credits": InsufficientCreditsError}
_SERVER_ERROR = 500


def error_class(status: int, code: str) -> type[APIError]:
    """The class for an API error: by its code first, then by its status, else `APIError`."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status >= _SERVER_ERROR:
        return ServerError
    return _BY_STATUS.get(status, APIError)
