"""Everything that happened, from a webhook to the players, newest first; each entry leads to its workflow and item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from metarr.actions import activity
from metarr.actions.schedules import user_zone
from metarr.actions.showing import storable
from metarr.api.deps import Number
from metarr.jobs import flows
from metarr.model.event import PROGRESS, EventType
from metarr.model.folding import folded
from metarr.model.job import Trigger
from metarr.store import items, libraries
from metarr.store.activity import Other, Wanted
from metarr.ui.framing import house_of, show
from metarr.ui.jobs.subjects import TRIGGERS, begun_by
from metarr.web.access import READ

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from metarr.actions.activity import Page
    from metarr.model.media import Library
    from metarr.store.activity import Entry
    from metarr.store.db import Tx

router = APIRouter(include_in_schema=False)
_SHOWN = 50
_ALL: Final = (*(str(one) for one in EventType if one not in PROGRESS), *map(str, Other))
FAULTS: Final = frozenset({*(one for one in _ALL if one.endswith("failed")), EventType.ERROR_OCCURRED.value})
_SEVERITIES = {"fault": "faults", "fine": "all but faults"}
KINDS: Final = {one: one.replace("_", " ") for one in sorted(_ALL)}
Word = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True, slots=True)
class Sought:
    """The filter as the form has it; words and days that mean nothing are empty."""

    kind: str
    severity: str
    trigger: str
    library: int | None
    item: int | None
    title: str
    since: date | None
    until: date | None

    def wanted(self, zone: tzinfo) -> Wanted:
        """The same for the database; the last day belongs to it."""
        return Wanted(
            types=frozenset(self._types()),
            library_id=self.library,
            item_id=self.item,
            trigger=self.trigger or None,
            title=folded(self.title),
            since=None if self.since is None else _midnight(self.since, zone),
            until=None if self.until is None else _midnight(self.until, zone, days=1),
        )

    def _types(self) -> Iterable[str]:
        named = {self.kind} if self.kind else set(_ALL)
        if self.severity:
            named = named & FAULTS if self.severity == "fault" else named - FAULTS
        return named or {""}  # nothing is both

    def query(self) -> dict[str, str]:
        """As the address has it."""
        names = ("kind", "severity", "trigger", "library", "item", "title", "since", "until")
        return {name: str(value) for name in names if (value := getattr(self, name))}


def _days(since: Word = "", until: Word = "") -> tuple[date | None, date | None]:
    return _day(since), _day(until)


def _sought(
    days: Annotated[tuple[date | None, date | None], Depends(_days)],
    kind: Word = "",
    severity: Word = "",
    trigger: Word = "",
    library: Number = None,
    item: Number = None,
    title: Annotated[str, Query(max_length=200)] = "",
) -> Sought:
    return Sought(
        kind if kind in KINDS else "",
        severity if severity in _SEVERITIES else "",
        trigger if trigger in set(Trigger) else "",
        library or None,
        item or None,
        _text(title),
        *days,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An entry. `begun`: who or what its workflow began with; `root`: where that is still known."""

    entry: Entry
    is_fault: bool
    library: str
    begun: str
    root: int | None


@router.get("/activity", dependencies=[READ])
async def list_activity(
    request: Request,
    sought: Annotated[Sought, Depends(_sought)],
    before: Annotated[str | None, Query(max_length=100)] = None,
) -> HTMLResponse:
    """The page."""
    house = house_of(request)

    def look(tx: Tx) -> tuple[Page, Sequence[Line], Sequence[Library], str, tzinfo]:
        zone = user_zone(tx, house.machine_zone)
        found = activity.page(tx, sought.wanted(zone), before=before, limit=_SHOWN)
        title = "" if sought.item is None else items.titles(tx, [items.get(tx, sought.item).id])[sought.item]
        known = libraries.everything(tx)
        return found, _lines(tx, found.entries, {one.id: one.name for one in known}), known, title, zone

    found, lines, known, title, zone = await house.store.read(look)
    query = sought.query()
    return await show(
        request,
        "activity.html",
        "activity",
        days=[(day, list(those)) for day, those in groupby(lines, key=lambda line: _day_of(line, zone))],
        sought=sought,
        item_title=title,
        without_item=f"/activity?{urlencode({name: value for name, value in query.items() if name != 'item'})}",
        kinds=KINDS,
        severities=_SEVERITIES,
        triggers=TRIGGERS,
        libraries=known,
        first=f"/activity?{urlencode(query)}",
        next=f"/activity?{urlencode({**query, 'before': found.before})}" if found.before else "",
        is_first=before is None,
    )


def _lines(tx: Tx, entries: Sequence[Entry], names: Mapping[int, str]) -> list[Line]:
    roots = flows.firsts(tx, {entry.root for entry in entries if entry.root is not None})
    return [
        Line(
            entry=entry,
            is_fault=entry.type in FAULTS,
            library=names.get(entry.library_id or 0, ""),
            begun=begun_by(roots[entry.root]) if entry.root in roots else "",
            root=entry.root if entry.root in roots else None,
        )
        for entry in entries
    ]


def _day_of(line: Line, zone: tzinfo) -> str:
    at = line.entry.place.at.astimezone(zone)
    return f"{at:%A}, {at.day} {at:%B %Y}"


def _midnight(day: date, zone: tzinfo, days: int = 0) -> datetime:
    try:
        return (datetime.combine(day, time(), zone) + timedelta(days=days)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _text(text: str) -> str:
    try:
        return storable(text.strip())
    except ValueError:
        return ""
