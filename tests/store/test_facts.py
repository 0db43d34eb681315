"""What the installation is: the same for every process that asks the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.actions import phase_config
from metarr.model.media import ItemKind, LibraryId
from metarr.store import facts, health, items
from metarr.store.db import NOW
from stages import library, movie, rows

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

MOVIES, SHOWS = frozenset({ItemKind.MOVIE}), frozenset({ItemKind.SERIES, ItemKind.SEASON})


def test_a_provider_that_refuses_our_key_is_known_but_not_used(store: Store) -> None:
    assert store.write_now(facts.providers) == {}
    store.write_now(lambda tx: facts.save_providers(tx, {"tmdb": MOVIES, "tvmaze": SHOWS}))
    store.write_now(lambda tx: health.report(tx, "tmdb:key", "no"))
    assert store.write_now(facts.providers) == {"tmdb": MOVIES, "tvmaze": SHOWS}
    assert store.write_now(facts.usable) == {"tvmaze": SHOWS}


def test_libraries_are_paused_one_by_one(store: Store) -> None:
    for number in (1, 2, 2):
        store.write_now(lambda tx, number=number: facts.pause(tx, LibraryId(number)))  # type: ignore[misc]  # bound
    store.write_now(lambda tx: facts.resume(tx, LibraryId(1)))
    assert store.write_now(facts.paused) == {2}


def test_a_provider_that_was_added_is_asked_about_what_others_told_of_before(store: Store) -> None:
    def body(tx: Tx) -> int:
        home = library(tx)
        told, _untold = movie(tx, home), movie(tx, home, "Ronin")
        items.update(tx, told, enriched_at=NOW)
        return phase_config.ask_added(tx, {"tmdb": MOVIES, "omdb": MOVIES, "tvmaze": SHOWS}, ["tmdb"])

    assert store.write_now(body) == 1
    [job] = store.write_now(rows)
    assert (job["item_id"], job["payload"], job["is_bulk"]) == (1, {"providers": ["omdb"]}, True)
