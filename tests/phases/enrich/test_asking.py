"""Asking several providers about one item."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive import Archive, Show
from metarr.errors import MetarrError, Transient, Wait
from metarr.model.media import ExternalIds, ItemKind, Metadata
from metarr.phases.enrich.asking import Question, Recent, ask_all, kinds_of
from metarr.providers.base import Ask, BadKey

IDS = ExternalIds(tmdb=1)
LOST = Show(Metadata(title="Lost"), {0: ("Special",), 1: ("Pilot", "Tabula Rasa"), 2: ("Man of Science",)})
DAILY = Show(Metadata(title="News"), {3: ("Monday", "Tuesday")})


def episode(**numbers: object) -> Question:
    return Question(ItemKind.EPISODE, IDS, Metadata(**numbers), first_year=2004)  # type: ignore[arg-type]  # a table


@pytest.mark.parametrize(
    ("question", "title", "asked"),
    [
        (Question(ItemKind.SERIES, IDS, Metadata()), "Lost", ["series"]),
        (Question(ItemKind.SEASON, IDS, Metadata(season=2)), "Book 2", ["season 2"]),
        (episode(season=1, episode=2), "Tabula Rasa", ["season 1"]),
        (episode(season=0, episode=1), "Special", ["season 0"]),
        (episode(season=1, episode=9), None, ["season 1"]),
        (episode(absolute=2), "Tabula Rasa", ["season 1 (absolute)"]),
        (episode(premiered="2005-09-21"), None, ["season 2", "season 1", "season 3", "season 2005"]),
        (episode(premiered="some day"), None, []),
        (episode(), None, []),
        (Question(ItemKind.SEASON, IDS, Metadata()), None, []),
    ],
    ids=[
        "a show",
        "a season",
        "an episode by its season",
        "a special",
        "an episode that it does not know",
        "an absolute number, in the one season of that order",
        "a date, in the seasons in which it can lie",
        "a date that is none",
        "an episode without any number",
        "a season without a number",
    ],
)
async def test_each_kind_is_asked_about_in_its_way(question: Question, title: str | None, asked: list[str]) -> None:
    archive = Archive(shows={1: LOST})
    replies = await ask_all({"tmdb": archive}, question, Ask())
    answer = replies.answers["tmdb"]
    assert (None if answer is None else answer.metadata.title) == title
    assert archive.asked == asked


async def test_an_episode_that_a_kept_answer_does_not_know_is_asked_about_once_more_when_its_file_is_new() -> None:
    for is_new, fresh in ((True, ["season 1"]), (False, [])):
        archive = Archive(shows={1: LOST})
        question = Question(ItemKind.EPISODE, IDS, Metadata(season=1, episode=3), is_new=is_new)
        await ask_all({"tmdb": archive}, question, Ask())
        assert archive.fresh == fresh


async def test_who_does_not_know_our_id_is_asked_by_the_ids_that_another_knows() -> None:
    tmdb = Archive("tmdb", movies={1: Metadata(title="Heat", ids=ExternalIds(tmdb=1, tvdb=7))})
    tvdb = Archive("tvdb", movies={7: Metadata(title="Heat!")})
    stranger = Archive("tvmaze")
    sources = {"tmdb": tmdb, "tvdb": tvdb, "tvmaze": stranger}
    replies = await ask_all(sources, Question(ItemKind.MOVIE, IDS, Metadata()), Ask())
    assert {name: answer.metadata.title for name, answer in replies.known.items()} == {"tmdb": "Heat", "tvdb": "Heat!"}
    assert replies.answers["tvmaze"] is None
    assert [len(one.asked) for one in sources.values()] == [1, 2, 2]


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (BadKey("no"), "refused"),
        (Transient("broken"), "failed"),
        (Wait("off", cause="c", delay=timedelta(1)), "failed"),
    ],
    ids=["a refused key", "a fault", "a provider that is down"],
)
async def test_one_that_cannot_answer_leaves_the_others_answers_standing(error: MetarrError, part: str) -> None:
    broken, good = Archive(fault=error), Archive(movies={1: Metadata(title="Heat")})
    replies = await ask_all({"a": broken, "b": good}, Question(ItemKind.MOVIE, IDS, Metadata()), Ask())
    assert set(replies.known) == {"b"}
    assert set(getattr(replies, part)) == {"a"}
    assert "a" not in replies.answers


async def test_one_that_breaks_down_the_second_time_has_not_answered() -> None:
    tmdb = Archive("tmdb", movies={1: Metadata(ids=ExternalIds(tmdb=1, tvdb=7))})

    class Tired(Archive):
        async def _note(self, what: str, ask: Ask) -> None:
            await super()._note(what, ask)
            self.fault = Transient("broken")

    replies = await ask_all({"a": tmdb, "b": Tired("tvdb")}, Question(ItemKind.MOVIE, IDS, Metadata()), Ask())
    assert (set(replies.answers), set(replies.failed)) == ({"a"}, {"b"})


async def test_a_fault_of_ours_is_not_taken_for_one_of_theirs() -> None:
    with pytest.raises(KeyError):
        await ask_all({"a": Archive(fault=KeyError("x"))}, Question(ItemKind.MOVIE, IDS, Metadata()), Ask())


def test_a_wait_is_raised_rather_than_a_fault_that_spends_attempts() -> None:
    from metarr.phases.enrich.asking import Replies

    wait = Wait("off", cause="c", delay=timedelta(1))
    assert Replies(failed={"a": Transient("x"), "b": wait}).fault is wait
    assert Replies().fault is None


def test_kinds_follow_from_what_a_provider_can_do() -> None:
    assert kinds_of(Archive()) == set(ItemKind)


def test_a_season_is_asked_about_past_what_is_kept_once_in_a_while() -> None:
    now = 0.0
    recent = Recent(lambda: now)
    assert not recent.has((1, 2))
    recent.add((1, 2))
    assert recent.has((1, 2))
    assert not recent.has((1, 3))
    now = 601.0
    assert not recent.has((1, 2))
