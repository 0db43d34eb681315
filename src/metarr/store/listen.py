"""Announcements between processes that share a PostgreSQL database: LISTEN on a connection of its own.

What other processes announce is heard in this one; `Store.write` does the telling, inside its transaction.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.engine import make_url

from metarr.store.db import CHANNEL, KEEPALIVE, TOPICS

if TYPE_CHECKING:
    from metarr.store.db import Store

log = structlog.get_logger()
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between two attempts to connect


async def relay(store: Store) -> None:
    """Pass on what other processes announce, until cancelled. Comes back by itself after a restart of the database.

    Whenever it begins to listen, every topic counts as announced: something may have been missed before.
    """
    import psycopg  # only an installation on PostgreSQL has it

    url = make_url(store.url).set(drivername="postgresql").update_query_dict(KEEPALIVE)
    address = url.render_as_string(hide_password=False)
    pause = _FIRST_PAUSE
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                pause = _FIRST_PAUSE
                for topic in TOPICS:
                    store.hear(topic)
                async for notice in connection.notifies():
                    topic, _, sender = notice.payload.partition(" ")
                    if sender != store.sender:
                        store.hear(topic)
        except psycopg.OperationalError as error:
            log.warning("the database's announcements are not heard; trying again", reason=str(error).strip())
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
