"""`/api/v1/libraries`: list, add, confirm, and every phase by hand."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from metarr.actions import libraries, phases
from metarr.actions.targets import Target
from metarr.api import shapes
from metarr.api.deps import House
from metarr.jobs import triggers
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind
from metarr.phases.base import in_thread
from metarr.store import libraries as stored
from metarr.store import overview
from metarr.web.access import ADMIN, OPERATE, READ

router = APIRouter(prefix="/libraries", tags=["libraries"])


@router.get("", dependencies=[READ])
async def list_libraries(house: House) -> list[shapes.ListedLibrary]:
    """Every library with how far its items are."""
    found = await house.store.read(libraries.listed)
    return [
        shapes.ListedLibrary(
            **shapes.Library.model_validate(one.library).model_dump(),
            counts=shapes.ItemCounts.model_validate(one.counts),
            is_paused=one.is_paused,
        )
        for one in found
    ]


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[ADMIN])
async def add_library(house: House, new: shapes.NewLibrary) -> shapes.AddedLibrary:
    """Add a folder as a library. Nothing in it is touched until it is scanned and published."""
    root, warnings = await in_thread(libraries.check_root, new.path)
    library = await house.store.write(lambda tx: libraries.add(tx, root, new.kind, new.name))
    return shapes.AddedLibrary(library=shapes.Library.model_validate(library), warnings=list(warnings))


@router.post("/{library_id}/confirm", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def confirm_library(house: House, library_id: int) -> None:
    """Accept that publishing replaces files it did not write; each is backed up first."""
    await house.store.write(lambda tx: libraries.confirm(tx, library_id))


@router.patch("/{library_id}", dependencies=[ADMIN])
async def change_library(house: House, library_id: int, patch: shapes.LibraryPatch) -> shapes.Library:
    """Change what a library has of its own."""
    changed = await house.store.write(lambda tx: libraries.set_languages(tx, library_id, patch.languages))
    return shapes.Library.model_validate(changed)


@router.post("/{library_id}/pause", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def pause_library(house: House, library_id: int) -> None:
    """Let the enrichment of the library as a whole wait. Single items, and other phases, go on."""
    await house.store.write(lambda tx: triggers.pause(tx, stored.get(tx, library_id).id))


@router.post("/{library_id}/resume", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def resume_library(house: House, library_id: int) -> None:
    """Let it go on."""
    await house.store.write(lambda tx: triggers.resume(tx, stored.get(tx, library_id).id))


@router.post("/{library_id}/{kind}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def run_phase(
    house: House, library_id: int, kind: JobKind, order: shapes.PhaseOrder | None = None
) -> shapes.Submitted:
    """Scan, enrich, publish, sync or verify the whole library."""
    order = order or shapes.PhaseOrder()
    wanted = Order(kind, is_alone=order.only, is_forced=order.accept_missing, is_deep=order.deep)
    submitted = await house.store.write(lambda tx: phases.submit(tx, wanted, Target(stored.get(tx, library_id))))
    return shapes.Submitted.model_validate(submitted)


@router.get("/{library_id}/actions", dependencies=[READ])
async def list_actions(house: House, library_id: int, since: int = 0) -> shapes.Actions:
    """What was done to the library's files by jobs from `since` on."""
    found = await house.store.read(lambda tx: overview.actions_since(tx, library_id, since))
    return shapes.Actions(actions=found)
