"""`/api/v1/schedules`: what is done by the clock, and when next."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response

from metarr.actions import schedules
from metarr.api import etags, shapes
from metarr.api.deps import House, Id
from metarr.api.etags import IfMatch, Tagged
from metarr.model.media import LibraryId
from metarr.store.holding import hold
from metarr.web.access import ADMIN, OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.installation import Installation
    from metarr.store.db import Tx

router = Router(prefix="/schedules", tags=["schedules"])


@router.get("", dependencies=[READ])
async def list_schedules(house: House) -> list[shapes.Schedule]:
    """What is done by the clock, with the next runs of each."""
    found = await house.store.read(lambda tx: schedules.listed(tx, house.machine_zone))
    return [shapes.Schedule.model_validate(one) for one in found]


@router.get("/preview", dependencies=[READ])
async def preview_schedule(
    house: House, cron: Annotated[str, Query(max_length=200, examples=["0 4 * * *"])]
) -> shapes.Preview:
    """When a time (minute hour day month weekday) would come round next. Changes nothing."""
    upcoming = await house.store.read(lambda tx: schedules.preview(tx, cron, house.machine_zone))
    return shapes.Preview(cron=cron, upcoming=upcoming)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[ADMIN])
async def add_schedule(house: House, new: shapes.NewSchedule, response: Response) -> shapes.Schedule:
    """Add a scan, refresh, verification or clean-up at a time of its own, of one library or of all."""
    library_id = None if new.library_id is None else LibraryId(new.library_id)
    wanted = schedules.New(new.chore, new.cron, library_id, new.is_enabled)
    added = await house.store.write(lambda tx: schedules.add(tx, wanted, house.machine_zone))
    return etags.tagged(shapes.Schedule.model_validate(added)).answer(response)


@router.get("/{schedule_id}", dependencies=[READ])
async def get_schedule(house: House, schedule_id: Id, response: Response) -> shapes.Schedule:
    """One schedule with its next runs."""
    return (await house.store.read(lambda tx: _one(tx, house, schedule_id))).answer(response)


@router.patch("/{schedule_id}", dependencies=[ADMIN])
async def change_schedule(
    house: House, schedule_id: Id, patch: shapes.SchedulePatch, response: Response, if_match: IfMatch = None
) -> shapes.Schedule:
    """Another time (`cron`), or on and off (`isEnabled`)."""
    wanted = schedules.Change(patch.cron, patch.is_enabled)

    def change(tx: Tx) -> Tagged[shapes.Schedule]:
        hold(tx, "schedule", schedule_id)
        etags.check(if_match, _one(tx, house, schedule_id).tag)
        schedules.change(tx, schedule_id, wanted, house.machine_zone)
        return _one(tx, house, schedule_id)

    return (await house.store.write(change)).answer(response)


@router.delete("/{schedule_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def remove_schedule(house: House, schedule_id: Id) -> None:
    """Do it by the clock no more. To stop it for a while, switch it off."""
    await house.store.write(lambda tx: schedules.remove(tx, schedule_id))


@router.post("/{schedule_id}/run", status_code=HTTPStatus.ACCEPTED, dependencies=[OPERATE])
async def run_schedule(house: House, schedule_id: Id) -> shapes.Started:
    """Do now what the schedule does; when it is due next stays as it is."""
    return shapes.Started.model_validate(await house.store.write(lambda tx: schedules.run(tx, schedule_id)))


def _one(tx: Tx, house: Installation, schedule_id: int) -> Tagged[shapes.Schedule]:
    return etags.tagged(shapes.Schedule.model_validate(schedules.shown(tx, schedule_id, house.machine_zone)))
