"""`/health/live` and `/health/ready`: for whoever starts and watches the program. No login, and nothing is told."""

from __future__ import annotations

from metarr.api.deps import House
from metarr.jobs import workers
from metarr.web.access import OPEN
from metarr.web.routing import Router

router = Router(include_in_schema=False, prefix="/health")


@router.get("/live", dependencies=[OPEN])
async def is_alive() -> dict[str, str]:
    """It runs and answers."""
    return {"status": "alive"}


@router.get("/ready", dependencies=[OPEN])
async def is_ready(house: House) -> dict[str, str]:
    """It can work: the database answers. Where it does not, the answer is 503, as of every route."""
    await house.store.read(workers.listed)
    return {"status": "ready"}
