"""The doctor finds what is wrong, says what to do, and says of nothing else that it is wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from metarr.actions.doctor import CHECKS, disk, inside
from metarr.cli import app
from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import TmdbServer
from metarr.jobs import ledger
from metarr.model.job import JobKind, NewJob, Priority
from metarr.store import schema, sealed, sizes
from metarr.store.db import Store, after, sqlite_url
from metarr.store.sealed import Vault
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from running import Running


def _keys(tmdb: TmdbServer, key: str) -> dict[str, str]:
    return {
        "tmdb_url": tmdb.url,
        "tmdb_image_url": tmdb.image_url,
        "tmdb_api_key": key,
        "tvmaze_enabled": "false",
    }


@pytest.fixture
async def house(data: Path, tmp_path: Path) -> AsyncIterator[Running]:
    """A library of one film, scanned and enriched."""
    make_film(tmp_path / "films", "Sintel (2010)")
    async with TmdbServer(FILMS) as tmdb, running(data, _keys(tmdb, tmdb.key)) as found:
        await found.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        await found.ask("POST", "/libraries/1/scan")
        await found.until_idle()
        yield found


async def _faults(house: Running) -> dict[str, tuple[str, str, str]]:
    """What is not well, by what it is about."""
    found = await house.get("/system/doctor")
    return {one["about"]: (one["level"], one["words"], one["fix"]) for one in found if one["level"] != "well"}


async def test_a_sound_installation_has_no_fault_and_every_look_says_something(house: Running) -> None:
    found = await house.get("/system/doctor")
    assert [one for one in found if one["level"] in {"fault", "warning"}] == []
    well = {one["about"] for one in found if one["level"] == "well"}
    assert well >= {"films", "Database", "The data folder", "Cache", "tmdb", "Jobs", "Clock", "Secrets"}
    assert {one["about"] for one in found if one["level"] == "notice"} == {"Webhooks", "Backups"}
    assert all(one["fix"] for one in found if one["level"] != "well")
    assert len(CHECKS) == 12


async def test_a_root_that_is_gone_or_empty_is_told(house: Running, tmp_path: Path) -> None:
    (tmp_path / "films").rename(tmp_path / "elsewhere")
    level, words, fix = (await _faults(house))["films"]
    assert (level, "does not exist" in words, "relocate" in fix) == ("fault", True, True)
    (tmp_path / "films").mkdir()
    level, words, fix = (await _faults(house))["films"]
    assert (level, "is empty" in words, "Mount" in fix) == ("fault", True, True)


async def test_a_root_is_really_written_into_and_left_as_it_was(house: Running, tmp_path: Path) -> None:
    before = sorted(path.name for path in (tmp_path / "films").iterdir())
    assert "films" not in await _faults(house)
    assert sorted(path.name for path in (tmp_path / "films").iterdir()) == before


async def test_pictures_that_the_cache_lost_and_files_that_nobody_knows_are_told(house: Running, data: Path) -> None:
    pictures = sorted((data / "cache").glob("??/??/*.jpg"))
    pictures[0].unlink()
    (pictures[1].parent / f"{'0' * 64}.jpg").write_bytes(b"stray")
    found = [one for one in await house.get("/system/doctor") if one["about"] == "Cache"]
    assert [(one["level"], "1 " in one["words"]) for one in found] == [("fault", True), ("notice", True)]


async def test_a_key_that_is_refused_and_a_player_that_is_away_are_told(data: Path) -> None:
    async with TmdbServer(FILMS) as tmdb:
        keys = _keys(tmdb, "wrong") | {"kodi_url": "http://127.0.0.1:9"}
        async with running(data, keys) as house:
            found = await _faults(house)
    assert (found["tmdb"][0], "Providers" in found["tmdb"][2]) == ("fault", True)
    assert (found["kodi"][0], "Players" in found["kodi"][2]) == ("fault", True)


def _failed_job(store: Store) -> None:
    job = store.write_now(lambda tx: ledger.submit(tx, NewJob(JobKind.CLEAN, Priority.CLEANUP)))
    ended = sa.update(schema.job).where(schema.job.c.id == job).values(state="failed")
    store.write_now(lambda tx: tx.execute(ended))


def _other_key(store: Store) -> None:
    store.write_now(sealed.forget)
    store.write_now(lambda tx: sealed.prove(tx, Vault()))


def _silence(store: Store) -> None:
    row = {"source": "radarr", "instance": "", "event_type": "Test", "payload": {}, "outcome": "noted", "detail": ""}
    old = after(timedelta(days=-20))
    store.write_now(lambda tx: tx.execute(sa.insert(schema.webhook_delivery).values(**row, received_at=old)))


@pytest.mark.parametrize(
    ("harm", "about", "level", "words"),
    [
        pytest.param(_failed_job, "Jobs", "warning", "1 job failed for good", id="a job in the dead letter"),
        pytest.param(_other_key, "Secrets", "fault", "another key", id="another key of the secrets"),
        pytest.param(_silence, "Webhooks", "notice", "Radarr was last heard of", id="Radarr is silent"),
    ],
)
async def test_what_the_database_tells_is_told(
    harm: Callable[[Store], None], about: str, level: str, words: str, data: Path
) -> None:
    async with running(data, is_working=False) as house:
        store = Store(sqlite_url(data / "metarr.db"))
        harm(store)
        store.close()
        found = (await _faults(house))[about]
        assert (found[0], words in found[1], bool(found[2])) == (level, True, True), found


async def test_what_is_refused_of_a_download_manager_is_told(data: Path) -> None:
    async with running(data, is_working=False) as house:
        await house.ask("POST", "/webhooks/radarr", json={"eventType": "Download"})
        level, words, fix = (await _faults(house))["Webhooks"]
        assert (level, "1 of the last 1 were refused" in words, "replay" in fix) == ("warning", True, True)


async def test_an_old_backup_little_room_and_few_watches_are_told(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "backups").mkdir()
    (data / "backups" / "metarr-20250101-000000-manual.zip").write_bytes(b"old")
    (tmp_path / "limit").write_text("0")
    monkeypatch.setattr(disk, "_LITTLE", 10**18)
    monkeypatch.setattr(disk, "_WATCHES", tmp_path / "limit")
    monkeypatch.setattr(inside, "_EARLIEST", datetime(2126, 1, 1, tzinfo=UTC))
    make_film(tmp_path / "films", "Sintel (2010)")
    async with running(data) as house:
        await house.ask("PATCH", "/settings/scanning", json={"watch": True})
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        await house.ask("POST", "/libraries/1/scan")
        await house.until_idle()
        found = await _faults(house)
    assert {about: found[about][0] for about in ("Backups", "The data folder", "Watching", "Clock")} == {
        "Backups": "warning",
        "The data folder": "warning",
        "Watching": "warning",
        "Clock": "fault",
    }
    assert "max_user_watches" in found["Watching"][2]


def test_a_damaged_database_is_seen(sqlite_store: Store, tmp_path: Path) -> None:
    assert sqlite_store.write_now(sizes.fault) is None
    sqlite_store.close()
    file = tmp_path / "metarr.db"
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 4] = bytes(4096)
    file.write_bytes(content)
    damaged = Store(sqlite_url(file))
    try:
        assert damaged.write_now(sizes.fault)
    finally:
        damaged.close()


async def test_the_command_says_it_and_ends_with_one(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Sintel (2010)")
    async with running(data, is_working=False) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
    (tmp_path / "films").rename(tmp_path / "gone")
    result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--data", str(data)])
    assert (result.exit_code, "FAULT    films:" in result.output, "relocate" in result.output) == (1, True, True)
    assert "ok  " not in result.output
    result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--all", "--data", str(data)])
    assert "ok       Database" in result.output
