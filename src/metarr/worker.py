"""The loop: wake, claim, run the phase, settle in one transaction, claim the next. N slots, graceful stop."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from metarr.errors import ClaimLost, MetarrError
from metarr.jobs import desk, ledger, policy, triggers, workers
from metarr.jobs.ledger import Cancelled, Completed, Slots
from metarr.jobs.wake import Wake, listening
from metarr.model.event import NewEvent
from metarr.model.job import Done, Snooze
from metarr.phases.base import JobContext
from metarr.store import health, items
from metarr.store.db import JOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metarr.jobs.policy import Conditions
    from metarr.model.job import Job, JobKind
    from metarr.model.media import ItemId
    from metarr.phases.base import Phase
    from metarr.store.db import Store, Tx

log = structlog.get_logger()
_POLL = 5.0  # seconds; the net under a lost wake-up
_REPORT_EVERY = 0.5  # seconds between two progress rows of one job
_PASS_AT_ONCE = 200  # pass-throughs in one transaction


class Worker:
    """Runs jobs until told to stop. One of its slots never takes library-wide work."""

    def __init__(
        self,
        store: Store,
        phases: Mapping[JobKind, Phase[Any]],
        conditions: Callable[[Tx], Conditions],
        *,
        slots: int = 4,
    ) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._store = store
        self._phases = phases
        self._conditions = conditions
        self._slots = slots
        self._most_bulk = max(1, slots - 1)
        self._bulk_in_use = 0  # slots that run, or are about to claim, library-wide work
        self._running: dict[str, tuple[Job, asyncio.Task[Any]]] = {}  # by claim
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelled: set[str] = set()  # claims that a person cancelled
        self._is_stopping = False
        self._wake = Wake()

    # --- life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until `stop`; what runs then is finished first. Cancelling this hands the jobs back instead."""
        await self._store.write(self._register)
        try:
            with listening(self._store, JOBS) as self._wake, listening(self._store, desk.CANCEL) as cancels:
                async with asyncio.TaskGroup() as group:
                    beating = group.create_task(self._beat())
                    cancelling = group.create_task(self._obey_cancels(cancels))
                    await self._claim_until_stopped()
                    await self._finish()
                    beating.cancel()
                    cancelling.cancel()
        finally:
            for _, attempt in self._running.values():
                attempt.cancel()
            await self._finish()
            await self._store.write(lambda tx: workers.retire(tx, self.id))

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is running has ended."""
        self._is_stopping = True
        self._wake.set()

    def _register(self, tx: Tx) -> None:
        workers.register(tx, self.id, socket.gethostname(), os.getpid(), self._slots)

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(workers.BEAT.total_seconds())
            if not await self._store.write(self._beat_once):
                log.error("this worker was taken for dead; its jobs start over")
                for _, attempt in self._running.values():
                    attempt.cancel()
                await self._store.write(self._register)

    def _beat_once(self, tx: Tx) -> bool:
        is_alive = workers.beat(tx, self.id)
        workers.take_back(tx)
        return is_alive

    async def _obey_cancels(self, wake: Wake) -> None:
        while True:
            await wake.wait(_POLL)
            held = [job for job, _ in self._running.values()]
            if not held:
                continue
            wanted = set(await self._store.read(partial(ledger.requested_cancels, held=held)))
            for job, attempt in list(self._running.values()):
                if job.id in wanted:
                    self._cancelled.add(job.claim)
                    attempt.cancel()

    # --- claiming -----------------------------------------------------------------------------------------------------

    async def _claim_until_stopped(self) -> None:
        while not self._is_stopping:
            free = self._slots - len(self._tasks)
            until_due: float | None = None
            if free > 0:
                jobs, until_due = await self._claim_into(free)
                for job in jobs:
                    self._start(job)
            await self._wake.wait(_POLL if until_due is None else min(_POLL, max(until_due, 0.01)))

    async def _claim_into(self, free: int) -> tuple[list[Job], float | None]:
        bulk = self._reserve_bulk(free)

        def body(tx: Tx) -> tuple[list[Job], float | None]:
            ledger.promote_due(tx)
            return self._claim(tx, Slots(free, bulk)), ledger.seconds_until_due(tx)

        jobs, until_due = await self._store.write(body)
        self._return_bulk(bulk, jobs)
        return jobs, until_due

    def _reserve_bulk(self, free: int) -> int:
        bulk = max(0, min(free, self._most_bulk - self._bulk_in_use))
        self._bulk_in_use += bulk
        return bulk

    def _return_bulk(self, reserved: int, jobs: Sequence[Job]) -> None:
        self._bulk_in_use -= reserved - sum(job.is_bulk for job in jobs)

    def _claim(self, tx: Tx, slots: Slots) -> list[Job]:
        """Jobs to run. Those that pass through end right here, and their successors may be claimed next."""
        conditions = self._conditions(tx)
        chosen: list[Job] = []
        passed = 0
        while len(chosen) < slots.free:
            bulk = slots.bulk - sum(job.is_bulk for job in chosen)
            jobs = ledger.claim(tx, self.id, Slots(slots.free - len(chosen), bulk))
            if not jobs:
                break
            for job in jobs:
                reason = policy.passes_through(job, conditions)
                if reason is None:
                    chosen.append(job)
                else:
                    self._pass_through(tx, job, reason, conditions)
                    passed += 1
            if passed >= _PASS_AT_ONCE:
                tx.announce(JOBS)
                break
        return chosen

    def _pass_through(self, tx: Tx, job: Job, reason: str, conditions: Conditions) -> None:
        ledger.settle(tx, job, Completed(f"passed through: {reason}"))
        self._follow(tx, job, [] if job.item_id is None else [job.item_id], conditions)

    @staticmethod
    def _follow(tx: Tx, job: Job, on: Sequence[ItemId], conditions: Conditions) -> int:
        needs = items.needs(tx, on)
        return ledger.submit_many(tx, policy.successors(job, needs, conditions), job)

    # --- running ------------------------------------------------------------------------------------------------------

    def _start(self, job: Job) -> None:
        task = asyncio.create_task(self._work(job))
        self._tasks.add(task)
        task.add_done_callback(self._slot_is_free)

    def _slot_is_free(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _work(self, first: Job) -> None:
        """One slot: run a job, settle it, go on with the job that the settlement claimed."""
        job: Job | None = first
        while job is not None:
            with structlog.contextvars.bound_contextvars(job=job.id, phase=job.kind.value, item=job.item_id):
                job = await self._attempt(job)

    async def _attempt(self, job: Job) -> Job | None:
        conditions = await self._store.read(self._conditions)
        attempt = asyncio.create_task(self._phases[job.kind].run(job, self._context(job, conditions)))
        self._running[job.claim] = (job, attempt)
        try:
            await asyncio.wait([attempt])
        finally:
            self._running.pop(job.claim, None)
        ending, error = self._ending(job, attempt, conditions)
        return await self._settle(job, ending, error)

    def _ending(
        self, job: Job, attempt: asyncio.Task[Any], conditions: Conditions
    ) -> tuple[Done[Any] | ledger.Ending | None, str]:
        """What this attempt came to. None: the worker is being stopped or lost the job; it is handed back."""
        if attempt.cancelled():
            was_asked = job.claim in self._cancelled
            self._cancelled.discard(job.claim)
            return (Cancelled() if was_asked else None), ""
        error = attempt.exception()
        if error is None:
            return attempt.result(), ""
        if isinstance(error, ClaimLost) or not isinstance(error, Exception):
            return None, ""
        ending = policy.after_error(error, job.attempt, conditions.settings.jobs, random.random())  # noqa: S311  jitter
        if not isinstance(error, MetarrError):
            log.error("unforeseen fault", exc_info=error)
        return ending, _text(error)

    def _context(self, job: Job, conditions: Conditions) -> JobContext:
        last_report = 0.0

        async def write(body: Callable[[Tx], Any]) -> Any:  # noqa: ANN401  whatever the body returns
            def fenced(tx: Tx) -> Any:  # noqa: ANN401  the same
                ledger.assert_held(tx, job)
                return body(tx)

            return await self._store.write(fenced)

        async def report(percent: float | None, message: str) -> None:
            nonlocal last_report
            if time.monotonic() - last_report >= _REPORT_EVERY:
                last_report = time.monotonic()
                await self._store.write(lambda tx: triggers.progress(tx, job, percent, message))

        def go_on(tx: Tx, on: Sequence[ItemId]) -> int:
            return self._follow(tx, job, on, conditions)

        return JobContext(self._store, conditions, write, report, go_on)

    # --- settling -----------------------------------------------------------------------------------------------------

    async def _settle(self, job: Job, ending: Done[Any] | ledger.Ending | None, error: str) -> Job | None:
        """End the attempt and claim the next job for this slot, in one transaction."""
        self._bulk_in_use -= job.is_bulk
        bulk = 0 if self._is_stopping else self._reserve_bulk(1)
        try:
            jobs = await self._store.write(lambda tx: self._settle_and_claim(tx, job, ending, error, bulk))
        except ClaimLost as lost:
            if not await self._store.read(lambda tx: ledger.was_settled(tx, job)):
                log.warning("claim lost", reason=str(lost))
            jobs = []
        except Exception as fault:
            if not isinstance(ending, Done):
                raise
            # The phase's own rows could not be written: that is how this attempt ended.
            self._return_bulk(bulk, [])
            self._bulk_in_use += job.is_bulk
            settings = (await self._store.read(self._conditions)).settings.jobs
            verdict = policy.after_error(fault, job.attempt, settings, random.random())  # noqa: S311  jitter
            log.exception("result could not be recorded", exc_info=fault)
            return await self._settle(job, verdict, _text(fault))
        self._return_bulk(bulk, jobs)
        if len(self._tasks) < self._slots:
            self._wake.set()  # what waited for this job's lock may run in a free slot
        return jobs[0] if jobs else None

    def _settle_and_claim(
        self, tx: Tx, job: Job, ending: Done[Any] | ledger.Ending | None, error: str, bulk: int
    ) -> list[Job]:
        match ending:
            case None:
                return []
            case Done():
                self._complete(tx, job, ending)
            case Snooze(reason=reason, cause=cause):
                ledger.settle(tx, job, ending)
                health.report(tx, cause, reason)
            case policy.GiveUp():
                ledger.settle(tx, job, ending, error)
                triggers.announce(tx, job, _failed_event(job, error))
                log.error("job failed", error=error)
            case _:
                ledger.settle(tx, job, ending, error)
        if job.waits_for and not isinstance(ending, Snooze):
            health.clear(tx, job.waits_for)
        return [] if self._is_stopping else self._claim(tx, Slots(1, bulk))

    def _complete(self, tx: Tx, job: Job, done: Done[Any]) -> None:
        ledger.settle(tx, job, Completed(done.summary, done.report))
        on = self._phases[job.kind].record(tx, job, done.result)
        self._follow(tx, job, on, self._conditions(tx))
        event = policy.COMPLETED_EVENT.get(job.kind)
        if event is not None:
            data = {"summary": done.summary}
            new = NewEvent(event, job_id=job.id, item_id=job.item_id, library_id=job.library_id, data=data)
            triggers.announce(tx, job, new)


def _failed_event(job: Job, error: str) -> NewEvent:
    kind = policy.FAILED_EVENT[job.kind]
    return NewEvent(kind, job.id, job.item_id, job.library_id, {"error": error})


def _text(error: Exception) -> str:
    """An error as history keeps it. A database's error would repeat the statement's values, which may be secrets."""
    if isinstance(error, SQLAlchemyError):
        return f"{type(error).__name__}: the database refused the result"
    return str(error) if isinstance(error, MetarrError) else f"{type(error).__name__}: {error}"
