"""What is done by the clock, and when next. Pure: the time zone and the moment are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from metarr.model.media import LibraryId


class Chore(StrEnum):
    """What a schedule starts."""

    SCAN = "scan"
    REFRESH = "refresh"  # metadata that was fetched a while ago
    VERIFY = "verify"
    CLEAN = "clean"
    BACKUP = "backup"


# Verification before the scan, clean-up last; refresh and backup once a week in the quiet hours.
DEFAULTS = {
    Chore.VERIFY: "0 3 * * *",
    Chore.SCAN: "0 4 * * *",
    Chore.CLEAN: "0 5 * * *",
    Chore.REFRESH: "0 2 * * 1",
    Chore.BACKUP: "30 1 * * 0",
}


SHOWN = 5  # of the next runs


@dataclass(frozen=True, slots=True)
class Schedule:
    """A row of the timetable. `library_id` None: every library (or the whole installation)."""

    id: int
    chore: Chore
    library_id: LibraryId | None
    cron: str
    is_enabled: bool
    next_run: datetime | None  # None: not computed yet, or the expression never comes true
    last_run: datetime | None = None  # when it was last started, by the clock or by hand


def next_run(cron: str, zone: tzinfo, after: datetime) -> datetime | None:
    """The first moment after `after` at which `cron` is due on the clocks of `zone`, in UTC; None: never.

    An hour that the clocks skip in spring counts as the next one, an hour that comes twice in autumn counts once
    (Debian's cron does the same, which cronsim follows). Raises InvalidInput for a malformed expression.
    """
    return next(iter(upcoming(cron, zone, after, count=1)), None)


def upcoming(cron: str, zone: tzinfo, after: datetime, count: int = SHOWN) -> list[datetime]:
    """The first `count` of these moments; fewer where there are no more in the next 50 years."""
    try:
        return [moment.astimezone(UTC) for moment in islice(CronSim(cron, after.astimezone(zone)), count)]
    except (CronSimError, ValueError) as error:  # the latter of characters that are digits and no numbers
        raise InvalidInput(f"{cron!r} is no schedule: {error}. Example: 0 4 * * * (every day at four).") from error
