"""Whether an item costs more in a larger library: statements, looks at files and bytes read per item, and its time.

`benchmarks/run --growth`. Films are much alike (a video, an NFO, pictures), so that hardly more than their number
differs. What is counted is counted once, at each size; times are the median of runs in which the sizes take turns.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import comparison
import sqlalchemy as sa
import verify
from scan import generate, scan_once

from metarr.model.media import LibraryKind
from metarr.phases.scan.phase import Scan
from metarr.phases.scan.probe import Prober
from metarr.store import libraries, migrate
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from figures import Figure

    from metarr.model.media import LibraryId

_TIMES = (1, 4, 20)
_ALIKE = [
    *("--nfo-frac", "1", "--art-frac", "1", "--subs-frac", "0", "--extras-frac", "0"),
    *("--multi-frac", "0", "--junk-frac", "0", "--mess-frac", "0"),
]


@dataclass
class Counted:
    """What a stage asked of the database and the disk. `bytes_read`: of files and of the database, by this process."""

    statements: int = 0
    stats: int = 0
    bytes_read: int = 0


class _Entry:
    """An entry of a folder whose looks at the file are counted. The first `stat` of one is a system call."""

    def __init__(self, entry: os.DirEntry[str], counted: Counted) -> None:
        self._entry, self._counted = entry, counted
        self.name, self.path = entry.name, entry.path

    def __fspath__(self) -> str:
        return self.path

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the entry has
        return getattr(self._entry, name)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        self._counted.stats += 1
        return self._entry.stat(follow_symlinks=follow_symlinks)


class _Folder:
    """`os.scandir` of such entries."""

    def __init__(self, found: Any, counted: Counted) -> None:  # noqa: ANN401  os.scandir's iterator has no public type
        self._found, self._counted = found, counted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._found.close()

    def __iter__(self) -> Iterator[_Entry]:
        return (_Entry(entry, self._counted) for entry in self._found)

    def __next__(self) -> _Entry:
        return _Entry(next(self._found), self._counted)

    def close(self) -> None:
        self._found.close()


def _read_so_far() -> int:
    """Bytes that this process asked for, from a disk or from memory (proc(5): rchar)."""
    words = Path("/proc/self/io").read_text().split()
    return int(words[words.index("rchar:") + 1])


@contextmanager
def counting(store: Store) -> Iterator[Counted]:
    """Count what happens meanwhile."""
    counted = Counted()
    real = {name: getattr(os, name) for name in ("stat", "lstat", "scandir")}

    def hear(*_about: object) -> None:
        counted.statements += 1

    def look(name: str) -> Callable[..., os.stat_result]:
        def one(*arguments: Any, **options: Any) -> os.stat_result:  # noqa: ANN401  as the real one
            counted.stats += 1
            status: os.stat_result = real[name](*arguments, **options)
            return status

        return one

    wrapped: dict[str, Any] = {name: look(name) for name in ("stat", "lstat")}
    wrapped["scandir"] = lambda path=".": _Folder(real["scandir"](path), counted)
    sa.event.listen(store.engine, "before_cursor_execute", hear)
    vars(os).update(wrapped)
    before = _read_so_far()
    try:
        yield counted
    finally:
        counted.bytes_read = _read_so_far() - before
        vars(os).update(real)
        sa.event.remove(store.engine, "before_cursor_execute", hear)


@dataclass
class _Scanned:
    """A library of so many films, scanned into a database of its own."""

    store: Store
    library: LibraryId
    scan: Scan

    async def once(self) -> None:
        await scan_once(self.store, self.scan, self.library)


@dataclass
class Stage:
    """What one stage came to, by the number of films."""

    counted: dict[int, Counted] = field(default_factory=dict)
    seconds: list[dict[int, float]] = field(default_factory=list)

    async def count(self, size: int, store: Store, work: Callable[[], Awaitable[Any]]) -> None:
        with counting(store) as self.counted[size]:
            await work()

    async def time(self, run: int, size: int, work: Callable[[], Awaitable[Any]]) -> None:
        """A first scan and the like happen once in each run, the others on what it left."""
        while len(self.seconds) <= run:
            self.seconds.append({})
        begun = time.perf_counter()
        await work()
        self.seconds[run][size] = (time.perf_counter() - begun) / size * 1000

    def figures(self) -> list[Figure]:
        what = (("SQL statements", "statements"), ("looks at files", "stats"), ("bytes read", "bytes_read"))
        found = []
        for name, attribute in what:
            per_item = {size: getattr(one, attribute) / size for size, one in self.counted.items()}
            found += comparison.growth(name, "", per_item, is_time=False)
        return found + comparison.growth("time", "ms", comparison.medians(self.seconds), is_time=True)


@contextmanager
def _scanned(work: Path, root: Path, prober: Prober) -> Iterator[_Scanned]:
    work.mkdir(parents=True)
    store = Store(sqlite_url(work / "metarr.db"))
    migrate.upgrade(store)
    library = store.write_now(lambda tx: libraries.add(tx, "Growth", LibraryKind.MOVIES, str(root)))
    try:
        yield _Scanned(store, library.id, Scan(Blobs(work / "cache"), prober))
    finally:
        store.close()


async def _scans(work: Path, sizes: list[int], runs: int) -> dict[str, list[Figure]]:
    first, again = Stage(), Stage()
    roots = {size: generate(work / str(size), size, 0, *_ALIKE, is_linked=False).resolve() for size in sizes}
    prober = Prober()
    try:
        for size, root in roots.items():
            with _scanned(work / f"counted{size}", root, prober) as one:
                await first.count(size, one.store, one.once)
                await again.count(size, one.store, one.once)
        for run in range(runs):
            for size, root in roots.items():
                with _scanned(work / f"timed{run}-{size}", root, prober) as one:
                    await first.time(run, size, one.once)
                    await again.time(run, size, one.once)
    finally:
        await prober.close()
    return {"first scan": first.figures(), "unchanged rescan": again.figures()}


async def _published(work: Path, sizes: list[int], runs: int) -> dict[str, list[Figure]]:
    """Everything is published and looked at once while it is counted, and then again and again."""
    first, again, looked = Stage(), Stage(), Stage()
    houses = {}
    for size in sizes:
        (work / str(size)).mkdir(parents=True)
        houses[size] = verify.House(work / str(size), size)
    try:
        for size, house in houses.items():
            await first.count(size, house.store, house.publish)
            await again.count(size, house.store, house.publish)
            await looked.count(size, house.store, house.verify)
        for run in range(runs):
            for size, house in houses.items():
                await again.time(run, size, house.publish)
                await looked.time(run, size, house.verify)
    finally:
        for house in houses.values():
            house.store.close()
    told = {"publish, first time": first.figures(), "publish, again": again.figures()}
    return {**told, "verify, quick": looked.figures()}


async def _all(work: Path, sizes: list[int], runs: int) -> dict[str, list[Figure]]:
    return {
        **await _scans(work / "scans", sizes, runs),
        **await _published(work / "published", sizes, runs),
    }


def measure(base: int, runs: int) -> dict[str, list[Figure]]:
    """Every stage at one, four and twenty times `base` films."""
    sys.modules["__main__"].__dict__.pop("__file__", None)  # probing processes import it otherwise, and all with it
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_all(Path(folder), [base * times for times in _TIMES], runs))
