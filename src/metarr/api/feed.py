"""What happens, read once for all who watch: one reader of the event table per process, however many streams there are.

Streams read from what it keeps in memory. One that is slow or begins far back reads the table itself, some events at a
time, until it has caught up; so none holds more than that.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import structlog

from metarr.jobs.wake import listening
from metarr.store import events
from metarr.store.db import EVENTS, DatabaseFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from metarr.model.event import Event
    from metarr.store.db import Store

log = structlog.get_logger()
_KEPT = 1000  # events in memory
_AT_ONCE = 200
_LOOK_EVERY = 15.0  # seconds, if no announcement is heard
_GAP = 1.0  # seconds that a missing number is waited for
_PAUSE = 1.0  # seconds, when the database does not answer


class Feed:
    """The events of one installation. It reads while anybody watches."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: list[Event] = []
        self._floor = 0  # everything after this one, up to the last, is among the recent ones
        self.last = 0
        self._news = asyncio.Event()
        self._watchers = 0
        self._reader: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()  # who comes second must know, too, where the first began
        self._gap = (0, 0.0)  # the event before which numbers are missing, and since when

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Somebody watches while the block runs."""
        self._watchers += 1
        try:
            async with self._beginning:
                if self._reader is None or self._reader.done():
                    self._recent = []
                    self._floor = self.last = await self._store.read(events.last_id)
                    self._reader = asyncio.create_task(self._read_on())
            yield
        finally:
            self._watchers -= 1
            if not self._watchers and self._reader is not None:
                self._reader.cancel()
                self._reader = None

    async def after(self, last: int) -> Sequence[Event]:
        """Some events after that one, oldest first; none: there is nothing newer yet."""
        if last >= self._floor:
            start = bisect_right(self._recent, last, key=lambda event: event.id)
            return self._recent[start : start + _AT_ONCE]
        found = await self._store.read(partial(events.since, last_id=last, limit=_AT_ONCE))
        return [event for event in found if event.id <= self.last]

    def news(self) -> asyncio.Event:
        """Set as soon as there may be something newer than what `after` returns from here on."""
        return self._news

    async def _read_on(self) -> None:
        with listening(self._store, EVENTS) as wake:
            while True:
                try:
                    found = await self._store.read(partial(events.since, last_id=self.last, limit=_AT_ONCE))
                except DatabaseFault as error:
                    log.warning("events cannot be read; trying again", reason=type(error).__name__)
                    await asyncio.sleep(_PAUSE)
                    continue
                settled = self._settled(found, time.monotonic())
                self._keep(settled)
                self._tell()
                if not settled:
                    await wake.wait(_GAP / 10 if found else _LOOK_EVERY)

    def _settled(self, found: Sequence[Event], now: float) -> Sequence[Event]:
        """Those up to the first missing number, unless it was waited for long enough.

        On PostgreSQL a transaction may take a number and be committed after one that took a later one.
        """
        if self._store.is_sqlite:
            return found
        before = self.last
        for place, event in enumerate(found):
            if event.id != before + 1 and not self._has_waited(event.id, now):
                return found[:place]
            before = event.id
        return found

    def _has_waited(self, event_id: int, now: float) -> bool:
        if self._gap[0] != event_id:
            self._gap = (event_id, now)
        return now - self._gap[1] >= _GAP

    def _keep(self, found: Sequence[Event]) -> None:
        if not found:
            return
        self._recent += found
        self.last = found[-1].id
        if len(self._recent) > 2 * _KEPT:  # now and then, not with each
            self._floor = self._recent[-_KEPT - 1].id
            del self._recent[:-_KEPT]

    def _tell(self) -> None:
        """Wake all who wait now."""
        self._news.set()
        self._news = asyncio.Event()
