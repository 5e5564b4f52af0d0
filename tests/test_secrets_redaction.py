"""Guarantee: `redact` takes out secrets known by name, by shape or by value, and nothing else.

The threats: a new spelling of a name, a signed URL of a store nobody thought of, a header list, an
exception that quotes a URL; and, as bad, a redactor that eats prompts, ids and ordinary URLs, so
that people switch it off.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import json
import os
import string
import subprocess
import sys
import threading
import traceback
from array import array
from collections import OrderedDict, UserString, deque
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import quote, urlparse, urlsplit

import attrs
import httpx
import pytest
from sume_api.models import MeUser

from sume_ext import redact
from sume_ext.secrecy import memory, short_ids
from sume_ext.secrecy.fingerprints import LIMIT, LINKS, Fingerprints
from sume_ext.secrecy.memory import remember, remember_json
from sume_ext.secrecy.redaction import redact_foreign
from sume_ext.secrecy.secret import Secret
from sume_ext.secrecy.sensitive import NAMES, WHOLE_NAMES, is_sensitive

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "kW3nDy58GsFb"
"""A value of no shape, which no client has seen: its surroundings hide it, or nothing does."""

DIRTY = (
    f"Authorization: Bearer {MARK}",
    f"authorization: Basic {MARK}==",
    f"Authorization: Negotiate {MARK}==",
    f"Authorization: ApiKey id-1:{MARK}",
    f"Proxy-Authorization: NTLM {MARK}1 more",
    f"Authorization: AWS4-HMAC-SHA256 Credential=AK/20, Signature={MARK}",
    f'Authorization: Digest username="Anna", response="{MARK}"',
    f'{{"authorization": "Bearer {MARK}"}}',
    f"{{'X-Api-Key': '{MARK}', 'accept': '*/*'}}",
    f"Headers({{'x-api-key': '{MARK}'}})",
    f"[(b'x-api-key', b'{MARK}'), (b'accept', b'*/*')]",
    f"curl -H 'X-Api-Key: {MARK}' https://www.sume.so/api/v1/me",
    f"Cookie: theme=dark; session={MARK}; path=/",
    f"Set-Cookie: session={MARK}; HttpOnly",
    f"SUME_API_KEY={MARK} sume me",
    f"sume setup --api-key {MARK} --yes",
    f"Sume(api_key='{MARK}')",
    f"my_api-key = {MARK}",
    f"if password == {MARK}:",
    f":token => '{MARK}'",
    f"token -> {MARK}",
    f"bearer {MARK}",
    f"bearer+{MARK}",
    f"API key: {MARK}",
    f"password: {MARK}",
    f"password: {MARK}(old)",
    f"passphrase: correct horse battery {MARK}",
    f"api_key={MARK}['x']",
    f"clientSecret={MARK};",
    f'{{"name": "X-Api-Key", "value": "{MARK}"}}',
    f'"api_keys": ["{MARK}"], "user_ids": ["{MARK}"], "passwords": ["{MARK}"]',
    f"object_keys=['{MARK}'] signatures={MARK} access_tokens=[{MARK}]",
    f'\\"object_key\\": \\"{MARK}\\"',
    f'"object_key": "a \\"quoted\\" {MARK}"',
    f'"required_headers": {{"content-type": "video/mp4", "x-amz-meta-a": "{MARK}"}}',
    f'"upload_url": "https://store.example/{MARK}"',
    f"'upload_url': 'https://store.example/'\n               '{MARK}'",
    f"user_id={MARK} workspace_id={MARK}",
    f'{{"user": {{"id": "{MARK}", "name": "A. Person"}}}}',
    f"device_code={MARK}",
    f'"provider_payload": {{"gpu": "{MARK}"}}',
    f"https://person:{MARK}@proxy.example:8080/",
    f"https://bucket.s3.amazonaws.com/{MARK}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=ab12",
    f"https://s3.example/b/k?AWSAccessKeyId=AKIA&Signature={MARK}%3D&Expires=1",
    f"https://storage.googleapis.com/b/{MARK}?X-Goog-Algorithm=GOOG4&X-Goog-Signature=ab12",
    f"https://storage.googleapis.com/b/k?GoogleAccessId=a&Expires=1&Signature={MARK}",
    f"https://acc.blob.core.windows.net/c/{MARK}.mp4?sv=2022-11-02&sp=r&sig=a%2Bb%3D",
    f"https://d1.cloudfront.net/{MARK}.mp4?Expires=1&Signature=a~b&Key-Pair-Id=K1",
    f"https://cdn.example/a.mp4?hdnts=exp=1~hmac={MARK}",
    f"https://cdn.example/p/{MARK}.mp4?expires=1760000000&hash=ab12",
    f"https://cdn.example/p/{MARK}.mp4?verify=1760000000-ab12",
    f"https://cdn.example/p/{MARK}.mp4?md5=ab12&e=1760000000",
    f"https://b.cos.example/{MARK}?q-sign-algorithm=sha1&q-signature=ab12",
    f"https://app.example/callback?state=1&access_token={MARK}#top",
    f"https://app.example/#id_token={MARK}",
    f"https://media.sume.so/a/b.mp4?v={MARK}",
    f"https:\\/\\/bucket.example\\/{MARK}?X-Amz-Signature=ab12",
    f"next=https%3A%2F%2Fb.example%2Fk%3FX-Amz-Signature%3D{MARK}%26x",
    f'HTTP Request: PUT https://b.example/{MARK}?x=1&sig=ab12cd34 "HTTP/1.1 200 OK"',
    f"mail {MARK}@example.com now",
    f"<{MARK}.x+y@mail.example.co.uk>",
    f"to={MARK}%40example.com",
    f"jürgen.{MARK}@example.de",
    f"sume_live_{MARK}",
    f"key=sume_test_{MARK}.",
    f"sume_{'partner'}_{MARK}{MARK}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJ{MARK}.{MARK}",
    f"user_9{MARK} in ws_8{MARK}",
    f"stored as uploads/ws_1a2b3c4d/{MARK}/clip.mp4",
    f"-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----",
    f"<ApiKey>{MARK}</ApiKey>",
    f"<s:userId>\n  {MARK}\n</s:userId>",
    f"<api_key><![CDATA[{MARK}]]></api_key>",
    f'"{MARK}\\u0040example.com"',
    f"{MARK}&#64;example.com",
    f"{MARK}&commat;example.com",
    f"('password', '{MARK}')",
    f"login --key {MARK}",
    f"owner user_abc12345sume_live_{MARK}",
    f"required_headers:\n  x-amz-meta-owner: {MARK}\n  content-type: video/mp4",
    f"- provider_payload:\n    gpu: a\n\n    worker:\n      - {MARK}\n- next: 1",
    f"user:\n  name: Ann\n  id: {MARK}",
    f"user_ids:\n- {MARK}\n- b",
    f"API key:\n{MARK}",
    f"  password:\n  {MARK}\n",
    f"api_key: |\n  {MARK}",
    f"env:\n- name: SUME_API_KEY\n  value: {MARK}",
    f"\x1b[36mapi_key\x1b[0m\x1b[39m=\x1b[0m\x1b[35m{MARK}\x1b[0m",
    f"\x1b[35m{MARK}@example.com\x1b[0m",
    f"[api_key] => {MARK}",
    f"os.environ['SUME_API_KEY'] = '{MARK}'",
    f"**API key:** {MARK} and `token`: `{MARK}`",
    f"AccountName=x;AccountKey={MARK}==",
    f"s3://bucket/k1/{MARK}.mp4 gs://bucket/{MARK}",
    f'"PUT /bucket/k1/{MARK}.mp4?X-Amz-Signature=ab12 HTTP/1.1" 200',
    f"Max retries exceeded with url: /media/{MARK}.mp4?X-Amz-Signature=ab12",
    f"next=https%3A%2F%2Fb.example%2F{MARK}%3FX-Amz-Signature%3Dab12%26x",
    f"https://a.example/x,https://anna:{MARK}@b.example/y",
    f"https://a.example/?to=https://www.sume.so/login?code={MARK}",
    f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{MARK}\n-----END RSA",
    f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{MARK}",
    f"app | -----BEGIN EC PRIVATE KEY-----\napp | {MARK}\napp | -----END EC PRIVATE KEY-----",
    f"user_9{MARK}sume_live_abcd1234",
)  # fmt: skip

CLEAN = (
    'A sign says "hello@home", in the style of @creator, 2 tokens: yes',
    "authorization: required for everybody, authorization: see the documentation",
    "the token: expired and the secret: love",
    "meet me @ 5pm, e-mail: later, password reset is broken",
    "password: be sure to keep it, the password: must be long, passphrase: not given",
    "password = getpass()",
    "Sume(api_key=os.environ['SUME_API_KEY'])",
    "api_key = settings.read_key(path)",
    "bearer securities are a risk",
    "user story: as a user, I want a key, a cookie and a signature dish",
    "https://www.example.com/search?q=cats&page=2#top",
    "https://www.example.com/page?hash=ab12cd34&page=2",
    "https://www.example.com/page?expires=1760000000",
    "https://media.sume.so/results/job_sandbox_0a1b2c3d/0.mp4",
    "https://medium.example/@somebody/post?x=1",
    "https://unpkg.example/react@18.2.0/umd.js?module",
    "https://www.sume.so/api/v1/jobs/job_123/result",
    "http://127.0.0.1:8080/api/v1/assets?limit=5&sort=relevance",
    "icon@2x.png and logo@home.svg",
    "git@github.com:somebody/something.git",
    "job_9f8e7d6c5b4a3928 asset_0192abcdef012345 req_0a1b2c3d4e5f6a7b brand_12ab34cd56ef",
    "3f2a9c1b-1111-4222-8333-abcdefabcdef",
    "max_tokens: 4096, tokens=3, token_count=17, monkeys: 3",
    '{"prompt": "a jar", "duration": 4, "aspect_ratio": "9:16", "generate_audio": false}',
    '{"object": "list", "data": [], "has_more": false, "next_cursor": null}',
    "key: value, key=1, keyboard=qwerty, monkey",
    "uploads/clip.mp4 and uploads/2026-11-22/final-cut.mp4",
    "user_agent=curl/8.5 user_profile_view ws_connect key_frames=12",
    "sume_ext.secrecy.redaction imports sume_api.operations",
    "api_key=None token=null password=None 'token': None, \"secret\": true",
    "X-Request-Id: req_0a1b2c3d",
    "-----BEGIN CERTIFICATE-----",
    "12:30:45 = 3, a=b, c:d, sigma=1, design: new, config: x",
    "def f(api_key: str | None = None, *, token: str) -> None:",
    "İstanbul: 3, ǅ=1",
    "Unexpected token: 'x' at line 3, expected token: '}'",
    "sort --key 2,2n file",
    "user_interface2 key_points1234 user_agents99 ws_server1",
    "sume_job_1234567890abcdef12",
    "getty@tty1.service and user@1000.slice",
    "ORDER BY ('user_id', 'desc')",
    "['api_key', 'region'], ('email', 'password', 'created_at')",
    "sume login <token> <file>",
    "<b>token</b>: <token></token><secret> </secret>",
    "user: {} and token: [ ], headers={...}",
    '{"error":"invalid_signature","request_id":"req_1"} {"loc":["body","user_id","x2"]}',
    'getenv("API_KEY", default) logger.info("token", extra=1)',
    'print("password:", user); password = input("Password: ")',
    "def f(token: str, password: str | None, *, api_key: bytes) -> None:",
    "Sume(api_key=settings.api_key, token=token) session_id = uuid4()",
    "WHERE user_id = $1 AND email = %s AND owner_id = :owner",
    "usage: app [--api-key KEY] [--token TOKEN] --password PASSWORD",
    "fetch(url, {credentials: 'include'}) auth=required",
    '{"emails": 12} api keys: 2 active, user_ids=3',
    "https://www.sume.so/docs/quickstart?from=readme https://www.sume.so/?utm_source=x",
    "git+ssh://git@github.com/org/repo.git@v1.2.3",
    "key_error404 workspace_members2 config@prod.yaml model@best.pth",
    "user:\n  what is in this picture?\nassistant:\n  a jar",
    "\x1b[36mjob\x1b[0m=\x1b[35mjob_5f0e11aa\x1b[0m",
)  # fmt: skip


@pytest.mark.parametrize("text", DIRTY)
def test_a_secret_is_taken_out_of_text(text: str) -> None:
    cleaned = redact(text)
    assert MARK.lower() not in cleaned.lower()
    assert "[redacted]" in cleaned
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize("text", CLEAN)
def test_what_merely_looks_alike_comes_back_as_the_same_object(text: str) -> None:
    assert redact(text) is text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("GET https://b.example/k?sig=ab12cd34 ok", "GET https://b.example/[redacted] ok"),
        ("(https://b.example/k?sig=ab12cd34),", "(https://b.example/[redacted]),"),
        ("https://media.sume.so/a.mp4?v=1", "https://media.sume.so/a.mp4?[redacted]"),
        ("https://a:b@host.example/x", "https://[redacted]@host.example/x"),
        ("x?api_key=ab12&q=cats", "x?api_key=[redacted]&q=cats"),
        ("password=topsecret", "password=[redacted]"),
        ("password=secret", "password=[redacted]"),
        ("user_ids=31415926", "user_ids=[redacted]"),
        ('{"token": "ab12", "n": 1}', '{"token": "[redacted]", "n": 1}'),
        ("by a@b.example, b@c.example", "by [redacted], [redacted]"),
    ],
)
def test_what_is_safe_around_it_stays_readable(text: str, cleaned: str) -> None:
    assert redact(text) == cleaned


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", ["snake", "kebab", "camel", "upper", "joined"])
def test_every_name_is_known_in_every_spelling(name: str, style: str) -> None:
    words = name.split()
    spelt = {
        "snake": "_".join(words),
        "kebab": "-".join(words),
        "camel": words[0] + "".join(word.title() for word in words[1:]),
        "upper": "_".join(words).upper(),
        "joined": "".join(words),
    }[style]
    assert is_sensitive(spelt)
    for prefix in ("", "x_", "sume-", "OLD_"):
        assert redact({prefix + spelt: MARK}) == {prefix + spelt: "[redacted]"}
        for text in (f'"{prefix}{spelt}": "{MARK}"', f"{prefix}{spelt}={MARK}"):
            assert MARK not in redact(text)


@pytest.mark.parametrize(
    "name", ["prompt", "id", "name", "tokens", "keyboard", "monkey", "config", "author", "cursor"]
)
def test_other_names_hide_nothing(name: str) -> None:
    value = {name: MARK, f"{name}_count": 3}
    assert redact(value) is value


def test_ids_of_people_are_hidden_by_what_they_stand_in() -> None:
    me: dict[str, Any] = {
        "user": {"id": MARK, "name": MARK, "plan": "pro"},
        "workspace": {"id": MARK},
        "api_key": {"id": MARK, "prefix": MARK, "scopes": ["read"]},
        "job": {"id": "job_1"},
    }
    cleaned = redact(me)
    assert MARK not in json.dumps(cleaned)
    assert cleaned["user"]["plan"] == "pro"
    assert cleaned["api_key"]["scopes"] == ["read"]
    assert cleaned["job"] is me["job"]


@attrs.define
class Settings:
    api_key: str
    region: str
    tags: list[str]


@attrs.frozen
class Frozen:
    _token: str
    inner: Settings


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    password: str
    size: int


class Colour(enum.StrEnum):
    RED = "red"


class Point(NamedTuple):
    x: int
    note: str


class Person(NamedTuple):
    user_id: str
    name: str


def test_structures_keep_their_types_and_lose_their_secrets() -> None:
    settings = Settings(MARK, "eu", ["a", "x@example.com"])
    cleaned = redact(settings)
    assert isinstance(cleaned, Settings)
    assert (cleaned.api_key, cleaned.region, cleaned.tags) == (
        "[redacted]", "eu", ["a", "[redacted]"],
    )  # fmt: skip
    assert settings.api_key == MARK, "the original was changed"
    nested = redact(Frozen(MARK, settings))
    assert MARK not in repr(nested)
    assert redact(Plain(MARK, 3)) == Plain("[redacted]", 3)
    assert redact(Point(1, "a@b.example")) == Point(1, "[redacted]")
    assert redact(("x-api-key", MARK)) == ("x-api-key", "[redacted]")
    assert redact([(b"X-Api-Key", b"ab12")]) == [(b"X-Api-Key", b"[redacted]")]
    assert redact({"a@b.example", "c"}) == {"[redacted]", "c"}
    assert redact(b"token=ab12") == b"token=[redacted]"
    assert bytes(redact(memoryview(b"token=ab12"))) == b"token=[redacted]"
    assert redact(array("B", b"token=ab12")) == b"token=[redacted]"
    assert redact(deque(["a@b.example"], 3)) == deque(["[redacted]"])
    assert redact(UserString("token=ab12")) == "token=[redacted]"
    assert redact(MappingProxyType({"token": "ab12"})) == {"token": "[redacted]"}
    ordered: OrderedDict[str, str] = OrderedDict(token="ab12")
    assert redact(ordered) == {"token": "[redacted]"}
    assert MARK not in repr(redact(MeUser(id=MARK, email=MARK)).to_dict())


UNTOUCHED: list[Any] = [
        None, 3, 2.5, True, 1j, Colour.RED, ..., int, [1, 2], (), {"a": [{"b": (1, "x")}]},
        frozenset({1}), b"plain", bytearray(b"plain"), range(3), Point(1, "x"), object(),
        Settings("", "eu", []), Plain("", 1), ValueError("plain"), Secret("anything at all 1"),
        ["--key-count", "3"], ["--token", "--yes"], Person("", "jane"), json.dumps,
        OrderedDict(a=1), ["key", "secret"], ["email", "newsletter"],
        {"name": "size", "value": "12345678 b"}, {"name": "token"}, {"value": "12345678 b"},
        urlsplit("https://h.example/p?q=1"), urlsplit(b"https://h.example/p?q=1"),
        [["token", "count"], ["prompt", "12345678 b"]],
]  # fmt: skip


@pytest.mark.parametrize("value", UNTOUCHED)
def test_what_is_clean_comes_back_itself(value: Any) -> None:
    assert redact(value) is value


class Telling:
    """Shows what is none of its fields."""

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def __repr__(self) -> str:
        return f"Telling({self.shown})"


@attrs.frozen
class Odd:
    """An instance whose repr is its own."""

    size: int

    def __repr__(self) -> str:
        return f"Odd({MARK}@mail.example)"


@pytest.mark.parametrize(
    "value",
    [
        Odd(1), {"a": Odd(1)}, Telling(f"token={MARK}"), {Telling(f"{MARK}@x.example"): 1},
        {(f"{MARK}@x.example", 1): 2}, {f"sume_live_{MARK}", 3}, frozenset({Odd(2)}),
        {Telling("api_key: " + MARK): {Telling(f"bearer {MARK}")}}, {"k": {"token": [MARK]}},
        {b"x-api-key": MARK}, {MARK + "@x.example": {MARK + "@x.example": 1}},
        {"name": "X-Api-Key", "value": MARK}, [{"key": "cookie", "value": MARK, "path": "/"}],
        ["authorization", f"Basic 12{MARK}"], [["X-Api-Key", f"{MARK}99"], ["accept", "*/*"]],
        urlsplit(f"https://b.example/{MARK}?X-Amz-Signature=ab12"),
        urlsplit(f"https://b.example/{MARK}?X-Amz-Signature=ab12".encode()),
        urlparse(f"https://b.example/{MARK};x?sig=ab12"), {"u": urlsplit(f"//u:{MARK}@h.example")},
        SimpleNamespace(token=MARK), Person(MARK, "jane"), ["sume", "setup", "--api-key", MARK],
        {"argv": ("curl", "--password", MARK, "x")}, {"a": 1, "password": {"deep": MARK}}.items(),
    ],
)  # fmt: skip
def test_no_place_in_a_structure_is_overlooked(value: Any) -> None:
    cleaned = redact(value)
    assert MARK not in f"{cleaned!r} {cleaned}"
    assert MARK in f"{value!r}"
    assert repr(redact(cleaned)) == repr(cleaned)


class Hostile:
    """Fails when it is looked at."""

    def __repr__(self) -> str:
        raise RuntimeError(MARK)

    def __getattr__(self, name: str) -> object:
        raise AttributeError(MARK)


class HostileMapping(dict[str, object]):
    """As `Hostile`, when its members are looked at."""

    def items(self) -> Any:
        raise LookupError(MARK)


@pytest.mark.parametrize("kind", [Hostile, HostileMapping])
def test_what_can_not_be_looked_at_is_not_let_through(kind: type[Any]) -> None:
    assert redact(kind()) == f"[redacted] {kind.__name__}"
    assert redact([1, kind(), "x"]) == [1, f"[redacted] {kind.__name__}", "x"]


def test_a_web_of_lists_is_walked_once() -> None:
    """Forty levels of two references each would be a million million walks."""
    web: list[Any] = [f"{MARK}@x.example"]
    for _ in range(38):
        web = [web, web]
    cleaned: Any = redact(web)
    for _ in range(38):
        assert cleaned[0] is cleaned[1]
        cleaned = cleaned[1]
    assert cleaned == ["[redacted]"]


def test_circles_and_depth_end() -> None:
    circle: dict[str, Any] = {"token": MARK}
    circle["self"] = circle
    assert MARK not in repr(redact(circle))
    deep: list[Any] = [MARK + "@example.com"]
    for _ in range(500):
        deep = [deep]
    assert MARK not in repr(redact(deep))


def test_foreign_objects_are_told_by_their_text() -> None:
    url = httpx.URL(f"https://b.example/{MARK}?X-Amz-Signature=ab12")
    request = httpx.Request("PUT", url, headers={"x-api-key": MARK})
    for value in (url, request, request.headers, httpx.QueryParams(token=MARK)):
        assert MARK not in repr(redact(value)), type(value)
        assert MARK not in str(redact(value)), type(value)


def test_exceptions_keep_their_type_and_lose_what_they_quote() -> None:
    url = f"https://b.example/{MARK}?X-Amz-Signature=ab12"
    request = httpx.Request("GET", url)
    response = httpx.Response(404, request=request)

    def fail() -> None:
        try:
            try:
                response.raise_for_status()
            except httpx.HTTPStatusError as error:
                error.add_note(f"while fetching {url}")
                raise
        except httpx.HTTPStatusError as error:
            raise OSError(5, "broken", f"token={MARK}") from error

    with pytest.raises(OSError, match="broken") as caught:
        fail()
    cleaned = redact(caught.value)
    assert isinstance(cleaned, OSError)
    assert cleaned.__traceback__ is caught.value.__traceback__
    cause = cleaned.__cause__
    assert isinstance(cause, httpx.HTTPStatusError)
    for one in (cleaned, cause):
        shown = f"{one!s} {one!r} {vars(one)!r} {one.args!r} {getattr(one, '__notes__', '')}"
        assert MARK not in shown
    assert "404" in str(cause)


def test_groups_of_exceptions_lose_what_any_of_them_quotes() -> None:
    inner = ValueError(f"token={MARK}")
    inner.add_note(f"mail {MARK}@x.example")
    inner.__cause__ = KeyError(f"sume_live_{MARK}")
    inner.__cause__.__context__ = inner
    group = ExceptionGroup(f"api_key={MARK}", [inner, ExceptionGroup("two", [OSError(2, "fine")])])
    cleaned = redact(group)
    shown = "".join(traceback.TracebackException.from_exception(cleaned).format())
    assert MARK not in f"{shown} {cleaned!r} {cleaned.exceptions[0].__notes__}"
    assert "ValueError: token=[redacted]" in shown
    assert isinstance(cleaned, ExceptionGroup)
    assert cleaned.exceptions[1] is group.exceptions[1]


class Awkward(Exception):  # noqa: N818
    def __new__(cls, *, key: str) -> Self:
        return super().__new__(cls)

    def __init__(self, *, key: str) -> None:
        super().__init__()
        self.key = key

    def __str__(self) -> str:
        return f"api_key={self.key}"


URL = f"https://b.example/{MARK}?X-Amz-Signature=ab12"


class Slotted(Exception):  # noqa: N818
    __slots__ = ("seen",)

    def __init__(self, seen: str) -> None:
        super().__init__("fine")
        self.seen = seen


def exiting(code: Any) -> SystemExit:
    error = SystemExit(1)
    error.code = code
    return error


BESIDE_ARGS: list[tuple[Callable[[], BaseException], str]] = [
    (lambda: ImportError("no", name=f"token={MARK}", path="/srv/app.py"), "path"),
    (lambda: ImportError("no", path=URL, name="app"), "name"),
    (lambda: AttributeError("no", name="x", obj=URL), "name"),
    (lambda: AttributeError("no", name="x", obj={"api_key": MARK}), "name"),
    (lambda: NameError("no", name=f"sume_live_{MARK}"), ""),
    (lambda: OSError(2, "gone", URL), "errno"),
    (lambda: OSError(18, "across", "/srv/a", None, URL), "filename"),
    (lambda: FileNotFoundError(2, f"token={MARK}", "/srv/a"), "filename"),
    (lambda: UnicodeDecodeError("ascii", f"token={MARK}\xe9".encode(), 18, 19, "odd"), "encoding"),
    (lambda: UnicodeEncodeError("ascii", f"token={MARK} \xe9", 19, 20, "odd"), "reason"),
    (lambda: StopIteration(URL), ""),
    (lambda: StopIteration({"api_key": MARK}), ""),
    (lambda: exiting(URL), ""),
    (lambda: SyntaxError("no", ("a.py", 3, 5, f"api_key = '{MARK}'", 3, 9)), "lineno"),
    (lambda: KeyError(f"token={MARK}"), ""),
    (lambda: json.JSONDecodeError("no", f'{{"api_key": "{MARK}"', 3), "pos"),
    (lambda: Slotted(URL), ""),
]


@pytest.mark.parametrize(("make", "stays"), BESIDE_ARGS)
def test_what_exceptions_keep_beside_their_arguments_is_cleaned(
    make: Callable[[], BaseException], stays: str
) -> None:
    error = make()
    cleaned = redact(error)
    assert type(cleaned) is type(error)
    shown = [f"{name}={getattr(cleaned, name, None)!r}" for name in dir(cleaned) if name[0] != "_"]
    assert MARK not in f"{cleaned!s} {cleaned!r} {shown}"
    assert "[redacted]" in f"{cleaned!s} {shown}"
    if stays:
        assert getattr(cleaned, stays) == getattr(error, stays)
    assert redact(cleaned) is cleaned


@pytest.mark.parametrize(
    "error",
    [
        ImportError("no module", name="app", path="/srv/app.py"),
        AttributeError("no", name="x", obj=object()), OSError(2, "gone", "/srv/a"),
        UnicodeDecodeError("ascii", b"caf\xe9", 3, 4, "odd"), StopIteration(7), SystemExit(3),
        SyntaxError("no", ("a.py", 3, 5, "x =", 3, 9)), BlockingIOError(11, "later", 5),
        ExceptionGroup("two", [OSError(2, "gone"), KeyError("x")]), Slotted("fine"),
    ],
)  # fmt: skip
def test_a_clean_exception_comes_back_itself(error: BaseException) -> None:
    assert redact(error) is error


def test_an_exception_that_can_not_be_made_again_becomes_a_plain_one() -> None:
    cleaned = redact(Awkward(key=MARK))
    assert "Awkward" in str(cleaned)
    assert MARK not in f"{cleaned!r} {cleaned} {vars(cleaned)}"


def test_a_percent_sign_of_a_secrets_own_is_found_quoted() -> None:
    secret = "5Df1<6%0G3D0E12fh6"
    remember(secret)
    for hidden in (quote(secret, safe=""), quote(quote(secret, safe=""), safe="")):
        assert redact(f"x {hidden} y") == "x [redacted] y"


SECRETS = ("weird value 4711 zz-top", "media/5c1f9a7e/clip one/ü-final.mp4", "aB3/dE5+gH7=jK9_mN1")


@pytest.fixture
def known() -> tuple[str, ...]:
    remember(*SECRETS)
    return SECRETS


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "quoted": quote,
    "wholly quoted": lambda text: quote(text, safe=""),
    "quoted twice": lambda text: quote(quote(text, safe=""), safe=""),
    "quoted thrice": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "quoted in lower case": lambda text: quote(text, safe="").lower(),
    "in hexadecimal": lambda text: text.encode().hex(),
    "in hexadecimal, apart": lambda text: text.encode().hex(" ").upper(),
    "in hexadecimal escapes": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "json": json.dumps,
    "json in json": lambda text: json.dumps(json.dumps({"a": text})),
    "json with escapes": lambda text: json.dumps(text).replace("/", "\\/").replace("=", "\\u003d"),
    "in long escapes": lambda text: "".join(f"\\U{ord(c):08x}" for c in text),
    "in braced escapes": lambda text: "".join(f"\\u{{{ord(c):x}}}" for c in text),
    "in octal escapes": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "html, decimal": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "html, hexadecimal": lambda text: "".join(f"&#x{ord(c):04X};" for c in text),
    "html in html": lambda text: "".join(f"&amp;#{ord(c)};" for c in text),
    "html": lambda text: text.replace("/", "&#x2F;").replace("=", "&#61;"),
    "repr": repr,
    "bytes": lambda text: repr(text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, shifted once": lambda text: base64.b64encode(f"u:{text}!".encode()).decode(),
    "base64, for URLs": lambda text: base64.urlsafe_b64encode(f"user:{text}".encode()).decode(),
    "base64 twice": lambda text: _base64(_base64(text)),
    "base64 twice, shifted": lambda text: _base64(f"a {_base64(f'user:{text}')}!"),
    "base64 twice, in lines": lambda text: base64.encodebytes(_base64(text).encode()).decode(),
    "base64, quoted": lambda text: quote(_base64(text), safe=""),
    "base64, in lines": lambda text: base64.encodebytes(f"{'x' * 50}{text}".encode()).decode(),
    "in lines": lambda text: "\n".join(text[i : i + 5] for i in range(0, len(text), 5)),
    "in pieces of a string": lambda text: '"\n    "'.join(
        text[i : i + 7] for i in range(0, len(text), 7)
    ),
    "in a table": lambda text: " │\n│ ".join(text[i : i + 6] for i in range(0, len(text), 6)),
    "coloured": lambda text: text[:4] + "\x1b[31m" + text[4:] + "\x1b[0m",
}


@pytest.mark.parametrize("number", range(len(SECRETS)))
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_known_secret_is_found_in_every_disguise(
    number: int, disguise: str, known: tuple[str, ...]
) -> None:
    hidden = DISGUISES[disguise](known[number])
    text = f"before {hidden} after"
    cleaned = redact(text)
    assert hidden not in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    assert "[redacted]" in cleaned
    assert not Fingerprints().find(cleaned)
    assert redact(cleaned) == cleaned


def test_what_comes_and_goes_as_json_is_known_from_then_on() -> None:
    data = {
        "user": {"id": "anna-7777-4444", "email": "anna7777@mail.example"},
        "required_headers": {"Content-Type": "video/mp4", "X-Meta": "meta-90210-beverly"},
        "upload_url": "https://store.example/deep/place-31337/x?X-Amz-Signature=5ca1ab1e0ddba11f",
        "data": [{"media_url": "https://m.example/v.mp4?expires=1&signature=0ff1ce0decade123"}],
        "job_id": "job_90210abcdef",
    }
    remember_json(json.dumps(data).encode(), data)
    for secret in (
        "anna-7777-4444", "anna7777@mail.example", "meta-90210-beverly", "deep/place-31337/x",
        "5ca1ab1e0ddba11f", "0ff1ce0decade123",
    ):  # fmt: skip
        assert secret not in redact(f"as {secret} says")
    for everyday in ("video/mp4", "job_90210abcdef", "https://m.example/v.mp4", "store.example"):
        assert redact(f"as {everyday} says") == f"as {everyday} says"


def spelt_out(text: str, letters: str) -> str:
    """JSON in which these characters are escapes, as some servers write them all the time."""
    return "".join(f"\\u{ord(one):04x}" if one in letters else one for one in text)


SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "a signature before it": lambda text: text.encode("utf-8-sig"),
    "names escaped": lambda text: spelt_out(text, "apikeysr").encode(),
    "signs of URLs escaped": lambda text: spelt_out(text, "?&=").encode(),
    "slashes escaped": lambda text: text.replace("/", "\\/").encode(),
    "all escaped": lambda text: spelt_out(text, string.ascii_letters + "?&=_/.").encode(),
    "escaped, in UTF-16": lambda text: spelt_out(text, "apikey?&=").encode("utf-16"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_json_is_understood_however_it_is_spelt(spelling: str) -> None:
    """What the reader of JSON takes, this has to understand as well."""
    key, proof = (f"{n}{spelling.encode().hex()[::-1]}" for n in ("4e1c odd ", "x7/Kq9+"))
    link = f"https://m.example/v.mp4?size=9&verify={proof}"
    content = SPELLINGS[spelling](json.dumps({"api_key": key, "url": link}))
    data = json.loads(content)
    assert data == {"api_key": key, "url": link}
    remember_json(content, data)
    for secret in (key, proof):
        assert redact(f"in {secret} it is") == "in [redacted] it is"


def test_identities_are_known_by_their_names_whatever_they_look_like() -> None:
    """A server quotes them in its messages, where nothing else tells that they are secret."""
    data = {
        "user": {"id": "somebody-of-a-team", "email": "jo@somewhere.example", "name": "Jo"},
        "workspace": {"id": "harbour-film-unit", "plan": "professional"},
        "api_key": {"id": "184467440737", "prefix": "sume"},
        "object_key": "customers/harbour/first-teaser.mov",
        "owner_id": "Harbour.Pictures",
        "upload_url": "https://store.example/customers/harbour/second.mov?X-Amz-Signature=ab12",
    }
    remember_json(json.dumps(data).encode(), data)
    for secret in (
        "somebody-of-a-team", "jo@somewhere.example", "harbour-film-unit", "184467440737",
        "customers/harbour/first-teaser.mov", "Harbour.Pictures", "customers/harbour/second.mov",
    ):  # fmt: skip
        assert redact(f"no {secret} here") == "no [redacted] here"
    for everyday in ("professional", "a customer's harbour", "Jo", "store.example"):
        assert redact(f"as {everyday} says") == f"as {everyday} says"


SHORT_IDS: list[Any] = [
    "u_73", "ws-9", "cust7", "83b1f", "20230717", 20230718, "730218", 6510482, "WS_8b", "u_4-z9",
]  # fmt: skip


@pytest.mark.parametrize("identity", SHORT_IDS)
def test_a_short_identity_is_known_as_a_whole_word(identity: Any) -> None:
    for data in ({"user": {"id": identity}}, {"workspace_id": identity}):
        memory.known._ids.known.clear()
        remember_json(json.dumps(data).encode(), data)
        for text in ("no {} here", "/users/{}/x", "[{}]", "user={}, 3", "It is {}."):
            said = text.format(identity)
            clean = text.format("[redacted]")
            assert redact(said) == clean
            assert redact(clean) is clean
        for word in (f"{identity}1", f"x{identity}", f"a-{identity}", f"a_{identity}"):
            assert redact(f"no {word} here") == f"no {word} here"


@pytest.mark.parametrize("identity", ["42", 42, "anna", "7b", "1080", "mp4", "", "a b 12", None])
def test_what_stands_in_many_a_text_is_no_short_identity(identity: Any) -> None:
    data = {"user_id": identity, "user": {"id": identity}}
    remember_json(json.dumps(data).encode(), data)
    assert redact(f"as {identity} says") == f"as {identity} says"


def test_short_identities_are_bounded() -> None:
    many = [{"user_id": f"u_{number}"} for number in range(10, 1000)]
    remember_json(json.dumps(many).encode(), many)
    assert len(memory.known._ids.known) == short_ids.LIMIT
    assert redact("now u_999, once u_10") == "now [redacted], once u_10"


def test_one_word_or_a_date_is_no_identity() -> None:
    data = {"user_id": "anonymous", "workspace": {"id": "Personal"}, "owner_id": "2026-11-30"}
    remember_json(json.dumps(data).encode(), data)
    for everyday in ("anonymous access", "personal data", "on 2026-11-30 at 20:15"):
        assert redact(everyday) is everyday


def test_everyday_headers_of_an_upload_are_not_learned() -> None:
    headers = {
        "host": "store7.eu-west-1.example.net", "Content-Type": "video/mp4; codecs=avc1.42E01E",
        "cache-control": "max-age=31536000", "Date": "Mon, 30 Nov 2026 20:15:00 GMT",
        "x-amz-storage-class": "intelligent-tiering-2", "x-amz-meta-tenant": "tenant-90210-north",
    }  # fmt: skip
    data = {"required_headers": headers}
    remember_json(json.dumps(data).encode(), data)
    for name, value in headers.items():
        text = f"as {value} says"
        assert (redact(text) is text) == (name != "x-amz-meta-tenant")


MEDIA = "https://cdn-7.example/v/clip.mp4"
PROOF = "Zk3q9LmT7xRwq2Bv8NcYd5Ha1JsPo6Ue"


@pytest.mark.parametrize("name", ["Signature", "sig", "hash", "verify", "X-Amz-Signature"])
@pytest.mark.parametrize("disguise", ["base64", "base64, shifted once", "in hexadecimal", "quoted"])
def test_the_proof_of_a_link_is_found_in_other_spellings(name: str, disguise: str) -> None:
    proof = PROOF + name.encode().hex()
    data = {"media": [{"url": f"{MEDIA}?Expires=1760000000&{name}={proof}"}]}
    remember_json(json.dumps(data).encode(), data)
    assert DISGUISES[disguise](proof)[4:-4] not in redact(f"x {DISGUISES[disguise](proof)} y")


def test_what_opens_a_link_is_known_under_any_name_and_what_does_not_is_not() -> None:
    everyday = (
        "format=landscape1080p", "size=1024x1024", "expires=1760000000", "ref=job_0123456789abcd",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Date=20261130T201500Z", "t=landscape",
        "download=clip-final-01.mp4", "response-content-type=video%2Fmp4",
    )  # fmt: skip
    data = {"url": f"{MEDIA}?opensesame=8c7b6a5d4e3f&" + "&".join(everyday)}
    remember_json(json.dumps(data).encode(), data)
    assert redact("with 8c7b6a5d4e3f as it was") == "with [redacted] as it was"
    for one in everyday:
        text = f"as {one.partition('=')[2]} says"
        assert redact(text) is text


def test_an_answer_full_of_secrets_is_not_learned_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prints = Fingerprints()
    added: list[str] = []

    def add(secret: str, **_: bool) -> None:
        added.append(secret)

    monkeypatch.setattr(prints, "add", add)
    monkeypatch.setattr(memory, "known", prints)
    data = [{"token": f"abcdef{number:09d}"} for number in range(20_000)]
    remember_json(json.dumps(data).encode(), data)
    assert len(added) == LIMIT
    added.clear()
    links = [f"{MEDIA}?hash=abcdef{number:09d}" for number in range(20_000)]
    remember_json(json.dumps(links).encode(), links)
    assert len(added) == LINKS


@pytest.mark.parametrize("name", [*NAMES, *WHOLE_NAMES])
def test_no_member_with_a_sensitive_name_goes_unnoticed(name: str) -> None:
    """The quick look at an answer, whether it can hold a secret, must not overlook one."""
    words = name.split()
    for number, spelt in enumerate(
        ("_".join(words), "-".join(words).upper(), words[0] + "".join(map(str.title, words[1:])))
    ):
        value = f"value{number}of{hash(name) % 10**9:09}named"
        data = {"data": [{"inner": {spelt: value}}]}
        remember_json(json.dumps(data).encode(), data)
        assert redact(f"it is {value} indeed") == "it is [redacted] indeed"


def test_what_a_server_says_may_quote_anything() -> None:
    said = {
        "message": "job_5f0e11aa22bb33cc44dd of asset_sandbox_b4862b21fb97d435. not in "
        "store/fbf54b083a04d847b2501389/x or provider-335090e1e8f9f6b5f23e2137, see "
        "https://media.sume.so/results/0123456789abcdef01/0.mp4 and internationalization1",
        "fields": [{"path": "body.reference_image_urls[0]", "why": "too long"}],
    }
    cleaned = redact_foreign(said)
    assert cleaned["message"] == (
        "job_5f0e11aa22bb33cc44dd of asset_sandbox_b4862b21fb97d435. not in "
        "[redacted] or [redacted], see "
        "https://media.sume.so/results/0123456789abcdef01/0.mp4 and internationalization1"
    )
    assert cleaned["fields"] is said["fields"]
    assert redact(said) is said
    assert redact_foreign(cleaned) is cleaned


def test_memory_is_bounded_and_links_can_not_push_out_keys() -> None:
    prints = Fingerprints(limit=50, links=20)
    prints.add("the-key-1234567890")
    for number in range(5000):
        prints.add(f"signature{number:08d}", link=True)
    assert len(prints) == 21
    assert prints.find("x the-key-1234567890 y")
    assert prints.find("signature00004999")
    assert not prints.find("signature00000001")
    for number in range(5000):
        prints.add(f"secret{number:08d}")
    assert len(prints) == 70
    kept = (*prints._long.known.values(), *prints._short.known.values())
    assert sum(map(len, kept)) < 70 * 150
    assert not prints.find("x the-key-1234567890 y")
    for number in range(200):
        prints.add(f"{number:08d}third")
    for shelf in (prints._secrets.known, prints._links.known):
        for one in [*shelf.values()]:
            prints._forget(one)
    for samples in (prints._long, prints._short):
        assert not samples.known
        assert not samples._more
    assert not prints._digests


def test_sequential_ids_cost_no_more_than_others() -> None:
    """A thousand ids with the same digits in them: each place is looked at once, not for each."""
    prints = Fingerprints()
    for number in range(1000):
        prints.add(f"ws_{number:010d}")
    assert max(map(len, prints._short.known.values())) < 40
    assert prints.find("in ws_0000000512, 0000 times") == [(3, 16)]
    assert not prints.find("in ws_0000001512, 0000 times")


def test_a_credential_is_not_pushed_out_by_what_answers_hold() -> None:
    """An app that lists a million assets must not have its key forgotten on the way."""
    prints = Fingerprints(limit=20, links=20, credentials=3)
    prints.add("legacy-key-1234567890", credential=True)
    for number in range(500):
        prints.add(f"object{number:08d}")
        prints.add(f"signature{number:08d}", link=True)
    assert prints.find("x legacy-key-1234567890 y")
    for number in range(3):
        prints.add(f"another-key-{number:08d}", credential=True)
    assert not prints.find("x legacy-key-1234567890 y")
    assert len(prints) == 43


def test_a_key_is_known_as_long_as_its_client_lives() -> None:
    """However many clients there are; those of dead ones give way to others."""
    prints, holder = Fingerprints(credentials=5), Secret("x")
    holders = {f"key-number-{number:04}-abcd": Secret("x") for number in range(40)}
    for key, holder in holders.items():
        prints.add(key, credential=True, holder=holder)
    for number in range(200):
        prints.add(f"key-of-nobody-{number:04}-abcd", credential=True)
    assert all(prints.find(f"got {key}") for key in holders)
    assert len(prints) <= len(holders) + 8
    keys = [*holders]
    holders.clear()
    del holder
    for number in range(200, 400):
        prints.add(f"key-of-nobody-{number:04}-abcd", credential=True)
    assert not any(prints.find(f"got {key}") for key in keys)
    assert len(prints) == 5


def test_a_secret_that_is_used_again_is_kept_longest() -> None:
    prints = Fingerprints(limit=3)
    for text in ("aaaa1111aaaa", "bbbb2222bbbb", "cccc3333cccc", "aaaa1111aaaa", "dddd4444dddd"):
        prints.add(text)
    assert prints.find("aaaa1111aaaa")
    assert not prints.find("bbbb2222bbbb")


def test_what_is_too_short_to_tell_is_not_taken_for_known() -> None:
    prints = Fingerprints()
    prints.add("abc-123")
    assert not prints.find("abc-123 abc-123")


def test_threads_may_learn_and_look_at_once() -> None:
    prints = Fingerprints(limit=20, links=20)
    troubles: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(150):
                prints.add(f"thread-{number}-secret-{turn:05d}", link=turn % 2 == 0)
                prints.find(f"a thread-{number}-secret-{turn:05d} and thread-0-secret-00001 b")
        except BaseException as error:  # noqa: BLE001  (told to the test)
            troubles.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles
    assert len(prints) == 40


FORK = """
import os
from sume_ext.secrecy import memory, short_ids
memory.known._lock.acquire()
child = os.fork()
if not child:
    memory.remember("a-secret-of-the-child-1234")
    os._exit(0 if memory.known.find("a-secret-of-the-child-1234") else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
def test_a_forked_child_does_not_wait_for_a_lock_that_nobody_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "0\n"


CLEAR = """
import gc
from sume_ext import redact
from sume_ext import Sume
from sume_ext.secrecy.memory import known as secrets

def inside(holder):
    if isinstance(holder, dict):
        holder = [*holder.keys(), *holder.values()]
    for thing in holder:
        if isinstance(thing, (str, bytes)):
            yield thing if isinstance(thing, str) else thing.decode("latin-1")
        elif isinstance(thing, tuple) and not gc.is_tracked(thing):
            yield from inside(thing)

key = "sume_live_" + "".join(["Zx", "9876", "54321", "qwerty"])
client = Sume(api_key=key)
redact({key: 1, "headers": [(key, key)], key[5:]: {key: [key]}})
client.close()
del client
gc.collect()
assert secrets.find("at last " + key + " again")
low = key.lower().replace("_", "")
del key
gc.collect()
known = gc.get_objects()
holders = [one for one in known if type(one) in (dict, list, tuple, set)]
holders += [gc.get_referents(one) for one in known if hasattr(one, "cache_info")]
print(sum(low in text.lower().replace("_", "") for holder in holders for text in inside(holder)))
"""


def test_nothing_is_kept_in_clear_when_the_client_is_gone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLEAR], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) == 1, "the script's own `low` should be all that is left"
