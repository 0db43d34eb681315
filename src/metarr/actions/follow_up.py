"""The work that a person's change of one item leads to: at a person's priority, and what to watch until it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metarr.actions.phases import Submitted
from metarr.jobs import ledger, triggers
from metarr.jobs.summary import Scope, summary
from metarr.jobs.triggers import Order

if TYPE_CHECKING:
    from metarr.model.job import JobKind
    from metarr.model.media import Item
    from metarr.store.db import Tx


def follow_up(tx: Tx, item: Item, kind: JobKind) -> Submitted:
    """Submit the phase that the change calls for. What providers said lately is good enough for it."""
    job = triggers.item_job(Order(kind), item.library_id, item.id)
    job_id = ledger.submit(tx, replace(job, is_forced=False))
    return Submitted(1, Scope(item_id=item.id, since=job_id), item.library_id)


def nothing(tx: Tx, item: Item) -> Submitted:
    """The change leads to no work."""
    last = summary(tx, Scope(item_id=item.id), limit=0).last
    return Submitted(0, Scope(item_id=item.id, since=last + 1), item.library_id)
