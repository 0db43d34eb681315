"""Raw answers of providers, compressed: asking again within days costs no call, and an outage costs no answer."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.answer import USABLE, Kept
from metarr.store import pruning
from metarr.store.db import NOW
from metarr.store.schema import answer
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

MOST = 4 * 1024 * 1024  # bytes of an answer that is kept; longer ones are asked for each time
_LEVEL = 3  # JSON shrinks to a sixth in 1 ms per 100 KB; the highest level gains a tenth for six times the work


class Answers:
    """The answers kept in `store`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, key: str) -> Kept | None:
        """What is kept under this key, however old."""

        def find(tx: Tx) -> sa.RowMapping | None:
            wanted = sa.select(answer.c.body, answer.c.fetched_at, NOW.label("now")).where(answer.c.key == key)
            return tx.one(wanted)

        row = await self._store.read(find)
        if row is None:
            return None
        body = None if row["body"] is None else zlib.decompress(row["body"])
        return Kept(body, row["now"] - row["fetched_at"])

    async def put(self, key: str, body: bytes | None) -> None:
        """Keep it in place of what was kept before."""
        if body is not None and len(body) > MOST:
            return
        packed = None if body is None else await asyncio.to_thread(zlib.compress, body, _LEVEL)
        values = {"key": key, "body": packed, "fetched_at": NOW}
        await self._store.write(lambda tx: tx.execute(upsert(tx, answer, ["key"], values)))


def prune(tx: Tx) -> int:
    """Forget what is too old to be of use."""
    return pruning.prune(tx, answer, answer.c.fetched_at < pruning.ago(USABLE))
