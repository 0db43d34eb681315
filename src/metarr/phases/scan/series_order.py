"""A show whose owner pinned an order of episodes: the numbers in its files are of that order. Pure.

Most orders number seasons and episodes as any other does, so what a name says stands as it is, and enrichment asks for
the episode of that number in that order. An absolute order has one season that counts through: there the absolute
number counts, also where a name has both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metarr.phases.scan.series_found import FoundSeason

if TYPE_CHECKING:
    from metarr.phases.scan.series_found import FoundSeries
    from metarr.phases.scan.series_numbers import EpisodeNumbers

_ABSOLUTE = frozenset({"absolute", "tvdb:absolute"})
_ONLY_SEASON = 1


def in_order(series: FoundSeries, order: str | None) -> FoundSeries:
    """The show with its episodes numbered in that order; None: as aired, which is what names mean anyway."""
    if order not in _ABSOLUTE:
        return series
    episodes = tuple(replace(episode, numbers=_counted(episode.numbers)) for episode in series.episodes)
    numbers = {episode.numbers.season for episode in episodes if episode.numbers.season is not None}
    files = {season.number: season.files for season in series.seasons}
    seasons = tuple(FoundSeason(number, files.get(number, ())) for number in sorted(numbers))
    left = [file for season in series.seasons if season.number not in numbers for file in season.files]
    own = tuple(sorted((*series.own_files, *left), key=lambda file: file.path))
    return replace(series, own_files=own, seasons=seasons, episodes=episodes)


def _counted(numbers: EpisodeNumbers) -> EpisodeNumbers:
    """Specials are counted by themselves in every order."""
    if not numbers.absolute or numbers.season == 0:
        return numbers
    return replace(numbers, season=_ONLY_SEASON, episodes=numbers.absolute)
