"""Guarantee: what can't be right is refused with a clear error of ours, and nothing is sent.

The threats: a paid call with a misspelt option silently ignored, a key sent in clear, an id
that turns one path into another (`..`).
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sume_api.operations import get_job

from sume_ext import AsyncSume, ConfigurationError, InvalidArgumentError, Sume, SumeError
from sume_ext.calling.calls import build
from sume_ext.config import resolve
from sume_ext.operations import BINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.network.wire import Request, Timeouts


class Silence:
    """A transport through which nothing may go."""

    def open(self, request: Request, timeouts: Timeouts) -> Any:
        raise AssertionError(f"{request.method} was sent")

    def close(self) -> None:
        """Nothing is open."""

    def handle_request(self, request: Any) -> Any:
        raise AssertionError(f"{request.method} was sent")

    async def handle_async_request(self, request: Any) -> Any:
        raise AssertionError(f"{request.method} was sent")

    async def aclose(self) -> None:
        """Nothing is open."""


def client() -> Sume:
    return Sume(api_key="sume_live_x", base_url="http://127.0.0.1:1", transport=Silence())


WRONG: dict[str, tuple[Callable[[Any], Any], str]] = {
    "unknown keyword": (lambda s: s.videos.generate(promt="x"), "Did you mean 'prompt'?"),
    "unknown keyword, nothing near": (lambda s: s.credits.get(zzz=1), "It takes: nothing."),
    "positional body": (lambda s: s.videos.generate("x"), "by|keyword|It takes: prompt"),
    "positional filter": (lambda s: s.assets.search("hook"), "It takes: "),
    "two ids": (lambda s: s.jobs.get("job_1", "job_2"), "It takes: job_id"),
    "missing": (lambda s: s.videos.generate(duration=4), "It takes: prompt"),
    "missing id": (lambda s: s.jobs.get(), "It takes: job_id"),
    "no JSON": (lambda s: s.videos.generate(prompt=object()), "help()|Correct|It takes str"),
    "not a number": (
        lambda s: s.videos.generate(prompt="x", duration=float("nan")),
        "Correct|help",
    ),
    "unknown keyword of a behaviour": (lambda s: s.jobs.wait("job_1", timout=1), "'timeout'"),
    "empty id of a behaviour": (lambda s: s.jobs.wait(""), "id"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments_are_refused_before_anything_is_sent(case: str) -> None:
    call, hints = WRONG[case]
    with client() as sume, pytest.raises(InvalidArgumentError) as caught:
        call(sume)
    assert any(hint in caught.value.hint for hint in hints.split("|")), caught.value.hint
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments_are_refused_alike_when_awaited(case: str) -> None:
    async def attempt() -> None:
        async with AsyncSume(
            api_key="sume_live_x", base_url="http://127.0.0.1:1", transport=Silence()
        ) as sume:
            await WRONG[case][0](sume)

    with pytest.raises(InvalidArgumentError):
        asyncio.run(attempt())


@pytest.mark.parametrize("name", ["jobs.get", "jobs.result", "avatars.get", "assets.get"])
@pytest.mark.parametrize("bad", ["", ".", "..", None, 7, b"job_1"])
def test_an_id_that_is_none_is_refused(name: str, bad: object) -> None:
    """`..` would ask for another path than the one meant; None would ask for the id "None"."""
    resource, _, method = name.rpartition(".")
    with client() as sume, pytest.raises(InvalidArgumentError):
        getattr(getattr(sume, resource), method)(bad)


@given(text=st.text(min_size=1, max_size=40))
def test_an_id_never_changes_the_path(text: str) -> None:
    """Whatever an id holds, it stays one segment of the path, or is refused."""
    call = BINDINGS["jobs.get"].call
    config = resolve(api_key="k", environ={})
    try:
        request = build(config, call, BINDINGS["jobs.get"].arguments((text,), {}))
    except InvalidArgumentError:
        return
    tail = request.url.removeprefix("https://www.sume.so/api/v1/jobs/")
    assert "/" not in tail
    assert "?" not in tail
    assert "#" not in tail


REFUSED_URLS = [
    "http://www.sume.so/api/v1",
    "http://example.com",
    "ftp://www.sume.so",
    "www.sume.so",
    "https://user:pass@www.sume.so/api/v1",
    "https://www.sume.so/api/v1?key=1",
    "https://www.sume.so/api/v1#x",
    "https://[::1",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_base_url_that_a_key_must_not_go_to_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Sume(api_key="sume_live_secret", base_url=url)
    assert "secret" not in str(caught.value)
    assert "pass" not in str(caught.value).replace("Pass", "")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/api/v1/", "http://localhost:1", "http://[::1]:9/x"]
)
def test_loopback_may_be_plain_http(url: str) -> None:
    with Sume(api_key="k", base_url=url) as sume:
        assert url.rstrip("/") in repr(sume)


@pytest.mark.parametrize(
    "key", [None, "", "  ", "sume_live_7f3k9\n", "schlüssel", "a\tb\x00", "x" * 5000]
)
def test_no_key_is_said_before_anything_is_sent(
    key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUME_API_KEY", raising=False)
    if key == "sume_live_7f3k9\n":  # a trailing newline from a file is trimmed, not refused
        Sume(api_key=key).close()
        return
    with pytest.raises(ConfigurationError) as caught:
        Sume(api_key=key)
    assert caught.value.hint


@pytest.mark.parametrize(
    "timeout", [0, -1, float("nan"), float("inf"), 1e300, pytest.param(-(10**5000), id="huge")]
)
def test_a_timeout_must_be_finite_and_positive(timeout: float) -> None:
    with pytest.raises(ConfigurationError):
        Sume(api_key="k", timeout=timeout)


def test_our_errors_are_one_family() -> None:
    assert issubclass(InvalidArgumentError, SumeError)
    assert issubclass(ConfigurationError, SumeError)


WRONG_TYPES: dict[str, Callable[[Any], Any]] = {
    "prompt None": lambda s: s.videos.generate(prompt=None),
    "prompt number": lambda s: s.videos.generate(prompt=5),
    "duration text": lambda s: s.videos.generate(prompt="x", duration="4"),
    "duration true": lambda s: s.videos.generate(prompt="x", duration=True),
    "flag text": lambda s: s.videos.generate(prompt="x", generate_audio="yes"),
    "text for a list": lambda s: s.images.generate(
        prompt="x", reference_image_urls="https://x/a.png"
    ),
    "text for ids": lambda s: s.face_swap.create(
        source_video_url="https://x/v.mp4", avatar_ids="a"
    ),
    "list of numbers": lambda s: s.face_swap.create(source_video_url="https://x", avatar_ids=[1]),
    "filter": lambda s: s.jobs.list(limit="5"),
    "no jobs": lambda s: s.jobs.wait_many(None),
    "a job that is none": lambda s: s.jobs.wait_many([5]),
    "surrogate id": lambda s: s.jobs.wait("\ud800"),
    "surrogate handle": lambda s: s.jobs.handle("\ud800"),
    "dots handle": lambda s: s.jobs.handle(".."),
    "no error": lambda s: s.jobs.find_recent(None),
    "no scene": lambda s: s.assets.reopen(None),
    "no module": lambda s: s.call("get_job"),
    "call without id": lambda s: s.call(get_job),
    "call with None": lambda s: s.call(get_job, None),
    "call with a number": lambda s: s.call(get_job, 5),
    "unknown option": lambda s: s.with_options(tmeout=5),
}


HALF = "half a \ud83d"
"""Half a character: `json` writes it down all the same, and a model would be paid to read it."""


def _deep(levels: int) -> Any:
    nested: Any = []
    for _ in range(levels):
        nested = [nested]
    return nested


UNSENDABLE: dict[str, Callable[[Any], Any]] = {
    "prompt": lambda s: s.videos.generate(prompt=HALF),
    "one of several": lambda s: s.images.generate(prompt="x", reference_image_urls=["ok", HALF]),
    "choice": lambda s: s.videos.generate(prompt="x", resolution=HALF),
    "filter": lambda s: list(s.assets.search(q=HALF)),
    "cursor": lambda s: list(s.jobs.list(cursor=HALF)),
    "status": lambda s: list(s.jobs.list(status=HALF)),
    "id": lambda s: s.jobs.get(HALF),
    "id of a module": lambda s: s.call(get_job, HALF),
    "handle": lambda s: s.jobs.handle(HALF),
    "several ids": lambda s: s.jobs.wait_many(["job_1", HALF]),
    "date": lambda s: list(s.assets.search(created_after=HALF)),
    "time to look from": lambda s: s.jobs.find_recent(since=HALF),
}


@pytest.mark.parametrize("case", UNSENDABLE)
def test_half_a_character_is_refused_not_sent(case: str) -> None:
    with client() as sume, pytest.raises(InvalidArgumentError) as caught:
        UNSENDABLE[case](sume)
    str(caught.value).encode()  # nor does its message hold what no terminal prints


@pytest.mark.parametrize(
    "body", [{"a": HALF}, {HALF: 1}, {"a": float("inf")}, {"a": {1, 2}}, {"a": _deep(100_000)}],
    ids=["value", "name", "infinite", "set", "deep"],
)  # fmt: skip
def test_a_body_that_has_no_json_form_is_refused(body: object) -> None:
    call = BINDINGS["videos.generate"].call
    made = {"method": "post", "url": "/videos/generations", "json": body}
    with pytest.raises(InvalidArgumentError):
        build(resolve(api_key="k", environ={}), call, made)


def test_whole_characters_go_out_as_they_are() -> None:
    """An emoji is two halves in JSON's own escapes, which must not be taken for one."""
    call = BINDINGS["videos.generate"].call
    made = BINDINGS["videos.generate"].arguments((), {"prompt": "a \U0001f305 and \\ud83d, é"})
    sent = build(resolve(api_key="k", environ={}), call, made).content
    assert isinstance(sent, bytes)
    assert json.loads(sent) == {"prompt": "a \U0001f305 and \\ud83d, é"}


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "é", HALF, "\0"])
def test_a_header_stays_one_header(value: str) -> None:
    call = BINDINGS["videos.generate"].call
    made = {"method": "post", "url": "/videos", "json": {}, "headers": {"Idempotency-Key": value}}
    with pytest.raises(InvalidArgumentError):
        build(resolve(api_key="k", environ={}), call, made)


@pytest.mark.parametrize("case", WRONG_TYPES)
def test_a_wrong_type_costs_a_message_not_a_request(case: str) -> None:
    """The generated classes would send it, and a lenient server might spend on it."""
    with client() as sume, pytest.raises(InvalidArgumentError) as caught:
        WRONG_TYPES[case](sume)
    assert caught.value.hint


def test_choices_stay_open_and_numbers_may_be_whole() -> None:
    """A server may know choices that this package doesn't; a whole number is a number, too."""
    arguments = BINDINGS["videos.generate"].arguments
    made = arguments((), {"prompt": "x", "duration": 4, "resolution": "1080p"})
    assert made["json"] == {"prompt": "x", "duration": 4, "resolution": "1080p"}


@pytest.mark.parametrize(
    "options",
    [
        {"verify": None},
        {"verify": ""},
        {"verify": 0},
        {"verify": "/ca.pem"},
        {"verify": []},
        {"api_key": 5},
        {"base_url": 5},
        {"base_url": ""},
        {"base_url": "https://x y/"},
        {"base_url": "https://x/\r\nHost: y"},
        {"proxy": 5},
        {"timeout": "5"},
        {"timeout": 10**400},
        {"timeout": -1e300},
        {"timeout": True},
        {"bogus": 1},
    ],
    ids=str,
)
def test_a_client_is_configured_right_or_not_at_all(options: dict[str, Any]) -> None:
    """`verify=None` passing for False would send the key to any man in the middle."""
    build: Any = Sume
    with pytest.raises((ConfigurationError, InvalidArgumentError)):
        build(**{"api_key": "k", **options})


def test_a_key_by_position_is_refused() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        Sume("sume_live_7f3k9")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert "7f3k9" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"timeout": "5"}, {"attempts": "x"}, {"attempts": 2.5}, {"attempts": 0}, {"patience": "x"},
     {"patience": -1}, {"max_response_bytes": "x"}],
    ids=str,
)  # fmt: skip
def test_options_are_right_or_refused(options: dict[str, Any]) -> None:
    with client() as sume, pytest.raises(ConfigurationError):
        sume.with_options(**options)


@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_help_explains_every_parameter(name: str) -> None:
    """`help(sume.videos.generate)` is where people look first; so do completion and agents."""
    binding = BINDINGS[name]
    assert binding.doc.strip()
    for parameter in binding.signature.parameters:
        assert re.search(rf"^ +{parameter} \(.+\): \S", binding.doc, re.MULTILINE), parameter
    assert "body (" not in binding.doc
