"""TMDB's answers as our words. Pure: no fetching, and nothing raises for a field that is empty, null or missing.

Lessons built in: "" and null both mean unknown, a runtime of 0 is unknown, certifications may be empty, pictures
without text have a null language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from metarr.model.artwork import IDEAL_SIZE, ArtworkKind, Candidate
from metarr.model.media import CastMember, CollectionRef, CrewMember, ExternalIds, Metadata, Rating
from metarr.model.search import ORIGINAL_LANGUAGE, SearchHit
from metarr.providers.base import ProviderMovie

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Json = dict[str, Any]  # Any: what JSON holds

# Widths offered per kind of path, next to "original"; https://developer.themoviedb.org/reference/configuration-details
_BACKDROP_WIDTHS = (300, 780, 1280)
_POSTER_WIDTHS = (92, 154, 185, 342, 500, 780)
_LOGO_WIDTHS = (45, 92, 154, 185, 300, 500)
_PORTRAIT_SIZE = "h632"  # the smallest profile size above the 300x450 that players show

# Release types: 3 is theatrical; https://developer.themoviedb.org/reference/movie-release-dates
_THEATRICAL = 3
_WRITING_JOBS = frozenset({"Screenplay", "Writer", "Story", "Author"})
_NO_LANGUAGE = "xx"
_DATE = re.compile(r"(\d{4})-\d{2}-\d{2}")


def movie(details: Json, *, languages: Sequence[str], countries: Sequence[str], image_url: str) -> ProviderMovie:
    """A details answer with everything appended."""
    premiered = _date(details.get("release_date"))
    external = _dict(details.get("external_ids"))
    texts = _Texts(details, languages)
    metadata = Metadata(
        title=texts.first("title"),
        original_title=_text(details.get("original_title")),
        original_language=language(details.get("original_language")),
        year=int(premiered[:4]) if premiered else None,
        premiered=premiered,
        plot=texts.first("overview"),
        tagline=texts.first("tagline"),
        runtime=_number(details.get("runtime")) or None,
        certification=_certification(_dict(details.get("release_dates")), countries),
        genres=_names(details.get("genres")),
        studios=_names(details.get("production_companies")),
        countries=_names(details.get("production_countries")),
        tags=_names(_dict(details.get("keywords")).get("keywords")),
        ratings=_ratings(details),
        cast=_cast(_dict(details.get("credits")), image_url),
        crew=_crew(_dict(details.get("credits"))),
        collection=_collection(details.get("belongs_to_collection")),
        trailer=_trailer(_dict(details.get("videos")), languages),
        status=_text(details.get("status")),
        ids=ExternalIds.from_dict(
            {"tmdb": details.get("id"), "imdb": details.get("imdb_id") or external.get("imdb_id")}
        ),
    )
    return ProviderMovie(metadata, tuple(_candidates(_dict(details.get("images")), image_url)))


def search(answer: Json, key: str = "results") -> tuple[SearchHit, ...]:
    """The hits of a search (or, by `key`, of a find)."""
    return tuple(_hit(raw) for raw in _dicts(answer.get(key)) if _number(raw.get("id")))


def language(value: object) -> str | None:
    """An ISO 639-1 code; None for null, "" and TMDB's "xx" (no language)."""
    code = _text(value)
    return None if code is None or code.lower() == _NO_LANGUAGE else code.lower()


def add_images(details: Json, images: Json) -> None:
    """Put the pictures of an images answer beside those that the details brought."""
    present = details.setdefault("images", {})
    for group in ("posters", "backdrops", "logos"):
        present[group] = [*_dicts(present.get(group)), *_dicts(images.get(group))]


def _hit(raw: Json) -> SearchHit:
    released = _date(raw.get("release_date"))
    return SearchHit(
        ids=ExternalIds.from_dict({"tmdb": raw.get("id")}),
        title=_text(raw.get("title")) or "",
        original_title=_text(raw.get("original_title")),
        year=int(released[:4]) if released else None,
        popularity=_float(raw.get("popularity")),
    )


class _Texts:
    """Titles and plots by language: the first of the wanted ones that has the text, else what TMDB fell back to."""

    def __init__(self, details: Json, languages: Sequence[str]) -> None:
        self._details = details
        self._original = language(details.get("original_language"))
        codes = [self._original if code == ORIGINAL_LANGUAGE else code for code in languages]
        self._languages = [code for code in codes if code is not None]
        self._translations = _dicts(_dict(details.get("translations")).get("translations"))

    def first(self, name: str) -> str | None:
        translated = (text for code in self._languages for text in self._in(code, name))
        return next(translated, None) or _text(self._details.get(name))

    def _in(self, code: str, name: str) -> Iterator[str]:
        """The text in one language; a region (`pt-BR`) prefers its own translation."""
        base, _, region = code.partition("-")
        matching = [raw for raw in self._translations if raw.get("iso_639_1") == base.lower()]
        matching.sort(key=lambda raw: raw.get("iso_3166_1") != region.upper())
        yield from filter(None, (_text(_dict(raw.get("data")).get(name)) for raw in matching))
        # An empty translated title in the language of the movie means: it is the original one.
        original = _text(self._details.get("original_title"))
        if name == "title" and base.lower() == self._original and original:
            yield original


def _certification(release_dates: Json, countries: Sequence[str]) -> str | None:
    """The first wanted country's age rating, that of the theatrical release before others."""
    results = _dicts(release_dates.get("results"))
    for country in countries:
        releases = [
            release
            for result in results
            if result.get("iso_3166_1") == country
            for release in _dicts(result.get("release_dates"))
        ]
        releases.sort(key=lambda release: release.get("type") != _THEATRICAL)
        for release in releases:
            certification = _text(release.get("certification"))
            if certification:
                return certification
    return None


def _ratings(details: Json) -> tuple[Rating, ...]:
    average, votes = _float(details.get("vote_average")), _number(details.get("vote_count")) or 0
    return (Rating("tmdb", average, votes=votes),) if votes > 0 else ()


def _cast(credits_: Json, image_url: str) -> tuple[CastMember, ...]:
    members = (
        CastMember(
            name=name,
            role=_text(raw.get("character")) or "",
            order=_number(raw.get("order")) or 0,
            tmdb=_number(raw.get("id")),
            portrait_url=f"{image_url}/{_PORTRAIT_SIZE}{path}" if (path := _path(raw.get("profile_path"))) else None,
        )
        for raw in _dicts(credits_.get("cast"))
        if (name := _text(raw.get("name")))
    )
    return tuple(sorted(members, key=lambda member: member.order))


def _crew(credits_: Json) -> tuple[CrewMember, ...]:
    """Directors and writers, each once per job."""
    found: dict[tuple[str, str], CrewMember] = {}
    for raw in _dicts(credits_.get("crew")):
        name, job = _text(raw.get("name")), _job(raw)
        if name and job:
            found.setdefault((name, job), CrewMember(name, job, _number(raw.get("id"))))
    return tuple(found.values())


def _job(raw: Json) -> str | None:
    if raw.get("job") == "Director":
        return "director"
    return "writer" if raw.get("department") == "Writing" and raw.get("job") in _WRITING_JOBS else None


def _collection(value: object) -> CollectionRef | None:
    raw = _dict(value)
    name = _text(raw.get("name"))
    return CollectionRef(name, _number(raw.get("id")), _text(raw.get("overview"))) if name else None


def _trailer(videos: Json, languages: Sequence[str]) -> str | None:
    """The YouTube id of the best trailer: wanted language first, then official ones."""
    trailers = [
        raw
        for raw in _dicts(videos.get("results"))
        if raw.get("site") == "YouTube" and raw.get("type") == "Trailer" and _text(raw.get("key"))
    ]
    ranks = {code.partition("-")[0].lower(): rank for rank, code in reversed(list(enumerate(languages)))}
    trailers.sort(key=lambda raw: (ranks.get(str(raw.get("iso_639_1")), len(ranks)), not raw.get("official")))
    return _text(trailers[0].get("key")) if trailers else None


def _candidates(images: Json, image_url: str) -> Iterator[Candidate]:
    """Every picture under the kinds it can serve.

    A poster without text is also key art, a backdrop with text also a landscape: so do Kodi's own scrapers
    (xbmc/metadata.themoviedb.org.python, tmdb.py and fanarttv.py).
    """
    for raw in _dicts(images.get("posters")):
        yield from _candidate(raw, ArtworkKind.POSTER, _POSTER_WIDTHS, image_url)
        if language(raw.get("iso_639_1")) is None:
            yield from _candidate(raw, ArtworkKind.KEYART, _POSTER_WIDTHS, image_url)
    for raw in _dicts(images.get("backdrops")):
        yield from _candidate(raw, ArtworkKind.FANART, _BACKDROP_WIDTHS, image_url)
        if language(raw.get("iso_639_1")) is not None:
            yield from _candidate(raw, ArtworkKind.LANDSCAPE, _BACKDROP_WIDTHS, image_url)
    for raw in _dicts(images.get("logos")):
        yield from _candidate(raw, ArtworkKind.CLEARLOGO, _LOGO_WIDTHS, image_url)


def _candidate(raw: Json, kind: ArtworkKind, widths: Sequence[int], image_url: str) -> Iterator[Candidate]:
    path, width, height = _path(raw.get("file_path")), _number(raw.get("width")), _number(raw.get("height"))
    if path is None or not width or not height:
        return
    if path.endswith(".svg"):  # also kept as PNG: https://developer.themoviedb.org/docs/image-basics
        path = path.removesuffix(".svg") + ".png"
    size = _smallest(kind, widths, width, height)
    if size is not None:
        width, height = size, round(height * size / width)
    yield Candidate(
        kind=kind,
        provider="tmdb",
        url=f"{image_url}/{'original' if size is None else f'w{size}'}{path}",
        width=width,
        height=height,
        language=language(raw.get("iso_639_1")),
        vote_average=_float(raw.get("vote_average")),
        votes=_number(raw.get("vote_count")) or 0,
    )


def _smallest(kind: ArtworkKind, widths: Sequence[int], width: int, height: int) -> int | None:
    """The smallest offered width that reaches the kind's ideal both ways; None: only the original does."""
    ideal_width, ideal_height = IDEAL_SIZE[kind]
    enough = (size for size in widths if size < width and size >= ideal_width and height * size / width >= ideal_height)
    return next(enough, None)


def _names(value: object) -> tuple[str, ...]:
    names = (_text(raw.get("name")) for raw in _dicts(value))
    return tuple(dict.fromkeys(name for name in names if name))


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _path(value: object) -> str | None:
    """A picture's path, which begins with a slash."""
    text = _text(value)
    return text if text is not None and text.startswith("/") else None


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _date(value: object) -> str | None:
    """An ISO date, or None for "", null and anything else."""
    text = _text(value)
    return text if text is not None and _DATE.fullmatch(text) else None
