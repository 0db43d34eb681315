"""The registry of players: the only place that knows the concrete ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metarr.errors import InvalidInput
from metarr.players import jellyfin, kodi, plex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp

    from metarr.players.base import Player, PlayerSettings

PLAYERS: Final[Mapping[str, Callable[[PlayerSettings, aiohttp.ClientSession | None], Player]]] = {
    "jellyfin": jellyfin.build,
    "kodi": kodi.build,
    "plex": plex.build,
}


def build(settings: PlayerSettings, session: aiohttp.ClientSession | None = None) -> Player:
    """The player of these settings. A given session is shared and stays the caller's to close."""
    maker = PLAYERS.get(settings.kind)
    if maker is None:
        known = ", ".join(sorted(PLAYERS))
        raise InvalidInput(f"player {settings.name!r}: no such kind as {settings.kind!r}; choose from {known}")
    return maker(settings, session)
