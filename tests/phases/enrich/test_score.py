"""How pictures compare: the bounds and laws of the score, and a table of preferences."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.artwork import IDEAL_SIZE, ArtworkKind, Candidate
from metarr.model.media import ItemKind
from metarr.phases.enrich.score import Wanted, language_rank, score
from metarr.settings import ArtworkWeights, EnrichmentSettings

WANTED = Wanted(languages=("de", "en"), providers=("tmdb", "fanarttv"))
POSTER = Candidate(ArtworkKind.POSTER, "tmdb", width=1000, height=1500, language="de", vote_average=6.0, votes=10)

candidates = st.builds(
    Candidate,
    kind=st.sampled_from(ArtworkKind),
    provider=st.sampled_from(["tmdb", "fanarttv", "unheard of"]),
    width=st.none() | st.integers(0, 20_000),
    height=st.none() | st.integers(0, 20_000),
    language=st.sampled_from([None, "de", "en", "fr"]),
    vote_average=st.floats(-5, 50),
    votes=st.integers(-5, 10**9),
)
parts = ("resolution", "aspect", "language", "votes", "provider")


@st.composite
def weightings(draw: st.DrawFn) -> ArtworkWeights:
    """Any five weights that add up to 100."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=4, max_size=4)))
    return ArtworkWeights(
        **{name: upper - lower for name, lower, upper in zip(parts, [0, *cuts], [*cuts, 100], strict=True)}
    )


places = st.sampled_from(["poster", "fanart", "season", "season.poster", "movie.fanart", "episode.thumb"])
ranks = st.lists(st.sampled_from(["textless", "preferred", "original", "de", "fr"]), max_size=4).map(tuple)
tastes = st.builds(
    EnrichmentSettings,
    artwork_weights=st.dictionaries(places, weightings(), max_size=3),
    artwork_languages=st.dictionaries(places, ranks, max_size=3),
)
wishes = st.builds(
    Wanted,
    level=st.sampled_from(ItemKind),
    settings=tastes,
    languages=st.lists(st.sampled_from(["de", "en", "original", "pt-BR"]), max_size=4).map(tuple),
    providers=st.lists(st.sampled_from(["tmdb", "fanarttv"]), max_size=2, unique=True).map(tuple),
    original_language=st.sampled_from([None, "fr"]),
)


@given(candidates, wishes)
def test_a_score_is_between_0_and_100_and_the_sum_of_its_parts(candidate: Candidate, wanted: Wanted) -> None:
    result = score(candidate, wanted)
    assert 0 <= result.total <= 100
    assert result.total == pytest.approx(sum(result.parts.values()), abs=0.01)
    limits = wanted.settings.weights_of(wanted.level, candidate.kind)
    assert tuple(result.parts) == parts
    assert all(0 <= points <= getattr(limits, name) for name, points in result.parts.items())


@given(candidates, wishes, st.integers(1, 300), st.integers(1, 300), st.integers(1, 30), st.integers(1, 30))
def test_a_bigger_picture_of_the_same_shape_never_scores_less(
    candidate: Candidate, wanted: Wanted, width: int, height: int, size: int, growth: int
) -> None:
    small = replace(candidate, width=width * size, height=height * size)
    large = replace(candidate, width=width * (size + growth), height=height * (size + growth))
    assert score(small, wanted).total <= score(large, wanted).total


@given(candidates, wishes, st.integers(0, 1000), st.integers(1, 1000))
def test_more_votes_never_make_a_liked_picture_worse(
    candidate: Candidate, wanted: Wanted, votes: int, more: int
) -> None:
    few, many = replace(candidate, votes=votes), replace(candidate, votes=votes + more)
    assert score(few, wanted).total <= score(many, wanted).total


@pytest.mark.parametrize("kind", ArtworkKind)
def test_nothing_is_gained_beyond_the_ideal_size(kind: ArtworkKind) -> None:
    width, height = IDEAL_SIZE[kind]
    ideal = Candidate(kind, "tmdb", width=width, height=height)
    double = Candidate(kind, "tmdb", width=2 * width, height=2 * height)
    assert score(ideal, WANTED) == score(double, WANTED)
    assert score(ideal, WANTED).parts["resolution"] == 30
    assert score(ideal, WANTED).parts["aspect"] == 20


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (POSTER, replace(POSTER, language="en")),
        (replace(POSTER, language="en"), replace(POSTER, language=None)),
        (replace(POSTER, language=None), replace(POSTER, language="fr")),
        (replace(POSTER, kind=ArtworkKind.FANART, language=None), replace(POSTER, kind=ArtworkKind.FANART)),
        (POSTER, replace(POSTER, provider="fanarttv")),
        (POSTER, replace(POSTER, width=500, height=750)),
        (POSTER, replace(POSTER, width=1500, height=1000)),
        (replace(POSTER, vote_average=8, votes=10), replace(POSTER, vote_average=10, votes=1)),
        (POSTER, replace(POSTER, width=None, height=None)),
    ],
    ids=[
        "first language before second",
        "a poster with a wanted language before one without text",
        "a poster without text before an unwanted language",
        "fanart without text before text",
        "first provider",
        "larger",
        "right shape",
        "ten votes of 8 before one of 10",
        "a known good size before an unknown one",
    ],
)
def test_the_better_picture_scores_more(better: Candidate, worse: Candidate) -> None:
    assert score(better, WANTED).total > score(worse, WANTED).total


def test_original_stands_for_the_language_of_the_item() -> None:
    wanted = Wanted(languages=("original", "en"), original_language="ja")
    assert wanted.ranking(ArtworkKind.POSTER) == ("ja", "en", None)
    assert wanted.ranking(ArtworkKind.FANART) == (None, "ja", "en")
    assert replace(wanted, original_language=None).ranking(ArtworkKind.POSTER) == ("en", None)


@pytest.mark.parametrize(
    ("chosen", "level", "expected"),
    [
        ({}, ItemKind.SERIES, ("de", "en", None)),
        ({"poster": ("textless", "preferred")}, ItemKind.SERIES, (None, "de", "en")),
        ({"season": ("fr", "textless")}, ItemKind.SEASON, ("fr", None)),
        ({"season": ("fr",)}, ItemKind.SERIES, ("de", "en", None)),
        ({"poster": ("fr",), "season.poster": ("original", "preferred")}, ItemKind.SEASON, ("ja", "de", "en")),
    ],
    ids=["by default", "for a kind", "for a level", "for another level", "for a kind of a level"],
)
def test_languages_rank_as_the_owner_says(
    chosen: dict[str, tuple[str, ...]], level: ItemKind, expected: tuple[str | None, ...]
) -> None:
    settings = EnrichmentSettings(artwork_languages=chosen)
    wanted = replace(WANTED, original_language="ja", level=level, settings=settings)
    assert wanted.ranking(ArtworkKind.POSTER) == expected
    assert language_rank(replace(POSTER, language=expected[-1]), wanted) == len(expected) - 1


def test_weights_of_a_level_count_there_alone() -> None:
    sharp = ArtworkWeights(resolution=100, aspect=0, language=0, votes=0, provider=0)
    settings = EnrichmentSettings(artwork_weights={"season.poster": sharp})
    small = replace(POSTER, width=500, height=750)
    assert score(small, replace(WANTED, level=ItemKind.SEASON, settings=settings)).total == 50
    assert score(small, replace(WANTED, settings=settings)) == score(small, WANTED)
