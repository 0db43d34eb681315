"""Fanart.tv's answers as candidates. Pure: what is empty, null or malformed in one picture leaves out that picture.

Lessons built in: numbers are texts, `season` may be "all", the language "00" or "" means without text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metarr.errors import Transient
from metarr.model.artwork import ArtworkKind, Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "fanarttv"
_LIKED = 10.0  # a like is a vote for the picture; nobody can vote against one
_TEXTLESS = frozenset({"", "00", "null"})
_ALL_SEASONS = frozenset({"", "all"})
_PICTURES = "http://assets.fanart.tv/"  # what older answers say; the server has long had https

# What each list holds, with the one size that Fanart.tv accepts for it. Version 3.2 of the API states the size itself.
# Names: https://api.fanart.tv; sizes: Jellyfin.Plugin.Fanart, MovieProvider.cs, SeriesProvider.cs and SeasonProvider.cs
_MOVIE = {
    "hdmovielogo": (ArtworkKind.CLEARLOGO, 800, 310),
    "movielogo": (ArtworkKind.CLEARLOGO, 400, 155),
    "hdmovieclearart": (ArtworkKind.CLEARART, 1000, 562),
    "movieart": (ArtworkKind.CLEARART, 500, 281),
    "moviedisc": (ArtworkKind.DISCART, 1000, 1000),
    "moviebanner": (ArtworkKind.BANNER, 1000, 185),
    "moviethumb": (ArtworkKind.LANDSCAPE, 1000, 562),
    "moviebackground": (ArtworkKind.FANART, 1920, 1080),
    "movieposter": (ArtworkKind.POSTER, 1000, 1426),
}
_SERIES = {
    "hdtvlogo": (ArtworkKind.CLEARLOGO, 800, 310),
    "clearlogo": (ArtworkKind.CLEARLOGO, 400, 155),
    "hdclearart": (ArtworkKind.CLEARART, 1000, 562),
    "clearart": (ArtworkKind.CLEARART, 500, 281),
    "characterart": (ArtworkKind.CHARACTERART, 512, 512),
    "tvthumb": (ArtworkKind.LANDSCAPE, 500, 281),
    "tvbanner": (ArtworkKind.BANNER, 1000, 185),
    "tvposter": (ArtworkKind.POSTER, 1000, 1426),
    "showbackground": (ArtworkKind.FANART, 1920, 1080),
}
_SEASON = {
    "seasonposter": (ArtworkKind.POSTER, 1000, 1426),
    "seasonthumb": (ArtworkKind.LANDSCAPE, 500, 281),
    "seasonbanner": (ArtworkKind.BANNER, 1000, 185),
    "showbackground": (ArtworkKind.FANART, 1920, 1080),
}
_WITHOUT_TEXT = frozenset({ArtworkKind.FANART, ArtworkKind.CHARACTERART})  # the site accepts none with text

_Lists = dict[str, tuple[ArtworkKind, int, int]]


def movie(answer: object) -> tuple[Candidate, ...]:
    """Every picture of a movie. Raises Transient for an answer that is none."""
    return tuple(_candidates(_object(answer), _MOVIE, None))


def series(answer: object) -> tuple[Candidate, ...]:
    """The pictures of a show itself: those of single seasons are left out."""
    return tuple(_candidates(_object(answer), _SERIES, None))


def season(answer: object, number: int) -> tuple[Candidate, ...]:
    """The pictures of one season (0: the specials), from the answer about its show."""
    return tuple(_candidates(_object(answer), _SEASON, number))


def _object(answer: object) -> Mapping[str, Any]:
    if not isinstance(answer, dict):
        raise Transient(f"{NAME} answered with something else than the pictures of one title")
    return answer


def _candidates(answer: Mapping[str, Any], lists: _Lists, season_number: int | None) -> Iterator[Candidate]:
    for name, (kind, width, height) in lists.items():
        pictures = answer.get(name)
        for raw in pictures if isinstance(pictures, list) else ():
            if not isinstance(raw, dict) or _season(raw) != season_number:
                continue
            url = _url(raw.get("url"))
            if url is not None:
                yield from _kinds(raw, Candidate(kind, NAME, url, *_size(raw, width, height)))


def _kinds(raw: Mapping[str, Any], plain: Candidate) -> Iterator[Candidate]:
    """The picture under the kinds it can serve: a poster without text is also key art."""
    language = None if plain.kind in _WITHOUT_TEXT else _language(raw.get("lang"))
    likes = max(0, _number(raw.get("likes")) or 0)
    kinds = [plain.kind]
    if plain.kind is ArtworkKind.POSTER and language is None and _season(raw) is None:
        kinds.append(ArtworkKind.KEYART)
    for kind in kinds:
        yield Candidate(
            kind, plain.provider, plain.url, plain.width, plain.height, language, _LIKED if likes else 0.0, likes
        )


def _season(raw: Mapping[str, Any]) -> int | None:
    """The season that a picture is of; None: of the show, or of all its seasons."""
    value = raw.get("season")
    if value is None or str(value).strip().lower() in _ALL_SEASONS:
        return None
    number = _number(value)
    return -1 if number is None else number  # of something, but of no season that there can be


def _size(raw: Mapping[str, Any], width: int, height: int) -> tuple[int, int]:
    stated = _number(raw.get("width")), _number(raw.get("height"))
    return (stated[0], stated[1]) if stated[0] and stated[1] else (width, height)


def _url(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    if text.startswith(_PICTURES):
        return "https" + text.removeprefix("http")
    return text if text.startswith(("https://", "http://")) else None


def _language(value: object) -> str | None:
    code = value.strip().lower() if isinstance(value, str) else ""
    return None if code in _TEXTLESS else code


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004  no number of theirs is longer
