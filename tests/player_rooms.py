"""A whole installation whose player is a double of Kodi, Jellyfin or Plex: what it shows, and what it can suffer."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import aiohttp

from bad_line import LIMIT, BadLine
from jellyfin_server import KEY, JellyfinServer
from media_servers import watch, watched
from metarr import webhooks
from metarr.actions import artwork, editing
from metarr.actions import players as actions
from metarr.actions import webhooks as deliveries
from metarr.actions.editing import Edit
from metarr.actions.installation import Installation
from metarr.actions.webhooks import Sender
from metarr.clients.kodi.library import Patience
from metarr.demo.kodi_server import KodiServer
from metarr.jobs import conditions
from metarr.model.job import JobKind
from metarr.model.media import LibraryKind
from metarr.phases.sync.phase import Sync
from metarr.store import libraries, players, schema, settings
from metarr.store.sealed import Vault
from metarr.webhooks import Source
from plex_server import TOKEN, PlexServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from chain import Chain
    from metarr.model.artwork import ArtworkKind
    from metarr.model.media import Item
    from metarr.players.base import Player
    from metarr.store.db import Tx
    from metarr.store.players import PlayerRow

    Install: TypeAlias = Callable[..., Chain]
    Server: TypeAlias = KodiServer | JellyfinServer | PlexServer

KINDS = ("kodi", "jellyfin", "plex")
AS_WISHED = {"confirmed", "art_confirmed", "removed"}
_QUICKLY: Mapping[str, Any] = {"settleSeconds": 0, "gatherSeconds": 0, "updatesPerMinute": 6000}
_VAULT = Vault()
_FEW = {"artworkLimits": {"poster": 1, "fanart": 1}}


@dataclass(frozen=True, order=True)
class Seen:
    """What the player shows: `files` are names, `picture` the poster's or the thumb's bytes."""

    title: str
    files: tuple[str, ...]
    picture: bytes = b""


@dataclass
class Household:
    """`films` and `shows` are folders of ours. Send it webhooks, edit, and let time pass until all is `settled`."""

    chain: Chain
    films: Path
    shows: Path
    _house: Installation = field(init=False)

    def __post_init__(self) -> None:
        chain = self.chain
        self._house = Installation(
            chain.store, chain.blobs, conditions.current, {}, UTC, images=chain.images, vault=_VAULT
        )

    async def radarr(self, event: str, folder: Path, **more: Any) -> None:
        await self._hear(Source.RADARR, {"eventType": event, "movie": {"folderPath": str(folder)}, **more})

    async def sonarr(self, event: str, folder: Path, **more: Any) -> None:
        await self._hear(Source.SONARR, {"eventType": event, "series": {"path": str(folder)}, **more})

    async def _hear(self, source: Source, document: dict[str, Any]) -> None:
        received = webhooks.understand(source, document)
        assert received.event is not None, received.fault
        await self.chain.store.write(lambda tx: deliveries.take(tx, Sender(source), received))

    async def edit(self, item: Item, **values: Any) -> None:
        wanted = Edit.model_validate(values)
        await self.chain.store.write(lambda tx: editing.edit(tx, item.id, wanted))

    async def other_picture(self, item: Item, kind: ArtworkKind) -> bytes:
        """Choose one that is offered and not chosen. Returns its bytes."""
        listed = await self.chain.store.read(lambda tx: artwork.listed(tx, item.id))
        offers = next(one.offers for one in listed if one.kind is kind)
        other = next(offer.candidate for offer in offers if offer.rank is None)
        assert other.id is not None
        await artwork.choose(self._house, item.id, other.id)
        [slot] = next(
            one.slots for one in await self.chain.store.read(lambda tx: artwork.listed(tx, item.id)) if one.kind is kind
        )
        return self.chain.blobs.path(slot.selection.blob, slot.selection.extension).read_bytes()

    async def own_picture(self, item: Item, kind: ArtworkKind, picture: bytes) -> None:
        """Bring one."""
        await artwork.upload(self._house, item.id, kind, picture)

    async def settled(self) -> None:
        """Everything was told, and nothing is left to do but the looks after a download manager's word."""
        left: list[Any] = []
        for _ in range(8):
            await self.chain.later(12)
            states = await self.chain.rows(schema.player_state)
            left = [job for job in await self.chain.jobs() if job["state"] not in {"completed", "superseded"}]
            left += [row for row in states if row["state"] not in AS_WISHED]
            if not left:
                return
        raise AssertionError((left, await self.chain.causes()))

    async def item(self, place: str) -> Item:
        return next(item for item in await self.chain.items() if item.place == place)


@dataclass
class Room(Household):
    """With a double for a player: what it shows, what the owner did with it, and what it is asked over `line`."""

    server: Server
    line: BadLine

    # --- what it shows ------------------------------------------------------------------------------------------------

    def seen_films(self) -> list[Seen]:
        if isinstance(self.server, KodiServer):
            rows = self.server.library.rows.values()
            return sorted(
                Seen(row.film.title, (row.film.video.name,), self._drawn(row.film.art, "poster")) for row in rows
            )
        return self._entries("movie", "poster")

    def seen_episodes(self) -> list[Seen]:
        if isinstance(self.server, KodiServer):
            found = (row.episode for row in self.server.library.episodes.values())
            return sorted(Seen(one.title, (one.video.name,), self._drawn(one.art, "thumb")) for one in found)
        return self._entries("episode", "thumb")

    def seen_shows(self) -> list[str]:
        if isinstance(self.server, KodiServer):
            return [row.show.title for row in self.server.library.shows.values()]
        return [one.title for one in self._entries("series" if self._is_jellyfin else "show", "poster")]

    def season_poster(self) -> bytes:
        """Of the only season."""
        if isinstance(self.server, KodiServer):
            [season] = self.server.library.seasons.values()
            return self.server.library.picture(self.server.methods.path(season.art["poster"]))
        [one] = self._entries("season", "poster")
        return one.picture

    @property
    def _is_jellyfin(self) -> bool:
        return isinstance(self.server, JellyfinServer)

    def _drawn(self, art: Any, kind: str) -> bytes:
        assert isinstance(self.server, KodiServer)
        return self.server.library.picture(art[kind]) if kind in art else b""

    def _entries(self, kind: str, picture: str) -> list[Seen]:
        found = []
        assert not isinstance(self.server, KodiServer)
        items: Any = self.server.items.values()
        for one in items:
            if one.kind == kind:
                paths = [one.path] if self._is_jellyfin else one.parts
                names = tuple(path.rpartition("/")[2] for path in paths)
                title = one.name if self._is_jellyfin else one.title
                found.append(Seen(title, names, bytes.fromhex(one.pictures.get(picture, ""))))
        return sorted(found)

    # --- what the owner did with it -----------------------------------------------------------------------------------

    def watch(self, title: str) -> None:
        """Seen twice, rated, and stopped in the middle of the third time."""
        if not isinstance(self.server, KodiServer):
            watch(self.server, title)
            return
        for play, row in self._rows(title):
            play.play_count, play.last_played, row.user_rating = 2, "2026-01-02 20:15:00", 9
            play.resume = {"position": 61.0, "total": 6000.0}

    def watched(self, title: str) -> tuple[Any, ...]:
        """Plays, rating, position in seconds."""
        if not isinstance(self.server, KodiServer):
            return watched(self.server, title)
        [(play, row)] = self._rows(title)
        return play.play_count, float(row.user_rating), int(play.resume["position"])

    def _rows(self, title: str) -> list[tuple[Any, Any]]:
        assert isinstance(self.server, KodiServer)
        library = self.server.library
        films = [(row, row) for row in library.rows.values() if row.film.title == title]
        return films + [(row.played, row) for row in library.episodes.values() if row.episode.title == title]

    # --- what it is asked ---------------------------------------------------------------------------------------------

    @property
    def asked(self) -> int:
        """How many questions it was asked."""
        return len(self.server.calls if isinstance(self.server, KodiServer) else self.server.received)

    async def switch_on(self) -> None:
        """Whoever corrects the player's access has it asked again."""
        [row] = await self.chain.store.read(players.everything)
        settings = actions.changed(row, {"url": row.settings["url"]}, _VAULT)
        await self.chain.store.write(lambda tx: actions.save(tx, self._house, row, settings, is_enabled=True))


@asynccontextmanager
async def room(install: Install, kind: str, *, is_bad: bool = False, **choices: Any) -> AsyncIterator[Room]:
    """An installation with one player, which knows its films and shows. `is_bad`: over a line that can be broken."""
    async with AsyncExitStack() as stack:
        chain = await stack.enter_async_context(install(has_player=False, **choices))
        shows = chain.root.parent / "tv"
        shows.mkdir()
        server = _server(kind, chain.root, shows)
        await stack.enter_async_context(server)
        line = await stack.enter_async_context(BadLine(server.url))
        row = _settings(server, chain.root, shows) | {"url": line.url if is_bad else server.url}
        if is_bad:
            row["tcp_port"] = 0
        await furnish(chain, shows, kind, row)
        chain.phases[JobKind.SYNC] = Sync(partial(_player, server, LIMIT if is_bad else 15.0))
        yield Room(chain, chain.root, shows, server, line)


async def furnish(chain: Chain, shows: Path, kind: str, row: Mapping[str, Any]) -> None:
    """A library of shows, few pictures, and one player, which is told at once."""

    def change(tx: Tx) -> None:
        tv = libraries.add(tx, "TV", LibraryKind.TV, str(shows))
        libraries.confirm(tx, tv.id)
        settings.change(tx, "player_sync", _QUICKLY)
        settings.change(tx, "enrichment", _FEW)
        settings.change(tx, "publishing", {"actorPictures": 1})
        players.save(tx, "attic", kind, row)

    await chain.store.write(change)


async def _moment(_seconds: float) -> None:
    """The double is quick: what takes Kodi a tenth of a second takes it a hundredth at most."""
    await asyncio.sleep(0.01)


def _server(kind: str, films: Path, shows: Path) -> Server:
    if kind == "kodi":
        return KodiServer(films, shows=shows)
    return JellyfinServer(films, shows) if kind == "jellyfin" else PlexServer(films, shows)


def _settings(server: Server, films: Path, shows: Path) -> dict[str, Any]:
    if isinstance(server, KodiServer):
        return {"tcp_port": server.tcp_port}
    is_jellyfin = isinstance(server, JellyfinServer)
    top = "/media" if is_jellyfin else "/data"
    mappings = [{"local": str(films), "remote": f"{top}/films"}, {"local": str(shows), "remote": f"{top}/shows"}]
    return {"token": _VAULT.seal(KEY if is_jellyfin else TOKEN), "mappings": mappings}


def _player(server: Server, limit: float, row: PlayerRow) -> Player:
    """As the program builds it; but the server's time passes while it pauses. `limit`: seconds for an answer."""
    player: Any = actions.connector(_VAULT)(row)
    if isinstance(server, KodiServer):
        player._client._patience = Patience(limit, pause=_moment)
    else:
        player._pause = server.pause
        player._client._timeout = aiohttp.ClientTimeout(total=limit)
    return cast("Player", player)
