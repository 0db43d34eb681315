"""Kodi as a player: tell it exactly what changed, keep the owner's play state, and read back what it shows.

Built on what real Kodi 20.1 and 21.2 were observed to do. A plain scan never reads a changed NFO again, so what is
known is refreshed; a refresh gives it a new id and loses play counts and ratings, so these are read before, kept in the
database, and set after; a second scan cancels the first, so there is only ever one; a clean on an empty mount point
removes everything, so nothing is ever cleaned and what went is removed one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.clients.kodi import KodiClient
from metarr.players.kodi.player import KodiPlayer

if TYPE_CHECKING:
    import aiohttp

    from metarr.players.base import PlayerSettings

__all__ = ["KodiPlayer", "build"]


def build(settings: PlayerSettings, session: aiohttp.ClientSession | None) -> KodiPlayer:
    """The player of these settings."""
    password = settings.password.get_secret_value() if settings.password is not None else None
    client = KodiClient(
        settings.name, settings.url, settings.user, password, tcp_port=settings.tcp_port, session=session
    )
    return KodiPlayer(client, settings.mappings)
