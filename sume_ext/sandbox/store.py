"""A real S3-compatible store behind the uploads, instead of the sandbox's own.

The sandbox signs for it and asks it whether an object is there; the bytes never pass through here.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from sume_ext.sandbox.signing import Signer
from sume_ext.urls import split_url

PATIENCE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Store:
    """Where a real store is and how to sign for it.

    Attributes:
        endpoint: Scheme, host and port, such as ``http://127.0.0.1:9000``.
        bucket: A bucket that exists.
        access_key: The access key id.
        secret_key: The secret access key.
        region: The region the store believes itself in.
    """

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    def signer(self) -> Signer:
        """Signs requests to the bucket."""
        return Signer(
            self.endpoint.rstrip("/"), self.bucket, self.access_key, self.secret_key, self.region
        )

    def holds(self, key: str, size: int) -> bool:
        """Whether an object of this size is stored under the key."""
        url = split_url(self.signer().presign("HEAD", key, now=time.time(), lifetime=60))
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.netloc, timeout=PATIENCE)
        try:
            connection.request("HEAD", f"{url.path}?{url.query}")
            answer = connection.getresponse()
            return answer.status == HTTPStatus.OK and answer.headers["Content-Length"] == str(size)
        finally:
            connection.close()
