"""What follows an attempt: the chain, pass-through of disabled phases, priorities, retries. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from metarr.errors import MetarrError, Transient, Wait
from metarr.model.event import EventType
from metarr.model.job import Job, JobKind, NewJob, Priority, Snooze, Trigger
from metarr.model.media import Identity, ItemKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import ItemId, ItemNeeds, LibraryId
    from metarr.settings import JobSettings, Settings

# Which kinds players are told of. Providers are asked about every kind, and every kind is published.
SYNCED_KINDS = frozenset({ItemKind.MOVIE, ItemKind.SERIES, ItemKind.SEASON, ItemKind.EPISODE})
_INNER = frozenset({ItemKind.SEASON, ItemKind.EPISODE})  # what belongs to a show

CHAIN = (JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC)

COMPLETED_EVENT = {
    JobKind.SCAN: EventType.SCAN_COMPLETED,
    JobKind.ENRICH: EventType.ENRICHMENT_COMPLETED,
    JobKind.PUBLISH: EventType.PUBLISHING_COMPLETED,
    JobKind.SYNC: EventType.PLAYER_SYNC_COMPLETED,
    JobKind.VERIFY: EventType.VERIFICATION_COMPLETED,
}
FAILED_EVENT = {
    JobKind.SCAN: EventType.SCAN_FAILED,
    JobKind.ENRICH: EventType.ENRICHMENT_FAILED,
    JobKind.PUBLISH: EventType.PUBLISHING_FAILED,
    JobKind.SYNC: EventType.PLAYER_SYNC_FAILED,
    JobKind.VERIFY: EventType.VERIFICATION_FAILED,
    JobKind.NOTIFY: EventType.ERROR_OCCURRED,
    JobKind.CLEAN: EventType.ERROR_OCCURRED,
    JobKind.BACKUP: EventType.ERROR_OCCURRED,
}
PROGRESS_EVENT = {
    JobKind.SCAN: EventType.SCAN_PROGRESS,
    JobKind.ENRICH: EventType.ENRICHMENT_PROGRESS,
    JobKind.PUBLISH: EventType.PUBLISHING_PROGRESS,
    JobKind.SYNC: EventType.PLAYER_SYNC_PROGRESS,
    JobKind.VERIFY: EventType.VERIFICATION_PROGRESS,
}

# A job that shows no sign of progress (a report, a row of its own) for so long is stuck: its attempt is ended.
PATIENCE = {
    JobKind.SCAN: timedelta(minutes=30),
    JobKind.ENRICH: timedelta(minutes=30),
    JobKind.PUBLISH: timedelta(minutes=30),
    JobKind.SYNC: timedelta(minutes=30),
    JobKind.VERIFY: timedelta(minutes=60),  # hashing one very large file on a slow share
    JobKind.NOTIFY: timedelta(minutes=5),
    JobKind.CLEAN: timedelta(minutes=60),
    JobKind.BACKUP: timedelta(minutes=60),
}

_LONG = timedelta(days=1)
_TOGETHER = 2.0  # seconds in which what was published of one library is noted for the players by one job

# Of a bulk workflow only these reach the channels: its items are told of by the one summary.
_BULK_NOTICES = frozenset(
    {EventType.SCAN_COMPLETED, EventType.WORKFLOW_COMPLETED, EventType.VERIFICATION_COMPLETED, *FAILED_EVENT.values()}
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides about the chain at one moment: the user's settings, and what this installation can do at all.

    It is the same for every process that works on it.
    """

    settings: Settings
    providers: Mapping[str, frozenset[ItemKind]]  # those that are configured and accept our key, and what they know
    can_sync: bool  # a player is configured and enabled
    paused: frozenset[LibraryId] = frozenset()  # libraries whose bulk enrichment a person has stopped
    libraries: Mapping[LibraryId, Settings] = field(default_factory=dict)  # of those that have settings of their own

    def of(self, library_id: LibraryId | None) -> Conditions:
        """The same with the settings of this library."""
        own = None if library_id is None else self.libraries.get(library_id)
        return self if own is None else replace(self, settings=own)

    @property
    def enrichable(self) -> frozenset[ItemKind]:
        """The kinds of which some provider may know something."""
        return frozenset[ItemKind]().union(*self.providers.values())


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `delay`; an attempt is spent."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """To the dead letter; the chain ends here."""


def is_paused(job: Job, now: Conditions) -> Snooze | None:
    """How long a job waits that a person has stopped; None when it may run. To go on is to wake it."""
    if job.kind is not JobKind.ENRICH or not job.is_bulk or job.library_id not in now.paused:
        return None
    return Snooze(_LONG, "Enrichment of this library is paused.", pause_cause(job.library_id))


def pause_cause(library_id: LibraryId) -> str:
    """What jobs of a library wait for while its enrichment is paused."""
    return f"paused:{library_id}"


def passes_through(job: Job, now: Conditions) -> str | None:
    """Why this job does nothing and only hands on to the next phase; None when it has to run."""
    phases = now.settings.phase_config
    match job.kind:
        case JobKind.ENRICH:
            if not phases.enrichment.enabled:
                return "enrichment is switched off"
            return None if now.enrichable else "no metadata provider has a key"
        case JobKind.PUBLISH:
            return None if phases.publishing.enabled or puts_back(job) else "publishing is switched off"
        case JobKind.SYNC:
            return _sync_passes(job, now)
        case JobKind.SCAN | JobKind.VERIFY | JobKind.NOTIFY | JobKind.CLEAN | JobKind.BACKUP:
            return None


def puts_back(job: Job) -> bool:
    """Whether a publish job undoes what others did, or takes files out of the recycle bin."""
    return "undo" in job.payload or "restore" in job.payload


def tells_players(job: Job) -> bool:
    """Whether a sync job tells players what was noted for them, at whoever's wish; others only note it."""
    return job.kind is JobKind.SYNC and job.item_id is None and job.library_id is None


def syncs_by_itself(now: Conditions) -> bool:
    """Whether players hear of changes without being asked to."""
    phase = now.settings.phase_config.player_sync
    return now.can_sync and phase.enabled and phase.auto_sync


def _sync_passes(job: Job, now: Conditions) -> str | None:
    phase = now.settings.phase_config.player_sync
    if not phase.enabled:
        return "player sync is switched off"
    if not job.is_forced and not tells_players(job) and not phase.auto_sync:
        return "automatic player sync is off"
    return None if now.can_sync else "no player is configured"


def successors(job: Job, items: Sequence[ItemNeeds], now: Conditions) -> list[NewJob]:
    """The jobs that follow `job` for the items that go on. After a scan: by what each still lacks."""
    if job.is_alone:
        return []
    match job.kind:
        case JobKind.SCAN:
            return [_next(job, kind, need, now) for need in items if (kind := lacks(need, now))]
        case JobKind.ENRICH:
            return [
                _next(job, kind, need, now)
                for need in items
                if (kind := _after_enrich(need, now) if need.item_id == job.item_id else lacks(need, now)) is not None
            ]
        case JobKind.PUBLISH:
            return [_next(job, JobKind.SYNC, need, now) for need in items if _is_heard_of(need, now)]
        case JobKind.SYNC | JobKind.VERIFY | JobKind.NOTIFY | JobKind.CLEAN | JobKind.BACKUP:
            return []


def lacks(item: ItemNeeds, now: Conditions) -> JobKind | None:
    """The first phase that this item still needs, given what is switched on; None: it is as it should be.

    A season or an episode waits until its show is enriched, which is what starts its own enrichment.
    """
    if _lacks_metadata(item, now):
        return JobKind.ENRICH if item.kind not in _INNER or item.is_show_enriched else None
    phases = now.settings.phase_config
    can_publish = _goes_on(item) and not item.is_held and _can_publish(item, now) and phases.publishing.enabled
    if can_publish and not item.is_published:
        return JobKind.PUBLISH
    is_told = item.is_synced or item.kind not in SYNCED_KINDS
    return JobKind.SYNC if not is_told and syncs_by_itself(now) else None


def _is_heard_of(item: ItemNeeds, now: Conditions) -> bool:
    """Whether a published item has a sync job, if only to pass through. A show's thousand episodes have none then."""
    return item.kind in SYNCED_KINDS and (item.kind not in _INNER or syncs_by_itself(now))


def _lacks_metadata(item: ItemNeeds, now: Conditions) -> bool:
    if item.was_enriched or not now.settings.phase_config.enrichment.enabled:
        return False
    return _goes_on(item) and _is_known(item) and item.kind in now.enrichable


def _goes_on(item: ItemNeeds) -> bool:
    return item.is_monitored and item.identity is not Identity.REVIEW and not item.is_missing


def _after_enrich(item: ItemNeeds, now: Conditions) -> JobKind | None:
    if _can_publish(item, now) and not item.is_missing:
        return JobKind.PUBLISH
    kind = lacks(item, now)
    return None if kind is JobKind.ENRICH else kind


def _is_known(item: ItemNeeds) -> bool:
    return item.identity is not Identity.LOCAL


def _can_publish(item: ItemNeeds, now: Conditions) -> bool:
    """Movie sets have a folder only where the owner named one."""
    has_folder = item.kind is not ItemKind.COLLECTION or now.settings.publishing.movie_sets_folder
    return item.identity in {Identity.IDENTIFIED, Identity.LOCAL} and bool(has_folder)


def _next(job: Job, kind: JobKind, item: ItemNeeds, now: Conditions) -> NewJob:
    """Of a bulk workflow, and of shows, one job notes all of a library that players are to be told of."""
    if kind is not JobKind.SYNC or (item.kind is ItemKind.MOVIE and not job.is_bulk):
        return _follow(job, kind, item.item_id)
    together = timedelta(seconds=min(_TOGETHER, now.settings.player_sync.settle_seconds)) or None
    return replace(noting(job.library_id, is_bulk=job.is_bulk, priority=job.priority), delay=together)


def noting(library_id: LibraryId | None, *, is_bulk: bool = True, priority: int = Priority.AUTOMATED) -> NewJob:
    """The job that notes for the players what of a library they do not know yet."""
    priority = min(priority, Priority.AUTOMATED) if is_bulk else priority
    return NewJob(JobKind.SYNC, priority, library_id=library_id, is_bulk=is_bulk)


def lacking(kind: JobKind, item_id: ItemId, library_id: LibraryId) -> NewJob:
    """The job for what an item of a library lacks, as one of many."""
    if kind is JobKind.SYNC:
        return noting(library_id)
    one = NewJob(kind, Priority.AUTOMATED, item_id=item_id, library_id=library_id, is_bulk=True)
    return replace(one, trigger=Trigger.SETTINGS)


def _follow(job: Job, kind: JobKind, item_id: ItemId) -> NewJob:
    priority = min(job.priority, Priority.AUTOMATED) if job.is_bulk else job.priority
    return NewJob(kind, priority, item_id=item_id, library_id=job.library_id, is_bulk=job.is_bulk)


def is_clean(kind: JobKind, report: Mapping[str, Any]) -> bool:
    """Whether a job only found that all is as it should be, or only noted what players are to be told."""
    if kind is JobKind.SYNC:
        return not report.get("told")
    return kind is JobKind.VERIFY and not report.get("found") and not report.get("problems")


def is_notice(event: EventType, data: Mapping[str, Any]) -> bool:
    """Whether channels may be told of such an event: not of each item of a bulk workflow, nor of what is well."""
    return not data.get("is_clean") and (not data.get("is_bulk") or event in _BULK_NOTICES)


def after_error(error: Exception, attempt: int, settings: JobSettings, jitter: float) -> Retry | GiveUp | Snooze:
    """What becomes of a job whose attempt number `attempt` (from 1) raised `error`. `jitter` is random, 0 to 1.

    An error that nobody foresaw counts as transient: it may be a passing fault, and three attempts tell.
    """
    if isinstance(error, Wait):
        return Snooze(error.delay, str(error), error.cause)
    # Permanent, or InvalidInput: bad data will be bad data again, and a job has nobody to ask.
    is_final = isinstance(error, MetarrError) and not isinstance(error, Transient)
    if is_final or attempt >= settings.max_attempts:
        return GiveUp()
    wished = error.retry_after if isinstance(error, Transient) else None
    return Retry(max(backoff(attempt, settings, jitter), wished or timedelta()))


def backoff(attempt: int, settings: JobSettings, jitter: float) -> timedelta:
    """`backoff_seconds` x 2^(attempt-1), spread by a quarter both ways so that retries do not march in step."""
    return timedelta(seconds=settings.backoff_seconds * 2 ** (attempt - 1) * (0.75 + jitter / 2))
