"""Figures as people say them: bytes, times, and how long something lasts. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from metarr.model.words import counted
from metarr.ui.tastes import Dates

_KILO = 1024
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEPS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_MANY = 10  # from here on decimals say nothing
_SOURCES = {
    "fanarttv": "Fanart.tv",
    "imdb": "IMDb",
    "metacritic": "Metacritic",
    "omdb": "OMDb",
    "tmdb": "TMDB",
    "tomatoes": "Rotten Tomatoes",
    "tvdb": "TVDB",
    "tvmaze": "TVmaze",
}


class Clock(NamedTuple):
    """How times are written for somebody. `zone`: for those who want them as on the wall."""

    written: Dates = Dates.RELATIVE
    zone: tzinfo = UTC


_USUAL = Clock()


def size(number: int | None) -> str:
    """As in "3.4 GB"."""
    if number is None:
        return "unknown"
    value, unit = float(number), 0
    while value >= _KILO and unit < len(_UNITS) - 1:
        value, unit = value / _KILO, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= _MANY or unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def source(name: str) -> str:
    """A provider, or whoever else gives ids and ratings, as it writes itself; another word stays as it is."""
    return _SOURCES.get(name, name)


def lasting(duration: timedelta) -> str:
    """As in "2 hours", rounded to the largest unit that fits."""
    for word, step in _STEPS:
        if duration >= step:
            return counted(round(duration / step), word)
    return "less than a minute"


def moment(at: datetime, clock: Clock = _USUAL) -> str:
    """To the second, for a page where the very moment counts, and for the title of what `since` says."""
    if clock.written is Dates.LOCAL:
        there = at.astimezone(clock.zone)
        return f"{day(at, clock)}, {there:%H:%M:%S %Z}".rstrip()
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def since(at: datetime, clock: Clock = _USUAL) -> str:
    """As in "2 hours ago", seen from now, unless somebody wants to read the time itself."""
    match clock.written:
        case Dates.LOCAL:
            return f"{day(at, clock)}, {at.astimezone(clock.zone):%H:%M}"
        case Dates.ISO:
            return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        case Dates.RELATIVE:
            duration = datetime.now(UTC) - at
            return "just now" if duration < timedelta(minutes=1) else f"{lasting(duration)} ago"


def until(at: datetime, clock: Clock = _USUAL) -> str:
    """As in "in 2 hours", seen from now, unless somebody wants to read the time itself."""
    if clock.written is not Dates.RELATIVE:
        return since(at, clock)
    duration = at - datetime.now(UTC)
    return f"in {lasting(duration)}" if duration > timedelta() else "at once"


def day(at: datetime, clock: Clock = _USUAL) -> str:
    """The day alone."""
    if clock.written is Dates.LOCAL:
        there = at.astimezone(clock.zone)
        return f"{there.day} {there:%b %Y}"
    return at.astimezone(UTC).strftime("%Y-%m-%d")
