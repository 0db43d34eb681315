from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from metarr.demo.clip import tiny_clip
from metarr.errors import NotFound
from metarr.library import files, placement, undo
from metarr.library.files import Permissions
from metarr.library.placement import Placed
from metarr.library.reconcile import Action, Observed
from metarr.library.undo import Touched
from metarr.library.wanted import gather
from metarr.model.artwork import BlobOrigin
from metarr.model.job import JobId
from metarr.model.media import FileRole, Identity, ItemId, ItemKind, LibraryKind, MediaFile, Metadata
from metarr.model.published import HistoryLine, Owned, Recycled
from metarr.settings import Settings
from metarr.store import files as stored_files
from metarr.store import items, libraries, published
from metarr.store.blobs import Blobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metarr.library.wanted import Wanted
    from metarr.store.db import Store, Tx

P = "Up/a.nfo"
OURS, THEIRS, OTHER = "a" * 64, "b" * 64, "c" * 64


def kept(sha256: str, origin: BlobOrigin) -> Recycled:
    return Recycled(P, sha256, "nfo", 3, origin, 1, 2, 0o640, 99, "replaced")


def there(sha256: str) -> Observed:
    return Observed(P, 3, 5, 7, sha256, is_intact=True)


FOREIGN = kept(THEIRS, BlobOrigin.LIBRARY)


@pytest.mark.parametrize(
    ("touched", "now", "is_owned", "is_named", "action"),
    [
        pytest.param(Touched(P, OURS, None), OURS, True, False, Action.RECYCLE, id="what a run created goes"),
        pytest.param(Touched(P, OURS, None), None, True, False, Action.FORGET, id="created, and gone already"),
        pytest.param(Touched(P, OURS, None), OTHER, True, False, Action.KEEP, id="created, and changed since"),
        pytest.param(Touched(P, OURS, None), OTHER, False, False, None, id="created, and somebody else's since"),
        pytest.param(Touched(P, OURS, None, True), OURS, True, False, Action.FORGET, id="adopted: only the claim goes"),
        pytest.param(Touched(P, OURS, FOREIGN), OURS, True, False, Action.REPLACE, id="replaced: back to before"),
        pytest.param(Touched(P, OURS, FOREIGN), None, True, False, Action.RESTORE, id="replaced, and gone since"),
        pytest.param(Touched(P, None, FOREIGN), None, False, False, Action.RESTORE, id="removed: back"),
        pytest.param(Touched(P, OURS, FOREIGN), OTHER, True, False, Action.KEEP, id="replaced, and changed since"),
        pytest.param(
            Touched(P, None, FOREIGN), OTHER, False, True, Action.BACKUP_REPLACE, id="named: back, whatever is there"
        ),
        pytest.param(Touched(P, OURS, FOREIGN), THEIRS, True, False, Action.FORGET, id="put back by somebody"),
        pytest.param(Touched(P, OURS, FOREIGN), THEIRS, False, False, None, id="put back and not ours"),
    ],
)
def test_each_path_is_put_back(
    *, touched: Touched, now: str | None, is_owned: bool, is_named: bool, action: Action | None
) -> None:
    observed = {P: there(now)} if now else {}
    owned = {P: Owned(P, OURS, 3, 5, 7)} if is_owned else {}
    found = undo.plan([touched], observed, owned, is_named=is_named)
    assert [operation.action for operation in found] == ([action] if action else [])
    assert [one.desired for one in found if one.desired and one.desired.is_ours] == []


def test_what_several_runs_did_to_a_path_is_one_step_back() -> None:
    first, second = FOREIGN, kept(OURS, BlobOrigin.PROVIDER)
    lines = [
        HistoryLine("backup_replace", P, "r", THEIRS, OURS),
        HistoryLine("replace", P, "r", OURS, OTHER),
    ]
    assert undo.touched(lines, [first, second]) == (Touched(P, OTHER, first),)


def test_a_run_that_claimed_and_then_replaced_is_undone_to_what_it_claimed() -> None:
    before = kept(THEIRS, BlobOrigin.PROVIDER)
    lines = [HistoryLine("adopt", P, "r", THEIRS, THEIRS), HistoryLine("replace", P, "r", THEIRS, OURS)]
    assert undo.touched(lines, [before]) == (Touched(P, OURS, before),)


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
        wanted = self.store.write_now(lambda tx: gather(tx, self.item_id, Settings()))
        return self._do(placement.plan(wanted, Settings(), self.blobs), job)

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
        saved = files.back_up(plan.operations, self.root, self.blobs)
        self.store.write_now(lambda tx: placement.record_backups(tx, plan, JobId(job), saved))
        placed = Placed(plan)
        placement.carry_out(plan, self.blobs, Permissions(), placed)
        self.store.write_now(partial(placement.record, placed=placed, job_id=JobId(job)))
        if is_back:
            self.store.write_now(lambda tx: placement.record_back(tx, placed))
        return placement.summary(placed)

    def in_bin(self) -> list[int]:
        rows = self.store.write_now(
            lambda tx: published.bin_page(tx, library_id=None, item_id=self.item_id, before=None, limit=10)
        )
        return [row["id"] for row in rows]


@pytest.fixture
def film(sqlite_store: Store, tmp_path: Path) -> Film:
    return Film(sqlite_store, tmp_path)


def test_an_undone_run_leaves_the_folder_as_it_was(film: Film) -> None:
    before = (film.nfo.read_bytes(), film.nfo.stat().st_mode, film.nfo.stat().st_mtime_ns)
    film.publish(1)
    assert film.nfo.read_bytes() != before[0]
    assert film.undo(2, [1]) == "1 replaced"
    assert (film.nfo.read_bytes(), film.nfo.stat().st_mode, film.nfo.stat().st_mtime_ns) == before
    item = film.store.write_now(lambda tx: items.get(tx, film.item_id))
    assert item.is_held
    assert film.store.write_now(lambda tx: published.owned(tx, film.item_id)) == []
    assert film.undo(3, [1]) == "nothing to do"


def test_an_undone_undo_is_the_published_state_again(film: Film) -> None:
    film.publish(1)
    ours = film.nfo.read_bytes()
    film.undo(2, [1])
    film.undo(3, [2])
    assert film.nfo.read_bytes() == ours


def test_a_file_of_the_bin_returns_and_what_lay_there_is_in_the_bin(film: Film) -> None:
    mine = film.nfo.read_bytes()
    film.publish(1)
    [row] = film.in_bin()
    film.nfo.write_text("<movie><title>Somebody's</title></movie>")
    somebodys = film.nfo.read_bytes()
    assert film.restore(2, row) == "1 replaced after a backup"
    assert film.nfo.read_bytes() == mine
    [newest] = film.in_bin()
    film.restore(3, newest)
    assert film.nfo.read_bytes() == somebodys


def test_what_the_cache_lost_is_said_and_nothing_is_touched(film: Film) -> None:
    film.publish(1)
    ours = film.nfo.read_bytes()
    [number] = film.in_bin()
    [row] = film.store.write_now(lambda tx: published.kept(tx, [number]))
    film.blobs.path(row.sha256, row.extension).unlink()
    with pytest.raises(NotFound, match="is not in the cache"):
        film.undo(2, [1])
    assert film.nfo.read_bytes() == ours
