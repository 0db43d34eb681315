"""What traces show of jobs: a span for each attempt, below the one of its workflow, whichever process works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metarr import tracing
from metarr.errors import NotFound
from metarr.jobs import desk
from metarr.jobs.ledger import Cancelled, Completed
from metarr.jobs.policy import GiveUp, Retry
from metarr.model.job import Done, Snooze
from metarr.store.db import DatabaseFault
from metarr.tracing import Role

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from metarr.jobs.ledger import Ending
    from metarr.model.job import Job
    from metarr.store.db import Store
    from metarr.tracing import Facts, Span


def attempted(job: Job, worker: str) -> AbstractContextManager[Span]:
    """One attempt, until it is settled."""
    facts = {**_facts(job), "metarr.job.attempt": job.attempt, "metarr.worker": worker}
    return tracing.span(f"job {job.kind}", Role.JOB, facts, job.root_id)


async def began(store: Store, job: Job) -> None:
    """The workflow's own span, from the first attempt at its first job: it tells how long that had to wait."""
    tracer = tracing.current()
    if tracer is None or job.id != job.root_id or job.attempt > 1 or job.losses or job.waits_for is not None:
        return
    try:
        row = await store.read(lambda tx: desk.get(tx, job.id))
    except (DatabaseFault, NotFound):
        return  # a trace is not worth a job
    trigger = {} if row["trigger"] is None else {"metarr.trigger": row["trigger"]}
    tracer.began(job.root_id, row["created_at"], {**_facts(job), **trigger})


def outcome(ending: Done[Any] | Ending | None) -> str:
    """In the words of the history of attempts."""
    match ending:
        case None:
            return "handed back"
        case Done() | Completed():
            return "completed"
        case Snooze():
            return "snoozed"
        case Retry():
            return "retried"
        case GiveUp():
            return "failed"
        case Cancelled():
            return "cancelled"


def _facts(job: Job) -> Facts:
    numbers = {"item": job.item_id, "library": job.library_id}
    known = {f"metarr.{name}.id": number for name, number in numbers.items() if number is not None}
    return {"metarr.job.id": job.id, "metarr.job.kind": job.kind.value, "metarr.workflow.id": job.root_id, **known}
