"""How good a picture is for an item, 0-100, from parts that can be shown: "why this poster?". Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING

from metarr.model.artwork import IDEAL_SIZE, ArtworkKind, Candidate, Score
from metarr.model.media import ItemKind
from metarr.model.search import ORIGINAL_LANGUAGE
from metarr.settings import PREFERRED, TEXTLESS, EnrichmentSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DOUBT = 5  # votes at which an average is half believed
_UNKNOWN = 0.5  # share of a part's points when the provider does not state the figure
_DIGITS = 2  # of points


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the owner prefers for one item, first choice first. `languages` may hold "original".

    `level` is the item's kind; weights, ranks of languages and limits may differ by it.
    """

    languages: tuple[str, ...] = ("en",)
    providers: tuple[str, ...] = ()
    original_language: str | None = None
    level: ItemKind = ItemKind.MOVIE
    settings: EnrichmentSettings = field(default_factory=EnrichmentSettings)
    _rankings: dict[ArtworkKind, tuple[str | None, ...]] = field(default_factory=dict, init=False, compare=False)

    def ranking(self, kind: ArtworkKind) -> tuple[str | None, ...]:
        """The wanted languages of a kind in order; None stands for "without text". Asked for every candidate."""
        if kind not in self._rankings:
            words = self.settings.languages_of(self.level, kind)
            self._rankings[kind] = tuple(dict.fromkeys(place for word in words for place in self._places(word)))
        return self._rankings[kind]

    def _places(self, word: str) -> Iterator[str | None]:
        if word == TEXTLESS:
            yield None
            return
        for code in self.languages if word == PREFERRED else (word,):
            known = self.original_language if code == ORIGINAL_LANGUAGE else code
            if known is not None:
                yield known.partition("-")[0].lower()  # pictures know no regions


def score(candidate: Candidate, wanted: Wanted) -> Score:
    """The parts and their sum. A bigger picture of the same shape never scores less."""
    weights = wanted.settings.weights_of(wanted.level, candidate.kind)
    parts = {
        "resolution": weights.resolution * _resolution(candidate),
        "aspect": weights.aspect * _aspect(candidate),
        "language": weights.language * _place(candidate.language, wanted.ranking(candidate.kind)),
        "votes": weights.votes * _votes(candidate),
        "provider": weights.provider * _place(candidate.provider, wanted.providers),
    }
    rounded = {name: round(points, _DIGITS) for name, points in parts.items()}
    return Score(total=round(sum(rounded.values()), _DIGITS), parts=rounded)


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
