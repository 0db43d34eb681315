"""What needs a person is told where it grows: once it rests, and not again and again."""

from __future__ import annotations

import pytest

from metarr.ui.telling import GROWS, QUIET, Watch


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        pytest.param([3, 3, 3], [], id="nothing where nothing is new"),
        pytest.param([4, 4], ["1 more question waits for an answer."], id="one more, once it rests"),
        pytest.param([5, 9, 9, 9], ["6 more questions wait for an answer."], id="once for all that came together"),
        pytest.param([2, 2], [], id="nothing when somebody answered"),
        pytest.param([2, 3, 3], ["1 more question waits for an answer."], id="what comes after an answer"),
        pytest.param([4, 3, 3], [], id="nothing that was gone again at once"),
        pytest.param([4, 4, 5, 5], ["1 more question waits for an answer."], id="no second word soon after the first"),
    ],
)
def test_questions_are_told_where_they_rise(numbers: list[int], told: list[str]) -> None:
    watch = Watch({"review": 3})
    said = [toast.text for second, number in enumerate(numbers) for toast in watch.news({"review": number}, second)]
    assert said == told


def test_what_goes_on_growing_is_told_in_between_and_then_rarely() -> None:
    watch = Watch({})
    seconds = range(int(GROWS + 2 * QUIET) + 1)
    at = [second for second in seconds for _ in watch.news({"review": second + 1}, float(second))]
    assert at == [GROWS, GROWS + QUIET, GROWS + 2 * QUIET]


def test_what_another_word_told_is_not_told_again() -> None:
    watch = Watch({"jobs": 1})
    assert not list(watch.news({"jobs": 2}, 0))
    watch.know("jobs", 2)
    assert not list(watch.news({"jobs": 2}, 1))
    assert not watch.is_waiting


def test_each_leads_to_where_it_is_dealt_with() -> None:
    watch = Watch({})
    both = {"review": 1, "jobs": 2}
    assert (list(watch.news(both, 0)), watch.is_waiting) == ([], True)
    assert {toast.address: toast.text for toast in watch.news(both, 1)} == {
        "/review": "1 more question waits for an answer.",
        "/jobs?state=failed": "2 more jobs have failed for good.",
    }
