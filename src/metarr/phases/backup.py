"""Backups as jobs: made beside all other work, shown while they are, and only as many kept as the owner wants."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import Permanent
from metarr.model.job import Done, Job, JobKind
from metarr.phases.base import JobContext, in_thread
from metarr.store import libraries
from metarr.store.backups import making
from metarr.store.backups.archive import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.media import ItemId
    from metarr.store.db import Tx

_PACE = 0.5  # seconds between two words about how far it is
_MEGA = 1_000_000


class _Stopped(Exception):
    """The job is not wanted any more."""


class _Told:
    """Carries words from the thread that packs to the job; ends the thread's work when the job ends."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._next = 0.0
        self.stop = threading.Event()

    def __call__(self, percent: float | None, words: str) -> None:
        """Raises to stop."""
        if self.stop.is_set():
            raise _Stopped
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _PACE
            asyncio.run_coroutine_threadsafe(self._report(percent, words), self._loop)

    async def _report(self, percent: float | None, words: str) -> None:
        await self._context.report(percent, words)


class Backup:
    """Makes one backup. `cache`: the folder of the pictures, which come along where the settings say so."""

    kind: ClassVar[JobKind] = JobKind.BACKUP

    def __init__(self, data: Path, cache: Path) -> None:
        self._data = data
        self._cache = cache

    async def run(self, job: Job, context: JobContext, /) -> Done[None]:
        """Raises Permanent where backups would lie in a library, and what the disk says."""
        wanted = context.conditions.settings.backup
        folder = making.folder_in(self._data, wanted.folder)
        for library in await context.store.read(libraries.everything):
            if folder.is_relative_to(library.root):
                raise Permanent(f"Backups may not lie in the library {library.name} ({folder}): choose another folder.")
        source = making.Source(context.store, self._data, self._cache if wanted.with_cache else None)
        told = _Told(context)
        try:
            made = await in_thread(making.make, source, folder, Reason(job.payload.get("reason", "scheduled")), told)
        finally:
            told.stop.set()
        old = await in_thread(making.rotate, folder, wanted.keep)
        gone = f"; {len(old)} older removed" if old else ""
        return Done(None, f"{made.path.name}, {made.size / _MEGA:.1f} MB, in {folder}{gone}")

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """No row is written."""
        return ()
