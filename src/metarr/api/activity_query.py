"""Which part of the activity is asked for: the same words in the API's list and on its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

from metarr.model.event import PROGRESS, EventType
from metarr.model.folding import folded
from metarr.store.activity import Other, Wanted

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import tzinfo

    from metarr.model.job import Trigger

TYPES: Final = tuple(sorted([*(str(one) for one in EventType if one not in PROGRESS), *map(str, Other)]))
FAULTS: Final = frozenset({*(one for one in TYPES if one.endswith("failed")), EventType.ERROR_OCCURRED.value})
Severity = Literal["fault", "fine"]


@dataclass(frozen=True, slots=True)
class Sought:
    """What nothing is said of is not asked for. `title`: a part of an item's; `until` belongs to what is sought."""

    types: Collection[str] = ()
    severity: Severity | None = None
    trigger: Trigger | None = None
    library: int | None = None
    item: int | None = None
    title: str = ""
    since: date | None = None
    until: date | None = None

    def wanted(self, zone: tzinfo) -> Wanted:
        """The same for the database; days are those of the zone."""
        return Wanted(
            types=frozenset(self._named()),
            library_id=self.library,
            item_id=self.item,
            trigger=self.trigger,
            title=folded(self.title),
            since=None if self.since is None else _midnight(self.since, zone),
            until=None if self.until is None else _midnight(self.until, zone, days=1),
        )

    def _named(self) -> Collection[str]:
        named = set(self.types or TYPES)
        if self.severity is not None:
            named = named & FAULTS if self.severity == "fault" else named - FAULTS
        return named or {""}  # nothing is both


def _midnight(day: date, zone: tzinfo, days: int = 0) -> datetime:
    try:
        return (datetime.combine(day, time(), zone) + timedelta(days=days)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)
