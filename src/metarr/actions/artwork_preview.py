"""Which pictures an item would get under other rules, before they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metarr.actions import settings as actions
from metarr.actions.artwork import Offer
from metarr.model.media import ItemKind
from metarr.phases.enrich.recording import show_of
from metarr.phases.enrich.score import Wanted
from metarr.phases.enrich.select import rank, select
from metarr.settings import LibraryOverrides, Settings, in_library
from metarr.store import artwork, items, libraries, settings
from metarr.store.item_pages import Filter, Order, Sort, page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.actions.installation import Installation
    from metarr.model.artwork import ArtworkKind, Candidate, Score
    from metarr.model.media import Item
    from metarr.phases.enrich.select import Picks
    from metarr.store.db import Tx

_LOOKED_AT = 20  # items, for one that has something to choose from


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture under the rules. `place`: 1 is the best; `before`: its place under the rules that are stored.

    `is_chosen`: it would be; near-duplicates and pictures that cannot be had are passed over only when it is done.
    `stays`: it is chosen whatever the rules say: a person chose it, or it lay in the folder.
    """

    offer: Offer
    place: int
    before: int
    is_chosen: bool
    stays: bool


@dataclass(frozen=True, slots=True)
class KindPreview:
    """One kind of picture. `limit`: how many are chosen; `stays`: how many of those are, whatever the rules say."""

    kind: ArtworkKind
    limit: int
    stays: int
    is_locked: bool
    pictures: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rules come to for one item."""

    item: Item
    kinds: tuple[KindPreview, ...]


def preview(tx: Tx, house: Installation, item_id: int, patch: Mapping[str, Any]) -> Preview:
    """The item's pictures under the settings of enrichment changed by `patch`; nothing is stored.

    Raises NotFound, and WrongSettings as `settings.change` does.
    """
    item = items.get(tx, item_id)
    now, then = settings.load(tx), actions.draft(tx, "enrichment", patch)
    rows = artwork.candidates(tx, item.id)
    offered = [candidate for candidate, _, _ in rows]
    blocked = {candidate.id for candidate, _, is_blocked in rows if is_blocked}
    chosen = artwork.selections(tx, item.id)
    picks = select(
        [one for one in offered if one.id not in blocked],
        chosen,
        _limits(tx, item, then),
        item.locks,
        _wanted(tx, house, item, then),
        [one for one in offered if one.id in blocked],
    )
    before = dict(_places(rank(offered, _wanted(tx, house, item, now))))
    ranked = rank(offered, _wanted(tx, house, item, then))
    ranks: dict[int | None, int] = {one.candidate_id: one.rank for one in chosen if one.candidate_id is not None}
    past = _Past(before, ranks, frozenset(blocked), item.locks)
    return Preview(item, tuple(_kind(kind, one, ranked, past) for kind, one in picks.items()))


@dataclass(frozen=True, slots=True)
class _Past:
    """What is so, whatever the rules will be: places before, ranks of what is chosen, blocks, locks."""

    places: Mapping[int | None, int]
    ranks: Mapping[int | None, int]
    blocked: frozenset[int | None]
    locks: frozenset[str]


def suitable(tx: Tx) -> int | None:
    """An item that has pictures to choose from, if there is one among the latest."""
    for key, _ in page(tx, Filter(kinds=(ItemKind.MOVIE, ItemKind.SERIES)), Order(Sort.ADDED, True), None, _LOOKED_AT):
        if artwork.candidates(tx, items.get(tx, key.item_id).id):
            return key.item_id
    return None


def _wanted(tx: Tx, house: Installation, item: Item, chosen: Settings) -> Wanted:
    """As enrichment has it."""
    show = show_of(tx, item)
    return Wanted(
        libraries.get(tx, item.library_id).languages or chosen.languages,
        chosen.enrichment.ordered(house.providers),
        item.metadata.original_language or (show.metadata.original_language if show else None),
        item.kind,
        chosen.enrichment,
    )


def _limits(tx: Tx, item: Item, chosen: Settings) -> Mapping[ArtworkKind, int]:
    own = libraries.overridden(tx).get(item.library_id, LibraryOverrides())
    return in_library(chosen, own).enrichment.artwork_limits


def _places(ranked: Iterable[tuple[Candidate, Score]]) -> Iterable[tuple[int | None, int]]:
    """Each candidate's place among those of its kind."""
    counts: dict[ArtworkKind, int] = {}
    for candidate, _ in ranked:
        counts[candidate.kind] = counts.get(candidate.kind, 0) + 1
        yield candidate.id, counts[candidate.kind]


def _kind(kind: ArtworkKind, picks: Picks, ranked: Sequence[tuple[Candidate, Score]], past: _Past) -> KindPreview:
    kept = {one.candidate_id for one in picks.kept} - {None}
    chosen = {one.candidate.id for one in picks.queue[: len(picks.ranks)]} | kept
    mine = [(candidate, points) for candidate, points in ranked if candidate.kind is kind]
    pictures = tuple(
        Placed(
            Offer(candidate, points, candidate.id in past.blocked, past.ranks.get(candidate.id)),
            place,
            past.places[candidate.id],
            is_chosen=candidate.id in chosen,
            stays=candidate.id in kept,
        )
        for place, (candidate, points) in enumerate(mine, 1)
    )
    limit = len(picks.kept) + len(picks.ranks)
    return KindPreview(kind, limit, len(picks.kept), f"artwork.{kind}" in past.locks, pictures)
