from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from metarr.actions.schedules import Change, change, listed, time_zone
from metarr.jobs import desk
from metarr.model import schedule
from metarr.model.audit import Deed, Wanted
from metarr.model.job import JobKind, Priority
from metarr.model.media import Identity, ItemKind, LibraryKind, Metadata
from metarr.model.schedule import Chore
from metarr.schedule import machine_zone, start_due
from metarr.store import audit, items, libraries, schedules
from metarr.store import settings as stored_settings
from metarr.store.db import NOW, Store

if TYPE_CHECKING:
    from metarr.model.media import Library
    from metarr.store.db import Tx


def _library(tx: Tx, name: str = "Movies") -> Library:
    return libraries.add(tx, name, LibraryKind.MOVIES, f"/media/{name}")


async def _started(store: Store) -> list[str]:
    return sorted(await store.write(lambda tx: start_due(tx, UTC)))


async def _prepared(store: Store) -> None:
    await store.write(lambda tx: schedules.fill(tx, schedule.DEFAULTS))
    assert await _started(store) == []  # the first look only computes when each is due


async def test_nothing_starts_before_its_time_and_everything_starts_within_a_week(store: Store) -> None:
    await store.write(_library)
    await _prepared(store)
    store.skew = timedelta(days=8)
    assert await _started(store) == ["backup", "clean", "refresh", "scan", "verify"]
    assert await _started(store) == []  # a chore missed several times starts once


async def test_what_is_started_has_the_priority_of_the_design(store: Store) -> None:
    await store.write(_library)
    await _prepared(store)
    store.skew = timedelta(days=2)
    await _started(store)
    jobs = {row["kind"]: row for row in await store.read(desk.page)}
    assert jobs[JobKind.SCAN]["priority"] == Priority.AUTOMATED
    assert jobs[JobKind.VERIFY]["priority"] == Priority.VERIFICATION
    assert jobs[JobKind.CLEAN]["priority"] == Priority.CLEANUP
    assert jobs[JobKind.SCAN]["is_bulk"]


async def test_a_backup_by_the_clock_is_in_the_audit_log_as_the_programs_own(store: Store) -> None:
    await _prepared(store)
    store.skew = timedelta(days=8)
    await _started(store)
    lines = await store.read(lambda tx: audit.page(tx, Wanted(), before=None, limit=9))
    assert [(line.deed, line.who) for line in lines] == [(Deed.BACKUP_MADE, "Metarr")]


async def test_two_machines_start_a_chore_once(store: Store) -> None:
    await store.write(_library)
    await _prepared(store)
    store.skew = timedelta(days=1)
    other = Store(store.url)
    other.skew = store.skew
    try:
        both = await asyncio.gather(*(_started(one) for one in (store, other) for _ in range(3)))
        started = [chore for chores in both for chore in chores]
        assert {"clean", "scan", "verify"} <= set(started)
        assert len(started) == len(set(started))
    finally:
        other.close()


async def test_a_disabled_schedule_starts_nothing(store: Store) -> None:
    await store.write(_library)
    await _prepared(store)

    def switch_off(tx: Tx) -> None:
        for row in schedules.everything(tx):
            schedules.change(tx, row.id, cron=row.cron, is_enabled=row.chore is Chore.SCAN, next_run=row.next_run)

    await store.write(switch_off)
    store.skew = timedelta(days=8)
    assert await _started(store) == ["scan"]


async def test_verification_that_is_switched_off_is_not_started_by_the_clock(store: Store) -> None:
    await store.write(_library)
    await store.write(lambda tx: stored_settings.change(tx, "verification", {"enabled": False}))
    await _prepared(store)
    store.skew = timedelta(days=1)
    await _started(store)
    assert JobKind.VERIFY not in {row["kind"] for row in await store.read(desk.page)}


async def test_a_refresh_asks_again_only_for_what_is_old(store: Store) -> None:
    def item(tx: Tx, library: Library, name: str) -> int:
        made = items.add(tx, library.id, ItemKind.MOVIE, name, name)
        items.save_metadata(tx, made, Metadata(title=name), {}, Identity.IDENTIFIED)
        items.update(tx, made.id, enriched_at=NOW)
        return made.id

    library = await store.write(_library)
    old = await store.write(lambda tx: item(tx, library, "old"))
    await _prepared(store)
    store.skew = timedelta(days=6, hours=1)
    await store.write(lambda tx: item(tx, library, "new"))
    store.skew = timedelta(days=8)
    await _started(store)
    refreshed = [row for row in await store.read(desk.page) if row["kind"] == JobKind.ENRICH]
    assert [(row["item_id"], row["is_forced"], row["is_bulk"]) for row in refreshed] == [(old, True, True)]


async def test_a_schedule_computed_while_the_clock_was_wrong_is_computed_anew(store: Store) -> None:
    await store.write(_library)
    store.skew = timedelta(days=3650)
    await _prepared(store)
    store.skew = timedelta()
    assert await _started(store) == []
    store.skew = timedelta(days=8)
    assert await _started(store) == ["backup", "clean", "refresh", "scan", "verify"]


async def test_a_changed_schedule_is_due_next_from_now_on(store: Store) -> None:
    await store.write(_library)
    await _prepared(store)
    [scan] = [row for row in await store.read(schedules.everything) if row.chore is Chore.SCAN]

    def switch(tx: Tx, *, on: bool) -> object:
        return change(tx, scan.id, Change(is_enabled=on), UTC).next_run

    assert await store.write(lambda tx: switch(tx, on=False)) is None
    assert {row.chore: row.next_run for row in await store.read(lambda tx: listed(tx, UTC))}[Chore.SCAN] is None
    store.skew = timedelta(days=3)
    assert "scan" not in await _started(store)
    assert await store.write(lambda tx: switch(tx, on=True)) is not None
    assert "scan" not in await _started(store)  # what was missed while it was off is not made up for
    await store.write(lambda tx: change(tx, scan.id, Change(cron="*/5 * * * *"), UTC))
    store.skew += timedelta(minutes=6)
    assert "scan" in await _started(store)


async def test_next_runs_are_shown_in_the_users_zone_before_anything_was_started(store: Store) -> None:
    await store.write(lambda tx: schedules.fill(tx, schedule.DEFAULTS))
    await store.write(lambda tx: stored_settings.change(tx, "general", {"timeZone": "Asia/Kathmandu"}))
    found = {row.chore: row.next_run for row in await store.read(lambda tx: listed(tx, UTC))}[Chore.SCAN]
    assert found is not None
    assert found.strftime("%H:%M") == "22:15"


def test_the_zone_is_the_users_or_the_machines() -> None:
    machine = ZoneInfo("Asia/Tokyo")
    assert time_zone("Europe/Berlin", machine).key == "Europe/Berlin"  # type: ignore[attr-defined]  # a ZoneInfo
    assert time_zone("", machine) is machine
    assert time_zone("Nowhere/Land", machine) is machine


def test_the_machines_zone_is_what_tz_names() -> None:
    assert str(machine_zone(":Europe/Berlin")) == "Europe/Berlin"
    assert machine_zone("Nowhere/Land") is UTC
    assert machine_zone(None) is not None
