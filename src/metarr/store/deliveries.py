"""What download managers sent: kept as it came, with what it led to, for a while."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.store import pruning, schema
from metarr.store.columns import document
from metarr.store.db import NOW
from metarr.store.prepared import prepared_insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from metarr.store.db import Tx

_DELIVERY = schema.webhook_delivery
_VALUES = ("source", "instance", "event_type", "payload", "outcome", "detail", "job_id", "replay_of")
_INSERT = prepared_insert(_DELIVERY, _VALUES, returning=("id",), received_at=NOW)
_LISTED = [column for column in _DELIVERY.c if column is not _DELIVERY.c.payload]


class Outcome(StrEnum):
    """What became of a delivery."""

    SUBMITTED = "submitted"  # work was submitted, or joined work that waits already
    NOTED = "noted"  # understood, and there is nothing to do
    REFUSED = "refused"  # not understood, or about a folder that is not ours


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to keep. `job_id` is the root of the workflow that it led to."""

    source: str
    instance: str
    event_type: str
    payload: Any
    outcome: Outcome
    detail: str
    job_id: int | None = None
    replay_of: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which deliveries to list: only those before this number, from this source, with this outcome."""

    before: int | None = None
    source: str | None = None
    outcome: str | None = None


def add(tx: Tx, new: NewDelivery) -> int:
    """Keep a delivery; returns its number."""
    row = {name: getattr(new, name) for name in _VALUES}
    [[number]] = tx.run(_INSERT, {**row, "outcome": new.outcome.value, "payload": document(new.payload)})
    return int(number)


def get(tx: Tx, number: int) -> sa.RowMapping:
    """One delivery with its payload. Raises NotFound."""
    row = tx.one(sa.select(_DELIVERY).where(_DELIVERY.c.id == number))
    if row is None:
        raise NotFound(f"There is no delivery {number}.")
    return row


def page(tx: Tx, query: Query, limit: int) -> Sequence[sa.RowMapping]:
    """Deliveries without their payloads, newest first."""
    wanted = sa.select(*_LISTED).order_by(_DELIVERY.c.id.desc()).limit(limit)
    if query.before is not None:
        wanted = wanted.where(_DELIVERY.c.id < query.before)
    if query.source is not None:
        wanted = wanted.where(_DELIVERY.c.source == query.source)
    if query.outcome is not None:
        wanted = wanted.where(_DELIVERY.c.outcome == query.outcome)
    return tx.rows(wanted)


def latest(tx: Tx, limit: int) -> Sequence[sa.RowMapping]:
    """The newest deliveries with their payloads."""
    return tx.rows(sa.select(_DELIVERY).order_by(_DELIVERY.c.id.desc()).limit(limit))


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget what was received longer ago than that. Returns how many."""
    return pruning.prune(tx, _DELIVERY, _DELIVERY.c.received_at < pruning.ago(keep))
