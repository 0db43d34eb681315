"""What the name of a video says it is: a movie or an episode, its title, year, numbers, edition and ids.

An own grammar reads the forms that Radarr, Sonarr, Kodi, Jellyfin and Plex write, in the file and in the folders
around it; guessit, which is slow, is asked only about what that grammar does not know. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from metarr.model.media import ExternalIds
from metarr.phases.scan.filename import readable, stem
from metarr.phases.scan.naming import guess
from metarr.phases.scan.naming.numbers import is_year, season_of_folder
from metarr.phases.scan.naming.seasons import with_season
from metarr.phases.scan.naming.segment import GOOD_ENOUGH, Reading, read
from metarr.phases.scan.naming.titles import letters, presentable, upright, without_country
from metarr.phases.scan.naming.tokens import NO_IDS

if TYPE_CHECKING:
    from metarr.phases.scan.naming.numbers import Numbers


class NameKind(StrEnum):
    """What a name speaks of."""

    MOVIE = "movie"
    EPISODE = "episode"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ParsedName:
    """What a name says. Where no season is named, a number stands in `episodes` and in `absolute`: it may be either.

    `confidence` is 0-100; `evidence` names the rules that decided and the text that they read.
    """

    kind: NameKind = NameKind.UNKNOWN
    title: str | None = None
    year: int | None = None
    season: int | None = None  # the first, where a pack holds several
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None  # ISO
    edition: str | None = None
    ids: ExternalIds = field(default_factory=ExternalIds)
    part: int | None = None
    seasons: tuple[int, ...] = ()  # of a pack that holds several
    told_title: str | None = None  # as other parsers tell it, where that is not the title to look for
    country: str | None = None  # that tells shows of one name apart: The Office (US)
    confidence: int = 0
    evidence: tuple[str, ...] = ()


def parse(path: str, *, expected: NameKind = NameKind.UNKNOWN, is_quick: bool = False) -> ParsedName:
    """Read a video's or a folder's path, absolute or relative. Never raises, whatever the text.

    `expected` MOVIE is for movie libraries, where a number is a part of the title (12 Angry Men, District 9).
    `is_quick` leaves out guessit.
    """
    segments = _segments(readable(path))
    if not segments:
        return ParsedName(evidence=("no name in the path",))
    is_movie = expected is NameKind.MOVIE
    readings = [
        read((stem(segment) if at == 0 else segment)[:_LONGEST], is_movie=is_movie)
        for at, segment in enumerate(reversed(segments[-4:]))
    ]
    own = readings[0] if is_movie else with_season(readings[0], readings[1:])
    found = _episode(own, own.numbers, readings[1:]) if own.numbers else _movie(own, readings[1:])
    if not is_quick and (found.title is None or found.confidence < GOOD_ENOUGH):
        found = _ask_guessit("/".join(segment[:_LONGEST] for segment in segments[-3:]), found, is_movie=is_movie)
    title, told = _shown(found.title), _shown(found.told_title)
    kind = found.kind if title else NameKind.UNKNOWN
    return replace(found, ids=_ids(readings), title=title, told_title=told if told != title else None, kind=kind)


def identify(path: str) -> dict[str, Any]:
    """The answer of `metarr identify` as JSON data; `path` is as it was given."""
    name = parse(path)
    return {
        "path": path,
        "kind": name.kind.value,
        "title": name.told_title or name.title,
        "year": name.year or _year_of_time(name),
        "season": list(name.seasons) if name.seasons else name.season,
        "episodes": list(name.episodes),
        "absolute": list(name.absolute),
        "air_date": name.air_date,
        "edition": name.edition,
        "ids": name.ids.as_dict(),
        "confidence": name.confidence,
        "evidence": list(name.evidence),
    }


def _year_of_time(name: ParsedName) -> int | None:
    """The year of an air date, or of a season that is called by its year: never the one in which a show began."""
    if name.air_date:
        return int(name.air_date[:4])
    return name.season if name.season is not None and is_year(name.season) else None


def _segments(text: str) -> list[str]:
    """The parts of a path. " / " stands between the titles of one show in two languages, never between folders."""
    path, between, others = text.partition(" / ")
    segments = [segment for segment in _SEPARATOR["/" in text].split(path) if segment.strip(" .")]
    return [*segments[:-1], f"{''.join(segments[-1:])}{between}{others}"] if between else segments


def _shown(title: str | None) -> str | None:
    return presentable(upright(title)) if title else None


_LONGEST = 255  # no file system has longer names; a longer text would cost its square
_SEPARATOR = {True: re.compile(r"/(?![^【】]*】)"), False: re.compile(r"[/\\]")}
_GROUP_FIRST = re.compile(r"[\[【]")
_SHORT_SEASON = re.compile(r"[ ._]s\d{1,2}[ ._]*[-(\[\]]", re.IGNORECASE)
_GENERIC = re.compile(
    r"^(?:movie|video|film|index|video[_ ]ts|vts[_ ]\d\d[_ ]\d|bdmv|\d{5}|stream|cd\d|disc \d)$", re.IGNORECASE
)


def _ids(readings: list[Reading]) -> ExternalIds:
    """Ids of the nearest segments first."""
    ids = NO_IDS
    for reading in readings:
        ids = ids if reading.ids is NO_IDS else ids.merged_with(reading.ids)
    return ids


def _movie(own: Reading, folders: list[Reading]) -> ParsedName:
    """File and folder weighed: the folder is usually the cleaner one, when both speak of one film."""
    best = own
    folder = next((folder for folder in folders if not _GENERIC.match(folder.title or "")), None)
    if folder and _prefers_folder(own, folder):
        best = replace(folder, confidence=min(99, folder.confidence + 3))
    elif folder and _is_same_film(own, folder):
        best = replace(folder, title=folder.whole, confidence=98)
    elif folder and best.year is None and best.title and letters(best.title) == letters(folder.title or ""):
        best = replace(best, rule="file and folder agree", confidence=75)
    kind = NameKind.MOVIE if best.title else NameKind.UNKNOWN
    evidence = (f"{best.rule}: {best.text}",) if best.title else ()
    edition = own.edition or best.edition
    return ParsedName(
        kind, best.title, best.year, edition=edition, part=own.part, confidence=best.confidence, evidence=evidence
    )


def _is_same_film(own: Reading, folder: Reading) -> bool:
    """Whether the file repeats all words of a folder `Title (Year)`, those of a release among them."""
    is_told = folder.whole is not None and folder.rule == "Title (Year)" and own.year in {None, folder.year}
    return is_told and letters(folder.whole or "") == letters(own.whole or "")


def _prefers_folder(own: Reading, folder: Reading) -> bool:
    if folder.numbers or not folder.title:
        return False
    if own.title is None or _GENERIC.match(own.title):
        return True
    if folder.year is None:
        return False
    if own.year is None:
        return True
    is_longer = letters(own.title).startswith(letters(folder.title))
    return folder.year == own.year and (own.confidence < folder.confidence or is_longer)


def _episode(own: Reading, numbers: Numbers, folders: list[Reading]) -> ParsedName:
    """An episode: the numbers are the file's, the show's title and year may be the folder's."""
    show = next((folder for folder in folders if _is_show(folder)), None)
    title, year = _title_of_show(own, show)
    title = next((folder.title for folder in folders if _is_same_episode(own, folder)), title)
    evidence = [f"{numbers.rule}: {own.text}"]
    if show and (title, year) != (own.title, own.year):
        evidence.append(f"show from the folder: {show.text}")
    confidence = own.confidence
    if show and year is not None and show.year == year and show.rule == "Title.Year":
        confidence = min(
            confidence, 75
        )  # "Wonder Woman 1984": programs write a year in brackets, so it may be the title
    absolute = numbers.absolute if numbers.absolute or numbers.season is not None else numbers.episodes
    return ParsedName(
        NameKind.EPISODE,
        title,
        year,
        numbers.season,
        numbers.episodes,
        absolute,
        numbers.air_date,
        own.edition,
        seasons=numbers.seasons,
        told_title=_told_title(own, numbers, title) if title else None,
        country=own.country or (show.country if show else None),
        confidence=confidence if title else min(confidence, 40),
        evidence=tuple(evidence),
    )


def _title_of_show(own: Reading, show: Reading | None) -> tuple[str | None, int | None]:
    """Title and year: the file's own, unless the folder of the show has the same words and more."""
    if show is None or not show.title:
        return own.title, own.year
    title = letters(show.title)
    whole = letters(own.whole or "")
    if whole in {title, letters(show.whole or "")} and show.rule != "Title.Year":
        return (show.title if whole == title else show.whole), show.year
    if own.title is None or (letters(own.title) == title and own.year is None):
        return show.title, show.year
    if own.rule == "absolute number" and own.title.casefold().startswith(f"{show.title.casefold()} - "):
        return show.title, show.year or own.year  # Show/Show - Book Five - 23
    is_abroad = letters(without_country(own.title)) == title
    return (show.title if is_abroad else own.title), own.year


def _told_title(own: Reading, numbers: Numbers, title: str) -> str:
    """The title as release groups, Sonarr and guessit take it; catalogues and the scan go by `title`.

    `[Group] Title S2 - 03` is a work called "Title S2" there; `Title.US.S01E02` is "Title".
    """
    if numbers.rule == "season and number" and _GROUP_FIRST.match(own.text) and _SHORT_SEASON.search(own.text):
        return f"{title} S{numbers.season}"
    is_release = numbers.season is not None and numbers.episodes and " - " not in own.text
    return without_country(title) if is_release else title


def _is_same_episode(own: Reading, folder: Reading) -> bool:
    """`Show.S02E06.Name/Name - Show S02 (Ep 6)`: the folder of one episode names the show alone, as releases do."""
    if not (own.numbers and folder.numbers and own.title and folder.title and folder.numbers.episodes):
        return False
    is_same = (own.numbers.season, own.numbers.episodes) == (folder.numbers.season, folder.numbers.episodes)
    return is_same and own.title != folder.title and letters(own.title).endswith(letters(folder.title))


def _is_show(folder: Reading) -> bool:
    return bool(folder.title) and folder.numbers is None and season_of_folder(folder.text) is None


def _ask_guessit(text: str, known: ParsedName, *, is_movie: bool) -> ParsedName:
    """What guessit makes of a name, unless the grammar's own title stands against it."""
    found = guess.ask(text, is_movie=is_movie)
    if found is None:
        return replace(known, evidence=(*known.evidence, f"guessit finds nothing: {text}"))
    if guess.prefers_own(known.title, found, text):
        return replace(known, confidence=55, evidence=(*known.evidence, f"guessit disagrees: {found.title}"))
    return replace(
        known,
        kind=NameKind.EPISODE if found.is_episode else NameKind.MOVIE,
        title=found.title,
        year=found.year,
        season=found.seasons[0] if found.seasons else None,
        seasons=found.seasons if len(found.seasons) > 1 else (),
        episodes=found.episodes,
        absolute=found.absolute,
        air_date=found.air_date,
        edition=known.edition or found.edition,
        confidence=60 if found.says_more else 45,
        evidence=(*known.evidence, f"guessit: {text}"),
    )
