"""An SQLite database of 20,000 movies and 200,000 episodes after a year: whether all is as quick as at first.

    python benchmarks/old_database.py [--folder DIR] [--json]

Claims and settlements, the queries behind lists and pages, the clean-up (of a day, and of a month that it did not run)
with how long others waited for the writer meanwhile, start-up of the real program, a backup. `--folder`: where the
database is made, or used again.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from figures import Figure, latencies, show, show_json

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import old_rows
from soak_processes import Process
from working import ended, working

from metarr.jobs import desk, ledger, summary
from metarr.model.artwork import ArtworkKind
from metarr.model.job import Done, Job, JobKind, JobState, NewJob
from metarr.model.media import ItemKind
from metarr.phases.clean import Clean
from metarr.store import activity, events, findings, item_pages, migrate, overview, published, sizes
from metarr.store.backups import making
from metarr.store.backups.archive import Reason
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from metarr.store.thumbs import Thumbs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.store.db import Tx

_NO_OPS, _TIMES, _BETWEEN = 3000, 7, 0.02
_GOAL_LIST = 50.0  # milliseconds
_STEP = 100  # rows that a page shows


class Nothing:
    """A phase without work, of a kind that is of no library."""

    kind: ClassVar[JobKind] = JobKind.NOTIFY

    async def run(self, _job: Job, _context: JobContext, /) -> Done[None]:
        """At once."""
        return Done(None)

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """Nobody goes on."""
        return ()


async def _engine(store: Store) -> Figure:
    """As `engine.py` measures it on an empty one."""
    jobs = [NewJob(JobKind.NOTIFY, 5, payload={"target": f"{number}"}) for number in range(_NO_OPS)]
    await store.write(lambda tx: ledger.submit_many(tx, jobs))
    begun = time.perf_counter()
    async with working(store, Nothing()):
        await ended(store, JobKind.NOTIFY)
    return Figure("claims and settlements", _NO_OPS / (time.perf_counter() - begun), "/s", 700, is_more_better=True)


def _questions() -> Mapping[str, Callable[[Tx], object]]:
    """What lists and pages ask."""

    def items(sort: item_pages.Sort = item_pages.Sort.TITLE, **which: Any) -> Callable[[Tx], object]:  # noqa: ANN401
        wanted, order = item_pages.Filter(**which), item_pages.Order(sort)
        return lambda tx: item_pages.page(tx, wanted, order, None, _STEP)

    movies, episodes = (ItemKind.MOVIE,), (ItemKind.EPISODE,)
    return {
        "movies": items(kinds=movies),
        "movies by year": items(item_pages.Sort.YEAR, kinds=movies),
        "movies by words": items(kinds=movies, search="movie 77"),
        "movies without a logo": items(kinds=movies, lacks_artwork=ArtworkKind.CLEARLOGO),
        "episodes": items(kinds=episodes),
        "episodes by words that none has": items(kinds=episodes, search="nowhere"),
        "everything, last changed": items(item_pages.Sort.CHANGED),
        "an item's history": lambda tx: published.history(tx, 4711),
        "jobs": lambda tx: desk.page(tx, limit=_STEP),
        "jobs that failed": lambda tx: desk.page(tx, states=(JobState.FAILED,), limit=_STEP),
        "jobs of a kind": lambda tx: desk.page(tx, kinds=(JobKind.ENRICH,), limit=_STEP),
        "jobs of an item": lambda tx: desk.page(tx, scope=summary.Scope(item_id=4711), limit=_STEP),
        "summary of the queue": lambda tx: summary.summary(tx, summary.Scope()),
        "activity": lambda tx: activity.page(tx, activity.Wanted(), None, _STEP),
        "activity of an item": lambda tx: activity.page(tx, activity.Wanted(item_id=4711), None, _STEP),
        "events since": lambda tx: events.since(tx, events.last_id(tx) - _STEP),
        "findings": lambda tx: findings.page(tx, findings.Wanted(kind="missing_in_library"), None, _STEP),
        "recycle bin": lambda tx: published.bin_page(tx, published.InBin(), before=None, limit=_STEP),
        "size of the recycle bin": published.bin_size,
        "libraries with their counts": overview.item_counts,
        "sizes": sizes.sizes,
    }


async def _lists(store: Store) -> list[Figure]:
    found = []
    for name, question in _questions().items():
        spent = []
        for _ in range(_TIMES):
            begun = time.perf_counter()
            await store.read(question)
            spent.append((time.perf_counter() - begun) * 1000)
        found.append(Figure(name, statistics.median(spent[1:]), "ms", _GOAL_LIST))
    return found


async def _clean(store: Store, folder: Path, name: str) -> list[Figure]:
    """With somebody who writes a line now and then."""
    blobs = Blobs(folder / "cache")
    waits: list[float] = []

    async def ask() -> None:
        while True:
            begun = time.perf_counter()
            await store.write(lambda tx: tx.one(sa.select(sa.literal(1))), is_urgent=True)
            waits.append(time.perf_counter() - begun)
            await asyncio.sleep(_BETWEEN)

    begun = time.perf_counter()
    job = await store.write(lambda tx: ledger.submit(tx, NewJob(JobKind.CLEAN, 1)))
    asking = asyncio.create_task(ask())
    async with working(store, Clean(blobs, Thumbs(folder / "thumbs", blobs))):
        await ended(store, JobKind.CLEAN)
    asking.cancel()
    row = await store.read(lambda tx: desk.get(tx, job))
    print(f"{name}: {row['state']}: {row['message']}")
    spent = Figure(name, time.perf_counter() - begun, "s")
    return [spent, *latencies(f"{name}: others wait", waits)[-2:]]


async def _start(folder: Path) -> Figure:
    """From the start of the process until it answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {"HOME": str(folder), "METARR_DATA": str(folder)}
    server = Process(["serve", "--port", str(port)], environment, folder / "server.log", f"http://127.0.0.1:{port}")
    begun = time.perf_counter()
    server.start()
    await server.ready()
    spent = time.perf_counter() - begun
    await server.stop()
    return Figure("start until it answers", spent, "s", 10)


async def _measure(folder: Path) -> list[Figure]:
    file = folder / "metarr.db"
    is_there = file.exists()
    store = Store(sqlite_url(file))
    if not is_there:
        migrate.upgrade(store)
        store.close()
        begun = time.perf_counter()
        old_rows.fill(file)
        print(f"made in {time.perf_counter() - begun:.0f} s")
        store = Store(sqlite_url(file))
    try:
        figures = [Figure("database", file.stat().st_size / 1e6, "MB"), await _engine(store), *await _lists(store)]
        begun = time.perf_counter()
        source = making.Source(store, folder)
        await asyncio.to_thread(partial(making.make, source, folder / "backups", Reason.MANUAL))
        figures.append(Figure("a backup, proven", time.perf_counter() - begun, "s"))
        figures += await _clean(store, folder, "clean-up of a day")
        store.skew = timedelta(days=30)
        figures += await _clean(store, folder, "clean-up of a month")
    finally:
        store.close()
    return [*figures, await _start(folder)]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        figures = asyncio.run(_measure(wanted.folder or Path(made)))
    if wanted.json:
        show_json(figures)
    else:
        show("an old database", figures)


if __name__ == "__main__":
    main()
