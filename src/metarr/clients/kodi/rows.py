"""What Kodi's video library says of a movie, a show, a season or an episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from metarr.clients.kodi.address import picture_address
from metarr.model.media import ItemKind
from metarr.model.play import PlayState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.clients.kodi.rpc import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of Kodi's library. `id` changes with each refresh; `art` maps the type to the picture's own address.

    `file`: the video (several parts: `stack://…`); of a show, its folder. Of an episode, `art` has its show's, too,
    under types like `tvshow.poster`.
    """

    kind: ItemKind
    id: int
    file: str
    play: PlayState = field(default_factory=PlayState)
    art: Mapping[str, str] = field(default_factory=dict)
    season: int | None = None
    episode: int | None = None


@dataclass(frozen=True, slots=True)
class Texture:
    """A picture in Kodi's cache. `url` is the picture's own address."""

    id: int
    url: str


@dataclass(frozen=True, slots=True)
class Words:
    """How Kodi's methods call a kind: `VideoLibrary.Get<several>`, `Refresh<one>`; `<key>id`, answers under `list`."""

    one: str
    several: str
    key: str
    properties: tuple[str, ...]


_WATCHED: Final = ("file", "playcount", "lastplayed", "userrating", "resume", "art")
WORDS: Final[Mapping[ItemKind, Words]] = {
    ItemKind.MOVIE: Words("Movie", "Movies", "movie", _WATCHED),
    ItemKind.SERIES: Words("TVShow", "TVShows", "tvshow", ("file", "userrating", "art")),
    ItemKind.SEASON: Words("Season", "Seasons", "season", ("season", "art")),
    ItemKind.EPISODE: Words("Episode", "Episodes", "episode", (*_WATCHED, "season", "episode")),
}


def entry(kind: ItemKind, row: Mapping[str, Json]) -> Entry:
    """A row of Kodi's answer."""
    return Entry(
        kind=kind,
        id=row[f"{WORDS[kind].key}id"],
        file=row.get("file", ""),
        play=_play(row),
        art={name: picture_address(address) for name, address in (row.get("art") or {}).items()},
        season=row.get("season"),
        episode=row.get("episode"),
    )


def _play(row: Mapping[str, Json]) -> PlayState:
    resume = row.get("resume") or {}
    return PlayState(
        play_count=row.get("playcount", 0),
        last_played=row.get("lastplayed", ""),
        user_rating=row.get("userrating", 0),
        resume_position=resume.get("position", 0.0),
        resume_total=resume.get("total", 0.0),
    )
