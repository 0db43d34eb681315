"""A demo Kodi with its player, and films and shows to put before it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.clients.kodi import KodiClient, Patience
from metarr.demo.kodi_server import KodiServer
from metarr.model.media import ItemId, ItemKind
from metarr.model.paths import PathMapping
from metarr.model.play import PlayState
from metarr.players.base import Change
from metarr.players.kodi import KodiPlayer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from metarr.players.base import Confirmation

REMOTE = "smb://nas/films"
HEAT = ItemId(7)
WATCHED = PlayState(2, "2026-01-02 20:15:00", 9, 61.0, 6000.0)


@dataclass
class Notebook:
    """The memory of a player. `before` is called ahead of everything that is done with it."""

    states: dict[str, PlayState] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    async def remember(self, states: Mapping[str, PlayState]) -> None:
        self.before("remember")
        self.states.update(states)
        self.written += states

    async def recall(self) -> dict[str, PlayState]:
        self.before("recall")
        return dict(self.states)

    async def forget(self, names: Collection[str]) -> None:
        self.before("forget")
        for name in names:
            self.states.pop(name, None)


@dataclass
class Room:
    """A Kodi that sees films under another path, and its player."""

    server: KodiServer
    player: KodiPlayer
    client: KodiClient
    memory: Notebook = field(default_factory=Notebook)

    async def sync(self, *changes: Change, is_manual: bool = False) -> tuple[Confirmation, ...]:
        return await self.player.sync(changes, self.memory, is_manual=is_manual)

    def calls_of(self, method: str) -> list[object]:
        return [dict(params) for name, params in self.server.calls if name == method]


@asynccontextmanager
async def furnished(
    films: Path, shows: Path | None = None, *, is_modern: bool = False, is_told: bool = True
) -> AsyncIterator[Room]:
    """`is_told`: by WebSocket; otherwise pauses last until Kodi has finished."""
    async with KodiServer(films, password="pw", remote_prefix=REMOTE, is_modern=is_modern, shows=shows) as server:

        async def pause(_: float) -> None:
            server.library.may_scan.set()
            await server.library.settled()

        port = server.tcp_port if is_told else 0
        client = KodiClient("living room", server.url, "kodi", "pw", tcp_port=port, patience=Patience(pause=pause))
        player = KodiPlayer(client, [PathMapping(str(films), REMOTE)])
        assert await client.tells() is is_told
        try:
            yield Room(server, player, client)
        finally:
            await player.close()


def put_film(root: Path, name: str, *, title: str | None = None, art: Sequence[str] = ("poster", "fanart")) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.mkv").write_bytes(b"video")
    (folder / f"{name}.nfo").write_text(f"<movie><title>{title or name}</title><year>1995</year></movie>", "utf-8")
    for kind in art:
        (folder / f"{name}-{kind}.jpg").write_bytes(f"{name} {kind}".encode())
    return folder


def change(folder: Path, *, item: int = HEAT, is_removed: bool = False, artwork: Sequence[str] = ()) -> Change:
    return Change(
        item_id=ItemId(item),
        folder=str(folder),
        videos=(str(folder / f"{folder.name}.mkv"),),
        artwork=tuple(str(folder / f"{folder.name}-{kind}.jpg") for kind in artwork),
        is_removed=is_removed,
    )


def put_show(
    root: Path, name: str, *, plot: str = "", art: Sequence[str] = ("poster.jpg", "season01-poster.jpg")
) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tvshow.nfo").write_text(f"<tvshow><title>{name}</title><plot>{plot}</plot></tvshow>", "utf-8")
    for picture in art:
        (folder / picture).write_bytes(picture.encode())
    return folder


def put_episodes(show: Path, season: int, *numbers: int, title: str = "Part", suffix: str = "") -> Path:
    """One file with these episodes."""
    folder = show / f"Season {season}"
    folder.mkdir(exist_ok=True)
    name = f"{show.name} S{season:02}" + "".join(f"E{number:02}" for number in numbers) + suffix
    (folder / f"{name}.mkv").write_bytes(b"video")
    (folder / f"{name}-thumb.jpg").write_bytes(name.encode())
    nfo = "".join(
        f"<episodedetails><title>{title} {number}</title><season>{season}</season><episode>{number}</episode>"
        "</episodedetails>"
        for number in numbers
    )
    (folder / f"{name}.nfo").write_text(nfo, "utf-8")
    return folder / f"{name}.mkv"


def of_show(show: Path, *, is_removed: bool = False, artwork: Sequence[str] = ()) -> Change:
    pictures = tuple(str(show / name) for name in artwork)
    return Change(ItemId(1), str(show), (), pictures, kind=ItemKind.SERIES, is_removed=is_removed)


def of_season(show: Path, season: int, *artwork: str) -> Change:
    pictures = tuple(str(show / name) for name in artwork)
    return Change(ItemId(100 + season), str(show), (), pictures, kind=ItemKind.SEASON, season=season)


def of_episode(video: Path, season: int, episode: int, *, is_removed: bool = False) -> Change:
    return Change(
        ItemId(1000 * season + episode),
        str(video.parent.parent),
        (str(video),),
        is_removed=is_removed,
        kind=ItemKind.EPISODE,
        season=season,
        episode=episode,
    )
