"""What the name of a video says it is: a movie or an episode, its title, year, numbers, edition and ids.

An own grammar reads the forms that Radarr, Sonarr, Kodi, Jellyfin and Plex write, in the file and in the folders
around it; guessit, which is slow, is asked only about what that grammar does not know. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from metarr.model.media import ExternalIds
from metarr.phases.scan import grammar
from metarr.phases.scan.filename import readable, stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.phases.scan.grammar import Numbers


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
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None  # ISO
    edition: str | None = None
    ids: ExternalIds = field(default_factory=ExternalIds)
    part: int | None = None
    confidence: int = 0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """One segment of a path, read on its own."""

    text: str
    rule: str = ""
    title: str | None = None
    year: int | None = None
    numbers: Numbers | None = None
    edition: str | None = None
    ids: ExternalIds = field(default_factory=ExternalIds)
    part: int | None = None
    confidence: int = 0


def parse(path: str, *, expected: NameKind = NameKind.UNKNOWN, is_quick: bool = False) -> ParsedName:
    """Read a video's or a folder's path, absolute or relative. Never raises, whatever the text.

    `expected` MOVIE is for movie libraries, where a number is a part of the title (12 Angry Men, District 9).
    `is_quick` leaves out guessit.
    """
    text = readable(path)
    segments = [segment for segment in re.split(r"/" if "/" in text else r"[/\\]", text) if segment.strip(" .")]
    if not segments:
        return ParsedName(evidence=("no name in the path",))
    is_movie = expected is NameKind.MOVIE
    readings = [
        _read(stem(segment) if at == 0 else segment, is_movie=is_movie)
        for at, segment in enumerate(reversed(segments[-4:]))
    ]
    own = readings[0]
    found = _episode(own, own.numbers, readings[1:]) if own.numbers else _movie(own, readings[1:])
    if not is_quick and (found.title is None or found.confidence < _GOOD_ENOUGH):
        found = _ask_guessit("/".join(segments[-3:]), found, is_movie=is_movie)
    title = _presentable(found.title)
    return replace(found, ids=_ids(readings), title=title, kind=found.kind if title else NameKind.UNKNOWN)


def identify(path: str) -> dict[str, Any]:
    """The answer of `metarr identify` as JSON data; `path` is as it was given."""
    name = parse(path)
    return {
        "path": path,
        "kind": name.kind.value,
        "title": name.title,
        "year": name.year,
        "season": name.season,
        "episodes": list(name.episodes),
        "absolute": list(name.absolute),
        "air_date": name.air_date,
        "edition": name.edition,
        "ids": name.ids.as_dict(),
        "confidence": name.confidence,
        "evidence": list(name.evidence),
    }


_GOOD_ENOUGH = 50
_YEAR_IN_BRACKETS = re.compile(r"[(\[{]\s*(?P<year>(?:18|19|20)\d\d)\s*[)\]}]")
_YEAR = re.compile(r"(?<![^\W_])(?P<year>(?:18|19|20)\d\d)(?![^\W_])")
_YEAR_FIRST = re.compile(r"^[(\[](?P<year>(?:18|19|20)\d\d)[)\]][ ._-]+(?=[^\W_])(?!\(?(?:19|20)\d\d\b)")
_SITE = re.compile(
    r"^(?:[\[({ ]*www\.[\w.-]+\.[a-z]{2,6}(?![\w.])[\])} ]*|[\[({]\s*[\w-]+\.(?:com?|org|net|to|info|pl"
    r"|cc|me|ws|se|ru|biz|in|tv)\s*[\])}]|"
    r"[\w-]+\.(?:com|org|net|to|cc|biz)(?=\s+-+\s))[\s_.-]*",
    re.IGNORECASE,
)
# blow-how.to.be.single.2016.1080p: scene files carry their group in front, all in small letters
_SCENE_PREFIX = re.compile(r"^[a-z0-9]{2,10}-(?=[a-z0-9]+\.[a-z0-9]+\.[a-z0-9.]+(?:-[a-z0-9]+)?$)")
_GROUP = re.compile(r"^(?:[\[【][^\]】]*[\]】][ ._-]*)+(?=[^\s(\[])(?![ ._-]*(?:19|20)\d\d[ ._])")
# A title alone: words with blanks. Digits may be numbers of episodes, brackets may hold anything.
_CLEAN = re.compile(r"^(?=.* )[^\d_.\[\]{}()【】|/#]+$")
# Where only films are, digits belong to the title; but a long word with digits is an obfuscated release
_PLAIN = re.compile(r"^(?![0-9a-zA-Z]*\d[0-9a-zA-Z]{11})[^_.\[\]{}()【】|/#]+$")
# "Title - 12 (S01E12)", "Title 313-315 s16e03-05", "Title 2016 02 25 S20E143": a number in another counting
_SECOND_NUMBER = re.compile(
    r"[ ._]+(?:-[ ._]+\d{1,3}(?:\.\d)?|(?:-[ ._])?\d{3}-\d{3}|(?:19"
    r"|20)\d\d[ ._]\d\d[ ._]\d\d(?:[ ._]web-?rip)?)[ ._([-]*$",
    re.IGNORECASE,
)
# "[Group][Title][12][1080p]": everything is in brackets
_LAST_BRACKETS = re.compile(r"^[\[【].*[\[【](?P<title>[^\[\]【】]+)[\]】][ ._-]*$")
_CONFIDENCE = {"Episode 2": 45, "season only": 70, "absolute number": 80, "season and number": 85}
_GENERIC = re.compile(
    r"^(?:movie|video|film|index|video_ts|vts_\d\d_\d|bdmv|\d{5}|stream|cd\d|disc \d)$", re.IGNORECASE
)


def _read(segment: str, *, is_movie: bool) -> _Reading:
    """Everything that one segment says."""
    bare, ids = grammar.take_ids(segment)
    bare, edition = grammar.take_plex_edition(bare)
    bare, has_group = _without_prefix(bare.strip())
    part = grammar.PART.search(bare.rstrip(" ._-"))
    body = bare[: part.start()] if part else bare
    is_stack = part is not None and bool(body.strip(" ._-"))
    reading = None if is_movie else _read_episode(segment, bare, has_group=has_group)
    reading = reading or _read_movie(segment, body if is_stack else bare)
    if is_movie and reading.rule == "plain title" and _PLAIN.match(reading.text):
        reading = replace(reading, confidence=_GOOD_ENOUGH)
    number = grammar.part_number(part) if part and is_stack and not reading.numbers else None
    return replace(reading, ids=ids, edition=edition or reading.edition, part=number)


def _read_episode(segment: str, text: str, *, has_group: bool) -> _Reading | None:
    """An episode's segment, if it is one: clear numbers first, then those that a film's name could hold too."""
    numbers = grammar.find_numbers(text)
    bracketed = _YEAR_IN_BRACKETS.search(text)
    if numbers is None:
        numbers = grammar.find_absolute(text, has_group=has_group)
        if numbers and bracketed and numbers.start < bracketed.start() and "[" not in text:
            numbers = None  # a film's name may end in a number: it takes more to make it an episode
    numbers = numbers or grammar.find_season_only(text) or grammar.find_compact(text)
    if numbers is None and not bracketed:
        numbers = grammar.find_episode_only(text)
    if numbers is None or _is_film_date(numbers):
        return None
    head = text[: numbers.start]
    bracketed_title = _LAST_BRACKETS.match(head) if numbers.absolute else None
    head = bracketed_title["title"] if bracketed_title else _SECOND_NUMBER.sub("", head)
    title, year = _split_year(grammar.without_state(head))
    if year is None and bracketed and bracketed.start() >= numbers.start and numbers.rule in _CONFIDENCE:
        year = int(bracketed["year"])
    confidence = 60 if title is None else _CONFIDENCE.get(numbers.rule, 95)
    return _Reading(segment, numbers.rule, title, year, numbers, confidence=confidence)


def _is_film_date(numbers: Numbers) -> bool:
    """A date whose title is empty is the date of a home video, not of an episode of a show."""
    return numbers.rule == "air date" and numbers.start == 0


def _without_prefix(text: str) -> tuple[str, bool]:
    """Without a site's advertisement and a release group in brackets at the start; whether there was a group."""
    text = _SITE.sub("", text) or text
    text = _SCENE_PREFIX.sub("", text) if text == text.lower() else text
    rest = _GROUP.sub("", text)
    return (rest, rest != text) if rest else (text, False)


def _read_movie(segment: str, text: str) -> _Reading:
    """A movie's segment: title, year, and what stands after them."""
    release = grammar.RELEASE.search(text)
    cut = release.start() if release and text[: release.start()].strip(" ._-[(") else len(text)
    leading = _YEAR_FIRST.match(text)
    if leading:
        return _titled(segment, "(Year) Title", text[leading.end() : max(cut, leading.end() + 1)], leading, 85)
    # In brackets the first year is the film's; in a scene name the last before the tokens: 2012.2009.1080p
    bracketed = next(_years(_YEAR_IN_BRACKETS, text), None)
    if bracketed:
        head = text[: min(bracketed.start(), cut)].rstrip()
        is_scene = release is not None and not head.endswith((")", "]"))
        head = grammar.without_state(head, head) if is_scene else head
        return _titled(segment, "Title (Year)", head, bracketed, 95)
    bare = [match for match in _years(_YEAR, text) if match.start() < cut]
    if bare:
        head, tail = text[: bare[-1].start()], text[bare[-1].end() :]
        head = grammar.without_state(head, tail) if release else head
        return _titled(segment, "Title.Year", head, bare[-1], 90 if release else 60)
    if cut < len(text):
        return _titled(segment, "Title.tokens", grammar.without_state(text[:cut]), None, 45)
    return _titled(segment, "plain title", text, None, 50)


def _years(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Years that have a title before them."""
    for match in pattern.finditer(text):
        if grammar.is_year(int(match["year"])) and text[: match.start()].strip(" ._-(["):
            yield match


def _titled(segment: str, rule: str, head: str, year: re.Match[str] | None, confidence: int) -> _Reading:
    title = _clean(head)
    is_doubtful = title is None or (year is None and not _CLEAN.match(head))
    text = year.string if year else segment
    edition = grammar.find_edition(text[len(head.rstrip(" ._-")) :] if title else "")
    number = int(year["year"]) if year else None
    return _Reading(segment, rule, title, number, edition=edition, confidence=30 if is_doubtful else confidence)


def _split_year(text: str) -> tuple[str | None, int | None]:
    """The title of a show and the year that may follow it."""
    for pattern in (_YEAR_IN_BRACKETS, _YEAR):
        for match in pattern.finditer(text):
            title = _clean(text[: match.start()])
            is_last = not text[match.end() :].strip(" ._-")
            if title and is_last and grammar.is_year(int(match["year"])):
                return title, int(match["year"])
    return _clean(text), None


def _clean(text: str) -> str | None:
    """A title as it is written: separators become blanks, brackets that were left open go."""
    text = text.replace("_", " ")
    if " " not in text.strip():
        # dots are separators, but not in initials: S.H.I.E.L.D.
        text = re.sub(r"(?<!(?<![^\W_])[^\W\d_])\.|\.(?![^\W\d_](?![^\W_]))", " ", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"[\[({][^\])}]*$", "", text).strip(" .-\u2013~,:;+")
    text = re.sub(r"^[\])}]+|^[(\[](?![^)\]]*[)\]])", "", text).strip()
    return text or None


def _presentable(title: str | None) -> str | None:
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", title)).strip() or None if title else None


def _ids(readings: list[_Reading]) -> ExternalIds:
    """Ids of the nearest segments first."""
    ids = ExternalIds()
    for reading in readings:
        ids = ids.merged_with(reading.ids)
    return ids


def _movie(own: _Reading, folders: list[_Reading]) -> ParsedName:
    """File and folder weighed: the folder is usually the cleaner one, when both speak of one film."""
    best = own
    folder = folders[0] if folders else None
    if folder and _prefers_folder(own, folder):
        best = replace(folder, confidence=min(99, folder.confidence + 3))
    elif folder and best.year is None and best.title and _letters(best.title) == _letters(folder.title or ""):
        best = replace(best, rule="file and folder agree", confidence=75)
    kind = NameKind.MOVIE if best.title else NameKind.UNKNOWN
    evidence = (f"{best.rule}: {best.text}",) if best.title else ()
    edition = own.edition or best.edition
    return ParsedName(
        kind, best.title, best.year, edition=edition, part=own.part, confidence=best.confidence, evidence=evidence
    )


def _prefers_folder(own: _Reading, folder: _Reading) -> bool:
    if folder.numbers or not folder.title:
        return False
    if own.title is None or _GENERIC.match(own.title):
        return True
    if folder.year is None:
        return False
    if own.year is None:
        return True
    is_longer = _letters(own.title).startswith(_letters(folder.title))
    return folder.year == own.year and (own.confidence < folder.confidence or is_longer)


def _episode(own: _Reading, numbers: Numbers, folders: list[_Reading]) -> ParsedName:
    """An episode: the numbers are the file's, the show's title and year may be the folder's."""
    show = next((folder for folder in folders if _is_show(folder)), None)
    title, year = own.title, own.year
    evidence = [f"{numbers.rule}: {own.text}"]
    if show and (title is None or (_letters(title) == _letters(show.title or "") and year is None)):
        title, year = show.title, show.year
        evidence.append(f"show from the folder: {show.text}")
    confidence = own.confidence
    season = numbers.season
    if season is None and numbers.air_date is None:
        season = next((s for s in (grammar.season_of_folder(folder.text) for folder in folders) if s is not None), None)
    episodes = numbers.episodes
    absolute = numbers.absolute if numbers.absolute or season is not None else numbers.episodes
    return ParsedName(
        NameKind.EPISODE,
        title,
        year,
        season,
        episodes,
        absolute,
        numbers.air_date,
        own.edition,
        confidence=confidence if title else min(confidence, 40),
        evidence=tuple(evidence),
    )


def _is_show(folder: _Reading) -> bool:
    return bool(folder.title) and folder.numbers is None and grammar.season_of_folder(folder.text) is None


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _ask_guessit(text: str, known: ParsedName, *, is_movie: bool) -> ParsedName:
    """What guessit makes of a name; what the own grammar is sure of stands."""
    from guessit.api import GuessitException, guessit

    try:
        guess = guessit(text, {"type": "movie"} if is_movie else {})
    except GuessitException as error:
        return replace(known, evidence=(*known.evidence, f"guessit gave up: {type(error).__name__}"))
    title = _text(guess.get("title"))
    if title is None:
        return known
    season, episodes = _whole_numbers(guess.get("season")), _whole_numbers(guess.get("episode"))
    absolute = _whole_numbers(guess.get("absolute_episode"))
    day = guess.get("date")
    return ParsedName(
        kind=NameKind.EPISODE if guess.get("type") == "episode" else NameKind.MOVIE,
        title=title,
        year=next(iter(_whole_numbers(guess.get("year"))), None),
        season=season[0] if season else None,
        episodes=episodes,
        absolute=absolute or (episodes if not season else ()),
        air_date=day.isoformat() if day else None,
        edition=known.edition or _text(guess.get("edition")),
        part=known.part,
        confidence=60 if season or episodes or guess.get("year") else 45,
        evidence=(*known.evidence, f"guessit: {text}"),
    )


def _text(value: object) -> str | None:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) and first else None


def _whole_numbers(value: object) -> tuple[int, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({number for number in values if isinstance(number, int)}))
