"""Times of schedules as people say them, and as a form asks for them: hourly, daily, weekly, monthly, written. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from metarr.errors import InvalidInput

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SUNDAY = 7  # cron's 0 and 7
_LAST_DAY = 28  # that every month has
_FORM = re.compile(r"(\d{1,2}) (\d{1,2}|\*|\*/\d{1,2}) (\d{1,2}|\*) \* ([0-7]|\*)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")


class Every(StrEnum):
    """The simple cases."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    WRITTEN = "written"  # anything else


@dataclass(frozen=True, slots=True)
class Times:
    """What a form shows and sends. `at`: the time of day, of an hourly one only its minutes count; `hours`: between
    two of an hourly one; `day`: of the week, from 1; `date`: of the month; `cron`: as it is written.
    """

    every: Every = Every.DAY
    at: str = "04:00"
    hours: int = 1
    day: int = 1
    date: int = 1
    cron: str = ""

    @property
    def written(self) -> str:
        """The five fields: minute hour date month weekday. Raises InvalidInput."""
        if self.every is Every.WRITTEN:
            return " ".join(self.cron.split())
        found = _CLOCK.fullmatch(self.at.strip())
        if found is None or int(found[1]) > 23 or int(found[2]) > 59:  # noqa: PLR2004  a clock's last hour and minute
            raise InvalidInput(f"{self.at!r} is no time of day. Example: 04:30")
        hour, minute = int(found[1]), int(found[2])
        match self.every:
            case Every.HOUR:
                return f"{minute} {'*' if self.hours == 1 else f'*/{self.hours}'} * * *"
            case Every.DAY:
                return f"{minute} {hour} * * *"
            case Every.WEEK:
                return f"{minute} {hour} * * {self.day % _SUNDAY}"
            case Every.MONTH:
                return f"{minute} {hour} {self.date} * *"


def read(cron: str) -> Times:
    """How a form shows what was written."""
    written = " ".join(cron.split())
    found = _FORM.fullmatch(written)
    if found is None:
        return Times(Every.WRITTEN, cron=written)
    minute, hour, date, day = found.groups()
    if "*" in hour:
        is_plain = date == day == "*"
        hours = 1 if hour == "*" else int(hour[2:])
        return (
            Times(Every.HOUR, f"00:{minute:0>2}", hours, cron=written)
            if is_plain
            else Times(Every.WRITTEN, cron=written)
        )
    at = f"{hour:0>2}:{minute:0>2}"
    if date == day == "*":
        return Times(Every.DAY, at, cron=written)
    if date == "*":
        return Times(Every.WEEK, at, day=int(day) or _SUNDAY, cron=written)
    if day == "*" and int(date) <= _LAST_DAY:
        return Times(Every.MONTH, at, date=int(date), cron=written)
    return Times(Every.WRITTEN, cron=written)


def in_words(cron: str) -> str:
    """As in "every Monday at 3:00"; what is not that simple, as it is written."""
    times = read(cron)
    at = f"{int(times.at[:2])}:{times.at[3:]}"
    match times.every:
        case Every.HOUR:
            often = "every hour" if times.hours == 1 else f"every {times.hours} hours"
            return f"{often}, {int(times.at[3:])} minutes past" if times.at != "00:00" else f"{often}, on the hour"
        case Every.DAY:
            return f"every day at {at}"
        case Every.WEEK:
            return f"every {DAYS[times.day - 1]} at {at}"
        case Every.MONTH:
            return f"on day {times.date} of every month at {at}"
        case Every.WRITTEN:
            return f"at {times.cron}"
