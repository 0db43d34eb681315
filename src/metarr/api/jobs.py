"""`/api/v1/jobs`: the ledger as people see it; cancel, retry, and asking for a phase by any name of its target."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from metarr.actions import phases, targets
from metarr.api import shapes
from metarr.api.deps import House, Limit, Scoped
from metarr.errors import InvalidInput
from metarr.jobs import desk, summary
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind, JobState
from metarr.store import findings
from metarr.store.db import Tx
from metarr.web.access import OPERATE, READ

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("", dependencies=[READ])
async def list_jobs(
    house: House,
    scope: Scoped,
    state: Annotated[list[JobState] | None, Query()] = None,
    kind: Annotated[list[JobKind] | None, Query()] = None,
    before: int | None = None,
    limit: Limit = 100,
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


@router.post("/retry", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def retry_jobs(
    house: House, kind: JobKind | None = None, job: Annotated[list[int] | None, Query()] = None
) -> shapes.Retried:
    """Failed jobs start over: those named, those of a kind, or all."""
    if kind is not None and job:
        raise InvalidInput("Name jobs or a kind, not both.")

    def retry(tx: Tx) -> int:
        return sum(desk.retry(tx, job_id=one) for one in job) if job else desk.retry(tx, kind=kind)

    return shapes.Retried(jobs=await house.store.write(retry))


@router.get("/{job_id}", dependencies=[READ])
async def get_job(house: House, job_id: int) -> shapes.JobDetails:
    """One job with every attempt, and what a verification found."""
    row, attempts, found = await house.store.read(
        lambda tx: (desk.get(tx, job_id), desk.attempts(tx, [job_id]), findings.of_run(tx, job_id))
    )
    history = [shapes.Attempt.model_validate(attempt) for attempt in attempts[job_id]]
    differences = [shapes.Finding.model_validate(finding) for finding in found]
    return shapes.JobDetails.model_validate({**row, "history": history, "findings": differences})


@router.get("/{job_id}/workflow", dependencies=[READ])
async def get_workflow(house: House, job_id: int) -> shapes.Workflow:
    """Everything that the trigger behind this job led to, with every attempt."""

    def look(tx: Tx) -> shapes.Workflow:
        found = desk.workflow(tx, job_id)
        history = desk.attempts(tx, [row["id"] for row in found.jobs])
        jobs = [shapes.JobWithHistory.model_validate({**row, "history": history[row["id"]]}) for row in found.jobs]
        return shapes.Workflow(root=found.root, jobs=jobs, more=found.more)

    return await house.store.read(look)


@router.post("/{job_id}/cancel", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def cancel_job(house: House, job_id: int) -> None:
    """A pending job ends at once, a running one is asked to stop."""
    await house.store.write(lambda tx: desk.cancel(tx, job_id))


@router.post("/{job_id}/retry", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def retry_job(house: House, job_id: int) -> shapes.Retried:
    """A failed job starts over with all its attempts."""
    return shapes.Retried(jobs=await house.store.write(lambda tx: desk.retry(tx, job_id=job_id)))


@router.post("/{kind}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def submit_jobs(house: House, kind: JobKind, order: shapes.TargetOrder) -> shapes.Submitted:
    """Ask for a phase on an item, a path or a library."""
    wanted = Order(kind, is_alone=order.only, is_forced=order.accept_missing, is_deep=order.deep)
    submitted = await house.store.write(lambda tx: phases.submit(tx, wanted, targets.resolve(tx, order.target)))
    return shapes.Submitted.model_validate(submitted)
