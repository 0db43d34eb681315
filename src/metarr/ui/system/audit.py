"""The audit log, newest first: by what was done, who did it, how it ended and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from metarr.actions import audit
from metarr.api.deps import Number
from metarr.model.audit import WORDS, Deed, Result, Wanted
from metarr.ui.framing import house_of
from metarr.ui.system.area import SYSTEM
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from enum import StrEnum

router = Router(include_in_schema=False)
_PAGE = "/system/audit"
_SHOWN = 50
_FIRST, _LAST = 1900, 9000  # years
Choice = Annotated[str, Query(max_length=200)]
E = TypeVar("E", bound="StrEnum")


@router.get(_PAGE, dependencies=[ADMIN])
async def page(
    request: Request,
    deed: Choice = "",
    who: Choice = "",
    result: Choice = "",
    since: Choice = "",
    until: Choice = "",
    before: Number = None,
) -> HTMLResponse:
    """The page; what means nothing in its address is left out."""
    who = "".join(one for one in who.strip() if one.isprintable())
    first, last = _day(since), _day(until)
    wanted = Wanted(
        _one(Deed, deed), who or None, None, _one(Result, result), first, None if last is None else last + timedelta(1)
    )
    house = house_of(request)
    found = await house.store.read(lambda tx: audit.page(tx, wanted, before=before, limit=_SHOWN))
    values = {"deed": wanted.deed, "who": who, "result": wanted.result, "since": _iso(first), "until": _iso(last)}
    kept = {name: value for name, value in values.items() if value}
    return await SYSTEM.show(
        request,
        "system_audit.html",
        lines=[(entry, audit.in_words(entry)) for entry in found.entries],
        values=values,
        words=sorted(WORDS.items(), key=lambda one: one[1]),
        results=tuple(Result),
        exported=urlencode(_exact(wanted)),
        first=f"{_PAGE}?{urlencode(kept)}",
        next=f"{_PAGE}?{urlencode({**kept, 'before': found.before})}" if found.before else "",
        is_first=before is None,
    )


def _exact(wanted: Wanted) -> dict[str, str]:
    """The same choice for the export's address."""
    moments = {"since": wanted.since, "until": wanted.until}
    exact = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
    words = {"deed": wanted.deed, "who": wanted.who, "result": wanted.result}
    return {**{name: str(word) for name, word in words.items() if word}, **exact}


def _one(kinds: type[E], text: str) -> E | None:
    return kinds(text) if text in set(kinds) else None


def _day(text: str) -> datetime | None:
    try:
        day = datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None
    return day if _FIRST < day.year < _LAST else None


def _iso(day: datetime | None) -> str:
    return "" if day is None else f"{day:%Y-%m-%d}"
