"""Runs of verification on both databases: what they compare, and what they remember."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from metarr.errors import NotFound
from metarr.jobs import ledger
from metarr.jobs.ledger import Slots
from metarr.model.job import JobKind, NewJob
from metarr.model.media import Identity
from metarr.model.published import Finding, HistoryLine, Owned, Purpose
from metarr.model.verification import Mode
from metarr.store import facts, findings, health, items, published, verifications
from stages import library, movie

if TYPE_CHECKING:
    from metarr.model.job import Job
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Store, Tx

WEEK = timedelta(days=7)


@pytest.fixture
def home(store: Store) -> tuple[LibraryId, ItemId]:
    """A published movie."""

    def body(tx: Tx) -> tuple[LibraryId, ItemId]:
        one = library(tx)
        heat = movie(tx, one)
        items.update(tx, heat, published_revision=items.get(tx, heat).revision)
        published.own(tx, one, heat, Purpose.NFO, Owned("Heat/movie.nfo", "a" * 64, 10, 123456789, 2**63 + 5))
        return one, heat

    return store.write_now(body)


def _job(tx: Tx, library_id: LibraryId, item_id: ItemId | None = None) -> Job:
    ledger.submit(tx, NewJob(JobKind.VERIFY, 3, item_id=item_id, library_id=library_id))
    (job,) = ledger.claim(tx, "worker", Slots(1, 1))
    return job


def test_what_was_published_and_is_there_is_compared(store: Store, home: tuple[LibraryId, ItemId]) -> None:
    one, heat = home

    def look(tx: Tx) -> list[tuple[ItemId, bool]]:
        return verifications.to_check(tx, one)

    assert store.write_now(look) == [(heat, True)]
    store.write_now(lambda tx: items.touch(tx, heat))
    assert store.write_now(look) == [(heat, False)]
    (known,) = store.write_now(lambda tx: verifications.known(tx, look(tx), WEEK))
    assert (known.item_id, known.is_as_wanted, known.is_due) == (heat, False, True)
    assert known.files == (Owned("Heat/movie.nfo", "a" * 64, 10, 123456789, 2**63 + 5),)
    store.write_now(lambda tx: items.update(tx, heat, identity=Identity.REVIEW.value))
    assert store.write_now(look) == []


def test_what_was_read_is_due_again_after_a_while(store: Store, home: tuple[LibraryId, ItemId]) -> None:
    _, heat = home

    def is_due(tx: Tx) -> bool:
        (known,) = verifications.known(tx, [(heat, True)], WEEK)
        return known.is_due

    store.write_now(lambda tx: verifications.mark_read(tx, [heat]))
    assert not store.write_now(is_due)
    store.skew += timedelta(days=8)
    assert store.write_now(is_due)


def test_a_run_that_begins_again_keeps_what_it_repaired(store: Store, home: tuple[LibraryId, ItemId]) -> None:
    one, heat = home
    found = [
        Finding("corrupt", "Heat/movie.nfo", "", is_repaired=True),
        Finding("changed_by_other", "Heat/poster.jpg", "", is_repaired=False, writer="radarr"),
    ]

    def body(tx: Tx) -> int:
        job = _job(tx, one)
        assert verifications.begin(tx, job, one, Mode.DEEP, is_repairing=True) == 0
        findings.add(tx, one, heat, job.id, found)
        assert verifications.begin(tx, job, one, Mode.DEEP, is_repairing=True) == 1
        verifications.end(tx, job.id, 5)
        return job.id

    job_id = store.write_now(body)
    run = store.write_now(lambda tx: verifications.get(tx, job_id))
    assert (run.mode, run.is_repairing, run.checked, run.found, run.repaired) == (Mode.DEEP, True, 5, 1, 1)
    assert store.write_now(lambda tx: findings.found_by(tx, job_id)) == found[:1]


def test_the_run_before_is_the_last_complete_one_of_the_same_scope(
    store: Store, home: tuple[LibraryId, ItemId]
) -> None:
    one, heat = home

    def body(tx: Tx) -> list[int | None]:
        runs = []
        for item_id, is_complete in ((None, True), (heat, True), (None, False), (None, True), (heat, True)):
            job = _job(tx, one, item_id)
            verifications.begin(tx, job, one, Mode.QUICK, is_repairing=True)
            if is_complete:
                verifications.end(tx, job.id, 1)
            ledger.settle(tx, job, ledger.Completed())
            runs.append(verifications.get(tx, job.id))
        before = [verifications.previous(tx, run) for run in runs]
        place = {run.id: number for number, run in enumerate(runs)}
        return [None if run is None else place[run.id] for run in before]

    assert store.write_now(body) == [None, None, 0, 0, 1]


def test_what_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(NotFound, match="no verification 7"):
        store.write_now(lambda tx: verifications.get(tx, 7))


def test_repairs_and_writers_of_late_are_remembered(store: Store, home: tuple[LibraryId, ItemId]) -> None:
    one, heat = home
    path = "Heat/movie.nfo"
    restored = HistoryLine("restore", path, "gone", None, "a" * 64)

    def body(tx: Tx) -> None:
        job = _job(tx, one)
        verifications.begin(tx, job, one, Mode.QUICK, is_repairing=True)
        published.write_history(tx, heat, job.id, [restored, restored])
        published.write_history(tx, heat, None, [restored])  # publishing's
        writers = ("radarr", "jellyfin", "jellyfin", None)
        found = [Finding("corrupt", path, "", is_repaired=True, writer=writer) for writer in writers]
        findings.add(tx, one, heat, job.id, found)

    store.write_now(body)
    assert store.write_now(lambda tx: verifications.repairs(tx, heat, WEEK)) == {path: 2}
    assert store.write_now(lambda tx: verifications.usual_writers(tx, heat, WEEK)) == {path: "jellyfin"}
    assert store.write_now(lambda tx: verifications.written(tx, heat)) == {"a" * 64}
    store.skew += timedelta(days=8)
    assert store.write_now(lambda tx: verifications.repairs(tx, heat, WEEK)) == {}
    assert store.write_now(lambda tx: verifications.usual_writers(tx, heat, WEEK)) == {}


def test_health_lines_of_a_kind_end_together_but_for_some(store: Store) -> None:
    def body(tx: Tx) -> list[str]:
        for cause in ("repairs:1:7", "repairs:1:8", "repairs:10:7"):
            health.report(tx, cause, "…")
        health.clear_others(tx, "repairs:1:", ["repairs:1:8"])
        return sorted(line["cause"] for line in health.lines(tx))

    assert store.write_now(body) == ["repairs:10:7", "repairs:1:8"]
    assert store.write_now(lambda tx: health.is_known(tx, "repairs:1:8"))
    assert not store.write_now(lambda tx: health.is_known(tx, "repairs:1:7"))


def test_an_end_that_was_missed_is_told_once(store: Store) -> None:
    def start(tx: Tx) -> bool:
        facts.begin(tx)
        return facts.was_broken_off(tx)

    assert not store.write_now(start)
    store.write_now(facts.end)
    assert not store.write_now(start)
    assert store.write_now(start)
    assert not store.write_now(facts.was_broken_off)
