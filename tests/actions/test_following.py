"""What became of work, in words; and the work itself in a word that stands in addresses."""

from __future__ import annotations

import pytest

from metarr.actions import following
from metarr.jobs.summary import Scope, Summary, Waiting
from metarr.jobs.workflows import Outcome
from metarr.model.job import JobKind


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        pytest.param(Scope(root=7), "root-7", id="a workflow"),
        pytest.param(Scope(item_id=3, since=12), "item-3.since-12", id="an item from a job on"),
        pytest.param(Scope(library_id=1, since=2), "library-1.since-2", id="a library"),
        pytest.param(Scope(since=5), "since-5", id="everything"),
    ],
)
def test_work_has_a_word_that_is_read_again(scope: Scope, word: str) -> None:
    assert (following.written(scope), following.read(word)) == (word, scope)


@pytest.mark.parametrize("word", ["", "root", "root-", "root--1", "root-7.", "user-1", "root-" + "9" * 19, "root-٣"])
def test_other_words_name_no_work(word: str) -> None:
    assert following.read(word) is None


def _outcome(files: int = 0, failed: int = 0, **done: int) -> Outcome:
    by_kind = {JobKind(kind): count for kind, count in done.items()}
    return Outcome({}, by_kind, {"written": files}, failed, 0, (), ())


def _now(verified: int = 0, *waiting: str) -> Summary:
    counts = {"verify": {"completed": verified}} if verified else {}
    return Summary(counts, 0, (), tuple(Waiting("x", reason, 1) for reason in waiting), (), None, 0)


@pytest.mark.parametrize(
    ("outcome", "now", "message", "words"),
    [
        pytest.param(_outcome(1, publish=1), _now(), "wrote it", "1 published, 1 file written", id="what was done"),
        pytest.param(_outcome(3, enrich=2), _now(), "", "2 enriched, 3 files written", id="in numbers"),
        pytest.param(_outcome(), _now(1), "2 files, all well", "2 files, all well", id="one job says it best"),
        pytest.param(_outcome(), _now(40), "all well", "40 verified", id="many are counted"),
        pytest.param(_outcome(failed=1), _now(), "no space left", "1 failed; no space left", id="what failed, and why"),
        pytest.param(_outcome(), _now(0, "no key"), "", "waits: no key", id="what it waits for"),
        pytest.param(_outcome(), _now(), "", "nothing was to be done", id="nothing"),
    ],
)
def test_what_it_came_to_is_said(outcome: Outcome, now: Summary, message: str, words: str) -> None:
    assert following.in_words(outcome, now, message) == words
