"""What is done by the clock: in words, when next, how it went last; added, changed, tried out, removed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from metarr.actions import schedules
from metarr.actions.schedules import Change, New, user_zone
from metarr.actions.showing import storable
from metarr.api.deps import LARGEST, Id
from metarr.errors import InvalidInput, MetarrError
from metarr.jobs import flows
from metarr.model.media import LibraryId
from metarr.model.schedule import Chore
from metarr.store import libraries
from metarr.store import schedules as stored
from metarr.ui import crons, flash
from metarr.ui.crons import Every, Times
from metarr.ui.flash import Flash
from metarr.ui.framing import back, house_of
from metarr.ui.settings.area import SETTINGS
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from metarr.actions.schedules import Planned
    from metarr.model.media import Library
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_PLACE = "/settings/schedules"
_NEXT = 3  # runs shown
CHORES = {
    Chore.SCAN: ("Scan", "looks for what is new, changed or gone"),
    Chore.REFRESH: ("Refresh", "asks providers again for metadata that is a week old"),
    Chore.VERIFY: ("Verify", "compares the files with what was published, and puts back what is missing"),
    Chore.CLEAN: ("Clean up", "empties the recycle bin and the cache of what is past its keep"),
    Chore.BACKUP: ("Back up", "makes a copy of everything that Metarr knows"),
}
_OF_ALL = frozenset({Chore.CLEAN, Chore.BACKUP})  # of the installation, not of libraries
_Text = Annotated[str, Field(max_length=200)]


class Filled(BaseModel):
    """The form as it was sent; what is no number or no word of ours is what the form begins with."""

    chore: _Text = Chore.SCAN.value
    library: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    every: Every = Every.DAY
    at: _Text = "04:00"
    hours: Annotated[int, Field(ge=1, le=23)] = 1
    day: Annotated[int, Field(ge=1, le=7)] = 1
    date: Annotated[int, Field(ge=1, le=28)] = 1
    cron: _Text = ""

    @property
    def times(self) -> Times:
        return Times(self.every, self.at, self.hours, self.day, self.date, self.cron)

    def written(self) -> str:
        """The time. Raises InvalidInput."""
        try:
            return storable(self.times.written)
        except ValueError as error:
            raise InvalidInput("A time holds no control characters.") from error


Form_ = Annotated[Filled, Form()]


@dataclass(frozen=True, slots=True)
class Line:
    """A schedule as the page tells of it. `outcome`: jobs of its last run, by state."""

    planned: Planned
    words: str
    next: tuple[str, ...]
    outcome: Mapping[str, int]
    first_job: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """`zone`: on whose clocks the times are meant."""

    lines: Sequence[Line]
    libraries: Sequence[Library]
    zone: str


@router.get("/settings/schedules", dependencies=[ADMIN])
async def list_schedules(request: Request) -> Response:
    """The timetable."""
    return await _list(request)


@router.get("/settings/schedules/preview", dependencies=[ADMIN])
async def preview(request: Request, wanted: Annotated[Filled, Query()]) -> Response:
    """When the time of a form would come round next, before anything is saved."""
    return await _form(request, wanted, None)


@router.get("/settings/schedules/new", dependencies=[ADMIN])
async def new(request: Request) -> Response:
    """The form for one more."""
    return await _form(request, Filled(), None)


@router.get("/settings/schedules/{schedule_id}", dependencies=[ADMIN])
async def one(request: Request, schedule_id: Id) -> Response:
    """The form of one that there is."""
    return await _form(request, await _filled(request, schedule_id), schedule_id)


@router.get("/settings/schedules/{schedule_id}/preview", dependencies=[ADMIN])
async def preview_one(request: Request, schedule_id: Id, wanted: Annotated[Filled, Query()]) -> Response:
    """The same for another time of one that there is."""
    await _filled(request, schedule_id)
    return await _form(request, wanted, schedule_id)


@router.post("/settings/schedules", dependencies=[ADMIN])
async def add(request: Request, wanted: Form_) -> Response:
    """One more line of the timetable."""
    house = house_of(request)
    try:
        if wanted.chore not in set(Chore):
            raise InvalidInput("Choose what is to be done.")
        library_id = LibraryId(wanted.library) if wanted.library else None
        added = New(Chore(wanted.chore), wanted.written(), library_id)
        await house.store.write(lambda tx: schedules.add(tx, added, house.machine_zone))
    except MetarrError as error:
        return await _form(request, wanted, None, error)
    return _home(request, f"{CHORES[added.chore][0]}: {crons.in_words(added.cron)}.")


@router.post("/settings/schedules/{schedule_id}", dependencies=[ADMIN])
async def change(request: Request, schedule_id: Id, wanted: Form_) -> Response:
    """Another time."""
    house = house_of(request)
    try:
        cron = wanted.written()
        await house.store.write(lambda tx: schedules.change(tx, schedule_id, Change(cron=cron), house.machine_zone))
    except InvalidInput as error:
        return await _form(request, wanted, schedule_id, error)
    return _home(request, f"Changed: {crons.in_words(cron)}.")


@router.post("/settings/schedules/{schedule_id}/switch", dependencies=[ADMIN])
async def switch(request: Request, schedule_id: Id, to: Annotated[Literal["on", "off"], Form()]) -> RedirectResponse:
    """On and off."""
    house = house_of(request)
    wanted = Change(is_enabled=to == "on")
    await house.store.write(lambda tx: schedules.change(tx, schedule_id, wanted, house.machine_zone))
    return back(request, f"Switched {to}.", _PLACE)


@router.post("/settings/schedules/{schedule_id}/run", dependencies=[ADMIN])
async def run(request: Request, schedule_id: Id) -> RedirectResponse:
    """Do it now; when it is due next stays as it is."""
    started = await house_of(request).store.write(lambda tx: schedules.run(tx, schedule_id))
    return back(request, "Begun." if started.jobs else "There is nothing to do.", _PLACE, work=started.scope)


@router.post("/settings/schedules/{schedule_id}/remove", dependencies=[ADMIN])
async def remove(request: Request, schedule_id: Id) -> RedirectResponse:
    """Do it by the clock no more."""
    await house_of(request).store.write(lambda tx: schedules.remove(tx, schedule_id))
    return _home(request, "Removed.")


async def _list(request: Request) -> Response:
    house = house_of(request)

    def look(tx: Tx) -> Seen:
        zone = user_zone(tx, house.machine_zone)
        lines = [_line(tx, one, zone) for one in schedules.listed(tx, house.machine_zone)]
        return Seen(lines, libraries.everything(tx), stored.now(tx).astimezone(zone).strftime("%Z"))

    return await SETTINGS.show(
        request, "settings_schedules.html", seen=await house.store.read(look), chores=CHORES, of_all=_OF_ALL
    )


def _line(tx: Tx, one: Planned, zone: tzinfo) -> Line:
    first, outcome = (None, {}) if one.last_run is None else flows.of_schedule(tx, one.id, one.last_run)
    return Line(one, crons.in_words(one.cron), _said(one.upcoming, zone), outcome, first)


def _said(moments: Sequence[datetime], zone: tzinfo) -> tuple[str, ...]:
    return tuple(moment.astimezone(zone).strftime("%a %d %b %Y, %H:%M") for moment in moments[:_NEXT])


def _as_title(words: str) -> str:
    return words[:1].upper() + words[1:]


async def _filled(request: Request, schedule_id: int) -> Filled:
    """The form as the schedule is. Raises NotFound."""
    row = await house_of(request).store.read(lambda tx: stored.get(tx, schedule_id))
    return Filled(chore=row.chore, library=row.library_id or 0, **asdict(crons.read(row.cron)))


async def _form(request: Request, wanted: Filled, number: int | None, fault: MetarrError | None = None) -> Response:
    """The form with the next runs of what is in it, or with what is wrong with that."""
    house = house_of(request)

    def look(tx: Tx) -> tuple[Sequence[Library], tuple[str, ...], MetarrError | None]:
        known = libraries.everything(tx)
        try:
            moments = schedules.preview(tx, wanted.written(), house.machine_zone)
        except InvalidInput as error:
            return known, (), error
        return known, _said(moments, user_zone(tx, house.machine_zone)), None

    known, upcoming, odd = await house.store.read(look)
    return await SETTINGS.show(
        request,
        "settings_schedule.html",
        fault=fault,
        odd={"cron" if wanted.every is Every.WRITTEN else "at": str(odd)} if odd is not None else {},
        wanted=wanted,
        number=number,
        libraries=known,
        next=upcoming,
        words=_as_title(crons.in_words(wanted.written())) if odd is None else "",
        chores=CHORES,
        every=Every,
        days=crons.DAYS,
    )


def _home(request: Request, said: str) -> RedirectResponse:
    """To the timetable, which says what was done."""
    answer = RedirectResponse(_PLACE, HTTPStatus.SEE_OTHER)
    flash.give(answer, request, Flash(said))
    return answer
