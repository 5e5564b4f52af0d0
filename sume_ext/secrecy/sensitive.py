"""The names that hide their values, wherever a name and a value stand together.

One list serves mappings, attributes and text, in every spelling (``api_key``, ``x-api-key``,
``apiKey``, ``SUME_API_KEY``): a name is sensitive when it ends in one of these.
Source: the public docs, "never log or share"; the rest are what storage services call theirs.
"""

from __future__ import annotations

NAMES = (
    # What the API calls secret.
    "api key",
    "api key id",
    "key id",
    "upload url",
    "signed url",
    "presigned url",
    "login url",
    "verification uri",
    "verification url",
    "object key",
    "storage key",
    "required headers",
    "upload headers",
    "user id",
    "workspace id",
    "owner id",
    "email",
    "email address",
    "emails",
    "device code",
    "user code",
    "provider payload",
    "provider response",
    "provider error",
    "provider data",
    "raw payload",
    "raw response",
    # Credentials in general.
    "authorization",
    "cookie",
    "cookies",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secret key",
    "secret access key",
    "access key",
    "access key id",
    "account key",
    "private key",
    "token",
    "credential",
    "credentials",
    "session id",
    # What makes a URL signed.
    "signature",
    "key pair id",
    "google access id",
    # More than one of them. Bare "tokens" are counted everywhere, and no secret.
    "api keys",
    "key ids",
    "upload urls",
    "signed urls",
    "presigned urls",
    "object keys",
    "storage keys",
    "user ids",
    "workspace ids",
    "owner ids",
    "email addresses",
    "device codes",
    "user codes",
    "passwords",
    "secrets",
    "secret keys",
    "access keys",
    "private keys",
    "api tokens",
    "access tokens",
    "refresh tokens",
    "auth tokens",
    "session tokens",
    "session ids",
    "signatures",
)
"""Endings of sensitive names, their words apart."""

WHOLE_NAMES = ("auth", "pwd", "sig", "hmac", "hdnea", "hdnts", "jwt")
"""Names that are sensitive only alone; others merely end like them."""

OWNERS = frozenset({"user", "workspace", "owner", "apikey"})
"""Members whose own ``id``, ``name`` and ``prefix`` tell who somebody is."""
OWNED = frozenset({"id", "name", "prefix"})

SIGNING = (
    "x-amz-",
    "x-goog-",
    "signature=",
    "sig=",
    "awsaccesskeyid=",
    "googleaccessid=",
    "key-pair-id=",
    "q-signature=",
    "hdnea=",
    "hdnts=",
    "hmac=",
)
"""Parts of a query, in lower case, that make its URL a signed one."""

PROVING = ("hash=", "verify=", "md5=", "hash_hmac=", "policy=", "st=", "proof=", "check=")
"""Parts of a query, in lower case, that make its URL a signed one if it is for a time only."""

_COMPACT_ENDINGS = tuple(name.replace(" ", "") for name in NAMES)
_COMPACT_WHOLE = frozenset(WHOLE_NAMES)
_LONGEST = 40


def compact(name: str) -> str:
    """A name without case and separators, so that all its spellings are one."""
    return "".join(filter(str.isalnum, name)).lower()


def is_sensitive(name: str) -> bool:
    """Whether what stands under this name must not be shown."""
    ending = name[-_LONGEST:]
    # By hash, because names may be secrets themselves, and none is kept in clear.
    known = _verdicts.get(hash(ending))
    return _decide(ending) if known is None else known


_verdicts: dict[int, bool] = {}
_MOST_VERDICTS = 4096


def _decide(name: str) -> bool:
    small = compact(name)
    verdict = small.endswith(_COMPACT_ENDINGS) or small in _COMPACT_WHOLE
    if len(_verdicts) >= _MOST_VERDICTS:
        _verdicts.clear()
    _verdicts[hash(name)] = verdict
    return verdict
