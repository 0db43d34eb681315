"""Films and their sets in the shapes of TMDB's answers. Pure; https://developer.themoviedb.org/reference/movie-details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

from metarr.demo.drawing import assets, portrait_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from metarr.demo.drawing import Asset, Subject
    from metarr.demo.works import Film, FilmSet, Show

    # What can be appended to an answer about a work, by the name that asks for it
    Work = TypeVar("Work")
    Appendices = Mapping[str, Callable[[Work, Mapping[str, str]], "Json"]]

Json = dict[str, Any]  # Any: what JSON holds

INVALID_KEY: Json = {
    "status_code": 7,
    "status_message": "Invalid API key: You must be granted a valid key.",
    "success": False,
}
NOT_FOUND: Json = {
    "status_code": 34,
    "status_message": "The resource you requested could not be found.",
    "success": False,
}
KEY_IS_GOOD: Json = {"success": True, "status_code": 1, "status_message": "Success."}
CONFIGURATION: Json = {
    "images": {
        "backdrop_sizes": ["w300", "w780", "w1280", "original"],
        "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
        "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
        "profile_sizes": ["w45", "w185", "h632", "original"],
        "still_sizes": ["w92", "w185", "w300", "original"],
    },
    "change_keys": [],
}


def details(film: Film, query: Mapping[str, str]) -> Json:
    """The answer to `/movie/{id}`, with what `append_to_response` asks for."""
    wanted = wanted_language(query)
    words = film.translations.get(wanted)
    answer: Json = {
        **result(film, wanted),
        "imdb_id": film.imdb,
        "belongs_to_collection": {"id": film.collection.tmdb, "name": film.collection.title}
        if film.collection
        else None,
        "genres": named(film.genres),
        "overview": words.plot if words else film.plot,
        "production_companies": named(film.studios),
        "production_countries": [{"iso_3166_1": code, "name": name} for code, name in film.countries],
        "runtime": film.runtime,
        "status": "Released",
        "tagline": words.tagline if words else film.tagline,
    }
    return {**answer, **appended(_OF_FILM, film, query)}


def collection_details(films: Sequence[Film], film_set: FilmSet, query: Mapping[str, str]) -> Json:
    """The answer to `/collection/{id}`; `films` are those of the set."""
    words = film_set.translations.get(wanted_language(query))
    answer: Json = {
        "id": film_set.tmdb,
        "name": words.title if words else film_set.title,
        "overview": words.plot if words else film_set.plot,
        "poster_path": None,
        "backdrop_path": None,
        "parts": [{**result(film), "media_type": "movie"} for film in films],
    }
    return {**answer, **appended(_OF_SET, film_set, query)}


def appended(known: Appendices[Work], work: Work, query: Mapping[str, str]) -> Json:
    """What `append_to_response` asks for, as far as it is known."""
    asked = query.get("append_to_response", "").split(",")
    return {name: known[name](work, query) for name in asked if name in known}


def wanted_language(query: Mapping[str, str]) -> str:
    return query.get("language", "en").partition("-")[0]


def result(film: Film, language: str = "en") -> Json:
    """A film as it stands in the lists of search and find."""
    words = film.translations.get(language)
    return {
        "adult": False,
        "id": film.tmdb,
        "original_language": film.language,
        "original_title": film.original_title or film.title,
        "overview": film.plot,
        "popularity": round(film.votes / 100, 3),
        "poster_path": f"/{film.key}-poster-0.jpg",
        "release_date": film.released,
        "title": (words.title if words else "") or film.title,
        "video": False,
        "vote_average": film.rating,
        "vote_count": film.votes,
    }


def search_results(films: Sequence[Film]) -> Json:
    """The answer to `/search/movie`."""
    return listed([result(film) for film in films])


def listed(results: Sequence[Json]) -> Json:
    """The only page of a search."""
    return {"page": 1, "results": results, "total_pages": 1 if results else 0, "total_results": len(results)}


def find_results(film: Json | None, show: Json | None) -> Json:
    """The answer to `/find/{id}`, from what search says about the one or the other."""
    return {
        "movie_results": [] if film is None else [{**film, "media_type": "movie"}],
        "person_results": [],
        "tv_results": [] if show is None else [{**show, "media_type": "tv"}],
        "tv_episode_results": [],
        "tv_season_results": [],
    }


def images(subject: Subject, query: Mapping[str, str]) -> Json:
    """The pictures of a film, set or show."""
    return pictures(assets(subject), ("backdrops", "logos", "posters"), query)


def pictures(offered: Iterable[Asset], groups: Iterable[str], query: Mapping[str, str]) -> Json:
    """Pictures, filtered as TMDB does: by `include_image_language`, else by `language`, else not at all."""
    asked = query.get("include_image_language") or query.get("language", "").partition("-")[0]
    codes = asked.split(",") if asked else None
    found: Json = {group: [] for group in groups}
    for asset in offered:
        if codes is None or (asset.language or "null") in codes:
            found[asset.group].append(
                {
                    "aspect_ratio": round(asset.width / asset.height, 3),
                    "file_path": f"/{asset.name}",
                    "height": asset.height,
                    "iso_639_1": asset.language,
                    "vote_average": asset.average,
                    "vote_count": asset.votes,
                    "width": asset.width,
                }
            )
    return found


def _credits(film: Film, _: Mapping[str, str]) -> Json:
    cast = [cast_member(name, role, order) for order, (name, role) in enumerate(film.cast)]
    directors = [crew_member(name, "Directing", "Director") for name in film.directors]
    writers = [crew_member(name, "Writing", "Screenplay") for name in film.writers]
    return {"cast": cast, "crew": [*directors, *writers]}


def cast_member(name: str, role: str, order: int) -> Json:
    profile = f"/{portrait_name(name)}"
    return {"id": _person_id(name), "name": name, "character": role, "order": order, "profile_path": profile}


def crew_member(name: str, department: str, job: str) -> Json:
    return {"id": _person_id(name), "name": name, "department": department, "job": job, "profile_path": None}


def _release_dates(film: Film, _: Mapping[str, str]) -> Json:
    release = {"certification": film.certification, "iso_639_1": "", "note": "", "type": 3}
    return {
        "results": [
            {"iso_3166_1": "US", "release_dates": [{**release, "release_date": f"{film.released}T00:00:00.000Z"}]}
        ]
    }


def _external_ids(film: Film, _: Mapping[str, str]) -> Json:
    return {"imdb_id": film.imdb, "wikidata_id": None, "facebook_id": None}


def trailers(work: Film | Show, _: Mapping[str, str]) -> Json:
    trailer = {"iso_639_1": "en", "key": work.trailer, "site": "YouTube", "type": "Trailer", "official": True}
    return {"results": [trailer] if work.trailer else []}


def _alternative_titles(film: Film, _: Mapping[str, str]) -> Json:
    return {"titles": [{"iso_3166_1": "US", "title": title, "type": ""} for title in film.also_known_as]}


def _keywords(film: Film, _: Mapping[str, str]) -> Json:
    return {"keywords": named(film.keywords)}


def translations(work: Film | Show, title: str) -> Json:
    """The texts in every language; `title` is what this kind of work calls its title."""
    own = {"en": {title: work.title, "overview": work.plot, "tagline": work.tagline}}
    others = {
        code: {title: words.title, "overview": words.plot, "tagline": words.tagline}
        for code, words in work.translations.items()
    }
    return {
        "translations": [
            {"iso_639_1": code, "iso_3166_1": code.upper(), "data": texts} for code, texts in {**own, **others}.items()
        ]
    }


def _set_translations(film_set: FilmSet, _: Mapping[str, str]) -> Json:
    return {
        "translations": [
            {"iso_639_1": code, "iso_3166_1": code.upper(), "data": {"title": words.title, "overview": words.plot}}
            for code, words in film_set.translations.items()
        ]
    }


_OF_FILM: Appendices[Film] = {
    "credits": _credits,
    "images": images,
    "release_dates": _release_dates,
    "external_ids": _external_ids,
    "videos": trailers,
    "keywords": _keywords,
    "translations": lambda film, _: translations(film, "title"),
    "alternative_titles": _alternative_titles,
}
_OF_SET: Appendices[FilmSet] = {"images": images, "translations": _set_translations}


def named(names: Iterable[str]) -> list[Json]:
    return [{"id": crc32(name.encode()) % 100_000, "name": name} for name in names]


def _person_id(name: str) -> int:
    return crc32(name.encode())
