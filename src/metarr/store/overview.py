"""Counts over items and what was done to their files: for the dashboard, the libraries' list and a run's summary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import Identity, ItemId, ItemKind
from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metarr.store.db import Tx

_ITEM = schema.item
AWAITS_CHOICE = _ITEM.c.awaits_choice
# In the order of `ix_item_progress`, which holds all of it: no item is looked at, and nothing is sorted.
_ALIKE = (
    _ITEM.c.library_id,
    _ITEM.c.kind,
    _ITEM.c.missing_since,
    _ITEM.c.identity,
    _ITEM.c.published_revision,
    _ITEM.c.revision,
    _ITEM.c.awaits_choice,
    _ITEM.c.is_confirmed,
)
_GROUPS = (
    sa.select(*_ALIKE, sa.func.count().label("items"), sa.func.count(_ITEM.c.enriched_at).label("enriched"))
    .where(_ITEM.c.kind != ItemKind.COLLECTION.value)  # a movie set lies in no folder
    .group_by(*_ALIKE)
)


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """How many items of a library are how far. `items` leaves out the missing ones; the others count among them."""

    items: int = 0
    missing: int = 0
    needs_identification: int = 0
    enriched: int = 0
    published: int = 0
    awaiting_choice: int = 0
    confirmed: int = 0  # by a player


def item_counts(tx: Tx) -> dict[int, ItemCounts]:
    """By library."""
    found: dict[int, ItemCounts] = {}
    for row in tx.rows(_GROUPS):
        found[row["library_id"]] = _more(found.get(row["library_id"], ItemCounts()), row)
    return found


def _more(counts: ItemCounts, row: sa.RowMapping) -> ItemCounts:
    """With the items of a row, which are all alike but for when they were enriched."""
    number: int = row["items"]
    if row["missing_since"] is not None:
        return replace(counts, missing=counts.missing + number)
    is_doubtful = row["identity"] == Identity.REVIEW
    is_published = (row["published_revision"] or 0) >= row["revision"]
    return ItemCounts(
        items=counts.items + number,
        missing=counts.missing,
        needs_identification=counts.needs_identification + number * is_doubtful,
        enriched=counts.enriched + row["enriched"],
        published=counts.published + number * is_published,
        awaiting_choice=counts.awaiting_choice + number * row["awaits_choice"],
        confirmed=counts.confirmed + number * row["is_confirmed"],
    )


def behind(tx: Tx, library_id: int, after: int, limit: int) -> list[ItemId]:
    """The next items of a library that are not missing, by their numbers."""
    query = sa.select(_ITEM.c.id).where(_ITEM.c.library_id == library_id, _ITEM.c.missing_since.is_(None))
    rows = tx.rows(query.where(_ITEM.c.id > after).order_by(_ITEM.c.id).limit(limit))
    return [ItemId(row["id"]) for row in rows]


def count_of(tx: Tx, library_id: int) -> int:
    """How many of these there are in all."""
    query = sa.select(sa.func.count()).select_from(_ITEM)
    query = query.where(_ITEM.c.library_id == library_id, _ITEM.c.missing_since.is_(None))
    found: int = tx.execute(query).scalar_one()
    return found


def awaiting_choice(tx: Tx) -> list[ItemId]:
    """Items for which pictures of some kind are on offer and none of that kind is chosen."""
    query = sa.select(_ITEM.c.id).where(_ITEM.c.missing_since.is_(None), AWAITS_CHOICE)
    return [ItemId(row["id"]) for row in tx.rows(query.order_by(_ITEM.c.id))]


def count_awaiting_choice(tx: Tx) -> int:
    """How many these are."""
    query = sa.select(sa.func.count()).select_from(_ITEM).where(_ITEM.c.missing_since.is_(None), AWAITS_CHOICE)
    found: int = tx.execute(query).scalar_one()
    return found


def player_states(tx: Tx, item_ids: Iterable[int]) -> Sequence[sa.RowMapping]:
    """What players last showed of these items."""
    states, player = schema.player_state, schema.player
    query = sa.select(states.c.item_id, player.c.name, states.c.state, states.c.art, states.c.detail, states.c.at)
    return tx.rows(
        query.join(player, player.c.id == states.c.player_id)
        .where(states.c.item_id.in_(list(item_ids)))
        .order_by(states.c.item_id, player.c.name)
    )


def actions_since(tx: Tx, library_id: int, job_id: int) -> dict[str, int]:
    """What jobs from `job_id` on did to the files of a library: action -> how many files."""
    history = schema.history
    query = (
        sa.select(history.c.action, sa.func.count().label("files"))
        .join(_ITEM, _ITEM.c.id == history.c.item_id)
        .where(_ITEM.c.library_id == library_id, history.c.job_id >= job_id)
        .group_by(history.c.action)
    )
    return {row["action"]: row["files"] for row in tx.rows(query)}
