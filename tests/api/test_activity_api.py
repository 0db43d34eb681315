"""Activity and system as a program and a person see them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

import metarr
from metarr.actions import activity
from metarr.model.event import EventType, NewEvent
from metarr.store import events, schema
from metarr.store.activity import Wanted
from running import make_film, running

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.db import Store, Tx


async def test_what_happened_is_listed_newest_first_page_by_page(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Sintel (2010)")
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        await house.ask("POST", "/libraries/1/scan")
        await house.until_idle()
        await house.ask("POST", "/webhooks/radarr", json={"eventType": "Test"})
        await house.ask("POST", "/jobs/clean")
        await house.until_idle()
        found = (await house.get("/activity"))["entries"]
        types = [entry["type"] for entry in found]
        assert {"scan_completed", "webhook_received", "clean_up_completed"} <= set(types)
        assert not [one for one in types if one.endswith("_progress")]
        assert [entry["at"] for entry in found] == sorted((entry["at"] for entry in found), reverse=True)
        scan = next(entry for entry in found if entry["type"] == "scan_completed")
        assert (scan["libraryId"], scan["jobId"], scan["root"], bool(scan["words"])) == (1, 1, 1, True)
        webhook = next(entry for entry in found if entry["type"] == "webhook_received")
        assert webhook["words"].startswith("radarr: Test")
        assert await _paged(house) == found
        only = (await house.get("/activity", type="scan_completed", library=1))["entries"]
        assert only == [scan]
        assert (await house.get("/activity", library=9))["entries"] == []
        for before in ("x", "1-2", "1-2-x", f"{10**40}-1-1", "1-1-1-1"):
            status, _ = await house.ask("GET", "/activity", params={"before": before})
            assert status == 422


async def _paged(house: Any) -> list[Any]:
    page = await house.get("/activity", limit=1)
    entries = list(page["entries"])
    while page["before"] is not None:
        page = await house.get("/activity", limit=1, before=page["before"])
        entries += page["entries"]
    return entries


def test_entries_of_one_moment_are_neither_lost_nor_doubled(store: Store) -> None:
    def write(tx: Tx) -> None:
        for number in range(5):
            events.add(tx, NewEvent(EventType.SCAN_COMPLETED, data={"summary": str(number)}))
        tx.execute(sa.update(schema.event).values(at=datetime(2026, 1, 1, 0, 0, 0, 1, UTC)))

    def read(tx: Tx) -> list[str]:
        words: list[str] = []
        before: str | None = None
        while True:
            page = activity.page(tx, Wanted(), before=before, limit=2)
            words += [entry.words for entry in page.entries]
            before = page.before
            if before is None:
                return words

    store.write_now(write)
    assert store.write_now(read) == ["4", "3", "2", "1", "0"]


async def test_the_system_says_what_runs(data: Path, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    async with running(data) as house:
        found = await house.get("/system")
        assert (found["version"], found["database"]) == (metarr.__version__, "SQLite")
        assert found["sizes"]["revision"] == schema.REVISION
        assert found["sizes"]["database"] > 0
        assert found["uptime"] >= 0
        [worker] = found["workers"]
        assert (worker["isAlive"], worker["running"]) == (True, 0)
        _, folders = await house.ask("GET", "/system/folders", params={"path": str(tmp_path)})
        assert "media" in [one["name"] for one in folders["folders"]]
        for path, status in (("relative", 422), (str(tmp_path / "gone"), 404), ("/a\0b", 422)):
            assert (await house.ask("GET", "/system/folders", params={"path": path}))[0] == status
