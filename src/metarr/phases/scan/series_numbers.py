"""Which episode a video is: by its own name, and by the folders of its season and of itself. Pure.

A number is taken only where the name says that it counts episodes; what is doubtful says so by its confidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.phases.scan.filename import readable, stem
from metarr.phases.scan.naming.numbers import season_of_folder
from metarr.phases.scan.naming.segment import read
from metarr.phases.scan.naming.titles import letters

if TYPE_CHECKING:
    from metarr.phases.scan.naming.numbers import Numbers
    from metarr.phases.scan.naming.segment import Reading

SURE = 95
_LIKELY = 85
_DOUBTFUL = 75  # a person is asked
# "01", "01 - Pilot", "E01.Pilot": in the folder of a season it can be nothing else; Plex and Jellyfin read it so.
_LEADING = re.compile(
    r"^(?:(?:e|ep)[ ._-]*)?(?P<first>\d{1,2})(?:-e?(?P<last>\d{1,2}))?(?=$|[ ._]*-[ ._]|[._])", re.IGNORECASE
)
# Kodi `xbmc/settings/AdvancedSettings.cpp`, m_videoStackRegExps
_PART = re.compile(r"[ ._-]+(?:cd|dvd|dis[ck]|part|pt)[ ._-]?(?P<number>\d{1,2}|[a-d])$", re.IGNORECASE)
_MOST_IN_SEASON = 100  # from here on a number that no season goes with counts all episodes of the show
_BY_DATE = "air date"


@dataclass(frozen=True, slots=True)
class EpisodeNumbers:
    """What one video holds. `episodes` of `season`, else `air_date`, else `absolute` tell which episodes they are.

    `season` may be known beside a date or an absolute number. `rule` decided, with a `confidence` of 0-100.
    """

    season: int | None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None  # ISO
    confidence: int = SURE
    rule: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """One for each episode: the same in every file that holds it, whatever its name."""
        if self.episodes:
            return tuple(f"S{self.season or 0:02}E{number:02}" for number in self.episodes)
        if self.air_date is not None:
            return (self.air_date,)
        return tuple(f"A{number:03}" for number in self.absolute)


def season_of(folder: str) -> int | None:
    """The season that a folder's name speaks of (`Season 1`, `Specials`, `Show S01 1080p`); None: of none, or many."""
    number = season_of_folder(readable(folder))
    found = read(readable(folder), is_movie=False).numbers if number is None else None
    return found.season if found and not found.episodes and not found.seasons and not found.air_date else number


def is_of_episodes(folder: str) -> bool:
    """Whether a folder's name is a season's or an episode's, and not a show's."""
    if season_of_folder(readable(folder)) is not None:
        return True
    found = read(readable(folder), is_movie=False).numbers
    return found is not None and (found.season is not None or found.air_date is not None)


def own_name(filename: str) -> Reading:
    """What a video's own name says, without its folders."""
    return read(stem(readable(filename)), is_movie=False)


def read_episode(name: Reading, season: int | None, show: str) -> EpisodeNumbers | None:
    """What a video of that name is. `season`: its folder's, `show`: the letters of the show's title."""
    found = name.numbers
    if found is None or not (found.episodes or found.absolute or found.air_date):
        return None if season is None else _leading(name.text, season, show)
    rule = f"{found.rule}: {name.text}"
    if found.rule == _BY_DATE:
        return EpisodeNumbers(season, absolute=found.absolute, air_date=found.air_date, rule=rule)
    if found.season is None or found.is_season_assumed:
        return _counted(found, season, name.confidence, rule)
    stated = EpisodeNumbers(found.season, found.episodes, found.absolute, found.air_date, rule=rule)
    if season is None or season == found.season:
        return stated
    # Players believe the file; that the folder says otherwise is worth a question.
    return replace(stated, confidence=_DOUBTFUL, rule=f"{rule}, but its folder is season {season}")


def read_folder(folder: str, season: int | None) -> EpisodeNumbers | None:
    """What the only video of a folder is, by the folder's name: `Show.S01E01.720p-GRP/abc123.mkv`."""
    found = read_episode(read(readable(folder), is_movie=False), None, "") if is_of_episodes(folder) else None
    if found is None:
        return None
    is_known = found.season is not None
    return replace(found, season=found.season if is_known else season, confidence=min(found.confidence, _LIKELY))


def part_of(text: str) -> int | None:
    """Which part of a stack a name says it is; only siblings make it one."""
    match = _PART.search(text)
    if match is None:
        return None
    word = match["number"].lower()
    return int(word) if word.isdigit() else "abcd".index(word) + 1


def without_part(text: str) -> str:
    """The name that all parts of a stack share."""
    return _PART.sub("", text)


def _counted(found: Numbers, season: int | None, confidence: int, rule: str) -> EpisodeNumbers:
    """A number that no season goes with counts in its folder's season, as players have it, while it is small."""
    counted = found.episodes or found.absolute
    inside = found.season if season is None else season
    confidence = _LIKELY if inside is not None else min(confidence, _LIKELY)
    if inside is not None and (inside <= 1 or counted[-1] < _MOST_IN_SEASON):
        return EpisodeNumbers(inside, counted, found.absolute, confidence=confidence, rule=rule)
    return EpisodeNumbers(season, absolute=counted, confidence=confidence, rule=rule)


def _leading(text: str, season: int, show: str) -> EpisodeNumbers | None:
    match = _LEADING.match(text)
    if match is None or (show and letters(text).startswith(show)):
        return None
    first, last = int(match["first"]), int(match["last"] or match["first"])
    episodes = tuple(range(first, max(first, last) + 1))
    return EpisodeNumbers(season, episodes, confidence=_LIKELY, rule=f"a number in the folder of a season: {text}")
