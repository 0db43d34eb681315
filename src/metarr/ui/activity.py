"""Everything that happened, from a webhook to the players, newest first; each entry leads to its workflow and item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse

from metarr.actions import activity
from metarr.actions.schedules import user_zone
from metarr.actions.showing import storable
from metarr.api.activity_query import FAULTS, TYPES, Severity, Sought
from metarr.api.deps import Number
from metarr.jobs import flows
from metarr.model.job import Trigger
from metarr.store import items, libraries
from metarr.ui.framing import house_of, show
from metarr.ui.jobs.subjects import TRIGGERS, begun_by
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from metarr.actions.activity import Page
    from metarr.model.media import Library
    from metarr.store.activity import Entry
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_SHOWN = 50
_SEVERITIES: Final[Mapping[Severity, str]] = {"fault": "faults", "fine": "all but faults"}
KINDS: Final = {one: one.replace("_", " ") for one in TYPES}
Word = Annotated[str, Query(max_length=40)]


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
    """Words and days that mean nothing are none: a form sends its empty fields, too."""
    return Sought(
        (kind,) if kind in KINDS else (),
        next((one for one in _SEVERITIES if one == severity), None),
        Trigger(trigger) if trigger in set(Trigger) else None,
        library or None,
        item or None,
        _text(title),
        *days,
    )


def _query(sought: Sought) -> dict[str, str]:
    """As the address has it."""
    names = ("severity", "trigger", "library", "item", "title", "since", "until")
    values = {"kind": next(iter(sought.types), "")} | {name: getattr(sought, name) for name in names}
    return {name: str(value) for name, value in values.items() if value}


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
    query = _query(sought)
    return await show(
        request,
        "activity.html",
        "activity",
        days=[(day, list(those)) for day, those in groupby(lines, key=lambda line: _day_of(line, zone))],
        sought=sought,
        kind=next(iter(sought.types), ""),
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
