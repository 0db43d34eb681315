"""What is done by the clock: looking at it, changing when, switching it on and off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from metarr.model import schedule
from metarr.store import schedules, settings

if TYPE_CHECKING:
    from datetime import tzinfo

    from metarr.model.schedule import Schedule
    from metarr.store.db import Tx

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None: as it is."""

    cron: str | None = None
    is_enabled: bool | None = None


def listed(tx: Tx, machine: tzinfo) -> list[Schedule]:
    """The timetable with the next run of everything that is switched on."""
    now, zone = schedules.now(tx), user_zone(tx, machine)
    return [
        replace(row, next_run=(row.next_run or schedule.next_run(row.cron, zone, now)) if row.is_enabled else None)
        for row in schedules.everything(tx)
    ]


def change(tx: Tx, schedule_id: int, wanted: Change, machine: tzinfo) -> Schedule:
    """Another time, on or off; due next from now on, whatever was missed. Raises InvalidInput, NotFound."""
    row = schedules.get(tx, schedule_id)
    cron = row.cron if wanted.cron is None else wanted.cron
    is_enabled = row.is_enabled if wanted.is_enabled is None else wanted.is_enabled
    next_run = schedule.next_run(cron, user_zone(tx, machine), schedules.now(tx))
    schedules.change(tx, schedule_id, cron=cron, is_enabled=is_enabled, next_run=next_run)
    return replace(row, cron=cron, is_enabled=is_enabled, next_run=next_run if is_enabled else None)


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
