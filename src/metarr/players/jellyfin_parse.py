"""Jellyfin's words and ours: its item ids, its answers, its user data, its pictures. Pure.

Shapes: https://api.jellyfin.org (OpenAPI of the server); `repo:path` names the file of jellyfin/jellyfin that was read.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind
from metarr.model.paths import normalised
from metarr.model.play import PlayState
from metarr.players.matching import Entry, season_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json: TypeAlias = Any

TICKS: Final = 10_000_000  # of a second: .NET's DateTime.Ticks
_ENTITIES: Final = "MediaBrowser.Controller.Entities."
# Films are videos in a library of home videos, and in one of mixed content.
_TYPES: Final[Mapping[ItemKind, Sequence[str]]] = {
    ItemKind.MOVIE: ("Movies.Movie", "Video"),
    ItemKind.EPISODE: ("TV.Episode",),
    ItemKind.SERIES: ("TV.Series",),
}
KIND_NAMES: Final[Mapping[ItemKind, str]] = {  # BaseItemKind
    ItemKind.MOVIE: "Movie",
    ItemKind.EPISODE: "Episode",
    ItemKind.SERIES: "Series",
    ItemKind.SEASON: "Season",
}
# Which picture is which: jellyfin:MediaBrowser.LocalMetadata/Images/LocalImageProvider.cs
_ART: Final[Mapping[str, ArtworkKind]] = {
    "Primary": ArtworkKind.POSTER,
    "Logo": ArtworkKind.CLEARLOGO,
    "Art": ArtworkKind.CLEARART,
    "Disc": ArtworkKind.DISCART,
    "Banner": ArtworkKind.BANNER,
    "Thumb": ArtworkKind.LANDSCAPE,
}


@dataclass(frozen=True, slots=True)
class Library:
    """A library and its folders. `id` is that of the item which stands for it."""

    id: str
    locations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the server's configuration says about itself. `delay`: seconds until it looks at a reported change."""

    delay: float
    has_exact_ids: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and how long the whole list is."""

    entries: tuple[Entry, ...]
    taken: int
    total: int


def authorization(token: str, version: str) -> str:
    """The header of every request. Values are percent-encoded: jellyfin:…/Security/AuthorizationContext.cs decodes."""
    parts = {"Client": "Metarr", "Device": "Metarr", "DeviceId": "metarr", "Version": version, "Token": token}
    return "MediaBrowser " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in parts.items())


def item_ids(kind: ItemKind, path: str, *, has_exact_ids: bool) -> tuple[str, ...]:
    """The ids that Jellyfin gives to what lies at this path.

    MD5 of its class and its path in UTF-16: jellyfin:Emby.Server.Implementations/Library/LibraryManager.cs,
    GetNewItemIdInternal. Only a question: what is found is compared by its path.
    """
    key = path if has_exact_ids else path.lower()
    return tuple(guid_of(f"{_ENTITIES}{name}{key}") for name in _TYPES.get(kind, ()))


def guid_of(text: str) -> str:
    """What .NET makes of the MD5 of a text in UTF-16."""
    digest = hashlib.md5(text.encode("utf-16-le", "replace"), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes_le=digest))


def plain_id(text: str) -> str:
    """Ids come with and without dashes."""
    return str(uuid.UUID(text))


def page(answer: Json, kind: ItemKind) -> Page:
    """One page of /Items."""
    rows = answer["Items"]
    entries = tuple(entry for row in rows if (entry := _entry(row, kind)) is not None)
    return Page(entries, len(rows), int(answer.get("TotalRecordCount", len(rows))))


def _entry(row: Json, kind: ItemKind) -> Entry | None:
    """None: it has no file (an episode that is missing, a season without a folder is found by its number)."""
    path = row.get("Path")
    tags = row.get("ImageTags") or {}
    backdrops = row.get("BackdropImageTags") or []
    if not path:
        return None
    first = ArtworkKind.THUMB if kind is ItemKind.EPISODE else ArtworkKind.POSTER
    art = {first if name == "Primary" else _ART[name] for name in tags if name in _ART}
    if backdrops:
        art.add(ArtworkKind.FANART)
    stamp = repr((row.get("Etag"), sorted(tags.items()), backdrops))
    return Entry(plain_id(row["Id"]), frozenset({normalised(path)}), frozenset(art), stamp, str(row.get("Name") or ""))


def seasons(answer: Json, show: str) -> tuple[Entry, ...]:
    """The seasons of a show, by their numbers."""
    found = []
    for row in answer["Items"]:
        entry = _entry({**row, "Path": show}, ItemKind.SEASON)
        if entry is not None and row.get("IndexNumber") is not None:
            paths = frozenset({season_path(show, int(row["IndexNumber"]))})
            found.append(Entry(entry.id, paths, entry.art, entry.stamp))
    return tuple(found)


def libraries(answer: Json) -> tuple[Library, ...]:
    """The answer of /Library/VirtualFolders."""
    return tuple(
        Library(plain_id(row["ItemId"]), tuple(row.get("Locations") or ())) for row in answer if row.get("ItemId")
    )


def behaviour(answer: Json) -> Behaviour:
    """The answer of /System/Configuration; defaults of jellyfin:…/Configuration/ServerConfiguration.cs."""
    return Behaviour(float(answer.get("LibraryMonitorDelay", 60)), bool(answer.get("EnableCaseSensitiveItemIds", True)))


def play_states(answer: Json) -> dict[str, PlayState | None]:
    """By item, from one user's /Items. None: the server left the state out."""
    return {
        plain_id(row["Id"]): play_state(row["UserData"]) if row.get("UserData") else None for row in answer["Items"]
    }


def play_state(row: Json) -> PlayState:
    """From UserItemDataDto."""
    return PlayState(
        play_count=int(row.get("PlayCount") or 0),
        last_played=_moment(row.get("LastPlayedDate")),
        user_rating=float(row.get("Rating") or 0),
        resume_position=int(row.get("PlaybackPositionTicks") or 0) / TICKS,
        is_favourite=bool(row.get("IsFavorite")),
        is_watched=bool(row.get("Played")),
    )


def update(goal: PlayState, now: PlayState) -> dict[str, object]:
    """UpdateUserItemDataDto with what has to change; what is left out stays."""
    body: dict[str, object] = {}
    if goal.play_count != now.play_count:
        body["PlayCount"] = goal.play_count
    if goal.is_watched != now.is_watched:
        body["Played"] = goal.is_watched
    if goal.last_played != now.last_played:
        body["LastPlayedDate"] = goal.last_played.replace(" ", "T") + "Z"
    if goal.user_rating != now.user_rating:
        body["Rating"] = goal.user_rating
    if goal.resume_position != now.resume_position:
        body["PlaybackPositionTicks"] = round(goal.resume_position * TICKS)
    if goal.is_favourite != now.is_favourite:
        body["IsFavorite"] = goal.is_favourite
    return body


def watched(answer: Json) -> dict[str, bool]:
    """Videos of /Sessions that somebody watches now, by id, and whether all of them pause."""
    found: dict[str, bool] = {}
    for row in answer:
        item = row.get("NowPlayingItem")
        if item and item.get("MediaType", "Video") == "Video":
            key = plain_id(item["Id"])
            found[key] = found.get(key, True) and bool((row.get("PlayState") or {}).get("IsPaused"))
    return found


def _moment(text: str | None) -> str:
    """`2026-01-02T20:15:00.0000000Z` as `2026-01-02 20:15:00` UTC."""
    if not text:
        return ""
    plain = text.partition(".")[0].removesuffix("Z")
    return datetime.fromisoformat(plain).replace(tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S")
