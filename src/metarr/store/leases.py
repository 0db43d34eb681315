"""Where several machines share a provider's limit: one queue per provider, on PostgreSQL's clock."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.store.db import NOW, DatabaseFault, after, is_passing
from metarr.store.schema import lease
from metarr.store.upsert import insert_into

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

AGAIN_SECONDS = 1.0  # a database that is away is asked again after this


class Leases:
    """The queues in `store`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def reserve(self, name: str, interval: float) -> float:
        """Seconds until our next call to `name`, where all processes together keep `interval` seconds between calls.

        Waits for a database that is away: without it, nobody knows what the others are doing.
        """
        while True:
            try:
                return await self._store.write(lambda tx: _reserve(tx, name, timedelta(seconds=interval)))
            except DatabaseFault as error:
                if not is_passing(error):
                    raise
            await asyncio.sleep(AGAIN_SECONDS)


def _reserve(tx: Tx, name: str, interval: timedelta) -> float:
    """One statement: who comes later waits for the row, and sees what was reserved before."""
    begin = sa.func.greatest(lease.c.next_at, NOW, type_=lease.c.next_at.type)
    reserve = (
        insert_into(lease, is_sqlite=False)
        .values(provider=name, next_at=after(interval))
        .on_conflict_do_update(
            index_elements=[lease.c.provider], set_={"next_at": begin + sa.literal(interval, sa.Interval())}
        )
        .returning(lease.c.next_at, NOW.label("now"))
    )
    row = tx.execute(reserve).mappings().one()
    wait: timedelta = row["next_at"] - interval - row["now"]
    return max(0.0, wait.total_seconds())
