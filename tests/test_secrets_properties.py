"""Guarantee: whatever surrounds a known secret, and however it is encoded, it never passes.

The threats: an encoding inside another, a line break in the middle, a nesting nobody thought of;
a redactor that changes clean text, or its own output; and text made to slow it down.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sume_ext import redact
from sume_ext.secrecy import memory
from sume_ext.secrecy.disguises import squeeze
from sume_ext.secrecy.fingerprints import Fingerprints
from sume_ext.secrecy.memory import remember
from sume_ext.secrecy.redaction import redact_text
from sume_ext.secrecy.spans import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable

ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MANY = settings(max_examples=300, deadline=None)


def _broken(text: str) -> str:
    return "\n  ".join(text[i : i + 3] for i in range(0, len(text), 3))


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _in_base64_lines(text: str) -> str:
    return base64.encodebytes(b"u:" + text.encode() + b"!").decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "url": lambda text: quote(text, safe=""),
    "url twice": lambda text: quote(quote(text, safe=""), safe=""),
    "json": lambda text: json.dumps(text)[1:-1],
    "json in json": lambda text: json.dumps(json.dumps({"x": text})),
    "slashes": lambda text: text.replace("/", "\\/"),
    "base64": _in_base64,
    "base64 inside": _in_base64_lines,
    "broken": _broken,
    "url, broken": lambda text: _broken(text).replace("/", "%2F"),
    "repr": lambda text: repr(text.encode()),
    "url thrice": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "url, each": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "url, each, twice": lambda text: "".join(f"%25{byte:02x}" for byte in text.encode()),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, apart": lambda text: text.encode().hex(":", 2).upper(),
    "html": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "html, broken": lambda text: "\n".join(f"&#x{ord(c):x};" for c in text),
    "json, each": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "base64 twice": lambda text: _in_base64(_in_base64(text)),
    "base64 twice, inside": lambda text: _in_base64_lines(f"x{_in_base64('ab' + text)}"),
}
# A secret of letters, digits and what keys, paths and signatures have between them.
secrets = st.text(ALNUM + "-_./+=", min_size=14, max_size=120).filter(
    lambda text: len(squeeze(text)) >= 12
)
around = st.text(max_size=40).map(lambda text: text + " ")


@MANY
@given(secrets, st.sampled_from(sorted(ENCODINGS)), around, around)
def test_a_known_secret_never_passes(secret: str, encoding: str, before: str, after: str) -> None:
    prints = Fingerprints()
    prints.add(secret, credential=True)
    hidden = ENCODINGS[encoding](secret)
    text = f"{before}{hidden} {after}"
    spans = prints.find(text)
    assert spans, "not found"
    left = list(text)
    for start, end in spans:
        left[start:end] = [""] * (end - start)
    assert not prints.find("".join(left))
    assert hidden not in "".join(left)


@MANY
@given(secrets, st.sampled_from(sorted(ENCODINGS)), around, around)
def test_a_record_is_clean_when_all_of_it_is_clean_at_once(
    secret: str, encoding: str, before: str, after: str
) -> None:
    """A record's texts are looked at in one; none may pass because of what stands beside it."""
    remember(secret)
    hidden = ENCODINGS[encoding](secret)
    for text in (f"{before}{hidden}", f"{before} token={hidden}", f"{hidden}@x.example {after}"):
        if redact(text) is not text:
            assert redact(f"root\nMainThread\nNone\n{text}") != f"root\nMainThread\nNone\n{text}"


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.text(ALNUM + "_ -", max_size=12)
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(names, inner, max_size=4),
        st.text(max_size=10).map(lambda one: {"error": ValueError(one)}),
    )


def planted(value: Any, secret: str, path: list[int]) -> Any:
    """The value with the secret in a place that the path leads to."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if not members or path[0] % 5 == 0:
            return {**members, secret: 1}
        chosen = [*members][path[0] % len(members)]
        return {**members, chosen: planted(members[chosen], secret, path[1:] or [0])}
    if isinstance(value, (list, tuple)):
        items = [*cast("list[Any]", value), secret]
        at = path[0] % len(items)
        items[at] = planted(items[at], secret, path[1:] or [0])
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, ValueError):
        return ValueError(f"about {secret}")
    return ["", f"{value!s:.10} {secret}", secret.encode()][path[0] % 2 + 1]


@MANY
@given(
    st.recursive(leaves, nested, max_leaves=12),
    secrets,
    st.sampled_from(
        [
            "plain",
            "url",
            "json",
            "base64",
            "broken",
            "html",
            "hexadecimal",
            "base64 twice",
        ]
    ),
    st.lists(st.integers(0, 30), min_size=1, max_size=8),
)
def test_no_nesting_hides_a_known_secret(
    value: Any, secret: str, encoding: str, path: list[int]
) -> None:
    remember(secret)
    hidden = ENCODINGS[encoding](secret)
    laden = planted(value, hidden, path)
    cleaned = redact(laden)
    assert hidden not in repr(cleaned)
    assert secret not in repr(cleaned)
    assert repr(redact(cleaned)) == repr(cleaned)


words = st.sampled_from(
    [
        "a", "jar", "of", "cream", "morning", "light", "job_123", "asset_9f8e7d6c5b", "req_0a1b2c",
        "12", "3.5", "9:16", "40%", "video/mp4", "key", "token", "secret", "user", "cookie", "auth",
        "bearer of", "email", "@creator", "hello@home", "icon@2x.png", "sig", "signature",
        "https://www.example.com/search?q=cats", "https://media.sume.so/a/b.mp4", "C:\\path\\new",
        "3f2a9c1b-1111-4222-8333-abcdefabcdef", "uploads/clip.mp4", "status=200", "elapsed: 35",
        "{'prompt': 'x'}", '{"object": "list"}', "max_tokens: 3", "sume_ext.redaction", "user_name",
        "ключ", "鍵", "İ", "<b>", "&amp;", "%20", "--limit", "-----", "a == b", "c::d", "[1]",
    ]
)  # fmt: skip
clean_text = st.lists(words, max_size=30).map(" ".join)


@MANY
@given(clean_text)
def test_clean_text_comes_back_itself(text: str) -> None:
    assert redact(text) is text


@MANY
@given(st.text(ALNUM + " .,!?-/\n", max_size=200))
def test_text_without_any_sign_comes_back_itself(text: str) -> None:
    assert redact(text) is text


pieces = st.one_of(
    words,
    st.sampled_from(
        [
            "token", "api_key", "password", "Authorization", "cookie", "user", "upload_url", "=",
            ":", ": ", ' = "', '"', "'", "\\", '\\"', ",", ", ", "{", "}", "[", "]", "(", ")", "&",
            "?", "#", "/", "://", "https://", "@", "%3D", "%26", "\n", " ", "b'", "--token ",
            "sig=",
            "sume_live_abcd", "a@b.example", "Bearer abc123def", "X-Amz-Signature=", "ab12", "None",
            "user_ab12cd34", "sume_live_ab12cd34", "ws_", "key_1a2b3c4d5e", "<api_key>", "</",
            "[redacted]", "[redacted", "redacted]", "eyJhbGciOiJI.eyJzdWIiOiIx.x", ";", "|", "<",
        ]
    ),
    st.text(max_size=5),
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(pieces, max_size=25).map("".join))
@example('token="a" b')
@example("{api_key: '/uploads/a1b2.mp4?X-Amz-Signature=ab12& -u")
@example("s3://bucket/uploads/a1b2.mp4![x](https://b.example/k?sig=ab12) -")
@example("token=[redacted]")
@example("https://media.sume.so/a/b.mp4?,")
@example("see https://media.sume.so/a/b.mp4?[redacted].")
@example("https://a@b@c.example/x?sig=1#@d.example")
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@MANY
@given(st.lists(pieces, max_size=12).map("".join), secrets)
def test_a_named_value_never_passes_whatever_stands_before(text: str, secret: str) -> None:
    value = "9z" + "".join(filter(str.isalnum, secret))
    assert value not in redact(f'{text} "api_key": "{value}"')
    assert value not in redact(f"{text} api_key={value}")
    assert REDACTED in redact(f"{text}\nAuthorization: Bearer {value}")


@MANY
@given(secrets, st.data(), st.sampled_from(["url", "token", "quoted"]))
def test_what_reaches_out_of_something_hidden_is_found(
    secret: str, data: st.DataObject, within: str
) -> None:
    """What lies deep inside of that isn't looked at, and no reason to overlook the rest."""
    remember(secret)
    at = data.draw(st.integers(1, len(secret) - 1))
    spelt = ENCODINGS[data.draw(st.sampled_from(["plain", "url", "url, each"]))]
    head, rest = spelt(secret[:at]), spelt(secret[at:])
    long = "&".join(f"part{number}=ab12%2F{number}" for number in range(60))
    text = {
        "url": f"GET https://bucket.example/p?sig=1&{long}&x={head}\n  {rest} end",
        "token": f"token={long.replace('&', '/')}{head}\n  {rest} end",
        "quoted": f'"token": "{long}{head}"\n+ "{rest}" end',
    }[within]
    cleaned = redact(text)
    assert cleaned.endswith(" end")
    assert squeeze(rest) not in squeeze(cleaned) or len(squeeze(rest)) < 8


@MANY
@given(secrets, secrets)
def test_what_reaches_into_something_hidden_is_found(head: str, rest: str) -> None:
    """As above."""
    remember(f"{head}; token={rest}")
    cleaned = redact(f"got {head}; token={rest}{'/ab12' * 100} end")
    assert squeeze(head) not in squeeze(cleaned)


@pytest.mark.parametrize("size", range(60, 200, 7))
def test_a_long_secret_of_which_a_part_is_escaped_is_found_whole(size: int) -> None:
    secret = ".".join(f"{number:x}g{number % 7}" for number in range(100))[:size].strip(".")
    remember(secret)
    assert redact(f"no {secret} here") == "no [redacted] here"
    for at in range(0, len(secret), 5):
        spelt = f"{secret[:at]}{ENCODINGS['url, each'](secret[at:])}"
        left = redact(f"[{spelt}]").split(REDACTED)
        assert set("".join(left)) <= set("[%.]")


@pytest.mark.parametrize("size", [100, 128, 192])
def test_a_long_secret_on_numbered_lines_is_found(size: int) -> None:
    """Cut where its pieces meet, it shows nothing, whatever stands between."""
    secret = "".join(f"{number:02x}g{number % 7}" for number in range(100))[:size]
    remember(secret)
    step = -(-size // -(-size // 64))
    parts = [secret[at : at + step] for at in range(0, size, step)]
    said = "".join(f"{number}: {part}\n" for number, part in enumerate(parts))
    assert redact(said) == "".join(f"{number}: [redacted]\n" for number in range(len(parts)))
    assert redact(f"...{parts[-1]} end") == "...[redacted] end"


def test_what_stands_around_something_hidden_makes_no_escape_of_it() -> None:
    digits = "12345678901234567890z"
    tail = f"{digits}{'-' * 22}{'q7w3e5r9t1y8u2i4o6p0' * 2}a5s6d7f8g9h0j"
    remember(f"{tail.replace('-', '')[12:]}a")
    said = f"https://a\x1b[/p/q.png?X-Amz-Signature={'b4' * 100}{tail} %61 "
    assert redact(said).rstrip() == "https://a\x1b[/[redacted]"


PLACED = Fingerprints()
WELL_KNOWN = ("known-secret-4711-and-more", "media/08f3a1/clip-0001.mp4")
for well_known in WELL_KNOWN:
    PLACED.add(well_known, credential=True)
fillers = st.sampled_from([
    "a", "9 ", " ", "\n", "/-/", "ß", "%41", "\\u0041", " " * 150, "-=" * 120,
    "word and word, ", "x" * 300, "letters, " * 30, "9letters" * 30, "known-", "4711 and",
    "clip-0001", "&amp;",
])  # fmt: skip
mentions = st.sampled_from(
    [
        spell(one)
        for one in WELL_KNOWN
        for spell in (str, str.upper, "-".join, "\n".join, ENCODINGS["url, each"])
    ]
)


@MANY
@given(
    st.lists(fillers | mentions, min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(1, 5), st.integers(0, 40))),
)
def test_known_secrets_are_placed_where_they_are_whatever_is_hidden_already(
    parts: list[str], hides: list[tuple[int, int, int]]
) -> None:
    """Insides of what is hidden are cut out meanwhile, and many are placed by the one before."""
    text = "".join(parts)
    begins = [*accumulate(map(len, parts), initial=0), *[len(text)] * 40]
    hidden = [
        (begins[first] + off, begins[first + number], REDACTED)
        for first, number, off in hides
        if begins[first] + off < begins[first + number]
    ]
    everything = PLACED.find(text)
    for part in filter(set(WELL_KNOWN).__contains__, parts):
        assert any(squeeze(text[at:end]) == squeeze(part) for at, end in everything)
    found = PLACED.find(text, hidden)
    inside = {one for one in everything if any(a <= one[0] and one[1] <= b for a, b, _ in hidden)}
    assert set(found) >= set(everything) - inside
    for at, end in set(found) - set(everything):
        # Of two ends that are one text meanwhile, a secret may be made.
        assert any(a <= at and end <= b for a, b, _ in hidden)


PATTERNS = (
    "a", "9", "a1", "_", "-", "--", "=", ":", "://", "@", "a@", "@a", "@a.", "a@b.", "%", "%40",
    "%3d", "%25", "\\", '\\"', '"', "'", "{", "[", "(", " ", "\n", "/", "a/", "uploads/", "?", "&",
    "&amp;", "key", "key=", "api_key:", 'token="', "token='", 'token=\\"', "token={", "token=[",
    "token= ", "bearer ", "bearer a", "sume_", "sume_a", "eyJ", "eyJaaaaaaaa.", "AKIA", "--a-",
    "--key ", "-----BEGIN PRIVATE KEY-----", "https://", "https://a?", "https://a:b@", "user_",
    "user_a1", "x-amz-signature=", "user: {", "\x1b[", "\\u0041", "<token>", "<token>a",
    "token: {'", "token: [", 'user: {"', "user: {\n", '\\"user\\": {\\"', "ß", "İ",
    "known-secret-4711",
)  # fmt: skip
SLOW_DOWN = """
import json, sys
from sume_ext import redact
from sume_ext.secrecy.memory import remember

remember("known-secret-4711-and-more", "user_a1user_a1user_a1")
patterns, size, around = json.loads(sys.argv[1])
for pattern in patterns:
    text = (pattern * (size // len(pattern) + 1))[:size]
    for head, tail in around:
        redact(head + text + tail)
"""


AROUND = (("", ""), ("token=", "!"), ("https://a/?x", "@b.example"))


def slow_down(
    patterns: tuple[str, ...], size: int, around: tuple[tuple[str, str], ...], seconds: float
) -> None:
    subprocess.run(
        [sys.executable, "-c", SLOW_DOWN, json.dumps([patterns, size, around])],
        check=True,
        timeout=seconds,
    )


def steps(text: str) -> int:
    """How many calls, of Python's and of C's functions, one look through a text takes.

    How many looks there are at most doesn't depend on its length.
    """
    taken = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal taken
        taken += event in ("call", "c_call")

    before, known = sys.getprofile(), memory.known
    memory.known = FEW  # not what other tests taught this process
    sys.setprofile(count)
    try:
        redact_text(text, rounds=1)
    finally:
        sys.setprofile(before)
        memory.known = known
    return taken


FEW = Fingerprints()
for one in ("known-secret-4711-and-more", "user_a1user_a1user_a1"):
    FEW.add(one, credential=True)


GROWTH = 4
SMALL = 3_000
FIXED = 400
"""Calls that a text may take whatever its length."""


@pytest.mark.parametrize("pattern", PATTERNS)
def test_steps_grow_no_faster_than_the_text(pattern: str) -> None:
    """What happens within one call of a pattern's matcher is for the tests of ten megabytes."""
    for head, tail in AROUND:
        few, many = (
            steps(head + (pattern * (size // len(pattern) + 1))[:size] + tail)
            for size in (SMALL, GROWTH * SMALL)
        )
        assert many <= GROWTH * few + FIXED, (head, tail)


@MANY
@given(st.lists(pieces, min_size=1, max_size=6).map("".join).filter(bool))
@example("atoken=[redacted]")
def test_nor_do_they_for_anything_else_repeated(text: str) -> None:
    few, many = (
        steps((text * (size // len(text) + 1))[:size]) for size in (SMALL // 2, GROWTH * SMALL // 2)
    )
    assert many <= GROWTH * few + FIXED


@pytest.mark.parametrize("sign", ['"', "'"])
def test_a_run_of_signs_before_a_quote_is_not_compared_with_every_other(sign: str) -> None:
    """As below: half a million compared with as many take days."""
    half = "\\" * 500_000
    assert redact(f"token={half}{sign}{half[1:]}x") == f"token={half}{sign}[redacted]"


def test_no_pattern_makes_it_slower_than_linear() -> None:
    """The limit is no measurement: what is quadratic needs hours at this length."""
    slow_down(PATTERNS, 100_000, AROUND, 240)


@pytest.mark.slow
def test_long_lines_of_every_pattern_end() -> None:
    """As above: each takes a fifth of a second, and days if it were quadratic."""
    slow_down(PATTERNS, 2_000_000, AROUND[:1], 900)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(2))
def test_a_line_of_ten_megabytes_ends(share: int) -> None:
    """As above."""
    slow_down(PATTERNS[share::8], 10_000_000, AROUND[:1], 900)
