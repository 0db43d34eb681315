"""What is kept at items of other tables is so, whatever is written in whichever order."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, Candidate, ChosenBy, Score, Selection
from metarr.model.media import Identity
from metarr.model.player import CONFIRMED, Result, Shown
from metarr.store import artwork, overview, player_states, players, progress, schema
from stages import library, movie, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.model.media import ItemId
    from metarr.store.db import Store, Tx

KINDS = (ArtworkKind.POSTER, ArtworkKind.FANART)
STEPS = 120


def _offer(kind: ArtworkKind, number: int) -> tuple[Candidate, Score]:
    return Candidate(kind, "tmdb", f"http://x/{kind}/{number}"), Score(1.0)


def _pick(kind: ArtworkKind, rank: int, by: ChosenBy = ChosenBy.AUTO) -> Selection:
    return Selection(kind, rank, "a" * 64, "jpg", by)


def _change(tx: Tx, item: ItemId, chance: random.Random) -> None:
    """Something that happens to the pictures of an item."""
    kind, rank = chance.choice(KINDS), chance.randrange(2)
    known = [one.id for one, _, _ in artwork.candidates(tx, item)]
    deeds: list[Callable[[], Any]] = [
        partial(artwork.save_candidates, tx, item, [_offer(kind, chance.randrange(3))]),
        partial(artwork.choose, tx, item, _pick(kind, rank, chance.choice(list(ChosenBy)))),
        partial(artwork.arrange, tx, item, kind, [_pick(kind, 0)] * rank),
        partial(artwork.clear, tx, item, [(kind, rank)]),
        partial(artwork.forget_automatic, tx, item),
        *(partial(artwork.block, tx, item, one, is_blocked=chance.random() < 0.7) for one in known if one),
    ]
    chance.choice(deeds)()


def _awaits(tx: Tx, item: int) -> bool:
    """What the tables say."""
    chosen = {row["kind"] for row in rows(tx, schema.choice) if row["item_id"] == item}
    offers = [row for row in rows(tx, schema.candidate) if row["item_id"] == item and not row["is_blocked"]]
    return any(row["kind"] not in chosen for row in offers)


def test_an_item_knows_at_any_time_whether_it_awaits_a_choice(store: Store) -> None:
    chance, seen = random.Random(3), set()

    def begin(tx: Tx) -> list[ItemId]:
        artwork.add_blob(tx, Blob("a" * 64, "jpg", 1, BlobOrigin.PROVIDER, 1, 1))
        films = library(tx)
        return [movie(tx, films, f"Film {number}") for number in range(2)]

    items = store.write_now(begin)

    def step(tx: Tx) -> None:
        _change(tx, chance.choice(items), chance)
        truth = [item for item in items if _awaits(tx, item)]
        assert overview.awaiting_choice(tx) == truth
        seen.add(len(truth))

    for _ in range(STEPS):
        store.write_now(step)
    assert seen == {0, 1, 2}


def _answer(tx: Tx, item: ItemId, state: Shown) -> None:
    for player in (1, 2):
        waiting = {one.item_id: one.asked for one in player_states.waiting(tx, [player])}
        if item in waiting:
            player_states.save(tx, player, [Result(item, waiting[item], state, revision=1, folder="/m")])


@pytest.mark.parametrize("state", sorted(CONFIRMED))
def test_an_item_is_on_players_while_one_of_them_shows_it(store: Store, state: Shown) -> None:
    def body(tx: Tx) -> list[int]:
        films = library(tx)
        heat, counted = movie(tx, films), []

        def look() -> None:
            counted.append(overview.item_counts(tx)[films].confirmed)

        for number in (1, 2):
            players.save(tx, f"kodi {number}", "kodi", {})
            player_states.ask(tx, number, [heat], is_manual=False)
        look()
        _answer(tx, heat, state)
        look()
        player_states.ask(tx, 1, [heat], is_manual=True)
        look()
        players.remove(tx, 2)
        look()
        _answer(tx, heat, state)
        look()
        _answer(tx, heat, Shown.REMOVED)
        players.remove(tx, 1)
        look()
        return counted

    assert store.write_now(body) == [0, 1, 1, 0, 1, 0]


def test_what_an_earlier_release_left_behind_is_made_up_for(store: Store) -> None:
    def body(tx: Tx) -> list[ItemId]:
        heat = movie(tx, library(tx))
        artwork.save_candidates(tx, heat, [_offer(ArtworkKind.POSTER, 1)])
        tx.execute(schema.item.update().values(awaits_choice=False, is_confirmed=True))
        progress.everything(tx)
        [row] = rows(tx, schema.item)
        assert not row["is_confirmed"]
        return overview.awaiting_choice(tx)

    assert len(store.write_now(body)) == 1


def test_items_are_counted_by_how_far_they_are(store: Store) -> None:
    def body(tx: Tx) -> overview.ItemCounts:
        films = library(tx)
        ids = [movie(tx, films, f"Film {number}") for number in range(5)]
        item = schema.item
        how: tuple[dict[str, Any], ...] = (
            {"missing_since": player_states.now(tx), "identity": Identity.REVIEW.value},
            {"identity": Identity.REVIEW.value},
            {"enriched_at": player_states.now(tx), "published_revision": 1, "revision": 2},
            {"enriched_at": player_states.now(tx), "published_revision": 2, "revision": 2},
            {"kind": "collection"},
        )
        for item_id, values in zip(ids, how, strict=True):
            tx.execute(item.update().where(item.c.id == item_id).values(**values))
        return overview.item_counts(tx)[films]

    assert store.write_now(body) == overview.ItemCounts(
        items=3, missing=1, needs_identification=1, enriched=2, published=1
    )
