"""TMDB's answers about movies and collections, and its search results, as our words. Pure: no fetching.

Nothing raises for a field that is empty, null or missing; an answer that is no movie at all is a `BadAnswer`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from metarr.model.media import CollectionRef, ExternalIds, Metadata, Rating
from metarr.model.search import SearchHit
from metarr.providers import tmdb_images, tmdb_people
from metarr.providers.base import Answer
from metarr.providers.json_fields import Json, date, dict_, dicts, names, number, text, year
from metarr.providers.tmdb_fields import Reading, Texts, base, figure, language, listed, object_, path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Release types: 3 is theatrical; https://developer.themoviedb.org/reference/movie-release-dates
_THEATRICAL = 3
_SMALL = "w185"  # of the widths of posters; https://developer.themoviedb.org/reference/configuration-details


def movie(answer: object, reading: Reading) -> Answer:
    """A movie's details with everything appended."""
    details = object_(answer, "movie", "title")
    external = dict_(details.get("external_ids"))
    credits_ = dict_(details.get("credits"))
    texts = Texts(details, reading.languages)
    metadata = Metadata(
        title=texts.title,
        original_title=text(details.get("original_title")),
        original_language=language(details.get("original_language")),
        year=year(details.get("release_date")),
        premiered=date(details.get("release_date")),
        plot=texts.first("overview"),
        tagline=texts.first("tagline"),
        runtime=number(details.get("runtime")) or None,
        certification=_certification(dict_(details.get("release_dates")), reading.countries),
        genres=names(details.get("genres")),
        studios=names(details.get("production_companies")),
        countries=names(details.get("production_countries")),
        tags=names(dict_(details.get("keywords")).get("keywords")),
        ratings=ratings(details),
        cast=tmdb_people.cast(credits_, reading.image_url),
        crew=tmdb_people.crew(credits_.get("crew")),
        collection=_collection_of(details.get("belongs_to_collection")),
        trailer=trailer(dict_(details.get("videos")), reading.languages),
        status=text(details.get("status")),
        ids=ExternalIds.from_dict(
            {"tmdb": details.get("id"), "imdb": details.get("imdb_id") or external.get("imdb_id")}
        ),
    )
    return Answer(metadata, tmdb_images.of_item(details.get("images"), reading.image_url))


def collection(answer: object, reading: Reading) -> Answer:
    """A movie set's details with everything appended."""
    details = object_(answer, "collection", "name", "parts")
    texts = Texts(details, reading.languages, title="name")
    metadata = Metadata(
        title=texts.title,
        plot=texts.first("overview"),
        original_language=language(details.get("original_language")),
        ids=ExternalIds.from_dict({"tmdb": details.get("id")}),
    )
    return Answer(metadata, tmdb_images.of_item(details.get("images"), reading.image_url))


def search(answer: object, key: str = "results", image_url: str = "") -> tuple[SearchHit, ...]:
    """The hits of a search for movies or shows (or, by `key`, of a find)."""
    return tuple(_hit(raw, image_url) for raw in listed(answer, "list of hits", key) if number(raw.get("id")))


def is_named(hit: SearchHit, title: str) -> bool:
    """Whether one of the hit's titles is this one, but for case, accents and punctuation."""
    known = (hit.title, hit.original_title, *hit.alternative_titles)
    return _plain(title) in {_plain(name) for name in known if name}


def with_titles(hit: SearchHit, answer: object) -> SearchHit:
    """The hit with what else it is called, from its details with alternative titles and translations appended."""
    details = object_(answer, "movie or show with its titles", "alternative_titles", "translations")
    titles = dict_(details.get("alternative_titles"))  # movies call them "titles", shows "results"
    translations = dicts(dict_(details.get("translations")).get("translations"))
    found = [
        *(raw.get("title") for raw in (*dicts(titles.get("titles")), *dicts(titles.get("results")))),
        *(dict_(raw.get("data")).get(key) for raw in translations for key in ("title", "name")),
    ]
    known = tuple(dict.fromkeys(filter(None, map(text, found))))
    return replace(hit, alternative_titles=known, runtime=number(details.get("runtime")) or None)


def ratings(details: Json) -> tuple[Rating, ...]:
    average, votes = figure(details.get("vote_average")), number(details.get("vote_count")) or 0
    return (Rating("tmdb", average, votes=votes),) if votes > 0 else ()


def trailer(videos: Json, languages: Sequence[str]) -> str | None:
    """The YouTube id of the best trailer: wanted language first, then official ones."""
    trailers = [
        raw
        for raw in dicts(videos.get("results"))
        if raw.get("site") == "YouTube" and raw.get("type") == "Trailer" and text(raw.get("key"))
    ]
    ranks = {base(code): rank for rank, code in reversed(list(enumerate(languages)))}
    trailers.sort(key=lambda raw: (ranks.get(str(raw.get("iso_639_1")), len(ranks)), not raw.get("official")))
    return text(trailers[0].get("key")) if trailers else None


def _hit(raw: Json, image_url: str) -> SearchHit:
    poster = path(raw.get("poster_path"))
    return SearchHit(
        ids=ExternalIds.from_dict({"tmdb": raw.get("id")}),
        title=text(raw.get("title")) or text(raw.get("name")) or "",
        original_title=text(raw.get("original_title")) or text(raw.get("original_name")),
        original_language=language(raw.get("original_language")),
        year=year(raw.get("release_date")) or year(raw.get("first_air_date")),
        popularity=figure(raw.get("popularity")),
        picture=f"{image_url}/{_SMALL}{poster}" if image_url and poster else None,
    )


def _plain(title: str) -> str:
    decomposed = unicodedata.normalize("NFKD", title.replace("&", " and ").casefold())
    return "".join(character for character in decomposed if character.isalnum()) or title


def _certification(release_dates: Json, countries: Sequence[str]) -> str | None:
    """The first wanted country's age rating, that of the theatrical release before others."""
    results = dicts(release_dates.get("results"))
    found = (rating for country in countries for rating in _certifications(results, country))
    return next(found, None)


def _certifications(results: Sequence[Json], country: str) -> Iterator[str]:
    """All that one country gave, the theatrical release's first; most releases have none."""
    releases = [
        release
        for result in results
        if result.get("iso_3166_1") == country
        for release in dicts(result.get("release_dates"))
    ]
    releases.sort(key=lambda release: release.get("type") != _THEATRICAL)
    yield from filter(None, (text(release.get("certification")) for release in releases))


def _collection_of(value: object) -> CollectionRef | None:
    raw = dict_(value)
    name = text(raw.get("name"))
    return CollectionRef(name, number(raw.get("id")), text(raw.get("overview"))) if name else None
