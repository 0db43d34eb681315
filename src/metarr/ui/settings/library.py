"""One library: what it has of its own, what is done with it, moving it, and forgetting it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Form, Query, Request, Response
from pydantic import ValidationError

from metarr.actions import libraries, phases, roots
from metarr.actions import settings as actions
from metarr.actions.showing import shown
from metarr.actions.targets import Target
from metarr.api.deps import Id
from metarr.api.library_shapes import LibraryPatch
from metarr.errors import InvalidInput, MetarrError, NotFound, Outdated
from metarr.jobs import triggers
from metarr.jobs.triggers import Order
from metarr.library.naming import Profile
from metarr.model.job import JobKind
from metarr.settings import LibraryOverrides, Settings
from metarr.store import libraries as stored
from metarr.store import mappings, settings
from metarr.store.holding import hold
from metarr.store.settings import WrongSettings, faults_of
from metarr.ui.folders import look_at
from metarr.ui.framing import house_of, onward
from metarr.ui.settings import forms, naming, registry_form
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.forms import Field
from metarr.ui.settings.kinds import Control, Kind
from metarr.ui.settings.libraries import HERE
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.libraries import Listed, Relocation
    from metarr.store.db import Tx
    from metarr.ui.settings.registry_form import Sheet

router = Router(include_in_schema=False)
# Where everywhere's value of each stands in the document of all settings.
EVERYWHERE: Final = {
    "autoSelectAssets": "phaseConfig.enrichment.autoSelectAssets",
    "publish": "phaseConfig.publishing.enabled",
    "cleanupUnselected": "phaseConfig.publishing.cleanupUnselected",
    "autoSync": "phaseConfig.playerSync.autoSync",
    "autoRepair": "verification.autoRepair",
    "actorPictures": "publishing.actorPictures",
    "movieSetsFolder": "publishing.movieSetsFolder",
    "artworkLimits": "enrichment.artworkLimits",
    "ignorePatterns": "scanning.ignorePatterns",
}
_IDENTITY = (
    Field("name", "Name", "As lists and messages call it.", "", Kind(Control.TEXT, longest=200)),
    Field(
        "profiles",
        "Players",
        "Whose rules the names of files follow. The table below shows what each of them adds.",
        [],
        Kind(Control.RANKS, choices=tuple(Profile)),
    ),
    Field(
        "languages",
        "Languages",
        "Asked for here, first choice first: codes such as de or pt-BR, and original for the item's own. Empty: as "
        "everywhere. They count from the next enrichment on.",
        [],
        Kind(Control.LINES),
    ),
)
_OVERTAKEN = (
    "Somebody has changed this library since the page was opened. Nothing of yours was stored: look at what they "
    "stored, and save again if yours is still wanted."
)
_WORK = (JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC, JobKind.VERIFY)
PathText = Annotated[str, Form(max_length=4000)]
AskedPath = Annotated[str, Query(max_length=4000)]
Ticked = Annotated[bool, Form()]


@dataclass(frozen=True, slots=True)
class Known:
    """What the page is about. `own`: its values as the form knows them; `leading`: mappings that lead into it."""

    listed: Listed
    own: dict[str, Any]
    everywhere: Settings
    leading: tuple[mappings.Mapping, ...]


@router.get(f"{HERE}/{{library_id}}", dependencies=[ADMIN])
async def show_library(request: Request, library_id: Id) -> Response:
    """The page."""
    known = await _known(request, library_id)
    return await _page(request, known, registry_form.blank(_fields(known.everywhere), known.own))


@router.post(f"{HERE}/{{library_id}}", dependencies=[ADMIN])
async def save_library(request: Request, library_id: Id) -> Response:
    """Store what was changed."""
    sent, known = await registry_form.sent_of(request), await _known(request, library_id)
    fields = _fields(known.everywhere)
    try:
        was = _document(LibraryPatch.model_validate_json(sent.one("was")))
    except ValidationError:
        fault = InvalidInput("The form is not complete. Open the page again.")
        return await _page(request, known, registry_form.blank(fields, known.own), fault)
    wanted = forms.wanted(fields, was, sent)
    try:
        if wanted.faults:
            raise WrongSettings(wanted.faults)
        await _store(request, library_id, was, wanted.values)
    except Outdated as error:
        known = await _known(request, library_id)
        again = registry_form.sheet(fields, was, known.own, sent, {})
        return await _page(request, known, replace(again, was=registry_form.carried(known.own)), error)
    except MetarrError as error:
        faults = forms.placed(fields, registry_form.faults_of(error, ""))
        return await _page(request, known, registry_form.sheet(fields, was, was, sent, faults), error)
    return onward(request, f"{HERE}/{library_id}", "Stored." if wanted.values else "Nothing was changed.")


@router.post(f"{HERE}/{{library_id}}/pause", dependencies=[ADMIN])
async def pause_library(request: Request, library_id: Id) -> Response:
    """Let its enrichment as a whole wait."""
    await house_of(request).store.write(lambda tx: triggers.pause(tx, stored.get(tx, library_id).id))
    return onward(request, f"{HERE}/{library_id}", "Its enrichment waits until you resume it.")


@router.post(f"{HERE}/{{library_id}}/resume", dependencies=[ADMIN])
async def resume_library(request: Request, library_id: Id) -> Response:
    """Let it go on."""
    await house_of(request).store.write(lambda tx: triggers.resume(tx, stored.get(tx, library_id).id))
    return onward(request, f"{HERE}/{library_id}", "Its enrichment goes on.")


@router.post(f"{HERE}/{{library_id}}/run", dependencies=[ADMIN])
async def run_phase(
    request: Request,
    library_id: Id,
    kind: Annotated[JobKind, Form()],
    only: Ticked = False,  # noqa: FBT002  a form's field
    accept: Ticked = False,  # noqa: FBT002  the same
    deep: Ticked = False,  # noqa: FBT002  the same
) -> Response:
    """A phase on the whole library. What concerns another phase than the chosen one is left aside."""
    order = Order(
        kind, is_alone=only, is_forced=accept and kind is JobKind.SCAN, is_deep=deep and kind is JobKind.VERIFY
    )
    house = house_of(request)
    try:
        await house.store.write(lambda tx: phases.submit(tx, order, Target(stored.get(tx, library_id))))
    except InvalidInput as error:
        known = await _known(request, library_id)
        return await _page(request, known, registry_form.blank(_fields(known.everywhere), known.own), error)
    return onward(request, f"{HERE}/{library_id}", f"{kind.capitalize()} begins.")


@router.get(f"{HERE}/{{library_id}}/relocate", dependencies=[ADMIN])
async def look_elsewhere(request: Request, library_id: Id, path: AskedPath = "") -> Response:
    """Where its folder lies now, with what of the library was found there."""
    return await _relocate_page(request, library_id, path)


@router.post(f"{HERE}/{{library_id}}/relocate", dependencies=[ADMIN])
async def relocate(request: Request, library_id: Id, path: PathText = "") -> Response:
    """Say that it lies there from now on, and scan it."""
    try:
        done = await libraries.relocate(house_of(request).store, library_id, path, is_dry_run=False)
    except MetarrError as error:
        return await _relocate_page(request, library_id, path, error)
    return onward(request, f"{HERE}/{library_id}", f"The library lies at {done.root} now; a scan begins.")


@router.get(f"{HERE}/{{library_id}}/remove", dependencies=[ADMIN])
async def ask_to_remove(request: Request, library_id: Id) -> Response:
    """What forgetting it means."""
    return await _remove_page(request, library_id)


@router.post(f"{HERE}/{{library_id}}/remove", dependencies=[ADMIN])
async def remove(request: Request, library_id: Id, confirm: PathText = "") -> Response:
    """Forget it, when its name was typed."""
    store = house_of(request).store
    name = (await store.read(lambda tx: stored.get(tx, library_id))).name
    try:
        if confirm.strip() != name:
            raise InvalidInput("Nothing was removed: that is not the library's name.")
        await libraries.remove(store, library_id, name)
    except MetarrError as error:
        return await _remove_page(request, library_id, error, confirm)
    return onward(request, HERE, f"{name} is forgotten. Its files are where they were.")


async def _known(request: Request, library_id: int) -> Known:
    def read(tx: Tx) -> Known:
        listed = libraries.shown(tx, library_id)
        root = listed.library.root
        leading = tuple(one for one in mappings.everything(tx) if f"{one.local}/".startswith(f"{root}/"))
        return Known(listed, _own(listed), settings.load(tx), leading)

    return await house_of(request).store.read(read)


def _own(one: Listed) -> dict[str, Any]:
    library = one.library
    return {
        "name": shown(library.name),
        "profiles": list(library.profiles),
        "languages": list(library.languages),
        "overrides": registry_form.document_of(one.overrides),
    }


def _document(patch: LibraryPatch) -> dict[str, Any]:
    if None in {patch.name, patch.overrides} or patch.profiles is None or patch.languages is None:
        raise InvalidInput("The form is not complete. Open the page again.")
    return patch.model_dump(mode="json", by_alias=True)


def _fields(everywhere: Settings) -> list[Field]:
    values = registry_form.document_of(everywhere)
    known = {key: forms.at(values, place) for key, place in EVERYWHERE.items()}
    own = forms.fields_of(actions.described_of(LibraryOverrides), {}, known)
    return [*_IDENTITY, *(replace(one, key=f"overrides.{one.key}") for one in own)]


async def _store(request: Request, library_id: int, was: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raises WrongSettings, Outdated, Conflict."""
    patch: dict[str, Any] = {}
    for key, value in values.items():
        part, _, inner = key.partition(".")
        if inner:
            patch.setdefault(part, {})[inner] = value
        else:
            patch[part] = value
    try:
        read = LibraryPatch.model_validate(patch)
    except ValidationError as error:
        raise WrongSettings(faults_of(error)) from error
    wanted = libraries.Change(read.name, read.profiles, read.languages, read.overrides)
    house = house_of(request)

    def body(tx: Tx) -> None:
        hold(tx, "library", library_id)
        if _own(libraries.shown(tx, library_id)) != was:
            raise Outdated(_OVERTAKEN)
        libraries.change(tx, library_id, wanted, house.conditions)

    if values:
        await house.store.write(body)


async def _page(request: Request, known: Known, form: Sheet, fault: MetarrError | None = None) -> Response:
    library = known.listed.library
    return await SETTINGS.show(
        request,
        "settings_library.html",
        fault,
        one=known.listed,
        leading=known.leading,
        form=form,
        lines={line.field.key: line for line in form.lines},
        is_there=await roots.is_there(library.root),
        examples=naming.examples(library.kind),
        profiles=tuple(Profile),
        work=_WORK,
        address=f"{HERE}/{library.id}",
    )


async def _relocate_page(request: Request, library_id: int, path: str, fault: MetarrError | None = None) -> Response:
    house = house_of(request)
    library = await house.store.read(lambda tx: stored.get(tx, library_id))
    look, tried, trouble = await look_at(house, path), None, ""
    if path and look.checked is not None:
        tried, trouble = await _tried(request, library_id, path)
    values = {"library": library, "look": look, "path": path, "tried": tried, "trouble": trouble}
    return await SETTINGS.show(request, "settings_library_relocate.html", fault, **values)


async def _tried(request: Request, library_id: int, path: str) -> tuple[Relocation | None, str]:
    """What moving it there would come to, or why it cannot be moved there."""
    try:
        return await libraries.relocate(house_of(request).store, library_id, path, is_dry_run=True), ""
    except NotFound:
        raise
    except MetarrError as error:
        return None, str(error)


async def _remove_page(
    request: Request, library_id: int, fault: MetarrError | None = None, typed: str = ""
) -> Response:
    one = await house_of(request).store.read(lambda tx: libraries.shown(tx, library_id))
    return await SETTINGS.show(request, "settings_library_remove.html", fault, one=one, typed=typed)
