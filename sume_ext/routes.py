"""The way to a server: host, port, TLS settings, and the proxy that the environment asks for."""

from __future__ import annotations

import os
import re
import ssl
import sys
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit

from attrs import frozen

from sume_ext.errors import ConfigurationError, NotSentError
from sume_ext.http1 import Proxy, Route

if TYPE_CHECKING:
    from sume_ext.config import Config

_PORTS = {"http": 80, "https": 443}
_PLAIN_TARGET = re.compile(r"[\x21-\x7e]+")
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_contexts: dict[tuple[str | bool | None, ...], ssl.SSLContext] = {}


def tls_settings(config: Config) -> ssl.SSLContext:
    """The TLS settings of a client; making them takes longer than a call, so all share them.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name the trusted certificates, else certifi's are.
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
        context.set_alpn_protocols(["http/1.1"])
        _contexts[key] = context
    return _contexts[key]


def _bundled() -> str:
    from certifi import where  # noqa: PLC0415  (only for TLS)

    return where()


@frozen
class Address:
    """Where the requests to one origin go.

    Attributes:
        route: The way.
        host: What the ``Host`` header says.
    """

    route: Route
    host: str


class Routes:
    """The addresses of one client's origins, found out once for each.

    Args:
        config: The client's.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[tuple[str, str], Address] = {}

    def find(self, url: str) -> tuple[Address, str]:
        """Where a URL's request goes, and the target it asks for.

        Raises:
            NotSentError: It isn't an http(s) URL.
        """
        try:
            parts = urlsplit(url)
            origin = (parts.scheme, parts.netloc)
            address = self._known.get(origin) or self._known.setdefault(
                origin, self._address(parts)
            )
        except ValueError:
            raise NotSentError("that isn't a URL.", final=True) from None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not _PLAIN_TARGET.fullmatch(target):
            target = quote(target, safe=_VISIBLE)
        return address, target

    def _address(self, parts: SplitResult) -> Address:
        host = parts.hostname or ""
        if parts.scheme not in _PORTS or not host:
            raise NotSentError("that isn't an http(s) URL.", final=True)
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        port = parts.port or _PORTS[parts.scheme]
        shown = f"[{host}]" if ":" in host else host
        return Address(
            Route(host, port, parts.scheme == "https", self._proxy(parts.scheme, host)),
            shown if port == _PORTS[parts.scheme] else f"{shown}:{port}",
        )

    def _proxy(self, scheme: str, host: str) -> Proxy | None:
        """The configured proxy, else the environment's."""
        if self._config.proxy is not None:
            return parse_proxy(self._config.proxy)
        if sys.platform not in ("darwin", "win32") and not any(
            name.lower().endswith("_proxy") for name in os.environ
        ):
            return None
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  (slow to import)

        found = getproxies()
        url = found.get(scheme) or found.get("all")
        return None if not url or proxy_bypass(host) else parse_proxy(url)


def parse_proxy(url: str) -> Proxy:
    """A proxy by its URL, whose userinfo becomes basic authorization.

    Raises:
        ConfigurationError: It isn't an http:// proxy; the message holds no userinfo.
    """
    hint = "Use http://host:port (HTTPS_PROXY, or proxy=); it carries https as well."
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError("the proxy isn't a URL.", hint=hint) from None
    if parts.scheme != "http" or not host:
        raise ConfigurationError(f"no {parts.scheme[:10]}:// proxies.", hint=hint)
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    return Proxy(host, port or _PORTS["http"], authorization)
