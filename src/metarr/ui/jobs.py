"""The jobs: live, by state and phase, with their errors; cancel and retry, one or all; and what one trigger led to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.actions import workflows
from metarr.api.deps import Id, Number
from metarr.jobs import desk, summary
from metarr.model.job import JobKind, JobState
from metarr.store import items
from metarr.store import libraries as stored
from metarr.ui.framing import back, house_of, show
from metarr.web.access import OPERATE, READ

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.jobs.desk import Workflow
    from metarr.jobs.summary import Summary
    from metarr.store.db import Row, Tx

router = APIRouter(include_in_schema=False)
_SHOWN = 50
_STATES = ("running", "pending", summary.WAITING, "failed", "completed", "cancelled", "superseded")
_AT_FIRST = ("pending", summary.WAITING, "failed", "completed")  # what runs stands above
_Word = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class Seen:
    """A page of jobs. `errors`: the last error of those that failed; `names`: what jobs are about, by job."""

    jobs: Sequence[Row]
    before: int | None
    work: Summary
    errors: Mapping[int, Sequence[Row]]
    names: Mapping[int, str]


@router.get("/jobs", dependencies=[READ])
async def list_jobs(request: Request, state: _Word = "", kind: _Word = "", before: Number = None) -> HTMLResponse:
    """The page; a state or a kind that does not exist is none."""
    wanted_state = state if state in _STATES else ""
    wanted_kind = kind if kind in set(JobKind) else ""
    seen = await house_of(request).store.read(lambda tx: _seen(tx, wanted_state, wanted_kind, before))
    return await show(
        request,
        "jobs.html",
        "jobs",
        seen=seen,
        is_first=before is None,
        state=wanted_state,
        kind=wanted_kind,
        states=_STATES,
        kinds=tuple(JobKind),
    )


@router.get("/jobs/{job_id}", dependencies=[READ])
async def one_job(request: Request, job_id: Id) -> HTMLResponse:
    """One job: every attempt, and the workflow that it belongs to."""

    def look(tx: Tx) -> tuple[Row, Sequence[Row], Workflow, Mapping[int, str]]:
        row, flow = desk.get(tx, job_id), desk.workflow(tx, job_id)
        names = _names(tx, [row, *(node.row for node in flow.nodes)])
        return row, desk.attempts(tx, [job_id])[job_id], flow, names

    row, history, flow, names = await house_of(request).store.read(look)
    return await show(request, "job.html", "jobs", job=row, history=history, flow=flow, names=names)


@router.post("/jobs/retry", dependencies=[OPERATE])
async def retry_all(request: Request, kind: Annotated[str, Form(max_length=20)] = "") -> RedirectResponse:
    """The dead letter starts over: all of it, or a phase's."""
    wanted = JobKind(kind) if kind in set(JobKind) else None
    count = await house_of(request).store.write(lambda tx: workflows.retry(tx, kind=wanted))
    return back(request, f"{count} {'job starts' if count == 1 else 'jobs start'} over.", "/jobs")


@router.post("/jobs/{job_id}/retry", dependencies=[OPERATE])
async def retry_one(request: Request, job_id: Id) -> RedirectResponse:
    """A failed job starts over."""
    await house_of(request).store.write(lambda tx: desk.retry(tx, job_id=job_id))
    return back(request, f"Job {job_id} starts over.", "/jobs")


@router.post("/jobs/{job_id}/cancel", dependencies=[OPERATE])
async def cancel_one(request: Request, job_id: Id) -> RedirectResponse:
    """A pending job ends, a running one is asked to."""
    await house_of(request).store.write(lambda tx: desk.cancel(tx, job_id))
    return back(request, f"Job {job_id} is cancelled.", "/jobs")


@router.post("/jobs/{job_id}/cancel-all", dependencies=[OPERATE])
async def cancel_workflow(request: Request, job_id: Id) -> RedirectResponse:
    """Everything that the same trigger led to ends."""
    count = await house_of(request).store.write(lambda tx: workflows.cancel(tx, workflow=job_id))
    return back(request, f"{count} {'job is' if count == 1 else 'jobs are'} cancelled.", "/jobs")


def _seen(tx: Tx, state: str, kind: str, before: int | None) -> Seen:
    states = (state,) if state else _AT_FIRST
    kinds = (JobKind(kind),) if kind else ()
    rows = desk.page(tx, states=states, kinds=kinds, before=before, limit=_SHOWN + 1)
    shown, work = rows[:_SHOWN], summary.summary(tx, summary.Scope())
    failed = [row["id"] for row in shown if row["state"] == JobState.FAILED]
    return Seen(
        jobs=shown,
        before=shown[-1]["id"] if len(rows) > _SHOWN else None,
        work=work,
        errors=desk.attempts(tx, failed),
        names=_names(tx, [*shown, *work.running]),
    )


def _names(tx: Tx, rows: Iterable[Row]) -> dict[int, str]:
    """What each job is about, by the job's number: an item's title, a library's name, or nothing."""
    jobs = list(rows)
    titles = items.titles(tx, sorted({row["item_id"] for row in jobs if row["item_id"] is not None}))
    names = {one.id: one.name for one in stored.everything(tx)}
    return {
        row["id"]: titles.get(row["item_id"]) or names.get(row["library_id"], "") + _folder(row["payload"])
        for row in jobs
    }


def _folder(payload: Mapping[str, object]) -> str:
    return f" / {payload['path']}" if payload.get("path") else ""
