"""What a person does with jobs: looking, cancelling, retrying, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from metarr.errors import Conflict, NotFound
from metarr.jobs import desk, ledger, summary
from metarr.jobs.ledger import Completed, Slots
from metarr.jobs.policy import GiveUp
from metarr.jobs.summary import Scope
from metarr.model.job import Job, JobKind, JobState, NewJob, Snooze
from metarr.store import health
from metarr.store.db import CANCEL
from stages import library, new, rows, states

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx


def start(tx: Tx, name: str = "x", kind: JobKind = JobKind.CLEAN) -> Job:
    ledger.submit(tx, new(name, kind))
    [job] = ledger.claim(tx, "w", Slots(1, 1))
    return job


def fail(tx: Tx, name: str = "x", kind: JobKind = JobKind.CLEAN) -> Job:
    job = start(tx, name, kind)
    ledger.settle(tx, job, GiveUp(), "broken")
    return job


def snooze(tx: Tx, name: str, cause: str = "kodi:off") -> Job:
    job = start(tx, name)
    ledger.settle(tx, job, Snooze(timedelta(minutes=5), "Kodi is off", cause))
    health.report(tx, cause, "Kodi is off")
    return job


def state(store: Store, job: Job) -> str:
    return str(store.write_now(lambda tx: desk.get(tx, job.id))["state"])


def test_a_pending_job_is_cancelled_at_once(store: Store) -> None:
    job_id = store.write_now(lambda tx: ledger.submit(tx, new()))
    store.write_now(lambda tx: desk.cancel(tx, job_id))
    found = store.write_now(lambda tx: desk.get(tx, job_id))
    assert (found["state"], found["message"]) == ("cancelled", "cancelled")
    assert found["finished_at"] is not None
    assert store.write_now(lambda tx: ledger.claim(tx, "w", Slots(1, 1))) == []


def test_a_running_job_is_asked_to_stop_and_its_worker_hears_of_it(store: Store) -> None:
    job = store.write_now(start)
    heard: list[str] = []
    store.on(CANCEL, lambda: heard.append(CANCEL))
    store.write_now(lambda tx: desk.cancel(tx, job.id))
    assert heard == [CANCEL]
    assert store.write_now(lambda tx: ledger.requested_cancels(tx, [job])) == [job.id]
    assert state(store, job) == "running"


def test_what_has_ended_cannot_be_cancelled(store: Store) -> None:
    job = store.write_now(fail)
    with pytest.raises(Conflict, match="failed already"):
        store.write_now(lambda tx: desk.cancel(tx, job.id))
    with pytest.raises(NotFound):
        store.write_now(lambda tx: desk.cancel(tx, 99))


def test_the_health_line_goes_with_the_last_job_that_waits_for_its_cause(store: Store) -> None:
    first = store.write_now(lambda tx: snooze(tx, "a"))
    second = store.write_now(lambda tx: snooze(tx, "b"))
    store.write_now(lambda tx: desk.cancel(tx, first.id))
    assert len(store.write_now(health.lines)) == 1
    store.write_now(lambda tx: desk.cancel(tx, second.id))
    assert store.write_now(health.lines) == []


def test_a_failed_job_is_retried_with_all_its_attempts(store: Store) -> None:
    job = store.write_now(fail)
    assert store.write_now(lambda tx: desk.retry(tx, job_id=job.id)) == 1
    [again] = store.write_now(lambda tx: ledger.claim(tx, "w", Slots(1, 1)))
    assert (again.id, again.attempt) == (job.id, 1)
    assert [attempt["error"] for attempt in store.write_now(lambda tx: desk.attempts(tx, [job.id])[job.id])] == [
        "broken"
    ]


def test_only_what_has_failed_is_retried(store: Store) -> None:
    job = store.write_now(start)
    with pytest.raises(Conflict, match="has not failed"):
        store.write_now(lambda tx: desk.retry(tx, job_id=job.id))


def test_the_dead_letters_of_a_kind_are_retried_and_of_twins_only_the_newest(store: Store) -> None:
    old, new_one = store.write_now(lambda tx: (fail(tx, "a"), fail(tx, "a")))
    other = store.write_now(lambda tx: fail(tx, "b", JobKind.NOTIFY))
    assert store.write_now(lambda tx: desk.retry(tx, kind=JobKind.CLEAN)) == 1
    assert [state(store, job) for job in (old, new_one, other)] == ["superseded", "pending", "failed"]
    assert store.write_now(desk.retry) == 1
    assert state(store, other) == "pending"


def test_a_person_may_retry_the_older_of_two_failed_twins(store: Store) -> None:
    old, new_one = store.write_now(lambda tx: (fail(tx, "a"), fail(tx, "a")))
    assert store.write_now(lambda tx: desk.retry(tx, job_id=old.id)) == 1
    assert [state(store, job) for job in (old, new_one)] == ["pending", "failed"]


def test_a_retry_by_hand_that_meets_a_pending_twin_is_superseded(store: Store) -> None:
    job = store.write_now(fail)
    store.write_now(lambda tx: ledger.submit(tx, new()))
    assert store.write_now(lambda tx: desk.retry(tx, job_id=job.id)) == 0
    assert store.write_now(states) == {"superseded": 1, "pending": 1}


def test_pages_go_backwards_and_are_filtered(store: Store) -> None:
    def prepare(tx: Tx) -> list[int]:
        fail(tx, "old")
        return [ledger.submit(tx, new(f"t{number}")) for number in range(5)]

    ids = store.write_now(prepare)
    pending = [JobState.PENDING]
    first = store.write_now(lambda tx: desk.page(tx, states=pending, limit=3))
    assert [row["id"] for row in first] == ids[:1:-1]
    rest = store.write_now(lambda tx: desk.page(tx, states=pending, before=ids[2]))
    assert [row["id"] for row in rest] == ids[1::-1]
    assert store.write_now(lambda tx: desk.page(tx, kinds=[JobKind.SCAN])) == []


def test_a_workflow_is_shown_from_its_trigger_to_its_end(store: Store) -> None:
    def prepare(tx: Tx) -> Job:
        scan = start(tx, "scan")
        ledger.submit_many(tx, [new("a"), new("b")], scan)
        ledger.submit(tx, new("other"))
        return scan

    scan = store.write_now(prepare)
    last = store.write_now(lambda tx: desk.workflow(tx, scan.id)).nodes[-1].row
    for asked in (scan.id, last["id"]):
        found = store.write_now(partial(desk.workflow, job_id=asked))
        shown = [(node.row["dedupe_key"], node.depth, len(node.children)) for node in found.nodes]
        assert shown == [("clean:scan", 0, 2), ("clean:a", 1, 0), ("clean:b", 1, 0)]
        assert (found.root, found.more, found.ended) == (scan.id, 0, 0)
    store.write_now(lambda tx: desk.cancel(tx, last["id"]))
    assert round(store.write_now(lambda tx: desk.workflow(tx, scan.id)).ended) == 33


def test_of_a_large_workflow_the_job_and_what_led_to_it_are_always_shown(store: Store) -> None:
    def prepare(tx: Tx) -> None:
        ledger.submit_many(tx, [new(f"t{number}") for number in range(20)], start(tx, "scan"))

    store.write_now(prepare)
    last = store.write_now(rows)[-1]["id"]
    found = store.write_now(lambda tx: desk.workflow(tx, last, limit=3))
    assert [node.row["id"] for node in found.nodes] == [1, 2, 3, last]
    assert found.more == 17


def test_several_jobs_are_cancelled_but_for_those_that_have_ended(store: Store) -> None:
    def prepare(tx: Tx) -> tuple[Job, Job, Job]:
        return fail(tx, "a"), snooze(tx, "b"), start(tx, "c")

    failed, waits, runs = store.write_now(prepare)
    assert store.write_now(lambda tx: desk.cancel_each(tx, [failed.id, waits.id, runs.id])) == 2
    assert [state(store, job) for job in (failed, waits, runs)] == ["failed", "cancelled", "running"]
    assert store.write_now(lambda tx: ledger.requested_cancels(tx, [runs])) == [runs.id]
    assert store.write_now(health.lines) == []
    with pytest.raises(NotFound):
        store.write_now(lambda tx: desk.cancel_each(tx, [runs.id, 99]))


def test_a_workflow_is_cancelled_from_any_of_its_jobs_and_nothing_else(store: Store) -> None:
    def prepare(tx: Tx) -> Job:
        scan = start(tx, "scan")
        ledger.submit_many(tx, [new("a"), new("b")], scan)
        ledger.submit(tx, new("other"))
        return scan

    scan = store.write_now(prepare)
    child = store.write_now(lambda tx: desk.workflow(tx, scan.id)).nodes[-1].row["id"]
    assert store.write_now(lambda tx: desk.cancel_workflow(tx, child)) == 3
    assert [row["state"] for row in store.write_now(rows)] == ["running", "cancelled", "cancelled", "pending"]


def test_what_waits_for_the_outside_is_not_shown_as_pending(store: Store) -> None:
    def prepare(tx: Tx) -> tuple[Job, int]:
        return snooze(tx, "a"), ledger.submit(tx, new("b"))

    waits, pending = store.write_now(prepare)
    for wanted, expected in ((["waiting"], [waits.id]), (["pending"], [pending]), (["failed"], [])):
        found = store.write_now(partial(desk.page, states=wanted))
        assert [row["id"] for row in found] == expected
        assert {row["state"] for row in found} <= set(wanted)
    store.skew = timedelta(hours=1)
    store.write_now(ledger.promote_due)
    assert state(store, waits) == "pending"


def test_a_job_that_waits_from_the_start_holds_nobody_up_until_it_is_asked_for_again(store: Store) -> None:
    later = replace(new("a"), delay=timedelta(hours=1), waits_for="omdb:asked-again", message="omdb is down")
    store.write_now(lambda tx: ledger.submit(tx, later))
    work = store.write_now(lambda tx: summary.summary(tx, Scope()))
    assert (work.open, [(one.cause, one.reason) for one in work.waiting]) == (0, [("omdb:asked-again", "omdb is down")])
    store.write_now(lambda tx: ledger.submit(tx, new("a")))
    work = store.write_now(lambda tx: summary.summary(tx, Scope()))
    assert (work.open, work.waiting) == (1, ())


def test_jobs_are_counted_by_kind_and_state(store: Store) -> None:
    store.write_now(lambda tx: (fail(tx, "a"), fail(tx, "b", JobKind.NOTIFY), ledger.submit(tx, new("c"))))
    assert store.write_now(desk.counts) == {"clean": {"failed": 1, "pending": 1}, "notify": {"failed": 1}}


def test_a_summary_tells_what_runs_what_waits_and_what_failed(store: Store) -> None:
    def prepare(tx: Tx) -> None:
        fail(tx, "a")
        snooze(tx, "b")
        snooze(tx, "c")
        start(tx, "d")
        ledger.submit(tx, new("e"))

    store.write_now(prepare)
    found = store.write_now(lambda tx: summary.summary(tx, Scope()))
    assert found.counts == {"clean": {"failed": 1, "waiting": 2, "running": 1, "pending": 1}}
    assert found.open == 2
    assert [(waiting.cause, waiting.reason, waiting.jobs) for waiting in found.waiting] == [
        ("kodi:off", "Kodi is off", 2)
    ]
    assert [row["dedupe_key"] for row in found.running] == ["clean:d"]
    assert [row["dedupe_key"] for row in found.failed] == ["clean:a"]
    ids = [row["id"] for row in store.write_now(rows)]
    assert (found.first_open, found.last) == (ids[1], ids[-1])


def test_a_summary_tells_when_the_open_ones_will_have_ended_at_the_pace_of_late(store: Store) -> None:
    def body(tx: Tx) -> None:
        ledger.submit_many(tx, (new(f"x{number}") for number in range(30)))
        for job in ledger.claim(tx, "w", Slots(20, 20)):
            ledger.settle(tx, job, Completed())

    store.write_now(body)
    store.skew = timedelta(minutes=5)
    found = store.write_now(lambda tx: summary.summary(tx, Scope())).ends_in
    assert found is not None
    assert timedelta(minutes=2) < found < timedelta(minutes=3), "ten are left of thirty, twenty took five minutes"


@pytest.mark.parametrize(
    ("left", "done", "elapsed", "expected"),
    [
        (100, 50, timedelta(minutes=1), timedelta(minutes=2)),
        (1, 100, timedelta(seconds=100), timedelta(seconds=1)),
        (100, 9, timedelta(minutes=1), None),
        (100, 50, timedelta(), None),
    ],
    ids=["twice as many", "the last one", "too few to tell", "no time at all"],
)
def test_what_is_left_takes_as_long_as_what_was_done(
    left: int, done: int, elapsed: timedelta, expected: timedelta | None
) -> None:
    assert summary.remaining(left, done, elapsed) == expected


@pytest.mark.parametrize("part", ["root", "library", "since"])
def test_a_summary_keeps_to_its_scope(store: Store, part: str) -> None:
    def prepare(tx: Tx) -> Scope:
        old = start(tx, "old")
        ledger.settle(tx, old, Completed())
        library_id = library(tx)
        root = ledger.submit(tx, NewJob(JobKind.SCAN, 5, library_id=library_id))
        return {"root": Scope(root=root), "library": Scope(library_id=library_id), "since": Scope(since=root)}[part]

    scope = store.write_now(prepare)
    assert store.write_now(lambda tx: summary.summary(tx, scope)).counts == {"scan": {"pending": 1}}
