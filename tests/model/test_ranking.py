"""What begins with the words comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.folding import folded
from metarr.model.ranking import Rank, best_folded, rank


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        pytest.param("", "Sintel", None, id="nothing typed answers nothing"),
        pytest.param("zz", "Sintel", None, id="what is not there"),
        pytest.param("SINTEL", "Sintel", Rank.SAME, id="the very title"),
        pytest.param("amelie", "Amélie", Rank.SAME, id="without its accents"),
        pytest.param("sin", "Sintel", Rank.BEGINS, id="a title that begins with it"),
        pytest.param("tears of", "Tears of Steel", Rank.BEGINS, id="more than a word"),
        pytest.param("ste te", "Tears of Steel", Rank.WORDS_BEGIN, id="words that begin with it, in any order"),
        pytest.param("int", "Sintel", Rank.HAS, id="somewhere within"),
        pytest.param("te int", "Sintel Test", Rank.HAS, id="one of them within"),
        pytest.param("strasse", "Große Straße", Rank.WORDS_BEGIN, id="as a keyboard without it spells it"),
    ],
)
def test_rank(words: str, text: str, found: Rank | None) -> None:
    assert rank(words, text) is found


@given(st.text(max_size=8), st.text(max_size=20))
def test_every_word_of_an_answer_is_in_it_and_only_then(words: str, text: str) -> None:
    typed = folded(words)
    has_all = bool(typed) and all(word in folded(text) for word in typed.split())
    assert (rank(words, text) is not None) == has_all


def test_the_best_title_counts() -> None:
    assert best_folded("le", ["the fabulous world", "le fabuleux destin"]) is Rank.BEGINS
    assert best_folded("le", ["amy"]) is None
