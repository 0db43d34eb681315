"""The first publishing of a library: what it would do, item by item, before its owner confirms it; and its size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.errors import MetarrError
from metarr.library.reconcile import Action
from metarr.model.artwork import ArtworkKind
from metarr.phases.publish import plan_item
from metarr.store import items, libraries, overview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.installation import Installation
    from metarr.library.reconcile import Operation
    from metarr.model.media import ItemId, Library
    from metarr.settings import Settings
    from metarr.store.db import Tx

_KILO = 1000
# Rough sizes of pictures as providers offer them at the size that the kind asks for, in bytes.
_POSTER, _WIDE, _CLEAR, _PORTRAIT = 500 * _KILO, 900 * _KILO, 120 * _KILO, 40 * _KILO
_SIZES = {
    ArtworkKind.POSTER: _POSTER,
    ArtworkKind.KEYART: _POSTER,
    ArtworkKind.FANART: _WIDE,
    ArtworkKind.LANDSCAPE: _WIDE,
    ArtworkKind.BANNER: 200 * _KILO,
}


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """What publishing would do to one item's folder. `fault`: why that cannot be said."""

    item_id: ItemId
    title: str
    operations: Sequence[Operation]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class LibraryPlan:
    """A part of a library's plan. `counts`: action -> files; `after` asks for the next part, None: that was all."""

    library: Library
    total: int
    plans: tuple[ItemPlan, ...]
    counts: Mapping[str, int]
    after: int | None


async def look(house: Installation, library_id: int, *, after: int = 0, limit: int = 10) -> LibraryPlan:
    """What would be done to some of a library's items now. Changes nothing. Raises NotFound."""

    def begin(tx: Tx) -> tuple[Library, list[ItemId], int]:
        library = libraries.get(tx, library_id)
        return library, overview.behind(tx, library.id, after, limit + 1), overview.count_of(tx, library.id)

    library, behind, total = await house.store.read(begin)
    plans = [await _plan(house, item_id) for item_id in behind[:limit]]
    counts = Counter(one.action.value for plan in plans for one in plan.operations if one.action is not Action.KEEP)
    return LibraryPlan(library, total, tuple(plans), counts, behind[limit - 1] if len(behind) > limit else None)


async def _plan(house: Installation, item_id: ItemId) -> ItemPlan:
    try:
        plan = await plan_item(house.store, house.blobs, item_id)
    except MetarrError as error:
        title = await house.store.read(lambda tx: items.get(tx, item_id).metadata.title)
        return ItemPlan(item_id, title or f"Item {item_id}", (), str(error))
    item = plan.wanted.item
    changes = [one for one in plan.operations if one.action is not Action.KEEP]
    return ItemPlan(item.id, item.metadata.title or item.folder, changes)


def bytes_per_title(settings: Settings) -> int:
    """About how much the pictures of one movie or show take, once in the cache and once in the library each."""
    limits = settings.enrichment.artwork_limits
    pictures = sum(limits.get(kind, 1) * _SIZES.get(kind, _CLEAR) for kind in ArtworkKind)
    return pictures + settings.publishing.actor_pictures * _PORTRAIT
