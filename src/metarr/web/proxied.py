"""Who a reverse proxy says is there: believed from the proxies that the owner names, stripped from everybody else.

It stands before everything that rewrites a request, for it must see who really sent it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from metarr.actions.entrance import Proxied
from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

    Header: TypeAlias = tuple[bytes, bytes]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
# What everybody sends, or what means something else already.
_TAKEN = frozenset(
    {
        "authorization",
        "cookie",
        "host",
        "origin",
        "referer",
        "forwarded",
        "user-agent",
        "via",
        "x-api-key",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
    }
)
_LONGEST = 1000  # bytes of a name; groups may be many
_LONGEST_GROUPS = 16_000


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """`networks`: whose word counts, no others; this machine's only if it is named. Names of headers in lower case."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    user_header: bytes
    groups_header: bytes | None = None
    separator: str = ","

    def believes(self, address: str) -> bool:
        """Whether a request from this address may say who is there."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return any((mapped or found) in network for network in self.networks)

    def told(self, headers: Iterable[Header]) -> Proxied | None:
        """Who is there; None: nobody, or what a proxy that replaces the header would not send."""
        found = list(headers)
        name = _only(found, self.user_header, _LONGEST)
        if not name:
            return None
        if self.groups_header is None:
            return Proxied(name)
        text = _only(found, self.groups_header, _LONGEST_GROUPS)
        groups = (text or "").split(self.separator)
        return Proxied(name, frozenset(group.strip() for group in groups if group.strip()))


def rules(proxies: Iterable[str], user_header: str, groups_header: str | None, separator: str) -> ProxyRules:
    """Checked. Raises InvalidInput naming the variable that cannot be used."""
    names = [("METARR_PROXY_USER_HEADER", user_header)]
    if groups_header is not None:
        names.append(("METARR_PROXY_GROUPS_HEADER", groups_header))
    for variable, name in names:
        if _NAME.fullmatch(name) is None or name.lower() in _TAKEN:
            raise InvalidInput(f"{variable}: {name!r} is no header that says who is there, such as Remote-User.")
    networks = tuple(_network(text) for text in proxies)
    if not networks:
        raise InvalidInput(
            "METARR_PROXY_USER_HEADER needs METARR_PROXIES: the proxies whose word counts, even on here."
        )
    if not separator:
        raise InvalidInput("METARR_PROXY_GROUPS_SEPARATOR: between groups stands at least one character.")
    groups = None if groups_header is None else groups_header.lower().encode()
    return ProxyRules(networks, user_header.lower().encode(), groups, separator)


class ProxyLogin:
    """Leaves in the request's state who a proxy says is there, and lets nobody else say it."""

    def __init__(self, app: ASGIApp, rules: ProxyRules) -> None:
        self._app = app
        self._rules = rules
        self._names = {rules.user_header, rules.groups_header}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The headers end here, whoever sent them."""
        if scope["type"] == "http":
            client = scope.get("client")
            headers = list(scope["headers"])
            is_believed = client is not None and self._rules.believes(client[0])
            told = self._rules.told(headers) if is_believed else None
            left = [(name, value) for name, value in headers if name.lower() not in self._names]
            scope = {**scope, "headers": left, "state": {**scope.get("state", {}), "proxied": told}}
        await self._app(scope, receive, send)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """An address is a network of one."""
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidInput(
            f"METARR_PROXIES: {text!r} is no address and no network; with METARR_PROXY_USER_HEADER it must be one."
        ) from error
    if found.prefixlen == 0:
        raise InvalidInput(f"METARR_PROXIES: {text!r} is everybody, who could then be anybody: name the proxies.")
    return found


def _only(headers: Iterable[Header], wanted: bytes, most: int) -> str | None:
    """A header that was sent once; sent twice, one of them may be the visitor's own."""
    values = [value for name, value in headers if name.lower() == wanted]
    if len(values) != 1 or len(values[0]) > most:
        return None
    try:
        text = values[0].decode().strip()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
