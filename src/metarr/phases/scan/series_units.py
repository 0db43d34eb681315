"""The items that a show on disk is made of: itself, its seasons, its episodes, each with its share of files. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.model.media import ItemKind, MediaFile, Metadata
from metarr.phases.scan.shapes import is_open

if TYPE_CHECKING:
    from metarr.phases.scan.series_found import FoundEpisode, FoundSeries
    from metarr.phases.scan.series_numbers import EpisodeNumbers

KnownFiles = dict[str, tuple[MediaFile, str | None]]  # by path, with the fingerprint of their content


@dataclass(frozen=True, slots=True)
class Unit:
    """One item of a show. `key` is its place, `parent` that of the item above, `folder` where its own files lie."""

    kind: ItemKind
    key: str
    parent: str | None
    folder: str
    named: Metadata  # what the names say
    files: tuple[MediaFile, ...]
    is_first: bool = True  # of the episodes in its file


def units_of(series: FoundSeries) -> tuple[Unit, ...]:
    """Every item of a show, parents first. A file of several episodes is a file of each of them."""
    own = Unit(ItemKind.SERIES, series.key, None, series.folder, Metadata(), series.own_files)
    seasons = tuple(
        Unit(
            ItemKind.SEASON,
            series.season_key(season.number),
            series.key,
            series.folder,
            Metadata(title=f"Season {season.number}" if season.number else "Specials", season=season.number),
            season.files,
        )
        for season in series.seasons
    )
    return (own, *seasons, *_episodes(series))


def is_same(unit: Unit, before: KnownFiles) -> bool:
    """Whether an item's files are what they were, and were understood by the same rules."""
    return before.keys() == {file.path for file in unit.files} and all(
        _is_same(file, before[file.path][0]) for file in unit.files
    )


def _is_same(file: MediaFile, before: MediaFile) -> bool:
    """A picture that was looked at is more than its name says."""
    if is_open(file):
        return _figures(file)[:3] == _figures(before)[:3]
    return _figures(file) == _figures(before) and file.details.items() <= before.details.items()


def _figures(file: MediaFile) -> tuple[int, int, int, str, int, str]:
    return (file.size, file.mtime_ns, file.inode, file.role.value, file.confidence, file.rule)


def _episodes(series: FoundSeries) -> tuple[Unit, ...]:
    holding: dict[str, list[tuple[FoundEpisode, int]]] = {}
    for episode in series.episodes:
        for at, key in enumerate(series.episode_keys(episode)):
            holding.setdefault(key, []).append((episode, at))
    return tuple(_episode(series, key, found) for key, found in holding.items())


def _episode(series: FoundSeries, key: str, found: list[tuple[FoundEpisode, int]]) -> Unit:
    episode, at = found[0]
    numbers = episode.numbers
    files = {file.path: file for one, _ in found for file in one.files}
    parent = series.key if numbers.season is None else series.season_key(numbers.season)
    folder = episode.videos[0].path.rpartition("/")[0]
    return Unit(ItemKind.EPISODE, key, parent, folder, _named(numbers, at), tuple(files.values()), at == 0)


def _named(numbers: EpisodeNumbers, at: int) -> Metadata:
    """What the name says about the episode that stands at that position in it."""
    number = numbers.episodes[at] if numbers.episodes else None
    absolute = numbers.absolute[at] if at < len(numbers.absolute) else None
    title = f"Episode {absolute if number is None else number}"
    return Metadata(
        title=numbers.air_date if number is None and numbers.air_date is not None else title,
        season=numbers.season,
        episode=number,
        absolute=absolute,
        premiered=numbers.air_date,
    )
