"""Guessing passwords gets slower: a table of what happens when, on a clock that stands still."""

from __future__ import annotations

import pytest

from clocks import Clock
from metarr.actions.throttle import Throttle
from metarr.errors import Throttled


def _guess(throttle: Throttle, *keys: str, times: int = 1) -> None:
    for _ in range(times):
        throttle.begin(*keys)


def test_a_few_guesses_are_free_and_the_next_waits_longer_each_time() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    _guess(throttle, "alex", times=5)
    waits = []
    for _ in range(9):
        with pytest.raises(Throttled) as refused:
            throttle.begin("alex")
        assert refused.value.retry_after is not None
        waits.append(refused.value.retry_after.total_seconds())
        clock.now += waits[-1]
        throttle.begin("alex")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_refused_guess_does_not_make_the_wait_longer() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    _guess(throttle, "alex", times=5)
    for _ in range(100):
        with pytest.raises(Throttled, match="1 second"):
            throttle.begin("alex")
    clock.now += 1
    throttle.begin("alex")


def test_one_name_waits_for_whoever_guesses_and_one_address_for_whatever_it_guesses() -> None:
    throttle = Throttle(Clock())
    for number in range(5):
        throttle.begin("alex", f"address {number}")
    with pytest.raises(Throttled):
        throttle.begin("alex", "address 9")
    throttle.begin("sam", "address 9")
    for number in range(5):
        throttle.begin(f"name {number}", "the same")
    with pytest.raises(Throttled):
        throttle.begin("sam", "the same")


def test_the_right_password_makes_the_wrong_ones_before_forgotten() -> None:
    throttle = Throttle(Clock())
    _guess(throttle, "alex", times=5)
    throttle.forget("alex")
    _guess(throttle, "alex", times=5)


def test_an_own_account_does_not_buy_guesses_at_others() -> None:
    """Of the address only the right guess is taken back, not the wrong ones at other names."""
    throttle = Throttle(Clock())
    for number in range(4):
        throttle.begin(f"victim {number}", "here")
    throttle.begin("mine", "here")
    throttle.take_back("here")
    throttle.begin("victim", "here")
    with pytest.raises(Throttled):
        throttle.begin("victim", "here")


def test_wrong_guesses_are_forgotten_after_a_while() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    _guess(throttle, "alex", times=5)
    clock.now += 900
    _guess(throttle, "alex", times=5)


def test_memory_is_bounded() -> None:
    throttle = Throttle(Clock())
    for number in range(10_500):
        throttle.begin(f"name {number}")
    assert len(throttle._wrong) == 10_000
