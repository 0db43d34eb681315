"""Which film an item is: evidence weighed in order, and a provider's hits accepted only when one is clearly best.

Ids that somebody stated beat every guess; where two contradict each other, a person decides. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import combinations

from metarr.model.media import ExternalIds, Identity


class Source(IntEnum):
    """Where a piece of evidence comes from; the lower the number, the more it counts."""

    WEBHOOK = 1  # Radarr or Sonarr named the film when they imported it
    NAME = 2  # of the file or its folder
    NFO = 3  # by a person or an unknown hand
    MANAGED_NFO = 4  # by Radarr, Sonarr or Jellyfin
    OWN_NFO = 5  # ours: an echo, no evidence


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one source says, and the text in which it says so, for a person to judge."""

    source: Source
    text: str
    ids: ExternalIds = field(default_factory=ExternalIds)
    title: str | None = None
    year: int | None = None
    confidence: int = 100  # in title and year


@dataclass(frozen=True, slots=True)
class Decision:
    """What an item is, how sure that is (0-100), why in words, and the evidence in the order of its weight."""

    identity: Identity
    ids: ExternalIds
    title: str | None
    year: int | None
    confidence: int
    reason: str
    evidence: tuple[Evidence, ...]


def decide(evidence: Sequence[Evidence]) -> Decision:
    """Weigh all evidence about one item."""
    ordered = tuple(sorted(evidence, key=lambda piece: piece.source))
    heard = [piece for piece in ordered if piece.source is not Source.OWN_NFO]
    titled = next((piece for piece in heard if piece.title and piece.year), None) or next(
        (piece for piece in heard if piece.title), None
    )
    title, year = (titled.title, titled.year) if titled else (None, None)
    stated = _without_stale([piece for piece in heard if piece.ids])
    pairs = combinations(stated, 2)
    conflict = next(((one, other) for one, other in pairs if one.ids.agrees_with(other.ids) is False), None)
    if conflict:
        one, other = conflict
        reason = f"{_words(one)} contradicts {_words(other)}"
        return Decision(Identity.REVIEW, ExternalIds(), title, year, 0, reason, ordered)
    if stated:
        ids = ExternalIds()
        for piece in stated:
            ids = ids.merged_with(piece.ids)
        return Decision(Identity.IDENTIFIED, ids, title, year, 100, f"stated by {_words(stated[0])}", ordered)
    if titled is None:
        return Decision(Identity.REVIEW, ExternalIds(), None, None, 0, "nothing says what this is", ordered)
    confidence = titled.confidence if year else min(titled.confidence, 50)
    return Decision(Identity.GUESSED, ExternalIds(), title, year, confidence, f"title from {titled.text}", ordered)


def _without_stale(stated: list[Evidence]) -> list[Evidence]:
    """A manager's webhook is newer than the NFO that it left in the folder."""
    if any(piece.source is Source.WEBHOOK for piece in stated):
        return [piece for piece in stated if piece.source is not Source.MANAGED_NFO]
    return stated


def _words(piece: Evidence) -> str:
    ids = ", ".join(f"{source} {value}" for source, value in piece.ids.as_dict().items())
    return f"{piece.text} ({ids})"
