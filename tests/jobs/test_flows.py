"""Workflows as people see them, and what the clock began: over both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.actions import schedules as actions
from metarr.errors import Conflict
from metarr.jobs import desk, flows, ledger, triggers
from metarr.jobs.flows import Asked, FlowState
from metarr.jobs.triggers import Begun
from metarr.model.job import JobKind, NewJob, Trigger
from metarr.model.media import LibraryId, LibraryKind
from metarr.model.schedule import Chore
from metarr.store import libraries, schedules

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx


def _library(tx: Tx) -> LibraryId:
    return libraries.add(tx, "Films", LibraryKind.MOVIES, "/nowhere").id


def _job(number: int, kind: JobKind = JobKind.ENRICH, delay: timedelta | None = None) -> NewJob:
    payload = {"target": f"thing {number}"}
    return NewJob(kind, 5, payload=payload, trigger=Trigger.SETTINGS, delay=delay, is_bulk=True)


def _numbers(tx: Tx, asked: Asked, before: int | None = None) -> list[int]:
    return [flow.row["id"] for flow in flows.page(tx, asked, before, 10)]


def test_what_one_trigger_asks_for_is_one_workflow(store: Store) -> None:
    assert store.write_now(lambda tx: ledger.submit_together(tx, ())) == 0
    assert store.write_now(lambda tx: ledger.submit_together(tx, [_job(1), _job(2), _job(2), _job(3)])) == 3
    assert store.write_now(lambda tx: _numbers(tx, Asked(trigger=Trigger.SETTINGS))) == [1]
    [flow] = store.write_now(lambda tx: flows.page(tx, Asked(), None, 10))
    assert (flow.counts, flow.all, flow.over) == ({"pending": 3}, 3, 0)
    assert store.write_now(lambda tx: desk.cancel_workflow(tx, 1)) == 3
    assert store.write_now(lambda tx: _numbers(tx, Asked(FlowState.CANCELLED))) == [1]
    assert store.write_now(lambda tx: _numbers(tx, Asked(FlowState.OPEN))) == []


def test_work_joins_the_workflow_that_its_twin_waits_in(store: Store) -> None:
    store.write_now(lambda tx: ledger.submit_together(tx, [_job(1), _job(2)]))
    store.write_now(lambda tx: ledger.submit_together(tx, [_job(2), _job(3)]))
    [flow] = store.write_now(lambda tx: flows.page(tx, Asked(), None, 10))
    assert flow.counts == {"pending": 3}


def test_messages_to_channels_are_seen_when_asked_for(store: Store) -> None:
    store.write_now(lambda tx: ledger.submit(tx, _job(1, JobKind.NOTIFY)))
    assert store.write_now(lambda tx: _numbers(tx, Asked())) == []
    assert store.write_now(lambda tx: _numbers(tx, Asked(kind=JobKind.NOTIFY))) == [1]
    assert store.write_now(lambda tx: _numbers(tx, Asked(kind=JobKind.NOTIFY), before=1)) == []


def test_a_job_that_was_put_off_can_run_now(store: Store) -> None:
    store.write_now(lambda tx: ledger.submit(tx, _job(1, delay=timedelta(hours=1))))
    assert [row["id"] for row in store.write_now(lambda tx: flows.put_off(tx, None, 10))] == [1]
    store.write_now(lambda tx: desk.run_now(tx, 1))
    assert store.write_now(lambda tx: flows.put_off(tx, None, 10)) == []
    with pytest.raises(Conflict, match="waits for nothing"):
        store.write_now(lambda tx: desk.run_now(tx, 1))


def test_a_schedule_knows_what_it_last_began(store: Store) -> None:
    def begin(tx: Tx) -> int:
        library = _library(tx)
        row = schedules.add(tx, Chore.SCAN, library, cron="0 4 * * *", is_enabled=True)
        triggers.chore(tx, Chore.SCAN, library, Begun(Trigger.PERSON))
        desk.cancel(tx, 1)
        return row.id

    number = store.write_now(begin)
    assert store.write_now(lambda tx: schedules.get(tx, number)).last_run is None
    store.write_now(lambda tx: actions.run(tx, number))
    since = store.write_now(lambda tx: schedules.get(tx, number)).last_run
    assert since is not None
    first, counts = store.write_now(lambda tx: flows.of_schedule(tx, number, since))
    assert (first, counts) == (2, {"pending": 1})
    assert store.write_now(lambda tx: desk.get(tx, 2))["trigger"] == Trigger.PERSON
    nothing = store.write_now(lambda tx: flows.of_schedule(tx, number + 1, since))
    assert nothing == (None, {})


@pytest.mark.parametrize("state", list(FlowState))
def test_an_empty_ledger_has_no_workflow(store: Store, state: FlowState) -> None:
    assert store.write_now(lambda tx: flows.page(tx, Asked(state), None, 10)) == []


def test_large_workflows_are_counted_in_an_index(sqlite_store: Store) -> None:
    def plan(tx: Tx) -> str:
        query = "SELECT root_id, state, count(*) FROM job WHERE root_id IN (1, 2) GROUP BY root_id, state"
        return str([tuple(row) for row in tx.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"))])

    assert "COVERING INDEX ix_job_root_state" in sqlite_store.write_now(plan)
