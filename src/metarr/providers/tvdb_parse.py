"""TVDB's answers as our words: shows, seasons with their episodes, films and what a search finds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ExternalIds, Metadata
from metarr.model.search import SearchHit
from metarr.providers import tvdb_codes
from metarr.providers.base import Answer, EpisodeOrder, SeasonAnswer
from metarr.providers.json_fields import Json, date, dict_, dicts, names, number, text, texts, year
from metarr.providers.tvdb_fields import (
    MOVIE_SOURCES,
    SERIES_SOURCES,
    Reading,
    Texts,
    cast,
    certification,
    crew,
    ids,
    picture,
    pictures,
    record,
    trailer,
    translations,
    unwrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

AIRED = "official"  # TVDB's word for the order in which episodes were shown
_NETWORK = 1  # https://api4.thetvdb.com/v4/companies/types
_PLAIN_ORDERS = frozenset({"dvd", "absolute"})  # those that other providers know by the same word
_OWN_ORDER = "tvdb:"
# Where a special belongs that was shown after a season. So does Kodi: xbmc/video/VideoInfoTag.cpp, displayafterseason
_AFTER_ALL_EPISODES = 4096


def series(raw: Json, reading: Reading) -> Answer:
    """An extended record of a show, with its translations."""
    original = text(raw.get("originalLanguage"))
    codes = reading.codes(original)
    words = Texts(raw, translations(raw), codes, original)
    metadata = Metadata(
        title=words.first("name"),
        original_title=text(raw.get("name")),
        original_language=tvdb_codes.language(original),
        year=year(raw.get("firstAired")) or year(raw.get("year")),
        premiered=date(raw.get("firstAired")),
        plot=words.first("overview"),
        runtime=number(raw.get("averageRuntime")) or None,
        certification=certification(raw, reading.countries),
        genres=names(raw.get("genres")),
        studios=_networks(raw),
        countries=_country(raw),
        tags=names(raw.get("tags")),
        cast=cast(raw, reading.image_url),
        trailer=trailer(raw, codes),
        status=text(dict_(raw.get("status")).get("name")),
        ids=ids(raw, SERIES_SOURCES),
    )
    found = pictures(raw, "artworks", reading, original)
    return Answer(metadata, found or picture(raw.get("image"), ArtworkKind.POSTER, reading.image_url))


def movie(raw: Json, reading: Reading) -> Answer:
    """An extended record of a film, with its translations."""
    original = text(raw.get("originalLanguage"))
    codes = reading.codes(original)
    words = Texts(raw, translations(raw), codes, original)
    premiered = date(dict_(raw.get("first_release")).get("date"))
    companies = dict_(raw.get("companies"))
    made_by = (*names(raw.get("studios")), *names(companies.get("studio")), *names(companies.get("production")))
    metadata = Metadata(
        title=words.first("name"),
        original_title=text(raw.get("name")),
        original_language=tvdb_codes.language(original),
        year=year(raw.get("year")) or year(premiered),
        premiered=premiered,
        plot=words.first("overview"),
        tagline=words.first("tagline"),
        runtime=number(raw.get("runtime")) or None,
        certification=certification(raw, reading.countries),
        genres=names(raw.get("genres")),
        studios=tuple(dict.fromkeys(made_by)),
        countries=names(raw.get("production_countries")) or _country(raw),
        tags=names(raw.get("tagOptions")),
        cast=cast(raw, reading.image_url),
        crew=crew(raw),
        trailer=trailer(raw, codes),
        status=text(dict_(raw.get("status")).get("name")),
        ids=ids(raw, MOVIE_SOURCES),
    )
    found = pictures(raw, "artworks", reading, original)
    return Answer(metadata, found or picture(raw.get("image"), ArtworkKind.POSTER, reading.image_url))


def season(
    number_: int, details: Json, episodes: Mapping[int, Answer], reading: Reading, original: str | None
) -> SeasonAnswer:
    """A season's extended record ({}: there is none) around its episodes."""
    words = Texts(details, translations(details), reading.codes(original), original)
    shown = sorted(answer.metadata.premiered for answer in episodes.values() if answer.metadata.premiered)
    premiered = shown[0] if shown else None
    metadata = Metadata(
        title=words.first("name"),
        plot=words.first("overview"),
        premiered=premiered,
        year=year(premiered) or year(details.get("year")),
        season=number_,
        ids=ExternalIds.from_dict({"tvdb": details.get("id")}),
    )
    found = pictures(details, "artwork", reading, original)
    own = picture(details.get("image"), ArtworkKind.POSTER, reading.image_url)
    return SeasonAnswer(Answer(metadata, found or own), episodes)


def episodes(
    raws: Iterable[Json],
    translated: Mapping[str, Mapping[int, Json]],
    season_number: int,
    reading: Reading,
    original: str | None,
) -> dict[int, Answer]:
    """The episodes of one season by number. `translated`: by language and TVDB's id of the episode."""
    codes = reading.codes(original)
    found: dict[int, Answer] = {}
    for raw in raws:
        own_id, place = number(raw.get("id")), number(raw.get("number"))
        if own_id is None or place is None or number(raw.get("seasonNumber")) != season_number:
            continue
        by_code = {code: known[own_id] for code, known in translated.items() if own_id in known}
        found.setdefault(place, _episode(raw, Texts(raw, by_code, codes, original), reading.image_url))
    return found


def _episode(raw: Json, words: Texts, image_url: str) -> Answer:
    premiered = date(raw.get("aired"))
    display_season, display_episode = _place_of_special(raw)
    metadata = Metadata(
        title=words.first("name"),
        plot=words.first("overview"),
        premiered=premiered,
        year=year(premiered) or year(raw.get("year")),
        runtime=number(raw.get("runtime")) or None,
        season=number(raw.get("seasonNumber")),
        episode=number(raw.get("number")),
        absolute=number(raw.get("absoluteNumber")) or None,
        display_season=display_season,
        display_episode=display_episode,
        ids=ExternalIds.from_dict({"tvdb": raw.get("id")}),
    )
    return Answer(metadata, picture(raw.get("image"), ArtworkKind.THUMB, image_url))


def _place_of_special(raw: Json) -> tuple[int | None, int | None]:
    before = number(raw.get("airsBeforeSeason"))
    if before is not None:
        return before, number(raw.get("airsBeforeEpisode")) or 1
    after = number(raw.get("airsAfterSeason"))
    return (None, None) if after is None else (after, _AFTER_ALL_EPISODES)


def languages_of(raws: Iterable[Json], codes: Sequence[str], original: str | None) -> tuple[str, ...]:
    """The wanted languages that are worth asking for: those into which any episode is translated.

    Where the episodes do not say, all of them. The original needs no asking: the list itself is in it.
    """
    listed = {
        code
        for raw in raws
        for field in ("nameTranslations", "overviewTranslations")
        for entry in texts(raw.get(field))
        for code in entry.split(",")
    }
    return tuple(code for code in codes if code != original and (not listed or code in listed))


def page(answer: object) -> tuple[list[Json], bool]:
    """One page of a show's episodes, and whether there is another."""
    found = record(answer, "list of episodes")
    return dicts(found.get("episodes")), bool(dict_(dict_(answer).get("links")).get("next"))


def order_type(key: str | None) -> str | None:
    """TVDB's word for an order as it is pinned; None: an order of somebody else."""
    if key is None or key == "aired":
        return AIRED
    if key in _PLAIN_ORDERS:
        return key
    return key.removeprefix(_OWN_ORDER) if key.startswith(_OWN_ORDER) else None


def orders(raw: Json) -> tuple[EpisodeOrder, ...]:
    """The orders that a show has, beside the usual one."""
    found: dict[str, str] = {}
    kinds = (dict_(entry.get("type")) for entry in dicts(raw.get("seasons")))
    for kind in (*dicts(raw.get("seasonTypes")), *kinds):
        word = text(kind.get("type"))
        if word is not None and word != AIRED:
            key = word if word in _PLAIN_ORDERS else f"{_OWN_ORDER}{word}"
            found.setdefault(key, text(kind.get("alternateName")) or text(kind.get("name")) or word)
    return tuple(EpisodeOrder(key, name) for key, name in found.items())


def season_id(raw: Json, order: str, season_number: int) -> int | None:
    """TVDB's id of a show's season in an order."""
    seasons = (
        number(entry.get("id"))
        for entry in dicts(raw.get("seasons"))
        if dict_(entry.get("type")).get("type") == order and number(entry.get("number")) == season_number
    )
    return next(seasons, None)


def search(answer: object, languages: Sequence[str]) -> tuple[SearchHit, ...]:
    """The shows that a search found, under their titles in the first wanted language that has one."""
    found = unwrapped(answer, "list of search results")
    hits = (_hit(raw, languages) for raw in dicts(found) if raw.get("type") == "series")
    return tuple(hit for hit in hits if hit.ids.tvdb is not None)


def _hit(raw: Json, languages: Sequence[str]) -> SearchHit:
    name, translated = text(raw.get("name")) or "", dict_(raw.get("translations"))
    titles = (text(translated.get(code)) for wanted in languages for code in tvdb_codes.codes_of(wanted))
    title = next(filter(None, titles), None) or name
    others = (*texts(raw.get("aliases")), *texts(list(translated.values())))
    return SearchHit(
        ids=ids(raw, SERIES_SOURCES),
        title=title,
        original_title=name or None,
        alternative_titles=tuple(other for other in dict.fromkeys(others) if other not in {title, name}),
        year=year(raw.get("year")) or year(raw.get("first_air_time")),
        picture=text(raw.get("thumbnail")) or text(raw.get("image_url")),
    )


def found_by_id(answer: object, kind: str) -> tuple[int, ...]:
    """TVDB's ids of the shows ("series") or films ("movie") that carry somebody's id. One id may be many things'."""
    found = unwrapped(answer, "list of search results")
    numbers = (number(dict_(raw.get(kind)).get("id")) for raw in dicts(found))
    return tuple(known for known in numbers if known is not None)


def _networks(raw: Json) -> tuple[str, ...]:
    """Who shows it; where nobody is named, who made it."""
    companies = dicts(raw.get("companies"))
    shown = [dict_(raw.get("originalNetwork")), dict_(raw.get("latestNetwork"))]
    shown += [company for company in companies if number(company.get("primaryCompanyType")) == _NETWORK]
    return names(shown) or names(companies)


def _country(raw: Json) -> tuple[str, ...]:
    name = tvdb_codes.country_name(text(raw.get("originalCountry")))
    return () if name is None else (name,)
