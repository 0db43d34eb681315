"""`/api/v1/jobs`: the ledger as people see it; cancel, retry, and asking for a phase by any name of its target."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query

from metarr.actions import phases, targets, workflows
from metarr.api import shapes
from metarr.api.deps import LARGEST, House, Id, Limit, Number, Scoped
from metarr.jobs import desk, summary
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind, JobState
from metarr.model.schedule import Chore
from metarr.store import findings
from metarr.store.db import Tx
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.db import Row

router = Router(prefix="/jobs", tags=["jobs"])
_FEW = 500  # jobs that one request may name
Named = Annotated[
    list[Annotated[int, Query(ge=1, le=LARGEST)]] | None, Query(max_length=_FEW, description="Numbers of jobs.")
]
Root = Annotated[
    int | None, Query(ge=1, le=LARGEST, description="Everything of the workflow that this job belongs to.")
]
States = Annotated[
    list[JobState | Literal["waiting"]] | None,
    Query(description="As jobs show it: those that are waiting are not pending."),
]
Kinds = Annotated[list[JobKind] | None, Query()]


@router.get("", dependencies=[READ])
async def list_jobs(
    house: House, scope: Scoped, state: States = None, kind: Kinds = None, before: Number = None, limit: Limit = 100
) -> shapes.JobPage:
    """Jobs, newest first."""
    rows = await house.store.read(
        lambda tx: desk.page(tx, states=state or (), kinds=kind or (), scope=scope, before=before, limit=limit + 1)
    )
    jobs = [shapes.Job.model_validate(row) for row in rows[:limit]]
    return shapes.JobPage(jobs=jobs, before=jobs[-1].id if len(rows) > limit else None)


@router.get("/summary", dependencies=[READ])
async def get_summary(house: House, scope: Scoped) -> shapes.Summary:
    """How far the work of a workflow, an item or a library has come."""
    return shapes.Summary.model_validate(await house.store.read(lambda tx: summary.summary(tx, scope)))


@router.get("/dead-letter", dependencies=[READ])
async def list_dead_letters(
    house: House, scope: Scoped, kind: Kinds = None, before: Number = None, limit: Limit = 100
) -> shapes.DeadLetters:
    """Jobs that failed for good, newest first, with every attempt's error. They stay until they are retried."""

    def look(tx: Tx) -> tuple[Sequence[Row], list[shapes.JobWithHistory]]:
        states = (JobState.FAILED,)
        found = desk.page(tx, states=states, kinds=kind or (), scope=scope, before=before, limit=limit + 1)
        return found, _with_history(tx, found[:limit])

    rows, jobs = await house.store.read(look)
    return shapes.DeadLetters(jobs=jobs, before=jobs[-1].id if len(rows) > limit else None)


@router.post("/retry", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def retry_jobs(house: House, kind: JobKind | None = None, job: Named = None, root: Root = None) -> shapes.Retried:
    """Failed jobs start over: those named, those of a kind or of a workflow, or all."""
    return shapes.Retried(jobs=await house.store.write(lambda tx: workflows.retry(tx, job or (), kind, root)))


@router.post("/cancel", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def cancel_jobs(house: House, job: Named = None, root: Root = None) -> shapes.Cancelled:
    """End the jobs named, or a whole workflow: pending ones at once, running ones are asked to stop."""
    return shapes.Cancelled(jobs=await house.store.write(lambda tx: workflows.cancel(tx, job or (), root)))


@router.post("/clean", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def submit_clean_up(house: House) -> shapes.Started:
    """Ask for the clean-up: recycle bin, cache, old rows. It goes when nothing more urgent is there."""
    return shapes.Started.model_validate(await house.store.write(lambda tx: phases.chore(tx, Chore.CLEAN, None)))


@router.get("/{job_id}", dependencies=[READ])
async def get_job(house: House, job_id: Id) -> shapes.JobDetails:
    """One job with every attempt, and what a verification found."""
    row, attempts, found = await house.store.read(
        lambda tx: (desk.get(tx, job_id), desk.attempts(tx, [job_id]), findings.of_run(tx, job_id))
    )
    history = [shapes.Attempt.model_validate(attempt) for attempt in attempts[job_id]]
    differences = [shapes.Finding.model_validate(finding) for finding in found]
    return shapes.JobDetails.model_validate({**row, "history": history, "findings": differences})


@router.get("/{job_id}/workflow", dependencies=[READ])
async def get_workflow(house: House, job_id: Id) -> shapes.Workflow:
    """Everything that the trigger behind this job led to, as a tree, with every attempt."""

    def look(tx: Tx) -> shapes.Workflow:
        found = desk.workflow(tx, job_id)
        history = desk.attempts(tx, [node.row["id"] for node in found.nodes])
        jobs = [
            shapes.WorkflowJob.model_validate(
                {**node.row, "history": history[node.row["id"]], "depth": node.depth, "children": node.children}
            )
            for node in found.nodes
        ]
        return shapes.Workflow(root=found.root, jobs=jobs, more=found.more, ended=found.ended)

    return await house.store.read(look)


@router.post("/{job_id}/cancel", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def cancel_job(house: House, job_id: Id) -> None:
    """A pending job ends at once, a running one is asked to stop."""
    await house.store.write(lambda tx: desk.cancel(tx, job_id))


@router.post("/{job_id}/retry", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def retry_job(house: House, job_id: Id) -> shapes.Retried:
    """A failed job starts over with all its attempts."""
    return shapes.Retried(jobs=await house.store.write(lambda tx: desk.retry(tx, job_id=job_id)))


@router.post("/{job_id}/now", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def hasten_job(house: House, job_id: Id) -> None:
    """A job that waits, for its time or for something outside, is tried now."""
    await house.store.write(lambda tx: desk.run_now(tx, job_id))


@router.post("/{kind}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def submit_jobs(house: House, kind: shapes.Phase, order: shapes.TargetOrder) -> shapes.Submitted:
    """Ask for a phase (scan, enrich past what is remembered, publish, sync, verify) on an item, a path or a library."""
    wanted = Order(kind, is_alone=order.only, is_forced=order.accept_missing, is_deep=order.deep)
    submitted = await house.store.write(lambda tx: phases.submit(tx, wanted, targets.resolve(tx, order.target)))
    return shapes.Submitted.model_validate(submitted)


def _with_history(tx: Tx, rows: Sequence[Row]) -> list[shapes.JobWithHistory]:
    history = desk.attempts(tx, [row["id"] for row in rows])
    return [shapes.JobWithHistory.model_validate({**row, "history": history[row["id"]]}) for row in rows]
