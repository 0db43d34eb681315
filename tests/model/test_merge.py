"""Which source's word counts: a table of cases, and the laws over anything that sources may say."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.media import CastMember, CollectionRef, ExternalIds, Metadata, Rating
from metarr.model.merge import Change, merge

NAMES = [entry.name for entry in fields(Metadata)]
NOTHING = (None, "", (), ExternalIds())

words = st.sampled_from(["", "a", "b", "c"])
maybe_word = st.none() | words
numbers = st.none() | st.integers(1, 3)
ids = st.builds(ExternalIds, tmdb=numbers, imdb=st.sampled_from([None, "tt0000001", "tt0000002"]), tvdb=numbers)
ratings = st.lists(
    st.builds(Rating, st.sampled_from(["imdb", "tmdb", "metacritic"]), st.integers(1, 9).map(float)),
    max_size=3,
    unique_by=lambda rating: rating.source,
).map(tuple)
cast = st.lists(
    st.builds(CastMember, st.sampled_from(["x", "y"]), words, st.just(0), numbers, maybe_word), max_size=3
).map(tuple)
collections = st.none() | st.builds(CollectionRef, st.sampled_from(["s", "t"]), numbers, maybe_word)
metadata = st.builds(
    Metadata,
    title=maybe_word,
    plot=maybe_word,
    runtime=numbers,
    genres=st.lists(st.sampled_from("gh"), max_size=2).map(tuple),
    ratings=ratings,
    cast=cast,
    collection=collections,
    ids=ids,
)
sources = st.lists(
    st.tuples(st.sampled_from(["nfo", "tmdb", "omdb"]), st.none() | metadata),
    max_size=3,
    unique_by=lambda pair: pair[0],
)
provenances = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["nfo", "tmdb", "user", "name"]))
locks = st.frozensets(st.sampled_from(NAMES))


@given(metadata, provenances, locks, sources)
def test_a_locked_field_never_changes(
    current: Metadata,
    origins: dict[str, str],
    locked: frozenset[str],
    said: list[tuple[str, Metadata | None]],
) -> None:
    merged = merge(current, origins, locked, said)
    for name in locked:
        assert getattr(merged.metadata, name) == getattr(current, name)
        assert merged.provenance.get(name) == origins.get(name)


@given(metadata, provenances, locks, sources)
def test_merging_again_changes_nothing(
    current: Metadata,
    origins: dict[str, str],
    locked: frozenset[str],
    said: list[tuple[str, Metadata | None]],
) -> None:
    once = merge(current, origins, locked, said)
    again = merge(once.metadata, once.provenance, locked, said)
    assert again.metadata == once.metadata
    assert again.provenance == once.provenance
    assert again.changes == ()


@given(metadata, provenances, locks, sources)
def test_something_is_never_replaced_with_nothing(
    current: Metadata,
    origins: dict[str, str],
    locked: frozenset[str],
    said: list[tuple[str, Metadata | None]],
) -> None:
    merged = merge(current, origins, locked, said).metadata
    for name in NAMES:
        if getattr(current, name) not in NOTHING:
            assert getattr(merged, name) not in NOTHING


@given(metadata, provenances, locks, sources)
def test_the_changes_are_the_difference(
    current: Metadata,
    origins: dict[str, str],
    locked: frozenset[str],
    said: list[tuple[str, Metadata | None]],
) -> None:
    merged = merge(current, origins, locked, said)
    rebuilt = replace(current, **{change.field: change.after for change in merged.changes})
    assert rebuilt == merged.metadata
    assert all(change.before == getattr(current, change.field) != change.after for change in merged.changes)
    assert all(merged.provenance[change.field] == change.source for change in merged.changes)


TMDB = Metadata(title="From TMDB", plot="TMDB's plot", runtime=100)
NFO = Metadata(title="From NFO")
OMDB = Metadata(title="From OMDb", tagline="OMDb's tagline")


@pytest.mark.parametrize(
    ("said", "title", "source"),
    [
        ([("nfo", NFO), ("tmdb", TMDB)], "From NFO", "nfo"),
        ([("tmdb", TMDB), ("nfo", NFO)], "From TMDB", "tmdb"),
        ([("nfo", Metadata(title="")), ("tmdb", TMDB)], "From TMDB", "tmdb"),
        ([], "From the name", "name"),
    ],
    ids=["a person's NFO first", "a downloader's NFO last", "an empty word does not count", "nobody says anything"],
)
def test_the_first_source_that_knows_a_field_decides_it(
    said: list[tuple[str, Metadata | None]], title: str, source: str
) -> None:
    merged = merge(Metadata(title="From the name"), {"title": "name"}, frozenset(), said)
    assert (merged.metadata.title, merged.provenance["title"]) == (title, source)


def test_fields_come_from_different_sources_and_each_says_from_which() -> None:
    merged = merge(Metadata(), {}, frozenset(), [("nfo", NFO), ("tmdb", TMDB), ("omdb", OMDB)])
    assert merged.provenance == {"title": "nfo", "plot": "tmdb", "runtime": "tmdb", "tagline": "omdb"}
    assert Change("title", None, "From NFO", "nfo") in merged.changes


def test_what_a_source_said_earlier_keeps_its_place_while_it_does_not_answer() -> None:
    said: list[tuple[str, Metadata | None]] = [("tmdb", None), ("omdb", OMDB)]
    merged = merge(TMDB, {"title": "tmdb", "plot": "tmdb"}, frozenset(), said)
    assert merged.metadata.title == "From TMDB"
    assert merged.metadata.tagline == "OMDb's tagline"


@pytest.mark.parametrize(
    ("order", "title"),
    [
        (("omdb",), "From OMDb"),
        (("omdb", "tmdb"), "From OMDb"),
        (("tvdb",), "From TMDB"),
        (("name", "omdb"), "From OMDb"),
        ((), "From TMDB"),
    ],
    ids=["one provider first", "all in order", "one that says nothing", "a name is no provider", "no order"],
)
def test_a_field_may_have_an_order_of_providers_of_its_own(order: tuple[str, ...], title: str) -> None:
    said: list[tuple[str, Metadata | None]] = [("tmdb", TMDB), ("omdb", OMDB), ("name", Metadata(title="Named"))]
    merged = merge(Metadata(), {}, frozenset(), said, {"title": order}).metadata
    assert (merged.title, merged.plot) == (title, "TMDB's plot")


def test_a_person_s_nfo_stands_before_every_order_of_providers() -> None:
    said: list[tuple[str, Metadata | None]] = [("nfo", NFO), ("tmdb", TMDB), ("omdb", OMDB)]
    assert merge(Metadata(), {}, frozenset(), said, {"title": ("omdb",)}).metadata.title == "From NFO"


def test_ratings_of_all_sources_stand_side_by_side() -> None:
    imdb, old, new = Rating("imdb", 7.9), Rating("tmdb", 7.0), Rating("tmdb", 7.4, votes=9)
    critic = Rating("metacritic", 83, scale=100)
    current = Metadata(ratings=(imdb, old))
    said: list[tuple[str, Metadata | None]] = [
        ("tmdb", Metadata(ratings=(new,))),
        ("omdb", Metadata(ratings=(critic,))),
    ]
    assert merge(current, {}, frozenset(), said).metadata.ratings == (imdb, new, critic)


def test_known_ids_stay_and_gaps_are_filled() -> None:
    current = Metadata(ids=ExternalIds(imdb="tt0000001"))
    said: list[tuple[str, Metadata | None]] = [("tmdb", Metadata(ids=ExternalIds(tmdb=5, imdb="tt0000009")))]
    merged = merge(current, {"ids": "nfo"}, frozenset(), said)
    assert merged.metadata.ids == ExternalIds(tmdb=5, imdb="tt0000001")
    assert merged.provenance["ids"] == "nfo"


def test_a_cast_from_an_nfo_gets_the_head_shots_that_a_provider_has() -> None:
    nfo = Metadata(cast=(CastMember("Ann", "Herself"), CastMember("Bob", "A guard")))
    tmdb = Metadata(cast=(CastMember("Ann", "", 0, 7, "https://p/ann.jpg"), CastMember("Cy", "", 1, 8)))
    merged = merge(Metadata(), {}, frozenset(), [("nfo", nfo), ("tmdb", tmdb)]).metadata
    assert merged.cast == (CastMember("Ann", "Herself", 0, 7, "https://p/ann.jpg"), CastMember("Bob", "A guard"))


def test_a_set_s_overview_is_filled_only_by_those_who_mean_the_same_set() -> None:
    current = Metadata(collection=CollectionRef("The Set", overview="Old words"))
    other = Metadata(collection=CollectionRef("Another", 4, "Other words"))
    tmdb = Metadata(collection=CollectionRef("The Set", 3))
    merged = merge(current, {}, frozenset(), [("tmdb", tmdb), ("omdb", other)]).metadata
    assert merged.collection == CollectionRef("The Set", 3, "Old words")
