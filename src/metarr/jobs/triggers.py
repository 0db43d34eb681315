"""What starts work: one function per trigger of the design, and the events that jobs give rise to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from metarr.jobs import ledger, policy, workflows
from metarr.model.audit import Deed
from metarr.model.event import NewEvent
from metarr.model.job import Job, JobKind, NewJob, Priority, Trigger
from metarr.model.schedule import Chore
from metarr.store import audit, channels, events, facts, health, items, kinship, libraries
from metarr.store import settings as stored_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.model.download import Deleted, Imported, Renamed
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Tx

_REFRESH_AFTER = timedelta(days=6)  # weekly, whatever the hour
_GATHER = timedelta(seconds=3)  # from the first word about a folder: a season comes file by file, and is one scan
_SOON = timedelta(seconds=5)  # a workflow may end with its first job
_LATER_LOOKS = (1, 10)  # minutes after a download manager's word


@dataclass(frozen=True, slots=True)
class Begun:
    """What a chore begins with. `schedule_id`: which line of the timetable, where it is one."""

    trigger: Trigger
    schedule_id: int | None = None


_CLOCK = Begun(Trigger.CLOCK)


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for.

    `is_forced` on a scan: believe that what is missing is gone. `is_deep` on a verification: read every byte.
    """

    kind: JobKind
    is_alone: bool = False
    is_forced: bool = False
    is_deep: bool = False

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the job is told beyond its target."""
        return {"deep": True} if self.is_deep else {}


def library_job(order: Order, library_id: LibraryId) -> NewJob:
    """A person asks for a phase that works library by library (scan, sync, verify)."""
    return NewJob(
        order.kind,
        Priority.VERIFICATION if order.kind is JobKind.VERIFY else Priority.USER,
        library_id=library_id,
        payload=order.payload,
        is_bulk=True,
        is_alone=order.is_alone,
        is_forced=order.is_forced or order.kind is JobKind.SYNC,
        trigger=Trigger.PERSON,
    )


def folder_job(order: Order, library_id: LibraryId, path: str) -> NewJob:
    """A person asks for one folder (relative to the root) to be scanned."""
    return replace(library_job(order, library_id), payload={"path": path}, is_bulk=False)


def item_job(order: Order, library_id: LibraryId, item_id: ItemId, *, is_bulk: bool = False) -> NewJob:
    """A person asks for one phase on an item, by itself or as one of a whole library's (`is_bulk`)."""
    urgency = Priority.AUTOMATED if is_bulk else Priority.USER
    return NewJob(
        order.kind,
        Priority.VERIFICATION if order.kind is JobKind.VERIFY else urgency,
        item_id=item_id,
        library_id=library_id,
        payload=order.payload,
        is_bulk=is_bulk,
        is_alone=order.is_alone,
        # Who asks for enrichment wants what the providers say now, not what they said last week; who asks for a sync
        # wants it now, whatever the players know and do.
        is_forced=order.kind in {JobKind.ENRICH, JobKind.SYNC},
        trigger=Trigger.PERSON,
    )


def chore(tx: Tx, what: Chore, library_id: LibraryId | None, begun: Begun = _CLOCK) -> int:
    """The clock asks, or a person in its place, for one library or for all. Returns how many jobs that is."""
    wanted = [library_id] if library_id is not None else [library.id for library in libraries.everything(tx)]
    match what:
        case Chore.SCAN:
            return ledger.submit_many(tx, (_bulk(JobKind.SCAN, Priority.AUTOMATED, one, begun) for one in wanted))
        case Chore.REFRESH:
            return sum(refresh(tx, one, begun) for one in wanted)
        case Chore.VERIFY:
            if begun.trigger is not Trigger.PERSON and not stored_settings.load(tx).verification.enabled:
                return 0
            return ledger.submit_many(tx, (_bulk(JobKind.VERIFY, Priority.VERIFICATION, one, begun) for one in wanted))
        case Chore.CLEAN:
            return ledger.submit_many(tx, [_of_house(JobKind.CLEAN, begun)])
        case Chore.BACKUP:
            audit.record(tx, Deed.BACKUP_MADE)  # it holds every secret: by the clock or by whom else it is made
            return ledger.submit_many(tx, [_of_house(JobKind.BACKUP, begun)])


def changed(tx: Tx, library_id: LibraryId, folders: Iterable[str]) -> None:
    """Something changed in these folders of a library, relative to its root; "" is the root itself."""
    whole = _bulk(JobKind.SCAN, Priority.AUTOMATED, library_id, Begun(Trigger.DISK))
    jobs = (replace(whole, payload={"path": folder}, is_bulk=False) if folder else whole for folder in folders)
    ledger.submit_many(tx, jobs)


def imported(tx: Tx, what: Imported) -> None:
    """A download manager put videos into a folder. Where they replaced others, it is watched for what else vanishes."""
    is_replaced = what.is_upgrade or bool(what.deleted)
    because = f"{what.by} replaced its video" if is_replaced else None
    told = {"download": {"by": what.by, "upgrade": is_replaced}, **({"because": because} if because else {})}
    _look(tx, what.library_id, {what.folder, *_outside(what.folder, what.deleted)}, told)
    if because:
        _watch_over(tx, what.library_id, what.folder, (*what.files, *what.deleted), because)


def renamed(tx: Tx, what: Renamed) -> None:
    """A download manager gave videos other names. One scan sees both ends, so that the item is known again."""
    folders = {_common_folder(previous, path) for previous, path in what.files}
    because = f"{what.by} renamed its video"
    _look(tx, what.library_id, folders, {"because": because})
    paths = [path for pair in what.files for path in pair]
    for folder in folders:
        _watch_over(tx, what.library_id, folder, paths, because)


def deleted(tx: Tx, what: Deleted) -> None:
    """A download manager deleted videos. Only what is really gone is missing then, with less grace than otherwise.

    The look waits a little: the video that replaces this one may be on its way.
    """
    because = f"{what.by} deleted a video of it"
    scan = _scan(what.library_id, what.folder, {"because": because, **({"announced": True} if what.folder else {})})
    ledger.submit(tx, replace(scan, delay=_settle(tx)))
    _watch_over(tx, what.library_id, what.folder, what.paths, because)


def _look(tx: Tx, library_id: LibraryId, folders: Iterable[str], told: Mapping[str, Any]) -> None:
    scans = (_scan(library_id, folder, told) for folder in sorted(folders))
    ledger.submit_many(tx, (replace(scan, delay=_GATHER) for scan in scans))


def _scan(library_id: LibraryId, folder: str, told: Mapping[str, Any]) -> NewJob:
    """Of one folder; "" is the root, which is scanned as a whole."""
    whole = replace(_bulk(JobKind.SCAN, Priority.WEBHOOK, library_id, Begun(Trigger.WEBHOOK)), payload=told)
    return replace(whole, payload={"path": folder, **told}, is_bulk=False) if folder else whole


def _settle(tx: Tx) -> timedelta:
    return timedelta(seconds=stored_settings.load(tx).publishing.settle_seconds)


def _watch_over(tx: Tx, library_id: LibraryId, folder: str, paths: Sequence[str], because: str) -> None:
    """Publish soon, and look later and later again: download managers delete pictures and NFO files of a video that
    they replace, some time after they say so (Radarr: Extras/Files/ExtraFileService.cs, an asynchronous handler).
    """
    settle = _settle(tx)
    for item_id in kinship.touched(tx, library_id, folder, paths):
        job = NewJob(JobKind.PUBLISH, Priority.WEBHOOK, item_id=item_id, library_id=library_id, trigger=Trigger.WEBHOOK)
        ledger.submit(tx, replace(job, payload={"after": ["settling"], "because": because}, delay=settle))
        for minutes in _LATER_LOOKS:
            payload = {"after": [f"{minutes} min"], "because": because}
            ledger.submit_later(tx, replace(job, kind=JobKind.VERIFY, payload=payload), timedelta(minutes=minutes))


def _outside(folder: str, paths: Iterable[str]) -> set[str]:
    """The folders of those paths that do not lie in `folder`."""
    return {_folder(path) for path in paths if folder and not path.startswith(f"{folder}/")}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _common_folder(one: str, other: str) -> str:
    """The nearest folder that holds both; "" is the root."""
    pairs = zip(_folder(one).split("/"), _folder(other).split("/"), strict=False)
    return "/".join(mine for mine, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def refresh(tx: Tx, library_id: LibraryId, begun: Begun = _CLOCK) -> int:
    """Ask again for metadata that was fetched long enough ago. Returns for how many items."""
    one = replace(_bulk(JobKind.ENRICH, Priority.AUTOMATED, library_id, begun), is_forced=True)
    old = items.enriched_before(tx, library_id, _REFRESH_AFTER)
    return ledger.submit_together(tx, (replace(one, item_id=item_id) for item_id in old))


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


def _bulk(kind: JobKind, priority: Priority, library_id: LibraryId, begun: Begun) -> NewJob:
    whole = NewJob(kind, priority, library_id=library_id, is_bulk=True)
    return replace(whole, trigger=begun.trigger, schedule_id=begun.schedule_id)


def _of_house(kind: JobKind, begun: Begun) -> NewJob:
    """What concerns no library. A backup says by its name who wanted it."""
    payload = {"reason": "manual"} if kind is JobKind.BACKUP and begun.trigger is Trigger.PERSON else {}
    new = NewJob(kind, Priority.CLEANUP, payload=payload)
    return replace(new, trigger=begun.trigger, schedule_id=begun.schedule_id)


def progress(tx: Tx, job: Job, percent: float | None, message: str) -> None:
    """What a running job reports: on its row, and as an event for whoever watches."""
    event = policy.PROGRESS_EVENT.get(job.kind)
    if ledger.set_progress(tx, job, percent, message) and event is not None:
        data = {"percent": percent, "message": message, "root": job.root_id}
        events.add(tx, NewEvent(event, job.id, job.item_id, job.library_id, data))


def announce(tx: Tx, job: Job, new: NewEvent) -> None:
    """Write what came of a job as an event, and have the channels told that want it."""
    data = {**new.data, "root": job.root_id, **({"is_bulk": True} if job.is_bulk else {})}
    tell(tx, replace(new, data=data), job)


def tell(tx: Tx, new: NewEvent, job: Job | None = None) -> None:
    """Write an event, and a notification job for each channel that wants it, which gathers what else happens."""
    events.add(tx, new)
    if (job is not None and job.kind is JobKind.NOTIFY) or not policy.is_notice(new.type, new.data):
        return
    wanting = channels.wanting(tx, new.type)
    chosen = stored_settings.load(tx).notification
    if not wanting or not chosen.enabled:
        return
    delay = timedelta(seconds=chosen.gather_seconds) or None
    for channel_id in wanting:
        target = {"target": f"channel:{channel_id}", "channel": channel_id}
        ledger.submit(tx, NewJob(JobKind.NOTIFY, Priority.AUTOMATED, payload=target, delay=delay), job)


def ended(tx: Tx, job: Job, *, is_last: bool) -> None:
    """A job of the chain came to its end. `is_last`: nothing followed from it.

    What a library-wide workflow or an import came to is told once, when its last job has ended.
    """
    if job.kind not in policy.CHAIN or not channels.any_enabled(tx):
        return
    cause = ending_of(job.root_id)
    if job.id == job.root_id:
        if (job.is_bulk or "download" in job.payload) and stored_settings.load(tx).notification.enabled:
            target = {"target": cause, "workflow": job.root_id}
            new = NewJob(JobKind.NOTIFY, Priority.AUTOMATED, payload=target, delay=_SOON, waits_for=cause)
            ledger.submit(tx, replace(new, message="The workflow goes on."))
    elif is_last and not workflows.is_open(tx, job.root_id):
        ledger.wake(tx, cause)


def hasten_notices(tx: Tx) -> int:
    """Channels are told now of what is gathered for them. Returns how many."""
    return ledger.hasten(tx, JobKind.NOTIFY)


def ending_of(root: int) -> str:
    """What the summary of a workflow waits for."""
    return f"workflow:{root}"


def forget_cause(tx: Tx, cause: str) -> None:
    """A job does not wait for this any more; when none does, the health line goes too."""
    if not ledger.is_awaited(tx, cause):
        health.clear(tx, cause)
