"""Workflows, newest first, as they go on; and what waits, for what and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from metarr.api.deps import Number
from metarr.jobs import flows
from metarr.jobs.flows import Asked, FlowState
from metarr.model.job import JobKind, Trigger
from metarr.store import libraries
from metarr.ui.framing import house_of, show
from metarr.ui.jobs.dead_letter import page as dead_letters
from metarr.ui.jobs.subjects import TRIGGERS, begun_by, subjects
from metarr.ui.jobs.tabs import tabs
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from enum import StrEnum
    from typing import TypeVar

    from metarr.jobs.flows import Flow, Waiting
    from metarr.model.media import Library
    from metarr.store.db import Row, Tx
    from metarr.ui.jobs.subjects import Subject
    from metarr.ui.jobs.tabs import Tabs

    E = TypeVar("E", bound=StrEnum)

router = Router(include_in_schema=False)
SHOWN = 25
Word = Annotated[str, Query(max_length=20)]
STATES = {
    FlowState.OPEN: "to go on",
    FlowState.RUNNING: "running now",
    FlowState.WAITING: "waiting for something",
    FlowState.FAULTY: "with failed jobs",
    FlowState.CANCELLED: "with cancelled jobs",
    FlowState.ENDED: "ended well",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A workflow of the list. `names`: what its first job and those that run are about, by their numbers."""

    flow: Flow
    begun: str
    names: Mapping[int, Subject]


@router.get("/jobs", dependencies=[READ])
async def list_workflows(
    request: Request,
    state: Word = "",
    kind: Word = "",
    trigger: Word = "",
    library: Number = None,
    before: Number = None,
) -> Response:
    """The page; words that mean nothing ask for nothing. What failed for good has a page of its own."""
    if state == "failed":
        return await dead_letters(request, kind, library, before)
    asked = Asked(_among(FlowState, state), _among(JobKind, kind), library or None, _among(Trigger, trigger))

    def look(tx: Tx) -> tuple[Sequence[Flow], Mapping[int, Subject], Tabs, Sequence[Library]]:
        found = flows.page(tx, asked, before, SHOWN + 1)
        rows = [row for flow in found for row in (flow.row, *flow.running)]
        return found, subjects(tx, rows), tabs(tx), libraries.everything(tx)

    found, names, counts, known = await house_of(request).store.read(look)
    query = {"state": asked.state or "", "kind": asked.kind or "", "trigger": asked.trigger or "", "library": library}
    kept = {name: value for name, value in query.items() if value}
    following = found[SHOWN - 1].row["id"] if len(found) > SHOWN else None
    return await show(
        request,
        "jobs.html",
        "jobs",
        tabs=counts,
        lines=[Line(flow, begun_by(flow.row), names) for flow in found[:SHOWN]],
        asked=asked,
        states=STATES,
        kinds=[(kind, kind) for kind in JobKind],
        triggers=TRIGGERS,
        libraries=known,
        first=f"/jobs?{urlencode(kept)}",
        next=f"/jobs?{urlencode({**kept, 'before': following})}" if following else "",
        is_first=before is None,
    )


@router.get("/jobs/waiting", dependencies=[READ])
async def list_waiting(request: Request, after: Number = None) -> Response:
    """What waits for the world outside, by its cause, and what was put off to a later time."""

    def look(tx: Tx) -> tuple[Sequence[Waiting], Sequence[Row], Mapping[int, Subject], Tabs]:
        later = flows.put_off(tx, after, SHOWN + 1)
        return flows.waiting(tx), later, subjects(tx, later), tabs(tx)

    causes, later, names, counts = await house_of(request).store.read(look)
    following = later[SHOWN - 1]["id"] if len(later) > SHOWN else None
    return await show(
        request,
        "jobs_waiting.html",
        "jobs",
        tabs=counts,
        causes=causes,
        later=later[:SHOWN],
        names=names,
        next=f"/jobs/waiting?after={following}" if following else "",
        is_first=after is None,
    )


def _among(words: type[E], word: str) -> E | None:
    return words(word) if word in set(words) else None
