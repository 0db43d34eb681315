"""Addresses of Kodi, and addresses that Kodi writes."""

from __future__ import annotations

from urllib.parse import unquote

from yarl import URL

from metarr.errors import InvalidInput


def endpoint(name: str, url: str) -> URL:
    """The address of /jsonrpc. Credentials have their own fields: in an address they would reach logs."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise InvalidInput(f"Kodi {name!r} needs an address like http://192.168.1.20:8080") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise InvalidInput(f"Kodi {name!r} needs an address like http://192.168.1.20:8080")
    if parsed.user or parsed.password:
        raise InvalidInput(f"Kodi {name!r}: put user name and password into their own fields, not into the address")
    return parsed.origin().with_path(parsed.path.rstrip("/").removesuffix("/jsonrpc") + "/jsonrpc")


def socket_endpoint(http: URL, port: int) -> URL:
    """The same Kodi's WebSocket, which is never encrypted and has no password."""
    return URL.build(scheme="ws", host=http.host or "", port=port, path="/jsonrpc")


def picture_address(wrapped: str) -> str:
    """`image://%2fmedia%2fHeat%2fposter.jpg/` -> `/media/Heat/poster.jpg`; anything else as it is."""
    inner = wrapped.removeprefix("image://")
    return wrapped if inner == wrapped else unquote(inner.removesuffix("/"), errors="surrogateescape")


def folders_of(source: str) -> list[str]:
    """`multipath://%2fa%2f/%2fb%2f/` -> `/a/`, `/b/`: xbmc/filesystem/MultiPathDirectory.cpp."""
    inner = source.removeprefix("multipath://")
    return (
        [source] if inner == source else [unquote(part, errors="surrogateescape") for part in inner.split("/") if part]
    )
