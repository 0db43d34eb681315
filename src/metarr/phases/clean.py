"""Clean-up: retention of jobs, events and answers, the recycle bin, items past their grace, orphans. Priority 1."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from metarr.jobs import retention
from metarr.model.audit import Deed
from metarr.model.job import Done, Job, JobKind
from metarr.model.words import counted
from metarr.phases.base import JobContext, in_thread
from metarr.store import (
    answers,
    artwork,
    audit,
    collections,
    deliveries,
    events,
    files,
    findings,
    hints,
    items,
    people,
    player_states,
    published,
    verifications,
)
from metarr.store.pruning import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metarr.model.media import ItemId
    from metarr.settings import Settings
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx
    from metarr.store.thumbs import Thumbs

_ORPHAN_GRACE = timedelta(days=7)  # a blob may be on its way to its first choice
_KEEP_EVENTS = timedelta(days=90)
_KEEP_VERIFICATIONS = timedelta(days=90)
_KEEP_DELIVERIES = timedelta(days=30)
_KEEP_HISTORY = timedelta(days=730)
_KEEP_FILES = timedelta(days=60)  # longer than the grace of items, whose files are known again by their content
_KEEP_PLAYS = timedelta(days=365)  # of videos that went while a player was told


class Clean:
    """Keeps the installation bounded. Never touches a library."""

    kind: ClassVar[JobKind] = JobKind.CLEAN

    def __init__(self, blobs: Blobs, thumbs: Thumbs) -> None:
        self._blobs = blobs
        self._thumbs = thumbs

    async def run(self, _job: Job, context: JobContext, /) -> Done[None]:
        """Rows first, some at a time so that others can write; then the files that no row knows any more."""
        await context.write(collections.retire)  # a set goes after its last movie
        removed = {}
        for noun, forget in chores(context.conditions.settings).items():
            removed[noun] = await _repeatedly(context, noun, forget)
        removed["picture of nothing"] = await self._drop_orphans(context)
        removed["file without an owner"] = await self._drop_strays(context)
        removed["preview"] = await in_thread(self._thumbs.sweep)
        return Done(None, _in_words(removed))

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()

    async def _drop_orphans(self, context: JobContext) -> int:
        """Pictures that nothing refers to. Returns how many. They are looked for while others may write."""
        dropped = 0
        while found := await context.store.read(partial(artwork.orphans, grace=_ORPHAN_GRACE)):
            blobs = await context.write(partial(artwork.drop_orphans, found=found, grace=_ORPHAN_GRACE))
            for blob in blobs:
                if not await context.store.read(partial(artwork.blobs, hashes=[blob.sha256])):
                    await in_thread(self._blobs.remove, blob.sha256, blob.extension)
                    await in_thread(self._thumbs.forget, blob.sha256)
            dropped += len(blobs)
            await context.report(None, f"{counted(dropped, 'picture')} of nothing removed")
        return dropped

    async def _drop_strays(self, context: JobContext) -> int:
        """Files of the cache that were left by a crash before any row knew them. Returns how many."""
        dropped = 0
        old = await in_thread(self._blobs.older_than, _ORPHAN_GRACE)
        for start in range(0, len(old), MOST):
            paths = old[start : start + MOST]
            known = await context.store.read(partial(artwork.blobs, hashes=[path.stem for path in paths]))
            dropped += await in_thread(self._blobs.discard, [path for path in paths if path.stem not in known])
            await context.report(None, f"{start + len(paths)} of {counted(len(old), 'file')} of the cache looked at")
        return dropped


def chores(settings: Settings) -> Mapping[str, Callable[[Tx], int]]:
    """What is forgotten, by what one of it is called. Items before what they leave behind."""
    jobs, bin_days = settings.jobs, settings.publishing.recycle_days
    finished, failed = timedelta(days=jobs.keep_completed_days), timedelta(days=jobs.keep_failed_days)
    return {
        "job": lambda tx: retention.prune(tx, finished, failed),
        "event": lambda tx: events.prune(tx, _KEEP_EVENTS),
        "finding": lambda tx: findings.prune(tx, _KEEP_VERIFICATIONS),
        "verification": lambda tx: verifications.prune(tx, _KEEP_VERIFICATIONS),
        "webhook": lambda tx: deliveries.prune(tx, _KEEP_DELIVERIES),
        "word of a download manager": lambda tx: hints.prune(tx, _KEEP_DELIVERIES),
        "file of the recycle bin": lambda tx: _empty_bin(tx, timedelta(days=bin_days)),
        "item past its grace": items.delete_past_grace,
        "file of no item": lambda tx: files.prune(tx, _KEEP_FILES),
        "person without a credit": people.prune,
        "line of history": lambda tx: published.prune_history(tx, _KEEP_HISTORY),
        "state of play": lambda tx: player_states.prune(tx, _KEEP_PLAYS),
        "answer of a provider": answers.prune,
        "line of the audit log": lambda tx: audit.prune(tx, timedelta(days=settings.general.keep_audit_days)),
    }


def _empty_bin(tx: Tx, keep: timedelta) -> int:
    gone = published.empty_bin(tx, keep)
    if gone:
        audit.record(tx, Deed.BIN_EMPTIED, files=gone)
    return gone


async def _repeatedly(context: JobContext, noun: str, forget: Callable[[Tx], int]) -> int:
    """Until there is no more of it. Returns how many went."""
    gone = 0
    while True:
        few: int = await context.write(forget)
        gone += few
        if few < MOST:
            return gone
        await context.report(None, f"{_counted(gone, noun)} removed")


def _in_words(removed: Mapping[str, int]) -> str:
    told = [_counted(count, noun) for noun, count in removed.items() if count]
    return f"{', '.join(told)} removed" if told else "nothing was too old"


def _counted(count: int, noun: str) -> str:
    """The first word of a noun has the plural: "2 files of the recycle bin"."""
    first, space, rest = noun.partition(" ")
    return f"{counted(count, first)}{space}{rest}"
