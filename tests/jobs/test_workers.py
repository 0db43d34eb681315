"""Registration, heartbeats, and the jobs of workers that died or froze, on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.errors import ClaimLost
from metarr.jobs import ledger, workers
from metarr.jobs.ledger import Completed, Slots
from metarr.store import schema
from metarr.store.db import JOBS
from stages import new, rows, states

if TYPE_CHECKING:
    from metarr.model.job import Job
    from metarr.store.db import Store, Tx


def work(store: Store, worker_id: str = "w1", name: str = "x") -> Job:
    """Register a worker and let it claim a job."""

    def body(tx: Tx) -> Job:
        workers.register(tx, worker_id, "host", 1, 4)
        ledger.submit(tx, new(name))
        [job] = ledger.claim(tx, worker_id, Slots(1, 1))
        return job

    return store.write_now(body)


def lose(store: Store) -> int:
    store.skew += workers.LEASE + timedelta(seconds=1)
    return store.write_now(workers.take_back)


def test_the_jobs_of_a_worker_unseen_for_too_long_are_taken_back(store: Store) -> None:
    job = work(store)
    assert store.write_now(workers.take_back) == 0
    heard: list[str] = []
    store.on(JOBS, lambda: heard.append(JOBS))
    assert lose(store) == 1
    assert heard
    assert store.write_now(lambda tx: rows(tx, schema.worker)) == []
    [again] = store.write_now(lambda tx: ledger.claim(tx, "w2", Slots(1, 1)))
    assert (again.id, again.attempt) == (job.id, 1)
    [attempt] = store.write_now(lambda tx: rows(tx, schema.job_attempt))
    assert (attempt["outcome"], attempt["error"], attempt["worker_id"]) == ("lost", "its worker died", "w1")


def test_the_late_settlement_of_a_frozen_worker_is_refused(store: Store) -> None:
    job = work(store)
    lose(store)
    with pytest.raises(ClaimLost):
        store.write_now(lambda tx: ledger.settle(tx, job, Completed()))
    assert store.write_now(states) == {"pending": 1}


def test_a_worker_that_beats_keeps_its_jobs(store: Store) -> None:
    work(store)
    store.skew += workers.LEASE - timedelta(seconds=1)
    assert store.write_now(lambda tx: workers.beat(tx, "w1"))
    store.skew += timedelta(seconds=10)
    assert store.write_now(workers.take_back) == 0


def test_a_worker_whose_row_is_gone_hears_of_it(store: Store) -> None:
    work(store)
    lose(store)
    assert not store.write_now(lambda tx: workers.beat(tx, "w1"))


def test_a_job_that_was_lost_three_times_is_poison(store: Store) -> None:
    job = work(store)
    for number in range(2, 4):
        lose(store)
        assert store.write_now(states) == {"pending": 1}

        def next_worker(tx: Tx, worker_id: str = f"w{number}") -> list[Job]:
            workers.register(tx, worker_id, "host", 1, 4)
            return ledger.claim(tx, worker_id, Slots(1, 1))

        store.write_now(next_worker)
    lose(store)
    [row] = store.write_now(rows)
    assert (row["id"], row["state"], row["message"]) == (job.id, "failed", "lost with its worker 3 times")
    assert row["finished_at"] is not None


def test_a_lost_job_whose_twin_is_pending_is_superseded(store: Store) -> None:
    work(store)
    store.write_now(lambda tx: ledger.submit(tx, new("x")))
    lose(store)
    assert store.write_now(states) == {"superseded": 1, "pending": 1}


def test_a_job_that_gets_somewhere_each_time_is_no_poison(store: Store) -> None:
    """A long scan on a machine that is switched off every evening records film by film."""
    work(store)

    def record_something(tx: Tx, worker_id: str) -> None:
        workers.register(tx, worker_id, "host", 1, 4)
        [job] = ledger.claim(tx, worker_id, Slots(1, 1))
        ledger.assert_held(tx, job)

    for evening in range(5):
        lose(store)
        store.write_now(partial(record_something, worker_id=f"w{evening + 2}"))
    assert store.write_now(states) == {"running": 1}


def test_a_lost_job_that_was_to_be_cancelled_is_cancelled(store: Store) -> None:
    work(store)
    store.write_now(lambda tx: tx.execute(schema.job.update().values(is_cancel_requested=True)).rowcount)
    lose(store)
    assert store.write_now(states) == {"cancelled": 1}


def test_a_worker_that_retires_hands_its_jobs_back_and_nothing_counts_as_lost(store: Store) -> None:
    work(store)
    other = work(store, "w2", "y")
    store.write_now(lambda tx: workers.retire(tx, "w1"))
    found = {row["dedupe_key"]: row for row in store.write_now(rows)}
    assert (found["clean:x"]["state"], found["clean:x"]["losses"], found["clean:x"]["claim"]) == ("pending", 0, None)
    assert found["clean:y"]["claim"] == other.claim
    assert [row["id"] for row in store.write_now(lambda tx: rows(tx, schema.worker))] == ["w2"]


def test_a_claim_that_nobody_runs_is_handed_back_alone(store: Store) -> None:
    job = work(store)
    known = work(store, "w1-other", "y")
    assert store.write_now(lambda tx: workers.claims(tx, "w1")) == {job.claim}
    assert store.write_now(lambda tx: workers.hand_back(tx, "w1", {job.claim, known.claim})) == 1
    assert store.write_now(lambda tx: workers.claims(tx, "w1")) == set()
    assert store.write_now(lambda tx: workers.claims(tx, "w1-other")) == {known.claim}
    assert store.write_now(lambda tx: workers.hand_back(tx, "w1", set())) == 0


def test_whoever_holds_the_data_folder_takes_everything_back_at_once(store: Store) -> None:
    work(store)
    assert store.write_now(workers.take_back_all) == 1
    assert store.write_now(states) == {"pending": 1}
    assert store.write_now(lambda tx: rows(tx, schema.worker)) == []


def test_many_jobs_of_the_dead_are_taken_back_together(store: Store) -> None:
    def body(tx: Tx) -> int:
        workers.register(tx, "w1", "host", 1, 700)
        ledger.submit_many(tx, [new(f"t{number}") for number in range(700)])
        return len(ledger.claim(tx, "w1", Slots(700, 700)))

    assert store.write_now(body) == 700
    assert lose(store) == 700
    assert store.write_now(states) == {"pending": 700}


def test_who_freezes_in_the_middle_of_a_transaction_loses_its_locks_before_its_lease_is_over(
    postgres_store: Store,
) -> None:
    """Otherwise its rows could not be taken over: `take_back` passes by what is locked."""
    query = "SELECT extract(epoch FROM current_setting('idle_in_transaction_session_timeout')::interval)"
    seconds = postgres_store.write_now(lambda tx: tx.execute(sa.text(query)).scalar_one())
    assert 5 <= seconds < workers.LEASE.total_seconds()
