"""What the bytes of an answer mean: JSON, our errors, and the ids of jobs, however broken it is.

A job that was paid for is never lost because its answer is cut, too long, or of another shape:
whatever came is searched for its id.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from sume_ext import roles
from sume_ext.calling.retries import retry_after
from sume_ext.errors import APIError, error_class
from sume_ext.secrecy.memory import remember_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sume_ext.calling.exchange import Answer

_MOST_SEARCHED = 256 * 1024
_MOST_IDS = 100
_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],]')
_CLOSERS = {b"{": b"}", b"[": b"]"}


def decode(content: bytes) -> Any:
    """The JSON in an answer, in any of Unicode's encodings.

    Raises:
        ValueError: There is none.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def salvage(content: bytes) -> Any:
    """What a cut JSON text says as far as it goes, or None."""
    content = content[:_MOST_SEARCHED]
    open_: list[bytes] = []
    whole, closers = b"", b""
    for mark in _MARK.finditer(content):
        sign = mark[0]
        if sign in _CLOSERS:
            open_.append(_CLOSERS[sign])
        elif sign == b"," or (open_ and sign == open_[-1]):
            if sign != b",":
                open_.pop()
            end = mark.start() if sign == b"," else mark.end()
            whole, closers = content[:end], b"".join(reversed(open_))
    for text in (content + b"".join(reversed(open_)), whole + closers):
        try:
            return decode(text)
        except ValueError:
            continue
    return None


def _members(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def job_ids(value: object) -> tuple[str, ...]:
    """The ids of jobs that an answer names."""
    if isinstance(value, list):
        return job_ids({"data": cast("object", value)})
    details = _members(_members(value).get("error")).get("details")
    found = (*roles.JOB_IDS.find_all(value), *roles.JOB_IDS.find_all(details))
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str)))[:_MOST_IDS]


def job_ids_in(pieces: Iterable[bytes]) -> tuple[str, ...]:
    """The ids of jobs in what came of an answer."""
    return job_ids(salvage(b"".join(pieces)))


def request_id(body: object, headers: Mapping[str, str]) -> str | None:
    """The API's id of a request, from its answer."""
    found = (
        _members(body).get("request_id") or headers.get("x-request-id") or headers.get("request-id")
    )
    return found if isinstance(found, str) else None


def api_error(answer: Answer, operation: str, now: float) -> APIError:
    """The exception for an answer that isn't a success, whatever its body is.

    What the server says of it may quote the request, so it is cleaned like any other text.
    """
    from sume_ext.secrecy.redaction import redact_foreign  # noqa: PLC0415  (errors are rare, its patterns many)

    try:
        body = decode(answer.content)
    except ValueError:
        body = salvage(answer.content)
    remember_json(answer.content, body)
    error = _members(redact_foreign(_members(body).get("error")))
    code = error.get("code")
    code = code if isinstance(code, str) and code else f"http_{answer.status}"
    message = error.get("message")
    return error_class(answer.status, code)(
        message if isinstance(message, str) and message else "the API gave no reason.",
        status=answer.status,
        code=code,
        details=_members(error.get("details")),
        request_id=request_id(body, answer.headers),
        retry_after=retry_after(answer.headers.get("retry-after"), now, answer.headers.get("date")),
        rate_limit=_rate_limit(answer.headers),
        job_ids=job_ids(body),
        operation=operation,
    )


def _rate_limit(headers: Mapping[str, str]) -> dict[str, str]:
    """``RateLimit``, ``RateLimit-*`` and ``X-RateLimit-*``, which say what is left."""
    return {
        name: value
        for name, value in headers.items()
        if name.removeprefix("x-").startswith("ratelimit")
    }
