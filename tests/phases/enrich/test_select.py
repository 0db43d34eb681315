"""Which pictures an item gets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.artwork import ArtworkKind, Candidate, ChosenBy, Selection
from metarr.model.media import ItemKind
from metarr.phases.enrich.score import Wanted
from metarr.phases.enrich.select import ANY_LANGUAGE, Look, are_alike, rank, select

WANTED = Wanted(languages=("en",), providers=("tmdb",))
POSTER = ArtworkKind.POSTER


def _poster(number: int, votes: int = 0, language: str | None = "en", width: int = 1000) -> Candidate:
    return Candidate(
        POSTER,
        "tmdb",
        f"https://p/{number}.jpg",
        width,
        width * 3 // 2,
        language,
        vote_average=6,
        votes=votes,
        id=number,
    )


def _chosen(rank_: int, by: ChosenBy, candidate: int | None = None, kind: ArtworkKind = POSTER) -> Selection:
    return Selection(kind, rank_, f"blob-{rank_}", "jpg", by, candidate)


FOUR = [_poster(1, votes=1), _poster(2, votes=50), _poster(3, votes=20), _poster(4, votes=5)]


def test_free_places_go_to_the_best_and_the_rest_stands_by() -> None:
    picks = select(FOUR, [], {}, frozenset(), WANTED)[POSTER]
    assert picks.ranks == (0, 1, 2)
    assert [ranked.candidate.id for ranked in picks.queue] == [2, 3, 4, 1]
    assert picks.queue[0].score.parts["votes"] > picks.queue[1].score.parts["votes"]


@pytest.mark.parametrize(
    ("kind", "limits", "expected"),
    [
        (POSTER, {}, 3),
        (ArtworkKind.FANART, {}, 4),
        (ArtworkKind.CLEARLOGO, {}, 1),
        (POSTER, {POSTER: 1}, 1),
        (POSTER, {POSTER: 0}, 0),
    ],
    ids=["three posters", "four fanarts", "one of anything else", "as configured", "none if so configured"],
)
def test_each_kind_has_its_number_of_places(kind: ArtworkKind, limits: dict[ArtworkKind, int], expected: int) -> None:
    candidates = [Candidate(kind, "tmdb", f"https://p/{number}", id=number) for number in range(9)]
    assert len(select(candidates, [], limits, frozenset(), WANTED)[kind].ranks) == expected


@pytest.mark.parametrize("by", [ChosenBy.USER, ChosenBy.FOUND])
def test_what_a_person_chose_or_had_stays_where_it_is(by: ChosenBy) -> None:
    mine = _chosen(1, by, candidate=2)
    picks = select(FOUR, [mine, _chosen(0, ChosenBy.AUTO, candidate=3)], {}, frozenset(), WANTED)[POSTER]
    assert picks.kept == (mine,)
    assert picks.ranks == (0, 2)
    assert [ranked.candidate.id for ranked in picks.queue] == [3, 4, 1], "a kept picture is not offered twice"


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        (ItemKind.EPISODE, {ArtworkKind.THUMB}),
        (ItemKind.SEASON, {POSTER, ArtworkKind.BANNER, ArtworkKind.LANDSCAPE, ArtworkKind.FANART}),
    ],
)
def test_nothing_is_chosen_that_items_of_a_level_do_not_have(level: ItemKind, kinds: set[ArtworkKind]) -> None:
    offered = [Candidate(kind, "tmdb", f"https://p/{kind}", id=place) for place, kind in enumerate(ArtworkKind)]
    found = select(offered, [], {}, frozenset(), replace(WANTED, level=level))
    assert set(found) == kinds


def test_the_language_of_what_stays_is_told_where_its_provider_said_it() -> None:
    mine = _chosen(0, ChosenBy.USER, candidate=2)
    found = _chosen(1, ChosenBy.FOUND, candidate=9)
    local = Candidate(POSTER, "local", blob="blob-1", id=9)
    picks = select([*FOUR, local], [mine, found], {}, frozenset(), WANTED)[POSTER]
    assert picks.languages == {"blob-0": "en"}, "nobody says which language a picture in a folder is in"


def test_an_automatic_choice_that_is_still_offered_needs_no_download() -> None:
    before = _chosen(0, ChosenBy.AUTO, candidate=2)
    picks = select(FOUR, [before], {}, frozenset(), WANTED)[POSTER]
    assert [ranked.chosen for ranked in picks.queue] == [before, None, None, None]
    assert picks.fallback == ()


def test_an_automatic_choice_that_nobody_offers_any_more_is_kept_for_empty_places() -> None:
    before = _chosen(0, ChosenBy.AUTO, candidate=77)
    picks = select([], [before], {}, frozenset(), WANTED)[POSTER]
    assert picks.fallback == (before,)


def test_a_locked_kind_stays_as_it_is() -> None:
    before = [_chosen(0, ChosenBy.AUTO, candidate=77), _chosen(1, ChosenBy.USER)]
    picks = select(FOUR, before, {}, frozenset({"artwork.poster"}), WANTED)[POSTER]
    assert picks.kept == tuple(before)
    assert (picks.ranks, picks.queue) == ((), ())


def test_a_wanted_language_comes_before_every_sharper_picture_in_another() -> None:
    french = _poster(1, votes=10_000, language="fr", width=2000)
    english = _poster(2, votes=0, language="en", width=500)
    textless = _poster(3, votes=900, language=None)
    assert [candidate.id for candidate, _ in rank([french, textless, english], WANTED)] == [2, 3, 1]


@given(
    st.lists(st.builds(_poster, st.integers(1, 50), st.integers(0, 99)), max_size=8, unique_by=lambda c: c.id),
    st.lists(st.builds(_chosen, st.integers(0, 4), st.sampled_from(ChosenBy)), max_size=5, unique_by=lambda s: s.rank),
    st.integers(0, 5),
)
def test_places_are_never_taken_twice_nor_exceeded(
    candidates: list[Candidate], existing: list[Selection], limit: int
) -> None:
    for picks in select(candidates, existing, {POSTER: limit}, frozenset(), WANTED).values():
        held = [selection.rank for selection in picks.kept]
        assert not set(held) & set(picks.ranks)
        assert len(picks.ranks) <= max(0, limit - len(held))
        assert all(place < limit for place in picks.ranks)
        assert set(picks.kept) == {selection for selection in existing if selection.chosen_by is not ChosenBy.AUTO}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (Look(0b0, "en"), Look(0b1111_1111, "en"), True),
        (Look(0b0, "en"), Look(0b1_1111_1111, "en"), False),
        (Look(0b0, "en"), Look(0b0, "de"), False),
        (Look(0b0, None), Look(0b0, None), True),
        (Look(0b0, ANY_LANGUAGE), Look(0b0, "de"), True),
    ],
    ids=[
        "eight bits apart",
        "nine bits apart",
        "the same art with another title",
        "both without text",
        "a picture of which nobody said the language",
    ],
)
def test_near_duplicates_are_told_by_their_hash_within_one_language(first: Look, second: Look, expected: bool) -> None:  # noqa: FBT001 - the expected answer of the table
    assert are_alike(first, second) is expected
