"""Which pictures an item gets: what a person chose or had stays, the free places go to the best candidates. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.model.artwork import KINDS, ArtworkKind, Candidate, ChosenBy, Score, Selection
from metarr.phases.enrich.score import Wanted, language_rank, score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DEFAULT_LIMITS: Mapping[ArtworkKind, int] = {ArtworkKind.POSTER: 3, ArtworkKind.FANART: 4}
_OTHERS_LIMIT = 1
ANY_LANGUAGE = "*"  # of a picture's text: nobody said which it is

# Bits of a 64-bit perceptual hash. Measured: resized or recompressed copies differ by at most 4, others by 18.
_ALIKE_BITS = 8


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate, its score, and the automatic choice that already holds its bytes, if there is one."""

    candidate: Candidate
    score: Score
    chosen: Selection | None = None


@dataclass(frozen=True, slots=True)
class Picks:
    """One kind's decision: `kept` stays; the free `ranks` go to the first of `queue` that can be had.

    The queue is longer than the ranks: a picture that does not download or resembles an earlier one is passed over.
    Ranks that the queue cannot fill go to `fallback`: earlier automatic choices that nobody offers any more.
    `languages`: in which language the kept pictures are, by blob, as far as their providers said. `blocked`: pictures
    that a person does not want, of those that were ever fetched.
    """

    kept: tuple[Selection, ...]
    ranks: tuple[int, ...]
    queue: tuple[Ranked, ...]
    fallback: tuple[Selection, ...] = ()
    languages: Mapping[str, str | None] = field(default_factory=dict)
    blocked: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture looks like: its perceptual hash (64 bits) and the language of its text, or ANY_LANGUAGE."""

    phash: int
    language: str | None


def select(
    candidates: Iterable[Candidate],
    existing: Sequence[Selection],
    limits: Mapping[ArtworkKind, int],
    locks: frozenset[str],
    wanted: Wanted,
    blocked: Iterable[Candidate] = (),
) -> Mapping[ArtworkKind, Picks]:
    """Decide per kind that has candidates or choices. Kinds that `limits` does not name take their default.

    Nothing is chosen of kinds that items of this level do not have. `blocked`: not among the candidates, and nothing
    that looks like them is wanted either.
    """
    unwanted = [one for one in blocked if one.blob is not None]
    offered: dict[ArtworkKind, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.kind in KINDS[wanted.level]:
            offered.setdefault(candidate.kind, []).append(candidate)
    present = offered.keys() | {selection.kind for selection in existing}
    return {
        kind: _select_kind(
            offered.get(kind, []),
            [selection for selection in existing if selection.kind is kind],
            limits.get(kind, DEFAULT_LIMITS.get(kind, _OTHERS_LIMIT)),
            is_locked=f"artwork.{kind}" in locks,
            wanted=wanted,
            blocked=tuple(one for one in unwanted if one.kind is kind),
        )
        for kind in ArtworkKind
        if kind in present
    }


def rank(candidates: Iterable[Candidate], wanted: Wanted) -> tuple[tuple[Candidate, Score], ...]:
    """Best first: by wanted language, then by score, then in the order offered.

    Language stands before the sum of points: a poster in a language that nobody reads is no good however sharp it is.
    """
    scored = [(candidate, score(candidate, wanted)) for candidate in candidates]
    scored.sort(key=lambda pair: (language_rank(pair[0], wanted), -pair[1].total))
    return tuple(scored)


def are_alike(first: Look, second: Look) -> bool:
    """Near-duplicates. Never across languages: the same art with another title differs by a few bits only."""
    is_same_language = first.language == second.language or ANY_LANGUAGE in {first.language, second.language}
    return is_same_language and (first.phash ^ second.phash).bit_count() <= _ALIKE_BITS


def _select_kind(
    candidates: Sequence[Candidate],
    existing: Sequence[Selection],
    limit: int,
    *,
    is_locked: bool,
    wanted: Wanted,
    blocked: tuple[Candidate, ...],
) -> Picks:
    if is_locked:
        return Picks(kept=tuple(existing), ranks=(), queue=())
    kept = tuple(selection for selection in existing if selection.chosen_by is not ChosenBy.AUTO)
    automatic = [selection for selection in existing if selection.chosen_by is ChosenBy.AUTO]
    taken = {selection.rank for selection in kept}
    free = [place for place in range(limit) if place not in taken][: max(0, limit - len(kept))]
    if not free:
        return Picks(kept=kept, ranks=(), queue=())
    used = {selection.candidate_id for selection in kept} - {None}
    by_candidate = {selection.candidate_id: selection for selection in automatic}
    ranked = rank((candidate for candidate in candidates if candidate.id not in used), wanted)
    queue = tuple(
        Ranked(candidate, points, None if candidate.id is None else by_candidate.get(candidate.id))
        for candidate, points in ranked
    )
    offered = {candidate.id for candidate in candidates} - {None}
    fallback = tuple(selection for selection in automatic if selection.candidate_id not in offered)
    said = {candidate.id: candidate.language for candidate in candidates if candidate.url and candidate.id}
    languages = {one.blob: said[one.candidate_id] for one in kept if one.candidate_id in said}
    return Picks(kept, tuple(free), queue, fallback, languages, blocked)
