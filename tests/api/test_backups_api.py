"""Backups as jobs, and their routes; the same by command, restored into another folder."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from metarr.cli import app
from metarr.cli.lock import DataLock
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    async with running(data) as found:
        yield found


async def _metarr(*words: str) -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner().invoke, app, words)
    return result.exit_code, result.output if result.exception is None else str(result.exception)


async def test_a_backup_is_made_listed_fetched_and_removed(house: Running, data: Path) -> None:
    assert (await house.get("/backups")) == {"folder": str(data / "backups"), "backups": []}
    status, started = await house.ask("POST", "/backups")
    assert (status, started["jobs"]) == (202, 1)
    await house.until_idle()
    (backup,) = (await house.get("/backups"))["backups"]
    assert backup["reason"] == "manual"
    async with house.client.get(f"{house.app.url}/api/v1/backups/{backup['name']}") as answer:
        content = await answer.read()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
        assert backup["name"] in answer.headers["Content-Disposition"]
    assert len(content) == backup["size"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert set(archive.namelist()) == {"metarr.db", "secret.key", "manifest.json"}
    assert (await house.ask("DELETE", f"/backups/{backup['name']}"))[0] == 204
    assert (await house.ask("DELETE", f"/backups/{backup['name']}"))[0] == 404
    assert (await house.get("/backups"))["backups"] == []


@pytest.mark.parametrize("name", ["..%2Fmetarr.db", "metarr.db", "secret.key", "metarr-20260101-000000-manual.zip"])
async def test_only_backups_are_given_away(name: str, house: Running) -> None:
    assert (await house.ask("GET", f"/backups/{name}"))[0] in {404, 422}


async def test_only_so_many_are_kept_in_the_folder_that_is_wanted(house: Running, tmp_path: Path) -> None:
    patch = {"keep": 1, "folder": str(tmp_path / "elsewhere")}
    assert (await house.ask("PATCH", "/settings/backup", json=patch))[0] == 200
    for number in range(2):
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        (tmp_path / "elsewhere" / f"metarr-2020010{number + 1}-000000-manual.zip").write_bytes(b"old")
    await house.ask("POST", "/backups")
    await house.until_idle()
    found = await house.get("/backups")
    assert (found["folder"], len(found["backups"])) == (str(tmp_path / "elsewhere"), 1)
    assert not found["backups"][0]["name"].startswith("metarr-2020")


@pytest.mark.parametrize("folder", ["backups", "/mnt/../etc", "~/x"])
async def test_a_folder_is_named_as_a_whole(folder: str, house: Running) -> None:
    status, problem = await house.ask("PATCH", "/settings/backup", json={"folder": folder})
    assert (status, "no whole path" in problem["detail"]) == (422, True)


async def test_no_backup_is_written_into_a_library(house: Running, tmp_path: Path) -> None:
    root = tmp_path / "films"
    root.mkdir()
    await house.ask("POST", "/libraries", json={"path": str(root)})
    await house.until_idle()
    await house.ask("PATCH", "/settings/backup", json={"folder": str(root / "backups")})
    await house.ask("POST", "/backups")
    await house.until_idle()
    (failed,) = (await house.get("/jobs", state="failed"))["jobs"]
    assert "may not lie in the library films" in failed["message"]
    assert list(root.iterdir()) == []


async def test_a_backup_by_command_is_restored_into_another_folder(house: Running, data: Path, tmp_path: Path) -> None:
    root = tmp_path / "films"
    root.mkdir()
    await house.ask("POST", "/libraries", json={"path": str(root)})
    code, said = await _metarr("backup", "--data", str(data), "--to", str(tmp_path / "kept"))
    assert (code, "keep it as you keep passwords" in said) == (0, True)
    (made,) = (tmp_path / "kept").iterdir()
    code, said = await _metarr("restore", str(made), "--data", str(tmp_path / "other"))
    assert (code, "library 1" in said) == (0, True)
    async with running(tmp_path / "other") as other:
        assert [one["name"] for one in (await other.get("/libraries"))] == ["films"]
    with DataLock(tmp_path / "other") as lock:
        lock.announce("http://127.0.0.1:1", "x")
        code, said = await _metarr("restore", str(made), "--data", str(tmp_path / "other"))
        assert (code, "is in use by process" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(("backup",), "There is no database", id="a backup of nothing"),
        pytest.param(("migrate-database",), "Where to?", id="a move without a goal"),
        pytest.param(("migrate-database", "--to", "mysql://x"), "no database", id="a move of nothing"),
        pytest.param(("restore", "missing.zip"), "There is no backup", id="a backup that is not there"),
    ],
)
async def test_what_cannot_be_done_is_said(words: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    code, said = await _metarr(*words, "--data", str(tmp_path / "new"))
    assert (code, reason in said) == (1, True), said
    assert not (tmp_path / "new" / "metarr.db").exists()
