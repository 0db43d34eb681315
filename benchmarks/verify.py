"""Verification against its goal: a quick look at a library of 10,000 published movies takes no more than 10 seconds.

    python benchmarks/verify.py [films] [folder]

A library whose films are enriched (an NFO and eleven small pictures each) is made and really published. Then it is
verified: quickly, deeply, and after one film in a hundred was injured. A thousand random injuries:
`pytest tests/phases/test_injuries.py --long`.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import Figure, show
from machine import bare_stats
from working import ended, working

from metarr.jobs import desk, ledger
from metarr.jobs.policy import Conditions
from metarr.library.files import Permissions
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import ExternalIds, FileRole, Identity, ItemKind, LibraryKind, MediaFile, Metadata
from metarr.phases.publish import Publish
from metarr.phases.verify import Verify
from metarr.settings import Settings
from metarr.store import artwork, files, items, libraries, migrate
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from metarr.store.disk import Disk
from metarr.store.items import NewItem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from metarr.model.job import JobId
    from metarr.model.media import ItemId, Library
    from metarr.phases.base import Phase
    from metarr.store.db import Tx

_FILMS = 10_000
_GOAL = 10.0  # seconds for that many
_INJURED = 100  # one film in so many
_SIZE = 1_000  # bytes of a picture; only a deep look reads them
_SLOTS = (
    *((kind, 0) for kind in ArtworkKind if kind not in {ArtworkKind.THUMB, ArtworkKind.LANDSCAPE}),
    *((ArtworkKind.POSTER, rank) for rank in (1, 2, 3)),
)
_FILES = 1 + len(_SLOTS)
_NOW = Conditions(Settings(), providers={}, can_sync=False)


class House:
    """A library on a disk, with what enrichment has left in the database and the cache."""

    def __init__(self, base: Path, films: int) -> None:
        self.root = base / "Movies"
        self.root.mkdir()
        self.store = Store(sqlite_url(base / "metarr.db"))
        migrate.upgrade(self.store)
        self.blobs = Blobs(base / "cache", Disk(fsync=lambda _handle: None))  # syncing is no part of verification
        self.library = self.store.write_now(self._found)
        self.items = [self._furnish(number) for number in range(films)]
        permissions = Permissions()
        self._phases: tuple[Phase[Any], ...] = (Publish(self.blobs, permissions), Verify(self.blobs, permissions))

    def _found(self, tx: Tx) -> Library:
        library = libraries.add(tx, "Movies", LibraryKind.MOVIES, str(self.root))
        libraries.confirm(tx, library.id)
        return library

    def _furnish(self, number: int) -> ItemId:
        name = f"Film {number} ({1950 + number % 70})"
        video = self.root / name / f"{name}.mkv"
        video.parent.mkdir()
        video.write_bytes(b"video")
        stored = self.blobs.put_many([(os.urandom(_SIZE), "jpg") for _ in _SLOTS])
        blobs = [Blob(one.sha256, "jpg", _SIZE, BlobOrigin.PROVIDER) for one in stored]
        return self.store.write_now(lambda tx: self._record(tx, number, video, blobs))

    def _record(self, tx: Tx, number: int, video: Path, blobs: Sequence[Blob]) -> ItemId:
        name, status = video.parent.name, video.stat()
        told = Metadata(title=f"Film {number}", plot="A plot. " * 40, ids=ExternalIds(tmdb=number + 1))
        new = NewItem(self.library.id, ItemKind.MOVIE, name, name, told, identity=Identity.IDENTIFIED)
        item_id = items.create(tx, new)
        path = f"{name}/{video.name}"
        file = MediaFile(path, FileRole.VIDEO, 100, "main", status.st_size, status.st_mtime_ns, status.st_ino, {})
        files.add(tx, self.library.id, item_id, [(file, None)])
        for (kind, rank), blob in zip(_SLOTS, blobs, strict=True):
            artwork.add_blob(tx, blob)
            artwork.choose(tx, item_id, Selection(kind, rank, blob.sha256, "jpg", ChosenBy.AUTO))
        return item_id

    async def publish(self) -> int:
        """Every film. Returns how many files lie beside the videos."""
        jobs = [
            NewJob(JobKind.PUBLISH, Priority.AUTOMATED, one, self.library.id, is_bulk=True, is_alone=True)
            for one in self.items
        ]
        self.store.write_now(lambda tx: ledger.submit_many(tx, jobs))
        await self._work()
        return sum(len(names) for _, _, names in os.walk(self.root)) - len(self.items)

    async def verify(self, *, is_deep: bool = False) -> tuple[float, dict[str, Any]]:
        """Seconds from its submission to its end, and the job's figures."""
        payload = {"deep": True} if is_deep else {}
        new = NewJob(JobKind.VERIFY, Priority.USER, library_id=self.library.id, payload=payload, is_bulk=True)
        begun = time.perf_counter()
        job_id: JobId = self.store.write_now(lambda tx: ledger.submit(tx, new))
        await self._work()
        seconds = time.perf_counter() - begun
        job = self.store.write_now(lambda tx: desk.get(tx, job_id))
        if job["state"] != "completed":
            raise SystemExit(f"the verification ended as {job['state']}: {job['message']}")
        return seconds, dict(job["result"])

    async def _work(self) -> None:
        """Until nothing is open."""
        async with working(self.store, *self._phases, told=lambda _tx: _NOW):
            await ended(self.store)

    def injure(self) -> int:
        """Delete the NFO of one film in a hundred. Returns how many."""
        chosen = sorted(self.root.glob("*/*.nfo"))[::_INJURED]
        for path in chosen:
            path.unlink()
        return len(chosen)


@asynccontextmanager
async def _published(base: Path, films: int) -> AsyncIterator[House]:
    """Every file of every film."""
    house = House(base, films)
    try:
        written = await house.publish()
        if written != films * _FILES:
            raise SystemExit(f"{written} of {films * _FILES} files were published")
        yield house
    finally:
        house.store.close()


async def _quick(base: Path, films: int) -> list[Figure]:
    async with _published(base, films) as house:
        quick, clean = await house.verify()
    return [
        Figure("quick, nothing changed", quick, "s", _GOAL * films / _FILMS),
        Figure("differences in it", clean["found"], "", 0),
    ]


def against_goals(work: Path, size: int) -> list[Figure]:
    """A row of the goals' table. Nobody is quicker than a `stat` of each file and of its blob."""
    quick, *rest = asyncio.run(_quick(work, size))
    return [replace(quick, limit=bare_stats(work / "Movies", work / "cache")), *rest]


async def _measure(base: Path, films: int) -> list[Figure]:
    async with _published(base, films) as house:
        quick, clean = await house.verify()
        deep, _ = await house.verify(is_deep=True)
        skipping, _ = await house.verify(is_deep=True)
        injured = house.injure()
        repairing, repaired = await house.verify()
        again, rest = await house.verify()
    return [
        Figure(f"quick, {films:,} films of {_FILES} files", quick, "s", _GOAL * films / _FILMS),
        Figure("differences in it", clean["found"], "", 0),
        Figure("deep, small files", deep, "s"),
        Figure("deep, all read this week", skipping, "s", _GOAL * films / _FILMS),
        Figure(f"quick, {injured} NFOs deleted", repairing, "s"),
        Figure("repaired", repaired["repaired"], "", injured),
        Figure("quick again", again, "s", _GOAL * films / _FILMS),
        Figure("differences in it", rest["found"], "", 0),
        Figure("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, "MB"),
    ]


def main(arguments: Sequence[str]) -> None:
    """Measure and print a table."""
    films = int(arguments[0]) if arguments else _FILMS
    base = Path(tempfile.mkdtemp(dir=arguments[1] if len(arguments) > 1 else None))
    try:
        figures = asyncio.run(_measure(base, films))
    finally:
        shutil.rmtree(base)
    show("verification", figures)


if __name__ == "__main__":
    main(sys.argv[1:])
