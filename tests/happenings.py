"""A database in which a lot has happened: workflows of every kind of trigger, what waits, what failed, reports of
verification, deliveries, a recycle bin; and a program that shows it and begins nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from chain import small_picture
from metarr.model.access import Role
from metarr.model.folding import folded
from metarr.model.media import LibraryKind
from metarr.store import libraries, schema
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from people import people
from plain_browser import opened, sent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.store.db import Tx
    from people import People
    from plain_browser import Page

NOW = datetime.now(UTC)
FILM, OTHER = "Sintel", "<b>Spring & Co"
FILMS, SHOWS = 1, 2  # libraries
SCAN, FAILED, PUBLISHED, WAITING, LATER, RUNNING, IMPORT, VERIFIED_FIRST, VERIFIED, CLEANED = range(1, 11)  # jobs
FINDINGS = 60  # of the last verification: more than a page holds
CAUSE = "player:attic"


def _row(number: int, kind: str, state: str, **values: Any) -> dict[str, Any]:
    """A job; the later ones are the newer ones."""
    at = NOW - timedelta(minutes=60 - number)
    is_over = state not in {"pending", "running"}
    return (
        dict.fromkeys(("item_id", "run_at", "claim", "worker_id", "progress", "waits_for", "result", "parent_id"))
        | dict.fromkeys(("root_id", "trigger", "schedule_id"))
        | {"id": number, "kind": kind, "state": state, "library_id": FILMS, "payload": {}, "priority": 5}
        | dict.fromkeys(("is_bulk", "is_forced", "is_alone", "is_cancel_requested"), False)
        | {"dedupe_key": f"key {number}", "lock_key": f"lock {number}", "attempts": 0, "losses": 0, "message": ""}
        | {"created_at": at, "started_at": at, "finished_at": at if is_over else None}
        | values
    )


def _jobs() -> list[dict[str, Any]]:
    inside: dict[str, Any] = {"root_id": SCAN, "parent_id": SCAN}
    soon = NOW + timedelta(hours=2)
    by = {"download": {"by": "Radarr"}, "path": "Sintel (2010)"}
    return [
        _row(SCAN, "scan", "completed", message="2 movies: 2 new", trigger="clock", schedule_id=2),
        _row(FAILED, "enrich", "failed", item_id=1, message="TMDB says no", attempts=3, **inside),
        _row(PUBLISHED, "publish", "completed", item_id=2, message="6 files written", **inside),
        _row(WAITING, "sync", "pending", message="attic is off", run_at=soon, waits_for=CAUSE, **inside),
        _row(LATER, "enrich", "pending", item_id=2, message="timed out", run_at=soon, attempts=1, **inside),
        _row(RUNNING, "publish", "running", item_id=1, message="3 of 6 files", progress=50.0, **inside),
        _row(IMPORT, "scan", "completed", payload=by, trigger="webhook"),
        _row(VERIFIED_FIRST, "verify", "completed", trigger="clock"),
        _row(VERIFIED, "verify", "completed", trigger="person"),
        _row(CLEANED, "clean", "cancelled", library_id=None, message="cancelled", trigger="person"),
    ]


def _attempts() -> list[dict[str, Any]]:
    outcomes = (("retried", "timed out <i>twice</i>"), ("retried", "timed out again"), ("failed", "TMDB says no"))
    at = NOW - timedelta(minutes=50)
    return [
        {"job_id": FAILED, "claim": f"claim {number}", "worker_id": "here", "outcome": outcome, "error": error}
        | {"started_at": at, "ended_at": at + timedelta(minutes=number)}
        for number, (outcome, error) in enumerate(outcomes)
    ]


def _items() -> list[dict[str, Any]]:
    return [
        {"id": number, "kind": "movie", "library_id": FILMS, "place": title, "folder": title, "identity": "identified"}
        | {"title": title, "sort_title": title.casefold(), "search": folded(title), "metadata": {"title": title}}
        | {"provenance": {}, "evidence": [], "created_at": NOW}
        for number, title in enumerate((FILM, OTHER), 1)
    ]


def _findings() -> list[dict[str, Any]]:
    def one(job: int, path: str, kind: str, **values: Any) -> dict[str, Any]:
        about = {"library_id": FILMS, "item_id": 1, "job_id": job, "path": path, "kind": kind, "detail": "gone"}
        return about | {"writer": None, "is_repaired": True, "found_at": NOW} | values

    missing = [
        one(VERIFIED, f"Sintel/missing {number:02d}.jpg", "missing_in_library") for number in range(FINDINGS - 1)
    ]
    by_radarr = {"writer": "radarr", "is_repaired": False}
    return [
        one(VERIFIED_FIRST, "Sintel/old.jpg", "missing_in_library"),
        one(VERIFIED_FIRST, "Sintel/Sintel.nfo", "changed_by_other", **by_radarr),
        *missing,
        one(VERIFIED, "Sintel/Sintel.nfo", "changed_by_other", **by_radarr),
    ]


def _happened(tx: Tx, picture: str, size: int) -> None:
    def add(table: sa.Table, *rows: dict[str, Any]) -> None:
        tx.execute(sa.insert(table), list(rows))

    for name, kind in (("Films", LibraryKind.MOVIES), ("Shows", LibraryKind.TV)):
        libraries.add(tx, name, kind, f"/nowhere/{name}")
    add(schema.item, *_items())
    add(schema.job, *_jobs())
    add(schema.job_attempt, *_attempts())
    add(schema.health, {"cause": CAUSE, "message": "attic is off", "since": NOW, "seen_at": NOW})
    run = {"library_id": FILMS, "item_id": None, "mode": "quick", "is_repairing": True, "checked": 2}
    for number in (VERIFIED_FIRST, VERIFIED):
        at = NOW - timedelta(hours=20 - number)
        add(schema.verification, {"id": number, "started_at": at, "ended_at": at + timedelta(minutes=3), **run})
    add(schema.finding, *_findings())
    about = {"job_id": FAILED, "item_id": 1, "library_id": FILMS}
    add(
        schema.event,
        {"type": "enrichment_failed", "data": {"error": "TMDB <says> no", "root": SCAN}, "at": NOW, **about},
        {"type": "scan_completed", "data": {"summary": "1 movie", "root": IMPORT}, "at": NOW - timedelta(days=40)}
        | {"job_id": IMPORT, "item_id": None, "library_id": FILMS},
    )
    delivery = {"source": "radarr", "instance": "", "event_type": "Download", "payload": {}, "outcome": "submitted"}
    add(schema.webhook_delivery, {**delivery, "detail": "Sintel", "job_id": IMPORT, "received_at": NOW})
    add(schema.blob, {"sha256": picture, "extension": "jpg", "size": size, "origin": "library", "created_at": NOW})
    gone = {"library_id": FILMS, "sha256": picture, "uid": 0, "gid": 0, "mode": 0o644, "mtime_ns": 1}
    gone |= {"job_id": PUBLISHED, "reason": "ours, and no longer wanted", "recycled_at": NOW}
    add(
        schema.recycled,
        {**gone, "item_id": 2, "path": "Spring/poster.jpg"},
        {**gone, "item_id": 2, "path": "Spring/fanart.jpg"},
        {**gone, "item_id": None, "path": "Lost/poster.jpg"},
    )
    line = {"item_id": 2, "job_id": PUBLISHED, "at": NOW, "action": "recycle", "path": "Spring/poster.jpg"}
    add(schema.history, {**line, "reason": "no longer wanted", "before": picture, "after": None, "source": None})


def _happen(data: Path) -> None:
    """Beside the program that runs over this folder: at its start it takes running jobs back."""
    [picture] = Blobs(data / "cache").put_many([(small_picture("poster.jpg"), "jpg")])
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(lambda tx: _happened(tx, picture.sha256, picture.size))
    store.close()


@dataclass(frozen=True, slots=True)
class Happened:
    """A browser of an administrator, unless somebody else is named."""

    people: People

    async def opened(self, path: str, who: Role = Role.ADMINISTRATOR) -> Page:
        """A page."""
        return await opened(self.people.house, path, **self.people.headers[who])

    async def sent(self, path: str, referer: str = "", /, **fields: str) -> Page:
        """A form."""
        return await sent(self.people.house, path, referer, **fields)

    async def sent_by_viewer(self, path: str, **fields: str) -> int:
        """The status that somebody gets who may only look."""
        status, _ = await self.people.ask(Role.VIEWER, "POST", path, data=fields)
        return status


@asynccontextmanager
async def seen(data: Path) -> AsyncIterator[Happened]:
    """The program over a data folder with a migrated database, with an account of every role."""
    async with people(data) as found:
        await asyncio.to_thread(_happen, data)
        found.house.client.headers.update(found.headers[Role.ADMINISTRATOR])
        yield Happened(found)
