"""Kodi's JSON-RPC: the calls that the player and the on-screen notifier need, with types."""

from __future__ import annotations

from metarr.clients.kodi.address import picture_address
from metarr.clients.kodi.library import KodiClient, Patience
from metarr.clients.kodi.rows import Entry, Texture
from metarr.clients.kodi.rpc import InvalidParams, NoSuchMethod, RpcError

__all__ = [
    "Entry",
    "InvalidParams",
    "KodiClient",
    "NoSuchMethod",
    "Patience",
    "RpcError",
    "Texture",
    "picture_address",
]
