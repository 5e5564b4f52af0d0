"""The way to a server: the TLS settings, and the proxy that the environment asks for."""

from __future__ import annotations

import os
import ssl
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sume_ext.errors import ConfigurationError

if TYPE_CHECKING:
    from sume_ext.config import Config

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


class Routes:
    """Which proxy each origin is reached through, found out once for each.

    Args:
        config: The client's.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[tuple[str, str], str | None] = {}

    def proxy_for(self, scheme: str, host: str) -> str | None:
        """The URL of the configured proxy, else of the environment's, else None."""
        if self._config.proxy is not None:
            return _complete(self._config.proxy)
        if (scheme, host) not in self._known:
            self._known[scheme, host] = _of_environment(scheme, host)
        return self._known[scheme, host]


def _of_environment(scheme: str, host: str) -> str | None:
    elsewhere = sys.platform in ("darwin", "win32")  # where the system's settings count as well
    if not elsewhere and not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  (slow to import)

    found = getproxies()
    url = found.get(scheme) or found.get("all")
    return None if not url or proxy_bypass(host) else _complete(url)


def _complete(url: str) -> str:
    """A proxy's URL, http when it says nothing.

    Raises:
        ConfigurationError: It isn't one; the message holds no userinfo.
    """
    url = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(url)
        fine = parts.hostname and parts.port != 0 and parts.scheme in _PROXIES
    except ValueError:
        fine = False
    if not fine:
        raise ConfigurationError(
            "the proxy isn't an http, https or socks5 URL.",
            hint="Use http://host:port (HTTPS_PROXY, or proxy=); it carries https as well.",
        )
    return url
