"""Movie sets as items of their own: made with the first movie that belongs to one, gone with the last."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import ExternalIds, Identity, ItemId, ItemKind, Metadata
from metarr.store import items, schema
from metarr.store.columns import unindexed
from metarr.store.items import NewItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.media import CollectionRef, Item, LibraryId
    from metarr.store.db import Tx

_ITEM = schema.item
_GRACE = timedelta(days=30)  # as for movies whose files are gone


def link(tx: Tx, movie: Item, named: CollectionRef | None) -> ItemId | None:
    """Make the movie a member of the set that its metadata names. Returns the set's item if this has just made it.

    A set that is known by its name only is no item: nobody could be asked about it.
    """
    row = tx.one(sa.select(_ITEM.c.collection_id).where(_ITEM.c.id == movie.id))
    before = None if row is None else row["collection_id"]
    wanted, is_new = None, False
    if named is not None and named.tmdb is not None:
        wanted, is_new = _item_of(tx, movie.library_id, named.tmdb, named.name)
    if wanted != before:
        items.update(tx, movie.id, collection_id=wanted)
        retire(tx)
    return wanted if is_new else None


def movies(tx: Tx, collection: Item) -> list[Item]:
    """The members of a set that are there."""
    query = sa.select(_ITEM.c.id).where(_ITEM.c.collection_id == collection.id, _ITEM.c.missing_since.is_(None))
    return [items.get(tx, row["id"]) for row in tx.rows(query.order_by(_ITEM.c.id))]


def sizes(tx: Tx, collection_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many movies each of these sets has here, and how many of them are missing."""
    # What is missing will be deleted one day: few are, and they have an index.
    is_missing = sa.and_(_ITEM.c.delete_after.is_not(None), _ITEM.c.missing_since.is_not(None))
    gone = _numbers(tx, unindexed(_ITEM.c.collection_id), collection_ids, is_missing)
    movies = _numbers(tx, _ITEM.c.collection_id, collection_ids)
    return {one: (number, gone.get(one, 0)) for one, number in movies.items()}


def _numbers(
    tx: Tx, collection: sa.ColumnElement[int], which: Sequence[int], *conditions: sa.ColumnElement[bool]
) -> dict[int, int]:
    found = sa.select(collection.label("one"), sa.func.count().label("number"))
    rows = tx.rows(found.where(collection.in_(which), *conditions).group_by(collection))
    return {row["one"]: int(row["number"]) for row in rows}


def retire(tx: Tx) -> None:
    """Sets that no movie refers to any more vanish, with the same grace as anything else."""
    member = sa.alias(_ITEM, "member")
    is_idle = sa.and_(
        _ITEM.c.kind == ItemKind.COLLECTION,
        _ITEM.c.missing_since.is_(None),
        ~sa.exists().where(member.c.collection_id == _ITEM.c.id),
    )
    idle = [ItemId(row["id"]) for row in tx.rows(sa.select(_ITEM.c.id).where(is_idle))]
    items.mark_missing(tx, idle, _GRACE)


def _item_of(tx: Tx, library_id: LibraryId, tmdb: int, name: str) -> tuple[ItemId, bool]:
    """The set's item, and whether it is new."""
    place = f"collection:{tmdb}"
    item = items.at_place(tx, library_id, ItemKind.COLLECTION, place)
    if item is None:
        known = Metadata(title=name, ids=ExternalIds(tmdb=tmdb))
        origins = {"title": "name", "ids": "tmdb"}
        new = NewItem(library_id, ItemKind.COLLECTION, place, "", known, origins, Identity.IDENTIFIED)
        return items.create(tx, new), True
    if item.missing_since is not None:
        items.update(tx, item.id, missing_since=None, delete_after=None)
    return item.id, False
