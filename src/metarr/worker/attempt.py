"""One attempt at a job: what its phase may use, and what it came to."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from metarr.errors import ClaimLost, MetarrError, Transient, Wait
from metarr.jobs import ledger, policy, triggers
from metarr.jobs.ledger import Cancelled
from metarr.phases.base import JobContext
from metarr.store.db import DatabaseFault, is_passing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metarr.jobs.policy import Conditions
    from metarr.model.job import Done, Job
    from metarr.model.media import ItemId
    from metarr.phases.base import Phase
    from metarr.store.db import Store, Tx
    from metarr.worker.settlement import Settlement

log = structlog.get_logger()
_DATABASE_PAUSE = timedelta(seconds=5)
_REPORT_EVERY = 0.5  # seconds between two progress rows of one job


@dataclass(slots=True, eq=False)
class Attempt:
    """A job that this worker holds. The worker may end its run early; then `why` says what that means."""

    job: Job
    conditions: Conditions
    why: ledger.Ending | Exception | None = None
    _task: asyncio.Task[Any] | None = None
    _last_sign: float = field(default_factory=time.monotonic)  # of progress
    _last_report: float = 0.0

    async def run(self, phase: Phase[Any], store: Store, settlement: Settlement) -> None:
        """Run the phase to whatever end; raises nothing."""
        context = self._context(store, settlement)
        self._task = asyncio.create_task(phase.run(self.job, context))
        await asyncio.wait([self._task])

    def cancel(self) -> None:
        """A person asked for it."""
        self._end_early(Cancelled())

    def hand_back(self) -> None:
        """The worker stops, or lost the job: whoever comes next starts it over."""
        self._end_early(None)

    def end_if_stuck(self, patience: timedelta) -> None:
        """Without a sign of progress for so long, the attempt counts as failed."""
        if time.monotonic() - self._last_sign > patience.total_seconds():
            minutes = patience.total_seconds() / 60
            self._end_early(Transient(f"no progress for {minutes:.0f} minutes; the attempt was ended"))

    def _end_early(self, why: ledger.Ending | Exception | None) -> None:
        if self._task is not None and self._task.cancel():
            self.why = why

    def ending(self) -> tuple[Done[Any] | ledger.Ending | None, str]:
        """What it came to, and the error's text. None: it is not ours to settle; the job is handed back."""
        assert self._task is not None  # noqa: S101  asked after `run` only
        if self._task.cancelled():
            if isinstance(self.why, Exception):
                return self.verdict(self.why)
            return self.why, ""
        error = self._task.exception()
        if error is None:
            return self._task.result(), ""
        if isinstance(error, ClaimLost) or not isinstance(error, Exception):
            return None, ""
        return self.verdict(error)

    def verdict(self, error: Exception) -> tuple[ledger.Ending, str]:
        """What becomes of the job after this error, and the error as history keeps it."""
        if is_passing(error):
            error = Wait("The database did not answer, or its disk is full.", cause="database", delay=_DATABASE_PAUSE)
        if not isinstance(error, MetarrError):
            log.error("unforeseen fault", exc_info=error)
        jitter = random.random()  # noqa: S311  no secret
        return policy.after_error(error, self.job.attempt, self.conditions.settings.jobs, jitter), _text(error)

    def _context(self, store: Store, settlement: Settlement) -> JobContext:
        async def write(body: Callable[[Tx], Any]) -> Any:  # noqa: ANN401  whatever the body returns
            def fenced(tx: Tx) -> Any:  # noqa: ANN401  the same
                ledger.assert_held(tx, self.job)
                return body(tx)

            self._last_sign = time.monotonic()
            return await store.write(fenced)

        async def report(percent: float | None, message: str) -> None:
            now = self._last_sign = time.monotonic()
            if now - self._last_report >= _REPORT_EVERY:
                self._last_report = now
                await store.write(lambda tx: triggers.progress(tx, self.job, percent, message))

        def go_on(tx: Tx, on: Sequence[ItemId]) -> int:
            return settlement.follow(tx, self.job, on, self.conditions)

        return JobContext(store, self.conditions, write, report, go_on)


def _text(error: Exception) -> str:
    """An error as history keeps it. A database's error would repeat the statement's values, which may be secrets."""
    if isinstance(error, DatabaseFault):
        return f"{type(error).__name__}: the database refused the result"
    return str(error) if isinstance(error, MetarrError) else f"{type(error).__name__}: {error}"
