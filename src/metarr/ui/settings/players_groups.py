"""Groups of players: who is told one after another, of which libraries, and what holds the others up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import players
from metarr.api.deps import Id
from metarr.api.player_shapes import NewGroup
from metarr.api.players import tagged_group
from metarr.errors import InvalidInput, MetarrError, Outdated
from metarr.model.player import GroupMode
from metarr.store import libraries
from metarr.store import players as stored
from metarr.store.holding import hold
from metarr.store.players import Group
from metarr.ui.framing import house_of, onward
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.entered import checked, faults_of, still, texts, ticked
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.store.db import Tx
    from metarr.store.players import PlayerRow

router = Router(include_in_schema=False)
_LIST = "/settings/players"
_PAGE = f"{_LIST}/groups"


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in a group's form. `places`: where in the order each player stands, from 1; those out are not in.

    `version`: of the group that it was made of; empty: as it is now.
    """

    name: str = ""
    mode: GroupMode = GroupMode.PARALLEL
    continues_on_error: bool = True
    skips_playing: bool = False
    is_shared: bool = False
    has_all_libraries: bool = True
    libraries: frozenset[int] = frozenset()
    places: Mapping[int, int] = field(default_factory=dict)
    version: str = ""


@router.get(f"{_PAGE}/new", dependencies=[ADMIN])
async def blank(request: Request) -> HTMLResponse:
    """The form for a new group."""
    return await _form(request, None, Entered())


@router.post(f"{_PAGE}/new", dependencies=[ADMIN])
async def add(request: Request) -> Response:
    """Add it."""
    entered = await _entered(request)
    try:
        wanted = Group(id=0, **_values(entered))
        group = await house_of(request).store.write(lambda tx: players.save_group(tx, wanted))
    except InvalidInput as fault:
        return await _form(request, None, entered, fault)
    return onward(request, _LIST, f"{group.name} is a group now.")


@router.get(f"{_PAGE}/{{group_id}}", dependencies=[ADMIN])
async def one(request: Request, group_id: Id) -> HTMLResponse:
    """One group's form."""
    group = await house_of(request).store.read(lambda tx: stored.group(tx, group_id))
    return await _form(request, group, _stored(group))


@router.post(f"{_PAGE}/{{group_id}}", dependencies=[ADMIN])
async def change(request: Request, group_id: Id) -> Response:
    """Change it, or take it apart."""
    house, form, entered = house_of(request), await texts(request), await _entered(request)
    group = await house.store.read(lambda tx: stored.group(tx, group_id))
    if form.get("deed") == "remove":
        await house.store.write(lambda tx: players.remove_group(tx, group_id))
        return onward(request, _LIST, f"{group.name} is no group any more.")

    def save(tx: Tx) -> Group:
        hold(tx, "player_group", group_id)
        still(entered.version, tagged_group(stored.group(tx, group_id)).tag)
        return players.save_group(tx, Group(id=group_id, **_values(entered)))

    try:
        saved = await house.store.write(save)
    except Outdated as fault:
        return await _form(request, group, replace(entered, version=""), fault)
    except InvalidInput as fault:
        return await _form(request, group, entered, fault)
    return onward(request, _LIST, f"{saved.name} is changed.")


def _stored(group: Group) -> Entered:
    return Entered(
        name=group.name,
        mode=group.mode,
        continues_on_error=group.continues_on_error,
        skips_playing=group.skips_playing,
        is_shared=group.is_shared,
        has_all_libraries=group.libraries is None,
        libraries=frozenset(group.libraries or ()),
        places={member: place for place, member in enumerate(group.members, 1)},
    )


async def _entered(request: Request) -> Entered:
    form = await texts(request)
    places = {
        int(name.removeprefix("place-")): int(value)
        for name, value in form.items()
        if name.startswith("place-") and _is_number(name.removeprefix("place-")) and _is_number(value)
    }
    return Entered(
        name=form.get("name", ""),
        mode=GroupMode.SEQUENTIAL if form.get("mode") == GroupMode.SEQUENTIAL else GroupMode.PARALLEL,
        continues_on_error=bool(form.get("continuesOnError")),
        skips_playing=bool(form.get("skipsPlaying")),
        is_shared=bool(form.get("isShared")),
        has_all_libraries=form.get("libraries") != "some",
        libraries=frozenset(int(one) for one in await ticked(request, "library") if _is_number(one)),
        places=places,
        version=form.get("version", ""),
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < len("9223372036854775807")


def _values(entered: Entered) -> dict[str, Any]:
    """As the API would have it. Raises Refused."""
    members = sorted(entered.places, key=lambda player: (entered.places[player], player))
    wanted = checked(
        NewGroup,
        {
            "name": entered.name,
            "mode": entered.mode,
            "continuesOnError": entered.continues_on_error,
            "skipsPlaying": entered.skips_playing,
            "isShared": entered.is_shared,
            "libraries": None if entered.has_all_libraries else sorted(entered.libraries),
            "members": members,
        },
    ).model_dump()
    chosen = wanted["libraries"]
    return {**wanted, "libraries": None if chosen is None else tuple(chosen), "members": tuple(wanted["members"])}


async def _form(
    request: Request, group: Group | None, entered: Entered, fault: MetarrError | None = None
) -> HTMLResponse:
    def look(tx: Tx) -> tuple[Sequence[PlayerRow], Mapping[int, str], Mapping[int, str], str]:
        names = {one.id: one.name for one in stored.groups(tx)}
        version = entered.version or ("" if group is None else tagged_group(stored.group(tx, group.id)).tag)
        return stored.everything(tx), names, {one.id: one.name for one in libraries.everything(tx)}, version

    known, groups, shelves, version = await house_of(request).store.read(look)
    faults = faults_of(fault, "name") if isinstance(fault, InvalidInput) else {}
    values = {"group": group, "entered": entered, "players": known, "names": groups, "libraries": shelves}
    return await SETTINGS.show(request, "settings_group.html", fault, faults=faults, version=version, **values)
