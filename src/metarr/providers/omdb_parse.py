"""OMDb's answers as our words: ratings on their own scales, and a few facts. Pure.

Lessons built in: "N/A" means unknown, numbers are texts with commas, errors come with status 200.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from metarr.errors import Transient
from metarr.model.media import ExternalIds, Metadata, Rating
from metarr.providers.base import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "omdb"
_UNKNOWN = frozenset({"", "n/a"})
_NO_CERTIFICATION = frozenset({"not rated", "unrated"})
_SOURCES = {"Internet Movie Database": "imdb", "Rotten Tomatoes": "tomatoes", "Metacritic": "metacritic"}
_PLACEHOLDER = re.compile(r"Episode #\d+\.\d+")  # IMDb's name for an episode whose title it does not know
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LENGTH = re.compile(r"(?:(\d+)\s*h(?:r|our)?s?)?\s*(?:(\d+)\s*min(?:ute)?s?)?", re.IGNORECASE)
_MOST_VOTES = 1_000_000_000


def title(answer: object, kind: str) -> Answer | None:
    """A movie, show or episode, asked for by its id; None: OMDb knows the id as that of something else.

    `kind` is OMDb's word: "movie", "series" or "episode". Raises Transient for an answer that is no title.
    """
    raw = _known(answer)
    if (_text(raw.get("Type")) or kind) != kind:
        return None
    certification = _text(raw.get("Rated"))
    if certification is not None and certification.lower() in _NO_CERTIFICATION:
        certification = None
    return Answer(
        Metadata(
            plot=_text(raw.get("Plot")),
            certification=certification,
            runtime=_minutes(raw.get("Runtime")),
            genres=_list(raw.get("Genre")),
            ratings=tuple(_ratings(raw)),
            ids=ExternalIds.from_dict({"imdb": raw.get("imdbID")}),
        )
    )


def season(answer: object) -> dict[int, Answer]:
    """The episodes of a season by their numbers, with what the short list says."""
    raw = _known(answer)
    episodes = raw.get("Episodes")
    found = (entry for entry in episodes if isinstance(entry, dict)) if isinstance(episodes, list) else ()
    return {number: _listed(entry) for entry in found if (number := _number(entry.get("Episode"))) is not None}


def _listed(raw: Mapping[str, Any]) -> Answer:
    name, released = _text(raw.get("Title")), _text(raw.get("Released"))
    return Answer(
        Metadata(
            title=None if name is None or _PLACEHOLDER.fullmatch(name) else name,
            premiered=released if released and _DATE.fullmatch(released) else None,
            ratings=tuple(_ratings(raw)),
            ids=ExternalIds.from_dict({"imdb": raw.get("imdbID")}),
        )
    )


def _known(answer: object) -> Mapping[str, Any]:
    if not isinstance(answer, dict) or "Search" in answer:
        raise Transient(f"{NAME} answered with something else than one title")
    if str(answer.get("Response", "")).lower() != "true":
        error = _text(answer.get("Error")) or "no reason given"
        raise Transient(f"{NAME} cannot answer: {error[:200]}")
    return answer


def _ratings(raw: Mapping[str, Any]) -> Iterator[Rating]:
    """Each source's rating on its own scale. IMDb's has votes, and is also stated by itself."""
    imdb = _float(raw.get("imdbRating"))
    if imdb is not None and 0 < imdb <= 10:  # noqa: PLR2004  IMDb's scale
        yield Rating("imdb", imdb, 10.0, _number(raw.get("imdbVotes")))
    listed = raw.get("Ratings")
    for entry in listed if isinstance(listed, list) else ():
        source = _SOURCES.get(str(entry.get("Source"))) if isinstance(entry, dict) else None
        if source is not None and not (source == "imdb" and imdb is not None):
            yield from _scaled(source, _text(entry.get("Value")) or "", raw)


def _scaled(source: str, text: str, raw: Mapping[str, Any]) -> Iterator[Rating]:
    """From `56%` or `55/100`."""
    value, _, scale = (text.removesuffix("%") + "/100" if text.endswith("%") else text).partition("/")
    points, limit = _float(value), _float(scale)
    if points is not None and limit is not None and 0 <= points <= limit and limit > 0:
        yield Rating(source, points, limit, _number(raw.get("imdbVotes")) if source == "imdb" else None)


def _text(value: object) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return None if text.lower() in _UNKNOWN else text


def _list(value: object) -> tuple[str, ...]:
    parts = (part.strip() for part in (_text(value) or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _minutes(value: object) -> int | None:
    """From `143 min`, or `1 h 30 min` as older entries have it."""
    match = _LENGTH.fullmatch((_text(value) or "").replace(",", ""))
    return (int(match[1] or 0) * 60 + int(match[2] or 0)) or None if match else None


def _number(value: object) -> int | None:
    text = (_text(value) or "").replace(",", "")
    return min(int(text), _MOST_VOTES) if text.isascii() and text.isdigit() and len(text) < 16 else None  # noqa: PLR2004  nonsense beyond


def _float(value: object) -> float | None:
    text = _text(value) or ""
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII) else None
