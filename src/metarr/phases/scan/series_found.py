"""A show on disk as the scan finds it, with its seasons and episodes, and the keys by which it is found again. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metarr.library.listing import Entry
    from metarr.model.media import MediaFile
    from metarr.phases.scan.series_numbers import EpisodeNumbers


@dataclass(frozen=True, slots=True)
class Part:
    """A folder, and the files in it that belong to a show."""

    folder: str
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class Show:
    """A show while its folders are being gathered."""

    folder: str
    key: str
    is_own_folder: bool
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FoundEpisode:
    """One episode on disk, or several in one file. `files` are all that belong to it, the videos among them."""

    numbers: EpisodeNumbers
    videos: tuple[MediaFile, ...]  # versions and parts, in order
    files: tuple[MediaFile, ...]


@dataclass(frozen=True, slots=True)
class FoundSeason:
    """A season that has episodes, and the files that are about it as a whole."""

    number: int
    files: tuple[MediaFile, ...] = ()


@dataclass(frozen=True)
class FoundSeries:
    """A show on disk. `key` is the stable identity of its place: the folder, or `folder//title` in a shared one."""

    folder: str  # relative to the root
    key: str
    is_own_folder: bool
    own_files: tuple[MediaFile, ...]  # of the show itself, and what belongs to no season or episode
    seasons: tuple[FoundSeason, ...]
    episodes: tuple[FoundEpisode, ...]

    @cached_property
    def files(self) -> tuple[MediaFile, ...]:
        """Every file of the show, each once."""
        seasons = (season.files for season in self.seasons)
        return tuple(chain(self.own_files, *seasons, *(episode.files for episode in self.episodes)))

    @cached_property
    def videos(self) -> tuple[MediaFile, ...]:
        """The videos of all episodes."""
        return tuple(chain.from_iterable(episode.videos for episode in self.episodes))

    @cached_property
    def keys(self) -> frozenset[str]:
        """The places of the show's own item and of its seasons' and episodes'."""
        seasons = (self.season_key(season.number) for season in self.seasons)
        return frozenset({self.key, *seasons, *(key for one in self.episodes for key in self.episode_keys(one))})

    def season_key(self, number: int) -> str:
        """What identifies a season at the next scan."""
        return f"{self.key}//S{number:02}"

    def episode_keys(self, episode: FoundEpisode) -> tuple[str, ...]:
        """What identifies each episode at the next scan, whatever its file is called then."""
        return tuple(f"{self.key}//{key}" for key in episode.numbers.keys)
