"""What commands come to, against this very process's API: reports, exit codes, and what they tell the owner to do."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from answering import Answering
from metarr.api.item_shapes import Plan
from metarr.cli import report, undoing, work
from metarr.cli.session import connected
from metarr.cli.work import Phase, Run, plan_lines
from metarr.config import Config
from metarr.demo.catalogue import FILMS
from metarr.demo.kodi_server import KodiServer
from metarr.demo.tmdb_server import TmdbServer
from metarr.errors import NotFound
from patience import PATIENCE
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.cli.client import Client
    from metarr.cli.report import Report
    from postgres import PostgresServer

SINTEL, SPRING = "Sintel (2010)", "Spring (2019)"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two films."""
    for name in (SINTEL, SPRING):
        make_film(tmp_path / "films", name)
    return tmp_path / "films"


@pytest.fixture
async def config(tmp_path: Path) -> AsyncIterator[Config]:
    """An installation with a provider that knows the films."""
    async with TmdbServer(FILMS) as tmdb:
        keys = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tmdb_api_key": tmdb.key}
        yield Config(data=tmp_path / "data", integrations=keys)


async def _run(config: Config, path: Path, *, is_auto_select: bool = False, is_confirmed: bool = False) -> Report:
    said: list[str] = []
    run = Run(str(path), "movies", is_auto_select=is_auto_select, is_confirmed=is_confirmed, say=said.append)
    return await connected(config, run)


def _text(found: Report) -> str:
    return "\n".join(report.lines(found))


def _files(root: Path, pattern: str) -> list[Path]:
    return sorted(root.rglob(pattern))


async def test_without_automatic_selection_the_owner_is_told_how_to_choose(config: Config, library: Path) -> None:
    first = await _run(config, library)
    assert (first.exit_code, first.library.counts.awaiting_choice) == (0, 2)
    assert "2 await a choice of artwork. Let the best be chosen: " in _text(first)
    assert "--auto-select" in _text(first)
    assert (len(_files(library, "*.nfo")), _files(library, "*-poster.jpg")) == (2, [])

    second = await _run(config, library, is_auto_select=True)
    assert (second.exit_code, second.library.counts.awaiting_choice) == (0, 0)
    assert len(_files(library, "*-poster.jpg")) == 2
    assert second.changes == second.actions["create"]

    third = await _run(config, library, is_auto_select=True)
    assert ([job.kind for job in third.jobs], third.items, third.unchanged) == (["scan"], [], 2)
    assert "Files changed by this run: 0" in _text(third)


async def test_one_folder_of_a_library_is_run_alone(config: Config, library: Path) -> None:
    await _run(config, library)
    make_film(library, "The General (1926)")
    found = await _run(config, library / "The General (1926)")
    assert [touched.item.title for touched in found.items] == ["The General"]
    assert [job.kind for job in found.items[0].jobs] == ["enrich", "publish", "sync"]


async def test_a_foreign_file_is_held_until_the_owner_says_yes(config: Config, library: Path) -> None:
    nfo = library / SINTEL / f"{SINTEL}.nfo"
    nfo.write_text("<movie><title>Sintel</title><year>2010</year></movie>")
    held = await _run(config, library)
    assert (held.exit_code, held.held) == (0, 1)
    assert "--yes" in _text(held)
    assert "uniqueid" not in nfo.read_text()
    done = await _run(config, library, is_confirmed=True)
    assert "uniqueid" in nfo.read_text()
    assert (done.held, done.actions["backup_replace"]) == (0, 1)
    assert "--yes" not in _text(done)

    async def in_the_bin(client: Client) -> list[int]:
        with pytest.raises(NotFound, match="bin list"):
            await undoing.of_item(client, str(library / SPRING))
        return await undoing.of_item(client, str(library / SINTEL))

    assert len(await connected(config, in_the_bin, is_looking=True)) == 1


async def test_a_mass_of_missing_films_fails_until_it_is_accepted(config: Config, library: Path) -> None:
    for number in range(6):
        make_film(library, f"Film {number} (2001)")
    await _run(config, library)
    for number in range(6):
        shutil.rmtree(library / f"Film {number} (2001)")
    refused = await connected(config, Phase("scan", str(library)))
    assert refused.exit_code == 1
    assert "FAILED scan" in _text(refused)
    accepted = await connected(config, Phase("scan", "films", is_forced=True))
    assert (accepted.library.counts.missing, accepted.library.counts.items) == (6, 2)


async def test_verification_puts_back_what_was_deleted(config: Config, library: Path) -> None:
    await _run(config, library)
    nfo = library / SINTEL / f"{SINTEL}.nfo"
    before = nfo.read_bytes()
    nfo.unlink()

    async def plan(client: Client) -> str:
        plans = await work.plans(client, str(library / SINTEL))
        return "\n".join(line for one in plans for line in work.plan_lines(one))

    assert f"restore        {SINTEL}/{SINTEL}.nfo" in await connected(config, plan, is_looking=True)
    assert not nfo.exists()
    verified = await connected(config, Phase("verify", "films"))
    assert (verified.exit_code, nfo.read_bytes()) == (0, before)
    assert "1 repaired" in _text(verified)


async def test_only_does_one_phase(config: Config, library: Path) -> None:
    await connected(config, Run(str(library), "movies", is_auto_select=False, is_confirmed=False, say=print))
    for path in _files(library, "*.nfo"):
        path.unlink()
    enriched = await connected(config, Phase("enrich", "films", is_alone=True))
    assert {job.kind for touched in enriched.items for job in touched.jobs} == {"enrich"}
    assert not _files(library, "*.nfo")


async def test_players_are_told_by_hand(config: Config, library: Path) -> None:
    await _run(config, library)
    async with KodiServer(library) as kodi:
        where = {"kodi_url": kodi.url, "kodi_tcp_port": str(kodi.tcp_port)}
        told = Config(data=config.data, integrations={**config.integrations, **where})
        synced = await connected(told, Phase("sync", str(library / SINTEL)))
        assert (synced.exit_code, synced.library.counts.confirmed) == (0, 1)
        assert len(kodi.library.rows) == 1
    without = await connected(config, Phase("scan", "films"))
    assert without.library.counts.confirmed == 1


async def test_a_target_that_names_nothing(config: Config, library: Path) -> None:
    await _run(config, library)
    (library / "empty").mkdir()
    with pytest.raises(NotFound, match="metarr scan"):
        await connected(config, Phase("publish", str(library / "empty")))
    with pytest.raises(NotFound, match="metarr run FOLDER"):
        await connected(config, Phase("publish", str(library.parent)))


async def test_a_run_does_not_wait_for_a_provider_that_failed(config: Config, library: Path) -> None:
    async with Answering(lambda *_: (500, {"Error": "broken"})) as omdb:
        keys = {**config.integrations, "omdb_url": omdb.url, "omdb_api_key": "abcdef12"}
        async with asyncio.timeout(PATIENCE):
            found = await _run(replace(config, integrations=keys), library / SINTEL)
    assert omdb.asked
    assert (found.exit_code, found.library.counts.published) == (3, 1)
    [waiting] = found.summary.waiting
    assert (waiting.cause, waiting.jobs) == ("omdb:asked-again", 1)
    assert "1 waiting: omdb could not answer and will be asked again: " in _text(found)


@pytest.mark.postgres
async def test_a_run_on_postgresql(config: Config, library: Path, postgres_server: PostgresServer) -> None:
    postgres_server.create_database("metarr_run")
    url = postgres_server.url("metarr_run").replace("postgresql+psycopg", "postgresql")
    found = await _run(replace(config, database_url=url), library, is_auto_select=True)
    assert (found.exit_code, found.library.counts.published) == (0, 2)
    again = await _run(replace(config, database_url=url), library)
    assert (again.changes, again.items) == (0, [])
    assert not (config.data / "metarr.db").exists()
    postgres_server.drop_database("metarr_run")


async def test_a_plan_says_why_nothing_happens_for_now(tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Nobody Knows This (1999)")
    (tmp_path / "data").mkdir()
    async with running(tmp_path / "data") as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        await house.ask("POST", "/libraries/1/scan")
        await house.until_idle()
        plan = Plan.model_validate(await house.get("/items/1/plan"))
    assert "    nothing for now: it needs identification; later:" in list(plan_lines(plan))
