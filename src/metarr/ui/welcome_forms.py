"""What the buttons of the first setup do. A step that was answered is remembered, and the next one follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from metarr.actions import accounts, libraries, phases, player_tests, players, provider_settings, providers, roots
from metarr.actions import settings as settings_actions
from metarr.actions.targets import Target
from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.jobs.summary import Scope
from metarr.jobs.triggers import Order
from metarr.model.access import Right
from metarr.model.job import JobKind
from metarr.model.paths import PathMapping
from metarr.store import facts
from metarr.store import libraries as stored
from metarr.ui import welcome
from metarr.ui.framing import back, house_of
from metarr.ui.welcome import STEPS
from metarr.web.access import ADMIN, Known
from metarr.web.routing import Router
from metarr.webhooks import Source

if TYPE_CHECKING:
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
Text = Annotated[str, Form(max_length=4000)]
Name = Annotated[str, Path(max_length=40)]
_UNUSABLE = 422
_KEYS = {"radarr": "Radarr", "sonarr": "Sonarr"}


@router.post("/welcome/dismiss", dependencies=[ADMIN])
async def dismiss(request: Request) -> RedirectResponse:
    """The dashboard does not ask any more; every step can still be taken from the manual's addresses."""
    await house_of(request).store.write(lambda tx: facts.remember_steps(tx, STEPS))
    return RedirectResponse("/", 303)


@router.post("/welcome/{name}/skip", dependencies=[ADMIN])
async def skip(request: Request, name: Name) -> RedirectResponse:
    """The step is left as it is."""
    return await _next(request, name)


@router.post("/welcome/library", dependencies=[ADMIN])
async def add_library(request: Request, path: Text = "", kind: Text = "movies", name: Text = "") -> Response:
    """Add the folder as a library."""
    house = house_of(request)
    try:
        checked = await roots.patiently(roots.check_root, path)
        added = await house.store.write(lambda tx: libraries.add(tx, checked.root, kind, name.strip() or None))
    except (InvalidInput, NotFound, Conflict) as error:
        return await welcome.library_page(request, path, str(error), _UNUSABLE)
    await house.store.write(lambda tx: facts.remember_steps(tx, ["library"]))
    return back(request, f"{added.name} is a library now.", "/welcome/library")


@router.post("/welcome/providers/{name}", dependencies=[ADMIN])
async def save_key(request: Request, name: Name) -> Response:
    """Try what was entered, and keep it when it is accepted; with nothing entered, try what is kept."""
    house, form = house_of(request), await request.form(max_fields=10)
    given = {key: str(value).strip() for key, value in form.items() if str(value).strip()}
    try:
        tested = await _tested(request, name, given)
    except (InvalidInput, Conflict) as error:
        return await welcome.providers_page(request, name, str(error), _UNUSABLE)
    if not tested.is_well:
        return await welcome.providers_page(request, name, tested.message, _UNUSABLE)
    if given:
        await house.store.write(lambda tx: provider_settings.change(tx, house, name, given))
    return back(request, tested.message, "/welcome/providers")


async def _tested(request: Request, name: str, given: dict[str, str]) -> providers.Tested:
    house = house_of(request)
    if not given:
        return await providers.test(house, name)
    draft = await house.store.read(lambda tx: provider_settings.draft(tx, house, name, given))
    return await providers.test_draft(name, draft)


@router.post("/welcome/artwork", dependencies=[ADMIN])
async def choose_artwork(request: Request, automatic: Annotated[bool, Form()] = False) -> RedirectResponse:  # noqa: FBT002  a form's field
    """Who chooses the pictures."""
    house = house_of(request)
    patch = {"enrichment": {"autoSelectAssets": automatic}}
    await house.store.write(lambda tx: settings_actions.change(tx, "phase_config", patch, house.conditions))
    return await _next(request, "artwork")


@router.post("/welcome/player", dependencies=[ADMIN])
async def add_player(request: Request) -> Response:
    """Try a player, and keep it if that was asked for."""
    house, form = house_of(request), await request.form(max_fields=20)
    given = {key: str(value)[:4000].strip() for key, value in form.items()}
    try:
        wanted = players.checked(_player(given))
        await players.proved(wanted)
        if given.get("deed") != "add":
            tested = await player_tests.test(house.store, wanted, None)
            return await welcome.player_page(request, given, tested=tested)
        await house.store.write(lambda tx: players.add(tx, house, wanted))
    except (InvalidInput, Conflict) as error:
        return await welcome.player_page(request, given, _UNUSABLE, fault=str(error))
    patch = {"playerSync": {"autoSync": "automatic" in given}}
    await house.store.write(lambda tx: settings_actions.change(tx, "phase_config", patch, house.conditions))
    await house.store.write(lambda tx: facts.remember_steps(tx, ["player"]))
    return back(request, f"{wanted.name} is told from now on.", "/welcome/player")


def _player(given: dict[str, str]) -> dict[str, Any]:
    """A form as a player's settings: empty fields are not set."""
    values: dict[str, Any] = {
        key: given[key] for key in ("kind", "name", "url", "user", "password", "token") if given.get(key)
    }
    pairs = ((given.get(f"local{number}", ""), given.get(f"remote{number}", "")) for number in range(_MAPPINGS))
    return {
        "kind": "kodi",
        "name": "",
        "url": "",
        **values,
        "mappings": [PathMapping(*pair) for pair in pairs if all(pair)],
    }


_MAPPINGS = 3  # that the form has room for; more of them in the settings


@router.post("/welcome/webhooks/{source}", dependencies=[ADMIN])
async def make_key(request: Request, caller: Known, source: Source) -> HTMLResponse:
    """A key for a download manager. It is shown on this page and never again."""
    entrance = request.app.state.entrance
    _, key = await accounts.add_key(entrance, caller, _KEYS.get(source.value, source.title()), [Right.WEBHOOK])
    await house_of(request).store.write(lambda tx: facts.remember_steps(tx, ["webhooks"]))
    return await welcome.webhooks_page(request, source.value, key)


@router.post("/welcome/scan", dependencies=[ADMIN])
async def scan(request: Request) -> RedirectResponse:
    """Scan every library."""

    def submit(tx: Tx) -> list[Scope]:
        facts.remember_steps(tx, ["scan"])
        known = stored.everything(tx)
        return [phases.submit(tx, Order(JobKind.SCAN), Target(library)).scope for library in known]

    begun = await house_of(request).store.write(submit)
    if not begun:
        return back(request, "Add a library first.", "/welcome/scan", is_fault=True)
    first = min(scope.since or 0 for scope in begun)
    return back(request, "The scan begins.", "/welcome/scan", work=begun[0] if len(begun) == 1 else Scope(since=first))


async def _next(request: Request, name: str) -> RedirectResponse:
    names = list(STEPS)
    if name not in STEPS:
        raise NotFound(f"The setup has no step {name!r}.")
    await house_of(request).store.write(lambda tx: facts.remember_steps(tx, [name]))
    place = names.index(name) + 1
    return RedirectResponse(f"/welcome/{names[place]}" if place < len(names) else "/", 303)
