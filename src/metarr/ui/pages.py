"""One page: the pipeline, the libraries, the items and the jobs. It works without scripts; with them it is live."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.staticfiles import StaticFiles

import metarr
from metarr.actions import health, items, libraries, phases, providers, targets
from metarr.actions.installation import Installation
from metarr.actions.showing import shown
from metarr.jobs import desk, policy, summary
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind, JobState
from metarr.model.media import ItemKind
from metarr.store import libraries as stored
from metarr.web.access import ADMIN, OPERATE, READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.health import Health
    from metarr.actions.items import ItemPage
    from metarr.jobs.policy import Conditions
    from metarr.jobs.summary import Summary
    from metarr.model.media import Library
    from metarr.store.db import Row, Tx
    from metarr.store.overview import ItemCounts

_HERE = Path(__file__).parent
_ITEMS_SHOWN = 50
_JOBS_SHOWN = 30
_STATES = ("running", "pending", "waiting", "completed", "failed")
router = APIRouter(include_in_schema=False)
_templates = Environment(
    loader=PackageLoader("metarr.ui"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters["shown"] = shown


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """A phase in the picture of the pipeline. `note`: why it does nothing now, if so."""

    kind: JobKind
    counts: dict[str, int]
    note: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows, read in one transaction."""

    health: Health
    pipeline: tuple[PhaseLine, ...]
    work: Summary
    libraries: Sequence[tuple[Library, ItemCounts]]
    items: ItemPage
    jobs: Sequence[Row]


def install(app: FastAPI) -> None:
    """Add the page and its files."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


@router.get("/", dependencies=[READ])
async def overview(
    request: Request,
    search: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=2000)] = None,
) -> HTMLResponse:
    """The page."""
    house = _house(request)
    page = await house.store.read(lambda tx: _overview(tx, house, search, after))
    text = _templates.get_template("overview.html").render(page=page, search=search, states=_STATES)
    return HTMLResponse(shown(text), headers={"Cache-Control": "no-store"})


@router.get("/about", dependencies=[READ])
async def about(request: Request) -> HTMLResponse:
    """Version, licence, and the words that the providers' terms ask for."""
    house = _house(request)
    found = await house.store.read(lambda tx: providers.listed(tx, house))
    text = _templates.get_template("about.html").render(version=metarr.__version__, providers=found)
    return HTMLResponse(shown(text), headers={"Cache-Control": "no-store"})


@router.post("/libraries/{library_id}/{kind}", dependencies=[OPERATE])
async def run_on_library(request: Request, library_id: int, kind: JobKind) -> RedirectResponse:
    """A button of a library."""
    store = _house(request).store
    await store.write(lambda tx: phases.submit(tx, Order(kind), targets.Target(stored.get(tx, library_id))))
    return _back()


@router.post("/confirm/{library_id}", dependencies=[ADMIN])
async def confirm_library(request: Request, library_id: int) -> RedirectResponse:
    """The button that accepts a library's first publishing."""
    await _house(request).store.write(lambda tx: libraries.confirm(tx, library_id))
    return _back()


@router.post("/items/{item_id}/{kind}", dependencies=[OPERATE])
async def run_on_item(request: Request, item_id: int, kind: JobKind) -> RedirectResponse:
    """A button of an item."""
    await _house(request).store.write(lambda tx: phases.submit(tx, Order(kind), targets.resolve(tx, str(item_id))))
    return _back()


@router.post("/jobs/{job_id}/{what}", dependencies=[OPERATE])
async def change_job(request: Request, job_id: int, what: str) -> RedirectResponse:
    """A job's button: cancel or retry."""
    act = desk.cancel if what == "cancel" else _retry
    await _house(request).store.write(lambda tx: act(tx, job_id))
    return _back()


def _retry(tx: Tx, job_id: int) -> None:
    desk.retry(tx, job_id=job_id)


def _house(request: Request) -> Installation:
    house: Installation = request.app.state.installation
    return house


def _back() -> RedirectResponse:
    return RedirectResponse("/", status_code=303)


def _overview(tx: Tx, house: Installation, search: str, after: str | None) -> Overview:
    work = summary.summary(tx, summary.Scope())
    conditions = house.conditions(tx)
    return Overview(
        health=health.report(tx, house),
        pipeline=tuple(PhaseLine(kind, work.counts.get(kind, {}), _note(kind, conditions)) for kind in policy.CHAIN),
        work=work,
        libraries=[(one.library, one.counts) for one in libraries.listed(tx)],
        items=items.page(tx, search=search or None, after=after, limit=_ITEMS_SHOWN),
        jobs=desk.page(tx, states=(JobState.PENDING, JobState.FAILED, JobState.COMPLETED), limit=_JOBS_SHOWN),
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
