"""The rows of an installation with 20,000 movies and 200,000 episodes after a year, made by SQLite itself.

What is kept of the year is what the clean-up leaves: a month of jobs, three of events, all of the history.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOVIES, SHOWS, SEASONS, EPISODES = 20_000, 2_000, 10, 10
_SEASONS_ALL = SHOWS * SEASONS
_EPISODES_ALL = _SEASONS_ALL * EPISODES
ITEMS = MOVIES + SHOWS + _SEASONS_ALL + _EPISODES_ALL
_JOBS, _EVENTS, _HISTORY = 300_000, 900_000, 1_200_000
_FIRST_SHOW, _FIRST_SEASON = MOVIES, MOVIES + SHOWS
_FIRST_EPISODE = _FIRST_SEASON + _SEASONS_ALL
_HASH = "printf('%064x', {0})"
_DOCUMENT = """json_object('title', 'Title ' || i, 'plot', '{0}', 'year', 1930 + i % 96, 'rating', 7.1)"""
_PLOT = "Somebody wants something and somebody else is in the way of it. " * 6


def _ago(days: float, count: int) -> str:
    """The first row is `days` old, the last one is of now."""
    seconds = f"({days} * 86400.0 * ({count} - i) / {count})"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || {seconds} || ' seconds') || '000'"


_NOW = _ago(0, 1)


@dataclass(frozen=True, slots=True)
class _Filling:
    """`count` rows of a table; each column is an expression of `i`, which counts from 1."""

    table: str
    count: int
    columns: dict[str, str]

    def write(self, connection: sqlite3.Connection) -> None:
        names, values = ", ".join(f'"{name}"' for name in self.columns), ", ".join(self.columns.values())
        series = f"WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {self.count})"  # noqa: S608  ours
        connection.execute(f'{series} INSERT INTO "{self.table}" ({names}) SELECT {values} FROM series')  # noqa: S608  ours


def _items(kind: str, first: int, count: int, **more: str) -> _Filling:
    number = f"({first} + i)"
    columns = {
        "id": number,
        "kind": f"'{kind}'",
        "library_id": "1" if kind == "movie" else "2",
        "place": f"'{kind} ' || i",
        "folder": f"'{kind} ' || i",
        "identity": "CASE WHEN i % 400 THEN 'identified' ELSE 'review' END",
        "title": f"'{kind} ' || (i * 7919 % {count})",
        "sort_title": f"'{kind} ' || printf('%06d', i * 7919 % {count})",
        "search": f"'{kind} ' || (i * 7919 % {count})",
        "year": "1930 + i % 96",
        "metadata": _DOCUMENT.format(_PLOT),
        "provenance": """'{"title": "tmdb", "plot": "tmdb"}'""",
        "evidence": "'[]'",
        "revision": "2",
        "published_revision": "CASE WHEN i % 300 THEN 2 ELSE 1 END",
        "disk_revision": "2",
        "synced_revision": "2",
        "enriched_at": _ago(30, count),
        "created_at": _ago(365, count),
        "changed_at": _ago(300, count),
        "rating": "(i % 100) / 10.0",
    }
    return _Filling("item", count, columns | more)


def _of_every_item() -> list[_Filling]:
    per_item: dict[str, tuple[int, dict[str, str]]] = {
        "external_id": (1, {"source": "'tmdb'", "value": "i"}),
        "said": (1, {"provider": "'tmdb'", "state": "'known'", "metadata": _DOCUMENT.format(_PLOT), "said_at": _NOW}),
        "trait": (3, {"name": "'genre'", "value": "'Genre ' || (i % 3) || (i % 20)"}),
        "credit": (
            2,
            {"job": "'actor'", "position": f"(i - 1) / {ITEMS}", "person_id": "1 + i % 50000", "role": "'?'"},
        ),
        "choice": (2, {"kind": "CASE WHEN i % 2 THEN 'poster' ELSE 'thumb' END", "rank": f"(i - 1) / {ITEMS}"}),
        "candidate": (4, {"kind": "'poster'", "provider": "'tmdb'", "reference": "'https://x/' || i"}),
        "published_file": (3, {"library_id": "1", "path": "'file ' || i", "purpose": "'artwork'"}),
        "player_state": (1, {"player_id": "1", "state": "'confirmed'", "art": "'[]'", "revision": "2", "detail": "''"}),
    }
    rest = {
        "choice": {"blob": _HASH.format("1 + i % 300000"), "chosen_by": "'auto'", "chosen_at": _NOW},
        "candidate": {"url": "'https://x/' || i", "vote_average": "5.0", "votes": "9", "score": "50.0"},
        "published_file": {"sha256": _HASH.format("1 + i % 300000"), "size": "9", "mtime_ns": "9", "inode": "i"}
        | {"published_at": _ago(300, 3 * ITEMS)},
        "player_state": {"at": _NOW},
    }
    return [
        _Filling(table, times * ITEMS, {"item_id": f"1 + (i - 1) % {ITEMS}", **columns, **rest.get(table, {})})
        for table, (times, columns) in per_item.items()
    ]


def _year() -> list[_Filling]:
    kinds = (
        "CASE i % 5 WHEN 0 THEN 'scan' WHEN 1 THEN 'enrich' WHEN 2 THEN 'publish' WHEN 3 THEN 'sync' ELSE 'verify' END"
    )
    about = {"item_id": f"1 + i % {ITEMS}", "library_id": "1 + i % 2"}
    job = {
        **about, "id": "i", "kind": kinds, "payload": "'{}'", "priority": "5", "is_bulk": "1", "is_forced": "0",
        "state": "CASE WHEN i % 500 THEN 'completed' ELSE 'failed' END", "is_alone": "0", "dedupe_key": "'key ' || i",
        "lock_key": "'lock ' || i", "attempts": "1", "losses": "0", "is_cancel_requested": "0", "message": "'9'",
        "root_id": "CASE WHEN i % 50 = 1 THEN NULL ELSE i - (i - 1) % 50 END", "created_at": _ago(30, _JOBS),
        "started_at": _ago(30, _JOBS), "finished_at": _ago(30, _JOBS),
    }  # fmt: skip
    attempt = {"job_id": "i", "claim": "'claim ' || i", "worker_id": "'w'", "outcome": "'completed'"}
    attempt |= {"started_at": _ago(30, _JOBS), "ended_at": _ago(30, _JOBS)}
    event = {
        **about,
        "type": "'publishing_completed'",
        "job_id": f"1 + i % {_JOBS}",
        "data": """'{"summary": "9 files"}'""",
    }
    line = {"item_id": f"1 + i % {ITEMS}", "job_id": f"1 + i % {_JOBS}", "action": "'replace'", "path": "'file ' || i"}
    gone = {"uid": "0", "gid": "0", "mode": "420", "mtime_ns": "9", "reason": "'old'", "recycled_at": _ago(30, 20_000)}
    found = {**about, "job_id": "1 + i % 90", "kind": "'missing_in_library'", "path": "'x ' || i", "detail": "''"}
    delivery = {"source": "'radarr'", "instance": "''", "event_type": "'Download'", "payload": "'{}'", "detail": "''"}
    body = {"key": "'tmdb/movie/' || i", "body": "randomblob(1500)", "fetched_at": _ago(30, 100_000)}
    return [
        _Filling("job", _JOBS, job),
        _Filling("job_attempt", _JOBS, attempt),
        _Filling("event", _EVENTS, {**event, "at": _ago(90, _EVENTS)}),
        _Filling("history", _HISTORY, {**line, "reason": "'other content'", "at": _ago(365, _HISTORY)}),
        _Filling("recycled", 20_000, {**about, "path": "'file ' || i", "sha256": _HASH.format("i"), **gone}),
        _Filling("finding", 20_000, {**found, "is_repaired": "1", "found_at": _ago(90, 20_000)}),
        _Filling("webhook_delivery", 5_000, {**delivery, "outcome": "'submitted'", "received_at": _ago(30, 5_000)}),
        _Filling("answer", 100_000, body),
    ]


def _things() -> list[_Filling]:
    library = {"id": "i", "name": "'Library ' || i", "kind": "CASE i WHEN 1 THEN 'movies' ELSE 'tv' END"}
    library |= {"root": "'/nowhere/' || i", "profiles": "'[]'", "settings": "'{}'", "created_at": _ago(365, 2)}
    blob = {"sha256": _HASH.format("i"), "extension": "'jpg'", "size": "9", "origin": "'provider'"}
    person = {"key": "'tmdb:' || i", "name": "'Person ' || i", "search": "'person ' || i", "ids": "'{}'"}
    season = f"{_FIRST_SEASON} + 1 + (i - 1) / {EPISODES}"
    numbers = {"season_number": f"1 + (i - 1) / {EPISODES} % {SEASONS}", "episode_number": f"1 + (i - 1) % {EPISODES}"}
    parts = {"parent_id": f"{_FIRST_SHOW} + 1 + (i - 1) / {SEASONS}", "season_number": f"1 + (i - 1) % {SEASONS}"}
    video = {"library_id": "CASE WHEN i <= 20000 THEN 1 ELSE 2 END", "path": "'video ' || i", "role": "'video'"}
    video |= {"confidence": "95", "rule": "'name'", "size": "i", "mtime_ns": "9", "inode": "i", "details": "'{}'"}
    files = MOVIES + _EPISODES_ALL
    owner = f"CASE WHEN i <= {MOVIES} THEN i ELSE i + {_FIRST_EPISODE - MOVIES} END"
    player = {"name": "'attic'", "kind": "'kodi'", "settings": """'{"url": "http://127.0.0.1:9"}'"""}
    return [
        _Filling("library", 2, library),
        _Filling("player", 1, player),
        _items("movie", 0, MOVIES),
        _items("series", _FIRST_SHOW, SHOWS),
        _items("season", _FIRST_SEASON, _SEASONS_ALL, **parts),
        _items("episode", _FIRST_EPISODE, _EPISODES_ALL, parent_id=season, **numbers),
        _Filling("blob", 300_000, blob | {"created_at": _ago(365, 300_000)}),
        _Filling("person", 50_000, person),
        _Filling("media_file", files, {"id": "i", **video, "fingerprint": "'print ' || i"}),
        _Filling("item_file", files, {"item_id": owner, "file_id": "i"}),
        _Filling("folder", 45_000, {"library_id": "2", "path": "'f ' || i", "fingerprint": "'x'", "scanned_at": _NOW}),
    ]


def fill(database: Path) -> None:
    """A migrated database that nobody has open."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
            connection.execute(f"PRAGMA {pragma}")
        for filling in (*_things(), *_of_every_item(), *_year()):
            connection.execute("BEGIN")
            filling.write(connection)
            connection.execute("COMMIT")
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        assert broken is None, broken
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
