"""The ledger's contract, on both databases."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from metarr.errors import ClaimLost
from metarr.jobs import ledger
from metarr.jobs.ledger import Cancelled, Completed, Slots
from metarr.jobs.policy import GiveUp, Retry
from metarr.jobs.reach import EVERYTHING, Reach, taking
from metarr.model.job import Job, JobKind, JobState, NewJob, Snooze
from metarr.store import schema
from metarr.store.db import JOBS
from stages import library, movie, new, rows, states

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.store.db import Store, Tx

SOON = timedelta(seconds=30)


def claim(store: Store, free: int = 1, bulk: int | None = None, worker: str = "w1") -> list[Job]:
    slots = Slots(free, free if bulk is None else bulk)
    return store.write_now(lambda tx: ledger.claim(tx, worker, slots))


def submit(store: Store, *jobs: NewJob) -> list[int]:
    return store.write_now(lambda tx: [ledger.submit(tx, job) for job in jobs])


def names(jobs: list[Job]) -> list[str]:
    return [job.payload["target"] for job in jobs]


def row(store: Store, job_id: int) -> dict[str, object]:
    return next(found for found in store.write_now(rows) if found["id"] == job_id)


def test_urgent_jobs_come_first_and_equals_in_the_order_of_their_submission(store: Store) -> None:
    submit(store, new("a", priority=5), new("b", priority=10), new("c", priority=5), new("d", priority=1))
    assert names(claim(store, 3)) == ["b", "a", "c"]
    assert names(claim(store, 3)) == ["d"]
    assert claim(store) == []


def test_a_claimed_job_carries_everything_its_phase_needs(store: Store) -> None:
    def prepare(tx: Tx) -> tuple[int, int]:
        library_id = library(tx)
        item_id = movie(tx, library_id)
        ledger.submit(
            tx, NewJob(JobKind.ENRICH, 10, item_id=item_id, library_id=library_id, is_forced=True, is_alone=True)
        )
        return item_id, library_id

    item_id, library_id = store.write_now(prepare)
    [job] = claim(store)
    assert (job.kind, job.priority, job.item_id, job.library_id) == (JobKind.ENRICH, 10, item_id, library_id)
    assert (job.is_forced, job.is_alone, job.is_bulk, job.attempt) == (True, True, False, 1)
    assert job.root_id == job.id
    assert job.payload == {}


def test_a_burst_of_equal_triggers_is_one_pending_job_with_the_most_urgent_priority(store: Store) -> None:
    ids = submit(store, *[new(priority=1 + number % 10) for number in range(24)])
    assert len(set(ids)) == 1
    assert row(store, ids[0])["priority"] == 10
    assert store.write_now(states) == {"pending": 1}


def test_a_trigger_that_arrives_while_its_twin_runs_is_exactly_one_more_job(store: Store) -> None:
    submit(store, new())
    [first] = claim(store)
    submit(store, new(), new(), new())
    assert claim(store) == []  # one lock: never two at once
    store.write_now(lambda tx: ledger.settle(tx, first, Completed()))
    [second] = claim(store)
    assert second.id != first.id
    store.write_now(lambda tx: ledger.settle(tx, second, Completed()))
    assert claim(store) == []


@pytest.mark.parametrize(
    ("field", "first", "second", "expected"),
    [
        ("is_bulk", True, False, False),
        ("is_bulk", True, True, True),
        ("is_alone", True, False, False),
        ("is_alone", True, True, True),
        ("is_forced", False, True, True),
        ("is_forced", True, False, True),
    ],
    ids=[
        "one item's trigger takes a job out of the bulk",
        "bulk work stays bulk work",
        "a trigger that wants the chain gets it",
        "two that want one phase get one phase",
        "a forced trigger forces",
        "force is not taken back",
    ],
)
def test_twins_are_merged_so_that_both_get_what_they_asked_for(
    store: Store,
    field: str,
    *,
    first: bool,
    second: bool,
    expected: bool,
) -> None:
    def twin(value: Any) -> NewJob:
        return replace(new(), **{field: value})

    [job_id, _] = submit(store, twin(first), twin(second))
    assert row(store, job_id)[field] is expected


def test_bulk_submit_deduplicates_within_the_batch_and_against_what_is_pending(store: Store) -> None:
    submit(store, new("a", priority=1))
    batch = [new("a", priority=3), new("b", priority=2), new("b", priority=8), new("b", priority=4)]
    assert store.write_now(lambda tx: ledger.submit_many(tx, batch)) == 2
    assert [(job["dedupe_key"], job["priority"]) for job in store.write_now(rows)] == [("clean:a", 3), ("clean:b", 8)]


def test_jobs_of_one_item_never_run_at_the_same_time_whatever_their_kind(store: Store) -> None:
    def prepare(tx: Tx) -> None:
        library_id = library(tx)
        heat, ronin = movie(tx, library_id), movie(tx, library_id, "Ronin")
        for kind in (JobKind.ENRICH, JobKind.PUBLISH):
            ledger.submit(tx, NewJob(kind, 5, item_id=heat, library_id=library_id))
        ledger.submit(tx, NewJob(JobKind.PUBLISH, 5, item_id=ronin, library_id=library_id))

    store.write_now(prepare)
    first = claim(store, 4)
    assert [job.kind for job in first] == [JobKind.ENRICH, JobKind.PUBLISH]
    assert first[0].item_id != first[1].item_id
    store.write_now(lambda tx: ledger.settle(tx, first[0], Completed()))
    assert [job.item_id for job in claim(store, 4)] == [first[0].item_id]


@pytest.mark.parametrize(
    ("free", "bulk", "expected"),
    [
        (4, 4, ["b1", "b2", "b3", "one"]),
        (4, 2, ["b1", "b2", "one"]),
        (4, 0, ["one"]),
        (1, 0, ["one"]),
        (2, 1, ["b1", "one"]),
    ],
    ids=["all may", "two may", "none may", "the express slot passes by the bulk", "one of two may"],
)
def test_only_so_many_slots_take_library_wide_work(store: Store, free: int, bulk: int, expected: list[str]) -> None:
    submit(store, *[new(f"b{number}", priority=10, is_bulk=True) for number in (1, 2, 3)], new("one", priority=1))
    assert names(claim(store, free, bulk)) == expected


def test_a_settlement_needs_the_claim(store: Store) -> None:
    submit(store, new())
    [job] = claim(store)
    store.write_now(lambda tx: ledger.settle(tx, job, Completed("fine", {"files": 3})))
    found = row(store, job.id)
    assert (found["state"], found["message"], found["result"], found["claim"]) == (
        "completed",
        "fine",
        {"files": 3},
        None,
    )
    with pytest.raises(ClaimLost):
        store.write_now(lambda tx: ledger.settle(tx, job, Completed()))
    with pytest.raises(ClaimLost):
        store.write_now(lambda tx: ledger.assert_held(tx, job))
    assert store.write_now(lambda tx: ledger.was_settled(tx, job))


def test_an_unsettled_claim_was_not_settled(store: Store) -> None:
    submit(store, new())
    [job] = claim(store)
    assert not store.write_now(lambda tx: ledger.was_settled(tx, job))
    store.write_now(lambda tx: ledger.assert_held(tx, job))


@pytest.mark.parametrize(
    ("ending", "state", "outcome"),
    [
        (Completed("ok"), JobState.COMPLETED, "completed"),
        (Cancelled(), JobState.CANCELLED, "cancelled"),
        (GiveUp(), JobState.FAILED, "failed"),
        (Retry(SOON), JobState.PENDING, "retried"),
        (Snooze(SOON, "offline", "kodi:off"), JobState.PENDING, "snoozed"),
    ],
    ids=["done", "cancelled", "dead letter", "retry", "snooze"],
)
def test_every_attempt_is_kept_with_its_outcome_and_error(
    store: Store, ending: ledger.Ending, state: JobState, outcome: str
) -> None:
    submit(store, new())
    [job] = claim(store, worker="w7")
    assert store.write_now(lambda tx: ledger.settle(tx, job, ending, "it broke")) is state
    [attempt] = store.write_now(lambda tx: rows(tx, schema.job_attempt))
    assert (attempt["claim"], attempt["worker_id"], attempt["outcome"]) == (job.claim, "w7", outcome)
    assert attempt["error"] == "it broke"
    assert attempt["started_at"] <= attempt["ended_at"]


def test_a_retry_waits_and_spends_an_attempt_and_a_snooze_does_not(store: Store) -> None:
    submit(store, new())
    attempts = []
    for ending in (Retry(SOON), Snooze(SOON, "offline", "kodi:off"), Retry(SOON)):
        [job] = claim(store)
        attempts.append(job.attempt)
        store.write_now(partial(ledger.settle, job=job, ending=ending))
        assert store.write_now(ledger.promote_due) == 0
        assert claim(store) == []
        assert 25 < (store.write_now(ledger.seconds_until_due) or 0) <= 30
        store.skew += SOON
        assert store.write_now(ledger.promote_due) == 1
    assert attempts == [1, 2, 2]
    [job] = claim(store)
    assert job.attempt == 3


def test_the_cause_of_a_snooze_is_known_to_the_next_attempt(store: Store) -> None:
    submit(store, new())
    [job] = claim(store)
    store.write_now(lambda tx: ledger.settle(tx, job, Snooze(SOON, "Kodi is off", "kodi:off")))
    assert store.write_now(lambda tx: ledger.is_awaited(tx, "kodi:off"))
    assert not store.write_now(lambda tx: ledger.is_awaited(tx, "tmdb:down"))
    store.skew += SOON
    store.write_now(ledger.promote_due)
    [again] = claim(store)
    assert again.waits_for == "kodi:off"
    assert not store.write_now(lambda tx: ledger.is_awaited(tx, "kodi:off"))


def test_a_retry_that_meets_a_pending_twin_is_superseded(store: Store) -> None:
    submit(store, new())
    [job] = claim(store)
    [twin] = submit(store, new())
    assert store.write_now(lambda tx: ledger.settle(tx, job, Retry(SOON))) is JobState.SUPERSEDED
    assert [other.id for other in claim(store)] == [twin]


@pytest.mark.parametrize("ending", [Retry(SOON), Snooze(SOON, "off", "x")], ids=["retry", "snooze"])
def test_a_job_that_was_to_be_cancelled_is_not_tried_again(store: Store, ending: ledger.Ending) -> None:
    submit(store, new())
    [job] = claim(store)

    def ask(tx: Tx) -> list[int]:
        tx.execute(schema.job.update().values(is_cancel_requested=True))
        return list(ledger.requested_cancels(tx, [job]))

    assert store.write_now(ask) == [job.id]
    assert store.write_now(lambda tx: ledger.settle(tx, job, ending)) is JobState.CANCELLED
    assert store.write_now(states) == {"cancelled": 1}


def test_a_delayed_job_is_not_ready_before_its_time_and_a_prompt_trigger_overrides_the_delay(store: Store) -> None:
    submit(store, new("later", delay=SOON), new("now", delay=SOON), new("now"))
    assert names(claim(store, 4)) == ["now"]
    store.skew += SOON + timedelta(seconds=1)
    assert store.write_now(ledger.promote_due) == 1
    assert names(claim(store, 4)) == ["later"]


def test_a_delayed_trigger_does_not_hold_up_a_job_that_is_ready(store: Store) -> None:
    submit(store, new("a"), new("a", delay=SOON))
    assert names(claim(store)) == ["a"]


def test_a_workflow_knows_its_root_and_parents(store: Store) -> None:
    submit(store, new("scan"))
    [scan] = claim(store)
    store.write_now(lambda tx: ledger.submit_many(tx, [new("enrich")], scan))
    store.write_now(lambda tx: ledger.settle(tx, scan, Completed()))
    [enrich] = claim(store)
    store.write_now(lambda tx: ledger.submit(tx, new("publish"), enrich))
    assert (enrich.parent_id, enrich.root_id) == (scan.id, scan.id)
    [_, _, publish] = store.write_now(rows)
    assert (publish["parent_id"], publish["root_id"]) == (enrich.id, scan.id)


def test_progress_is_shown_only_for_who_holds_the_job(store: Store) -> None:
    submit(store, new())
    [job] = claim(store)
    assert store.write_now(lambda tx: ledger.set_progress(tx, job, 40.0, "half way"))
    assert (row(store, job.id)["progress"], row(store, job.id)["message"]) == (40.0, "half way")
    store.write_now(lambda tx: ledger.settle(tx, job, Retry(SOON), "broke"))
    assert not store.write_now(lambda tx: ledger.set_progress(tx, job, 90.0, "ghost"))
    assert (row(store, job.id)["progress"], row(store, job.id)["message"]) == (None, "broke")


@pytest.mark.parametrize(
    ("body", "is_heard"),
    [
        (lambda tx: ledger.submit(tx, new("b")), True),
        (lambda tx: ledger.submit_many(tx, [new("b")]), True),
        (lambda tx: ledger.submit_many(tx, []), False),
        (lambda tx: ledger.claim(tx, "w", Slots(1, 1)), False),
        (ledger.promote_due, False),
    ],
    ids=["submit", "bulk submit", "nothing to submit", "claim", "promotion by who claims next"],
)
def test_workers_are_woken_only_when_there_is_work(
    store: Store,
    body: Callable[[Tx], object],
    *,
    is_heard: bool,
) -> None:
    submit(store, new("a"))
    heard: list[str] = []
    store.on(JOBS, lambda: heard.append(JOBS))
    store.write_now(body)
    assert bool(heard) is is_heard


def test_all_due_jobs_become_ready_at_once(sqlite_store: Store) -> None:
    batch = [new(f"t{number}", delay=SOON) for number in range(2000)]
    sqlite_store.write_now(lambda tx: ledger.submit_many(tx, batch))
    sqlite_store.skew += SOON + timedelta(seconds=1)
    assert sqlite_store.write_now(ledger.promote_due) == 2000


def mixed(tx: Tx) -> None:
    """A scan in each of two libraries, an item's job in the first, and a job of no library."""
    films, shows = library(tx, "films", "/films"), library(tx, "it's, films", "/shows")
    ledger.submit(tx, NewJob(JobKind.SCAN, 9, library_id=shows))
    ledger.submit(tx, NewJob(JobKind.SCAN, 8, library_id=films))
    ledger.submit(tx, NewJob(JobKind.ENRICH, 7, library_id=films, item_id=movie(tx, films)))
    ledger.submit(tx, new("nobody's", JobKind.NOTIFY, 6))


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (EVERYTHING, [("scan", 2), ("scan", 1), ("enrich", 1), ("notify", None)]),
        (Reach(kinds=frozenset({JobKind.SCAN})), [("scan", 2), ("scan", 1)]),
        (Reach(kinds=frozenset({JobKind.NOTIFY, JobKind.ENRICH})), [("enrich", 1), ("notify", None)]),
        (Reach(libraries=frozenset({"films"})), [("scan", 1), ("enrich", 1)]),
        (Reach(libraries=frozenset({"it's, films", "unknown"})), [("scan", 2)]),
        (Reach(frozenset({JobKind.SCAN, JobKind.NOTIFY}), frozenset({"films"})), [("scan", 1), ("notify", None)]),
        (Reach(libraries=frozenset({"unknown"})), []),
        (Reach(kinds=frozenset()), []),
    ],
    ids=[
        "no limits",
        "one kind",
        "two kinds, in order of urgency",
        "one library, and no job of none",
        "a name with every sign in it, and one that is not there yet",
        "kinds of a library, and named kinds of no library",
        "a library that is not there",
        "nothing",
    ],
)
@pytest.mark.parametrize("bulk", [4, 0], ids=["any slot", "the express slot"])
def test_a_worker_claims_only_what_is_within_its_reach(
    store: Store, reach: Reach, expected: list[tuple[str, int | None]], bulk: int
) -> None:
    store.write_now(mixed)
    claimed = store.write_now(lambda tx: ledger.claim(tx, "w1", Slots(4, bulk), reach))
    assert [(job.kind, job.library_id) for job in claimed] == expected


@pytest.mark.parametrize(
    "reach",
    [EVERYTHING, Reach(kinds=frozenset({JobKind.SCAN})), Reach(libraries=frozenset({"films"}))],
    ids=["no limits", "kinds", "libraries"],
)
def test_a_claim_walks_along_the_index_and_sorts_nothing(store: Store, reach: Reach) -> None:
    def explain(tx: Tx) -> str:
        ledger.submit_many(tx, [new(f"t{number}") for number in range(3000)])
        sql, values = taking(reach, express=False).bound({"b_claim": "c", "b_worker": "w"}, is_sqlite=store.is_sqlite)
        if not store.is_sqlite:
            tx.execute(sa.text("ANALYZE job"))
        plan = tx._run(("EXPLAIN QUERY PLAN " if store.is_sqlite else "EXPLAIN ") + sql, values)
        return "\n".join(str(row[-1]) for row in plan)

    plan = store.write_now(explain)
    assert "ix_job_ready" in plan
    assert not re.search("sort|temp b-tree", plan, re.IGNORECASE)
