"""A program that did not stop in good order looks at the libraries when it starts again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.store import facts, settings
from metarr.store.db import Store, sqlite_url
from running import Running, running

if TYPE_CHECKING:
    from pathlib import Path


async def _verifications(house: Running) -> int:
    return len((await house.get("/jobs", kind="verify"))["jobs"])


def _break_off(data: Path) -> None:
    """As if the program had been killed after its start."""
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(facts.begin)
    store.close()


async def test_after_a_crash_every_library_is_verified_once(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    async with running(data) as house:
        status, _ = await house.ask("POST", "/libraries", json={"path": str(folder), "kind": "movies"})
        assert status == 201
    async with running(data, has_schedules=True) as house:
        assert await _verifications(house) == 0
    _break_off(data)
    async with running(data) as house:
        assert await _verifications(house) == 0  # a single command does not stop for it
    for _ in range(2):
        async with running(data, has_schedules=True) as house:
            assert await _verifications(house) == 1


async def test_who_switched_verification_off_is_left_alone(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(folder), "kind": "movies"})
    _break_off(data)
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(lambda tx: settings.change(tx, "verification", {"enabled": False}))
    store.close()
    async with running(data, has_schedules=True) as house:
        assert await _verifications(house) == 0
