"""The loop: slots, wake-ups, heartbeats, and the engine's own transactions, which outlive a restart of the database."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from metarr.errors import ClaimLost
from metarr.jobs import ledger, policy, workers
from metarr.jobs.ledger import Slots
from metarr.jobs.policy import GiveUp
from metarr.jobs.reach import EVERYTHING
from metarr.jobs.wake import Wake, listening
from metarr.jobs.workers import PACE, Pace
from metarr.model.job import Done
from metarr.store.db import CANCEL, JOBS, Clash, DatabaseFault, is_passing
from metarr.worker import following
from metarr.worker.attempt import Attempt
from metarr.worker.settlement import Claimed, Settlement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from metarr.jobs.policy import Conditions
    from metarr.jobs.reach import Reach
    from metarr.model.job import JobKind
    from metarr.phases.base import Phase
    from metarr.store.db import Store, Tx
    from metarr.tracing import Span

T = TypeVar("T")
log = structlog.get_logger()
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds between two tries while the database is away


class Worker:
    """Runs jobs until told to stop. One of its slots never takes library-wide work."""

    def __init__(
        self,
        store: Store,
        phases: Mapping[JobKind, Phase[Any]],
        conditions: Callable[[Tx], Conditions],
        *,
        slots: int = 4,
        reach: Reach = EVERYTHING,
        pace: Pace = PACE,
        patience: Mapping[JobKind, timedelta] = policy.PATIENCE,
    ) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._store = store
        self._phases = phases
        self._settlement = Settlement(phases, conditions, reach)
        self._slots = slots
        self._pace = pace
        self._patience = patience
        self._most_bulk = max(1, slots - 1)
        self._bulk_in_use = 0  # slots that run, or are about to claim, library-wide work
        self._held: dict[str, Attempt] = {}  # by claim, until settled
        self._strays: set[str] = set()  # claims in our name that we do not know, as of the last beat
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        self._is_leaving = False  # gives up rather than wait for the database
        self._wake = Wake()

    # --- life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until `stop`; what runs then is finished first. Cancelling this hands the jobs back instead."""
        await self._insist(self._register)
        try:
            with listening(self._store, JOBS) as self._wake, listening(self._store, CANCEL) as cancels:
                async with asyncio.TaskGroup() as group:
                    beating = group.create_task(self._beat())
                    cancelling = group.create_task(self._obey_cancels(cancels))
                    await self._claim_until_stopped()
                    await self._finish()
                    beating.cancel()
                    cancelling.cancel()
        finally:
            self._is_stopping = self._is_leaving = True
            for attempt in self._held.values():
                attempt.hand_back()
            await self._finish()
            await self._retire()

    async def _retire(self) -> None:
        try:
            await self._insist(lambda tx: workers.retire(tx, self.id))
        except DatabaseFault as error:
            log.warning("the jobs could not be handed back; others take them over", reason=type(error).__name__)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is running has ended."""
        self._is_stopping = True
        self._wake.set()

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _insist(self, body: Callable[[Tx], T]) -> T:
        """A transaction of the engine's own: tried again until the database is there and nobody is in its way.

        When a connection broke, whether the try before was committed is unknown: `body` must see for itself.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._store.write(body)
            except Clash:
                continue
            except DatabaseFault as error:
                if self._is_leaving or not is_passing(error):
                    raise
                log.warning("the database does not answer; trying again", reason=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    # --- heartbeat ----------------------------------------------------------------------------------------------------

    def _register(self, tx: Tx) -> None:
        workers.register(tx, self.id, socket.gethostname(), os.getpid(), self._slots)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._pace.beat.total_seconds())
            for attempt in list(self._held.values()):
                attempt.end_if_stuck(self._patience[attempt.job.kind])
            held = list(self._held.values())
            # Claimed by a transaction whose answer was lost with the connection; seen twice, to be sure.
            lost = self._strays - self._held.keys()
            claims = await self._insist(partial(self._beat_once, lost=lost))
            for attempt in held:
                if attempt.job.claim not in claims:
                    attempt.hand_back()  # somebody took it back; a run that has ended is not touched by this
            self._strays = claims - self._held.keys()

    def _beat_once(self, tx: Tx, lost: set[str]) -> set[str]:
        """Under which claims this worker holds jobs, in the database's eyes."""
        if not workers.beat(tx, self.id):
            log.error("this worker was taken for dead; its jobs start over")
            self._register(tx)  # before the next sweep, which would take what was claimed meanwhile
        workers.take_back(tx, self._pace.lease)
        workers.hand_back(tx, self.id, lost)
        return workers.claims(tx, self.id)

    async def _obey_cancels(self, wake: Wake) -> None:
        while True:
            await wake.wait(self._pace.look.total_seconds())
            held = list(self._held.values())
            if not held:
                continue
            jobs = [attempt.job for attempt in held]
            wanted = await self._insist(partial(ledger.requested_cancels, held=jobs))
            for attempt in held:
                if attempt.job.id in wanted:
                    attempt.cancel()

    # --- claiming -----------------------------------------------------------------------------------------------------

    async def _claim_until_stopped(self) -> None:
        while not self._is_stopping:
            free = self._slots - len(self._tasks)
            until_due: float | None = None
            if free > 0:
                claimed, until_due = await self._claim_into(free)
                for one in claimed:
                    self._start(one)
            look = self._pace.look.total_seconds()
            await self._wake.wait(look if until_due is None else min(look, max(until_due, 0.01)))

    async def _claim_into(self, free: int) -> tuple[list[Claimed], float | None]:
        bulk = self._reserve_bulk(free)

        def body(tx: Tx) -> tuple[list[Claimed], float | None]:
            ledger.promote_due(tx)
            return self._settlement.claim(tx, self.id, Slots(free, bulk)), ledger.seconds_until_due(tx)

        claimed, until_due = await self._insist(body)
        self._return_bulk(bulk, claimed)
        return claimed, until_due

    def _reserve_bulk(self, free: int) -> int:
        bulk = max(0, min(free, self._most_bulk - self._bulk_in_use))
        self._bulk_in_use += bulk
        return bulk

    def _return_bulk(self, reserved: int, claimed: Sequence[Claimed]) -> None:
        self._bulk_in_use -= reserved - sum(one.job.is_bulk for one in claimed)

    # --- running ------------------------------------------------------------------------------------------------------

    def _start(self, claimed: Claimed) -> None:
        task = asyncio.create_task(self._work(claimed))
        self._tasks.add(task)
        task.add_done_callback(self._slot_is_free)

    def _slot_is_free(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
        error = None if task.cancelled() else task.exception()
        if error is not None:  # the heartbeat finds the job and hands it back
            log.error("an attempt could not be settled", exc_info=error)

    async def _work(self, first: Claimed) -> None:
        """One slot: run a job, settle it, go on with the job that the settlement claimed."""
        claimed: Claimed | None = first
        while claimed is not None:
            job = claimed.job
            attempt = self._held[job.claim] = Attempt(job, claimed.conditions)
            try:
                with (
                    structlog.contextvars.bound_contextvars(job=job.id, phase=job.kind.value, item=job.item_id),
                    following.attempted(job, self.id) as span,
                ):
                    await following.began(self._store, job)
                    await attempt.run(self._phases[job.kind], self._store, self._settlement)
                    claimed = await self._settle(attempt, span)
            finally:
                del self._held[job.claim]

    async def _settle(self, attempt: Attempt, span: Span) -> Claimed | None:
        """End the attempt and claim the next job for this slot, in one transaction."""
        job = attempt.job
        self._bulk_in_use -= job.is_bulk
        ending, error = attempt.ending()
        span.note({"metarr.job.outcome": following.outcome(ending)})
        if ending is None:
            return None
        bulk = 0 if self._is_stopping else self._reserve_bulk(1)
        claimed: list[Claimed] = []
        try:
            claimed = await self._write_end(attempt, ending, error, bulk)
        except ClaimLost as lost:
            if not await self._insist(lambda tx: ledger.was_settled(tx, job)):
                log.warning("claim lost", reason=str(lost))
        finally:
            self._return_bulk(bulk, claimed)
        if len(self._tasks) < self._slots:
            self._wake.set()  # what waited for this job's lock may run in a free slot
        return claimed[0] if claimed else None

    async def _write_end(
        self, attempt: Attempt, ending: Done[Any] | ledger.Ending, error: str, bulk: int
    ) -> list[Claimed]:
        def body(tx: Tx) -> list[Claimed]:
            now = self._settlement.settle(tx, attempt.job, ending, error)
            claimed = [] if self._is_stopping else self._settlement.claim(tx, self.id, Slots(1, bulk), now)
            if not claimed or self._settlement.reach.is_limited:
                tx.announce(JOBS)  # what waited for this job's lock may be another machine's to run
            return claimed

        try:
            claimed = await self._insist(body)
        except ClaimLost:
            raise
        except Exception as fault:
            if not isinstance(ending, Done):
                raise
            # The phase's own rows could not be written: that is how this attempt ended.
            log.warning("the result could not be recorded", reason=type(fault).__name__)
            return await self._write_end(attempt, *attempt.verdict(fault), bulk)
        if isinstance(ending, GiveUp):
            log.error("job failed", error=error)
        return claimed
