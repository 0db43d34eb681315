"""A Jellyfin or a Plex on loopback, its player as the registry builds it, and films to tell it of."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from jellyfin_server import KEY, JellyfinServer
from media_double import Notebook, put_film
from metarr.model.media import ItemId
from metarr.model.paths import PathMapping
from metarr.players import build, jellyfin_parse
from metarr.players.base import Change, PlayerSettings
from plex_server import TOKEN, PlexServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.players.base import Confirmation
    from metarr.players.jellyfin import JellyfinPlayer
    from metarr.players.plex import PlexPlayer

HEAT, RONIN = ItemId(7), ItemId(8)
HEAT_FOLDER = "Heat (1995)"


@dataclass
class Stage:
    """A server, its player, and the two ways in which a test looks at what the owner did there."""

    server: JellyfinServer | PlexServer
    player: JellyfinPlayer | PlexPlayer
    films: Path
    shows: Path
    notes: Notebook

    async def sync(self, *changes: Change, is_manual: bool = False) -> tuple[Confirmation, ...]:
        return await self.player.sync(changes, self.notes, is_manual=is_manual)

    def watch(self, name: str) -> None:
        watch(self.server, name)

    def watched(self, name: str) -> tuple[Any, ...]:
        return watched(self.server, name)

    def names(self) -> list[str]:
        if isinstance(self.server, JellyfinServer):
            return sorted(item.name for item in self.server.items.values())
        return sorted(item.title for item in self.server.items.values())


WATCHED = (2, 9.0, 61)


def key_of(server: JellyfinServer | PlexServer, name: str) -> str:
    """As the player names it."""
    if isinstance(server, JellyfinServer):
        return jellyfin_parse.plain_id(server.named(name).id)
    return server.named(name).key


def watch(server: JellyfinServer | PlexServer, name: str) -> None:
    """Seen twice, rated, and stopped in the middle of the third time."""
    if isinstance(server, JellyfinServer):
        seen = {"Played": True, "PlayCount": 2, "Rating": 9.0, "PlaybackPositionTicks": 61 * jellyfin_parse.TICKS}
        server.data_of(name).update(seen, LastPlayedDate="2026-01-02T20:15:00.0000000Z", IsFavorite=True)
    else:
        server.named(name).play.update(viewCount=2, userRating=9.0, viewOffset=61_000, lastViewedAt=1_767_384_900)


def watched(server: JellyfinServer | PlexServer, name: str) -> tuple[Any, ...]:
    """Plays, rating, position in seconds."""
    if isinstance(server, JellyfinServer):
        data = server.data_of(name)
        assert data["Played"] is (data["PlayCount"] > 0)
        return data["PlayCount"], data.get("Rating"), data["PlaybackPositionTicks"] // jellyfin_parse.TICKS
    play = server.named(name).play
    return play.get("viewCount", 0), play.get("userRating"), play.get("viewOffset", 0) // 1000


@asynccontextmanager
async def opened(kind: str, tmp_path: Path, **manners: Any) -> AsyncIterator[Stage]:
    films, shows = tmp_path / "films", tmp_path / "shows"
    films.mkdir(exist_ok=True)
    shows.mkdir(exist_ok=True)
    async with AsyncExitStack() as stack:
        if kind == "jellyfin":
            server: JellyfinServer | PlexServer = JellyfinServer(films, shows, **manners)
        else:
            server = PlexServer(films, shows, **manners)
        await stack.enter_async_context(server)
        player = player_of(server, films, shows)
        stack.push_async_callback(player.close)
        yield Stage(server, player, films, shows, Notebook())


@asynccontextmanager
async def showing_heat(kind: str, tmp_path: Path, **manners: Any) -> AsyncIterator[Stage]:
    """With a film there from the beginning."""
    put_film(tmp_path / "films", HEAT_FOLDER, art=("poster", "fanart"))
    async with opened(kind, tmp_path, **manners) as stage:
        yield stage


def upgraded(folder: Path) -> tuple[Change, Change]:
    """Another file in the film's folder, in place of the one there."""
    for old in folder.iterdir():
        old.unlink()
    put_film(folder.parent, folder.name, video="Heat 2160p")
    return film(folder, is_removed=True), film(folder, video="Heat 2160p")


def player_of(
    server: JellyfinServer | PlexServer, films: Path, shows: Path, token: str | None = None, url: str | None = None
) -> Any:
    """As the registry builds it, but its pauses let the server's time pass. `url`: of a line that leads to it."""
    is_jellyfin = isinstance(server, JellyfinServer)
    top = "/media" if is_jellyfin else "/data"
    settings = PlayerSettings(
        kind="jellyfin" if is_jellyfin else "plex",
        name="attic",
        url=url or server.url,
        token=SecretStr(token or (KEY if is_jellyfin else TOKEN)),
        mappings=(PathMapping(str(films), f"{top}/films"), PathMapping(str(shows), f"{top}/shows")),
    )
    player: Any = build(settings)
    player._pause = server.pause
    return player


def film(folder: Path, *, item: int = HEAT, video: str | None = None, is_removed: bool = False, **more: Any) -> Change:
    title, year = folder.name.removesuffix(")").rsplit(" (", 1)
    told = {"title": title, "year": int(year), **more}
    name = video or folder.name
    return Change(ItemId(item), str(folder), (str(folder / f"{name}.mkv"),), is_removed=is_removed, **told)
