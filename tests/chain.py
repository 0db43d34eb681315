"""A complete installation in a temporary folder: store, cache, TMDB and Kodi doubles, all phases and a worker."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import stat
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from zlib import crc32

import sqlalchemy as sa
from PIL import Image
from pydantic import SecretStr

from metarr import notifiers, providers
from metarr.actions import players
from metarr.demo.catalogue import FILMS, Film
from metarr.demo.kodi_server import KodiServer
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import TmdbServer
from metarr.jobs import conditions, desk, ledger
from metarr.jobs.wake import listening
from metarr.library.files import Permissions
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import ItemKind, LibraryKind
from metarr.phases.clean import Clean
from metarr.phases.enrich.asking import kinds_of
from metarr.phases.enrich.images import ImageClient
from metarr.phases.enrich.phase import Enrich
from metarr.phases.notify.phase import Notify
from metarr.phases.publish import Publish
from metarr.phases.scan.phase import Scan
from metarr.phases.sync.phase import Sync
from metarr.phases.verify import Verify
from metarr.providers.base import Surroundings
from metarr.store import facts, health, items, libraries, schema, settings
from metarr.store import players as stored_players
from metarr.store.blobs import Blobs
from metarr.store.db import JOBS, Store, after, sqlite_url
from metarr.store.sealed import Vault
from metarr.store.thumbs import Thumbs
from metarr.worker import Worker
from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metarr.model.media import Item, Library
    from metarr.phases.base import Phase
    from metarr.phases.scan.probe import Prober
    from metarr.providers.base import Connection
    from metarr.store.db import Tx

T = TypeVar("T")
_SOON = timedelta(seconds=0.5)  # a player is not told more often than so many times a minute
_COMMIT = "commit"
_PICTURE = (80, 120)  # pixels: small, so that tests are quick
FILM = FILMS[0]
AUTOMATIC: Mapping[str, Any] = {"enrichment": {"autoSelectAssets": True}, "playerSync": {"autoSync": True}}


@dataclass(frozen=True)
class Setup:
    """What differs between installations. `key` None: the one that TMDB accepts."""

    films: Sequence[Film] = FILMS
    key: str | None = None
    phase_config: Mapping[str, Any] = field(default_factory=lambda: AUTOMATIC)
    is_confirmed: bool = True
    has_player: bool = True
    kodi_password: str | None = None
    providers: Mapping[str, Connection] = field(default_factory=dict)  # beside TMDB, or in its place


class AnnouncingStore(Store):
    """Tells of every commit, so that a test can wait for what it wants to see."""

    async def write(self, body: Callable[[Tx], T], *, is_urgent: bool = False) -> T:
        result = await super().write(body, is_urgent=is_urgent)
        self.hear(_COMMIT)
        return result


class Chain:
    """`async with Chain(tmp_path, database, prober) as chain:`; jobs run from then on."""

    def __init__(self, base: Path, database: Path, prober: Prober, setup: Setup) -> None:
        self.root = base / "library"
        self.root.mkdir(parents=True)
        copy = base / "metarr.db"
        copy.write_bytes(database.read_bytes())
        self.store = AnnouncingStore(sqlite_url(copy))
        self.blobs = Blobs(base / "cache")
        self.thumbs = Thumbs(base / "thumbs", self.blobs)
        self.tmdb = TmdbServer(setup.films, SHOWS, images=small_picture)
        self.kodi = KodiServer(self.root, password=setup.kodi_password)
        self.phases: dict[JobKind, Phase[Any]] = {}
        self.library: Library
        self.images: ImageClient
        self.patience = PATIENCE
        self._prober = prober
        self._setup = setup
        self._stack = AsyncExitStack()
        self._worker: Worker
        self._work: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._stack.callback(self.store.close)
        await self._stack.enter_async_context(self.tmdb)
        await self._stack.enter_async_context(self.kodi)
        provider = providers.PROVIDERS["tmdb"]
        chosen = {
            "url": self.tmdb.url,
            "image_url": self.tmdb.image_url,
            "api_key": SecretStr(self._setup.key or self.tmdb.key),
        }
        connection = provider.build(provider.settings_model.model_validate(chosen), Surroundings())
        self._stack.push_async_callback(connection.close)
        self._providers = {"tmdb": connection, **self._setup.providers}
        self.images = images = ImageClient([self.tmdb.image_url])
        self._stack.push_async_callback(images.close)
        permissions = Permissions()
        phases: Sequence[Phase[Any]] = (
            Scan(self.blobs, self._prober),
            Enrich(self._providers, self.blobs, images),
            Publish(self.blobs, permissions),
            Sync(players.connector(Vault())),
            Verify(self.blobs, permissions),
            Notify(notifiers.build, Vault(), self.blobs),
            Clean(self.blobs, self.thumbs),
        )
        self.phases |= {phase.kind: phase for phase in phases}
        self.library = await self.store.write(self._furnish)
        self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._worker.stop()
        await self._work
        await self._stack.aclose()

    def _furnish(self, tx: Tx) -> Library:
        library = libraries.add(tx, "Movies", LibraryKind.MOVIES, str(self.root))
        if self._setup.is_confirmed:
            libraries.confirm(tx, library.id)
        facts.save_providers(tx, {name: kinds_of(one) for name, one in self._providers.items()})
        settings.change(tx, "phase_config", self._setup.phase_config)
        settings.change(tx, "player_sync", {"settleSeconds": 0, "gatherSeconds": 0, "updatesPerMinute": 6000})
        if self._setup.has_player:
            stored_players.save(tx, "kodi", "kodi", {"url": self.kodi.url, "tcp_port": self.kodi.tcp_port})
        return library

    def _start(self) -> None:
        self._worker = Worker(self.store, self.phases, conditions.current)
        self._work = asyncio.create_task(self._worker.run())

    async def restart(self) -> None:
        """As when the program is stopped in the middle: what runs is cancelled and handed back, then it starts anew."""
        self._work.cancel()
        await asyncio.wait([self._work])
        self._start()

    # --- asking for work ----------------------------------------------------------------------------------------------

    async def scan(self, path: str | None = None, *, is_accepted: bool = False) -> sa.RowMapping:
        """Scan the library (or a folder), and let everything that follows end. Returns the scan's job."""
        return await self.run(self.new_scan(path, is_accepted=is_accepted))

    def new_scan(self, path: str | None = None, *, is_accepted: bool = False) -> NewJob:
        return NewJob(
            JobKind.SCAN,
            Priority.USER,
            library_id=self.library.id,
            payload={} if path is None else {"path": path},
            is_bulk=path is None,
            is_forced=is_accepted,
        )

    async def verify(self, *, is_deep: bool = False) -> sa.RowMapping:
        return await self.run(self.new_verification(is_deep=is_deep))

    def new_verification(self, *, is_deep: bool = False) -> NewJob:
        payload = {"deep": True} if is_deep else {}
        return NewJob(JobKind.VERIFY, Priority.VERIFICATION, library_id=self.library.id, payload=payload, is_bulk=True)

    async def run_item(self, kind: JobKind, item: Item, **more: Any) -> sa.RowMapping:
        return await self.run(NewJob(kind, Priority.USER, item_id=item.id, library_id=self.library.id, **more))

    async def run(self, new: NewJob) -> sa.RowMapping:
        job_id = await self.store.write(lambda tx: ledger.submit(tx, new))
        await self.drain()
        return await self.store.read(lambda tx: desk.get(tx, job_id))

    async def drain(self) -> None:
        """Return when no job runs and none is ready; what waits for a later time is left."""
        await self.until(lambda tx: not is_busy(tx))

    async def until(self, is_true: Callable[[Tx], bool]) -> None:
        """Return when something holds, which is looked at after every commit."""
        with listening(self.store, _COMMIT) as wake:
            async with asyncio.timeout(self.patience):
                while not await self.store.read(is_true):
                    await wake.wait(self.patience)

    async def later(self, minutes: float = 10) -> None:
        """Let time pass, and let what was waiting for it end."""
        self.store.skew += timedelta(minutes=minutes)
        self.store.hear(JOBS)
        await self.drain()

    # --- looking ------------------------------------------------------------------------------------------------------

    async def jobs(self) -> list[sa.RowMapping]:
        """Every job, oldest first."""
        return list(reversed(await self.store.read(lambda tx: desk.page(tx, limit=10_000))))

    async def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        query = sa.select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in await self.store.read(lambda tx: tx.rows(query))]

    async def items(self) -> list[Item]:
        """Every item that has files, also the missing ones, by folder. Movie sets are left out."""
        ids = [row["id"] for row in await self.rows(schema.item) if row["kind"] != ItemKind.COLLECTION]
        found = [await self.item(item_id) for item_id in ids]
        return sorted(found, key=lambda item: item.place or "")

    async def item(self, item_id: int) -> Item:
        return await self.store.read(lambda tx: items.get(tx, item_id))

    async def only(self) -> Item:
        (item,) = await self.items()
        return item

    async def causes(self) -> dict[str, str]:
        """The health lines."""
        return {row["cause"]: row["message"] for row in await self.store.read(health.lines)}

    async def change(self, section: str, patch: Mapping[str, Any]) -> None:
        await self.store.write(lambda tx: settings.change(tx, section, patch))

    async def state(self) -> dict[str, Any]:
        """All that a workflow leaves behind, without what differs between two equal runs: ids, times, jobs, inodes."""
        places = {row["id"]: row["place"] for row in await self.rows(schema.item)}
        tables: dict[str, list[Any]] = {}
        for table in _KEPT:
            rows = [
                {name: value for name, value in row.items() if name not in _PASSING}
                | ({"item": places.get(row["item_id"])} if "item_id" in row else {})
                for row in await self.rows(table)
            ]
            tables[table.name] = sorted(rows, key=repr)
        return {**tables, "files": contents(self.root)}


_KEPT = (
    schema.item,
    schema.external_id,
    schema.media_file,
    schema.blob,
    schema.candidate,
    schema.choice,
    schema.person,
    schema.credit,
    schema.published_file,
    schema.recycled,
    schema.review,
    schema.said,
    schema.player_state,
    schema.health,
)
_PASSING = frozenset(
    {
        *("id", "item_id", "file_id", "person_id", "player_id", "library_id", "job_id", "candidate_id", "parent_id"),
        *("created_at", "enriched_at", "chosen_at", "published_at", "recycled_at", "at", "since", "seen_at", "said_at"),
        *("changed_at", "waiting_since", "asked_at", "answered_at", "told_line", "told"),  # the last holds whole paths
        *("mtime_ns", "inode", "missing_since", "delete_after"),
        *("revision", "published_revision", "disk_revision", "synced_revision", "detail"),
    }
)


def is_busy(tx: Tx) -> bool:
    """Whether a job runs, or could in this moment or the next."""
    job = schema.job
    is_ready = sa.and_(job.c.state == "pending", sa.or_(job.c.run_at.is_(None), job.c.run_at <= after(_SOON)))
    query = sa.select(job.c.id).where(sa.or_(job.c.state == "running", is_ready)).limit(1)
    return tx.one(query) is not None


@lru_cache
def small_picture(name: str) -> bytes:
    """A picture of its own for every name, small enough for tests."""
    source = random.Random(crc32(name.encode()))
    coarse = Image.frombytes("RGB", (8, 12), source.randbytes(8 * 12 * 3))
    sent = io.BytesIO()
    coarse.resize(_PICTURE).save(sent, "PNG" if name.endswith(".png") else "JPEG")
    return sent.getvalue()


Snapshot = dict[bytes, tuple[Any, ...]]


def snapshot(root: Path) -> Snapshot:
    """Every name below a folder with what lies there: kind, size, mtime, inode, owner, mode and bytes."""
    found: Snapshot = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in (*folders, *files):
            path = os.path.join(folder, name)  # noqa: PTH118  bytes
            status = os.lstat(path)
            is_file = stat.S_ISREG(status.st_mode)
            figures = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino, status.st_nlink)
            found[os.path.relpath(path, os.fsencode(root))] = (*figures, _digest(path) if is_file else None)
    return found


def contents(root: Path) -> dict[bytes, str | None]:
    """The bytes of every file below a folder."""
    return {path: figures[-1] for path, figures in snapshot(root).items() if stat.S_ISREG(figures[0])}


def _digest(path: bytes) -> str:
    with open(path, "rb") as file:  # noqa: PTH123  bytes
        return hashlib.file_digest(file, "sha256").hexdigest()


def name_of(film: Film) -> str:
    return f"{film.title} ({film.year})"
