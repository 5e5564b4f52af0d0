"""One call of one operation, from Python arguments to a parsed model or one of our errors.

Every request of this package to the API is built, sent, and read here, whatever the operation.
"""

from __future__ import annotations

import json
import math
import platform
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode, urlsplit

from attrs import field, frozen

from sume_ext import __version__, roles
from sume_ext.effects import Effect
from sume_ext.errors import (
    APIError,
    InvalidArgumentError,
    OutcomeUnknownError,
    ResponseLostError,
    SchemaMismatchError,
    ServerError,
    SumeError,
    error_class,
)
from sume_ext.exchange import Answer, exchange
from sume_ext.flow import NOW, WALL_CLOCK
from sume_ext.retries import Backoff, persist, retry_after
from sume_ext.wire import Request

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from sume_ext.config import Config
    from sume_ext.flow import Flow

T = TypeVar("T")
_USER_AGENT = f"sume-ext/{__version__} python/{platform.python_version()}"
_SUCCESS = range(200, 300)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3


@frozen
class Settings:
    """What every call of one client goes by."""

    config: Config
    rng: random.Random = field(repr=False)
    backoff: Backoff = field(factory=Backoff)


@frozen
class Call:
    """One operation as bound: what to call it, what it does, and the generated functions for it.

    Attributes:
        name: Its public name, as in ``videos.generate``.
        effect: What it does to the world.
        arguments: The generated ``_get_kwargs``.
        parse: The generated ``_parse_response``.
        job_type: The type of job it creates, or None.
    """

    name: str
    effect: Effect
    arguments: Callable[..., dict[str, Any]]
    parse: Callable[..., Any]
    job_type: str | None = None


@frozen
class Reply(Generic[T]):
    """A successful answer.

    Attributes:
        parsed: The generated model.
        raw: The JSON it was made from.
        request_id: The API's id of the request, or None.
        headers: The answer's headers, by lower-case name.
    """

    parsed: T
    raw: Any = field(repr=False)
    request_id: str | None
    headers: Mapping[str, str] = field(repr=False)


def perform(
    settings: Settings, call: Call, kwargs: dict[str, Any], *, within: float | None = None
) -> Flow[Reply[Any]]:
    """Send one operation, again where that is safe, and read its answer.

    Args:
        settings: The client's.
        call: The operation.
        kwargs: What the generated ``_get_kwargs`` made of the caller's arguments.
        within: Seconds it may take when that is less than the client's timeout.

    Raises:
        APIError: The API refused.
        TransportError: No answer came.
        OutcomeUnknownError: The operation spends or writes, and its answer is lost.
        SchemaMismatchError: The answer isn't what the schema says.
    """
    request = build(settings.config, call, kwargs)
    started = yield WALL_CLOCK
    deadline = (yield NOW) + min(settings.config.timeout, within or math.inf)
    try:
        answer = yield from persist(
            lambda: _attempt(settings, call, request, deadline),
            effect=call.effect,
            deadline=deadline,
            backoff=settings.backoff,
            rng=settings.rng,
            keyed=any(name.lower() == "idempotency-key" for name in request.headers),
        )
    except (ResponseLostError, ServerError) as error:
        if call.effect is Effect.READS:
            raise
        raise OutcomeUnknownError(
            f"{call.name} may or may not have been accepted: {error.message}",
            operation=call.name,
            request_id=error.request_id,
            job_type=call.job_type,
            sent_after=started,
            sent_before=(yield WALL_CLOCK),
            hint=None if call.effect is Effect.SPENDS else _LOOK_FIRST,
        ) from None
    return read(call, answer)


_LOOK_FIRST = "It spends nothing, but look whether it took effect before you repeat it."


def _attempt(settings: Settings, call: Call, request: Request, deadline: float) -> Flow[Answer]:
    try:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = yield from exchange(
                request, deadline=deadline, max_bytes=settings.config.max_response_bytes
            )
            if answer.status not in _REDIRECTS:
                break
            request = _redirected(call, request, answer)
        else:
            raise SchemaMismatchError("the API redirects in circles.")
        if answer.status not in _SUCCESS:
            raise api_error(answer, call.name, (yield WALL_CLOCK))
    except SumeError as error:
        error.operation = call.name
        raise
    return answer


def build(config: Config, call: Call, kwargs: dict[str, Any]) -> Request:
    """The HTTP request for an operation, with the key for the configured origin only.

    Raises:
        InvalidArgumentError: An id is empty or a path of its own, or the body isn't JSON.
    """
    path: str = kwargs["url"]
    if any(segment in ("", ".", "..") for segment in path.split("/")[1:]):
        raise InvalidArgumentError(
            f"{call.name}: an id is empty, '.' or '..'.",
            hint="Pass the id as the API gave it.",
            operation=call.name,
        )
    query = urlencode(_query(kwargs.get("params") or {}), doseq=True)
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": _USER_AGENT,
        **{name.lower(): str(value) for name, value in (kwargs.get("headers") or {}).items()},
        **_credentials(config),
    }
    content = None
    if "json" in kwargs:
        headers["content-type"] = "application/json"
        content = _json(call, kwargs["json"])
    url = f"{config.base_url}{path}" + (f"?{query}" if query else "")
    return Request(kwargs["method"].upper(), url, headers, content)


def _credentials(config: Config) -> dict[str, str]:
    if config.api_key is None:
        return {}
    if config.auth == "bearer":
        return {"authorization": f"Bearer {config.api_key.reveal()}"}
    return {"x-api-key": config.api_key.reveal()}


def _query(params: Mapping[str, Any]) -> dict[str, Any]:
    def text(value: object) -> object:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (list, tuple)):
            return [text(item) for item in value]
        return value

    return {name: text(value) for name, value in params.items() if value is not None}


def _json(call: Call, body: object) -> bytes:
    try:
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(
            f"{call.name}: an argument has no JSON form ({error}).", operation=call.name
        ) from None


def _redirected(call: Call, request: Request, answer: Answer) -> Request:
    """The request a redirect asks for: same origin and GET only, else an error."""
    from urllib.parse import urljoin  # noqa: PLC0415  (redirects are rare)

    target = urljoin(request.url, answer.headers.get("location", ""))
    here, there = urlsplit(request.url), urlsplit(target)
    if request.method != "GET" or (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise APIError(
            f"the API redirects {request.method} to {there.scheme}://{there.hostname or ''}, "
            "where the key must not go.",
            status=answer.status,
            code="redirect_refused",
            operation=call.name,
            hint="Check base_url; it must be the API's final address.",
        )
    return Request("GET", target, request.headers)


def api_error(answer: Answer, operation: str, now: float) -> APIError:
    """The exception for an answer that isn't a success, whatever its body is."""
    try:
        body: Any = json.loads(answer.content)
    except ValueError:
        body = {}
    envelope = body.get("error") if isinstance(body, dict) else None
    error: dict[str, Any] = envelope if isinstance(envelope, dict) else {}
    code = error.get("code")
    code = code if isinstance(code, str) and code else f"http_{answer.status}"
    message = error.get("message")
    details = error.get("details")
    return error_class(answer.status, code)(
        message if isinstance(message, str) and message else "the API gave no reason.",
        status=answer.status,
        code=code,
        details=details if isinstance(details, dict) else {},
        request_id=_request_id(body, answer.headers),
        retry_after=retry_after(answer.headers.get("retry-after"), now),
        rate_limit={n: v for n, v in answer.headers.items() if "ratelimit-" in n},
        job_ids=_job_ids(body),
        operation=operation,
    )


def _request_id(body: object, headers: Mapping[str, str]) -> str | None:
    found = body.get("request_id") if isinstance(body, dict) else None
    found = found or headers.get("x-request-id") or headers.get("request-id")
    return found if isinstance(found, str) else None


def _job_ids(body: object) -> tuple[str, ...]:
    return tuple(found for found in roles.JOB_IDS.find_all(body) if isinstance(found, str))


class _Success:
    """What the generated parser looks at: a success and its JSON, nothing of the network."""

    status_code = 200
    raise_on_unexpected_status = False

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def json(self) -> Any:
        return self._raw


def read(call: Call, answer: Answer) -> Reply[Any]:
    """The generated model in a successful answer.

    Raises:
        SchemaMismatchError: It isn't what the schema says; ids of created jobs are on it.
    """
    raw: Any = None
    try:
        raw = json.loads(answer.content)
        success = _Success(raw)
        parsed = call.parse(client=success, response=success)
    except Exception as error:  # noqa: BLE001  (generated parsers fail in many ways)
        trouble = "not JSON" if raw is None else f"{type(error).__name__} while reading it"
        raise SchemaMismatchError(
            f"the answer isn't what the schema says ({trouble}).",
            operation=call.name,
            request_id=_request_id(raw, answer.headers),
            job_ids=() if call.effect is Effect.READS else _job_ids(raw),
        ) from None
    return Reply(parsed, raw, _request_id(raw, answer.headers), answer.headers)
