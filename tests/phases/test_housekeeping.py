"""Nothing grows without bound: every table has a rule by which its rows go, or a reason why they cannot become many."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from metarr.jobs import ledger
from metarr.jobs.ledger import Completed, Slots
from metarr.model.job import JobKind, NewJob, Priority, Snooze
from metarr.model.media import ExternalIds, FileRole, ItemKind, MediaFile
from metarr.model.play import PlayState
from metarr.phases.clean import chores
from metarr.settings import Settings
from metarr.store import artwork, files, hints, items, migrate, player_states, players, schema
from metarr.store.db import NOW, Store, sqlite_url
from metarr.store.hints import Hint
from metarr.store.pruning import MOST

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chain import Chain
    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

    Install = Callable[..., Chain]
PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
CLEAN = NewJob(JobKind.CLEAN, Priority.CLEANUP)
AGES = timedelta(days=3 * 365)

# Their rows go by themselves when they are old, or when nothing needs them any more.
PRUNED = frozenset(
    {
        *("job", "job_attempt", "event", "finding", "verification", "webhook_delivery", "hint", "recycled", "blob"),
        *("item", "media_file", "person", "history", "play_state", "answer", "session", "audit", "worker"),
    }
)
# They go with what they belong to, of which each has few.
OF_AN_ITEM = frozenset(
    {
        *("trait", "external_id", "lock", "said", "item_file", "candidate", "choice", "credit", "published_file"),
        *("player_state", "review"),
    }
)
MADE_BY_PEOPLE = frozenset(
    {
        *(
            "library",
            "player",
            "player_group",
            "player_group_member",
            "player_group_library",
            "channel",
            "path_mapping",
        ),
        *("setting", "schedule", "user", "user_identity", "api_key", "saved_view"),
    }
)
REASONS = {
    "folder": "one row for each folder that is there; a scan forgets those that are gone",
    "lease": "one row for each provider",
    "fact": "a fixed list of names",
    "health": "one row for each thing that can be wrong; it goes when that is over",
}


def test_every_table_has_a_rule_or_a_reason() -> None:
    reasoned = OF_AN_ITEM | MADE_BY_PEOPLE | REASONS.keys()
    assert not PRUNED & reasoned
    assert set(schema.metadata.tables) == PRUNED | reasoned, "say in docs/operating.md, too, how long its rows stay"


@pytest.mark.parametrize("table", sorted(PRUNED))
def test_the_page_says_how_long_it_is_kept(table: str) -> None:
    assert f"`{table}`" in PAGE.partition("## What is kept, and for how long")[2]


@pytest.mark.parametrize("table", sorted(OF_AN_ITEM))
def test_what_belongs_to_an_item_goes_with_it(table: str) -> None:
    keys = [key for key in schema.metadata.tables[table].foreign_keys if key.column.table.name == "item"]
    assert any(key.ondelete == "CASCADE" for key in keys)
    assert all(key.parent.index or key.parent.primary_key or _leads(key.parent) for key in keys), "or it is slow"


def _leads(column: sa.Column[Any]) -> bool:
    unique = (one for one in column.table.constraints if isinstance(one, sa.UniqueConstraint))
    return any(next(iter(one.columns)) is column for one in unique)


async def test_what_is_old_goes(install: Install) -> None:
    async with install(has_player=False) as chain:
        await chain.store.write(lambda tx: _fill(tx, chain.library.id))
        stray = chain.blobs.put(b"a crash came before its row", "jpg")
        os.utime(chain.blobs.path(stray.sha256, "jpg"), (0, 0))
        chain.store.skew += AGES
        clean = await chain.run(CLEAN)
        assert clean["state"] == "completed"
        left = {name: await _count(chain, name) for name in _filled()}
        assert {name: count for name, count in left.items() if count} == {"job": 1, "job_attempt": 1}, "the clean-up's"
        assert not chain.blobs.has(stray.sha256, "jpg")
        assert "1 file without an owner" in clean["message"]


async def test_a_file_of_the_cache_that_a_row_knows_stays(install: Install) -> None:
    async with install(has_player=False) as chain:
        kept = chain.blobs.put(b"the owner's", "nfo")
        row = {"sha256": kept.sha256, "extension": "nfo", "size": kept.size, "origin": "library"}
        await chain.store.write(lambda tx: tx.execute(sa.insert(schema.blob).values(**row, created_at=_then(tx))))
        os.utime(chain.blobs.path(kept.sha256, "nfo"), (0, 0))
        chain.store.skew += AGES
        await chain.run(CLEAN)
        assert chain.blobs.has(kept.sha256, "nfo")


async def test_more_than_one_transaction_takes_goes_too(install: Install) -> None:
    async with install(has_player=False) as chain:
        await chain.store.write(lambda tx: tx.execute(sa.insert(schema.event), [_event(tx)] * (MOST + 1)))
        chain.store.skew += AGES
        clean = await chain.run(CLEAN)
        assert f"{MOST + 1:,} events" in clean["message"]


def test_what_is_looked_for_is_found_by_an_index(tmp_path: Path) -> None:
    """The tables that are looked at from end to end are small, or have to be."""
    store = Store(sqlite_url(tmp_path / "metarr.db"))
    migrate.upgrade(store)
    asked: list[tuple[str, Any]] = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    for forget in (*chores(Settings()).values(), lambda tx: artwork.orphans(tx, AGES)):
        store.write_now(forget)
    questions = [(text, values) for text, values in asked if text.startswith(("SELECT", "DELETE"))]
    steps = store.write_now(lambda tx: [step for one in questions for step in _plan(tx, *one)])
    store.close()
    looked_through = {step.split()[1] for step in steps if step.startswith("SCAN")}
    first_rows = {"history", "finding", "first"}  # in the order of their numbers, and no further than a page
    assert looked_through - first_rows <= {"blob", "media_file", "person", "hint", "verification", "play_state"}


def _plan(tx: Tx, text: str, values: Any) -> list[str]:
    """https://www.sqlite.org/eqp.html"""
    found = tx.execute(sa.text("SELECT 1")).connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
    return [row[3] for row in found if "CONSTANT" not in row[3]]


def test_of_a_job_that_waits_for_years_the_first_and_the_last_attempt_are_kept(store: Store) -> None:
    store.write_now(lambda tx: ledger.submit(tx, CLEAN))
    for number in range(5):
        store.write_now(partial(_wait, words=f"wait {number}"))
        store.skew += timedelta(hours=1)
        store.write_now(ledger.promote_due)
    attempts = store.write_now(lambda tx: tx.rows(sa.select(schema.job_attempt).order_by(schema.job_attempt.c.id)))
    assert [row["error"] for row in attempts] == ["wait 0", "wait 4"]


def _wait(tx: Tx, words: str) -> None:
    [job] = ledger.claim(tx, "w", Slots(1, 1))
    ledger.settle(tx, job, Snooze(timedelta(hours=1), "off", "kodi:off"), words)


# --- rows -------------------------------------------------------------------------------------------------------------


def _filled() -> list[str]:
    """Sessions go at the next login, workers when others see that they are dead."""
    return sorted(PRUNED - {"session", "worker", "item", "audit"})


async def _count(chain: Chain, table: str) -> int:
    query = sa.select(sa.func.count()).select_from(schema.metadata.tables[table])
    return int(await chain.store.read(lambda tx: tx.execute(query).scalar_one()))


def _then(tx: Tx) -> datetime:
    found: datetime = tx.execute(sa.select(NOW)).scalar_one()
    return found


def _event(tx: Tx) -> dict[str, Any]:
    return {"type": "scan_completed", "data": {}, "at": _then(tx)}


def _fill(tx: Tx, library: LibraryId) -> None:
    """A row or two of each, of today."""
    kept, gone = (items.add(tx, library, ItemKind.MOVIE, name, name).id for name in ("Kept", "Gone"))
    items.mark_missing(tx, [gone], timedelta(days=30))
    lost = MediaFile("Gone/a.mkv", FileRole.VIDEO, 95, "test", 1, 1, 1)
    files.replace(tx, library, gone, [(lost, None)])
    replaced = MediaFile("Kept/old.mkv", FileRole.VIDEO, 95, "test", 1, 1, 2)
    files.replace(tx, library, kept, [(replaced, None)])
    files.replace(tx, library, kept, [])
    player = players.save(tx, "attic", "kodi", {"url": "http://127.0.0.1:9", "tcp_port": 0})
    player_states.remember(tx, player, {"a.mkv": PlayState(1)})
    hints.save(tx, library, "Nowhere", Hint("Radarr", ExternalIds(tmdb=1)))
    answers_row = {"key": "tmdb/movie/1", "body": None, "fetched_at": _then(tx)}
    blob = {"sha256": "0" * 64, "extension": "jpg", "size": 1, "origin": "provider", "created_at": _then(tx)}
    about = {"library_id": library, "item_id": kept}
    run = {"id": 1, **about, "mode": "quick", "is_repairing": True, "started_at": _then(tx)}
    found = {**about, "job_id": 1, "kind": "x", "path": "x", "detail": "", "is_repaired": True, "found_at": _then(tx)}
    line = {"item_id": kept, "at": _then(tx), "action": "create", "path": "x", "reason": "new"}
    bin_row = {**about, "path": "x", "sha256": "0" * 64, "uid": 0, "gid": 0, "mode": 0, "mtime_ns": 0, "reason": "old"}
    delivery = {"source": "radarr", "instance": "", "event_type": "Test", "payload": {}, "outcome": "noted"}
    for table, row in (
        (schema.answer, answers_row),
        (schema.blob, blob),
        (schema.person, {"key": "tmdb:1", "name": "A", "ids": {}, "portrait": "0" * 64}),
        (schema.event, _event(tx)),
        (schema.verification, run),
        (schema.finding, found),
        (schema.history, line),
        (schema.recycled, {**bin_row, "recycled_at": _then(tx)}),
        (schema.webhook_delivery, {**delivery, "detail": "", "received_at": _then(tx)}),
    ):
        tx.execute(sa.insert(table), row)
    ledger.submit(tx, NewJob(JobKind.NOTIFY, Priority.AUTOMATED))
    [job] = ledger.claim(tx, "w", Slots(1, 1))
    ledger.settle(tx, job, Completed())
