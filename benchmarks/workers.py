"""How work grows with worker processes that share one PostgreSQL: jobs without work, and films published.

    python benchmarks/workers.py [--processes 1 2 4] [--jobs 5000] [--films 500] [--folder DIR]

The server is a private one that makes every commit durable. Each worker is a process with four slots, as
`metarr worker` is by default. All share this machine, so that more of them share its processors, too.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import machine
from engine import Nothing, submit
from figures import Figure, cpu, show
from publish import House, publishing
from working import ended, working

from metarr.model.media import ItemKind
from metarr.store import facts
from metarr.store.db import Store
from postgres import PostgresServer, find_programs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_NOOP, _PUBLISH = "no-op", "publish"
_READY = b"ready\n"


async def _be_a_worker(url: str, work: str, cache: str) -> None:
    """Until whoever started it closes its input; then it says what CPU that took."""
    store = Store(url)
    async with working(store, Nothing()) if work == _NOOP else publishing(store, Path(cache)):
        print(_READY.decode().strip(), flush=True)
        begun = cpu()
        await asyncio.to_thread(sys.stdin.read)
        print(cpu() - begun, flush=True)
    store.close()


@dataclass(slots=True)
class Team:
    """Workers of one database; `cpu`: seconds that they took, known when they have ended."""

    members: list[asyncio.subprocess.Process] = field(default_factory=list)
    cpu: float = 0.0


@asynccontextmanager
async def _workers(count: int, *words: str) -> AsyncIterator[Team]:
    pipe, team = asyncio.subprocess.PIPE, Team()
    for _ in range(count):
        started = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--worker", *words, stdin=pipe, stdout=pipe
        )
        team.members.append(started)
    for one in team.members:
        if one.stdout is None or await one.stdout.readline() != _READY:
            raise SystemExit("a worker did not start")
    yield team
    told = await asyncio.gather(*(one.communicate(b"") for one in team.members))
    team.cpu = sum(float(said) for said, _ in told)


async def _measured(store: Store, work: str, cache: Path, processes: int, order: Callable[[], object]) -> list[float]:
    """Seconds until all is done; CPU seconds of the workers; percent of all processors that were busy meanwhile."""
    url = store.engine.url.render_as_string(hide_password=False)
    async with _workers(processes, url, work, str(cache)) as team:
        before, begun = machine.Moment.now(), time.perf_counter()
        order()
        await ended(store)
        seconds, about = time.perf_counter() - begun, machine.told(before, machine.Moment.now())
    return [seconds, team.cpu, about["busy %"]]


def _figures(what: str, unit: str, count: int, processes: int, told: list[float]) -> list[Figure]:
    seconds, spent, busy = told
    title = f"{what}, {processes} process{'es' if processes > 1 else ''}"
    return [
        Figure(title, count / seconds, unit),
        Figure(f"{title}: CPU each", spent / count * 1000, "ms"),
        Figure(f"{title}: processors busy", busy, "%"),
    ]


async def _measure(server: PostgresServer, base: Path, processes: int, jobs: int, films: int) -> list[Figure]:
    name = f"workers_{processes}"
    server.create_database(name)
    store = Store(server.url(name))
    try:
        store.write_now(lambda tx: facts.save_providers(tx, {"tmdb": ItemKind}))
        told = await _measured(store, _NOOP, base, processes, lambda: submit(store, jobs, "job"))
        found = _figures("no-op jobs", "/s", jobs, processes, told)
        house = House(base, films, store)
        told = await _measured(store, _PUBLISH, house.blobs.root, processes, house.order)
        if house.failed() or house.written() == 0:
            raise SystemExit(f"{house.failed()} jobs failed, {house.written()} files were written")
        return [*found, *_figures("films published", "/s", films, processes, told)]
    finally:
        store.close()
        server.drop_database(name)


def main() -> None:
    """Measure and print a table for each number of processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="where library and cache are made; a temporary folder")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        asyncio.run(_be_a_worker(*chosen.worker))
        return
    programs = find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL's programs are not installed: Debian's package postgresql has them.")
    server = PostgresServer(programs)
    server.start(is_durable=True)
    try:
        for processes in chosen.processes:
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
                figures = asyncio.run(_measure(server, Path(folder), processes, chosen.jobs, chosen.films))
            show("PostgreSQL", figures)
    finally:
        server.stop("fast")


if __name__ == "__main__":
    main()
