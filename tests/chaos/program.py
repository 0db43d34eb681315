"""A small worker program for tests to kill: four phases that take a moment each, and complete with their settlement.

For each line that it reads, `["URL", "--work", "0.1", …]`, it forks a machine, which says its number and "ready" when
it works, and "ended" when it stops in good order.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import psycopg  # noqa: F401  imported once, before machines are forked
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg as _dialect  # noqa: F401  the same

from machines import CHAIN, ENDED, READY, complete
from metarr.app import logs
from metarr.jobs import workers
from metarr.jobs.reach import Reach
from metarr.model.job import Done, JobKind
from metarr.store.db import Store
from metarr.store.listen import relay
from metarr.worker import Worker
from stages import ALL_ON, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.job import Job
    from metarr.phases.base import JobContext, Phase


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--work", type=float, default=0.02)
    parser.add_argument("--lease", type=float, default=1.0)
    parser.add_argument("--kinds", default="")
    parser.add_argument("--look", type=float, default=5.0)
    return parser.parse_args(words)


def _worker(store: Store, chosen: argparse.Namespace) -> Worker:
    async def work(_job: Job, context: JobContext) -> Done[Any]:
        await context.report(0.0, "begun")
        await asyncio.sleep(random.uniform(0.0, 2.0) * chosen.work)
        return Done(None)

    stages = {kind: Stage(kind, work, complete) for kind in CHAIN}
    kinds = frozenset(map(JobKind, chosen.kinds.split(","))) if chosen.kinds else None
    lease = timedelta(seconds=chosen.lease)
    return Worker(
        store,
        cast("dict[JobKind, Phase[Any]]", stages),
        lambda _tx: ALL_ON,
        reach=Reach(kinds),
        pace=workers.Pace(lease / 5, lease, timedelta(seconds=chosen.look)),
    )


def _say(word: str) -> None:
    os.write(sys.stdout.fileno(), f"{os.getpid()} {word}\n".encode())


def _shorten(connection: Any, _entry: object, seconds: float) -> None:
    """A frozen machine keeps its locks for less than its lease, as in production."""
    connection.execute(f"SET idle_in_transaction_session_timeout = {round(seconds * 1000)}")
    connection.commit()


async def _machine(chosen: argparse.Namespace) -> None:
    store = Store(chosen.url)
    if not store.is_sqlite:
        sa.event.listen(store.engine, "connect", partial(_shorten, seconds=chosen.lease / 2))
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        if store.is_sqlite:
            await store.write(workers.take_back_all)  # as the program does that holds the data folder
        else:
            listening = asyncio.create_task(relay(store))
            stack.callback(listening.cancel)
        worker = _worker(store, chosen)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        working = asyncio.create_task(worker.run())
        _say(READY)
        await working
    _say(ENDED)


def _nursery() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                asyncio.run(_machine(_arguments(json.loads(line))))
            finally:
                os._exit(0)


if __name__ == "__main__":
    logs.configure("error")
    _nursery()
