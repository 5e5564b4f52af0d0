"""Signed addresses: AWS Signature Version 4 for storage, a keyed hash for media.

Storage URLs are signed the way a real S3-compatible store verifies them, so the same signer serves
the sandbox's own storage and a real endpoint. Nothing here knows the time but by being told.
"""

from __future__ import annotations

import hashlib
import hmac
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from time import strptime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote

from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM: Final = "AWS4-HMAC-SHA256"
STAMP: Final = "%Y%m%dT%H%M%SZ"
EXPIRED: Final = "The link has expired; fetch the record it came from again."


def _digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """Presigns and verifies requests to one bucket, path style.

    Attributes:
        endpoint: Scheme, host and port of the store.
        bucket: The bucket's name.
        access_key: The access key id.
        secret_key: The secret access key.
        region: The region the store believes itself in.
    """

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    def presign(
        self,
        method: str,
        key: str,
        *,
        now: float,
        lifetime: float,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """A URL that allows ``method`` on the object ``key`` with exactly these headers.

        Args:
            method: The HTTP method.
            key: The object's key.
            now: When it is signed, in seconds since the epoch.
            lifetime: For how many seconds it is good, from ``now``.
            headers: Headers the request must carry, besides ``Host``.
        """
        stamp = datetime.fromtimestamp(now, UTC).strftime(STAMP)
        signed = {"host": split_url(self.endpoint).netloc}
        signed |= {name.lower(): value.strip() for name, value in (headers or {}).items()}
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{self._scope(stamp)}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(int(lifetime)),
            "X-Amz-SignedHeaders": ";".join(sorted(signed)),
        }
        path = quote(f"/{self.bucket}/{key}", safe="/-_.~")
        signature = self._signature(method, path, query, signed)
        return f"{self.endpoint}{path}?{_encode(query)}&X-Amz-Signature={signature}"

    def refusal(
        self, method: str, path: str, query: str, headers: Mapping[str, str], *, now: float
    ) -> tuple[int, str, str] | None:
        """Why a request isn't allowed, as status, S3 error code and message; None when it is.

        Args:
            method: The HTTP method.
            path: The path, still percent-encoded.
            query: The query string.
            headers: The request's headers, names in lower case.
            now: The time, in seconds since the epoch.
        """
        asked = dict(parse_qsl(query, keep_blank_values=True))
        given = asked.pop("X-Amz-Signature", "")
        reason = self._mismatch(method, path, asked, given, headers)
        if reason is not None:
            return 403, *reason
        signed_at = timegm(strptime(asked["X-Amz-Date"], STAMP))
        if now > signed_at + int(asked["X-Amz-Expires"]):
            return 403, "AccessDenied", "Request has expired"
        return None

    def _mismatch(
        self,
        method: str,
        path: str,
        asked: Mapping[str, str],
        given: str,
        headers: Mapping[str, str],
    ) -> tuple[str, str] | None:
        """Why a signature isn't ours for this request, as S3 code and message, or None."""
        if asked.get("X-Amz-Algorithm") != ALGORITHM or not given:
            return "AccessDenied", "The URL carries no signature."
        if asked.get("X-Amz-Credential", "").split("/")[0] != self.access_key:
            return "InvalidAccessKeyId", "The access key id is unknown."
        names = asked.get("X-Amz-SignedHeaders", "").split(";")
        if missing := [name for name in names if name not in headers]:
            return "SignatureDoesNotMatch", f"A required header is missing: {missing[0]}."
        signed = {name: headers[name] for name in names}
        if not hmac.compare_digest(given, self._signature(method, path, asked, signed)):
            return "SignatureDoesNotMatch", "URL, method and headers don't fit the signature."
        extra = [name for name in headers if name.startswith("x-amz-") and name not in signed]
        if extra:
            return "AccessDenied", f"A header was not signed: {extra[0]}."
        return None

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self.region}/s3/aws4_request"

    def _signature(
        self, method: str, path: str, query: Mapping[str, str], signed: Mapping[str, str]
    ) -> str:
        stamp = query.get("X-Amz-Date", "")
        lines = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
        names = ";".join(sorted(signed))
        canonical = f"{method}\n{path}\n{_encode(query)}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{self.secret_key}".encode()
        for part in (stamp[:8], self.region, "s3", "aws4_request"):
            key = _digest(key, part)
        return _digest(key, f"{ALGORITHM}\n{stamp}\n{self._scope(stamp)}\n{hashed}").hex()


def _encode(query: Mapping[str, str]) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(query[name], safe="-_.~")) for name in query)
    return "&".join(f"{name}={value}" for name, value in pairs)


@dataclass(frozen=True, slots=True, repr=False)
class LinkSigner:
    """Signs media links with an end date.

    Attributes:
        secret: The key of the hash.
    """

    secret: bytes

    def sign(self, path: str, expires: int) -> str:
        """The signature of a path that is good until ``expires``, in seconds since the epoch."""
        return _digest(self.secret, f"{path}\n{expires}").hex()[:40]

    def refusal(self, path: str, query: str, *, now: float) -> str | None:
        """Why a link isn't good, or None when it is."""
        asked = dict(parse_qsl(query, keep_blank_values=True))
        expires = asked.get("expires", "")
        if not expires.isdecimal() or "signature" not in asked:
            return "The link carries no signature."
        if not hmac.compare_digest(asked["signature"], self.sign(path, int(expires))):
            return "The signature doesn't fit the link."
        if now > int(expires):
            return EXPIRED
        return None
