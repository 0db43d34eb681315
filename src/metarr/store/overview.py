"""Counts over items and what was done to their files: for the dashboard, the libraries' list and a run's summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import Identity, ItemId, ItemKind
from metarr.model.player import CONFIRMED
from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metarr.store.db import Tx

_ITEM = schema.item


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
    present = _ITEM.c.missing_since.is_(None)
    is_published = sa.func.coalesce(_ITEM.c.published_revision, 0) >= _ITEM.c.revision
    states = schema.player_state
    is_confirmed = sa.exists().where(states.c.item_id == _ITEM.c.id, states.c.state.in_(sorted(CONFIRMED)))
    parts = {
        "items": present,
        "missing": _ITEM.c.missing_since.is_not(None),
        "needs_identification": sa.and_(present, _ITEM.c.identity == Identity.REVIEW),
        "enriched": sa.and_(present, _ITEM.c.enriched_at.is_not(None)),
        "published": sa.and_(present, is_published),
        "awaiting_choice": sa.and_(present, AWAITS_CHOICE),
        "confirmed": sa.and_(present, is_confirmed),
    }
    columns = [sa.func.sum(sa.case((condition, 1), else_=0)).label(name) for name, condition in parts.items()]
    has_files = _ITEM.c.kind != ItemKind.COLLECTION  # a movie set lies in no folder
    rows = tx.rows(sa.select(_ITEM.c.library_id, *columns).where(has_files).group_by(_ITEM.c.library_id))
    return {row["library_id"]: ItemCounts(**{name: int(row[name]) for name in parts}) for row in rows}


def awaiting_choice(tx: Tx) -> list[ItemId]:
    """Items for which pictures of some kind are on offer and none of that kind is chosen."""
    query = sa.select(_ITEM.c.id).where(_ITEM.c.missing_since.is_(None), AWAITS_CHOICE)
    return [ItemId(row["id"]) for row in tx.rows(query.order_by(_ITEM.c.id))]


def count_awaiting_choice(tx: Tx) -> int:
    """How many these are."""
    query = sa.select(sa.func.count()).select_from(_ITEM).where(_ITEM.c.missing_since.is_(None), AWAITS_CHOICE)
    found: int = tx.execute(query).scalar_one()
    return found


def awaiting_among(tx: Tx, item_ids: Iterable[int]) -> set[int]:
    """Which of these await a choice."""
    return {row["id"] for row in tx.rows(sa.select(_ITEM.c.id).where(_ITEM.c.id.in_(list(item_ids)), AWAITS_CHOICE))}


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


def _awaits_choice() -> sa.ColumnElement[bool]:
    offered, chosen = schema.candidate, schema.choice
    has_choice = sa.exists().where(chosen.c.item_id == offered.c.item_id, chosen.c.kind == offered.c.kind)
    return sa.exists().where(offered.c.item_id == _ITEM.c.id, ~offered.c.is_blocked, ~has_choice)


AWAITS_CHOICE = _awaits_choice()
