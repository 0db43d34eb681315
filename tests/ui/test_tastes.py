"""How somebody wants the pages: what cookies say, and times in every way of writing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from metarr.ui import said
from metarr.ui.said import Clock
from metarr.ui.tastes import CHOICES, Choice, Dates, Taste, chosen, cookie, taste_of

_AT = datetime(2026, 11, 22, 23, 40, 5, tzinfo=UTC)
_BERLIN = Clock(Dates.LOCAL, ZoneInfo("Europe/Berlin"))
_ISO = Clock(Dates.ISO)


def test_without_cookies_everything_is_as_it_comes() -> None:
    assert taste_of({}) == Taste()
    assert Taste() == Taste(*(choice.options[0].value for choice in CHOICES))
    assert Taste().marks == []


def test_cookies_say_what_was_chosen_and_nothing_else() -> None:
    cookies = {cookie("theme"): "dark", cookie("home"): "//evil.example", cookie("dates"): "iso", "theme": "light"}
    assert taste_of(cookies) == Taste(theme="dark", dates="iso")


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.key)
def test_every_option_can_be_chosen(choice: Choice) -> None:
    assert choice.key in Taste._fields
    for option in choice.options:
        [(name, value)] = chosen({choice.key: option.value})
        assert getattr(taste_of({name: value or ""}), choice.key) == option.value
    assert list(chosen({choice.key: "nonsense"})) == [(cookie(choice.key), None)]


@pytest.mark.parametrize(
    ("clock", "moment", "since", "day"),
    [
        pytest.param(_ISO, "2026-11-22 23:40:05 UTC", "2026-11-22 23:40 UTC", "2026-11-22", id="ISO is in UTC"),
        pytest.param(
            _BERLIN, "23 Nov 2026, 00:40:05 CET", "23 Nov 2026, 00:40", "23 Nov 2026", id="as the clock on the wall"
        ),
    ],
)
def test_times(clock: Clock, moment: str, since: str, day: str) -> None:
    assert (said.moment(_AT, clock), said.since(_AT, clock), said.day(_AT, clock)) == (moment, since, day)


def test_times_as_they_come_are_seen_from_now() -> None:
    assert said.since(datetime.now(UTC) - timedelta(hours=2)) == "2 hours ago"
    assert said.since(datetime.now(UTC)) == "just now"
    assert (said.moment(_AT), said.day(_AT)) == ("2026-11-22 23:40:05 UTC", "2026-11-22")
