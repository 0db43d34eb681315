"""`/api/v1/players`, `/api/v1/player-groups` and `/api/v1/sync`: players, how they are told, and what they show."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Response

from metarr.actions import player_tests, players
from metarr.actions.players import SECRETS
from metarr.api import etags
from metarr.api import player_shapes as shapes
from metarr.api.deps import LARGEST, House, Id, Limit
from metarr.api.etags import IfMatch, Tagged
from metarr.errors import InvalidInput
from metarr.model.player import Shown
from metarr.store import players as stored
from metarr.store.holding import hold
from metarr.web.access import ADMIN, OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.store.db import Tx

router = Router(tags=["players"])


@router.get("/players", dependencies=[READ])
async def list_players(house: House) -> list[shapes.Player]:
    """Every player: its address, how far it is with its items, and what is wrong with it."""
    return [shapes.Player.model_validate(one) for one in await house.store.read(players.listed)]


@router.post("/players", status_code=HTTPStatus.CREATED, dependencies=[ADMIN])
async def add_player(house: House, new: shapes.NewPlayer, response: Response) -> shapes.Player:
    """Add a player. Nobody is asked yet: test it first, or then. It hears of what changes from now on."""
    settings = players.checked(new.model_dump())
    await players.proved(settings)
    added = await house.store.write(lambda tx: tagged_player(tx, players.add(tx, house, settings).id))
    return added.answer(response)


@router.post("/players/test", dependencies=[ADMIN])
async def try_player(house: House, new: shapes.NewPlayer) -> shapes.PlayerTest:
    """Try an address and credentials that are not stored."""
    settings = players.checked(new.model_dump())
    return shapes.PlayerTest.model_validate(await player_tests.test(house.store, settings, None))


@router.get("/players/{player_id}", dependencies=[READ])
async def get_player(house: House, player_id: Id, response: Response) -> shapes.Player:
    """One player."""
    return (await house.store.read(lambda tx: tagged_player(tx, player_id))).answer(response)


@router.patch("/players/{player_id}", dependencies=[ADMIN])
async def change_player(
    house: House, player_id: Id, patch: shapes.PlayerPatch, response: Response, if_match: IfMatch = None
) -> shapes.Player:
    """Change some of it. One that refused us is asked again once its address or credentials are corrected."""
    given: dict[str, Any] = patch.model_dump(exclude_unset=True, exclude={"is_enabled"}, exclude_none=True)
    row = await house.store.read(lambda tx: stored.get(tx, player_id))
    settings = players.changed(row, given, house.vault)
    await players.proved(settings)

    def change(tx: Tx) -> Tagged[shapes.Player]:
        hold(tx, "player", player_id)
        etags.check(if_match, tagged_player(tx, player_id).tag)
        now = stored.get(tx, player_id)
        is_enabled = players.stays_enabled(now, given, patch.is_enabled)
        players.save(tx, house, now, players.changed(now, given, house.vault), is_enabled=is_enabled)
        return tagged_player(tx, player_id)

    return (await house.store.write(change)).answer(response)


@router.delete("/players/{player_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def remove_player(house: House, player_id: Id) -> None:
    """Forget a player and what it showed."""
    await house.store.write(lambda tx: players.remove(tx, player_id))


@router.post("/players/{player_id}/test", dependencies=[ADMIN])
async def test_player(house: House, player_id: Id) -> shapes.PlayerTest:
    """Prove its address, credentials and permission, and its path mappings with a real folder of each library."""
    row = await house.store.read(lambda tx: stored.get(tx, player_id))
    groups = await house.store.read(stored.groups)
    libraries = next((one.libraries for one in groups if one.id == row.group_id), None)
    settings = players.settings_of(row, house.vault)
    return shapes.PlayerTest.model_validate(await player_tests.test(house.store, settings, libraries))


@router.get("/players/{player_id}/items", dependencies=[READ])
async def list_shown_items(
    house: House,
    player_id: Id,
    state: Shown | None = None,
    after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    limit: Limit = 100,
) -> shapes.ShownItems:
    """What the player shows of the items that it was told of, or only those in one state."""
    found = await house.store.read(lambda tx: players.page(tx, player_id, state=state, after=after, limit=limit))
    return shapes.ShownItems.model_validate(found)


@router.post("/players/{player_id}/retry", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def retry_player(house: House, player_id: Id) -> shapes.Asked:
    """Tell it again, now, of what it does not show as it should."""
    return shapes.Asked(items=await house.store.write(lambda tx: players.retry(tx, player_id)), players=1)


@router.get("/players/{player_id}/activity", dependencies=[READ])
async def get_activity(house: House, player_id: Id) -> shapes.NowPlaying:
    """Whether it plays now. Asks the player."""
    return shapes.NowPlaying.model_validate(await players.activity(house, player_id))


@router.get("/player-groups", dependencies=[READ])
async def list_player_groups(house: House) -> list[shapes.Group]:
    """Every group of players."""
    return [shapes.Group.model_validate(one) for one in await house.store.read(stored.groups)]


@router.post("/player-groups", status_code=HTTPStatus.CREATED, dependencies=[ADMIN])
async def add_player_group(house: House, new: shapes.NewGroup, response: Response) -> shapes.Group:
    """Players that are told in a certain way, or of certain libraries only. They leave the groups they were in."""
    wanted = stored.Group(id=0, **_group(new.model_dump()))
    added = await house.store.write(lambda tx: players.save_group(tx, wanted))
    return tagged_group(added).answer(response)


@router.get("/player-groups/{group_id}", dependencies=[READ])
async def get_player_group(house: House, group_id: Id, response: Response) -> shapes.Group:
    """One group of players."""
    return tagged_group(await house.store.read(lambda tx: stored.group(tx, group_id))).answer(response)


@router.patch("/player-groups/{group_id}", dependencies=[ADMIN])
async def change_player_group(
    house: House, group_id: Id, patch: shapes.GroupPatch, response: Response, if_match: IfMatch = None
) -> shapes.Group:
    """Change some of it."""
    given = patch.model_dump(exclude_unset=True)
    values = _group({name: value for name, value in given.items() if value is not None or name == "libraries"})

    def change(tx: Tx) -> stored.Group:
        hold(tx, "player_group", group_id)
        before = stored.group(tx, group_id)
        etags.check(if_match, tagged_group(before).tag)
        return players.save_group(tx, replace(before, **values))

    return tagged_group(await house.store.write(change)).answer(response)


@router.delete("/player-groups/{group_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def remove_player_group(house: House, group_id: Id) -> None:
    """Its players are told by themselves again, of every library."""
    await house.store.write(lambda tx: players.remove_group(tx, group_id))


@router.post("/sync", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def sync_now(house: House, order: shapes.SyncOrder) -> shapes.Asked:
    """Tell players at once of some items, a library or everything, whatever they know and do."""
    if sum((bool(order.item_ids), order.library is not None, order.all)) != 1:
        raise InvalidInput("Name exactly one of `itemIds`, `library` and `all`.")
    wanted = players.Wanted(tuple(order.item_ids), order.library, order.player)
    return shapes.Asked.model_validate(await house.store.write(lambda tx: players.sync(tx, wanted)))


def _group(values: dict[str, Any]) -> dict[str, Any]:
    lists = {name: tuple(values[name]) for name in ("libraries", "members") if values.get(name) is not None}
    return {**values, **lists}


def tagged_player(tx: Tx, player_id: int) -> Tagged[shapes.Player]:
    kept = stored.get(tx, player_id).settings
    return etags.tagged(shapes.Player.model_validate(players.one(tx, player_id)), [kept.get(name) for name in SECRETS])


def tagged_group(group: stored.Group) -> Tagged[shapes.Group]:
    return etags.tagged(shapes.Group.model_validate(group))
