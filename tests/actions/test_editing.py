"""Metadata by hand: checked, locked, a person's; and why an item is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from metarr.actions import editing, explain
from metarr.actions.editing import Edit
from metarr.errors import InvalidInput, NotFound
from metarr.model.media import (
    CastMember,
    CollectionRef,
    CrewMember,
    ExternalIds,
    ItemKind,
    LibraryKind,
    Metadata,
    Rating,
)
from metarr.store import items, libraries, locks, people, said, schema
from metarr.store.items import NewItem
from metarr.store.locks import LockedBy
from stages import library, movie, rows

if TYPE_CHECKING:
    from metarr.actions.phases import Submitted
    from metarr.model.media import Item, ItemId
    from metarr.store.db import Store, Tx


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """What is asked of the database is tested on both in tests/store."""
    return sqlite_store


@pytest.fixture
def heat(store: Store) -> ItemId:
    return store.write_now(lambda tx: movie(tx, library(tx)))


def _edit(store: Store, item_id: ItemId, **values: Any) -> Submitted:
    wanted = Edit.model_validate(values)
    return store.write_now(lambda tx: editing.edit(tx, item_id, wanted))


def _item(store: Store, item_id: ItemId) -> Item:
    return store.write_now(lambda tx: items.get(tx, item_id))


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("title", "  Heat!  ", "Heat!"),
        ("year", 1995, 1995),
        ("premiered", "1995-12-15", "1995-12-15"),
        ("plot", "Line one.\nLine two.", "Line one.\nLine two."),
        ("plot", None, None),
        ("genres", ["Crime", "Drama", "Crime"], ("Crime", "Drama")),
        ("genres", [], ()),
        ("user_rating", 9, 9),
        ("runtime", 170, 170),
        ("trailer", "2GfZl4kuVNI", "2GfZl4kuVNI"),
        (
            "ratings",
            [{"source": "metacritic", "value": 76, "scale": 100}],
            (Rating("metacritic", 76.0, 100.0),),
        ),
        (
            "cast",
            [{"name": "Al Pacino", "role": "Hanna", "tmdb": 1158}, {"name": "Robert De Niro"}],
            (CastMember("Al Pacino", "Hanna", 0, 1158), CastMember("Robert De Niro", "", 1)),
        ),
        ("crew", [{"name": "Michael Mann", "job": "director"}], (CrewMember("Michael Mann", "director"),)),
        ("collection", {"name": "Heists", "tmdb": 5}, CollectionRef("Heists", 5)),
        ("collection", None, None),
    ],
)
def test_an_edited_field_is_kept_locked_a_persons_and_published(
    store: Store, heat: ItemId, name: str, given: object, kept: object
) -> None:
    _edit(store, heat, **{name: given})
    item = _item(store, heat)
    assert getattr(item.metadata, name) == kept
    assert item.provenance[name] == "user"
    assert name in item.locks
    assert item.metadata.ids == ExternalIds(tmdb=949), "what is not named stays"
    jobs = [row for row in store.write_now(rows) if row["item_id"] == heat]
    assert [(row["kind"], row["priority"]) for row in jobs] == [("publish", 10)]


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"title": "   "},
        {"title": None},
        {"title": "a\x00b"},
        {"year": 95},
        {"year": "soon"},
        {"premiered": "1995-02-30"},
        {"premiered": "15.12.1995"},
        {"runtime": 0},
        {"user_rating": 11},
        {"original_language": "english"},
        {"trailer": "https://youtu.be/2GfZl4kuVNI"},
        {"genres": "Crime"},
        {"genres": [""]},
        {"cast": [{"role": "Hanna"}]},
        {"cast": [{"name": "A", "portrait_url": "file:///etc/passwd"}]},
        {"crew": [{"name": "A", "job": "caterer"}]},
        {"ratings": [{"source": "imdb", "value": "nan"}]},
        {"collection": {"tmdb": 5}},
        {"ids": {"tmdb": 1}},
        {"season": 2},
        {"colour": "red"},
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Edit.model_validate(values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "at least one field"),
        ({"ratings": [{"source": "imdb", "value": 11}]}, "imdb is 11 on a scale of 10"),
        ({"ratings": [{"source": "imdb", "value": 1}, {"source": "imdb", "value": 2}]}, "once"),
    ],
    ids=["nothing", "beyond its scale", "a source twice"],
)
def test_what_makes_no_sense_is_refused(store: Store, heat: ItemId, values: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        _edit(store, heat, **values)
    assert store.write_now(rows) == []


def test_an_unknown_item_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="no item 9"):
        store.write_now(lambda tx: editing.edit(tx, 9, Edit(plot="x")))


def test_the_billing_order_of_people_is_the_lists(store: Store, heat: ItemId) -> None:
    _edit(store, heat, cast=[{"name": "B"}, {"name": "A", "role": "Lead"}])
    shown = store.write_now(lambda tx: people.portraits(tx, heat, 10))
    assert [one.name for one in shown] == ["B", "A"]
    _edit(store, heat, cast=[{"name": "A", "role": "Lead"}, {"name": "B"}])
    assert [one.name for one in store.write_now(lambda tx: people.portraits(tx, heat, 10))] == ["A", "B"]


def test_locking_is_no_work_and_freeing_lets_enrichment_look_again(store: Store, heat: ItemId) -> None:
    wanted = {"plot": True, "artwork.poster": True}
    submitted = store.write_now(lambda tx: editing.set_locks(tx, heat, wanted))
    assert submitted.jobs == 0
    assert _item(store, heat).locks == {"plot", "artwork.poster"}
    store.write_now(lambda tx: editing.set_locks(tx, heat, {"plot": False}))
    assert _item(store, heat).locks == {"artwork.poster"}
    assert [(row["kind"], row["is_forced"]) for row in store.write_now(rows)] == [("enrich", False)]


def test_everything_can_be_locked_and_freed(store: Store, heat: ItemId) -> None:
    _edit(store, heat, plot="Mine.")
    store.write_now(lambda tx: editing.set_locks(tx, heat, {"*": True}))
    assert _item(store, heat).locks == locks.TARGETS
    store.write_now(lambda tx: editing.set_locks(tx, heat, {"*": False}))
    assert _item(store, heat).locks == frozenset()


def test_what_does_not_exist_cannot_be_locked(store: Store, heat: ItemId) -> None:
    with pytest.raises(InvalidInput, match="hologram"):
        store.write_now(lambda tx: editing.set_locks(tx, heat, {"artwork.hologram": True}))


@pytest.mark.parametrize("freed", ["plot", "*"])
def test_what_the_show_locks_can_be_freed_for_one_episode(store: Store, freed: str) -> None:
    def family(tx: Tx) -> tuple[ItemId, ItemId]:
        shows = libraries.add(tx, "Shows", LibraryKind.TV, "/media/shows").id
        show = items.create(tx, NewItem(shows, ItemKind.SERIES, "Show", "Show", Metadata(title="Show")))
        episode = NewItem(shows, ItemKind.EPISODE, "Show//1", "Show", Metadata(title="One"), parent_id=show)
        return show, items.create(tx, episode)

    show, episode = store.write_now(family)
    store.write_now(lambda tx: locks.set_locks(tx, show, ["plot"], LockedBy.USER))
    assert "plot" in _item(store, episode).locks
    store.write_now(lambda tx: editing.set_locks(tx, episode, {freed: False}))
    assert "plot" not in _item(store, episode).locks
    assert "plot" in _item(store, show).locks


def test_an_explanation_shows_every_word_beside_the_one_that_won(store: Store, heat: ItemId) -> None:
    _edit(store, heat, plot="Mine.")

    def body(tx: Tx) -> explain.Explanation:
        said.save(tx, heat, "tmdb", Metadata(title="Heat", plot="Theirs.", year=1995))
        said.save(tx, heat, "omdb", Metadata(plot="Others'."))
        said.save(tx, heat, "tvdb", None)
        return explain.explain(tx, heat)

    found = store.write_now(body)
    fields = {field.name: field for field in found.fields}
    assert (fields["plot"].value, fields["plot"].source, fields["plot"].is_locked) == ("Mine.", "user", True)
    assert fields["plot"].said == {"omdb": "Others'.", "tmdb": "Theirs."}
    assert (fields["year"].value, fields["year"].said) == (None, {"tmdb": 1995})
    assert fields["ids"].value == {"tmdb": 949}
    assert "tagline" not in fields, "nobody said anything about it"
    assert {one.provider: one.state for one in found.answers} == {"omdb": "known", "tmdb": "known", "tvdb": "absent"}
    assert {one.kind.value for one in found.artwork} >= {"poster", "fanart"}
    assert found.evidence == []


def test_rows_of_locks_go_with_their_item(store: Store, heat: ItemId) -> None:
    _edit(store, heat, plot="Mine.")
    assert [row["locked_by"] for row in store.write_now(lambda tx: rows(tx, schema.lock))] == ["edit"]
