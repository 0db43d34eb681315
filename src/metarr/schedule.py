"""The clock: starts what is due (scans, refresh, verification, clean-up), once, however many machines watch it.

A chore that was missed while nothing ran is started once, however often it was missed.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from metarr.actions.schedules import user_zone
from metarr.jobs import triggers
from metarr.jobs.triggers import Begun
from metarr.model import schedule
from metarr.model.job import Trigger
from metarr.store import schedules

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

log = structlog.get_logger()
_LOCALTIME = Path("/etc/localtime")
_LOOK_EVERY = timedelta(seconds=30)  # also notices changed schedules, a changed clock and a machine that slept
_SLACK = timedelta(days=2)  # more than machines in different time zones can disagree about


class Scheduler:
    """Looks at the timetable until it is cancelled."""

    def __init__(self, store: Store, machine: tzinfo) -> None:
        self._store = store
        self._machine = machine

    async def run(self) -> None:
        """Start what is due, sleep, look again."""
        while True:
            started = await self._store.write(lambda tx: start_due(tx, self._machine))
            for chore in started:
                log.info("started by schedule", chore=chore)
            await asyncio.sleep(_LOOK_EVERY.total_seconds())


def start_due(tx: Tx, machine: tzinfo) -> list[str]:
    """Submit the jobs of every schedule whose time has come, and compute when each is due next."""
    now, zone = schedules.now(tx), user_zone(tx, machine)
    started: list[str] = []
    for row in schedules.everything(tx):
        upcoming = schedule.next_run(row.cron, zone, now)
        is_due = row.is_enabled and row.next_run is not None and row.next_run <= now
        if not is_due and row.next_run is not None and not _is_far_off(row.next_run, upcoming):
            continue
        if schedules.set_next(tx, row, upcoming) and is_due:
            schedules.remember_run(tx, row.id)
            triggers.chore(tx, row.chore, row.library_id, Begun(Trigger.CLOCK, row.id))
            started.append(row.chore.value)
    return started


def _is_far_off(next_run: datetime, upcoming: datetime | None) -> bool:
    """Whether it was computed while the clock was wrong, and would be waited for in vain."""
    return upcoming is not None and next_run - upcoming > _SLACK


def machine_zone(name: str | None) -> tzinfo:
    """The zone that `TZ` names, else the one that the machine is set to (localtime(5)), else UTC."""
    try:
        if name:
            return ZoneInfo(name.removeprefix(":"))
        with _LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
