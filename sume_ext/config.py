"""What a client is configured with, checked before anything is sent.

Arguments win over the environment (``SUME_API_KEY``, ``SUME_API_BASE_URL``), which wins over
the defaults; a key never travels unencrypted except to this machine.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from attrs import evolve, frozen

from sume_ext.errors import ConfigurationError
from sume_ext.secrecy.memory import remember, remember_login
from sume_ext.secrecy.quoting import quoted
from sume_ext.secrecy.secret import Secret
from sume_ext.urls import split_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

DEFAULT_BASE_URL = "https://www.sume.so/api/v1"
_TIMEOUT = 60.0
_LONGEST_KEY = 1024
AuthScheme = Literal["bearer", "x-api-key"]


@frozen
class Config:
    """Settings of one client.

    Attributes:
        api_key: The workspace's key.
        base_url: Where the API is, without a trailing slash.
        auth: ``bearer``, or ``x-api-key`` for legacy keys made in the dashboard.
        timeout: Seconds one call may take altogether, its retries included.
        bounded: Whether pauses that the API asks for must fit into the timeout, too: the caller
            chose it.
        connect_timeout: Seconds to open a connection.
        max_response_bytes: The most a decoded JSON answer may hold.
        proxy: URL of a proxy; None for the environment's.
        verify: True, False, or an `ssl.SSLContext`; ``SSL_CERT_FILE`` is honoured when True.
    """

    api_key: Secret
    base_url: str = DEFAULT_BASE_URL
    auth: AuthScheme = "bearer"
    timeout: float = _TIMEOUT
    connect_timeout: float = 10.0
    max_response_bytes: int = 32 * 1024 * 1024
    proxy: Secret | None = None
    verify: bool | ssl.SSLContext = True
    bounded: bool = False

    def with_options(
        self, *, timeout: float | None = None, max_response_bytes: int | None = None
    ) -> Config:
        """The same settings, but for what is given.

        Raises:
            ConfigurationError: A value isn't more than 0.
        """
        most = self.max_response_bytes if max_response_bytes is None else max_response_bytes
        return evolve(
            self,
            timeout=positive(self.timeout if timeout is None else timeout, "timeout"),
            bounded=self.bounded or timeout is not None,
            max_response_bytes=_whole(most, "max_response_bytes"),
        )


def resolve(
    *,
    api_key: str | Secret | None = None,
    base_url: str | None = None,
    auth: AuthScheme = "bearer",
    timeout: float | None = None,
    proxy: str | None = None,
    verify: bool | ssl.SSLContext = True,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Settings from arguments, then the environment, then defaults.

    Raises:
        ConfigurationError: There is no key, or the base URL isn't one a key may be sent to.
    """
    environ = os.environ if environ is None else environ
    if not isinstance(api_key, Secret):
        _check_types(api_key=api_key)
    _check_types(base_url=base_url, proxy=proxy)
    _check_verify(verify)
    key = environ.get("SUME_API_KEY") if api_key is None else api_key
    if isinstance(key, Secret):
        key = key.reveal()
    if not key or not key.strip():
        raise ConfigurationError("there is no API key.")
    if not key.strip().isascii() or not key.strip().isprintable() or len(key) > _LONGEST_KEY:
        raise ConfigurationError(
            "the API key has characters that no key has, or far too many.",
            hint="Copy it again from the Sume dashboard.",
        )
    secret = Secret(key.strip())
    # Before anything is refused, whose message may quote it.
    remember(secret)
    if proxy is not None:
        remember_login(proxy)
    if auth not in ("bearer", "x-api-key"):
        raise ConfigurationError(
            f"auth is {quoted(auth)}.",
            hint='Use "bearer", or "x-api-key" for legacy dashboard keys.',
        )
    return Config(
        api_key=secret,
        base_url=check_base_url(
            (environ.get("SUME_API_BASE_URL") or DEFAULT_BASE_URL) if base_url is None else base_url
        ),
        auth=auth,
        timeout=positive(_TIMEOUT if timeout is None else timeout, "timeout"),
        bounded=timeout is not None,
        proxy=None if proxy is None else Secret(proxy),
        verify=verify,
    )


def _check_types(**texts: object) -> None:
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(
                f"{name} is a {type(value).__name__}.", hint=f"Give {name} as text."
            )


def _check_verify(verify: object) -> None:
    """None or "" must not pass for False, which would talk to anybody."""
    if verify is True or verify is False:
        return
    import ssl  # noqa: PLC0415  (rarely needed here, and slow to import)

    if not isinstance(verify, ssl.SSLContext):
        raise ConfigurationError(
            f"verify is a {type(verify).__name__}.",
            hint="Give True, False, or an ssl.SSLContext; for a CA file of your own, "
            "ssl.create_default_context(cafile=...).",
        )


def check_base_url(url: str) -> str:
    """A base URL in its canonical form: https, or http to this machine only.

    Raises:
        ConfigurationError: It isn't such a URL; the message holds neither userinfo nor query.
    """
    try:
        if not _URL.fullmatch(url.strip()):
            raise ValueError  # noqa: TRY301  (one kind of trouble, one message)
        parts = split_url(url.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise ConfigurationError("base_url isn't a URL.", hint=_BASE_URL_HINT) from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "base_url has userinfo, a query or a fragment.", hint=_BASE_URL_HINT
        )
    if not host or parts.scheme not in ("http", "https"):
        raise ConfigurationError("base_url isn't an http(s) URL.", hint=_BASE_URL_HINT)
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"base_url is http:// to {host}, which would send the key in clear.",
            hint="Use https://; http:// is for loopback (the sandbox) only.",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


_URL = re.compile(r"[\x21-\x7e]+")
_BASE_URL_HINT = f"Use a URL like {DEFAULT_BASE_URL}."


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine by definition, without asking DNS."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


_MOST = 1e12
"""Thirty thousand years in seconds, a TB in bytes: more is a mistake."""


def positive(value: object, name: str) -> float:
    """A number above 0, and not beyond all measure.

    Raises:
        ConfigurationError: It isn't one.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        what = quoted(value) if isinstance(value, (bool, str)) else f"a {type(value).__name__}"
    elif 0 < value <= _MOST:
        return value
    else:
        what = "out of range" if abs(value) > _MOST else repr(value)
    raise ConfigurationError(f"{name} is {what}.", hint="Give a number, more than 0.")


def _whole(value: object, name: str) -> int:
    """A whole number above 0: half a byte would refuse every answer.

    Raises:
        ConfigurationError: It isn't one.
    """
    number = positive(value, name)
    if int(number) != number:
        raise ConfigurationError(f"{name} is {number!r}.", hint="Give a whole number, 1 or more.")
    return int(number)


def check_able(value: object, name: str, *ways: str) -> None:
    """Refuse a part of a client that can't do, in any way, what will be asked of it.

    Args:
        value: What a caller gave, or None.
        name: What for.
        ways: Each the methods of one way, separated by blanks.

    Raises:
        ConfigurationError: It lacks methods, or is a class where an object is wanted.
    """
    fit = any(all(callable(getattr(value, one, None)) for one in way.split()) for way in ways)
    if value is not None and (isinstance(value, type) or not fit):
        what = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise ConfigurationError(
            f"{name} is {what}, which can't be used as one.",
            hint=f"Give {name}= an object with the methods {' or '.join(map(_listed, ways))}.",
        )


def _listed(way: str) -> str:
    *most, last = way.split()
    return f"{', '.join(most)} and {last}" if most else last
