"""The way to a server: the TLS settings, and the proxy that the environment asks for."""

from __future__ import annotations

import os
import re
import ssl
import sys
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import SplitResult, quote, unquote

from attrs import frozen

from sume_ext.config import is_loopback
from sume_ext.errors import ConfigurationError, NotSentError
from sume_ext.secrecy.memory import remember_login
from sume_ext.secrecy.secret import Secret
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from sume_ext.config import Config
    from sume_ext.network.wire import Request

PoolKey: TypeAlias = tuple[str, str, Secret | None, bool]
"""Scheme and host, the proxy's URL or None, and whether the pool's requests may be repeated."""

PORTS = {"http": 80, "https": 443}
_PLAIN = re.compile(r"[\x21-\x7e]+")
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_REPEATABLE = frozenset({"GET", "HEAD"})
_PROXIES = ("http", "https", "socks5", "socks5h")
_contexts: dict[tuple[bool, str | None, str | None], ssl.SSLContext] = {}


def tls_settings(config: Config) -> ssl.SSLContext:
    """The TLS settings of a client; making them takes longer than a call, so all share them.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name the trusted certificates, else certifi's are.

    Raises:
        ConfigurationError: They can't be read.
    """
    if isinstance(config.verify, ssl.SSLContext):
        return config.verify
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    key = (config.verify, file, folder)
    if key not in _contexts:
        try:
            context = ssl.create_default_context(
                cafile=file or (None if folder else _bundled()), capath=folder or None
            )
        except OSError as error:
            raise ConfigurationError(
                f"the trusted certificates can't be read ({error.strerror}).",
                hint="Check SSL_CERT_FILE and SSL_CERT_DIR.",
            ) from None
        if not config.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        _contexts[key] = context
    return _contexts[key]


def _bundled() -> str:
    from certifi import where  # noqa: PLC0415  (only for TLS)

    return where()


@frozen
class Place:
    """What the requests to one origin have in common.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Its name or address.
        port: Its port.
        shown: What the ``Host`` header says.
        proxy: The URL of the proxy on the way to it, or None.
    """

    scheme: bytes
    host: bytes
    port: int
    shown: bytes
    proxy: Secret | None


class Places:
    """The places of a client's requests, each looked at once.

    Args:
        config: The client's.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[tuple[str, str], Place] = {}

    def find(self, request: Request) -> tuple[Place, bytes, PoolKey]:
        """Where a request goes, its target there, and the kind of pool it is sent through.

        Raises:
            NotSentError: Its URL isn't an http(s) URL.
        """
        try:
            parts = split_url(request.url)
            place = self._known.get((parts.scheme, parts.netloc)) or self._place(parts)
        except ValueError:
            raise NotSentError("that isn't a URL.", final=True) from None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not _PLAIN.fullmatch(target):
            target = quote(target, safe=_VISIBLE)
        key = (parts.scheme, parts.netloc, place.proxy, request.method in _REPEATABLE)
        return place, target.encode("ascii"), key

    def _place(self, parts: SplitResult) -> Place:
        host = parts.hostname or ""
        if parts.scheme not in PORTS or not host:
            raise NotSentError("that isn't an http(s) URL.", final=True)
        host = host if host.isascii() else host.encode("idna").decode("ascii")
        usual = PORTS[parts.scheme]
        port = parts.port or usual
        shown = _bracketed(host)
        place = self._known[parts.scheme, parts.netloc] = Place(
            parts.scheme.encode("ascii"),
            host.encode("ascii"),
            port,
            (shown if port == usual else f"{shown}:{port}").encode("ascii"),
            proxy_for(self._config, parts.scheme, host, port),
        )
        return place


def proxy_for(config: Config, scheme: str, host: str, port: int) -> Secret | None:
    """The URL of the configured proxy, else of the environment's, else None.

    Plain http is for this machine alone, and so is the key that goes with it: no proxy elsewhere
    gets to read it.

    Raises:
        ConfigurationError: It isn't the URL of a proxy.
    """
    inside = scheme == "http" and is_loopback(host)
    if config.proxy is None:
        return None if inside else _of_environment(scheme, host, port)
    url = _complete(config.proxy.reveal())
    return url if not inside or is_loopback(split_url(url.reveal()).hostname or "") else None


def _of_environment(scheme: str, host: str, port: int) -> Secret | None:
    elsewhere = sys.platform in ("darwin", "win32")  # where the system's settings count as well
    if not elsewhere and not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  (slow to import)

    found = getproxies()
    url = found.get(scheme) or found.get("all")
    if not url or proxy_bypass(host) or proxy_bypass(f"{_bracketed(host)}:{port}"):
        return None
    return _complete(url)


def _bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _complete(url: str) -> Secret:
    """A proxy's URL, http when it says nothing; its login is known from then on.

    Raises:
        ConfigurationError: It isn't one; the message holds no userinfo.
    """
    url = url if "://" in url else f"http://{url}"
    remember_login(url)
    try:
        parts = split_url(url)
        fine = parts.hostname and parts.port != 0 and parts.scheme in _PROXIES
        login = unquote(f"{parts.username}{parts.password}")
    except ValueError:
        fine, login = False, ""
    if not fine:
        raise ConfigurationError(
            "the proxy isn't an http, https or socks5 URL.",
            hint="Use http://host:port (HTTPS_PROXY, or proxy=); it carries https as well.",
        )
    if not login.isascii():
        raise ConfigurationError(
            "the proxy's user name or password has characters beyond ASCII, which proxies read in "
            "different ways.",
            hint="Give it a password of ASCII characters (HTTPS_PROXY, or proxy=).",
        )
    return Secret(url)
