"""What is noted while a player is being told: it keeps its own pace, and what the player hears just now is not news."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from listening_player import House
from metarr.errors import Wait
from metarr.jobs import telling
from metarr.model.published import HistoryLine
from metarr.store import player_states, published

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.model.media import ItemId
    from metarr.store.db import Store

PACE = {"settleSeconds": 10, "gatherSeconds": 30, "longestWaitSeconds": 120, "updatesPerMinute": 6000}


def note(house: House, item_id: ItemId, *, is_manual: bool = False) -> None:
    house.store.write_now(lambda tx: telling.ask(tx, [item_id], is_manual=is_manual))


async def tell(house: House, item_id: ItemId, meanwhile: Callable[[], None], *, is_manual: bool = False) -> None:
    """Tell the attic of an item; `meanwhile` happens once it was told and has not answered yet."""
    attic = house.players["attic"]
    before, is_over = len(attic.told), False

    async def step() -> None:
        nonlocal is_over
        if len(attic.told) > before and not is_over:
            is_over = True
            meanwhile()

    attic.step = step
    note(house, item_id, is_manual=is_manual)
    await house.later(seconds=11)
    assert is_over
    attic.step = None


async def test_an_item_that_is_noted_again_unchanged_is_not_told_again(store: Store) -> None:
    house = House(store, "attic", pace=PACE)
    heat = house.movie("Heat")
    await tell(house, heat, lambda: note(house, heat))
    assert house.states("attic") == ["art_confirmed"]
    await house.later(seconds=200)
    assert house.players["attic"].items == [[heat]]


@pytest.mark.parametrize("is_manual", [False, True], ids=["by itself", "by hand"])
@pytest.mark.parametrize("takes", [0, 90], ids=["at once", "slowly"])
async def test_an_item_that_changes_is_told_again_after_it_has_been_quiet(
    store: Store, takes: int, *, is_manual: bool
) -> None:
    """Also where the first telling was asked for by hand, and where it took longer than changes are gathered."""
    house = House(store, "attic", pace=PACE)
    heat = house.movie("Heat")

    def change() -> None:
        store.skew += timedelta(seconds=takes)
        house.touch(heat)
        note(house, heat)

    await tell(house, heat, change, is_manual=is_manual)
    attic = house.players["attic"]
    assert (attic.items, house.states("attic")) == ([[heat]], ["pending"])
    await house.later(seconds=20)
    assert attic.items == [[heat]]
    house.touch(heat)
    note(house, heat)
    await house.later(seconds=20)
    assert attic.items == [[heat]], "every further change puts it off"
    await house.later(seconds=11)
    assert (attic.items, attic.by_hand) == ([[heat], [heat]], [is_manual, False])
    assert house.states("attic") == ["art_confirmed"]


async def test_a_picture_of_which_the_telling_came_too_early_is_told_next(store: Store) -> None:
    """It was overwritten before the player was told, and that became known after: by the clock it would be old."""
    house = House(store, "attic", pace=PACE)
    heat = house.movie("Heat")
    await tell(house, heat, lambda: None)

    def overwrite() -> None:
        store.skew -= timedelta(seconds=60)
        line = HistoryLine("replace", "Heat/poster.jpg", "better", None, None)
        store.write_now(lambda tx: published.write_history(tx, heat, None, [line]))
        store.skew += timedelta(seconds=60)
        house.touch(heat)
        note(house, heat)

    house.touch(heat)
    note(house, heat)
    await tell(house, heat, overwrite, is_manual=True)
    await house.later(seconds=31)
    assert [one.artwork for [one] in house.players["attic"].told] == [(), (), ("/media/movies/Heat/poster.jpg",)]


async def test_pictures_are_named_again_where_the_player_did_not_take_them(store: Store) -> None:
    house = House(store, "attic", pace=PACE)
    heat = house.movie("Heat")
    await tell(house, heat, lambda: None)
    attic = house.players["attic"]
    attic.misses = {heat}
    line = HistoryLine("replace", "Heat/poster.jpg", "better", None, None)
    store.write_now(lambda tx: published.write_history(tx, heat, None, [line]))
    house.touch(heat)
    note(house, heat, is_manual=True)
    await house.later()
    attic.misses = set()
    await house.later(seconds=61)
    assert [one.artwork for [one] in attic.told] == [(), *[("/media/movies/Heat/poster.jpg",)] * 2]


async def test_each_item_has_its_own_pictures_since_its_own_last_telling(store: Store) -> None:
    house = House(store, "attic", pace=PACE)
    heat, ronin = house.movie("Heat"), house.movie("Ronin")
    await tell(house, ronin, lambda: None, is_manual=True)
    line = HistoryLine("replace", "Heat/poster.jpg", "better", None, None)
    store.write_now(lambda tx: published.write_history(tx, heat, None, [line]))
    await tell(house, heat, lambda: None, is_manual=True)
    store.write_now(lambda tx: telling.ask(tx, [heat, ronin], is_manual=True))
    await house.later()
    assert [(one.item_id, one.artwork) for one in house.players["attic"].told[-1]] == [(heat, ()), (ronin, ())]


async def test_another_item_settles_from_when_it_was_noted(store: Store) -> None:
    house = House(store, "attic", pace=PACE)
    heat, ronin = house.movie("Heat"), house.movie("Ronin")
    await tell(house, heat, lambda: note(house, ronin))
    attic = house.players["attic"]
    assert attic.items == [[heat]]
    await house.later(seconds=5)
    assert attic.items == [[heat]]
    await house.later(seconds=6)
    assert attic.items == [[heat], [ronin]]


async def test_what_was_noted_of_something_expired_is_not_lost(store: Store) -> None:
    """It is told along with another item, and changes just then."""
    house = House(store, "attic", pace=PACE)
    heat, ronin = house.movie("Heat"), house.movie("Ronin")
    attic = house.players["attic"]
    attic.fault = Wait("attic is off", cause="player:attic", delay=timedelta(minutes=1))
    note(house, heat)
    await house.later(hours=25)
    assert house.states("attic") == ["expired"]
    attic.fault = None

    async def step() -> None:
        if len(attic.told) == 2:  # the expired one
            attic.step = None
            house.touch(heat)
            note(house, heat)

    attic.step = step
    note(house, ronin, is_manual=True)
    await house.later(minutes=2)
    assert attic.items == [[ronin], [heat]]
    await house.later(seconds=31)
    assert attic.items == [[ronin], [heat], [heat]]


async def test_what_a_person_asks_for_meanwhile_follows_at_once(store: Store) -> None:
    house = House(store, "attic", pace=PACE)
    heat = house.movie("Heat")
    await tell(house, heat, lambda: note(house, heat, is_manual=True))
    assert (house.players["attic"].items, house.players["attic"].by_hand) == ([[heat], [heat]], [False, True])


async def test_what_it_did_not_show_is_not_asked_sooner_for_a_note_that_says_nothing_new(store: Store) -> None:
    house = House(store, "attic", pace=PACE)
    heat = house.movie("Heat")
    house.players["attic"].misses = {heat}
    await tell(house, heat, lambda: note(house, heat))
    [row] = await store.read(lambda tx: player_states.waiting(tx, [house.id_of("attic")]))
    assert row.not_before is not None
    await house.later(seconds=50)
    assert house.players["attic"].items == [[heat]]
    await house.later(seconds=11)
    assert house.players["attic"].items == [[heat], [heat]]
