"""Looking at sets of movies: which there are, and which of their movies are here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.actions import items
from metarr.errors import NotFound
from metarr.model.media import ItemKind
from metarr.store import collections, item_pages
from metarr.store import items as stored
from metarr.store.item_pages import Filter, Order, Sort

if TYPE_CHECKING:
    from metarr.actions.items import ItemLine, ItemPage
    from metarr.store.db import Tx

_MOST = 500  # movies of a set


@dataclass(frozen=True, slots=True)
class CollectionLine:
    """A set, how many movies of it are here, and how many were and are missing now."""

    item: ItemLine
    movies: int
    missing: int


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """One page; `after` asks for the next one, None: this was the last."""

    collections: tuple[CollectionLine, ...]
    after: str | None


def page(
    tx: Tx, *, library_id: int | None = None, search: str | None = None, after: str | None = None, limit: int = 100
) -> CollectionPage:
    """Sets by name."""
    wanted = Filter(kinds=(ItemKind.COLLECTION,), library_id=library_id, search=search)
    found: ItemPage = items.page(tx, wanted, after=after, limit=limit)
    return CollectionPage(counted(tx, found.items), found.after)


def details(tx: Tx, collection_id: int) -> tuple[CollectionLine, tuple[ItemLine, ...]]:
    """A set and its movies, in the order of their years. Raises NotFound."""
    if stored.get(tx, collection_id).kind is not ItemKind.COLLECTION:
        raise NotFound(f"Item {collection_id} is no set of movies.")
    row = item_pages.rows_of(tx, [collection_id])[collection_id]
    [line] = counted(tx, items.lines(tx, [row]))
    members = item_pages.page(tx, Filter(collection_id=collection_id), Order(Sort.YEAR), None, _MOST)
    return line, items.lines(tx, [member for _, member in members])


def counted(tx: Tx, found: tuple[ItemLine, ...]) -> tuple[CollectionLine, ...]:
    """These sets with how many of their movies are here."""
    sizes = collections.sizes(tx, [one.id for one in found])
    known = ((one, *sizes.get(one.id, (0, 0))) for one in found)
    return tuple(CollectionLine(one, movies - gone, gone) for one, movies, gone in known)
