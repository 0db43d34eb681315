"""The dashboard: the pipeline at work, what needs a person, how complete libraries are, what happened, and space.

It works without scripts; with them its parts stay fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.actions import activity, health, libraries, phases, system, targets, waiting
from metarr.api.deps import Id
from metarr.jobs import policy, summary
from metarr.jobs.triggers import Order
from metarr.model.access import Right
from metarr.model.job import JobKind
from metarr.model.media import ItemKind
from metarr.store import libraries as stored
from metarr.store.activity import Wanted
from metarr.ui import needs, welcome
from metarr.ui.framing import back, house_of, show
from metarr.ui.welcome import STEPS
from metarr.web.access import ADMIN, OPERATE, READ, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.health import Health
    from metarr.actions.installation import Installation
    from metarr.actions.libraries import Listed
    from metarr.actions.phases import Submitted
    from metarr.jobs.policy import Conditions
    from metarr.jobs.summary import Summary
    from metarr.model.access import Caller
    from metarr.store.activity import Entry
    from metarr.store.db import Tx
    from metarr.ui.needs import Line

_ENTRIES_SHOWN = 12
BUTTONS = (JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC, JobKind.VERIFY)
router = Router(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """A phase in the picture of the pipeline. `per_minute`: its pace; `note`: why it does nothing now, if so."""

    kind: JobKind
    counts: Mapping[str, int]
    per_minute: float
    note: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows, read in one transaction. `steps`: of the first setup, what is still open."""

    health: Health
    pipeline: tuple[PhaseLine, ...]
    work: Summary
    libraries: Sequence[Listed]
    needs: tuple[Line, ...]
    entries: Sequence[Entry]
    steps: tuple[str, ...]


@router.get("/", dependencies=[READ])
async def dashboard(request: Request, caller: Known) -> HTMLResponse:
    """The page."""
    house = house_of(request)
    seen = await house.store.read(lambda tx: _seen(tx, house, caller))
    report = await system.report(house)
    return await show(request, "dashboard.html", "dashboard", seen=seen, report=report, buttons=BUTTONS)


@router.post("/libraries/{library_id}/{kind}", dependencies=[OPERATE])
async def run_on_library(request: Request, library_id: Id, kind: JobKind) -> RedirectResponse:
    """A button of a library."""

    def submit(tx: Tx) -> tuple[str, Submitted]:
        library = stored.get(tx, library_id)
        return library.name, phases.submit(tx, Order(kind), targets.Target(library))

    name, begun = await house_of(request).store.write(submit)
    return back(request, f"{kind.capitalize()} of {name} begins.", work=begun.scope)


@router.post("/confirm/{library_id}", dependencies=[ADMIN])
async def confirm_library(request: Request, library_id: Id) -> RedirectResponse:
    """The button that accepts a library's first publishing."""
    await house_of(request).store.write(lambda tx: libraries.confirm(tx, library_id))
    return back(request, "Confirmed. What was held back is published now.")


def _seen(tx: Tx, house: Installation, caller: Caller) -> Seen:
    work, pace, conditions = summary.summary(tx, summary.Scope()), summary.pace(tx), house.conditions(tx)
    known, taken = libraries.listed(tx), welcome.done(tx, house)
    choices = sum(one.counts.awaiting_choice for one in known)
    return Seen(
        health=health.report(tx, house),
        pipeline=tuple(
            PhaseLine(kind, work.counts.get(kind, {}), pace.get(kind, 0.0), _note(kind, conditions))
            for kind in policy.CHAIN
        ),
        work=work,
        libraries=known,
        needs=tuple(
            one for one in needs.lines(waiting.needs(tx, choices), caller) if one.is_yours and not one.need.is_health
        ),
        entries=activity.page(tx, Wanted(), before=None, limit=_ENTRIES_SHOWN).entries,
        steps=tuple(step for step in STEPS if step not in taken) if caller.may(Right.ADMIN) else (),
    )


def _note(kind: JobKind, conditions: Conditions) -> str:
    """Why a phase does less than it could."""
    config = conditions.settings.phase_config
    notes = {
        JobKind.ENRICH: (
            (not config.enrichment.enabled, "switched off"),
            (ItemKind.MOVIE not in conditions.enrichable, "no provider of movies has a key that works"),
            (not config.enrichment.auto_select_assets, "artwork waits for a choice"),
        ),
        JobKind.PUBLISH: ((not config.publishing.enabled, "switched off"),),
        JobKind.SYNC: (
            (not config.player_sync.enabled, "switched off"),
            (not conditions.can_sync, "no player is configured"),
            (not config.player_sync.auto_sync, "by hand only"),
        ),
    }
    return next((words for is_so, words in notes.get(kind, ()) if is_so), "")
