"""Figures as people say them: bytes, times, and how long something lasts. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_KILO = 1024
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEPS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_MANY = 10  # from here on decimals say nothing


def size(number: int | None) -> str:
    """As in "3.4 GB"."""
    if number is None:
        return "unknown"
    value, unit = float(number), 0
    while value >= _KILO and unit < len(_UNITS) - 1:
        value, unit = value / _KILO, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= _MANY or unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def lasting(duration: timedelta) -> str:
    """As in "2 hours", rounded to the largest unit that fits."""
    for word, step in _STEPS:
        if duration >= step:
            return counted(round(duration / step), word)
    return "less than a minute"


def moment(at: datetime) -> str:
    """For the attribute `datetime` of a page, and for its title."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def since(at: datetime) -> str:
    """As in "2 hours ago", seen from now."""
    duration = datetime.now(UTC) - at
    return "just now" if duration < timedelta(minutes=1) else f"{lasting(duration)} ago"


def counted(number: int, one: str, many: str = "") -> str:
    """As in "1 film", "2 films"; `many` where the plural is not made by an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
