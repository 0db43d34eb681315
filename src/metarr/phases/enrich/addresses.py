"""Which addresses a picture may come from: the internet, and what the owner configured; never the owner's network.

A provider's answer, or a redirect, may name anything. What is looked at is the very address that is connected to, after
its name was resolved, so that a name cannot mean one thing when it is looked at and another when it is used.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 address is in the last 32 bits
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1: IPv4 in a form long out of use


class PrivateAddress(OSError):
    """The picture's server is on this machine or in its network. One text for all: they are told in groups."""

    def __init__(self) -> None:
        super().__init__("it is on this machine or in its private network")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's, also when it is wrapped in another kind."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6:  # noqa: PLR2004  IP versions are names
        if found in _COMPATIBLE:
            return False
        found = _wrapped(found) or found
    return found.is_global and not found.is_multicast


def public_socket(address: tuple[Any, ...]) -> socket.socket:
    """The `socket_factory` of aiohttp: told what is about to be connected to, as `getaddrinfo` describes it."""
    family, kind, protocol, _, (host, *_rest) = address
    if not is_public(host):
        raise PrivateAddress
    return socket.socket(family, kind, protocol)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
