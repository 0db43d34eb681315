from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from films import Film
from metarr.errors import NotFound
from metarr.library import placement, undo
from metarr.library.reconcile import Action, Observed
from metarr.library.undo import Touched
from metarr.model.artwork import BlobOrigin
from metarr.model.published import HistoryLine, Owned, Recycled
from metarr.store import items, published

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.db import Store

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


def test_a_plan_shows_how_the_text_of_an_nfo_would_change(film: Film) -> None:
    diff = placement.differences(film.plan())["Up/a.nfo"].splitlines()
    assert "-<movie><title>Mine</title></movie>" in diff
    assert "+  <title>Up</title>" in diff
    film.publish(1)
    assert placement.differences(film.plan()) == {}


def test_history_says_where_what_was_written_comes_from(film: Film) -> None:
    film.publish(1)
    [line] = film.store.write_now(lambda tx: published.history(tx, film.item_id))
    assert (line["action"], line["path"], line["source"], line["job_id"]) == (
        "backup_replace",
        "Up/a.nfo",
        "metadata",
        1,
    )
