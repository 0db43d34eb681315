"""The ledger against a model of a few lines: whatever is done in whatever order, both agree."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from metarr.jobs import desk, ledger, workers
from metarr.jobs.ledger import Cancelled, Completed, Slots
from metarr.jobs.policy import GiveUp, Retry
from metarr.model.job import Job, JobState, Snooze
from metarr.store import schema
from metarr.store.db import Store, sqlite_url
from stages import new, rows

if TYPE_CHECKING:
    import pytest

MINUTE = timedelta(minutes=1)


@dataclass
class Known:
    """A job as the model has it."""

    name: str
    priority: int
    state: str = "pending"
    waits: bool = False


ENDINGS = st.sampled_from(
    [Completed(), Cancelled(), GiveUp(), Retry(MINUTE), Snooze(MINUTE, "off", "kodi:off")],
)


class LedgerMachine(RuleBasedStateMachine):
    """Jobs by id, as they should be."""

    template: Path
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "metarr.db")
        self.store = Store(sqlite_url(self.folder / "metarr.db"))
        self.model: dict[int, Known] = {}
        self.store.write_now(lambda tx: workers.register(tx, "w", "host", 1, 4))

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def pending_twin(self, name: str) -> int | None:
        return next((i for i, job in self.model.items() if job.name == name and job.state == "pending"), None)

    @rule(name=st.sampled_from("abc"), priority=st.integers(1, 10), is_delayed=st.booleans())
    def submit(self, name: str, priority: int, *, is_delayed: bool) -> None:
        delay = MINUTE if is_delayed else None
        job_id = self.store.write_now(lambda tx: ledger.submit(tx, new(name, priority=priority, delay=delay)))
        twin = self.pending_twin(name)
        if twin is None:
            assert job_id not in self.model
            self.model[job_id] = Known(name, priority, waits=is_delayed)
        else:
            assert job_id == twin
            self.model[twin].priority = max(priority, self.model[twin].priority)
            self.model[twin].waits &= is_delayed

    @rule(target=claims, most=st.integers(1, 3))
    def claim(self, most: int) -> Any:
        jobs = self.store.write_now(lambda tx: ledger.claim(tx, "w", Slots(most, most)))
        expected: list[int] = []
        while len(expected) < most:
            locked = {job.name for job in self.model.values() if job.state == "running"}
            ready = [
                (-job.priority, job_id)
                for job_id, job in self.model.items()
                if job.state == "pending" and not job.waits and job.name not in locked
            ]
            if not ready:
                break
            expected.append(min(ready)[1])
            self.model[expected[-1]].state = "running"
        assert [job.id for job in jobs] == expected
        return multiple(*jobs)

    @rule(job=consumes(claims), ending=ENDINGS)
    def settle(self, job: Job, ending: ledger.Ending) -> None:
        known = self.model[job.id]
        if known.state != "running":  # it was taken back meanwhile
            return
        state = self.store.write_now(lambda tx: ledger.settle(tx, job, ending))
        match ending:
            case Completed():
                known.state = "completed"
            case Cancelled():
                known.state = "cancelled"
            case GiveUp():
                known.state = "failed"
            case Retry() | Snooze():
                self.put_back(known, waits=True)
        assert state == known.state

    @rule()
    def let_time_pass(self) -> None:
        self.store.skew += 2 * MINUTE
        self.store.write_now(ledger.promote_due)
        for job in self.model.values():
            job.waits = False

    @rule(job=consumes(claims))
    def lose(self, job: Job) -> None:
        known = self.model[job.id]
        if known.state == "running":
            assert self.store.write_now(lambda tx: workers.hand_back(tx, "w", {job.claim})) == 1
            self.put_back(known, waits=False)

    @rule(name=st.sampled_from("abc"))
    def cancel_pending(self, name: str) -> None:
        job_id = self.pending_twin(name)
        if job_id is not None:
            self.store.write_now(lambda tx: desk.cancel(tx, job_id))
            self.model[job_id].state = "cancelled"

    @rule()
    def retry_failed(self) -> None:
        count = 0
        failed = {job_id: job for job_id, job in self.model.items() if job.state == "failed"}
        newest = {job.name: job_id for job_id, job in sorted(failed.items())}
        for job_id, job in failed.items():
            is_first = newest[job.name] == job_id and self.pending_twin(job.name) is None
            job.state, job.waits = ("pending", False) if is_first else ("superseded", False)
            count += is_first
        assert self.store.write_now(desk.retry) == count

    def put_back(self, known: Known, *, waits: bool) -> None:
        has_twin = self.pending_twin(known.name) is not None
        known.state, known.waits = ("superseded", False) if has_twin else ("pending", waits)

    @invariant()
    def they_agree(self) -> None:
        jobs = {row["id"]: row for row in self.store.write_now(rows)}
        assert {job_id: row["state"] for job_id, row in jobs.items()} == {i: job.state for i, job in self.model.items()}
        for row in jobs.values():
            assert (row["claim"] is not None) == (row["state"] == JobState.RUNNING)
            is_open = row["state"] in {JobState.PENDING, JobState.RUNNING}
            assert (row["finished_at"] is None) == is_open
        attempts = self.store.write_now(lambda tx: rows(tx, schema.job_attempt))
        assert len({attempt["claim"] for attempt in attempts}) == len(attempts)


def test_the_ledger_is_its_model(migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LedgerMachine, "template", migrated_sqlite, raising=False)
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    bounds = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(LedgerMachine, settings=bounds)
