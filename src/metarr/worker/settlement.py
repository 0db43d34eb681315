"""The transactions of a worker: claiming jobs, and ending an attempt with everything that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from metarr.jobs import ledger, policy, triggers
from metarr.jobs.ledger import Completed, Slots
from metarr.jobs.reach import EVERYTHING
from metarr.model.event import NewEvent
from metarr.model.job import Done, JobState, Snooze
from metarr.store import health, items
from metarr.store.db import JOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metarr.jobs.policy import Conditions
    from metarr.jobs.reach import Reach
    from metarr.model.job import Job, JobKind
    from metarr.model.media import ItemId
    from metarr.phases.base import Phase
    from metarr.store.db import Tx

log = structlog.get_logger()
_PASS_AT_ONCE = 200  # pass-throughs in one transaction


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job to run, and the conditions under which it was claimed: it runs on that snapshot."""

    job: Job
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a worker writes. `conditions` reads the chain's conditions as they are now; `reach`: what it may claim."""

    phases: Mapping[JobKind, Phase[Any]]
    conditions: Callable[[Tx], Conditions]
    reach: Reach = EVERYTHING

    def claim(self, tx: Tx, worker_id: str, slots: Slots, conditions: Conditions | None = None) -> list[Claimed]:
        """Jobs to run. Those that pass through end right here, and their successors may be claimed next.

        `conditions`: where this transaction has read them already.
        """
        chosen: list[Claimed] = []
        passed = 0
        while len(chosen) < slots.free:
            bulk = slots.bulk - sum(claimed.job.is_bulk for claimed in chosen)
            jobs = ledger.claim(tx, worker_id, Slots(slots.free - len(chosen), bulk), self.reach)
            if not jobs:
                break
            conditions = conditions or self.conditions(tx)
            for job in jobs:
                own = conditions.of(job.library_id)
                if self._is_over_already(tx, job, own):
                    passed += 1
                else:
                    chosen.append(Claimed(job, own))
            if passed >= _PASS_AT_ONCE:
                tx.announce(JOBS)
                break
        return chosen

    def settle(self, tx: Tx, job: Job, ending: Done[Any] | ledger.Ending, error: str = "") -> Conditions | None:
        """End an attempt: the phase's rows, the job's end, its successors and its events.

        Returns the conditions if it had to read them; nothing that it does afterwards changes them.
        """
        conditions: Conditions | None = None
        match ending:
            case Done():
                if job.waits_for is not None:  # first: what follows may need what is there again
                    health.clear(tx, job.waits_for)
                conditions = self._complete(tx, job, ending)
            case Snooze(reason=reason, cause=cause, is_quiet=is_quiet):
                if ledger.settle(tx, job, ending) is JobState.PENDING and not is_quiet:
                    health.report(tx, cause, reason)
            case policy.GiveUp():
                ledger.settle(tx, job, ending, error)
                triggers.announce(tx, job, _failed_event(job, error))
                triggers.ended(tx, job, is_last=True)
            case ledger.Completed() | ledger.Cancelled() | policy.Retry():
                ledger.settle(tx, job, ending, error)
        if job.waits_for is not None:
            self._is_over(tx, job.waits_for, ending)
        return conditions

    def follow(self, tx: Tx, job: Job, on: Sequence[ItemId], conditions: Conditions) -> int:
        """Submit the next jobs of these items. Returns how many."""
        if not on:
            return 0
        own = conditions.of(job.library_id)
        return ledger.submit_many(tx, policy.successors(job, items.needs(tx, on), own), job)

    @staticmethod
    def _is_over(tx: Tx, cause: str, ending: Done[Any] | ledger.Ending) -> None:
        """What the job waited for before: over when it got past it now, or when nobody waits for it any more."""
        match ending:
            case Done():
                return
            case Snooze(cause=again) if again == cause:
                return
            case Snooze() | ledger.Cancelled():
                triggers.forget_cause(tx, cause)
            case _:
                health.clear(tx, cause)

    def _is_over_already(self, tx: Tx, job: Job, conditions: Conditions) -> bool:
        """Whether the job does not run now: it was stopped by a person, or its phase passes it through."""
        pause = policy.is_paused(job, conditions)
        reason = policy.passes_through(job, conditions)
        if pause is not None:
            self.settle(tx, job, pause)
        elif reason is not None:
            self._pass_through(tx, job, reason, conditions)
        return pause is not None or reason is not None

    def _pass_through(self, tx: Tx, job: Job, reason: str, conditions: Conditions) -> None:
        self.settle(tx, job, Completed(f"passed through: {reason}"))
        following = self.follow(tx, job, [] if job.item_id is None else [job.item_id], conditions)
        triggers.ended(tx, job, is_last=not following)

    def _complete(self, tx: Tx, job: Job, done: Done[Any]) -> Conditions | None:
        ledger.settle(tx, job, Completed(done.summary, done.report))
        on = self.phases[job.kind].record(tx, job, done.result)
        conditions = self.conditions(tx) if on else None
        following = 0 if conditions is None else self.follow(tx, job, on, conditions)
        event = policy.COMPLETED_EVENT.get(job.kind)
        if event is not None:
            counts = {"counts": done.report} if policy.tells_players(job) else {}
            is_clean = {"is_clean": True} if policy.is_clean(job.kind, done.report) else {}
            data = {"summary": done.summary, **is_clean, **counts}
            new = NewEvent(event, job_id=job.id, item_id=job.item_id, library_id=job.library_id, data=data)
            triggers.announce(tx, job, new)
        triggers.ended(tx, job, is_last=not following)
        return conditions


def _failed_event(job: Job, error: str) -> NewEvent:
    kind = policy.FAILED_EVENT[job.kind]
    return NewEvent(kind, job.id, job.item_id, job.library_id, {"error": error})
