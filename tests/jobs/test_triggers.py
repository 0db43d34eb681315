"""What starts work, and the events that jobs give rise to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from metarr.actions import phases
from metarr.actions.targets import Target
from metarr.jobs import ledger, triggers
from metarr.jobs.ledger import Slots
from metarr.jobs.triggers import Order
from metarr.model.download import Imported
from metarr.model.event import EventType, NewEvent
from metarr.model.job import Job, JobKind, NewJob
from metarr.model.schedule import Chore
from metarr.store import channels, events, health, items, libraries, schema
from metarr.store import settings as stored_settings
from metarr.store.db import NOW
from stages import library, movie, new, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.model.media import LibraryId
    from metarr.store.db import Store, Tx


def _asked(make: Callable[..., NewJob], kind: JobKind, *more: str, **how: bool) -> Callable[[Tx, LibraryId], object]:
    """A person asks for a phase on a library or a folder."""
    return lambda tx, one: ledger.submit(tx, make(Order(kind, **how), one, *more))


def _asked_item(kind: JobKind, *, is_bulk: bool = False) -> Callable[[Tx, LibraryId], object]:
    """A person asks for a phase on an item."""
    return lambda tx, one: ledger.submit(tx, triggers.item_job(Order(kind), one, movie(tx, one), is_bulk=is_bulk))


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (_asked(triggers.library_job, JobKind.SCAN), ("scan", 10, True, False, False)),
        (_asked(triggers.library_job, JobKind.SCAN, is_alone=True), ("scan", 10, True, False, True)),
        (_asked(triggers.library_job, JobKind.SCAN, is_forced=True), ("scan", 10, True, True, False)),
        (_asked(triggers.folder_job, JobKind.SCAN, "Heat (1995)"), ("scan", 10, False, False, False)),
        (_asked(triggers.library_job, JobKind.VERIFY), ("verify", 3, True, False, False)),
        (_asked(triggers.library_job, JobKind.SYNC), ("sync", 10, True, True, False)),
        (lambda tx, one: triggers.chore(tx, Chore.SCAN, one), ("scan", 5, True, False, False)),
        (lambda tx, _: triggers.chore(tx, Chore.SCAN, None), ("scan", 5, True, False, False)),
        (lambda tx, one: triggers.chore(tx, Chore.VERIFY, one), ("verify", 3, True, False, False)),
        (lambda tx, _: triggers.chore(tx, Chore.CLEAN, None), ("clean", 1, False, False, False)),
        (_asked_item(JobKind.ENRICH), ("enrich", 10, False, True, False)),
        (_asked_item(JobKind.SYNC), ("sync", 10, False, True, False)),
        (_asked_item(JobKind.PUBLISH), ("publish", 10, False, False, False)),
        (_asked_item(JobKind.PUBLISH, is_bulk=True), ("publish", 5, True, False, False)),
    ],
    ids=[
        "a person scans a library",
        "a person scans a library and nothing else",
        "a person scans a library and believes that what is missing is gone",
        "a person scans a folder",
        "a person verifies a library",
        "a person syncs a library",
        "the nightly scan of a library",
        "the nightly scan of all",
        "the nightly verification",
        "the nightly clean-up",
        "a person enriches an item past what is remembered",
        "a person syncs an item, whatever the players know",
        "a person publishes an item",
        "a person publishes a whole library",
    ],
)
def test_each_trigger_submits_its_job(
    sqlite_store: Store, trigger: Callable[[Tx, LibraryId], object], expected: tuple[Any, ...]
) -> None:
    sqlite_store.write_now(lambda tx: trigger(tx, library(tx)))
    [job] = sqlite_store.write_now(rows)
    assert (job["kind"], job["priority"], job["is_bulk"], job["is_forced"], job["is_alone"]) == expected


def _phase(target: str, kind: JobKind) -> Callable[[Tx, LibraryId], object]:
    """A person asks by the API or the command line: for the library, a folder or an item of it."""

    def ask(tx: Tx, one: LibraryId) -> object:
        item = movie(tx, one)
        found = libraries.get(tx, one)
        meant = {"library": Target(found), "folder": Target(found, (item,), "Heat"), "item": Target(found, (item,))}
        return phases.submit(tx, Order(kind), meant[target])

    return ask


def _chore(what: Chore) -> Callable[[Tx, LibraryId], object]:
    def due(tx: Tx, one: LibraryId) -> object:
        items.update(tx, movie(tx, one), enriched_at=datetime(2001, 1, 1, tzinfo=UTC))
        return triggers.chore(tx, what, one)

    return due


@pytest.mark.parametrize(
    ("trigger", "kind", "priority"),
    [
        pytest.param(_phase("library", JobKind.SCAN), "scan", 10, id="a click on Scan library"),
        pytest.param(_phase("folder", JobKind.SCAN), "scan", 10, id="a click on Scan directory"),
        pytest.param(_phase("item", JobKind.ENRICH), "enrich", 10, id="a click on Enrich"),
        pytest.param(_phase("item", JobKind.PUBLISH), "publish", 10, id="a click on Publish"),
        pytest.param(_phase("item", JobKind.SYNC), "sync", 10, id="a click on Sync players"),
        pytest.param(_phase("library", JobKind.SYNC), "sync", 10, id="a click on Sync players, of a whole library"),
        pytest.param(_phase("library", JobKind.ENRICH), "enrich", 5, id="every item of a library: bulk work"),
        pytest.param(_phase("library", JobKind.PUBLISH), "publish", 5, id="a library's publishing: bulk work"),
        pytest.param(lambda tx, one: triggers.imported(tx, Imported(one, "Heat", "Radarr")), "scan", 8, id="a webhook"),
        pytest.param(_chore(Chore.SCAN), "scan", 5, id="the scheduled scan"),
        pytest.param(_chore(Chore.REFRESH), "enrich", 5, id="the scheduled refresh"),
        pytest.param(_chore(Chore.VERIFY), "verify", 3, id="the scheduled verification"),
        pytest.param(_phase("library", JobKind.VERIFY), "verify", 3, id="verification by hand"),
        pytest.param(_phase("item", JobKind.VERIFY), "verify", 3, id="verification of an item by hand"),
        pytest.param(_chore(Chore.CLEAN), "clean", 1, id="the scheduled clean-up"),
        pytest.param(lambda tx, _: phases.chore(tx, Chore.CLEAN, None), "clean", 1, id="clean-up by hand"),
    ],
)
def test_each_trigger_of_the_overview_has_its_priority(
    sqlite_store: Store, trigger: Callable[[Tx, LibraryId], object], kind: str, priority: int
) -> None:
    sqlite_store.write_now(lambda tx: trigger(tx, library(tx)))
    [job] = sqlite_store.write_now(rows)
    assert (job["kind"], job["priority"]) == (kind, priority)
    assert job["is_forced"] or kind != "enrich", "enrichment by hand or by the clock asks past what is remembered"


def test_verification_by_hand_runs_also_where_the_clock_does_not_start_it(sqlite_store: Store) -> None:
    def body(tx: Tx) -> int:
        stored_settings.change(tx, "verification", {"enabled": False})
        library(tx)
        return phases.chore(tx, Chore.VERIFY, None).jobs

    assert sqlite_store.write_now(body) == 1


def test_folders_of_one_library_are_scanned_side_by_side(sqlite_store: Store) -> None:
    def body(tx: Tx) -> int:
        one = library(tx)
        for folder in ("Heat (1995)", "Ronin (1998)", "Heat (1995)"):
            ledger.submit(tx, triggers.folder_job(Order(JobKind.SCAN), one, folder))
        return len(ledger.claim(tx, "w", Slots(4, 4)))

    assert sqlite_store.write_now(body) == 2


def test_verification_switched_off_is_not_started_by_the_clock(sqlite_store: Store) -> None:
    def body(tx: Tx) -> None:
        stored_settings.change(tx, "verification", {"enabled": False})
        triggers.chore(tx, Chore.VERIFY, library(tx))

    sqlite_store.write_now(body)
    assert sqlite_store.write_now(rows) == []


def test_only_old_metadata_is_refreshed(sqlite_store: Store) -> None:
    def body(tx: Tx) -> tuple[int, int]:
        one = library(tx)
        old, _never = movie(tx, one), movie(tx, one, "Ronin")
        tx.execute(sa.update(schema.item).where(schema.item.c.id == old).values(enriched_at=NOW))
        return old, triggers.refresh(tx, one)

    old, at_once = sqlite_store.write_now(body)
    assert at_once == 0
    sqlite_store.skew = timedelta(days=7)
    sqlite_store.write_now(lambda tx: triggers.chore(tx, Chore.REFRESH, None))
    [job] = sqlite_store.write_now(rows)
    assert (job["kind"], job["item_id"], job["is_forced"], job["is_bulk"]) == ("enrich", old, True, True)


def started(tx: Tx, kind: JobKind = JobKind.PUBLISH, *, is_bulk: bool = False) -> Job:
    ledger.submit(tx, NewJob(kind, 5, payload={"target": "x"}, is_bulk=is_bulk))
    [job] = ledger.claim(tx, "w", Slots(1, 1))
    return job


@pytest.mark.parametrize(
    ("kind", "is_bulk", "event", "expected"),
    [
        (JobKind.PUBLISH, False, EventType.PUBLISHING_COMPLETED, ["channel:1"]),
        (JobKind.PUBLISH, True, EventType.PUBLISHING_COMPLETED, []),
        (JobKind.PUBLISH, True, EventType.PUBLISHING_FAILED, ["channel:1", "channel:2"]),
        (JobKind.PUBLISH, False, EventType.PUBLISHING_PROGRESS, []),
        (JobKind.NOTIFY, False, EventType.PUBLISHING_FAILED, []),
    ],
    ids=[
        "who asked for it is told",
        "not of every item of thousands",
        "of failures always",
        "not of what nobody asked for",
        "a failing channel is not told of its own failure",
    ],
)
def test_channels_are_told_of_what_they_asked_for(
    sqlite_store: Store, kind: JobKind, event: EventType, expected: list[str], *, is_bulk: bool
) -> None:
    def body(tx: Tx) -> None:
        channels.fix(tx, "a", "json://a", [EventType.PUBLISHING_COMPLETED, EventType.PUBLISHING_FAILED])
        channels.fix(tx, "b", "json://b", [EventType.PUBLISHING_FAILED])
        triggers.announce(tx, started(tx, kind, is_bulk=is_bulk), NewEvent(event))

    sqlite_store.write_now(body)
    told = [job["payload"]["target"] for job in sqlite_store.write_now(rows)[1:]]
    assert told == expected
    [written] = sqlite_store.write_now(lambda tx: events.since(tx, 0))
    assert (written.type, written.data["root"]) == (event, 1)
    assert ("is_bulk" in written.data) is is_bulk


def test_many_events_are_one_notification_per_channel(sqlite_store: Store) -> None:
    def body(tx: Tx) -> None:
        channels.fix(tx, "a", "json://a", [EventType.PUBLISHING_FAILED])
        job = started(tx)
        for _ in range(10):
            triggers.announce(tx, job, NewEvent(EventType.PUBLISHING_FAILED))

    sqlite_store.write_now(body)
    assert len(sqlite_store.write_now(rows)) == 2
    assert len(sqlite_store.write_now(lambda tx: events.since(tx, 0))) == 10


def test_a_ghost_reports_no_progress(sqlite_store: Store) -> None:
    def body(tx: Tx) -> None:
        job = started(tx)
        ledger.settle(tx, job, ledger.Completed())
        triggers.progress(tx, job, 10.0, "still here")

    sqlite_store.write_now(body)
    assert sqlite_store.write_now(lambda tx: events.since(tx, 0)) == []


def test_a_cause_is_forgotten_when_nobody_waits_for_it(sqlite_store: Store) -> None:
    sqlite_store.write_now(lambda tx: health.report(tx, "kodi:off", "off"))
    sqlite_store.write_now(lambda tx: ledger.submit(tx, new()))
    sqlite_store.write_now(lambda tx: triggers.forget_cause(tx, "kodi:off"))
    assert sqlite_store.write_now(health.lines) == []
