"""One job with every attempt, and the workflow that it belongs to as a tree, from the trigger on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from metarr.api.deps import Id, Number
from metarr.jobs import desk, flows
from metarr.jobs.summary import WAITING
from metarr.model.job import JobKind, JobState
from metarr.store import published
from metarr.ui.framing import house_of, show
from metarr.ui.jobs.subjects import begun_by, subjects
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.jobs.desk import Node
    from metarr.jobs.flows import Flow
    from metarr.store.db import Row, Tx
    from metarr.ui.jobs.subjects import Subject

router = Router(include_in_schema=False)
_SHOWN = 100
_OPEN = (JobState.RUNNING.value, JobState.PENDING.value, WAITING)
STATES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "open": ("to go on", _OPEN),
    "failed": ("failed", (JobState.FAILED.value,)),
    "over": ("over", tuple(one.value for one in JobState if one.value not in _OPEN)),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """`flow` None: its first job is forgotten; `begun`: who began it; `has_files`: the job changed some."""

    job: Row
    history: Sequence[Row]
    flow: Flow | None
    begun: str
    nodes: Sequence[Node]
    next: int | None
    names: Mapping[int, Subject]
    has_files: bool


@router.get("/jobs/{job_id}", dependencies=[READ])
async def one_job(
    request: Request, job_id: Id, state: Annotated[str, Query(max_length=20)] = "", after: Number = None
) -> HTMLResponse:
    """The page. `state`: only those jobs of the workflow; `after`: from where on."""
    states = STATES[state][1] if state in STATES else ()
    seen = await house_of(request).store.read(lambda tx: _seen(tx, job_id, states, after))
    kept = urlencode({"state": state}) if states else ""
    place = f"/jobs/{job_id}?{kept}"
    following = f"{place}{'&' if kept else ''}after={seen.next}" if seen.next else ""
    return await show(
        request,
        "job.html",
        "jobs",
        seen=seen,
        states=STATES,
        state=state if states else "",
        first=place,
        next=following,
        is_first=after is None,
        verify=JobKind.VERIFY,
    )


def _seen(tx: Tx, job_id: int, states: Sequence[str], after: int | None) -> Seen:
    job = desk.get(tx, job_id)
    root = job["root_id"] or job["id"]
    flow = flows.one(tx, root)
    rows = flows.nodes(tx, root, states, after, _SHOWN + 1)
    shown = rows[:_SHOWN]
    about = [job, *shown, *([] if flow is None else [flow.row])]
    return Seen(
        job=job,
        history=desk.attempts(tx, [job_id])[job_id],
        flow=flow,
        begun="" if flow is None else begun_by(flow.row),
        nodes=desk.in_tree_order(shown),
        next=shown[-1]["id"] if len(rows) > _SHOWN else None,
        names=subjects(tx, about),
        has_files=bool(published.items_of_runs(tx, [job_id])),
    )
