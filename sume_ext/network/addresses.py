"""Where downloads and uploads may go: https, to public addresses, on every hop.

The name is resolved, every address it has is checked, and the connection goes to an address
that was checked, so that a name which changes its mind in between (DNS rebinding) gains nothing.
An API on this machine or on a private address may point to its like: a sandbox does.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from sume_ext.config import is_loopback
from sume_ext.errors import NotSentError
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_NAT64: Final = ip_network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = ip_network("2000::/3")
_REFUSED: Final = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments (RFC 6890); clouds keep services there
            "192.88.99.0/24",  # the relays of 6to4, withdrawn (RFC 7526)
            "168.63.129.16/32",  # the host's agent, as seen from a machine on Azure
            "2001::/23",  # IETF protocol assignments (RFC 2928)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
"""What isn't for everybody, although `is_global` of one Python or another says so."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_HINT: Final = (
    "Media and storage are fetched from public addresses only. If this host is right, "
    "fetch the URL with a tool of your own."
)


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, however it is wrapped."""
    return all(map(_is_global, _unwrapped(address)))


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    """Of IPv6 only that part has been given to the public internet; the rest leads elsewhere.

    It leads to this site (``fec0::``), or hides an IPv4 address (``::127.0.0.1``, RFC 8215's
    ``64:ff9b:1::``, SIIT's ``::ffff:0:127.0.0.1``); `is_global` knows only what is reserved.
    """
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST:
        return False
    if any(ip in network for network in _REFUSED):
        return False
    return ip.is_global and not ip.is_multicast


def is_public_or_loopback(address: str) -> bool:
    """The same, or this machine itself."""
    return is_loopback(address) or is_public(address)


def anywhere(address: str) -> bool:  # noqa: ARG001  (a rule like the others)
    """For an API that is itself on a private address."""
    return True


def _unwrapped(address: str) -> list[IPv4Address | IPv6Address]:
    """The address and what IPv6 transition schemes hide in it (RFC 4291, 3056, 4380, 6052)."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return [ip]
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    inner = [ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        return [IPv4Address(int(ip) & 0xFFFFFFFF)]
    return [ip, *(found for found in inner if found is not None)]


def rule_for(base_url: str) -> Callable[[str], bool]:
    """Which addresses an API at this base URL may send us to."""
    try:
        host = _as_sent(split_url(base_url).hostname or "")
    except ValueError:  # no place that anything could be like
        return is_public
    if is_loopback(host):
        return is_public_or_loopback
    literal = _literal(host)
    return is_public if literal is None or is_public(literal) else anywhere


def trouble_with(url: str, base_url: str) -> str:
    """Why a URL may not be fetched, as far as its text tells; ``""`` when it may."""
    try:
        parts = split_url(url)
        host = _as_sent(parts.hostname or "")
        _ = parts.port
    except ValueError:
        return "it isn't a URL."
    if parts.username is not None or parts.password is not None:
        return "it carries a user name."
    if not host or any(ord(letter) <= ord(" ") for letter in url):
        return "it isn't a URL."
    if parts.scheme != "https":
        both_here = is_loopback(host) and is_loopback(split_url(base_url).hostname or "")
        if parts.scheme != "http" or not both_here:
            return f"it is {parts.scheme}://, not https://."
    literal = "127.0.0.1" if _names_this_machine(host) else _literal(host)
    if literal is not None and not rule_for(base_url)(literal):
        return f"{host} isn't an address of the public internet."
    return ""


def _as_sent(host: str) -> str:
    """A host as it goes out, which is what is judged: IDNA makes digits of what only looks so.

    The dot at the end of a name changes where it is looked up, and nothing else, so it is cut off.

    Raises:
        ValueError: It is neither a name nor an address; one within a zone is only of this machine.
    """
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    host = host.rstrip(".")
    if ":" in host and "%" not in host:
        return str(ip_address(host))
    if host and not _NAME.fullmatch(host):
        raise ValueError("not a host")
    return host.lower()


def _names_this_machine(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _literal(host: str) -> str | None:
    """The address that a host spells, in any spelling that systems take (127.1, 0x7f000001)."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def allowed(host: str, resolved: Iterable[str], rule: Callable[[str], bool]) -> list[str]:
    """The addresses of a host, in order and once each.

    Raises:
        NotSentError: One of them may not be reached, or there is none.
    """
    addresses = list(dict.fromkeys(resolved))
    if refused := [address for address in addresses if not rule(address)]:
        raise NotSentError(
            f"{host} resolves to {refused[0]}, which isn't an address of the public internet.",
            final=True,
            hint=_HINT,
        )
    if not addresses:
        raise NotSentError(f"{host} has no address.")
    return addresses
