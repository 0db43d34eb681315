"""The circuit breaker on a clock that the test moves."""

from __future__ import annotations

import pytest

from clocks import Clock
from metarr.providers.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, Breaker


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_breaker_probes_one_by_one_and_closes_after_two_good_answers(clock: Clock) -> None:
    breaker = _opened(clock)
    assert breaker.admit() is None
    clock.now += OPEN_SECONDS
    first = breaker.admit()
    assert first is not None
    assert breaker.admit() is None, "one probe at a time"
    breaker.succeeded(first)
    second = breaker.admit()
    assert second is not None
    assert breaker.admit() is None, "one good answer may be luck"
    breaker.succeeded(second)
    assert breaker.admit() is not None
    assert breaker.admit() is not None


def test_a_failed_probe_opens_the_breaker_anew(clock: Clock) -> None:
    breaker = _opened(clock)
    clock.now += OPEN_SECONDS
    probe = breaker.admit()
    assert probe is not None
    breaker.failed(probe)
    assert breaker.admit() is None
    assert breaker.open_for == OPEN_SECONDS


def test_an_abandoned_probe_makes_room_for_the_next(clock: Clock) -> None:
    breaker = _opened(clock)
    clock.now += OPEN_SECONDS
    probe = breaker.admit()
    assert probe is not None
    breaker.released(probe)
    assert breaker.admit() is not None


def test_a_late_answer_of_an_earlier_episode_changes_nothing(clock: Clock) -> None:
    breaker = Breaker(clock)
    late = breaker.admit()
    assert late is not None
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(late)
    clock.now += OPEN_SECONDS
    breaker.succeeded(late)
    breaker.succeeded(late)
    assert breaker.admit() is not None
    assert breaker.admit() is None, "still probing"


def test_a_success_in_between_keeps_the_breaker_closed(clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(3 * FAILURES_TO_OPEN):
        episode = breaker.admit()
        assert episode is not None
        breaker.failed(episode)
        breaker.succeeded(episode)
    assert breaker.admit() is not None


def _opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES_TO_OPEN):
        episode = breaker.admit()
        assert episode is not None
        breaker.failed(episode)
    return breaker
