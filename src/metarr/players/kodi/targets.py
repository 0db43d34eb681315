"""A change with its paths as Kodi names them, and which rows of Kodi's library are meant by it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.model.media import ItemKind
from metarr.model.paths import normalised, to_remote
from metarr.players.kodi.paths import ancestry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.clients.kodi import Entry
    from metarr.model.paths import PathMapping
    from metarr.players.base import Change


@dataclass(frozen=True, slots=True)
class Target:
    """`videos` are normalised; `pictures` are the changed ones."""

    change: Change
    folder: str
    videos: tuple[str, ...]
    pictures: tuple[str, ...]
    is_shared: bool = False  # another episode of these changes is in the same file

    @property
    def is_removed(self) -> bool:
        """Its videos left the library."""
        return self.change.is_removed


def targets_of(changes: Sequence[Change], mappings: Sequence[PathMapping]) -> list[Target]:
    """The changes as Kodi's machine sees them."""
    uses = Counter(video for change in changes if not change.is_removed for video in change.videos)
    return [
        Target(
            change,
            folder=to_remote(change.folder, mappings),
            videos=tuple(normalised(to_remote(video, mappings)) for video in change.videos),
            pictures=tuple(to_remote(picture, mappings) for picture in change.artwork),
            is_shared=any(uses[video] > 1 for video in change.videos),
        )
        for change in changes
    ]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What Kodi had, when it was asked, in the folders of some targets."""

    videos: Mapping[str, Sequence[Entry]]  # movies and episodes, by their file and each folder above it
    shows: Mapping[str, Entry]  # by their folder
    seasons: Mapping[tuple[str, int], Entry]  # by their show's folder and number

    def rows_of(self, target: Target) -> list[Entry]:
        """The rows that the change is about."""
        change = target.change
        found: Entry | None
        match change.kind:
            case ItemKind.SERIES:
                found = self.shows.get(normalised(target.folder))
            case ItemKind.SEASON:
                found = self.seasons.get((normalised(target.folder), change.season or 0))
            case ItemKind.EPISODE:
                return [row for video in target.videos for row in self._episodes_at(video, target)]
            case ItemKind.MOVIE | ItemKind.COLLECTION:
                rows = [row for video in target.videos for row in self.videos.get(video, ())]
                return [row for row in rows if row.kind is ItemKind.MOVIE]
        return [] if found is None else [found]

    def _episodes_at(self, video: str, target: Target) -> list[Entry]:
        """Of a file with several episodes the one that is meant; the only one even if Kodi numbers it otherwise."""
        rows = [row for row in self.videos.get(video, ()) if row.kind is ItemKind.EPISODE]
        number = (target.change.season, target.change.episode)
        exact = [row for row in rows if (row.season, row.episode) == number]
        return exact or (rows if len(rows) == 1 and not target.is_shared else [])


def shelf(videos: Iterable[Entry], shows: Iterable[Entry], seasons: Mapping[str, Sequence[Entry]]) -> Shelf:
    """Sorted in. `seasons` are by their show's folder."""
    by_path: dict[str, list[Entry]] = defaultdict(list)
    for row in videos:
        for path in ancestry(row.file):
            by_path[path].append(row)
    numbered = {(normalised(folder), row.season or 0): row for folder, rows in seasons.items() for row in rows}
    return Shelf(by_path, {normalised(row.file): row for row in shows}, numbered)


def standing(targets: Sequence[Target]) -> list[Target]:
    """Without removals of what is there all the same: a file that was replaced under its own name."""
    there = {video for target in targets if not target.is_removed for video in target.videos}
    return [target for target in targets if not (target.is_removed and there.intersection(target.videos))]
