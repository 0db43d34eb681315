"""Which of a provider's hits is the film or show in question: only one that is clearly best, by score and by margin.

Pure.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.search import SearchHit

ACCEPTED = 75.0  # points
_MARGIN = 8.0  # points ahead of the next hit
_MARGIN_WITHOUT_YEAR = 20.0
_TITLE, _YEAR, _RUNTIME, _LANGUAGE, _POPULARITY = 58.0, 24.0, 10.0, 4.0, 4.0
_NEAR = 0.8  # what a title that is only similar can reach at most: an exact one is always ahead
_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "le",
        "la",
        "les",
        "l",
        "un",
        "une",
        "el",
        "los",
        "las",
        "lo",
        "il",
        "gli",
        "i",
        "de",
        "het",
        "een",
        "den",
        "det",
    ]
)
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10"}
_YEAR_POINTS = {0: 1.0, 1: 0.7, 2: 0.2}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What files say about their film or show: titles (title, original title), the year, and what is in them.

    `runtime` in minutes; `spoken`: the languages of their sound (ISO 639-1).
    """

    titles: tuple[str, ...]
    year: int | None = None
    runtime: float | None = None
    spoken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hit with its points, 0-100, and the named parts that add up to them."""

    hit: SearchHit
    score: float
    parts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Match:
    """`best` is set only when it is clear; `ranked` is what a person chooses from otherwise, best first."""

    best: SearchHit | None
    score: float
    margin: float
    ranked: tuple[Ranked, ...]


def match(wanted: Wanted, hits: Sequence[SearchHit]) -> Match:
    """Score every hit, and accept the first only by score and by its distance to the second."""
    ranked = tuple(sorted((_rank(wanted, hit) for hit in hits), key=_order))
    if not ranked:
        return Match(None, 0.0, 0.0, ())
    first = ranked[0]
    margin = first.score - ranked[1].score if len(ranked) > 1 else first.score
    needed = _MARGIN if wanted.year else _MARGIN_WITHOUT_YEAR
    is_clear = first.score >= ACCEPTED and margin >= needed and not _is_other_year(wanted, first.hit)
    return Match(first.hit if is_clear else None, first.score, round(margin, 1), ranked)


def _order(ranked: Ranked) -> tuple[float, str]:
    return -ranked.score, repr(ranked.hit.ids.as_dict())


def _rank(wanted: Wanted, hit: SearchHit) -> Ranked:
    parts = {
        "title": round(_TITLE * _title_likeness(wanted, hit), 1),
        "year": round(_YEAR * _year_likeness(wanted.year, hit.year), 1),
        "runtime": round(_RUNTIME * _runtime_likeness(wanted.runtime, hit.runtime), 1),
        "language": round(_LANGUAGE * _language_likeness(wanted.spoken, hit.original_language), 1),
        "popularity": round(_POPULARITY * min(1.0, math.log10(1 + max(0.0, hit.popularity)) / 2), 1),
    }
    return Ranked(hit, round(sum(parts.values()), 1), parts)


def _title_likeness(wanted: Wanted, hit: SearchHit) -> float:
    theirs = [hit.title, hit.original_title or "", *hit.alternative_titles]
    pairs = [(_normal(ours), _normal(other)) for ours in wanted.titles for other in theirs if ours and other]
    return max((1.0 if ours == other else _NEAR * _similar(ours, other) for ours, other in pairs), default=0.0)


def _similar(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _year_likeness(wanted: int | None, found: int | None) -> float:
    if wanted is None:
        return 0.6  # the same for all: neither for nor against
    return 0.3 if found is None else _YEAR_POINTS.get(abs(wanted - found), 0.0)


def _is_other_year(wanted: Wanted, hit: SearchHit) -> bool:
    """More than a year apart is another film: release dates differ by country, remakes by more."""
    return wanted.year is not None and hit.year is not None and abs(wanted.year - hit.year) > 1


def _runtime_likeness(wanted: float | None, found: int | None) -> float:
    """Files run a little shorter or longer (PAL speed-up is 4 %, editions differ); a quarter off is another film."""
    if not wanted or not found:
        return 0.5
    difference = abs(wanted - found) / found
    return 1.0 if difference <= 0.05 else 0.6 if difference <= 0.12 else 0.2 if difference <= 0.25 else 0.0  # noqa: PLR2004


def _language_likeness(spoken: frozenset[str], original: str | None) -> float:
    """That nobody speaks the original language says little: many films are dubbed. That somebody does says more."""
    if not spoken or original is None:
        return 0.5
    return 1.0 if original.partition("-")[0].lower() in spoken else 0.0


def _normal(title: str) -> str:
    """A title as it is compared: no accents, case, punctuation or leading article; & is "and", II is 2."""
    text = unicodedata.normalize("NFKD", title).casefold().replace("&", " and ")
    text = "".join(character for character in text if not unicodedata.combining(character))
    words = re.sub(r"[^\w]+|_", " ", re.sub(r"['\u2019`]", "", text)).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join([*words[:1], *(_ROMAN.get(word, word) for word in words[1:])]) or text.strip()
