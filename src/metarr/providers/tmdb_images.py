"""TMDB's pictures as candidates, under every kind that they can serve. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.model.artwork import IDEAL_SIZE, ArtworkKind, Candidate
from metarr.providers.json_fields import Json, dict_, dicts, number
from metarr.providers.tmdb_fields import figure, language, path, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GROUPS = ("posters", "backdrops", "logos")

# Widths offered per kind of path, next to "original"; https://developer.themoviedb.org/reference/configuration-details
_BACKDROP_WIDTHS = (300, 780, 1280)
_POSTER_WIDTHS = (92, 154, 185, 342, 500, 780)
_LOGO_WIDTHS = (45, 92, 154, 185, 300, 500)


def of_item(images: object, image_url: str) -> tuple[Candidate, ...]:
    """The pictures of a movie, show or collection.

    A poster without text is also key art, a backdrop with text also a landscape: so do Kodi's own scrapers
    (xbmc/metadata.themoviedb.org.python, tmdb.py and fanarttv.py).
    """
    return tuple(_of_item(dict_(images), image_url))


def of_season(images: object, image_url: str) -> tuple[Candidate, ...]:
    """The pictures of a season: posters only."""
    posters = dicts(dict_(images).get("posters"))
    return tuple(found for raw in posters for found in _candidate(raw, ArtworkKind.POSTER, _POSTER_WIDTHS, image_url))


def of_episode(episode: Json, image_url: str) -> tuple[Candidate, ...]:
    """The still that a season's answer names. Its figures TMDB states only to a call of its own for each episode."""
    still = path(episode.get("still_path"))
    return (Candidate(kind=ArtworkKind.THUMB, provider="tmdb", url=f"{image_url}/original{still}"),) if still else ()


def add(details: Json, images: object) -> None:
    """Put the pictures of an images answer beside those that the details brought."""
    if not isinstance(images, dict) or not any(isinstance(images.get(group), list) for group in _GROUPS):
        raise refused("list of pictures", images)
    present = details["images"] = dict_(details.get("images"))
    for group in _GROUPS:
        known = {raw.get("file_path") for raw in dicts(present.get(group))}
        fresh = [raw for raw in dicts(images.get(group)) if raw.get("file_path") not in known]
        present[group] = [*dicts(present.get(group)), *fresh]


def _of_item(images: Json, image_url: str) -> Iterator[Candidate]:
    for raw in dicts(images.get("posters")):
        yield from _candidate(raw, ArtworkKind.POSTER, _POSTER_WIDTHS, image_url)
        if language(raw.get("iso_639_1")) is None:
            yield from _candidate(raw, ArtworkKind.KEYART, _POSTER_WIDTHS, image_url)
    for raw in dicts(images.get("backdrops")):
        yield from _candidate(raw, ArtworkKind.FANART, _BACKDROP_WIDTHS, image_url)
        if language(raw.get("iso_639_1")) is not None:
            yield from _candidate(raw, ArtworkKind.LANDSCAPE, _BACKDROP_WIDTHS, image_url)
    for raw in dicts(images.get("logos")):
        yield from _candidate(raw, ArtworkKind.CLEARLOGO, _LOGO_WIDTHS, image_url)


def _candidate(raw: Json, kind: ArtworkKind, widths: Sequence[int], image_url: str) -> Iterator[Candidate]:
    file, width, height = path(raw.get("file_path")), number(raw.get("width")), number(raw.get("height"))
    if file is None or not width or not height:
        return
    if file.endswith(".svg"):  # also kept as PNG: https://developer.themoviedb.org/docs/image-basics
        file = file.removesuffix(".svg") + ".png"
    size = _smallest(kind, widths, width, height)
    if size is not None:
        width, height = size, round(height * size / width)
    yield Candidate(
        kind=kind,
        provider="tmdb",
        url=f"{image_url}/{'original' if size is None else f'w{size}'}{file}",
        width=width,
        height=height,
        language=language(raw.get("iso_639_1")),
        vote_average=figure(raw.get("vote_average")),
        votes=number(raw.get("vote_count")) or 0,
    )


def _smallest(kind: ArtworkKind, widths: Sequence[int], width: int, height: int) -> int | None:
    """The smallest offered width that reaches the kind's ideal both ways; None: only the original does."""
    ideal_width, ideal_height = IDEAL_SIZE[kind]
    enough = (size for size in widths if size < width and size >= ideal_width and height * size / width >= ideal_height)
    return next(enough, None)
