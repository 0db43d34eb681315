"""One player: what it shows of each item, what it does now, and its settings with their test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import player_tests, players
from metarr.api.deps import LARGEST, Id
from metarr.api.players import tagged_player
from metarr.errors import InvalidInput, Outdated
from metarr.model.player import Shown
from metarr.model.words import counted
from metarr.store import players as stored
from metarr.store.holding import hold
from metarr.ui.framing import back, house_of, onward
from metarr.ui.settings import players_form
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.entered import faults_of, still, texts
from metarr.ui.settings.players import form_page
from metarr.ui.settings.players_form import KINDS
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.installation import Installation
    from metarr.actions.player_tests import Tested
    from metarr.actions.players import Listed, Page, Seen
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_LIST = "/settings/players"
_ONE = f"{_LIST}/{{player_id}}"
_SHOWN = 100  # items on a page
STATES: Final = {
    Shown.PENDING: ("info", "pending", "yet to be told, or asked again"),
    Shown.CONFIRMED: ("good", "confirmed", "it shows the item"),
    Shown.ART_CONFIRMED: ("good", "art confirmed", "it shows the item with its pictures"),
    Shown.NOT_SEEN: ("bad", "not seen", "told, and it does not show it"),
    Shown.REMOVED: ("", "removed", "gone from the library, and from the player"),
    Shown.STILL_SHOWN: ("bad", "still shown", "gone from the library, and the player still shows it"),
    Shown.EXPIRED: ("warn", "expired", "it was off for too long"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a player shows. `state`: only these; `is_first`: the first page of them."""

    player: Listed
    page: Page
    state: Shown | None
    is_first: bool


@router.get(_ONE, dependencies=[ADMIN])
async def one(
    request: Request,
    player_id: Id,
    state: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
) -> HTMLResponse:
    """What it shows of the items that it was told of; a state that does not exist is none."""
    return await _page(request, player_id, state, after)


@router.post(_ONE, dependencies=[ADMIN])
async def act(request: Request, player_id: Id) -> Response:
    """Tell it again or of everything, switch it on or off, or ask what it does."""
    house, form = house_of(request), await texts(request)
    here = f"{_LIST}/{player_id}"
    match form.get("deed"):
        case "activity":
            return await _page(request, player_id, "", None, await players.activity(house, player_id))
        case "retry":
            count = await house.store.write(lambda tx: players.retry(tx, player_id))
            return back(
                request, f"Told again of {counted(count, 'item')}." if count else "All is as it should be.", here
            )
        case "sync":
            wanted = players.Wanted(player_id=player_id)
            asked = await house.store.write(lambda tx: players.sync(tx, wanted))
            return back(request, f"Told now of {counted(asked.items, 'item')}." if asked.players else _NOT_TOLD, here)
        case "on" | "off" as deed:
            player = await house.store.write(lambda tx: _switch(tx, house, player_id, is_enabled=deed == "on"))
            said = "is told from now on" if player.is_enabled else "is told nothing any more"
            return back(request, f"{player.name} {said}.", here)
        case _:
            raise InvalidInput("Press one of the buttons.")


_NOT_TOLD = "It is not told: it is switched off, or there is nothing of which it is told."


@router.get(f"{_ONE}/settings", dependencies=[ADMIN])
async def settings(request: Request, player_id: Id) -> HTMLResponse:
    """Its form."""
    known = await _known(request, player_id)
    return await form_page(request, known, players_form.stored(known))


@router.post(f"{_ONE}/settings", dependencies=[ADMIN])
async def change(request: Request, player_id: Id) -> Response:
    """Test what was entered, keep it, or remove the player."""
    house, known, form = house_of(request), await _known(request, player_id), await texts(request)
    try:
        if form.get("deed") == "remove":
            await house.store.write(lambda tx: players.remove(tx, player_id))
            return onward(request, _LIST, f"{known.name} is removed.")
        if form.get("deed") == "test":
            tested = await _tested(house, known, form)
            shown = players_form.stored(known) if known.is_fixed else players_form.typed(known.kind, form)
            return await form_page(request, known, players_form.with_test(shown, tested))
        saved = await _saved(house, player_id, form)
    except Outdated as fault:
        return await form_page(request, known, replace(players_form.typed(known.kind, form), version=""), fault)
    except InvalidInput as fault:
        typed = players_form.typed(known.kind, form, faults=faults_of(fault))
        return await form_page(request, known, typed, fault)
    return back(request, f"{saved.name} is changed.", f"{_LIST}/{player_id}/settings")


async def _tested(house: Installation, known: Listed, form: Mapping[str, str]) -> Tested:
    """As it would be with what was entered; of one that the environment names, as it is."""

    def look(tx: Tx) -> tuple[stored.PlayerRow, tuple[int, ...] | None]:
        row = stored.get(tx, known.id)
        return row, next((one.libraries for one in stored.groups(tx) if one.id == row.group_id), None)

    row, libraries = await house.store.read(look)
    if known.is_fixed:
        return await player_tests.test(house.store, players.settings_of(row, house.vault), libraries)
    wanted = players.changed(row, players_form.patch_of(form), house.vault)
    await players.proved(wanted)
    return await player_tests.test(house.store, wanted, libraries)


async def _saved(house: Installation, player_id: int, form: Mapping[str, str]) -> Listed:
    patch = players_form.patch_of(form)

    def save(tx: Tx) -> Listed:
        hold(tx, "player", player_id)
        still(form.get("version", ""), tagged_player(tx, player_id).tag)
        row = stored.get(tx, player_id)
        wanted = players.changed(row, patch, house.vault)
        touched = players_form.differing(players.settings_of(row, house.vault), wanted)
        is_enabled = players.stays_enabled(row, dict.fromkeys(touched), None)
        return players.save(tx, house, row, wanted, is_enabled=is_enabled)

    row = await house.store.read(lambda tx: stored.get(tx, player_id))
    await players.proved(players.changed(row, patch, house.vault))
    return await house.store.write(save)


def _switch(tx: Tx, house: Installation, player_id: int, *, is_enabled: bool) -> Listed:
    hold(tx, "player", player_id)
    row = stored.get(tx, player_id)
    return players.save(tx, house, row, players.changed(row, {}, house.vault), is_enabled=is_enabled)


async def _known(request: Request, player_id: int) -> Listed:
    return await house_of(request).store.read(lambda tx: players.one(tx, player_id))


async def _page(
    request: Request, player_id: int, state: str, after: int | None, seen: Seen | None = None
) -> HTMLResponse:
    wanted = Shown(state) if state in set(Shown) else None

    def look(tx: Tx) -> Look:
        page = players.page(tx, player_id, state=wanted, after=after, limit=_SHOWN)
        return Look(players.one(tx, player_id), page, wanted, not after)

    found = await house_of(request).store.read(look)
    values: dict[str, Any] = {"look": found, "states": STATES, "seen": seen, "kinds": KINDS}
    return await SETTINGS.show(request, "settings_player_shown.html", **values)
