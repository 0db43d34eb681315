"""Enrichment against its goal: films a minute with two calls and twelve verified pictures each, under a limit.

    python benchmarks/enrich.py [--movies 300] [--slots 16] [--connections 32] [--url postgresql://…] [--json]

The provider (`provider.py`) is a process of its own: 40 calls a second, 80 ms; pictures of 250 KB after 150 ms. In the
second run every tenth of its answers is a 429 or a 500; whether anything is lost or wrongly marked is looked up.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import sqlalchemy as sa
from figures import Figure, show, show_json

from metarr.jobs import ledger
from metarr.jobs.policy import Conditions
from metarr.jobs.reach import Reach
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import ExternalIds, Identity, ItemKind, LibraryKind, Metadata
from metarr.phases.enrich.images import ImageClient
from metarr.phases.enrich.phase import Enrich
from metarr.providers import PROVIDERS
from metarr.providers.base import Surroundings
from metarr.settings import EnrichmentPhase, EnrichmentSettings, PhaseConfig, Settings
from metarr.store import items, libraries, migrate, schema
from metarr.store.answers import Answers
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from metarr.store.items import NewItem
from metarr.store.leases import Leases
from metarr.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from metarr.store.db import Tx

_LIMIT = 40  # calls a second
_CALLS, _PICTURES, _SLOTS_CHOSEN = 2, 12, 10  # of each film; two of its pictures are head shots
_SLOTS, _CONNECTIONS = 16, 32  # films at a time; to the picture server, at once
_GOAL = 700  # films a minute
_IMAGE_SECONDS = 0.15
_FIRST_ID = 1000
_SETTINGS = Settings(
    phase_config=PhaseConfig(enrichment=EnrichmentPhase(auto_select_assets=True)),
    enrichment=EnrichmentSettings(languages=("original",)),  # whose pictures are the second call
)
_NOW = Conditions(_SETTINGS, providers={"tmdb": frozenset(ItemKind)}, can_sync=False)
_FAULT_EVERY = 10
_POLL = 0.1  # seconds
_PATIENCE = 1200.0  # seconds


@dataclass(frozen=True, slots=True)
class Load:
    """What a run consists of. `connections`: at once to the picture server."""

    movies: int
    slots: int
    connections: int
    fault_every: int = 0

    @property
    def limit(self) -> float:
        """Films a minute that neither the calls nor the connections let anybody exceed."""
        return 60 * min(_LIMIT / _CALLS, self.connections / _IMAGE_SECONDS / _PICTURES)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `wrong`: what should not be, by what it is."""

    seconds: float
    cpu: float
    seen: dict[str, Any]  # by the provider
    wrong: Counter[str] = field(default_factory=Counter)


@asynccontextmanager
async def _provider(fault_every: int) -> AsyncIterator[str]:
    """Its address."""
    program = [sys.executable, str(Path(__file__).with_name("provider.py")), "--limit", str(_LIMIT)]
    more = ["--fault-every", str(fault_every)]
    process = await asyncio.create_subprocess_exec(*program, *more, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{(await process.stdout.readline()).decode().strip()}"
    finally:
        process.kill()
        await process.wait()


def _record(tx: Tx, count: int) -> None:
    """Films as a scan leaves them: identified by their folders' names, and each with its job."""
    library = libraries.add(tx, "Benchmark", LibraryKind.MOVIES, "/films")
    jobs = []
    for number in range(_FIRST_ID, _FIRST_ID + count):
        known = Metadata(title=f"Name {number}", ids=ExternalIds(tmdb=number))
        place = f"Name {number} {{tmdb-{number}}}"
        provenance = {"title": "name", "ids": "name"}
        new = NewItem(library.id, ItemKind.MOVIE, place, place, known, provenance, Identity.IDENTIFIED)
        item_id = items.create(tx, new)
        jobs.append(NewJob(JobKind.ENRICH, Priority.AUTOMATED, item_id=item_id, library_id=library.id, is_bulk=True))
    ledger.submit_many(tx, jobs)


def _left(tx: Tx) -> int:
    """Jobs of this phase that are still to be done."""
    this = sa.select(sa.func.count()).select_from(schema.job).where(schema.job.c.kind == JobKind.ENRICH.value)
    left: int = tx.execute(this.where(schema.job.c.state.in_(["pending", "running"]))).scalar_one()
    return left


async def _run(work: Path, url: str, load: Load) -> Outcome:
    store = Store(url)
    migrate.upgrade(store)
    store.write_now(lambda tx: _record(tx, load.movies))
    blobs = Blobs(work / "cache")
    async with _provider(load.fault_every) as address:
        chosen = PROVIDERS["tmdb"].settings_model(
            url=f"{address}/3", image_url=f"{address}/t/p", api_key="benchmark", requests_per_second=_LIMIT
        )
        surroundings = Surroundings(Answers(store), None if store.is_sqlite else Leases(store))
        tmdb = PROVIDERS["tmdb"].build(chosen, surroundings)
        images = ImageClient(chosen.addresses, load.connections)
        phases = {JobKind.ENRICH: Enrich({"tmdb": tmdb}, blobs, images)}
        # One slot is kept free of library-wide work.
        worker = Worker(store, phases, lambda _tx: _NOW, slots=load.slots + 1, reach=Reach(frozenset(phases)))
        begun, cpu = time.perf_counter(), time.process_time()
        working = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(_PATIENCE):
                while await store.read(_left):  # noqa: ASYNC110  jobs end in the database, which sets no event
                    await asyncio.sleep(_POLL)
            outcome = Outcome(time.perf_counter() - begun, time.process_time() - cpu, await _report(address))
        finally:
            worker.stop()
            await working
            await images.close()
            await tmdb.close()
    wrong = await store.read(lambda tx: _wrong(tx, blobs, load.movies))
    store.close()
    return replace(outcome, wrong=wrong)


async def _report(address: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/report") as answer:
        found: dict[str, Any] = await answer.json()
        return found


def _wrong(tx: Tx, blobs: Blobs, movies: int) -> Counter[str]:
    """What is lost or wrongly marked, however it came about."""
    wrong: Counter[str] = Counter()
    for row in tx.rows(sa.select(schema.item).where(schema.item.c.kind == ItemKind.MOVIE)):
        item = items.get(tx, row["id"])
        wrong["not enriched"] += row["enriched_at"] is None
        wrong["not identified"] += item.identity is not Identity.IDENTIFIED
        wrong["another film's title"] += item.metadata.title != f"Film {item.metadata.ids.tmdb}"
    chosen = tx.rows(sa.select(schema.choice.c.blob, schema.blob).join(schema.blob))
    portraits = tx.rows(sa.select(schema.person.c.portrait).where(schema.person.c.portrait.is_not(None)))
    wrong["pictures not chosen"] = _SLOTS_CHOSEN * movies - len(chosen)
    wrong["head shots missing"] = (_PICTURES - _SLOTS_CHOSEN) * movies - len(portraits)
    wrong["pictures broken"] = sum(not blobs.verify(row["sha256"], row["extension"]) for row in chosen)
    states = tx.rows(sa.select(schema.job.c.state).where(schema.job.c.kind == JobKind.ENRICH.value))
    wrong["jobs failed"] = sum(row["state"] != "completed" for row in states)
    wrong["health lines left"] = len(tx.rows(sa.select(schema.health)))
    return +wrong


def _figures(outcome: Outcome, load: Load) -> list[Figure]:
    seen, movies = outcome.seen, load.movies
    return [
        Figure("films enriched", movies / outcome.seconds * 60, "/min", _GOAL, is_more_better=True, limit=load.limit),
        Figure("CPU of the program per film", outcome.cpu / movies * 1000, "ms"),
        Figure("CPU of the provider per film", seen["cpu"] / movies * 1000, "ms"),
        Figure("calls per film", seen["calls"] / movies, "", _CALLS),
        Figure("pictures fetched per film", seen["images"] / movies, "", _PICTURES),
        *_safety(outcome),
    ]


def _under_faults(outcome: Outcome) -> list[Figure]:
    seen = outcome.seen
    return [
        Figure("faults among the answers", seen["faults"], ""),
        Figure("time until all is done", outcome.seconds, "s"),
        *_safety(outcome),
    ]


def _safety(outcome: Outcome) -> list[Figure]:
    if outcome.wrong:
        print(f"  {dict(outcome.wrong)}", file=sys.stderr)
    return [
        Figure("most calls in any second", outcome.seen["most_in_a_second"], "", _LIMIT, limit=_LIMIT),
        Figure("lost or wrongly marked", sum(outcome.wrong.values()), "", 0),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movies", type=int, default=300, help="how many films are enriched")
    parser.add_argument("--slots", type=int, default=_SLOTS, help="how many at a time")
    parser.add_argument("--connections", type=int, default=_CONNECTIONS, help="to the picture server, at once")
    parser.add_argument("--fault-movies", type=int, default=60, help="how many in the run with faults; 0: none")
    parser.add_argument("--url", help="an empty PostgreSQL database instead of SQLite; without the run with faults")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def against_goals(work: Path, size: int) -> list[Figure]:
    """A row of the goals' table."""
    load = Load(size, _SLOTS, _CONNECTIONS)
    return _figures(asyncio.run(_run(work, sqlite_url(work / "enrich.db"), load)), load)


def main() -> None:
    """Measure and print."""
    chosen = _arguments()
    load = Load(chosen.movies, chosen.slots, chosen.connections)
    tables: dict[str, list[Figure]] = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        url = chosen.url or sqlite_url(work / "enrich.db")
        outcome = asyncio.run(_run(work, url, load))
        title = f"{load.movies} films, {load.slots} at a time, {load.connections} connections, {url.partition(':')[0]}"
        tables[title] = _figures(outcome, load)
        if chosen.fault_movies and not chosen.url:
            bad = replace(load, movies=chosen.fault_movies, fault_every=_FAULT_EVERY)
            outcome = asyncio.run(_run(work / "faults", sqlite_url(work / "faults.db"), bad))
            tables[f"{bad.movies} films, every tenth answer a 429 or 500"] = _under_faults(outcome)
    if chosen.json:
        show_json(tables)
        return
    for title, figures in tables.items():
        show(title, figures)


if __name__ == "__main__":
    main()
