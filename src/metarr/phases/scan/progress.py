"""What a running scan says of itself: how much is done, and about how long the rest will take. Pure."""

from __future__ import annotations

from metarr.model.words import counted

_TOO_EARLY = 3.0  # seconds: so young a scan says nothing of its end
_MINUTE, _HOUR = 60.0, 3600.0


def progress(done: int, total: int, noun: str, seconds: float) -> str:
    """In words, after so many seconds: `120 of 10000 movies, about 3 minutes left`."""
    left = time_left(done, total, seconds)
    return f"{done} of {total} {noun}{', ' if left else ''}{left}"


def time_left(done: int, total: int, seconds: float) -> str:
    """If the rest goes as fast as what is done; "" where nothing can be said."""
    if done <= 0 or done >= total or seconds < _TOO_EARLY:
        return ""
    rest = seconds / done * (total - done)
    if rest < _MINUTE:
        return "less than a minute left"
    if rest < 2 * _HOUR:
        minutes = round(rest / _MINUTE)
        return f"about {counted(minutes, 'minute')} left"
    return f"about {counted(round(rest / _HOUR), 'hour')} left"
