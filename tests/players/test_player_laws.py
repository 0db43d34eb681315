"""Every player of the registry, held against the laws of all players, before a double of the real one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

import contracts
from bad_line import BadLine
from contracts import WRONG
from jellyfin_server import JellyfinServer
from media_double import put_film
from media_servers import RONIN, film, key_of, player_of
from metarr.clients.kodi import KodiClient, Patience
from metarr.demo.kodi_server import KodiServer
from metarr.model.paths import PathMapping
from metarr.players import PLAYERS
from metarr.players.kodi import KodiPlayer
from plex_server import PlexServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.players.base import Change, Player

_REMOTE = "smb://nas/films"
_PASSWORD = "right"


@dataclass(frozen=True, slots=True)
class _Room:
    """A player before a double, over a line. `begin`: somebody watches Heat."""

    told: Player
    stranger: Player
    line: BadLine
    begin: Callable[[], None]


@asynccontextmanager
async def _room(kind: str, tmp_path: Path) -> AsyncIterator[_Room]:
    films, shows = tmp_path / "films", tmp_path / "shows"
    shows.mkdir()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_KINDS[kind](films, shows))
        line = await stack.enter_async_context(BadLine(server.url))
        told, stranger = (_player(server, line.url, films, shows, secret) for secret in (None, WRONG))
        stack.push_async_callback(told.close)
        stack.push_async_callback(stranger.close)
        yield _Room(told, stranger, line, partial(_play, server))


def _kodi(films: Path, shows: Path) -> KodiServer:
    return KodiServer(films, shows=shows, password=_PASSWORD, remote_prefix=_REMOTE)


_KINDS: Final[Mapping[str, Callable[[Path, Path], Any]]] = {
    "jellyfin": JellyfinServer,
    "kodi": _kodi,
    "plex": PlexServer,
}


def _player(server: Any, url: str, films: Path, shows: Path, secret: str | None) -> Player:
    """`secret`: None: the right one. As the program makes it, but its pauses let the double's time pass."""
    if not isinstance(server, KodiServer):
        made: Player = player_of(server, films, shows, secret, url)
        return made

    async def pause(_: float) -> None:
        server.library.may_scan.set()
        await server.library.settled()

    client = KodiClient("attic", url, "kodi", secret or _PASSWORD, tcp_port=0, patience=Patience(pause=pause))
    return KodiPlayer(client, [PathMapping(str(films), _REMOTE)])


def _play(server: Any) -> None:
    if isinstance(server, KodiServer):
        server.is_playing = True
    else:
        server.watching[key_of(server, "Heat")] = False


async def test_every_player_is_held_against_the_laws() -> None:
    assert set(_KINDS) == set(PLAYERS)


@pytest.mark.parametrize("kind", _KINDS)
async def test_it_keeps_to_what_every_player_must(kind: str, tmp_path: Path) -> None:
    heat, ronin = (put_film(tmp_path / "films", name, art=("poster",)) for name in ("Heat (1995)", "Ronin (1998)"))

    def removed() -> Change:
        shutil.rmtree(ronin)
        return film(ronin, item=RONIN, is_removed=True)

    async with _room(kind, tmp_path) as room:
        present = [film(heat), film(ronin, item=RONIN)]
        await contracts.player(room.told, room.stranger, room.line, present, removed)
        await contracts.waits_for_playback(room.told, film(heat), room.begin)
