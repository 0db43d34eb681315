"""The owner's play state: under which name it is kept, where that is in Kodi, what was lost of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from metarr.model.media import ItemKind
from metarr.model.paths import normalised
from metarr.players.kodi.paths import first_part, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metarr.clients.kodi import Entry
    from metarr.model.play import PlayState
    from metarr.players.kodi.targets import Shelf

# No path has two separators in a row after its beginning, so what follows them is not part of it.
_EPISODE: Final = re.compile(r"(?P<video>.+)//S(?P<season>-?\d+)E(?P<episode>-?\d+)", re.DOTALL)
SHOW: Final = "//show"
ITEM: Final = "item://"


def name_of(row: Entry) -> str:
    """The name under which its play state is kept: of a file with several episodes each has its own."""
    if row.kind is ItemKind.SERIES:
        return normalised(row.file) + SHOW
    if row.kind is ItemKind.EPISODE:
        return episode_name(first_part(row.file), row.season, row.episode)
    return first_part(row.file)


def rows_named(name: str, shelf: Shelf) -> list[Entry]:
    """Where a kept play state belongs now. The path of a disc may be its folder."""
    if name.endswith(SHOW):
        found = shelf.shows.get(name.removesuffix(SHOW))
        return [] if found is None else [found]
    matched = _EPISODE.fullmatch(name)
    if matched is None:
        return [row for row in shelf.videos.get(name, ()) if row.kind is ItemKind.MOVIE]
    number = (int(matched["season"]), int(matched["episode"]))
    return [row for row in shelf.videos.get(matched["video"], ()) if (row.season, row.episode) == number]


def path_in(name: str) -> str:
    """The path that a name begins with."""
    matched = _EPISODE.fullmatch(name)
    return matched["video"] if matched is not None else name.removesuffix(SHOW)


def folder_of(name: str) -> str | None:
    """The folder in which Kodi has what the name means; None: it is an item's own, of which Kodi has nothing now."""
    if name.startswith(ITEM):
        return None
    return path_in(name) if name.endswith(SHOW) else parent(path_in(name))


def episode_name(video: str, season: int | None, episode: int | None) -> str:
    """The name of one of the episodes of a video."""
    return f"{video}//S{season or 0}E{episode or 0}"


def richer(one: PlayState, other: PlayState) -> PlayState:
    """Of each part the greater one; the resume point of the one played last."""
    late, early = (one, other) if one.last_played >= other.last_played else (other, one)
    resumed = late if late.resume_position else early
    return replace(
        resumed,
        play_count=max(one.play_count, other.play_count),
        last_played=late.last_played,
        user_rating=late.user_rating or early.user_rating,
        is_favourite=one.is_favourite or other.is_favourite,
        is_watched=one.is_watched or other.is_watched,
    )


def lost(wanted: PlayState, now: PlayState) -> dict[str, object]:
    """What to set so that a row has its play state again; what is newer or richer now stays."""
    details: dict[str, object] = {}
    if now.play_count < wanted.play_count:
        details["playcount"] = wanted.play_count
    if now.last_played < wanted.last_played:
        details["lastplayed"] = wanted.last_played
    if wanted.user_rating and not now.user_rating:
        details["userrating"] = round(wanted.user_rating)
    if wanted.resume_position and not now.resume_position:
        details["resume"] = {"position": wanted.resume_position, "total": wanted.resume_total}
    return details


def losses(kept: Mapping[str, PlayState], shown: Shelf) -> Iterator[tuple[Entry, dict[str, object]]]:
    """Each row whose play state is kept, and what to set so that it has it."""
    for name, state in kept.items():
        for row in rows_named(name, shown):
            yield row, lost(state, row.play)


def is_back(name: str, state: PlayState, shown: Shelf) -> bool:
    """Kodi has it, with its play state."""
    rows = rows_named(name, shown)
    return bool(rows) and not any(lost(state, row.play) for row in rows)


def has_changed(name: str, number: int, shown: Shelf) -> bool:
    """Kodi has it under another id than this."""
    rows = rows_named(name, shown)
    return bool(rows) and all(row.id != number for row in rows)
