"""`/api/v1/libraries`: look at a folder, add it, change what it has of its own, move it, forget it; phases by hand."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response

from metarr.actions import libraries, phases, roots
from metarr.actions.targets import Target
from metarr.api import etags
from metarr.api import library_shapes as shapes
from metarr.api.deps import LARGEST, House, Id
from metarr.api.etags import IfMatch, Tagged
from metarr.api.shapes import Actions, Phase, PhaseOrder, Submitted
from metarr.jobs import triggers
from metarr.jobs.triggers import Order
from metarr.store import libraries as stored
from metarr.store import overview
from metarr.store.holding import hold
from metarr.web.access import ADMIN, OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.libraries import Listed
    from metarr.store.db import Tx

router = Router(prefix="/libraries", tags=["libraries"])


@router.get("", dependencies=[READ])
async def list_libraries(house: House) -> list[shapes.ListedLibrary]:
    """Every library with how far its items are."""
    return [_shown(one) for one in await house.store.read(libraries.listed)]


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[ADMIN])
async def add_library(house: House, new: shapes.NewLibrary) -> shapes.AddedLibrary:
    """Add a folder as a library. Nothing in it is touched until it is scanned and published."""
    checked = await roots.patiently(roots.check_root, new.path)
    library = await house.store.write(lambda tx: libraries.add(tx, checked.root, new.kind, new.name))
    return shapes.AddedLibrary(library=shapes.Library.model_validate(library), warnings=list(checked.warnings))


@router.post("/check", dependencies=[ADMIN])
async def check_folder(house: House, folder: shapes.LibraryFolder) -> shapes.CheckedFolder:
    """What would have to be known before a folder is added as a library. Adds and writes nothing."""
    checked = await roots.patiently(roots.check_root, folder.path)
    meets = await house.store.read(lambda tx: libraries.meets(tx, checked.root))
    return shapes.CheckedFolder.model_validate(checked).model_copy(update={"meets": meets})


@router.get("/{library_id}", dependencies=[READ])
async def get_library(house: House, library_id: Id, response: Response) -> shapes.ListedLibrary:
    """One library with how far its items are."""
    return (await house.store.read(lambda tx: _tagged(libraries.shown(tx, library_id)))).answer(response)


@router.patch("/{library_id}", dependencies=[ADMIN])
async def change_library(
    house: House, library_id: Id, patch: shapes.LibraryPatch, response: Response, if_match: IfMatch = None
) -> shapes.ListedLibrary:
    """Change what a library has of its own: name, naming profiles, languages, settings. What follows is submitted."""
    wanted = libraries.Change(patch.name, patch.profiles, patch.languages, patch.overrides)

    def change(tx: Tx) -> Tagged[shapes.ListedLibrary]:
        hold(tx, "library", library_id)
        etags.check(if_match, _tagged(libraries.shown(tx, library_id)).tag)
        return _tagged(libraries.change(tx, library_id, wanted, house.conditions))

    return (await house.store.write(change)).answer(response)


@router.delete("/{library_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def remove_library(
    house: House,
    library_id: Id,
    confirm: Annotated[str, Query(max_length=1000, description="The library's name, to be sure.")] = "",
) -> None:
    """Forget a library with its edits, choices and history. Its jobs are cancelled; nothing on disk is touched."""
    await libraries.remove(house.store, library_id, confirm)


@router.post("/{library_id}/relocate", dependencies=[ADMIN])
async def relocate_library(house: House, library_id: Id, order: shapes.RelocationOrder) -> shapes.Relocation:
    """Say where the library's folder lies now: items are known again by their place in it. Then it is scanned."""
    done = await libraries.relocate(house.store, library_id, order.path, is_dry_run=order.dry_run)
    return shapes.Relocation.model_validate(done)


@router.post("/{library_id}/confirm", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def confirm_library(house: House, library_id: Id) -> None:
    """Accept that publishing replaces files it did not write; each is backed up first."""
    await house.store.write(lambda tx: libraries.confirm(tx, library_id))


@router.post("/{library_id}/pause", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def pause_library(house: House, library_id: Id) -> None:
    """Let the enrichment of the library as a whole wait. Single items, and other phases, go on."""
    await house.store.write(lambda tx: triggers.pause(tx, stored.get(tx, library_id).id))


@router.post("/{library_id}/resume", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def resume_library(house: House, library_id: Id) -> None:
    """Let it go on."""
    await house.store.write(lambda tx: triggers.resume(tx, stored.get(tx, library_id).id))


@router.post("/{library_id}/{kind}", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def run_phase_on_library(house: House, library_id: Id, kind: Phase, order: PhaseOrder | None = None) -> Submitted:
    """Scan, enrich, publish, sync or verify the whole library."""
    order = order or PhaseOrder()
    wanted = Order(kind, is_alone=order.only, is_forced=order.accept_missing, is_deep=order.deep)
    submitted = await house.store.write(lambda tx: phases.submit(tx, wanted, Target(stored.get(tx, library_id))))
    return Submitted.model_validate(submitted)


@router.get("/{library_id}/actions", dependencies=[READ])
async def list_actions(house: House, library_id: Id, since: Annotated[int, Query(ge=0, le=LARGEST)] = 0) -> Actions:
    """What was done to the library's files by jobs from `since` on."""
    found = await house.store.read(lambda tx: overview.actions_since(tx, stored.get(tx, library_id).id, since))
    return Actions(actions=found)


def _shown(one: Listed) -> shapes.ListedLibrary:
    return shapes.ListedLibrary(
        **shapes.Library.model_validate(one.library).model_dump(),
        counts=shapes.ItemCounts.model_validate(one.counts),
        is_paused=one.is_paused,
        overrides=one.overrides,
    )


def _tagged(one: Listed) -> Tagged[shapes.ListedLibrary]:
    return etags.tagged(_shown(one))
