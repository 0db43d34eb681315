"""How good a picture is for an item, 0-100, from parts that can be shown: "why this poster?". Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from metarr.model.artwork import IDEAL_SIZE, ArtworkKind, Candidate, Score
from metarr.model.search import ORIGINAL_LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

RESOLUTION, ASPECT, LANGUAGE, VOTES, PROVIDER = 30.0, 20.0, 20.0, 20.0, 10.0
_DOUBT = 5  # votes at which an average is half believed
_UNKNOWN = 0.5  # share of a part's points when the provider does not state the figure

# Kinds that look best without text; in the others text is the point, and no text comes after every wanted language.
TEXTLESS_FIRST = frozenset({ArtworkKind.FANART, ArtworkKind.KEYART, ArtworkKind.CHARACTERART, ArtworkKind.THUMB})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the owner prefers, first choice first. `languages` may hold "original"."""

    languages: tuple[str, ...] = ("en",)
    providers: tuple[str, ...] = ()
    original_language: str | None = None

    def ranking(self, kind: ArtworkKind) -> tuple[str | None, ...]:
        """The wanted languages of a kind in order; None stands for "without text"."""
        codes = (self.original_language if code == ORIGINAL_LANGUAGE else code for code in self.languages)
        named = tuple(dict.fromkeys(code.partition("-")[0].lower() for code in codes if code is not None))
        return (None, *named) if kind in TEXTLESS_FIRST else (*named, None)


def score(candidate: Candidate, wanted: Wanted) -> Score:
    """The parts and their sum. A bigger picture of the same shape never scores less."""
    parts = {
        "resolution": RESOLUTION * _resolution(candidate),
        "aspect": ASPECT * _aspect(candidate),
        "language": LANGUAGE * _place(candidate.language, wanted.ranking(candidate.kind)),
        "votes": VOTES * _votes(candidate),
        "provider": PROVIDER * _place(candidate.provider, wanted.providers),
    }
    rounded = {name: round(points, 2) for name, points in parts.items()}
    return Score(total=round(sum(rounded.values()), 2), parts=rounded)


def language_rank(candidate: Candidate, wanted: Wanted) -> int:
    """0 is the language wanted most for this kind; languages nobody asked for share the last place."""
    ranking = wanted.ranking(candidate.kind)
    return ranking.index(candidate.language) if candidate.language in ranking else len(ranking)


def _resolution(candidate: Candidate) -> float:
    if not candidate.width or not candidate.height:
        return _UNKNOWN
    width, height = IDEAL_SIZE[candidate.kind]
    return min(1.0, sqrt(candidate.width * candidate.height / (width * height)))


def _aspect(candidate: Candidate) -> float:
    if not candidate.width or not candidate.height:
        return _UNKNOWN
    width, height = IDEAL_SIZE[candidate.kind]
    deviation = (candidate.width / candidate.height) / (width / height)
    return min(deviation, 1 / deviation)


def _votes(candidate: Candidate) -> float:
    """Average x confidence: ten votes of 8 say more than one of 10."""
    votes = max(0, candidate.votes)
    return min(1.0, max(0.0, candidate.vote_average / 10)) * votes / (votes + _DOUBT)


def _place(value: str | None, ranking: Sequence[str | None]) -> float:
    """1 for the first place, falling evenly, 0 for what is not in the ranking."""
    return 1 - ranking.index(value) / len(ranking) if value in ranking else 0.0
