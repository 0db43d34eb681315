"""Items: what changes a revision, what an item still lacks, and who is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.jobs import ledger
from metarr.jobs.ledger import Completed, Slots
from metarr.model.job import JobKind, NewJob
from metarr.model.media import ExternalIds, Identity, ItemId, ItemKind, LibraryId, Metadata
from metarr.store import items, player_states, schema
from metarr.store.db import NOW
from stages import library, movie, rows

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

DAY = timedelta(days=1)


@pytest.fixture
def home(store: Store) -> LibraryId:
    return store.write_now(library)


def put(tx: Tx, item_id: ItemId, **values: Any) -> None:
    tx.execute(sa.update(schema.item).where(schema.item.c.id == item_id).values(**values))


def test_an_item_comes_back_as_it_was_saved(store: Store, home: LibraryId) -> None:
    metadata = Metadata(
        title="Heat", year=1995, plot="L.A.", genres=("Crime",), ids=ExternalIds(tmdb=949, imdb="tt0113277")
    )

    def body(tx: Tx) -> ItemId:
        blank = items.add(tx, home, ItemKind.MOVIE, "Heat (1995)", "Heat (1995)")
        assert items.save_metadata(tx, blank, metadata, {"title": "tmdb"}, Identity.IDENTIFIED)
        return blank.id

    item_id = store.write_now(body)
    found = store.write_now(lambda tx: items.get(tx, item_id))
    assert (found.metadata, found.provenance, found.identity) == (metadata, {"title": "tmdb"}, Identity.IDENTIFIED)
    assert store.write_now(lambda tx: items.at_place(tx, home, ItemKind.MOVIE, "Heat (1995)")) == found
    assert store.write_now(lambda tx: items.at_place(tx, home, ItemKind.SERIES, "Heat (1995)")) is None
    ids = store.write_now(lambda tx: rows(tx, schema.external_id))
    assert {(row["source"], row["value"]) for row in ids} == {("tmdb", "949"), ("imdb", "tt0113277")}


def test_an_unknown_item_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="no item 7"):
        store.write_now(lambda tx: items.get(tx, 7))


def test_only_a_change_makes_a_new_revision(store: Store, home: LibraryId) -> None:
    item_id = store.write_now(lambda tx: movie(tx, home))

    def save(tx: Tx, title: str) -> bool:
        item = items.get(tx, item_id)
        metadata = Metadata(title=title, ids=item.metadata.ids)
        return items.save_metadata(tx, item, metadata, item.provenance, item.identity)

    def revision() -> int:
        return store.write_now(lambda tx: items.get(tx, item_id)).revision

    before = revision()
    assert not store.write_now(lambda tx: save(tx, "Heat"))
    assert revision() == before
    assert store.write_now(lambda tx: save(tx, "The Heat"))
    assert revision() == before + 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"was_enriched": False, "is_published": False, "is_synced": False}),
        ({"enriched_at": NOW}, {"was_enriched": True}),
        ({"published_revision": 2}, {"is_published": True}),
        ({"published_revision": 1}, {"is_published": False}),
        ({"synced_revision": 1}, {"is_synced": True}),
        ({"synced_revision": 1, "disk_revision": 2}, {"is_synced": False}),
        ({"missing_since": NOW}, {"is_missing": True}),
        ({"is_held": True, "is_monitored": False}, {"is_held": True, "is_monitored": False}),
    ],
    ids=[
        "a new item lacks everything",
        "enriched",
        "published as it is now",
        "published as it was before",
        "players saw its files",
        "its files changed since",
        "missing",
        "held and not monitored",
    ],
)
def test_what_an_item_still_lacks(
    store: Store, home: LibraryId, values: dict[str, Any], expected: dict[str, bool]
) -> None:
    item_id = store.write_now(lambda tx: movie(tx, home))  # saved once: revision 2
    store.write_now(lambda tx: put(tx, item_id, **values) if values else None)
    [need] = store.write_now(lambda tx: items.needs(tx, [item_id]))
    assert {name: getattr(need, name) for name in expected} == expected


def test_needs_keep_the_order_asked_for_and_leave_out_the_unknown(store: Store, home: LibraryId) -> None:
    ids = store.write_now(lambda tx: [movie(tx, home, title) for title in "abc"])
    asked = [ids[2], ItemId(999), ids[0]]
    assert [need.item_id for need in store.write_now(lambda tx: items.needs(tx, asked))] == [ids[2], ids[0]]
    assert store.write_now(lambda tx: items.needs(tx, [])) == []


def test_idle_items_that_lack_something_are_found_and_busy_or_finished_ones_are_not(
    store: Store, home: LibraryId
) -> None:
    def body(tx: Tx) -> list[ItemId]:
        lacking, done, waiting, running, served = (movie(tx, home, title) for title in "abcde")
        other = library(tx, "Other", "/media/other")
        movie(tx, other, "elsewhere")
        put(tx, done, enriched_at=NOW, published_revision=2, synced_revision=1)
        for item in (served, running):
            ledger.submit(tx, NewJob(JobKind.ENRICH, 5, item_id=item, library_id=home))
        for job in ledger.claim(tx, "w", Slots(2, 2)):
            if job.item_id == served:
                ledger.settle(tx, job, Completed())
        ledger.submit(tx, NewJob(JobKind.ENRICH, 5, item_id=waiting, library_id=home))
        return [lacking, served]

    expected = store.write_now(body)
    assert store.write_now(lambda tx: items.idle_and_lacking(tx, home, {ItemKind.MOVIE}, {ItemKind.MOVIE})) == expected


def test_idle_items_are_looked_for_in_one_folder_only_where_only_that_was_scanned(
    store: Store, home: LibraryId
) -> None:
    places = ["Heat 100%", "Heat 100%/a cut", "Heat 100%//stem", "Heat 1000", "Other", "Amélie \udce9/x"]

    def lie(tx: Tx) -> list[ItemId]:
        ids = [movie(tx, home, str(number)) for number in range(len(places))]
        for item_id, place in zip(ids, places, strict=True):
            items.update(tx, item_id, place=place)
        return ids

    ids = store.write_now(lie)

    def found(below: str) -> list[ItemId]:
        kinds = {ItemKind.MOVIE}
        return store.write_now(lambda tx: items.idle_and_lacking(tx, home, kinds, kinds, below=below))

    assert found("Heat 100%") == ids[:3]
    assert found("Amélie \udce9") == ids[5:]
    assert found("") == ids


def test_missing_items_stay_whole_until_their_grace_is_over(store: Store, home: LibraryId) -> None:
    gone, kept = store.write_now(lambda tx: (movie(tx, home, "a"), movie(tx, home, "b")))
    store.write_now(lambda tx: items.mark_missing(tx, [gone], 7 * DAY))
    assert store.write_now(lambda tx: items.of_library(tx, home)) == [kept]
    assert set(store.write_now(lambda tx: items.places(tx, home))) == {"b"}
    assert store.write_now(lambda tx: player_states.unsynced(tx, home)) == [gone, kept]
    store.skew = 3 * DAY
    store.write_now(lambda tx: items.mark_missing(tx, [gone], 30 * DAY))  # noticed again: the first date counts
    store.skew = 6 * DAY
    assert store.write_now(items.delete_past_grace) == 0
    store.skew = 8 * DAY
    assert store.write_now(items.delete_past_grace) == 1
    assert [row["id"] for row in store.write_now(lambda tx: rows(tx, schema.item))] == [kept]


def test_places_below_a_folder_do_not_include_its_namesakes(store: Store, home: LibraryId) -> None:
    def body(tx: Tx) -> set[str]:
        for place in ("Heat", "Heat/extra", "Heat 2", "Ronin"):
            items.add(tx, home, ItemKind.MOVIE, place, place)
        return set(items.places(tx, home, below="Heat"))

    assert store.write_now(body) == {"Heat", "Heat/extra"}
