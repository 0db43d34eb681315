"""A player in memory, and an installation of one library that tells such players: for tests of the sync phase."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.jobs import desk, ledger
from metarr.jobs.policy import Conditions
from metarr.model.media import (
    ExternalIds,
    FileRole,
    Identity,
    ItemId,
    ItemKind,
    LibraryId,
    LibraryKind,
    MediaFile,
    Metadata,
)
from metarr.phases.sync.phase import Sync
from metarr.players.base import Activity, Checked, Confirmation
from metarr.store import files, items, libraries, players, schema, settings
from metarr.store.db import JOBS, after
from metarr.worker import Worker
from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

    from metarr.model.job import NewJob
    from metarr.model.play import PlayState
    from metarr.players.base import Change, Memory
    from metarr.store.db import Store, Tx
    from metarr.store.players import PlayerRow

SWIFT = {"settleSeconds": 0, "gatherSeconds": 0, "updatesPerMinute": 6000}


@dataclass
class Listener:
    """Takes everything in, and shows it. `fault` is raised once asked; `misses` are items that it never shows."""

    name: str
    told: list[list[Change]] = field(default_factory=list)
    by_hand: list[bool] = field(default_factory=list)
    fault: Exception | None = None
    plays: Exception | None = None  # raised unless a person asks
    misses: set[int] = field(default_factory=set)
    art: frozenset[str] = frozenset({"poster"})
    shows: dict[str, int] = field(default_factory=dict)  # video -> item
    states: dict[str, PlayState] = field(default_factory=dict)
    step: Callable[[], Any] | None = None
    closed: int = 0

    async def sync(
        self, changes: Sequence[Change], memory: Memory, *, is_manual: bool = False
    ) -> tuple[Confirmation, ...]:
        await self._stop()
        if self.fault is not None:
            raise self.fault
        if self.plays is not None and not is_manual:
            raise self.plays
        await self._repair(memory)
        self.told.append(list(changes))
        self.by_hand.append(is_manual)
        at_risk = {video: self.states[video] for one in changes for video in one.videos if video in self.states}
        await memory.remember(at_risk)
        for video in at_risk:
            del self.states[video]
        await self._stop()
        for change in changes:
            self._take(change)
        await self._repair(memory)
        return tuple(self._answer(change) for change in changes)

    async def _repair(self, memory: Memory) -> None:
        kept = await memory.recall()
        self.states |= kept
        await memory.forget(list(kept))

    def _take(self, change: Change) -> None:
        for video in change.videos:
            if change.is_removed:
                self.shows.pop(video, None)
            else:
                self.shows[video] = change.item_id

    def _answer(self, change: Change) -> Confirmation:
        seen = change.item_id not in self.misses and not change.is_removed
        return Confirmation(change.item_id, seen, self.art if seen else frozenset(), "seen" if seen else "not there")

    async def _stop(self) -> None:
        if self.step is not None:
            await self.step()

    async def activity(self) -> Activity:
        return Activity.IDLE

    async def check(self) -> tuple[Checked, ...]:
        return (Checked("address", is_well=True, message="it answers"),)

    async def sees(self, folders: Sequence[str]) -> Mapping[str, bool]:
        return dict.fromkeys(folders, True)

    async def close(self) -> None:
        self.closed += 1

    @property
    def items(self) -> list[list[int]]:
        """The items of each telling."""
        return [[one.item_id for one in changes] for changes in self.told]


class House:
    """A library with players that listen. The clock is the test's: `later` lets time pass."""

    def __init__(self, store: Store, *names: str, pace: Mapping[str, Any] | None = None, **phase: bool) -> None:
        self.store = store
        self.players = {name: Listener(name) for name in names}
        self._kept: dict[str, int] = {}
        store.write_now(lambda tx: self._furnish(tx, pace or SWIFT, phase))

    def _furnish(self, tx: Tx, pace: Mapping[str, Any], phase: Mapping[str, bool]) -> None:
        self.library_id = libraries.add(tx, "Movies", LibraryKind.MOVIES, "/media/movies").id
        settings.change(tx, "phase_config", {"playerSync": {"autoSync": True, **phase}})
        settings.change(tx, "player_sync", pace)
        for name in self.players:
            self._kept[name] = players.save(tx, name, "kodi", {"url": "http://127.0.0.1:9"})

    def id_of(self, name: str) -> int:
        return self._kept[name]

    def connect(self, row: PlayerRow) -> Listener:
        return self.players[row.name]

    def movie(self, title: str, *names: str, library_id: LibraryId | None = None) -> ItemId:
        """A movie that lies in the library, by the names of its videos (its title's, by itself)."""
        return self.store.write_now(lambda tx: self._movie(tx, library_id or self.library_id, title, names))

    def _movie(self, tx: Tx, library_id: LibraryId, title: str, names: Sequence[str]) -> ItemId:
        item = items.add(tx, library_id, ItemKind.MOVIE, title, title)
        ids = ExternalIds(tmdb=item.id)
        items.save_metadata(tx, item, Metadata(title=title, year=1995, ids=ids), {}, Identity.IDENTIFIED)
        self._put(tx, library_id, item.id, [f"{title}/{name}" for name in names or (f"{title}.mkv",)])
        items.mark_published(tx, item.id, items.get(tx, item.id).revision)
        return item.id

    @staticmethod
    def _put(tx: Tx, library_id: LibraryId, item_id: ItemId, paths: Sequence[str]) -> None:
        found = [(MediaFile(path, FileRole.VIDEO, 100, "", 1, 1, 1), None) for path in paths]
        files.replace(tx, library_id, item_id, found)

    def put(self, item_id: ItemId, *paths: str) -> None:
        """These are the item's videos now."""

        def change(tx: Tx) -> None:
            self._put(tx, items.get(tx, item_id).library_id, item_id, paths)
            items.touch_disk(tx, item_id)

        self.store.write_now(change)

    def touch(self, *item_ids: ItemId) -> None:
        def change(tx: Tx) -> None:
            for one in item_ids:
                items.touch_disk(tx, one)

        self.store.write_now(change)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Jobs run while the block runs."""
        worker = Worker(self.store, {Sync.kind: Sync(self.connect)}, self.conditions)
        task = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            worker.stop()
            async with asyncio.timeout(PATIENCE):
                await task

    @staticmethod
    def conditions(tx: Tx) -> Conditions:
        return Conditions(settings.load(tx), {}, players.any_enabled(tx))

    async def run(self, *new: NewJob) -> list[sa.RowMapping]:
        """Submit jobs at once, and let everything end that can; returns them."""
        ids = await self.store.write(lambda tx: [ledger.submit(tx, one) for one in new])
        async with self.at_work():
            await self.drain()
        return [await self.store.read(lambda tx, one=one: desk.get(tx, one)) for one in ids]  # type: ignore[misc]

    async def later(self, **time: float) -> None:
        """Let time pass, and let what was waiting for it end."""
        self.store.skew += timedelta(**time)
        async with self.at_work():
            await self.drain()

    async def drain(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.store.read(_is_busy):
                self.store.hear(JOBS)
                await asyncio.sleep(0.01)

    def rows(self, table: sa.Table = schema.player_state) -> list[dict[str, Any]]:
        query = sa.select(table).order_by(*table.primary_key.columns)
        return self.store.write_now(lambda tx: [dict(row) for row in tx.rows(query)])

    def states(self, name: str) -> list[str]:
        """What a player shows of each item, by item."""
        mine = self.id_of(name)
        return [row["state"] for row in self.rows() if row["player_id"] == mine]

    def causes(self) -> Collection[str]:
        return {row["cause"] for row in self.rows(schema.health)}


def _is_busy(tx: Tx) -> bool:
    job = schema.job
    is_ready = sa.and_(job.c.state == "pending", sa.or_(job.c.run_at.is_(None), job.c.run_at <= after(_SOON)))
    return tx.one(sa.select(job.c.id).where(sa.or_(job.c.state == "running", is_ready)).limit(1)) is not None


_SOON = timedelta(seconds=0.3)
