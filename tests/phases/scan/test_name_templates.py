"""Names that Radarr, Sonarr, Kodi, Jellyfin and Plex write are read back."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metarr.phases.scan.names import ParsedName, parse
from name_rows import plain
from name_templates import TITLES, Truth, choose, clean, legal, multi_episode_styles, render, words

_REVIEW = 80  # below, a person is asked


def _is_right(truth: Truth, name: ParsedName) -> bool:
    titles = {plain(form) for form in (truth.title, legal(truth.title), clean(truth.title))}
    numbers = (None, ()) if truth.air_date else (truth.season, truth.episodes)
    return plain(name.title or "") in titles and (name.year, name.season, name.episodes, name.air_date) == (
        truth.year,
        *numbers,
        truth.air_date,
    )


@cache
def _rendered(seed: int) -> tuple[Truth, ...]:
    chance = random.Random(seed)
    return tuple(truth for title in words(TITLES) for truth in render(choose(chance, title)))


@pytest.mark.parametrize("seed", [1, 2])
def test_almost_every_rendered_name_is_read_back_and_a_person_is_asked_about_the_rest(seed: int) -> None:
    truths = _rendered(seed)
    failed = [(truth, name) for truth in truths if not _is_right(truth, name := parse(truth.path))]
    assert len(failed) <= 0.005 * len(truths), [truth.path for truth, _ in failed]
    assert [truth.path for truth, name in failed if name.confidence >= _REVIEW] == []


@pytest.mark.parametrize(
    "program",
    sorted({truth.program for truth in render(choose(random.Random(1)))}),
)
def test_every_program_is_read_back_at_that_rate(program: str) -> None:
    truths = [truth for truth in _rendered(1) if truth.program == program]
    failed = [truth.path for truth in truths if not _is_right(truth, parse(truth.path))]
    assert len(failed) <= 0.005 * len(truths) + 1, failed


@given(st.integers(1, 40), st.integers(1, 60), st.integers(2, 4))
def test_all_six_styles_name_the_same_episodes(season: int, first: int, count: int) -> None:
    episodes = tuple(range(first, first + count))
    for style, number in multi_episode_styles(season, episodes).items():
        name = parse(f"Show/Season {season}/Show - {number} - Name WEBDL-1080p.mkv")
        assert (name.title, name.season, name.episodes) == ("Show", season, episodes), style


_RELEASE_WORDS = {"season", "series", "episode", "part", "internal", "proper", "complete", "saison", "staffel", "temp"}


def _is_no_word_of_a_release(word: str) -> bool:
    return word.lower() not in _RELEASE_WORDS


def _is_a_whole_title(title: str) -> bool:
    return title[0].isupper() and title.rsplit(maxsplit=1)[-1] not in {"of", "the", "&", "1917"}


_WORD: st.SearchStrategy[str] = st.from_regex(r"[A-Z][a-zéüøš]{3,9}", fullmatch=True).filter(_is_no_word_of_a_release)
_SMALL_WORD = st.sampled_from(["of", "the", "&", "2", "II", "1917", "Vol. 2"])
_TITLE = st.lists(_WORD | _SMALL_WORD, min_size=1, max_size=4).map(" ".join).filter(_is_a_whole_title)


@settings(max_examples=60, deadline=None)  # the machine may be busy
@given(_TITLE, st.randoms(use_true_random=False))
def test_any_title_in_any_template_is_right_or_asked_about(title: str, chance: random.Random) -> None:
    for truth in render(choose(chance, title)):
        name = parse(truth.path)
        assert _is_right(truth, name) or name.confidence < _REVIEW, truth.path
