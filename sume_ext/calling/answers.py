"""What the bytes of an answer mean: JSON, our errors, and the ids of jobs, however broken it is.

A job that was paid for is never lost because its answer is cut, too long, or of another shape:
whatever came is searched for its id.
"""

from __future__ import annotations

import json
import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from sume_ext import roles
from sume_ext.calling.ids import is_id
from sume_ext.calling.retries import retry_after
from sume_ext.errors import APIError, error_class
from sume_ext.secrecy.memory import remember_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sume_ext.calling.exchange import Answer

_MOST_SEARCHED = 256 * 1024
_MOST_DIGITS = 4000
_MOST_IDS = 1000
_MOST_DOCUMENTS = 8
_ENDS_TRIED = 3
# Possessive, so that a text of escapes that never ends is read once, not once per way to read it.
_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\],]', re.DOTALL)
_DOCUMENT = re.compile(r'\A\s*+(?=\[)|(?=\{\s*+["}])')
_SPELT_OUT = re.compile(rb'"(?:job_id|job"\s*+:\s*+\{\s*+"(?:job_)?id)"\s*+:\s*+"([^"\\]{1,512}+)"')
_CLOSERS = {"{": "}", "[": "]"}
_PLAIN = ("data[].id", "data.id", "id")
"""Places of `roles.JOB_IDS` where other things than jobs have their ids, too."""
_BARE = ("jobs[]", "job")
"""Those where a whole job may stand instead of its id."""
_NAMED = tuple(place for place in roles.JOB_IDS.candidates if place not in _PLAIN)


def decode(content: bytes | bytearray) -> Any:
    """The JSON in an answer, in any of Unicode's encodings.

    Raises:
        ValueError: There is none.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def salvage(content: bytes | bytearray) -> Any:
    """What a broken JSON text says as far as it goes, or None."""
    return next(_said(content), None)


def _said(content: bytes | bytearray) -> Iterator[Any]:
    """Every JSON document in a text, whatever stands around them; of one that is cut, its part."""
    content = content[:_MOST_SEARCHED]
    text = content.decode(json.detect_encoding(content), "replace")
    decoder = json.JSONDecoder(strict=False, parse_int=_number)
    end = 0
    for _ in range(_MOST_DOCUMENTS):
        start = _DOCUMENT.search(text, end)
        if start is None:
            return
        try:
            value, end = decoder.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            # Not what it holds: a part has another meaning than the whole.
            yield from _mended(text[start.end() :], decoder)
            return
        yield value


def _mended(text: str, decoder: json.JSONDecoder) -> Iterator[Any]:
    """The most of a cut document that can be made whole by closing it."""
    open_, ends = _unclosed(text)
    cut = [] if text[-1:].isdigit() else [text + open_]  # half a number is another number
    wholes = (text[:end] for end in reversed(ends))
    for one in (*cut, *(whole + _unclosed(whole)[0] for whole in wholes)):
        try:
            yield decoder.decode(one)
        except (ValueError, RecursionError):
            continue
        return


def _unclosed(text: str) -> tuple[str, deque[int]]:
    """What would close a JSON text that is cut, and where its last whole members end."""
    open_: list[str] = []
    ends = deque[int](maxlen=_ENDS_TRIED)
    for mark in _MARK.finditer(text):
        sign = mark[0]
        if sign in _CLOSERS:
            open_.append(_CLOSERS[sign])
        elif sign == ",":
            ends.append(mark.start())
        elif open_ and sign == open_[-1]:
            open_.pop()
            ends.append(mark.end())
    return "".join(reversed(open_)), ends


def _number(text: str) -> float:
    """A whole number of any length; Python refuses to read thousands of digits exactly."""
    return int(text) if len(text) < _MOST_DIGITS else float(text)


def _members(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


@frozen
class Named:
    """The jobs that an answer names.

    Attributes:
        ids: Their ids, each once, in the API's order.
        unreadable: Whether it names one more, by what can't be an id.
    """

    ids: tuple[str, ...]
    unreadable: bool


def jobs_named(value: object) -> Named:
    """The jobs that an answer to a creation names: at every place where only a job's id stands.

    An answer that says it twice may mean one job or two: none of them is left out. Where no such
    place has one, it is the plain ``id``.
    """
    if isinstance(value, list):
        value = {"data": cast("object", value)}
    found, odd = _ids_at(value, _NAMED)
    unreadable = any("[]" in place for place in odd) or bool(odd and not found)
    if not found and not _is_refusal(value):
        found, odd = _ids_at(value, _PLAIN)
    return Named(tuple(dict.fromkeys(found)), unreadable)


def _ids_at(value: object, places: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The ids at some places, and the places that hold something else."""
    found: list[str] = []
    odd: list[str] = []
    for place in places:
        for one in roles.JOB_IDS.at(value, place):
            text = str(one) if type(one) is int and places is _NAMED else one
            if is_id(text):
                found.append(text)
            elif place not in _BARE or not isinstance(one, dict):
                odd.append(place)
    return found, odd


def _is_refusal(value: object) -> bool:
    """Whether it is the error envelope, whose plain ``id`` is anything but a job's."""
    return isinstance(_members(value).get("error"), dict)


def job_ids(value: object) -> tuple[str, ...]:
    """The ids of jobs that an answer names, whatever it is an answer of."""
    details = _members(_members(value).get("error")).get("details")
    return tuple(dict.fromkeys((*jobs_named(value).ids, *_ids_at(details, _NAMED)[0])))


def job_ids_in(heard: bytes | bytearray) -> tuple[str, ...]:
    """The ids of jobs in what came of an answer, however broken it is.

    Where nothing can be made of its structure, and beyond what is searched for that, an id is
    what is spelt out as one, with its closing quote.
    """
    said = [*_said(bytes(heard[:_MOST_SEARCHED]))]
    found = [one for value in said for one in job_ids(value)]
    if (not found or len(heard) > _MOST_SEARCHED) and not any(map(_is_refusal, said)):
        spelt = (one[1].decode("utf-8", "replace") for one in _SPELT_OUT.finditer(heard))
        found += filter(is_id, islice(spelt, _MOST_IDS))
    return tuple(dict.fromkeys(found))


def tells_enough(name: str, value: object) -> bool:
    """Whether an answer of another shape than the schema's still says what was asked.

    Of a job that is its id and its status, wherever the roles find them. A result has no shape
    that the docs promise, and is paid for: whatever came is the result, unless it is an error.

    Args:
        name: The operation's public name.
        value: The answer's JSON.
    """
    if name == "jobs.get":
        said = (roles.JOB_ID.find(value), roles.JOB_STATUS.find(value))
        return all(isinstance(one, str) and one for one in said)
    return name == "jobs.result" and _holds_something(value) and not _is_refusal(value)


def _holds_something(value: object) -> bool:
    return isinstance(value, (dict, list, str)) and value not in ({}, [], "")


def request_id(body: object, headers: Mapping[str, str]) -> str | None:
    """The API's id of a request, from its answer; for messages only as `shown_id`."""
    found = (
        _members(body).get("request_id") or headers.get("x-request-id") or headers.get("request-id")
    )
    return found if isinstance(found, str) else None


def api_error(answer: Answer, operation: str, now: float) -> APIError:
    """The exception for an answer that isn't a success, whatever its body is.

    What the server says of it may quote the request, so it is cleaned like any other text.
    """
    from sume_ext.secrecy.redaction import redact_foreign  # noqa: PLC0415  (errors are rare, its patterns many)

    content = answer.content[:_MOST_SEARCHED]  # what tells more than that is no explanation
    try:
        body = decode(content)
    except ValueError:
        body = salvage(content)
    remember_json(content, body)
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
        rate_limit=redact_foreign(_rate_limit(answer.headers)),
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
