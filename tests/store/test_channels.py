"""Channels, players, reviews, libraries, people, events, health: the decisions that their rows carry."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from metarr.errors import Conflict, NotFound
from metarr.model.event import EventType, NewEvent
from metarr.model.media import CastMember, CrewMember, ItemId, LibraryKind, Metadata
from metarr.model.player import Result, Shown
from metarr.store import channels, events, health, libraries, overview, people, player_states, players, reviews, schema
from stages import library, movie, rows

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

FAILED, DONE = EventType.SCAN_FAILED, EventType.SCAN_COMPLETED


def test_a_new_channel_is_told_of_what_happens_from_now_on(store: Store) -> None:
    def body(tx: Tx) -> int:
        events.add(tx, NewEvent(DONE))
        channels.fix(tx, "phone", "json://secret", [DONE])
        return channels.get(tx, 1).last_event_id

    last = store.write_now(body)
    assert last == store.write_now(events.last_id) > 0


def test_a_changed_channel_goes_on_where_it_was_and_is_enabled_again(store: Store) -> None:
    def body(tx: Tx) -> channels.Channel:
        channels.fix(tx, "phone", "json://old", [DONE])
        channels.disable(tx, 1)
        assert channels.wanting(tx, DONE) == []
        events.add(tx, NewEvent(FAILED))
        channels.fix(tx, "phone", "json://new", [FAILED])
        return channels.get(tx, 1)

    channel = store.write_now(body)
    assert (channel.url, channel.events, channel.last_event_id) == ("json://new", frozenset({FAILED}), 0)
    assert "json" not in repr(channel)
    assert store.write_now(lambda tx: (channels.wanting(tx, FAILED), channels.wanting(tx, DONE))) == ([1], [])


def test_channels_that_are_configured_no_more_go(store: Store) -> None:
    def body(tx: Tx) -> None:
        for name in ("a", "b"):
            channels.fix(tx, name, "json://x", [DONE])
        channels.fix_only(tx, ["b"])

    store.write_now(body)
    assert [row["name"] for row in store.write_now(lambda tx: rows(tx, schema.channel))] == ["b"]
    with pytest.raises(NotFound):
        store.write_now(lambda tx: channels.get(tx, 1))


def test_events_are_read_on_from_the_last_one_seen(store: Store) -> None:
    for kind in (DONE, FAILED, DONE):
        store.write_now(partial(events.add, new=NewEvent(kind, data={"n": 1})))
    everything = store.write_now(lambda tx: events.since(tx, 0))
    assert [event.type for event in everything] == [DONE, FAILED, DONE]
    assert store.write_now(lambda tx: events.since(tx, everything[0].id)) == everything[1:]
    assert store.write_now(lambda tx: events.since(tx, 0, types=[FAILED])) == [everything[1]]
    assert store.write_now(lambda tx: events.since(tx, 0, limit=2)) == everything[:2]
    assert store.write_now(lambda tx: events.prune(tx, timedelta(days=1))) == 0
    store.skew = timedelta(days=2)
    assert store.write_now(lambda tx: events.prune(tx, timedelta(days=1))) == 3


def test_a_health_line_keeps_its_beginning(store: Store) -> None:
    store.write_now(lambda tx: health.report(tx, "tmdb:down", "first"))
    store.skew = timedelta(hours=1)
    store.write_now(lambda tx: health.report(tx, "tmdb:down", "again"))
    [line] = store.write_now(health.lines)
    assert line["message"] == "again"
    assert timedelta(minutes=59) < line["seen_at"] - line["since"] < timedelta(minutes=61)
    store.write_now(lambda tx: health.clear(tx, "tmdb:down"))
    assert store.write_now(health.lines) == []


@pytest.mark.parametrize(
    ("name", "root", "is_refused"),
    [
        ("Films", "/media/films", False),
        ("Films", "/media/movies-4k", False),
        ("Movies", "/media/films", True),
        ("Films", "/media/movies", True),
        ("Films", "/media/movies/new", True),
        ("Films", "/media", True),
        ("Films", "/", True),
    ],
    ids=[
        "beside it",
        "a name that only begins alike",
        "same name",
        "same root",
        "inside it",
        "around it",
        "everything",
    ],
)
def test_libraries_do_not_overlap(store: Store, name: str, root: str, *, is_refused: bool) -> None:
    store.write_now(library)
    if not is_refused:
        assert store.write_now(lambda tx: libraries.add(tx, name, LibraryKind.MOVIES, root)).root == root
        return
    with pytest.raises(Conflict):
        store.write_now(lambda tx: libraries.add(tx, name, LibraryKind.MOVIES, root))


def test_a_path_finds_its_library_and_the_owner_confirms_once(store: Store) -> None:
    one = store.write_now(library)
    found = store.write_now(lambda tx: libraries.containing(tx, "/media/movies/Heat (1995)/Heat.mkv"))
    assert found is not None
    assert (found.id, found.is_confirmed) == (one, False)
    assert store.write_now(lambda tx: libraries.containing(tx, "/media/movies-4k/Heat.mkv")) is None
    store.write_now(lambda tx: libraries.confirm(tx, one))
    assert store.write_now(lambda tx: libraries.get(tx, one)).is_confirmed
    with pytest.raises(NotFound):
        store.write_now(lambda tx: libraries.confirm(tx, type(one)(99)))


def test_players_are_enabled_disabled_and_enabled_again_by_a_change(store: Store) -> None:
    def body(tx: Tx) -> list[bool]:
        seen = [players.any_enabled(tx)]
        players.save(tx, "kodi", "kodi", {"url": "http://x"})
        seen.append(players.any_enabled(tx))
        players.disable(tx, 1)
        seen.append(players.any_enabled(tx))
        players.save(tx, "kodi", "kodi", {"url": "http://y"})
        seen.append([player.settings["url"] for player in players.enabled(tx)] == ["http://y"])
        players.remove(tx, 1)
        return [*seen, players.any_enabled(tx)]

    assert store.write_now(body) == [False, True, False, True, False]


def test_what_a_player_showed_is_what_it_showed_last(store: Store) -> None:
    def body(tx: Tx) -> None:
        heat = movie(tx, library(tx))
        players.save(tx, "kodi", "kodi", {})
        player_states.ask(tx, 1, [heat], is_manual=False)
        [row] = player_states.waiting(tx, [1])
        for revision, state in ((1, Shown.NOT_SEEN), (2, Shown.ART_CONFIRMED)):
            art = frozenset({"poster", "fanart"})
            result = Result(
                heat, row.asked, state, art=art, revision=revision, folder="/m/Heat", videos=("/m/caf\udce9.mkv",)
            )
            player_states.save(tx, 1, [result])

    store.write_now(body)
    [state] = store.write_now(lambda tx: overview.player_states(tx, [1]))
    assert (state["name"], state["state"], state["art"]) == ("kodi", "art_confirmed", ["fanart", "poster"])
    told = store.write_now(lambda tx: player_states.told(tx, [1], [ItemId(1)]))
    assert [(one.folder, one.videos) for one in told.values()] == [("/m/Heat", ("/m/caf\udce9.mkv",))]
    assert store.write_now(lambda tx: player_states.waiting(tx, [1])) == []


def test_what_was_asked_for_while_a_player_was_told_stays_to_be_told(store: Store) -> None:
    def ask(tx: Tx) -> None:
        player_states.ask(tx, 1, [ItemId(1)], is_manual=True)

    store.write_now(lambda tx: (movie(tx, library(tx)), players.save(tx, "kodi", "kodi", {})))
    store.write_now(ask)
    [before] = store.write_now(lambda tx: player_states.waiting(tx, [1]))
    store.skew = timedelta(minutes=1)
    store.write_now(ask)
    result = Result(ItemId(1), before.asked, Shown.CONFIRMED, revision=1, folder="/m/Heat")
    store.write_now(lambda tx: player_states.save(tx, 1, [result]))
    [after] = store.write_now(lambda tx: player_states.waiting(tx, [1]))
    assert after.since == after.asked > before.asked
    assert store.write_now(player_states.counts) == {1: {"pending": 1}}


def test_a_question_replaces_the_earlier_one_and_goes_when_it_is_answered(store: Store) -> None:
    heat = store.write_now(lambda tx: movie(tx, library(tx)))
    for reason in ("two ids", "no id"):
        store.write_now(partial(reviews.ask_identity, item_id=heat, reason=reason, evidence=[{"tmdb": 1}]))
    store.write_now(lambda tx: reviews.ask_files(tx, heat, []))
    [question] = store.write_now(reviews.open_questions)
    assert (question["reason"], question["place"], question["evidence"]) == ("no id", "Heat", [{"tmdb": 1}])
    assert store.write_now(lambda tx: reviews.open_questions(tx, library_id=99)) == []
    store.write_now(lambda tx: reviews.settle_identity(tx, heat))
    assert store.write_now(reviews.open_questions) == []


def cast(url: str | None) -> Metadata:
    return Metadata(
        cast=(CastMember("Al Pacino", "Hanna", 0, 1158, url), CastMember("Unknown", "", 1)),
        crew=(CrewMember("Michael Mann", "director", 638),),
    )


def test_people_are_one_record_each_and_their_head_shots_are_kept_until_they_change(store: Store) -> None:
    def body(tx: Tx) -> list[str | None]:
        tx.execute(schema.blob.insert().values(_blob()))
        one = library(tx)
        heat, ronin = movie(tx, one), movie(tx, one, "Ronin")
        seen = []
        people.save_credits(tx, heat, cast("http://x/a.jpg"))
        people.save_portrait(tx, "http://x/a.jpg", "a" * 64)
        people.save_credits(tx, ronin, cast(None))
        seen.append(people.portraits(tx, ronin, 1)[0].blob)
        people.save_credits(tx, heat, cast("http://x/b.jpg"))
        seen.append(people.portraits(tx, heat, 1)[0].blob)
        return seen

    assert store.write_now(body) == ["a" * 64, None]
    known = store.write_now(lambda tx: rows(tx, schema.person))
    assert sorted(row["key"] for row in known) == ["name:Unknown", "tmdb:1158", "tmdb:638"]
    assert store.write_now(lambda tx: people.known_portraits(tx, ["http://x/b.jpg"])) == {}


def _blob() -> dict[str, object]:
    from metarr.store.db import NOW

    return {"sha256": "a" * 64, "extension": "jpg", "size": 1, "origin": "provider", "created_at": NOW}
