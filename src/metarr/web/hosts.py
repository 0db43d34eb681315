"""Which names this server answers to: whoever points a name of their own at our address (DNS rebinding) gets nothing.

A browser sends the name that stands in its address bar. Names that only the owner's own network can have are accepted;
any other must be listed by the owner.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Endings that nobody can register: RFC 6761 (localhost), RFC 6762 and its appendix G (local, home, lan), RFC 8375
# (home.arpa), ICANN's resolution 2024.07.29.06 (internal).
_PRIVATE = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal")


class Hosts:
    """`names`: the owner's own. `is_local`: only this machine is served, under the names that it always has."""

    def __init__(self, names: tuple[str, ...] = (), *, is_local: bool) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        self._is_local = is_local

    def answers_to(self, host: str) -> bool:
        """Whether a request with this Host header is meant for us."""
        name = name_of(host).rstrip(".")
        if name in _LOOPBACK or name in self._names:
            return True
        if self._is_local or not name:
            return False
        return "." not in name or name.endswith(_PRIVATE) or _is_address(name)

    def refusal(self, host: str) -> str:
        """What is said to the others."""
        only = " to localhost only" if self._is_local else ""
        return f"This server answers{only}, not to {host!r}. If that is its name, add it to METARR_HOSTS."


def name_of(host: str) -> str:
    """A Host header's name without its port, in lower case; "" where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback_name(host: str) -> bool:
    """Whether a Host header names this very machine."""
    return name_of(host) in _LOOPBACK


def is_loopback_address(address: str) -> bool:
    """Whether an address is this very machine's, also in IPv6's form of IPv4's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
