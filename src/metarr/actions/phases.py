"""Asking for a phase by hand: on an item, on what lies below a path, or on a library."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput, NotFound
from metarr.jobs import desk, ledger, triggers
from metarr.jobs.summary import Scope, summary
from metarr.jobs.triggers import Begun
from metarr.model.job import JobKind, Trigger
from metarr.store import items

if TYPE_CHECKING:
    from metarr.actions.targets import Target
    from metarr.jobs.triggers import Order
    from metarr.model.media import LibraryId
    from metarr.model.schedule import Chore
    from metarr.store.db import Tx

_ELSEWHERE = {
    JobKind.NOTIFY: "notifications follow events; a channel's own test sends one",
    JobKind.CLEAN: "the clean-up works on no target: POST /jobs/clean, metarr clean",
    JobKind.BACKUP: "a backup is of the whole installation: POST /backups, metarr backup",
}
BY_HAND = (JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC, JobKind.VERIFY)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was submitted, and the scope to watch until it ends."""

    jobs: int
    scope: Scope
    library_id: int


@dataclass(frozen=True, slots=True)
class Started:
    """The same for what concerns no single library."""

    jobs: int
    scope: Scope


def chore(tx: Tx, what: Chore, library_id: LibraryId | None, schedule_id: int | None = None) -> Started:
    """Do now what the clock would do (by that schedule), at the same urgency."""
    scope = Scope(since=summary(tx, Scope(), limit=0).last + 1)
    return Started(triggers.chore(tx, what, library_id, Begun(Trigger.PERSON, schedule_id)), scope)


def submit(tx: Tx, order: Order, target: Target) -> Submitted:
    """Submit what the order asks for. A library's items are bulk work, which no click has to wait for."""
    if order.kind not in BY_HAND:
        reason = _ELSEWHERE[order.kind]
        raise InvalidInput(f"{order.kind} cannot be asked for ({reason}); choose from {', '.join(BY_HAND)}.")
    if order.is_forced and order.kind is not JobKind.SCAN:
        raise InvalidInput("Only a scan can be told to accept what is missing.")
    if order.is_deep and order.kind is not JobKind.VERIFY:
        raise InvalidInput("Only a verification can be told to read every byte.")
    if order.kind is JobKind.SCAN:
        return _scan(tx, order, target)
    if target.is_library and order.kind in {JobKind.SYNC, JobKind.VERIFY}:
        return _whole(tx, order, target)
    return _each(tx, order, target)


def _scan(tx: Tx, order: Order, target: Target) -> Submitted:
    folder = _folder(target)
    if not folder:
        return _whole(tx, order, target)
    job_id = ledger.submit(tx, triggers.folder_job(order, target.library.id, folder))
    # A pending twin may belong to an earlier workflow.
    return Submitted(1, Scope(root=desk.get(tx, job_id)["root_id"] or job_id), target.library.id)


def _folder(target: Target) -> str:
    """The folder that a path means: a file stands for the folder it lies in."""
    path = target.path or ""
    full = os.path.join(target.library.root, path)  # noqa: PTH118  names may be no UTF-8
    is_file = os.path.exists(full) and not os.path.isdir(full)  # noqa: PTH110, PTH112  the same
    return os.path.dirname(path) if is_file else path  # noqa: PTH120  the same


def _whole(tx: Tx, order: Order, target: Target) -> Submitted:
    scope = watched(tx, target.library.id)
    ledger.submit(tx, triggers.library_job(order, target.library.id))
    return Submitted(1, scope, target.library.id)


def _each(tx: Tx, order: Order, target: Target) -> Submitted:
    item_ids = tuple(items.of_library(tx, target.library.id)) if target.is_library else target.item_ids
    if not item_ids:
        where = os.path.join(target.library.root, target.path or "")  # noqa: PTH118  names may be no UTF-8
        raise NotFound(f"No item is known at {where}. Scan it first: metarr scan {where}")
    scope = watched(tx, target.library.id)
    new = [triggers.item_job(order, target.library.id, one, is_bulk=target.is_library) for one in item_ids]
    if len(new) == 1:
        job_id = ledger.submit(tx, new[0])
        return Submitted(1, Scope(item_id=item_ids[0], since=job_id), target.library.id)
    return Submitted(ledger.submit_together(tx, new), scope, target.library.id)


def watched(tx: Tx, library_id: int) -> Scope:
    """A library's jobs that are open now and whatever is submitted from here on."""
    now = summary(tx, Scope(library_id=library_id), limit=0)
    return Scope(library_id=library_id, since=now.first_open or now.last + 1)
