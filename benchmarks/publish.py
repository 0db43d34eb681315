"""Publishing many films at once: how long it takes, what it costs, and that doing it again writes nothing.

    python benchmarks/publish.py [films] [folder]

A library whose films are enriched (an NFO, seven pictures and three actors each: twelve files) is made in a folder of
its own, on the disk where it shall be measured; then a real worker publishes every film, and every film once more.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from figures import Figure, Statements, cpu, show
from machine import bare_copies
from working import ended, working

from metarr.jobs import ledger
from metarr.jobs.policy import Conditions
from metarr.library.files import Permissions
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import (
    CastMember,
    ExternalIds,
    FileRole,
    Identity,
    ItemKind,
    LibraryKind,
    MediaFile,
    Metadata,
)
from metarr.phases.publish import Publish
from metarr.settings import Settings
from metarr.store import artwork, files, items, libraries, migrate, people, schema
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from metarr.store.disk import Disk
from metarr.store.items import NewItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from metarr.model.media import ItemId, Library
    from metarr.store.db import Tx

_FILMS = 1000
_BARE = 200  # films of the limit
_SIZES = {
    ArtworkKind.POSTER: 150_000,
    ArtworkKind.FANART: 250_000,
    ArtworkKind.BANNER: 60_000,
    ArtworkKind.LANDSCAPE: 60_000,
    ArtworkKind.CLEARLOGO: 30_000,
    ArtworkKind.CLEARART: 30_000,
    ArtworkKind.DISCART: 30_000,
}  # bytes
_ACTORS, _HEAD = 3, 15_000  # actors of a film; bytes of a picture of one
_FILES = 1 + len(_SIZES) + 1 + _ACTORS  # an NFO, and the landscape under a second name
_NOW = Conditions(Settings(), providers={}, can_sync=False)


class House:
    """A library on a disk, with what enrichment has left in the database and the cache."""

    def __init__(self, base: Path, films: int, store: Store) -> None:
        self.films = films
        self.root = base / "Movies"
        self.store = store
        migrate.upgrade(self.store)
        self.blobs = Blobs(base / "cache")
        self.library = self.store.write_now(self._found)
        self.items = [self._furnish(number) for number in range(films)]
        os.sync()

    def _found(self, tx: Tx) -> Library:
        self.root.mkdir()
        library = libraries.add(tx, "Movies", LibraryKind.MOVIES, str(self.root))
        libraries.confirm(tx, library.id)
        return library

    def _furnish(self, number: int) -> ItemId:
        name = f"Film {number} ({1950 + number % 70})"
        video = self.root / name / f"{name}.mkv"
        video.parent.mkdir()
        video.write_bytes(b"video")
        pictures = {kind: self._blob(size) for kind, size in _SIZES.items()}
        heads = [self._blob(_HEAD) for _ in range(_ACTORS)]
        return self.store.write_now(lambda tx: self._record(tx, number, video, pictures, heads))

    def _blob(self, size: int) -> Blob:
        """Not synced, which would take most of the time and is not measured."""
        data = os.urandom(size)
        stored = Blobs(self.blobs.root, Disk(fsync=lambda _handle: None)).put(data, "jpg")
        return Blob(stored.sha256, "jpg", size, BlobOrigin.PROVIDER)

    def _record(
        self, tx: Tx, number: int, video: Path, pictures: dict[ArtworkKind, Blob], heads: Sequence[Blob]
    ) -> ItemId:
        name, status = video.parent.name, video.stat()
        cast = tuple(
            CastMember(
                f"Actor {number} {place}", f"Role {place}", place, number * 10 + place, f"http://x/{number}/{place}"
            )
            for place in range(_ACTORS)
        )
        told = Metadata(
            title=f"Film {number}",
            year=1950 + number % 70,
            plot="A plot. " * 40,
            ids=ExternalIds(tmdb=number + 1),
            cast=cast,
        )
        item_id = items.create(
            tx, NewItem(self.library.id, ItemKind.MOVIE, name, name, told, identity=Identity.IDENTIFIED)
        )
        details = {"video": [{"codec": "h264", "width": 1920, "height": 1080}]}
        path = f"{name}/{video.name}"
        file = MediaFile(path, FileRole.VIDEO, 100, "main", status.st_size, status.st_mtime_ns, status.st_ino, details)
        files.add(tx, self.library.id, item_id, [(file, None)])
        people.save_credits(tx, item_id, told)
        for actor, head in zip(cast, heads, strict=True):
            artwork.add_blob(tx, head)
            people.save_portrait(tx, actor.portrait_url or "", head.sha256)
        for kind, blob in pictures.items():
            artwork.add_blob(tx, blob)
            artwork.choose(tx, item_id, Selection(kind, 1, blob.sha256, "jpg", ChosenBy.AUTO))
        return item_id

    def order(self) -> None:
        """Every film is to be published, as one bulk order."""
        jobs = [
            NewJob(
                JobKind.PUBLISH,
                Priority.AUTOMATED,
                item_id=one,
                library_id=self.library.id,
                is_bulk=True,
                is_alone=True,
            )
            for one in self.items
        ]
        self.store.write_now(lambda tx: ledger.submit_many(tx, jobs))

    def written(self) -> int:
        """How many files lie beside the videos."""
        return sum(len(names) for _, _, names in os.walk(self.root)) - self.films

    def failed(self) -> int:
        query = sa.select(sa.func.count()).where(schema.job.c.state != "completed")
        return int(self.store.write_now(lambda tx: tx.execute(query).scalar_one()))


def publishing(store: Store, cache: Path) -> AbstractAsyncContextManager[None]:
    """A worker publishes meanwhile."""
    return working(store, Publish(Blobs(cache), Permissions()), told=lambda _tx: _NOW)


async def _measure(base: Path, films: int) -> list[Figure]:
    store = Store(sqlite_url(base / "metarr.db"))
    counted = Statements(store)
    house = House(base, films, store)
    try:
        first, cpu, statements = await _timed(house, counted)
        if house.failed() or house.written() != films * _FILES:
            raise SystemExit(f"{house.failed()} jobs failed, {house.written()} of {films * _FILES} files were written")
        before = _stamps(house.root)
        again, cpu_again, statements_again = await _timed(house, counted)
        changed = len(set(_stamps(house.root)) ^ set(before))
    finally:
        store.close()
    return [
        Figure(f"{films:,} films of {_FILES} files", films / first * 60, "films/min", 2500, is_more_better=True),
        Figure("the same", first, "s"),
        Figure("CPU per film", cpu / films * 1000, "ms"),
        Figure("SQL statements per film", statements / films, ""),
        Figure("again, all of them", again, "s", 2.0 * films / 1000),
        Figure("CPU per film, again", cpu_again / films * 1000, "ms"),
        Figure("SQL statements per film, again", statements_again / films, ""),
        Figure("files written or touched, again", changed, "", 0),
    ]


async def _timed(house: House, counted: Statements) -> tuple[float, float, int]:
    """Seconds, CPU seconds and SQL statements."""
    statements, spent = counted.count, cpu()
    begun = time.perf_counter()
    house.order()
    async with publishing(house.store, house.blobs.root):
        await ended(house.store)
    return time.perf_counter() - begun, cpu() - spent, counted.count - statements


def _stamps(root: Path) -> list[tuple[str, int, int]]:
    paths = (Path(folder) / name for folder, _, names in os.walk(root) for name in (*names, "."))
    return [(str(path), path.stat().st_mtime_ns, path.stat().st_ino) for path in paths]


def _bare_publishing(base: Path, films: int) -> float:
    """Films a minute, if publishing were nothing but twelve synced copies, one film after another."""
    source = base / "source"
    source.mkdir()
    pictures = [*_SIZES.values(), _SIZES[ArtworkKind.LANDSCAPE], *[_HEAD] * _ACTORS, _HEAD]
    for number, size in enumerate(pictures):
        (source / str(number)).write_bytes(os.urandom(size))
    files = sorted(source.iterdir())
    spent = sum(bare_copies(files, base / "bare" / str(number)) for number in range(films))
    return films / spent * 60


def against_goals(work: Path, size: int) -> list[Figure]:
    """A row of the goals' table."""
    first, *rest = asyncio.run(_measure(work, size))
    return [replace(first, limit=_bare_publishing(work, min(size, _BARE))), *rest]


def main(arguments: Sequence[str]) -> None:
    """Measure and print a table."""
    films = int(arguments[0]) if arguments else _FILMS
    base = Path(tempfile.mkdtemp(dir=arguments[1] if len(arguments) > 1 else None))
    try:
        figures = asyncio.run(_measure(base, films))
    finally:
        shutil.rmtree(base)
    show("publishing", figures)


if __name__ == "__main__":
    main(sys.argv[1:])
