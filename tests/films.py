"""A film with the owner's NFO beside it, published step by step without a worker."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from metarr.demo.clip import tiny_clip
from metarr.library import edits, files, placement, undo
from metarr.library.files import Permissions
from metarr.library.placement import Placed
from metarr.library.undo import Touched
from metarr.library.wanted import gather
from metarr.model.job import JobId
from metarr.model.media import FileRole, Identity, ItemId, ItemKind, LibraryKind, MediaFile, Metadata
from metarr.settings import Settings
from metarr.store import files as stored_files
from metarr.store import items, libraries, published
from metarr.store.blobs import Blobs
from metarr.store.published import InBin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metarr.library.wanted import Wanted
    from metarr.model.media import Item
    from metarr.store.db import Store, Tx


class Film:
    """A film with the owner's NFO beside it, which publishing replaces."""

    def __init__(self, store: Store, base: Path) -> None:
        self.store, self.root, self.blobs = store, base / "library", Blobs(base / "cache")
        video = self.root / "Up" / "a.mkv"
        video.parent.mkdir(parents=True)
        video.write_bytes(tiny_clip(5, 16, 16))
        self.nfo = video.with_suffix(".nfo")
        self.nfo.write_text("<movie><title>Mine</title></movie>")
        self.nfo.chmod(0o640)
        self.item_id = store.write_now(self._record)

    def _record(self, tx: Tx) -> ItemId:
        library = libraries.add(tx, "Movies", LibraryKind.MOVIES, str(self.root))
        libraries.confirm(tx, library.id)
        item = items.add(tx, library.id, ItemKind.MOVIE, "Up", "Up")
        items.save_metadata(tx, item, Metadata(title="Up"), {}, Identity.IDENTIFIED)
        found = MediaFile("Up/a.mkv", FileRole.VIDEO, 95, "test", 1, 1, 1)
        stored_files.replace(tx, library.id, item.id, [(found, None)])
        return item.id

    def publish(self, job: int) -> str:
        """One publishing, as the phase does it. Returns its summary."""
        plan = self.plan()
        edited = edits.find(plan, self.blobs)
        if edited:
            first = plan
            self.store.write_now(lambda tx: edits.record(tx, first, edited, JobId(job)))
            plan = self.plan()
        return self._do(plan, job)

    def plan(self) -> placement.Plan:
        wanted = self.store.write_now(lambda tx: gather(tx, self.item_id, Settings()))
        return placement.plan(wanted, Settings(), self.blobs)

    def say(self, **values: Any) -> None:
        """What enrichment would learn."""

        def record(tx: Tx) -> None:
            item = items.get(tx, self.item_id)
            said = {name: value for name, value in values.items() if name not in item.locks}
            items.save_metadata(tx, item, replace(item.metadata, **said), item.provenance, item.identity)

        self.store.write_now(record)

    def item(self) -> Item:
        return self.store.write_now(lambda tx: items.get(tx, self.item_id))

    def undo(self, job: int, runs: list[int]) -> str:
        wanted = self.store.write_now(lambda tx: gather(tx, self.item_id, Settings()))
        lines = self.store.write_now(lambda tx: published.run_lines(tx, self.item_id, runs))
        found = undo.touched(lines, self.store.write_now(lambda tx: published.kept_by_runs(tx, self.item_id, runs)))
        return self._back(wanted, found, job, is_named=False)

    def restore(self, job: int, row_id: int) -> str:
        wanted = self.store.write_now(lambda tx: gather(tx, self.item_id, Settings()))
        rows = self.store.write_now(lambda tx: published.kept(tx, [row_id]))
        return self._back(wanted, [Touched(row.path, None, row) for row in rows], job, is_named=True)

    def _back(self, wanted: Wanted, found: Sequence[Touched], job: int, *, is_named: bool) -> str:
        paths = [one.path for one in found]
        rows = self.store.write_now(lambda tx: published.owned_at(tx, wanted.library.id, paths))
        plan = placement.plan_back(wanted, found, rows, is_named=is_named)
        return self._do(plan, job, is_back=True)

    def _do(self, plan: placement.Plan, job: int, *, is_back: bool = False) -> str:
        placed = self.place(plan, job)
        self.store.write_now(partial(placement.record, placed=placed, job_id=JobId(job)))
        if is_back:
            self.store.write_now(lambda tx: placement.record_back(tx, placed))
        return placement.summary(placed)

    def place(self, plan: placement.Plan, job: int) -> Placed:
        """The files of a plan, but not yet the rows of what was done."""
        saved = files.back_up(plan.operations, self.root, self.blobs)
        texts = placement.announced(plan)
        self.store.write_now(lambda tx: placement.record_before(tx, plan, JobId(job), saved, texts))
        placed = Placed(plan)
        placement.carry_out(plan, self.blobs, Permissions(), placed)
        return placed

    def in_bin(self) -> list[int]:
        rows = self.store.write_now(
            lambda tx: published.bin_page(tx, InBin(item_id=self.item_id), before=None, limit=10)
        )
        return [row["id"] for row in rows]
