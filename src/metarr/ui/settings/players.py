"""The players: which there are, how they are, what they wait for; adding one, with a test before it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import player_tests, players
from metarr.api.players import tagged_player
from metarr.errors import InvalidInput, MetarrError
from metarr.model.words import counted
from metarr.store import libraries
from metarr.store import players as stored
from metarr.ui.framing import back, house_of, onward
from metarr.ui.settings import players_form
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.entered import faults_of, texts
from metarr.ui.settings.players_form import KINDS
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.players import Listed
    from metarr.store.db import Tx
    from metarr.store.players import Group
    from metarr.ui.settings.players_form import Entered

router = Router(include_in_schema=False)
_PAGE = "/settings/players"


@router.get(_PAGE, dependencies=[ADMIN])
async def overview(request: Request) -> HTMLResponse:
    """Every player and every group."""

    def look(tx: Tx) -> tuple[list[Listed], list[Group], Mapping[int, str]]:
        return players.listed(tx), stored.groups(tx), {one.id: one.name for one in libraries.everything(tx)}

    known, groups, shelves = await house_of(request).store.read(look)
    values: dict[str, Any] = {"players": known, "player_groups": groups, "libraries": shelves, "kinds": KINDS}
    return await SETTINGS.show(request, "settings_players.html", **values)


@router.post(_PAGE, dependencies=[ADMIN])
async def sync_everything(request: Request) -> Response:
    """Tell every player of everything, now."""
    asked = await house_of(request).store.write(lambda tx: players.sync(tx, players.Wanted()))
    return back(request, f"Told now: {counted(asked.players, 'player')}, of {counted(asked.items, 'item')}.", _PAGE)


@router.get(f"{_PAGE}/new", dependencies=[ADMIN])
async def blank(request: Request, kind: Annotated[str, Query(max_length=20)] = "kodi") -> HTMLResponse:
    """The form for a new player of a kind."""
    return await form_page(request, None, players_form.blank(kind))


@router.post(f"{_PAGE}/new", dependencies=[ADMIN])
async def add(request: Request) -> Response:
    """Test it, or keep it."""
    house, form = house_of(request), await texts(request)
    kind = form.get("kind", "")
    try:
        wanted = players.checked(players_form.new_player(form))
        await players.proved(wanted)
        if form.get("deed") == "test":
            tested = await player_tests.test(house.store, wanted, None)
            return await form_page(request, None, players_form.typed(kind, form, tested=tested))
        added = await house.store.write(lambda tx: players.add(tx, house, wanted))
    except InvalidInput as fault:
        return await form_page(request, None, players_form.typed(kind, form, faults=faults_of(fault)), fault)
    return onward(request, f"{_PAGE}/{added.id}/settings", f"{added.name} is told of what changes from now on.")


async def form_page(
    request: Request, known: Listed | None, entered: Entered, fault: MetarrError | None = None
) -> HTMLResponse:
    """The form, of a player that is known or of a new one."""

    def look(tx: Tx) -> tuple[Group | None, Mapping[int, str], list[str], str]:
        shelves = libraries.everything(tx)
        groups = stored.groups(tx)
        group = next((one for one in groups if known is not None and one.id == known.group_id), None)
        version = entered.version or ("" if known is None else tagged_player(tx, known.id).tag)
        return group, {one.id: one.name for one in shelves}, [one.root for one in shelves], version

    group, shelves, roots, version = await house_of(request).store.read(look)
    values = {"player": known, "entered": entered, "group": group, "libraries": shelves, "roots": roots}
    return await SETTINGS.show(request, "settings_player.html", fault, kinds=KINDS, version=version, **values)
