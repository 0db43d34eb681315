"""Clean-up: retention of jobs, events and answers, the recycle bin, items past their grace, orphans. Priority 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from metarr.jobs import retention
from metarr.model.job import Done, Job, JobKind
from metarr.model.words import counted
from metarr.phases.base import JobContext, in_thread
from metarr.store import answers, artwork, collections, deliveries, events, hints, items, published, verifications

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.artwork import Blob
    from metarr.model.media import ItemId
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx
    from metarr.store.thumbs import Thumbs

_ORPHAN_GRACE = timedelta(days=7)  # a blob may be on its way to its first choice
_KEEP_EVENTS = timedelta(days=90)
_KEEP_VERIFICATIONS = timedelta(days=90)
_KEEP_DELIVERIES = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Swept:
    jobs: int
    events: int
    verifications: int
    deliveries: int
    recycled: int
    items: int
    answers: int
    blobs: tuple[Blob, ...]


def _delete_items(tx: Tx) -> int:
    deleted = items.delete_past_grace(tx)
    collections.retire(tx)  # a set goes after its last movie
    return deleted


def _forget_deliveries(tx: Tx) -> int:
    """What download managers sent, and what they said of folders that hold nothing."""
    hints.prune(tx, _KEEP_DELIVERIES)
    return deliveries.prune(tx, _KEEP_DELIVERIES)


class Clean:
    """Keeps the installation bounded. Never touches a library."""

    kind: ClassVar[JobKind] = JobKind.CLEAN

    def __init__(self, blobs: Blobs, thumbs: Thumbs) -> None:
        self._blobs = blobs
        self._thumbs = thumbs

    async def run(self, _job: Job, context: JobContext, /) -> Done[None]:
        """Rows first, then the files that no row knows any more."""
        settings = context.conditions.settings

        def sweep(tx: Tx) -> _Swept:
            jobs = settings.jobs
            return _Swept(
                retention.prune(tx, timedelta(days=jobs.keep_completed_days), timedelta(days=jobs.keep_failed_days)),
                events.prune(tx, _KEEP_EVENTS),
                verifications.prune(tx, _KEEP_VERIFICATIONS),
                _forget_deliveries(tx),
                published.empty_bin(tx, timedelta(days=settings.publishing.recycle_days)),
                _delete_items(tx),
                answers.prune(tx),
                tuple(artwork.drop_orphans(tx, _ORPHAN_GRACE)),
            )

        swept = await context.write(sweep)
        for blob in swept.blobs:
            if not await context.store.read(partial(artwork.blobs, hashes=[blob.sha256])):
                await in_thread(self._blobs.remove, blob.sha256, blob.extension)
                await in_thread(self._thumbs.forget, blob.sha256)
        previews = await in_thread(self._thumbs.sweep)
        words = (
            f"{counted(swept.jobs, 'job')}, {counted(swept.events, 'event')}, "
            f"{counted(swept.verifications, 'verification')}, {counted(swept.deliveries, 'webhook')}, "
            f"{counted(swept.recycled, 'file')} of the recycle bin, {counted(swept.items, 'item')} past their grace, "
            f"{counted(swept.answers, 'old answer')} of providers, {counted(len(swept.blobs), 'orphaned picture')} "
            f"and {counted(previews, 'preview')} removed"
        )
        return Done(None, words)

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()
