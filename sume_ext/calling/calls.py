"""One call of one operation, from Python arguments to a parsed model or one of our errors.

Every request of this package to the API is built, sent, and read here, whatever the operation.
"""

from __future__ import annotations

import json
import math
import re
import sys
from functools import cache, partial
from inspect import signature
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload
from urllib.parse import urlencode
from uuid import uuid4

from attrs import field, frozen
from sume_api.shapes import mismatch

from sume_ext import __version__
from sume_ext.calling.answers import (
    Named,
    api_error,
    decode,
    job_ids_in,
    jobs_named,
    request_id,
    tells_enough,
)
from sume_ext.calling.effects import Effect
from sume_ext.calling.exchange import Answer, exchange
from sume_ext.calling.retries import Backoff, Budget, is_unknown, persist
from sume_ext.calling.turns import Turns
from sume_ext.errors import (
    APIError,
    InvalidArgumentError,
    OutcomeUnknownError,
    ResponseLostError,
    SchemaMismatchError,
    SumeError,
)
from sume_ext.flow import NOW, WALL_CLOCK
from sume_ext.network.wire import Request
from sume_ext.runners.interruptions import hold, mark
from sume_ext.secrecy.memory import remember_json
from sume_ext.secrecy.quoting import shown
from sume_ext.urls import join_url, split_url

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from sume_ext.config import Config
    from sume_ext.flow import Flow

T = TypeVar("T")
_USER_AGENT = f"sume-ext/{__version__} python/{sys.version.partition(' ')[0]}"
_LENGTHS = frozenset({"content-length", "transfer-encoding"})
_STRAY = re.compile(r"/\.{0,2}(?:/|\Z)")
_SUCCESS = range(200, 300)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER = 303
_MAX_REDIRECTS = 3


@frozen
class Settings:
    """What every call of one client goes by.

    Attributes:
        paced: Whether whoever makes the calls spaces them itself: then a refusal of one is its
            business, and no reason to hold back the client's other calls.
    """

    config: Config
    rng: random.Random = field(repr=False)
    backoff: Backoff = field(factory=Backoff)
    turns: Turns = field(factory=Turns)
    paced: bool = False


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

    @property
    def operation(self) -> str:
        """The name of the generated module, as in ``get_job``."""
        return self.parse.__module__.rpartition(".")[2]

    @property
    def creates(self) -> bool:
        """Whether it creates jobs."""
        return self.job_type is not None


def minted(arguments: Callable[..., Any]) -> dict[str, Any]:
    """A fresh ``Idempotency-Key`` as an argument, if a generated ``_get_kwargs`` takes one.

    Minted once per call, it lets the API tell a repetition from a second order.
    """
    return {name: str(uuid4()) for name in _keys_taken(arguments)}


@cache
def _keys_taken(arguments: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(n for n in signature(arguments).parameters if n.endswith("idempotency_key"))


@frozen
class Reply(Generic[T]):
    """A successful answer.

    Attributes:
        parsed: The generated model; the JSON itself, `untyped`, where that has another shape than
            the schema says, but tells enough.
        raw: The JSON it was made from.
        request_id: The API's id of the request, or None.
        headers: The answer's headers, by lower-case name.
        job_ids: The ids of the jobs it created, where it is a creation's: never none.
        status: The HTTP status: 200, or another of success.
    """

    parsed: T = field(repr=False)
    raw: Any = field(repr=False)
    request_id: str | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    job_ids: tuple[str, ...] = ()
    status: int = 200


@overload
def perform(
    settings: Settings, call: Call, kwargs: dict[str, Any], *, within: float | None = None
) -> Flow[Reply[Any]]: ...
@overload
def perform(
    settings: Settings,
    call: Call,
    kwargs: dict[str, Any],
    *,
    within: float | None = None,
    make: Callable[[Reply[Any]], T],
) -> Flow[T]: ...
def perform(
    settings: Settings,
    call: Call,
    kwargs: dict[str, Any],
    *,
    within: float | None = None,
    make: Callable[[Reply[Any]], Any] | None = None,
) -> Flow[Any]:
    """Send one operation, again where that is safe, and read its answer.

    Args:
        settings: The client's.
        call: The operation.
        kwargs: What the generated ``_get_kwargs`` made of the caller's arguments.
        within: Seconds it may take in all, pauses that the API asks for included, as a timeout
            that the client was given is.
        make: Makes what the call answers with; here, so that whatever interrupts that still
            knows of the job. The reply itself when None.

    Raises:
        APIError: The API refused.
        TransportError: No answer came.
        OutcomeUnknownError: The operation spends or writes, and its answer is lost.
        SchemaMismatchError: The answer isn't what the schema says.
    """
    request = build(settings.config, call, kwargs)
    now = yield NOW
    latest = math.inf if within is None else now + within
    if settings.config.bounded:
        latest = min(latest, now + settings.config.timeout)
    budget = Budget(min(now + settings.config.timeout, latest), settings.backoff.patience, latest)
    heard = bytearray()
    flow = partial(
        persist,
        effect=call.effect,
        budget=budget,
        backoff=settings.backoff,
        rng=settings.rng,
        turns=settings.turns,
        paced=settings.paced,
        keyed=call.effect is not Effect.READS and _is_keyed(request),
    )

    def attempt() -> Flow[Reply[Any]]:
        return _attempt(settings, call, request, budget.deadline, heard)

    if call.effect is not Effect.READS:
        return (yield from _heeding(call, flow, attempt, heard, budget, make))
    try:
        reply = yield from flow(attempt)
    except SumeError as error:
        error.operation, error.job_ids = call.name, ()
        raise
    return reply if make is None else make(reply)


def _heeding(
    call: Call,
    persisting: Callable[[Callable[[], Flow[Reply[Any]]]], Flow[Reply[Any]]],
    attempt: Callable[[], Flow[Reply[Any]]],
    heard: bytearray,
    budget: Budget,
    make: Callable[[Reply[Any]], Any] | None,
) -> Flow[Any]:
    """A call that spends or writes: whatever ends it, what it may have done is said.

    Args:
        call: The operation.
        persisting: Makes an attempt as often as that is safe.
        attempt: Sends the request.
        heard: What has come of the answer, filled by `attempt`.
        budget: The time that it has, which pauses move.
        make: As for `perform`.
    """
    at_stake = False  # whether a request may have arrived whose outcome nobody knows
    started, over = math.inf, 0.0  # times of day: of the first attempt, and of the last one's end

    def attempt_at_stake() -> Flow[Reply[Any]]:
        nonlocal at_stake, started, over
        began = yield WALL_CLOCK
        started, over = min(started, began), began + budget.deadline - (yield NOW)
        before, at_stake = at_stake, True
        try:
            return (yield from attempt())
        except SumeError as error:
            at_stake = before or is_unknown(error)
            raise

    try:
        try:
            reply = yield from persisting(attempt_at_stake)
        except SumeError as error:
            error.operation = call.name
            error.job_ids = error.job_ids or job_ids_in(heard)
            if not at_stake and not _may_be_done(call, error):
                raise
            ended = yield WALL_CLOCK
            unknown = _outcome_unknown(call, error.message, error.job_ids, (started, ended))
            unknown.request_id = error.request_id
            raise unknown from None
        made = reply if make is None else make(reply)
        hold(reply.job_ids)
        return made  # noqa: TRY300  (an interruption may come here, too)
    except SumeError:
        raise
    except BaseException as end:
        if at_stake:
            # No clock can be asked any more, but by then it would have been over.
            ids = job_ids_in(heard)
            mark(end, _outcome_unknown(call, "it was interrupted.", ids, (started, over)))
        raise


def _may_be_done(call: Call, error: SumeError) -> bool:
    """Whether an answer came, but not one that tells: a success nobody can read, or "see other".

    Source: RFC 9110 section 15.4.4 (303 says that the request was done, and where to look).
    """
    if isinstance(error, APIError):
        return error.status == _SEE_OTHER
    spends = call.creates or call.effect is Effect.SPENDS
    return spends and isinstance(error, SchemaMismatchError) and not error.job_ids


def _outcome_unknown(
    call: Call, why: str, ids: tuple[str, ...], window: tuple[float, float]
) -> OutcomeUnknownError:
    harmless = call.effect is not Effect.SPENDS and not ids
    return OutcomeUnknownError(
        f"{call.name} may or may not have been accepted: {why}",
        operation=call.name,
        job_type=call.job_type,
        job_ids=ids,
        sent_after=window[0],
        sent_before=window[1],
        hint=_LOOK_FIRST if harmless else None,
    )


_LOOK_FIRST = "It spends nothing, but look whether it took effect before you repeat it."


def _attempt(
    settings: Settings, call: Call, request: Request, deadline: float, heard: bytearray
) -> Flow[Reply[Any]]:
    """The reply to a request, or to those that its redirects ask for."""
    for left in reversed(range(_MAX_REDIRECTS + 1)):
        answer = yield from exchange(
            request,
            deadline=deadline,
            max_bytes=settings.config.max_response_bytes,
            heard=heard,
        )
        if answer.status in _SUCCESS:
            return read(call, answer)
        if answer.status not in _REDIRECTS:
            raise api_error(answer, call.name, (yield WALL_CLOCK))
        if not left:
            raise _refused_redirect(call, answer, f"in circles, at last to {_origin(request.url)}")
        request = _redirected(call, request, answer)
    raise AssertionError  # the last round raises


def build(config: Config, call: Call, kwargs: dict[str, Any]) -> Request:
    """The HTTP request for an operation, with the key for the configured origin only.

    Raises:
        InvalidArgumentError: An id is empty or a path of its own, or the body isn't JSON.
    """
    path: str = kwargs["url"]
    if _STRAY.search(path):
        raise _refused(call, "an id is empty, '.' or '..'")
    params: dict[str, Any] = kwargs.get("params") or {}
    try:
        query = urlencode(_query(params), doseq=True) if params else ""
    except UnicodeEncodeError:
        raise _refused(call, "an argument has text that no UTF-8 can hold") from None
    except ValueError:  # Python writes no number of thousands of digits
        raise _refused(call, "an argument is a number that is too long") from None
    given: dict[str, object] = kwargs.get("headers") or {}
    headers: dict[str, str] = {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": _USER_AGENT,
        **{name.lower(): _header(call, value) for name, value in given.items()},
        **_credentials(config),
    }
    content = None
    if "json" in kwargs:
        headers["content-type"] = "application/json"
        content = _json(call, kwargs["json"])
        remember_json(content, kwargs["json"])
    url = f"{config.base_url}{path}" + (f"?{query}" if query else "")
    return Request(kwargs["method"].upper(), url, headers, content)


def _is_keyed(request: Request) -> bool:
    """Whether the API can tell a repetition of it from a second order."""
    return any("idempotency-key" in name and text.strip() for name, text in request.headers.items())


def _credentials(config: Config) -> dict[str, str]:
    if config.auth == "bearer":
        return {"authorization": f"Bearer {config.api_key.reveal()}"}
    return {"x-api-key": config.api_key.reveal()}


def _query(params: Mapping[str, Any]) -> dict[str, Any]:
    def text(value: object) -> object:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (list, tuple)):
            return [text(item) for item in cast("list[object]", value)]
        return value

    return {name: text(value) for name, value in params.items() if value is not None}


def _header(call: Call, value: object) -> str:
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        raise _refused(call, "an argument is sent as a header, which this text can't be")
    return text


def _json(call: Call, body: object) -> bytes:
    try:
        text = json.dumps(body, allow_nan=False, separators=(",", ":"))
        if "\\ud" in text:  # half a character would be sent, and paid for, as any other text
            json.dumps(body, ensure_ascii=False).encode()
        return text.encode()
    except UnicodeEncodeError:
        raise _refused(call, "an argument has text that no UTF-8 can hold") from None
    except RecursionError:
        raise _refused(call, "an argument is nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise _refused(call, f"an argument has no JSON form ({error})") from None


def _refused(call: Call, what: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"{call.name}: {what}.", operation=call.name)


def _redirected(call: Call, request: Request, answer: Answer) -> Request:
    """The request a redirect asks for: same origin and GET only, else an error."""
    try:
        target = join_url(request.url, answer.headers.get("location", ""))
        same = split_url(target)[:2] == split_url(request.url)[:2]
        origin = _origin(target)
    except ValueError:
        raise _refused_redirect(call, answer, "to what isn't a URL") from None
    if request.method != "GET" or not same:
        raise _refused_redirect(call, answer, f"{request.method} to {origin}")
    return Request("GET", target, request.headers)


def _origin(url: str) -> str:
    """Scheme, host and port: what of a URL may be shown.

    Raises:
        ValueError: It isn't a URL.
    """
    parts = split_url(url)
    return f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")


def _refused_redirect(call: Call, answer: Answer, how: str) -> APIError:
    from sume_ext.secrecy.redaction import redact  # noqa: PLC0415  (as above)

    ids = () if call.effect is Effect.READS else job_ids_in(answer.content)
    return APIError(
        f"the API redirects {redact(how)}, where the key must not go.",
        status=answer.status,
        code="redirect_refused",
        operation=call.name,
        job_ids=ids,
        hint=None if ids else "Check base_url; it must be the API's final address.",
    )


class _Success:
    """What the generated parser looks at: a success and its JSON, nothing of the network."""

    status_code = 200
    raise_on_unexpected_status = False

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def json(self) -> Any:
        return self._raw


def misfit(call: Call, raw: Any) -> str | None:
    """The first place where an answer's JSON isn't what the schema says, or None."""
    return mismatch(call.operation, raw)


def model_of(call: Call, raw: Any) -> Any:
    """The generated model of an answer's JSON; generated parsers fail in many ways."""
    success = _Success(raw)
    return call.parse(client=success, response=success)


def read(call: Call, answer: Answer) -> Reply[Any]:
    """The generated model in a successful answer; what the answer says, where that is enough.

    Raises:
        SchemaMismatchError: It isn't what the schema says; ids of created jobs are on it.
        ResponseLostError: It was cut where nothing else tells: at a closed connection.
    """
    raw: Any = None
    named = _NOBODY
    try:
        raw = decode(answer.content)
        remember_json(answer.content, raw)
        place = misfit(call, raw)
        if call.creates:
            named = jobs_named(raw)
        if place is None:
            parsed = model_of(call, raw)
            if not call.creates or (named.ids and not named.unreadable):
                return _reply(answer, parsed, raw, named.ids)
            place = "there is a job without an id" if named.ids else "there is no job id"
    except Exception as error:  # noqa: BLE001  (generated parsers fail in many ways)
        if raw is None and answer.content and not _LENGTHS & answer.headers.keys():
            raise ResponseLostError("the answer is cut short.") from None
        place = "not JSON" if raw is None else f"{type(error).__name__} while reading it"
    if tells_enough(call.name, raw):
        from sume_ext.secrecy.untyped import untyped  # noqa: PLC0415  (rarely needed)

        return _reply(answer, untyped(raw), raw, ())
    where, _, what = place.rpartition(": ")
    raise SchemaMismatchError(
        f"the answer isn't what the schema says ({shown(what)}).",
        place=shown(where),
        operation=call.name,
        request_id=request_id(raw, answer.headers),
        job_ids=() if call.effect is Effect.READS else named.ids,
        foreign=place == "not JSON",
    )


def _reply(answer: Answer, parsed: Any, raw: Any, job_ids: tuple[str, ...]) -> Reply[Any]:
    headers = answer.headers
    return Reply(parsed, raw, request_id(raw, headers), headers, job_ids, answer.status)


_NOBODY = Named((), unreadable=False)
