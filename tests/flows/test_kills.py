"""`metarr run` killed in the middle, again and again: in the end everything is as if nothing had happened."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from libraries import write_movie
from metarr.demo.clip import tiny_clip
from metarr.demo.standin import server

if TYPE_CHECKING:
    import pytest

    from metarr.demo.tmdb_server import TmdbServer

_FILMS = 24
_TABLES = {
    "item": "SELECT place, kind, folder, identity, title, year, metadata, provenance, enriched_at IS NOT NULL, "
    "published_revision = revision FROM item ORDER BY place",
    "media_file": "SELECT path, role, confidence, rule, size, fingerprint, details FROM media_file ORDER BY path",
    "published_file": "SELECT path, purpose, sha256, size FROM published_file ORDER BY path",
    "choice": "SELECT place, choice.kind, rank, blob, chosen_by FROM choice JOIN item ON item.id = item_id "
    "ORDER BY place, choice.kind, rank",
    "candidate": "SELECT place, candidate.kind, provider, reference, score FROM candidate "
    "JOIN item ON item.id = item_id ORDER BY place, candidate.kind, reference",
    "blob": "SELECT sha256, size, origin FROM blob ORDER BY sha256",
    "credit": "SELECT place, job, position, role FROM credit JOIN item ON item.id = item_id "
    "ORDER BY place, job, position",
    "recycled": "SELECT path, sha256 FROM recycled ORDER BY path",
    "review": "SELECT subject, reason FROM review ORDER BY reason",
}


async def test_killed_at_random_moments_and_started_again_it_ends_the_same(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = 20 if request.config.getoption("--long") else 5
    dice = random.Random(kills)
    async with server() as tmdb:
        calm, rough = _house(tmp_path / "calm"), _house(tmp_path / "rough")
        assert await _run(calm, tmdb) == 0
        for _ in range(kills):
            # Late enough for what an earlier kill interrupted to be through: three times the same job would be poison.
            await _run(rough, tmdb, kill_at=tmdb.calls.total() + dice.randrange(60, 90))
        assert await _run(rough, tmdb) == 0
    assert {name: _rows(rough, query) for name, query in _TABLES.items()} == {
        name: _rows(calm, query) for name, query in _TABLES.items()
    }
    assert _tree(rough / "Movies") == _tree(calm / "Movies")
    assert {state for (state,) in _rows(rough, "SELECT DISTINCT state FROM job")} <= {"completed", "superseded"}
    twice = "SELECT job_id FROM job_attempt WHERE outcome = 'completed' GROUP BY job_id HAVING count(*) > 1"
    assert _rows(rough, twice) == []


def _house(base: Path) -> Path:
    for number in range(_FILMS):
        nfo = b"<movie><plot>My own words.</plot><mine>kept</mine></movie>" if number % 4 == 0 else None
        folder = f"Film {number} ({1960 + number})"
        video = write_movie(base / "Movies", folder, files={f"{folder}.nfo": nfo} if nfo else {})
        video.write_bytes(tiny_clip(60.0, 1920, 1080, container="mkv", salt=folder.encode()))  # the same in both houses
    return base


async def _run(house: Path, tmdb: TmdbServer, kill_at: int | None = None) -> int:
    """The whole chain in a process of its own; killed when TMDB is asked for the `kill_at`-th time."""
    environment = {
        **os.environ,
        "METARR_DATA": str(house / "data"),
        "METARR_TMDB_URL": tmdb.url,
        "METARR_TMDB_IMAGE_URL": tmdb.image_url,
        "METARR_TMDB_API_KEY": tmdb.key,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "metarr", "run", str(house / "Movies"), "--auto-select", "--yes"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )

    def watch(_path: str) -> None:
        if kill_at is not None and tmdb.calls.total() >= kill_at:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    tmdb.fault = watch
    try:
        return await process.wait()
    finally:
        tmdb.fault = lambda _path: None


def _rows(house: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(house / "data" / "metarr.db")) as connection:
        return connection.execute(query).fetchall()


def _tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
