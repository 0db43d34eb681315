"""Plex's words and ours: its libraries, its items, what its owner watched, its pictures. Pure.

Shapes: the OpenAPI description of the Plex Media Server (https://developer.plex.tv/pms).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ExternalIds, ItemKind
from metarr.model.paths import normalised
from metarr.model.play import PlayState
from metarr.players.matching import Entry, season_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.players.base import Change

Json: TypeAlias = Any

TYPES: Final[Mapping[ItemKind, str]] = {  # MediaType
    ItemKind.MOVIE: "1",
    ItemKind.SERIES: "2",
    ItemKind.SEASON: "3",
    ItemKind.EPISODE: "4",
}
_ART: Final[Mapping[str, ArtworkKind]] = {  # Image.type
    "background": ArtworkKind.FANART,
    "banner": ArtworkKind.BANNER,
    "clearLogo": ArtworkKind.CLEARLOGO,
    "coverPoster": ArtworkKind.POSTER,
    "snapshot": ArtworkKind.THUMB,
}


@dataclass(frozen=True, slots=True)
class Section:
    """A library and its folders. `kind`: movie, show, artist, photo."""

    key: str
    kind: str
    locations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An item with what the owner did with it. `lost_files` are those that do not exist, where that was asked."""

    entry: Entry
    play: PlayState
    lost_files: frozenset[str]
    ids: ExternalIds

    def may_be(self, change: Change) -> bool:
        """Whether the change can be about this show or a part of it: by shared ids, else by the title."""
        agrees = self.ids.agrees_with(change.ids)
        return agrees if agrees is not None else self.entry.title.casefold() == change.title.casefold()


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and how long the whole list is."""

    items: tuple[Item, ...]
    taken: int
    total: int


def sections(answer: Json) -> tuple[Section, ...]:
    """The answer of /library/sections/all."""
    return tuple(
        Section(str(row["key"]), str(row["type"]), tuple(str(place["path"]) for place in row.get("Location") or ()))
        for row in answer["MediaContainer"].get("Directory") or ()
    )


def section_kind(kind: ItemKind) -> str:
    """In which kind of library an item is."""
    return "movie" if kind is ItemKind.MOVIE else "show"


def page(answer: Json) -> Page:
    """A list of items."""
    container = answer["MediaContainer"]
    rows = container.get("Metadata") or ()
    items = tuple(_item(row) for row in rows)
    return Page(items, len(rows), int(container.get("totalSize", container.get("size", len(rows)))))


def seasons(answer: Json, show: str) -> tuple[Entry, ...]:
    """The seasons of a show, by their numbers."""
    return tuple(
        Entry(one.id, frozenset({season_path(show, int(row["index"]))}), one.art, one.stamp)
        for row in answer["MediaContainer"].get("Metadata") or ()
        if "index" in row
        for one in (_item(row).entry,)
    )


def empties_trash(answer: Json) -> bool:
    """From /:/prefs, whether a scan removes what it does not find. It is the default of the server."""
    settings = answer["MediaContainer"].get("Setting") or ()
    return all(bool(row.get("value", True)) for row in settings if row.get("id") == "autoEmptyTrash")


def watched(answer: Json) -> dict[str, bool]:
    """Videos of /status/sessions by their key, and whether all that show it pause."""
    found: dict[str, bool] = {}
    for row in answer["MediaContainer"].get("Metadata") or ():
        if row.get("type") in {"movie", "episode"} and "ratingKey" in row:
            key = str(row["ratingKey"])
            found[key] = found.get(key, True) and (row.get("Player") or {}).get("state") == "paused"
    return found


def _item(row: Json) -> Item:
    parts = [part for media in row.get("Media") or () for part in media.get("Part") or ()]
    files = {normalised(part["file"]): part for part in parts if part.get("file")}
    folders = {normalised(place["path"]) for place in row.get("Location") or ()}  # of a show
    stamp = repr((row.get("updatedAt"), row.get("thumb"), row.get("art"), row.get("title"), sorted(files)))
    entry = Entry(str(row["ratingKey"]), frozenset(files) | folders, _art(row), stamp, str(row.get("title", "")))
    lost = frozenset(path for path, part in files.items() if part.get("exists") is False)
    return Item(entry, _play_state(row), lost, _ids(row))


def _ids(row: Json) -> ExternalIds:
    """From `Guid`, which lists `tmdb://949` and the like."""
    pairs = (str(one.get("id", "")).partition("://") for one in row.get("Guid") or ())
    return ExternalIds.from_dict({source: value for source, _, value in pairs})


def _art(row: Json) -> frozenset[str]:
    first = ArtworkKind.THUMB if row.get("type") == "episode" else ArtworkKind.POSTER
    plain = {"thumb": first, "art": ArtworkKind.FANART, "banner": ArtworkKind.BANNER}
    kinds = {kind for name, kind in plain.items() if row.get(name)}
    images = {image.get("type") for image in row.get("Image") or ()}
    return frozenset(kinds | {kind for name, kind in _ART.items() if name in images})


def _play_state(row: Json) -> PlayState:
    """Milliseconds there are seconds here."""
    viewed = row.get("lastViewedAt")
    count = int(row.get("viewCount") or 0)
    return PlayState(
        play_count=count,
        last_played=datetime.fromtimestamp(int(viewed), UTC).strftime("%Y-%m-%d %H:%M:%S") if viewed else "",
        user_rating=float(row.get("userRating") or 0),
        resume_position=int(row.get("viewOffset") or 0) / 1000,
        resume_total=int(row.get("duration") or 0) / 1000,
        is_watched=count > 0,
    )
