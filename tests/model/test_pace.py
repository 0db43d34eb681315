"""When a player is told: settling, gathering, the longest wait, the rate, and what a person asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.media import ItemId
from metarr.model.player import Pace, Waiting, due, look_again

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACE = Pace(timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=120), per_minute=6)
NONE = Pace(timedelta(), timedelta(), timedelta(), per_minute=0)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def row(item: int, since: float, asked: float | None = None, **more: object) -> Waiting:
    return Waiting(ItemId(item), ItemId(1), at(since), at(since if asked is None else asked), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("waiting", "told", "last", "when", "ready", "next_at"),
    [
        ([row(1, 0)], None, None, 0, (), 10),
        ([row(1, 0)], None, None, 10, (1,), None),
        ([row(1, 0), row(2, 8)], None, None, 10, (1, 2), None),
        ([row(1, 20)], 10, None, 30, (), 50),
        ([row(1, 20), row(2, 45)], 10, None, 50, (), 75),
        ([row(1, 20), row(2, 130)], 10, None, 140, (1, 2), None),
        ([row(1, 50)], 10, None, 60, (1,), None),
        ([row(1, 0)], None, 9, 10, (), 19),
        ([row(1, 0)], None, 0, 10, (1,), None),
        ([row(1, 0, not_before=at(60))], None, None, 30, (), 60),
        ([row(1, 0, not_before=at(60))], None, None, 60, (1,), None),
        ([], None, None, 10, (), None),
    ],
    ids=[
        "the first change settles first",
        "then it is told",
        "what came while it settled goes with it",
        "what follows soon after a telling gathers",
        "every further change puts it off",
        "but not beyond the longest wait",
        "what follows long after a telling is a first change again",
        "a player that was just told waits for its rate",
        "and is told when it may be",
        "what was told in vain is told again at its time",
        "and not later",
        "nothing waits",
    ],
)
def test_when_a_player_is_told(
    waiting: list[Waiting], told: float | None, last: float | None, when: float, ready: tuple[int, ...],
    next_at: float | None,
) -> None:  # fmt: skip
    lately = {} if told is None else {ItemId(1): at(told)}
    found = due(waiting, lately, None if last is None else at(last), PACE, at(when))
    assert (found.by_hand, found.others) == ((), ready)
    assert found.next_at == (None if next_at is None else at(next_at))


def test_what_a_person_asks_for_goes_at_once_whatever_the_rate() -> None:
    rows = [row(1, 0, is_manual=True), row(2, 0)]
    found = due(rows, {}, at(0), PACE, at(0))
    assert (found.by_hand, found.others, found.next_at) == ((1,), (), at(10))


def test_movies_settle_each_by_itself() -> None:
    rows = [row(1, 0), Waiting(ItemId(2), ItemId(2), at(8), at(8))]
    found = due(rows, {}, None, PACE, at(10))
    assert (found.others, found.next_at) == ((1,), at(18))


def test_with_all_delays_off_everything_goes_at_once() -> None:
    assert due([row(1, 0), row(2, 0)], {ItemId(1): at(-1)}, at(0), NONE, at(0)).others == (1, 2)


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 500), st.floats(0, 60)), min_size=1), st.floats(0, 700))
def test_nothing_is_lost_and_nothing_waits_for_ever(events: list[tuple[int, float, float]], when: float) -> None:
    """Whatever is not told now has a time, which lies ahead, and at which something is told."""
    rows = {item: Waiting(ItemId(item), ItemId(item % 2), at(a), at(a + b)) for item, a, b in events}
    told = {ItemId(1): at(-5)}
    now = at(when)
    found = due(rows.values(), told, None, PACE, now)
    left = set(rows) - set(found.others)
    assert (found.next_at is not None) == bool(left)
    if found.next_at is not None:
        assert found.next_at > now
        waiting = [rows[item] for item in left]
        assert due(waiting, told, None, PACE, found.next_at).others
        assert found.next_at <= max(one.since for one in waiting) + PACE.longest


def test_a_player_is_asked_again_a_few_times_with_growing_pauses() -> None:
    pauses = [look_again(tries) for tries in (1, 2, 3)]
    assert pauses == sorted(pause for pause in pauses if pause is not None)
    assert look_again(4) is None
