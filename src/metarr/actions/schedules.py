"""What is done by the clock: looking at it, adding to it, changing when, switching it on and off, doing it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from metarr.actions import phases
from metarr.errors import Conflict, InvalidInput
from metarr.model import schedule
from metarr.model.audit import Deed
from metarr.model.schedule import Chore, Schedule
from metarr.store import audit, libraries, schedules, settings

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from metarr.actions.phases import Started
    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class New:
    """A line to add; `library_id` None: every library, or the installation as a whole."""

    chore: Chore
    cron: str
    library_id: LibraryId | None = None
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None: as it is."""

    cron: str | None = None
    is_enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Planned(Schedule):
    """A schedule with the moments at which it comes round next."""

    upcoming: tuple[datetime, ...] = ()


def listed(tx: Tx, machine: tzinfo) -> list[Planned]:
    """The timetable with the next runs of everything that is switched on."""
    return [_planned(tx, row, machine) for row in schedules.everything(tx)]


def shown(tx: Tx, schedule_id: int, machine: tzinfo) -> Planned:
    """One of them, or NotFound."""
    return _planned(tx, schedules.get(tx, schedule_id), machine)


def preview(tx: Tx, cron: str, machine: tzinfo) -> list[datetime]:
    """When a time would come round next. Raises InvalidInput."""
    return schedule.upcoming(cron, user_zone(tx, machine), schedules.now(tx))


def add(tx: Tx, new: New, machine: tzinfo) -> Planned:
    """One more line of the timetable. Raises InvalidInput, NotFound, or Conflict where it stands there already."""
    preview(tx, new.cron, machine)
    if new.library_id is not None:
        libraries.get(tx, new.library_id)
        if new.chore in {Chore.CLEAN, Chore.BACKUP}:
            raise InvalidInput(f"A schedule for {new.chore} concerns the whole installation, not one library.")
    for row in schedules.everything(tx):
        if (row.chore, row.library_id, row.cron) == (new.chore, new.library_id, new.cron):
            raise Conflict(f"Schedule {row.id} says the same: {row.chore} at {row.cron}.")
    row = schedules.add(tx, new.chore, new.library_id, cron=new.cron, is_enabled=new.is_enabled)
    audit.record(tx, Deed.SCHEDULE_ADDED, new.chore.value, cron=new.cron)
    return _set(tx, row, Change(), machine)


def change(tx: Tx, schedule_id: int, wanted: Change, machine: tzinfo) -> Planned:
    """Another time, on or off; due next from now on, whatever was missed. Raises InvalidInput, NotFound."""
    row = schedules.get(tx, schedule_id)
    planned = _set(tx, row, wanted, machine)
    audit.record(tx, Deed.SCHEDULE_CHANGED, row.chore.value, cron=planned.cron, is_enabled=planned.is_enabled)
    return planned


def remove(tx: Tx, schedule_id: int) -> None:
    """Do it by the clock no more. Raises NotFound."""
    row = schedules.get(tx, schedule_id)
    schedules.remove(tx, schedule_id)
    audit.record(tx, Deed.SCHEDULE_REMOVED, row.chore.value, cron=row.cron)


def _set(tx: Tx, row: Schedule, wanted: Change, machine: tzinfo) -> Planned:
    cron = row.cron if wanted.cron is None else wanted.cron
    is_enabled = row.is_enabled if wanted.is_enabled is None else wanted.is_enabled
    next_run = schedule.next_run(cron, user_zone(tx, machine), schedules.now(tx))
    schedules.change(tx, row.id, cron=cron, is_enabled=is_enabled, next_run=next_run)
    return shown(tx, row.id, machine)


def run(tx: Tx, schedule_id: int) -> Started:
    """Do it now, as the clock would; when it is due next stays as it is. Raises NotFound."""
    row = schedules.get(tx, schedule_id)
    schedules.remember_run(tx, schedule_id)
    return phases.chore(tx, row.chore, row.library_id, schedule_id)


def _planned(tx: Tx, row: Schedule, machine: tzinfo) -> Planned:
    moments = schedule.upcoming(row.cron, user_zone(tx, machine), schedules.now(tx)) if row.is_enabled else []
    next_run = (row.next_run or next(iter(moments), None)) if row.is_enabled else None
    return Planned(row.id, row.chore, row.library_id, row.cron, row.is_enabled, next_run, row.last_run, tuple(moments))


def user_zone(tx: Tx, machine: tzinfo) -> tzinfo:
    """The zone that the user has set; the machine's own when there is none, or when it means nothing here."""
    return time_zone(settings.load(tx).general.time_zone, machine)


def time_zone(name: str, machine: tzinfo) -> tzinfo:
    """The zone of this name, or the machine's."""
    if not name:
        return machine
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        log.warning("unknown time zone", name=name)
        return machine
