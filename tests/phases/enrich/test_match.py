from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.media import ExternalIds
from metarr.model.search import SearchHit
from metarr.phases.enrich.match import Wanted, match


def _hit(number: int, title: str, year: int | None, **more: object) -> SearchHit:
    return SearchHit(ExternalIds(tmdb=number), title, year=year, **more)  # type: ignore[arg-type]  # a table of cases


_CLEAR = {
    "the exact title and year beats a sequel": (
        Wanted(("Heat",), 1995),
        [_hit(2, "Heat 2", 1995, popularity=900.0), _hit(1, "Heat", 1995)],
    ),
    "the year tells a remake": (
        Wanted(("The Thing",), 1982),
        [_hit(2, "The Thing", 2011, popularity=300.0), _hit(1, "The Thing", 1982)],
    ),
    "a popular longer title does not win": (
        Wanted(("Up",), 2009),
        [_hit(2, "Up in the Air", 2009, popularity=999.0), _hit(1, "Up", 2009)],
    ),
    "a year may be off by one": (Wanted(("Arrival",), 2015), [_hit(1, "Arrival", 2016), _hit(2, "The Arrival", 1996)]),
    "an original title counts": (
        Wanted(("Das Boot",), 1981),
        [_hit(1, "The Boat", 1981, original_title="Das Boot"), _hit(2, "Boat Trip", 2002)],
    ),
    "an alternative title counts": (
        Wanted(("Leon",), 1994),
        [_hit(1, "The Professional", 1994, alternative_titles=("Léon",)), _hit(2, "Leona", 1994)],
    ),
    "accents, articles, ampersands and Roman numbers are the same": (
        Wanted(("Rocky 2 and Amelie",), 1979),
        [_hit(1, "The Rocky II & Amélie", 1979)],
    ),
    "the length tells twins of one year": (
        Wanted(("Pinocchio",), 2022, runtime=117),
        [_hit(2, "Pinocchio", 2022, runtime=85), _hit(1, "Pinocchio", 2022, runtime=117)],
    ),
    "the language of the sound adds to the length": (
        Wanted(("Pinocchio",), 2022, runtime=117, spoken=frozenset({"it"})),
        [
            _hit(2, "Pinocchio", 2022, runtime=103, original_language="en"),
            _hit(1, "Pinocchio", 2022, runtime=117, original_language="it"),
        ],
    ),
    "one exact title without a year": (Wanted(("Whiplash",)), [_hit(1, "Whiplash", 2014), _hit(2, "Whip It", 2009)]),
}


@pytest.mark.parametrize(("wanted", "hits"), _CLEAR.values(), ids=_CLEAR)
def test_a_clear_hit_is_accepted(wanted: Wanted, hits: list[SearchHit]) -> None:
    found = match(wanted, hits)
    assert found.best is not None
    assert found.best.ids.tmdb == 1


_DOUBTFUL = {
    "no hits": (Wanted(("Heat",), 1995), []),
    "two films of one title and no year": (
        Wanted(("The Thing",)),
        [_hit(1, "The Thing", 1982), _hit(2, "The Thing", 2011)],
    ),
    "twins of one year": (Wanted(("Pinocchio",), 2022), [_hit(1, "Pinocchio", 2022), _hit(2, "Pinocchio", 2022)]),
    "only a remake": (Wanted(("The Thing",), 1951), [_hit(1, "The Thing", 1982)]),
    "only a similar title": (Wanted(("Heat",), 1995), [_hit(1, "Heat Wave", 1995)]),
    "a different script": (Wanted(("Брат",), 1997), [_hit(1, "Brother", 1997)]),
}


@pytest.mark.parametrize(("wanted", "hits"), _DOUBTFUL.values(), ids=_DOUBTFUL)
def test_a_doubtful_hit_is_left_to_a_person(wanted: Wanted, hits: list[SearchHit]) -> None:
    found = match(wanted, hits)
    assert found.best is None
    assert len(found.ranked) == len(hits)


def test_the_points_of_a_hit_are_explained() -> None:
    hit = _hit(1, "Heat", 1995, runtime=170, popularity=99.0, original_language="en")
    (ranked,) = match(Wanted(("Heat",), 1995, 170, frozenset({"en"})), [hit]).ranked
    assert ranked.parts == {"title": 58.0, "year": 24.0, "runtime": 10.0, "language": 4.0, "popularity": 4.0}
    assert ranked.score == 100.0


_HITS = st.builds(
    _hit,
    st.integers(1, 99),
    st.sampled_from(["Heat", "Heat 2", "Up", ""]),
    st.none() | st.integers(1990, 2000),
)


@given(st.lists(_HITS, max_size=5, unique_by=lambda hit: hit.ids.tmdb), st.none() | st.integers(1990, 2000))
def test_scores_are_bounded_sorted_and_independent_of_the_order(hits: list[SearchHit], year: int | None) -> None:
    found = match(Wanted(("Heat",), year), hits)
    scores = [ranked.score for ranked in found.ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 100 for score in scores)
    assert match(Wanted(("Heat",), year), hits[::-1]) == found
