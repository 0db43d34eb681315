"""The timetable: what is due, advanced by compare-and-set so that several machines start each chore once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.schedule import Chore, Schedule
from metarr.store import facts, schema
from metarr.store.db import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_SCHEDULE = schema.schedule


def everything(tx: Tx) -> list[Schedule]:
    """The whole timetable."""
    return [_schedule(row) for row in tx.rows(sa.select(_SCHEDULE).order_by(_SCHEDULE.c.id))]


def get(tx: Tx, schedule_id: int) -> Schedule:
    """One schedule, or NotFound."""
    row = tx.one(sa.select(_SCHEDULE).where(_SCHEDULE.c.id == schedule_id))
    if row is None:
        raise NotFound(f"There is no schedule {schedule_id}.")
    return _schedule(row)


def fill(tx: Tx, defaults: Mapping[Chore, str]) -> None:
    """The design's schedules, each once: not again where a person removed it."""
    had = facts.chores_scheduled(tx) | {row.chore for row in everything(tx)}
    rows = [
        {"chore": chore.value, "cron": cron, "is_enabled": True} for chore, cron in defaults.items() if chore not in had
    ]
    if rows:
        tx.execute(sa.insert(_SCHEDULE), rows)
        facts.remember_chores(tx, had | defaults.keys())


def add(tx: Tx, chore: Chore, library_id: LibraryId | None, *, cron: str, is_enabled: bool) -> Schedule:
    """One more; when it is next due is computed by whoever looks at it first."""
    row = {"chore": chore.value, "library_id": library_id, "cron": cron, "is_enabled": is_enabled}
    return get(tx, tx.execute(sa.insert(_SCHEDULE).values(**row).returning(_SCHEDULE.c.id)).scalar_one())


def remove(tx: Tx, schedule_id: int) -> None:
    """It is no more. Raises NotFound."""
    if not tx.execute(sa.delete(_SCHEDULE).where(_SCHEDULE.c.id == schedule_id)).rowcount:
        raise NotFound(f"There is no schedule {schedule_id}.")


def now(tx: Tx) -> datetime:
    """The database's clock."""
    found: datetime = tx.execute(sa.select(NOW)).scalar_one()
    return found


def set_next(tx: Tx, schedule: Schedule, next_run: datetime | None) -> bool:
    """Move a schedule on, if nobody else has done so since it was read."""
    is_as_read = (
        _SCHEDULE.c.next_run.is_(None) if schedule.next_run is None else _SCHEDULE.c.next_run == schedule.next_run
    )
    mine = sa.and_(_SCHEDULE.c.id == schedule.id, _SCHEDULE.c.cron == schedule.cron, is_as_read)
    return tx.execute(sa.update(_SCHEDULE).where(mine).values(next_run=next_run)).rowcount == 1


def remember_run(tx: Tx, schedule_id: int) -> None:
    """It was started just now."""
    tx.execute(sa.update(_SCHEDULE).where(_SCHEDULE.c.id == schedule_id).values(last_run=NOW))


def change(tx: Tx, schedule_id: int, *, cron: str, is_enabled: bool, next_run: datetime | None) -> None:
    """Another time, or on and off."""
    values = {"cron": cron, "is_enabled": is_enabled, "next_run": next_run}
    tx.execute(sa.update(_SCHEDULE).where(_SCHEDULE.c.id == schedule_id).values(**values))


def _schedule(row: sa.RowMapping) -> Schedule:
    return Schedule(
        id=row["id"],
        chore=Chore(row["chore"]),
        library_id=row["library_id"],
        cron=row["cron"],
        is_enabled=row["is_enabled"],
        next_run=row["next_run"],
        last_run=row["last_run"],
    )
