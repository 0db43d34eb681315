"""The form above a list, and what says that it is filtered."""

from __future__ import annotations

import pytest

from metarr.model.media import ItemKind
from metarr.ui import filters
from metarr.ui.filters import Chip, Offered

OFFERED = Offered((("1", "Movies"), ("2", "Kids")), ("Western",), ("en",), ("de",))


@pytest.mark.parametrize(
    ("kind", "has", "lacks"),
    [
        pytest.param(
            ItemKind.MOVIE, {"genre", "resolution", "hdr", "audio", "subtitle", "library"}, set(), id="movies have all"
        ),
        pytest.param(ItemKind.SERIES, {"genre"}, {"resolution", "audio"}, id="shows have no video of their own"),
        pytest.param(ItemKind.EPISODE, {"resolution", "subtitle"}, {"genre"}, id="episodes have no genre of their own"),
        pytest.param(ItemKind.COLLECTION, {"lacksArtwork"}, {"genre", "hdr"}, id="sets have pictures"),
    ],
)
def test_what_a_kind_can_be_filtered_by(kind: ItemKind, has: set[str], lacks: set[str]) -> None:
    names = {field.name for field in filters.fields(kind, OFFERED, {})}
    common = {"state", "isPublished", "lacksArtwork", "awaitsChoice", "isLocked", "isMonitored", "isSynced"}
    assert has | common <= names
    assert not names & lacks


def test_what_there_is_nothing_to_choose_of_is_left_out() -> None:
    names = {field.name for field in filters.fields(ItemKind.MOVIE, Offered((("1", "Movies"),)), {})}
    assert not names & {"library", "genre", "audio", "subtitle"}


def test_episodes_can_lack_only_the_art_that_they_can_have() -> None:
    [art] = [one for one in filters.fields(ItemKind.EPISODE, OFFERED, {}) if one.name == "lacksArtwork"]
    assert art.options == (("thumb", "thumb"),)


def test_each_thing_that_narrows_the_list_can_be_taken_away() -> None:
    pairs = [("kind", "movie"), ("search", "a&b"), ("library", "2"), ("sort", "year"), ("person", "7")]
    fields = filters.fields(ItemKind.MOVIE, OFFERED, dict(pairs))
    assert next(field.value for field in fields if field.name == "library") == "2"
    assert filters.chips("/movies", pairs, fields) == [
        Chip("Search", "a&b", "/movies?kind=movie&library=2&sort=year&person=7"),
        Chip("Library", "Kids", "/movies?kind=movie&search=a%26b&sort=year&person=7"),
        Chip("Person", "7", "/movies?kind=movie&search=a%26b&library=2&sort=year"),
    ]


def test_a_list_that_nothing_is_said_of_is_its_plain_address() -> None:
    assert filters.address("/movies", []) == "/movies"


def test_only_what_has_a_number_is_sorted_by_it() -> None:
    by = {kind: "number" in dict(filters.sorts(kind)) for kind in ItemKind}
    assert {kind for kind, is_there in by.items() if is_there} == {ItemKind.SEASON, ItemKind.EPISODE}
