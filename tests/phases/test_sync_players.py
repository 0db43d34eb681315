"""The sync phase with players in memory, on both databases: gathering, groups, waiting, expiring, remembering."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from listening_player import House
from metarr.actions import phase_config
from metarr.errors import BadCredentials, Transient, Wait
from metarr.jobs import ledger, policy, telling, triggers
from metarr.jobs.triggers import Order
from metarr.model.job import Job, JobId, JobKind, NewJob, Priority
from metarr.model.media import ExternalIds, Identity, ItemKind, LibraryKind, Metadata
from metarr.model.play import PlayState
from metarr.model.player import GroupMode
from metarr.model.published import HistoryLine
from metarr.store import items, libraries, player_states, players, published, schema, settings
from metarr.store.players import Group

if TYPE_CHECKING:
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Store

SLOW = {"settleSeconds": 10, "gatherSeconds": 30, "longestWaitSeconds": 120, "updatesPerMinute": 6000}


def noting(house: House, *item_ids: ItemId) -> list[NewJob]:
    """The chain's jobs at the end of these items' publishing."""
    return [NewJob(JobKind.SYNC, Priority.WEBHOOK, item_id=one, library_id=house.library_id) for one in item_ids]


def by_hand(house: House, item_id: ItemId) -> NewJob:
    return triggers.item_job(Order(JobKind.SYNC), house.library_id, item_id)


def playing(name: str) -> Wait:
    return Wait(f"{name} is playing", cause=f"player:{name}:playing", delay=timedelta(minutes=1))


def off(name: str) -> Wait:
    return Wait(f"{name} is off", cause=f"player:{name}", delay=timedelta(minutes=1))


async def test_many_items_become_one_delivery(store: Store) -> None:
    house = House(store, "attic", pace=SLOW)
    ids = [house.movie(f"Film {number}") for number in range(60)]
    await house.run(policy.noting(house.library_id))
    await house.later(seconds=11)
    assert house.players["attic"].items == [ids]
    jobs = [row for row in house.rows(schema.job) if row["library_id"] is None]
    assert [row["state"] for row in jobs] == ["completed"]
    assert set(house.states("attic")) == {"art_confirmed"}
    events = [row["data"] for row in house.rows(schema.event) if row["type"] == "player_sync_completed"]
    assert [event.get("is_clean", False) for event in events] == [True, False], "channels hear of the telling only"
    assert events[-1]["counts"]["players"] == {"attic": {"art_confirmed": len(ids)}}


async def test_of_a_library_nobody_is_told_of_what_is_yet_to_be_published(store: Store) -> None:
    house = House(store, "attic")
    heat, ronin = house.movie("Heat"), house.movie("Ronin")
    facts = Metadata(title="Ronin", plot="New.", ids=ExternalIds(tmdb=8195))
    store.write_now(lambda tx: items.save_metadata(tx, items.get(tx, ronin), facts, {}, Identity.IDENTIFIED))
    await house.run(policy.noting(house.library_id))
    assert house.players["attic"].items == [[heat]]
    store.write_now(lambda tx: items.mark_published(tx, ronin, items.get(tx, ronin).revision))
    await house.run(policy.noting(house.library_id))
    assert house.players["attic"].items == [[heat], [ronin]]


async def test_an_item_is_noted_once_and_told_when_it_has_settled(store: Store) -> None:
    house = House(store, "attic", pace=SLOW)
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    assert (house.players["attic"].told, house.states("attic")) == ([], ["pending"])
    item = await store.read(lambda tx: items.get(tx, heat))
    assert item.synced_revision == item.disk_revision, "nobody has to note it again"
    await house.later(seconds=11)
    assert house.players["attic"].items == [[heat]]
    house.touch(heat)
    await house.run(*noting(house, heat))
    await house.later(seconds=11)
    assert house.players["attic"].items == [[heat]], "what follows is gathered"
    await house.later(seconds=20)
    assert house.players["attic"].items == [[heat], [heat]]


async def test_a_later_item_is_not_held_up_by_one_that_gathers(store: Store) -> None:
    house = House(store, "attic", pace=SLOW)
    heat, ronin = house.movie("Heat"), house.movie("Ronin")
    await house.run(*noting(house, heat))
    await house.later(seconds=11)
    house.touch(heat)
    await house.run(*noting(house, heat))
    await house.run(*noting(house, ronin))
    await house.later(seconds=11)
    assert house.players["attic"].items == [[heat], [ronin]]


async def test_who_knows_an_item_as_it_is_is_not_told_again_unless_a_person_asks(store: Store) -> None:
    house = House(store, "attic")
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    await house.run(*noting(house, heat))
    assert house.players["attic"].items == [[heat]]
    await house.run(by_hand(house, heat))
    assert (house.players["attic"].items, house.players["attic"].by_hand) == ([[heat], [heat]], [False, True])


async def test_a_person_is_served_at_once_and_during_playback_and_the_rest_waits(store: Store) -> None:
    house = House(store, "attic", pace=SLOW)
    heat, ronin = house.movie("Heat"), house.movie("Ronin")
    house.players["attic"].plays = playing("attic")
    await house.run(*noting(house, ronin))
    await house.run(by_hand(house, heat))
    assert (house.players["attic"].items, house.players["attic"].by_hand) == ([[heat]], [True])
    await house.later(seconds=11)
    assert house.states("attic") == ["art_confirmed", "pending"]
    assert house.causes() == {"player:attic:playing"}
    house.players["attic"].plays = None
    await house.later(minutes=2)
    assert (house.players["attic"].items, house.causes()) == ([[heat], [ronin]], set())


async def test_a_rate_is_kept(store: Store) -> None:
    house = House(store, "attic", pace={**SLOW, "settleSeconds": 0, "updatesPerMinute": 1})
    heat, ronin = house.movie("Heat"), house.movie("Ronin")
    await house.run(*noting(house, heat))
    await house.run(*noting(house, ronin))
    assert house.players["attic"].items == [[heat]]
    await house.later(seconds=61)
    assert house.players["attic"].items == [[heat], [ronin]]


async def test_what_a_player_missed_for_too_long_expires_and_goes_with_its_next_change(store: Store) -> None:
    house = House(store, "attic", "cellar")
    attic = house.players["attic"]
    attic.fault = off("attic")
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    await house.later(hours=23)
    assert (house.states("attic"), house.states("cellar")) == (["pending"], ["art_confirmed"])
    await house.later(hours=2)
    assert house.states("attic") == ["expired"]
    assert "player:attic:expired" in house.causes()
    [event] = [row for row in house.rows(schema.event) if row["type"] == "player_sync_failed"]
    assert (event["data"]["player"], event["data"]["expired"]) == ("attic", 1)
    attic.fault = None
    await house.later(minutes=10)
    assert house.causes() == {"player:attic:expired"}, "it is not tried by itself"
    assert attic.told == []
    ronin = house.movie("Ronin")
    await house.run(*noting(house, ronin))
    assert sorted(one for telling in attic.items for one in telling) == [heat, ronin]
    assert (set(house.states("attic")), house.causes()) == ({"art_confirmed"}, set())


async def test_what_is_not_seen_is_looked_for_again_and_then_left_to_the_owner(store: Store) -> None:
    house = House(store, "attic")
    attic = house.players["attic"]
    heat = house.movie("Heat")
    attic.misses = {heat}
    await house.run(*noting(house, heat))
    for minutes in (0, 2, 6, 16):
        assert house.states("attic") == ["pending"]
        await house.later(minutes=minutes)
    assert (house.states("attic"), len(attic.told)) == (["not_seen"], 4)
    [row] = house.rows()
    assert row["detail"] == "not there"
    attic.misses = set()
    assert await store.write(lambda tx: telling.retry(tx, house.id_of("attic"))) == 1
    await house.later()
    assert house.states("attic") == ["art_confirmed"]


async def test_a_player_that_refuses_us_is_switched_off_and_its_owner_told(store: Store) -> None:
    house = House(store, "attic")
    house.players["attic"].fault = BadCredentials("attic does not accept the password")
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    assert await store.read(players.enabled) == []
    assert house.causes() == {"player:attic:credentials"}
    [event] = [row for row in house.rows(schema.event) if row["type"] == "player_sync_failed"]
    assert event["data"]["is_credentials"] is True
    assert house.states("attic") == ["pending"], "it is told once it accepts us"


async def test_a_fault_spends_attempts_and_says_why_at_the_item(store: Store) -> None:
    house = House(store, "attic")
    house.players["attic"].fault = Transient("attic answered with 500")
    await house.run(*noting(house, house.movie("Heat")))
    for _ in range(3):
        await house.later(minutes=5)
    [job] = [row for row in house.rows(schema.job) if row["library_id"] is None]
    assert (job["state"], job["attempts"]) == ("failed", 2)
    [row] = house.rows()
    assert (row["state"], row["detail"]) == ("pending", "attic answered with 500")
    house.players["attic"].fault = None
    await store.write(lambda tx: telling.retry(tx, house.id_of("attic")))
    await house.later()
    assert house.states("attic") == ["art_confirmed"]


async def test_what_was_noted_while_sync_was_switched_off_is_told_when_it_is_on_again(store: Store) -> None:
    house = House(store, "attic", pace=SLOW)
    await house.run(*noting(house, house.movie("Heat")))
    await store.write(lambda tx: settings.change(tx, "phase_config", {"playerSync": {"enabled": False}}))
    await house.later(seconds=11)
    assert house.players["attic"].told == []
    before = await store.read(house.conditions)
    await store.write(lambda tx: settings.change(tx, "phase_config", {"playerSync": {"enabled": True}}))
    await store.write(lambda tx: phase_config.submit_possible(tx, before, house.conditions(tx)))
    await house.later()
    assert house.states("attic") == ["art_confirmed"]


async def test_a_renamed_video_is_told_as_one_that_left_and_one_that_came(store: Store) -> None:
    house = House(store, "attic")
    heat = house.movie("Heat", "old caf\udce9.mkv")
    await house.run(*noting(house, heat))
    house.put(heat, "Heat/new.mkv")
    await house.run(*noting(house, heat))
    left, now = house.players["attic"].told[-1]
    root = "/media/movies/Heat"
    assert (left.is_removed, left.videos, left.item_id) == (True, (f"{root}/old caf\udce9.mkv",), heat)
    assert (now.is_removed, now.videos, now.item_id) == (False, (f"{root}/new.mkv",), heat)
    assert house.players["attic"].shows == {f"{root}/new.mkv": heat}
    await house.run(by_hand(house, heat))
    assert len(house.players["attic"].told[-1]) == 1, "what left is told once"


async def test_a_player_that_was_off_hears_of_what_left_meanwhile(store: Store) -> None:
    """Each player has its own memory of what it was told of."""
    house = House(store, "attic", "cellar")
    heat = house.movie("Heat", "one.mkv")
    await house.run(*noting(house, heat))
    house.players["attic"].fault = off("attic")
    for name in ("two", "three"):
        house.put(heat, f"Heat/{name}.mkv")
        await house.run(*noting(house, heat))
    house.players["attic"].fault = None
    await house.later(minutes=2)
    assert house.players["attic"].shows == house.players["cellar"].shows == {"/media/movies/Heat/three.mkv": heat}


async def test_a_missing_item_leaves_the_players(store: Store) -> None:
    house = House(store, "attic")
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    await store.write(lambda tx: items.mark_missing(tx, [heat], timedelta(days=30)))
    await house.run(*noting(house, heat))
    assert (house.players["attic"].shows, house.states("attic")) == ({}, ["removed"])


async def test_pictures_are_told_to_each_player_since_it_was_last_told(store: Store) -> None:
    house = House(store, "attic", "cellar")
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))

    async def overwrite(name: str) -> None:
        lines = [HistoryLine("replace", f"Heat/{one}", "better", None, None) for one in (name, f"{name}.nfo")]
        await store.write(lambda tx: published.write_history(tx, heat, None, lines))
        house.touch(heat)
        await house.run(*noting(house, heat))

    house.players["attic"].fault = off("attic")
    await overwrite("poster.jpg")
    await overwrite("fanart.jpg")
    house.players["attic"].fault = None
    await house.later(minutes=2)
    seen = {name: [one.artwork for [one] in player.told] for name, player in house.players.items()}
    root = "/media/movies/Heat"
    assert seen["cellar"] == [(), (f"{root}/poster.jpg",), (f"{root}/fanart.jpg",)]
    assert seen["attic"] == [(), (f"{root}/fanart.jpg", f"{root}/poster.jpg")]


async def test_a_picture_that_is_overwritten_while_a_player_is_told_is_told_next(store: Store) -> None:
    house = House(store, "attic")
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    attic = house.players["attic"]

    async def overwrite() -> None:
        attic.step = None
        line = HistoryLine("replace", "Heat/poster.jpg", "better", None, None)
        await store.write(lambda tx: published.write_history(tx, heat, None, [line]))

    attic.step = overwrite
    house.touch(heat)
    await house.run(*noting(house, heat))
    house.touch(heat)
    await house.run(*noting(house, heat))
    assert [one.artwork for [one] in attic.told] == [(), (), ("/media/movies/Heat/poster.jpg",)]


# --- groups -----------------------------------------------------------------------------------------------------------


def grouped(house: House, **rules: Any) -> Group:
    members = tuple(house.id_of(name) for name in house.players)
    rules = {"mode": GroupMode.SEQUENTIAL, "continues_on_error": False, **rules}
    return house.store.write_now(lambda tx: players.save_group(tx, Group(0, "all", members=members, **rules)))


@pytest.mark.parametrize(
    ("rules", "fault", "heard"),
    [
        ({}, off, []),
        ({"continues_on_error": True}, off, ["cellar"]),
        ({}, playing, []),
        ({"continues_on_error": True}, playing, []),
        ({"skips_playing": True}, playing, ["cellar"]),
        ({"skips_playing": True}, off, []),
        ({"mode": GroupMode.PARALLEL}, off, ["cellar"]),
    ],
    ids=[
        "one that is off keeps those after it from hearing",
        "but not where the group goes on",
        "one that plays keeps them, too",
        "also where the group goes on after errors",
        "but not where those that play are skipped",
        "which one that is off is not",
        "in parallel nobody waits for another",
    ],
)
async def test_a_sequential_group_goes_on_as_its_owner_says(
    store: Store, rules: dict[str, Any], fault: Any, heard: list[str]
) -> None:
    house = House(store, "attic", "cellar")
    grouped(house, **rules)
    house.players["attic"].plays = fault("attic")
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    assert [name for name, player in house.players.items() if player.told] == heard
    house.players["attic"].plays = None
    await house.later(minutes=2)
    assert [player.items for player in house.players.values()] == [[[heat]], [[heat]]], "each hears it once"
    assert house.causes() == set()


@pytest.mark.parametrize(
    ("rules", "fault", "heard"),
    [
        ({}, None, ["attic"]),
        ({"continues_on_error": True}, off, ["cellar"]),
        ({}, off, ["cellar"]),
        ({}, playing, []),
        ({"skips_playing": True}, playing, ["cellar"]),
        ({}, lambda _: BadCredentials("no"), ["cellar"]),
    ],
    ids=[
        "one is enough",
        "the next one",
        "the next that is on",
        "one that plays is waited for",
        "or skipped",
        "refused",
    ],
)
async def test_of_a_shared_database_one_is_told_for_all(
    store: Store, rules: dict[str, Any], fault: Any, heard: list[str]
) -> None:
    house = House(store, "attic", "cellar")
    grouped(house, is_shared=True, **rules)
    house.players["attic"].fault = fault and fault("attic")
    await house.run(*noting(house, house.movie("Heat")))
    assert [name for name, player in house.players.items() if player.told] == heard
    if heard:
        assert house.states("cellar") == ["art_confirmed"]
        assert house.states("attic") in (["art_confirmed"], ["pending"])


async def test_a_group_hears_of_its_libraries_only(store: Store) -> None:
    house = House(store, "attic", "cellar")
    kids = await store.write(lambda tx: libraries.add(tx, "Kids", LibraryKind.MOVIES, "/media/kids").id)
    await store.write(
        lambda tx: players.save_group(tx, Group(0, "children", libraries=(kids,), members=(house.id_of("cellar"),)))
    )
    heat, babe = house.movie("Heat"), house.movie("Babe", library_id=kids)
    await house.run(*noting(house, heat))
    await house.run(NewJob(JobKind.SYNC, 5, item_id=babe, library_id=kids))
    assert house.players["attic"].items == [[heat], [babe]]
    assert house.players["cellar"].items == [[babe]]


async def test_a_job_for_a_player_that_joined_a_group_hands_on_to_the_groups(store: Store) -> None:
    house = House(store, "attic", "cellar", pace=SLOW)
    heat = house.movie("Heat")
    await house.run(*noting(house, heat))
    grouped(house)
    await house.later(seconds=11)
    assert [player.items for player in house.players.values()] == [[[heat]], [[heat]]]


# --- what is at risk --------------------------------------------------------------------------------------------------


async def test_what_a_sync_put_at_risk_is_repaired_by_the_next_one(store: Store) -> None:
    house = House(store, "attic")
    state = PlayState(play_count=2, user_rating=8.0, is_favourite=True)
    attic = house.id_of("attic")
    await store.write(lambda tx: player_states.remember(tx, attic, {"/kodi/caf\udce9.mkv": state}))
    await house.run(*noting(house, house.movie("Heat")))
    assert house.players["attic"].states == {"/kodi/caf\udce9.mkv": state}
    assert house.rows(schema.play_state) == []


async def test_what_a_telling_takes_is_kept_until_it_was_given_back_even_if_it_breaks_off(store: Store) -> None:
    house = House(store, "attic")
    attic, heat = house.players["attic"], house.movie("Heat")
    await house.run(*noting(house, heat))
    owned = {"/media/movies/Heat/Heat.mkv": PlayState(play_count=2, user_rating=8.0)}
    attic.states = dict(owned)

    async def break_off() -> None:
        if len(attic.told) == 2:
            attic.step = None
            raise off("attic")

    attic.step = break_off
    await house.run(by_hand(house, heat))
    assert attic.states == {}, "the player has lost it"
    assert await store.read(lambda tx: player_states.recall(tx, house.id_of("attic"))) == owned
    await house.later(minutes=2)
    assert (attic.states, house.rows(schema.play_state)) == (owned, [])


# --- shows ------------------------------------------------------------------------------------------------------------


def show(house: House, episodes: int) -> list[ItemId]:
    """A show of one season, in a library of its own that is the house's now."""

    def make(tx: Any) -> list[ItemId]:
        library = libraries.add(tx, "TV", LibraryKind.TV, "/media/tv")
        house.library_id = library.id
        parts = [
            items.NewItem(library.id, ItemKind.SERIES, "Lost", "Lost"),
            items.NewItem(library.id, ItemKind.SEASON, "Lost/1", "Lost"),
        ]
        series = items.create(tx, parts[0])
        season = items.create(tx, replace(parts[1], parent_id=series))
        new = items.NewItem(library.id, ItemKind.EPISODE, "", "Lost/Season 1", parent_id=season)
        return [series, season, *(items.create(tx, replace(new, place=f"Lost/{one}")) for one in range(episodes))]

    return house.store.write_now(make)


@pytest.mark.parametrize("is_bulk", [True, False], ids=["by a scan of the library", "by a webhook"])
async def test_a_published_show_of_many_episodes_needs_few_jobs(store: Store, *, is_bulk: bool) -> None:
    house = House(store, "attic", pace=SLOW)
    ids = show(house, 80)
    [first] = await house.run(NewJob(JobKind.SYNC, 5, library_id=house.library_id))
    await house.later(seconds=11)
    house.players["attic"].told.clear()
    house.touch(*ids)
    before = len(house.rows(schema.job))

    def publish(tx: Any) -> None:
        """As all their publish jobs end."""
        for one in ids:
            job = publishing(one, house.library_id, first["id"], is_bulk=is_bulk)
            ledger.submit_many(tx, policy.successors(job, items.needs(tx, [one]), house.conditions(tx)), job)

    await store.write(publish)
    await house.later(seconds=3)
    await house.later(seconds=45)
    assert len(house.rows(schema.job)) - before <= 3
    assert [len(one) for one in house.players["attic"].items] == [len(ids)]
    change = house.players["attic"].told[0][5]
    assert (change.kind, change.folder, change.title) == (ItemKind.EPISODE, "/media/tv/Lost", "")


async def test_a_show_has_no_sync_jobs_where_players_do_not_hear_by_themselves(store: Store) -> None:
    house = House(store, autoSync=False)
    ids = show(house, 3)
    found = await store.read(
        lambda tx: policy.successors(publishing(ids[0], house.library_id), items.needs(tx, ids), house.conditions(tx))
    )
    assert [(one.item_id, one.library_id) for one in found] == [(None, house.library_id)], (
        "the show's own passes through"
    )


def publishing(item_id: ItemId, library_id: LibraryId, job_id: int = 1, *, is_bulk: bool = False) -> Job:
    """A publish job that has just ended."""
    return Job(
        id=JobId(job_id),
        kind=JobKind.PUBLISH,
        priority=Priority.WEBHOOK,
        item_id=item_id,
        library_id=library_id,
        payload={},
        is_bulk=is_bulk,
        is_forced=False,
        is_alone=False,
        attempt=1,
        claim="",
        parent_id=None,
        root_id=JobId(job_id),
    )


# --- faults -----------------------------------------------------------------------------------------------------------


class Strikes(Exception):
    """What breaks at a step."""


@pytest.mark.parametrize("at", range(1, 9))
async def test_after_a_fault_at_any_step_of_a_telling_the_end_is_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Every await of a delivery, in the player and in the database; a play state at risk comes back."""
    house = House(store, "attic")
    attic = house.players["attic"]
    heat, ronin = house.movie("Heat", "old.mkv"), house.movie("Ronin")
    await house.run(*noting(house, heat, ronin))
    state = PlayState(play_count=1)
    attic.states = {"/media/movies/Heat/new.mkv": state}
    house.put(heat, "Heat/new.mkv")
    steps = 0

    async def step() -> None:
        nonlocal steps
        steps += 1
        if steps == at:
            raise Strikes

    attic.step = step

    def trembling(function: Any) -> Any:
        def struck(*given: Any, **more: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == at:
                raise Strikes
            return function(*given, **more)

        return struck

    for name in ("remember", "recall", "forget", "save"):
        monkeypatch.setattr(player_states, name, trembling(getattr(player_states, name)))
    await house.run(*noting(house, heat))
    await house.later(minutes=5)
    assert steps > at, "the fault struck"
    assert attic.shows == {"/media/movies/Heat/new.mkv": heat, "/media/movies/Ronin/Ronin.mkv": ronin}
    assert attic.states == {"/media/movies/Heat/new.mkv": state}
    assert house.states("attic") == ["art_confirmed", "art_confirmed"]
    assert house.rows(schema.play_state) == []
    assert {row["state"] for row in house.rows(schema.job)} <= {"completed", "superseded"}
