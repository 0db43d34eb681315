"""The event table: what happened, in order. Readers go on from the last id they saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.event import Event, EventType, NewEvent
from metarr.store import pruning, schema
from metarr.store.db import EVENTS, NOW

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    from metarr.store.db import Tx

_EVENT = schema.event
PAGE = 500  # events read at once
_KNOWN = tuple(EventType)  # a newer release beside this one may write others


def add(tx: Tx, new: NewEvent) -> None:
    """Write one event; listeners hear of it after the commit."""
    row = {
        "type": new.type.value,
        "job_id": new.job_id,
        "item_id": new.item_id,
        "library_id": new.library_id,
        "data": dict(new.data),
    }
    tx.execute(_INSERT, row)
    tx.announce(EVENTS)


_INSERT = sa.insert(_EVENT).values(at=NOW)


def since(tx: Tx, last_id: int, *, types: Collection[EventType] = (), limit: int = PAGE) -> Sequence[Event]:
    """Events after `last_id`, oldest first."""
    query = sa.select(_EVENT).where(_EVENT.c.id > last_id).order_by(_EVENT.c.id).limit(limit)
    query = query.where(_EVENT.c.type.in_(types or _KNOWN))
    return [_event(row) for row in tx.rows(query)]


def newest(tx: Tx, kind: EventType, limit: int = 3) -> Sequence[Event]:
    """The latest events of a type, newest first."""
    query = sa.select(_EVENT).where(_EVENT.c.type == kind).order_by(_EVENT.c.id.desc()).limit(limit)
    return [_event(row) for row in tx.rows(query)]


def last_id(tx: Tx) -> int:
    """The newest event's id, 0 when there is none."""
    found: int | None = tx.execute(sa.select(sa.func.max(_EVENT.c.id))).scalar_one()
    return found or 0


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget what happened longer ago than that. Returns how many events."""
    return pruning.prune(tx, _EVENT, _EVENT.c.at < pruning.ago(keep))


def _event(row: sa.RowMapping) -> Event:
    return Event(
        type=EventType(row["type"]),
        job_id=row["job_id"],
        item_id=row["item_id"],
        library_id=row["library_id"],
        data=row["data"],
        id=row["id"],
        at=row["at"],
    )
