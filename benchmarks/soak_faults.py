"""What goes wrong around the program during a soak: each fault lasts for a while, and is over at the block's end."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.demo.tmdb_server import Fault
from metarr.store import schema

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from metarr.demo.kodi_server import KodiServer
    from metarr.demo.tmdb_server import TmdbServer
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx

    Trouble = Callable[..., AbstractAsyncContextManager[None]]

_LOST_BLOBS = 10
_FAULTY = 0.5  # of a bad provider's answers
_MOUNT, _UNMOUNT = "mount", "umount"
_IMMUTABLE = "chattr"  # what holds root back, too
# By chance: how often a request of a provider goes wrong, and how.
_ANSWERS = (
    Fault(429, retry_after="1"),
    Fault(500),
    Fault(503),
    Fault(body="<html>no JSON</html>"),
    Fault(is_cut=True),
    Fault(delay=20.0),
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What faults are done to. `disk`: the films' own file system, small enough to be filled; None: there is none."""

    dice: random.Random
    tmdb: TmdbServer
    kodi: KodiServer
    store: Store
    blobs: Blobs
    films: Path
    shows: Path
    data: Path
    disk: Path | None

    @property
    def troubles(self) -> list[Trouble]:
        """Each is told how many seconds it will last."""
        outside: list[Trouble] = [self.bad_provider, self.dead_provider]
        outside += [self.player_off, self.player_slow, self.player_broken, self.player_busy]
        inside: list[Trouble] = [self.lost_cache, self.locked_database, self.forbidden_folder, self.gone_root]
        return [*outside, *inside, self.full_disk] if self.disk is not None else [*outside, *inside]

    # --- providers ----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def bad_provider(self, _seconds: float) -> AsyncIterator[None]:
        """Half of its answers are faulty, in every way."""
        self.tmdb.fault = lambda _path: self.dice.choice(_ANSWERS) if self.dice.random() < _FAULTY else None
        try:
            yield
        finally:
            self.tmdb.fault = lambda _path: None

    @asynccontextmanager
    async def dead_provider(self, _seconds: float) -> AsyncIterator[None]:
        """Nobody answers at its address."""
        await self.tmdb.__aexit__()
        try:
            yield
        finally:
            await self.tmdb.__aenter__()

    # --- the player ---------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def player_off(self, _seconds: float) -> AsyncIterator[None]:
        self.kodi.is_offline = True
        await self.kodi.hang_up()
        try:
            yield
        finally:
            self.kodi.is_offline = False

    @asynccontextmanager
    async def player_slow(self, _seconds: float) -> AsyncIterator[None]:
        self.kodi.delay = self.dice.choice((0.5, 2.0, 20.0))
        try:
            yield
        finally:
            self.kodi.delay = 0.0

    @asynccontextmanager
    async def player_broken(self, _seconds: float) -> AsyncIterator[None]:
        self.kodi.http_status = 500
        try:
            yield
        finally:
            self.kodi.http_status = None

    @asynccontextmanager
    async def player_busy(self, _seconds: float) -> AsyncIterator[None]:
        """Somebody watches a film."""
        self.kodi.is_playing = True
        try:
            yield
        finally:
            self.kodi.is_playing = False

    # --- this machine -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def lost_cache(self, _seconds: float) -> AsyncIterator[None]:
        """Some pictures and every preview are gone, as after a restore without the cache."""
        found = await self.store.read(_fetched)
        for sha256, extension in self.dice.sample(found, min(_LOST_BLOBS, len(found))):
            self.blobs.remove(sha256, extension)
        await asyncio.to_thread(shutil.rmtree, self.data / "thumbs", ignore_errors=True)
        yield

    @asynccontextmanager
    async def locked_database(self, seconds: float) -> AsyncIterator[None]:
        """Another program holds it."""
        hold = self._sqlite_held if self.store.is_sqlite else self._postgres_held
        release = asyncio.Event()
        with hold(), suppress(TimeoutError):
            await asyncio.wait_for(release.wait(), seconds)
        yield

    @contextmanager
    def _sqlite_held(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.data / "metarr.db", timeout=60, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    @contextmanager
    def _postgres_held(self) -> Iterator[None]:
        with self.store.engine.connect() as connection, connection.begin() as transaction:
            connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # which ends only ours
            connection.execute(sa.text("LOCK TABLE job, item IN ACCESS EXCLUSIVE MODE"))
            yield
            transaction.rollback()

    @asynccontextmanager
    async def forbidden_folder(self, _seconds: float) -> AsyncIterator[None]:
        """Nothing can be written into a show's folder."""
        folder = self.dice.choice([self.shows, *self.shows.iterdir()])
        is_root = os.geteuid() == 0
        forbid, allow = (
            (partial(_change, "+i"), partial(_change, "-i")) if is_root else (_writable(0o555), _writable(0o755))
        )
        forbid(folder)
        try:
            yield
        finally:
            allow(folder)

    @asynccontextmanager
    async def gone_root(self, _seconds: float) -> AsyncIterator[None]:
        """The shows' disk is not mounted."""
        away = self.shows.with_name("away")
        self.shows.rename(away)
        try:
            yield
        finally:
            away.rename(self.shows)

    @asynccontextmanager
    async def full_disk(self, _seconds: float) -> AsyncIterator[None]:
        """Not a byte is free where the films lie."""
        assert self.disk is not None
        filler = self.disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        try:
            yield
        finally:
            filler.unlink()


def _fetched(tx: Tx) -> list[Any]:
    """Pictures that a provider has as well."""
    kept = sa.select(schema.recycled.c.sha256)
    query = sa.select(schema.blob.c.sha256, schema.blob.c.extension)
    return list(tx.execute(query.where(schema.blob.c.origin == "provider", schema.blob.c.sha256.not_in(kept))))


def _change(how: str, folder: Path) -> None:
    subprocess.run([_IMMUTABLE, how, str(folder)], check=False, stderr=subprocess.DEVNULL)


def _writable(mode: int) -> Callable[[Path], None]:
    return lambda folder: folder.chmod(mode)


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path | None]:
    """A file system in memory at `place`, where this machine allows one."""
    place.mkdir()
    mount = [_MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    is_there = os.geteuid() == 0 and subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield place if is_there else None
    finally:
        if is_there:
            subprocess.run([_UNMOUNT, "-l", str(place)], check=True)
