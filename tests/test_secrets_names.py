"""Guarantee: every name that hides its value is needed, and none is lost unnoticed.

The threat: an entry that somebody tidies away, because all tests that know it are made from the
very list that it was taken from. The members here are spelled by hand, as APIs and stores do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sume_ext import redact
from sume_ext.secrecy import sensitive
from sume_ext.secrecy.sensitive import NAMES, SIGNING, WHOLE_NAMES, compact

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "kW3nDy58GsFb"

MEMBERS = (
    # Contract, section "never log or share".
    "api_key", "api_key_id", "key_id", "upload_url", "signed_url", "presigned_url", "login_url",
    "verification_uri", "verification_url", "object_key", "storage_key", "required_headers",
    "upload_headers",
    "user_id", "workspace_id", "owner_id", "email", "email_address", "emails", "device_code",
    "user_code", "provider_payload", "provider_response", "provider_error", "provider_data",
    "raw_payload", "raw_response",
    # Credentials in general.
    "authorization", "cookie", "cookies", "password", "passwd", "passphrase", "client_secret",
    "secret_key", "access_key", "access_key_id", "secret_access_key", "private_key",
    "account_key",
    "access_token", "credential", "credentials", "session_id",
    # What makes a URL signed.
    "x-amz-signature", "key_pair_id", "google_access_id",
    # More than one.
    "api_keys", "key_ids", "upload_urls", "signed_urls", "presigned_urls", "object_keys",
    "storage_keys", "user_ids", "workspace_ids", "owner_ids", "email_addresses", "device_codes",
    "user_codes", "passwords", "client_secrets", "secret_keys", "access_keys", "private_keys",
    "api_tokens", "access_tokens", "refresh_tokens", "auth_tokens", "session_tokens",
    "session_ids", "signatures",
)  # fmt: skip
"""Real names of members."""

WAYS: dict[str, Callable[[str], object]] = {
    "mapping": lambda name: {name: MARK},
    "list below": lambda name: {name: [{"inner": MARK}]},
    "JSON": lambda name: json.dumps({"a": 1, name: MARK}),
    "JSON below": lambda name: json.dumps({name: [{"inner": MARK}], "b": 2}),
    "words": lambda name: f"{name}={MARK} was answered",
    "camel case": lambda name: {_camel(name): MARK},
    "a variable": lambda name: f"{name.upper().replace('-', '_')}={MARK}",
}


def _camel(name: str) -> str:
    first, *others = name.replace("-", "_").split("_")
    return first + "".join(map(str.title, others))


@pytest.mark.parametrize("way", WAYS)
def test_what_stands_under_a_secret_name_is_hidden(way: str) -> None:
    shown = [name for name in MEMBERS if MARK in str(redact(WAYS[way](name)))]
    assert shown == []


def test_every_name_in_the_list_hides_a_member_that_nothing_else_hides() -> None:
    """Those that are a longer form of another in the list say what they are for, and no more."""
    endings = {compact(name) for name in NAMES}
    for ending in endings:
        others = endings - {ending}
        if ending.endswith(tuple(others)):
            continue
        alone = [one for one in map(compact, MEMBERS) if one.endswith(ending)]
        assert any(not one.endswith(tuple(others)) for one in alone), (
            f"no member is here that {ending!r} alone hides: add a real one to MEMBERS"
        )


def test_no_longer_form_is_lost_either() -> None:
    """Nothing would show without it today, but the docs name it, and the shorter one may go."""
    listed = {compact(name) for name in NAMES}
    prefixes = ("client", "xamz", "access")
    known = {compact(one) for one in MEMBERS}
    assert known - listed <= {"clientsecret", "clientsecrets", "accesstoken", "xamzsignature"}
    assert all(one in known or any(p + one in known for p in prefixes) for one in listed)


SIGNED = {
    "x-amz-": "https://b.s3.amazonaws.com/k/{}.mp4?X-Amz-Credential=x",
    "x-goog-": "https://storage.googleapis.com/b/{}.mp4?X-Goog-Algorithm=x",
    "signature=": "https://cdn.example/{}.mp4?Signature=abc",
    "sig=": "https://a.blob.core.windows.net/c/{}.mp4?sig=abc",
    "awsaccesskeyid=": "https://b.s3.amazonaws.com/{}.mp4?AWSAccessKeyId=x",
    "googleaccessid=": "https://storage.googleapis.com/b/{}.mp4?GoogleAccessId=x",
    "key-pair-id=": "https://d1.cloudfront.net/{}.mp4?Key-Pair-Id=x",
    "q-signature=": "https://b.cos.example/{}.mp4?q-signature=x",
    "hdnea=": "https://a.akamaized.net/{}.mp4?hdnea=x",
    "hdnts=": "https://a.akamaized.net/{}.mp4?hdnts=x",
    "hmac=": "https://cdn.example/{}.mp4?hmac=x",
}
"""A link of each kind of store that one part of its query alone gives away."""


@pytest.mark.parametrize("sign", SIGNED)
def test_a_link_is_known_by_any_part_of_a_signature(sign: str) -> None:
    """Its path is the key of an object in a store, and must go with the signature."""
    assert MARK not in redact(f"see {SIGNED[sign].format(MARK)} there")


def test_every_part_of_a_signature_has_a_link_here() -> None:
    assert {*SIGNING} == {*SIGNED}, "give each part its real link in SIGNED, and the other way"
    for sign, link in SIGNED.items():
        others = [other for other in SIGNING if other != sign]
        query = link.lower().partition("?")[2]
        assert query.startswith(sign)
        assert not query.startswith(tuple(others))


WHOLE = ("auth", "pwd", "sig", "hmac", "hdnea", "hdnts", "jwt")


def test_names_that_are_secret_only_alone() -> None:
    assert {*WHOLE} == {*WHOLE_NAMES}
    for name in WHOLE:
        assert MARK not in str(redact({name: MARK}))
        assert MARK not in redact(f'{{"{name}": "{MARK}"}}')


PEOPLE = ("user", "workspace", "owner", "api_key")


@pytest.mark.parametrize("owner", PEOPLE)
@pytest.mark.parametrize("member", ["id", "name", "prefix"])
def test_what_tells_who_somebody_is(owner: str, member: str) -> None:
    assert {compact(one) for one in PEOPLE} == sensitive.OWNERS
    assert MARK not in str(redact({owner: {member: MARK}}))
