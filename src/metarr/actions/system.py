"""What runs here, since when, on what, and how large it has become."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import metarr
from metarr.jobs import workers
from metarr.store import sizes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from metarr.actions.installation import Installation
    from metarr.store.db import Row, Tx
    from metarr.store.sizes import Sizes


@dataclass(frozen=True, slots=True)
class System:
    """`free`: bytes left where the cache lies; None: unknown. `workers`: of every process that shares the database."""

    version: str
    python: str
    platform: str
    database: str
    sizes: Sizes
    free: int | None
    started_at: datetime
    uptime: timedelta
    workers: Sequence[Row]


async def report(house: Installation) -> System:
    """This process and its installation, as they are now."""

    def look(tx: Tx) -> tuple[Sizes, Sequence[Row]]:
        return sizes.sizes(tx), workers.listed(tx)

    found, working = await house.store.read(look)
    return System(
        version=metarr.__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        database="SQLite" if house.store.is_sqlite else "PostgreSQL",
        sizes=found,
        free=_free(house),
        started_at=house.started_at,
        uptime=datetime.now(UTC) - house.started_at,
        workers=working,
    )


def _free(house: Installation) -> int | None:
    try:
        return shutil.disk_usage(house.data).free
    except OSError:
        return None
