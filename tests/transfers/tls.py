"""A server with a certificate that only those who are told to will trust."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import trustme

from tests.transfers.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.transfers.scripted import Act


@contextmanager
def tls_server(act: Act, name: str) -> Generator[tuple[Scripted, ssl.SSLContext]]:
    """A server whose certificate is for a name, and the settings that trust it."""
    authority = trustme.CA()
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(settings)  # pyright: ignore[reportUnknownMemberType]
    trust = ssl.create_default_context()
    authority.configure_trust(trust)  # pyright: ignore[reportUnknownMemberType]
    with Scripted(act, tls=settings) as server:
        yield server, trust
