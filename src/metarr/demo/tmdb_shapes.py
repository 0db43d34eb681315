"""A film in the shapes of TMDB's answers. Pure; https://developer.themoviedb.org/reference/movie-details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from metarr.demo.drawing import assets, portrait_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from metarr.demo.catalogue import Film

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
    wanted = query.get("language", "en").partition("-")[0]
    words = film.translations.get(wanted)
    answer: Json = {
        **result(film, wanted),
        "imdb_id": film.imdb,
        "belongs_to_collection": {"id": film.collection[0], "name": film.collection[1]} if film.collection else None,
        "genres": _named(film.genres),
        "overview": words.plot if words else film.plot,
        "production_companies": _named(film.studios),
        "production_countries": [{"iso_3166_1": code, "name": name} for code, name in film.countries],
        "runtime": film.runtime,
        "status": "Released",
        "tagline": words.tagline if words else film.tagline,
    }
    for name in query.get("append_to_response", "").split(","):
        if name in _APPENDICES:
            answer[name] = _APPENDICES[name](film, query)
    return answer


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
        "release_date": film.released,
        "title": (words.title if words else "") or film.title,
        "video": False,
        "vote_average": film.rating,
        "vote_count": film.votes,
    }


def search_results(films: Sequence[Film]) -> Json:
    """The answer to `/search/movie`."""
    results = [result(film) for film in films]
    return {"page": 1, "results": results, "total_pages": 1 if results else 0, "total_results": len(results)}


def find_results(film: Film | None) -> Json:
    """The answer to `/find/{id}`."""
    others: Json = {f"{kind}_results": [] for kind in ("person", "tv", "tv_episode", "tv_season")}
    return {"movie_results": [] if film is None else [{**result(film), "media_type": "movie"}], **others}


def images(film: Film, query: Mapping[str, str]) -> Json:
    """Pictures, filtered as TMDB does: by `include_image_language`, else by `language`, else not at all."""
    asked = query.get("include_image_language") or query.get("language", "").partition("-")[0]
    codes = asked.split(",") if asked else None
    groups: Json = {"backdrops": [], "logos": [], "posters": []}
    for asset in assets(film):
        if codes is None or (asset.language or "null") in codes:
            groups[asset.group].append(
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
    return groups


def _credits(film: Film, _: Mapping[str, str]) -> Json:
    cast = [
        {
            "id": _person_id(name),
            "name": name,
            "character": role,
            "order": order,
            "profile_path": f"/{portrait_name(name)}",
        }
        for order, (name, role) in enumerate(film.cast)
    ]
    directors = [_crew_member(name, "Directing", "Director") for name in film.directors]
    writers = [_crew_member(name, "Writing", "Screenplay") for name in film.writers]
    return {"cast": cast, "crew": [*directors, *writers]}


def _crew_member(name: str, department: str, job: str) -> Json:
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


def _videos(film: Film, _: Mapping[str, str]) -> Json:
    trailer = {"iso_639_1": "en", "key": film.trailer, "site": "YouTube", "type": "Trailer", "official": True}
    return {"results": [trailer] if film.trailer else []}


def _keywords(film: Film, _: Mapping[str, str]) -> Json:
    return {"keywords": _named(film.keywords)}


def _translations(film: Film, _: Mapping[str, str]) -> Json:
    own = {"en": {"title": film.title, "overview": film.plot, "tagline": film.tagline}}
    others = {
        code: {"title": words.title, "overview": words.plot, "tagline": words.tagline}
        for code, words in film.translations.items()
    }
    return {
        "translations": [
            {"iso_639_1": code, "iso_3166_1": code.upper(), "data": texts} for code, texts in {**own, **others}.items()
        ]
    }


_APPENDICES: Mapping[str, Callable[[Film, Mapping[str, str]], Json]] = {
    "credits": _credits,
    "images": images,
    "release_dates": _release_dates,
    "external_ids": _external_ids,
    "videos": _videos,
    "keywords": _keywords,
    "translations": _translations,
}


def _named(names: Iterable[str]) -> list[Json]:
    return [{"id": crc32(name.encode()) % 100_000, "name": name} for name in names]


def _person_id(name: str) -> int:
    return crc32(name.encode())
