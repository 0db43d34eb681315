"""Scanning against its goals: the first scan of a film library, the scan after it, memory, statements per film.

    python benchmarks/scan.py [--movies 10000 | --episodes 100000] [--library FOLDER] [--hard-links]
                              [--url postgresql://…] [--json]

Libraries come from the shared generator (METARR_TEST_SHARED, default ../shared) unless `--library` names one; with
`--episodes` it is one of shows. What the measuring itself costs is no part of the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from figures import Figure, Statements, cpu, show, show_json
from machine import bare_stats, memory

import metarr.app  # counted in the memory: a server has it loaded
from metarr.jobs import ledger
from metarr.jobs.ledger import Slots
from metarr.jobs.policy import Conditions
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import ItemKind, LibraryId, LibraryKind
from metarr.phases.scan.phase import Scan
from metarr.phases.scan.probe import Prober, inspect
from metarr.settings import Settings
from metarr.store import libraries, migrate, schema
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from metarr.worker.attempt import Attempt
from metarr.worker.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOW = Conditions(Settings(), providers={"tmdb": frozenset(ItemKind)}, can_sync=False)
_COUNT = sa.select(sa.func.count()).select_from(schema.item)
_PROBED = 200  # videos
_SAMPLE = 0.5  # seconds between two looks at the memory
_SHARED = Path(os.environ.get("METARR_TEST_SHARED", Path(__file__).parents[2] / "shared"))


class Memory:
    """The most that this process and its children ever held at once, shared pages counted once."""

    def __init__(self) -> None:
        self.peak = 0.0  # MB
        self.seconds = 0.0  # CPU time that the looking took
        self._is_over = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(_SAMPLE):
            self.peak = max(self.peak, memory(os.getpid()))
            self.seconds = time.thread_time()


class Opened:
    """Files that this process opens."""

    def __init__(self) -> None:
        self.count = 0
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _values: object) -> None:
        self.count += event == "open"


async def scan_once(store: Store, phase: Scan, library_id: LibraryId) -> tuple[float, str]:
    """One scan job from its claim to its settlement: seconds, and what it came to."""
    settlement = Settlement({phase.kind: phase}, lambda _tx: _NOW)
    new = NewJob(JobKind.SCAN, Priority.USER, library_id=library_id, is_bulk=True)
    job_id = await store.write(lambda tx: ledger.submit(tx, new))
    begun = time.perf_counter()
    [job] = await store.write(lambda tx: ledger.claim(tx, "benchmark", Slots(1, 1)))
    assert job.id == job_id
    attempt = Attempt(job, _NOW)
    await attempt.run(phase, store, settlement)
    ending, error = attempt.ending()
    assert ending is not None, error
    await store.write(lambda tx: settlement.settle(tx, job, ending, error))
    seconds = time.perf_counter() - begun
    this = sa.select(schema.job.c.state, schema.job.c.message).where(schema.job.c.id == job.id)
    row = await store.read(lambda tx: tx.one(this))
    assert row is not None
    assert row["state"] == "completed", row["message"]
    return seconds, row["message"]


async def _measure(root: Path, kind: LibraryKind, work: Path, url: str, *, is_counting: bool) -> list[Figure]:
    """`is_counting`: count, and measure no times."""
    store = Store(url)
    counts: dict[str, Statements | Opened] = {}
    if is_counting:
        counts = {"statements per item": Statements(store), "files opened per item": Opened()}
    migrate.upgrade(store)
    library = store.write_now(lambda tx: libraries.add(tx, "Benchmark", kind, str(root)))
    prober = Prober()
    phase = Scan(Blobs(work / "cache"), prober)
    held = Memory()
    try:
        with held.watched():
            before = {name: one.count for name, one in counts.items()}
            begun = time.process_time() - held.seconds
            first, message = await scan_once(store, phase, library.id)
            used = time.process_time() - held.seconds - begun
            counted = {name: one.count - before[name] for name, one in counts.items()}
            begun = time.process_time() - held.seconds
            again, _ = await scan_once(store, phase, library.id)
            used_again = time.process_time() - held.seconds - begun
        items = await store.read(
            lambda tx: tx.execute(sa.select(sa.func.count()).select_from(schema.item)).scalar_one()
        )
    finally:
        await prober.close()
        store.close()
    if is_counting:
        return [Figure(name, count / items) for name, count in counted.items()]
    print(f"  {message}", file=sys.stderr)
    is_films = kind is LibraryKind.MOVIES
    return [
        Figure("first scan", items / first * 60, "items/min", 6000 if is_films else None, is_more_better=True),
        Figure("first scan", first, "s"),
        Figure("CPU of the program per item", used / items * 1000, "ms"),
        Figure("CPU of the probing per item", cpu(resource.RUSAGE_CHILDREN) / items * 1000, "ms"),
        Figure("unchanged rescan", again, "s", 1.5 if is_films else 2.0),
        Figure("CPU of the unchanged rescan", used_again, "s"),
        Figure("peak memory of all processes", held.peak, "MB", 400),
    ]


def generate(folder: Path, movies: int, episodes: int, *more: str, is_linked: bool) -> Path:
    generator = _SHARED / "bench" / "make_library.py"
    links = ["--video", "link", "--art", "link"] if is_linked else []
    counts = ["--movies", "0" if episodes else str(movies), "--episodes", str(episodes)]
    subprocess.run([sys.executable, str(generator), str(folder), *counts, *links, *more], check=True, stdout=sys.stderr)
    return folder / ("TV" if episodes else "Movies")


def _alone() -> None:
    """Probing processes import the main script. The program's own is small; a benchmark's would load all in each."""
    sys.modules["__main__"].__dict__.pop("__file__", None)


def _bare_probes(root: Path) -> float:
    """Seconds for one video, of some hundred, on one processor."""
    videos = [str(path) for _, path in zip(range(_PROBED), root.rglob("*.mkv"), strict=False)]
    begun = time.perf_counter()
    for video in videos:
        inspect(video)
    return (time.perf_counter() - begun) / max(1, len(videos))


def _against_goals(work: Path, kind: LibraryKind, movies: int, episodes: int) -> list[Figure]:
    """What nobody can exceed: probing on all processors at once; a `stat` of everything."""
    _alone()
    root = generate(work / "library", movies, episodes, is_linked=bool(episodes)).resolve()
    measured = asyncio.run(_measure(root, kind, work, sqlite_url(work / "scan.db"), is_counting=False))
    probes, stats = 60 * (os.cpu_count() or 1) / _bare_probes(root), bare_stats(root)
    limits = {("first scan", "items/min"): probes, ("unchanged rescan", "s"): stats}
    return [replace(one, limit=limits.get((one.name, one.unit))) for one in measured]


def movies_against_goals(work: Path, size: int) -> list[Figure]:
    """A row of the goals' table: so many movies, all different."""
    return _against_goals(work, LibraryKind.MOVIES, size, 0)


def shows_against_goals(work: Path, size: int) -> list[Figure]:
    """A row of the goals' table: so many episodes."""
    return _against_goals(work, LibraryKind.TV, 0, size)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movies", type=int, default=10_000, help="how many the generated library holds")
    parser.add_argument("--episodes", type=int, default=0, help="a library of shows with so many episodes instead")
    parser.add_argument("--library", type=Path, help="scan this folder instead; it is only read")
    parser.add_argument("--hard-links", action="store_true", help="generate quickly: the same few videos and pictures")
    parser.add_argument("--url", help="an empty PostgreSQL database instead of SQLite")
    parser.add_argument("--count", action="store_true", help="count statements and opened files in a second run")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    chosen = _arguments()
    _alone()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        links = chosen.hard_links
        root = chosen.library or generate(work / "library", chosen.movies, chosen.episodes, is_linked=links)
        kind = LibraryKind.TV if chosen.episodes else LibraryKind.MOVIES
        url = chosen.url or sqlite_url(work / "scan.db")
        figures = asyncio.run(_measure(root.resolve(), kind, work, url, is_counting=False))
        if chosen.count:
            other = sqlite_url(work / "counted.db")
            figures += asyncio.run(_measure(root.resolve(), kind, work / "counted", other, is_counting=True))
    if chosen.json:
        show_json(figures)
    else:
        show(f"{root} on {metarr.app.__name__ and url.partition(':')[0]}", figures)


if __name__ == "__main__":
    main()
