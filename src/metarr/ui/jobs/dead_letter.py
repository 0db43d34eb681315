"""The dead letter: jobs that failed for good, with every attempt's error; one, the ticked ones or all start over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from metarr.actions import workflows
from metarr.api.deps import LARGEST
from metarr.jobs import desk
from metarr.jobs.summary import Scope
from metarr.model.job import JobKind, JobState
from metarr.model.words import counted
from metarr.store import libraries
from metarr.ui.framing import back, house_of, show
from metarr.ui.jobs.subjects import subjects
from metarr.ui.jobs.tabs import tabs
from metarr.web.access import OPERATE
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import Library
    from metarr.store.db import Row, Tx
    from metarr.ui.jobs.subjects import Subject

router = Router(include_in_schema=False)
_SHOWN = 25
_PLACE = "/jobs?state=failed"
Ticked = Annotated[list[Annotated[int, Form(ge=1, le=LARGEST)]], Form(max_length=500)]


async def page(request: Request, kind: str, library: int | None, before: int | None) -> Response:
    """The page, newest first."""
    wanted = (JobKind(kind),) if kind in set(JobKind) else ()
    scope = Scope(library_id=library) if library else None

    def look(tx: Tx) -> tuple[Sequence[Row], Mapping[int, Sequence[Row]], Mapping[int, Subject], Sequence[Library]]:
        states = (JobState.FAILED,)
        found = desk.page(tx, states=states, kinds=wanted, scope=scope, before=before, limit=_SHOWN + 1)
        return found, desk.attempts(tx, [row["id"] for row in found]), subjects(tx, found), libraries.everything(tx)

    store = house_of(request).store
    found, attempts, names, known = await store.read(look)
    kept = urlencode({"kind": kind if wanted else "", "library": library or ""})
    following = found[_SHOWN - 1]["id"] if len(found) > _SHOWN else None
    return await show(
        request,
        "jobs_failed.html",
        "jobs",
        tabs=await store.read(tabs),
        jobs=found[:_SHOWN],
        attempts=attempts,
        names=names,
        kind=kind if wanted else "",
        library=library,
        kinds=[(one, one) for one in JobKind],
        libraries=known,
        first=f"{_PLACE}&{kept}",
        next=f"{_PLACE}&{kept}&before={following}" if following else "",
        is_first=before is None,
    )


@router.post("/jobs/retry", dependencies=[OPERATE])
async def retry_all(request: Request, kind: Annotated[str, Form(max_length=20)] = "") -> RedirectResponse:
    """All of it starts over, or all of a phase."""
    wanted = JobKind(kind) if kind in set(JobKind) else None
    count = await house_of(request).store.write(lambda tx: workflows.retry(tx, kind=wanted))
    return _said(request, count)


@router.post("/jobs/retry-ticked", dependencies=[OPERATE])
async def retry_ticked(request: Request, job: Ticked = []) -> RedirectResponse:  # noqa: B006  FastAPI copies it
    """Those that were ticked start over."""
    if not job:
        return back(request, "Tick what is to start over.", _PLACE, is_fault=True)
    return _said(request, await house_of(request).store.write(lambda tx: workflows.retry(tx, job)))


def _said(request: Request, count: int) -> RedirectResponse:
    return back(request, f"{counted(count, 'job starts', 'jobs start')} over.", _PLACE)
