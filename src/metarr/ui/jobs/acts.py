"""What a person does with a job or its workflow: cancel, retry, no longer wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Form, Request
from fastapi.responses import RedirectResponse

from metarr.actions import workflows
from metarr.actions.showing import storable
from metarr.api.deps import Id
from metarr.errors import InvalidInput
from metarr.jobs import desk, summary
from metarr.jobs.summary import Scope
from metarr.model.words import counted
from metarr.ui.framing import back, house_of
from metarr.web.access import OPERATE
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.store.db import Tx

T = TypeVar("T")
router = Router(include_in_schema=False)


@router.post("/jobs/wake", dependencies=[OPERATE])
async def wake(request: Request, cause: Annotated[str, Form(max_length=2000)] = "") -> RedirectResponse:
    """What waits for this is tried now."""
    try:
        storable(cause)
    except ValueError as error:
        raise InvalidInput("That is nothing that jobs wait for.") from error
    count = await house_of(request).store.write(lambda tx: workflows.wake(tx, cause))
    return back(request, f"{counted(count, 'job is', 'jobs are')} tried now.", "/jobs/waiting")


@router.post("/jobs/{job_id}/retry", dependencies=[OPERATE])
async def retry_one(request: Request, job_id: Id) -> RedirectResponse:
    """A failed job starts over."""
    _, work = await _done(request, job_id, lambda tx: desk.retry(tx, job_id=job_id))
    return back(request, f"Job {job_id} starts over.", "/jobs", work=work)


@router.post("/jobs/{job_id}/retry-all", dependencies=[OPERATE])
async def retry_workflow(request: Request, job_id: Id) -> RedirectResponse:
    """What failed of the workflow starts over."""
    count, work = await _done(request, job_id, lambda tx: workflows.retry(tx, workflow=job_id))
    return back(request, f"{counted(count, 'job starts', 'jobs start')} over.", "/jobs", work=work)


@router.post("/jobs/{job_id}/now", dependencies=[OPERATE])
async def run_now(request: Request, job_id: Id) -> RedirectResponse:
    """A job that waits is tried now."""
    _, work = await _done(request, job_id, lambda tx: desk.run_now(tx, job_id))
    return back(request, f"Job {job_id} is tried now.", "/jobs", work=work)


@router.post("/jobs/{job_id}/cancel", dependencies=[OPERATE])
async def cancel_one(request: Request, job_id: Id) -> RedirectResponse:
    """A pending job ends, a running one is asked to."""
    _, work = await _done(request, job_id, lambda tx: desk.cancel(tx, job_id))
    return back(request, f"Job {job_id} is cancelled.", "/jobs", work=work)


@router.post("/jobs/{job_id}/cancel-all", dependencies=[OPERATE])
async def cancel_workflow(request: Request, job_id: Id) -> RedirectResponse:
    """Everything that the same trigger led to ends."""
    count, work = await _done(request, job_id, lambda tx: workflows.cancel(tx, workflow=job_id))
    return back(request, f"{counted(count, 'job is', 'jobs are')} cancelled.", "/jobs", work=work)


async def _done(request: Request, job_id: int, deed: Callable[[Tx], T]) -> tuple[T, Scope | None]:
    """What the deed came to, and the job's workflow where it goes on: then its end is yet to be told."""

    def body(tx: Tx) -> tuple[T, Scope | None]:
        found, job = deed(tx), desk.get(tx, job_id)
        work = Scope(root=job["root_id"] or job_id)
        return found, work if summary.is_open(tx, work) else None

    return await house_of(request).store.write(body)
