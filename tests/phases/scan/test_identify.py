from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.media import ExternalIds, Identity
from metarr.phases.scan.identify import Evidence, Source, decide

_NAME = Evidence(Source.NAME, "Heat (1995)", title="Heat", year=1995, confidence=95)
_TMDB_1, _TMDB_2 = ExternalIds(tmdb=1), ExternalIds(tmdb=2)


def test_an_id_in_the_name_decides() -> None:
    decision = decide([Evidence(Source.NAME, "Heat (1995) {tmdb-1}", _TMDB_1, "Heat", 1995)])
    assert (decision.identity, decision.ids, decision.title, decision.year) == (
        Identity.IDENTIFIED,
        _TMDB_1,
        "Heat",
        1995,
    )


def test_sources_that_agree_complete_each_other() -> None:
    nfo = Evidence(Source.NFO, "movie.nfo", ExternalIds(tmdb=1, imdb="tt0113277"))
    decision = decide([nfo, Evidence(Source.WEBHOOK, "Radarr", _TMDB_1), _NAME])
    assert decision.ids == ExternalIds(tmdb=1, imdb="tt0113277")
    assert [piece.source for piece in decision.evidence] == [Source.WEBHOOK, Source.NAME, Source.NFO]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Source.NAME, Source.NFO),
        (Source.WEBHOOK, Source.NAME),
        (Source.NAME, Source.MANAGED_NFO),
        (Source.WEBHOOK, Source.NFO),
    ],
)
def test_contradicting_ids_go_to_a_person_with_both_sides(one: Source, other: Source) -> None:
    decision = decide([Evidence(one, "this", _TMDB_1), Evidence(other, "that", _TMDB_2)])
    assert decision.identity is Identity.REVIEW
    assert not decision.ids
    assert "this (tmdb 1)" in decision.reason
    assert "that (tmdb 2)" in decision.reason


def test_a_webhook_outdates_the_nfo_that_its_manager_left() -> None:
    decision = decide([Evidence(Source.MANAGED_NFO, "old nfo", _TMDB_2), Evidence(Source.WEBHOOK, "Radarr", _TMDB_1)])
    assert (decision.identity, decision.ids) == (Identity.IDENTIFIED, _TMDB_1)


def test_our_own_nfo_is_no_evidence() -> None:
    decision = decide([Evidence(Source.OWN_NFO, "ours", _TMDB_2, "Old", 1990), _NAME])
    assert (decision.identity, decision.title) == (Identity.GUESSED, "Heat")


def test_a_title_and_year_are_a_guess() -> None:
    decision = decide([_NAME])
    assert (decision.identity, decision.title, decision.year, decision.confidence) == (
        Identity.GUESSED,
        "Heat",
        1995,
        95,
    )


def test_a_title_without_a_year_is_a_weaker_guess() -> None:
    assert decide([Evidence(Source.NAME, "Heat", title="Heat")]).confidence <= 50


def test_nothing_known_goes_to_a_person() -> None:
    assert decide([]).identity is Identity.REVIEW


@given(
    st.permutations(
        [_NAME, Evidence(Source.NFO, "n", _TMDB_1), Evidence(Source.WEBHOOK, "w", ExternalIds(imdb="tt0000001"))]
    )
)
def test_the_order_of_evidence_does_not_matter(pieces: list[Evidence]) -> None:
    assert decide(pieces) == decide(list(reversed(pieces)))
