"""What the media servers share of deciding: changes as they name them, heirs of play states, pauses. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from metarr.model.media import ItemId, ItemKind
from metarr.model.paths import is_under, normalised, to_remote
from metarr.model.play import PlayState
from metarr.players.base import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metarr.model.paths import PathMapping

_FIRST_POLL: Final = 0.5  # seconds; each pause is twice the one before
_SLOWEST_POLL: Final = 10.0
_WINDOWS: Final = re.compile(r"[A-Za-z]:/|//")
_DISC_FOLDERS: Final = frozenset({"bdmv", "video_ts"})  # within the folder that the players call the film


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a player shows. `paths`: its files or its folder, normalised; `stamp` changes when it does.

    `art`: kinds of its own pictures. `is_in_trash`: shown as unavailable until the player empties its trash.
    """

    id: str
    paths: frozenset[str]
    art: frozenset[str] = frozenset()
    stamp: str = ""
    title: str = ""
    is_in_trash: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A change with its paths as the player names them."""

    change: Change
    folder: str
    videos: tuple[str, ...]

    @property
    def keys(self) -> frozenset[str]:
        """By which paths the player may know it, normalised: the videos, a disc's folder, or the show's folder."""
        if self.change.kind is ItemKind.SERIES:
            return frozenset({normalised(self.folder)})
        if self.change.kind is ItemKind.SEASON and self.change.season is not None:
            return frozenset({season_path(self.folder, self.change.season)})
        plain = [normalised(video) for video in self.videos]
        discs = [parent_of(path) for path in plain if path.rpartition("/")[2].lower() in _DISC_FOLDERS]
        return frozenset(plain + discs)

    @property
    def places(self) -> tuple[str, ...]:
        """Where the player has to look."""
        return self.videos or (self.folder,)

    @property
    def is_present(self) -> bool:
        """Whether the player should show it in the end."""
        return not self.change.is_removed


def targets_of(changes: Sequence[Change], mappings: Sequence[PathMapping]) -> tuple[Target, ...]:
    """The changes in the player's own words."""
    return tuple(
        Target(change, to_remote(change.folder, mappings), tuple(to_remote(video, mappings) for video in change.videos))
        for change in changes
    )


def target_of_path(path: str, kind: ItemKind) -> Target:
    """A video that is known by its path there alone; the path is normalised."""
    written, folder = as_written(path), as_written(parent_of(path))
    return Target(Change(ItemId(0), folder, (written,), kind=kind), folder, (written,))


def as_written(path: str) -> str:
    """A normalised path as its player writes it: on Windows with backslashes."""
    return path.replace("/", "\\") if _WINDOWS.match(path) else path


def season_path(show: str, number: int) -> str:
    """How a season is known: players hold it as a part of its show, whatever its folder is called."""
    return f"{normalised(show)}/#{number}"


def parent_of(path: str) -> str:
    """The folder around it; the path is normalised."""
    return path.rpartition("/")[0] or "/"


def heirs(targets: Sequence[Target]) -> dict[str, str]:
    """Which video a play state belongs to in the end: a removed one's goes to what took its place, if anything did.

    All paths are normalised. A removed video without an heir is not in it.
    """
    successor: dict[ItemId, str] = {}
    for target in targets:
        if target.is_present and target.videos:
            successor.setdefault(target.change.item_id, normalised(target.videos[0]))
    own = {key: key for target in targets if target.is_present for key in target.keys}
    former = {
        key: successor[target.change.item_id]
        for target in targets
        if not target.is_present and target.change.item_id in successor
        for key in target.keys
    }
    return {**former, **own}


def richer(wanted: PlayState, now: PlayState) -> PlayState:
    """What it should be: as it was before, except where it is newer or richer by now. `now` itself: nothing is lost."""
    seen_since = now.play_count > wanted.play_count or (now.is_watched and not wanted.is_watched)
    has_resume = bool(now.resume_position) or seen_since
    return PlayState(
        play_count=max(wanted.play_count, now.play_count),
        last_played=max(wanted.last_played, now.last_played),
        user_rating=now.user_rating or wanted.user_rating,
        resume_position=now.resume_position if has_resume else wanted.resume_position,
        resume_total=now.resume_total or wanted.resume_total,
        is_favourite=now.is_favourite or wanted.is_favourite,
        is_watched=now.is_watched or wanted.is_watched,
    )


def is_missing(wanted: PlayState, now: PlayState) -> bool:
    """Whether something of it is lost. When it was last played is no reason by itself, nor is the length."""
    whole = richer(wanted, now)
    return replace(whole, last_played="", resume_total=0) != replace(now, last_played="", resume_total=0)


def covering(path: str, folders: Iterable[str]) -> str | None:
    """The nearest of the folders around a path."""
    return max((folder for folder in folders if is_under(path, folder)), key=len, default=None)


def found_by_path(targets: Iterable[Target], entries: Iterable[Entry]) -> dict[Target, tuple[Entry, ...]]:
    """What the player shows of each target, compared by exact paths."""
    by_path: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        for path in entry.paths:
            by_path.setdefault(path, {})[entry.id] = entry
    found: dict[Target, tuple[Entry, ...]] = {}
    for target in targets:
        mine = {one.id: one for key in sorted(target.keys) for one in by_path.get(key, {}).values()}
        found[target] = tuple(mine.values())
    return found


def entries_of(found: Mapping[Target, Sequence[Entry]]) -> dict[str, Entry]:
    """Each entry once, by its id."""
    return {entry.id: entry for entries in found.values() for entry in entries}


def delays(limit: float) -> Iterator[float]:
    """Growing pauses, in seconds, whose sum reaches the limit."""
    delay, total = _FIRST_POLL, 0.0
    while total < limit:
        yield delay
        total += delay
        delay = min(delay * 2, _SLOWEST_POLL)
