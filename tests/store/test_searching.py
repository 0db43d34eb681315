"""What a search finds in both databases, and how many movies of a set are here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.model.media import ItemKind
from metarr.store import collections, items, schema, searching, traits
from metarr.store.traits import Trait
from stages import library, movie

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

_TITLES = ("Amber Heat", "An Island", "Anders", "Heat of an Island", "50% Off", "5000 Off", "The_End", "The End")


@pytest.mark.parametrize(
    ("words", "limit", "found"),
    [
        pytest.param("an", 2, ["An Island", "Anders"], id="as many as are wanted begin with a short word"),
        pytest.param(
            "an", 3, ["An Island", "Anders", "Heat of an Island"], id="too few begin with it: a word that does follows"
        ),
        pytest.param("heat", 9, ["Heat of an Island", "Amber Heat"], id="a whole word: the beginning first"),
        pytest.param("island heat", 9, ["Heat of an Island"], id="every word, in any order"),
        pytest.param("0%", 9, ["50% Off"], id="a percent sign is itself"),
        pytest.param("e_e", 9, ["The_End"], id="so is an underscore"),
        pytest.param("off/", 9, [], id="so is what escapes them"),
        pytest.param(" ", 9, [], id="nothing is asked"),
    ],
)
def test_what_is_found_by_title(store: Store, words: str, limit: int, found: list[str]) -> None:
    def search(tx: Tx) -> list[str]:
        shelf = library(tx)
        known = {movie(tx, shelf, title): title for title in _TITLES}
        return [known[one] for one in searching.titles(tx, words, [ItemKind.MOVIE, ItemKind.SERIES], limit)]

    assert store.write_now(search) == found


def test_the_movies_of_a_set_and_those_that_are_missing(store: Store) -> None:
    def count(tx: Tx) -> dict[int, tuple[int, int]]:
        shelf = library(tx)
        whole, part, empty = (movie(tx, shelf, f"Set {name}") for name in "abc")
        for number, one in enumerate((whole, whole, part, part, part)):
            items.update(tx, movie(tx, shelf, f"Film {number}"), collection_id=one)
        query = sa.select(schema.item.c.id).where(schema.item.c.collection_id == part).limit(2)
        items.mark_missing(tx, [row["id"] for row in tx.rows(query)], timedelta(days=1))
        sizes = collections.sizes(tx, [whole, part, empty])
        return {place: sizes[one] for place, one in enumerate((whole, part, empty)) if one in sizes}

    assert store.write_now(count) == {0: (2, 0), 1: (3, 2)}


def test_what_there_is_to_choose_from(store: Store) -> None:
    def choose(tx: Tx) -> tuple[list[str], list[str], list[str]]:
        shelf = library(tx)
        for title, genres in (("A", "Drama Crime"), ("B", "Drama"), ("C", "Western Drama")):
            pairs = frozenset((Trait.GENRE, genre) for genre in genres.split())
            traits.add(tx, [(movie(tx, shelf, title), pairs | {(Trait.AUDIO, "en")})])
        genre, audio, subtitle = (traits.values(tx, one) for one in (Trait.GENRE, Trait.AUDIO, Trait.SUBTITLE))
        return genre, audio, subtitle

    assert store.write_now(choose) == (["Crime", "Drama", "Western"], ["en"], [])
