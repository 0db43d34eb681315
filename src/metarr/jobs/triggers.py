"""What starts work: one function per trigger of the design, and the events that jobs give rise to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from metarr.jobs import ledger, policy
from metarr.model.event import NewEvent
from metarr.model.job import Job, JobKind, NewJob, Priority
from metarr.model.schedule import Chore
from metarr.store import channels, events, facts, health, items, libraries
from metarr.store import settings as stored_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Tx

_REFRESH_AFTER = timedelta(days=6)  # weekly, whatever the hour


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for. `is_forced` on a scan: believe that what is missing is gone."""

    kind: JobKind
    is_alone: bool = False
    is_forced: bool = False


def library_job(order: Order, library_id: LibraryId) -> NewJob:
    """A person asks for a phase that works library by library (scan, sync, verify)."""
    return NewJob(
        order.kind,
        Priority.VERIFICATION if order.kind is JobKind.VERIFY else Priority.USER,
        library_id=library_id,
        is_bulk=True,
        is_alone=order.is_alone,
        is_forced=order.is_forced,
    )


def folder_job(order: Order, library_id: LibraryId, path: str) -> NewJob:
    """A person asks for one folder (relative to the root) to be scanned."""
    return replace(library_job(order, library_id), payload={"path": path}, is_bulk=False)


def item_job(order: Order, library_id: LibraryId, item_id: ItemId, *, is_bulk: bool = False) -> NewJob:
    """A person asks for one phase on an item, by itself or as one of a whole library's (`is_bulk`)."""
    return NewJob(
        order.kind,
        Priority.AUTOMATED if is_bulk else Priority.USER,
        item_id=item_id,
        library_id=library_id,
        is_bulk=is_bulk,
        is_alone=order.is_alone,
        # Who asks for enrichment wants what the providers say now, not what they said last week.
        is_forced=order.kind is JobKind.ENRICH,
    )


def chore(tx: Tx, what: Chore, library_id: LibraryId | None) -> None:
    """The clock asks, for one library or for all."""
    wanted = [library_id] if library_id is not None else [library.id for library in libraries.everything(tx)]
    match what:
        case Chore.SCAN:
            ledger.submit_many(tx, (_bulk(JobKind.SCAN, Priority.AUTOMATED, one) for one in wanted))
        case Chore.REFRESH:
            for one in wanted:
                refresh(tx, one)
        case Chore.VERIFY:
            if stored_settings.load(tx).verification.enabled:
                ledger.submit_many(tx, (_bulk(JobKind.VERIFY, Priority.VERIFICATION, one) for one in wanted))
        case Chore.CLEAN:
            ledger.submit(tx, NewJob(JobKind.CLEAN, Priority.CLEANUP))


def changed(tx: Tx, library_id: LibraryId, folders: Iterable[str]) -> None:
    """Something changed in these folders of a library, relative to its root; "" is the root itself."""
    whole = _bulk(JobKind.SCAN, Priority.AUTOMATED, library_id)
    jobs = (replace(whole, payload={"path": folder}, is_bulk=False) if folder else whole for folder in folders)
    ledger.submit_many(tx, jobs)


def refresh(tx: Tx, library_id: LibraryId) -> int:
    """Ask again for metadata that was fetched long enough ago. Returns for how many items."""
    old = items.enriched_before(tx, library_id, _REFRESH_AFTER)
    jobs = (
        NewJob(JobKind.ENRICH, Priority.AUTOMATED, item_id=one, library_id=library_id, is_bulk=True, is_forced=True)
        for one in old
    )
    return ledger.submit_many(tx, jobs)


def pause(tx: Tx, library_id: LibraryId) -> None:
    """A person stops what is enriched of this library as a whole; single items go on."""
    facts.pause(tx, libraries.get(tx, library_id).id)


def resume(tx: Tx, library_id: LibraryId) -> int:
    """It goes on. Returns how many jobs were waiting for that."""
    facts.resume(tx, libraries.get(tx, library_id).id)
    cause = policy.pause_cause(library_id)
    woken = ledger.wake(tx, cause)
    health.clear(tx, cause)
    return woken


def _bulk(kind: JobKind, priority: Priority, library_id: LibraryId) -> NewJob:
    return NewJob(kind, priority, library_id=library_id, is_bulk=True)


def progress(tx: Tx, job: Job, percent: float | None, message: str) -> None:
    """What a running job reports: on its row, and as an event for whoever watches."""
    event = policy.PROGRESS_EVENT.get(job.kind)
    if ledger.set_progress(tx, job, percent, message) and event is not None:
        data = {"percent": percent, "message": message, "root": job.root_id}
        events.add(tx, NewEvent(event, job.id, job.item_id, job.library_id, data))


def announce(tx: Tx, job: Job, new: NewEvent) -> None:
    """Write an event, and a notification job for each channel that wants it."""
    data = {**new.data, "root": job.root_id, **({"is_bulk": True} if job.is_bulk else {})}
    events.add(tx, replace(new, data=data))
    if job.kind is JobKind.NOTIFY or not policy.is_notice(new.type, is_bulk=job.is_bulk):
        return
    wanting = channels.wanting(tx, new.type)
    if not wanting or not stored_settings.load(tx).notification.enabled:
        return
    for channel_id in wanting:
        target = {"target": f"channel:{channel_id}", "channel": channel_id}
        ledger.submit(tx, NewJob(JobKind.NOTIFY, Priority.AUTOMATED, payload=target), job)


def forget_cause(tx: Tx, cause: str) -> None:
    """A job does not wait for this any more; when none does, the health line goes too."""
    if not ledger.is_awaited(tx, cause):
        health.clear(tx, cause)
