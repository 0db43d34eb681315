"""20,000 movies and 2,000 shows in a database, as scans and enrichments would have recorded them, and a program that
shows them. Nothing lies on disk but a few pictures, which the items share.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from chain import small_picture
from every_page import Place
from metarr.model.access import Role
from metarr.model.folding import folded
from metarr.model.job import JobKind, JobState
from metarr.model.media import ItemKind
from metarr.store import schema
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from metarr.store.people import searched
from people import AS_OWNER, WORD, session
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.store.db import Tx

MOVIES, SHOWS, PEOPLE, JOBS = 20_000, 2_000, 5_000, 3_000
_PICTURES, _CHUNK, _CREDITS, _DOUBTFUL = 24, 5_000, 2, 300
_THEN = datetime(2025, 1, 1, tzinfo=UTC)
_WORDS = ("amber", "bright", "cedar", "distant", "echo", "falling", "garden", "harbour", "island", "jasmine", "kites")
_GENRES = ("Comedy", "Crime", "Drama", "Horror", "Western")
_SIZES = ("2160", "1080", "720", "sd")
_VERIFIED = {"id": 1, "library_id": 1, "item_id": None, "mode": "quick", "is_repairing": True, "checked": MOVIES} | {
    "started_at": _THEN,
    "ended_at": _THEN + timedelta(seconds=9),
}
# What nobody answers to.
_CONNECTIONS: dict[str, dict[str, Any]] = {
    "/players": {"kind": "kodi", "name": "attic", "url": "http://127.0.0.1:9", "tcpPort": 0},
    "/player-groups": {"name": "upstairs", "members": [1]},
    "/channels": {"name": "phone", "url": "json://127.0.0.1:9", "events": ["scan_failed"]},
    "/webhooks/radarr": {"eventType": "Test", "instanceName": ""},
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """`cookie`: a session of an administrator; `places`: what addresses name, by the words of `every_page`."""

    url: str
    cookie: str
    places: dict[str, Place]


@asynccontextmanager
async def crowd(data: Path) -> AsyncIterator[Crowd]:
    """`data`: a data folder with a migrated database. Jobs are left alone."""
    places = await asyncio.to_thread(_fill, data)
    async with running(data, is_working=False, loopback_auth=True) as house:
        role = Role.ADMINISTRATOR.value
        await house.ask("POST", "/users", json={"name": role, "password": WORD, "role": role}, headers=AS_OWNER)
        for path, body in _CONNECTIONS.items():
            status, answer = await house.ask("POST", path, json=body, headers=AS_OWNER)
            assert status < 300, answer
        yield Crowd(house.app.url, await session(house, role), places)


def _fill(data: Path) -> dict[str, Place]:
    stored = Blobs(data / "cache").put_many([(small_picture(f"{number}.jpg"), "jpg") for number in range(_PICTURES)])
    store = Store(sqlite_url(data / "metarr.db"))
    rows = _Rows(data, [one.sha256 for one in stored])
    rows.blobs = [
        {"sha256": one.sha256, "extension": "jpg", "size": one.size, "width": 80, "height": 120}
        | {"origin": "provider", "created_at": _THEN}
        for one in stored
    ]
    rows.make()
    store.write_now(rows.insert)
    store.close()
    return rows.places


@dataclass
class _Rows:
    """The rows of every table, made in memory and written at once. `root`: where the libraries would lie; `pictures`:
    hashes.
    """

    root: Path
    pictures: list[str]
    blobs: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    traits: list[dict[str, Any]] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    credits: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def make(self) -> None:
        for number in range(MOVIES // 100):
            self._item(ItemKind.COLLECTION, f"{self._title()} Collection {number}")
        for number in range(MOVIES):
            movie = self._item(ItemKind.MOVIE, self._title(), year=1930 + number % 96, collection_id=number // 100 + 1)
            self._video(movie)
            self.traits += [{"item_id": movie, "name": "genre", "value": one} for one in self.chance.sample(_GENRES, 1)]
            self._credit(movie)
            if number % (MOVIES // _DOUBTFUL) == 0:
                self._question(movie)
        for _ in range(SHOWS):
            show = self._item(ItemKind.SERIES, self._title(), year=2000)
            season = self._item(ItemKind.SEASON, "Season 1", parent_id=show, season_number=1)
            for number in (1, 2):
                numbers = {"season_number": 1, "episode_number": number}
                self._video(self._item(ItemKind.EPISODE, f"Part {number}", parent_id=season, **numbers))

    def _title(self) -> str:
        return " ".join(self.chance.choices(_WORDS, k=3)).title()

    def _item(self, kind: ItemKind, title: str, **columns: Any) -> int:
        number = len(self.items) + 1
        is_show = kind in {ItemKind.SERIES, ItemKind.SEASON, ItemKind.EPISODE}
        known = {"title": title, "year": columns.get("year"), "plot": f"{title} and what came of it.", "rating": 7.1}
        known |= {"season": columns.get("season_number"), "episode": columns.get("episode_number")}
        row = dict.fromkeys(("parent_id", "collection_id", "year", "season_number", "episode_number"))
        self.items.append(
            row
            | {"id": number, "kind": kind.value, "library_id": 2 if is_show else 1, "place": f"{kind}{number}"}
            | {"folder": f"{title} {number}", "identity": "identified", "title": title, "sort_title": title.casefold()}
            | {"metadata": {name: value for name, value in known.items() if value is not None}, "provenance": {}}
            | {"evidence": [], "created_at": _THEN + timedelta(minutes=number), "changed_at": _THEN, "rating": 7.1}
            | {"search": folded(title), "published_revision": 1 if number % 7 else None, "enriched_at": _THEN}
            | columns
        )
        choice = {"item_id": number, "kind": "poster", "rank": 0, "blob": self.pictures[number % _PICTURES]}
        self.choices.append(choice | {"chosen_by": "auto", "chosen_at": _THEN})
        self.places.setdefault(kind.value, Place(number, title))
        return number

    def _video(self, item: int) -> None:
        size = _SIZES[item % len(_SIZES)]
        self.traits += [
            {"item_id": item, "name": name, "value": value} for name, value in (("resolution", size), ("audio", "en"))
        ]
        self.files.append(
            {"id": item, "library_id": self.items[item - 1]["library_id"], "path": f"{item}.mkv", "role": "video"}
            | {
                "confidence": 95,
                "rule": "name",
                "size": 1,
                "mtime_ns": 1,
                "inode": item,
                "details": {"container": "mkv"},
            }
        )

    def _credit(self, item: int) -> None:
        for position in range(_CREDITS):
            person = self.chance.randint(1, PEOPLE)
            self.credits.append(
                {"item_id": item, "job": "actor", "position": position, "person_id": person, "role": "?"}
            )

    def _question(self, item: int) -> None:
        self.items[item - 1]["identity"] = "review"
        offers = [
            {"source": "tmdb", "title": f"Offer {one}", "year": 2000, "ids": {"tmdb": item * 10 + one}}
            for one in (1, 2)
        ]
        row = {"item_id": item, "subject": "identity", "reason": "two films have this title", "evidence": offers}
        self.reviews.append(row | {"created_at": _THEN})
        self.places.setdefault("doubtful", Place(item, self.items[item - 1]["title"]))

    def insert(self, tx: Tx) -> None:
        """Everything, in one transaction."""
        names = {1: ("Films", "movies"), 2: ("Shows", "tv")}
        for name, _ in names.values():
            (self.root / name).mkdir()
        libraries = [
            {"id": number, "name": name, "kind": kind, "root": str(self.root / name), "profiles": [], "settings": {}}
            | {"created_at": _THEN, "confirmed_at": _THEN}
            for number, (name, kind) in names.items()
        ]
        people = [_person(number, f"{self._title()} {number}") for number in range(1, PEOPLE + 1)]
        links = [{"item_id": one["id"], "file_id": one["id"]} for one in self.files]
        for table, rows in (
            (schema.library, libraries),
            (schema.item, self.items),
            (schema.media_file, self.files),
            (schema.item_file, links),
            (schema.trait, self.traits),
            (schema.blob, self.blobs),
            (schema.choice, self.choices),
            (schema.person, people),
            (schema.credit, self.credits),
            (schema.review, self.reviews),
            (schema.job, [_job(number) for number in range(1, JOBS + 1)]),
            (schema.verification, [_VERIFIED]),
        ):
            for start in range(0, len(rows), _CHUNK):
                tx.execute(sa.insert(table), rows[start : start + _CHUNK])
        actor = self.credits[0]["person_id"]
        self.places["person"] = Place(actor, people[actor - 1]["name"])
        self.places |= {"job": Place(1, ""), "library": Place(1, "Films"), "report": Place(1, "Films")}
        self.places |= {"player": Place(1, "attic"), "group": Place(1, "upstairs")}
        self.places |= {"channel": Place(1, "phone"), "delivery": Place(1, "Test")}


def _person(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "key": f"tmdb:{number}", "name": name, "ids": {"tmdb": number}, "search": searched(name)}


def _job(number: int) -> dict[str, Any]:
    """One of many that have ended, some of them badly."""
    state = JobState.FAILED if number % 50 == 0 else JobState.COMPLETED
    return (
        {"id": number, "kind": JobKind.ENRICH.value, "item_id": number, "library_id": 1, "payload": {}}
        | {"state": state.value, "priority": 5, "is_bulk": True, "is_forced": False, "is_alone": False}
        | {"dedupe_key": f"enrich:{number}", "lock_key": f"item:{number}", "attempts": 1, "losses": 0}
        | {"is_cancel_requested": False, "message": "17 fields changed", "created_at": _THEN, "finished_at": _THEN}
    )
