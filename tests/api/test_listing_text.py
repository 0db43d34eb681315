"""A list as the query of an address: what is written is read as the same list, and what is wrong is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.api import listing_text
from metarr.api.item_query import ItemListing
from metarr.errors import InvalidInput
from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind, ItemState
from metarr.store.item_pages import Sort

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=20)
LISTINGS = st.builds(
    ItemListing,
    kind=st.lists(st.sampled_from(ItemKind), unique=True),
    library=st.none() | st.integers(1, 2**63 - 1),
    search=st.none() | WORDS,
    genre=st.none() | WORDS,
    state=st.none() | st.sampled_from(ItemState),
    is_monitored=st.none() | st.booleans(),
    is_published=st.none() | st.booleans(),
    lacks_artwork=st.none() | st.sampled_from(ArtworkKind),
    year_from=st.none() | st.integers(0, 9999),
    added_since=st.none() | st.just(datetime(2026, 1, 2, tzinfo=UTC)),
    sort=st.sampled_from(Sort),
    descending=st.booleans(),
)


@given(wanted=LISTINGS)
def test_what_is_written_is_read_as_the_same_list_and_written_alike(wanted: ItemListing) -> None:
    text = listing_text.written(wanted)
    assert listing_text.read(text) == wanted
    assert listing_text.written(listing_text.read(text)) == text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param("", "", id="everything"),
        pytest.param("search=&genre=&isLocked=", "", id="what a form sends empty is not asked for"),
        pytest.param("sort=title&descending=false", "", id="what is so anyway is left out"),
        pytest.param("after=abc&limit=5&count=true", "", id="which page it is has no part in it"),
        pytest.param("isLocked=true&kind=movie&kind=series", "kind=movie&kind=series&isLocked=true", id="one order"),
    ],
)
def test_the_same_list_is_the_same_text(query: str, text: str) -> None:
    assert listing_text.written(listing_text.read(query)) == text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("colour=red", "colour: no such name", id="an unknown name"),
        pytest.param("resolution=4k", "resolution: Input should be", id="an unknown value"),
        pytest.param("library=0&yearFrom=soon", "library: .*yearFrom: ", id="every fault is said"),
        pytest.param("search=%00", "search: .*control", id="what no database takes"),
        pytest.param("&".join(f"kind={n}" for n in range(200)), "no query", id="too much of it"),
    ],
)
def test_what_is_wrong_is_said(query: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        listing_text.read(query)


def test_a_page_shows_what_is_right_of_it() -> None:
    wanted, faults = listing_text.understood([("view", "grid"), ("resolution", "4k"), ("search", "alien")])
    assert (wanted, len(faults)) == (ItemListing(kind=[], search="alien"), 1)
