"""`/api/v1/schedules`: what is done by the clock, and when next."""

from __future__ import annotations

from fastapi import APIRouter

from metarr.actions import schedules
from metarr.api import shapes
from metarr.api.deps import House
from metarr.web.access import ADMIN, READ

router = APIRouter(prefix="/schedules", tags=["schedules"])


@router.get("", dependencies=[READ])
async def list_schedules(house: House) -> list[shapes.Schedule]:
    """What is done by the clock, with the next run of each."""
    found = await house.store.read(lambda tx: schedules.listed(tx, house.machine_zone))
    return [shapes.Schedule.model_validate(one) for one in found]


@router.patch("/{schedule_id}", dependencies=[ADMIN])
async def change_schedule(house: House, schedule_id: int, patch: shapes.SchedulePatch) -> shapes.Schedule:
    """Another time (`cron`), or on and off (`isEnabled`)."""
    wanted = schedules.Change(patch.cron, patch.is_enabled)
    changed = await house.store.write(lambda tx: schedules.change(tx, schedule_id, wanted, house.machine_zone))
    return shapes.Schedule.model_validate(changed)
