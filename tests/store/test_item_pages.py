"""Pages of items on both databases: every filter, every sort, and a walk that meets each item once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from metarr.actions import items as shown
from metarr.actions.items import state_of
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, Candidate, ChosenBy, Score, Selection
from metarr.model.media import (
    CastMember,
    CollectionRef,
    FileRole,
    Identity,
    ItemId,
    ItemKind,
    ItemState,
    LibraryKind,
    MediaFile,
    Metadata,
    Rating,
)
from metarr.model.player import Shown
from metarr.store import artwork, collections, files, item_pages, items, libraries, locks, people, schema
from metarr.store.db import NOW
from metarr.store.item_pages import Filter, Key, Order, Sort
from metarr.store.items import NewItem
from metarr.store.locks import LockedBy
from metarr.store.traits import Trait

if TYPE_CHECKING:
    from metarr.model.media import LibraryId
    from metarr.store.db import Store, Tx

_COLUMNS = {column.name for column in schema.item.c} - {one.name for one in fields(Metadata)}
MOVIES = Filter(kinds=(ItemKind.MOVIE,))


@dataclass
class Shelf:
    """Items that a test puts into a database, by their titles."""

    store: Store
    movies: LibraryId = field(init=False)
    shows: LibraryId = field(init=False)
    ids: dict[str, ItemId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def make(tx: Tx) -> tuple[LibraryId, LibraryId]:
            one = libraries.add(tx, "Movies", LibraryKind.MOVIES, "/movies")
            return one.id, libraries.add(tx, "Shows", LibraryKind.TV, "/shows").id

        self.movies, self.shows = self.store.write_now(make)

    def add(
        self, title: str, kind: ItemKind = ItemKind.MOVIE, *, place: str = "", below: str | None = None, **values: Any
    ) -> ItemId:
        """`values`: metadata; names of columns among them are set as such."""
        columns = {name: values.pop(name) for name in tuple(values) if name in _COLUMNS}
        identity = columns.pop("identity", Identity.IDENTIFIED)
        library = self.movies if kind in {ItemKind.MOVIE, ItemKind.COLLECTION} else self.shows
        above = self.ids[below] if below else None

        def record(tx: Tx) -> ItemId:
            metadata = Metadata(title=title, **values)
            item = items.create(tx, NewItem(library, kind, place or title, title, metadata, {}, identity, (), above))
            people.save_credits(tx, item, metadata)
            if columns:
                items.update(tx, item, **columns)
            return item

        self.ids[title] = self.store.write_now(record)
        return self.ids[title]

    def video(self, title: str, **details: Any) -> None:
        found = MediaFile(f"{title}.mkv", FileRole.VIDEO, 95, "test", 1, 1, 1, {"container": "mkv", **details})
        self.store.write_now(lambda tx: files.replace(tx, self.movies, self.ids[title], [(found, None)]))

    def titles(self, wanted: Filter, order: Order = shown.BY_TITLE) -> list[str]:
        """One page; the count must agree."""
        rows = self.store.write_now(lambda tx: item_pages.page(tx, wanted, order, None, 100))
        assert self.store.write_now(lambda tx: item_pages.count(tx, wanted)) == len(rows)
        lines = self.store.write_now(lambda tx: item_pages.lines(tx, wanted, 100))
        assert {line.id for line in lines} == {row["id"] for _, row in rows}
        return [row["title"] for _, row in rows]


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store)


# One database for a whole table: making one takes longer than all its questions.
_SEARCHES = {
    "accents and case do not matter": ("amelie", ["Amélie"]),
    "as one types": ("AMÉL", ["Amélie"]),
    "the original title, its words in any order": ("destin fabuleux", ["Amélie"]),
    "letters that a keyboard lacks": ("strasse", ["Die Straße"]),
    "a wildcard is a letter": ("%", ["100%"]),
    "and so is this one": ("_", []),
    "the sort title": ("godfather 2", ["Der Pate"]),
    "nothing": ("  ", ["100%", "Amélie", "Der Pate", "Die Straße"]),
    "every word must be there": ("amelie straße", []),
}


def test_a_search_looks_into_every_title(shelf: Shelf) -> None:
    shelf.add("Amélie", original_title="Le Fabuleux Destin d'Amélie Poulain")
    shelf.add("Die Straße")
    shelf.add("100%")
    shelf.add("Der Pate", sort_title="Der Pate (Godfather 2)")
    found = {name: shelf.titles(replace(MOVIES, search=search)) for name, (search, _) in _SEARCHES.items()}
    assert found == {name: expected for name, (_, expected) in _SEARCHES.items()}


def _fill(shelf: Shelf) -> None:
    """Two movies that differ in everything, and a show."""
    old = CollectionRef("Westerns", 7)
    shelf.add("Alien", year=1979, genres=("Horror",), cast=(CastMember("Sigourney Weaver", tmdb=10205),))
    shelf.add("Rio Bravo", year=1959, genres=("Western",), collection=old, is_monitored=False, synced_revision=1)
    shelf.video(
        "Alien",
        video=[{"width": 3840, "height": 1600, "hdr": "hdr10"}],
        audio=[{"language": "en-us"}],
        subtitle=[{"language": "de"}],
    )
    shelf.video("Rio Bravo", video=[{"width": 1480, "height": 1080, "hdr": ""}], audio=[{"language": "fr"}])
    shelf.add("Dark", ItemKind.SERIES)
    shelf.add("Dark 1", ItemKind.SEASON, below="Dark", season=1)
    for number in (2, 1, 10):
        shelf.add(f"Dark 1x{number:02}", ItemKind.EPISODE, below="Dark 1", season=1, episode=number)

    def more(tx: Tx) -> None:
        alien = shelf.ids["Alien"]
        made = collections.link(tx, items.get(tx, shelf.ids["Rio Bravo"]), old)
        assert made is not None
        shelf.ids["Westerns"] = made
        locks.set_locks(tx, alien, ["plot"], LockedBy.EDIT)
        locks.set_locks(tx, shelf.ids["Rio Bravo"], ["plot"], LockedBy.USER, is_locked=False)
        blob = Blob("a" * 64, "jpg", 1, BlobOrigin.PROVIDER)
        artwork.add_blob(tx, blob)
        artwork.choose(tx, alien, Selection(ArtworkKind.POSTER, 0, blob.sha256, "jpg", ChosenBy.USER))
        offer = Candidate(ArtworkKind.FANART, "tmdb", "https://x/1.jpg")
        artwork.save_candidates(tx, alien, [(offer, Score(1.0))])
        player = tx.execute(
            sa.insert(schema.player).values(name="Kodi", kind="kodi", settings={}).returning(schema.player.c.id)
        ).scalar_one()
        state = {"art": [], "revision": 1, "detail": "", "at": NOW}
        tx.execute(
            sa.insert(schema.player_state).values(item_id=alien, player_id=player, state=Shown.NOT_SEEN.value, **state)
        )

    shelf.store.write_now(more)


_FILTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "years": ({"year_from": 1970, "year_to": 1980}, ["Alien"]),
    "the bounds belong to them": ({"year_from": 1979, "year_to": 1979}, ["Alien"]),
    "not monitored": ({"is_monitored": False}, ["Rio Bravo"]),
    "locked": ({"is_locked": True}, ["Alien"]),
    "not locked, an explicit release is no lock": ({"is_locked": False}, ["Rio Bravo"]),
    "no poster": ({"lacks_artwork": ArtworkKind.POSTER}, ["Rio Bravo"]),
    "awaits a choice": ({"awaits_choice": True}, ["Alien"]),
    "awaits none": ({"awaits_choice": False}, ["Rio Bravo"]),
    "resolution by the width": ({"traits": {Trait.RESOLUTION: "2160"}}, ["Alien"]),
    "resolution by the height": ({"traits": {Trait.RESOLUTION: "1080"}}, ["Rio Bravo"]),
    "HDR": ({"traits": {Trait.HDR: "hdr10"}}, ["Alien"]),
    "the language of its sound, without the country": ({"traits": {Trait.AUDIO: "en"}}, ["Alien"]),
    "two at once": ({"traits": {Trait.SUBTITLE: "de", Trait.AUDIO: "en"}}, ["Alien"]),
    "genre": ({"traits": {Trait.GENRE: "Western"}}, ["Rio Bravo"]),
    "players were not told": ({"is_synced": False}, ["Alien"]),
    "not seen by a player": ({"shown": Shown.NOT_SEEN}, ["Alien"]),
    "seen by no player": ({"shown": Shown.CONFIRMED}, []),
    "a player was told of it": ({"player_id": 1}, ["Alien"]),
}


def test_filters(shelf: Shelf) -> None:
    _fill(shelf)
    shelf.store.write_now(lambda tx: items.touch_disk(tx, shelf.ids["Alien"]))
    found = {name: shelf.titles(replace(MOVIES, **wanted)) for name, (wanted, _) in _FILTERS.items()}
    assert found == {name: expected for name, (_, expected) in _FILTERS.items()}


def test_what_many_items_have_is_found_as_what_few_have(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(shelf)
    monkeypatch.setattr(item_pages, "_FEW", 1)
    assert shelf.titles(replace(MOVIES, traits={Trait.GENRE: "Western"})) == ["Rio Bravo"]


def test_filters_by_what_belongs_together(shelf: Shelf) -> None:
    _fill(shelf)
    ids = shelf.ids
    numbers = Order(Sort.NUMBER)
    episodes = ["Dark 1x01", "Dark 1x02", "Dark 1x10"]
    assert shelf.titles(Filter(parent_id=ids["Dark"])) == ["Dark 1"]
    assert shelf.titles(Filter(parent_id=ids["Dark 1"]), numbers) == episodes
    assert shelf.titles(Filter((ItemKind.EPISODE,), parent_id=ids["Dark 1"]), Order(Sort.TITLE, True)) == episodes[::-1]
    assert shelf.titles(Filter(collection_id=ids["Westerns"])) == ["Rio Bravo"]
    person = shelf.store.write_now(lambda tx: people.page(tx, "weaver", None, 2))[0]["id"]
    assert shelf.titles(Filter(person_id=person)) == ["Alien"]
    assert shelf.titles(Filter(library_id=shelf.shows, kinds=(ItemKind.SERIES, ItemKind.MOVIE))) == ["Dark"]
    everything = ["Alien", "Dark", "Dark 1", *episodes, "Rio Bravo"]
    assert shelf.titles(Filter()) == everything, "sets are listed by their kind only"
    assert shelf.titles(Filter((ItemKind.COLLECTION,))) == ["Westerns"]
    two = Filter((ItemKind.SERIES, ItemKind.MOVIE))
    assert shelf.titles(two) == ["Alien", "Dark", "Rio Bravo"]


def test_what_was_added_since(shelf: Shelf) -> None:
    shelf.add("old")
    now = shelf.store.write_now(lambda tx: item_pages.page(tx, MOVIES, Order(Sort.ADDED), None, 1))[0][0].value
    shelf.store.skew = timedelta(hours=1)
    shelf.add("new")
    assert shelf.titles(replace(MOVIES, added_since=now + timedelta(minutes=1))) == ["new"]


_STATES = [
    (Identity.IDENTIFIED, None, False, False, ItemState.IDENTIFIED),
    (Identity.GUESSED, None, False, False, ItemState.FOUND),
    (Identity.LOCAL, None, False, False, ItemState.IDENTIFIED),
    (Identity.REVIEW, None, False, False, ItemState.NEEDS_IDENTIFICATION),
    (Identity.REVIEW, 1, False, True, ItemState.NEEDS_IDENTIFICATION),
    (Identity.IDENTIFIED, 1, False, False, ItemState.PUBLISHED),
    (Identity.IDENTIFIED, 2, False, False, ItemState.PUBLISHED),
    (Identity.GUESSED, 0, False, False, ItemState.TO_BE_PUBLISHED),
    (Identity.IDENTIFIED, 1, False, True, ItemState.HELD),
    (Identity.IDENTIFIED, 1, True, False, ItemState.MISSING),
    (Identity.REVIEW, None, True, True, ItemState.MISSING),
]


def test_a_state_as_a_filter_is_what_items_are_said_to_be(shelf: Shelf) -> None:
    for number, (identity, published, is_missing, is_held, state) in enumerate(_STATES):
        columns: dict[str, Any] = {
            "published_revision": published,
            "missing_since": NOW if is_missing else None,
            "is_held": is_held,
        }
        title = f"{state} {number:02}"
        item = shelf.add(title, identity=identity, **columns)
        assert state_of(shelf.store.write_now(partial(items.get, item_id=item))) is state, title
    for wanted in ItemState:
        expected = sorted(title for title in shelf.ids if title[:-3] == wanted)
        assert expected
        assert shelf.titles(replace(MOVIES, state=wanted)) == expected


def _walk(store: Store, wanted: Filter, order: Order, size: int, between: Any = None) -> list[tuple[Key, str]]:
    """Every page to the last."""
    after: Key | None = None
    found: list[tuple[Key, str]] = []
    while True:
        page = store.write_now(partial(item_pages.page, wanted=wanted, order=order, after=after, limit=size))
        found += [(key, row["title"]) for key, row in page]
        if len(page) < size:
            return found
        after = page[-1][0]
        if between is not None:
            between()


@pytest.mark.parametrize("sort", list(Sort))
def test_a_walk_through_all_pages_meets_every_item_once_in_order(shelf: Shelf, sort: Sort) -> None:
    for number in range(11):
        kind = ItemKind.MOVIE if number % 3 else ItemKind.SERIES
        year = None if number % 4 == 0 else 1990 + number % 3
        ratings = (Rating("imdb", number % 5, 10.0),) if number % 2 else ()
        season = number % 2 or None
        shelf.add(f"t{number % 6}", kind, place=f"{number}", year=year, ratings=ratings, season=season)
    shelf.store.write_now(lambda tx: items.update(tx, shelf.ids["t3"], changed_at=None))
    for order in (Order(sort), Order(sort, is_descending=True)):
        for wanted in (Filter(), Filter((ItemKind.MOVIE,), is_monitored=True)):
            whole = [key for key, _ in _walk(shelf.store, wanted, order, 100)]
            assert len(set(whole)) == len(whole) == (7 if wanted.kinds else 11)
            assert all([key for key, _ in _walk(shelf.store, wanted, order, size)] == whole for size in (1, 2, 5))
            _assert_sorted([key.value for key in whole], is_descending=order.is_descending)


@pytest.mark.parametrize("sort", list(Sort))
def test_nothing_is_met_twice_or_left_out_while_items_are_added(sqlite_store: Store, sort: Sort) -> None:
    shelf = Shelf(sqlite_store)
    for number in range(6):
        shelf.add(f"t{number}", year=1990 + number % 2)
    added: list[ItemId] = []
    for order in (Order(sort), Order(sort, is_descending=True)):
        there = set(shelf.ids.values())
        walked = _walk(
            shelf.store, MOVIES, order, 2, lambda: added.append(shelf.add(f"a new one {len(added)}", year=1991))
        )
        met = [key.item_id for key, _ in walked]
        assert len(set(met)) == len(met)
        assert there <= set(met)
    assert added


def _assert_sorted(values: list[Any], *, is_descending: bool) -> None:
    there = [value for value in values if value is not None]
    assert there == sorted(there, reverse=is_descending)
    assert values == [*there, *[None] * (len(values) - len(there))], "those without a value come last"
