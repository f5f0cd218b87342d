"""Where tertulia may connect to: public addresses, and what the user has named; nothing that a page or a model names.

A name is resolved here, every address it has is looked at, and the connection goes to the address that was looked at
(`guarded_requests`, `guarded_httpx`), so that a name which changes between the look and the connection changes nothing.
A proxy that the user has set resolves names itself: then it is the proxy that decides.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ..errors import SourceSettingsError

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_TRIED: Final = 4
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
# Forms of one address that only some programs understand: 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_BLANK: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
# What `is_global` says differs between versions of Python; these are never public (IANA special-purpose registries).
_NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
            *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
            *("::/96", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32"),
            *(
                "2002::/16",
                "2620:4f:8000::/48",
                "3fff::/20",
                "5f00::/16",
                "fc00::/7",
                "fe80::/10",
                "fec0::/10",
                "ff00::/8",
            ),
        ),
    )
)
# An IPv6-only network reaches IPv4 through these: the IPv4 address at the end is the one that counts.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

Resolver = Callable[[str, int], Sequence[str]]
"""Gives all addresses of a host name. Raises OSError when it has none."""


class RefusedError(SourceSettingsError):
    """An address that tertulia does not connect to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an http or https address leads: a host in lower-case ASCII, without brackets, and a port."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Place:
        """The place of a web address.

        Raises:
            RefusedError: it is no http or https address, names a user, or its host or port has an odd form.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise RefusedError("This is no web address.") from error
        if _BLANK.search(url) or parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise RefusedError("This is no http or https address.")
        if parts.username is not None or parts.password is not None:
            raise RefusedError("An address that names a user is not followed.")
        return cls(_host(parts.hostname), DEFAULT_PORTS[parts.scheme] if port is None else port)


def system_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host name, as the system knows them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be connected to: public ones, and those of the `trusted` places, which the user has set."""

    trusted: frozenset[Place] = frozenset()
    resolve: Resolver = system_addresses

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, in the order in which to try them.

        Raises:
            RefusedError: one of them is not public.
            OSError: the name has none.
        """
        place = Place(_host(host), port)
        found = list(dict.fromkeys(self.resolve(place.host, port)))
        if place not in self.trusted and (refused := [address for address in found if not is_public(address)]):
            raise RefusedError(
                f"{place.host} leads to {refused[0]}, which is no public address.",
                hint="Only what you set yourself may be private: TERTULIA_WIKIPEDIA_URL, TAVILY_API_BASE_URL.",
            )
        if not found:
            raise OSError(f"{place.host} has no address")
        return found[:_TRIED]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet: not private, local, multicast, reserved, a tunnel, …"""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip in _NAT64:
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not any(ip.version == network.version and ip in network for network in _NOT_PUBLIC)


def _host(host: str) -> str:
    """A host in one form. RefusedError for what different programs would read as different hosts."""
    host = host.lower().removesuffix(".")
    if not host.isascii():
        import idna  # noqa: PLC0415 - its tables are large and few hosts need them

        try:
            host = idna.encode(host, uts46=True).decode("ascii").removesuffix(".")
        except idna.IDNAError as error:
            raise RefusedError("The host of this address is no name.") from error
    if not _HOST.fullmatch(host):
        raise RefusedError("The host of this address is no name.")
    if ":" in host or _NUMBER.fullmatch(host):
        try:
            return str(ipaddress.ip_address(host))
        except ValueError as error:
            raise RefusedError("The host of this address is a number in an odd form.") from error
    return host
